//! recvmmsg(2) into a batch: every slot has what is its own, nothing of one call is left in the next, and the kernel's traps are as
//! the documentation says.

mod common;

use std::io::IoSlice;
use std::net::Ipv4Addr;
use std::thread;
use std::time::Duration;

#[cfg(target_pointer_width = "64")]
use common::syscalls::{deny, only_thread};
use common::threads::blocked;
use common::{guard, isolated, udp_bound, unix_pair};
use netns::Needs;
use sockets::cmsg::{self, ControlWriter};
use sockets::{
    Domain, Errno, EtherType, LinkAddr, PollFlags, Protocol, RecvBatch, RecvFlags, SendBatch, SendFlags,
    Socket, Type, opt,
};

const DONTWAIT: RecvFlags = RecvFlags::MSG_DONTWAIT;

fn send(socket: &Socket, data: &[u8]) {
    assert_eq!(socket.send(data, SendFlags::empty()), Ok(data.len()));
}

/// The data of the messages that a call brings.
fn receive(socket: &Socket, batch: &mut RecvBatch, flags: RecvFlags) -> Vec<Vec<u8>> {
    let messages = socket.recvmmsg(batch, flags).unwrap();
    messages.map(|message| message.data.to_vec()).collect()
}

#[test]
fn every_slot_has_its_own_message() {
    let _guard = guard();
    let to = udp_bound();
    let addr = to.getsockname().unwrap();
    let senders: Vec<Socket> = (0..5).map(|_| udp_bound()).collect();
    for (i, sender) in senders.iter().enumerate() {
        sender.sendto(&vec![i as u8; i * 10], SendFlags::empty(), &addr).unwrap();
    }
    let mut batch = RecvBatch::new(8, 100).unwrap();
    let messages: Vec<_> = to.recvmmsg(&mut batch, DONTWAIT).unwrap().collect();
    assert_eq!(messages.len(), 5);
    for (i, message) in messages.iter().enumerate() {
        assert_eq!(*message.data, vec![i as u8; i * 10]);
        assert_eq!((message.len, message.true_len), (i * 10, i * 10));
        assert_eq!(message.addr, senders[i].getsockname().unwrap());
        assert_eq!(message.addr.port(), senders[i].getsockname().unwrap().port());
        assert_eq!(message.addr.to_string(), senders[i].getsockname().unwrap().to_string());
        assert!(message.control.is_empty() && !message.is_truncated() && !message.is_control_truncated());
    }
}

#[test]
fn a_batch_is_used_again_and_again() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_DGRAM);
    let mut batch = RecvBatch::new(4, 16).unwrap();
    for round in 0..10_u8 {
        let count = usize::from(round % 4) + 1;
        for i in 0..count {
            send(&a, &vec![round; i]);
        }
        let got = receive(&b, &mut batch, DONTWAIT);
        assert_eq!(got, (0..count).map(|i| vec![round; i]).collect::<Vec<_>>(), "round {round}");
    }
    assert_eq!(b.recvmmsg(&mut batch, DONTWAIT).unwrap_err(), Errno::EAGAIN);
}

#[test]
fn a_forgotten_iterator_is_no_harm() {
    let _guard = guard();
    let (a, b) = (udp_bound(), udp_bound());
    a.connect(b.getsockname().unwrap()).unwrap();
    let mut batch = RecvBatch::new(2, 16).unwrap();
    for _ in 0..3 {
        send(&a, b"one");
        send(&a, b"two");
        let mut messages = b.recvmmsg(&mut batch, DONTWAIT).unwrap();
        let first = messages.next().unwrap();
        assert_eq!((&*first.data, first.addr.port()), (&b"one"[..], a.getsockname().unwrap().port()));
        std::mem::forget(messages);
    }
}

/// nix#2813: after one datagram without control messages, none came any more.
#[test]
fn room_for_control_messages_is_given_back() {
    let _guard = guard();
    let (a, b) = (udp_bound(), udp_bound());
    a.connect(b.getsockname().unwrap()).unwrap();
    let room = cmsg::IP_TTL.space() + cmsg::IP_PKTINFO.space();
    for slots in [1, 4] {
        let mut batch = RecvBatch::with_control(slots, 16, room).unwrap();
        for on in [false, true, true, false, true] {
            b.setsockopt(opt::IP_RECVTTL, on).unwrap();
            b.setsockopt(opt::IP_PKTINFO, on).unwrap();
            for _ in 0..slots {
                send(&a, b"x");
            }
            let messages = b.recvmmsg(&mut batch, DONTWAIT).unwrap();
            assert_eq!(messages.len(), slots);
            for message in messages {
                assert!(!message.is_control_truncated());
                assert_eq!(message.control.get(cmsg::IP_TTL), on.then_some(64));
                let info = message.control.get(cmsg::IP_PKTINFO).map(|info| info.addr);
                assert_eq!(info, on.then_some(Ipv4Addr::LOCALHOST));
            }
        }
    }
}

