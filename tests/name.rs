//! bind(2), getsockname(2), getpeername(2): names given, read back and refused, for every family.

mod common;

use std::ffi::OsStr;
use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::path::Path;

use common::{Dir, Names, free_name, guard, isolated, tcp, udp, udp_bound, unix};
use netns::Needs;
use sockets::{Addr, Domain, Errno, Protocol, SockAddr, Socket, Type, UnixAddr, opt};

#[test]
fn a_bound_socket_has_the_name_it_was_given() {
    let _guard = guard();
    let dir = Dir::new();
    for kind in common::kinds() {
        let given = kind.free_addr(&dir);
        let socket = kind.open();
        socket.bind(&given).unwrap();
        let name = socket.getsockname().unwrap();
        assert_eq!(name.family(), kind.domain);
        match (given.view(), name.view()) {
            (Addr::V4(_), Addr::V4(v4)) => assert!(v4.ip().is_loopback() && v4.port() != 0),
            (Addr::V6(_), Addr::V6(v6)) => assert!(v6.ip().is_loopback() && v6.port() != 0),
            (given, name) => assert_eq!(given, name),
        }
        if let Some(UnixAddr::Pathname(path)) = name.as_unix() {
            assert!(fs::metadata(path).unwrap().file_type().is_socket());
        }
    }
}

#[test]
fn a_socket_that_was_never_bound_has_the_empty_name_of_its_family() {
    let _guard = guard();
    let name = |domain| {
        let socket = Socket::socket(domain, Type::SOCK_STREAM, Protocol::DEFAULT).unwrap();
        socket.getsockname().unwrap()
    };
    assert_eq!(name(Domain::AF_INET), (Ipv4Addr::UNSPECIFIED, 0).into());
    assert_eq!(name(Domain::AF_INET6), (Ipv6Addr::UNSPECIFIED, 0).into());
    let unix = name(Domain::AF_UNIX);
    assert_eq!(unix.as_unix(), Some(UnixAddr::Unnamed));
    assert!(unix.is_unnamed());
    assert_eq!(unix.as_bytes(), (libc::AF_UNIX as u16).to_ne_bytes());
}

#[test]
fn unnamed_asks_for_a_free_abstract_name() {
    let _guard = guard();
    for ty in [Type::SOCK_STREAM, Type::SOCK_DGRAM, Type::SOCK_SEQPACKET] {
        let (a, b) = (unix(ty), unix(ty));
        a.bind(UnixAddr::Unnamed).unwrap();
        b.bind(UnixAddr::Unnamed).unwrap();
        let names = [a.getsockname().unwrap(), b.getsockname().unwrap()];
        assert_ne!(names[0], names[1]);
        for name in names {
            let Some(UnixAddr::Abstract(name)) = name.as_unix() else { panic!("{name}") };
            assert!(name.len() == 5 && name.iter().all(u8::is_ascii_hexdigit), "{name:?}");
        }
    }
}

#[test]
fn a_taken_name_is_eaddrinuse() {
    let _guard = guard();
    let dir = Dir::new();
    for kind in common::kinds() {
        let taken = kind.bound(&dir);
        let error = kind.open().bind(taken.getsockname().unwrap()).unwrap_err();
        assert_eq!(error, Errno::EADDRINUSE, "{kind:?}");
    }
    // A listener keeps its port, whatever SO_REUSEADDR says.
    let listener = tcp();
    listener.setsockopt(opt::SO_REUSEADDR, true).unwrap();
    listener.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.listen(1).unwrap();
    let other = tcp();
    other.setsockopt(opt::SO_REUSEADDR, true).unwrap();
    assert_eq!(other.bind(listener.getsockname().unwrap()), Err(Errno::EADDRINUSE));
}

