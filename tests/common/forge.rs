//! ICMP errors that nobody would send, by hand, to somebody who listens in a namespace.

#![allow(dead_code)] // Not every test needs all of it.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use sockets::{Domain, Protocol, RecvFlags, SendFlags, Socket, Type, opt};

pub(crate) fn raw(protocol: Protocol) -> Socket {
    let socket = Socket::socket(Domain::AF_INET, Type::SOCK_RAW, protocol).unwrap();
    socket.setsockopt(opt::SO_RCVTIMEO, Some(Duration::from_secs(20))).unwrap();
    socket
}

/// The next packet of a protocol that comes to this host, with its IP header, and its sender.
pub(crate) fn next(socket: &Socket) -> (Vec<u8>, Ipv4Addr) {
    let mut buf = vec![0; 65_536];
    let (n, from) = socket.recvfrom(&mut buf[..], RecvFlags::empty()).unwrap();
    buf.truncate(n);
    (buf, *from.as_ipv4().unwrap().ip())
}

/// Sends an ICMP message; its checksum is right, if it is long enough to have one, and nothing else of it has to be.
pub(crate) fn send(socket: &Socket, to: Ipv4Addr, message: &[u8]) {
    let mut message = message.to_vec();
    if message.len() >= 4 {
        message[2..4].fill(0);
        let sum = checksum(&message);
        message[2..4].copy_from_slice(&sum.to_be_bytes());
    }
    // A queue may be full, and then this one is lost.
    let _ = socket.sendto(&message, SendFlags::empty(), SocketAddrV4::new(to, 0));
}

fn checksum(bytes: &[u8]) -> u16 {
    let word = |pair: &[u8]| u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0));
    let mut sum: u32 = bytes.chunks(2).map(word).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}
