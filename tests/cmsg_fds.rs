//! Descriptors that are passed: each has an owner from the moment that it is there, whatever becomes of the message. Every
//! test counts them before and after.

mod common;

use std::os::fd::{AsFd, FromRawFd, OwnedFd};

use common::fds::{file, is_cloexec, send_fds, send_in_parts};
use common::{identity, isolated, leaks_nothing, open_fds, unix_pair};
use netns::Needs;
use sockets::cmsg::{self, ControlBuf};
use sockets::{Errno, MsgFlags, RecvFlags, Type, opt};

const NONE: RecvFlags = RecvFlags::empty();

/// Bytes of a `struct cmsghdr`.
const HEADER: usize = size_of::<usize>() + 8;

#[test]
fn what_there_is_room_for_is_owned_and_the_rest_is_told() {
    isolated(Needs::USERNS, || {
        let (file, (a, b)) = (file(), unix_pair(Type::SOCK_STREAM));
        for room in 0..=cmsg::SCM_RIGHTS.space_of(4) + 1 {
            for take in 0..=4 {
                leaks_nothing(|| {
                    send_fds(&a, b"x", &file, 4).unwrap();
                    let before = open_fds();
                    let (mut byte, mut control) = ([0], ControlBuf::<64>::new());
                    let mut message = b.recvmsg(&mut byte, &mut control[..room], NONE).unwrap();
                    // The padding counts as room, too.
                    let fit = (room.saturating_sub(HEADER) / 4).min(4);
                    assert_eq!(open_fds(), before + fit, "{room}");
                    assert_eq!(message.is_control_truncated(), fit < 4, "{room}");
                    assert_eq!((message.len, message.true_len, message.is_truncated()), (1, 1, false));
                    let taken: Vec<OwnedFd> = message.control.take_fds().take(take).collect();
                    assert_eq!(taken.len(), take.min(fit), "{room}");
                    drop(message);
                    assert_eq!(open_fds(), before + taken.len(), "{room}");
                    assert!(taken.iter().all(|fd| identity(fd) == identity(&file) && is_cloexec(fd)));
                });
            }
        }
    });
}

#[test]
fn room_for_one_receives_two_on_a_machine_of_64_bits() {
    isolated(Needs::USERNS, || {
        let (file, (a, b)) = (file(), unix_pair(Type::SOCK_STREAM));
        leaks_nothing(|| {
            send_fds(&a, b"x", &file, 3).unwrap();
            let (mut byte, mut room) = ([0], ControlBuf::<{ cmsg::SCM_RIGHTS.space_of(1) }>::new());
            let mut message = b.recvmsg(&mut byte, &mut room, NONE).unwrap();
            assert!(message.is_control_truncated());
            let expected = if cfg!(target_pointer_width = "64") { 2 } else { 1 };
            assert_eq!(message.control.take_fds().count(), expected);
        });
    });
}

#[test]
fn an_iterator_that_is_left_goes_on_where_it_was() {
    isolated(Needs::USERNS, || {
        let (file, (a, b)) = (file(), unix_pair(Type::SOCK_SEQPACKET));
        leaks_nothing(|| {
            send_fds(&a, b"x", &file, 5).unwrap();
            let (mut byte, mut room) = ([0], ControlBuf::<{ cmsg::SCM_RIGHTS.space_of(5) }>::new());
            let mut message = b.recvmsg(&mut byte, &mut room, NONE).unwrap();
            let first = message.control.take_fds().next().unwrap();
            let mut some = message.control.take_fds();
            let (second, third) = (some.next().unwrap(), some.next().unwrap());
            // What was taken is there no more.
            let numbers = message.control.iter().next().unwrap().data().to_vec();
            assert_eq!(numbers[..12], [0xff; 12]);
            assert_ne!(numbers[12..16], [0xff; 4]);
            assert_eq!(message.control.as_bytes()[HEADER..HEADER + 20], numbers);
            let rest: Vec<OwnedFd> = message.control.take_fds().collect();
            assert_eq!(rest.len(), 2);
            assert!(message.control.take_fds().next().is_none());
            for fd in rest.iter().chain([&first, &second, &third]) {
                assert_eq!(identity(fd), identity(&file));
            }
        });
    });
}

