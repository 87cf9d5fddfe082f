//! The messages of TCP, UDP, TLS, netlink and packet sockets.

use sockets::cmsg::{self, Cmsg};
use sockets::opt::{Timestamping, TimestampingFlags};
use sockets::{Domain, Errno, EtherType, LinkAddr, NetlinkAddr, Protocol, SendFlags, Socket, Type, opt};

use super::case::{Case, Push, asking, of, receive, receive_error, receive_some, v4, v6};
use super::common::tcp_pair;

/// linux/rtnetlink.h: news of links.
const RTNLGRP_LINK: u32 = 1;

fn here() -> netns::Namespace {
    netns::Namespace::current().unwrap()
}

/// A socket that hears of links.
fn netlink() -> Socket {
    let socket = Socket::socket(Domain::AF_NETLINK, Type::SOCK_RAW, Protocol::DEFAULT).unwrap();
    socket.bind(NetlinkAddr::new(0, 0)).unwrap();
    socket.setsockopt(opt::NETLINK_ADD_MEMBERSHIP, RTNLGRP_LINK).unwrap();
    socket
}

fn packet(protocol: EtherType) -> Socket {
    let socket = Socket::socket(Domain::AF_PACKET, Type::SOCK_RAW, Protocol::DEFAULT).unwrap();
    socket.bind(LinkAddr::new(sockets::if_nametoindex("lo").unwrap(), protocol).unwrap()).unwrap();
    socket
}

pub(crate) fn cases() -> Vec<Case> {
    let mut all = transport();
    all.extend(links());
    all
}

/// A message for a cipher of the kernel, which few kernels have: to others it is a level that nobody looks at.
fn alg<T>(row: Cmsg<T, cmsg::SendOnly>, push: Push) -> Case {
    let case = of(row).sent(tcp_pair, push, |(_, b), sent| {
        assert_eq!((sent, receive(b).data), (Ok(5), b"hello".to_vec()));
    });
    case.takes(|_| true)
}

fn transport() -> Vec<Case> {
    vec![
        of(cmsg::TCP_CM_INQ).comes(|| {
            let (a, b) = tcp_pair();
            b.setsockopt(opt::TCP_INQ, true).unwrap();
            a.send(b"hello", SendFlags::empty()).unwrap();
            let got = receive_some(&b, 2);
            assert_eq!((&*got.data, got.get(cmsg::TCP_CM_INQ)), (&b"he"[..], 3));
            got
        }),
        of(cmsg::VSOCK_RECVERR).never(
            "only virtio's MSG_ZEROCOPY makes one, and there is no transport of that here",
            || {
                let vsock = Socket::socket(Domain::AF_VSOCK, Type::SOCK_STREAM, Protocol::DEFAULT);
                let zerocopy = vsock.and_then(|vsock| vsock.setsockopt(opt::SO_ZEROCOPY, true));
                // Set before there is a transport to ask; or there is no such family.
                assert!([Ok(()), Err(Errno::EAFNOSUPPORT)].contains(&zerocopy), "{zerocopy:?}");
                None
            },
        ),
        of(cmsg::TLS_GET_RECORD_TYPE).never("this kernel has no TLS", || {
            let (a, _b) = tcp_pair();
            let set = a.setsockopt(opt::TCP_ULP, "tls");
            // Where it has, keys would be needed to see more.
            assert!([Ok(()), Err(Errno::ENOENT)].contains(&set), "{set:?}");
            None
        }),
        of(cmsg::TLS_SET_RECORD_TYPE)
            .sent(
                tcp_pair,
                |control, _| control.push(cmsg::TLS_SET_RECORD_TYPE, 21),
                |(_, b), sent| {
                    // To a socket without TLS it is a level that nobody looks at.
                    assert_eq!(sent, Ok(5));
                    assert_eq!(receive(b).data, b"hello");
                },
            )
            .takes(|_| true),
        alg(cmsg::ALG_SET_OP, |control, _| control.push(cmsg::ALG_SET_OP, 1)),
        alg(cmsg::ALG_SET_IV, |control, _| control.push(cmsg::ALG_SET_IV, &[7; 16])),
        alg(cmsg::ALG_SET_AEAD_ASSOCLEN, |control, _| control.push(cmsg::ALG_SET_AEAD_ASSOCLEN, 20)),
        of(cmsg::UDP_GRO).comes(|| {
            let (a, b) = asking(v4(), opt::UDP_GRO);
            a.setsockopt(opt::UDP_SEGMENT, Some(1000)).unwrap();
            a.send(&[7; 2500], SendFlags::empty()).unwrap();
            let got = receive(&b);
            assert_eq!((got.data.len(), got.get(cmsg::UDP_GRO)), (2500, 1000));
            got
        }),
        of(cmsg::UDP_SEGMENT).sent(
            v6,
            |control, _| control.push(cmsg::UDP_SEGMENT, 3),
            |(_, b), sent| {
                assert_eq!(sent, Ok(5));
                assert_eq!((receive(b).data, receive(b).data), (b"hel".to_vec(), b"lo".to_vec()));
            },
        ),
    ]
}

