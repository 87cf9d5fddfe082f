//! send_all, recv_exact, abort: all bytes or the exact number that went, and a connection that ends at once.

mod common;

use std::io;
use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use common::threads::{blocked, signals_caught};
use common::{guard, isolated, leaks_nothing, tcp, tcp_pair, unix, unix_pair};
use netns::Needs;
use sockets::{Errno, Partial, PollFlags, RecvFlags, SendFlags, Shutdown, Socket, Type, opt};

/// Streams with small buffers, so that much takes many calls.
fn narrow_streams() -> [(Socket, Socket); 2] {
    let pairs = [tcp_pair(), unix_pair(Type::SOCK_STREAM)];
    for (a, b) in &pairs {
        a.setsockopt(opt::SO_SNDBUF, 4096).unwrap();
        b.setsockopt(opt::SO_RCVBUF, 32_768).unwrap();
    }
    pairs
}

/// Bytes of which no two pieces are alike.
fn pattern(len: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..len).map(|_| next()).collect()
}

/// Reads to the end of the stream, in small pieces.
fn drain(socket: &Socket) -> Vec<u8> {
    let mut all = Vec::new();
    let mut buf = [0; 777];
    loop {
        match socket.recv(&mut buf, RecvFlags::empty()).unwrap() {
            0 => return all,
            n => all.extend_from_slice(&buf[..n]),
        }
    }
}

#[test]
fn everything_arrives_although_the_buffers_are_small() {
    let _guard = guard();
    let data = pattern(300_000);
    for (a, b) in narrow_streams() {
        std::thread::scope(|scope| {
            let sending = scope.spawn(|| {
                let result = a.send_all(&data, SendFlags::empty());
                a.shutdown(Shutdown::SHUT_WR).unwrap();
                result
            });
            let mut received = vec![0; data.len()];
            assert_eq!(b.recv_exact(&mut received, RecvFlags::empty()), Ok(()));
            assert!(received == data);
            assert_eq!(b.recv(&mut [0; 1], RecvFlags::empty()), Ok(0));
            assert_eq!(sending.join().unwrap(), Ok(()));
        });
    }
}

#[test]
fn signals_in_the_middle_lose_and_double_nothing() {
    let _guard = guard();
    let data = pattern(300_000);
    for (a, b) in narrow_streams() {
        std::thread::scope(|scope| {
            let sending = blocked(scope, libc::SYS_sendto, || {
                let result = a.send_all(&data, SendFlags::empty());
                a.shutdown(Shutdown::SHUT_WR).unwrap();
                (result, signals_caught())
            });
            // The sender cannot go on before somebody reads, so these come in the middle.
            for _ in 0..20 {
                sending.signal();
                std::thread::yield_now();
            }
            let draining = scope.spawn(|| drain(&b));
            let (result, signals) = sending.interrupt();
            assert_eq!(result, Ok(()));
            assert!(signals >= 1);
            assert!(draining.join().unwrap() == data);
        });
    }
    for (a, b) in narrow_streams() {
        std::thread::scope(|scope| {
            let receiving = blocked(scope, libc::SYS_recvfrom, || {
                let mut buf = vec![0; 10_000];
                (b.recv_exact(&mut buf, RecvFlags::empty()), buf, signals_caught())
            });
            for piece in data[..10_000].chunks(1000) {
                receiving.signal();
                a.send_all(piece, SendFlags::empty()).unwrap();
            }
            let (result, received, signals) = receiving.join();
            assert_eq!(result, Ok(()));
            assert!(received == data[..10_000]);
            assert!(signals >= 1);
        });
    }
}

#[test]
fn eagain_tells_exactly_how_much_went() {
    let _guard = guard();
    let data = pattern(1 << 20);
    for mode in ["MSG_DONTWAIT", "O_NONBLOCK", "SO_SNDTIMEO"] {
        for (a, b) in narrow_streams() {
            let mut flags = SendFlags::empty();
            match mode {
                "MSG_DONTWAIT" => flags = SendFlags::MSG_DONTWAIT,
                "O_NONBLOCK" => a.set_nonblocking(true).unwrap(),
                _ => a.setsockopt(opt::SO_SNDTIMEO, Some(Duration::from_millis(20))).unwrap(),
            }
            let Partial { done, errno } = a.send_all(&data, flags).unwrap_err();
            assert_eq!(errno, Errno::EAGAIN);
            assert!(done > 0 && done < data.len());
            a.shutdown(Shutdown::SHUT_WR).unwrap();
            assert!(drain(&b) == data[..done], "{mode}");
        }
    }
}

