//! The ring for sending, on a veth pair: frames written in place arrive, and what cannot be sent is passed over.

mod common;

use std::time::Duration;

use common::{isolated, leaks_nothing, udp};
use netns::{Namespace, Needs};
use sockets::opt::{self, PacketRing, PacketVersion};
use sockets::raw::{RecvRing, RingGeometry, SendRing};
use sockets::{
    Domain, Errno, EtherType, LinkAddr, PollFlags, Protocol, RecvFlags, SendFlags, Socket, Type,
    if_nametoindex,
};

const ETH_P_EXPERIMENT: EtherType = EtherType::from_raw(0x88b5);
const DEADLINE: Option<Duration> = Some(Duration::from_secs(20));
const NONE: SendFlags = SendFlags::empty();

fn packet(name: &str, protocol: EtherType) -> Socket {
    let socket = Socket::socket(Domain::AF_PACKET, Type::SOCK_RAW, Protocol::DEFAULT).unwrap();
    socket.setsockopt(opt::SO_RCVTIMEO, DEADLINE).unwrap();
    socket.bind(LinkAddr::new(if_nametoindex(name).unwrap(), protocol).unwrap()).unwrap();
    socket
}

/// An Ethernet frame to everybody.
fn frame(data: &[u8]) -> Vec<u8> {
    [&[0xff; 6][..], &[2, 0, 0, 0, 0, 9], &ETH_P_EXPERIMENT.raw().to_be_bytes(), data].concat()
}

/// A socket that receives what another, on the other end of a veth pair, sends.
fn over_veth(body: impl FnOnce(&Namespace, Socket, Socket)) {
    let (here, there) = (Namespace::current().unwrap(), Namespace::new().unwrap());
    here.veth("v0", &there, "v1").unwrap();
    let receiver = there.within(|| packet("v1", ETH_P_EXPERIMENT)).unwrap();
    body(&here, receiver, packet("v0", EtherType::NONE));
}

/// Writes a frame into the next place, as soon as there is one.
fn put(ring: &mut SendRing, bytes: &[u8]) {
    loop {
        if let Some(mut place) = ring.next_frame() {
            place[..bytes.len()].copy_from_slice(bytes);
            return place.commit(bytes.len()).unwrap();
        }
        assert_eq!(ring.socket().poll(PollFlags::POLLOUT, DEADLINE), Ok(PollFlags::POLLOUT));
    }
}

#[test]
fn frames_go_round_the_ring() {
    isolated(Needs::PACKET | Needs::VETH, || {
        over_veth(|_, receiver, socket| {
            let mut ring = SendRing::new(socket, 2048, 32).unwrap();
            assert_eq!(ring.len(), 32);
            assert_eq!(ring.next_frame().unwrap().len(), 2048 - 32);
            let mut buf = [0; 4096];
            let mut n = 0_u8;
            for round in 0..20 {
                let frames: Vec<_> =
                    (0..round).map(|m| frame(&vec![n + m; 50 + usize::from(m) * 40])).collect();
                n += round;
                frames.iter().for_each(|frame| put(&mut ring, frame));
                let all: usize = frames.iter().map(Vec::len).sum();
                assert_eq!(ring.send(NONE), Ok(all), "round {round}");
                for frame in &frames {
                    let len = receiver.recv(&mut buf[..], RecvFlags::empty()).unwrap();
                    assert_eq!(buf[..len], frame[..]);
                }
            }
            // Nothing is ready.
            assert_eq!(ring.send(NONE), Ok(0));
        });
    });
}

#[test]
fn a_place_that_is_not_committed_stays_free() {
    isolated(Needs::PACKET | Needs::VETH, || {
        over_veth(|_, receiver, socket| {
            let mut ring = SendRing::new(socket, 128, 1).unwrap();
            let mut place = ring.next_frame().unwrap();
            place.fill(1);
            assert_eq!(place.commit(97), Err(Errno::EMSGSIZE));
            assert!(ring.next_frame().is_some());
            assert_eq!(ring.send(NONE), Ok(0));
            // What was written is still there.
            assert_eq!(ring.next_frame().unwrap()[95], 1);
            put(&mut ring, &frame(&[3; 46]));
            assert_eq!(ring.send(NONE), Ok(60));
            let mut buf = [0; 128];
            assert_eq!(receiver.recv(&mut buf, RecvFlags::empty()), Ok(60));
            assert_eq!(buf[..60], frame(&[3; 46]));
        });
    });
}

#[test]
fn a_full_ring_has_no_place_until_it_is_sent() {
    isolated(Needs::PACKET | Needs::VETH, || {
        over_veth(|_, receiver, socket| {
            let mut ring = SendRing::new(socket, 2048, 32).unwrap();
            for n in 0..32 {
                put(&mut ring, &frame(&[n; 46]));
            }
            assert!(ring.next_frame().is_none());
            assert_eq!(ring.send(NONE), Ok(32 * 60));
            let mut buf = [0; 128];
            for n in 0..32 {
                assert_eq!(receiver.recv(&mut buf, RecvFlags::empty()), Ok(60));
                assert_eq!(buf[14], n);
            }
            put(&mut ring, &frame(&[0; 46]));
        });
    });
}

