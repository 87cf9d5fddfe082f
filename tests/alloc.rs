//! No I/O path allocates: a counting allocator sees every call of the library, on success and on failure.

mod common;
#[path = "common/counting.rs"]
mod counting;

use std::io::{IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use common::{Dir, Kind, fill, guard, refusing, tcp, tcp_pair, udp_bound, unix, unix_pair};
use counting::{allocations, free};
use sockets::cmsg::{self, ControlBuf, ControlWriter};
use sockets::{
    BorrowedSocket, Completion, Domain, Errno, ErrorEvent, PollFlags, Protocol, RecvFlags, SendFlags,
    Shutdown, SockAddr, Socket, SocketFlags, SpliceFlags, Type, UnixAddr, Zerocopy, opt, spare_capacity,
    splice,
};

#[test]
fn the_allocator_counts() {
    let _guard = guard();
    let before = allocations();
    drop(std::hint::black_box(Box::new(1)));
    assert_eq!(allocations() - before, 2);
}

#[test]
fn the_life_of_a_connection_allocates_nothing() {
    let _guard = guard();
    let dir = Dir::new();
    for kind in common::connecting() {
        let Kind { domain, ty, .. } = kind;
        let (listener_addr, client_addr) = (kind.free_addr(&dir), kind.free_addr(&dir));
        free("a connection", || {
            let listener = Socket::socket(domain, ty, Protocol::DEFAULT).unwrap();
            listener.bind(&listener_addr).unwrap();
            listener.listen(4).unwrap();
            let client = Socket::socket(domain, ty, Protocol::DEFAULT).unwrap();
            client.bind(&client_addr).unwrap();
            client.connect(listener.getsockname().unwrap()).unwrap();
            let (server, peer) = listener.accept().unwrap();
            assert!(peer == client.getsockname().unwrap() && peer == server.getpeername().unwrap());
            client.send(b"hello", SendFlags::empty()).unwrap();
            server.recv(&mut [0; 16], RecvFlags::empty()).unwrap();
            client.shutdown(Shutdown::SHUT_RDWR).unwrap();
            assert_eq!(server.recv(&mut [0; 16], RecvFlags::empty()), Ok(0));
            server.close().unwrap();
            let again = Socket::socket(domain, ty, Protocol::DEFAULT).unwrap();
            again.connect_timeout(listener.getsockname().unwrap(), Duration::from_secs(50)).unwrap();
            let server = listener.accept4(SocketFlags::SOCK_NONBLOCK).unwrap().0;
            let copy = server.dup().unwrap();
            again.connect(listener.getsockname().unwrap()).unwrap_err();
            drop(listener);
            copy.abort().unwrap();
        });
    }
}

#[test]
fn accept_without_an_address_and_socketpair_allocate_nothing() {
    let _guard = guard();
    let (listener, _client, _) = common::full_tcp();
    free("accept4_no_addr", || listener.accept4_no_addr(SocketFlags::empty()).unwrap());
    free("socketpair", || Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT).unwrap());
}

#[test]
fn no_kind_of_address_allocates() {
    let _guard = guard();
    let to = udp_bound();
    let from = udp_bound();
    let addr = to.getsockname().unwrap();
    let v4: SocketAddrV4 = addr.as_ipv4().unwrap();
    let none = SendFlags::empty();
    free("&SockAddr", || from.sendto(b"x", none, &addr).unwrap());
    free("SocketAddrV4", || from.sendto(b"x", none, v4).unwrap());
    free("SocketAddr", || from.sendto(b"x", none, SocketAddr::V4(v4)).unwrap());
    free("(Ipv4Addr, u16)", || from.sendto(b"x", none, (*v4.ip(), v4.port())).unwrap());
    free("(IpAddr, u16)", || from.sendto(b"x", none, (IpAddr::V4(*v4.ip()), v4.port())).unwrap());
    free("(Ipv6Addr, u16)", || from.sendto(b"x", none, (Ipv6Addr::LOCALHOST, 9)).unwrap_err());
    free("SockAddr", || from.sendto(b"x", none, addr).unwrap());

    let dir = Dir::new();
    let path = dir.free_of(108);
    let to = unix(Type::SOCK_DGRAM);
    free("bind(&PathBuf)", || to.bind(&path).unwrap());
    let from = unix(Type::SOCK_DGRAM);
    free("UnixAddr::Unnamed", || from.bind(UnixAddr::Unnamed).unwrap());
    free("&Path", || from.sendto(b"x", none, path.as_path()).unwrap());
    free("UnixAddr::Pathname", || from.sendto(b"x", none, UnixAddr::Pathname(&path)).unwrap());
    free("UnixAddr::Abstract", || from.sendto(b"x", none, UnixAddr::Abstract(&[7; 107])).unwrap_err());
    let path = dir.free();
    let other = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    let std_addr = other.local_addr().unwrap();
    free("std's Unix address", || from.sendto(b"x", none, &std_addr).unwrap());
    free("a bad path", || from.sendto(b"x", none, Path::new("")).unwrap_err());
}

