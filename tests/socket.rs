//! socket(2), socketpair(2), close(2), dup(2): what they create, what they refuse, who owns the descriptor.

mod common;

use std::fs::File;
use std::net::{Ipv4Addr, TcpStream};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::process::Command;
use std::time::Duration;

use common::threads::blocked;
use common::{forking, guard, identity, isolated, leaks_nothing, tcp, udp_bound, unix_pair};
use netns::Needs;
use sockets::{
    BorrowedSocket, Domain, Errno, PollFlags, Protocol, RecvFlags, SendFlags, Shutdown, Socket, SocketFlags,
    Type, UnixAddr, opt,
};

const UNIX_TYPES: [Type; 3] = [Type::SOCK_STREAM, Type::SOCK_DGRAM, Type::SOCK_SEQPACKET];

/// FD_CLOEXEC, asked without the library.
fn fd_cloexec(fd: impl AsFd) -> bool {
    // SAFETY: the command takes no third argument.
    let flags = unsafe { libc::fcntl(fd.as_fd().as_raw_fd(), libc::F_GETFD) };
    assert!(flags >= 0);
    flags & libc::FD_CLOEXEC != 0
}

#[test]
fn every_family_opens_what_was_asked_for() {
    let _guard = guard();
    let samples = [
        (Domain::AF_INET, Type::SOCK_STREAM, Protocol::DEFAULT, Protocol::IPPROTO_TCP),
        (Domain::AF_INET, Type::SOCK_STREAM, Protocol::IPPROTO_TCP, Protocol::IPPROTO_TCP),
        (Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT, Protocol::IPPROTO_UDP),
        (Domain::AF_INET6, Type::SOCK_STREAM, Protocol::IPPROTO_TCP, Protocol::IPPROTO_TCP),
        (Domain::AF_INET6, Type::SOCK_DGRAM, Protocol::IPPROTO_UDP, Protocol::IPPROTO_UDP),
        (Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT, Protocol::DEFAULT),
        (Domain::AF_UNIX, Type::SOCK_DGRAM, Protocol::DEFAULT, Protocol::DEFAULT),
        (Domain::AF_UNIX, Type::SOCK_SEQPACKET, Protocol::DEFAULT, Protocol::DEFAULT),
        (Domain::AF_NETLINK, Type::SOCK_RAW, Protocol::DEFAULT, Protocol::DEFAULT),
    ];
    for (domain, ty, protocol, in_force) in samples {
        let socket = Socket::socket(domain, ty, protocol).unwrap();
        assert_eq!(socket.getsockopt(opt::SO_DOMAIN), Ok(domain));
        assert_eq!(socket.getsockopt(opt::SO_TYPE), Ok(ty));
        assert_eq!(socket.getsockopt(opt::SO_PROTOCOL), Ok(in_force), "{domain:?} {ty:?}");
        assert!(!socket.nonblocking().unwrap());
        assert!(fd_cloexec(&socket));

        let flags = SocketFlags::SOCK_NONBLOCK | SocketFlags::SOCK_CLOEXEC;
        let socket = Socket::socket(domain, ty | flags, protocol).unwrap();
        assert!(socket.nonblocking().unwrap());
        assert!(fd_cloexec(&socket));
        assert_eq!(socket.getsockopt(opt::SO_TYPE), Ok(ty));
    }
}

#[test]
fn unknown_families_types_protocols_and_flags_are_refused() {
    let _guard = guard();
    let socket = |domain, ty, protocol| Socket::socket(domain, ty, protocol).unwrap_err();
    let (inet, stream) = (Domain::AF_INET, Type::SOCK_STREAM);
    for domain in [9999, 46, -1, i32::MIN, i32::MAX] {
        assert_eq!(socket(Domain::from(domain), stream, Protocol::DEFAULT), Errno::EAFNOSUPPORT, "{domain}");
    }
    assert_eq!(socket(Domain::AF_UNSPEC, stream, Protocol::DEFAULT), Errno::EAFNOSUPPORT);
    for ty in [11, 15, -1, i32::MIN] {
        assert_eq!(socket(inet, Type::from(ty), Protocol::DEFAULT), Errno::EINVAL, "type {ty}");
    }
    assert_eq!(socket(inet, Type::from(0), Protocol::DEFAULT), Errno::ESOCKTNOSUPPORT);
    assert_eq!(socket(Domain::AF_UNIX, Type::SOCK_RDM, Protocol::DEFAULT), Errno::ESOCKTNOSUPPORT);
    assert_eq!(socket(inet, stream, Protocol::IPPROTO_UDP), Errno::EPROTONOSUPPORT);
    assert_eq!(socket(inet, Type::SOCK_DGRAM, Protocol::IPPROTO_TCP), Errno::EPROTONOSUPPORT);
    assert_eq!(socket(Domain::AF_UNIX, stream, Protocol::from(77)), Errno::EPROTONOSUPPORT);
    for protocol in [300, -1, i32::MAX] {
        assert_eq!(socket(inet, stream, Protocol::from(protocol)), Errno::EINVAL, "protocol {protocol}");
    }
    let unknown = SocketFlags::from_bits_retain(0x4000_0000);
    assert_eq!(socket(inet, stream | unknown, Protocol::DEFAULT), Errno::EINVAL);
    let pair = Socket::socketpair(Domain::AF_UNIX, stream | unknown, Protocol::DEFAULT);
    assert_eq!(pair.unwrap_err(), Errno::EINVAL);
}

