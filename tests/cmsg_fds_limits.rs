//! Descriptors that are passed where something is in the way: errors, limits, receivers that want none; and those of
//! processes.

mod common;

use std::fs;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use common::fds::{file, is_cloexec, send_fds};
use common::{Dir, identity, isolated, leaks_nothing, limit_fds, open_fds, unix, unix_pair, use_up_fds};
use netns::Needs;
use sockets::cmsg::{self, ControlBuf, ControlWriter};
use sockets::{Errno, RecvFlags, SendFlags, Type, opt};

const NONE: RecvFlags = RecvFlags::empty();

#[test]
fn after_an_error_the_room_is_used_again() {
    isolated(Needs::USERNS, || {
        let (file, (a, b)) = (file(), unix_pair(Type::SOCK_STREAM));
        leaks_nothing(|| {
            let (mut byte, mut room) = ([0], ControlBuf::<{ cmsg::SCM_RIGHTS.space_of(2) }>::new());
            // What stands there from before belongs to nobody, and stays so.
            let mut control = ControlWriter::new(&mut room);
            control.push(cmsg::SCM_RIGHTS, &[file.as_fd(), b.as_fd()]).unwrap();
            for _ in 0..3 {
                let error = b.recvmsg(&mut byte, &mut room, RecvFlags::MSG_DONTWAIT).unwrap_err();
                assert_eq!(error, Errno::EAGAIN);
                send_fds(&a, b"x", &file, 2).unwrap();
                let mut message = b.recvmsg(&mut byte, &mut room, NONE).unwrap();
                assert_eq!(message.control.take_fds().take(1).count(), 1);
            }
            a.send(b"y", SendFlags::empty()).unwrap();
            let message = b.recvmsg(&mut byte, &mut room, NONE).unwrap();
            // No control message came; the old ones do not count.
            assert!(message.control.is_empty() && message.control.iter().next().is_none());
        });
    });
}

#[test]
fn a_full_table_loses_descriptors_and_no_data() {
    isolated(Needs::USERNS, || {
        let (file, (a, b)) = (file(), unix_pair(Type::SOCK_STREAM));
        leaks_nothing(|| {
            for free in [0, 2, 5] {
                send_fds(&a, b"data", &file, 5).unwrap();
                let mut others = use_up_fds();
                others.truncate(others.len() - free);
                let (mut buf, mut room) = ([0; 8], ControlBuf::<{ cmsg::SCM_RIGHTS.space_of(5) }>::new());
                let mut message = b.recvmsg(&mut buf, &mut room, NONE).unwrap();
                assert_eq!((&*message.data, message.is_control_truncated()), (&b"data"[..], free < 5));
                let taken: Vec<OwnedFd> = message.control.take_fds().collect();
                assert_eq!((taken.len(), message.control.take_fds().count()), (free, 0));
            }
        });
    });
}

#[test]
fn too_many_under_way_is_etoomanyrefs() {
    isolated(Needs::USERNS, || {
        common::drop_capabilities();
        let (file, (a, b)) = (file(), unix_pair(Type::SOCK_DGRAM));
        leaks_nothing(|| {
            limit_fds(30);
            let sent = (0..10).map_while(|_| send_fds(&a, b"x", &file, 20).ok()).count();
            // As many are counted as the limit says, and the send that passes it is the last.
            assert!(sent <= 2, "{sent}");
            assert_eq!(send_fds(&a, b"x", &file, 1), Err(Errno::ETOOMANYREFS));
            assert_eq!(a.send(b"y", SendFlags::empty()), Ok(1));
            for _ in 0..=sent {
                assert_eq!(b.recv(&mut [0], NONE), Ok(1));
            }
        });
    });
}

#[test]
fn they_go_to_an_address_without_a_connection() {
    isolated(Needs::USERNS, || {
        let dir = Dir::new();
        let (file, to) = (file(), dir.free());
        let (a, b) = (unix(Type::SOCK_DGRAM), unix(Type::SOCK_DGRAM));
        b.bind(&to).unwrap();
        leaks_nothing(|| {
            let mut room = ControlBuf::<{ cmsg::SCM_RIGHTS.space_of(2) }>::new();
            let mut control = ControlWriter::new(&mut room);
            control.push(cmsg::SCM_RIGHTS, &[file.as_fd(), a.as_fd()]).unwrap();
            assert_eq!(a.sendmsg_to(b"x", &control, SendFlags::empty(), &to), Ok(1));
            let mut byte = [0];
            let mut message = b.recvmsg(&mut byte, &mut room, NONE).unwrap();
            assert!(message.addr.is_unnamed());
            let fds: Vec<OwnedFd> = message.control.take_fds().collect();
            assert_eq!(fds.iter().map(identity).collect::<Vec<_>>(), [identity(&file), identity(&a)]);
        });
    });
}

