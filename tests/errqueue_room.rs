//! The error queue: what is lost for want of room, what else is told, the wait, and families without it.

mod common;

use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::AsFd;
use std::thread;
use std::time::{Duration, Instant};

use common::errqueue::{next_error as next, nobody};
use common::threads::{blocked, signals_caught, thread_time};
use common::{guard, has_ipv6, isolated, leaks_nothing, tcp, udp, udp_bound, unix_pair};
use netns::Needs;
use sockets::cmsg::{self, ControlBuf, ControlWriter};
use sockets::opt::{self, TimestampingFlags};
use sockets::{Domain, Errno, ErrorEvent, MsgFlags, PollFlags, Protocol, RecvFlags, SendFlags, Socket, Type};

const NONE: SendFlags = SendFlags::empty();
/// Never over before the test is.
const LONG: Duration = Duration::from_secs(50);

fn udp6() -> Socket {
    Socket::socket(Domain::AF_INET6, Type::SOCK_DGRAM, Protocol::DEFAULT).unwrap()
}

#[test]
fn the_pending_error_and_the_queue_tell_the_same() {
    let _guard = guard();
    let (_nobody, to) = nobody(Ipv4Addr::LOCALHOST);
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
    socket.sendto(b"ten bytes!", NONE, nobody(Ipv4Addr::LOCALHOST).1).unwrap();
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
    let (_nobody, to) = nobody(Ipv4Addr::LOCALHOST);
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
    let (_nobody6, to6) = nobody(Ipv6Addr::LOCALHOST);
    for to in [to6, (Ipv4Addr::LOCALHOST.to_ipv6_mapped(), to.port().unwrap()).into()] {
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
    let (_nobody, to) = nobody(Ipv4Addr::LOCALHOST);
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
        socket.sendto(b"x", NONE, nobody(Ipv4Addr::LOCALHOST).1).unwrap();
        let (event, signals) = waiting.join();
        assert!(matches!(event, ErrorEvent::Icmp { .. }) && signals > 0);
    });
}

#[test]
fn an_error_without_an_entry_ends_the_wait() {
    let _guard = guard();
    // Without IP_RECVERR, a connected socket has the error, and the queue has nothing.
    let socket = udp();
    socket.connect(nobody(Ipv4Addr::LOCALHOST).1).unwrap();
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
