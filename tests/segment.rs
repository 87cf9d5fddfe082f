//! UDP segmentation both ways: one send that arrives as many datagrams, many that arrive as one, and the path that cannot.

mod common;

use std::net::{Ipv4Addr, Ipv6Addr};

use common::{Kind, datagrams, guard, has_ipv6, isolated, tcp_pair, udp, udp_bound, unix_pair};
use netns::{Namespace, Needs};
use sockets::cmsg::{self, ControlBuf, ControlWriter};
use sockets::{
    CutBy, Domain, Errno, MAX_SEGMENTS, MsgFlags, Protocol, RecvBatch, RecvFlags, SendBatch, SendFlags,
    Socket, Type, opt,
};

const NONE: SendFlags = SendFlags::empty();
const DONTWAIT: RecvFlags = RecvFlags::MSG_DONTWAIT;

/// Bytes of which every part looks different.
fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i / 3) as u8).collect()
}

/// Two connected sockets of UDP, for each family that there is.
fn pairs() -> Vec<(Socket, Socket)> {
    let bound = |domain: Domain| {
        let socket = Socket::socket(domain, Type::SOCK_DGRAM, Protocol::DEFAULT).unwrap();
        match domain {
            Domain::AF_INET => socket.bind((Ipv4Addr::LOCALHOST, 0)).unwrap(),
            _ => socket.bind((Ipv6Addr::LOCALHOST, 0)).unwrap(),
        }
        socket
    };
    let domains = if has_ipv6() { &[Domain::AF_INET, Domain::AF_INET6][..] } else { &[Domain::AF_INET] };
    domains
        .iter()
        .map(|domain| {
            let (a, b) = (bound(*domain), bound(*domain));
            a.connect(b.getsockname().unwrap()).unwrap();
            b.connect(a.getsockname().unwrap()).unwrap();
            (a, b)
        })
        .collect()
}

/// All datagrams that are there.
fn arrived(socket: &Socket) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let mut buf = vec![0; 70_000];
    while let Ok(n) = socket.recv(&mut buf[..], DONTWAIT) {
        all.push(buf[..n].to_vec());
    }
    all
}

/// How much data makes so many segments, the last of them cut short by so much.
fn lengths(size: usize) -> impl Iterator<Item = usize> {
    [1, 2, 63, 64, MAX_SEGMENTS].into_iter().flat_map(move |count| {
        [0, 1, size - 1].into_iter().map(move |missing| count * size - missing).filter(|len| *len > 0)
    })
}

#[test]
fn what_is_sent_as_one_arrives_as_many() {
    let _guard = guard();
    for (a, b) in pairs() {
        b.setsockopt(opt::SO_RCVBUF, 1 << 20).unwrap();
        for len in lengths(100) {
            let data = pattern(len);
            assert_eq!(a.send_segments(&data, 100, NONE), Ok(len));
            assert!(arrived(&b).iter().map(Vec::as_slice).eq(data.chunks(100)), "{len}");
            assert_eq!(a.send_segments_to(&data, 100, NONE, b.getsockname().unwrap()), Ok(len));
            assert!(arrived(&b).iter().map(Vec::as_slice).eq(data.chunks(100)), "{len}");
        }
    }
}

#[test]
fn what_is_received_as_one_is_seen_as_many() {
    let _guard = guard();
    let mut buf = vec![0; 65_536];
    for (a, b) in pairs() {
        b.setsockopt(opt::SO_RCVBUF, 1 << 20).unwrap();
        b.setsockopt(opt::UDP_GRO, true).unwrap();
        for len in lengths(100) {
            let data = pattern(len);
            a.send_segments(&data, 100, NONE).unwrap();
            let mut room = ControlBuf::<{ cmsg::UDP_GRO.space() }>::new();
            let message = b.recvmsg(&mut buf[..], &mut room, DONTWAIT).unwrap();
            assert!(!message.is_truncated() && !message.is_control_truncated());
            let segments = message.segments();
            assert_eq!(segments.len(), len.div_ceil(100));
            assert!(segments.map(|segment| segment.data).eq(data.chunks(100)), "{len}");
            for segment in message.segments() {
                assert_eq!(*segment.addr, a.getsockname().unwrap());
                let size = segment.control.get(cmsg::UDP_GRO);
                assert_eq!(size, (len > 100).then_some(100));
            }
            assert_eq!(arrived(&b), Vec::<Vec<u8>>::new());
        }
    }
}

#[test]
fn a_plain_datagram_is_its_own_segment_and_so_is_an_empty_one() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_DGRAM);
    for data in [&b"hello"[..], b""] {
        a.send(data, NONE).unwrap();
        let mut buf = [0; 16];
        let message = b.recvmsg(&mut buf, &mut [], DONTWAIT).unwrap();
        let mut segments = message.segments();
        assert_eq!(segments.len(), 1);
        assert_eq!(segments.next().unwrap().data, data);
        assert!(segments.next().is_none() && segments.next().is_none());
    }
}