#[test]
fn an_existing_path_is_eaddrinuse_also_when_its_socket_is_gone() {
    let _guard = guard();
    let dir = Dir::new();
    let path = dir.free();
    fs::write(&path, "a file").unwrap();
    assert_eq!(unix(Type::SOCK_STREAM).bind(path.as_path()), Err(Errno::EADDRINUSE));
    assert_eq!(fs::read(&path).unwrap(), b"a file");

    let path = dir.free();
    let socket = unix(Type::SOCK_DGRAM);
    socket.bind(&path).unwrap();
    socket.close().unwrap();
    assert_eq!(unix(Type::SOCK_DGRAM).bind(&path), Err(Errno::EADDRINUSE));
    fs::remove_file(&path).unwrap();
    assert_eq!(unix(Type::SOCK_DGRAM).bind(&path), Ok(()));
}

#[test]
fn an_address_of_another_machine_is_eaddrnotavail() {
    let _guard = guard();
    assert_eq!(tcp().bind((Ipv4Addr::new(192, 0, 2, 1), 0)), Err(Errno::EADDRNOTAVAIL));
    assert_eq!(udp().bind((Ipv4Addr::new(192, 0, 2, 1), 0)), Err(Errno::EADDRNOTAVAIL));
    if common::has_ipv6() {
        let socket = Socket::socket(Domain::AF_INET6, Type::SOCK_STREAM, Protocol::DEFAULT).unwrap();
        let documentation: Ipv6Addr = "2001:db8::1".parse().unwrap();
        assert_eq!(socket.bind((documentation, 0)), Err(Errno::EADDRNOTAVAIL));
    }
}

#[test]
fn an_address_of_another_family_is_refused() {
    let _guard = guard();
    let v4 = SockAddr::from((Ipv4Addr::LOCALHOST, 0));
    let v6 = SockAddr::from((Ipv6Addr::LOCALHOST, 0));
    let name = SockAddr::try_from(UnixAddr::Abstract(&[b'x'; 40])).unwrap();
    let socket = |domain| Socket::socket(domain, Type::SOCK_STREAM, Protocol::DEFAULT).unwrap();
    for (domain, addr, errno) in [
        (Domain::AF_INET, &v6, Errno::EAFNOSUPPORT),
        (Domain::AF_INET, &name, Errno::EAFNOSUPPORT),
        // An IPv4 address is too short to be looked at.
        (Domain::AF_INET6, &v4, Errno::EINVAL),
        (Domain::AF_INET6, &name, Errno::EAFNOSUPPORT),
        (Domain::AF_UNIX, &v4, Errno::EINVAL),
        (Domain::AF_UNIX, &v6, Errno::EINVAL),
        (Domain::AF_INET, &SockAddr::EMPTY, Errno::EINVAL),
        (Domain::AF_INET6, &SockAddr::EMPTY, Errno::EINVAL),
        (Domain::AF_UNIX, &SockAddr::EMPTY, Errno::EINVAL),
    ] {
        assert_eq!(socket(domain).bind(addr), Err(errno), "{domain:?} {addr}");
    }
}

#[test]
fn a_second_bind_is_einval() {
    let _guard = guard();
    let dir = Dir::new();
    for kind in common::kinds() {
        let socket = kind.bound(&dir);
        let name = socket.getsockname().unwrap();
        assert_eq!(socket.bind(kind.free_addr(&dir)), Err(Errno::EINVAL), "{kind:?}");
        assert_eq!(socket.getsockname().unwrap(), name);
    }
}

#[test]
fn paths_of_up_to_108_bytes_are_bound_whole() {
    let _guard = guard();
    let dir = Dir::new();
    for len in [106, 107, 108] {
        let path = dir.free_of(len);
        let socket = unix(Type::SOCK_STREAM);
        socket.bind(&path).unwrap();
        let name = socket.getsockname().unwrap();
        assert_eq!(name.as_unix(), Some(UnixAddr::Pathname(&path)));
        assert!(fs::metadata(&path).unwrap().file_type().is_socket());
        // The family, the path, and a NUL where there is room for one.
        assert_eq!(name.as_bytes().len(), 2 + (len + 1).min(108));
    }
    for len in [109, 110, 4000] {
        let socket = unix(Type::SOCK_STREAM);
        assert_eq!(socket.bind(dir.free_of(len)), Err(Errno::ENAMETOOLONG), "{len}");
        assert!(socket.getsockname().unwrap().is_unnamed());
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3);
}

