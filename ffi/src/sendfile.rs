//! Bytes that stay in the kernel: sendfile(2), splice(2)

use libc::{c_int, c_uint, size_t, ssize_t};
use sockets::Errno;
use sockets::sys::{self, Fd, Offset, RawErrno, Result, compound};

use crate::ret::{fail, without_cancellation};

/// sendfile(2), between two of pthread_sigmask(3): sends bytes of a file.
///
/// There is no SIGPIPE. The call has no flag for that, so the signal is blocked for this thread meanwhile, and
/// sigtimedwait(2) takes it away after a call that was cut short; where the caller blocks it anyway, sigpending(2) is asked
/// first, so that one that was pending stays. Not a cancellation point.
///
/// @param out_fd  the socket
/// @param in_fd   the file
/// @param offset  where to begin; receives where to go on, and the position of the file stays; NULL is from its position on
/// @param count   how many bytes; a call moves 2 GiB at most
/// @return the number of bytes that were sent, which can be less; 0 is the end of the file; or
///   -EAGAIN     non-blocking, and the send buffer is full
///   -EINVAL     a file that cannot be read this way; count is more than SSIZE_MAX; a negative offset
///   -EOVERFLOW  an offset beyond what a file can have
///   -ESPIPE     an offset, and a file that has none
///   -EIO        the file could not be read
///   -EBADF      in_fd is not open for reading, or out_fd is not open
///   -EFAULT     and the errors of sockets_send()
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_sendfile(
    out_fd: c_int,
    in_fd: c_int,
    offset: *mut i64,
    count: size_t,
) -> ssize_t {
    // SAFETY: the kernel validates `offset`; the caller lets it write there.
    let offset = unsafe { Offset::from_raw(offset) };
    // SAFETY: the caller may use `out_fd`, or it is not open.
    let to = unsafe { Fd::from_raw(out_fd) };
    // SAFETY: the caller may use `in_fd`, or it is not open.
    let from = unsafe { Fd::from_raw(in_fd) };
    whole(|| sys::sendfile(to, from, offset, count))
}

/// sendfile(2) until all is sent, each between two of pthread_sigmask(3).
///
/// -EINTR does not end it. No SIGPIPE, and no cancellation point, as sockets_sendfile().
///
/// @param out_fd  the socket
/// @param in_fd   the file
/// @param offset  as for sockets_sendfile(): after an error it is where to go on
/// @param count   how many bytes
/// @param done    receives how many were sent, also after an error; NULL, or valid: it is written by the library, not by
///                the kernel
/// @return 0, or
///   -ENODATA  the file ended before
///   -EINVAL   count is more than SSIZE_MAX
///   -EAGAIN   non-blocking: wait for POLLOUT, then go on with what is left
///   and the errors of sockets_sendfile()
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_sendfile_all(
    out_fd: c_int,
    in_fd: c_int,
    offset: *mut i64,
    count: size_t,
    done: *mut size_t,
) -> c_int {
    // SAFETY: the kernel validates `offset`; the caller lets it write there.
    let offset = unsafe { Offset::from_raw(offset) };
    // SAFETY: the caller may use `out_fd`, or it is not open.
    let to = unsafe { Fd::from_raw(out_fd) };
    // SAFETY: the caller may use `in_fd`, or it is not open.
    let from = unsafe { Fd::from_raw(in_fd) };
    without_cancellation(|| {
        let (n, result) = if count > isize::MAX as size_t {
            (0, Err(RawErrno::EINVAL))
        } else {
            compound::sendfile_all(to, from, offset, count)
        };
        if !done.is_null() {
            // SAFETY: not NULL, so it may be written; whether it is aligned nobody has said.
            unsafe { done.write_unaligned(n) };
        }
        match result {
            Ok(()) => 0,
            Err(error) => fail(error),
        }
    })
}

/// splice(2), between two of pthread_sigmask(3): moves bytes from one descriptor to another, of which one is a pipe.
///
/// From a socket to another goes by way of a pipe, in two calls. No SIGPIPE, neither of a stream nor of a pipe that nobody
/// reads, and no cancellation point, as sockets_sendfile().
///
/// @param fd_in    where from
/// @param off_in   where to begin, for a file; receives where to go on; NULL for sockets, pipes and from the file's position on
/// @param fd_out   where to
/// @param off_out  the same for that
/// @param len      how many bytes; a call moves 2 GiB at most
/// @param flags    SPLICE_F_NONBLOCK, SPLICE_F_MORE, SPLICE_F_MOVE
/// @return the number of bytes that were moved, which can be less; 0 is the end of what fd_in has; or
///   -EAGAIN  non-blocking: nothing to read, or no room
///   -EINVAL  neither is a pipe, or both are the same; a file opened to append; unknown flags
///   -ESPIPE  an offset, and a socket or a pipe
///   -EBADF   not open for reading, or for writing
///   -EFAULT  and the errors of sockets_send() and sockets_recv()
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_splice(
    fd_in: c_int,
    off_in: *mut i64,
    fd_out: c_int,
    off_out: *mut i64,
    len: size_t,
    flags: c_uint,
) -> ssize_t {
    // SAFETY: the kernel validates `off_in`; the caller lets it write there.
    let from_offset = unsafe { Offset::from_raw(off_in) };
    // SAFETY: the kernel validates `off_out`; the caller lets it write there.
    let to_offset = unsafe { Offset::from_raw(off_out) };
    // SAFETY: the caller may use `fd_in`, or it is not open.
    let from = unsafe { Fd::from_raw(fd_in) };
    // SAFETY: the caller may use `fd_out`, or it is not open.
    let to = unsafe { Fd::from_raw(fd_out) };
    whole(|| sys::splice(from, from_offset, to, to_offset, len, flags))
}

/// Makes a call that moves less than 2 GiB, with those around it, which are cancellation points and cannot be unwound from.
fn whole(call: impl FnOnce() -> Result<usize>) -> ssize_t {
    without_cancellation(|| match call() {
        Ok(n) => c_int::try_from(n).unwrap_or_else(|_| fail(Errno::EOVERFLOW)),
        Err(error) => fail(error),
    }) as ssize_t
}
