//! sendmmsg(2) from a batch: what is in a slot arrives, what was not sent can be sent on, and what is wrong with one message
//! stops none of the others.

mod common;

use std::io::IoSlice;
use std::net::SocketAddr;
use std::path::Path;
use std::thread;

use common::threads::blocked;
use common::{guard, isolated, udp_bound, unix, unix_pair};
use netns::Needs;
use sockets::cmsg::{self, TrafficClass};
use sockets::{
    Domain, Errno, Outgoing, Protocol, RecvBatch, RecvFlags, SendBatch, SendFlags, Socket, Type, UnixAddr,
    opt,
};

const NONE: SendFlags = SendFlags::empty();

/// The data of all messages that are there.
fn arrived(socket: &Socket) -> Vec<Vec<u8>> {
    let mut batch = RecvBatch::new(64, 70_000).unwrap();
    match socket.recvmmsg(&mut batch, RecvFlags::MSG_DONTWAIT) {
        Ok(messages) => messages.map(|message| message.data.to_vec()).collect(),
        Err(Errno::EAGAIN) => Vec::new(),
        Err(errno) => panic!("{errno}"),
    }
}

#[test]
fn every_message_goes_where_it_is_to_go() {
    let _guard = guard();
    let from = udp_bound();
    let to: Vec<Socket> = (0..4).map(|_| udp_bound()).collect();
    let addrs: Vec<_> = to.iter().map(|socket| socket.getsockname().unwrap()).collect();
    let v4 = addrs[1].as_ipv4().unwrap();
    let pieces = [IoSlice::new(b"in "), IoSlice::new(b""), IoSlice::new(b"pieces")];
    let mut batch = SendBatch::new(8).unwrap();
    batch.push(b"to a SockAddr").unwrap().to(&addrs[0]).unwrap();
    batch.push(b"to a SocketAddr").unwrap().to(SocketAddr::V4(v4)).unwrap();
    batch.push(b"").unwrap().to((*v4.ip(), addrs[2].port().unwrap())).unwrap();
    batch.push_vectored(&pieces).unwrap().to(&addrs[3]).unwrap();
    assert_eq!((batch.len(), batch.sent(), batch.is_done()), (4, 0, false));
    assert_eq!(from.sendmmsg(&mut batch, NONE), Ok(4));
    assert!(batch.is_done());
    let lengths: Vec<_> = (0..5).map(|i| batch.sent_len(i)).collect();
    assert_eq!(lengths, [Some(13), Some(15), Some(0), Some(9), None]);
    let got: Vec<_> = to.iter().map(arrived).collect();
    assert_eq!(
        got,
        [
            vec![b"to a SockAddr".to_vec()],
            vec![b"to a SocketAddr".to_vec()],
            vec![vec![]],
            vec![b"in pieces".to_vec()]
        ]
    );
}

#[test]
fn rewound_it_goes_again_and_cleared_it_is_empty() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_DGRAM);
    let mut batch = SendBatch::new(2).unwrap();
    batch.push(b"one").unwrap();
    batch.push(b"two").unwrap();
    for _ in 0..3 {
        batch.rewind();
        assert_eq!(a.sendmmsg(&mut batch, NONE), Ok(2));
        assert_eq!(a.sendmmsg(&mut batch, NONE), Ok(0));
        assert_eq!(arrived(&b), [b"one", b"two"]);
    }
    batch.clear();
    assert!(batch.is_empty() && batch.is_done());
    assert_eq!((a.sendmmsg(&mut batch, NONE), batch.sent_len(0)), (Ok(0), None));
    batch.push(b"three").unwrap();
    assert_eq!(a.sendmmsg(&mut batch, NONE), Ok(1));
    assert_eq!(arrived(&b), [b"three"]);
}

#[test]
fn recycled_it_borrows_something_else() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_DGRAM);
    let mut kept = SendBatch::<'static>::with_control(3, 64).unwrap();
    for round in 0..3 {
        let data = format!("round {round}");
        let mut batch = kept.recycle();
        batch.push(data.as_bytes()).unwrap();
        assert_eq!(a.sendmmsg(&mut batch, NONE), Ok(1));
        kept = batch.recycle();
        assert!(kept.is_empty());
        assert_eq!((kept.slots(), arrived(&b)), (3, vec![data.into_bytes()]));
    }
}