#[test]
fn after_eagain_it_can_go_on_where_it_ended() {
    let _guard = guard();
    let data = pattern(200_000);
    for (a, b) in narrow_streams() {
        a.set_nonblocking(true).unwrap();
        std::thread::scope(|scope| {
            let draining = scope.spawn(|| drain(&b));
            let mut sent = 0;
            while let Err(Partial { done, errno }) = a.send_all(&data[sent..], SendFlags::empty()) {
                assert_eq!(errno, Errno::EAGAIN);
                sent += done;
                a.poll(PollFlags::POLLOUT, None).unwrap();
            }
            a.shutdown(Shutdown::SHUT_WR).unwrap();
            assert!(draining.join().unwrap() == data);
        });
    }
}

#[test]
fn send_all_on_a_message_socket_is_one_message() {
    let _guard = guard();
    for ty in [Type::SOCK_DGRAM, Type::SOCK_SEQPACKET] {
        let (a, b) = unix_pair(ty);
        assert_eq!(a.send_all(b"one message", SendFlags::empty()), Ok(()));
        assert_eq!(b.recv(&mut [0; 64], RecvFlags::empty()), Ok(11));
        assert_eq!(a.send_all(b"", SendFlags::empty()), Ok(()));
        assert_eq!(b.recv(&mut [0; 64], RecvFlags::MSG_DONTWAIT), Ok(0));
        let huge = vec![0; 1 << 24];
        let error = a.send_all(&huge, SendFlags::empty()).unwrap_err();
        assert_eq!(error, Partial { done: 0, errno: Errno::EMSGSIZE });
    }
}

#[test]
fn a_closed_peer_is_epipe_after_what_went() {
    let _guard = guard();
    for (a, b) in narrow_streams() {
        let data = vec![0; 1 << 20];
        std::thread::scope(|scope| {
            let sending = blocked(scope, libc::SYS_sendto, || a.send_all(&data, SendFlags::empty()));
            // Blocked, so that something went; reset, because the peer has not read it.
            drop(b);
            let Partial { done, errno } = sending.join().unwrap_err();
            assert!(done > 0 && done < data.len());
            assert!([Errno::ECONNRESET, Errno::EPIPE].contains(&errno), "{errno}");
        });
        let error = a.send_all(b"x", SendFlags::empty()).unwrap_err();
        assert!(error.errno == Errno::EPIPE || error.errno == Errno::ECONNRESET);
        assert_eq!(a.send_all(b"x", SendFlags::empty()), Err(Partial { done: 0, errno: Errno::EPIPE }));
    }
}

#[test]
fn recv_exact_tells_exactly_how_much_came() {
    let _guard = guard();
    for (a, b) in [tcp_pair(), unix_pair(Type::SOCK_STREAM)] {
        b.setsockopt(opt::SO_RCVTIMEO, Some(Duration::from_millis(50))).unwrap();
        let mut buf = [0; 8];
        assert_eq!(
            b.recv_exact(&mut buf, RecvFlags::empty()),
            Err(Partial { done: 0, errno: Errno::EAGAIN })
        );
        a.send(b"one", SendFlags::empty()).unwrap();
        let start = Instant::now();
        assert_eq!(
            b.recv_exact(&mut buf, RecvFlags::empty()),
            Err(Partial { done: 3, errno: Errno::EAGAIN })
        );
        assert!(start.elapsed() >= Duration::from_millis(50));
        assert_eq!(&buf, b"one\0\0\0\0\0");

        a.send(b"two", SendFlags::empty()).unwrap();
        a.shutdown(Shutdown::SHUT_WR).unwrap();
        let end = b.recv_exact(&mut buf, RecvFlags::MSG_WAITALL);
        assert_eq!(end, Err(Partial { done: 3, errno: Errno::ENODATA }));
        assert_eq!(&buf[..3], b"two");
        let end = b.recv_exact(&mut buf, RecvFlags::empty());
        assert_eq!(end, Err(Partial { done: 0, errno: Errno::ENODATA }));
    }
    let (a, b) = tcp_pair();
    a.send(b"one", SendFlags::empty()).unwrap();
    a.abort().unwrap();
    let reset = b.recv_exact(&mut [0; 8], RecvFlags::empty());
    assert_eq!(reset, Err(Partial { done: 3, errno: Errno::ECONNRESET }));
}

#[test]
fn recv_exact_takes_no_byte_too_many() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_STREAM);
    a.send(b"hello world", SendFlags::empty()).unwrap();
    let mut buf = [0; 5];
    assert_eq!(b.recv_exact(&mut buf, RecvFlags::empty()), Ok(()));
    assert_eq!(&buf, b"hello");
    assert_eq!(b.fionread(), Ok(6));
}

