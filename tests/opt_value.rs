//! The typed values of options: what a person writes, what the kernel keeps, what is refused before it gets there.

mod common;

use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::AsRawFd;
use std::time::Duration;

use common::{guard, isolated, refusing, tcp, udp, unix, unix_pair};
use netns::Needs;
use sockets::opt::{self, Opt};
use sockets::{Domain, Errno, PollFlags, Protocol, Socket, SocketFlags, Type, UnixAddr};

fn udp6() -> Socket {
    Socket::socket(Domain::AF_INET6, Type::SOCK_DGRAM, Protocol::DEFAULT).unwrap()
}

#[test]
fn timeouts_round_up_and_never_become_for_ever() {
    let _guard = guard();
    let socket = udp();
    assert_eq!(socket.getsockopt(opt::SO_RCVTIMEO), Ok(None));
    let tick = Duration::from_millis(10);
    for nanos in [1, 999, 1000, 1001, 500_000, 999_999_999, 1_000_000_001, 1_500_000_000] {
        let time = Duration::from_nanos(nanos);
        socket.setsockopt(opt::SO_RCVTIMEO, Some(time)).unwrap();
        socket.setsockopt(opt::SO_SNDTIMEO, Some(time)).unwrap();
        for read in [socket.getsockopt(opt::SO_RCVTIMEO), socket.getsockopt(opt::SO_SNDTIMEO)] {
            let read = read.unwrap().unwrap();
            assert!(read >= time && read <= time + tick, "{time:?} became {read:?}");
        }
    }
    assert_eq!(socket.setsockopt(opt::SO_RCVTIMEO, Some(Duration::ZERO)), Err(Errno::EINVAL));
    assert_eq!(socket.setsockopt(opt::SO_SNDTIMEO, Some(Duration::ZERO)), Err(Errno::EINVAL));
    assert!(socket.getsockopt(opt::SO_RCVTIMEO).unwrap().is_some());
    socket.setsockopt(opt::SO_RCVTIMEO, None).unwrap();
    assert_eq!(socket.getsockopt(opt::SO_RCVTIMEO), Ok(None));
    // Longer than the kernel's clock can tell is for ever.
    socket.setsockopt(opt::SO_RCVTIMEO, Some(Duration::MAX)).unwrap();
    assert_eq!(socket.getsockopt(opt::SO_RCVTIMEO), Ok(None));
}

#[test]
fn linger_is_off_at_once_or_whole_seconds() {
    let _guard = guard();
    let socket = tcp();
    assert_eq!(socket.getsockopt(opt::SO_LINGER), Ok(None));
    for (set, read) in [
        (Some(Duration::ZERO), Some(Duration::ZERO)),
        (Some(Duration::from_nanos(1)), Some(Duration::from_secs(1))),
        (Some(Duration::from_millis(1500)), Some(Duration::from_secs(2))),
        (Some(Duration::from_secs(60)), Some(Duration::from_secs(60))),
        (None, None),
    ] {
        socket.setsockopt(opt::SO_LINGER, set).unwrap();
        assert_eq!(socket.getsockopt(opt::SO_LINGER), Ok(read));
    }
    for too_long in [Duration::from_secs(1 << 31), Duration::MAX] {
        assert_eq!(socket.setsockopt(opt::SO_LINGER, Some(too_long)), Err(Errno::EINVAL));
    }
    assert_eq!(socket.getsockopt(opt::SO_LINGER), Ok(None));
}

#[test]
fn seconds_round_up_and_keep_their_range() {
    let _guard = guard();
    let socket = tcp();
    for (set, read) in [(1_000, 1), (1, 1), (1_500, 2), (32_767_000, 32_767), (32_766_001, 32_767)] {
        socket.setsockopt(opt::TCP_KEEPIDLE, Duration::from_millis(set)).unwrap();
        socket.setsockopt(opt::TCP_KEEPINTVL, Duration::from_millis(set)).unwrap();
        assert_eq!(socket.getsockopt(opt::TCP_KEEPIDLE), Ok(Duration::from_secs(read)));
        assert_eq!(socket.getsockopt(opt::TCP_KEEPINTVL), Ok(Duration::from_secs(read)));
    }
    for refused in [Duration::ZERO, Duration::from_secs(32_768), Duration::from_secs(1 << 32), Duration::MAX]
    {
        assert_eq!(socket.setsockopt(opt::TCP_KEEPIDLE, refused), Err(Errno::EINVAL), "{refused:?}");
        assert_eq!(socket.setsockopt(opt::TCP_KEEPINTVL, refused), Err(Errno::EINVAL), "{refused:?}");
    }
    for (count, result) in [(1, Ok(())), (127, Ok(())), (0, Err(Errno::EINVAL)), (128, Err(Errno::EINVAL))] {
        assert_eq!(socket.setsockopt(opt::TCP_KEEPCNT, count), result, "{count}");
    }
    assert_eq!(socket.getsockopt(opt::TCP_KEEPCNT), Ok(127));
}

