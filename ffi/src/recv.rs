//! Bytes in: recv(2)

use libc::{c_int, c_void, size_t, sockaddr, socklen_t, ssize_t};
use sockets::sys::{self, Fd, OutBuf, RawOut};

use crate::ret;

/// recv(2): receives.
///
/// @param fd     the socket
/// @param buf    receives the bytes
/// @param len    the room there
/// @param flags  MSG_PEEK, MSG_DONTWAIT, MSG_WAITALL, MSG_OOB, MSG_TRUNC, ...
/// @return the number of bytes (with MSG_TRUNC the true length of the message, which can be more than
///   len); on a stream 0 is the end; or
///   -EAGAIN        nothing there, and the call must not block (longer)
///   -EINTR         a signal came before any byte
///   -ECONNRESET    the peer has reset the connection
///   -ECONNREFUSED  a datagram sent earlier met nobody
///   -ENOTCONN      a stream without a peer
///   -EINVAL        MSG_OOB without urgent data
///   -EOPNOTSUPP    a flag that the type does not have
///   -EFAULT, -EBADF, -ENOTSOCK
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_recv(
    fd: c_int,
    buf: *mut c_void,
    len: size_t,
    flags: c_int,
) -> ssize_t {
    // SAFETY: the kernel validates `buf`; the caller lets it write `len` bytes there.
    let place = unsafe { OutBuf::from_raw(buf, len) };
    // SAFETY: the caller may use `fd`, or it is not open.
    ret::size(sys::recv(unsafe { Fd::from_raw(fd) }, place, flags))
}

/// recvfrom(2): as sockets_recv(), and the address of the sender.
///
/// @param fd       the socket
/// @param buf      receives the bytes
/// @param len      the room there
/// @param flags    as for sockets_recv()
/// @param from     receives the address, cut to *fromlen bytes; may be NULL
/// @param fromlen  in: the room at from; out: the length of the address, 0 if there is none (a connected
///                 TCP stream, an AF_UNIX sender without a name); may be NULL if from is
/// @return as for sockets_recv(), or
///   -EINVAL  *fromlen is negative when taken as an int
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_recvfrom(
    fd: c_int,
    buf: *mut c_void,
    len: size_t,
    flags: c_int,
    from: *mut sockaddr,
    fromlen: *mut socklen_t,
) -> ssize_t {
    // SAFETY: the kernel validates `buf`; the caller lets it write `len` bytes there.
    let place = unsafe { OutBuf::from_raw(buf, len) };
    // SAFETY: the kernel validates both pointers; the caller lets it write `*fromlen` bytes at `from`.
    let from = unsafe { RawOut::from_raw(from.cast(), fromlen) };
    // SAFETY: the caller may use `fd`, or it is not open.
    let received = sys::recvfrom(unsafe { Fd::from_raw(fd) }, place, flags, from);
    ret::size(received.map(|(n, ())| n))
}
