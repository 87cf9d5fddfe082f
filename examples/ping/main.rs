//! ping over a raw socket or, without the privilege for one, over an unprivileged ICMP socket.
//!
//!     cargo run --example ping -- 127.0.0.1
//!     cargo run --example ping -- -c 3 -i 200 -s 1400 ::1
//!
//! The times are the kernel's, of both moments: of sending from the error queue (`SO_TIMESTAMPING`), of arrival from
//! `SO_TIMESTAMPNS`. Where the driver takes no time of sending, it is this program's, and the last line says so.
//!
//! The same program in C: ffi/examples/ping.c.

use std::env;
use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use sockets::{SockAddr, Type};

#[path = "../common/echo.rs"]
mod echo;
#[path = "../common/icmp_error.rs"]
mod icmp_error;
mod interrupt;
mod session;
mod statistics;

use echo::Echo;
use session::Session;

const USAGE: &str = "\
usage: ping [-c COUNT] [-i MILLISECONDS] [-s BYTES] [-T TTL] [-W MILLISECONDS] [-w SECONDS]
            [-t raw|dgram] ADDRESS

  ADDRESS  an IPv4 or IPv6 address; of a link: fe80::1%eth0
  -c COUNT how many requests to send, up to 65535 (4)
  -i MILLISECONDS  the time from one request to the next (1000)
  -s BYTES how much data a request has, up to 65507 (56)
  -T TTL   the time to live, or hop limit, of the requests (the system's)
  -W MILLISECONDS  how long to wait for each answer (1000)
  -w SECONDS  the end of it all, whatever has been sent and answered by then
  -t TYPE  the socket: raw needs CAP_NET_RAW, dgram a group in net.ipv4.ping_group_range;
           as if not given: raw, and dgram if that is refused

exit status: 0 all requests were answered, 1 not all, 2 bad usage or a call failed";

struct Options {
    count: u16,
    interval: Duration,
    size: usize,
    ttl: Option<u8>,
    wait: Duration,
    deadline: Option<Duration>,
    ty: Option<Type>,
    to: SockAddr,
    ip: IpAddr,
}

fn main() -> ExitCode {
    let Some(options) = parse(env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let (socket, ty) = match Echo::of(options.ip).open(options.ty) {
        Ok(open) => open,
        Err(reason) => {
            eprintln!("ping: {reason}");
            return ExitCode::from(2);
        }
    };
    interrupt::watch();
    match Session::new(socket, ty, &options).and_then(Session::run) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(errno) => {
            eprintln!("ping: {}: {errno}", options.ip);
            ExitCode::from(2)
        }
    }
}

fn parse(args: impl Iterator<Item = String>) -> Option<Options> {
    let (mut count, mut interval, mut size, mut wait) = (4, 1000, 56, 1000);
    let (mut ttl, mut deadline, mut ty) = (None, None, None);
    let mut args = args.peekable();
    while let Some(arg) = args.next_if(|arg| arg.starts_with('-')) {
        let value = args.next()?;
        match (arg.as_str(), value.as_str()) {
            ("-c", text) => count = text.parse().ok().filter(|n| *n > 0)?,
            ("-i", millis) => interval = millis.parse::<u32>().ok()?,
            ("-s", bytes) => size = bytes.parse().ok().filter(|n| *n <= 65_507)?,
            ("-T", hops) => ttl = Some(hops.parse().ok().filter(|n| *n > 0)?),
            ("-W", millis) => wait = millis.parse::<u32>().ok().filter(|n| *n > 0)?,
            ("-w", seconds) => deadline = Some(seconds.parse::<u32>().ok().filter(|n| *n > 0)?),
            ("-t", "raw") => ty = Some(Type::SOCK_RAW),
            ("-t", "dgram") => ty = Some(Type::SOCK_DGRAM),
            _ => return None,
        }
    }
    let to = parse_address(&args.next()?)?;
    if args.next().is_some() {
        return None;
    }
    let ip = to.as_socket()?.ip();
    let deadline = deadline.map(|seconds| Duration::from_secs(seconds.into()));
    let [interval, wait] = [interval, wait].map(|millis| Duration::from_millis(millis.into()));
    Some(Options { count, interval, size, ttl, wait, deadline, ty, to, ip })
}

/// With the brackets and the port of a socket's address, so that a link's name is understood, too.
fn parse_address(text: &str) -> Option<SockAddr> {
    match text.parse::<IpAddr>() {
        Ok(ip) => Some(SocketAddr::new(ip, 0).into()),
        Err(_) => format!("[{text}]:0").parse().ok(),
    }
}
