//! The messages of IPPROTO_IPV6.

use std::net::{Ipv6Addr, SocketAddrV6};

use sockets::cmsg::{self, ControlBuf, ControlWriter, ErrOrigin, TrafficClass};
use sockets::opt::{FlowLabel, PktInfo6};
use sockets::{Domain, Errno, Protocol, Result, SendFlags, Socket, Type, opt};

use super::case::{Case, Got, Pair, asking, of, pass, receive, receive_error, v6};
use super::wire;

/// Another address of the loopback interface, which `main` gives it.
pub(crate) const OTHER: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 9);

/// Options with nothing but padding: next header, length, PadN of 4.
const PADDING: [u8; 8] = [0, 0, 1, 4, 0, 0, 0, 0];

/// A routing header of mobile IPv6, the only type that is sent by a message: one address.
const ROUTE: [u8; 24] = [0, 2, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

fn lo() -> u32 {
    sockets::if_nametoindex("lo").unwrap()
}

fn port(socket: &Socket) -> u16 {
    socket.getsockname().unwrap().port().unwrap()
}

fn here() -> PktInfo6 {
    PktInfo6 { addr: Ipv6Addr::LOCALHOST, interface: lo() }
}

type Push = fn(&mut ControlWriter<'_>) -> Result<()>;

/// Receives what was sent with a message.
fn with(pair: Pair, push: Push) -> Got {
    let mut room = ControlBuf::<64>::new();
    let mut control = ControlWriter::new(&mut room);
    push(&mut control).unwrap();
    pair.0.sendmsg(b"x", &control, SendFlags::empty()).unwrap();
    receive(&pair.1)
}

/// Receives what has a routing header that is used up, of a type for experiments.
fn with_route<A: opt::Writable>(option: opt::Opt<opt::Bool, A>) -> Got {
    let (_, b) = asking(v6(), option);
    let raw = Socket::socket(Domain::AF_INET6, Type::SOCK_RAW, Protocol::IPPROTO_RAW).unwrap();
    let packet = wire::ipv6(port(&b), b"hello", libc::IPPROTO_ROUTING as u8, &USED_UP);
    raw.sendto(&packet, SendFlags::empty(), (Ipv6Addr::LOCALHOST, 0)).unwrap();
    receive(&b)
}

const USED_UP: [u8; 8] = [17, 0, 253, 0, 0, 0, 0, 0];

/// A header that came is the one that was sent; the kernel has filled in what follows it.
#[track_caller]
fn is_padding(header: &[u8]) {
    assert_eq!((header.len(), &header[1..]), (8, &PADDING[1..]));
}

pub(crate) fn cases() -> Vec<Case> {
    let mut all = old_api();
    all.extend(headers());
    all.extend(received());
    all.extend(both());
    all
}

/// Takes more bytes than the header has; of less than a header, or less than it says, none.
const LONGER: fn(usize) -> bool = |size| size > PADDING.len();

fn old_api() -> Vec<Case> {
    vec![
        of(cmsg::IPV6_2292DSTOPTS)
            .comes(|| {
                let pair = asking(v6(), opt::IPV6_2292DSTOPTS);
                let got = with(pair, |control| control.push(cmsg::IPV6_DSTOPTS, &PADDING));
                is_padding(got.get(cmsg::IPV6_2292DSTOPTS));
                got
            })
            .sent(
                || asking(v6(), opt::IPV6_RECVDSTOPTS),
                |control, _| control.push(cmsg::IPV6_2292DSTOPTS, &PADDING),
                |(_, b), sent| {
                    assert_eq!(sent, Ok(5));
                    is_padding(receive(b).get(cmsg::IPV6_DSTOPTS));
                },
            )
            .takes(LONGER)
            .needs_privilege(),
        of(cmsg::IPV6_2292HOPLIMIT)
            .comes(|| {
                let got = pass(&asking(v6(), opt::IPV6_2292HOPLIMIT));
                assert_eq!(got.get(cmsg::IPV6_2292HOPLIMIT), 64);
                got
            })
            .sent(
                || asking(v6(), opt::IPV6_RECVHOPLIMIT),
                |control, _| control.push(cmsg::IPV6_2292HOPLIMIT, 5),
                |(_, b), sent| {
                    assert_eq!(sent, Ok(5));
                    assert_eq!(receive(b).get(cmsg::IPV6_HOPLIMIT), 5);
                },
            ),
        of(cmsg::IPV6_2292HOPOPTS)
            .comes(|| {
                let pair = asking(v6(), opt::IPV6_2292HOPOPTS);
                let got = with(pair, |control| control.push(cmsg::IPV6_HOPOPTS, &PADDING));
                is_padding(got.get(cmsg::IPV6_2292HOPOPTS));
                got
            })
            .sent(
                || asking(v6(), opt::IPV6_RECVHOPOPTS),
                |control, _| control.push(cmsg::IPV6_2292HOPOPTS, &PADDING),
                |(_, b), sent| {
                    assert_eq!(sent, Ok(5));
                    is_padding(receive(b).get(cmsg::IPV6_HOPOPTS));
                },
            )
            .takes(LONGER)
            .needs_privilege(),
        of(cmsg::IPV6_2292PKTINFO)
            .comes(|| {
                let got = pass(&asking(v6(), opt::IPV6_2292PKTINFO));
                assert_eq!(got.get(cmsg::IPV6_2292PKTINFO), here());
                got
            })
            .sent(
                v6,
                |control, _| control.push(cmsg::IPV6_2292PKTINFO, PktInfo6 { addr: OTHER, interface: lo() }),
                |(_, b), sent| {
                    assert_eq!(sent, Ok(5));
                    assert_eq!(receive(b).addr.as_ipv6().unwrap().ip(), &OTHER);
                },
            )
            .takes(|size| size > 20),
        of(cmsg::IPV6_2292RTHDR)
            .comes(|| {
                let got = with_route(opt::IPV6_2292RTHDR);
                assert_eq!(got.get(cmsg::IPV6_2292RTHDR), USED_UP);
                got
            })
            .sent(v6, |control, _| control.push(cmsg::IPV6_2292RTHDR, &ROUTE), route_seen)
            .takes(|size| size > ROUTE.len()),
    ]
}

/// Without mobile IPv6 in the kernel there is no type of routing header that a message may have.
fn route_seen((_, _): &Pair, sent: Result<usize>) {
    assert!([Ok(5), Err(Errno::EINVAL)].contains(&sent), "{sent:?}");
}

fn headers() -> Vec<Case> {
    vec![
        of(cmsg::IPV6_DSTOPTS)
            .comes(|| {
                let pair = asking(v6(), opt::IPV6_RECVDSTOPTS);
                let got = with(pair, |control| control.push(cmsg::IPV6_DSTOPTS, &PADDING));
                is_padding(got.get(cmsg::IPV6_DSTOPTS));
                got
            })
            .sent(
                || asking(v6(), opt::IPV6_RECVDSTOPTS),
                |control, _| control.push(cmsg::IPV6_DSTOPTS, &PADDING),
                |(_, b), sent| {
                    assert_eq!(sent, Ok(5));
                    is_padding(receive(b).get(cmsg::IPV6_DSTOPTS));
                },
            )
            .takes(LONGER)
            .needs_privilege(),
        of(cmsg::IPV6_HOPOPTS)
            .comes(|| {
                let pair = asking(v6(), opt::IPV6_RECVHOPOPTS);
                let got = with(pair, |control| control.push(cmsg::IPV6_HOPOPTS, &PADDING));
                is_padding(got.get(cmsg::IPV6_HOPOPTS));
                got
            })
            .sent(
                || asking(v6(), opt::IPV6_RECVHOPOPTS),
                |control, _| control.push(cmsg::IPV6_HOPOPTS, &PADDING),
                |(_, b), sent| {
                    assert_eq!(sent, Ok(5));
                    is_padding(receive(b).get(cmsg::IPV6_HOPOPTS));
                },
            )
            .takes(LONGER)
            .needs_privilege(),
        of(cmsg::IPV6_RTHDR)
            .comes(|| {
                let got = with_route(opt::IPV6_RECVRTHDR);
                assert_eq!(got.get(cmsg::IPV6_RTHDR), USED_UP);
                got
            })
            .sent(v6, |control, _| control.push(cmsg::IPV6_RTHDR, &ROUTE), route_seen)
            .takes(|size| size > ROUTE.len()),
        of(cmsg::IPV6_RTHDRDSTOPTS)
            .sent(
                || asking(v6(), opt::IPV6_RECVDSTOPTS),
                |control, _| control.push(cmsg::IPV6_RTHDRDSTOPTS, &PADDING),
                |(_, b), sent| {
                    // Without a routing header it stays at home.
                    assert_eq!(sent, Ok(5));
                    assert_eq!(receive(b).all().count(), 0);
                },
            )
            .takes(LONGER)
            .needs_privilege(),
    ]
}

fn received() -> Vec<Case> {
    vec![
        of(cmsg::IPV6_ORIGDSTADDR).comes(|| {
            let pair = asking(v6(), opt::IPV6_RECVORIGDSTADDR);
            let got = pass(&pair);
            let to = SocketAddrV6::new(Ipv6Addr::LOCALHOST, port(&pair.1), 0, 0);
            assert_eq!(got.get(cmsg::IPV6_ORIGDSTADDR), to);
            got
        }),
        of(cmsg::IPV6_PATHMTU).comes(|| {
            let (a, b) = v6();
            a.setsockopt(opt::IPV6_RECVPATHMTU, true).unwrap();
            a.setsockopt(opt::IPV6_DONTFRAG, true).unwrap();
            assert_eq!(a.send(&[7; 4000], SendFlags::empty()), Err(Errno::EMSGSIZE));
            let got = receive(&a);
            let (to, mtu) = got.get(cmsg::IPV6_PATHMTU);
            assert_eq!((to.ip(), mtu), (&Ipv6Addr::LOCALHOST, 1500));
            assert_eq!(
                (got.data.len(), b.poll(sockets::PollFlags::POLLIN, Some(std::time::Duration::ZERO))),
                (0, Ok(sockets::PollFlags::empty()))
            );
            got
        }),
        of(cmsg::IPV6_RECVERR).comes(|| {
            let (a, b) = v6();
            a.setsockopt(opt::IPV6_RECVERR, true).unwrap();
            let nobody = b.getsockname().unwrap();
            drop(b);
            a.send(b"lost", SendFlags::empty()).unwrap();
            let got = receive_error(&a);
            let error = got.get(cmsg::IPV6_RECVERR);
            assert_eq!((error.errno, error.origin), (Errno::ECONNREFUSED, ErrOrigin::SO_EE_ORIGIN_ICMP6));
            assert_eq!((error.ty, error.code), (1, 4));
            assert_eq!(error.offender.as_ipv6().unwrap().ip(), &Ipv6Addr::LOCALHOST);
            assert_eq!((&*got.data, got.addr.port()), (&b"lost"[..], nobody.port()));
            got
        }),
        of(cmsg::IPV6_RECVFRAGSIZE).comes(|| {
            let (a, b) = asking(v6(), opt::IPV6_RECVFRAGSIZE);
            a.send(&[7; 4000], SendFlags::empty()).unwrap();
            let got = receive(&b);
            let size = got.get(cmsg::IPV6_RECVFRAGSIZE);
            // Fragments have a multiple of 8 bytes.
            assert!(got.data.len() == 4000 && (1490..=1500).contains(&size), "{size}");
            got
        }),
    ]
}

fn both() -> Vec<Case> {
    vec![
        of(cmsg::IPV6_DONTFRAG)
            .sent(
                v6,
                |control, _| control.push(cmsg::IPV6_DONTFRAG, 1),
                |(a, b), sent| {
                    assert_eq!(sent, Err(Errno::EMSGSIZE));
                    // Only that one.
                    assert_eq!(a.send(&[7; 4000], SendFlags::empty()), Ok(4000));
                    assert_eq!(receive(b).data.len(), 4000);
                },
            )
            .data(&[7; 4000]),
        of(cmsg::IPV6_FLOWINFO)
            .comes(|| {
                let pair = asking(v6(), opt::IPV6_FLOWINFO);
                pair.0.setsockopt(opt::IPV6_TCLASS, Some(0xb8)).unwrap();
                pair.0.setsockopt(opt::IPV6_AUTOFLOWLABEL, false).unwrap();
                let got = pass(&pair);
                // The class, and no label.
                assert_eq!(got.get(cmsg::IPV6_FLOWINFO), 0xb8 << 20);
                got
            })
            .sent(
                || {
                    let pair = asking(v6(), opt::IPV6_FLOWINFO);
                    let mut lease = FlowLabel { label: LABEL, ..FlowLabel::lease(Ipv6Addr::LOCALHOST) };
                    pair.0.setsockopt(opt::IPV6_FLOWLABEL_MGR, &mut lease).unwrap();
                    pair
                },
                |control, _| control.push(cmsg::IPV6_FLOWINFO, LABEL),
                |(_, b), sent| {
                    assert_eq!(sent, Ok(5));
                    assert_eq!(receive(b).get(cmsg::IPV6_FLOWINFO), LABEL);
                },
            )
            .takes(|size| size > 4),
        of(cmsg::IPV6_HOPLIMIT)
            .comes(|| {
                let got = pass(&asking(v6(), opt::IPV6_RECVHOPLIMIT));
                assert_eq!(got.get(cmsg::IPV6_HOPLIMIT), 64);
                got
            })
            .sent(
                || asking(v6(), opt::IPV6_RECVHOPLIMIT),
                |control, _| control.push(cmsg::IPV6_HOPLIMIT, 7),
                |(_, b), sent| {
                    assert_eq!(sent, Ok(5));
                    assert_eq!(receive(b).get(cmsg::IPV6_HOPLIMIT), 7);
                },
            ),
        of(cmsg::IPV6_PKTINFO)
            .comes(|| {
                let got = pass(&asking(v6(), opt::IPV6_RECVPKTINFO));
                assert_eq!(got.get(cmsg::IPV6_PKTINFO), here());
                got
            })
            .sent(
                v6,
                |control, _| control.push(cmsg::IPV6_PKTINFO, PktInfo6 { addr: OTHER, interface: 0 }),
                |(_, b), sent| {
                    assert_eq!(sent, Ok(5));
                    assert_eq!(receive(b).addr.as_ipv6().unwrap().ip(), &OTHER);
                },
            )
            .takes(|size| size > 20),
        of(cmsg::IPV6_TCLASS)
            .comes(|| {
                let pair = asking(v6(), opt::IPV6_RECVTCLASS);
                pair.0.setsockopt(opt::IPV6_TCLASS, Some(0xb8)).unwrap();
                let got = pass(&pair);
                assert_eq!(got.get(cmsg::IPV6_TCLASS), TrafficClass::new(46, cmsg::Ecn::NotEct));
                got
            })
            .sent(
                || asking(v6(), opt::IPV6_RECVTCLASS),
                |control, _| control.push(cmsg::IPV6_TCLASS, TrafficClass::new(10, cmsg::Ecn::Ect1)),
                |(_, b), sent| {
                    assert_eq!(sent, Ok(5));
                    let class = receive(b).get(cmsg::IPV6_TCLASS);
                    assert_eq!((class.dscp(), class.ecn()), (10, cmsg::Ecn::Ect1));
                },
            ),
    ]
}

/// A flow label.
const LABEL: u32 = 0x5_4321;