#[test]
fn no_kind_of_buffer_allocates() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_DGRAM);
    for _ in 0..10 {
        a.send(&[1; 100], SendFlags::empty()).unwrap();
    }
    let none = RecvFlags::empty();
    let mut vec = Vec::with_capacity(1000);
    let mut filled = [0; 64];
    let mut uninit = [MaybeUninit::<u8>::uninit(); 64];
    free("&mut [u8; N]", || b.recv(&mut [0_u8; 64], none).unwrap());
    free("&mut [u8]", || b.recv(&mut filled[..], none).unwrap());
    free("&mut [MaybeUninit; N]", || b.recv(&mut uninit, RecvFlags::MSG_TRUNC).unwrap().1);
    free("&mut [MaybeUninit]", || b.recv(&mut uninit[..], none).unwrap().1);
    free("spare_capacity", || b.recv(spare_capacity(&mut vec), RecvFlags::MSG_TRUNC).unwrap());
    free("recvfrom", || b.recvfrom(spare_capacity(&mut vec), none).unwrap());
    free("recvfrom, uninit", || b.recvfrom(&mut uninit, none).unwrap().0.1);
    assert_eq!(vec.len(), 200);
}

#[test]
fn polling_flags_and_queues_allocate_nothing() {
    let _guard = guard();
    let (a, b) = tcp_pair();
    a.send(b"x", SendFlags::empty()).unwrap();
    free("poll", || {
        b.poll(PollFlags::POLLIN, None).unwrap();
        a.poll(PollFlags::POLLIN, Some(Duration::from_millis(1))).unwrap();
    });
    free("fcntl and ioctl", || {
        for on in [true, false] {
            a.set_nonblocking(on).unwrap();
            a.set_cloexec(on).unwrap();
            assert_eq!((a.nonblocking(), a.cloexec()), (Ok(on), Ok(on)));
        }
        (b.fionread().unwrap(), a.siocoutq().unwrap(), b.sockatmark().unwrap())
    });
    free("disconnect", || a.disconnect().unwrap());
}

#[test]
fn options_allocate_nothing() {
    let _guard = guard();
    let (socket, _peer) = tcp_pair();
    free("options", || {
        socket.setsockopt(opt::TCP_NODELAY, true).unwrap();
        assert!(socket.getsockopt(opt::TCP_NODELAY).unwrap());
        socket.setsockopt(opt::SO_RCVBUF, 65_536).unwrap();
        socket.getsockopt(opt::SO_RCVBUF).unwrap();
        socket.setsockopt(opt::SO_RCVTIMEO, Some(Duration::from_millis(5))).unwrap();
        socket.getsockopt(opt::SO_RCVTIMEO).unwrap();
        socket.setsockopt(opt::SO_LINGER, Some(Duration::from_secs(1))).unwrap();
        socket.getsockopt(opt::SO_LINGER).unwrap();
        socket.setsockopt(opt::SO_LINGER, None).unwrap();
        socket.setsockopt(opt::TCP_KEEPIDLE, Duration::from_secs(5)).unwrap();
        socket.getsockopt(opt::TCP_KEEPIDLE).unwrap();
        let name = socket.getsockopt(opt::TCP_CONGESTION).unwrap();
        socket.setsockopt(opt::TCP_CONGESTION, name.as_str().unwrap()).unwrap();
        socket.getsockopt(opt::SO_ERROR).unwrap();
        socket.getsockopt(opt::SO_PEERCRED).unwrap();
        socket.getsockopt(opt::IPV6_V6ONLY).unwrap_err();
        socket.setsockopt(opt::SO_RCVTIMEO, Some(Duration::ZERO)).unwrap_err();
    });
}

