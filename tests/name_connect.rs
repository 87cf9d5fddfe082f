//! connect(2): every way it can end, and disconnect.

mod common;

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use common::threads::{blocked, signals_caught};
use common::{
    Dir, full_tcp, full_unix, guard, isolated, refusing, tcp, tcp_pair, udp, udp_bound, unix, unix_pair,
};
use netns::{Namespace, Needs};
use sockets::{
    Domain, Errno, PollFlags, Protocol, RecvFlags, SendFlags, SockAddr, Socket, SocketFlags, Type, UnixAddr,
    opt,
};

/// tcp(7): gives up a connection, or an attempt, after so many milliseconds.
const TCP_USER_TIMEOUT: opt::Opt<opt::Int, opt::GetSet> = opt::Opt::new("TCP_USER_TIMEOUT", 6, 18);

fn nonblocking_tcp() -> Socket {
    let ty = Type::SOCK_STREAM | SocketFlags::SOCK_NONBLOCK;
    Socket::socket(Domain::AF_INET, ty, Protocol::DEFAULT).unwrap()
}

#[test]
fn a_connection_carries_bytes_both_ways_in_every_family() {
    let _guard = guard();
    let dir = Dir::new();
    for kind in common::connecting() {
        let (client, server) = kind.connection(&dir);
        for (from, to) in [(&client, &server), (&server, &client)] {
            assert_eq!(from.send(b"hello", SendFlags::empty()), Ok(5));
            let mut buf = [0; 16];
            assert_eq!(to.recv(&mut buf, RecvFlags::empty()), Ok(5), "{kind:?}");
            assert_eq!(&buf[..5], b"hello");
        }
    }
}

#[test]
fn a_connected_datagram_socket_receives_from_its_peer_only() {
    let _guard = guard();
    let (a, b, stranger) = (udp_bound(), udp_bound(), udp_bound());
    a.connect(b.getsockname().unwrap()).unwrap();
    stranger.sendto(b"stranger", SendFlags::empty(), a.getsockname().unwrap()).unwrap();
    b.sendto(b"peer", SendFlags::empty(), a.getsockname().unwrap()).unwrap();
    let mut buf = [0; 16];
    let (n, from) = a.recvfrom(&mut buf, RecvFlags::empty()).unwrap();
    assert_eq!((&buf[..n], from), (&b"peer"[..], b.getsockname().unwrap()));
    assert_eq!(a.recv(&mut buf, RecvFlags::MSG_DONTWAIT), Err(Errno::EAGAIN));
}

#[test]
fn where_nobody_listens_it_is_refused() {
    let _guard = guard();
    let (_bound, addr) = refusing();
    assert_eq!(tcp().connect(addr), Err(Errno::ECONNREFUSED));

    let dir = Dir::new();
    // A socket that does not listen, a file whose socket is gone, a name that nobody has.
    for ty in [Type::SOCK_STREAM, Type::SOCK_SEQPACKET] {
        let silent = unix(ty);
        silent.bind(UnixAddr::Unnamed).unwrap();
        assert_eq!(unix(ty).connect(silent.getsockname().unwrap()), Err(Errno::ECONNREFUSED));
        let path = dir.free();
        let gone = unix(ty);
        gone.bind(&path).unwrap();
        drop(gone);
        assert_eq!(unix(ty).connect(&path), Err(Errno::ECONNREFUSED));
        let name = common::free_name();
        assert_eq!(unix(ty).connect(UnixAddr::Abstract(name.as_bytes())), Err(Errno::ECONNREFUSED));
    }
}

#[test]
fn a_path_that_is_missing_or_of_another_type_is_refused() {
    let _guard = guard();
    let dir = Dir::new();
    assert_eq!(unix(Type::SOCK_STREAM).connect(dir.free()), Err(Errno::ENOENT));
    let path = dir.free();
    let datagrams = unix(Type::SOCK_DGRAM);
    datagrams.bind(&path).unwrap();
    assert_eq!(unix(Type::SOCK_STREAM).connect(&path), Err(Errno::EPROTOTYPE));
    let file = dir.free();
    fs::write(&file, "").unwrap();
    assert_eq!(unix(Type::SOCK_STREAM).connect(&file), Err(Errno::ECONNREFUSED));
    let long = dir.free_of(109);
    assert_eq!(unix(Type::SOCK_STREAM).connect(long), Err(Errno::ENAMETOOLONG));
}

#[test]
fn a_path_that_may_not_be_written_is_eacces() {
    isolated(Needs::USERNS, || {
        let dir = Dir::new();
        let path = dir.free();
        let listener = unix(Type::SOCK_STREAM);
        listener.bind(&path).unwrap();
        listener.listen(1).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        common::drop_capabilities();
        assert_eq!(unix(Type::SOCK_STREAM).connect(&path), Err(Errno::EACCES));
    });
}

