//! The rows of the table in Rust: each function is one row, with its setup and one loop. `c/rows.c` has the
//! same rows in C.
//!
//! The calls stand in line, every result is checked, and what goes in is hidden from the optimiser.

use std::hint::black_box;
use std::net::Ipv4Addr;

use sockets::{
    Domain, Errno, Protocol, RecvFlags, Result, SendFlags, SockAddr, Socket, SocketFlags, Type, UnixAddr, opt,
};

pub(crate) fn unix_send_recv(count: u32) -> Result<()> {
    let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT)?;
    let (out, mut buf) = black_box((*b"x", [0; 1]));
    for _ in 0..count {
        assert!(a.send(&out, SendFlags::empty())? == 1);
        assert!(b.recv(&mut buf, RecvFlags::empty())? == 1);
    }
    Ok(())
}

pub(crate) fn recv_eagain(count: u32) -> Result<()> {
    let (socket, _peer) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT)?;
    let mut buf = black_box([0; 1]);
    for _ in 0..count {
        assert!(socket.recv(&mut buf, RecvFlags::MSG_DONTWAIT) == Err(Errno::EAGAIN));
    }
    Ok(())
}

pub(crate) fn udp_sendto_recvfrom(count: u32) -> Result<()> {
    let (a, from) = bound_inet(Type::SOCK_DGRAM)?;
    let (b, to) = black_box(bound_inet(Type::SOCK_DGRAM)?);
    let (out, mut buf) = black_box(([0; 64], [0; 64]));
    let port = from.port();
    for _ in 0..count {
        assert!(a.sendto(&out, SendFlags::empty(), &to)? == out.len());
        let (n, peer) = b.recvfrom(&mut buf, RecvFlags::empty())?;
        assert!(n == out.len());
        assert!(peer.port() == port);
    }
    Ok(())
}

pub(crate) fn udp_echo(count: u32) -> Result<()> {
    let (client, _) = bound_inet(Type::SOCK_DGRAM)?;
    let (server, to) = black_box(bound_inet(Type::SOCK_DGRAM)?);
    let (out, mut buf) = black_box(([0; 64], [0; 64]));
    for _ in 0..count {
        assert!(client.sendto(&out, SendFlags::empty(), &to)? == out.len());
        let (n, peer) = server.recvfrom(&mut buf, RecvFlags::empty())?;
        assert!(server.sendto(&buf[..n], SendFlags::empty(), &peer)? == n);
        assert!(client.recv(&mut buf, RecvFlags::empty())? == out.len());
    }
    Ok(())
}

/// A plain `int`, which no kind of the table turns into something else.
const SO_PRIORITY: opt::Opt<opt::Int, opt::GetSet> = opt::Opt::new("SO_PRIORITY", 1, 12);

pub(crate) fn option_int(count: u32) -> Result<()> {
    let socket = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    let priority = black_box(3);
    for _ in 0..count {
        socket.setsockopt(SO_PRIORITY, priority)?;
        assert!(socket.getsockopt(SO_PRIORITY)? == 3);
    }
    Ok(())
}

pub(crate) fn option_flag(count: u32) -> Result<()> {
    let socket = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    let on = black_box(true);
    for _ in 0..count {
        socket.setsockopt(opt::SO_KEEPALIVE, on)?;
        assert!(socket.getsockopt(opt::SO_KEEPALIVE)?);
    }
    Ok(())
}

pub(crate) fn getsockname(count: u32) -> Result<()> {
    let (socket, addr) = bound_inet(Type::SOCK_DGRAM)?;
    for _ in 0..count {
        assert!(socket.getsockname()?.as_bytes().len() == 16);
    }
    assert!(socket.getsockname()? == addr);
    Ok(())
}

pub(crate) fn socket_close(count: u32) -> Result<()> {
    for _ in 0..count {
        let socket = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
        socket.close()?;
    }
    Ok(())
}

pub(crate) fn tcp_cycle(count: u32) -> Result<()> {
    let (listener, addr) = black_box(bound_inet(Type::SOCK_STREAM)?);
    listener.listen(16)?;
    for _ in 0..count {
        let client = Socket::socket(Domain::AF_INET, Type::SOCK_STREAM, Protocol::DEFAULT)?;
        client.connect(&addr)?;
        let (server, peer) = listener.accept()?;
        assert!(peer.as_bytes().len() == 16);
        server.close()?;
        client.close()?;
    }
    Ok(())
}

pub(crate) fn unix_cycle(count: u32) -> Result<()> {
    let listener = Socket::socket(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT)?;
    listener.bind(UnixAddr::Unnamed)?;
    listener.listen(16)?;
    let addr = black_box(listener.getsockname()?);
    for _ in 0..count {
        let client = Socket::socket(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT)?;
        client.connect(&addr)?;
        let server = listener.accept4_no_addr(SocketFlags::empty())?;
        server.close()?;
        client.close()?;
    }
    Ok(())
}

/// Setup: a socket that is bound to the loopback address and a free port.
pub(crate) fn bound_inet(ty: Type) -> Result<(Socket, SockAddr)> {
    let socket = Socket::socket(Domain::AF_INET, ty, Protocol::DEFAULT)?;
    socket.bind((Ipv4Addr::LOCALHOST, 0))?;
    let addr = socket.getsockname()?;
    Ok((socket, addr))
}