#[test]
fn what_is_cut_shows() {
    let _guard = guard();
    let (a, b) = (udp_bound(), udp_bound());
    a.connect(b.getsockname().unwrap()).unwrap();
    b.setsockopt(opt::IP_RECVTTL, true).unwrap();
    for (slots, control) in [(1, 0), (3, 0), (1, 8), (3, 8)] {
        let mut batch = RecvBatch::with_control(slots, 4, control).unwrap();
        for flags in [DONTWAIT, DONTWAIT | RecvFlags::MSG_TRUNC] {
            for data in [&b"four"[..], b"", b"ten bytes!"].iter().cycle().take(slots * 3) {
                send(&a, data);
            }
            for _ in 0..3 {
                for message in b.recvmmsg(&mut batch, flags).unwrap() {
                    let long = *message.data == b"ten "[..];
                    assert_eq!(message.is_truncated(), long, "{message:?}");
                    let true_len =
                        if long && flags.contains(RecvFlags::MSG_TRUNC) { 10 } else { message.len };
                    assert_eq!(message.true_len, true_len);
                    // recvfrom(2), which is what one slot without room takes with MSG_TRUNC, does not tell.
                    let tells = slots > 1 || control > 0 || !flags.contains(RecvFlags::MSG_TRUNC);
                    assert_eq!(message.is_control_truncated(), tells);
                }
            }
            assert_eq!(b.recvmmsg(&mut batch, flags).unwrap_err(), Errno::EAGAIN);
        }
    }
}

#[test]
fn no_slots_and_too_many_bytes_are_refused() {
    let _guard = guard();
    assert_eq!(RecvBatch::new(0, 10).unwrap_err(), Errno::EINVAL);
    // More than the kernel can count, or more than there is memory for.
    let many = if cfg!(target_pointer_width = "64") { Errno::EINVAL } else { Errno::ENOMEM };
    assert_eq!(RecvBatch::new(usize::MAX, 10).unwrap_err(), many);
    assert_eq!(RecvBatch::new(2, usize::MAX).unwrap_err(), Errno::ENOMEM);
    assert_eq!(RecvBatch::new(2, usize::MAX / 2).unwrap_err(), Errno::ENOMEM);
    assert_eq!(RecvBatch::with_control(2, 1, usize::MAX).unwrap_err(), Errno::ENOMEM);
    let batch = RecvBatch::with_control(3, 0, 1).unwrap();
    assert_eq!((batch.slots(), batch.bytes(), batch.control()), (3, 0, size_of::<usize>()));
}

#[test]
fn slots_without_a_byte_receive_empty_messages() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_DGRAM);
    for slots in [1, 2] {
        let mut batch = RecvBatch::new(slots, 0).unwrap();
        send(&a, b"");
        send(&a, b"lost");
        let mut seen = Vec::new();
        while let Ok(messages) = b.recvmmsg(&mut batch, DONTWAIT) {
            seen.extend(messages.map(|message| (message.len, message.is_truncated())));
        }
        assert_eq!(seen, [(0, false), (0, true)]);
    }
}

#[test]
fn more_than_1024_slots_come_in_two_calls() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_DGRAM);
    let mut batch = RecvBatch::new(1030, 4).unwrap();
    let got = thread::scope(|scope| {
        scope.spawn(|| (0..1030).for_each(|_| send(&a, b"x")));
        let mut got = 0;
        while got < 1030 {
            // Blocks until all slots that one call takes are full.
            let n =
                b.recvmmsg(&mut batch, if got == 0 { RecvFlags::empty() } else { RecvFlags::MSG_WAITFORONE });
            got += n.unwrap().len();
            assert!(got >= 1024);
        }
        got
    });
    assert_eq!(got, 1030);
}

#[test]
fn waitforone_returns_with_what_is_there() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_DGRAM);
    for slots in [1, 8] {
        let mut batch = RecvBatch::new(slots, 4).unwrap();
        send(&a, b"one");
        assert_eq!(receive(&b, &mut batch, RecvFlags::MSG_WAITFORONE), [b"one"]);
    }
}

/// A 32-bit libc makes each call by one of several numbers, so there is nothing to deny.
#[test]
#[cfg(target_pointer_width = "64")]
fn one_slot_makes_the_call_for_one_message() {
    isolated(Needs::USERNS, || {
        let (a, b) = unix_pair(Type::SOCK_DGRAM);
        only_thread(|| {
            deny(&[libc::SYS_recvmmsg, libc::SYS_sendmmsg]);
            let mut one = RecvBatch::new(1, 16).unwrap();
            let mut out = SendBatch::new(2).unwrap();
            out.push(b"x").unwrap();
            assert_eq!(a.sendmmsg(&mut out, SendFlags::empty()), Ok(1));
            assert_eq!(receive(&b, &mut one, DONTWAIT), [b"x"]);
            out.push(b"x").unwrap();
            assert_eq!(a.sendmmsg(&mut out, SendFlags::empty()), Ok(1));
            assert_eq!(receive(&b, &mut one, DONTWAIT | RecvFlags::MSG_TRUNC), [b"x"]);
            // With more, the other call, which is denied.
            assert_eq!(b.recvmmsg(&mut RecvBatch::new(2, 16).unwrap(), DONTWAIT).unwrap_err(), Errno::EPERM);
            // (musl's sends one after the other.)
            if cfg!(not(target_env = "musl")) {
                out.rewind();
                assert_eq!(a.sendmmsg(&mut out, SendFlags::empty()), Err(Errno::EPERM));
            }
        });
    });
}