#[test]
fn a_full_batch_takes_no_more_and_keeps_what_it_has() {
    let _guard = guard();
    let mut batch = SendBatch::new(2).unwrap();
    batch.push(b"one").unwrap();
    batch.push(b"two").unwrap();
    assert_eq!(batch.push(b"three").unwrap_err(), Errno::ENOBUFS);
    assert_eq!(batch.push_vectored(&[]).unwrap_err(), Errno::ENOBUFS);
    assert_eq!(batch.len(), 2);
    assert_eq!(SendBatch::new(0).unwrap_err(), Errno::EINVAL);
    let many = if cfg!(target_pointer_width = "64") { Errno::EINVAL } else { Errno::ENOMEM };
    assert_eq!(SendBatch::new(usize::MAX).unwrap_err(), many);
    assert_eq!(SendBatch::with_control(2, usize::MAX).unwrap_err(), Errno::ENOMEM);
}

#[test]
fn a_message_that_cannot_be_completed_is_not_in_the_batch() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_DGRAM);
    let mut batch = SendBatch::with_control(4, cmsg::IP_TTL.space()).unwrap();
    batch.push(b"one").unwrap();
    assert_eq!(batch.push(b"no path").unwrap().to(Path::new("")).unwrap_err(), Errno::EINVAL);
    let twice =
        |message: Outgoing<'_, '_>| message.control(cmsg::IP_TTL, 1)?.control(cmsg::IP_TTL, 1).map(drop);
    assert_eq!(batch.push(b"no room").and_then(twice), Err(Errno::ENOBUFS));
    batch.push(b"two").unwrap();
    assert_eq!(a.sendmmsg(&mut batch, NONE), Ok(2));
    assert_eq!(arrived(&b), [b"one", b"two"]);
}

#[test]
fn control_messages_are_those_of_their_slot() {
    let _guard = guard();
    let (a, b) = (udp_bound(), udp_bound());
    b.setsockopt(opt::IP_RECVTTL, true).unwrap();
    b.setsockopt(opt::IP_RECVTOS, true).unwrap();
    let to = b.getsockname().unwrap();
    let room = cmsg::IP_TTL.space() + cmsg::IP_TOS.space();
    let mut batch = SendBatch::with_control(3, room).unwrap();
    let class = TrafficClass::from(0xb8);
    batch.push(b"a").unwrap().to(&to).unwrap().control(cmsg::IP_TTL, 7).unwrap();
    batch.push(b"b").unwrap().to(&to).unwrap();
    let both = batch.push(b"c").unwrap().control(cmsg::IP_TOS, class).unwrap();
    both.control(cmsg::IP_TTL, 9).unwrap().to(&to).unwrap();
    let mut into = RecvBatch::with_control(3, 4, room).unwrap();
    for _ in 0..2 {
        batch.rewind();
        assert_eq!(a.sendmmsg(&mut batch, NONE), Ok(3));
        let messages = b.recvmmsg(&mut into, RecvFlags::empty()).unwrap();
        let got: Vec<_> = messages
            .map(|message| (message.control.get(cmsg::IP_TTL), message.control.get(cmsg::IP_TOS)))
            .collect();
        let none = Some(TrafficClass::from(0));
        assert_eq!(got, [(Some(7), none), (Some(64), none), (Some(9), Some(class))]);
    }
    // A single one with control messages takes sendmsg(2).
    batch.clear();
    batch.push(b"d").unwrap().to(&to).unwrap().control(cmsg::IP_TTL, 11).unwrap();
    assert_eq!(a.sendmmsg(&mut batch, NONE), Ok(1));
    let message = b.recvmmsg(&mut into, RecvFlags::MSG_WAITFORONE).unwrap().next().unwrap();
    assert_eq!(message.control.get(cmsg::IP_TTL), Some(11));
}

