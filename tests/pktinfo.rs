//! Answers from the address that was asked: for both families, for both at once, for groups and broadcasts.

mod common;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use common::{guard, has_ipv6, isolated, tcp, udp, unix};
use netns::{Namespace, Needs};
use sockets::cmsg;
use sockets::opt::{IpMreqn, Ipv4Interface};
use sockets::{
    Domain, Errno, PacketInfo, Protocol, RecvBatch, RecvFlags, SendFlags, Socket, Type, if_nametoindex, opt,
};

const NONE: SendFlags = SendFlags::empty();
const WAIT: RecvFlags = RecvFlags::empty();

fn udp6() -> Socket {
    Socket::socket(Domain::AF_INET6, Type::SOCK_DGRAM, Protocol::DEFAULT).unwrap()
}

/// A server on all addresses, and its port.
fn server(socket: Socket) -> (Socket, u16) {
    match socket.getsockopt(opt::SO_DOMAIN).unwrap() {
        Domain::AF_INET => socket.bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap(),
        _ => socket.bind((Ipv6Addr::UNSPECIFIED, 0)).unwrap(),
    }
    socket.set_pktinfo(true).unwrap();
    let port = socket.getsockname().unwrap().port().unwrap();
    (socket, port)
}

/// Asks an address, of which the server is to learn, and from which its answer is to come.
fn ask(server: &Socket, port: u16, client: &Socket, addr: IpAddr) -> PacketInfo {
    client.connect((addr, port)).unwrap();
    client.send(b"question", NONE).unwrap();
    let mut buf = [0; 64];
    for socket in [server, client] {
        socket.setsockopt(opt::SO_RCVTIMEO, Some(Duration::from_secs(5))).unwrap();
    }
    let (question, info) = server.recvfrom_pktinfo(&mut buf, WAIT).unwrap();
    assert_eq!((&*question.data, question.len), (&b"question"[..], 8));
    assert!(!question.is_control_truncated());
    assert_eq!(info.interface, if_nametoindex("lo").unwrap());
    server.sendto_pktinfo(b"answer", NONE, &question.addr, &info).unwrap();
    // Connected: an answer from another address would not arrive.
    assert_eq!(client.recv(&mut buf, WAIT), Ok(6));
    info
}

#[test]
fn an_answer_leaves_from_the_address_that_was_asked() {
    let _guard = guard();
    let (v4, port) = server(udp());
    for last in [1, 2, 77] {
        let addr = IpAddr::from([127, 0, 0, last]);
        let info = ask(&v4, port, &udp(), addr);
        assert_eq!((info.local, info.destination), (Some(addr), Some(addr)));
    }
    if !has_ipv6() {
        return;
    }
    let only6 = udp6();
    only6.setsockopt(opt::IPV6_V6ONLY, true).unwrap();
    let (v6, port) = server(only6);
    let addr = IpAddr::from(Ipv6Addr::LOCALHOST);
    let info = ask(&v6, port, &udp6(), addr);
    assert_eq!((info.local, info.destination), (Some(addr), Some(addr)));
}

#[test]
fn a_dual_stack_socket_answers_both() {
    isolated(Needs::IPV6, || {
        let here = Namespace::current().unwrap();
        let other: Ipv6Addr = "fd00::7".parse().unwrap();
        here.add_address("lo", other.into(), 128).unwrap();
        let both = udp6();
        both.setsockopt(opt::IPV6_V6ONLY, false).unwrap();
        let (both, port) = server(both);
        for addr in [IpAddr::from([127, 0, 0, 9]), Ipv6Addr::LOCALHOST.into(), other.into()] {
            let client = if addr.is_ipv4() { udp() } else { udp6() };
            let info = ask(&both, port, &client, addr);
            assert_eq!((info.local, info.destination), (Some(addr), Some(addr)));
        }
        both.set_pktinfo(false).unwrap();
        let client = udp();
        client.sendto(b"x", NONE, (Ipv4Addr::LOCALHOST, port)).unwrap();
        let (message, info) = both.recvfrom_pktinfo((), WAIT).unwrap();
        assert_eq!((message.len, info), (0, PacketInfo::default()));
    });
}

