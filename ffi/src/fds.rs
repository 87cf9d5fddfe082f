//! Descriptors to another process: SCM_RIGHTS, SCM_CREDENTIALS, SCM_PIDFD

use std::mem::{MaybeUninit, size_of};
use std::ptr::write_bytes;
use std::slice;

use libc::{c_int, c_void, gid_t, iovec, msghdr, size_t, ssize_t, ucred, uid_t};
use sockets::Errno;
use sockets::sys::{self, Closing, Fd, Pod, RawErrno, c, cmsg_data};

use crate::cmsg::{control, control_len, push};
use crate::ret::{self, fail, without_cancellation};

/// sendmsg(2) with SCM_RIGHTS: sends descriptors, and data with them, over an AF_UNIX socket.
///
/// The receiver gets duplicates; the caller keeps its own, and may close them at once. Of a stream the descriptors come
/// with the first byte. A call without data on a stream is refused, because there the kernel would drop the descriptors and
/// report success; only for that case getsockopt(2) SO_TYPE is called first. A socket of another family drops them, too,
/// and that is not looked at. MSG_NOSIGNAL is always set.
///
/// @param fd     the socket
/// @param buf    the bytes
/// @param len    how many
/// @param flags  as for sockets_send()
/// @param fds    the descriptors; may be NULL if nfds is 0
/// @param nfds   how many, 253 at most
/// @return the number of bytes that the kernel took (if it is not negative, all descriptors are sent), or
///   -EINVAL        more than 253 descriptors, or descriptors without data on a stream
///   -EBADF         fd or one of fds is not open
///   -ETOOMANYREFS  more descriptors under way than may be open (RLIMIT_NOFILE)
///   -EPERM         the receiver takes none (SO_PASSRIGHTS)
///   -EFAULT        a NULL pointer
///   and the errors of sockets_send()
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_send_fds(
    fd: c_int,
    buf: *const c_void,
    len: size_t,
    flags: c_int,
    fds: *const c_int,
    nfds: size_t,
) -> ssize_t {
    if nfds > c::SCM_MAX_FD {
        return fail(Errno::EINVAL) as ssize_t;
    }
    // SAFETY: the caller may use `fd`, or it is not open.
    let fd = unsafe { Fd::from_raw(fd) };
    if len == 0 && nfds > 0 {
        match sys::compound::socket_type(fd) {
            Ok(c::SOCK_STREAM) => return fail(Errno::EINVAL) as ssize_t,
            Ok(_) => {}
            Err(error) => return -(error.raw() as ssize_t),
        }
    }
    let mut room = MaybeUninit::<[usize; SPACE / size_of::<usize>()]>::uninit();
    let mut data = iovec { iov_base: buf.cast_mut(), iov_len: len };
    let mut msg = message(&mut data);
    if nfds > 0 {
        msg.msg_control = room.as_mut_ptr().cast();
        // SAFETY: `msg` and `room` are here, and the caller says that `fds` is NULL or has as many numbers.
        let pushed = unsafe { push(&mut msg, SPACE, c::SOL_SOCKET, c::SCM_RIGHTS, fds.cast(), nfds * FD) };
        if let Err(error) = pushed {
            return fail(error) as ssize_t;
        }
    }
    // SAFETY: the kernel validates what `data` says; the caller lets it read what is there.
    ret::size(unsafe { sys::sendmsg_raw(fd, &msg, flags) })
}