#[test]
fn frames_that_cannot_be_sent_are_passed_over() {
    isolated(Needs::PACKET | Needs::VETH, || {
        over_veth(|_, receiver, socket| {
            let mut ring = SendRing::new(socket, 4096, 4).unwrap();
            // Longer than the interface allows, shorter than a header, empty.
            for (len, data) in [(2000, 1), (13, 2), (0, 3)] {
                let mut place = ring.next_frame().unwrap();
                place.fill(data);
                place.commit(len).unwrap();
                put(&mut ring, &frame(&[data; 46]));
            }
            assert_eq!(ring.send(NONE), Ok(3 * 60));
            let mut buf = [0; 128];
            for data in 1..=3 {
                assert_eq!(receiver.recv(&mut buf, RecvFlags::empty()), Ok(60));
                assert_eq!(buf[..60], frame(&[data; 46]));
            }
        });
    });
}

#[test]
fn an_interface_that_is_down_or_not_said() {
    isolated(Needs::PACKET | Needs::VETH, || {
        over_veth(|here, receiver, socket| {
            let mut ring = SendRing::new(socket, 2048, 4).unwrap();
            here.set_up("v0", false).unwrap();
            put(&mut ring, &frame(&[1; 46]));
            assert_eq!(ring.send(NONE), Err(Errno::ENETDOWN));
            here.set_up("v0", true).unwrap();
            // It was ready all the time. The first call tells that the interface was down.
            let _ = ring.socket().getsockopt(opt::SO_ERROR);
            assert_eq!(ring.send(NONE), Ok(60));
            let mut buf = [0; 128];
            assert_eq!(receiver.recv(&mut buf, RecvFlags::empty()), Ok(60));
            let socket = Socket::socket(Domain::AF_PACKET, Type::SOCK_RAW, Protocol::DEFAULT).unwrap();
            let mut ring = SendRing::new(socket, 2048, 4).unwrap();
            put(&mut ring, &frame(&[1; 46]));
            assert_eq!(ring.send(NONE), Err(Errno::ENXIO));
        });
    });
}

#[test]
fn what_is_under_way_is_sent_when_the_ring_is_gone() {
    isolated(Needs::PACKET | Needs::VETH, || {
        over_veth(|_, receiver, socket| {
            let mut ring = SendRing::new(socket, 2048, 32).unwrap();
            for n in 0..32 {
                put(&mut ring, &frame(&[n; 1000]));
            }
            assert_eq!(ring.send(SendFlags::MSG_DONTWAIT), Ok(32 * 1014));
            drop(ring);
            let mut buf = [0; 2048];
            for n in 0..32 {
                assert_eq!(receiver.recv(&mut buf[..], RecvFlags::empty()), Ok(1014));
                assert_eq!(buf[14..1014], [n; 1000]);
            }
        });
    });
}

#[test]
fn dimensions_that_cannot_be() {
    isolated(Needs::PACKET, || {
        leaks_nothing(|| {
            let open = || packet("lo", EtherType::NONE);
            for (size, frames) in
                [(0, 1), (64, 1), (2048, 0), (2049, 1), (3072, 1), (1 << 31, 1), (128, u32::MAX)]
            {
                assert_eq!(
                    SendRing::new(open(), size, frames).unwrap_err(),
                    Errno::EINVAL,
                    "{size} {frames}"
                );
            }
            assert_eq!(SendRing::new(udp(), 2048, 1).unwrap_err(), Errno::ENOPROTOOPT);
            assert_eq!(SendRing::new(open(), 1 << 17, 3).unwrap().len(), 3);
            // One ring a socket, which stays as it is.
            let socket = open();
            let other = socket.dup().unwrap();
            let ring = SendRing::new(socket, 2048, 1).unwrap();
            assert_eq!(other.setsockopt(opt::PACKET_TX_RING, PacketRing::default()), Err(Errno::EBUSY));
            assert_eq!(other.setsockopt(opt::PACKET_VERSION, PacketVersion::TPACKET_V3), Err(Errno::EBUSY));
            // This one is accepted and has no effect.
            let _ = other.setsockopt(opt::PACKET_TX_HAS_OFF, true);
            assert_eq!(other.getsockopt(opt::PACKET_TX_HAS_OFF), Ok(false));
            let second = SendRing::new(other.dup().unwrap(), 2048, 1).unwrap_err();
            assert_eq!(second, Errno::EBUSY);
            let receiving = RecvRing::new(other.dup().unwrap(), RingGeometry::new(4096, 1)).unwrap_err();
            assert_eq!(receiving, Errno::EBUSY);
            drop(ring);
        });
    });
}
