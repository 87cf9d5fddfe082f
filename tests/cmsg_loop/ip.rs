//! The messages of IPPROTO_IP.

use std::net::{Ipv4Addr, SocketAddrV4};

use sockets::cmsg::{self, ErrOrigin, PktInfo4, TrafficClass};
use sockets::{Domain, Errno, Protocol, SendFlags, Socket, Type, opt};

use super::case::{Case, Got, Pair, asking, of, pass, receive, receive_error, v4};
use super::wire;

/// Another address of the loopback interface.
const OTHER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 9);

/// Record the route: room for one address, and the end of the options.
const RECORD_ROUTE: [u8; 8] = [7, 7, 4, 0, 0, 0, 0, 0];

/// For experiments (RFC 3692).
const EXPERIMENT: i32 = 253;

/// A packet of that protocol to oneself, of which the kernel computes the sum.
const PACKET: [u8; 24] =
    [0x45, 0, 0, 24, 0, 0, 0, 0, 64, EXPERIMENT as u8, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1, 1, 2, 3, 4];

fn lo() -> u32 {
    sockets::if_nametoindex("lo").unwrap()
}

fn port(socket: &Socket) -> u16 {
    socket.getsockname().unwrap().port().unwrap()
}

/// Receives what was sent with IP options.
fn with_options(pair: Pair) -> Got {
    let mut room = cmsg::ControlBuf::<64>::new();
    let mut control = cmsg::ControlWriter::new(&mut room);
    control.push(cmsg::IP_RETOPTS, &RECORD_ROUTE).unwrap();
    pair.0.sendmsg(b"x", &control, SendFlags::empty()).unwrap();
    receive(&pair.1)
}

pub(crate) fn cases() -> Vec<Case> {
    let mut all = received();
    all.extend(both());
    all
}

fn received() -> Vec<Case> {
    vec![
        of(cmsg::IP_CHECKSUM).comes(|| {
            // The kernel has a sum only where it had to compute it: of a packet that it did not make.
            let (_, b) = asking(v4(), opt::IP_CHECKSUM);
            let raw = Socket::socket(Domain::AF_INET, Type::SOCK_RAW, Protocol::IPPROTO_RAW).unwrap();
            let packet = wire::ipv4(port(&b), b"hello");
            raw.sendto(&packet, SendFlags::empty(), (Ipv4Addr::LOCALHOST, 0)).unwrap();
            let got = receive(&b);
            assert_eq!(got.data, b"hello");
            got.get(cmsg::IP_CHECKSUM);
            got
        }),
        of(cmsg::IP_ORIGDSTADDR).comes(|| {
            let pair = asking(v4(), opt::IP_RECVORIGDSTADDR);
            let got = pass(&pair);
            let to = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port(&pair.1));
            assert_eq!(got.get(cmsg::IP_ORIGDSTADDR), to);
            got
        }),
        of(cmsg::IP_RECVERR).comes(|| {
            let (a, b) = v4();
            a.setsockopt(opt::IP_RECVERR, true).unwrap();
            let nobody = b.getsockname().unwrap();
            drop(b);
            a.send(b"lost", SendFlags::empty()).unwrap();
            let got = receive_error(&a);
            let error = got.get(cmsg::IP_RECVERR);
            assert_eq!((error.errno, error.origin), (Errno::ECONNREFUSED, ErrOrigin::SO_EE_ORIGIN_ICMP));
            assert_eq!((error.ty, error.code, error.info, error.data), (3, 3, 0, 0));
            assert_eq!(error.offender.as_ipv4().unwrap().ip(), &Ipv4Addr::LOCALHOST);
            // What was lost, and where it was to go.
            assert_eq!((&*got.data, &got.addr), (&b"lost"[..], &nobody));
            assert!(got.flags.contains(sockets::MsgFlags::MSG_ERRQUEUE));
            got
        }),
        of(cmsg::IP_RECVFRAGSIZE).comes(|| {
            let (a, b) = asking(v4(), opt::IP_RECVFRAGSIZE);
            a.send(&[7; 4000], SendFlags::empty()).unwrap();
            let got = receive(&b);
            assert_eq!((got.data.len(), got.get(cmsg::IP_RECVFRAGSIZE)), (4000, 1500));
            got
        }),
        of(cmsg::IP_RECVOPTS).comes(|| {
            let got = with_options(asking(v4(), opt::IP_RECVOPTS));
            // As they came: the option is the one that was sent.
            assert_eq!(got.get(cmsg::IP_RECVOPTS)[..2], RECORD_ROUTE[..2]);
            got
        }),
    ]
}