#[test]
fn what_one_message_is_refused_for_is_told_when_it_is_the_first() {
    let _guard = guard();
    let (a, b) = (udp_bound(), udp_bound());
    let to = b.getsockname().unwrap();
    let long = vec![0; 65_508];
    let mut batch = SendBatch::new(5).unwrap();
    for data in [&b"one"[..], &long, b"three", &long, &long] {
        batch.push(data).unwrap().to(&to).unwrap();
    }
    assert_eq!(a.sendmmsg(&mut batch, NONE), Ok(1));
    assert_eq!(a.sendmmsg(&mut batch, NONE), Err(Errno::EMSGSIZE));
    assert_eq!((batch.sent(), batch.sent_len(0), batch.sent_len(1)), (1, Some(3), None));
    batch.skip();
    assert_eq!(a.sendmmsg(&mut batch, NONE), Ok(1));
    assert_eq!(a.sendmmsg(&mut batch, NONE), Err(Errno::EMSGSIZE));
    batch.skip();
    // The last one takes the call for one message.
    assert_eq!(a.sendmmsg(&mut batch, NONE), Err(Errno::EMSGSIZE));
    batch.skip();
    assert!(batch.is_done());
    batch.skip();
    assert_eq!((batch.sent(), a.sendmmsg(&mut batch, NONE)), (5, Ok(0)));
    assert_eq!(arrived(&b), [b"one".to_vec(), b"three".to_vec()]);
}

#[test]
fn a_queue_that_is_full_takes_the_rest_later() {
    let _guard = guard();
    let to = unix(Type::SOCK_DGRAM);
    to.bind(UnixAddr::Unnamed).unwrap();
    let from = unix(Type::SOCK_DGRAM);
    from.connect(to.getsockname().unwrap()).unwrap();
    let data: Vec<Vec<u8>> = (0..40_u8).map(|i| vec![i]).collect();
    let mut batch = SendBatch::new(40).unwrap();
    for data in &data {
        batch.push(data).unwrap();
    }
    let mut got = Vec::new();
    while !batch.is_done() {
        match from.sendmmsg(&mut batch, SendFlags::MSG_DONTWAIT) {
            Ok(n) => assert!(n > 0),
            Err(errno) => {
                assert_eq!(errno, Errno::EAGAIN);
                got.extend(arrived(&to));
            }
        }
    }
    got.extend(arrived(&to));
    assert_eq!(got, data);
}

#[test]
fn more_than_1024_go_in_two_calls() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_STREAM);
    let mut batch = SendBatch::new(1030).unwrap();
    for _ in 0..1030 {
        batch.push(b"x").unwrap();
    }
    // A stream with little room would stop it earlier.
    a.setsockopt(opt::SO_SNDBUF, 1 << 21).unwrap();
    assert_eq!(a.sendmmsg(&mut batch, NONE), Ok(1024));
    assert_eq!(a.sendmmsg(&mut batch, NONE), Ok(6));
    assert_eq!(b.recv(&mut [0; 2000], RecvFlags::MSG_WAITALL | RecvFlags::MSG_DONTWAIT), Ok(1030));
}

#[test]
fn a_stream_says_how_much_it_took() {
    let _guard = guard();
    let (a, _b) = unix_pair(Type::SOCK_STREAM);
    let data = vec![0; 1 << 24];
    let mut batch = SendBatch::new(2).unwrap();
    batch.push(&data).unwrap();
    batch.push(&data).unwrap();
    assert_eq!(a.sendmmsg(&mut batch, SendFlags::MSG_DONTWAIT), Ok(1));
    let n = batch.sent_len(0).unwrap();
    assert!(n > 0 && n < data.len());
}

#[test]
fn the_end_of_a_record_is_a_flag_of_one_message() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_SEQPACKET);
    let mut batch = SendBatch::new(2).unwrap();
    let _ = batch.push(b"one").unwrap().flags(SendFlags::MSG_EOR);
    batch.push(b"two").unwrap();
    assert_eq!(a.sendmmsg(&mut batch, NONE), Ok(2));
    batch.clear();
    let _ = batch.push(b"three").unwrap().flags(SendFlags::MSG_EOR);
    assert_eq!(a.sendmmsg(&mut batch, NONE), Ok(1));
    assert_eq!(arrived(&b), [b"one".to_vec(), b"two".to_vec(), b"three".to_vec()]);
}

