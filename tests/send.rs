//! send(2), sendto(2): bytes out, in every family, and every way for them not to go.

mod common;

use std::io::Write;
use std::net::{Ipv4Addr, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use common::threads::blocked;
use common::{Dir, fill, guard, isolated, tcp, tcp_pair, udp, udp_bound, unix, unix_pair};
use netns::Needs;
use sockets::{
    BorrowedSocket, Errno, PollFlags, RecvFlags, SendFlags, Shutdown, SockAddr, Socket, Type, UnixAddr, opt,
};

const NO_FLAGS: SendFlags = SendFlags::empty();

fn received(socket: &Socket) -> Vec<u8> {
    let mut buf = vec![0; 100_000];
    let n = socket.recv(&mut buf[..], RecvFlags::empty()).unwrap();
    buf.truncate(n);
    buf
}

#[test]
fn every_kind_of_socket_sends_to_its_peer() {
    let _guard = guard();
    let dir = Dir::new();
    for kind in common::connecting() {
        let (client, server) = kind.connection(&dir);
        assert_eq!(client.send(b"hello", NO_FLAGS), Ok(5));
        assert_eq!(received(&server), b"hello", "{kind:?}");
    }
    for kind in common::datagrams() {
        let (a, b) = (kind.bound(&dir), kind.bound(&dir));
        a.connect(b.getsockname().unwrap()).unwrap();
        assert_eq!(a.send(b"hello", NO_FLAGS), Ok(5));
        assert_eq!(received(&b), b"hello", "{kind:?}");
    }
}

#[test]
fn a_datagram_goes_to_any_address_and_can_be_answered() {
    let _guard = guard();
    let dir = Dir::new();
    for kind in common::datagrams() {
        let (a, b) = (kind.bound(&dir), kind.bound(&dir));
        assert_eq!(a.sendto(b"ping", NO_FLAGS, b.getsockname().unwrap()), Ok(4));
        let mut buf = [0; 8];
        let (n, from) = b.recvfrom(&mut buf, RecvFlags::empty()).unwrap();
        assert_eq!((&buf[..n], &from), (&b"ping"[..], &a.getsockname().unwrap()), "{kind:?}");
        assert_eq!(b.sendto(b"", NO_FLAGS, from), Ok(0));
        let (n, from) = a.recvfrom(&mut buf, RecvFlags::empty()).unwrap();
        assert_eq!((n, from), (0, b.getsockname().unwrap()));
    }
}

#[test]
fn sendto_takes_every_kind_of_address() {
    let _guard = guard();
    let (from, to) = (udp_bound(), udp_bound());
    let name = to.getsockname().unwrap();
    let v4 = name.as_ipv4().unwrap();
    from.sendto(b"1", NO_FLAGS, &name).unwrap();
    from.sendto(b"2", NO_FLAGS, &name).unwrap();
    from.sendto(b"3", NO_FLAGS, v4).unwrap();
    from.sendto(b"4", NO_FLAGS, std::net::SocketAddr::V4(v4)).unwrap();
    from.sendto(b"5", NO_FLAGS, (*v4.ip(), v4.port())).unwrap();
    from.sendto(b"6", NO_FLAGS, (std::net::IpAddr::V4(*v4.ip()), v4.port())).unwrap();
    for n in b'1'..=b'6' {
        assert_eq!(received(&to), [n]);
    }

    let dir = Dir::new();
    let path = dir.free();
    let to = UnixDatagram::bind(&path).unwrap();
    let from = unix(Type::SOCK_DGRAM);
    from.sendto(b"1", NO_FLAGS, &path).unwrap();
    from.sendto(b"2", NO_FLAGS, path.as_path()).unwrap();
    from.sendto(b"3", NO_FLAGS, to.local_addr().unwrap()).unwrap();
    from.sendto(b"4", NO_FLAGS, UnixAddr::Pathname(&path)).unwrap();
    for n in b'1'..=b'4' {
        assert_eq!(received(&BorrowedSocket::from(&to)), [n]);
    }
}

#[test]
fn a_full_buffer_is_eagain_and_a_stream_may_take_a_part() {
    let _guard = guard();
    for (a, _b) in [tcp_pair(), unix_pair(Type::SOCK_STREAM)] {
        a.setsockopt(opt::SO_SNDBUF, 4096).unwrap();
        let data = vec![7; 8 << 20];
        let n = a.send(&data, SendFlags::MSG_DONTWAIT).unwrap();
        assert!(n > 0 && n < data.len(), "{n}");
        fill(&a);
        assert_eq!(a.send(b"x", SendFlags::MSG_DONTWAIT), Err(Errno::EAGAIN));
        assert_eq!(a.poll(PollFlags::POLLOUT, Some(Duration::ZERO)), Ok(PollFlags::empty()));

        a.setsockopt(opt::SO_SNDTIMEO, Some(Duration::from_millis(20))).unwrap();
        let start = Instant::now();
        assert_eq!(a.send(b"x", NO_FLAGS), Err(Errno::EAGAIN));
        assert!(start.elapsed() >= Duration::from_millis(20));

        a.set_nonblocking(true).unwrap();
        assert_eq!(a.send(b"x", NO_FLAGS), Err(Errno::EAGAIN));
    }
}

#[test]
fn a_full_queue_of_datagrams_is_eagain() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_DGRAM);
    while a.send(b"x", SendFlags::MSG_DONTWAIT).is_ok() {}
    assert_eq!(a.send(b"x", SendFlags::MSG_DONTWAIT), Err(Errno::EAGAIN));
    received(&b);
    assert_eq!(a.send(b"x", SendFlags::MSG_DONTWAIT), Ok(1));
}

