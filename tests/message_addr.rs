//! The address that recvmsg(2) gives: as recvfrom(2) gives it, whole, and none where the kernel gives none.

mod common;

use std::net::{Ipv4Addr, Ipv6Addr};

use common::{Dir, Names, connecting, datagrams, free_name, guard, tcp_pair, unix, unix_pair};
use sockets::cmsg::{ControlBuf, ControlWriter};
use sockets::{Addr, RecvFlags, SendFlags, SockAddr, Socket, Type, UnixAddr};

/// Receives a byte; who has sent it?
fn sender(socket: &Socket) -> SockAddr {
    // What stands in the memory from before is no address.
    let mut dirt = [2_u8; 4096];
    std::hint::black_box(&mut dirt);
    let (mut byte, mut room) = ([0], ControlBuf::<64>::new());
    socket.recvmsg(&mut byte, &mut room, RecvFlags::empty()).unwrap().addr
}

/// Calls what looks at an address.
fn look_at(addr: &SockAddr) {
    let text = addr.to_string();
    assert_eq!(format!("{addr:?}"), format!("SockAddr({text})"));
    assert_eq!(addr.clone(), *addr);
    let _ = (addr.view(), addr.as_unix(), addr.as_socket(), addr.port(), addr.family());
}

#[test]
fn a_datagram_has_the_name_of_its_sender() {
    let _guard = guard();
    let dir = Dir::new();
    for kind in datagrams() {
        let (a, b) = (kind.bound(&dir), kind.bound(&dir));
        for _ in 0..2 {
            a.sendto(b"x", SendFlags::empty(), b.getsockname().unwrap()).unwrap();
        }
        let addr = sender(&b);
        look_at(&addr);
        assert_eq!(addr, a.getsockname().unwrap(), "{kind:?}");
        assert_eq!(addr, b.recvfrom(&mut [0], RecvFlags::empty()).unwrap().1);
        // It is good for an answer, as it is.
        b.sendmsg_to(b"y", &ControlWriter::none(), SendFlags::empty(), &addr).unwrap();
        assert_eq!(sender(&a), b.getsockname().unwrap());
    }
}

#[test]
fn a_path_that_fills_the_address_is_whole_and_answers() {
    let _guard = guard();
    let dir = Dir::new();
    for len in [107, 108] {
        let path = dir.free_of(len);
        let (a, b) = (unix(Type::SOCK_DGRAM), unix(Type::SOCK_DGRAM));
        a.bind(&path).unwrap();
        b.bind(dir.free()).unwrap();
        a.sendmsg_to(b"x", &ControlWriter::none(), SendFlags::empty(), b.getsockname().unwrap()).unwrap();
        let addr = sender(&b);
        look_at(&addr);
        assert_eq!(addr.as_unix(), Some(UnixAddr::Pathname(&path)), "{len}");
        assert_eq!((addr.as_bytes().len(), &addr), (110, &a.getsockname().unwrap()));
        b.sendmsg_to(b"y", &ControlWriter::none(), SendFlags::empty(), &addr).unwrap();
        assert_eq!(a.recv(&mut [0], RecvFlags::empty()), Ok(1));

        // On a connection, too.
        let listener = unix(Type::SOCK_SEQPACKET);
        listener.bind(UnixAddr::Unnamed).unwrap();
        listener.listen(1).unwrap();
        let client = unix(Type::SOCK_SEQPACKET);
        let path = dir.free_of(len);
        client.bind(&path).unwrap();
        client.connect(listener.getsockname().unwrap()).unwrap();
        let server = listener.accept().unwrap().0;
        client.send(b"x", SendFlags::empty()).unwrap();
        let addr = sender(&server);
        look_at(&addr);
        assert_eq!(addr.as_unix(), Some(UnixAddr::Pathname(&path)), "{len}");
    }
}

