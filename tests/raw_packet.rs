//! What packet sockets can do beside sending and receiving: groups that share frames, drops, headers before the frame, times.

mod common;

use std::net::Ipv4Addr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use common::{isolated, udp, udp_bound};
use netns::{Namespace, Needs};
use sockets::cmsg::{self, ControlBuf, PacketStatus};
use sockets::opt::{self, Fanout, FanoutFlags, FanoutMode, TimestampingFlags};
use sockets::raw::{RecvRing, RingGeometry};
use sockets::{
    Domain, Errno, EtherType, LinkAddr, PollFlags, Protocol, RecvFlags, SendFlags, SockAddr, Socket, Type,
    if_nametoindex,
};

const ETH_P_EXPERIMENT: EtherType = EtherType::from_raw(0x88b5);
const DEADLINE: Option<Duration> = Some(Duration::from_secs(20));
const NONE: SendFlags = SendFlags::empty();

fn link(name: &str, protocol: EtherType) -> LinkAddr {
    LinkAddr::new(if_nametoindex(name).unwrap(), protocol).unwrap()
}

/// A packet socket on an interface that does not see what this machine sends.
fn packet(name: &str, protocol: EtherType) -> Socket {
    let socket = Socket::socket(Domain::AF_PACKET, Type::SOCK_RAW, Protocol::DEFAULT).unwrap();
    socket.setsockopt(opt::PACKET_IGNORE_OUTGOING, true).unwrap();
    socket.setsockopt(opt::SO_RCVTIMEO, DEADLINE).unwrap();
    socket.bind(link(name, protocol)).unwrap();
    socket
}

/// Two sockets on loopback that share the frames.
fn pair(mode: FanoutMode) -> [Socket; 2] {
    [(); 2].map(|()| {
        let socket = packet("lo", EtherType::ETH_P_IP);
        socket.setsockopt(opt::PACKET_FANOUT, Fanout::new(7, mode)).unwrap();
        assert_eq!(socket.getsockopt(opt::PACKET_FANOUT).unwrap().mode, mode);
        socket
    })
}

/// How many frames each has got since the last time, those that were dropped among them.
fn counts(sockets: &[Socket; 2]) -> [u32; 2] {
    sockets.each_ref().map(|socket| socket.getsockopt(opt::PACKET_STATISTICS).unwrap().packets)
}

/// Sends datagrams to a socket.
fn send(from: &Socket, to: &SockAddr, count: usize, bytes: usize) {
    for _ in 0..count {
        from.sendto(&vec![7; bytes], NONE, to).unwrap();
    }
}

#[test]
fn a_group_shares_frames_in_turn() {
    isolated(Needs::PACKET, || {
        let sockets = pair(FanoutMode::PACKET_FANOUT_LB);
        let to = udp_bound();
        send(&udp(), &to.getsockname().unwrap(), 80, 4);
        assert_eq!(counts(&sockets), [40, 40]);
        // One of them leaves, and the other gets all.
        let [first, second] = sockets;
        drop(first);
        send(&udp(), &to.getsockname().unwrap(), 10, 4);
        assert_eq!(second.getsockopt(opt::PACKET_STATISTICS).unwrap().packets, 10);
    });
}

#[test]
fn a_group_keeps_flows_together() {
    isolated(Needs::PACKET, || {
        let sockets = pair(FanoutMode::PACKET_FANOUT_HASH);
        let to = udp_bound();
        let addr = to.getsockname().unwrap();
        let mut seen = [false; 2];
        for _ in 0..64 {
            let flow = udp();
            flow.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            send(&flow, &addr, 5, 4);
            let counts = counts(&sockets);
            assert!(counts == [5, 0] || counts == [0, 5], "{counts:?}");
            seen[usize::from(counts[1] == 5)] = true;
        }
        // All of 64 flows to one: once in 2^63.
        assert_eq!(seen, [true, true]);
    });
}