#[test]
fn a_signal_is_eintr_or_the_part_that_was_sent() {
    let _guard = guard();
    for (a, _b) in [tcp_pair(), unix_pair(Type::SOCK_STREAM)] {
        a.setsockopt(opt::SO_SNDBUF, 4096).unwrap();
        let data = vec![7; 8 << 20];
        std::thread::scope(|scope| {
            let sending = blocked(scope, libc::SYS_sendto, || a.send(&data, NO_FLAGS));
            let n = sending.interrupt().unwrap();
            assert!(n > 0 && n < data.len(), "{n}");
        });
        fill(&a);
        std::thread::scope(|scope| {
            let sending = blocked(scope, libc::SYS_sendto, || a.send(b"x", NO_FLAGS));
            assert_eq!(sending.interrupt(), Err(Errno::EINTR));
        });
    }
}

#[test]
fn after_shutdown_it_is_epipe() {
    let _guard = guard();
    for (a, _b) in [tcp_pair(), unix_pair(Type::SOCK_STREAM), unix_pair(Type::SOCK_SEQPACKET)] {
        a.shutdown(Shutdown::SHUT_WR).unwrap();
        assert_eq!(a.send(b"x", NO_FLAGS), Err(Errno::EPIPE));
    }
}

/// Sends until the kernel knows that the peer has gone. TCP takes the first bytes, and gets a reset.
fn until_error<T, E: PartialEq<E>>(mut send: impl FnMut() -> Result<T, E>, passing: E) -> E {
    loop {
        match send() {
            Err(error) if error == passing => {}
            Err(error) => return error,
            Ok(_) => {}
        }
    }
}

#[test]
fn a_closed_peer_is_epipe_and_no_signal() {
    isolated(Needs::USERNS, || {
        // Rust programs ignore SIGPIPE from the start; others die of it.
        // SAFETY: the default action is no function.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
        for (mut a, b) in [tcp_pair(), unix_pair(Type::SOCK_STREAM), unix_pair(Type::SOCK_SEQPACKET)] {
            drop(b);
            // TCP may report the reset first, once.
            assert_eq!(until_error(|| a.send(b"x", NO_FLAGS), Errno::ECONNRESET), Errno::EPIPE);
            assert_eq!(a.send(b"x", SendFlags::MSG_DONTWAIT), Err(Errno::EPIPE));
            assert_eq!(a.send_all(b"x", NO_FLAGS).unwrap_err().errno, Errno::EPIPE);
            assert_eq!(a.sendto(b"x", NO_FLAGS, SockAddr::EMPTY), Err(Errno::EPIPE));
            assert_eq!(a.write(b"x").unwrap_err().raw_os_error(), Some(libc::EPIPE));
            assert_eq!((&a).write(b"x").unwrap_err().raw_os_error(), Some(libc::EPIPE));
            assert_eq!(a.write_all(b"x").unwrap_err().kind(), std::io::ErrorKind::BrokenPipe);
        }
        // The signal does kill here: what was proved is the flag, not luck.
        // SAFETY: the child calls only async-signal-safe functions.
        let child = unsafe { libc::fork() };
        assert!(child >= 0);
        if child == 0 {
            let mut pipe = [0; 2];
            // SAFETY: `pipe` has room for two descriptors.
            unsafe { libc::pipe(pipe.as_mut_ptr()) };
            // SAFETY: takes no pointer.
            unsafe { libc::close(pipe[0]) };
            // SAFETY: one byte is readable.
            unsafe { libc::write(pipe[1], b"x".as_ptr().cast(), 1) };
            // SAFETY: ends the process without anything of the parent's.
            unsafe { libc::_exit(0) };
        }
        let mut status = 0;
        // SAFETY: `status` is one int.
        assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
        assert_eq!(libc::WTERMSIG(status), libc::SIGPIPE);
    });
}