#[test]
fn icmp_datagrams_are_for_the_groups_of_ping_group_range() {
    isolated(Needs::USERNS, || {
        let open = || Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::IPPROTO_ICMP);
        // In a new network namespace that is nobody.
        assert_eq!(open().unwrap_err(), Errno::EACCES);
        netns::set_sysctl("net/ipv4/ping_group_range", "0 0").unwrap();
        assert_eq!(open().unwrap().getsockopt(opt::SO_PROTOCOL), Ok(Protocol::IPPROTO_ICMP));
    });
}

#[test]
fn socketpair_connects_both_ways() {
    let _guard = guard();
    for ty in UNIX_TYPES {
        let (a, b) = unix_pair(ty);
        for (from, to) in [(&a, &b), (&b, &a)] {
            assert_eq!(from.send(b"hello", SendFlags::empty()), Ok(5));
            let mut buf = [0; 16];
            assert_eq!(to.recv(&mut buf, RecvFlags::empty()), Ok(5));
            assert_eq!(&buf[..5], b"hello");
            assert!(fd_cloexec(from) && !from.nonblocking().unwrap());
            assert_eq!(from.getpeername().unwrap().as_unix(), Some(UnixAddr::Unnamed));
        }
        let nonblocking = ty | SocketFlags::SOCK_NONBLOCK;
        let (a, b) = Socket::socketpair(Domain::AF_UNIX, nonblocking, Protocol::DEFAULT).unwrap();
        assert!(a.nonblocking().unwrap() && b.nonblocking().unwrap());
        assert!(fd_cloexec(&a) && fd_cloexec(&b));
    }
}

#[test]
fn socketpair_is_refused_where_there_are_no_pairs() {
    let _guard = guard();
    let pair = |domain, ty| Socket::socketpair(domain, ty, Protocol::DEFAULT).unwrap_err();
    assert_eq!(pair(Domain::AF_INET, Type::SOCK_STREAM), Errno::EOPNOTSUPP);
    assert_eq!(pair(Domain::AF_INET6, Type::SOCK_DGRAM), Errno::EOPNOTSUPP);
    assert_eq!(pair(Domain::from(9999), Type::SOCK_STREAM), Errno::EAFNOSUPPORT);
    assert_eq!(pair(Domain::AF_UNIX, Type::SOCK_RDM), Errno::ESOCKTNOSUPPORT);
}

/// One descriptor of every call that makes one, and what it was made from.
fn one_of_each() -> Vec<(&'static str, Socket)> {
    let listener = tcp();
    listener.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.listen(8).unwrap();
    let connect = || {
        let client = tcp();
        client.connect(listener.getsockname().unwrap()).unwrap();
        client
    };
    let clients = [connect(), connect(), connect()];
    let (a, b) = unix_pair(Type::SOCK_STREAM);
    let mut all = vec![
        ("accept", listener.accept().unwrap().0),
        ("accept4", listener.accept4(SocketFlags::SOCK_NONBLOCK).unwrap().0),
        ("accept4_no_addr", listener.accept4_no_addr(SocketFlags::empty()).unwrap()),
        ("dup", clients[0].dup().unwrap()),
        ("socketpair", a),
        ("socketpair", b),
        ("socket", listener),
    ];
    all.extend(clients.map(|client| ("socket", client)));
    all
}

#[test]
fn every_new_descriptor_is_close_on_exec() {
    let _guard = guard();
    for (call, socket) in one_of_each() {
        assert!(fd_cloexec(&socket), "{call}");
    }
}

#[test]
fn a_child_inherits_no_socket() {
    forking(|| {
        let sockets = one_of_each();
        let handed_over = tcp();
        handed_over.set_cloexec(false).unwrap();

        let output = Command::new("ls").args(["-l", "/proc/self/fd"]).output().unwrap();
        let listing = String::from_utf8(output.stdout).unwrap();
        for (call, socket) in &sockets {
            assert!(!listing.contains(&identity(socket)), "{call}: {listing}");
        }
        assert!(listing.contains(&identity(&handed_over)), "{listing}");
    });
}

