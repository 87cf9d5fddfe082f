//! Addresses as values: from and to the types of std, views, order, equality, hashes.

mod common;

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::AsRawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::SocketAddr as StdUnixAddr;
use std::path::{Path, PathBuf};

use common::{Dir, guard, isolated, unix};
use netns::Needs;
use sockets::{Addr, Domain, Errno, Protocol, SendFlags, SockAddr, Socket, ToSockAddr, Type, UnixAddr, opt};

fn v4(text: &str) -> SocketAddrV4 {
    text.parse().unwrap()
}

fn hash(value: &impl std::hash::Hash) -> u64 {
    use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
    BuildHasherDefault::<DefaultHasher>::default().hash_one(value)
}

#[test]
fn ipv4_is_sockaddr_in() {
    let addr = SockAddr::from(v4("192.0.2.7:513"));
    let mut bytes = [0; 16];
    bytes[..2].copy_from_slice(&(libc::AF_INET as u16).to_ne_bytes());
    bytes[2..8].copy_from_slice(&[2, 1, 192, 0, 2, 7]);
    assert_eq!(addr.as_bytes(), bytes);
    assert_eq!(addr.family(), Domain::AF_INET);
    assert_eq!(addr.as_ipv4(), Some(v4("192.0.2.7:513")));
    assert_eq!(addr.as_socket(), Some(SocketAddr::V4(v4("192.0.2.7:513"))));
    assert_eq!(addr.port(), Some(513));
    assert_eq!(addr.view(), Addr::V4(v4("192.0.2.7:513")));
    assert_eq!((addr.as_ipv6(), addr.as_unix(), addr.is_unnamed()), (None, None, false));
}

#[test]
fn ipv6_is_sockaddr_in6_with_flow_information_in_network_order() {
    let ip: Ipv6Addr = "2001:db8::7".parse().unwrap();
    let v6 = SocketAddrV6::new(ip, 513, 0x0001_2345, 9);
    let addr = SockAddr::from(v6);
    let mut bytes = [0; 28];
    bytes[..2].copy_from_slice(&(libc::AF_INET6 as u16).to_ne_bytes());
    bytes[2..8].copy_from_slice(&[2, 1, 0x00, 0x01, 0x23, 0x45]);
    bytes[8..24].copy_from_slice(&ip.octets());
    bytes[24..].copy_from_slice(&9_u32.to_ne_bytes());
    assert_eq!(addr.as_bytes(), bytes);
    assert_eq!(addr.as_ipv6(), Some(v6));
    assert_eq!((addr.view(), addr.as_socket(), addr.port()), (Addr::V6(v6), Some(v6.into()), Some(513)));
    assert_eq!((addr.as_ipv4(), addr.as_unix(), addr.is_unnamed()), (None, None, false));
}

#[test]
fn the_kernel_takes_flow_information_as_we_write_it() {
    /// linux/in6.h: the flow information of an address counts.
    const IPV6_FLOWINFO_SEND: opt::Opt<opt::Bool, opt::GetSet> = opt::Opt::new("IPV6_FLOWINFO_SEND", 41, 33);
    const IPV6_FLOWLABEL_MGR: i32 = 32;
    const LABEL: u32 = 0x0001_2345;
    // A lease outlives its socket by some seconds, so it needs a network of its own.
    isolated(Needs::IPV6, || {
        let socket = Socket::socket(Domain::AF_INET6, Type::SOCK_DGRAM, Protocol::DEFAULT).unwrap();
        // struct in6_flowlabel_req: destination, label, IPV6_FL_A_GET, IPV6_FL_S_EXCL, IPV6_FL_F_CREATE.
        let mut request = [0_u8; 32];
        request[..16].copy_from_slice(&Ipv6Addr::LOCALHOST.octets());
        request[16..20].copy_from_slice(&LABEL.to_be_bytes());
        request[21] = 1;
        request[22..24].copy_from_slice(&1_u16.to_ne_bytes());
        // SAFETY: the bytes are readable for their length.
        let rc = unsafe {
            libc::setsockopt(socket.as_raw_fd(), 41, IPV6_FLOWLABEL_MGR, request.as_ptr().cast(), 32)
        };
        assert_eq!(rc, 0, "{}", std::io::Error::last_os_error());
        socket.setsockopt(IPV6_FLOWINFO_SEND, true).unwrap();

        // The kernel refuses every label but the one that was leased.
        let to = |label: u32| SocketAddrV6::new(Ipv6Addr::LOCALHOST, 9, label, 0);
        assert_eq!(socket.sendto(b"x", SendFlags::empty(), to(LABEL)), Ok(1));
        assert_eq!(socket.sendto(b"x", SendFlags::empty(), to(LABEL + 1)), Err(Errno::EINVAL));
        assert_eq!(socket.sendto(b"x", SendFlags::empty(), to(LABEL.swap_bytes())), Err(Errno::EINVAL));
    });
}

