//! recvmsg(2): pieces of memory, what it tells of a message, and every way to fail.

mod common;

use std::io::IoSliceMut;
use std::mem::MaybeUninit;
use std::time::Duration;

use common::threads::blocked;
use common::{Dir, guard, kinds, tcp, tcp_pair, udp_bound, unix, unix_pair};
use sockets::cmsg::ControlBuf;
use sockets::{
    Errno, MsgFlags, PollFlags, RecvFlags, SendFlags, Shutdown, Socket, Type, opt, spare_capacity,
};

const NONE: RecvFlags = RecvFlags::empty();

fn send(socket: &Socket, data: &[u8]) {
    assert_eq!(socket.send(data, SendFlags::empty()), Ok(data.len()));
}

#[test]
fn every_form_of_room_is_filled() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_DGRAM);
    for _ in 0..6 {
        send(&a, b"hello");
    }
    let mut array = [0; 8];
    assert_eq!(b.recvmsg(&mut array, &mut [], NONE).unwrap().data, b"hello");
    assert_eq!(b.recvmsg(&mut array[..], &mut [], NONE).unwrap().data, b"hello");
    let mut uninit = [MaybeUninit::uninit(); 8];
    assert_eq!(b.recvmsg(&mut uninit, &mut [], NONE).unwrap().data, b"hello");
    let mut uninit = [MaybeUninit::uninit(); 8];
    assert_eq!(b.recvmsg(&mut uninit[..], &mut [], NONE).unwrap().data, b"hello");
    let mut vec = Vec::with_capacity(64);
    vec.extend(b"well, ");
    let message = b.recvmsg(spare_capacity(&mut vec), &mut [], NONE).unwrap();
    assert_eq!((&*message.data, message.len), (&b"hello"[..], 5));
    assert_eq!(vec, b"well, hello");
    let (mut head, mut tail) = ([0; 2], [0; 8]);
    let mut pieces = [IoSliceMut::new(&mut head), IoSliceMut::new(&mut []), IoSliceMut::new(&mut tail)];
    let message = b.recvmsg(&mut pieces, &mut [], NONE).unwrap();
    assert_eq!((message.data, message.len, message.true_len), ((), 5, 5));
    assert_eq!((&head, &tail), (b"he", b"llo\0\0\0\0\0"));
}

#[test]
fn of_every_kind_it_receives_what_was_sent() {
    let _guard = guard();
    let dir = Dir::new();
    for kind in kinds() {
        let (a, b) = kind.peers(&dir);
        send(&a, b"hello");
        let (mut head, mut tail) = ([0; 2], [0; 8]);
        let mut pieces = [IoSliceMut::new(&mut head), IoSliceMut::new(&mut tail)];
        let message = b.recvmsg(&mut pieces[..], &mut [], NONE).unwrap();
        assert_eq!((message.len, message.is_truncated()), (5, false), "{kind:?}");
        assert!(message.control.is_empty() && !message.is_control_truncated());
        assert_eq!((&head, &tail[..3]), (b"he", &b"llo"[..]));
    }
}

#[test]
fn there_may_be_1024_pieces_and_no_more() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_DGRAM);
    send(&a, &[7; 1024]);
    let mut memory = [0_u8; 1025];
    let mut pieces: Vec<IoSliceMut<'_>> = memory.chunks_mut(1).map(IoSliceMut::new).collect();
    assert_eq!(b.recvmsg(&mut pieces[..], &mut [], NONE).unwrap_err(), Errno::EMSGSIZE);
    assert_eq!(b.recvmsg(&mut pieces[..1024], &mut [], NONE).unwrap().len, 1024);
    assert_eq!((memory[1023], memory[1024]), (7, 0));
}