#[test]
fn a_peer_that_has_gone_is_epipe_and_no_signal() {
    // Rust programs ignore SIGPIPE; C programs do not.
    isolated(Needs::USERNS, || {
        // SAFETY: the default disposition is a valid one.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
        let (a, b) = unix_pair(Type::SOCK_STREAM);
        drop(b);
        for count in [1, 2] {
            let mut batch = SendBatch::with_control(2, 64).unwrap();
            (0..count).for_each(|_| {
                batch.push(b"x").unwrap();
            });
            assert_eq!(a.sendmmsg(&mut batch, NONE), Err(Errno::EPIPE));
        }
        let mut batch = SendBatch::new(1).unwrap();
        let pieces = [IoSlice::new(b"x"), IoSlice::new(b"y")];
        batch.push_vectored(&pieces).unwrap();
        assert_eq!(a.sendmmsg(&mut batch, NONE), Err(Errno::EPIPE));
    });
}

#[test]
fn errors_of_the_socket_are_those_of_a_single_send() {
    let _guard = guard();
    let udp = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT).unwrap();
    let file = Socket::from(std::os::fd::OwnedFd::from(std::fs::File::open("/dev/null").unwrap()));
    for count in [1, 2] {
        let mut batch = SendBatch::new(2).unwrap();
        (0..count).for_each(|_| {
            batch.push(b"x").unwrap();
        });
        assert_eq!(udp.sendmmsg(&mut batch, NONE), Err(Errno::EDESTADDRREQ));
        assert_eq!(file.sendmmsg(&mut batch, NONE), Err(Errno::ENOTSOCK));
        assert_eq!(batch.sent(), 0);
        batch.clear();
        for _ in 0..count {
            batch.push(b"x").unwrap().to(UnixAddr::Abstract(b"x")).unwrap();
        }
        assert_eq!(udp.sendmmsg(&mut batch, NONE), Err(Errno::EINVAL));
    }
}

#[test]
fn a_signal_ends_the_wait() {
    let _guard = guard();
    let to = unix(Type::SOCK_DGRAM);
    to.bind(UnixAddr::Unnamed).unwrap();
    let from = unix(Type::SOCK_DGRAM);
    from.connect(to.getsockname().unwrap()).unwrap();
    while from.send(b"x", SendFlags::MSG_DONTWAIT).is_ok() {}
    thread::scope(|scope| {
        // musl's sends one after the other.
        let call = if cfg!(target_env = "musl") { libc::SYS_sendmsg } else { libc::SYS_sendmmsg };
        let waiting = blocked(scope, call, || {
            let mut batch = SendBatch::new(2).unwrap();
            batch.push(b"one").unwrap();
            batch.push(b"two").unwrap();
            (from.sendmmsg(&mut batch, NONE), batch.sent())
        });
        assert_eq!(waiting.interrupt(), (Err(Errno::EINTR), 0));
    });
}

#[test]
fn an_echo_answers_from_one_batch_into_the_other() {
    let _guard = guard();
    let (client, server) = (udp_bound(), udp_bound());
    client.connect(server.getsockname().unwrap()).unwrap();
    let mut into = RecvBatch::new(4, 16).unwrap();
    let mut kept = SendBatch::new(4).unwrap();
    for round in 0..3 {
        for i in 0..4 {
            client.send(&[round, i], NONE).unwrap();
        }
        let questions: Vec<_> = server.recvmmsg(&mut into, RecvFlags::empty()).unwrap().collect();
        let mut answers = kept.recycle();
        for question in &questions {
            answers.push(question.data).unwrap().to(&question.addr).unwrap();
        }
        assert_eq!(server.sendmmsg(&mut answers, NONE), Ok(4));
        kept = answers.recycle();
        drop(questions);
        assert_eq!(arrived(&client), (0..4).map(|i| vec![round, i]).collect::<Vec<_>>());
    }
}