#[test]
fn every_pair_and_type_of_std_gives_the_same_address() {
    let four = SockAddr::from(v4("192.0.2.7:80"));
    let ip = Ipv4Addr::new(192, 0, 2, 7);
    assert_eq!(SockAddr::from((ip, 80)), four);
    assert_eq!(SockAddr::from((IpAddr::V4(ip), 80)), four);
    assert_eq!(SockAddr::from(SocketAddr::from((ip, 80))), four);
    let ip: Ipv6Addr = "2001:db8::7".parse().unwrap();
    let six = SockAddr::from(SocketAddrV6::new(ip, 80, 0, 0));
    assert_eq!(SockAddr::from((ip, 80)), six);
    assert_eq!(SockAddr::from((IpAddr::V6(ip), 80)), six);
    assert_eq!(SockAddr::from(SocketAddr::from((ip, 80))), six);
}

#[test]
fn to_sock_addr_is_there_for_all_of_them() {
    fn encoded(addr: impl ToSockAddr) -> SockAddr {
        use std::borrow::Borrow;
        addr.to_sockaddr().unwrap().borrow().clone()
    }
    let four = v4("192.0.2.7:80");
    let expected = SockAddr::from(four);
    assert_eq!(encoded(four), expected);
    let twice = &&four;
    assert_eq!(encoded(twice), expected);
    assert_eq!(encoded(SocketAddr::V4(four)), expected);
    assert_eq!(encoded((*four.ip(), 80)), expected);
    assert_eq!(encoded((IpAddr::V4(*four.ip()), 80)), expected);
    assert_eq!(encoded(&expected), expected);
    assert_eq!(encoded(&expected), expected);
    let six: SocketAddrV6 = "[2001:db8::7]:80".parse().unwrap();
    assert_eq!(encoded(six), SockAddr::from(six));
    assert_eq!(encoded((*six.ip(), 80)), SockAddr::from(six));

    let path = Path::new("/run/x.sock");
    let expected = SockAddr::try_from(UnixAddr::Pathname(path)).unwrap();
    assert_eq!(encoded(path), expected);
    let owned = PathBuf::from(path);
    assert_eq!(encoded(&owned), expected);
    assert_eq!(encoded(owned), expected);
    assert_eq!(encoded(UnixAddr::Pathname(path)), expected);
    assert_eq!(encoded(StdUnixAddr::from_pathname(path).unwrap()), expected);
    let name = StdUnixAddr::from_abstract_name(b"a\0name").unwrap();
    assert_eq!(encoded(&name).as_unix(), Some(UnixAddr::Abstract(b"a\0name")));
    let (unnamed, _) = std::os::unix::net::UnixDatagram::pair().unwrap();
    assert_eq!(encoded(unnamed.local_addr().unwrap()).as_unix(), Some(UnixAddr::Unnamed));
}

#[test]
fn addresses_convert_back_to_std() {
    for text in ["192.0.2.7:80", "[2001:db8::7%3]:80"] {
        let addr: SockAddr = text.parse().unwrap();
        assert_eq!(SocketAddr::try_from(&addr), Ok(text.parse().unwrap()));
        assert_eq!(StdUnixAddr::try_from(&addr).map(drop), Err(Errno::EAFNOSUPPORT));
    }
    for text in ["unix:/run/x.sock", "unix:@a\\x00b", "unix:@", "unix:"] {
        let addr: SockAddr = text.parse().unwrap();
        let std = StdUnixAddr::try_from(&addr).unwrap();
        assert_eq!(SockAddr::try_from(&std), Ok(addr.clone()), "{text}");
        assert_eq!(UnixAddr::from(&std), addr.as_unix().unwrap());
        assert_eq!(SocketAddr::try_from(&addr), Err(Errno::EAFNOSUPPORT));
    }
    let path = "p".repeat(108);
    let addr = SockAddr::try_from(Path::new(&path)).unwrap();
    assert_eq!(addr.as_unix(), Some(UnixAddr::Pathname(Path::new(&path))));
    // One byte more than std takes.
    assert_eq!(StdUnixAddr::try_from(&addr).map(drop), Err(Errno::EINVAL));
    assert_eq!(SockAddr::try_from(Path::new("")), Err(Errno::EINVAL));
    assert_eq!(SocketAddr::try_from(&SockAddr::EMPTY), Err(Errno::EAFNOSUPPORT));
}