#[test]
fn a_batch_sends_and_receives_segments() {
    let _guard = guard();
    for (a, b) in pairs() {
        b.setsockopt(opt::UDP_GRO, true).unwrap();
        b.setsockopt(opt::IP_RECVTTL, true).unwrap();
        let (long, short) = (pattern(2500), pattern(40));
        let mut out = SendBatch::with_control(3, cmsg::UDP_SEGMENT.space()).unwrap();
        out.push(&long).unwrap().control(cmsg::UDP_SEGMENT, 1000).unwrap();
        out.push(&short).unwrap();
        out.push(&long).unwrap().control(cmsg::UDP_SEGMENT, 300).unwrap();
        assert_eq!(a.sendmmsg(&mut out, NONE), Ok(3));
        let room = cmsg::UDP_GRO.space() + cmsg::IP_TTL.space();
        let mut into = RecvBatch::with_control(4, 65_536, room).unwrap();
        let messages: Vec<_> = b.recvmmsg(&mut into, DONTWAIT).unwrap().collect();
        let got: Vec<Vec<usize>> = messages
            .iter()
            .map(|message| message.segments().map(|segment| segment.data.len()).collect())
            .collect();
        assert_eq!(got, [vec![1000, 1000, 500], vec![40], [vec![300; 8], vec![100]].concat()]);
        for segment in messages.iter().flat_map(|message| message.segments()) {
            assert_eq!(segment.addr.port(), a.getsockname().unwrap().port());
        }
    }
}

#[test]
fn room_that_is_too_short_shows() {
    let _guard = guard();
    for (a, b) in pairs() {
        b.setsockopt(opt::UDP_GRO, true).unwrap();
        a.send_segments(&pattern(2500), 1000, NONE).unwrap();
        let (mut buf, mut room) = ([0; 1500], ControlBuf::<{ cmsg::UDP_GRO.space() }>::new());
        let message = b.recvmsg(&mut buf, &mut room, DONTWAIT | RecvFlags::MSG_TRUNC).unwrap();
        assert!(message.is_truncated());
        assert_eq!((message.len, message.true_len), (1500, 2500));
        let lengths: Vec<usize> = message.segments().map(|segment| segment.data.len()).collect();
        assert_eq!(lengths, [1000, 500]);
        // Without room for the control message nobody knows where to cut.
        a.send_segments(&pattern(2500), 1000, NONE).unwrap();
        let mut buf = [0; 4000];
        let message = b.recvmsg(&mut buf, &mut [], DONTWAIT).unwrap();
        assert!(message.is_control_truncated() && message.flags.contains(MsgFlags::MSG_CTRUNC));
        assert_eq!(message.segments().len(), 1);
    }
}

#[test]
fn sizes_that_cannot_be_are_refused() {
    let _guard = guard();
    for (a, b) in pairs() {
        assert_eq!(a.send_segments(b"hello", 0, NONE), Err(Errno::EINVAL));
        assert_eq!(a.send_segments(&pattern(129 * 10), 10, NONE), Err(Errno::EINVAL));
        assert_eq!(a.send_segments(&pattern(65_536), 1000, NONE), Err(Errno::EMSGSIZE));
        let refused = a.send_segments_or_each(b"hello", 0, NONE, None).unwrap_err();
        assert_eq!((refused.done, refused.errno), (0, Errno::EINVAL));
        assert_eq!(arrived(&b), Vec::<Vec<u8>>::new());
        // The size is a number of 16 bits; the kernel takes no other.
        let mut room = ControlBuf::<64>::new();
        let mut control = ControlWriter::new(&mut room);
        let wrong: cmsg::Cmsg<cmsg::Int, cmsg::Both> = cmsg::Cmsg::new("UDP_SEGMENT", 17, 103);
        control.push(wrong, 100).unwrap();
        assert_eq!(a.sendmsg(b"hello", &control, NONE), Err(Errno::EINVAL));
    }
    assert_eq!(udp().send_segments(b"hello", 2, NONE), Err(Errno::EDESTADDRREQ));
}

#[test]
fn asking_whether_the_kernel_can_leaves_nothing_behind() {
    let _guard = guard();
    assert_eq!(opt::supports(opt::UDP_SEGMENT), Ok(true));
    assert_eq!(opt::supports(opt::UDP_GRO), Ok(true));
    let (a, b) = pairs().remove(0);
    a.send_segments(&pattern(2500), 1000, NONE).unwrap();
    assert_eq!(a.getsockopt(opt::UDP_SEGMENT), Ok(None));
    assert_eq!(arrived(&b).len(), 3);
    a.send(&pattern(2500), NONE).unwrap();
    assert_eq!(arrived(&b).len(), 1);
}