#[test]
fn a_broadcast_is_answered_from_the_address_of_the_interface() {
    isolated(Needs::VETH, || {
        let here = Namespace::current().unwrap();
        let there = Namespace::new().unwrap();
        here.veth("one", &there, "two").unwrap();
        here.add_address("one", IpAddr::from([10, 1, 0, 1]), 24).unwrap();
        there.add_address("two", IpAddr::from([10, 1, 0, 2]), 24).unwrap();
        here.set_up("one", true).unwrap();
        there.set_up("two", true).unwrap();
        let (server, port) = server(udp());
        let client = there.within(udp).unwrap();
        client.setsockopt(opt::SO_BROADCAST, true).unwrap();
        let broadcast = Ipv4Addr::new(10, 1, 0, 255);
        client.sendto(b"anybody?", NONE, (broadcast, port)).unwrap();
        let (question, info) = server.recvfrom_pktinfo((), WAIT).unwrap();
        assert_eq!(info.destination, Some(broadcast.into()));
        // What the kernel would answer from, not what was asked, which is nobody's address.
        assert_eq!(info.local, Some(IpAddr::from([10, 1, 0, 1])));
        server.sendto_pktinfo(b"I", NONE, &question.addr, &info).unwrap();
        let (_, from) = client.recvfrom(&mut [0; 8], WAIT).unwrap();
        assert_eq!(from.as_ipv4().map(|addr| *addr.ip()), Some(Ipv4Addr::new(10, 1, 0, 1)));
    });
}

#[test]
fn a_group_is_answered_from_an_address_of_this_machine() {
    isolated(Needs::USERNS, || {
        let lo = if_nametoindex("lo").unwrap();
        let (server, port) = server(udp());
        let group = Ipv4Addr::new(239, 1, 2, 3);
        let interface = Ipv4Interface::Index(lo);
        server.setsockopt(opt::IP_ADD_MEMBERSHIP, IpMreqn { group, interface }).unwrap();
        let client = udp();
        client.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        client.setsockopt(opt::IP_MULTICAST_IF, interface).unwrap();
        client.sendto(b"question", NONE, (group, port)).unwrap();
        let (question, info) = server.recvfrom_pktinfo((), WAIT).unwrap();
        assert_eq!(info.destination, Some(group.into()));
        assert_eq!(info.local, Some(Ipv4Addr::LOCALHOST.into()));
        server.sendto_pktinfo(b"answer", NONE, &question.addr, &info).unwrap();
        assert_eq!(client.recv(&mut [0; 8], WAIT), Ok(6));
    });
}

#[test]
fn the_messages_of_a_batch_tell_it_too() {
    let _guard = guard();
    let (server, port) = server(udp());
    let client = udp();
    for last in 1..=3 {
        client.sendto(b"x", NONE, (Ipv4Addr::new(127, 0, 0, last), port)).unwrap();
    }
    let mut batch = RecvBatch::with_control(4, 16, PacketInfo::ROOM).unwrap();
    let messages = server.recvmmsg(&mut batch, RecvFlags::MSG_WAITFORONE).unwrap();
    let locals: Vec<_> = messages.map(|message| PacketInfo::of(message.control.iter()).local).collect();
    assert_eq!(locals, [1, 2, 3].map(|last| Some(IpAddr::from([127, 0, 0, last]))));
}

#[test]
fn other_messages_do_not_crowd_it_out() {
    let _guard = guard();
    let (server, port) = server(udp());
    server.setsockopt(opt::IP_RECVTTL, true).unwrap();
    server.setsockopt(opt::IP_RECVTOS, true).unwrap();
    server.setsockopt(opt::IP_RECVORIGDSTADDR, true).unwrap();
    server.setsockopt(opt::SO_TIMESTAMPNS, true).unwrap();
    server.setsockopt(opt::UDP_GRO, true).unwrap();
    server.setsockopt(opt::SO_RXQ_OVFL, true).unwrap();
    ask(&server, port, &udp(), Ipv4Addr::LOCALHOST.into());
}

#[test]
fn an_address_of_somebody_else_is_refused() {
    let _guard = guard();
    let (from, to) = (udp(), common::udp_bound());
    let strange = PacketInfo { local: Some(IpAddr::from([192, 0, 2, 1])), ..PacketInfo::default() };
    let refused = from.sendto_pktinfo(b"x", NONE, to.getsockname().unwrap(), &strange);
    assert!([Err(Errno::EINVAL), Err(Errno::ENETUNREACH)].contains(&refused), "{refused:?}");
    let nowhere = PacketInfo { interface: u32::MAX, destination: strange.local, local: None };
    let refused = from.sendto_pktinfo(b"x", NONE, to.getsockname().unwrap(), &nowhere);
    assert_eq!(refused, Err(Errno::EINVAL));
}

#[test]
fn only_ip_has_it() {
    let _guard = guard();
    assert_eq!(unix(Type::SOCK_DGRAM).set_pktinfo(true), Err(Errno::EAFNOSUPPORT));
    // It is an option of the IP level: TCP takes it, and tells nothing.
    tcp().set_pktinfo(true).unwrap();
    let file = Socket::from(std::os::fd::OwnedFd::from(std::fs::File::open("/dev/null").unwrap()));
    assert_eq!(file.set_pktinfo(true), Err(Errno::ENOTSOCK));
    assert_eq!(PacketInfo::of(cmsg::walk(&[])), PacketInfo::default());
}