#[test]
fn an_empty_buffer_is_full_at_once() {
    let _guard = guard();
    let (_a, b) = unix_pair(Type::SOCK_STREAM);
    assert_eq!(b.recv_exact(&mut [], RecvFlags::empty()), Ok(()));
    assert_eq!(b.send_all(&[], SendFlags::empty()), Ok(()));
}

#[test]
fn flags_that_fill_no_buffer_are_einval_and_take_nothing() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_STREAM);
    a.send(b"hello", SendFlags::empty()).unwrap();
    for flags in [RecvFlags::MSG_PEEK, RecvFlags::MSG_TRUNC, RecvFlags::MSG_PEEK | RecvFlags::MSG_WAITALL] {
        let error = b.recv_exact(&mut [0; 2], flags).unwrap_err();
        assert_eq!(error, Partial { done: 0, errno: Errno::EINVAL }, "{flags:?}");
    }
    assert_eq!(b.fionread(), Ok(5));
}

#[test]
fn a_partial_is_an_error_like_others() {
    let partial = Partial { done: 3, errno: Errno::EAGAIN };
    assert_eq!(Errno::from(partial), Errno::EAGAIN);
    assert_eq!(io::Error::from(partial).kind(), io::ErrorKind::WouldBlock);
    assert_eq!(partial.to_string(), format!("{} after 3 bytes", Errno::EAGAIN));
    let boxed: Box<dyn std::error::Error + Send + Sync> = partial.into();
    assert!(boxed.downcast_ref::<Partial>() == Some(&partial));
}

#[test]
fn abort_resets_the_peer_and_loses_what_was_not_sent() {
    let _guard = guard();
    let (a, b) = tcp_pair();
    common::fill(&a);
    let waiting = a.siocoutq().unwrap();
    assert!(waiting > 0);
    assert_eq!(a.abort(), Ok(()));
    let mut buf = vec![0; 1 << 20];
    let error = loop {
        match b.recv(&mut buf[..], RecvFlags::empty()) {
            Ok(n) => assert!(n > 0, "the end, as if all had been sent"),
            Err(errno) => break errno,
        }
    };
    assert_eq!(error, Errno::ECONNRESET);
}

/// Lets the server end a connection, and tells whether its port can be bound at once.
fn rebind_after(end: impl FnOnce(Socket)) -> sockets::Result<()> {
    let listener = tcp();
    listener.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.listen(1).unwrap();
    let addr = listener.getsockname().unwrap();
    let client = tcp();
    client.connect(&addr).unwrap();
    let (server, _) = listener.accept().unwrap();
    listener.close().unwrap();
    end(server);
    let _ = client.recv(&mut [0; 1], RecvFlags::empty());
    client.close().unwrap();
    tcp().bind(addr)
}

#[test]
fn abort_leaves_no_time_wait() {
    isolated(Needs::USERNS, || {
        assert_eq!(rebind_after(|server| server.abort().unwrap()), Ok(()));
        assert_eq!(rebind_after(|server| server.close().unwrap()), Err(Errno::EADDRINUSE));
    });
}

#[test]
fn abort_is_close_where_there_is_no_reset() {
    let _guard = guard();
    for ty in [Type::SOCK_STREAM, Type::SOCK_SEQPACKET] {
        let (a, b) = unix_pair(ty);
        assert_eq!(a.abort(), Ok(()));
        assert_eq!(b.recv(&mut [0; 1], RecvFlags::empty()), Ok(0));
    }
    assert_eq!(unix(Type::SOCK_DGRAM).abort(), Ok(()));
    // Other descriptors keep the connection.
    let (a, b) = tcp_pair();
    let copy = a.dup().unwrap();
    assert_eq!(a.abort(), Ok(()));
    b.send(b"x", SendFlags::empty()).unwrap();
    assert_eq!(copy.recv(&mut [0; 1], RecvFlags::empty()), Ok(1));
}

#[test]
fn abort_closes_in_any_case() {
    isolated(Needs::USERNS, || {
        leaks_nothing(|| {
            let (a, _b) = tcp_pair();
            assert_eq!(a.abort(), Ok(()));
            let file = Socket::from(OwnedFd::from(std::fs::File::open("/dev/null").unwrap()));
            assert!(file.as_raw_fd() >= 0);
            assert_eq!(file.abort(), Err(Errno::ENOTSOCK));
        });
    });
}