#[test]
fn what_is_cut_of_a_message_is_told() {
    let _guard = guard();
    let udp = || {
        let (a, b) = (udp_bound(), udp_bound());
        a.connect(b.getsockname().unwrap()).unwrap();
        (a, b)
    };
    for (a, b) in [udp(), unix_pair(Type::SOCK_DGRAM), unix_pair(Type::SOCK_SEQPACKET)] {
        for (flags, true_len) in [(NONE, 4), (RecvFlags::MSG_TRUNC, 10)] {
            send(&a, b"ten bytes!");
            let mut buf = [0; 4];
            let message = b.recvmsg(&mut buf, &mut [], flags).unwrap();
            assert_eq!((&*message.data, message.len, message.true_len), (&b"ten "[..], 4, true_len));
            assert!(message.is_truncated() && message.flags.contains(MsgFlags::MSG_TRUNC));

            send(&a, b"ten bytes!");
            let (mut one, mut two) = ([0; 4], [0; 2]);
            let mut pieces = [IoSliceMut::new(&mut one), IoSliceMut::new(&mut two)];
            let message = b.recvmsg(&mut pieces, &mut [], flags).unwrap();
            assert_eq!((message.len, message.true_len), (6, true_len.max(6)));
            assert!(message.is_truncated());
            assert_eq!((&one, &two), (b"ten ", b"by"));

            send(&a, b"ten bytes!");
            let mut vec = Vec::with_capacity(4);
            let message = b.recvmsg(spare_capacity(&mut vec), &mut [], flags).unwrap();
            assert!(message.is_truncated() && message.len == message.data.len());
            assert!(b"ten bytes!".starts_with(&vec) && vec.len() >= 4);
        }
        // What fits is whole.
        send(&a, b"four");
        let mut buf = [0; 4];
        let message = b.recvmsg(&mut buf, &mut [], RecvFlags::MSG_TRUNC).unwrap();
        assert_eq!((message.is_truncated(), message.len, message.true_len), (false, 4, 4));
        // Of no room at all, everything is cut.
        send(&a, b"four");
        let mut no: [u8; 0] = [];
        let message = b.recvmsg(&mut no, &mut [], RecvFlags::MSG_TRUNC).unwrap();
        assert_eq!((message.is_truncated(), message.len, message.true_len), (true, 0, 4));
    }
}

#[test]
fn bytes_that_tcp_throws_away_are_no_old_memory() {
    let _guard = guard();
    let (a, b) = tcp_pair();
    for _ in 0..2 {
        send(&a, &[7; 64]);
        assert_eq!(b.poll(PollFlags::POLLIN, None), Ok(PollFlags::POLLIN));
        // The kernel counts them, and writes none.
        let mut secret = [MaybeUninit::new(0x5e_u8); 64];
        let message = b.recvmsg(&mut secret, &mut [], RecvFlags::MSG_TRUNC).unwrap();
        assert_eq!((message.len, &*message.data), (64, &[0; 64][..]));
    }
    send(&a, &[7; 64]);
    assert_eq!(b.poll(PollFlags::POLLIN, None), Ok(PollFlags::POLLIN));
    let mut vec = vec![0x5e_u8; 64];
    vec.clear();
    let message = b.recvmsg(spare_capacity(&mut vec), &mut [], RecvFlags::MSG_TRUNC).unwrap();
    assert_eq!((message.len, &*message.data), (64, &[0; 64][..]));
    // A flag without a name could do the same.
    send(&a, &[7; 64]);
    let mut secret = [MaybeUninit::new(0x5e_u8); 64];
    let unknown = RecvFlags::from_bits_retain(0x0100_0000);
    if let Ok(message) = b.recvmsg(&mut secret, &mut [], unknown) {
        assert_eq!(*message.data, [7; 64][..message.len]);
    }
}

#[test]
fn a_peek_leaves_the_message_and_waitall_waits() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_STREAM);
    send(&a, b"hello");
    let (mut buf, mut pair) = ([0; 8], [0; 4]);
    assert_eq!(b.recvmsg(&mut buf, &mut [], RecvFlags::MSG_PEEK).unwrap().data, b"hello");
    let mut pieces = [IoSliceMut::new(&mut buf), IoSliceMut::new(&mut pair)];
    std::thread::scope(|scope| {
        let all = blocked(scope, libc::SYS_recvmsg, || {
            b.recvmsg(&mut pieces, &mut [], RecvFlags::MSG_WAITALL).map(|message| message.len)
        });
        send(&a, b"world!!");
        assert_eq!(all.join(), Ok(12));
    });
    assert_eq!((&buf, &pair), (b"hellowor", b"ld!!"));
}

#[test]
fn flags_of_the_message_survive() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_DGRAM);
    send(&a, b"x");
    let mut byte = [0];
    send(&a, b"y");
    // That it was asked for is told back; without room nothing was.
    assert_eq!(b.recvmsg(&mut byte, &mut [], NONE).unwrap().flags, MsgFlags::empty());
    let mut room = ControlBuf::<64>::new();
    assert_eq!(b.recvmsg(&mut byte, &mut room, NONE).unwrap().flags, MsgFlags::MSG_CMSG_CLOEXEC);
    let (a, b) = tcp_pair();
    a.send(b"ab", SendFlags::MSG_OOB).unwrap();
    assert_eq!(b.poll(PollFlags::POLLPRI, Some(Duration::from_secs(20))), Ok(PollFlags::POLLPRI));
    let message = b.recvmsg(&mut byte, &mut [], RecvFlags::MSG_OOB).unwrap();
    assert!(message.flags.contains(MsgFlags::MSG_OOB) && *message.data == *b"b");
    assert_eq!(b.recvmsg(&mut byte, &mut [], RecvFlags::MSG_OOB).unwrap_err(), Errno::EINVAL);
}

