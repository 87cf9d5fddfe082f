//! More than one call: connecting in time, all or nothing, ending at once

use std::time::Duration;

use libc::{c_int, c_void, size_t, sockaddr, socklen_t};
use sockets::Errno;
use sockets::sys::compound::{self, Progress};
use sockets::sys::{Closing, Fd, InAddr, InBuf, OutBuf, RawErrno};

use crate::ret;

/// connect(2), ppoll(2), getsockopt(2) SO_ERROR, between fcntl(2) F_GETFL and ioctl(2) FIONBIO: connects, and
/// gives up when the time is over.
///
/// The socket does not block meanwhile; at the end O_NONBLOCK is as it was, whatever came. Signals do not
/// end the wait. An attempt that failed, or was not over in time, is dissolved (sockets_disconnect()), so the
/// same socket can try the next address (but not, after an IPv4-mapped one, a native IPv6 one: Linux does not
/// let it). A port that the kernel had chosen is given back then. Families that cannot dissolve say -EALREADY
/// at the next attempt: close the socket.
/// For an AF_UNIX listener whose queue is full there is no event to wait for: it tries again, after 0.1 ms at
/// first and every 10 ms at last. Not a cancellation point.
///
/// @param fd       the socket
/// @param addr     the address
/// @param len      its length
/// @param timeout  in milliseconds, more than 0
/// @return 0, or
///   -EINVAL     the timeout is 0 or negative
///   -ETIMEDOUT  the time is over
///   -EISCONN    connected already
///   -EALREADY   an earlier attempt goes on; it is left alone
///   -ECONNRESET, -ECONNABORTED  shut down by another thread
///   and the errors of the attempt itself, as -ECONNREFUSED: see sockets_connect()
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_connect_timeout(
    fd: c_int,
    addr: *const sockaddr,
    len: socklen_t,
    timeout: c_int,
) -> c_int {
    let Ok(millis) = u64::try_from(timeout) else { return ret::fail(Errno::EINVAL) };
    // SAFETY: the kernel validates `addr`; the caller lets it read what is there.
    let addr = unsafe { InAddr::from_raw(addr, len) };
    // SAFETY: the caller may use `fd`, or it is not open.
    let fd = unsafe { Fd::from_raw(fd) };
    ret::guard(|| compound::connect_timeout(fd, addr, Duration::from_millis(millis)).map(|()| 0))
}

/// send(2) until all is sent.
///
/// -EINTR does not end it. On a message socket it is one call.
///
/// @param fd     the socket
/// @param buf    the bytes
/// @param len    how many
/// @param flags  as for sockets_send()
/// @param done   receives how many were sent, also after an error; NULL, or valid: it is written by the
///               library, not by the kernel
/// @return 0, or
///   -EAGAIN  non-blocking: wait for POLLOUT, then go on behind *done
///   -EINVAL  len is more than SSIZE_MAX
///   and the errors of sockets_send()
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_send_all(
    fd: c_int,
    buf: *const c_void,
    len: size_t,
    flags: c_int,
    done: *mut size_t,
) -> c_int {
    // SAFETY: the kernel validates `buf`; the caller lets it read what is there.
    let data = unsafe { InBuf::from_raw(buf, len) };
    // SAFETY: the caller may use `fd`, or it is not open.
    let fd = unsafe { Fd::from_raw(fd) };
    let progress = if len > SSIZE_MAX { TOO_LONG } else { compound::send_all(fd, data, flags) };
    // SAFETY: `done` is NULL or the caller's to write.
    unsafe { report(progress, done) }
}

/// recv(2) until the buffer is full.
///
/// -EINTR does not end it. For streams: every call on a message socket takes a message of its own. A len of 0
/// makes no call.
///
/// @param fd     the socket
/// @param buf    receives the bytes
/// @param len    how many
/// @param flags  as for sockets_recv(), without MSG_PEEK and MSG_TRUNC
/// @param done   receives how many were received, also after an error; NULL, or valid: it is written by the
///               library, not by the kernel
/// @return 0, or
///   -ENODATA  the stream ended before
///   -EINVAL   MSG_PEEK or MSG_TRUNC; len is more than SSIZE_MAX
///   -EAGAIN   non-blocking: wait for POLLIN, then go on behind *done
///   and the errors of sockets_recv()
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_recv_exact(
    fd: c_int,
    buf: *mut c_void,
    len: size_t,
    flags: c_int,
    done: *mut size_t,
) -> c_int {
    // SAFETY: the kernel validates `buf`; the caller lets it write `len` bytes there.
    let place = unsafe { OutBuf::from_raw(buf, len) };
    // SAFETY: the caller may use `fd`, or it is not open.
    let fd = unsafe { Fd::from_raw(fd) };
    let progress = if len > SSIZE_MAX { TOO_LONG } else { compound::recv_exact(fd, place, flags) };
    // SAFETY: `done` is NULL or the caller's to write.
    unsafe { report(progress, done) }
}

/// setsockopt(2) SO_LINGER with a time of zero, then close(2): ends a TCP connection with a reset.
///
/// What was not sent yet is lost, and there is no TIME_WAIT. On other sockets it is close(2). Not a
/// cancellation point.
///
/// @param fd  the socket; closed in any case
/// @return 0, or the first error:
///   -ENOTSOCK  not a socket (closed nevertheless)
///   and those of sockets_close()
#[unsafe(no_mangle)]
pub extern "C" fn sockets_abort(fd: c_int) -> c_int {
    ret::without_cancellation(|| {
        // SAFETY: the caller owns `fd`, or it is not open.
        match compound::abort(unsafe { Closing::from_raw(fd) }) {
            Ok(()) => 0,
            // The second call may have changed errno.
            Err(error) => ret::fail(error),
        }
    })
}

/// The longest that the kernel moves at once, and that C can report.
const SSIZE_MAX: size_t = isize::MAX as size_t;
/// More than that.
const TOO_LONG: Progress = (0, Err(RawErrno::EINVAL));

/// Tells how far a transfer came.
///
/// # Safety
///
/// `done` is NULL or may be written.
#[inline]
unsafe fn report((n, result): Progress, done: *mut size_t) -> c_int {
    if !done.is_null() {
        // SAFETY: not NULL, so it may be written; whether it is aligned nobody has said.
        unsafe { done.write_unaligned(n) };
    }
    match result {
        Ok(()) => 0,
        // Not every one of these errors came from a call.
        Err(error) => ret::fail(error),
    }
}
