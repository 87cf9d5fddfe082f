//! What an answer means for the trace.

use std::net::SocketAddr;

use sockets::ErrorEvent;

pub enum Verdict {
    /// A router on the way.
    Hop,
    /// The end of the way.
    Reached,
    /// There is no way; and what is said of it.
    Unreachable(String),
    /// The probe was too long for the rest of the way.
    TooBig(u32),
}

/// Nothing if the event is no ICMP error.
pub fn verdict(event: &ErrorEvent) -> Option<(Verdict, Option<SocketAddr>)> {
    if let Some(mtu) = event.mtu() {
        return Some((Verdict::TooBig(mtu), None));
    }
    match *event {
        ErrorEvent::Icmp { ty, code, offender, .. } => {
            Some((icmp4(ty, code), offender.map(|ip| SocketAddr::new(ip.into(), 0))))
        }
        ErrorEvent::Icmp6 { ty, code, offender, .. } => {
            Some((icmp6(ty, code), offender.map(SocketAddr::from)))
        }
        _ => None,
    }
}

fn icmp4(ty: u8, code: u8) -> Verdict {
    let flag = match (ty, code) {
        (11, 0) => return Verdict::Hop,
        // No such port: a host has looked.
        (3, 3) => return Verdict::Reached,
        (3, 0 | 6 | 11) => "!N",
        (3, 1 | 7 | 12) => "!H",
        (3, 2) => "!P",
        (3, 4) => "!F",
        (3, 5) => "!S",
        (3, 9 | 10 | 13) => "!X",
        (3, _) => return Verdict::Unreachable(format!("!<{code}>")),
        _ => return Verdict::Unreachable(format!("!<{ty}-{code}>")),
    };
    Verdict::Unreachable(flag.to_owned())
}

fn icmp6(ty: u8, code: u8) -> Verdict {
    let flag = match (ty, code) {
        (3, 0) => return Verdict::Hop,
        (1, 4) => return Verdict::Reached,
        (1, 0) => "!N",
        (1, 1 | 5 | 6) => "!X",
        (1, 2) => "!S",
        (1, 3) => "!H",
        // A next header that the host does not know.
        (4, 1) => "!P",
        (1, _) => return Verdict::Unreachable(format!("!<{code}>")),
        _ => return Verdict::Unreachable(format!("!<{ty}-{code}>")),
    };
    Verdict::Unreachable(flag.to_owned())
}
