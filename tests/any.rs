//! The first address that works: in order, or by Happy Eyeballs.

mod common;

use std::io;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use common::errqueue::leave_an_entry;
use common::threads::thread_time;
use common::{full_tcp, full_unix, guard, isolated, leaks_nothing, open_fds, refusing, tcp};
use netns::Needs;
use sockets::{
    AnyAddr, Domain, Errno, Hints, PollFlags, RecvFlags, SendFlags, SockAddr, Socket, Type, UnixAddr,
    bind_any, connect_any, opt, resolve,
};

const LONG: Duration = Duration::from_secs(20);
const STREAM: Type = Type::SOCK_STREAM;

fn listener() -> (Socket, SockAddr) {
    let socket = tcp();
    socket.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.listen(8).unwrap();
    let addr = socket.getsockname().unwrap();
    (socket, addr)
}

#[test]
fn the_first_that_works_is_taken() {
    let _guard = guard();
    let (_refusing, refused) = refusing();
    let (server, good) = listener();
    for how in [AnyAddr::new(STREAM), AnyAddr::new(STREAM).happy_eyeballs(AnyAddr::ATTEMPT_DELAY)] {
        let (socket, addr) = how.timeout(LONG).connect([&refused, &good, &refused]).unwrap();
        assert_eq!((addr, socket.getpeername().unwrap()), (good.clone(), good.clone()));
        // It blocks, as any new socket.
        assert!(!socket.nonblocking().unwrap());
        let (peer, _) = server.accept().unwrap();
        socket.send(b"x", SendFlags::empty()).unwrap();
        assert_eq!(peer.recv(&mut [0; 4], RecvFlags::empty()), Ok(1));
    }
}

#[test]
fn every_failure_is_told() {
    let _guard = guard();
    let (_one, first) = refusing();
    let (_two, second) = refusing();
    let netlink: SockAddr = "netlink:0:0x0".parse().unwrap();
    let missing: SockAddr = "unix:/no/such/socket".parse().unwrap();
    let error = connect_any([&first, &netlink, &missing, &second], STREAM, Some(LONG)).unwrap_err();
    let errors: Vec<Errno> = error.failures().iter().map(|(_, errno)| *errno).collect();
    assert_eq!(errors[0], Errno::ECONNREFUSED);
    assert_eq!(errors[2..], [Errno::ENOENT, Errno::ECONNREFUSED]);
    let tried: Vec<&SockAddr> = error.failures().iter().map(|(addr, _)| addr).collect();
    assert_eq!(tried, [&first, &netlink, &missing, &second]);
    assert_eq!(error.errno(), Errno::ECONNREFUSED);
    let text = error.to_string();
    assert!(text.starts_with(&format!("{first}: Connection refused; ")), "{text}");
    let io: io::Error = error.into();
    assert_eq!(io.kind(), io::ErrorKind::ConnectionRefused);

    let nobody: [SockAddr; 0] = [];
    let error = connect_any(nobody, STREAM, None).unwrap_err();
    assert_eq!(
        (error.failures(), error.errno(), error.to_string()),
        (&[][..], Errno::EADDRNOTAVAIL, "no address".into())
    );
    let error = connect_any([UnixAddr::Abstract(&[0; 200])], STREAM, None).unwrap_err();
    assert_eq!(error.errno(), Errno::ENAMETOOLONG);
}

#[test]
fn happy_eyeballs_does_not_wait_for_the_slow() {
    isolated(Needs::USERNS, || {
        let (_listener, _client, slow) = full_tcp();
        let (_server, good) = listener();
        let before = open_fds();
        let start = Instant::now();
        let how = AnyAddr::new(STREAM).timeout(LONG).happy_eyeballs(Duration::from_millis(50));
        let (socket, addr) = how.connect([&slow, &slow, &good]).unwrap();
        assert_eq!(addr, good);
        assert!(start.elapsed() < LONG / 2, "{:?}", start.elapsed());
        // Those that lost are closed.
        assert_eq!(open_fds(), before + 1);
        drop(socket);
    });
}