#[test]
fn a_datagram_peer_that_has_gone_is_refused() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_DGRAM);
    drop(b);
    assert_eq!(a.send(b"x", NO_FLAGS), Err(Errno::ECONNREFUSED));
    let name = common::free_name();
    let to = UnixAddr::Abstract(name.as_bytes());
    assert_eq!(unix(Type::SOCK_DGRAM).sendto(b"x", NO_FLAGS, to), Err(Errno::ECONNREFUSED));
    assert_eq!(unix(Type::SOCK_DGRAM).sendto(b"x", NO_FLAGS, Dir::new().free()), Err(Errno::ENOENT));
}

#[test]
fn a_datagram_that_met_nobody_is_told_by_the_next_call() {
    let _guard = guard();
    // A connected socket takes datagrams of its peer only; to all others the port is not there.
    let (nobody, a) = (udp_bound(), udp_bound());
    nobody.connect((Ipv4Addr::LOCALHOST, 9)).unwrap();
    a.connect(nobody.getsockname().unwrap()).unwrap();
    assert_eq!(a.send(b"x", NO_FLAGS), Ok(1));
    assert_eq!(a.poll(PollFlags::empty(), None), Ok(PollFlags::POLLERR));
    assert_eq!(a.send(b"x", NO_FLAGS), Err(Errno::ECONNREFUSED));
}

#[test]
fn a_reset_is_told_once_and_then_it_is_epipe() {
    let _guard = guard();
    let (a, b) = tcp_pair();
    b.abort().unwrap();
    assert_eq!(a.poll(PollFlags::POLLRDHUP, None).unwrap() & PollFlags::POLLERR, PollFlags::POLLERR);
    assert_eq!(a.send(b"x", NO_FLAGS), Err(Errno::ECONNRESET));
    assert_eq!(a.send(b"x", NO_FLAGS), Err(Errno::EPIPE));
}

#[test]
fn without_a_peer_there_is_an_errno_for_every_kind() {
    let _guard = guard();
    assert_eq!(udp().send(b"x", NO_FLAGS), Err(Errno::EDESTADDRREQ));
    assert_eq!(tcp().send(b"x", NO_FLAGS), Err(Errno::EPIPE));
    for ty in [Type::SOCK_STREAM, Type::SOCK_DGRAM, Type::SOCK_SEQPACKET] {
        assert_eq!(unix(ty).send(b"x", NO_FLAGS), Err(Errno::ENOTCONN), "{ty:?}");
    }
}

#[test]
fn a_message_that_is_too_long_is_emsgsize() {
    let _guard = guard();
    let (a, b) = (udp_bound(), udp_bound());
    let to = b.getsockname().unwrap();
    assert_eq!(a.sendto(&[1; 65_508], NO_FLAGS, &to), Err(Errno::EMSGSIZE));
    assert_eq!(a.sendto(&[1; 65_507], NO_FLAGS, to), Ok(65_507));
    assert_eq!(received(&b).len(), 65_507);
    for ty in [Type::SOCK_DGRAM, Type::SOCK_SEQPACKET] {
        let (a, _b) = unix_pair(ty);
        let size = a.getsockopt(opt::SO_SNDBUF).unwrap();
        assert_eq!(a.send(&vec![1; size], NO_FLAGS), Err(Errno::EMSGSIZE), "{ty:?}");
    }
}

#[test]
fn a_flag_that_the_type_does_not_have_is_eopnotsupp() {
    let _guard = guard();
    let (a, b) = (udp_bound(), udp_bound());
    let to = b.getsockname().unwrap();
    assert_eq!(a.sendto(b"x", SendFlags::MSG_OOB, to), Err(Errno::EOPNOTSUPP));
    let (a, _b) = unix_pair(Type::SOCK_DGRAM);
    assert_eq!(a.send(b"x", SendFlags::MSG_OOB), Err(Errno::EOPNOTSUPP));
}

#[test]
fn more_collects_one_datagram() {
    let _guard = guard();
    let (a, b) = (udp_bound(), udp_bound());
    a.connect(b.getsockname().unwrap()).unwrap();
    assert_eq!(a.send(b"one ", SendFlags::MSG_MORE), Ok(4));
    assert_eq!(b.poll(PollFlags::POLLIN, Some(Duration::ZERO)), Ok(PollFlags::empty()));
    assert_eq!(a.send(b"datagram", NO_FLAGS), Ok(8));
    assert_eq!(received(&b), b"one datagram");
}

#[test]
fn flags_of_the_way_change_no_byte() {
    let _guard = guard();
    let (a, b) = (udp_bound(), udp_bound());
    let flags = SendFlags::MSG_CONFIRM | SendFlags::MSG_DONTROUTE | SendFlags::MSG_NOSIGNAL;
    assert_eq!(a.sendto(b"hello", flags, b.getsockname().unwrap()), Ok(5));
    assert_eq!(received(&b), b"hello");
}

