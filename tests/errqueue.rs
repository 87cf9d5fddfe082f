//! The error queue: ICMP errors and local ones as typed values.

mod common;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use common::errqueue::{next_error as next, nobody};
use common::{guard, has_ipv6, isolated, udp, udp_bound};
use netns::{Namespace, Needs};
use sockets::opt::{self, MtuDiscover};
use sockets::{Domain, Errno, ErrorEvent, Protocol, SendFlags, SockAddr, Socket, Type};

const NONE: SendFlags = SendFlags::empty();

fn udp6() -> Socket {
    Socket::socket(Domain::AF_INET6, Type::SOCK_DGRAM, Protocol::DEFAULT).unwrap()
}

#[test]
fn a_closed_port_is_an_icmp_error_with_its_sender() {
    let _guard = guard();
    let (_nobody, to) = nobody(Ipv4Addr::LOCALHOST);
    let socket = udp();
    socket.setsockopt(opt::IP_RECVERR, true).unwrap();
    socket.sendto(b"to nobody", NONE, &to).unwrap();
    let (error, data) = next(&socket);
    let expected = ErrorEvent::Icmp {
        errno: Errno::ECONNREFUSED,
        ty: 3,
        code: 3,
        info: 0,
        offender: Some(Ipv4Addr::LOCALHOST),
        extensions: None,
    };
    assert_eq!((&error.event, &data[..], error.len), (&expected, &b"to nobody"[..], 9));
    assert_eq!((error.addr, error.event.mtu()), (to, None));
    assert_eq!(socket.recv_error(()).unwrap_err(), Errno::EAGAIN);
}

#[test]
fn a_closed_port_of_ipv6_too() {
    let _guard = guard();
    if !has_ipv6() {
        return;
    }
    let (_nobody, to) = nobody(Ipv6Addr::LOCALHOST);
    let socket = udp6();
    socket.setsockopt(opt::IPV6_RECVERR, true).unwrap();
    socket.sendto(b"to nobody", NONE, &to).unwrap();
    let (error, data) = next(&socket);
    let ErrorEvent::Icmp6 { errno, ty: 1, code: 4, offender: Some(offender), extensions: None, .. } =
        error.event
    else {
        panic!("{error:?}");
    };
    assert_eq!((errno, *offender.ip()), (Errno::ECONNREFUSED, Ipv6Addr::LOCALHOST));
    assert_eq!((error.addr, &data[..]), (to, &b"to nobody"[..]));
}

#[test]
fn an_ipv6_socket_that_talks_ipv4_gets_icmp() {
    let _guard = guard();
    if !has_ipv6() {
        return;
    }
    let (_nobody, to) = nobody(Ipv4Addr::LOCALHOST);
    let port = to.port().unwrap();
    let socket = udp6();
    socket.setsockopt(opt::IPV6_V6ONLY, false).unwrap();
    socket.setsockopt(opt::IPV6_RECVERR, true).unwrap();
    socket.setsockopt(opt::IP_RECVERR, true).unwrap();
    socket.sendto(b"x", NONE, (Ipv4Addr::LOCALHOST.to_ipv6_mapped(), port)).unwrap();
    let (error, _) = next(&socket);
    let ErrorEvent::Icmp { offender, ty: 3, code: 3, .. } = error.event else { panic!("{error:?}") };
    assert_eq!(offender, Some(Ipv4Addr::LOCALHOST));
    assert_eq!(error.addr, SockAddr::from((Ipv4Addr::LOCALHOST.to_ipv6_mapped(), port)));
}

