//! recvmmsg(2): many messages in one call, into memory that is kept.

use core::ffi::{c_int, c_uint, c_void};
use core::marker::PhantomData;
use core::ptr::null_mut;

use nix::errno::Errno;

use super::array::Array;
use super::call;
use super::control::{Control, close_all};
use super::data::no_piece;
use super::errno::{Result, check, check_size};
use super::fd::Fd;
use super::message::{Received, cancellable as single};
use super::msghdr::{MMsgHdr, MsgHdr};
use super::sockaddr::{STORAGE_SIZE, Storage};
use super::{OutBuf, RawOut, c};
use crate::cmsg::walk::align;

/// The calls that pthread_cancel(3) may unwind from: see [`call`].
mod cancellable {
    use super::*;

    unsafe extern "C-unwind" {
        pub(super) fn recvmmsg(
            fd: c_int,
            messages: *mut c::mmsghdr,
            count: c_uint,
            flags: c_int,
            timeout: *mut c::timespec,
        ) -> c_int;
    }
}

/// recvmmsg(2) with the structures that a C caller gave, descriptors close-on-exec.
///
/// # Safety
///
/// Where memory is mapped at `messages`, and at what those point to, and at `timeout`, for the lengths that they say, it is the
/// caller's to have overwritten. (Where none is, the kernel answers EFAULT.)
#[inline]
pub unsafe fn recvmmsg_raw(
    fd: Fd<'_>,
    messages: *mut c::mmsghdr,
    count: c_uint,
    flags: c_int,
    timeout: *mut c::timespec,
) -> Result<c_int> {
    let flags = flags | c::MSG_CMSG_CLOEXEC;
    // SAFETY: the caller's word, passed on.
    check(unsafe { cancellable::recvmmsg(fd.raw(), messages, count, flags, timeout) })
}

/// Room for many messages. It owns the descriptors that have come with them, until they are taken out, the next
/// messages come, or it is dropped.
#[derive(Debug)]
pub struct RecvSlots {
    headers: Array<MMsgHdr>,
    names: Array<Storage>,
    /// Only pointed to.
    _pieces: Array<c::iovec>,
    data: Array<u8>,
    control: Array<u8>,
    slots: usize,
    /// Bytes of data that a slot has room for.
    size: usize,
    /// Bytes of control messages that a slot has room for.
    room: usize,
    /// How many slots have a message.
    filled: usize,
}

// SAFETY: the pointers in it are to its own arrays, which nobody else has, and which no thread has a share in.
unsafe impl Send for RecvSlots {}
// SAFETY: nothing is changed through a shared reference.
unsafe impl Sync for RecvSlots {}

impl RecvSlots {
    /// So many slots, each with room for so many bytes of data and of control messages. EINVAL for none, ENOMEM for too
    /// many.
    pub fn new(slots: usize, size: usize, room: usize) -> Result<Self> {
        if slots == 0 {
            return Err(Errno::EINVAL.into());
        }
        let room = align(room.min(isize::MAX as usize - size_of::<usize>()));
        let bytes = |each: usize| slots.checked_mul(each).ok_or(Errno::ENOMEM);
        let data = Array::new(0, bytes(size)?)?;
        let control = Array::new(0, bytes(room)?)?;
        let names = Array::new(Storage::empty(), slots)?;
        let pieces = Array::new(no_piece(), slots)?;
        let headers = Array::new(MMsgHdr::NONE, slots)?;
        for slot in 0..slots {
            let piece = c::iovec { iov_base: data.at(slot * size).cast(), iov_len: size };
            // SAFETY: there is a piece of this index.
            unsafe { pieces.at(slot).write(piece) };
            let name = names.at(slot).cast::<c_void>();
            let mut hdr = MsgHdr::new(name, STORAGE_SIZE as u32, pieces.at(slot), 1);
            if room > 0 {
                (hdr.control, hdr.controllen) = (control.at(slot * room).cast(), room);
            }
            // SAFETY: there is a header of this index.
            unsafe { headers.at(slot).write(MMsgHdr { hdr, len: 0 }) };
        }
        Ok(RecvSlots { headers, names, _pieces: pieces, data, control, slots, size, room, filled: 0 })
    }

    /// How many slots there are.
    #[inline]
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// How many bytes of data a slot has room for.
    #[inline]
    pub fn size(&self) -> usize {
        self.size
    }

    /// How many bytes of control messages a slot has room for.
    #[inline]
    pub fn room(&self) -> usize {
        self.room
    }

    /// The messages that are there.
    #[inline]
    pub fn messages(&mut self) -> Slots<'_> {
        Slots { all: self, next: 0, end: self.filled, owner: PhantomData }
    }

    /// Makes the slots ready for the next messages: puts back what the kernel has overwritten.
    #[inline]
    fn clear(&mut self) {
        if self.room > 0 {
            self.clear_control();
        }
        for slot in 0..self.filled {
            // SAFETY: no more are filled than there are; and nobody looks at them now.
            unsafe { (*self.headers.at(slot)).hdr.namelen = STORAGE_SIZE as u32 };
        }
        self.filled = 0;
    }

    /// Closes the descriptors that nobody took, and gives the room for control messages back.
    fn clear_control(&mut self) {
        for slot in 0..self.filled {
            // SAFETY: no more are filled than there are; and nobody looks at them now.
            let controllen = unsafe { &mut (*self.headers.at(slot)).hdr.controllen };
            let used = core::mem::replace(controllen, self.room).min(self.room);
            let start = self.control.at(slot * self.room);
            // SAFETY: each slot has `room` bytes there, all initialised, and nobody looks at them now.
            close_all(unsafe { core::slice::from_raw_parts_mut(start, used) });
        }
    }
}

