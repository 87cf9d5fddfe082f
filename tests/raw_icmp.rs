//! The filters of ICMP: of everything that is sent, what passes is what arrives.

mod common;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use common::isolated;
use netns::Needs;
use sockets::opt::{Icmp4Filter, Icmp6Filter};
use sockets::raw::{
    Checksum, ICMP_DEST_UNREACH, ICMP_ECHO, ICMP_ECHOREPLY, ICMP_TIME_EXCEEDED, ICMP6_DST_UNREACH,
    ICMP6_ECHO_REPLY, ICMP6_ECHO_REQUEST, ICMP6_PACKET_TOO_BIG, ICMP6_TIME_EXCEEDED,
};
use sockets::{Domain, Errno, Protocol, RecvFlags, SendFlags, SockAddr, Socket, Type, opt};

const MARK: [u8; 4] = *b"mark";

fn raw(domain: Domain, protocol: Protocol) -> Socket {
    let socket = Socket::socket(domain, Type::SOCK_RAW, protocol).unwrap();
    socket.setsockopt(opt::SO_RCVTIMEO, Some(Duration::from_secs(20))).unwrap();
    socket
        .setsockopt(opt::SO_RCVBUFFORCE, 1 << 20)
        .or_else(|_| socket.setsockopt(opt::SO_RCVBUF, 1 << 20))
        .unwrap();
    socket
}

/// A message of a type, told from others by its number.
fn message(ty: u8, number: u16) -> Vec<u8> {
    let [a, b] = number.to_be_bytes();
    let mut message = [&[ty, 0, 0, 0, 0, 7, a, b], &MARK[..]].concat();
    let check = Checksum::new().bytes(&message).finish();
    message[2..4].copy_from_slice(&check.to_be_bytes());
    message
}

/// Sends one of each type, and the last once more; which arrive before that one?
fn arriving(socket: &Socket, to: &SockAddr, types: &[u8], header: impl Fn(&[u8]) -> usize) -> BTreeSet<u8> {
    let sender = raw(to.family(), socket.getsockopt(opt::SO_PROTOCOL).unwrap());
    for (number, ty) in types.iter().enumerate() {
        sender.sendto(&message(*ty, number as u16), SendFlags::empty(), to).unwrap();
    }
    let mut seen = BTreeSet::new();
    let mut buf = [0; 2048];
    loop {
        let n = socket.recv(&mut buf, RecvFlags::empty()).unwrap();
        let icmp = &buf[header(&buf[..n])..n];
        if icmp.len() != 12 || icmp[8..] != MARK {
            continue;
        }
        if icmp[6..8] == (types.len() as u16 - 1).to_be_bytes() {
            return seen;
        }
        seen.insert(icmp[0]);
    }
}

#[test]
fn of_icmp_only_what_passes_arrives() {
    isolated(Needs::RAW, || {
        let to = SockAddr::from((Ipv4Addr::LOCALHOST, 0));
        // The last is an answer: it makes none.
        let types: Vec<u8> = (0..=255).chain([ICMP_TIME_EXCEEDED]).collect();
        let header = |packet: &[u8]| usize::from(packet[0] & 0xf) * 4;
        let beyond = 32..=255;

        let socket = raw(Domain::AF_INET, Protocol::IPPROTO_ICMP);
        assert_eq!(arriving(&socket, &to, &types, header), (0..=255).collect());

        let socket = raw(Domain::AF_INET, Protocol::IPPROTO_ICMP);
        let filter =
            Icmp4Filter::block_all().pass(ICMP_ECHOREPLY).pass(ICMP_DEST_UNREACH).pass(ICMP_TIME_EXCEEDED);
        socket.setsockopt(opt::ICMP_FILTER, filter).unwrap();
        assert_eq!(socket.getsockopt(opt::ICMP_FILTER), Ok(filter));
        // Types above 31 cannot be blocked.
        let wanted = [ICMP_ECHOREPLY, ICMP_DEST_UNREACH, ICMP_TIME_EXCEEDED].into_iter().chain(beyond);
        assert_eq!(arriving(&socket, &to, &types, header), wanted.collect());

        let socket = raw(Domain::AF_INET, Protocol::IPPROTO_ICMP);
        socket.setsockopt(opt::ICMP_FILTER, Icmp4Filter::pass_all().block(ICMP_ECHO)).unwrap();
        assert_eq!(arriving(&socket, &to, &types, header), (0..=255).filter(|ty| *ty != ICMP_ECHO).collect());
    });
}

#[test]
fn of_icmpv6_only_what_passes_arrives() {
    isolated(Needs::RAW | Needs::IPV6, || {
        let to = SockAddr::from((Ipv6Addr::LOCALHOST, 0));
        let types: Vec<u8> = (0..=255).chain([ICMP6_TIME_EXCEEDED]).collect();
        let no_header = |_: &[u8]| 0;

        let socket = raw(Domain::AF_INET6, Protocol::IPPROTO_ICMPV6);
        let filter =
            Icmp6Filter::block_all().pass(ICMP6_ECHO_REPLY).pass(ICMP6_DST_UNREACH).pass(ICMP6_TIME_EXCEEDED);
        socket.setsockopt(opt::ICMP6_FILTER, filter).unwrap();
        assert_eq!(socket.getsockopt(opt::ICMP6_FILTER), Ok(filter));
        let wanted = [ICMP6_ECHO_REPLY, ICMP6_DST_UNREACH, ICMP6_TIME_EXCEEDED];
        assert_eq!(arriving(&socket, &to, &types, no_header), wanted.into());

        let socket = raw(Domain::AF_INET6, Protocol::IPPROTO_ICMPV6);
        let filter = Icmp6Filter::pass_all().block(ICMP6_ECHO_REQUEST).block(ICMP6_PACKET_TOO_BIG);
        socket.setsockopt(opt::ICMP6_FILTER, filter).unwrap();
        let wanted = (0..=255).filter(|ty| ![ICMP6_ECHO_REQUEST, ICMP6_PACKET_TOO_BIG].contains(ty));
        assert_eq!(arriving(&socket, &to, &types, no_header), wanted.collect());
    });
}

#[test]
fn other_raw_sockets_have_no_such_filter() {
    isolated(Needs::RAW, || {
        let socket = raw(Domain::AF_INET, Protocol::IPPROTO_UDP);
        let refused = socket.setsockopt(opt::ICMP_FILTER, Icmp4Filter::block_all());
        assert_eq!(refused, Err(Errno::EOPNOTSUPP));
        assert_eq!(socket.getsockopt(opt::ICMP_FILTER), Err(Errno::EOPNOTSUPP));
    });
}
