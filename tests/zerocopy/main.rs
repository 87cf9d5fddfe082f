//! MSG_ZEROCOPY: every buffer comes back when the kernel has let go of it, in order, and nothing is freed before.

#[path = "../common/mod.rs"]
mod common;
mod errors;
mod late;

use std::io::Read;
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{net, thread};

use common::{Kind, Names, connecting, datagrams, guard, isolated, leaks_nothing, tcp_pair, udp, udp_bound};
use netns::Needs;
use sockets::cmsg::{self, ControlBuf, ControlWriter};
use sockets::opt;
use sockets::{
    Completion, Errno, PollFlags, RecvFlags, SendFlags, Shutdown, Socket, Type, Zerocopy, ZerocopyBuffer,
};

const NONE: SendFlags = SendFlags::empty();
/// Never over before the test is.
const LONG: Duration = Duration::from_secs(50);
const MSG_ZEROCOPY: SendFlags = SendFlags::from_bits_retain(libc::MSG_ZEROCOPY);

fn queue<B: ZerocopyBuffer>(socket: Socket, capacity: usize) -> Zerocopy<B> {
    let queue = Zerocopy::new(socket, capacity).unwrap();
    assert!(queue.is_zerocopy() && queue.is_empty());
    queue
}

/// The next buffer that is back, and whether it was copied.
#[track_caller]
fn back<B: ZerocopyBuffer>(queue: &mut Zerocopy<B>) -> (B, bool) {
    match queue.completed_timeout((), LONG).unwrap() {
        Some(Completion::Buffer(done)) => (done.buffer, done.copied),
        Some(Completion::Event(event)) => panic!("{event:?}"),
        _ => panic!("nothing is in flight"),
    }
}

fn is_inet(kind: &Kind) -> bool {
    matches!(kind.names, Names::Ipv4 | Names::Ipv6)
}

/// A connection that takes little, and does not block.
fn narrow() -> (Socket, Socket) {
    let (socket, peer) = tcp_pair();
    socket.setsockopt(opt::SO_SNDBUF, 65_536).unwrap();
    peer.setsockopt(opt::SO_RCVBUF, 65_536).unwrap();
    socket.set_nonblocking(true).unwrap();
    (socket, peer)
}

/// Sends what goes of a large buffer, until there is no room, nor will be (as `common::fill` does), and gives up the rest; returns how
/// much went. Some of it is in flight until the peer reads.
fn stuff<B: ZerocopyBuffer>(queue: &mut Zerocopy<B>, buffer: B) -> usize {
    let mut sent = queue.send(buffer, NONE).unwrap();
    loop {
        while let Ok(n) = queue.resume(NONE) {
            sent += n;
        }
        let poll = queue.socket().poll(PollFlags::POLLOUT, Some(Duration::from_millis(250))).unwrap();
        if !poll.contains(PollFlags::POLLOUT) {
            assert!(queue.abandon() > 0);
            return sent;
        }
    }
}

/// The kernel counts a datagram that it drops after all, and reports it done.
#[test]
fn streams_and_datagrams_give_every_buffer_back_in_order() {
    let _guard = guard();
    let dir = common::Dir::new();
    for kind in [connecting(), datagrams()].concat().into_iter().filter(is_inet) {
        let (socket, peer) = if kind.ty == Type::SOCK_STREAM {
            kind.connection(&dir)
        } else {
            let (socket, peer) = (kind.bound(&dir), kind.bound(&dir));
            socket.connect(peer.getsockname().unwrap()).unwrap();
            (socket, peer)
        };
        let mut queue = queue::<Vec<u8>>(socket, 8);
        assert_eq!(queue.completed(()).unwrap(), None);
        for round in 0..20_u8 {
            for part in 0..4 {
                assert_eq!(queue.send(vec![round * 4 + part; 5000], NONE).unwrap(), 5000);
                assert_eq!(queue.rest(), 0);
            }
            for part in 0..4 {
                let mut buf = [0; 5000];
                peer.recv_exact(&mut buf, RecvFlags::empty()).unwrap();
                assert_eq!(buf, [round * 4 + part; 5000]);
            }
            for part in 0..4 {
                let (buffer, copied) = back(&mut queue);
                assert_eq!(buffer, [round * 4 + part; 5000], "{kind:?}");
                // To this machine itself, the kernel copies.
                assert!(copied);
            }
            assert_eq!(queue.completed(()).unwrap(), None);
        }
        assert!(queue.into_socket().is_ok());
    }
}

