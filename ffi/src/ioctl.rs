//! What waits in the queues: ioctl(2), sockatmark(3)

use libc::c_int;
use sockets::sys::{self, Fd};

use crate::ret;

/// ioctl(2) FIONREAD: how many bytes can be received; on a datagram socket, the length of the first.
///
/// @param fd  the socket
/// @return the number, or
///   -EINVAL  a listener
///   -ENOTTY  the family has no such request
///   -EBADF
#[must_use]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn sockets_fionread(fd: c_int) -> c_int {
    // SAFETY: the caller may use `fd`, or it is not open.
    ret::int(sys::fionread(unsafe { Fd::from_raw(fd) }))
}

/// ioctl(2) SIOCOUTQ: how much of what was sent is still here.
///
/// TCP: the bytes that the peer has not acknowledged. UDP and AF_UNIX: the memory in use for them.
///
/// @param fd  the socket
/// @return the number, or
///   -EINVAL  a listener
///   -ENOTTY  the family has no such request
///   -EBADF
#[must_use]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn sockets_siocoutq(fd: c_int) -> c_int {
    // SAFETY: the caller may use `fd`, or it is not open.
    ret::int(sys::siocoutq(unsafe { Fd::from_raw(fd) }))
}

/// sockatmark(3): is the next byte to receive the urgent one?
///
/// @param fd  the socket
/// @return 1 or 0, or
///   -ENOTTY, -EINVAL, -EOPNOTSUPP  the socket has no urgent data
///   -EBADF
#[must_use]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn sockets_sockatmark(fd: c_int) -> c_int {
    // SAFETY: the caller may use `fd`, or it is not open.
    ret::int(sys::sockatmark(unsafe { Fd::from_raw(fd) }).map(c_int::from))
}