#[test]
fn an_address_of_another_family_is_refused() {
    let _guard = guard();
    let v4 = SockAddr::from((Ipv4Addr::LOCALHOST, 9));
    let v6 = SockAddr::from((Ipv6Addr::LOCALHOST, 9));
    let tcp6 = Socket::socket(Domain::AF_INET6, Type::SOCK_STREAM, Protocol::DEFAULT).unwrap();
    assert_eq!(tcp().connect(v6), Err(Errno::EAFNOSUPPORT));
    assert_eq!(tcp6.connect(&v4), Err(Errno::EINVAL));
    assert_eq!(unix(Type::SOCK_STREAM).connect(v4), Err(Errno::EINVAL));
    assert_eq!(unix(Type::SOCK_STREAM).connect(UnixAddr::Unnamed), Err(Errno::EINVAL));
    assert_eq!(tcp().connect(SockAddr::EMPTY), Err(Errno::EINVAL));
}

#[test]
fn a_second_connect_is_eisconn() {
    let _guard = guard();
    let dir = Dir::new();
    for kind in common::connecting() {
        let listener = kind.listener(&dir);
        let client = kind.open();
        assert_eq!(client.connect(listener.getsockname().unwrap()), Ok(()));
        assert_eq!(client.connect(listener.getsockname().unwrap()), Err(Errno::EISCONN), "{kind:?}");
    }
}

#[test]
fn a_nonblocking_connect_is_in_progress_then_already_then_connected() {
    let _guard = guard();
    // The handshake with a full listener does not end before somebody accepts.
    let (listener, _filler, addr) = full_tcp();
    let client = nonblocking_tcp();
    assert_eq!(client.connect(&addr), Err(Errno::EINPROGRESS));
    assert_eq!(client.connect(&addr), Err(Errno::EALREADY));
    assert_eq!(client.poll(PollFlags::POLLOUT, Some(Duration::ZERO)), Ok(PollFlags::empty()));
    listener.accept().unwrap();
    // The kernel sends its SYN again after a second.
    assert_eq!(client.poll(PollFlags::POLLOUT, None), Ok(PollFlags::POLLOUT));
    assert_eq!(client.getsockopt(opt::SO_ERROR), Ok(None));
    assert_eq!(client.getpeername().unwrap(), addr);
    assert_eq!(client.connect(&addr), Ok(()));
    assert_eq!(client.connect(addr), Err(Errno::EISCONN));
}

#[test]
fn so_sndtimeo_ends_the_wait_but_not_the_attempt() {
    let _guard = guard();
    let (_listener, _filler, addr) = full_tcp();
    let client = tcp();
    client.setsockopt(opt::SO_SNDTIMEO, Some(Duration::from_millis(50))).unwrap();
    let start = Instant::now();
    assert_eq!(client.connect(&addr), Err(Errno::EINPROGRESS));
    assert!(start.elapsed() >= Duration::from_millis(50));
    client.set_nonblocking(true).unwrap();
    assert_eq!(client.connect(addr), Err(Errno::EALREADY));
}

#[test]
fn a_full_unix_queue_is_eagain_and_nothing_goes_on() {
    let _guard = guard();
    let (listener, _filler, addr) = full_unix();
    let client = unix(Type::SOCK_STREAM);
    client.set_nonblocking(true).unwrap();
    assert_eq!(client.connect(&addr), Err(Errno::EAGAIN));
    assert_eq!(client.getpeername(), Err(Errno::ENOTCONN));
    client.set_nonblocking(false).unwrap();
    client.setsockopt(opt::SO_SNDTIMEO, Some(Duration::from_millis(20))).unwrap();
    assert_eq!(client.connect(&addr), Err(Errno::EAGAIN));
    listener.accept().unwrap();
    assert_eq!(client.connect(addr), Ok(()));
}

#[test]
fn a_signal_ends_the_call_but_not_the_attempt() {
    let _guard = guard();
    let (listener, _filler, addr) = full_tcp();
    let client = tcp();
    std::thread::scope(|scope| {
        let connecting = blocked(scope, libc::SYS_connect, || (client.connect(&addr), signals_caught()));
        let (result, signals) = connecting.interrupt();
        assert_eq!(result, Err(Errno::EINTR));
        assert!(signals >= 1);
    });
    client.set_nonblocking(true).unwrap();
    assert_eq!(client.connect(&addr), Err(Errno::EALREADY));
    listener.accept().unwrap();
    assert_eq!(client.poll(PollFlags::POLLOUT, None), Ok(PollFlags::POLLOUT));
    assert_eq!(client.getsockopt(opt::SO_ERROR), Ok(None));
    assert_eq!(client.getpeername().unwrap(), addr);
}

#[test]
fn a_signal_ends_a_wait_for_a_full_unix_queue() {
    let _guard = guard();
    let (listener, _filler, addr) = full_unix();
    let client = unix(Type::SOCK_STREAM);
    std::thread::scope(|scope| {
        let connecting = blocked(scope, libc::SYS_connect, || client.connect(&addr));
        assert_eq!(connecting.interrupt(), Err(Errno::EINTR));
    });
    assert_eq!(client.getpeername(), Err(Errno::ENOTCONN));
    listener.accept().unwrap();
    assert_eq!(client.connect(addr), Ok(()));
}