#[test]
fn every_kind_of_buffer_goes() {
    fn goes<B: ZerocopyBuffer + AsRef<[u8]>>(buffer: B) {
        let (socket, peer) = tcp_pair();
        let mut queue = queue(socket, 1);
        queue.send(buffer, NONE).unwrap();
        let mut buf = [0; 3];
        peer.recv_exact(&mut buf, RecvFlags::empty()).unwrap();
        assert_eq!(back(&mut queue).0.as_ref(), b"abc");
        assert_eq!(&buf, b"abc");
    }
    let _guard = guard();
    goes(b"abc".to_vec());
    goes(Box::<[u8]>::from(*b"abc"));
    goes(Arc::<[u8]>::from(*b"abc"));
    goes(&b"abc"[..]);
    let (socket, _peer) = tcp_pair();
    let mut queue = queue(socket, 1);
    queue.send(Arc::new(b"abc".to_vec()), NONE).unwrap();
    assert_eq!(**back(&mut queue).0, *b"abc");
}

#[test]
fn an_empty_buffer_is_back_at_once_and_takes_no_number() {
    let _guard = guard();
    let (socket, peer) = (udp(), udp_bound());
    let to = peer.getsockname().unwrap();
    let mut queue = queue::<&[u8]>(socket, 4);
    for _ in 0..3 {
        assert_eq!(queue.sendto(&[], NONE, &to).unwrap(), 0);
        queue.sendto(b"x", NONE, &to).unwrap();
        assert_eq!(peer.recv(&mut [0; 1], RecvFlags::empty()), Ok(0));
        assert_eq!(peer.recv(&mut [0; 1], RecvFlags::empty()), Ok(1));
        assert_eq!(back(&mut queue), (&[][..], false));
        assert_eq!(back(&mut queue).0, b"x");
    }
}

#[test]
fn other_sockets_fall_back_and_say_so() {
    let _guard = guard();
    let dir = common::Dir::new();
    for kind in connecting().into_iter().filter(|kind| !is_inet(kind)) {
        let (socket, peer) = kind.connection(&dir);
        let mut queue = Zerocopy::<Vec<u8>>::new(socket, 4).unwrap();
        assert!(!queue.is_zerocopy());
        queue.send(b"hello".to_vec(), NONE).unwrap();
        assert_eq!(queue.completed(()).unwrap().map(|_| ()), Some(()));
        queue.send(b"there".to_vec(), MSG_ZEROCOPY).unwrap();
        assert_eq!(back(&mut queue), (b"there".to_vec(), true));
        assert_eq!(queue.completed(()).unwrap(), None);
        let mut buf = [0; 10];
        assert_eq!(peer.recv(&mut buf[..5], RecvFlags::empty()), Ok(5));
        assert_eq!(&buf[..5], b"hello");
    }
}

#[test]
fn a_buffer_that_takes_many_calls_comes_back_after_the_last() {
    let _guard = guard();
    let (socket, peer) = narrow();
    const LEN: usize = 3_000_000;
    let data: Arc<[u8]> = (0..LEN).map(|at| (at % 251) as u8).collect();
    let mut queue = queue(socket, 4);
    let reader = thread::spawn(move || {
        let mut all = Vec::new();
        (&peer).read_to_end(&mut all).unwrap();
        all
    });
    let mut sent = queue.send(data.clone(), NONE).unwrap();
    assert!(sent < LEN && queue.rest() == LEN - sent);
    let mut calls = 1;
    while queue.rest() > 0 {
        // Nothing may come in between.
        assert_eq!(queue.send(data.clone(), NONE).unwrap_err().errno, Errno::EALREADY);
        match queue.completed(()) {
            Ok(None) | Err(Errno::EAGAIN) => {}
            other => panic!("{other:?}"),
        }
        queue.socket().poll(PollFlags::POLLOUT, Some(Duration::from_millis(10))).unwrap();
        match queue.resume(NONE) {
            Ok(n) => {
                sent += n;
                calls += 1;
            }
            // ENOBUFS: the completions have used the socket's memory up.
            Err(errno) => assert!(matches!(errno, Errno::EAGAIN | Errno::ENOBUFS), "{errno}"),
        }
    }
    assert_eq!(queue.resume(NONE), Ok(0));
    assert!(sent == LEN && calls > 1);
    let (buffer, _) = back(&mut queue);
    assert!(Arc::ptr_eq(&buffer, &data));
    queue.socket().shutdown(Shutdown::SHUT_WR).unwrap();
    assert!(reader.join().unwrap() == *data);
}