#[test]
fn sizes_are_doubled_and_too_large_ones_refused() {
    let _guard = guard();
    let socket = udp();
    socket.setsockopt(opt::SO_RCVBUF, 65_536).unwrap();
    socket.setsockopt(opt::SO_SNDBUF, 65_536).unwrap();
    assert_eq!(socket.getsockopt(opt::SO_RCVBUF), Ok(131_072));
    assert_eq!(socket.getsockopt(opt::SO_SNDBUF), Ok(131_072));
    for refused in [1 << 31, u32::MAX as usize, usize::MAX] {
        assert_eq!(socket.setsockopt(opt::SO_RCVBUF, refused), Err(Errno::EINVAL));
        assert_eq!(tcp().setsockopt(opt::TCP_MAXSEG, refused), Err(Errno::EINVAL));
    }
    assert_eq!(socket.getsockopt(opt::SO_RCVBUF), Ok(131_072));
    assert_eq!(socket.setsockopt(opt::SO_RCVBUF, 0), Ok(()));
    assert!(socket.getsockopt(opt::SO_RCVBUF).unwrap() > 0);
}

#[test]
fn the_pending_error_is_told_once() {
    let _guard = guard();
    let (_bound, addr) = refusing();
    let ty = Type::SOCK_STREAM | SocketFlags::SOCK_NONBLOCK;
    let socket = Socket::socket(Domain::AF_INET, ty, Protocol::DEFAULT).unwrap();
    assert_eq!(socket.getsockopt(opt::SO_ERROR), Ok(None));
    assert_eq!(socket.connect(addr), Err(Errno::EINPROGRESS));
    assert!(socket.poll(PollFlags::POLLOUT, None).unwrap().contains(PollFlags::POLLERR));
    assert_eq!(socket.getsockopt(opt::SO_ERROR), Ok(Some(Errno::ECONNREFUSED)));
    assert_eq!(socket.getsockopt(opt::SO_ERROR), Ok(None));
}

#[test]
fn the_peers_credentials_are_ours_or_nobodys() {
    let _guard = guard();
    // SAFETY: takes nothing.
    let uid = unsafe { libc::geteuid() };
    // SAFETY: takes nothing.
    let gid = unsafe { libc::getegid() };
    let ours = opt::Credentials { pid: std::process::id() as i32, uid, gid };
    let (a, b) = unix_pair(Type::SOCK_STREAM);
    assert_eq!(a.getsockopt(opt::SO_PEERCRED), Ok(Some(ours)));
    assert_eq!(b.getsockopt(opt::SO_PEERCRED), Ok(Some(ours)));
    let (listener, client, _) = common::full_unix();
    assert_eq!(client.getsockopt(opt::SO_PEERCRED), Ok(Some(ours)));
    assert_eq!(listener.accept().unwrap().0.getsockopt(opt::SO_PEERCRED), Ok(Some(ours)));

    assert_eq!(unix(Type::SOCK_STREAM).getsockopt(opt::SO_PEERCRED), Ok(None));
    assert_eq!(udp().getsockopt(opt::SO_PEERCRED), Ok(None));
    let (client, _server) = common::tcp_pair();
    assert_eq!(client.getsockopt(opt::SO_PEERCRED), Ok(None));
}

