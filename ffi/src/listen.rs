//! The server's side: listen(2), accept(2)

use std::os::fd::IntoRawFd;

use libc::{c_int, sockaddr, socklen_t};
use sockets::sys::{self, Fd, RawOut};

use crate::ret;

/// The largest backlog that sockets_listen() takes: as much as net.core.somaxconn allows.
pub const SOCKETS_BACKLOG_MAX: c_int = 2147483647;

/// listen(2): takes connections in.
///
/// @param fd       the socket
/// @param backlog  how many may wait; the kernel cuts it to net.core.somaxconn
/// @return 0, or
///   -EOPNOTSUPP  the type has no connections, as SOCK_DGRAM
///   -EINVAL      connected already; AF_UNIX: not bound
///   -EADDRINUSE  another socket listens on the port
///   -EBADF, -ENOTSOCK
#[unsafe(no_mangle)]
pub extern "C-unwind" fn sockets_listen(fd: c_int, backlog: c_int) -> c_int {
    // SAFETY: the caller may use `fd`, or it is not open.
    ret::unit(sys::listen(unsafe { Fd::from_raw(fd) }, backlog))
}

/// accept(2): takes the next connection.
///
/// The new descriptor is close-on-exec, and blocks whatever the listener does.
///
/// @param fd    the listener
/// @param addr  receives the address of the peer, cut to *len bytes; may be NULL
/// @param len   in: the room at addr; out: the length of the address; may be NULL if addr is
/// @return the descriptor, or
///   -EAGAIN            non-blocking, or SO_RCVTIMEO is over: nobody waits
///   -EMFILE, -ENFILE   no descriptor left; the connection is not lost, it waits
///   -EINVAL            not a listener (any more); *len is negative when taken as an int
///   -EOPNOTSUPP        the type has no connections
///   -ECONNABORTED      the connection ended while it waited: go on with the next
///   -EINTR             a signal came
///   -ENOBUFS, -ENOMEM  no memory
///   -EFAULT, -EBADF, -ENOTSOCK, and errors of the network (accept(2)): go on with the next
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_accept(fd: c_int, addr: *mut sockaddr, len: *mut socklen_t) -> c_int {
    // SAFETY: the caller's contract is the same.
    unsafe { sockets_accept4(fd, addr, len, 0) }
}

/// accept4(2): as sockets_accept(), with flags for the new descriptor.
///
/// @param fd     the listener
/// @param addr   receives the address of the peer, cut to *len bytes; may be NULL
/// @param len    in: the room at addr; out: the length of the address; may be NULL if addr is
/// @param flags  SOCK_NONBLOCK, SOCK_CLOEXEC (which is always set)
/// @return the descriptor, or
///   -EINVAL  unknown flags
///   and the errors of sockets_accept()
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_accept4(
    fd: c_int,
    addr: *mut sockaddr,
    len: *mut socklen_t,
    flags: c_int,
) -> c_int {
    // SAFETY: the kernel validates both pointers; the caller lets it write `*len` bytes at `addr`.
    let addr = unsafe { RawOut::from_raw(addr.cast(), len) };
    // SAFETY: the caller may use `fd`, or it is not open.
    let new = sys::accept4(unsafe { Fd::from_raw(fd) }, addr, flags);
    ret::int(new.map(|(fd, ())| fd.into_raw_fd()))
}