#[test]
fn a_group_spreads_by_processor_and_at_random() {
    isolated(Needs::PACKET, || {
        let to = udp_bound();
        let addr = to.getsockname().unwrap();
        let sockets = pair(FanoutMode::PACKET_FANOUT_CPU);
        for cpu in 0..2 {
            if !run_on(cpu) {
                continue;
            }
            send(&udp(), &addr, 10, 4);
            let mut wanted = [0; 2];
            wanted[cpu] = 10;
            assert_eq!(counts(&sockets), wanted, "processor {cpu}");
        }
        drop(sockets);
        let sockets = pair(FanoutMode::PACKET_FANOUT_RND);
        send(&udp(), &addr, 64, 4);
        let counts = counts(&sockets);
        assert_eq!((counts[0] + counts[1], counts.contains(&0)), (64, false), "{counts:?}");
    });
}

/// Keeps this thread on one processor, if it may run there.
fn run_on(cpu: usize) -> bool {
    // SAFETY: a set of bits, of which none is set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: the number is within the set.
    unsafe { libc::CPU_SET(cpu, &mut set) };
    // SAFETY: the set has the size that is said.
    unsafe { libc::sched_setaffinity(0, size_of_val(&set), &raw const set) == 0 }
}

#[test]
fn a_full_socket_of_a_group_rolls_over_to_the_next() {
    isolated(Needs::PACKET, || {
        let sockets = pair(FanoutMode::PACKET_FANOUT_ROLLOVER);
        let to = udp_bound();
        let addr = to.getsockname().unwrap();
        for socket in &sockets {
            socket.setsockopt(opt::SO_RCVBUF, 8192).unwrap();
        }
        send(&udp(), &addr, 8, 1000);
        let before = sockets[0].getsockopt(opt::PACKET_ROLLOVER_STATS).unwrap();
        let [first, second] = counts(&sockets);
        assert!(first > 0 && second > 0 && first + second == 8, "{first} {second}");
        // In this mode every frame counts.
        assert_eq!((before.all, before.failed), (8, 0));
        // Both are full at last.
        send(&udp(), &addr, 100, 1000);
        let statistics = sockets.each_ref().map(|socket| socket.getsockopt(opt::PACKET_STATISTICS).unwrap());
        assert_eq!(statistics[0].packets + statistics[1].packets, 100);
        assert!(statistics[0].drops + statistics[1].drops > 80, "{statistics:?}");
        assert!(sockets[0].getsockopt(opt::PACKET_ROLLOVER_STATS).unwrap().failed > 0);
    });
}

#[test]
fn members_of_a_group_say_the_same() {
    isolated(Needs::PACKET, || {
        let _sockets = pair(FanoutMode::PACKET_FANOUT_LB);
        let other = packet("lo", EtherType::ETH_P_IP);
        let join = |fanout| other.setsockopt(opt::PACKET_FANOUT, fanout);
        assert_eq!(join(Fanout::new(7, FanoutMode::PACKET_FANOUT_CPU)), Err(Errno::EINVAL));
        let flags = FanoutFlags::PACKET_FANOUT_FLAG_UNIQUEID;
        assert_eq!(join(Fanout { flags, ..Fanout::new(0, FanoutMode::PACKET_FANOUT_CPU) }), Ok(()));
        assert_ne!(other.getsockopt(opt::PACKET_FANOUT).unwrap().id, 7);
        assert_eq!(join(Fanout::new(9, FanoutMode::PACKET_FANOUT_CPU)), Err(Errno::EALREADY));
    });
}