fn both() -> Vec<Case> {
    vec![
        of(cmsg::IP_RETOPTS)
            .comes(|| {
                let got = with_options(asking(v4(), opt::IP_RETOPTS));
                assert_eq!(got.get(cmsg::IP_RETOPTS)[..2], RECORD_ROUTE[..2]);
                got
            })
            .sent(
                || asking(v4(), opt::IP_RECVOPTS),
                |control, _| control.push(cmsg::IP_RETOPTS, &RECORD_ROUTE),
                |(_, b), sent| {
                    assert_eq!(sent, Ok(5));
                    assert_eq!(receive(b).get(cmsg::IP_RECVOPTS).len(), RECORD_ROUTE.len());
                },
            )
            // Options are filled up to a multiple of four.
            .takes(|size| size == 0 || size > 4),
        of(cmsg::IP_PKTINFO)
            .comes(|| {
                let got = pass(&asking(v4(), opt::IP_PKTINFO));
                let here = Ipv4Addr::LOCALHOST;
                let expected = PktInfo4 { interface: lo(), spec_dst: here, addr: here };
                assert_eq!(got.get(cmsg::IP_PKTINFO), expected);
                got
            })
            .sent(
                v4,
                |control, _| {
                    let addr = Ipv4Addr::UNSPECIFIED;
                    control.push(cmsg::IP_PKTINFO, PktInfo4 { interface: lo(), spec_dst: OTHER, addr })
                },
                |(_, b), sent| {
                    assert_eq!(sent, Ok(5));
                    assert_eq!(receive(b).addr.as_ipv4().unwrap().ip(), &OTHER);
                },
            ),
        of(cmsg::IP_PROTOCOL)
            .sent(
                || {
                    let raw = |protocol| Socket::socket(Domain::AF_INET, Type::SOCK_RAW, protocol).unwrap();
                    let (a, b) = (raw(Protocol::IPPROTO_RAW), raw(Protocol::from(EXPERIMENT)));
                    a.connect((Ipv4Addr::LOCALHOST, 0)).unwrap();
                    (a, b)
                },
                |control, _| control.push(cmsg::IP_PROTOCOL, EXPERIMENT),
                |(_, b), sent| {
                    // The routes are asked for the way of this protocol, which is that of all here.
                    assert_eq!(sent, Ok(PACKET.len()));
                    assert_eq!(receive(b).data[20..], PACKET[20..]);
                },
            )
            .data(&PACKET),
        of(cmsg::IP_TOS)
            .comes(|| {
                let pair = asking(v4(), opt::IP_RECVTOS);
                pair.0.setsockopt(opt::IP_TOS, 0xb8).unwrap();
                let got = pass(&pair);
                assert_eq!(got.get(cmsg::IP_TOS), TrafficClass::new(46, cmsg::Ecn::NotEct));
                // One byte, though the option is an int.
                assert_eq!(got.all().map(|message| message.data().len()).collect::<Vec<_>>(), [1]);
                got
            })
            .sent(
                || asking(v4(), opt::IP_RECVTOS),
                |control, _| control.push(cmsg::IP_TOS, TrafficClass::new(10, cmsg::Ecn::Ect0)),
                |(_, b), sent| {
                    assert_eq!(sent, Ok(5));
                    let class = receive(b).get(cmsg::IP_TOS);
                    assert_eq!((class.dscp(), class.ecn()), (10, cmsg::Ecn::Ect0));
                },
            )
            .takes(|size| size == 1),
        of(cmsg::IP_TTL)
            .comes(|| {
                let pair = asking(v4(), opt::IP_RECVTTL);
                pair.0.setsockopt(opt::IP_TTL, 99).unwrap();
                let got = pass(&pair);
                assert_eq!(got.get(cmsg::IP_TTL), 99);
                got
            })
            .sent(
                || asking(v4(), opt::IP_RECVTTL),
                |control, _| control.push(cmsg::IP_TTL, 7),
                |(_, b), sent| {
                    assert_eq!(sent, Ok(5));
                    assert_eq!(receive(b).get(cmsg::IP_TTL), 7);
                },
            ),
    ]
}