#[test]
fn dup_is_the_same_socket() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_STREAM);
    let copy = a.dup().unwrap();
    assert_ne!(copy.as_raw_fd(), a.as_raw_fd());
    assert_eq!(identity(&copy), identity(&a));

    copy.set_nonblocking(true).unwrap();
    assert!(a.nonblocking().unwrap());
    copy.set_cloexec(false).unwrap();
    assert!(fd_cloexec(&a) && !fd_cloexec(&copy));
    assert!(fd_cloexec(copy.dup().unwrap()));

    drop(a);
    b.send(b"x", SendFlags::empty()).unwrap();
    assert_eq!(copy.recv(&mut [0; 1], RecvFlags::empty()), Ok(1));
    drop(copy);
    assert_eq!(b.recv(&mut [0; 1], RecvFlags::empty()), Ok(0));
}

#[test]
fn without_descriptors_nothing_is_created_and_nothing_is_lost() {
    isolated(Needs::USERNS, || {
        let open = tcp();
        let mut files = common::use_up_fds();
        let socket = || Socket::socket(Domain::AF_INET, Type::SOCK_STREAM, Protocol::DEFAULT);
        let pair = || Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT);
        assert_eq!(socket().unwrap_err(), Errno::EMFILE);
        assert_eq!(open.dup().unwrap_err(), Errno::EMFILE);
        files.pop();
        assert_eq!(pair().unwrap_err(), Errno::EMFILE);
        // The pair that did not come about has left the one descriptor free.
        socket().unwrap();
        open.dup().unwrap();
    });
}

fn is_open(fd: RawFd) -> bool {
    // SAFETY: the command takes no third argument, and a number that is no descriptor is EBADF.
    unsafe { libc::fcntl(fd, libc::F_GETFD) >= 0 }
}

#[test]
fn close_and_drop_close_once() {
    isolated(Needs::USERNS, || {
        leaks_nothing(|| {
            let (a, b) = unix_pair(Type::SOCK_STREAM);
            let (fd_a, fd_b) = (a.as_raw_fd(), b.as_raw_fd());
            assert_eq!(a.close(), Ok(()));
            assert!(!is_open(fd_a) && is_open(fd_b));
            // Whoever opens the next gets the number; it stays open when other sockets go.
            let next = File::open("/dev/null").unwrap();
            assert_eq!(next.as_raw_fd(), fd_a);
            drop(b);
            assert!(is_open(fd_a) && !is_open(fd_b));
        });
        leaks_nothing(|| drop(one_of_each()));
        leaks_nothing(|| {
            for _ in 0..3 {
                let _ =
                    Socket::socket(Domain::AF_INET, Type::SOCK_STREAM, Protocol::IPPROTO_UDP).unwrap_err();
                let _ = tcp().accept().unwrap_err();
            }
        });
    });
}

#[test]
fn a_close_that_lingers_ends_with_a_signal_and_is_not_repeated() {
    isolated(Needs::USERNS, || {
        let (a, _b) = common::tcp_pair();
        let fd = a.as_raw_fd();
        common::fill(&a);
        // It blocks on a non-blocking socket too.
        a.set_nonblocking(true).unwrap();
        a.setsockopt(opt::SO_LINGER, Some(Duration::from_secs(50))).unwrap();
        std::thread::scope(|scope| {
            let closing = blocked(scope, libc::SYS_close, || a.close());
            assert_eq!(closing.interrupt(), Ok(()));
        });
        assert!(!is_open(fd));
    });
}

#[test]
fn what_is_no_socket_is_enotsock() {
    let _guard = guard();
    let file = Socket::from(OwnedFd::from(File::open("/dev/null").unwrap()));
    let any = (Ipv4Addr::LOCALHOST, 0);
    let errors = [
        file.bind(any).unwrap_err(),
        file.connect(any).unwrap_err(),
        file.disconnect().unwrap_err(),
        file.listen(1).unwrap_err(),
        file.accept().unwrap_err(),
        file.accept4_no_addr(SocketFlags::empty()).unwrap_err(),
        file.getsockname().unwrap_err(),
        file.getpeername().unwrap_err(),
        file.send(b"x", SendFlags::empty()).unwrap_err(),
        file.sendto(b"x", SendFlags::empty(), any).unwrap_err(),
        file.recv(&mut [0; 1], RecvFlags::empty()).unwrap_err(),
        file.recvfrom(&mut [0; 1], RecvFlags::empty()).unwrap_err(),
        file.shutdown(Shutdown::SHUT_RDWR).unwrap_err(),
        file.getsockopt(opt::SO_TYPE).unwrap_err(),
        file.setsockopt(opt::SO_REUSEADDR, true).unwrap_err(),
        file.connect_timeout(any, Duration::from_secs(1)).unwrap_err(),
        file.send_all(b"x", SendFlags::empty()).unwrap_err().errno,
        file.recv_exact(&mut [0; 1], RecvFlags::empty()).unwrap_err().errno,
    ];
    assert_eq!(errors, [Errno::ENOTSOCK; 18]);
    assert_eq!(file.sockatmark().unwrap_err(), Errno::ENOTTY);
    // What works on every descriptor works here.
    assert!(!file.nonblocking().unwrap() && file.cloexec().unwrap());
    assert_eq!(file.poll(PollFlags::POLLIN, None), Ok(PollFlags::POLLIN));
    assert_eq!(format!("{file:?}"), format!("Socket {{ fd: {} }}", file.as_raw_fd()));
    assert_eq!(file.abort(), Err(Errno::ENOTSOCK));
}