#[test]
fn nothing_there_is_eagain_and_a_signal_is_eintr() {
    let _guard = guard();
    let (tcp, _tcp_peer) = tcp_pair();
    let (stream, _stream_peer) = unix_pair(Type::SOCK_STREAM);
    let (datagram, _datagram_peer) = unix_pair(Type::SOCK_DGRAM);
    for socket in [tcp, stream, datagram, udp_bound()] {
        let (mut buf, mut room) = ([0; 4], ControlBuf::<64>::new());
        let error = socket.recvmsg(&mut buf, &mut room, RecvFlags::MSG_DONTWAIT).unwrap_err();
        assert_eq!(error, Errno::EAGAIN);
        std::thread::scope(|scope| {
            let receiving = blocked(scope, libc::SYS_recvmsg, || {
                socket.recvmsg(&mut buf, &mut room, NONE).map(|message| message.len)
            });
            assert_eq!(receiving.interrupt(), Err(Errno::EINTR));
        });
        socket.setsockopt(opt::SO_RCVTIMEO, Some(Duration::from_millis(5))).unwrap();
        assert_eq!(socket.recvmsg(&mut buf, &mut room, NONE).unwrap_err(), Errno::EAGAIN);
        socket.set_nonblocking(true).unwrap();
        assert_eq!(socket.recvmsg(&mut buf, &mut room, NONE).unwrap_err(), Errno::EAGAIN);
    }
    let udp = udp_bound();
    assert_eq!(udp.recvmsg(&mut [0], &mut [], RecvFlags::MSG_ERRQUEUE).unwrap_err(), Errno::EAGAIN);
}

#[test]
fn an_end_is_nothing_and_a_reset_is_told_once() {
    let _guard = guard();
    for (a, b) in [tcp_pair(), unix_pair(Type::SOCK_STREAM), unix_pair(Type::SOCK_SEQPACKET)] {
        send(&a, b"x");
        a.shutdown(Shutdown::SHUT_WR).unwrap();
        let mut buf = [0; 4];
        for expected in [1, 0, 0] {
            assert_eq!(b.recvmsg(&mut buf, &mut [], NONE).unwrap().len, expected);
        }
    }
    let (a, b) = tcp_pair();
    a.abort().unwrap();
    b.poll(PollFlags::POLLIN, None).unwrap();
    assert_eq!(b.recvmsg(&mut [0], &mut [], NONE).unwrap_err(), Errno::ECONNRESET);
    let mut byte = [0];
    assert_eq!(b.recvmsg(&mut byte, &mut [], NONE).unwrap().len, 0);
    // Nobody heard what this one said.
    let (nobody, a) = (udp_bound(), udp_bound());
    a.connect(nobody.getsockname().unwrap()).unwrap();
    drop(nobody);
    send(&a, b"x");
    assert_eq!(a.poll(PollFlags::empty(), Some(Duration::from_secs(20))), Ok(PollFlags::POLLERR));
    assert_eq!(a.recvmsg(&mut byte, &mut [], NONE).unwrap_err(), Errno::ECONNREFUSED);
}

#[test]
fn without_a_peer_there_is_an_errno_for_every_kind() {
    let _guard = guard();
    let receive = |socket: &Socket| socket.recvmsg(&mut [0], &mut [], NONE).map(|_| ()).unwrap_err();
    assert_eq!(receive(&tcp()), Errno::ENOTCONN);
    assert_eq!(receive(&unix(Type::SOCK_STREAM)), Errno::EINVAL);
    assert_eq!(receive(&unix(Type::SOCK_SEQPACKET)), Errno::ENOTCONN);
    assert_eq!(receive(&common::full_unix().0), Errno::EINVAL);
}

#[test]
fn a_lost_message_leaves_no_room_half_used() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_DGRAM);
    let mut room = ControlBuf::<64>::new();
    room.fill(0xa5);
    let mut buf = [0xa5; 8];
    assert_eq!(b.recvmsg(&mut buf, &mut room, RecvFlags::MSG_DONTWAIT).unwrap_err(), Errno::EAGAIN);
    assert!(buf.iter().chain(room.iter()).all(|byte| *byte == 0xa5));
    send(&a, b"x");
    let message = b.recvmsg(&mut buf, &mut room, NONE).unwrap();
    assert!(message.control.is_empty() && message.control.as_bytes().is_empty());
    drop(message);
    assert!(room.iter().all(|byte| *byte == 0xa5));
    assert_eq!(buf[1..], [0xa5; 7]);
}