#[test]
fn a_rest_can_be_given_up() {
    let _guard = guard();
    let (socket, peer) = narrow();
    let mut queue = queue(socket, 2);
    let first = queue.send(vec![7; 2_000_000], NONE).unwrap();
    assert_eq!(queue.rest(), 2_000_000 - first);
    let sent = first + queue.resume(NONE).unwrap_or(0);
    assert_eq!((queue.abandon(), queue.abandon()), (2_000_000 - sent, 0));
    assert_eq!((queue.rest(), queue.len()), (0, 1));
    let mut buf = vec![0; sent];
    peer.recv_exact(&mut buf, RecvFlags::empty()).unwrap();
    let Some(Completion::Buffer(done)) = queue.completed_timeout((), LONG).unwrap() else { panic!() };
    assert_eq!((done.sent, done.buffer.len()), (sent, 2_000_000));
    // It goes on with the next.
    queue.send(b"next".to_vec(), NONE).unwrap();
    assert_eq!(back(&mut queue).0, b"next");
}

#[test]
fn what_is_in_flight_is_leaked_and_not_freed() {
    isolated(Needs::USERNS, || {
        let data: Arc<[u8]> = vec![7; 3_000_000].into();
        let done: Arc<[u8]> = vec![7; 10].into();
        leaks_nothing(|| {
            let (socket, peer) = narrow();
            let mut queue = queue(socket, 4);
            // Back, though nobody has asked yet.
            queue.send(done.clone(), NONE).unwrap();
            peer.recv_exact(&mut [0; 10], RecvFlags::empty()).unwrap();
            assert_eq!(queue.socket().poll(PollFlags::empty(), Some(LONG)), Ok(PollFlags::POLLERR));
            // Nobody reads this.
            stuff(&mut queue, data.clone());
            assert_eq!(Arc::strong_count(&data), 2);
            let start = Instant::now();
            drop(queue);
            assert!(start.elapsed() < Duration::from_secs(5));
        });
        assert_eq!((Arc::strong_count(&done), Arc::strong_count(&data)), (1, 2));
    });
}

#[test]
fn finish_waits_and_gives_the_socket_back() {
    let _guard = guard();
    let (socket, peer) = narrow();
    let mut queue = queue(socket, 4);
    let sent = stuff(&mut queue, vec![7; 3_000_000]);
    let start = Instant::now();
    let error = queue.finish(Duration::from_millis(60), |_| panic!("nothing is back")).unwrap_err();
    assert_eq!(error.errno, Errno::ETIMEDOUT);
    assert!(start.elapsed() >= Duration::from_millis(60));
    let error = error.value.into_socket().unwrap_err();
    assert_eq!(error.errno, Errno::EBUSY);
    let reader = thread::spawn(move || peer.recv_exact(&mut vec![0; sent], RecvFlags::empty()));
    let mut count = 0;
    let socket = error
        .value
        .finish(LONG, |completion| {
            assert!(matches!(completion, Completion::Buffer(done) if done.sent == sent));
            count += 1;
        })
        .unwrap();
    reader.join().unwrap().unwrap();
    assert_eq!((count, socket.getsockopt(opt::SO_ZEROCOPY)), (1, Ok(true)));
}

#[test]
fn segments_go_without_a_copy_too() {
    let _guard = guard();
    let (socket, peer) = (udp(), udp_bound());
    let mut queue = queue(socket, 8);
    let mut room = ControlBuf::<{ cmsg::UDP_SEGMENT.space() }>::new();
    let mut control = ControlWriter::new(&mut room);
    control.push(cmsg::UDP_SEGMENT, 1000).unwrap();
    let n = queue.sendmsg_to(vec![7; 2500], &control, NONE, peer.getsockname().unwrap()).unwrap();
    assert_eq!(n, 2500);
    for len in [1000, 1000, 500] {
        assert_eq!(peer.recv(&mut [0; 2000], RecvFlags::empty()), Ok(len));
    }
    assert_eq!(back(&mut queue).0.len(), 2500);
}

#[test]
fn it_shows_itself() {
    let _guard = guard();
    let socket = Socket::from(net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    let queue = queue::<Vec<u8>>(socket, 3);
    let text = format!("{queue:?}");
    assert!(text.contains("is_zerocopy: true") && text.contains("AF_INET"), "{text}");
    assert!(queue.as_fd().as_raw_fd() >= 0);
}
