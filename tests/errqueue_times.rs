//! The error queue: times of sending, completions of `MSG_ZEROCOPY`, packet sockets.

mod common;

use std::os::fd::AsRawFd;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use common::{guard, isolated, tcp_pair, udp_bound};
use netns::Needs;
use sockets::cmsg::{self, ControlBuf, ControlWriter};
use sockets::opt::{self, TimestampingFlags as Flags};
use sockets::{
    Domain, Errno, ErrorEvent, EtherType, LinkAddr, MsgFlags, PollFlags, Protocol, RecvFlags, SendFlags,
    Socket, TimestampKind, Type, spare_capacity,
};

const NONE: SendFlags = SendFlags::empty();
const LONG: Duration = Duration::from_secs(50);
const TELL: Flags = Flags::SOF_TIMESTAMPING_SOFTWARE.union(Flags::SOF_TIMESTAMPING_OPT_ID);

/// The next time of sending: which moment, which packet, when; and the bytes that came with it.
#[track_caller]
fn stamp(socket: &Socket) -> (TimestampKind, u32, Duration, Vec<u8>) {
    let mut bytes = Vec::with_capacity(2048);
    let queued = socket.recv_error_timeout(spare_capacity(&mut bytes), LONG).unwrap();
    assert!(!queued.is_truncated() && !queued.is_control_truncated());
    let ErrorEvent::Timestamp { kind, key, software: Some(time), hardware: None } = queued.event else {
        panic!("{queued:?}")
    };
    (kind, key, time, bytes)
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

#[test]
fn a_datagram_is_scheduled_and_sent_and_has_a_number() {
    let _guard = guard();
    let (socket, to) = (udp_bound(), udp_bound().getsockname().unwrap());
    let flags = TELL | Flags::SOF_TIMESTAMPING_TX_SCHED | Flags::SOF_TIMESTAMPING_TX_SOFTWARE;
    socket.setsockopt(opt::SO_TIMESTAMPING, flags.into()).unwrap();
    for round in 0..3 {
        let before = now();
        socket.sendto(b"data", NONE, &to).unwrap();
        let (kind, key, scheduled, data) = stamp(&socket);
        assert_eq!((kind, key), (TimestampKind::SCM_TSTAMP_SCHED, round));
        assert!(data.ends_with(b"data") && data.len() > 28, "with all headers");
        let (kind, key, sent, _) = stamp(&socket);
        assert_eq!((kind, key), (TimestampKind::SCM_TSTAMP_SND, round));
        assert!(before <= scheduled && scheduled <= sent && sent <= now());
    }
    assert_eq!(socket.recv_error(()).unwrap_err(), Errno::EAGAIN);
}

#[test]
fn without_the_packet_and_with_a_number_of_the_callers() {
    let _guard = guard();
    let (socket, to) = (udp_bound(), udp_bound().getsockname().unwrap());
    let flags = TELL | Flags::SOF_TIMESTAMPING_OPT_TSONLY;
    socket.setsockopt(opt::SO_TIMESTAMPING, flags.into()).unwrap();
    let mut room = ControlBuf::<{ cmsg::SO_TIMESTAMPING.space() + cmsg::SCM_TS_OPT_ID.space() }>::new();
    let mut control = ControlWriter::new(&mut room);
    // Asked for with this one message only.
    control.push(cmsg::SO_TIMESTAMPING, Flags::SOF_TIMESTAMPING_TX_SOFTWARE).unwrap();
    socket.sendmsg_to(b"data", &control, NONE, &to).unwrap();
    let (kind, key, _, data) = stamp(&socket);
    assert_eq!((kind, key, data.len()), (TimestampKind::SCM_TSTAMP_SND, 0, 0));

    control.push(cmsg::SCM_TS_OPT_ID, 0xDEAD_BEEF).unwrap();
    match socket.sendmsg_to(b"data", &control, NONE, &to) {
        // Before Linux 6.13.
        Err(Errno::EINVAL) => {}
        sent => {
            sent.unwrap();
            assert_eq!(stamp(&socket).1, 0xDEAD_BEEF);
        }
    }
    socket.sendto(b"data", NONE, &to).unwrap();
    assert_eq!(socket.recv_error(()).unwrap_err(), Errno::EAGAIN);
}

#[test]
fn tcp_tells_acknowledgements_and_counts_bytes() {
    let _guard = guard();
    let (socket, _peer) = tcp_pair();
    let flags = TELL
        | Flags::SOF_TIMESTAMPING_TX_SCHED
        | Flags::SOF_TIMESTAMPING_TX_SOFTWARE
        | Flags::SOF_TIMESTAMPING_TX_ACK
        | Flags::SOF_TIMESTAMPING_OPT_TSONLY;
    socket.setsockopt(opt::SO_TIMESTAMPING, flags.into()).unwrap();
    for last_byte in [4, 9] {
        socket.send(b"bytes", NONE).unwrap();
        let mut kinds = [stamp(&socket), stamp(&socket), stamp(&socket)].map(|(kind, key, ..)| {
            assert_eq!(key, last_byte);
            kind.raw()
        });
        kinds.sort();
        assert_eq!(kinds, [0, 1, 2]);
    }
}

#[test]
fn the_counters_of_a_connection_come_with_the_time() {
    let _guard = guard();
    let (socket, _peer) = tcp_pair();
    let flags = TELL
        | Flags::SOF_TIMESTAMPING_TX_SOFTWARE
        | Flags::SOF_TIMESTAMPING_OPT_STATS
        | Flags::SOF_TIMESTAMPING_OPT_TSONLY;
    socket.setsockopt(opt::SO_TIMESTAMPING, flags.into()).unwrap();
    socket.send(b"bytes", NONE).unwrap();
    let (kind, _, _, stats) = stamp(&socket);
    assert_eq!(kind, TimestampKind::SCM_TSTAMP_SND);
    // A netlink attribute has its length in the first two bytes.
    assert!(stats.len() > 100 && u16::from_ne_bytes([stats[0], stats[1]]) >= 4);

    socket.send(b"bytes", NONE).unwrap();
    assert_eq!(socket.poll(PollFlags::empty(), Some(LONG)), Ok(PollFlags::POLLERR));
    let mut room = ControlBuf::<1024>::new();
    let message = socket.recvmsg((), &mut room, RecvFlags::MSG_ERRQUEUE).unwrap();
    assert!(matches!(ErrorEvent::of(&message.control), ErrorEvent::Timestamp { .. }));
    assert!(message.control.get(cmsg::SCM_TIMESTAMPING_OPT_STATS).is_some_and(|stats| stats.len() > 100));
}

#[cfg(target_pointer_width = "64")]
#[test]
fn both_layouts_are_read() {
    let _guard = guard();
    let (socket, to) = (udp_bound(), udp_bound().getsockname().unwrap());
    let flags = TELL | Flags::SOF_TIMESTAMPING_TX_SOFTWARE;
    for _ in 0..2 {
        for option in [opt::SO_TIMESTAMPING, opt::SO_TIMESTAMPING_NEW] {
            socket.setsockopt(option, flags.into()).unwrap();
            socket.sendto(b"data", NONE, &to).unwrap();
            assert_eq!(stamp(&socket).0, TimestampKind::SCM_TSTAMP_SND);
        }
    }
}

#[test]
fn a_packet_socket_has_times_of_sending_too() {
    isolated(Needs::PACKET, || {
        let socket = Socket::socket(Domain::AF_PACKET, Type::SOCK_DGRAM, Protocol::DEFAULT).unwrap();
        let flags = TELL | Flags::SOF_TIMESTAMPING_TX_SOFTWARE | Flags::SOF_TIMESTAMPING_TX_SCHED;
        socket.setsockopt(opt::SO_TIMESTAMPING, flags.into()).unwrap();
        let lo = sockets::if_nametoindex("lo").unwrap();
        let to = LinkAddr::new(lo, EtherType::from(0x88B5)).unwrap().with_hardware_addr([0; 6]);
        for key in 0..2 {
            socket.sendto(&[5; 60], NONE, to).unwrap();
            for kind in [TimestampKind::SCM_TSTAMP_SCHED, TimestampKind::SCM_TSTAMP_SND] {
                let (found, number, ..) = stamp(&socket);
                assert_eq!((found, number), (kind, key));
            }
        }
    });
}

#[test]
fn completions_of_zerocopy_come_as_ranges() {
    let _guard = guard();
    let (socket, to) = (udp_bound(), udp_bound());
    socket.connect(to.getsockname().unwrap()).unwrap();
    socket.setsockopt(opt::SO_ZEROCOPY, true).unwrap();
    static DATA: [u8; 100] = [7; 100];
    for first in [0, 3] {
        for _ in 0..3 {
            // SAFETY: the bytes live for ever.
            let n = unsafe { libc::send(socket.as_raw_fd(), DATA.as_ptr().cast(), 100, libc::MSG_ZEROCOPY) };
            assert_eq!(n, 100);
            // Read, the datagram lets go of the memory.
            to.recv(&mut [0; 100], RecvFlags::empty()).unwrap();
        }
        let mut next = first;
        while next < first + 3 {
            let queued = socket.recv_error_timeout((), LONG).unwrap();
            assert!(queued.flags.contains(MsgFlags::MSG_ERRQUEUE));
            let ErrorEvent::Zerocopy { first, last, copied: true } = queued.event else {
                panic!("{queued:?}")
            };
            assert_eq!(first, next);
            next = last + 1;
        }
    }
}