#[test]
fn messages_allocate_nothing() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_STREAM);
    b.setsockopt(opt::SO_PASSCRED, true).unwrap();
    let fds = [a.as_fd(), b.as_fd(), a.as_fd()];
    let (mut head, mut tail) = ([0; 2], [0; 8]);
    free("descriptors", || {
        const ROOM: usize = cmsg::SCM_CREDENTIALS.space() + cmsg::SCM_RIGHTS.space_of(3);
        let mut room = ControlBuf::<ROOM>::new();
        let mut control = ControlWriter::new(&mut room);
        control.push(cmsg::SCM_RIGHTS, &fds).unwrap();
        control.push(cmsg::IPV6_HOPOPTS, &[0; 256]).unwrap_err();
        for _ in 0..3 {
            a.sendmsg(&[IoSlice::new(b"he"), IoSlice::new(b"llo")], &control, SendFlags::empty()).unwrap();
        }
        a.sendmsg(b"", &control, SendFlags::empty()).unwrap_err();
        let mut pieces = [IoSliceMut::new(&mut head), IoSliceMut::new(&mut tail)];
        let mut message = b.recvmsg(&mut pieces, &mut room, RecvFlags::empty()).unwrap();
        assert_eq!((message.len, message.control.iter().count()), (5, 2));
        assert!(message.control.get(cmsg::SCM_CREDENTIALS).is_some());
        assert_eq!(message.control.take_fds().take(2).count(), 2);
        drop(message);
        let mut cut = ControlBuf::<{ cmsg::SCM_RIGHTS.space_of(1) }>::new();
        b.recvmsg(&mut [0; 8], &mut cut, RecvFlags::empty()).unwrap();
        b.recvmsg(&mut [MaybeUninit::uninit(); 8], &mut [], RecvFlags::empty()).unwrap();
        b.recvmsg(&mut [0; 8], &mut cut, RecvFlags::MSG_DONTWAIT).unwrap_err();
    });
    let (a, b) = (udp_bound(), udp_bound());
    for option in [opt::IP_PKTINFO, opt::IP_RECVTTL, opt::IP_RECVTOS, opt::SO_TIMESTAMPNS] {
        b.setsockopt(option, true).unwrap();
    }
    let addr = b.getsockname().unwrap();
    let mut vec = Vec::with_capacity(64);
    free("datagrams", || {
        let mut room = ControlBuf::<256>::new();
        let mut control = ControlWriter::new(&mut room);
        control.push(cmsg::IP_TTL, 7).unwrap();
        control.push(cmsg::IP_TOS, cmsg::TrafficClass::new(46, cmsg::Ecn::Ect0)).unwrap();
        a.sendmsg_to(b"hello", &control, SendFlags::empty(), &addr).unwrap();
        let message = b.recvmsg(spare_capacity(&mut vec), &mut room, RecvFlags::empty()).unwrap();
        assert_eq!(message.control.get(cmsg::IP_TTL), Some(7));
        let names = message.control.iter().filter(|found| found.name().is_some()).count();
        assert!(names >= 3 && message.control.get(cmsg::IP_PKTINFO).is_some());
        assert_eq!(message.addr, a.getsockname().unwrap());
    });
}

#[test]
fn whole_transfers_allocate_nothing() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_STREAM);
    let data = vec![1; 50_000];
    let mut buf = vec![0; 50_000];
    free("send_all", || a.send_all(&data, SendFlags::empty()).unwrap());
    free("recv_exact", || b.recv_exact(&mut buf, RecvFlags::empty()).unwrap());
    let mut byte = [0; 1];
    free("Read and Write", || {
        (&a).write_all(b"x").unwrap();
        (&b).read_exact(&mut byte).unwrap();
    });
    free("a partial transfer", || {
        a.set_nonblocking(true).unwrap();
        let partial = b.recv_exact(&mut buf, RecvFlags::MSG_DONTWAIT).unwrap_err();
        assert_eq!((partial.done, Errno::from(partial)), (0, Errno::EAGAIN));
    });
}

#[test]
fn errors_allocate_nothing() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_STREAM);
    free("EAGAIN", || {
        assert_eq!(b.recv(&mut [0; 1], RecvFlags::MSG_DONTWAIT), Err(Errno::EAGAIN));
        assert_eq!(b.recvfrom(&mut [0; 1], RecvFlags::MSG_DONTWAIT).unwrap_err(), Errno::EAGAIN);
    });
    fill(&a);
    free("EAGAIN of send", || a.send(b"x", SendFlags::MSG_DONTWAIT).unwrap_err());
    drop(b);
    free("EPIPE", || assert_eq!(a.send(b"x", SendFlags::empty()), Err(Errno::EPIPE)));
    let (bound, addr) = refusing();
    free("ECONNREFUSED", || tcp().connect(&addr).unwrap_err());
    free("ECONNREFUSED with a timeout", || {
        tcp().connect_timeout(&addr, Duration::from_secs(50)).unwrap_err()
    });
    free("EADDRINUSE", || tcp().bind(&addr).unwrap_err());
    free("EINVAL of accept", || bound.accept().unwrap_err());
    free("ENOTCONN", || bound.getpeername().unwrap_err());
    free("EAFNOSUPPORT", || {
        Socket::socket(Domain::from(9999), Type::SOCK_STREAM, Protocol::DEFAULT).unwrap_err()
    });
    free("an io::Error", || std::io::Error::from(Errno::EAGAIN));
}

