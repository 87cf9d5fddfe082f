//! An echo server and client for every family: TCP, UDP, Unix.
//!
//!     cargo run --example echo -- server 127.0.0.1:7000
//!     cargo run --example echo -- client 127.0.0.1:7000 hello
//!     cargo run --example echo -- -t seqpacket server unix:@echo
//!
//! The same program in C: ffi/examples/echo.c.

use std::env;
use std::fs;
use std::process::ExitCode;
use std::time::Duration;

use sockets::{
    BACKLOG_MAX, Domain, Errno, Protocol, RecvFlags, Result, SendFlags, SockAddr, Socket, Type, UnixAddr, opt,
};

const USAGE: &str = "\
usage: echo [-t TYPE] [-n COUNT] [-w SECONDS] server ADDRESS
       echo [-t TYPE] [-w SECONDS] client ADDRESS TEXT

  ADDRESS  127.0.0.1:7000, [::1]:7000, unix:/path or unix:@name; port 0 is a free one
  -t TYPE  stream (as if not given), dgram or seqpacket
  -n COUNT the server ends after so many clients (dgram: messages)
  -w SECONDS  give up when nothing comes for so long

exit status: 0 done, 1 a call failed or the echo was wrong, 2 bad usage";

struct Options {
    ty: Type,
    count: Option<u64>,
    wait: Option<Duration>,
    rest: Vec<String>,
}

fn main() -> ExitCode {
    let Some(options) = parse(env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let words: Vec<&str> = options.rest.iter().map(String::as_str).collect();
    let (role, address) = match words[..] {
        ["server", address] | ["client", address, _] => (words[0], address),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    let addr: SockAddr = match address.parse() {
        Ok(addr) => addr,
        Err(errno) => {
            eprintln!("echo: {address}: {errno}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let done = match role {
        "server" => server(&options, &addr),
        _ => client(&options, &addr, words[2]),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("echo: {failed}");
            ExitCode::FAILURE
        }
    }
}

fn parse(args: impl Iterator<Item = String>) -> Option<Options> {
    let mut options = Options { ty: Type::SOCK_STREAM, count: None, wait: None, rest: Vec::new() };
    let mut args = args.peekable();
    while let Some(arg) = args.next_if(|arg| arg.starts_with('-')) {
        let value = args.next()?;
        match arg.as_str() {
            "-t" => options.ty = type_of(&value)?,
            "-n" => options.count = Some(value.parse().ok().filter(|n| *n > 0)?),
            "-w" => options.wait = Some(Duration::from_secs(value.parse().ok().filter(|n| *n > 0)?)),
            _ => return None,
        }
    }
    options.rest = args.collect();
    Some(options)
}

fn type_of(name: &str) -> Option<Type> {
    match name {
        "stream" => Some(Type::SOCK_STREAM),
        "dgram" => Some(Type::SOCK_DGRAM),
        "seqpacket" => Some(Type::SOCK_SEQPACKET),
        _ => None,
    }
}

/// Says which call failed.
fn called<T, E: std::fmt::Display>(
    call: &str,
    result: std::result::Result<T, E>,
) -> std::result::Result<T, String> {
    result.map_err(|error| format!("{call}: {error}"))
}

fn open(options: &Options, addr: &SockAddr) -> Result<Socket> {
    let socket = Socket::socket(addr.family(), options.ty, Protocol::DEFAULT)?;
    socket.setsockopt(opt::SO_RCVTIMEO, options.wait)?;
    Ok(socket)
}

fn server(options: &Options, addr: &SockAddr) -> std::result::Result<(), String> {
    let socket = called("socket", open(options, addr))?;
    if addr.family() != Domain::AF_UNIX {
        called("setsockopt", socket.setsockopt(opt::SO_REUSEADDR, true))?;
    }
    called("bind", socket.bind(addr))?;
    let _file = RemoveFile(addr);
    if options.ty != Type::SOCK_DGRAM {
        called("listen", socket.listen(BACKLOG_MAX))?;
    }
    println!("listening on {}", called("getsockname", socket.getsockname())?);
    let mut served = 0;
    while options.count.is_none_or(|count| served < count) {
        if options.ty == Type::SOCK_DGRAM {
            called("echo", echo_datagram(&socket))?;
        } else {
            let (client, _) = called("accept", socket.accept())?;
            called("setsockopt", client.setsockopt(opt::SO_RCVTIMEO, options.wait))?;
            // A client that fails is no reason to stop serving the others.
            if let Err(failed) = called("client", echo_connection(&client)) {
                eprintln!("echo: {failed}");
            }
        }
        served += 1;
    }
    Ok(())
}

/// One message back to where it came from.
fn echo_datagram(socket: &Socket) -> Result<()> {
    let mut buf = [0; 65536];
    let (n, from) = socket.recvfrom(&mut buf, RecvFlags::empty())?;
    match socket.sendto(&buf[..n], SendFlags::empty(), from) {
        // A sender without a name, or one that has gone, cannot be answered.
        Err(Errno::EINVAL | Errno::ENOTCONN | Errno::ECONNREFUSED) => Ok(()),
        result => result.map(drop),
    }
}

/// Everything back until the client ends its side.
fn echo_connection(client: &Socket) -> std::result::Result<(), sockets::Partial> {
    let mut buf = [0; 65536];
    loop {
        match client.recv(&mut buf, RecvFlags::empty()) {
            Ok(0) => return Ok(()),
            Ok(n) => client.send_all(&buf[..n], SendFlags::empty())?,
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(sockets::Partial { done: 0, errno }),
        }
    }
}

fn client(options: &Options, addr: &SockAddr, text: &str) -> std::result::Result<(), String> {
    let socket = called("socket", open(options, addr))?;
    if addr.family() == Domain::AF_UNIX && options.ty == Type::SOCK_DGRAM {
        // Without a name of its own it could not be answered.
        called("bind", socket.bind(UnixAddr::Unnamed))?;
    }
    match options.wait {
        Some(wait) => called("connect", socket.connect_timeout(addr, wait))?,
        None => called("connect", socket.connect(addr))?,
    }
    called("send", socket.send_all(text.as_bytes(), SendFlags::empty()))?;
    let mut echo = vec![0; text.len()];
    if options.ty == Type::SOCK_STREAM {
        called("recv", socket.recv_exact(&mut echo, RecvFlags::empty()))?;
    } else {
        let n = called("recv", socket.recv(&mut echo[..], RecvFlags::MSG_TRUNC))?;
        if n != text.len() {
            return Err(format!("sent {} bytes, got {n} back", text.len()));
        }
    }
    println!("{}", String::from_utf8_lossy(&echo));
    if echo == text.as_bytes() { Ok(()) } else { Err("the echo is not what was sent".to_owned()) }
}

/// Removes the file that bind(2) has made for a Unix path.
struct RemoveFile<'a>(&'a SockAddr);

impl Drop for RemoveFile<'_> {
    fn drop(&mut self) {
        if let Some(UnixAddr::Pathname(path)) = self.0.as_unix() {
            let _ = fs::remove_file(path);
        }
    }
}
