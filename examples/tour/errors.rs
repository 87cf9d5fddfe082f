//! Two things that must fail, and how they fail, in Rust and in C.

use std::net::Ipv4Addr;

use sockets::{Domain, Errno, Protocol, Result, Socket, Type};

use crate::program::Programs;
use crate::report::{Report, Side};

pub fn all(report: &mut Report, programs: Option<&Programs>) {
    // Bound, so that nobody else has the port; without listen(2) nobody answers there.
    let closed = match bound() {
        Ok(closed) => closed,
        Err(errno) => return report.failed("a port for the error cases", &errno.to_string()),
    };
    let address = closed.getsockname().map(|addr| addr.to_string()).unwrap_or_default();

    let refused = "connect, where nobody listens";
    report.line(refused, Side::Kernel, Side::Rust, || {
        expect(Errno::ECONNREFUSED, tcp().and_then(|socket| socket.connect(closed.getsockname()?)))
    });
    let taken = "bind, to a port that is taken";
    report.line(taken, Side::Rust, Side::Kernel, || {
        expect(Errno::EADDRINUSE, tcp().and_then(|socket| socket.bind(closed.getsockname()?)))
    });
    if let Some(c) = programs {
        report.line(refused, Side::Kernel, Side::C, || {
            says(Errno::ECONNREFUSED, c.client("stream", &address, "hello"))
        });
        // The C server sets SO_REUSEADDR, which lets it share a port that nobody listens on.
        let _ = closed.listen(1);
        report
            .line(taken, Side::C, Side::Kernel, || says(Errno::EADDRINUSE, c.try_serve("stream", &address)));
    }
}

fn tcp() -> Result<Socket> {
    Socket::socket(Domain::AF_INET, Type::SOCK_STREAM, Protocol::DEFAULT)
}

fn bound() -> Result<Socket> {
    let socket = tcp()?;
    socket.bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(socket)
}

fn expect(expected: Errno, result: Result<()>) -> std::result::Result<String, String> {
    match result {
        Err(errno) if errno == expected => Ok(format!("{errno}, as it must be")),
        Err(errno) => Err(format!("{errno} instead of {expected}")),
        Ok(()) => Err(format!("no error instead of {expected}")),
    }
}

/// A C program must have failed, and have said why.
fn says(expected: Errno, result: std::result::Result<String, String>) -> std::result::Result<String, String> {
    match result {
        Err(text) if text.contains(expected.desc()) => Ok(format!("\"{text}\", as it must be")),
        Err(text) => Err(format!("\"{text}\" instead of {expected}")),
        Ok(_) => Err(format!("no error instead of {expected}")),
    }
}