#[test]
fn passcred_gives_a_name_to_who_connects() {
    let _guard = guard();
    let (listener, _filler, addr) = common::full_unix();
    listener.accept().unwrap();
    let socket = unix(Type::SOCK_STREAM);
    assert_eq!(socket.getsockopt(opt::SO_PASSCRED), Ok(false));
    socket.setsockopt(opt::SO_PASSCRED, true).unwrap();
    assert!(socket.getsockname().unwrap().is_unnamed());
    socket.connect(addr).unwrap();
    let name = socket.getsockname().unwrap();
    assert!(matches!(name.as_unix(), Some(UnixAddr::Abstract(name)) if name.len() == 5), "{name}");
}

#[test]
fn hops_have_a_default() {
    let _guard = guard();
    let socket = udp6();
    let default = socket.getsockopt(opt::IPV6_UNICAST_HOPS).unwrap();
    assert!(default.is_some());
    for hops in [0, 1, 255] {
        socket.setsockopt(opt::IPV6_UNICAST_HOPS, Some(hops)).unwrap();
        assert_eq!(socket.getsockopt(opt::IPV6_UNICAST_HOPS), Ok(Some(hops)));
    }
    socket.setsockopt(opt::IPV6_UNICAST_HOPS, None).unwrap();
    assert_eq!(socket.getsockopt(opt::IPV6_UNICAST_HOPS), Ok(default));
}

#[test]
fn ttl_and_tos_are_bytes() {
    let _guard = guard();
    let socket = udp();
    for byte in [1, 64, 255] {
        socket.setsockopt(opt::IP_TTL, byte).unwrap();
        assert_eq!(socket.getsockopt(opt::IP_TTL), Ok(byte));
    }
    assert_eq!(socket.setsockopt(opt::IP_TTL, 0), Err(Errno::EINVAL));
    for byte in [0, 0x10, 0xb8, 255] {
        socket.setsockopt(opt::IP_TOS, byte).unwrap();
        assert_eq!(socket.getsockopt(opt::IP_TOS), Ok(byte));
    }
}

#[test]
fn v6only_keeps_ipv4_out_and_is_set_before_bind() {
    isolated(Needs::IPV6, || {
        let open = |v6only: bool| {
            let socket = udp6();
            socket.setsockopt(opt::IPV6_V6ONLY, v6only).unwrap();
            assert_eq!(socket.getsockopt(opt::IPV6_V6ONLY), Ok(v6only));
            socket
        };
        let only = open(true);
        only.bind((Ipv6Addr::UNSPECIFIED, 5000)).unwrap();
        assert_eq!(udp().bind((Ipv4Addr::UNSPECIFIED, 5000)), Ok(()));
        assert_eq!(only.setsockopt(opt::IPV6_V6ONLY, false), Err(Errno::EINVAL));
        let dual = open(false);
        dual.bind((Ipv6Addr::UNSPECIFIED, 5001)).unwrap();
        assert_eq!(udp().bind((Ipv4Addr::UNSPECIFIED, 5001)), Err(Errno::EADDRINUSE));
        assert_eq!(dual.setsockopt(opt::IPV6_V6ONLY, true), Err(Errno::EINVAL));
    });
}

#[test]
fn congestion_control_is_one_of_those_that_are_allowed() {
    let _guard = guard();
    let socket = tcp();
    let allowed = netns::sysctl("net/ipv4/tcp_allowed_congestion_control").unwrap();
    assert!(!allowed.is_empty());
    for name in allowed.split_whitespace() {
        socket.setsockopt(opt::TCP_CONGESTION, name).unwrap();
        let read = socket.getsockopt(opt::TCP_CONGESTION).unwrap();
        assert_eq!(read, *name);
        assert_eq!((read.as_bytes(), read.as_str()), (name.as_bytes(), Some(name)));
        assert_eq!((read.to_string(), format!("{read:?}")), (name.to_owned(), format!("{name:?}")));
    }
    assert_eq!(socket.setsockopt(opt::TCP_CONGESTION, "no-such-thing"), Err(Errno::ENOENT));
    // The kernel would cut these.
    for refused in ["", "reno\0", "\0", "sixteen-bytes-xx", "a name that is much too long to fit"] {
        assert_eq!(socket.setsockopt(opt::TCP_CONGESTION, refused), Err(Errno::EINVAL), "{refused:?}");
    }
    assert_eq!(socket.getsockopt(opt::TCP_CONGESTION).unwrap(), *allowed.split_whitespace().last().unwrap());
}