#[test]
fn unix_names_are_sockaddr_un() {
    let family = (libc::AF_UNIX as u16).to_ne_bytes();
    let bytes = |addr: UnixAddr<'_>| SockAddr::try_from(addr).unwrap().as_bytes().to_vec();
    assert_eq!(bytes(UnixAddr::Unnamed), family);
    assert_eq!(bytes(UnixAddr::Abstract(b"")), [&family[..], b"\0"].concat());
    assert_eq!(bytes(UnixAddr::Abstract(b"a\0b")), [&family[..], b"\0a\0b"].concat());
    assert_eq!(bytes(UnixAddr::Pathname(Path::new("/x"))), [&family[..], b"/x\0"].concat());
}

#[test]
fn unix_names_that_cannot_be_are_refused() {
    let encode = |addr: UnixAddr<'_>| SockAddr::try_from(addr).map(|addr| addr.as_bytes().len());
    let path = "p".repeat(200);
    assert_eq!(encode(UnixAddr::Pathname(Path::new(&path[..107]))), Ok(110));
    assert_eq!(encode(UnixAddr::Pathname(Path::new(&path[..108]))), Ok(110));
    assert_eq!(encode(UnixAddr::Pathname(Path::new(&path[..109]))), Err(Errno::ENAMETOOLONG));
    assert_eq!(encode(UnixAddr::Pathname(Path::new(&path))), Err(Errno::ENAMETOOLONG));
    assert_eq!(encode(UnixAddr::Pathname(Path::new(""))), Err(Errno::EINVAL));
    assert_eq!(encode(UnixAddr::Pathname(Path::new("a\0"))), Err(Errno::EINVAL));
    assert_eq!(encode(UnixAddr::Pathname(Path::new("\0a"))), Err(Errno::EINVAL));
    assert_eq!(encode(UnixAddr::Abstract(&[7; 107])), Ok(110));
    assert_eq!(encode(UnixAddr::Abstract(&[7; 108])), Err(Errno::ENAMETOOLONG));
    assert_eq!(encode(UnixAddr::Abstract(&[7; 5000])), Err(Errno::ENAMETOOLONG));
}

#[test]
fn an_address_of_ours_equals_the_one_that_the_kernel_gives() {
    let _guard = guard();
    let dir = Dir::new();
    for len in [40, 107, 108] {
        let path = dir.free_of(len);
        let socket = unix(Type::SOCK_STREAM);
        socket.bind(&path).unwrap();
        let ours = SockAddr::try_from(UnixAddr::Pathname(&path)).unwrap();
        let kernels = socket.getsockname().unwrap();
        assert_eq!((&ours, hash(&ours)), (&kernels, hash(&kernels)));
    }
    let udp = common::udp_bound();
    let kernels = udp.getsockname().unwrap();
    let ours = SockAddr::from(kernels.as_ipv4().unwrap());
    assert_eq!((&ours, hash(&ours)), (&kernels, hash(&kernels)));
}

#[test]
fn a_path_ends_with_its_nul_and_an_abstract_name_does_not() {
    let with = |name: &[u8]| SockAddr::from_bytes(&[&1_u16.to_ne_bytes(), name].concat()).unwrap();
    let path = |name: &'static str| Some(UnixAddr::Pathname(Path::new(name)));
    assert_eq!(with(b"/x").as_unix(), path("/x"));
    assert_eq!(with(b"/x\0").as_unix(), path("/x"));
    assert_eq!(with(b"/x\0garbage").as_unix(), path("/x"));
    assert_eq!(with(b"\0x\0y\0").as_unix(), Some(UnixAddr::Abstract(b"x\0y\0")));
    assert_eq!(with(b"\0").as_unix(), Some(UnixAddr::Abstract(b"")));
    assert_eq!(with(b"").as_unix(), Some(UnixAddr::Unnamed));
    // Different bytes are different addresses.
    assert_ne!(with(b"/x"), with(b"/x\0"));
}

