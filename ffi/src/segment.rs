//! Datagrams as one: UDP_SEGMENT, UDP_GRO

use std::mem::size_of;
use std::slice;

use libc::{c_int, c_void, iovec, msghdr, size_t, sockaddr, socklen_t, ssize_t};
use sockets::Errno;
use sockets::cmsg::ControlBuf;
use sockets::sys::{self, Fd, InAddr, InBuf, c, cmsg_data};

use crate::cmsg::{control, push};
use crate::fds::message;
use crate::ret::{self, fail};

/// sendmsg(2) with UDP_SEGMENT: sends data that the kernel cuts into datagrams.
///
/// One call instead of many, and most of the work is done once. sockets_opt_supported(IPPROTO_UDP, UDP_SEGMENT) tells
/// whether the kernel can do it. MSG_NOSIGNAL is always set.
///
/// @param fd       the socket
/// @param buf      the bytes
/// @param len      how many: of all datagrams together 65507 at most
/// @param segment  the size of each datagram but the last, which may be shorter; 128 at most (before Linux 6.10, 64)
/// @param flags    as for sockets_send()
/// @param to       the address; NULL for the peer
/// @param tolen    its length
/// @return the number of bytes that the kernel took, or
///   -EINVAL    a segment of 0 bytes or of more than 65535; too many segments; a socket that computes no checksums (SO_NO_CHECK)
///   -EMSGSIZE  too long in all; a segment that does not fit into a packet of the path (-EINVAL in older kernels)
///   -EIO       an interface that leaves checksums to nobody, IPsec, UDP-Lite
///   and the errors of sockets_sendto()
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_send_segments(
    fd: c_int,
    buf: *const c_void,
    len: size_t,
    segment: size_t,
    flags: c_int,
    to: *const sockaddr,
    tolen: socklen_t,
) -> ssize_t {
    let Ok(segment) = u16::try_from(segment) else { return fail(Errno::EINVAL) as ssize_t };
    if segment == 0 {
        // To the kernel it would mean "do not cut".
        return fail(Errno::EINVAL) as ssize_t;
    }
    const ROOM: usize = sockets::cmsg::space(size_of::<u16>());
    let mut room = ControlBuf::<ROOM>::new();
    let mut data = iovec { iov_base: buf.cast_mut(), iov_len: len };
    let mut msg = message(&mut data);
    msg.msg_name = to.cast_mut().cast();
    msg.msg_namelen = tolen;
    msg.msg_control = room.as_mut_ptr().cast();
    let value = (&raw const segment).cast();
    // SAFETY: all of it is here.
    let pushed = unsafe { push(&mut msg, ROOM, c::IPPROTO_UDP, c::UDP_SEGMENT, value, size_of::<u16>()) };
    if let Err(error) = pushed {
        return fail(error) as ssize_t;
    }
    // SAFETY: the caller may use `fd`, or it is not open.
    let fd = unsafe { Fd::from_raw(fd) };
    // SAFETY: the kernel validates what `data` and `msg_name` say; the caller lets it read what is there.
    ret::size(unsafe { sys::sendmsg_raw(fd, &msg, flags) })
}

/// sendmsg(2) with UDP_SEGMENT, or where that is refused, sendto(2) for each datagram.
///
/// What makes it go on is -EIO, -EINVAL and -EMSGSIZE (sockets_send_segments() says when they come): nothing has been sent
/// then, and single datagrams may be.
///
/// @param fd       the socket
/// @param buf      the bytes
/// @param len      how many
/// @param segment  the size of each datagram but the last, which may be shorter
/// @param flags    as for sockets_send()
/// @param to       the address; NULL for the peer
/// @param tolen    its length
/// @param done     receives how many bytes were sent, also after an error; NULL, or valid: it is written by the library, not
///                 by the kernel
/// @return 1 if the kernel has cut; 0 if each went by itself, so that the next call on this path may spare itself the attempt;
///   or
///   -EINVAL  a segment of 0 bytes or of more than 65535; len is more than SSIZE_MAX
///   -EINTR, -EAGAIN  after the datagrams that *done counts
///   and the errors of sockets_sendto()
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_send_segments_or_each(
    fd: c_int,
    buf: *const c_void,
    len: size_t,
    segment: size_t,
    flags: c_int,
    to: *const sockaddr,
    tolen: socklen_t,
    done: *mut size_t,
) -> c_int {
    let mut sent = 0;
    let result = if segment == 0 || segment > u16::MAX as size_t || len > SSIZE_MAX {
        fail(Errno::EINVAL)
    } else {
        // SAFETY: the caller's arguments, as they are.
        match unsafe { sockets_send_segments(fd, buf, len, segment, flags, to, tolen) } as c_int {
            error if [-c::EIO, -c::EINVAL, -c::EMSGSIZE].contains(&error) => {
                // SAFETY: the same.
                unsafe { each(fd, buf, len, segment, flags, (to, tolen), &mut sent) }
            }
            error if error < 0 => error,
            _ => {
                sent = len;
                1
            }
        }
    };
    if !done.is_null() {
        // SAFETY: not NULL, so it may be written; whether it is aligned nobody has said.
        unsafe { done.write_unaligned(sent) };
    }
    result
}