#[test]
fn rings_share_frames_and_count_what_they_drop() {
    isolated(Needs::PACKET, || {
        let geometry = RingGeometry::new(4096, 2).with_retire(Duration::from_millis(10));
        let mut rings = [(); 2].map(|()| {
            let socket = Socket::socket(Domain::AF_PACKET, Type::SOCK_RAW, Protocol::DEFAULT).unwrap();
            socket.setsockopt(opt::PACKET_IGNORE_OUTGOING, true).unwrap();
            let ring = RecvRing::new(socket, geometry).unwrap();
            ring.socket().bind(link("lo", EtherType::ETH_P_IP)).unwrap();
            let fanout = Fanout::new(8, FanoutMode::PACKET_FANOUT_LB);
            ring.socket().setsockopt(opt::PACKET_FANOUT, fanout).unwrap();
            ring
        });
        let to = udp_bound();
        send(&udp(), &to.getsockname().unwrap(), 100, 1000);
        for ring in &mut rings {
            let statistics = ring.statistics().unwrap();
            assert_eq!(statistics.packets, 50);
            assert!((44..=48).contains(&statistics.drops), "{statistics:?}");
            let mut seen = 0;
            while seen < 50 - statistics.drops as usize {
                seen += ring.next_block_timeout(DEADLINE).unwrap().expect("a block").len();
            }
        }
    });
}

#[test]
fn drops_are_counted_and_reading_resets() {
    isolated(Needs::PACKET, || {
        let socket = packet("lo", EtherType::ETH_P_IP);
        socket.setsockopt(opt::SO_RCVBUF, 4096).unwrap();
        let to = udp_bound();
        send(&udp(), &to.getsockname().unwrap(), 50, 1000);
        let statistics = socket.getsockopt(opt::PACKET_STATISTICS).unwrap();
        assert_eq!((statistics.packets, statistics.freezes), (50, None));
        let mut received = 0;
        let mut buf = [0; 2048];
        while socket.recv(&mut buf, RecvFlags::MSG_DONTWAIT).is_ok() {
            received += 1;
        }
        assert_eq!((statistics.drops, received > 0), (50 - received, true));
        let again = socket.getsockopt(opt::PACKET_STATISTICS).unwrap();
        assert_eq!((again.packets, again.drops), (0, 0));
    });
}

/// What this end of a veth pair receives when the other sends.
fn over_veth(body: impl FnOnce(Socket, Socket)) {
    let (here, there) = (Namespace::current().unwrap(), Namespace::new().unwrap());
    here.veth("v0", &there, "v1").unwrap();
    let sender = there.within(|| packet("v1", EtherType::NONE)).unwrap();
    body(packet("v0", ETH_P_EXPERIMENT), sender);
}

/// An Ethernet frame to everybody.
fn frame(data: &[u8]) -> Vec<u8> {
    [&[0xff; 6][..], &[2, 0, 0, 0, 0, 9], &ETH_P_EXPERIMENT.raw().to_be_bytes(), data].concat()
}

#[test]
fn a_tag_of_a_vlan_comes_beside_the_frame() {
    isolated(Needs::PACKET | Needs::VETH, || {
        over_veth(|_, sender| {
            let socket = packet("v0", EtherType::ETH_P_ALL);
            socket.setsockopt(opt::PACKET_AUXDATA, true).unwrap();
            let mut tagged = frame(&[7; 46]);
            tagged.splice(12..12, [0x81, 0, 0x20, 5]);
            sender.send(&tagged, NONE).unwrap();
            let mut buf = [0; 2048];
            let mut room = ControlBuf::<{ cmsg::PACKET_AUXDATA.space() }>::new();
            loop {
                let message = socket.recvmsg(&mut buf[..], &mut room, RecvFlags::empty()).unwrap();
                let aux = message.control.get(cmsg::PACKET_AUXDATA).unwrap();
                // IPv6 looks for its neighbours meanwhile.
                let Some(vlan) = aux.vlan else { continue };
                assert_eq!(vlan, (0x2005, Some(EtherType::ETH_P_8021Q)));
                assert_eq!((aux.len, aux.snaplen), (60, 60));
                break;
            }
            assert_eq!(buf[..60], frame(&[7; 46]));
        });
    });
}