/// A socket that computes no checksums, where the kernel refuses to cut.
#[test]
fn a_path_that_cannot_cut_gets_single_datagrams() {
    let _guard = guard();
    let (a, b) = pairs().remove(0);
    for to in [None, Some(b.getsockname().unwrap())] {
        for len in lengths(100) {
            let data = pattern(len);
            a.setsockopt(opt::SO_NO_CHECK, false).unwrap();
            assert_eq!(a.send_segments_or_each(&data, 100, NONE, to.as_ref()), Ok(CutBy::Kernel));
            assert!(arrived(&b).iter().map(Vec::as_slice).eq(data.chunks(100)), "{len}");
            a.setsockopt(opt::SO_NO_CHECK, true).unwrap();
            if len > 100 {
                assert_eq!(a.send_segments(&data, 100, NONE), Err(Errno::EINVAL));
                assert_eq!(a.send_segments_or_each(&data, 100, NONE, to.as_ref()), Ok(CutBy::Library));
                assert!(arrived(&b).iter().map(Vec::as_slice).eq(data.chunks(100)), "{len}");
            }
        }
    }
}

/// UDP-Lite is never cut: EIO, as on interfaces that leave the checksums to nobody.
#[test]
fn a_protocol_that_cannot_cut_gets_single_datagrams() {
    let _guard = guard();
    let lite = || match Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::IPPROTO_UDPLITE) {
        Ok(socket) => {
            socket.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            Some(socket)
        }
        // A kernel without it.
        Err(errno) => {
            assert_eq!(errno, Errno::EPROTONOSUPPORT);
            None
        }
    };
    let (Some(a), Some(b)) = (lite(), lite()) else { return };
    let (data, to) = (pattern(2500), b.getsockname().unwrap());
    assert_eq!(a.send_segments_to(&data, 1000, NONE, &to), Err(Errno::EIO));
    assert_eq!(a.send_segments_or_each(&data, 1000, NONE, Some(&to)), Ok(CutBy::Library));
    assert!(arrived(&b).iter().map(Vec::as_slice).eq(data.chunks(1000)));
}

/// The kernel cuts no segments that would not fit into a packet: EMSGSIZE, or EINVAL in older ones.
#[test]
fn segments_larger_than_the_path_are_sent_one_by_one() {
    isolated(Needs::USERNS, || {
        Namespace::current().unwrap().set_mtu("lo", 1500).unwrap();
        let (a, b) = (udp_bound(), udp_bound());
        let to = b.getsockname().unwrap();
        let data = pattern(9000);
        let refused = a.send_segments_to(&data, 4000, NONE, &to);
        assert!([Err(Errno::EMSGSIZE), Err(Errno::EINVAL)].contains(&refused), "{refused:?}");
        assert_eq!(a.send_segments_or_each(&data, 4000, NONE, Some(&to)), Ok(CutBy::Library));
        assert!(arrived(&b).iter().map(Vec::as_slice).eq(data.chunks(4000)));
        // More than the kernel cuts at once, and more than one packet can have, too.
        let many = pattern(200 * 10);
        assert_eq!(a.send_segments_or_each(&many, 10, NONE, Some(&to)), Ok(CutBy::Library));
        assert_eq!(arrived(&b).len(), 200);
        let long = pattern(70_000);
        b.setsockopt(opt::SO_RCVBUF, 1 << 20).unwrap();
        assert_eq!(a.send_segments_or_each(&long, 1000, NONE, Some(&to)), Ok(CutBy::Library));
        assert!(arrived(&b).iter().map(Vec::as_slice).eq(long.chunks(1000)));
    });
}

#[test]
fn how_far_it_came_is_told() {
    let _guard = guard();
    for kind in datagrams() {
        let Kind { domain, .. } = kind;
        if domain != Domain::AF_UNIX {
            continue;
        }
        // AF_UNIX has no segments, and does not look at control messages of another level.
        let dir = common::Dir::new();
        let to = kind.bound(&dir);
        let from = kind.open();
        from.connect(to.getsockname().unwrap()).unwrap();
        let cut_by = from.send_segments_or_each(&pattern(4000), 10, SendFlags::MSG_DONTWAIT, None);
        assert_eq!((cut_by, arrived(&to).len()), (Ok(CutBy::Kernel), 1));
    }
    let (a, b) = pairs().remove(0);
    a.setsockopt(opt::SO_NO_CHECK, true).unwrap();
    drop(b);
    // The second datagram meets the answer to the first: nobody there.
    let partial = a.send_segments_or_each(&pattern(4000), 1000, NONE, None).unwrap_err();
    assert_eq!((partial.done, partial.errno), (1000, Errno::ECONNREFUSED));
}

#[test]
fn other_protocols_know_nothing_of_it() {
    let _guard = guard();
    let (a, _b) = tcp_pair();
    // TCP does not look at control messages of another level: it is a plain send.
    assert_eq!(a.send_segments(b"hello", 2, NONE), Ok(5));
}
