//! The end of one direction: shutdown(2)

use libc::c_int;
use sockets::sys::{self, Fd};

use crate::ret;

/// shutdown(2): ends one or both directions of a connection, for every descriptor of the socket.
///
/// It also wakes threads that block on the socket: a receive returns 0, an accept -EINVAL.
///
/// @param fd   the socket
/// @param how  SHUT_RD, SHUT_WR or SHUT_RDWR
/// @return 0, or
///   -ENOTCONN  not connected (blocked threads are woken nevertheless)
///   -EINVAL    no such direction
///   -EBADF, -ENOTSOCK
#[unsafe(no_mangle)]
pub extern "C-unwind" fn sockets_shutdown(fd: c_int, how: c_int) -> c_int {
    // SAFETY: the caller may use `fd`, or it is not open.
    ret::unit(sys::shutdown(unsafe { Fd::from_raw(fd) }, how))
}