/// The kernel keeps the number 512 for the next call, which nobody should see.
#[test]
fn a_signal_after_the_first_message_is_told_by_the_next_call_as_eintr() {
    let _guard = guard();
    let (a, b) = (udp_bound(), udp_bound());
    a.connect(b.getsockname().unwrap()).unwrap();
    send(&a, b"x");
    thread::scope(|scope| {
        let waiting = blocked(scope, libc::SYS_recvmmsg, || {
            let mut batch = RecvBatch::new(2, 4).unwrap();
            let first = b.recvmmsg(&mut batch, RecvFlags::empty()).map(|messages| messages.len());
            (first, b.recv(&mut [0; 4], DONTWAIT), b.recv(&mut [0; 4], DONTWAIT))
        });
        assert_eq!(waiting.interrupt(), (Ok(1), Err(Errno::EINTR), Err(Errno::EAGAIN)));
    });
}

#[test]
fn nothing_there_is_an_error_in_time() {
    let _guard = guard();
    let b = udp_bound();
    b.setsockopt(opt::SO_RCVTIMEO, Some(Duration::from_millis(10))).unwrap();
    for slots in [1, 2] {
        let mut batch = RecvBatch::new(slots, 4).unwrap();
        assert_eq!(b.recvmmsg(&mut batch, RecvFlags::empty()).unwrap_err(), Errno::EAGAIN);
        assert_eq!(b.recvmmsg(&mut batch, DONTWAIT).unwrap_err(), Errno::EAGAIN);
    }
    thread::scope(|scope| {
        b.setsockopt(opt::SO_RCVTIMEO, None).unwrap();
        let waiting = blocked(scope, libc::SYS_recvmmsg, || {
            b.recvmmsg(&mut RecvBatch::new(2, 4).unwrap(), RecvFlags::empty()).map(|messages| messages.len())
        });
        assert_eq!(waiting.interrupt(), Err(Errno::EINTR));
    });
}

#[test]
fn packet_sockets_which_know_no_close_on_exec_are_served_too() {
    isolated(Needs::PACKET, || {
        let all = EtherType::from_raw(libc::ETH_P_ALL as u16);
        let packet = Socket::socket(Domain::AF_PACKET, Type::SOCK_DGRAM, Protocol::DEFAULT).unwrap();
        packet.bind(LinkAddr::new(sockets::if_nametoindex("lo").unwrap(), all).unwrap()).unwrap();
        packet.setsockopt(opt::PACKET_AUXDATA, true).unwrap();
        let me = udp_bound();
        for slots in [1, 4] {
            me.sendto(b"hello", SendFlags::empty(), me.getsockname().unwrap()).unwrap();
            packet.poll(PollFlags::POLLIN, None).unwrap();
            let mut batch = RecvBatch::with_control(slots, 200, cmsg::PACKET_AUXDATA.space()).unwrap();
            let message = packet.recvmmsg(&mut batch, DONTWAIT).unwrap().next().unwrap();
            assert!(message.data.ends_with(b"hello"));
            assert_eq!(message.control.get(cmsg::PACKET_AUXDATA).unwrap().len as usize, message.len);
            assert_eq!(message.addr.as_link().unwrap().protocol(), EtherType::from_raw(0x0800));
        }
    });
}

#[test]
fn the_data_of_a_slot_is_the_callers_to_change() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_DGRAM);
    let mut batch = RecvBatch::new(2, 8).unwrap();
    a.sendmsg(&[IoSlice::new(b"ab"), IoSlice::new(b"c")], &ControlWriter::none(), SendFlags::empty())
        .unwrap();
    let message = b.recvmmsg(&mut batch, DONTWAIT).unwrap().next().unwrap();
    message.data.reverse();
    assert_eq!(message.data, b"cba");
}

/// A batch goes from thread to thread, and so do its messages.
#[test]
fn batches_are_sent() {
    fn is_send<T: Send>(_: &T) {}
    fn is_sync<T: Sync>(_: &T) {}
    let (recv, send) = (RecvBatch::new(1, 1).unwrap(), SendBatch::new(1).unwrap());
    is_send(&recv);
    is_sync(&recv);
    is_send(&send);
    is_sync(&send);
    let (a, b) = unix_pair(Type::SOCK_DGRAM);
    self::send(&a, b"x");
    let mut recv = recv;
    is_send(&b.recvmmsg(&mut recv, DONTWAIT).unwrap().next().unwrap());
}
