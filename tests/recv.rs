//! recv(2), recvfrom(2): what arrives, what a flag makes of it, and every way for nothing to arrive.

mod common;

use std::net::Ipv4Addr;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use common::threads::{blocked, signals_caught};
use common::{Dir, guard, tcp, tcp_pair, udp_bound, unix, unix_pair};
use sockets::{Errno, PollFlags, RecvFlags, SendFlags, Shutdown, SockAddr, Socket, Type, opt};

const NO_FLAGS: RecvFlags = RecvFlags::empty();

/// Two UDP sockets that are connected with each other.
fn udp_pair() -> (Socket, Socket) {
    let (a, b) = (udp_bound(), udp_bound());
    a.connect(b.getsockname().unwrap()).unwrap();
    b.connect(a.getsockname().unwrap()).unwrap();
    (a, b)
}

fn send(socket: &Socket, data: &[u8]) {
    assert_eq!(socket.send(data, SendFlags::empty()), Ok(data.len()));
}

#[test]
fn a_stream_gives_what_there_is_and_then_the_end() {
    let _guard = guard();
    for (a, b) in [tcp_pair(), unix_pair(Type::SOCK_STREAM)] {
        send(&a, b"hello world");
        let mut buf = [0; 6];
        assert_eq!(b.recv(&mut buf, NO_FLAGS), Ok(6));
        assert_eq!(&buf, b"hello ");
        assert_eq!(b.recv(&mut buf, NO_FLAGS), Ok(5));
        assert_eq!(&buf, b"world ");
        a.shutdown(Shutdown::SHUT_WR).unwrap();
        assert_eq!(b.recv(&mut buf, NO_FLAGS), Ok(0));
        assert_eq!(b.recv(&mut buf, NO_FLAGS), Ok(0));
    }
}

#[test]
fn what_does_not_fit_into_the_buffer_of_a_message_is_lost() {
    let _guard = guard();
    for (a, b) in [udp_pair(), unix_pair(Type::SOCK_DGRAM), unix_pair(Type::SOCK_SEQPACKET)] {
        send(&a, b"a long message");
        send(&a, b"next");
        let mut buf = [0; 6];
        assert_eq!(b.recv(&mut buf, NO_FLAGS), Ok(6));
        assert_eq!(&buf, b"a long");
        assert_eq!(b.recv(&mut buf, NO_FLAGS), Ok(4));
        assert_eq!(&buf, b"nextng");
    }
}

#[test]
fn peek_leaves_it_there() {
    let _guard = guard();
    for (a, b) in [tcp_pair(), udp_pair(), unix_pair(Type::SOCK_STREAM), unix_pair(Type::SOCK_SEQPACKET)] {
        send(&a, b"hello");
        let mut buf = [0; 8];
        for flags in [RecvFlags::MSG_PEEK, RecvFlags::MSG_PEEK, NO_FLAGS] {
            assert_eq!(b.recv(&mut buf, flags), Ok(5));
            assert_eq!(&buf[..5], b"hello");
            buf.fill(0);
        }
        assert_eq!(b.recv(&mut buf, RecvFlags::MSG_DONTWAIT), Err(Errno::EAGAIN));
    }
}

#[test]
fn waitall_waits_for_the_whole_buffer() {
    let _guard = guard();
    for (a, b) in [tcp_pair(), unix_pair(Type::SOCK_STREAM)] {
        send(&a, b"one ");
        std::thread::scope(|scope| {
            let receiving = blocked(scope, libc::SYS_recvfrom, || {
                let mut buf = [0; 8];
                (b.recv(&mut buf, RecvFlags::MSG_WAITALL), buf)
            });
            send(&a, b"two!");
            assert_eq!(receiving.join(), (Ok(8), *b"one two!"));
        });
        send(&a, b"end");
        a.shutdown(Shutdown::SHUT_WR).unwrap();
        assert_eq!(b.recv(&mut [0; 8], RecvFlags::MSG_WAITALL), Ok(3));
    }
}

