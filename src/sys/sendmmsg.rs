//! sendmmsg(2): many messages in one call, from headers that are kept.

use core::ffi::{c_int, c_uint};
use core::marker::PhantomData;
use core::ptr::null_mut;
use std::io::IoSlice;
use std::os::fd::BorrowedFd;

use nix::errno::Errno;

use super::array::Array;
use super::cmsg::cmsg_data;
use super::data::no_piece;
use super::errno::{Result, check, check_size};
use super::fd::Fd;
use super::input::{InAddr, InBuf};
use super::message::cancellable as single;
use super::msghdr::{MMsgHdr, MsgHdr};
use super::sockaddr::Storage;
use super::{c, call};
use crate::cmsg::walk::align;

/// The calls that pthread_cancel(3) may unwind from: see [`call`].
mod cancellable {
    use super::*;

    unsafe extern "C-unwind" {
        pub(super) fn sendmmsg(fd: c_int, messages: *mut c::mmsghdr, count: c_uint, flags: c_int) -> c_int;
    }
}

/// sendmmsg(2) with the structures that a C caller gave, without SIGPIPE.
///
/// # Safety
///
/// Whatever the kernel can read at `messages`, and at what those point to, is the caller's to send; and their lengths are the
/// caller's to have overwritten. (Where nothing is mapped the kernel answers EFAULT.)
#[inline]
pub unsafe fn sendmmsg_raw(
    fd: Fd<'_>,
    messages: *mut c::mmsghdr,
    count: c_uint,
    flags: c_int,
) -> Result<c_int> {
    // SAFETY: the caller's word, passed on.
    check(unsafe { cancellable::sendmmsg(fd.raw(), messages, count, flags | c::MSG_NOSIGNAL) })
}

/// Many messages to send. Their data, and the descriptors in their control messages, are borrowed for `'a`; their addresses and
/// control messages are copies.
#[derive(Debug)]
pub struct SendSlots<'a> {
    headers: Array<MMsgHdr>,
    pieces: Array<c::iovec>,
    names: Array<Storage>,
    control: Array<u8>,
    slots: usize,
    /// Bytes of control messages that a slot has room for.
    room: usize,
    /// How many slots have a message, and how many of these are sent.
    used: usize,
    sent: usize,
    borrowed: PhantomData<(&'a [u8], BorrowedFd<'a>)>,
}

// SAFETY: the pointers in it are to its own arrays, and to bytes that are borrowed as shared ones.
unsafe impl Send for SendSlots<'_> {}
// SAFETY: nothing is changed through a shared reference.
unsafe impl Sync for SendSlots<'_> {}

impl<'a> SendSlots<'a> {
    /// So many slots, each with room for so many bytes of control messages. EINVAL for none, ENOMEM for too many.
    pub fn new(slots: usize, room: usize) -> Result<Self> {
        // The kernel counts them by an `unsigned int`.
        if slots == 0 || c_uint::try_from(slots).is_err() {
            return Err(Errno::EINVAL.into());
        }
        let room = align(room.min(isize::MAX as usize - size_of::<usize>()));
        Ok(SendSlots {
            headers: Array::new(MMsgHdr::NONE, slots)?,
            pieces: Array::new(no_piece(), slots)?,
            names: Array::new(Storage::empty(), slots)?,
            control: Array::new(0, slots.checked_mul(room).ok_or(Errno::ENOMEM)?)?,
            slots,
            room,
            used: 0,
            sent: 0,
            borrowed: PhantomData,
        })
    }

    /// How many slots there are.
    #[inline]
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// How many messages there are.
    #[inline]
    pub fn used(&self) -> usize {
        self.used
    }

    /// How many of them are sent, or passed over.
    #[inline]
    pub fn sent(&self) -> usize {
        self.sent
    }

    /// Begins again with the message of an index, or ends if there is none.
    #[inline]
    pub fn go_to(&mut self, index: usize) {
        self.sent = index.min(self.used);
    }