#[test]
fn fastopen_connects_and_sends_at_once() {
    isolated(Needs::USERNS, || {
        let listener = tcp();
        listener.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.listen(1).unwrap();
        let client = tcp();
        let to = listener.getsockname().unwrap();
        assert_eq!(client.sendto(b"hello", SendFlags::MSG_FASTOPEN, &to), Ok(5));
        let (server, peer) = listener.accept().unwrap();
        assert_eq!((received(&server), peer), (b"hello".to_vec(), client.getsockname().unwrap()));
    });
}

#[test]
fn messages_keep_their_borders_and_streams_do_not() {
    let _guard = guard();
    for ty in [Type::SOCK_SEQPACKET, Type::SOCK_DGRAM] {
        let (a, b) = unix_pair(ty);
        assert_eq!(a.send(b"one", SendFlags::MSG_EOR), Ok(3));
        assert_eq!(a.send(b"two", NO_FLAGS), Ok(3));
        assert_eq!((received(&b), received(&b)), (b"one".to_vec(), b"two".to_vec()));
    }
    let (a, b) = unix_pair(Type::SOCK_STREAM);
    a.send(b"one", NO_FLAGS).unwrap();
    a.send(b"two", NO_FLAGS).unwrap();
    assert_eq!(received(&b), b"onetwo");
}

#[test]
fn sendto_on_what_is_connected() {
    let _guard = guard();
    let (a, _b) = unix_pair(Type::SOCK_STREAM);
    let name = common::free_name();
    let to = UnixAddr::Abstract(name.as_bytes());
    assert_eq!(a.sendto(b"x", NO_FLAGS, to), Err(Errno::EISCONN));
    assert_eq!(unix(Type::SOCK_STREAM).sendto(b"x", NO_FLAGS, to), Err(Errno::EOPNOTSUPP));
    // A connected datagram socket may choose another peer for one message.
    let (a, b, c) = (udp_bound(), udp_bound(), udp_bound());
    a.connect(b.getsockname().unwrap()).unwrap();
    a.sendto(b"to c", NO_FLAGS, c.getsockname().unwrap()).unwrap();
    assert_eq!(received(&c), b"to c");
}

#[test]
fn an_address_that_does_not_fit_the_socket_is_refused() {
    let _guard = guard();
    let v4 = SockAddr::from((Ipv4Addr::LOCALHOST, 9));
    let v6: SockAddr = "[::1]:9".parse().unwrap();
    assert_eq!(udp().sendto(b"x", NO_FLAGS, v6), Err(Errno::EAFNOSUPPORT));
    assert_eq!(unix(Type::SOCK_DGRAM).sendto(b"x", NO_FLAGS, v4), Err(Errno::EINVAL));
    assert_eq!(udp().sendto(b"x", NO_FLAGS, (Ipv4Addr::LOCALHOST, 0)), Err(Errno::EINVAL));
    let dir = Dir::new();
    let send = |to: &std::path::Path| unix(Type::SOCK_DGRAM).sendto(b"x", NO_FLAGS, to).unwrap_err();
    assert_eq!(send("".as_ref()), Errno::EINVAL);
    assert_eq!(send("em\0bedded".as_ref()), Errno::EINVAL);
    assert_eq!(send(&dir.free_of(109)), Errno::ENAMETOOLONG);
    let path = dir.free();
    let stream = unix(Type::SOCK_STREAM);
    stream.bind(&path).unwrap();
    assert_eq!(send(&path), Errno::EPROTOTYPE);
}

#[test]
fn broadcast_wants_its_option() {
    isolated(Needs::USERNS, || {
        let (a, b) = (udp_bound(), udp());
        b.bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let port = b.getsockname().unwrap().port().unwrap();
        let to = (Ipv4Addr::new(127, 255, 255, 255), port);
        assert_eq!(a.sendto(b"x", NO_FLAGS, to), Err(Errno::EACCES));
        a.setsockopt(opt::SO_BROADCAST, true).unwrap();
        assert_eq!(a.sendto(b"to all", NO_FLAGS, to), Ok(6));
        assert_eq!(received(&b), b"to all");
    });
}

#[test]
fn std_receives_what_is_sent() {
    let _guard = guard();
    let std = UdpSocket::bind("127.0.0.1:0").unwrap();
    let socket = udp_bound();
    socket.sendto(b"hello", NO_FLAGS, std.local_addr().unwrap()).unwrap();
    let mut buf = [0; 8];
    let (n, from) = std.recv_from(&mut buf).unwrap();
    assert_eq!((&buf[..n], SockAddr::from(from)), (&b"hello"[..], socket.getsockname().unwrap()));
}
