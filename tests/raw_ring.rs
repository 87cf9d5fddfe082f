//! The ring for receiving, on loopback and on a veth pair: what is seen, what is dropped, and who holds what.

mod common;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use common::{identity, isolated, leaks_nothing, udp, udp_bound};
use netns::{Namespace, Needs};
use sockets::cmsg::PacketStatus;
use sockets::opt::{self, PacketRing, PacketVersion};
use sockets::raw::{RecvRing, RingGeometry};
use sockets::{
    Domain, Errno, EtherType, HardwareType, LinkAddr, PacketType, PollFlags, Protocol, RecvFlags, SendFlags,
    Socket, Type, if_nametoindex,
};

/// linux/if_ether.h: for experiments. Nothing else on the wire has it.
const ETH_P_EXPERIMENT: EtherType = EtherType::from_raw(0x88b5);
const DEADLINE: Option<Duration> = Some(Duration::from_secs(20));
const NONE: SendFlags = SendFlags::empty();
const PAGE: u32 = 4096;

fn packet(ty: Type) -> Socket {
    Socket::socket(Domain::AF_PACKET, ty, Protocol::DEFAULT).unwrap()
}

fn link(name: &str, protocol: EtherType) -> LinkAddr {
    LinkAddr::new(if_nametoindex(name).unwrap(), protocol).unwrap()
}

fn quick(block_size: u32, blocks: u32) -> RingGeometry {
    RingGeometry::new(block_size, blocks).with_retire(Duration::from_millis(10))
}

/// A ring on an interface, for one protocol.
fn ring(name: &str, protocol: EtherType, geometry: RingGeometry) -> RecvRing {
    let socket = packet(Type::SOCK_RAW);
    socket.setsockopt(opt::PACKET_IGNORE_OUTGOING, true).unwrap();
    let ring = RecvRing::new(socket, geometry).unwrap();
    ring.socket().bind(link(name, protocol)).unwrap();
    ring
}

/// An Ethernet frame to everybody.
fn frame(data: &[u8]) -> Vec<u8> {
    [&[0xff; 6][..], &[2, 0, 0, 0, 0, 9], &ETH_P_EXPERIMENT.raw().to_be_bytes(), data].concat()
}

/// What sends frames over an interface.
fn sender(name: &str) -> Socket {
    let socket = packet(Type::SOCK_RAW);
    socket.bind(link(name, EtherType::NONE)).unwrap();
    socket
}

/// The data of frames, until there are as many.
fn collect(ring: &mut RecvRing, count: usize) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    while all.len() < count {
        let block = ring.next_block_timeout(DEADLINE).unwrap().expect("a block");
        all.extend(block.frames().map(|frame| frame.data().to_vec()));
    }
    all
}

#[test]
fn frames_on_veth_are_seen_where_the_kernel_has_put_them() {
    isolated(Needs::PACKET | Needs::VETH, || {
        let (here, there) = (Namespace::current().unwrap(), Namespace::new().unwrap());
        here.veth("v0", &there, "v1").unwrap();
        let mut ring = ring("v0", ETH_P_EXPERIMENT, quick(PAGE * 4, 4).with_rxhash());
        let sender = there.within(|| sender("v1")).unwrap();
        let before = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let sent: Vec<_> = (0..40_u8).map(|n| frame(&vec![n; 46 + usize::from(n) * 20])).collect();
        for frame in &sent {
            sender.send(frame, NONE).unwrap();
        }
        let mut seen = 0;
        let mut sequence = None;
        while seen < sent.len() {
            let block = ring.next_block_timeout(DEADLINE).unwrap().expect("a block");
            assert!(sequence.is_none_or(|last| block.sequence() == last + 1), "{block:?}");
            sequence = Some(block.sequence());
            assert_eq!(block.frames().count(), block.len());
            for got in &block {
                assert_eq!(got.data(), &sent[seen][..]);
                assert_eq!((got.len(), got.is_truncated()), (sent[seen].len(), false));
                assert_eq!(got.network(), &sent[seen][14..]);
                assert!(got.status().contains(PacketStatus::TP_STATUS_USER));
                assert_eq!(got.vlan(), None);
                let after = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
                assert!(before <= got.timestamp() && got.timestamp() <= after, "{got:?}");
                let addr = got.addr().unwrap();
                assert_eq!(addr.hardware_addr().as_bytes(), [2, 0, 0, 0, 0, 9]);
                assert_eq!(
                    (addr.interface(), addr.protocol()),
                    (if_nametoindex("v0").unwrap(), ETH_P_EXPERIMENT)
                );
                assert_eq!(addr.packet_type(), PacketType::PACKET_BROADCAST);
                assert_eq!(addr.hardware_type(), HardwareType::ARPHRD_ETHER);
                seen += 1;
            }
        }
        let statistics = ring.statistics().unwrap();
        assert_eq!((statistics.packets, statistics.drops), (sent.len() as u32, 0));
        // Reading has set them to 0.
        assert_eq!(ring.statistics().unwrap().packets, 0);
    });
}