    /// How many bytes of the message of an index were sent, if it was.
    #[inline]
    pub fn sent_len(&self, index: usize) -> Option<usize> {
        // SAFETY: there is a header of this index.
        (index < self.sent).then(|| unsafe { (*self.headers.at(index)).len } as usize)
    }

    /// The same memory without a message, for other loans.
    #[inline]
    pub fn recycle<'b>(self) -> SendSlots<'b> {
        let SendSlots { headers, pieces, names, control, slots, room, .. } = self;
        SendSlots { headers, pieces, names, control, slots, room, used: 0, sent: 0, borrowed: PhantomData }
    }

    /// Forgets all messages.
    #[inline]
    pub fn clear(&mut self) {
        (self.used, self.sent) = (0, 0);
    }

    /// Adds a message of one piece, if there is a slot for it.
    #[inline]
    pub fn push(&mut self, data: &'a [u8]) -> Result<()> {
        let slot = self.next_slot()?;
        let piece = self.pieces.at(slot);
        // SAFETY: there is a piece of this index.
        unsafe { piece.write(c::iovec { iov_base: data.as_ptr().cast_mut().cast(), iov_len: data.len() }) };
        self.set(slot, piece, 1);
        Ok(())
    }

    /// Adds a message of several pieces, each of which is a `struct iovec`, as std promises.
    #[inline]
    pub fn push_pieces(&mut self, pieces: &'a [IoSlice<'a>]) -> Result<()> {
        let slot = self.next_slot()?;
        self.set(slot, pieces.as_ptr().cast_mut().cast(), pieces.len());
        Ok(())
    }

    #[inline]
    fn next_slot(&self) -> Result<usize> {
        if self.used < self.slots { Ok(self.used) } else { Err(Errno::ENOBUFS.into()) }
    }

    #[inline]
    fn set(&mut self, slot: usize, pieces: *mut c::iovec, count: usize) {
        let hdr = MsgHdr::new(null_mut(), 0, pieces, count);
        // SAFETY: there is a header of this index.
        unsafe { self.headers.at(slot).write(MMsgHdr { hdr, len: 0 }) };
        self.used = slot + 1;
    }

    /// How many of the messages that are not sent yet come before the first one that is nothing but descriptors.
    #[cold]
    pub fn before_bare_descriptors(&self) -> usize {
        let is_bare = |slot: usize| {
            // SAFETY: there is a header of this index.
            let hdr = unsafe { (*self.headers.at(slot)).hdr };
            let piece = |at| hdr.iov.wrapping_add(at);
            // SAFETY: there are as many pieces, borrowed with the slots, or the slots' own.
            let is_empty = || (0..hdr.iovlen).all(|at| unsafe { (*piece(at)).iov_len } == 0);
            let start = self.control.at(slot * self.room);
            // SAFETY: each slot has `room` bytes there, all initialised, no less than are in use, and nobody writes to them now.
            let control = unsafe { core::slice::from_raw_parts(start, hdr.controllen) };
            cmsg_data(control, c::SOL_SOCKET, c::SCM_RIGHTS).is_some() && is_empty()
        };
        let left = self.sent..self.used;
        left.clone().position(is_bare).unwrap_or(left.len())
    }

    /// Takes the last message away.
    #[inline]
    pub fn pop(&mut self) {
        self.used = self.used.saturating_sub(1);
        self.sent = self.sent.min(self.used);
    }

    /// The header of the last message.
    #[inline]
    fn last(&mut self) -> Option<(usize, &mut MsgHdr)> {
        let slot = self.used.checked_sub(1)?;
        // SAFETY: there is a header of this index, and `self` is borrowed.
        Some((slot, unsafe { &mut (*self.headers.at(slot)).hdr }))
    }

    /// Where the last message is to go.
    #[inline]
    pub fn set_addr(&mut self, addr: &Storage) {
        let names = self.names.at(0);
        if let Some((slot, hdr)) = self.last() {
            let name = names.wrapping_add(slot);
            // SAFETY: there is a name of this index, and `self` is borrowed.
            unsafe { name.write(*addr) };
            (hdr.name, hdr.namelen) = (name.cast(), addr.len());
        }
    }

    /// `msg_flags` of the last message.
    #[inline]
    pub fn set_flags(&mut self, flags: c_int) {
        if let Some((_, hdr)) = self.last() {
            hdr.flags = flags;
        }
    }

    /// The room for control messages of the last message, and how many bytes of it are in use.
    #[inline]
    pub fn control(&mut self) -> (&mut [u8], usize) {
        let (start, room) = (self.control.at(0), self.room);
        let Some((slot, hdr)) = self.last() else { return (&mut [], 0) };
        let start = start.wrapping_add(slot * room);
        // SAFETY: each slot has as many bytes there, all initialised, and `self` is borrowed.
        (unsafe { core::slice::from_raw_parts_mut(start, room) }, hdr.controllen)
    }

    /// How many bytes of that room are in use now.
    #[inline]
    pub fn set_control(&mut self, used: usize) {
        let (start, room) = (self.control.at(0), self.room);
        if let Some((slot, hdr)) = self.last() {
            hdr.control = start.wrapping_add(slot * room).cast();
            hdr.controllen = used.min(room);
        }
    }
}