#[test]
fn one_after_the_other_each_has_a_share_of_the_time() {
    isolated(Needs::USERNS, || {
        let (_listener, _client, slow) = full_tcp();
        let (_server, good) = listener();
        let start = Instant::now();
        let (_socket, addr) = connect_any([&slow, &good], STREAM, Some(Duration::from_millis(400))).unwrap();
        assert_eq!(addr, good);
        assert!(start.elapsed() >= Duration::from_millis(200), "{:?}", start.elapsed());
    });
}

#[test]
fn the_time_ends() {
    isolated(Needs::USERNS, || {
        let (_listener, _client, slow) = full_tcp();
        let time = Duration::from_millis(300);
        for how in [AnyAddr::new(STREAM), AnyAddr::new(STREAM).happy_eyeballs(Duration::from_millis(50))] {
            leaks_nothing(|| {
                let start = Instant::now();
                let error = how.timeout(time).connect([&slow, &slow, &slow]).unwrap_err();
                let failures: Vec<_> = error.failures().iter().map(|(addr, errno)| (addr, *errno)).collect();
                assert_eq!(failures, [(&slow, Errno::ETIMEDOUT); 3]);
                assert!(start.elapsed() >= time && start.elapsed() < LONG, "{:?}", start.elapsed());
            });
        }
        let error = connect_any([&slow], STREAM, Some(Duration::ZERO)).unwrap_err();
        assert_eq!(error.errno(), Errno::ETIMEDOUT);
    });
}

