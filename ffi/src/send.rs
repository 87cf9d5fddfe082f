//! Bytes out: send(2)

use libc::{c_int, c_void, size_t, sockaddr, socklen_t, ssize_t};
use sockets::sys::{self, Fd, InAddr, InBuf};

use crate::ret;

/// send(2): sends to the peer.
///
/// MSG_NOSIGNAL is always set: a closed peer is -EPIPE, never SIGPIPE. A message goes whole or not at
/// all; a stream may take less than len (sockets_send_all() goes on).
///
/// @param fd     the socket
/// @param buf    the bytes
/// @param len    how many
/// @param flags  MSG_DONTWAIT, MSG_MORE, MSG_OOB, ...
/// @return the number of bytes that the kernel took, or
///   -EAGAIN        the send buffer is full, and the call must not block (longer)
///   -EINTR         a signal came before anything was taken
///   -EPIPE         the peer has gone, or this direction is shut down
///   -ECONNRESET    the peer has reset the connection
///   -ECONNREFUSED  a datagram sent earlier met nobody
///   -EDESTADDRREQ, -ENOTCONN  no peer
///   -EMSGSIZE      longer than one message can be
///   -ENOBUFS, -ENOMEM  no memory, or the interface's queue is full
///   -EOPNOTSUPP    a flag that the type does not have
///   -EFAULT, -EBADF, -ENOTSOCK
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_send(
    fd: c_int,
    buf: *const c_void,
    len: size_t,
    flags: c_int,
) -> ssize_t {
    // SAFETY: the kernel validates `buf`; the caller lets it read what is there.
    let data = unsafe { InBuf::from_raw(buf, len) };
    // SAFETY: the caller may use `fd`, or it is not open.
    ret::size(sys::send(unsafe { Fd::from_raw(fd) }, data, flags))
}

/// sendto(2): sends to an address.
///
/// MSG_NOSIGNAL is always set.
///
/// @param fd     the socket
/// @param buf    the bytes
/// @param len    how many
/// @param flags  as for sockets_send()
/// @param to     the address; NULL for the peer
/// @param tolen  its length
/// @return the number of bytes that the kernel took, or
///   -EISCONN  connected, and the type does not let a send choose another peer
///   -EACCES   a broadcast address without SO_BROADCAST, or a route that prohibits it
///   -ENETUNREACH, -EHOSTUNREACH  no route
///   -EAFNOSUPPORT, -EINVAL  an address of another family than the socket's, or a bad length
///   and the errors of sockets_send()
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_sendto(
    fd: c_int,
    buf: *const c_void,
    len: size_t,
    flags: c_int,
    to: *const sockaddr,
    tolen: socklen_t,
) -> ssize_t {
    // SAFETY: the kernel validates `buf`; the caller lets it read what is there.
    let data = unsafe { InBuf::from_raw(buf, len) };
    // SAFETY: the kernel validates `to`; the caller lets it read what is there.
    let to = unsafe { InAddr::from_raw(to, tolen) };
    // SAFETY: the caller may use `fd`, or it is not open.
    ret::size(sys::sendto(unsafe { Fd::from_raw(fd) }, data, flags, to))
}