/// Where the datagrams are in a message that was received with UDP_GRO.
///
///   struct iovec datagrams[128];
///   n = sockets_segments(&msg, len, datagrams, 128);
///
/// All of them came from the address of the message, with its control messages. A message that was not joined is its own only
/// datagram. If the room was too short (MSG_TRUNC), the last datagrams are missing, and the last that is there may be cut.
///
/// @param msg        the message, whose data is in one piece
/// @param len        what recvmsg() returned, or msg_len of recvmmsg()
/// @param datagrams  receives where each is, and its length, as many as there is room for; may be NULL if count is 0
/// @param count      the room there: the kernel joins 128 at most
/// @return how many datagrams there are (more than count: some had no room), or, with nothing written,
///   -EINVAL  the data is not in one piece; msg_controllen, the length of the piece or count is more than memory has
///   -EFAULT  a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_segments(
    msg: *const msghdr,
    len: size_t,
    datagrams: *mut iovec,
    count: size_t,
) -> c_int {
    // SAFETY: the caller says that `msg` is NULL or valid, and its control messages as long.
    let bytes = match unsafe { control(msg) } {
        // SAFETY: these bytes can be read, and nobody writes them meanwhile.
        Ok((ptr, len)) => unsafe { slice::from_raw_parts(ptr, len) },
        Err(error) => return fail(error),
    };
    // SAFETY: not NULL, so it may be read; whether it is aligned nobody has said.
    let header = unsafe { msg.read_unaligned() };
    if header.msg_iov.is_null() || (datagrams.is_null() && count > 0) {
        return fail(Errno::EFAULT);
    }
    if header.msg_iovlen != 1 || count > SSIZE_MAX / size_of::<iovec>() {
        return fail(Errno::EINVAL);
    }
    // SAFETY: the message has one piece, says the caller.
    let piece = unsafe { header.msg_iov.read_unaligned() };
    if piece.iov_len > SSIZE_MAX {
        return fail(Errno::EINVAL);
    }
    let len = len.min(piece.iov_len);
    let size = match cmsg_data(bytes, c::IPPROTO_UDP, c::UDP_GRO) {
        Some(&[a, b, c, d]) => usize::try_from(c_int::from_ne_bytes([a, b, c, d])).unwrap_or(0),
        _ => 0,
    };
    let size = if size == 0 { len.max(1) } else { size };
    // A datagram of no bytes is one, too.
    let found = len.div_ceil(size).max(1);
    let datagram = |at: usize, iov_len: usize| {
        let start = piece.iov_base.cast::<u8>().wrapping_add(at * size);
        (datagrams.wrapping_add(at), iovec { iov_base: start.cast(), iov_len })
    };
    for at in 0..found.min(count) {
        let (place, whole) = datagram(at, size);
        // SAFETY: there is room for `count`; whether it is aligned nobody has said.
        unsafe { place.write_unaligned(whole) };
    }
    if found <= count {
        let (place, last) = datagram(found - 1, len - (found - 1) * size);
        // SAFETY: the same.
        unsafe { place.write_unaligned(last) };
    }
    c_int::try_from(found).unwrap_or(c_int::MAX)
}

/// The longest that a piece of memory can be.
const SSIZE_MAX: usize = isize::MAX as usize;

/// Sends datagrams of `segment` bytes, one by one.
///
/// # Safety
///
/// What the kernel can read at `buf`, up to `len` bytes, and at the address, is the caller's to send.
#[cold]
unsafe fn each(
    fd: c_int,
    buf: *const c_void,
    len: size_t,
    segment: size_t,
    flags: c_int,
    (to, tolen): (*const sockaddr, socklen_t),
    sent: &mut size_t,
) -> c_int {
    // SAFETY: the caller may use `fd`, or it is not open.
    let fd = unsafe { Fd::from_raw(fd) };
    // SAFETY: the caller's word, passed on.
    let to = unsafe { InAddr::from_raw(to, tolen) };
    loop {
        let start = buf.cast::<u8>().wrapping_add(*sent).cast();
        // SAFETY: the caller's word, passed on.
        let data = unsafe { InBuf::from_raw(start, segment.min(len - *sent)) };
        match sys::sendto(fd, data, flags, to) {
            Ok(0) if len > 0 => return fail(Errno::EIO),
            // What the kernel took is no more than it was given.
            Ok(n) => *sent = sent.saturating_add(n).min(len),
            Err(error) => return -error.raw(),
        }
        if *sent >= len {
            return 0;
        }
    }
}
