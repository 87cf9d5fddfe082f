//! The two hard names of AF_UNIX: a peer whose path fills `sun_path` without a terminator, for which the kernel
//! reports 111 bytes, and a peer without any name, for which it reports 0 or 2.

mod common;

use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use common::{Dir, guard, unix, unix_pair};
use sockets::{Addr, RecvFlags, SendFlags, SockAddr, Socket, SocketFlags, Type, UnixAddr};

/// Binds 108 bytes as a C program can: no terminator, the length of the whole structure.
fn bind_unterminated(socket: &Socket, path: &Path) {
    let mut bytes = [0_u8; 110];
    bytes[..2].copy_from_slice(&(libc::AF_UNIX as u16).to_ne_bytes());
    bytes[2..].copy_from_slice(path.as_os_str().as_encoded_bytes());
    // SAFETY: the bytes are readable for their length.
    let rc = unsafe { libc::bind(socket.as_raw_fd(), bytes.as_ptr().cast(), bytes.len() as u32) };
    assert_eq!(rc, 0, "{}", std::io::Error::last_os_error());
}

/// A socket with such a name, and the name.
fn unterminated(ty: Type, dir: &Dir) -> (Socket, PathBuf) {
    let path = dir.free_of(108);
    let socket = unix(ty);
    bind_unterminated(&socket, &path);
    (socket, path)
}

/// Everything that looks at an address gives the right bytes.
fn check(addr: &SockAddr, path: &Path) {
    let name = UnixAddr::Pathname(path);
    assert_eq!(addr.as_unix(), Some(name));
    assert_eq!(addr.view(), Addr::Unix(name));
    assert!(!addr.is_unnamed());
    assert_eq!(addr.as_bytes().len(), 110);
    assert_eq!(&addr.as_bytes()[2..], path.as_os_str().as_encoded_bytes());
    assert_eq!((addr.as_ipv4(), addr.as_ipv6(), addr.as_socket(), addr.port()), (None, None, None, None));

    let text = format!("unix:{}", path.display());
    assert_eq!(addr.to_string(), text);
    assert_eq!(format!("{addr:?}"), format!("SockAddr({text})"));
    assert_eq!(&text.parse::<SockAddr>().unwrap(), addr);
    assert_eq!(&SockAddr::try_from(name).unwrap(), addr);
    assert_eq!(&SockAddr::from_bytes(addr.as_bytes()).unwrap(), addr);
}

#[test]
fn a_108_byte_peer_is_seen_whole_by_accept_getpeername_and_debug() {
    let _guard = guard();
    for ty in [Type::SOCK_STREAM, Type::SOCK_SEQPACKET] {
        let dir = Dir::new();
        let listener = unix(ty);
        listener.bind(UnixAddr::Unnamed).unwrap();
        listener.listen(2).unwrap();

        let (client, path) = unterminated(ty, &dir);
        check(&client.getsockname().unwrap(), &path);
        client.connect(listener.getsockname().unwrap()).unwrap();

        let (server, peer) = listener.accept().unwrap();
        check(&peer, &path);
        check(&server.getpeername().unwrap(), &path);
        assert!(format!("{server:?}").contains(&format!("peer: unix:{} }}", path.display())));
        assert!(format!("{client:?}").contains(&format!("local: unix:{},", path.display())));

        client.send(b"x", SendFlags::empty()).unwrap();
        let (_, from) = server.recvfrom(&mut [0; 8], RecvFlags::empty()).unwrap();
        check(&from, &path);
    }
}

#[test]
fn a_108_byte_listener_can_be_connected_to() {
    let _guard = guard();
    let dir = Dir::new();
    let (listener, path) = unterminated(Type::SOCK_STREAM, &dir);
    listener.listen(4).unwrap();
    let name = listener.getsockname().unwrap();
    for connect in [0, 1, 2] {
        let client = unix(Type::SOCK_STREAM);
        match connect {
            0 => client.connect(&name),
            1 => client.connect(&path),
            _ => client.connect(UnixAddr::Pathname(&path)),
        }
        .unwrap();
        check(&client.getpeername().unwrap(), &path);
        listener.accept4_no_addr(SocketFlags::empty()).unwrap();
    }
}