#[test]
fn without_an_answer_it_times_out() {
    let _guard = guard();
    let (_listener, _filler, addr) = full_tcp();
    let client = tcp();
    client.setsockopt(TCP_USER_TIMEOUT, 100).unwrap();
    assert_eq!(client.connect(addr), Err(Errno::ETIMEDOUT));
}

#[test]
fn without_a_route_it_is_unreachable() {
    isolated(Needs::USERNS, || {
        let nowhere = (Ipv4Addr::new(192, 0, 2, 1), 9);
        assert_eq!(tcp().connect(nowhere), Err(Errno::ENETUNREACH));
        assert_eq!(udp().connect(nowhere), Err(Errno::ENETUNREACH));
        assert_eq!(udp().sendto(b"x", SendFlags::empty(), nowhere), Err(Errno::ENETUNREACH));
        let nowhere: SockAddr = "[2001:db8::1]:9".parse().unwrap();
        let tcp6 = Socket::socket(Domain::AF_INET6, Type::SOCK_STREAM, Protocol::DEFAULT).unwrap();
        assert_eq!(tcp6.connect(nowhere), Err(Errno::ENETUNREACH));
        // Broadcast is no address to connect a stream to.
        assert_eq!(tcp().connect((Ipv4Addr::BROADCAST, 9)), Err(Errno::ENETUNREACH));
    });
}

#[test]
fn where_nobody_is_at_home_it_is_unreachable() {
    isolated(Needs::VETH, || {
        let (here, there) = (Namespace::current().unwrap(), Namespace::new().unwrap());
        here.veth("v0", &there, "v0").unwrap();
        here.add_address("v0", Ipv4Addr::new(10, 0, 0, 1).into(), 24).unwrap();
        // One question who has the address, and 10 ms to wait for the answer.
        netns::set_sysctl("net/ipv4/neigh/v0/mcast_solicit", "1").unwrap();
        netns::set_sysctl("net/ipv4/neigh/v0/retrans_time_ms", "10").unwrap();
        assert_eq!(tcp().connect((Ipv4Addr::new(10, 0, 0, 2), 9)), Err(Errno::EHOSTUNREACH));
    });
}

#[test]
fn without_a_free_port_there_is_no_connection() {
    isolated(Needs::USERNS, || {
        netns::set_sysctl("net/ipv4/ip_local_port_range", "40000 40001").unwrap();
        let listener = tcp();
        listener.bind((Ipv4Addr::LOCALHOST, 5000)).unwrap();
        listener.listen(8).unwrap();
        let addr = listener.getsockname().unwrap();
        let clients = [tcp(), tcp(), tcp()];
        assert_eq!(clients[0].connect(&addr), Ok(()));
        assert_eq!(clients[1].connect(&addr), Ok(()));
        assert_eq!(clients[2].connect(&addr), Err(Errno::EADDRNOTAVAIL));

        let datagrams = [udp(), udp(), udp()];
        assert_eq!(datagrams[0].connect(&addr), Ok(()));
        assert_eq!(datagrams[1].connect(&addr), Ok(()));
        assert_eq!(datagrams[2].connect(addr), Err(Errno::EAGAIN));
        assert_eq!(udp().bind((Ipv4Addr::LOCALHOST, 0)), Err(Errno::EADDRINUSE));
    });
}

#[test]
fn disconnect_dissolves_a_datagram_association() {
    let _guard = guard();
    let (a, b) = (udp_bound(), udp_bound());
    a.connect(b.getsockname().unwrap()).unwrap();
    assert_eq!(a.disconnect(), Ok(()));
    assert_eq!(a.getpeername(), Err(Errno::ENOTCONN));
    assert_eq!(a.send(b"x", SendFlags::empty()), Err(Errno::EDESTADDRREQ));
    // From everybody again.
    let stranger = udp_bound();
    stranger.sendto(b"x", SendFlags::empty(), a.getsockname().unwrap()).unwrap();
    assert_eq!(a.recv(&mut [0; 1], RecvFlags::empty()), Ok(1));

    let (a, _b) = unix_pair(Type::SOCK_DGRAM);
    assert_eq!(a.disconnect(), Ok(()));
    assert_eq!(a.getpeername(), Err(Errno::ENOTCONN));
}

#[test]
fn disconnect_resets_a_tcp_connection_and_frees_the_socket() {
    let _guard = guard();
    let (client, server) = tcp_pair();
    assert_eq!(client.disconnect(), Ok(()));
    assert_eq!(server.recv(&mut [0; 1], RecvFlags::empty()), Err(Errno::ECONNRESET));
    assert_eq!(client.getpeername(), Err(Errno::ENOTCONN));

    let listener = tcp();
    listener.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.listen(1).unwrap();
    assert_eq!(client.connect(listener.getsockname().unwrap()), Ok(()));
}

#[test]
fn disconnect_is_einval_where_there_is_no_such_thing() {
    let _guard = guard();
    let (a, _b) = unix_pair(Type::SOCK_STREAM);
    assert_eq!(a.disconnect(), Err(Errno::EINVAL));
    let (a, _b) = unix_pair(Type::SOCK_SEQPACKET);
    assert_eq!(a.disconnect(), Err(Errno::EINVAL));
}
