//! Descriptors in the messages of a batch: counted, whoever takes them, or nobody.

mod common;

use std::collections::HashSet;
use std::io::IoSlice;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;

use common::fds::{file, is_cloexec, send_fds};
use common::{isolated, leaks_nothing, unix_pair};
use netns::Needs;
use sockets::cmsg::{self, ControlBuf, ControlWriter};
use sockets::{Errno, MsgFlags, RecvBatch, RecvFlags, SendBatch, SendFlags, Type, opt};

const DONTWAIT: RecvFlags = RecvFlags::MSG_DONTWAIT;

#[test]
fn descriptors_belong_to_somebody_at_any_time() {
    isolated(Needs::USERNS, || {
        let (a, b) = unix_pair(Type::SOCK_DGRAM);
        let file = file();
        let pass = || assert_eq!(send_fds(&a, b"x", &file, 3), Ok(1));
        for slots in [1, 4] {
            // Nobody looks; one is taken of each; all; the batch is used again, or dropped.
            leaks_nothing(|| {
                let mut batch = RecvBatch::with_control(slots, 4, cmsg::SCM_RIGHTS.space_of(3)).unwrap();
                for take in [0, 1, 3, 1, 0] {
                    (0..slots).for_each(|_| pass());
                    let messages = b.recvmmsg(&mut batch, DONTWAIT).unwrap();
                    let taken: Vec<OwnedFd> = messages
                        .flat_map(|mut message| message.control.take_fds().take(take).collect::<Vec<_>>())
                        .collect();
                    assert_eq!(taken.len(), take * slots);
                    assert!(taken.iter().all(is_cloexec));
                    let numbers: HashSet<_> = taken.iter().map(AsRawFd::as_raw_fd).collect();
                    assert_eq!(numbers.len(), taken.len());
                }
                (0..slots).for_each(|_| pass());
                drop(b.recvmmsg(&mut batch, DONTWAIT).unwrap());
            });
            // Room for two of three: the third is lost, and says so.
            leaks_nothing(|| {
                let mut batch = RecvBatch::with_control(slots, 4, cmsg::SCM_RIGHTS.space_of(2)).unwrap();
                (0..slots).for_each(|_| pass());
                for mut message in b.recvmmsg(&mut batch, DONTWAIT).unwrap() {
                    assert!(message.is_control_truncated());
                    assert_eq!(message.control.take_fds().count(), 2);
                    assert_eq!(message.control.take_fds().count(), 0);
                }
            });
            // No room: not installed.
            leaks_nothing(|| {
                let mut batch = RecvBatch::new(slots, 4).unwrap();
                (0..slots).for_each(|_| pass());
                let messages = b.recvmmsg(&mut batch, DONTWAIT).unwrap();
                assert!(messages.map(|message| message.flags).all(|f| f.contains(MsgFlags::MSG_CTRUNC)));
            });
        }
    });
}

#[test]
fn exactly_so_many_or_none() {
    isolated(Needs::USERNS, || {
        let (a, b) = unix_pair(Type::SOCK_DGRAM);
        let file = file();
        leaks_nothing(|| {
            let mut batch = RecvBatch::with_control(1, 4, cmsg::SCM_RIGHTS.space_of(4)).unwrap();
            for (sent, exact) in [(0, false), (1, false), (2, true), (3, false), (4, false)] {
                for _ in 0..2 {
                    send_fds(&a, b"x", &file, sent).unwrap();
                }
                let mut room = ControlBuf::<{ cmsg::SCM_RIGHTS.space_of(4) }>::new();
                let mut message = b.recvmsg((), &mut room, DONTWAIT).unwrap();
                assert_eq!(message.take_exact_fds::<2>().is_ok(), exact, "{sent}");
                // What was there is there still, but for what was taken.
                assert_eq!(message.control.take_fds().count(), if exact { 0 } else { sent });
                let mut message = b.recvmmsg(&mut batch, DONTWAIT).unwrap().next().unwrap();
                assert_eq!(message.take_exact_fds::<2>().is_ok(), exact, "{sent}");
            }
            // The right number, but one was lost; and one of them was taken before.
            send_fds(&a, b"x", &file, 3).unwrap();
            let mut room = ControlBuf::<{ cmsg::SCM_RIGHTS.space_of(2) }>::new();
            let mut message = b.recvmsg((), &mut room, DONTWAIT).unwrap();
            assert_eq!(message.take_exact_fds::<2>().unwrap_err(), Errno::EBADMSG);
            drop(message);
            send_fds(&a, b"x", &file, 2).unwrap();
            let mut message = b.recvmsg((), &mut room, DONTWAIT).unwrap();
            assert!(message.control.take_fds().next().is_some());
            assert_eq!(message.take_exact_fds::<2>().unwrap_err(), Errno::EBADMSG);
            assert_eq!(message.take_exact_fds::<0>().unwrap_err(), Errno::EBADMSG);
        });
    });
}