#[test]
fn abstract_names_of_up_to_107_bytes_are_bound_whole() {
    let _guard = guard();
    let tag = free_name();
    for len in [tag.len(), 106, 107] {
        let name = format!("{tag:x<len$}");
        let socket = unix(Type::SOCK_STREAM);
        socket.bind(UnixAddr::Abstract(name.as_bytes())).unwrap();
        assert_eq!(socket.getsockname().unwrap().as_unix(), Some(UnixAddr::Abstract(name.as_bytes())));
    }
    let socket = unix(Type::SOCK_STREAM);
    assert_eq!(socket.bind(UnixAddr::Abstract(&[b'x'; 108])), Err(Errno::ENAMETOOLONG));
    assert!(socket.getsockname().unwrap().is_unnamed());
}

#[test]
fn abstract_names_may_be_empty_and_hold_any_bytes() {
    // The names are short, so they need a network of their own.
    isolated(Needs::USERNS, || {
        let names: [&[u8]; 6] = [b"", b"\0", b"\0\0", b"a\0b", b"a\0", b"\xff\xfe"];
        let bound = names.map(|name| {
            let socket = unix(Type::SOCK_STREAM);
            socket.bind(UnixAddr::Abstract(name)).unwrap();
            assert_eq!(socket.getsockname().unwrap().as_unix(), Some(UnixAddr::Abstract(name)));
            socket.listen(1).unwrap();
            socket
        });
        for (name, listener) in names.iter().zip(bound) {
            let client = unix(Type::SOCK_STREAM);
            client.connect(UnixAddr::Abstract(name)).unwrap();
            assert_eq!(client.getpeername(), listener.getsockname());
        }
    });
}

#[test]
fn a_path_that_the_kernel_would_misread_is_refused() {
    let _guard = guard();
    let dir = Dir::new();
    let with_nul = dir.path().join(OsStr::from_bytes(b"em\0bedded"));
    let first_nul = Path::new(OsStr::from_bytes(b"\0abstract"));
    for path in [with_nul.as_path(), first_nul, Path::new("")] {
        let socket = unix(Type::SOCK_STREAM);
        assert_eq!(socket.bind(path), Err(Errno::EINVAL), "{path:?}");
        assert_eq!(socket.connect(path), Err(Errno::EINVAL), "{path:?}");
        assert!(socket.getsockname().unwrap().is_unnamed());
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn the_directory_of_a_path_decides_as_for_open() {
    let _guard = guard();
    let dir = Dir::new();
    let bind = |path: &Path| unix(Type::SOCK_STREAM).bind(path).unwrap_err();
    assert_eq!(bind(&dir.path().join("missing/s")), Errno::ENOENT);
    let file = dir.free();
    fs::write(&file, "").unwrap();
    assert_eq!(bind(&file.join("s")), Errno::ENOTDIR);
    let knot = dir.free();
    symlink(&knot, &knot).unwrap();
    assert_eq!(bind(&knot.join("s")), Errno::ELOOP);
}

#[test]
fn without_privilege_low_ports_and_foreign_directories_are_eacces() {
    isolated(Needs::USERNS, || {
        let dir = Dir::new();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o555)).unwrap();
        assert_eq!(tcp().bind((Ipv4Addr::LOCALHOST, 80)), Ok(()));
        common::drop_capabilities();
        assert_eq!(tcp().bind((Ipv4Addr::LOCALHOST, 80)), Err(Errno::EACCES));
        assert_eq!(unix(Type::SOCK_STREAM).bind(dir.free()), Err(Errno::EACCES));
    });
}

#[test]
fn getpeername_is_the_name_of_the_other_end() {
    let _guard = guard();
    let dir = Dir::new();
    for kind in common::connecting() {
        let (client, server) = kind.connection(&dir);
        assert_eq!(client.getpeername(), server.getsockname(), "{kind:?}");
        assert_eq!(server.getpeername(), client.getsockname(), "{kind:?}");
        assert!(!client.getpeername().unwrap().is_unnamed());
    }
    for kind in common::datagrams() {
        let (a, b) = (kind.bound(&dir), kind.bound(&dir));
        a.connect(b.getsockname().unwrap()).unwrap();
        assert_eq!(a.getpeername(), b.getsockname(), "{kind:?}");
    }
}