#[test]
fn credentials_in_front_are_no_descriptors() {
    isolated(Needs::USERNS, || {
        let (file, (a, b)) = (file(), unix_pair(Type::SOCK_STREAM));
        b.setsockopt(opt::SO_PASSCRED, true).unwrap();
        for take in 0..=3 {
            leaks_nothing(|| {
                send_fds(&a, b"x", &file, 3).unwrap();
                const ROOM: usize = cmsg::SCM_CREDENTIALS.space() + cmsg::SCM_RIGHTS.space_of(3);
                let (mut byte, mut room) = ([0], ControlBuf::<ROOM>::new());
                let before = open_fds();
                let mut message = b.recvmsg(&mut byte, &mut room, NONE).unwrap();
                assert!(!message.is_control_truncated());
                let kinds: Vec<_> = message.control.iter().map(|found| found.name().unwrap()).collect();
                assert_eq!(kinds.iter().filter(|name| **name == "SCM_CREDENTIALS").count(), 1);
                assert_eq!(kinds.iter().filter(|name| **name == "SCM_RIGHTS").count(), 1);
                let pid = std::process::id() as i32;
                assert_eq!(message.control.get(cmsg::SCM_CREDENTIALS).unwrap().pid, pid);
                let taken: Vec<OwnedFd> = message.control.take_fds().take(take).collect();
                // Looked at again in the middle, and dropped there.
                assert_eq!(message.control.get(cmsg::SCM_CREDENTIALS).unwrap().pid, pid);
                assert_eq!((taken.len(), open_fds()), (take, before + 3));
                drop(message);
                assert_eq!(open_fds(), before + take);
            });
        }
    });
}

#[test]
fn several_messages_come_as_one() {
    isolated(Needs::USERNS, || {
        let (file, (a, b)) = (file(), unix_pair(Type::SOCK_STREAM));
        leaks_nothing(|| {
            send_in_parts(&a, b"x", &file, &[1, 2, 0, 1]).unwrap();
            let (mut byte, mut room) = ([0], ControlBuf::<{ cmsg::SCM_RIGHTS.space_of(4) }>::new());
            let mut message = b.recvmsg(&mut byte, &mut room, NONE).unwrap();
            assert_eq!((message.control.iter().count(), message.is_control_truncated()), (1, false));
            assert_eq!(message.control.take_fds().count(), 4);
        });
    });
}

#[test]
fn no_more_than_253_go_at_once() {
    isolated(Needs::USERNS, || {
        let (file, (a, b)) = (file(), unix_pair(Type::SOCK_STREAM));
        leaks_nothing(|| {
            assert_eq!(send_fds(&a, b"x", &file, 254), Err(Errno::EINVAL));
            // Two messages that are good, of which the kernel makes one that is not.
            assert_eq!(send_in_parts(&a, b"x", &file, &[127, 127]), Err(Errno::EINVAL));
            assert_eq!(send_fds(&a, b"x", &file, 253), Ok(1));
            let (mut byte, mut room) = ([0], ControlBuf::<{ cmsg::SCM_RIGHTS.space() }>::new());
            let mut message = b.recvmsg(&mut byte, &mut room, NONE).unwrap();
            assert!(!message.is_control_truncated());
            assert_eq!(message.control.take_fds().take(100).count(), 100);
        });
    });
}

