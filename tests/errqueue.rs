//! The error queue: ICMP errors and local ones as typed values, the wait for them, and what is lost for want of room.

mod common;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::AsFd;
use std::thread;
use std::time::{Duration, Instant};

use common::threads::{blocked, signals_caught, thread_time};
use common::{guard, has_ipv6, isolated, leaks_nothing, tcp, udp, udp_bound, unix_pair};
use netns::{Namespace, Needs};
use sockets::cmsg::{self, ControlBuf, ControlWriter};
use sockets::opt::{self, MtuDiscover, TimestampingFlags};
use sockets::{
    Domain, Errno, ErrorEvent, MsgFlags, PollFlags, Protocol, QueuedError, RecvFlags, SendFlags, SockAddr,
    Socket, Type,
};

const NONE: SendFlags = SendFlags::empty();
/// Never over before the test is.
const LONG: Duration = Duration::from_secs(50);

/// A port where nobody is: it was somebody's just now.
fn nobody(ip: impl Into<IpAddr>) -> SockAddr {
    let socket = std::net::UdpSocket::bind((ip.into(), 0)).unwrap();
    socket.local_addr().unwrap().into()
}

fn udp6() -> Socket {
    Socket::socket(Domain::AF_INET6, Type::SOCK_DGRAM, Protocol::DEFAULT).unwrap()
}

/// The next entry, and the bytes that came with it.
#[track_caller]
fn next(socket: &Socket) -> (QueuedError<()>, Vec<u8>) {
    let mut bytes = Vec::with_capacity(2048);
    let queued = socket.recv_error_timeout(sockets::spare_capacity(&mut bytes), LONG).unwrap();
    assert!(queued.flags.contains(MsgFlags::MSG_ERRQUEUE));
    assert!(!queued.is_truncated() && !queued.is_control_truncated());
    (queued.map(|_| ()), bytes)
}