#[test]
fn without_a_peer_getpeername_is_enotconn() {
    let _guard = guard();
    let dir = Dir::new();
    for kind in common::kinds() {
        assert_eq!(kind.open().getpeername(), Err(Errno::ENOTCONN), "{kind:?}");
        assert_eq!(kind.bound(&dir).getpeername(), Err(Errno::ENOTCONN), "{kind:?}");
    }
    for kind in common::connecting() {
        assert_eq!(kind.listener(&dir).getpeername(), Err(Errno::ENOTCONN), "{kind:?}");
    }
}

#[test]
fn every_way_to_write_an_address_binds_and_connects() {
    let _guard = guard();
    let peer = udp_bound();
    let port = peer.getsockname().unwrap().port().unwrap();
    let v4 = std::net::SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
    let connected = |result: sockets::Result<()>, socket: Socket| {
        assert_eq!(result, Ok(()));
        assert_eq!(socket.getpeername(), Ok(v4.into()));
    };
    let (s, addr) = (udp(), (Ipv4Addr::LOCALHOST, port));
    connected(s.connect(addr), s);
    let (s, addr) = (udp(), (std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    connected(s.connect(addr), s);
    let s = udp();
    connected(s.connect(v4), s);
    let (s, addr) = (udp(), std::net::SocketAddr::V4(v4));
    connected(s.connect(addr), s);
    let (s, addr) = (udp(), SockAddr::from(v4));
    connected(s.connect(addr), s);
    let (s, addr) = (udp(), SockAddr::from(v4));
    connected(s.connect(&addr), s);

    let dir = Dir::new();
    let listener = std::os::unix::net::UnixDatagram::bind(dir.free()).unwrap();
    let name = listener.local_addr().unwrap();
    let path = name.as_pathname().unwrap();
    let connected = |result: sockets::Result<()>, socket: Socket| {
        assert_eq!(result, Ok(()));
        assert_eq!(socket.getpeername().unwrap().as_unix(), Some(UnixAddr::Pathname(path)));
    };
    let s = unix(Type::SOCK_DGRAM);
    connected(s.connect(path), s);
    let s = unix(Type::SOCK_DGRAM);
    connected(s.connect(path.to_path_buf()), s);
    let s = unix(Type::SOCK_DGRAM);
    connected(s.connect(UnixAddr::Pathname(path)), s);
    let s = unix(Type::SOCK_DGRAM);
    connected(s.connect(&name), s);
    let s = unix(Type::SOCK_DGRAM);
    connected(s.connect(UnixAddr::from(&name)), s);
}

#[test]
fn ipv6_scope_is_part_of_the_name() {
    isolated(Needs::VETH | Needs::IPV6, || {
        let here = netns::Namespace::current().unwrap();
        let there = netns::Namespace::new().unwrap();
        here.veth("v0", &there, "v0").unwrap();
        let index = here.index("v0").unwrap();
        let local: Ipv6Addr = "fe80::1".parse().unwrap();
        here.add_address("v0", local.into(), 64).unwrap();
        let open = || Socket::socket(Domain::AF_INET6, Type::SOCK_DGRAM, Protocol::DEFAULT).unwrap();
        // A link-local address without the link is no address.
        assert_eq!(open().bind((local, 0)), Err(Errno::EINVAL));
        let socket = open();
        socket.bind("[fe80::1%v0]:0".parse::<SockAddr>().unwrap()).unwrap();
        let name = socket.getsockname().unwrap();
        let v6 = name.as_ipv6().unwrap();
        assert_eq!((*v6.ip(), v6.scope_id()), (local, index));
        assert_eq!(name.to_string(), format!("[fe80::1%{index}]:{}", v6.port()));
    });
}

#[test]
fn kinds_cover_all_families() {
    let _guard = guard();
    let names: Vec<Names> = common::kinds().iter().map(|kind| kind.names).collect();
    for name in [Names::Ipv4, Names::Path, Names::Abstract] {
        assert!(names.contains(&name));
    }
}