#[test]
fn past_the_queue_of_the_device() {
    isolated(Needs::PACKET | Needs::VETH, || {
        over_veth(|socket, sender| {
            sender.setsockopt(opt::PACKET_QDISC_BYPASS, true).unwrap();
            assert_eq!(sender.getsockopt(opt::PACKET_QDISC_BYPASS), Ok(true));
            for n in 0..20_u8 {
                sender.send(&frame(&[n; 50]), NONE).unwrap();
                let mut buf = [0; 2048];
                assert_eq!(socket.recv(&mut buf, RecvFlags::empty()), Ok(64));
                assert_eq!(buf[..64], frame(&[n; 50]));
            }
        });
    });
}

#[test]
fn a_header_of_virtio_comes_before_the_frame() {
    isolated(Needs::PACKET | Needs::VETH, || {
        over_veth(|socket, sender| {
            sender.setsockopt(opt::PACKET_VNET_HDR, true).unwrap();
            let with_header = [&[0; 10][..], &frame(&[5; 46])].concat();
            assert_eq!(sender.send(&with_header, NONE), Ok(70));
            let mut buf = [0; 2048];
            assert_eq!(socket.recv(&mut buf, RecvFlags::empty()), Ok(60));
            assert_eq!(sender.send(&[0; 5], NONE), Err(Errno::EINVAL));
        });
        // A datagram on loopback has no checksum yet: where it begins, and where it goes to, is said in front.
        let socket = packet("lo", EtherType::ETH_P_IP);
        socket.setsockopt(opt::PACKET_VNET_HDR, true).unwrap();
        let to = udp_bound();
        send(&udp(), &to.getsockname().unwrap(), 1, 4);
        let mut buf = [0; 2048];
        assert_eq!(socket.recv(&mut buf, RecvFlags::empty()), Ok(10 + 14 + 28 + 4));
        let half = |at: usize| u16::from_ne_bytes([buf[at], buf[at + 1]]);
        // struct virtio_net_hdr: flags (1 is NEEDS_CSUM), type, 16 bits each of length, size, start and offset.
        assert_eq!((buf[0], buf[1], half(6), half(8)), (1, 0, 14 + 20, 6));
    });
}

#[test]
fn whose_times_the_frames_of_a_ring_carry() {
    isolated(Needs::PACKET, || {
        let socket = Socket::socket(Domain::AF_PACKET, Type::SOCK_RAW, Protocol::DEFAULT).unwrap();
        socket.setsockopt(opt::PACKET_IGNORE_OUTGOING, true).unwrap();
        socket.setsockopt(opt::PACKET_TIMESTAMP, TimestampingFlags::SOF_TIMESTAMPING_SOFTWARE).unwrap();
        // Somebody must want the stack's times; then it takes them.
        socket.setsockopt(opt::SO_TIMESTAMPNS, true).unwrap();
        let mut ring = RecvRing::new(socket, RingGeometry::new(4096, 2)).unwrap();
        ring.socket().bind(link("lo", EtherType::ETH_P_IP)).unwrap();
        let to = udp_bound();
        let addr = to.getsockname().unwrap();
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let before = now();
        // The kernel begins to take times a little after it was asked to.
        for _ in 0..200 {
            send(&udp(), &addr, 1, 4);
            let block = ring.next_block_timeout(DEADLINE).unwrap().expect("a block");
            let got = block.frames().next().unwrap();
            assert!(before <= got.timestamp() && got.timestamp() <= now());
            if got.status().contains(PacketStatus::TP_STATUS_TS_SOFTWARE) {
                return;
            }
        }
        panic!("no frame has the time of the stack");
    });
}

#[test]
fn a_packet_socket_can_be_waited_for() {
    isolated(Needs::PACKET, || {
        let socket = packet("lo", EtherType::ETH_P_IP);
        assert_eq!(socket.poll(PollFlags::POLLIN, Some(Duration::ZERO)), Ok(PollFlags::empty()));
        let to = udp_bound();
        send(&udp(), &to.getsockname().unwrap(), 1, 4);
        assert_eq!(socket.poll(PollFlags::POLLIN, DEADLINE), Ok(PollFlags::POLLIN));
    });
}