#[test]
fn a_datagram_from_108_bytes_can_be_answered() {
    let _guard = guard();
    let dir = Dir::new();
    let (asking, path) = unterminated(Type::SOCK_DGRAM, &dir);
    let (answering, other) = unterminated(Type::SOCK_DGRAM, &dir);
    asking.sendto(b"ping", SendFlags::empty(), &other).unwrap();

    let mut buf = [0; 16];
    let (n, from) = answering.recvfrom(&mut buf, RecvFlags::empty()).unwrap();
    assert_eq!(&buf[..n], b"ping");
    check(&from, &path);
    answering.sendto(b"pong!", SendFlags::empty(), &from).unwrap();

    let (n, from) = asking.recvfrom(&mut buf, RecvFlags::empty()).unwrap();
    assert_eq!(&buf[..n], b"pong!");
    check(&from, &other);
    asking.connect(&from).unwrap();
    check(&asking.getpeername().unwrap(), &other);
}

#[test]
fn std_refuses_it_but_its_own_shorter_paths_convert() {
    let _guard = guard();
    let dir = Dir::new();
    let path = dir.free_of(107);
    let socket = unix(Type::SOCK_DGRAM);
    socket.bind(&path).unwrap();
    let std = std::os::unix::net::SocketAddr::from_pathname(&path).unwrap();
    assert_eq!(UnixAddr::from(&std), UnixAddr::Pathname(&path));
    assert_eq!(socket.getsockname().unwrap().as_unix(), Some(UnixAddr::from(&std)));
}

#[test]
fn a_datagram_of_a_sender_without_a_name_has_no_address() {
    let _guard = guard();
    let receiver = unix(Type::SOCK_DGRAM);
    receiver.bind(UnixAddr::Unnamed).unwrap();
    let sender = unix(Type::SOCK_DGRAM);
    sender.sendto(b"x", SendFlags::empty(), receiver.getsockname().unwrap()).unwrap();
    let (_, from) = receiver.recvfrom(&mut [0; 8], RecvFlags::empty()).unwrap();
    assert_eq!(from.as_bytes(), b"");
    assert_eq!(from, SockAddr::EMPTY);
    assert!(from.is_unnamed());
    assert_eq!(from.as_unix(), None);
    assert_eq!((from.to_string().as_str(), format!("{from:?}").as_str()), ("af:", "SockAddr(af:)"));
    // There is nobody to answer.
    let answer = receiver.sendto(b"y", SendFlags::empty(), from);
    assert_eq!(answer, Err(sockets::Errno::ENOTCONN));
}

#[test]
fn peers_without_a_name_are_unnamed() {
    let _guard = guard();
    for ty in [Type::SOCK_STREAM, Type::SOCK_SEQPACKET] {
        let listener = unix(ty);
        listener.bind(UnixAddr::Unnamed).unwrap();
        listener.listen(1).unwrap();
        let client = unix(ty);
        client.connect(listener.getsockname().unwrap()).unwrap();
        let (server, peer) = listener.accept().unwrap();
        for addr in [peer, server.getpeername().unwrap(), client.getsockname().unwrap()] {
            assert_eq!(addr.as_unix(), Some(UnixAddr::Unnamed));
            assert!(addr.is_unnamed());
            assert_eq!(addr.to_string(), "unix:");
        }
    }
}

#[test]
fn neither_tcp_nor_a_stream_without_a_name_gives_the_sender() {
    let _guard = guard();
    let (client, server) = common::tcp_pair();
    let (a, b) = unix_pair(Type::SOCK_STREAM);
    for (from, to) in [(&client, &server), (&a, &b)] {
        from.send(b"x", SendFlags::empty()).unwrap();
        let (n, addr) = to.recvfrom(&mut [0; 8], RecvFlags::empty()).unwrap();
        assert_eq!((n, &addr), (1, &SockAddr::EMPTY));
        assert!(addr.is_unnamed());
    }
}