#[test]
fn what_is_too_long_for_the_interface_is_a_local_error_with_the_mtu() {
    isolated(Needs::USERNS, || {
        Namespace::current().unwrap().set_mtu("lo", 1500).unwrap();
        let socket = udp();
        socket.setsockopt(opt::IP_RECVERR, true).unwrap();
        socket.setsockopt(opt::IP_MTU_DISCOVER, MtuDiscover::IP_PMTUDISC_DO).unwrap();
        let to = SockAddr::from((Ipv4Addr::LOCALHOST, 9));
        assert_eq!(socket.sendto(&[0; 1473], NONE, &to), Err(Errno::EMSGSIZE));
        let (error, data) = next(&socket);
        assert_eq!(error.event, ErrorEvent::Local { errno: Errno::EMSGSIZE, info: 1500 });
        // IPv4 knows the port of a connection only.
        let without_port = SockAddr::from((Ipv4Addr::LOCALHOST, 0));
        assert_eq!((error.event.mtu(), error.addr, data.len()), (Some(1500), without_port, 0));
        socket.connect(&to).unwrap();
        assert_eq!(socket.send(&[0; 1473], NONE), Err(Errno::EMSGSIZE));
        assert_eq!(next(&socket).0.addr, to);

        let socket = udp6();
        socket.setsockopt(opt::IPV6_RECVERR, true).unwrap();
        socket.setsockopt(opt::IPV6_MTU_DISCOVER, MtuDiscover::IP_PMTUDISC_DO).unwrap();
        let to = SockAddr::from((Ipv6Addr::LOCALHOST, 9));
        assert_eq!(socket.sendto(&[0; 1453], NONE, &to), Err(Errno::EMSGSIZE));
        let (error, _) = next(&socket);
        assert_eq!((error.event.mtu(), error.addr), (Some(1500), to));
        assert!(matches!(error.event, ErrorEvent::Local { .. }));
    });
}

/// A host, a router, and a host behind it.
fn routed(body: impl FnOnce(&Namespace, &Namespace, &Namespace)) {
    let (a, router, b) = (Namespace::new().unwrap(), Namespace::new().unwrap(), Namespace::new().unwrap());
    a.veth("eth0", &router, "to-a").unwrap();
    b.veth("eth0", &router, "to-b").unwrap();
    for (host, link, v4, v6) in [
        (&a, "eth0", "10.0.1.2", "fd00:1::2"),
        (&router, "to-a", "10.0.1.1", "fd00:1::1"),
        (&router, "to-b", "10.0.2.1", "fd00:2::1"),
        (&b, "eth0", "10.0.2.2", "fd00:2::2"),
    ] {
        host.add_address(link, v4.parse().unwrap(), 24).unwrap();
        host.add_address(link, v6.parse().unwrap(), 64).unwrap();
    }
    router.set_sysctl("net/ipv4/ip_forward", "1").unwrap();
    router.set_sysctl("net/ipv6/conf/all/forwarding", "1").unwrap();
    for (host, v4, v6) in [(&a, "10.0.1.1", "fd00:1::1"), (&b, "10.0.2.1", "fd00:2::1")] {
        host.add_default_route(v4.parse().unwrap()).unwrap();
        host.add_default_route(v6.parse().unwrap()).unwrap();
    }
    body(&a, &router, &b);
}

