//! ping over a raw socket or, without the privilege for one, over an unprivileged ICMP socket.
//!
//!     cargo run --example ping -- 127.0.0.1
//!     cargo run --example ping -- -c 3 ::1
//!
//! The same program in C: ffi/examples/ping.c.

use std::env;
use std::net::{IpAddr, SocketAddr};
use std::process::{self, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

use sockets::{Errno, Result, SendFlags, Socket, Type};

#[path = "common/icmp.rs"]
mod icmp;

use icmp::{ICMP4, ICMP6, Icmp};

const USAGE: &str = "\
usage: ping [-c COUNT] [-W MILLISECONDS] [-t raw|dgram] ADDRESS

  ADDRESS  an IPv4 or IPv6 address
  -c COUNT how many requests to send (4)
  -W MILLISECONDS  how long to wait for each answer (1000)
  -t TYPE  the socket: raw needs CAP_NET_RAW, dgram a group in net.ipv4.ping_group_range;
           as if not given: raw, and dgram if that is refused

exit status: 0 all requests were answered, 1 not all, 2 bad usage or a call failed";

struct Options {
    count: u16,
    wait: Duration,
    ty: Option<Type>,
    ip: IpAddr,
}

fn main() -> ExitCode {
    let Some(options) = parse(env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let icmp = if options.ip.is_ipv4() { ICMP4 } else { ICMP6 };
    let (socket, ty) = match open(&icmp, options.ty) {
        Ok(open) => open,
        Err(reason) => {
            eprintln!("ping: {reason}");
            return ExitCode::from(2);
        }
    };
    match ping(&socket, &icmp, ty, &options) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(errno) => {
            eprintln!("ping: {}: {errno}", options.ip);
            ExitCode::from(2)
        }
    }
}

fn parse(args: impl Iterator<Item = String>) -> Option<Options> {
    let (mut count, mut wait, mut ty) = (4, 1000, None);
    let mut args = args.peekable();
    while let Some(arg) = args.next_if(|arg| arg.starts_with('-')) {
        let value = args.next()?;
        match (arg.as_str(), value.as_str()) {
            ("-c", count_text) => count = count_text.parse().ok().filter(|n| *n > 0)?,
            ("-W", millis) => wait = millis.parse().ok().filter(|n| *n > 0)?,
            ("-t", "raw") => ty = Some(Type::SOCK_RAW),
            ("-t", "dgram") => ty = Some(Type::SOCK_DGRAM),
            _ => return None,
        }
    }
    let ip = args.next()?.parse().ok()?;
    if args.next().is_some() {
        return None;
    }
    Some(Options { count, wait: Duration::from_millis(wait), ty, ip })
}

/// A raw socket, or the next best, or what is missing for both.
fn open(icmp: &Icmp, ty: Option<Type>) -> std::result::Result<(Socket, Type), String> {
    let types = match &ty {
        Some(ty) => std::slice::from_ref(ty),
        None => &[Type::SOCK_RAW, Type::SOCK_DGRAM],
    };
    let mut refused = String::new();
    for ty in types {
        match Socket::socket(icmp.domain, *ty, icmp.protocol) {
            Ok(socket) => return Ok((socket, *ty)),
            Err(Errno::EPERM) => refused += "\n  a raw socket needs CAP_NET_RAW (EPERM)",
            Err(Errno::EACCES) => {
                refused +=
                    "\n  an ICMP socket needs one of your groups in net.ipv4.ping_group_range (EACCES)";
            }
            Err(errno) => return Err(format!("socket: {errno}")),
        }
    }
    Err(format!("no socket to send with:{refused}"))
}

/// Sends the requests; returns how many were not answered.
fn ping(socket: &Socket, icmp: &Icmp, ty: Type, options: &Options) -> Result<u16> {
    // Connected, a raw socket receives from this peer only.
    socket.connect(SocketAddr::new(options.ip, 0))?;
    // The kernel chooses the identifier of a datagram socket, and shows it as the port.
    let id = match ty {
        Type::SOCK_RAW => process::id() as u16,
        _ => socket.getsockname()?.port().unwrap_or(0),
    };
    let mut lost = 0;
    for seq in 1..=options.count {
        let started = Instant::now();
        socket.send(&icmp.request(id, seq), SendFlags::empty())?;
        match icmp.answer(socket, ty, (id, seq), started + options.wait)? {
            Some(bytes) => {
                let millis = started.elapsed().as_secs_f64() * 1000.0;
                println!("{bytes} bytes from {}: seq={seq} time={millis:.3} ms", options.ip);
            }
            None => {
                println!("no answer from {}: seq={seq}", options.ip);
                lost += 1;
            }
        }
        if seq < options.count {
            thread::sleep(Duration::from_millis(200).saturating_sub(started.elapsed()));
        }
    }
    println!("{} sent, {} answered", options.count, options.count - lost);
    Ok(lost)
}