#[test]
fn a_value_that_needs_a_privilege_is_refused() {
    const SO_MARK: Opt<opt::Int, opt::GetSet> = Opt::new("SO_MARK", 1, 36);
    const SO_DEBUG: Opt<opt::Bool, opt::GetSet> = Opt::new("SO_DEBUG", 1, 1);
    isolated(Needs::USERNS, || {
        assert_eq!(tcp().setsockopt(SO_MARK, 7), Ok(()));
        let allowed = netns::sysctl("net/ipv4/tcp_allowed_congestion_control").unwrap();
        let available = netns::sysctl("net/ipv4/tcp_available_congestion_control").unwrap();
        common::drop_capabilities();
        assert_eq!(tcp().setsockopt(SO_MARK, 7), Err(Errno::EPERM));
        assert_eq!(tcp().setsockopt(SO_DEBUG, true), Err(Errno::EACCES));
        for name in available.split_whitespace() {
            let expected =
                if allowed.split_whitespace().any(|one| one == name) { Ok(()) } else { Err(Errno::EPERM) };
            assert_eq!(tcp().setsockopt(opt::TCP_CONGESTION, name), expected, "{name}");
        }
    });
}

#[test]
fn reuseport_shares_an_address_among_those_who_agree() {
    let _guard = guard();
    let sockets = [udp(), udp(), udp()];
    for socket in &sockets[..2] {
        socket.setsockopt(opt::SO_REUSEPORT, true).unwrap();
    }
    sockets[0].bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let addr = sockets[0].getsockname().unwrap();
    assert_eq!(sockets[1].bind(&addr), Ok(()));
    assert_eq!(sockets[2].bind(addr), Err(Errno::EADDRINUSE));
}

#[test]
fn rows_of_ones_own_work_like_ours() {
    const SO_PRIORITY: Opt<opt::Int, opt::GetSet> = Opt::new("SO_PRIORITY", 1, 12);
    const SO_DOMAIN: Opt<opt::IntAs<Domain>, opt::Get> = Opt::new("SO_DOMAIN", 1, 39);
    const IP_RECVTTL: Opt<opt::Bool, opt::Set> = Opt::new("IP_RECVTTL", 0, 12);
    const READ_IP_RECVTTL: Opt<opt::Bool, opt::Get> = Opt::new("IP_RECVTTL", 0, 12);
    const TCP_QUICKACK: (&str, i32, i32) = {
        let option: Opt<opt::Bool, opt::GetSet> = Opt::new("TCP_QUICKACK", 6, 12);
        (option.name(), option.level(), option.number())
    };
    let _guard = guard();
    let socket = udp();
    socket.setsockopt(SO_PRIORITY, 5).unwrap();
    assert_eq!(socket.getsockopt(SO_PRIORITY), Ok(5));
    assert_eq!(socket.getsockopt(SO_DOMAIN), Ok(Domain::AF_INET));
    socket.setsockopt(IP_RECVTTL, true).unwrap();
    assert_eq!(socket.getsockopt(READ_IP_RECVTTL), Ok(true));
    assert_eq!(TCP_QUICKACK, ("TCP_QUICKACK", 6, 12));
    assert_eq!(format!("{SO_PRIORITY:?}"), "SO_PRIORITY(1, 12)");
}

/// setsockopt(2) as C makes it, past everything that the library refuses.
///
/// # Safety
///
/// `value` is what the option takes; what it points to may be read.
unsafe fn set_as_in_c<T>(socket: &Socket, number: libc::c_int, value: &T) {
    let len = size_of::<T>() as libc::socklen_t;
    // SAFETY: `value` is readable for its length, and the caller answers for the rest.
    let rc = unsafe {
        libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, number, std::ptr::from_ref(value).cast(), len)
    };
    assert_eq!(rc, 0);
}