/// sendmmsg(2) from slots, without SIGPIPE: how many messages of those that are not sent yet went, of which it takes no more than
/// `most`. A single one takes the call for one message; if there is none, there is no call.
#[inline(never)]
pub fn sendmmsg(fd: Fd<'_>, slots: &mut SendSlots<'_>, most: usize, flags: c_int) -> Result<usize> {
    let flags = flags | c::MSG_NOSIGNAL;
    let left = (slots.used - slots.sent).min(most);
    if left <= 1 {
        return if left == 0 { Ok(0) } else { send_one(fd, slots, flags) };
    }
    let (headers, count) =
        (slots.headers.at(slots.sent).cast(), c_uint::try_from(left).unwrap_or(c_uint::MAX));
    // SAFETY: there are as many headers, and what they point to is borrowed with the slots.
    let n = check(unsafe { cancellable::sendmmsg(fd.raw(), headers, count, flags) })?;
    // As many at the most, whatever the kernel says.
    let n = (n as usize).min(left);
    slots.sent += n;
    Ok(n)
}

/// The cheapest call for one message.
#[inline(never)]
fn send_one(fd: Fd<'_>, slots: &mut SendSlots<'_>, flags: c_int) -> Result<usize> {
    // SAFETY: one is left, so there is a header of this index; and `slots` is borrowed.
    let header = unsafe { &mut *slots.headers.at(slots.sent) };
    let MsgHdr { name, namelen, iov, iovlen, controllen, .. } = header.hdr;
    let is_plain = controllen == 0 && header.hdr.flags == 0;
    let n = if is_plain && iovlen == 1 {
        // SAFETY: there is one piece, borrowed with the slots.
        let piece = unsafe { *iov };
        // SAFETY: as the piece says.
        let data = unsafe { InBuf::from_raw(piece.iov_base, piece.iov_len) };
        // SAFETY: the name is the slot's own, or there is none.
        let to = unsafe { InAddr::from_raw(name.cast(), namelen) };
        call::sendto(fd, data, flags, to)?
    } else {
        let flags = flags | (header.hdr.flags & c::MSG_EOR);
        // SAFETY: what the header points to is borrowed with the slots.
        check_size(unsafe { single::sendmsg(fd.raw(), (&raw const header.hdr).cast(), flags) })?
    };
    header.len = u32::try_from(n).unwrap_or(u32::MAX);
    slots.sent += 1;
    Ok(1)
}

#[cfg(test)]
mod tests;
