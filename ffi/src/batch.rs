//! Batches: memory for sendmmsg(2) and recvmmsg(2)

use std::mem::{MaybeUninit, size_of};

use libc::{c_int, c_uint, c_void, iovec, mmsghdr, size_t, sockaddr_storage, socklen_t};
use sockets::Errno;
use sockets::sys::{self, Fd, RawErrno, c};

use crate::ret::fail;

/// Lays messages out over memory, for sockets_recvmmsg(): each has one piece of data, room for an address, and room for
/// control messages.
///
///   static struct mmsghdr msgs[32];
///   static struct iovec iov[32];
///   static struct sockaddr_storage names[32];
///   static char data[32][1500], control[32][64];
///   rc = sockets_mmsg_prepare(msgs, 32, iov, data, 1500, names, control, 64);
///
/// The pieces and the control messages lie one behind the other. The memory is not touched, only msgs and iov are.
///
/// @param msgs          receives the messages
/// @param count         how many
/// @param iov           receives their pieces: as many
/// @param data          the memory for data: count times data_each bytes; may be NULL if there are none
/// @param data_each     how many bytes of data each has room for
/// @param names         room for the addresses: as many; or NULL
/// @param control       the memory for control messages: count times control_each bytes; may be NULL if there are none
/// @param control_each  how many bytes of control messages each has room for; best a multiple of sizeof(size_t)
/// @return 0, or
///   -EINVAL  more than memory has
///   -EFAULT  a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_mmsg_prepare(
    msgs: *mut mmsghdr,
    count: c_uint,
    iov: *mut iovec,
    data: *mut c_void,
    data_each: size_t,
    names: *mut sockaddr_storage,
    control: *mut c_void,
    control_each: size_t,
) -> c_int {
    let count = count as usize;
    if [size_of::<mmsghdr>(), size_of::<sockaddr_storage>(), data_each, control_each]
        .iter()
        .any(|each| count.checked_mul(*each).is_none_or(|all| all > SSIZE_MAX))
        || control_each > c_int::MAX as usize
    {
        return fail(Errno::EINVAL);
    }
    let is_missing = |ptr: *mut c_void, each: usize| ptr.is_null() && each > 0;
    if count > 0
        && (msgs.is_null()
            || iov.is_null()
            || is_missing(data, data_each)
            || is_missing(control, control_each))
    {
        return fail(Errno::EFAULT);
    }
    for at in 0..count {
        let mut piece =
            iovec { iov_base: data.cast::<u8>().wrapping_add(at * data_each).cast(), iov_len: data_each };
        if data.is_null() {
            piece.iov_base = data;
        }
        let place = iov.wrapping_add(at);
        // SAFETY: `iov` has room for `count`, and `at` is below.
        unsafe { place.write_unaligned(piece) };
        // SAFETY: pointers and integers: all 0 is a valid value.
        let mut msg: mmsghdr = unsafe { MaybeUninit::zeroed().assume_init() };
        msg.msg_hdr.msg_iov = place;
        msg.msg_hdr.msg_iovlen = 1;
        if !names.is_null() {
            msg.msg_hdr.msg_name = names.wrapping_add(at).cast();
        }
        if control_each > 0 {
            msg.msg_hdr.msg_control = control.cast::<u8>().wrapping_add(at * control_each).cast();
        }
        restore(&mut msg, control_each);
        // SAFETY: `msgs` has room for `count`, and `at` is below.
        unsafe { msgs.wrapping_add(at).write_unaligned(msg) };
    }
    0
}

/// Makes messages ready to receive once more.
///
/// The kernel leaves in msg_namelen and msg_controllen what it has used, and takes them for the room the next time: what is
/// longer would be cut then. To be called before each sockets_recvmmsg() but the first, for as many messages as the last one
/// has filled. Descriptors in them are not closed: sockets_cmsg_close_fds().
///
/// @param msgs          the messages, as sockets_mmsg_prepare() made them
/// @param count         how many
/// @param control_each  as it was given there
/// @return 0, or
///   -EINVAL  more than memory has
///   -EFAULT  a NULL pointer
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_mmsg_restore(
    msgs: *mut mmsghdr,
    count: c_uint,
    control_each: size_t,
) -> c_int {
    let count = count as usize;
    if count.checked_mul(size_of::<mmsghdr>()).is_none_or(|all| all > SSIZE_MAX)
        || control_each > c_int::MAX as usize
    {
        return fail(Errno::EINVAL);
    }
    if msgs.is_null() && count > 0 {
        return fail(Errno::EFAULT);
    }
    for at in 0..count {
        let place = msgs.wrapping_add(at);
        // SAFETY: there are `count`, and `at` is below; whether they are aligned nobody has said.
        let mut msg = unsafe { place.read_unaligned() };
        restore(&mut msg, control_each);
        // SAFETY: the same.
        unsafe { place.write_unaligned(msg) };
    }
    0
}

/// sendmmsg(2) until all messages are sent. For datagrams: of what goes into a stream a part may be taken.
///
/// -EINTR does not end it.
///
/// @param fd     the socket
/// @param msgs   the messages; receives in msg_len how many bytes of each were taken
/// @param count  how many; 0 makes no call
/// @param flags  as for sockets_send()
/// @param done   receives how many were sent, also after an error: the next one is that which failed; NULL, or valid: it
///               is written by the library, not by the kernel
/// @return 0, or
///   -EAGAIN  non-blocking: wait for POLLOUT, then go on behind *done
///   and the errors of sockets_sendmsg()
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_sendmmsg_all(
    fd: c_int,
    msgs: *mut mmsghdr,
    count: c_uint,
    flags: c_int,
    done: *mut c_uint,
) -> c_int {
    // SAFETY: the caller may use `fd`, or it is not open.
    let fd = unsafe { Fd::from_raw(fd) };
    let mut sent: c_uint = 0;
    let result = loop {
        if sent >= count {
            break Ok(());
        }
        let rest = msgs.wrapping_add(sent as usize);
        // SAFETY: the kernel validates `rest`; the caller lets it read what is there, and write the lengths.
        match unsafe { sys::sendmmsg_raw(fd, rest, count - sent, flags) } {
            // Would go on for ever; nothing is known to do this.
            Ok(0) => break Err(RawErrno::from_raw(c::EIO)),
            Ok(n) => sent = sent.saturating_add(n.unsigned_abs()),
            Err(error) if error.raw() == c::EINTR => {}
            Err(error) => break Err(error),
        }
    };
    if !done.is_null() {
        // SAFETY: not NULL, so it may be written; whether it is aligned nobody has said.
        unsafe { done.write_unaligned(sent) };
    }
    match result {
        Ok(()) => 0,
        Err(error) => fail(error),
    }
}

/// The longest that a piece of memory can be.
const SSIZE_MAX: usize = isize::MAX as usize;

/// As it is before a receive.
#[inline]
fn restore(msg: &mut mmsghdr, control_each: usize) {
    let header = &mut msg.msg_hdr;
    header.msg_namelen =
        if header.msg_name.is_null() { 0 } else { size_of::<sockaddr_storage>() as socklen_t };
    header.msg_controllen = if header.msg_control.is_null() { 0 } else { control_each } as _;
    header.msg_flags = 0;
    msg.msg_len = 0;
}
