//! Raw sockets: ICMP echo to the kernel, by hand.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use sockets::{Errno, SendFlags, Socket, Type};

use crate::icmp::{ICMP4, ICMP6, Icmp};
use crate::program::Programs;
use crate::report::{Report, Side};

pub fn all(report: &mut Report, programs: Option<&Programs>) {
    for (name, icmp, ip) in [
        ("raw ICMP echo over IPv4", ICMP4, IpAddr::from(Ipv4Addr::LOCALHOST)),
        ("raw ICMP echo over IPv6", ICMP6, IpAddr::from(Ipv6Addr::LOCALHOST)),
    ] {
        let socket = match Socket::socket(icmp.domain, Type::SOCK_RAW, icmp.protocol) {
            Err(Errno::EPERM) => {
                report.forbidden(name, "no CAP_NET_RAW, and no user namespace to have it in");
                continue;
            }
            socket => socket,
        };
        report.line(name, Side::Kernel, Side::Rust, || {
            echo(&socket.map_err(|errno| format!("socket: {errno}"))?, &icmp, ip)
        });
        if let Some(c) = programs {
            report.line(name, Side::Kernel, Side::C, || {
                let answer = c.ping(&ip.to_string())?;
                if answer.starts_with("32 bytes from ") { Ok(answer) } else { Err(answer) }
            });
        }
    }
}

fn echo(socket: &Socket, icmp: &Icmp, ip: IpAddr) -> Result<String, String> {
    let (id, seq) = (std::process::id() as u16, 1);
    let started = Instant::now();
    let answer = socket
        .connect(SocketAddr::new(ip, 0))
        .and_then(|()| socket.send(&icmp.request(id, seq), SendFlags::empty()))
        .and_then(|_| icmp.answer(socket, Type::SOCK_RAW, (id, seq), started + Duration::from_secs(5)));
    match answer {
        Ok(Some(bytes)) => {
            let millis = started.elapsed().as_secs_f64() * 1000.0;
            Ok(format!("{bytes} bytes from {ip}: seq={seq} time={millis:.3} ms"))
        }
        Ok(None) => Err("no answer".to_owned()),
        Err(errno) => Err(errno.to_string()),
    }
}