#[test]
fn with_nothing_there_it_is_eagain() {
    let _guard = guard();
    for (_a, b) in [tcp_pair(), udp_pair(), unix_pair(Type::SOCK_STREAM), unix_pair(Type::SOCK_DGRAM)] {
        assert_eq!(b.recv(&mut [0; 1], RecvFlags::MSG_DONTWAIT), Err(Errno::EAGAIN));
        assert_eq!(b.recvfrom(&mut [0; 1], RecvFlags::MSG_DONTWAIT), Err(Errno::EAGAIN));
        b.setsockopt(opt::SO_RCVTIMEO, Some(Duration::from_millis(20))).unwrap();
        let start = Instant::now();
        assert_eq!(b.recv(&mut [0; 1], NO_FLAGS), Err(Errno::EAGAIN));
        assert!(start.elapsed() >= Duration::from_millis(20));
        b.setsockopt(opt::SO_RCVTIMEO, None).unwrap();
        b.set_nonblocking(true).unwrap();
        assert_eq!(b.recv(&mut [0; 1], NO_FLAGS), Err(Errno::EAGAIN));
    }
    // The error queue never blocks.
    assert_eq!(udp_bound().recv(&mut [0; 1], RecvFlags::MSG_ERRQUEUE), Err(Errno::EAGAIN));
}

#[test]
fn a_timeout_below_the_resolution_is_short_and_not_for_ever() {
    let _guard = guard();
    let socket = udp_bound();
    for nanos in [1, 999, 1001] {
        socket.setsockopt(opt::SO_RCVTIMEO, Some(Duration::from_nanos(nanos))).unwrap();
        assert_eq!(socket.recv(&mut [0; 1], NO_FLAGS), Err(Errno::EAGAIN));
    }
    let zero = socket.setsockopt(opt::SO_RCVTIMEO, Some(Duration::ZERO));
    assert_eq!(zero, Err(Errno::EINVAL));
    assert!(socket.getsockopt(opt::SO_RCVTIMEO).unwrap().is_some());
}

#[test]
fn a_signal_is_eintr() {
    let _guard = guard();
    for (a, b) in [tcp_pair(), udp_pair(), unix_pair(Type::SOCK_STREAM), unix_pair(Type::SOCK_SEQPACKET)] {
        std::thread::scope(|scope| {
            let receiving =
                blocked(scope, libc::SYS_recvfrom, || (b.recv(&mut [0; 1], NO_FLAGS), signals_caught()));
            let (result, signals) = receiving.interrupt();
            assert_eq!(result, Err(Errno::EINTR));
            assert!(signals >= 1);
        });
        std::thread::scope(|scope| {
            let receiving = blocked(scope, libc::SYS_recvfrom, || b.recvfrom(&mut [0; 1], NO_FLAGS));
            assert_eq!(receiving.interrupt(), Err(Errno::EINTR));
        });
        send(&a, b"x");
        assert_eq!(b.recv(&mut [0; 1], NO_FLAGS), Ok(1));
    }
}

/// recvmmsg(2) of two datagrams where there is one, cut short by a signal: the kernel leaves errno 512 behind.
fn leave_512_behind(a: &Socket, b: &Socket) {
    send(a, b"x");
    std::thread::scope(|scope| {
        let receiving = blocked(scope, libc::SYS_recvmmsg, || {
            // SAFETY: all zeros is a valid value of this structure: no buffers, no address.
            let mut messages: [libc::mmsghdr; 2] = unsafe { std::mem::zeroed() };
            // SAFETY: two structures, as the 2 says; no timeout.
            unsafe { libc::recvmmsg(b.as_raw_fd(), messages.as_mut_ptr(), 2, 0, std::ptr::null_mut()) }
        });
        assert_eq!(receiving.interrupt(), 1);
    });
}

#[test]
fn the_512_that_recvmmsg_leaves_behind_is_eintr() {
    let _guard = guard();
    for (a, b) in [udp_pair(), unix_pair(Type::SOCK_DGRAM)] {
        leave_512_behind(&a, &b);
        assert_eq!(b.recv(&mut [0; 1], RecvFlags::MSG_DONTWAIT), Err(Errno::EINTR));
        assert_eq!(b.recv(&mut [0; 1], RecvFlags::MSG_DONTWAIT), Err(Errno::EAGAIN));

        leave_512_behind(&a, &b);
        assert_eq!(b.getsockopt(opt::SO_ERROR), Ok(Some(Errno::EINTR)));
        assert_eq!(b.getsockopt(opt::SO_ERROR), Ok(None));
    }
    let (a, b) = udp_pair();
    leave_512_behind(&a, &b);
    assert_eq!(b.send(b"x", SendFlags::empty()), Err(Errno::EINTR));
    leave_512_behind(&a, &b);
    assert_eq!(b.recv_exact(&mut [0; 1], RecvFlags::MSG_DONTWAIT).unwrap_err().errno, Errno::EAGAIN);
    leave_512_behind(&a, &b);
    assert_eq!(b.send_all(b"x", SendFlags::empty()), Ok(()));
}