/// recvmsg(2) with SCM_RIGHTS: receives descriptors, and data with them.
///
/// They are close-on-exec, and the caller's to close. What the kernel installs and fds has no room for is closed, and the
/// descriptor of SO_PASSPIDFD too. With MSG_PEEK they are duplicates, which come again. If the thread is cancelled while it
/// waits, nothing was received.
///
/// Who has sent the message, the kernel says if SO_PASSCRED is set, and vouches for it. On a connection the option must be set
/// before the message is sent.
///
/// @param fd         the socket
/// @param buf        receives the bytes
/// @param len        the room there
/// @param flags      as for sockets_recv()
/// @param fds        receives the descriptors; may be NULL if *nfds is 0
/// @param nfds       in: the room at fds; out: how many came, never more than that. Untouched on failure
/// @param sender     receives who has sent them (SCM_CREDENTIALS); where nobody says, pid 0, uid and gid -1. Untouched on
///                   failure; or NULL
/// @param msg_flags  receives msg_flags: MSG_TRUNC, MSG_EOR, ...; MSG_CTRUNC if descriptors were lost, for want of room or
///                   because too many are open (RLIMIT_NOFILE). Untouched on failure; or NULL
/// @return the number of bytes, as for sockets_recv(), or
///   -EINVAL  *nfds is more than memory has
///   -EFAULT  a NULL pointer
///   and the errors of sockets_recv()
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_recv_fds(
    fd: c_int,
    buf: *mut c_void,
    len: size_t,
    flags: c_int,
    fds: *mut c_int,
    nfds: *mut size_t,
    sender: *mut ucred,
    msg_flags: *mut c_int,
) -> ssize_t {
    if nfds.is_null() {
        return fail(Errno::EFAULT) as ssize_t;
    }
    // SAFETY: not NULL, so it may be read; whether it is aligned nobody has said.
    let wanted = unsafe { nfds.read_unaligned() };
    if wanted > MOST {
        return fail(Errno::EINVAL) as ssize_t;
    }
    if fds.is_null() && wanted > 0 {
        return fail(Errno::EFAULT) as ssize_t;
    }
    let mut room = Room::<{ SPACE + MORE }>::new();
    let mut data = iovec { iov_base: buf, iov_len: len };
    let mut msg = message(&mut data);
    room.lend(&mut msg, MORE + sockets::cmsg::space(wanted.min(c::SCM_MAX_FD) * FD));
    // SAFETY: the caller may use `fd`, or it is not open.
    let fd = unsafe { Fd::from_raw(fd) };
    // SAFETY: the kernel validates what `data` says, where the caller lets it write; the rest is here.
    let n = match unsafe { sys::recvmsg_raw(fd, &mut msg, flags) } {
        Ok(n) => n as ssize_t,
        Err(error) => return -(error.raw() as ssize_t),
    };
    if !sender.is_null() {
        let told = cmsg_data(room.used(&msg), c::SOL_SOCKET, c::SCM_CREDENTIALS).and_then(ucred::from_bytes);
        // SAFETY: not NULL, so it may be written; whether it is aligned nobody has said.
        unsafe { sender.write_unaligned(told.unwrap_or(NOBODY)) };
    }
    let (mut taken, mut msg_ctrunc) = (0, 0);
    sys::take_fds(room.used(&msg), |is_pidfd, number| {
        if is_pidfd {
            close_number(number);
        } else if taken < wanted {
            // SAFETY: the caller says that there is room for as many; whether it is aligned nobody has said.
            unsafe { fds.wrapping_add(taken).write_unaligned(number) };
            taken += 1;
        } else {
            msg_ctrunc = c::MSG_CTRUNC;
            close_number(number);
        }
        true
    });
    // SAFETY: not NULL, so it may be written.
    unsafe { nfds.write_unaligned(taken) };
    if !msg_flags.is_null() {
        // SAFETY: not NULL, so it may be written; whether it is aligned nobody has said.
        unsafe { msg_flags.write_unaligned(msg.msg_flags | msg_ctrunc) };
    }
    n
}

/// Takes the descriptors of SCM_RIGHTS out of a message that was received: -1 stands in their place then.
///
/// @param msg    the message
/// @param fds    receives them, in their order; must not overlap with the message
/// @param count  the room there; those that have none stay where they are, and can be taken later
/// @return how many were taken, 0 if there are none, or
///   -EINVAL  count is more than memory has, or msg_controllen more than SSIZE_MAX
///   -EFAULT  a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_cmsg_take_fds(msg: *const msghdr, fds: *mut c_int, count: size_t) -> c_int {
    if count > MOST {
        return fail(Errno::EINVAL);
    }
    if fds.is_null() && count > 0 {
        return fail(Errno::EFAULT);
    }
    // SAFETY: the caller says that `msg` is NULL or valid, and its control messages as long, and the caller's to write.
    let bytes = match unsafe { bytes(msg) } {
        Ok(bytes) => bytes,
        Err(error) => return fail(error),
    };
    let count = count.min(c_int::MAX as size_t);
    let mut taken = 0;
    sys::take_fds(bytes, |is_pidfd, number| {
        if is_pidfd || taken >= count {
            return false;
        }
        // SAFETY: there is room for more than `taken`, says the caller; whether it is aligned nobody has said.
        unsafe { fds.wrapping_add(taken).write_unaligned(number) };
        taken += 1;
        true
    });
    taken as c_int
}

/// Takes the descriptor of the sending process (SCM_PIDFD), which SO_PASSPIDFD asks for, out of a message that was
/// received: -1 stands in its place then.
///
/// @param msg  the message
/// @return the descriptor, or
///   -ENOENT  there is none
///   -ESRCH, -EINVAL  the process has ended, and the kernel could make no descriptor
///   -EMFILE, -ENFILE  no descriptor left
///   -EINVAL  msg_controllen is more than SSIZE_MAX
///   -EFAULT  a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_cmsg_take_pidfd(msg: *const msghdr) -> c_int {
    // SAFETY: the caller says that `msg` is NULL or valid, and its control messages as long, and the caller's to write.
    match unsafe { bytes(msg) }.map(sys::take_pidfd) {
        Ok(Some(number)) if number >= 0 => number,
        Ok(Some(number)) => fail(RawErrno::from_raw(number.saturating_neg())),
        Ok(None) => fail(Errno::ENOENT),
        Err(error) => fail(error),
    }
}

