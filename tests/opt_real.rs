//! Options that tell something of a connection, a peer or a group: what they tell is true.

mod common;

use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::AsRawFd;

use common::{guard, isolated, leaks_nothing, tcp, tcp_pair, unix_pair};
use netns::{Needs, set_sysctl};
use sockets::opt::{
    self, FilterMode, GroupFilter, Icmp6Filter, IpMreqn, IpMsfilter, MtuDiscover, TcpState, mcast4,
};
use sockets::{Domain, Errno, PollFlags, Protocol, RecvFlags, SendFlags, SockAddr, Socket, Type};

fn listener() -> (Socket, SockAddr) {
    let socket = tcp();
    socket.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.listen(7).unwrap();
    let addr = socket.getsockname().unwrap();
    (socket, addr)
}

#[test]
fn tcp_info_counts_what_went_over_the_connection() {
    let _guard = guard();
    let (client, server) = tcp_pair();
    client.send_all(&[7; 1000], SendFlags::empty()).unwrap();
    server.recv_exact(&mut [0; 1000][..], RecvFlags::empty()).unwrap();
    server.send_all(b"x", SendFlags::empty()).unwrap();
    client.recv_exact(&mut [0; 1][..], RecvFlags::empty()).unwrap();
    let info = client.getsockopt(opt::TCP_INFO).unwrap();
    assert_eq!(info.state(), TcpState::TCP_ESTABLISHED);
    // The answer has brought the acknowledgement, and the SYN counts as a byte.
    assert_eq!((info.bytes_acked(), info.bytes_received(), info.bytes_sent()), (1001, 1, 1000));
    assert!(info.rtt() > std::time::Duration::ZERO && info.snd_cwnd() > 0 && info.snd_mss() > 500);
    assert!(info.filled() >= 232, "{}", info.filled());
    assert_eq!(info.rcv_wnd().is_some(), info.filled() >= 236);
    let text = format!("{info:?}");
    assert!(
        text.starts_with("TcpInfo { state: TCP_ESTABLISHED, ") && text.contains("bytes_acked: 1001"),
        "{text}"
    );

    let (listener, addr) = listener();
    let _waiting = tcp().connect(&addr);
    let info = listener.getsockopt(opt::TCP_INFO).unwrap();
    assert_eq!((info.state(), info.unacked(), info.sacked()), (TcpState::TCP_LISTEN, 1, 7));
}

#[test]
fn the_syn_is_kept_and_told_once() {
    let _guard = guard();
    let (listener, addr) = listener();
    listener.setsockopt(opt::TCP_SAVE_SYN, 1).unwrap();
    let client = tcp();
    client.connect(&addr).unwrap();
    let (server, _) = listener.accept().unwrap();
    let syn = server.getsockopt(opt::TCP_SAVED_SYN).unwrap();
    // IPv4, TCP, to the port; the flag SYN.
    assert!(syn.len() >= 40 && syn[0] == 0x45 && syn[9] == 6, "{syn:?}");
    assert_eq!(u16::from_be_bytes([syn[22], syn[23]]), addr.port().unwrap());
    assert_eq!(syn[33], 2);
    assert_eq!(server.getsockopt(opt::TCP_SAVED_SYN), Ok(vec![]));
    assert_eq!(client.getsockopt(opt::TCP_SAVED_SYN), Ok(vec![]));
}

#[test]
fn a_peer_is_a_descriptor_that_is_closed_again() {
    isolated(Needs::USERNS, || {
        let (a, _b) = unix_pair(Type::SOCK_STREAM);
        if opt::supports(opt::SO_PEERPIDFD) != Ok(true) {
            netns::skip(
                "a_peer_is_a_descriptor_that_is_closed_again",
                "pidfd",
                "the kernel is older than 6.5",
            );
            return;
        }
        let pidfd = a.getsockopt(opt::SO_PEERPIDFD).unwrap();
        let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", pidfd.as_raw_fd())).unwrap();
        assert!(info.contains(&format!("Pid:\t{}\n", std::process::id())), "{info}");
        // SAFETY: takes a descriptor that is open.
        assert_eq!(unsafe { libc::fcntl(pidfd.as_raw_fd(), libc::F_GETFD) }, libc::FD_CLOEXEC);
        leaks_nothing(|| {
            drop(a.getsockopt(opt::SO_PEERPIDFD).unwrap());
            // As text, too.
            let row = opt::table().find(|row| row.name == "SO_PEERPIDFD").unwrap();
            assert_eq!(row.read(&a), Some(Ok("a process".to_owned())));
        });
        let groups = a.getsockopt(opt::SO_PEERGROUPS).unwrap();
        // SAFETY: asks for the number only.
        let count = unsafe { libc::getgroups(0, std::ptr::null_mut()) };
        assert_eq!(groups.len(), count as usize);
    });
}

/// A connection that both sides speak MPTCP on, if the kernel does.
fn mptcp_pair() -> Option<(Socket, Socket)> {
    let open = || Socket::socket(Domain::AF_INET, Type::SOCK_STREAM, Protocol::IPPROTO_MPTCP);
    let listener = open().ok()?;
    listener.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.listen(1).unwrap();
    let client = open().unwrap();
    client.connect(listener.getsockname().unwrap()).unwrap();
    let (server, _) = listener.accept().unwrap();
    // The third step of the handshake is through when data has gone both ways.
    client.send_all(b"x", SendFlags::empty()).unwrap();
    server.recv_exact(&mut [0; 1][..], RecvFlags::empty()).unwrap();
    Some((client, server))
}

