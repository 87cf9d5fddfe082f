//! The two names of a socket: bind(2), connect(2), getsockname(2), getpeername(2)

use libc::{c_int, sockaddr, socklen_t};
use sockets::sys::{self, Fd, InAddr, RawOut};

use crate::ret;

/// bind(2): gives the socket its own address.
///
/// @param fd    the socket
/// @param addr  the address; port 0 asks for a free one
/// @param len   its length
/// @return 0, or
///   -EADDRINUSE     taken; a path that exists
///   -EADDRNOTAVAIL  not an address of this machine
///   -EACCES         a port below 1024 without CAP_NET_BIND_SERVICE, or a directory that may not be written
///   -EAFNOSUPPORT   an address of another family than the socket's
///   -EINVAL         bound already, or the length is not one of the family's
///   -ENOENT, -ENOTDIR, -EROFS, -ELOOP  the directory of the path, as for open(2)
///   -EFAULT, -EBADF, -ENOTSOCK
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_bind(fd: c_int, addr: *const sockaddr, len: socklen_t) -> c_int {
    // SAFETY: the kernel validates `addr`; the caller lets it read what is there.
    let addr = unsafe { InAddr::from_raw(addr, len) };
    // SAFETY: the caller may use `fd`, or it is not open.
    ret::unit(sys::bind(unsafe { Fd::from_raw(fd) }, addr))
}

/// connect(2): connects to an address; on a datagram socket, sets the peer.
///
/// After -EINTR or -EINPROGRESS the attempt goes on: wait for POLLOUT, then read SO_ERROR.
/// sockets_connect_timeout() does that.
///
/// @param fd    the socket
/// @param addr  the address
/// @param len   its length
/// @return 0, or
///   -ECONNREFUSED  nobody listens there
///   -EINPROGRESS   non-blocking, or SO_SNDTIMEO is over: the attempt goes on
///   -EINTR         a signal came: the attempt goes on
///   -EALREADY      an earlier attempt goes on
///   -EISCONN       connected already
///   -ETIMEDOUT     no answer
///   -ENETUNREACH, -EHOSTUNREACH  no route, or nobody there
///   -EADDRNOTAVAIL no free port left, or not an address to connect to
///   -EAGAIN        AF_UNIX, non-blocking or SO_SNDTIMEO is over: the listener's queue is full
///   -ENOENT, -EACCES  AF_UNIX: no such path, or it may not be written
///   -EPROTOTYPE    AF_UNIX: the socket there is of another type
///   -EAFNOSUPPORT, -EINVAL  an address of another family than the socket's, or a bad length
///   -EFAULT, -EBADF, -ENOTSOCK
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_connect(fd: c_int, addr: *const sockaddr, len: socklen_t) -> c_int {
    // SAFETY: the kernel validates `addr`; the caller lets it read what is there.
    let addr = unsafe { InAddr::from_raw(addr, len) };
    // SAFETY: the caller may use `fd`, or it is not open.
    ret::unit(sys::connect(unsafe { Fd::from_raw(fd) }, addr))
}

/// connect(2) with AF_UNSPEC: dissolves the association of a datagram socket, resets a TCP connection.
///
/// @param fd  the socket
/// @return 0, or
///   -EINVAL  the family has no such thing, as AF_UNIX streams
///   -EBADF, -ENOTSOCK
#[unsafe(no_mangle)]
pub extern "C-unwind" fn sockets_disconnect(fd: c_int) -> c_int {
    // SAFETY: the caller may use `fd`, or it is not open.
    ret::unit(sys::disconnect(unsafe { Fd::from_raw(fd) }))
}

/// getsockname(2): the socket's own address.
///
/// @param fd    the socket
/// @param addr  receives the address, cut to *len bytes
/// @param len   in: the room at addr; out: the length of the address, also where that is more
/// @return 0, or
///   -EINVAL  *len is negative when taken as an int
///   -EFAULT, -EBADF, -ENOTSOCK
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_getsockname(
    fd: c_int,
    addr: *mut sockaddr,
    len: *mut socklen_t,
) -> c_int {
    // SAFETY: the kernel validates both pointers; the caller lets it write `*len` bytes at `addr`.
    let addr = unsafe { RawOut::from_raw(addr.cast(), len) };
    // SAFETY: the caller may use `fd`, or it is not open.
    ret::unit(sys::getsockname(unsafe { Fd::from_raw(fd) }, addr))
}

/// getpeername(2): the address of the peer.
///
/// @param fd    the socket
/// @param addr  receives the address, cut to *len bytes
/// @param len   in: the room at addr; out: the length of the address, also where that is more
/// @return 0, or
///   -ENOTCONN  there is no peer
///   -EINVAL    *len is negative when taken as an int
///   -EFAULT, -EBADF, -ENOTSOCK
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_getpeername(
    fd: c_int,
    addr: *mut sockaddr,
    len: *mut socklen_t,
) -> c_int {
    // SAFETY: the kernel validates both pointers; the caller lets it write `*len` bytes at `addr`.
    let addr = unsafe { RawOut::from_raw(addr.cast(), len) };
    // SAFETY: the caller may use `fd`, or it is not open.
    ret::unit(sys::getpeername(unsafe { Fd::from_raw(fd) }, addr))
}