#[test]
fn after_shutdown_there_is_the_end() {
    let _guard = guard();
    for (a, b) in [tcp_pair(), unix_pair(Type::SOCK_STREAM), unix_pair(Type::SOCK_SEQPACKET)] {
        send(&a, b"before");
        b.shutdown(Shutdown::SHUT_RD).unwrap();
        let mut buf = [0; 8];
        assert_eq!(b.recv(&mut buf, NO_FLAGS), Ok(6));
        assert_eq!(b.recv(&mut buf, NO_FLAGS), Ok(0));
        assert_eq!(b.recvfrom(&mut buf, NO_FLAGS), Ok((0, SockAddr::EMPTY)));
    }
}

#[test]
fn a_reset_is_told_once_after_the_data() {
    let _guard = guard();
    let (a, b) = tcp_pair();
    send(&a, b"last words");
    a.abort().unwrap();
    let mut buf = [0; 16];
    assert_eq!(b.poll(PollFlags::POLLRDHUP, None).unwrap() & PollFlags::POLLERR, PollFlags::POLLERR);
    assert_eq!(b.recv(&mut buf, NO_FLAGS), Ok(10));
    assert_eq!(b.recv(&mut buf, NO_FLAGS), Err(Errno::ECONNRESET));
    assert_eq!(b.recv(&mut buf, NO_FLAGS), Ok(0));
    // AF_UNIX: a peer that closes without having read.
    let (a, b) = unix_pair(Type::SOCK_STREAM);
    send(&b, b"never read");
    drop(a);
    assert_eq!(b.recv(&mut buf, NO_FLAGS), Err(Errno::ECONNRESET));
    assert_eq!(b.recv(&mut buf, NO_FLAGS), Ok(0));
}

#[test]
fn a_datagram_that_met_nobody_is_refused() {
    let _guard = guard();
    // A connected socket takes datagrams of its peer only; to all others the port is not there.
    let (nobody, a) = (udp_bound(), udp_bound());
    nobody.connect((Ipv4Addr::LOCALHOST, 9)).unwrap();
    a.connect(nobody.getsockname().unwrap()).unwrap();
    send(&a, b"x");
    assert_eq!(a.recv(&mut [0; 1], NO_FLAGS), Err(Errno::ECONNREFUSED));
    assert_eq!(a.recv(&mut [0; 1], RecvFlags::MSG_DONTWAIT), Err(Errno::EAGAIN));
}

#[test]
fn the_error_queue_has_the_datagram_and_where_it_was_sent() {
    /// ip(7): errors go to the queue.
    const IP_RECVERR: opt::Opt<opt::Bool, opt::GetSet> = opt::Opt::new("IP_RECVERR", 0, 11);
    let _guard = guard();
    // A connected socket takes datagrams of its peer only; to all others the port is not there.
    let (nobody, a) = (udp_bound(), udp_bound());
    nobody.connect((Ipv4Addr::LOCALHOST, 9)).unwrap();
    a.setsockopt(IP_RECVERR, true).unwrap();
    a.sendto(b"lost", SendFlags::empty(), nobody.getsockname().unwrap()).unwrap();
    assert_eq!(a.poll(PollFlags::empty(), None), Ok(PollFlags::POLLERR));
    let mut buf = [0; 16];
    let (n, to) = a.recvfrom(&mut buf, RecvFlags::MSG_ERRQUEUE).unwrap();
    assert_eq!((&buf[..n], to), (&b"lost"[..], nobody.getsockname().unwrap()));
    assert_eq!(a.recv(&mut buf, RecvFlags::MSG_ERRQUEUE), Err(Errno::EAGAIN));
}