#[test]
fn mptcp_tells_of_each_path() {
    isolated(Needs::USERNS, || {
        let pair = set_sysctl("net/mptcp/enabled", "1").ok().and_then(|()| mptcp_pair());
        let Some((client, _server)) = pair else {
            netns::skip("mptcp_tells_of_each_path", "mptcp", "the kernel has no MPTCP");
            return;
        };
        assert_eq!(client.getsockopt(opt::TCP_IS_MPTCP), Ok(true));
        let info = client.getsockopt(opt::MPTCP_INFO).unwrap();
        assert!(info.token != 0 && info.filled >= 40, "{info:?}");
        assert_eq!(info.bytes_sent, Some(1));
        let addrs = client.getsockopt(opt::MPTCP_SUBFLOW_ADDRS).unwrap();
        let [path] = &addrs[..] else { panic!("{addrs:?}") };
        assert_eq!(path.local, client.getsockname().unwrap());
        assert_eq!(path.remote, client.getpeername().unwrap());
        let infos = client.getsockopt(opt::MPTCP_TCPINFO).unwrap();
        let [tcp_info] = &infos[..] else { panic!("{infos:?}") };
        assert_eq!((tcp_info.state(), infos.len()), (TcpState::TCP_ESTABLISHED, 1));
        assert!(tcp_info.filled() >= 232);
        // All of that at once.
        if let Ok(full) = client.getsockopt(opt::MPTCP_FULL_INFO) {
            assert_eq!(full.info.token, info.token);
            let [subflow] = &full.subflows[..] else { panic!("{full:?}") };
            assert_eq!(subflow.addrs, *path);
            assert_eq!(
                (subflow.tcp_info.state(), subflow.tcp_info.filled()),
                (TcpState::TCP_ESTABLISHED, tcp_info.filled())
            );
        }
    });
}

#[test]
fn lists_of_senders_are_read_whole() {
    isolated(Needs::USERNS, || {
        set_sysctl("net/ipv4/igmp_max_msf", "300").unwrap();
        let socket = common::udp();
        let group = Ipv4Addr::new(239, 1, 2, 3);
        // SAFETY: a name that ends with a NUL.
        let lo = unsafe { libc::if_nametoindex(c"lo".as_ptr()) };
        socket.setsockopt(opt::IP_ADD_MEMBERSHIP, IpMreqn { group, interface: lo.into() }).unwrap();
        // More than there is room for at first.
        for count in [0, 1, 64, 65, 200] {
            let sources: Vec<Ipv4Addr> = (0..count).map(|n| Ipv4Addr::new(192, 0, 2, n)).collect();
            let mode = FilterMode::MCAST_EXCLUDE;
            let filter = IpMsfilter { group, interface: Ipv4Addr::LOCALHOST, mode, sources: sources.clone() };
            socket.setsockopt(opt::IP_MSFILTER, &filter).unwrap();
            let mut read = socket.getsockopt_with(opt::IP_MSFILTER, (group, Ipv4Addr::LOCALHOST)).unwrap();
            read.sources.sort();
            assert_eq!(read, filter);
            let read = socket.getsockopt_with(mcast4::MCAST_MSFILTER, (lo, group.into())).unwrap();
            assert_eq!((read.mode, read.sources.len()), (mode, usize::from(count)));
            let again = GroupFilter { mode, ..read };
            assert_eq!(socket.setsockopt(mcast4::MCAST_MSFILTER, &again), Ok(()));
        }
        let many = vec![Ipv4Addr::new(192, 0, 2, 1); 301];
        let filter = IpMsfilter {
            group,
            interface: Ipv4Addr::LOCALHOST,
            mode: FilterMode::MCAST_INCLUDE,
            sources: many,
        };
        assert_eq!(socket.setsockopt(opt::IP_MSFILTER, &filter), Err(Errno::ENOBUFS));
    });
}

#[test]
fn only_the_types_that_pass_arrive() {
    isolated(Needs::RAW | Needs::IPV6, || {
        let socket = Socket::socket(Domain::AF_INET6, Type::SOCK_RAW, Protocol::IPPROTO_ICMPV6).unwrap();
        socket.setsockopt(opt::ICMP6_FILTER, Icmp6Filter::block_all().pass(129)).unwrap();
        // An echo request; the kernel fills in the checksum, and answers.
        let request = [128, 0, 0, 0, 0x12, 0x34, 0, 1];
        socket.sendto(&request, SendFlags::empty(), (Ipv6Addr::LOCALHOST, 0)).unwrap();
        let mut buf = [0; 64];
        let (len, _) = socket.recvfrom(&mut buf, RecvFlags::empty()).unwrap();
        assert_eq!((len, buf[0]), (8, 129));
        // The request came by, too, and was not let through.
        assert_eq!(socket.poll(PollFlags::POLLIN, Some(std::time::Duration::ZERO)), Ok(PollFlags::empty()));
    });
}

#[test]
fn what_is_larger_than_the_path_is_refused_where_it_is_not_cut() {
    let _guard = guard();
    let socket = common::udp_bound();
    socket.connect(socket.getsockname().unwrap()).unwrap();
    socket.setsockopt(opt::IP_MTU_DISCOVER, MtuDiscover::IP_PMTUDISC_DO).unwrap();
    assert_eq!(socket.getsockopt(opt::IP_MTU_DISCOVER), Ok(MtuDiscover::IP_PMTUDISC_DO));
    let mtu = socket.getsockopt(opt::IP_MTU).unwrap();
    assert!(mtu >= 65_535, "{mtu}");
    assert_eq!(socket.send(&vec![0; 65_508], SendFlags::empty()), Err(Errno::EMSGSIZE));
}
