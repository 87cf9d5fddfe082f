//! What an ICMP error says, in words.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use sockets::ErrorEvent;

/// Who says it, and what; nothing if the event is no ICMP error.
pub fn describe(event: &ErrorEvent) -> Option<(String, Cow<'static, str>)> {
    let (who, what) = match event {
        ErrorEvent::Icmp { ty, code, info, offender, .. } => {
            (offender.map(|ip| IpAddr::from(ip).to_string()), icmp4(*ty, *code, *info))
        }
        ErrorEvent::Icmp6 { ty, code, info, offender, .. } => {
            (offender.map(|addr| without_port(addr.into())), icmp6(*ty, *code, *info))
        }
        _ => return None,
    };
    Some((who.unwrap_or_else(|| "somebody".to_owned()), what))
}

/// A link-local address keeps its scope.
fn without_port(addr: SocketAddr) -> String {
    match addr {
        SocketAddr::V6(v6) if v6.scope_id() != 0 => format!("{}%{}", v6.ip(), v6.scope_id()),
        addr => addr.ip().to_string(),
    }
}

fn icmp4(ty: u8, code: u8, info: u32) -> Cow<'static, str> {
    match (ty, code) {
        (3, 0) => "Destination Net Unreachable".into(),
        (3, 1) => "Destination Host Unreachable".into(),
        (3, 2) => "Destination Protocol Unreachable".into(),
        (3, 3) => "Destination Port Unreachable".into(),
        (3, 4) => format!("Frag needed and DF set (mtu = {info})").into(),
        (3, 9 | 10 | 13) => "Packet filtered".into(),
        (3, _) => format!("Destination Unreachable, code {code}").into(),
        (11, 0) => "Time to live exceeded".into(),
        (11, 1) => "Frag reassembly time exceeded".into(),
        (12, _) => format!("Parameter problem at byte {info}").into(),
        _ => format!("ICMP type {ty}, code {code}").into(),
    }
}

fn icmp6(ty: u8, code: u8, info: u32) -> Cow<'static, str> {
    match (ty, code) {
        (1, 0) => "Destination unreachable: No route".into(),
        (1, 1) => "Destination unreachable: Administratively prohibited".into(),
        (1, 2) => "Destination unreachable: Beyond scope of source address".into(),
        (1, 3) => "Destination unreachable: Address unreachable".into(),
        (1, 4) => "Destination unreachable: Port unreachable".into(),
        (1, _) => format!("Destination unreachable, code {code}").into(),
        (2, _) => format!("Packet too big: mtu={info}").into(),
        (3, 0) => "Time exceeded: Hop limit".into(),
        (3, 1) => "Time exceeded: Defragmentation failure".into(),
        (4, _) => format!("Parameter problem at byte {info}").into(),
        _ => format!("ICMPv6 type {ty}, code {code}").into(),
    }
}
