//! The flags of a descriptor: fcntl(2)

use libc::c_int;
use sockets::sys::{self, Fd};

use crate::ret;

/// fcntl(2) F_GETFL: is O_NONBLOCK set?
///
/// @param fd  the descriptor
/// @return 1 or 0, or
///   -EBADF
#[must_use]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn sockets_nonblocking(fd: c_int) -> c_int {
    // SAFETY: the caller may use `fd`, or it is not open.
    ret::int(sys::nonblocking(unsafe { Fd::from_raw(fd) }).map(c_int::from))
}

/// ioctl(2) FIONBIO: sets or clears O_NONBLOCK, and touches no other flag.
///
/// @param fd  the descriptor
/// @param on  0 clears it, everything else sets it
/// @return 0, or
///   -EBADF
#[unsafe(no_mangle)]
pub extern "C-unwind" fn sockets_set_nonblocking(fd: c_int, on: c_int) -> c_int {
    // SAFETY: the caller may use `fd`, or it is not open.
    ret::unit(sys::set_nonblocking(unsafe { Fd::from_raw(fd) }, on != 0))
}

/// fcntl(2) F_GETFD: is FD_CLOEXEC set?
///
/// @param fd  the descriptor
/// @return 1 or 0, or
///   -EBADF
#[must_use]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn sockets_cloexec(fd: c_int) -> c_int {
    // SAFETY: the caller may use `fd`, or it is not open.
    ret::int(sys::cloexec(unsafe { Fd::from_raw(fd) }).map(c_int::from))
}

/// ioctl(2) FIOCLEX, FIONCLEX: sets or clears FD_CLOEXEC.
///
/// Every descriptor that this library makes has it set.
///
/// @param fd  the descriptor
/// @param on  0 clears it, everything else sets it
/// @return 0, or
///   -EBADF
#[unsafe(no_mangle)]
pub extern "C-unwind" fn sockets_set_cloexec(fd: c_int, on: c_int) -> c_int {
    // SAFETY: the caller may use `fd`, or it is not open.
    ret::unit(sys::set_cloexec(unsafe { Fd::from_raw(fd) }, on != 0))
}