#[test]
fn a_receiver_that_wants_none_is_eperm_to_the_sender() {
    isolated(Needs::USERNS, || {
        let (file, (a, b)) = (file(), unix_pair(Type::SOCK_STREAM));
        if b.setsockopt(opt::SO_PASSRIGHTS, false) == Err(Errno::ENOPROTOOPT) {
            return; // older than Linux 6.16
        }
        leaks_nothing(|| {
            assert_eq!(send_fds(&a, b"x", &file, 1), Err(Errno::EPERM));
            b.setsockopt(opt::SO_PASSRIGHTS, true).unwrap();
            assert_eq!(send_fds(&a, b"x", &file, 1), Ok(1));
        });
    });
}

#[test]
fn of_a_family_without_descriptors_nobody_gets_any() {
    isolated(Needs::USERNS, || {
        let (file, (a, b)) = (file(), common::tcp_pair());
        leaks_nothing(|| {
            // The kernel does not look at the message.
            assert_eq!(send_fds(&a, b"x", &file, 1), Ok(1));
            let (mut byte, mut room) = ([0], ControlBuf::<64>::new());
            let mut message = b.recvmsg(&mut byte, &mut room, NONE).unwrap();
            assert!(message.control.is_empty() && message.control.take_fds().next().is_none());
        });
    });
}

/// Has the kernel descriptors of processes to pass? (6.5)
fn passes_processes(socket: &sockets::Socket) -> bool {
    socket.setsockopt(opt::SO_PASSPIDFD, true) != Err(Errno::ENOPROTOOPT)
}

/// The process that a descriptor stands for.
fn process_of(fd: &OwnedFd) -> u32 {
    let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", fd.as_raw_fd())).unwrap();
    let pid = info.lines().find_map(|line| line.strip_prefix("Pid:")).unwrap();
    pid.trim().parse().unwrap()
}

const ALL: usize = cmsg::SCM_CREDENTIALS.space() + cmsg::SCM_PIDFD.space() + cmsg::SCM_RIGHTS.space_of(3);

#[test]
fn a_process_comes_beside_credentials_and_descriptors() {
    isolated(Needs::USERNS, || {
        let (file, (a, b)) = (file(), unix_pair(Type::SOCK_STREAM));
        b.setsockopt(opt::SO_PASSCRED, true).unwrap();
        if !passes_processes(&b) {
            return;
        }
        for (take_fds, take_pidfd) in [(0, false), (0, true), (1, false), (2, true), (3, false), (3, true)] {
            for pidfd_first in [false, true] {
                leaks_nothing(|| {
                    send_fds(&a, b"x", &file, 3).unwrap();
                    let before = open_fds();
                    let (mut byte, mut room) = ([0], ControlBuf::<ALL>::new());
                    let mut message = b.recvmsg(&mut byte, &mut room, NONE).unwrap();
                    assert_eq!((message.is_control_truncated(), open_fds()), (false, before + 4));
                    let mut process = None;
                    if take_pidfd && pidfd_first {
                        process = message.control.take_pidfd().unwrap();
                    }
                    let fds: Vec<OwnedFd> = message.control.take_fds().take(take_fds).collect();
                    if take_pidfd && !pidfd_first {
                        process = message.control.take_pidfd().unwrap();
                    }
                    assert_eq!(process.is_some(), take_pidfd);
                    if take_pidfd {
                        assert!(message.control.take_pidfd().unwrap().is_none());
                    }
                    if let Some(process) = &process {
                        assert!(is_cloexec(process));
                        assert_eq!(process_of(process), std::process::id());
                    }
                    assert!(fds.iter().all(|fd| identity(fd) == identity(&file)));
                    drop(message);
                    assert_eq!(open_fds(), before + take_fds + usize::from(take_pidfd));
                });
            }
        }
    });
}

#[test]
fn room_that_ends_anywhere_leaks_no_process_and_no_descriptor() {
    isolated(Needs::USERNS, || {
        let (file, (a, b)) = (file(), unix_pair(Type::SOCK_STREAM));
        b.setsockopt(opt::SO_PASSCRED, true).unwrap();
        if !passes_processes(&b) {
            return;
        }
        for size in 0..=ALL {
            for take in [false, true] {
                leaks_nothing(|| {
                    send_fds(&a, b"x", &file, 3).unwrap();
                    let before = open_fds();
                    let (mut byte, mut room) = ([0], ControlBuf::<ALL>::new());
                    let mut message = b.recvmsg(&mut byte, &mut room[..size], NONE).unwrap();
                    let mut taken = 0;
                    if take {
                        let fds: Vec<OwnedFd> = message.control.take_fds().collect();
                        let process = message.control.take_pidfd().unwrap();
                        taken = fds.len() + usize::from(process.is_some());
                        // Nothing is there that was not handed out.
                        assert_eq!(open_fds(), before + taken, "{size}");
                    }
                    assert!(message.is_control_truncated() || size == ALL || taken == 4 || !take, "{size}");
                    drop(message);
                    assert_eq!(open_fds(), before, "{size}");
                });
            }
        }
    });
}
