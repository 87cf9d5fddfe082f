//! sendmsg(2) and recvmsg(2): data, address and control messages in one call.

use core::ffi::c_int;

use super::buffer::counts_unwritten;
use super::c;
use super::call::getsockopt;
use super::control::Control;
use super::data::{RecvData, SendData, no_piece};
use super::errno::{RawErrno, Result, check_size, last, restore};
use super::fd::Fd;
use super::input::{InAddr, InBuf};
use super::msghdr::MsgHdr;
use super::optname::OptName;
use super::sockaddr::{NewAddr, STORAGE_SIZE, Storage};
use super::value::{NewValue, ValueResult};

/// The calls that pthread_cancel(3) may unwind from: see [`call`](super::call).
pub(super) mod cancellable {
    use super::*;

    unsafe extern "C-unwind" {
        pub(in crate::sys) fn sendmsg(fd: c_int, message: *const c::msghdr, flags: c_int) -> isize;
        pub(in crate::sys) fn recvmsg(fd: c_int, message: *mut c::msghdr, flags: c_int) -> isize;
    }
}

/// sendmsg(2), without SIGPIPE.
#[inline]
pub fn sendmsg(
    fd: Fd<'_>,
    data: impl SendData,
    to: InAddr<'_>,
    control: InBuf<'_>,
    flags: c_int,
) -> Result<usize> {
    let mut one = no_piece();
    let (pieces, count) = data.pieces(&mut one);
    let mut message = MsgHdr::to(to, pieces, count);
    message.control = control.ptr.cast_mut();
    message.controllen = control.len;
    let flags = flags | c::MSG_NOSIGNAL;
    // SAFETY: the kernel only reads what `message` points to: pieces, address and control messages, each readable for
    // its length, or vouched for by its maker.
    check_size(unsafe { cancellable::sendmsg(fd.raw(), (&raw const message).cast(), flags) })
}

/// sendmsg(2) with the structure that a C caller gave, without SIGPIPE.
///
/// # Safety
///
/// Whatever the kernel can read at `message`, and at what that points to, is the caller's to send. (Where nothing is
/// mapped the kernel answers EFAULT.)
#[inline]
pub unsafe fn sendmsg_raw(fd: Fd<'_>, message: *const c::msghdr, flags: c_int) -> Result<usize> {
    // SAFETY: the caller's word, passed on.
    check_size(unsafe { cancellable::sendmsg(fd.raw(), message, flags | c::MSG_NOSIGNAL) })
}

/// What recvmsg(2) gives.
#[derive(Debug)]
pub struct Received<'c, D> {
    /// What the caller gets of the room for data.
    pub data: D,
    /// How many bytes there was room for.
    pub room: usize,
    /// What the call returned.
    pub n: usize,
    /// `msg_flags`.
    pub flags: c_int,
    /// `msg_name`.
    pub addr: Storage,
    /// `msg_control`.
    pub control: Control<'c>,
}

/// recvmsg(2), descriptors close-on-exec.
#[inline]
pub fn recvmsg<'c, B: RecvData>(
    fd: Fd<'_>,
    mut data: B,
    control: &'c mut [u8],
    flags: c_int,
) -> Result<Received<'c, B::Output>> {
    data.prepare(counts_unwritten(flags));
    let mut one = no_piece();
    let room = data.room();
    let (pieces, count) = data.pieces(&mut one);
    let mut addr = NewAddr::new();
    let (name, _) = addr.parts();
    let mut message = MsgHdr::new(name, STORAGE_SIZE as u32, pieces, count);
    message.control = control.as_mut_ptr().cast();
    message.controllen = control.len();
    let ptr = (&raw mut message).cast();
    // Without room no descriptor comes, and packet sockets need not be asked twice.
    let cloexec = if control.is_empty() { 0 } else { c::MSG_CMSG_CLOEXEC };
    // SAFETY: `message` points to the pieces, to room for an address, and to `control`, each writable for its length.
    let n = unsafe { cancellable::recvmsg(fd.raw(), ptr, flags | cloexec) };
    // SAFETY: as before.
    let n = if n < 0 { unsafe { refused(&(fd, ptr, flags)) }? } else { n as usize };
    addr.set_len(message.namelen);
    let used = message.controllen.min(control.len());
    Ok(Received {
        // SAFETY: the call has returned `n`; where that counts unwritten bytes, `prepare` wrote them.
        data: unsafe { data.finish(n) },
        room,
        n,
        flags: message.flags,
        // SAFETY: the call has succeeded, and its length of the name has been noted.
        addr: unsafe { addr.finish() },
        // SAFETY: the kernel has just written these messages, so what descriptors are in them nobody owns.
        control: unsafe { Control::new(control.get_mut(..used).unwrap_or_default()) },
    })
}

/// recvmsg(2) with the structure that a C caller gave, descriptors close-on-exec.
///
/// # Safety
///
/// Where memory is mapped at `message`, and at what that points to, for the lengths that it says, it is the caller's
/// to have overwritten. (Where none is, the kernel answers EFAULT.)
#[inline]
pub unsafe fn recvmsg_raw(fd: Fd<'_>, message: *mut c::msghdr, flags: c_int) -> Result<usize> {
    // In memory, for the failure, so that they need no registers that would have to be saved for the success.
    let mut arguments = (fd, message, flags);
    core::hint::black_box(&mut arguments);
    // SAFETY: the caller's word, passed on.
    let n = unsafe { cancellable::recvmsg(fd.raw(), message, flags | c::MSG_CMSG_CLOEXEC) };
    if n < 0 {
        // SAFETY: the caller's word, passed on.
        return unsafe { refused(&arguments) };
    }
    Ok(n as usize)
}

/// The call without MSG_CMSG_CLOEXEC, if that was what was wrong with it.
///
/// # Safety
///
/// As for [`recvmsg_raw`], which has just failed.
#[cold]
#[inline(never)]
unsafe fn refused(&(fd, message, flags): &(Fd<'_>, *mut c::msghdr, c_int)) -> Result<usize> {
    let error = last();
    if !refuses_cloexec(fd, error) {
        return Err(error);
    }
    // SAFETY: the caller's word, passed on.
    check_size(unsafe { cancellable::recvmsg(fd.raw(), message, flags) })
}

/// Packet sockets refuse MSG_CMSG_CLOEXEC: EINVAL. No descriptor can come from them, so they are asked without it. Nobody
/// else is: on another socket the second call could find what was not there at the first.
#[cold]
pub(super) fn refuses_cloexec(fd: Fd<'_>, error: RawErrno) -> bool {
    const SO_DOMAIN: OptName = OptName::new(c::SOL_SOCKET, c::SO_DOMAIN);
    if error != RawErrno::EINVAL {
        return false;
    }
    let domain = getsockopt(fd, SO_DOMAIN, NewValue::<c_int>::new());
    // The error is the first call's, whatever became of the question.
    restore(error);
    domain.is_ok_and(|(domain, _)| domain == c::AF_PACKET)
}