#[test]
fn a_row_of_ones_own_cannot_make_the_kernel_write_past_an_int() {
    /// The length of this one counts instructions of 8 bytes, not bytes.
    const SO_GET_FILTER: Opt<opt::Int, opt::Get> = Opt::new("SO_GET_FILTER", 1, 26);
    let _guard = guard();
    let socket = udp();
    // struct sock_filter: "return -1", that is, take everything. As many as there are bytes offered: 40 bytes.
    let filter = [libc::sock_filter { code: 6, jt: 0, jf: 0, k: u32::MAX }; 5];
    let program = libc::sock_fprog { len: 5, filter: filter.as_ptr().cast_mut() };
    // SAFETY: what the option takes: it points to as many instructions as it says.
    unsafe { set_as_in_c(&socket, libc::SO_ATTACH_FILTER, &program) };
    assert_eq!(socket.getsockopt(SO_GET_FILTER), Err(Errno::EINVAL));
}

#[test]
#[should_panic(expected = "descriptor")]
fn a_row_of_ones_own_cannot_be_a_descriptor_without_an_owner() {
    let _: Opt<opt::Int, opt::Get> = Opt::new("SO_PEERPIDFD", 1, 77);
}

#[test]
fn a_linger_that_c_made_negative_is_a_long_one() {
    let _guard = guard();
    let socket = tcp();
    let linger = libc::linger { l_onoff: 7, l_linger: -1 };
    // SAFETY: what the option takes, and what it points to lives.
    unsafe { set_as_in_c(&socket, libc::SO_LINGER, &linger) };
    let read = socket.getsockopt(opt::SO_LINGER).unwrap().unwrap();
    assert!(read > Duration::from_secs(1_000_000), "{read:?}");
}

#[test]
fn an_option_that_is_not_there_is_refused() {
    const NONE: Opt<opt::Int, opt::GetSet> = Opt::new("SO_NONE", 1, 9999);
    const NO_LEVEL: Opt<opt::Int, opt::GetSet> = Opt::new("NO_LEVEL", 9999, 1);
    /// A 64-bit number, for which an int has no room.
    const SO_COOKIE: Opt<opt::Int, opt::Get> = Opt::new("SO_COOKIE", 1, 57);
    let _guard = guard();
    assert_eq!(tcp().getsockopt(NONE), Err(Errno::ENOPROTOOPT));
    assert_eq!(tcp().setsockopt(NONE, 1), Err(Errno::ENOPROTOOPT));
    assert_eq!(tcp().getsockopt(SO_COOKIE), Err(Errno::EINVAL));
    let unix = unix(Type::SOCK_STREAM);
    assert_eq!(unix.getsockopt(opt::TCP_NODELAY), Err(Errno::EOPNOTSUPP));
    assert_eq!(unix.setsockopt(opt::TCP_NODELAY, true), Err(Errno::EOPNOTSUPP));
    assert_eq!(unix.getsockopt(NO_LEVEL), Err(Errno::EOPNOTSUPP));
    assert_eq!(udp().setsockopt(opt::TCP_NODELAY, true), Err(Errno::ENOPROTOOPT));
    assert_eq!(udp().getsockopt(opt::IPV6_V6ONLY), Err(Errno::EOPNOTSUPP));
    assert_eq!(udp().setsockopt(opt::IPV6_V6ONLY, true), Err(Errno::ENOPROTOOPT));
    assert_eq!(udp().setsockopt(opt::IP_HDRINCL, true), Err(Errno::ENOPROTOOPT));
}

#[test]
fn a_row_of_an_int_over_something_else_is_einval_and_over_a_number_of_two_sizes_it_is_the_number() {
    const TCP_INFO: Opt<opt::Int, opt::Get> = Opt::new("TCP_INFO", 6, 11);
    const TCP_ZEROCOPY_RECEIVE: Opt<opt::Int, opt::Get> = Opt::new("TCP_ZEROCOPY_RECEIVE", 6, 35);
    /// The kernel gives 4 bytes to those who have room for less than 8.
    const SO_MAX_PACING_RATE: Opt<opt::Int, opt::GetSet> = Opt::new("SO_MAX_PACING_RATE", 1, 47);
    let _guard = guard();
    let socket = tcp();
    assert_eq!(socket.getsockopt(TCP_INFO), Err(Errno::EINVAL));
    assert_eq!(socket.getsockopt(TCP_ZEROCOPY_RECEIVE), Err(Errno::EINVAL));
    socket.setsockopt(SO_MAX_PACING_RATE, 12345).unwrap();
    assert_eq!(socket.getsockopt(SO_MAX_PACING_RATE), Ok(12345));
}