#[test]
fn a_tag_of_a_vlan_is_beside_the_frame() {
    isolated(Needs::PACKET | Needs::VETH, || {
        let (here, there) = (Namespace::current().unwrap(), Namespace::new().unwrap());
        here.veth("v0", &there, "v1").unwrap();
        let mut ring = ring("v0", EtherType::ETH_P_ALL, quick(PAGE, 4));
        let sender = there.within(|| sender("v1")).unwrap();
        let tagged = [&[0xff; 6][..], &[2, 0, 0, 0, 0, 9, 0x81, 0, 0x20, 5, 0x88, 0xb5], &[7; 46]].concat();
        sender.send(&tagged, NONE).unwrap();
        loop {
            let block = ring.next_block_timeout(DEADLINE).unwrap().expect("a block");
            // IPv6 looks for its neighbours meanwhile.
            let Some(got) = block.frames().find(|frame| frame.vlan().is_some()) else { continue };
            assert_eq!(got.vlan(), Some((0x2005, Some(EtherType::ETH_P_8021Q))));
            assert_eq!(got.data(), frame(&[7; 46]));
            break;
        }
    });
}

#[test]
fn on_loopback_a_datagram_is_seen_twice_unless_outgoing_ones_are_ignored() {
    isolated(Needs::PACKET, || {
        for ignore in [false, true] {
            let socket = packet(Type::SOCK_DGRAM);
            socket.setsockopt(opt::PACKET_IGNORE_OUTGOING, ignore).unwrap();
            let mut ring = RecvRing::new(socket, quick(PAGE, 2)).unwrap();
            ring.socket().bind(link("lo", EtherType::ETH_P_ALL)).unwrap();
            let to = udp_bound();
            udp().sendto(b"seen", NONE, to.getsockname().unwrap()).unwrap();
            let mut types = Vec::new();
            while types.len() < if ignore { 1 } else { 2 } {
                let block = ring.next_block_timeout(DEADLINE).unwrap().expect("a block");
                for got in &block {
                    assert!(got.data().ends_with(b"seen") && got.data()[0] == 0x45);
                    assert_eq!(got.network(), got.data());
                    types.push(got.addr().unwrap().packet_type());
                }
            }
            let all = [PacketType::PACKET_OUTGOING, PacketType::PACKET_HOST];
            assert_eq!(types, all[usize::from(ignore)..]);
            assert!(ring.next_block().is_none());
        }
    });
}

#[test]
fn nothing_is_captured_before_bind() {
    isolated(Needs::PACKET, || {
        let socket = packet(Type::SOCK_RAW);
        let mut ring = RecvRing::new(socket, quick(PAGE, 2)).unwrap();
        let to = udp_bound();
        udp().sendto(b"foreign", NONE, to.getsockname().unwrap()).unwrap();
        ring.socket().bind(link("lo", EtherType::ETH_P_IP)).unwrap();
        udp().sendto(b"wanted", NONE, to.getsockname().unwrap()).unwrap();
        assert!(collect(&mut ring, 1)[0].ends_with(b"wanted"));
        assert_eq!(ring.statistics().unwrap().packets, 1);
    });
}

