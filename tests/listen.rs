//! listen(2), accept(2), accept4(2): connections taken in, in every family, and every way not to get one.

mod common;

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use common::threads::blocked;
use common::{Dir, guard, isolated, leaks_nothing, tcp, tcp_pair, udp, unix, unix_pair};
use netns::Needs;
use sockets::{
    BACKLOG_MAX, Errno, PollFlags, RecvFlags, SendFlags, Shutdown, Socket, SocketFlags, Type, UnixAddr, opt,
};

/// A TCP listener.
fn listener() -> Socket {
    let listener = tcp();
    listener.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.listen(BACKLOG_MAX).unwrap();
    listener
}

fn client_of(listener: &Socket) -> Socket {
    let client = tcp();
    client.connect(listener.getsockname().unwrap()).unwrap();
    client
}

#[test]
fn accept_gives_the_connection_and_the_peers_name() {
    let _guard = guard();
    let dir = Dir::new();
    for kind in common::connecting() {
        let listener = kind.listener(&dir);
        for call in ["accept", "accept4", "accept4_no_addr"] {
            let client = kind.bound(&dir);
            client.connect(listener.getsockname().unwrap()).unwrap();
            let (server, peer) = match call {
                "accept" => listener.accept().unwrap(),
                "accept4" => listener.accept4(SocketFlags::empty()).unwrap(),
                _ => {
                    let server = listener.accept4_no_addr(SocketFlags::empty()).unwrap();
                    let peer = server.getpeername().unwrap();
                    (server, peer)
                }
            };
            assert_eq!(peer, client.getsockname().unwrap(), "{call} {kind:?}");
            assert_eq!(server.getsockname(), listener.getsockname());
            client.send(b"hello", SendFlags::empty()).unwrap();
            let mut buf = [0; 8];
            assert_eq!(server.recv(&mut buf, RecvFlags::empty()), Ok(5));
            assert_eq!(&buf[..5], b"hello");
        }
    }
}

#[test]
fn connections_come_in_the_order_of_their_clients() {
    let _guard = guard();
    let listener = listener();
    let clients = [client_of(&listener), client_of(&listener), client_of(&listener)];
    for client in &clients {
        assert_eq!(listener.accept().unwrap().1, client.getsockname().unwrap());
    }
}

#[test]
fn nothing_of_the_listeners_flags_carries_over() {
    let _guard = guard();
    let listener = listener();
    listener.set_nonblocking(true).unwrap();
    listener.set_cloexec(false).unwrap();
    let _clients = [client_of(&listener), client_of(&listener), client_of(&listener)];

    let (server, _) = listener.accept().unwrap();
    assert!(!server.nonblocking().unwrap() && server.cloexec().unwrap());
    let (server, _) = listener.accept4(SocketFlags::SOCK_NONBLOCK).unwrap();
    assert!(server.nonblocking().unwrap() && server.cloexec().unwrap());
    let flags = SocketFlags::SOCK_NONBLOCK | SocketFlags::SOCK_CLOEXEC;
    let server = listener.accept4_no_addr(flags).unwrap();
    assert!(server.nonblocking().unwrap() && server.cloexec().unwrap());
}

#[test]
fn unknown_flags_are_einval_and_the_connection_waits_on() {
    let _guard = guard();
    let listener = listener();
    let client = client_of(&listener);
    for bits in [1, 0x4000_0000, !0] {
        let flags = SocketFlags::from_bits_retain(bits);
        assert_eq!(listener.accept4(flags).unwrap_err(), Errno::EINVAL, "{bits:#x}");
        assert_eq!(listener.accept4_no_addr(flags).unwrap_err(), Errno::EINVAL, "{bits:#x}");
    }
    assert_eq!(listener.accept().unwrap().1, client.getsockname().unwrap());
}

