//! What is refused, what fails late, what others do, and what else is in the error queue.

use std::io::Read;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::thread;

use netns::Needs;
use sockets::cmsg::{self, ControlBuf, ControlWriter};
use sockets::opt::{self, TimestampingFlags};
use sockets::{
    Completion, Errno, ErrorEvent, Partial, RecvFlags, SendBatch, SendFlags, Shutdown, Socket, Zerocopy,
};

use crate::common::{guard, isolated, tcp_pair, udp, udp_bound};
use crate::{LONG, MSG_ZEROCOPY, NONE, back, narrow, queue, stuff};

#[test]
fn a_full_queue_is_enobufs_with_the_buffer_back() {
    let _guard = guard();
    let (socket, _peer) = tcp_pair();
    let mut queue = queue(socket, 2);
    assert_eq!(queue.capacity(), 2);
    queue.send(b"1".to_vec(), NONE).unwrap();
    queue.send(b"2".to_vec(), NONE).unwrap();
    let refused = queue.send(b"3".to_vec(), NONE).unwrap_err();
    assert_eq!((refused.errno, &refused.value[..]), (Errno::ENOBUFS, &b"3"[..]));
    assert_eq!(back(&mut queue).0, b"1");
    queue.send(refused.value, NONE).unwrap();
    assert_eq!((back(&mut queue).0, back(&mut queue).0), (b"2".to_vec(), b"3".to_vec()));
}

#[test]
fn errors_give_the_buffer_back_and_take_no_number() {
    let _guard = guard();
    let (socket, peer) = narrow();
    let mut queue = queue::<Vec<u8>>(socket, 64);
    stuff(&mut queue, vec![1; 3_000_000]);
    let refused = loop {
        match queue.send(vec![2; 60_000], NONE) {
            Ok(_) => queue.abandon(),
            Err(refused) => break refused,
        };
    };
    assert_eq!((refused.errno, refused.value), (Errno::EAGAIN, vec![2; 60_000]));
    let reader = thread::spawn(move || {
        let mut all = Vec::new();
        let _ = (&peer).read_to_end(&mut all);
    });
    while !queue.is_empty() {
        back(&mut queue);
    }
    queue.send(vec![3; 3], NONE).unwrap();
    assert_eq!(back(&mut queue).0, [3; 3]);
    queue.socket().shutdown(Shutdown::SHUT_WR).unwrap();
    let refused = queue.send(vec![4; 3], NONE).unwrap_err();
    assert_eq!((refused.errno, refused.value), (Errno::EPIPE, vec![4; 3]));
    reader.join().unwrap();

    let mut unconnected = Zerocopy::new(udp(), 1).unwrap();
    assert_eq!(unconnected.send(vec![5], NONE).unwrap_err().value, [5]);
    let refused = unconnected.sendto(vec![5], NONE, std::path::Path::new("")).unwrap_err();
    assert_eq!((refused.errno, refused.value), (Errno::EINVAL, vec![5]));
}

#[test]
fn a_datagram_that_fails_late_does_not_shift_the_numbers() {
    let _guard = guard();
    let (socket, peer) = (udp(), udp_bound());
    socket.connect(peer.getsockname().unwrap()).unwrap();
    let mut queue = queue::<Arc<[u8]>>(socket, 8);
    let data: Arc<[u8]> = vec![7; 100].into();
    for _ in 0..3 {
        queue.send(data.clone(), NONE).unwrap();
        // 300 datagrams are too many for one call.
        let mut room = ControlBuf::<{ cmsg::UDP_SEGMENT.space() }>::new();
        let mut control = ControlWriter::new(&mut room);
        control.push(cmsg::UDP_SEGMENT, 1).unwrap();
        let refused = queue.sendmsg(vec![7; 300].into(), &control, NONE).unwrap_err();
        assert_eq!((refused.errno, refused.value.len()), (Errno::EINVAL, 300));
        // Until that is settled, a copy.
        queue.send(data.clone(), NONE).unwrap();
        peer.recv_exact(&mut [0; 200], RecvFlags::empty()).unwrap();
        back(&mut queue);
        back(&mut queue);
        assert_eq!(queue.completed(()).unwrap(), None);
        assert_eq!(Arc::strong_count(&data), 1);
        assert!(queue.is_zerocopy());
    }
    assert!(queue.into_socket().is_ok());
}