#[test]
fn families_take_turns() {
    isolated(Needs::IPV6, || {
        // All refuse, so the order in which they fail is that in which they were tried.
        let addrs: Vec<SockAddr> = ["[::1]:1", "[::1]:2", "[::1]:3", "127.0.0.1:4", "127.0.0.1:5"]
            .map(|text| text.parse().unwrap())
            .into();
        let tried = |how: AnyAddr<'_>| {
            let error = how.connect(&addrs).unwrap_err();
            error.failures().iter().map(|(addr, _)| addr.port().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(tried(AnyAddr::new(STREAM)), [1, 2, 3, 4, 5]);
        assert_eq!(tried(AnyAddr::new(STREAM).happy_eyeballs(AnyAddr::ATTEMPT_DELAY)), [1, 4, 2, 5, 3]);
    });
}

#[test]
fn each_attempt_has_a_socket_of_its_own() {
    isolated(Needs::IPV6, || {
        let server = Socket::socket(Domain::AF_INET6, STREAM, sockets::Protocol::DEFAULT).unwrap();
        server.setsockopt(opt::IPV6_V6ONLY, true).unwrap();
        server.bind("[::1]:0".parse::<SockAddr>().unwrap()).unwrap();
        server.listen(1).unwrap();
        let good = server.getsockname().unwrap();
        // A socket that has tried the first could not reach the second.
        let mapped: SockAddr = format!("[::ffff:127.0.0.1]:{}", good.port().unwrap()).parse().unwrap();
        let (_socket, addr) = connect_any([&mapped, &good], STREAM, Some(LONG)).unwrap();
        assert_eq!(addr, good);
    });
}

#[test]
fn a_full_unix_queue_is_passed_over() {
    let _guard = guard();
    let (_listener, _client, full) = full_unix();
    let (_server, good) = listener();
    let (_socket, addr) = connect_any([&full, &good], STREAM, Some(LONG)).unwrap();
    assert_eq!(addr, good);
    let error = connect_any([&full], STREAM, Some(LONG)).unwrap_err();
    assert_eq!(error.errno(), Errno::EAGAIN);
}

#[test]
fn sockets_are_configured_first() {
    let _guard = guard();
    let (_server, good) = listener();
    let mut seen = 0;
    let how = AnyAddr::new(STREAM).configure(|socket| {
        seen += 1;
        socket.setsockopt(opt::TCP_NODELAY, true)
    });
    let (socket, _) = how.connect([&good]).unwrap();
    assert!(socket.getsockopt(opt::TCP_NODELAY).unwrap());
    assert_eq!(seen, 1);
    // What fails there is the address's failure.
    let how = AnyAddr::new(STREAM).configure(|socket| socket.setsockopt(opt::UDP_CORK, true));
    let error = how.connect([&good]).unwrap_err();
    assert_eq!(error.failures(), [(good, Errno::ENOPROTOOPT)]);
}

#[test]
fn an_entry_in_the_error_queue_is_neither_a_failure_nor_a_connection() {
    isolated(Needs::USERNS, || {
        let (_listener, _client, slow) = full_tcp();
        let (_server, good) = listener();
        let time = Duration::from_millis(400);
        for delay in [None, Some(Duration::from_millis(50))] {
            let how = || {
                let how = AnyAddr::new(STREAM).configure(leave_an_entry).timeout(time);
                if let Some(delay) = delay { how.happy_eyeballs(delay) } else { how }
            };
            let before = thread_time();
            let error = how().connect([&slow]).unwrap_err();
            assert_eq!(error.failures(), [(slow.clone(), Errno::ETIMEDOUT)]);
            // It does not spin, although every poll(2) returns at once.
            assert!(thread_time() - before < time / 2);
            let (socket, addr) = how().connect([&slow, &good]).unwrap();
            assert_eq!((addr, socket.getpeername().unwrap()), (good.clone(), good.clone()));
        }
    });
}

#[test]
fn of_two_that_arrive_at_once_the_first_is_taken() {
    isolated(Needs::USERNS, || {
        let (listening, _client, first) = full_tcp();
        let (_server, second) = listener();
        let mut calls = 0;
        let how = AnyAddr::new(STREAM).configure(|_| {
            calls += 1;
            if calls == 2 {
                // Room for the first, which comes again after a second, while nobody looks at it.
                listening.accept()?;
                assert_eq!(listening.poll(PollFlags::POLLIN, Some(LONG)), Ok(PollFlags::POLLIN));
            }
            Ok(())
        });
        let how = how.timeout(LONG).happy_eyeballs(Duration::from_millis(10));
        let (socket, addr) = how.connect([&first, &second]).unwrap();
        assert_eq!((addr, socket.getpeername().unwrap()), (first.clone(), first));
        assert_eq!(calls, 2);
    });
}

#[test]
fn a_connection_is_one_as_connect_makes_it() {
    let _guard = guard();
    let (_server, good) = listener();
    let (socket, _) = connect_any([&good], STREAM, Some(LONG)).unwrap();
    assert_eq!(socket.connect(&good), Err(Errno::EISCONN));
}

#[test]
fn bind_any_takes_the_first_that_can_be_had() {
    let _guard = guard();
    let (_holder, taken) = listener();
    let foreign: SockAddr = "192.0.2.1:0".parse().unwrap();
    let free: SockAddr = "127.0.0.1:0".parse().unwrap();
    let (socket, addr) = bind_any([&taken, &foreign, &free], STREAM).unwrap();
    assert_eq!(addr, free);
    assert!(socket.getsockname().unwrap().port() != Some(0) && !socket.nonblocking().unwrap());
    let error = bind_any([&taken, &foreign], STREAM).unwrap_err();
    assert_eq!(error.failures(), [(taken, Errno::EADDRINUSE), (foreign, Errno::EADDRNOTAVAIL)]);
    let found = resolve(Some("127.0.0.1"), Some("0"), Hints::new(Type::SOCK_DGRAM)).unwrap();
    let (socket, _) = AnyAddr::new(Type::SOCK_DGRAM)
        .configure(|socket| socket.setsockopt(opt::SO_REUSEADDR, true))
        .bind(&found)
        .unwrap();
    assert_eq!(socket.getsockopt(opt::SO_TYPE), Ok(Type::SOCK_DGRAM));
}