#[test]
fn with_nobody_there_it_is_eagain() {
    let _guard = guard();
    let dir = Dir::new();
    for kind in common::connecting() {
        let listener = kind.listener(&dir);
        listener.setsockopt(opt::SO_RCVTIMEO, Some(Duration::from_millis(20))).unwrap();
        let start = Instant::now();
        assert_eq!(listener.accept().unwrap_err(), Errno::EAGAIN, "{kind:?}");
        assert!(start.elapsed() >= Duration::from_millis(20));

        listener.setsockopt(opt::SO_RCVTIMEO, None).unwrap();
        listener.set_nonblocking(true).unwrap();
        assert_eq!(listener.accept().unwrap_err(), Errno::EAGAIN);
        assert_eq!(listener.accept4(SocketFlags::empty()).unwrap_err(), Errno::EAGAIN);
        assert_eq!(listener.accept4_no_addr(SocketFlags::empty()).unwrap_err(), Errno::EAGAIN);
    }
}

#[test]
fn what_does_not_listen_accepts_nothing() {
    let _guard = guard();
    let dir = Dir::new();
    for kind in common::connecting() {
        assert_eq!(kind.open().accept().unwrap_err(), Errno::EINVAL, "{kind:?}");
        assert_eq!(kind.bound(&dir).accept().unwrap_err(), Errno::EINVAL, "{kind:?}");
        let (client, server) = kind.connection(&dir);
        assert_eq!(client.accept().unwrap_err(), Errno::EINVAL, "{kind:?}");
        assert_eq!(server.accept4_no_addr(SocketFlags::empty()).unwrap_err(), Errno::EINVAL, "{kind:?}");
    }
    for kind in common::datagrams() {
        assert_eq!(kind.bound(&dir).accept().unwrap_err(), Errno::EOPNOTSUPP, "{kind:?}");
        assert_eq!(kind.bound(&dir).listen(1), Err(Errno::EOPNOTSUPP), "{kind:?}");
    }
}

#[test]
fn without_descriptors_the_connection_waits() {
    isolated(Needs::USERNS, || {
        for (listener, client) in [(listener(), tcp()), (unix(Type::SOCK_STREAM), unix(Type::SOCK_STREAM))] {
            if listener.getsockopt(opt::SO_DOMAIN) == Ok(sockets::Domain::AF_UNIX) {
                listener.bind(UnixAddr::Unnamed).unwrap();
                listener.listen(1).unwrap();
            }
            client.connect(listener.getsockname().unwrap()).unwrap();
            client.send(b"still here", SendFlags::empty()).unwrap();

            let mut files = common::use_up_fds();
            assert_eq!(listener.accept().unwrap_err(), Errno::EMFILE);
            assert_eq!(listener.accept4_no_addr(SocketFlags::empty()).unwrap_err(), Errno::EMFILE);
            files.pop();
            let (server, peer) = listener.accept().unwrap();
            assert_eq!(peer, client.getsockname().unwrap());
            let mut buf = [0; 16];
            assert_eq!(server.recv(&mut buf, RecvFlags::empty()), Ok(10));
            assert_eq!(&buf[..10], b"still here");
        }
    });
}

#[test]
fn accept_leaves_no_descriptor_behind() {
    isolated(Needs::USERNS, || {
        leaks_nothing(|| {
            let listener = listener();
            for _ in 0..5 {
                let _client = client_of(&listener);
                listener.accept().unwrap();
                listener.set_nonblocking(true).unwrap();
                listener.accept().unwrap_err();
                listener.set_nonblocking(false).unwrap();
            }
        });
    });
}

#[test]
fn a_signal_is_eintr() {
    let _guard = guard();
    let dir = Dir::new();
    for kind in common::connecting() {
        let listener = kind.listener(&dir);
        std::thread::scope(|scope| {
            let accepting = blocked(scope, libc::SYS_accept4, || listener.accept());
            assert_eq!(accepting.interrupt().unwrap_err(), Errno::EINTR, "{kind:?}");
        });
        // It still listens.
        let client = kind.open();
        client.connect(listener.getsockname().unwrap()).unwrap();
        listener.accept().unwrap();
    }
}

#[test]
fn a_client_wakes_a_blocked_accept() {
    let _guard = guard();
    let listener = listener();
    std::thread::scope(|scope| {
        let accepting = blocked(scope, libc::SYS_accept4, || listener.accept().unwrap().1);
        let client = client_of(&listener);
        assert_eq!(accepting.join(), client.getsockname().unwrap());
    });
}