#[test]
fn timeouts_on_full_queues_allocate_nothing() {
    let _guard = guard();
    let (_listener, _filler, addr) = common::full_unix();
    let short = Duration::from_millis(5);
    free("ETIMEDOUT, AF_UNIX", || unix(Type::SOCK_STREAM).connect_timeout(&addr, short).unwrap_err());
    let (_listener, _filler, addr) = common::full_tcp();
    free("ETIMEDOUT, TCP", || tcp().connect_timeout(&addr, short).unwrap_err());
}

#[test]
fn loans_conversions_and_views_allocate_nothing() {
    let _guard = guard();
    let std = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    free("BorrowedSocket", || BorrowedSocket::from(&std).getsockname().unwrap());
    free("conversions", || {
        let socket = Socket::from(OwnedFd::from(Socket::from(std)));
        let name = socket.getsockname().unwrap();
        assert!(name.as_ipv4() == name.as_socket().map(|_| name.as_ipv4().unwrap()) && !name.is_unnamed());
        let copy = SockAddr::from_bytes(name.as_bytes()).unwrap();
        assert!(copy == name && copy.view() == name.view() && copy.cmp(&name).is_eq());
    });
}

#[test]
fn the_error_queue_allocates_nothing() {
    let _guard = guard();
    let addr = udp_bound().getsockname().unwrap();
    let socket = udp_bound();
    free("the error queue", || {
        socket.setsockopt(opt::IP_RECVERR, true).unwrap();
        assert_eq!(socket.recv_error(()).unwrap_err(), Errno::EAGAIN);
        assert_eq!(socket.recv_error_timeout((), Duration::from_millis(1)).unwrap_err(), Errno::ETIMEDOUT);
        socket.sendto(b"x", SendFlags::empty(), &addr).unwrap();
        let mut buf = [0; 64];
        let error = socket.recv_error_timeout(&mut buf, Duration::from_secs(50)).unwrap();
        assert!(matches!(error.event, ErrorEvent::Icmp { .. }) && *error.data == *b"x");
    });
}

#[test]
fn sends_without_a_copy_allocate_nothing() {
    let _guard = guard();
    let (socket, peer) = tcp_pair();
    let mut queue = Zerocopy::new(socket, 4).unwrap();
    let mut buffers = [vec![1; 5000], vec![2; 5000], vec![3; 5000], vec![4; 5000], vec![5; 5000]];
    let mut buf = vec![0; 20_000];
    free("zero-copy", || {
        for _ in 0..5 {
            for buffer in &mut buffers[..4] {
                queue.send(std::mem::take(buffer), SendFlags::empty()).unwrap();
            }
            let full = queue.send(std::mem::take(&mut buffers[4]), SendFlags::empty()).unwrap_err();
            assert_eq!(full.errno, Errno::ENOBUFS);
            buffers[4] = full.value;
            peer.recv_exact(&mut buf, RecvFlags::empty()).unwrap();
            for buffer in &mut buffers[..4] {
                let back = queue.completed_timeout((), Duration::from_secs(50)).unwrap();
                let Some(Completion::Buffer(back)) = back else { panic!() };
                *buffer = back.buffer;
            }
        }
    });
}

#[test]
fn files_and_pipes_allocate_nothing() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_STREAM);
    let file = std::fs::File::open(env!("CARGO_MANIFEST_DIR").to_owned() + "/Cargo.toml").unwrap();
    free("sendfile and splice", || {
        let mut offset = 0;
        assert_eq!(a.sendfile(&file, Some(&mut offset), 10), Ok(10));
        a.sendfile_all(&file, Some(&mut offset), 10).unwrap();
        b.recv_exact(&mut [0; 20], RecvFlags::empty()).unwrap();
        splice(&a, None, &b, None, 1, SpliceFlags::empty()).unwrap_err();
    });
    drop(b);
    free("EPIPE of sendfile", || assert_eq!(a.sendfile(&file, Some(&mut 0), 10), Err(Errno::EPIPE)));
}