#[test]
fn a_router_tells_that_the_hops_are_used_up_and_that_a_link_is_narrow() {
    isolated(Needs::VETH | Needs::IPV6, || {
        routed(|a, router, b| {
            let socket = a.within(udp).unwrap();
            socket.setsockopt(opt::IP_RECVERR, true).unwrap();
            socket.setsockopt(opt::IP_TTL, 1).unwrap();
            let to = SockAddr::from("10.0.2.2:9".parse::<SocketAddr>().unwrap());
            socket.sendto(b"one hop", NONE, &to).unwrap();
            let (error, data) = next(&socket);
            let ErrorEvent::Icmp { errno, ty: 11, code: 0, offender, .. } = error.event else {
                panic!("{error:?}")
            };
            assert_eq!((errno, offender), (Errno::EHOSTUNREACH, Some(Ipv4Addr::new(10, 0, 1, 1))));
            assert_eq!((error.addr, &data[..]), (to.clone(), &b"one hop"[..]));

            let socket6 = a.within(udp6).unwrap();
            socket6.setsockopt(opt::IPV6_RECVERR, true).unwrap();
            socket6.setsockopt(opt::IPV6_UNICAST_HOPS, Some(1)).unwrap();
            let to6 = SockAddr::from("[fd00:2::2]:9".parse::<SocketAddr>().unwrap());
            socket6.sendto(b"one hop", NONE, &to6).unwrap();
            let (error, _) = next(&socket6);
            let ErrorEvent::Icmp6 { errno, ty: 3, code: 0, offender: Some(offender), .. } = error.event
            else {
                panic!("{error:?}")
            };
            assert_eq!((errno, offender.ip().to_string()), (Errno::EHOSTUNREACH, "fd00:1::1".to_owned()));

            router.set_mtu("to-b", 1300).unwrap();
            b.set_mtu("eth0", 1300).unwrap();
            socket.setsockopt(opt::IP_TTL, 64).unwrap();
            socket.setsockopt(opt::IP_MTU_DISCOVER, MtuDiscover::IP_PMTUDISC_DO).unwrap();
            socket.sendto(&[7; 1400], NONE, &to).unwrap();
            let (error, data) = next(&socket);
            let ErrorEvent::Icmp { errno, ty: 3, code: 4, info: 1300, .. } = error.event else {
                panic!("{error:?}")
            };
            assert_eq!((errno, error.event.mtu()), (Errno::EMSGSIZE, Some(1300)));
            assert!(!data.is_empty() && data.iter().all(|byte| *byte == 7));
        });
    });
}

#[test]
fn the_extensions_of_an_icmp_error_are_found() {
    isolated(Needs::RAW, || {
        let socket = udp_bound();
        socket.setsockopt(opt::IP_RECVERR, true).unwrap();
        socket.setsockopt(opt::IP_RECVERR_RFC4884, true).unwrap();
        let there = udp_bound();
        let port = |socket: &Socket| socket.getsockname().unwrap().port().unwrap();
        let raw = Socket::socket(Domain::AF_INET, Type::SOCK_RAW, Protocol::IPPROTO_ICMP).unwrap();
        for good in [true, false] {
            raw.sendto(&extended(port(&socket), port(&there), good), NONE, (Ipv4Addr::LOCALHOST, 0)).unwrap();
            let (error, data) = next(&socket);
            let ErrorEvent::Icmp { errno, ty: 3, code: 1, extensions: Some(extensions), .. } = error.event
            else {
                panic!("{error:?}")
            };
            // 128 bytes of the packet, without its headers of 20 and 8.
            assert_eq!((errno, extensions.at, extensions.is_valid), (Errno::EHOSTUNREACH, 100, good));
            assert_eq!((data[99], data[100] >> 4), (0xAA, 2));
        }
    });
}

/// An ICMP error about a datagram, with an extension of RFC 4884.
fn extended(from: u16, to: u16, good: bool) -> Vec<u8> {
    let mut inner = vec![0x45, 0, 0, 128, 0, 1, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1];
    let sum = checksum(&inner);
    inner[10..12].copy_from_slice(&sum);
    inner.extend([from.to_be_bytes(), to.to_be_bytes(), 108_u16.to_be_bytes(), [0, 0]].concat());
    inner.resize(128, 0xAA);
    // Version 2; one object of 8 bytes.
    let mut extension = vec![0x20, 0, 0, 0, 0, 8, 1, 1, 1, 2, 3, 4];
    let sum = checksum(&extension);
    extension[2..4].copy_from_slice(&sum);
    if !good {
        extension[3] ^= 1;
    }
    let mut packet = [&[3, 1, 0, 0, 0, 32, 0, 0][..], &inner, &extension].concat();
    let sum = checksum(&packet);
    packet[2..4].copy_from_slice(&sum);
    packet
}

fn checksum(bytes: &[u8]) -> [u8; 2] {
    let mut sum: u32 = bytes.chunks(2).map(|two| u32::from(two[0]) << 8 | u32::from(two[1])).sum();
    sum = (sum >> 16) + (sum & 0xFFFF);
    (!(sum + (sum >> 16)) as u16).to_be_bytes()
}