#[test]
fn a_peek_gives_descriptors_of_its_own() {
    isolated(Needs::USERNS, || {
        for ty in [Type::SOCK_STREAM, Type::SOCK_DGRAM, Type::SOCK_SEQPACKET] {
            let (file, (a, b)) = (file(), unix_pair(ty));
            leaks_nothing(|| {
                send_fds(&a, b"x", &file, 2).unwrap();
                let before = open_fds();
                let mut kept = Vec::new();
                for flags in [RecvFlags::MSG_PEEK, RecvFlags::MSG_PEEK, NONE] {
                    let (mut byte, mut room) = ([0], ControlBuf::<{ cmsg::SCM_RIGHTS.space_of(2) }>::new());
                    let mut message = b.recvmsg(&mut byte, &mut room, flags).unwrap();
                    kept.push(message.control.take_fds().next().unwrap());
                }
                assert_eq!(open_fds(), before + 3);
                assert!(kept.iter().all(|fd| identity(fd) == identity(&file)));
            });
        }
    });
}

#[test]
fn who_does_not_ask_gets_none() {
    isolated(Needs::USERNS, || {
        for ty in [Type::SOCK_STREAM, Type::SOCK_DGRAM, Type::SOCK_SEQPACKET] {
            let (file, (a, b)) = (file(), unix_pair(ty));
            leaks_nothing(|| {
                for _ in 0..3 {
                    send_fds(&a, b"x", &file, 3).unwrap();
                }
                let before = open_fds();
                assert_eq!(b.recv(&mut [0], NONE), Ok(1));
                assert_eq!(b.recvfrom(&mut [0], NONE).unwrap().0, 1);
                let mut byte = [0];
                let message = b.recvmsg(&mut byte, &mut [], NONE).unwrap();
                assert!(message.is_control_truncated() && message.control.is_empty());
                assert_eq!(open_fds(), before);
            });
            // What nobody receives at all.
            leaks_nothing(|| {
                let (a, _b) = unix_pair(ty);
                send_fds(&a, b"x", &file, 3).unwrap();
            });
        }
    });
}