fn links() -> Vec<Case> {
    vec![
        of(cmsg::NETLINK_PKTINFO).comes(|| {
            let socket = netlink();
            socket.setsockopt(opt::NETLINK_PKTINFO, true).unwrap();
            here().set_mtu("lo", 1499).unwrap();
            here().set_mtu("lo", 1500).unwrap();
            let got = receive(&socket);
            assert_eq!(got.get(cmsg::NETLINK_PKTINFO), RTNLGRP_LINK);
            got
        }),
        of(cmsg::NETLINK_LISTEN_ALL_NSID).comes(|| {
            let there = netns::Namespace::new().unwrap();
            // The ends of a pair make the namespaces known to each other.
            here().veth("v0", &there, "v1").unwrap();
            let socket = netlink();
            socket.setsockopt(opt::NETLINK_LISTEN_ALL_NSID, true).unwrap();
            there.set_mtu("lo", 1400).unwrap();
            loop {
                let got = receive(&socket);
                if let Some(namespace) = got.find(cmsg::NETLINK_LISTEN_ALL_NSID) {
                    assert!(namespace >= 0);
                    here().delete_link("v0").unwrap();
                    return got;
                }
            }
        }),
        of(cmsg::PACKET_AUXDATA).comes(|| {
            let socket = packet(EtherType::ETH_P_IP);
            socket.setsockopt(opt::PACKET_AUXDATA, true).unwrap();
            let (a, _b) = v4();
            a.send(b"hello", SendFlags::empty()).unwrap();
            let got = receive(&socket);
            let known = got.get(cmsg::PACKET_AUXDATA);
            assert_eq!((known.len as usize, known.snaplen as usize), (got.data.len(), got.data.len()));
            assert_eq!((known.mac, known.net, known.vlan), (0, 14, None));
            assert!(known.status.contains(cmsg::PacketStatus::TP_STATUS_USER));
            got
        }),
        of(cmsg::PACKET_TX_TIMESTAMP).comes(|| {
            // For experiments (IEEE 802).
            let socket = packet(EtherType::from_raw(0x88b5));
            let flags = TimestampingFlags::SOF_TIMESTAMPING_TX_SOFTWARE
                | TimestampingFlags::SOF_TIMESTAMPING_SOFTWARE;
            socket.setsockopt(opt::SO_TIMESTAMPING, Timestamping::from(flags)).unwrap();
            socket.send(&[0; 60], SendFlags::empty()).unwrap();
            let got = receive_error(&socket);
            let error = got.get(cmsg::PACKET_TX_TIMESTAMP);
            assert_eq!((error.errno, error.origin), (Errno::ENOMSG, cmsg::ErrOrigin::SO_EE_ORIGIN_TXSTATUS));
            assert!(got.get(cmsg::SCM_TIMESTAMPING).software.is_some() && error.offender.is_unnamed());
            got
        }),
    ]
}