#[test]
fn abstract_names_are_whole() {
    let _guard = guard();
    let tag = free_name();
    let long = [tag.as_bytes(), &vec![b'x'; 107 - tag.len()]].concat();
    let nuls = [b"\0", tag.as_bytes(), b"\0in\0", b"\0"].concat();
    for name in [tag.as_bytes(), &long, &nuls] {
        let (a, b) = (unix(Type::SOCK_DGRAM), unix(Type::SOCK_DGRAM));
        a.bind(UnixAddr::Abstract(name)).unwrap();
        b.bind(UnixAddr::Unnamed).unwrap();
        a.sendto(b"x", SendFlags::empty(), b.getsockname().unwrap()).unwrap();
        let addr = sender(&b);
        look_at(&addr);
        assert_eq!(addr.as_unix(), Some(UnixAddr::Abstract(name)));
    }
}

#[test]
fn a_sender_without_a_name_is_unnamed() {
    let _guard = guard();
    let dir = Dir::new();
    for kind in datagrams().into_iter().filter(|kind| [Names::Path, Names::Abstract].contains(&kind.names)) {
        let b = kind.bound(&dir);
        let to = b.getsockname().unwrap();
        unix(Type::SOCK_DGRAM).sendto(b"x", SendFlags::empty(), &to).unwrap();
        unix(Type::SOCK_DGRAM).sendto(b"x", SendFlags::empty(), &to).unwrap();
        let addr = sender(&b);
        look_at(&addr);
        assert!(addr.is_unnamed() && addr.as_bytes().is_empty());
        assert_eq!(addr, b.recvfrom(&mut [0], RecvFlags::empty()).unwrap().1);
        assert!(matches!(addr.view(), Addr::Other { data: [], .. } | Addr::Unix(UnixAddr::Unnamed)));
    }
}

#[test]
fn what_is_connected_has_no_address_where_the_kernel_gives_none() {
    let _guard = guard();
    let (a, b) = tcp_pair();
    a.send(b"x", SendFlags::empty()).unwrap();
    assert_eq!(sender(&b), SockAddr::EMPTY);
    for ty in [Type::SOCK_STREAM, Type::SOCK_DGRAM, Type::SOCK_SEQPACKET] {
        let (a, b) = unix_pair(ty);
        a.send(b"x", SendFlags::empty()).unwrap();
        let addr = sender(&b);
        look_at(&addr);
        assert_eq!(addr, SockAddr::EMPTY, "{ty:?}");
    }
}

#[test]
fn of_every_kind_it_is_what_recvfrom_gives() {
    let _guard = guard();
    let dir = Dir::new();
    for kind in connecting() {
        let (client, server) = kind.connection(&dir);
        client.send(b"x", SendFlags::empty()).unwrap();
        let addr = sender(&server);
        look_at(&addr);
        client.send(b"x", SendFlags::empty()).unwrap();
        assert_eq!(addr, server.recvfrom(&mut [0], RecvFlags::empty()).unwrap().1, "{kind:?}");
        // The end of the stream comes from nobody.
        drop(client);
        assert_eq!(sender(&server), SockAddr::EMPTY);
    }
}

#[test]
fn the_address_of_ipv6_has_its_parts() {
    let _guard = guard();
    if !common::has_ipv6() {
        return;
    }
    let b = Socket::socket(sockets::Domain::AF_INET6, Type::SOCK_DGRAM, sockets::Protocol::DEFAULT).unwrap();
    b.bind((Ipv6Addr::UNSPECIFIED, 0)).unwrap();
    let port = b.getsockname().unwrap().port().unwrap();
    let a = common::udp_bound();
    a.sendto(b"x", SendFlags::empty(), (Ipv4Addr::LOCALHOST, port)).unwrap();
    let from = sender(&b).as_ipv6().unwrap();
    assert_eq!(from.ip(), &Ipv4Addr::LOCALHOST.to_ipv6_mapped());
    assert_eq!(
        (Some(from.port()), from.flowinfo(), from.scope_id()),
        (a.getsockname().unwrap().port(), 0, 0)
    );
}
