//! fcntl(2), ioctl(2) FIONBIO and FIOCLEX: the two flags of a descriptor, asked and set, and nothing else touched.

mod common;

use std::os::fd::{AsFd, AsRawFd};

use common::{Dir, guard, isolated, unix_pair};
use netns::Needs;
use sockets::{BorrowedSocket, Errno, RecvFlags, Type};

/// All file status flags, asked without the library.
fn status_flags(fd: impl AsFd) -> i32 {
    // SAFETY: the command takes no third argument.
    let flags = unsafe { libc::fcntl(fd.as_fd().as_raw_fd(), libc::F_GETFL) };
    assert!(flags >= 0);
    flags
}

#[test]
fn nonblocking_is_set_and_cleared_in_every_family() {
    let _guard = guard();
    let dir = Dir::new();
    for kind in common::kinds() {
        let socket = kind.bound(&dir);
        let before = status_flags(&socket);
        assert_eq!(socket.nonblocking(), Ok(false));
        for _ in 0..2 {
            assert_eq!(socket.set_nonblocking(true), Ok(()));
            assert_eq!(socket.nonblocking(), Ok(true));
            assert_eq!(status_flags(&socket), before | libc::O_NONBLOCK);
        }
        for _ in 0..2 {
            assert_eq!(socket.set_nonblocking(false), Ok(()));
            assert_eq!(socket.nonblocking(), Ok(false));
            assert_eq!(status_flags(&socket), before);
        }
    }
}

#[test]
fn nonblocking_touches_no_other_flag() {
    let _guard = guard();
    let (a, _b) = unix_pair(Type::SOCK_STREAM);
    // SAFETY: the third argument is an int, as this command wants.
    assert_eq!(unsafe { libc::fcntl(a.as_raw_fd(), libc::F_SETFL, libc::O_APPEND) }, 0);
    let before = status_flags(&a);
    a.set_nonblocking(true).unwrap();
    assert_eq!(status_flags(&a), before | libc::O_NONBLOCK);
    a.set_nonblocking(false).unwrap();
    assert_eq!(status_flags(&a), before);
}

#[test]
fn nonblocking_belongs_to_the_socket_and_cloexec_to_the_descriptor() {
    let _guard = guard();
    let (a, _b) = unix_pair(Type::SOCK_STREAM);
    let copy = a.dup().unwrap();
    a.set_nonblocking(true).unwrap();
    assert_eq!(copy.recv(&mut [0; 1], RecvFlags::empty()), Err(Errno::EAGAIN));
    a.set_cloexec(false).unwrap();
    assert_eq!((a.cloexec(), copy.cloexec()), (Ok(false), Ok(true)));
    a.set_cloexec(true).unwrap();
    copy.set_cloexec(false).unwrap();
    assert_eq!((a.cloexec(), copy.cloexec()), (Ok(true), Ok(false)));
}

#[test]
fn they_work_on_foreign_descriptors() {
    let _guard = guard();
    let std = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let socket = BorrowedSocket::from(&std);
    socket.set_nonblocking(true).unwrap();
    assert_eq!(std.recv(&mut [0; 1]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    assert_ne!(status_flags(&std) & libc::O_NONBLOCK, 0);
}

#[test]
fn without_cloexec_a_program_started_next_gets_the_socket() {
    isolated(Needs::USERNS, || {
        let (a, b) = unix_pair(Type::SOCK_STREAM);
        a.set_cloexec(false).unwrap();
        let listing = std::process::Command::new("ls").args(["-l", "/proc/self/fd"]).output().unwrap();
        let listing = String::from_utf8(listing.stdout).unwrap();
        assert!(
            listing.contains(&common::identity(&a)) && !listing.contains(&common::identity(&b)),
            "{listing}"
        );
    });
}