#[test]
fn other_events_are_handed_out() {
    let _guard = guard();
    let socket = udp_bound();
    socket.setsockopt(opt::IP_RECVERR, true).unwrap();
    let flags = TimestampingFlags::SOF_TIMESTAMPING_SOFTWARE
        | TimestampingFlags::SOF_TIMESTAMPING_TX_SOFTWARE
        | TimestampingFlags::SOF_TIMESTAMPING_OPT_TSONLY;
    socket.setsockopt(opt::SO_TIMESTAMPING, flags.into()).unwrap();
    let nobody = udp_bound().getsockname().unwrap();
    let mut queue = queue(socket, 8);
    for round in 0..3 {
        queue.sendto(vec![round; 9], NONE, &nobody).unwrap();
        let (mut times, mut errors, mut buffers) = (0, 0, 0);
        while times + errors + buffers < 3 {
            let mut buf = [0; 64];
            match queue.completed_timeout(&mut buf, LONG).unwrap() {
                Some(Completion::Buffer(done)) => {
                    assert_eq!(done.buffer, [round; 9]);
                    buffers += 1;
                }
                Some(Completion::Event(event)) => match event.event {
                    ErrorEvent::Timestamp { .. } => times += 1,
                    ErrorEvent::Icmp { errno: Errno::ECONNREFUSED, .. } => {
                        assert_eq!((&*event.data, event.addr), (&[round; 9][..], nobody.clone()));
                        errors += 1;
                    }
                    other => panic!("{other:?}"),
                },
                // The buffer was first: the others are the socket's own.
                None => match queue.socket().recv_error_timeout((), LONG).unwrap().event {
                    ErrorEvent::Timestamp { .. } => times += 1,
                    ErrorEvent::Icmp { .. } => errors += 1,
                    other => panic!("{other:?}"),
                },
                _ => panic!(),
            }
        }
        assert_eq!((times, errors, buffers), (1, 1, 1));
    }
}

#[test]
fn the_limit_of_locked_memory_is_enobufs() {
    isolated(Needs::USERNS, || {
        let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: `none` is one structure.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_MEMLOCK, &raw const none) }, 0);
        let (socket, _peer) = tcp_pair();
        let mut queue = queue(socket, 4);
        let refused = queue.send(vec![7; 10_000], NONE).unwrap_err();
        assert_eq!((refused.errno, refused.value.len()), (Errno::ENOBUFS, 10_000));
        assert_eq!(queue.completed(()).unwrap(), None);
        let (socket, peer) = (udp(), udp_bound());
        let mut queue = Zerocopy::new(socket, 4).unwrap();
        let refused = queue.sendto(vec![7; 10_000], NONE, peer.getsockname().unwrap()).unwrap_err();
        assert_eq!(refused.errno, Errno::ENOBUFS);
        assert_eq!(queue.completed(()).unwrap(), None);
    });
}

#[test]
fn more_room_than_there_is_memory_is_enomem_with_the_socket_back() {
    let _guard = guard();
    let error = Zerocopy::<Vec<u8>>::new(udp_bound(), usize::MAX).unwrap_err();
    assert_eq!(error.errno, Errno::ENOMEM);
    assert_eq!(error.value.getsockopt(opt::SO_ZEROCOPY), Ok(false));
}

#[test]
fn a_socket_that_somebody_counts_on_is_refused() {
    let _guard = guard();
    let (socket, _peer) = tcp_pair();
    let copy = socket.dup().unwrap();
    let queue = queue::<Vec<u8>>(socket, 1);
    assert_eq!(Zerocopy::<Vec<u8>>::new(copy, 1).unwrap_err().errno, Errno::EBUSY);
    let socket = queue.into_socket().unwrap();
    let refused = Zerocopy::<Vec<u8>>::new(socket, 1).unwrap_err();
    assert!(refused.errno == Errno::EBUSY && refused.value.getpeername().is_ok());
    let file = std::fs::File::open("/dev/null").unwrap();
    let refused = Zerocopy::<Vec<u8>>::new(Socket::from(std::os::fd::OwnedFd::from(file)), 1).unwrap_err();
    assert_eq!(refused.errno, Errno::ENOTSOCK);
}

