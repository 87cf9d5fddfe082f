//! traceroute without any privilege: over UDP, or ICMP where that is allowed. The error queue says who has answered.
//!
//!     cargo run --example traceroute -- 127.0.0.1
//!     cargo run --example traceroute -- -M -q 1 2001:db8::1
//!
//! The time of arrival is the kernel's (`SO_TIMESTAMPNS`), that of sending is this program's.

use std::env;
use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use sockets::SockAddr;

#[path = "../common/echo.rs"]
mod echo;
mod hop;
mod trace;
mod verdict;
mod wire;

use trace::Trace;
use wire::Wire;

const USAGE: &str = "\
usage: traceroute [-I] [-M] [-r] [-f TTL] [-m TTL] [-q COUNT] [-w MILLISECONDS] [-p PORT] [-s BYTES]
                  ADDRESS

  ADDRESS  an IPv4 or IPv6 address; of a link: fe80::1%eth0
  -I       probes with ICMP echo: needs CAP_NET_RAW, or a group in net.ipv4.ping_group_range;
           as if not given: with UDP, which everybody may
  -M       finds the MTU of the path: no probe is fragmented, and they get as small as they must
  -r       shows the names of hosts
  -f TTL   the first time to live, or hop limit (1)
  -m TTL   the last one, up to 255 (30)
  -q COUNT how many probes each hop gets, up to 10 (3)
  -w MILLISECONDS  how long to wait for the answers of a hop (1000)
  -p PORT  the port of the first UDP probe; the next has the next one (33434)
  -s BYTES how much data a probe has, up to 65507 (32; with -M 65507)

A hop is `*` where no answer came. Behind a time: !N no route to the network, !H to the host, !P no such
protocol, !X forbidden, !S source route or scope, !F fragmentation needed, !<CODE> another code of unreachable.

exit status: 0 the address was reached, 1 it was not, 2 bad usage or a call failed";

struct Options {
    is_echo: bool,
    finds_mtu: bool,
    shows_names: bool,
    first: u8,
    last: u8,
    queries: u8,
    wait: Duration,
    port: u16,
    size: usize,
    to: SockAddr,
    ip: IpAddr,
}

fn main() -> ExitCode {
    let Some(options) = parse(env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let wire = match Wire::open(&options) {
        Ok(wire) => wire,
        Err(reason) => {
            eprintln!("traceroute: {reason}");
            return ExitCode::from(2);
        }
    };
    match Trace::new(wire, &options).run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(errno) => {
            eprintln!("traceroute: {}: {errno}", options.ip);
            ExitCode::from(2)
        }
    }
}

fn parse(args: impl Iterator<Item = String>) -> Option<Options> {
    let (mut is_echo, mut finds_mtu, mut shows_names, mut size) = (false, false, false, None);
    let (mut first, mut last, mut queries, mut wait, mut port) = (1, 30, 3, 1000, 33_434);
    let mut args = args.peekable();
    while let Some(arg) = args.next_if(|arg| arg.starts_with('-')) {
        match arg.as_str() {
            "-I" => is_echo = true,
            "-M" => finds_mtu = true,
            "-r" => shows_names = true,
            "-f" => first = args.next()?.parse().ok().filter(|n| *n > 0)?,
            "-m" => last = args.next()?.parse().ok().filter(|n| *n > 0)?,
            "-q" => queries = args.next()?.parse().ok().filter(|n| (1..=10).contains(n))?,
            "-w" => wait = args.next()?.parse::<u32>().ok().filter(|n| *n > 0)?,
            "-p" => port = args.next()?.parse().ok().filter(|n| *n > 0)?,
            "-s" => size = Some(args.next()?.parse().ok().filter(|n| *n <= 65_507)?),
            _ => return None,
        }
    }
    let text = args.next()?;
    let to: SockAddr = match text.parse::<IpAddr>() {
        Ok(ip) => SocketAddr::new(ip, 0).into(),
        // With brackets, a link's name is understood.
        Err(_) => format!("[{text}]:0").parse().ok()?,
    };
    let ip = to.as_socket()?.ip();
    // Each probe has a port of its own.
    let probes = (u16::from(last) + 1).checked_sub(first.into())?.checked_mul(queries.into())?;
    if args.next().is_some() || probes == 0 || u16::checked_add(port, probes - 1).is_none() {
        return None;
    }
    let size = size.unwrap_or(if finds_mtu { 65_507 } else { 32 });
    let wait = Duration::from_millis(wait.into());
    Some(Options { is_echo, finds_mtu, shows_names, first, last, queries, wait, port, size, to, ip })
}