#[test]
fn without_data_a_stream_takes_none_and_a_message_does() {
    isolated(Needs::USERNS, || {
        let file = file();
        let (a, b) = unix_pair(Type::SOCK_STREAM);
        leaks_nothing(|| {
            assert_eq!(send_fds(&a, b"", &file, 1), Err(Errno::EINVAL));
            let mut room = ControlBuf::<{ cmsg::SCM_RIGHTS.space_of(1) }>::new();
            let mut control = cmsg::ControlWriter::new(&mut room);
            control.push(cmsg::SCM_RIGHTS, &[file.as_fd()]).unwrap();
            let empty = [std::io::IoSlice::new(b""), std::io::IoSlice::new(b"")];
            let flags = sockets::SendFlags::empty();
            assert_eq!(a.sendmsg(&empty, &control, flags), Err(Errno::EINVAL));
            let none: &[std::io::IoSlice<'_>] = &[];
            assert_eq!(a.sendmsg(none, &control, flags), Err(Errno::EINVAL));
            // Without descriptors it is a send of nothing.
            control.clear();
            assert_eq!(a.sendmsg(b"", &control, flags), Ok(0));
            assert_eq!(b.recv(&mut [0], RecvFlags::MSG_DONTWAIT), Err(Errno::EAGAIN));
        });
        for ty in [Type::SOCK_DGRAM, Type::SOCK_SEQPACKET] {
            let (a, b) = unix_pair(ty);
            leaks_nothing(|| {
                assert_eq!(send_fds(&a, b"", &file, 1), Ok(0));
                let (mut buf, mut room) = ([0; 4], ControlBuf::<{ cmsg::SCM_RIGHTS.space_of(1) }>::new());
                let mut message = b.recvmsg(&mut buf, &mut room, NONE).unwrap();
                assert_eq!((message.len, message.control.take_fds().count()), (0, 1));
            });
        }
    });
}

#[test]
fn on_a_stream_they_end_what_is_read_at_once() {
    isolated(Needs::USERNS, || {
        let (file, (a, b)) = (file(), unix_pair(Type::SOCK_STREAM));
        leaks_nothing(|| {
            a.send(b"plain ", sockets::SendFlags::empty()).unwrap();
            send_fds(&a, b"one", &file, 1).unwrap();
            send_fds(&a, b"two", &file, 2).unwrap();
            a.send(b"plain", sockets::SendFlags::empty()).unwrap();
            let mut seen = Vec::new();
            while seen.len() < 3 {
                let (mut buf, mut room) = ([0; 64], ControlBuf::<{ cmsg::SCM_RIGHTS.space_of(3) }>::new());
                let mut message = b.recvmsg(&mut buf, &mut room, NONE).unwrap();
                seen.push((message.data.to_vec(), message.control.take_fds().count()));
            }
            let seen: Vec<_> = seen.iter().map(|(data, fds)| (data.as_slice(), *fds)).collect();
            assert_eq!(seen, [(&b"plain one"[..], 1), (&b"two"[..], 2), (&b"plain"[..], 0)]);
        });
    });
}

#[test]
fn a_message_that_is_cut_keeps_its_descriptors() {
    isolated(Needs::USERNS, || {
        for ty in [Type::SOCK_DGRAM, Type::SOCK_SEQPACKET] {
            let (file, (a, b)) = (file(), unix_pair(ty));
            leaks_nothing(|| {
                send_fds(&a, b"a long message", &file, 2).unwrap();
                let (mut buf, mut room) = ([0; 4], ControlBuf::<{ cmsg::SCM_RIGHTS.space_of(2) }>::new());
                let mut message = b.recvmsg(&mut buf, &mut room, RecvFlags::MSG_TRUNC).unwrap();
                assert_eq!((&*message.data, message.len, message.true_len), (&b"a lo"[..], 4, 14));
                assert!(message.is_truncated() && !message.is_control_truncated());
                assert!(message.flags.contains(MsgFlags::MSG_TRUNC));
                assert_eq!(message.control.take_fds().count(), 2);
            });
        }
        // Of a stream nothing is lost, and a read of nothing takes them all the same.
        let (file, (a, b)) = (file(), unix_pair(Type::SOCK_STREAM));
        leaks_nothing(|| {
            send_fds(&a, b"data", &file, 2).unwrap();
            let before = open_fds();
            let (mut no, mut room) = ([0; 0], ControlBuf::<{ cmsg::SCM_RIGHTS.space_of(2) }>::new());
            let message = b.recvmsg(&mut no, &mut room, NONE).unwrap();
            let came = message.control.iter().map(|found| found.data().len() / 4).sum::<usize>();
            assert_eq!((message.len, open_fds()), (0, before + came));
            drop(message);
            let mut buf = [0; 8];
            let mut message = b.recvmsg(&mut buf, &mut room, NONE).unwrap();
            let more = message.control.take_fds().count();
            assert_eq!((&*message.data, came + more), (&b"data"[..], 2));
        });
    });
}

#[test]
fn a_message_that_is_forgotten_is_safe() {
    isolated(Needs::USERNS, || {
        let (file, (a, b)) = (file(), unix_pair(Type::SOCK_STREAM));
        leaks_nothing(|| {
            send_fds(&a, b"x", &file, 1).unwrap();
            let (mut byte, mut room) = ([0], ControlBuf::<{ cmsg::SCM_RIGHTS.space_of(1) }>::new());
            let before = open_fds();
            let message = b.recvmsg(&mut byte, &mut room, NONE).unwrap();
            let number = message.control.iter().next().unwrap().data().try_into().unwrap();
            std::mem::forget(message);
            assert_eq!(open_fds(), before + 1);
            // The room is free for the next, and what is in it belongs to nobody.
            assert_eq!(cmsg::walk(&room).next().unwrap().name(), Some("SCM_RIGHTS"));
            send_fds(&a, b"y", &file, 1).unwrap();
            let message = b.recvmsg(&mut byte, &mut room, NONE).unwrap();
            assert_eq!((&*message.data, open_fds()), (&b"y"[..], before + 2));
            drop(message);
            // SAFETY: it was forgotten, so nobody owns it.
            drop(unsafe { OwnedFd::from_raw_fd(i32::from_ne_bytes(number)) });
        });
    });
}