#[test]
fn a_closed_port_is_an_icmp_error_with_its_sender() {
    let _guard = guard();
    let to = nobody(Ipv4Addr::LOCALHOST);
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
    let to = nobody(Ipv6Addr::LOCALHOST);
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
    let port = nobody(Ipv4Addr::LOCALHOST).port().unwrap();
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

#[test]
fn the_pending_error_and_the_queue_tell_the_same() {
    let _guard = guard();
    let to = nobody(Ipv4Addr::LOCALHOST);
    let socket = udp();
    socket.setsockopt(opt::IP_RECVERR, true).unwrap();
    // Asked for first, the pending error is told, and the queue keeps its entry.
    socket.sendto(b"1", NONE, &to).unwrap();
    assert_eq!(socket.poll(PollFlags::empty(), Some(LONG)), Ok(PollFlags::POLLERR));
    assert_eq!(socket.sendto(b"2", NONE, &to), Err(Errno::ECONNREFUSED));
    assert_eq!(next(&socket).1, b"1");
    // Taken from the queue first, it is gone.
    socket.sendto(b"3", NONE, &to).unwrap();
    assert_eq!(next(&socket).1, b"3");
    assert_eq!(socket.getsockopt(opt::SO_ERROR), Ok(None));
    assert_eq!(socket.poll(PollFlags::empty(), Some(Duration::ZERO)), Ok(PollFlags::empty()));
}

#[test]
fn short_room_for_data_shows() {
    let _guard = guard();
    let socket = udp();
    socket.setsockopt(opt::IP_RECVERR, true).unwrap();
    socket.sendto(b"ten bytes!", NONE, nobody(Ipv4Addr::LOCALHOST)).unwrap();
    let mut buf = [0; 4];
    let error = socket.recv_error_timeout(&mut buf, LONG).unwrap();
    assert!(error.is_truncated() && !error.is_control_truncated());
    assert_eq!((&*error.data, error.len), (&b"ten "[..], 4));
    assert!(matches!(error.event, ErrorEvent::Icmp { .. }));
}

/// Everything that options of IPv4 and of sockets can add.
fn with_everything(socket: &Socket) {
    let flags = TimestampingFlags::SOF_TIMESTAMPING_RX_SOFTWARE
        | TimestampingFlags::SOF_TIMESTAMPING_SOFTWARE
        | TimestampingFlags::SOF_TIMESTAMPING_OPT_CMSG;
    socket.setsockopt(opt::SO_TIMESTAMPING, flags.into()).unwrap();
    socket.setsockopt(opt::SO_TIMESTAMPNS, true).unwrap();
    for option in [
        opt::IP_RECVERR,
        opt::IP_PKTINFO,
        opt::IP_RECVTTL,
        opt::IP_RECVTOS,
        opt::IP_RECVOPTS,
        opt::IP_RECVORIGDSTADDR,
    ] {
        socket.setsockopt(option, true).unwrap();
    }
}

#[test]
fn with_all_options_on_nothing_is_lost() {
    let _guard = guard();
    let socket = udp();
    with_everything(&socket);
    let to = nobody(Ipv4Addr::LOCALHOST);
    socket.sendto(b"x", NONE, &to).unwrap();
    assert!(matches!(next(&socket).0.event, ErrorEvent::Icmp { .. }));
    if !has_ipv6() {
        return;
    }
    let socket = udp6();
    with_everything(&socket);
    for option in [
        opt::IPV6_RECVERR,
        opt::IPV6_RECVPKTINFO,
        opt::IPV6_2292PKTINFO,
        opt::IPV6_RECVHOPLIMIT,
        opt::IPV6_2292HOPLIMIT,
        opt::IPV6_RECVTCLASS,
        opt::IPV6_RECVORIGDSTADDR,
        opt::IPV6_FLOWINFO,
        opt::IPV6_RECVHOPOPTS,
        opt::IPV6_RECVDSTOPTS,
        opt::IPV6_RECVRTHDR,
    ] {
        socket.setsockopt(option, true).unwrap();
    }
    for to in [nobody(Ipv6Addr::LOCALHOST), (Ipv4Addr::LOCALHOST.to_ipv6_mapped(), to.port().unwrap()).into()]
    {
        socket.sendto(b"x", NONE, &to).unwrap();
        let (error, _) = next(&socket);
        assert!(matches!(error.event, ErrorEvent::Icmp { .. } | ErrorEvent::Icmp6 { .. }), "{error:?}");
    }
}

#[test]
fn with_room_of_the_callers_the_other_messages_come_too_and_what_is_lost_shows() {
    let _guard = guard();
    let socket = udp();
    with_everything(&socket);
    let to = nobody(Ipv4Addr::LOCALHOST);
    let mut room = ControlBuf::<512>::new();
    for len in [512, 100, 16, 0] {
        socket.sendto(b"x", NONE, &to).unwrap();
        assert_eq!(socket.poll(PollFlags::empty(), Some(LONG)), Ok(PollFlags::POLLERR));
        let message = socket.recvmsg((), &mut room[..len], RecvFlags::MSG_ERRQUEUE).unwrap();
        let event = ErrorEvent::of(&message.control);
        assert_eq!(message.is_control_truncated(), len < 512);
        if len == 512 {
            assert!(matches!(event, ErrorEvent::Icmp { .. }));
            assert!(
                message.control.get(cmsg::IP_TTL).is_some()
                    && message.control.get(cmsg::IP_PKTINFO).is_some()
            );
        } else {
            assert_eq!(event, ErrorEvent::Undescribed);
        }
    }
}

#[test]
fn the_wait_ends_in_time_and_not_by_signals() {
    let _guard = guard();
    let socket = udp_bound();
    let short = Duration::from_millis(60);
    for timeout in [Duration::ZERO, Duration::from_nanos(1), short] {
        let start = Instant::now();
        assert_eq!(socket.recv_error_timeout((), timeout).unwrap_err(), Errno::ETIMEDOUT);
        assert!(start.elapsed() >= timeout);
    }
    socket.setsockopt(opt::IP_RECVERR, true).unwrap();
    thread::scope(|scope| {
        let waiting = blocked(scope, libc::SYS_ppoll, || {
            let event = socket.recv_error_timeout((), Duration::MAX).unwrap().event;
            (event, signals_caught())
        });
        for _ in 0..5 {
            waiting.signal();
            thread::sleep(Duration::from_millis(1));
        }
        assert!(!waiting.is_finished());
        socket.sendto(b"x", NONE, nobody(Ipv4Addr::LOCALHOST)).unwrap();
        let (event, signals) = waiting.join();
        assert!(matches!(event, ErrorEvent::Icmp { .. }) && signals > 0);
    });
}

#[test]
fn an_error_without_an_entry_ends_the_wait() {
    let _guard = guard();
    // Without IP_RECVERR, a connected socket has the error, and the queue has nothing.
    let socket = udp();
    socket.connect(nobody(Ipv4Addr::LOCALHOST)).unwrap();
    socket.send(b"x", NONE).unwrap();
    assert_eq!(socket.recv_error(()).unwrap_err(), Errno::EAGAIN);
    assert_eq!(socket.recv_error_timeout((), LONG).unwrap_err(), Errno::ECONNREFUSED);
    assert_eq!(socket.getsockopt(opt::SO_ERROR), Ok(None));
    assert_eq!(socket.recv_error_timeout((), Duration::ZERO).unwrap_err(), Errno::ETIMEDOUT);
}

#[test]
fn a_connection_that_has_gone_does_not_make_it_spin() {
    let _guard = guard();
    let socket = tcp();
    assert!(socket.poll(PollFlags::empty(), Some(Duration::ZERO)).unwrap().contains(PollFlags::POLLHUP));
    let before = thread_time();
    assert_eq!(socket.recv_error_timeout((), Duration::from_millis(200)).unwrap_err(), Errno::ETIMEDOUT);
    let used = thread_time() - before;
    assert!(used < Duration::from_millis(50), "{used:?}");
}

#[test]
fn a_family_without_an_error_queue_gives_an_ordinary_message() {
    isolated(Needs::USERNS, || {
        for ty in [Type::SOCK_STREAM, Type::SOCK_DGRAM, Type::SOCK_SEQPACKET] {
            let (a, b) = unix_pair(ty);
            // It does not block either.
            assert_eq!(b.recv_error(&mut [0; 8]).unwrap_err(), Errno::EAGAIN);
            let file = std::fs::File::open("/dev/null").unwrap();
            let mut room = ControlBuf::<64>::new();
            let mut control = ControlWriter::new(&mut room);
            control.push(cmsg::SCM_RIGHTS, &[file.as_fd()]).unwrap();
            a.sendmsg(b"hello", &control, NONE).unwrap();
            leaks_nothing(|| {
                let mut buf = [0; 8];
                let message = b.recv_error(&mut buf).unwrap();
                assert_eq!((message.event, &*message.data), (ErrorEvent::Undescribed, &b"hello"[..]));
                assert!(!message.flags.contains(MsgFlags::MSG_ERRQUEUE));
            });
        }
    });
}
