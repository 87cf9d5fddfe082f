//! connect_timeout: it connects, or gives up in time, and leaves the socket's flags as they were.

mod common;

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use common::errqueue::leave_an_entry;
use common::threads::{blocked, signals_caught};
use common::{Dir, full_tcp, full_unix, guard, refusing, tcp, udp, udp_bound, unix};
use sockets::{Errno, Shutdown, SockAddr, Socket, Type, UnixAddr, opt};

/// Long enough to be told from no wait at all.
const SHORT: Duration = Duration::from_millis(60);
/// Never over before the test is.
const LONG: Duration = Duration::from_secs(50);

/// Connects once with the socket blocking and once not; the flag and SO_SNDTIMEO stay what they were.
fn in_both_modes(
    open: impl Fn() -> Socket,
    addr: &SockAddr,
    timeout: Duration,
    mut check: impl FnMut(&Socket, sockets::Result<()>, Duration),
) {
    for nonblocking in [false, true] {
        let socket = open();
        let send_timeout = nonblocking.then_some(Duration::from_secs(7));
        socket.set_nonblocking(nonblocking).unwrap();
        socket.setsockopt(opt::SO_SNDTIMEO, send_timeout).unwrap();
        let start = Instant::now();
        let result = socket.connect_timeout(addr, timeout);
        let elapsed = start.elapsed();
        assert_eq!(socket.nonblocking(), Ok(nonblocking));
        assert_eq!(socket.getsockopt(opt::SO_SNDTIMEO), Ok(send_timeout));
        check(&socket, result, elapsed);
    }
}

#[test]
fn it_connects_in_every_family() {
    let _guard = guard();
    let dir = Dir::new();
    for kind in common::connecting() {
        let listener = kind.listener(&dir);
        let addr = listener.getsockname().unwrap();
        for timeout in [LONG, Duration::MAX] {
            in_both_modes(
                || kind.open(),
                &addr,
                timeout,
                |socket, result, _| {
                    assert_eq!(result, Ok(()), "{kind:?}");
                    assert_eq!(socket.getpeername().unwrap(), addr);
                },
            );
        }
    }
    for kind in common::datagrams() {
        let peer = kind.bound(&dir);
        let addr = peer.getsockname().unwrap();
        in_both_modes(
            || kind.open(),
            &addr,
            LONG,
            |socket, result, _| {
                assert_eq!(result, Ok(()), "{kind:?}");
                assert_eq!(socket.getpeername().unwrap(), addr);
            },
        );
    }
}

#[test]
fn where_nobody_listens_it_is_refused() {
    let _guard = guard();
    let (_bound, addr) = refusing();
    in_both_modes(tcp, &addr, LONG, |socket, result, _| {
        assert_eq!(result, Err(Errno::ECONNREFUSED));
        // It was told, so it does not wait to be told.
        assert_eq!(socket.getsockopt(opt::SO_ERROR), Ok(None));
    });
    let silent = unix(Type::SOCK_STREAM);
    silent.bind(UnixAddr::Unnamed).unwrap();
    let addr = silent.getsockname().unwrap();
    in_both_modes(
        || unix(Type::SOCK_STREAM),
        &addr,
        LONG,
        |_, result, _| {
            assert_eq!(result, Err(Errno::ECONNREFUSED));
        },
    );
}

#[test]
fn a_refused_socket_can_try_again() {
    let _guard = guard();
    let (bound, addr) = refusing();
    let socket = tcp();
    assert_eq!(socket.connect_timeout(&addr, LONG), Err(Errno::ECONNREFUSED));
    bound.listen(1).unwrap();
    assert_eq!(socket.connect_timeout(&addr, LONG), Ok(()));
}

#[test]
fn a_timeout_of_zero_is_einval_and_does_nothing() {
    let _guard = guard();
    let peer = udp_bound();
    in_both_modes(udp, &peer.getsockname().unwrap(), Duration::ZERO, |socket, result, _| {
        assert_eq!(result, Err(Errno::EINVAL));
        assert_eq!(socket.getpeername(), Err(Errno::ENOTCONN));
    });
}

#[test]
fn a_bad_address_is_refused_like_in_connect() {
    let _guard = guard();
    let socket = unix(Type::SOCK_STREAM);
    assert_eq!(socket.connect_timeout(std::path::Path::new(""), LONG), Err(Errno::EINVAL));
    assert_eq!(socket.connect_timeout(Dir::new().free(), LONG), Err(Errno::ENOENT));
    assert_eq!(socket.connect_timeout((Ipv4Addr::LOCALHOST, 9), LONG), Err(Errno::EINVAL));
    assert!(!socket.nonblocking().unwrap());
}