#[test]
fn debug_shows_what_the_kernel_knows() {
    let _guard = guard();
    let (client, server) = common::tcp_pair();
    let (local, peer) = (client.getsockname().unwrap(), client.getpeername().unwrap());
    let text = format!(
        "Socket {{ fd: {}, domain: AF_INET, type: SOCK_STREAM, protocol: IPPROTO_TCP, local: {local}, peer: {peer} }}",
        client.as_raw_fd()
    );
    assert_eq!(format!("{client:?}"), text);
    assert_eq!(format!("{:?}", BorrowedSocket::from(&client)), format!("BorrowedSocket({text})"));
    drop(server);

    let (a, _b) = unix_pair(Type::SOCK_DGRAM);
    let text = format!("Socket {{ fd: {}, domain: AF_UNIX, type: SOCK_DGRAM, protocol: 0 }}", a.as_raw_fd());
    assert_eq!(format!("{a:?}"), text);
}

#[test]
fn open_numbers_keep_what_has_no_name() {
    assert_eq!(format!("{:?}", Domain::from(libc::AF_INET6)), "AF_INET6");
    assert_eq!(format!("{:?}", Domain::from(9999)), "Domain(9999)");
    assert_eq!(format!("{:?}", Type::SOCK_SEQPACKET), "SOCK_SEQPACKET");
    assert_eq!(format!("{:?}", Type::from_raw(-3)), "Type(-3)");
    assert_eq!(format!("{:?}", Protocol::from(262)), "IPPROTO_MPTCP");
    assert_eq!(i32::from(Protocol::from(1234)), 1234);
    assert_eq!(Domain::from_raw(i32::MIN).raw(), i32::MIN);
    let ty = Type::SOCK_STREAM | SocketFlags::SOCK_NONBLOCK;
    assert_eq!(ty.raw(), libc::SOCK_STREAM | libc::SOCK_NONBLOCK);
}

#[test]
fn flags_keep_bits_without_a_name() {
    let bits = 0x0420_0400;
    assert_eq!(SendFlags::from_bits(bits), Some(SendFlags::from_bits_retain(bits)));
    assert_eq!(SendFlags::from_bits_truncate(bits).bits(), bits);
    assert_eq!(RecvFlags::from_bits_truncate(-1).bits(), -1);
    assert_eq!(SocketFlags::from_bits_truncate(bits).bits(), bits);
    assert_eq!(PollFlags::from_bits_truncate(0x1fff).bits(), 0x1fff);
    assert_eq!(Shutdown::from(std::net::Shutdown::Read), Shutdown::SHUT_RD);
    assert_eq!(Shutdown::from(std::net::Shutdown::Write), Shutdown::SHUT_WR);
    assert_eq!(Shutdown::from(std::net::Shutdown::Both), Shutdown::SHUT_RDWR);
}

#[test]
fn a_socket_is_a_descriptor_and_nothing_else() {
    const fn is_send_and_sync<T: Send + Sync + 'static>() {}
    is_send_and_sync::<Socket>();
    assert_eq!(size_of::<Socket>(), size_of::<RawFd>());
    assert_eq!(size_of::<Option<Socket>>(), size_of::<RawFd>());
    assert_eq!(size_of::<BorrowedSocket<'_>>(), size_of::<RawFd>());
}

#[test]
fn a_borrowed_socket_closes_nothing() {
    isolated(Needs::USERNS, || {
        let udp = udp_bound();
        let name = udp.getsockname().unwrap();
        leaks_nothing(|| {
            for _ in 0..3 {
                assert_eq!(BorrowedSocket::from(&udp).getsockname().unwrap(), name);
                assert_eq!(BorrowedSocket::from(udp.as_fd()).as_raw_fd(), udp.as_raw_fd());
            }
        });
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        BorrowedSocket::from(&stream).send(b"x", SendFlags::empty()).unwrap();
        assert_eq!(stream.peer_addr().unwrap(), listener.local_addr().unwrap());
    });
}
