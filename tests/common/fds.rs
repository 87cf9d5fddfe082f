//! Descriptors on their way.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use sockets::cmsg::{self, ControlWriter};
use sockets::{Result, SendFlags, Socket};

/// What is sent.
pub(crate) fn file() -> File {
    File::open("/dev/null").unwrap()
}

/// Sends data with as many descriptors of the same file.
pub(crate) fn send_fds(socket: &Socket, data: &[u8], file: &impl AsFd, count: usize) -> Result<usize> {
    send_in_parts(socket, data, file, &[count])
}

/// The same in several messages.
pub(crate) fn send_in_parts(
    socket: &Socket,
    data: &[u8],
    file: &impl AsFd,
    counts: &[usize],
) -> Result<usize> {
    let mut room = vec![0; counts.iter().map(|count| cmsg::SCM_RIGHTS.space_of(*count)).sum()];
    let fds: Vec<Vec<BorrowedFd<'_>>> = counts.iter().map(|count| vec![file.as_fd(); *count]).collect();
    let mut control = ControlWriter::new(&mut room);
    for fds in &fds {
        control.push(cmsg::SCM_RIGHTS, fds)?;
    }
    socket.sendmsg(data, &control, SendFlags::empty())
}

/// Is it closed on exec?
pub(crate) fn is_cloexec(fd: &impl AsFd) -> bool {
    // SAFETY: the command takes no third argument.
    let flags = unsafe { libc::fcntl(fd.as_fd().as_raw_fd(), libc::F_GETFD) };
    assert!(flags >= 0);
    flags & libc::FD_CLOEXEC != 0
}