#[test]
fn a_full_tcp_queue_is_etimedout_in_time() {
    let _guard = guard();
    let (_listener, _filler, addr) = full_tcp();
    in_both_modes(tcp, &addr, SHORT, |_, result, elapsed| {
        assert_eq!(result, Err(Errno::ETIMEDOUT));
        assert!(elapsed >= SHORT, "{elapsed:?}");
    });
    in_both_modes(tcp, &addr, Duration::from_nanos(1), |_, result, _| {
        assert_eq!(result, Err(Errno::ETIMEDOUT));
    });
}

#[test]
fn a_full_unix_queue_is_etimedout_in_time() {
    let _guard = guard();
    let (_listener, _filler, addr) = full_unix();
    in_both_modes(
        || unix(Type::SOCK_STREAM),
        &addr,
        SHORT,
        |socket, result, elapsed| {
            assert_eq!(result, Err(Errno::ETIMEDOUT));
            assert!(elapsed >= SHORT, "{elapsed:?}");
            assert_eq!(socket.getpeername(), Err(Errno::ENOTCONN));
        },
    );
    in_both_modes(
        || unix(Type::SOCK_STREAM),
        &addr,
        Duration::from_nanos(1),
        |_, result, _| {
            assert_eq!(result, Err(Errno::ETIMEDOUT));
        },
    );
}

#[test]
fn a_full_unix_queue_connects_when_the_listener_accepts() {
    let _guard = guard();
    for timeout in [LONG, Duration::MAX] {
        let (listener, _filler, addr) = full_unix();
        in_both_modes(
            || unix(Type::SOCK_STREAM),
            &addr,
            SHORT,
            |socket, result, _| {
                assert_eq!(result, Err(Errno::ETIMEDOUT));
                let nonblocking = socket.nonblocking().unwrap();
                std::thread::scope(|scope| {
                    let connecting =
                        blocked(scope, libc::SYS_ppoll, || socket.connect_timeout(&addr, timeout));
                    listener.accept().unwrap();
                    assert_eq!(connecting.join(), Ok(()));
                });
                assert_eq!(socket.nonblocking(), Ok(nonblocking));
                assert_eq!(socket.getpeername().unwrap(), addr);
            },
        );
    }
}

#[test]
fn a_full_unix_queue_is_refused_when_the_listener_goes() {
    let _guard = guard();
    let (listener, _filler, addr) = full_unix();
    let socket = unix(Type::SOCK_STREAM);
    std::thread::scope(|scope| {
        let connecting = blocked(scope, libc::SYS_ppoll, || socket.connect_timeout(&addr, LONG));
        drop(listener);
        assert_eq!(connecting.join(), Err(Errno::ECONNREFUSED));
    });
    assert!(!socket.nonblocking().unwrap());
    assert_eq!(socket.getsockopt(opt::SO_SNDTIMEO), Ok(None));
}

#[test]
fn a_full_tcp_queue_connects_when_the_listener_accepts() {
    let _guard = guard();
    let (listener, _filler, addr) = full_tcp();
    let socket = tcp();
    std::thread::scope(|scope| {
        let connecting = blocked(scope, libc::SYS_ppoll, || socket.connect_timeout(&addr, LONG));
        listener.accept().unwrap();
        // The kernel sends its SYN again after a second.
        assert_eq!(connecting.join(), Ok(()));
    });
    assert_eq!(socket.getpeername().unwrap(), addr);
    assert!(!socket.nonblocking().unwrap());
}

#[test]
fn an_entry_in_the_error_queue_is_neither_a_failure_nor_a_connection() {
    let _guard = guard();
    let with_entry = || {
        let socket = tcp();
        leave_an_entry(&socket).unwrap();
        socket
    };
    let listener = roomy_listener();
    let addr = listener.getsockname().unwrap();
    in_both_modes(with_entry, &addr, LONG, |socket, result, _| {
        assert_eq!(result, Ok(()));
        assert_eq!(socket.getpeername().unwrap(), addr);
        assert!(socket.recv_error(()).is_ok());
    });
    let (_listener, _filler, full) = full_tcp();
    in_both_modes(with_entry, &full, SHORT, |_, result, elapsed| {
        assert_eq!(result, Err(Errno::ETIMEDOUT));
        assert!(elapsed >= SHORT, "{elapsed:?}");
    });
}