#[test]
fn a_connection_reset_before_accept_is_still_accepted() {
    let _guard = guard();
    let listener = listener();
    client_of(&listener).abort().unwrap();
    let (server, _) = listener.accept().unwrap();
    assert_eq!(server.recv(&mut [0; 1], RecvFlags::empty()), Err(Errno::ECONNRESET));
    assert_eq!(server.getpeername(), Err(Errno::ENOTCONN));
}

#[test]
fn what_listens_says_so() {
    let _guard = guard();
    let dir = Dir::new();
    for kind in common::connecting() {
        let socket = kind.bound(&dir);
        assert_eq!(socket.getsockopt(opt::SO_ACCEPTCONN), Ok(false));
        socket.listen(1).unwrap();
        assert_eq!(socket.getsockopt(opt::SO_ACCEPTCONN), Ok(true), "{kind:?}");
        socket.listen(2).unwrap();
        assert_eq!(socket.poll(PollFlags::POLLIN, Some(Duration::ZERO)), Ok(PollFlags::empty()));
        let client = kind.open();
        client.connect(socket.getsockname().unwrap()).unwrap();
        assert_eq!(socket.poll(PollFlags::POLLIN, None), Ok(PollFlags::POLLIN));
    }
}

#[test]
fn the_backlog_is_what_may_wait_and_can_be_changed() {
    let _guard = guard();
    let (listener, _first, addr) = common::full_unix();
    let client = unix(Type::SOCK_STREAM);
    client.set_nonblocking(true).unwrap();
    assert_eq!(client.connect(&addr), Err(Errno::EAGAIN));
    listener.listen(1).unwrap();
    assert_eq!(client.connect(addr), Ok(()));

    for backlog in [-1, i32::MIN, BACKLOG_MAX] {
        let listener = tcp();
        listener.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        assert_eq!(listener.listen(backlog), Ok(()));
        let _clients = [client_of(&listener), client_of(&listener), client_of(&listener)];
    }
}

#[test]
fn an_unbound_tcp_socket_gets_a_port_and_an_unbound_unix_socket_nothing() {
    let _guard = guard();
    let listener = tcp();
    listener.listen(1).unwrap();
    let name = listener.getsockname().unwrap().as_ipv4().unwrap();
    assert!(name.ip().is_unspecified() && name.port() != 0);
    assert_eq!(unix(Type::SOCK_STREAM).listen(1), Err(Errno::EINVAL));
    assert_eq!(unix(Type::SOCK_SEQPACKET).listen(1), Err(Errno::EINVAL));
}

#[test]
fn listen_on_what_is_connected_or_has_no_connections_is_refused() {
    let _guard = guard();
    let (client, _server) = tcp_pair();
    assert_eq!(client.listen(1), Err(Errno::EINVAL));
    let (a, _b) = unix_pair(Type::SOCK_STREAM);
    assert_eq!(a.listen(1), Err(Errno::EINVAL));
    assert_eq!(udp().listen(1), Err(Errno::EOPNOTSUPP));
}

#[test]
fn a_port_that_somebody_listens_on_is_eaddrinuse() {
    let _guard = guard();
    // With SO_REUSEADDR two sockets can bind the port as long as neither listens.
    let (a, b) = (tcp(), tcp());
    for socket in [&a, &b] {
        socket.setsockopt(opt::SO_REUSEADDR, true).unwrap();
    }
    a.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    b.bind(a.getsockname().unwrap()).unwrap();
    assert_eq!(a.listen(1), Ok(()));
    assert_eq!(b.listen(1), Err(Errno::EADDRINUSE));
}

#[test]
fn after_shutdown_it_listens_no_more() {
    let _guard = guard();
    let listener = listener();
    let addr = listener.getsockname().unwrap();
    listener.shutdown(Shutdown::SHUT_RDWR).unwrap();
    assert_eq!(listener.accept().unwrap_err(), Errno::EINVAL);
    assert_eq!(tcp().connect(addr), Err(Errno::ECONNREFUSED));
}