#[test]
fn addresses_are_ordered_by_family_then_bytes() {
    let sorted: [SockAddr; 11] = [
        SockAddr::EMPTY,
        "af:0:".parse().unwrap(),
        "af:0:00".parse().unwrap(),
        "unix:".parse().unwrap(),
        "unix:@a".parse().unwrap(),
        "unix:@b".parse().unwrap(),
        "unix:/a".parse().unwrap(),
        "1.2.3.4:80".parse().unwrap(),
        "1.2.3.5:80".parse().unwrap(),
        "1.2.3.4:81".parse().unwrap(),
        "[::1]:1".parse().unwrap(),
    ];
    for (i, a) in sorted.iter().enumerate() {
        for (j, b) in sorted.iter().enumerate() {
            assert_eq!(a.cmp(b), i.cmp(&j), "{a} {b}");
            assert_eq!(a.partial_cmp(b), Some(i.cmp(&j)));
            assert_eq!(a == b, i == j);
            assert_eq!(hash(a) == hash(b), i == j);
        }
    }
    let set: BTreeSet<&SockAddr> = sorted.iter().rev().collect();
    assert!(set.into_iter().eq(&sorted));
    let set: HashSet<&SockAddr> = sorted.iter().chain(&sorted).collect();
    assert_eq!(set.len(), sorted.len());
    // The family counts as a number, not as the bytes of this machine.
    let (low, high): (SockAddr, SockAddr) = ("af:3:".parse().unwrap(), "af:256:".parse().unwrap());
    assert_eq!(low.cmp(&high), Ordering::Less);
}

#[test]
fn names_are_ordered_too() {
    let names = [
        UnixAddr::Pathname(Path::new("/a")),
        UnixAddr::Pathname(Path::new("/b")),
        UnixAddr::Abstract(b""),
        UnixAddr::Abstract(b"a"),
        UnixAddr::Unnamed,
    ];
    assert!(names.is_sorted());
    assert_eq!(names.into_iter().collect::<HashSet<_>>().len(), 5);
    let views = [Addr::V4(v4("1.2.3.4:5")), Addr::Unix(names[0]), Addr::Unix(names[4])];
    assert!(views.is_sorted());
    assert_eq!(views.into_iter().collect::<HashSet<_>>().len(), 3);
}

#[test]
fn no_address_is_empty_and_unnamed() {
    assert_eq!(SockAddr::default(), SockAddr::EMPTY);
    assert_eq!(SockAddr::EMPTY.as_bytes(), b"");
    assert_eq!(SockAddr::EMPTY.family(), Domain::AF_UNSPEC);
    assert!(SockAddr::EMPTY.is_unnamed());
    assert_eq!(SockAddr::EMPTY.view(), Addr::Other { family: Domain::AF_UNSPEC, data: b"" });
    assert_eq!(SockAddr::from_bytes(b""), Ok(SockAddr::EMPTY));
}

#[test]
fn other_families_are_kept_as_bytes() {
    let _guard = guard();
    // The kernel's own cipher, if it has that; its address says its name.
    let mut hash = [0; 88];
    hash[..2].copy_from_slice(&(libc::AF_ALG as u16).to_ne_bytes());
    hash[2..6].copy_from_slice(b"hash");
    hash[24..28].copy_from_slice(b"sha1");
    let name = SockAddr::from_bytes(&hash).unwrap();
    let Addr::Other { family, data } = name.view() else { panic!("{name}") };
    assert_eq!((family.raw(), data), (libc::AF_ALG, &hash[2..]));
    assert_eq!(name.to_string().parse::<SockAddr>().unwrap(), name);
    let socket = Socket::socket(Domain::AF_NETLINK, Type::SOCK_RAW, Protocol::DEFAULT).unwrap();
    assert_eq!(socket.bind(&name), Err(Errno::EINVAL));
    assert_eq!(name.port(), None);
    assert!(!name.is_unnamed());
    assert!(format!("{socket:?}").contains("domain: AF_NETLINK"));
}

#[test]
fn debug_of_a_name_shows_every_byte() {
    assert_eq!(format!("{:?}", UnixAddr::Abstract(b"a\0\xff")), r#"Abstract("a\x00\xff")"#);
    assert_eq!(format!("{:?}", UnixAddr::Pathname(Path::new("/a b"))), r#"Pathname("/a b")"#);
    assert_eq!(format!("{:?}", UnixAddr::Unnamed), "Unnamed");
}