#[test]
fn a_block_comes_when_its_time_is_over() {
    isolated(Needs::PACKET, || {
        let mut ring = ring("lo", EtherType::ETH_P_IP, quick(PAGE * 16, 2));
        assert!(ring.next_block().is_none());
        // Nothing to hand over: the time of the call is over.
        assert!(ring.next_block_timeout(Some(Duration::from_millis(30))).unwrap().is_none());
        let to = udp_bound();
        udp().sendto(b"alone", NONE, to.getsockname().unwrap()).unwrap();
        let block = ring.next_block_timeout(DEADLINE).unwrap().expect("a block");
        assert_eq!(block.len(), 1);
        assert!(block.status().contains(PacketStatus::TP_STATUS_BLK_TMO), "{block:?}");
    });
}

#[test]
fn a_frame_longer_than_a_block_is_cut_off() {
    isolated(Needs::PACKET, || {
        let mut ring = ring("lo", EtherType::ETH_P_IP, quick(PAGE, 4));
        let to = udp_bound();
        udp().sendto(&[7; 9000], NONE, to.getsockname().unwrap()).unwrap();
        loop {
            let block = ring.next_block_timeout(DEADLINE).unwrap().expect("a block");
            // One that is too short for it can come without a frame.
            let Some(got) = block.frames().next() else { continue };
            assert_eq!((got.len(), got.is_truncated()), (14 + 28 + 9000, true));
            assert!(got.data().len() > 3500 && got.data().len() < 4096, "{got:?}");
            assert!(got.data()[14 + 28..].iter().all(|byte| *byte == 7));
            break;
        }
    });
}

/// Sends datagrams of 1000 bytes to a socket that nobody reads.
fn flood(count: u32) {
    let (to, from) = (udp_bound(), udp());
    let addr = to.getsockname().unwrap();
    for n in 0..count {
        from.sendto(&[n as u8; 1000], NONE, &addr).unwrap();
    }
}

#[test]
fn a_full_ring_drops_and_counts() {
    isolated(Needs::PACKET, || {
        let mut ring = ring("lo", EtherType::ETH_P_IP, quick(PAGE, 4));
        flood(100);
        let statistics = ring.statistics().unwrap();
        // Three fit into a page beside the headers; the last block may have had less.
        assert_eq!(statistics.packets, 100);
        assert!((88..=96).contains(&statistics.drops), "{statistics:?}");
        assert!(statistics.freezes.unwrap() >= 1, "{statistics:?}");
        let mut seen = 0;
        while seen < 100 - statistics.drops as usize {
            seen += ring.next_block_timeout(DEADLINE).unwrap().expect("a block").len();
        }
        // And goes on.
        flood(2);
        while ring.next_block_timeout(DEADLINE).unwrap().expect("a block").is_empty() {}
        assert_eq!(ring.statistics().unwrap().drops, 0);
    });
}

#[test]
fn blocks_are_held_and_given_back_in_any_order() {
    isolated(Needs::PACKET, || {
        let ring = ring("lo", EtherType::ETH_P_IP, quick(PAGE, 4));
        let mut next = 0_u8;
        for round in 0..20 {
            flood(9);
            // The last one is handed over when its time is over.
            assert_eq!(ring.socket().poll(PollFlags::POLLIN, DEADLINE), Ok(PollFlags::POLLIN));
            let mut held = Vec::new();
            let mut seen = 0;
            while seen < 9 {
                let Some(block) = ring.next_block() else { continue };
                seen += block.len();
                held.push(block);
            }
            for got in held.iter().flat_map(|block| block.frames()) {
                assert_eq!(got.data().last(), Some(&next), "round {round}");
                next = (next + 1) % 9;
            }
            // The last is given back first, then the first.
            while let Some(block) = held.pop() {
                drop(block);
                if !held.is_empty() {
                    drop(held.remove(0));
                }
            }
        }
        assert_eq!(ring.statistics().unwrap().drops, 0);
    });
}