#[test]
fn an_attempt_that_timed_out_is_given_up_so_that_another_address_can_be_tried() {
    let _guard = guard();
    let (listener, _filler, full) = full_tcp();
    let other = roomy_listener();
    let addr = other.getsockname().unwrap();
    in_both_modes(tcp, &full, SHORT, |socket, result, _| {
        assert_eq!(result, Err(Errno::ETIMEDOUT));
        assert_eq!(socket.connect_timeout(&addr, LONG), Ok(()));
        assert_eq!(socket.getpeername().unwrap(), addr);
    });
    // Nobody but the filler has come to the first listener.
    listener.accept().unwrap();
    listener.set_nonblocking(true).unwrap();
    assert_eq!(listener.accept().map(drop), Err(Errno::EAGAIN));
}

#[test]
fn an_attempt_of_somebody_else_is_ealready_and_left_alone() {
    let _guard = guard();
    let (_listener, _filler, full) = full_tcp();
    let other = roomy_listener();
    let socket = tcp();
    socket.set_nonblocking(true).unwrap();
    assert_eq!(socket.connect(&full), Err(Errno::EINPROGRESS));
    let result = socket.connect_timeout(other.getsockname().unwrap(), LONG);
    assert_eq!(result, Err(Errno::EALREADY));
    assert_eq!(socket.connect(&full), Err(Errno::EALREADY));
}

#[test]
fn a_shutdown_ends_the_wait_and_starts_nothing() {
    let _guard = guard();
    let (_listener, _filler, full) = full_tcp();
    let socket = tcp();
    std::thread::scope(|scope| {
        let connecting = blocked(scope, libc::SYS_ppoll, || socket.connect_timeout(&full, LONG));
        socket.shutdown(Shutdown::SHUT_RDWR).unwrap_or(());
        assert_eq!(connecting.join(), Err(Errno::ECONNRESET));
    });
    assert!(!socket.nonblocking().unwrap());
    // No attempt goes on: a new one begins instead of being EALREADY.
    socket.set_nonblocking(true).unwrap();
    assert_eq!(socket.connect(&full), Err(Errno::EINPROGRESS));
}

#[test]
fn tcps_own_timeout_is_reported() {
    /// tcp(7): gives up after so many milliseconds.
    const TCP_USER_TIMEOUT: opt::Opt<opt::Int, opt::GetSet> = opt::Opt::new("TCP_USER_TIMEOUT", 6, 18);
    let _guard = guard();
    let (_listener, _filler, addr) = full_tcp();
    let socket = tcp();
    socket.setsockopt(TCP_USER_TIMEOUT, 100).unwrap();
    let start = Instant::now();
    assert_eq!(socket.connect_timeout(&addr, LONG), Err(Errno::ETIMEDOUT));
    assert!(start.elapsed() < LONG);
}

/// Sends signals all the time while a connect to a full listener waits; it still waits the whole time.
fn signals_do_not_shorten(socket: &Socket, addr: &SockAddr, number: libc::c_long) {
    std::thread::scope(|scope| {
        let connecting = blocked(scope, number, || {
            let start = Instant::now();
            (socket.connect_timeout(addr, 3 * SHORT), start.elapsed(), signals_caught())
        });
        let (result, elapsed, signals) = connecting.interrupt();
        assert_eq!(result, Err(Errno::ETIMEDOUT));
        assert!(elapsed >= 3 * SHORT, "{elapsed:?}");
        assert!(signals > 3, "{signals}");
    });
}

#[test]
fn signals_do_not_end_the_wait() {
    let _guard = guard();
    let (_tcp_listener, _tcp_filler, addr) = full_tcp();
    let socket = tcp();
    signals_do_not_shorten(&socket, &addr, libc::SYS_ppoll);
    assert!(!socket.nonblocking().unwrap());

    let (listener, _filler, addr) = full_unix();
    let socket = unix(Type::SOCK_STREAM);
    signals_do_not_shorten(&socket, &addr, libc::SYS_ppoll);
    assert!(!socket.nonblocking().unwrap());
    assert_eq!(socket.getsockopt(opt::SO_SNDTIMEO), Ok(None));
    listener.accept().unwrap();
    assert_eq!(socket.connect(addr), Ok(()));
}

#[test]
fn what_is_connected_is_eisconn() {
    let _guard = guard();
    let dir = Dir::new();
    for kind in common::connecting() {
        let listener = kind.listener(&dir);
        let addr = listener.getsockname().unwrap();
        in_both_modes(
            || kind.open(),
            &addr,
            LONG,
            |socket, result, _| {
                assert_eq!(result, Ok(()));
                let nonblocking = socket.nonblocking();
                assert_eq!(socket.connect_timeout(&addr, LONG), Err(Errno::EISCONN), "{kind:?}");
                assert_eq!(socket.nonblocking(), nonblocking);
            },
        );
    }
}

/// A listener with room.
fn roomy_listener() -> Socket {
    let listener = tcp();
    listener.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.listen(4).unwrap();
    listener
}