#[test]
fn somebody_elses_sends_are_noticed_and_nothing_is_freed_because_of_them() {
    let _guard = guard();
    let (socket, peer) = (udp(), udp_bound());
    socket.connect(peer.getsockname().unwrap()).unwrap();
    let other = socket.dup().unwrap();
    let mut queue = queue(socket, 4);
    static DATA: [u8; 9] = [7; 9];
    // SAFETY: the bytes live for ever.
    let n = unsafe { libc::send(other.as_raw_fd(), DATA.as_ptr().cast(), 9, libc::MSG_ZEROCOPY) };
    assert_eq!(n, 9);
    let data: Arc<[u8]> = vec![7; 9].into();
    queue.send(data.clone(), NONE).unwrap();
    peer.recv_exact(&mut [0; 18], RecvFlags::empty()).unwrap();
    let mut foreign = 0;
    while queue.is_zerocopy() {
        match queue.completed_timeout((), LONG).unwrap() {
            Some(Completion::Event(event)) if matches!(event.event, ErrorEvent::Zerocopy { .. }) => {
                foreign += 1
            }
            // The first of them was taken for ours.
            Some(Completion::Buffer(done)) => queue.send(done.buffer, NONE).map(|_| ()).unwrap(),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(foreign, 1);
    let before = Arc::strong_count(&data);
    drop(queue);
    assert_eq!(Arc::strong_count(&data), before);
}

#[test]
fn plain_sends_refuse_the_flag() {
    let _guard = guard();
    let (socket, peer) = (udp_bound(), udp_bound());
    let to = peer.getsockname().unwrap();
    socket.connect(&to).unwrap();
    let none = ControlWriter::none();
    assert_eq!(socket.send(b"x", MSG_ZEROCOPY), Err(Errno::EINVAL));
    assert_eq!(socket.sendto(b"x", MSG_ZEROCOPY | SendFlags::MSG_DONTWAIT, &to), Err(Errno::EINVAL));
    assert_eq!(socket.sendmsg(b"x", &none, MSG_ZEROCOPY), Err(Errno::EINVAL));
    assert_eq!(socket.sendmsg_to(b"x", &none, MSG_ZEROCOPY, &to), Err(Errno::EINVAL));
    assert_eq!(socket.send_all(b"x", MSG_ZEROCOPY), Err(Partial { done: 0, errno: Errno::EINVAL }));
    for count in [1, 2] {
        let mut batch = SendBatch::new(2).unwrap();
        for _ in 0..count {
            batch.push(b"x").unwrap();
        }
        assert_eq!(socket.sendmmsg(&mut batch, MSG_ZEROCOPY), Err(Errno::EINVAL));
    }
    assert_eq!(socket.send_segments(b"x", 1, MSG_ZEROCOPY), Err(Errno::EINVAL));
    assert_eq!(peer.recv(&mut [0; 1], RecvFlags::MSG_DONTWAIT), Err(Errno::EAGAIN));
}

#[test]
fn a_send_that_the_kernel_does_not_count_is_not_waited_for() {
    /// The kernel takes the datagram for a question about the path: success, nothing sent, and nothing counted.
    const MSG_PROBE: SendFlags = SendFlags::from_bits_retain(0x10);

    let _guard = guard();
    let (socket, peer) = (udp(), udp_bound());
    socket.connect(peer.getsockname().unwrap()).unwrap();
    let mut queue = queue(socket, 4);
    queue.send(vec![1; 9], MSG_PROBE).unwrap();
    queue.send(vec![2; 9], NONE).unwrap();
    peer.recv_exact(&mut [0; 9], RecvFlags::empty()).unwrap();
    assert_eq!(back(&mut queue), (vec![1; 9], true));
    assert_eq!(back(&mut queue).0, [2; 9]);
    assert!(queue.is_empty() && queue.is_zerocopy());
}