impl Drop for RecvSlots {
    fn drop(&mut self) {
        self.clear();
    }
}

/// recvmmsg(2) into slots, descriptors close-on-exec: how many messages came. One slot takes the call for one message.
#[inline]
pub fn recvmmsg(fd: Fd<'_>, slots: &mut RecvSlots, flags: c_int) -> Result<usize> {
    slots.clear();
    let flags = flags | c::MSG_CMSG_CLOEXEC;
    if slots.slots == 1 {
        recv_one(fd, slots, flags)?;
        slots.filled = 1;
        return Ok(1);
    }
    let (headers, count) = (slots.headers.at(0).cast(), c_uint::try_from(slots.slots).unwrap_or(c_uint::MAX));
    // SAFETY: there are as many headers, and each points to memory of its own slot.
    let n = check(unsafe { cancellable::recvmmsg(fd.raw(), headers, count, flags, null_mut()) })?;
    // As many at the most, whatever the kernel says.
    slots.filled = (n as usize).min(slots.slots);
    Ok(slots.filled)
}

/// The cheapest call that tells what is asked. recvfrom(2) does not tell what was cut off, unless it is asked for the true
/// length.
fn recv_one(fd: Fd<'_>, slots: &mut RecvSlots, flags: c_int) -> Result<()> {
    // SAFETY: there is one; and nobody else looks at it.
    let header = unsafe { &mut *slots.headers.at(0) };
    let n = if slots.room == 0 && flags & c::MSG_TRUNC != 0 {
        // SAFETY: there is room for as much in the slot.
        let data = unsafe { OutBuf::from_raw(slots.data.at(0).cast(), slots.size) };
        // SAFETY: as much room as `namelen` says is in the slot.
        let name = unsafe { RawOut::from_raw(slots.names.at(0).cast(), &raw mut header.hdr.namelen) };
        let (n, ()) = call::recvfrom(fd, data, flags & !c::MSG_WAITFORONE, name)?;
        header.hdr.flags = if n > slots.size { c::MSG_TRUNC } else { 0 };
        n
    } else {
        let hdr = (&raw mut header.hdr).cast();
        // SAFETY: the header points to memory of its own slot.
        check_size(unsafe { single::recvmsg(fd.raw(), hdr, flags & !c::MSG_WAITFORONE) })?
    };
    header.len = u32::try_from(n).unwrap_or(u32::MAX);
    Ok(())
}

/// The messages in slots, with their addresses borrowed. A message that is handed out owns its descriptors.
#[derive(Debug)]
pub struct Slots<'a> {
    all: *const RecvSlots,
    next: usize,
    end: usize,
    owner: PhantomData<&'a mut RecvSlots>,
}

// SAFETY: it is an exclusive loan of slots, which can be sent.
unsafe impl Send for Slots<'_> {}
// SAFETY: nothing is changed through a shared reference.
unsafe impl Sync for Slots<'_> {}

impl<'a> Iterator for Slots<'a> {
    type Item = Received<'a, &'a mut [u8], &'a Storage>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.next == self.end {
            return None;
        }
        let slot = self.next;
        self.next += 1;
        // SAFETY: the slots are borrowed for 'a, and `next` is below the number of those that are filled. Each is handed out
        // once.
        Some(unsafe { message(self.all, slot) })
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.end - self.next;
        (left, Some(left))
    }
}

/// The message of a slot.
///
/// # Safety
///
/// The slots live for 'a, this one is filled, and nobody else looks at it in that time.
#[inline]
unsafe fn message<'a>(all: *const RecvSlots, slot: usize) -> Received<'a, &'a mut [u8], &'a Storage> {
    // SAFETY: the slots live, says the caller. What belongs to one of them is reached by pointers that this reference does
    // not cover.
    let all = unsafe { &*all };
    // SAFETY: there is a header of this index, which is this message's own.
    let header = unsafe { &mut *all.headers.at(slot) };
    let n = header.len as usize;
    // SAFETY: the slot's memory begins there, `size` bytes of it, all initialised.
    let data = unsafe { core::slice::from_raw_parts_mut(all.data.at(slot * all.size), n.min(all.size)) };
    // SAFETY: there is a name of this index, which is this message's own; and the kernel has written as many bytes to it.
    let addr = unsafe { Storage::fill_in(all.names.at(slot), header.hdr.namelen) };
    let used = if all.room == 0 { 0 } else { core::mem::take(&mut header.hdr.controllen).min(all.room) };
    // SAFETY: the slot's room begins there, `room` bytes of it, all initialised.
    let control = unsafe { core::slice::from_raw_parts_mut(all.control.at(slot * all.room), used) };
    // SAFETY: the kernel has written these messages, and the slots have just given them up: the length is 0 now.
    let control = unsafe { Control::new(control) };
    let flags = header.hdr.flags;
    Received { data, room: all.size, n, flags, addr, control }
}