#[test]
fn a_stream_without_a_peer_is_refused() {
    let _guard = guard();
    assert_eq!(tcp().recv(&mut [0; 1], NO_FLAGS), Err(Errno::ENOTCONN));
    assert_eq!(unix(Type::SOCK_STREAM).recv(&mut [0; 1], NO_FLAGS), Err(Errno::EINVAL));
    assert_eq!(unix(Type::SOCK_SEQPACKET).recv(&mut [0; 1], NO_FLAGS), Err(Errno::ENOTCONN));
}

#[test]
fn urgent_data_is_for_streams_that_have_it() {
    let _guard = guard();
    let mut byte = [0; 1];
    for (a, b) in [tcp_pair(), unix_pair(Type::SOCK_STREAM)] {
        assert_eq!(b.recv(&mut byte, RecvFlags::MSG_OOB), Err(Errno::EINVAL));
        assert_eq!(a.send(b"!", SendFlags::MSG_OOB), Ok(1));
        assert_eq!(b.poll(PollFlags::POLLPRI, None), Ok(PollFlags::POLLPRI));
        assert_eq!(b.recv(&mut byte, RecvFlags::MSG_OOB), Ok(1));
        assert_eq!(&byte, b"!");
    }
    for ty in [Type::SOCK_DGRAM, Type::SOCK_SEQPACKET] {
        let (_a, b) = unix_pair(ty);
        assert_eq!(b.recv(&mut byte, RecvFlags::MSG_OOB), Err(Errno::EOPNOTSUPP));
    }
}

#[test]
fn recvfrom_gives_the_sender_of_every_datagram() {
    let _guard = guard();
    let dir = Dir::new();
    for kind in common::datagrams() {
        let (a, b, to) = (kind.bound(&dir), kind.bound(&dir), kind.bound(&dir));
        for sender in [&a, &b, &a] {
            sender.sendto(b"x", SendFlags::empty(), to.getsockname().unwrap()).unwrap();
        }
        for sender in [&a, &b, &a] {
            let (n, from) = to.recvfrom(&mut [0; 8], NO_FLAGS).unwrap();
            assert_eq!((n, from), (1, sender.getsockname().unwrap()), "{kind:?}");
        }
    }
}

#[test]
fn recvfrom_gives_no_address_on_a_connected_stream() {
    let _guard = guard();
    for (a, b) in [tcp_pair(), unix_pair(Type::SOCK_STREAM)] {
        // The stack is full of something that is not zero.
        let poison = std::hint::black_box([0x02_u8; 4096]);
        send(&a, &poison[..1]);
        let (n, from) = b.recvfrom(&mut [0; 8], NO_FLAGS).unwrap();
        assert_eq!((n, from.as_bytes()), (1, &[][..]));
        assert!(from.is_unnamed());
    }
}

#[test]
fn an_empty_datagram_is_a_message_and_not_the_end() {
    let _guard = guard();
    for (a, b) in [udp_pair(), unix_pair(Type::SOCK_DGRAM)] {
        send(&a, b"");
        send(&a, b"x");
        assert_eq!(b.recv(&mut [0; 8], NO_FLAGS), Ok(0));
        assert_eq!(b.recv(&mut [0; 8], NO_FLAGS), Ok(1));
    }
}

#[test]
fn a_buffer_without_room_takes_nothing_of_a_stream_and_all_of_a_message() {
    let _guard = guard();
    for (a, b) in [tcp_pair(), unix_pair(Type::SOCK_STREAM)] {
        send(&a, b"x");
        assert_eq!(b.recv(&mut [0_u8; 0], NO_FLAGS), Ok(0));
        assert_eq!(b.recv(&mut [0; 8], NO_FLAGS), Ok(1));
    }
    for (a, b) in [udp_pair(), unix_pair(Type::SOCK_DGRAM), unix_pair(Type::SOCK_SEQPACKET)] {
        send(&a, b"lost");
        send(&a, b"x");
        assert_eq!(b.recv(&mut [0_u8; 0], NO_FLAGS), Ok(0));
        assert_eq!(b.recv(&mut [0; 8], NO_FLAGS), Ok(1));
    }
}