/// Closes the descriptors (SCM_RIGHTS, SCM_PIDFD) that nobody has taken out of a message that was received: -1 stands in
/// their place then. Not a cancellation point.
///
/// To be called after each recvmsg() of an AF_UNIX socket that has succeeded, also where no descriptors are expected: the peer
/// decides what comes. (Before that, the memory holds anything.) Without room for control messages none come.
///
/// @param msg  the message, or NULL
/// @return how many were closed, or
///   -EINVAL  msg_controllen is more than SSIZE_MAX
///   -EFAULT  msg_control is NULL, and msg_controllen is not 0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_cmsg_close_fds(msg: *const msghdr) -> c_int {
    if msg.is_null() {
        return 0;
    }
    // SAFETY: not NULL, so the caller says that it is valid, and its control messages as long, and the caller's to write.
    match unsafe { bytes(msg) } {
        Ok(bytes) => close_all(bytes),
        Err(error) => fail(error),
    }
}

/// What the kernel says of a socket without a peer.
const NOBODY: ucred = ucred { pid: 0, uid: uid_t::MAX, gid: gid_t::MAX };

/// Bytes of a descriptor.
const FD: usize = size_of::<c_int>();
/// The most descriptors that memory has room for.
const MOST: usize = isize::MAX as usize / FD;
/// Room for all the descriptors that there can be in a message.
const SPACE: usize = sockets::cmsg::space(c::SCM_MAX_FD * FD);
/// Room for what may come besides: credentials, a label, the time, the process.
const MORE: usize = 256;

/// A message with this data.
pub(crate) fn message(data: &mut iovec) -> msghdr {
    // SAFETY: pointers and integers: all 0 is a valid value.
    let mut msg: msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    msg.msg_iov = data;
    msg.msg_iovlen = 1;
    msg
}

/// The control messages of a message that was received.
///
/// # Safety
///
/// `msg` is NULL or valid, and nobody else uses its control messages for as long as the result lives.
#[inline]
unsafe fn bytes<'a>(msg: *const msghdr) -> Result<&'a mut [u8], Errno> {
    // SAFETY: the caller's word, passed on.
    let (ptr, len) = unsafe { control(msg) }?;
    // SAFETY: not NULL, not too long, and nobody else's for so long, as the caller says.
    Ok(unsafe { slice::from_raw_parts_mut(ptr, len) })
}

/// Room for control messages, of which only so much is cleared as is lent.
#[repr(C)]
pub(crate) struct Room<const N: usize> {
    align: [usize; 0],
    bytes: [MaybeUninit<u8>; N],
    lent: usize,
}

impl<const N: usize> Room<N> {
    #[inline]
    pub(crate) fn new() -> Self {
        Room { align: [], bytes: [const { MaybeUninit::uninit() }; N], lent: 0 }
    }

    /// Gives a message so much room, or all that there is.
    #[inline]
    pub(crate) fn lend(&mut self, msg: &mut msghdr, room: usize) {
        self.lent = room.min(N);
        let start = self.bytes.as_mut_ptr().cast::<u8>();
        // SAFETY: there are as many bytes.
        unsafe { write_bytes(start, 0, self.lent) };
        msg.msg_control = start.cast();
        msg.msg_controllen = self.lent as _;
    }

    /// What the kernel has used of it for this message.
    #[inline]
    pub(crate) fn used(&mut self, msg: &msghdr) -> &mut [u8] {
        let used = control_len(msg).min(self.lent);
        // SAFETY: `lend` has cleared as many bytes, and what was written since are bytes.
        unsafe { slice::from_raw_parts_mut(self.bytes.as_mut_ptr().cast(), used) }
    }
}

/// Closes the descriptors that are in control messages; returns how many.
#[inline]
pub(crate) fn close_all(bytes: &mut [u8]) -> c_int {
    let mut closed: c_int = 0;
    sys::take_fds(bytes, |_, number| {
        close_number(number);
        closed = closed.wrapping_add(1);
        true
    });
    closed
}

#[cold]
fn close_number(number: c_int) {
    without_cancellation(|| {
        // SAFETY: the caller owns what came in its message, and the number is there no more.
        ret::unit(sys::close(unsafe { Closing::from_raw(number) }))
    });
}