#[test]
fn a_process_is_taken_from_a_slot() {
    isolated(Needs::USERNS, || {
        let (a, b) = unix_pair(Type::SOCK_DGRAM);
        match b.setsockopt(opt::SO_PASSPIDFD, true) {
            Err(Errno::ENOPROTOOPT) => return, // older than Linux 6.5
            set => set.unwrap(),
        }
        leaks_nothing(|| {
            let mut batch = RecvBatch::with_control(2, 4, cmsg::SCM_PIDFD.space()).unwrap();
            for take in [true, false] {
                a.send(b"x", SendFlags::empty()).unwrap();
                let mut message = b.recvmmsg(&mut batch, DONTWAIT).unwrap().next().unwrap();
                if take {
                    assert!(is_cloexec(&message.control.take_pidfd().unwrap().unwrap()));
                    assert!(message.control.take_pidfd().unwrap().is_none());
                }
            }
        });
    });
}

#[test]
fn descriptors_are_sent_from_slots_and_refused_without_data_on_a_stream() {
    isolated(Needs::USERNS, || {
        let file = file();
        leaks_nothing(|| {
            for (ty, alone) in [
                (Type::SOCK_STREAM, Err(Errno::EINVAL)),
                (Type::SOCK_DGRAM, Ok(1)),
                (Type::SOCK_SEQPACKET, Ok(1)),
            ] {
                let (a, b) = unix_pair(ty);
                let mut batch = SendBatch::with_control(2, cmsg::SCM_RIGHTS.space_of(2)).unwrap();
                let fds = [file.as_fd(), file.as_fd()];
                batch.push(b"").unwrap().control(cmsg::SCM_RIGHTS, &fds).unwrap();
                assert_eq!(a.sendmmsg(&mut batch, SendFlags::empty()), alone, "{ty:?}");
                batch.clear();
                batch.push(b"x").unwrap().control(cmsg::SCM_RIGHTS, &fds).unwrap();
                batch.push(b"y").unwrap().control(cmsg::SCM_RIGHTS, &fds[..1]).unwrap();
                assert_eq!(a.sendmmsg(&mut batch, SendFlags::empty()), Ok(2));
                let mut wanted = vec![(b"x".to_vec(), 2), (b"y".to_vec(), 1)];
                if alone.is_ok() {
                    wanted.insert(0, (Vec::new(), 2));
                }
                for wanted in wanted {
                    let (mut buf, mut room) = ([0; 8], ControlBuf::<64>::new());
                    let mut message = b.recvmsg(&mut buf, &mut room, DONTWAIT).unwrap();
                    assert_eq!((message.data.to_vec(), message.control.take_fds().count()), wanted);
                }
            }
        });
    });
}

#[test]
fn only_the_message_that_is_nothing_but_descriptors_is_refused_on_a_stream() {
    let _guard = common::guard();
    let (a, b) = unix_pair(Type::SOCK_STREAM);
    let file = file();
    let fds = [file.as_fd()];
    let empty = [IoSlice::new(b""), IoSlice::new(b"")];
    let mut batch = SendBatch::with_control(5, cmsg::SCM_RIGHTS.space_of(1)).unwrap();
    // Taken away again, so nothing is left of it.
    let refused = batch.push(b"").unwrap().control(cmsg::SCM_RIGHTS, &fds).unwrap().to(Path::new(""));
    assert_eq!(refused.unwrap_err(), Errno::EINVAL);
    batch.push(b"1").unwrap();
    assert_eq!(a.sendmmsg(&mut batch, SendFlags::empty()), Ok(1));

    batch.push(b"2").unwrap().control(cmsg::SCM_RIGHTS, &fds).unwrap();
    batch.push_vectored(&empty).unwrap().control(cmsg::SCM_RIGHTS, &fds).unwrap();
    batch.push(b"").unwrap().control(cmsg::SCM_RIGHTS, &fds).unwrap();
    batch.push(b"3").unwrap();
    // The error of a message is that of the first one of a call, so that it can be passed over.
    assert_eq!(a.sendmmsg(&mut batch, SendFlags::empty()), Ok(1));
    for sent in [2, 3] {
        assert_eq!(a.sendmmsg(&mut batch, SendFlags::empty()), Err(Errno::EINVAL));
        assert_eq!(batch.sent(), sent);
        batch.skip();
    }
    assert_eq!(a.sendmmsg(&mut batch, SendFlags::empty()), Ok(1));
    assert!(batch.is_done());
    let mut buf = [0; 3];
    b.recv_exact(&mut buf, RecvFlags::empty()).unwrap();
    assert_eq!(&buf, b"123");
}

#[test]
fn too_many_descriptors_or_too_little_room_take_the_message_back() {
    let file = file();
    let fds = vec![file.as_fd(); 254];
    let mut room = ControlBuf::<{ cmsg::SCM_RIGHTS.space_of(254) }>::new();
    let mut batch = SendBatch::with_control(2, room.len()).unwrap();
    assert_eq!(batch.push(b"x").unwrap().control(cmsg::SCM_RIGHTS, &fds).unwrap_err(), Errno::EINVAL);
    assert!(batch.is_empty());
    assert_eq!(ControlWriter::new(&mut room).push(cmsg::SCM_RIGHTS, &fds).unwrap_err(), Errno::EINVAL);
    let mut small = SendBatch::with_control(2, cmsg::SCM_RIGHTS.space_of(2)).unwrap();
    small.push(b"x").unwrap();
    let refused = small.push(b"y").unwrap().control(cmsg::SCM_RIGHTS, &fds[..3]);
    assert_eq!(refused.unwrap_err(), Errno::ENOBUFS);
    assert_eq!(small.len(), 1);
}