#[test]
fn a_forgotten_block_stops_the_ring_and_nothing_else() {
    isolated(Needs::PACKET, || {
        let mut ring = ring("lo", EtherType::ETH_P_IP, quick(PAGE, 2));
        flood(1);
        std::mem::forget(ring.next_block_timeout(DEADLINE).unwrap().expect("a block"));
        flood(20);
        // The other one still comes, and that was all.
        let mut blocks = 0;
        for _ in 0..50 {
            blocks += usize::from(ring.next_block_timeout(Some(Duration::from_millis(2))).unwrap().is_some());
        }
        assert_eq!(blocks, 1);
        assert!(ring.statistics().unwrap().drops > 0);
    });
}

#[test]
fn dimensions_that_cannot_be() {
    isolated(Needs::PACKET, || {
        leaks_nothing(|| {
            let error = |geometry| RecvRing::new(packet(Type::SOCK_RAW), geometry).unwrap_err();
            for (block_size, blocks) in
                [(0, 4), (PAGE, 0), (0, 0), (PAGE - 1, 4), (PAGE + 16, 4), (1 << 31, 1)]
            {
                assert_eq!(error(quick(block_size, blocks)), Errno::EINVAL, "{block_size} {blocks}");
            }
            let long = RingGeometry::new(PAGE, 1).with_retire(Duration::from_millis(65_536));
            assert_eq!(error(long), Errno::EINVAL);
            assert_eq!(error(long.with_retire(Duration::MAX)), Errno::EINVAL);
            // 4 GiB and more is beyond what the kernel counts or has.
            let huge = error(RingGeometry::new(1 << 30, 1 << 20));
            assert!([Errno::EINVAL, Errno::ENOMEM].contains(&huge), "{huge}");
            let other = RecvRing::new(udp(), quick(PAGE, 4)).unwrap_err();
            assert_eq!(other, Errno::ENOPROTOOPT);
        });
    });
}

#[test]
fn the_ring_stays_as_it_is_while_it_is_mapped() {
    isolated(Needs::PACKET, || {
        let socket = packet(Type::SOCK_RAW);
        let other = socket.dup().unwrap();
        let ring = RecvRing::new(socket, quick(PAGE, 2)).unwrap();
        let change = |request| other.setsockopt(opt::PACKET_RX_RING, request);
        assert_eq!(change(PacketRing::default()), Err(Errno::EBUSY));
        assert_eq!(other.setsockopt(opt::PACKET_TX_RING, PacketRing::default()), Err(Errno::EBUSY));
        assert_eq!(other.setsockopt(opt::PACKET_VERSION, PacketVersion::TPACKET_V2), Err(Errno::EBUSY));
        assert_eq!(other.setsockopt(opt::PACKET_RESERVE, 64), Err(Errno::EBUSY));
        let second = RecvRing::new(other.dup().unwrap(), quick(PAGE, 2)).unwrap_err();
        assert_eq!(second, Errno::EBUSY);
        assert_eq!(identity(ring.socket()), identity(&other));
        // Unmapped with the ring: then it can be taken away.
        drop(ring);
        assert_eq!(change(PacketRing::default()), Ok(()));
        assert!(RecvRing::new(other, quick(PAGE, 2)).is_ok());
    });
}

#[test]
fn a_ring_goes_to_another_thread() {
    isolated(Needs::PACKET, || {
        let mut ring = ring("lo", EtherType::ETH_P_IP, quick(PAGE, 4));
        flood(3);
        let seen = std::thread::spawn(move || collect(&mut ring, 3).len());
        assert_eq!(seen.join().unwrap(), 3);
    });
}

#[test]
fn an_interface_that_goes_down_is_an_error() {
    isolated(Needs::PACKET | Needs::VETH, || {
        let (here, there) = (Namespace::current().unwrap(), Namespace::new().unwrap());
        here.veth("v0", &there, "v1").unwrap();
        let mut ring = ring("v0", ETH_P_EXPERIMENT, quick(PAGE, 4));
        here.set_up("v0", false).unwrap();
        assert_eq!(ring.next_block_timeout(DEADLINE).unwrap_err(), Errno::ENETDOWN);
        assert!(ring.next_block_timeout(Some(Duration::from_millis(1))).unwrap().is_none());
        let plain = ring.socket().recv([0_u8; 1].as_mut_slice(), RecvFlags::MSG_DONTWAIT);
        assert_eq!(plain, Err(Errno::EAGAIN));
    });
}
