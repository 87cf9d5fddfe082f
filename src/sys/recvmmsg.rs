//! recvmmsg(2): many messages in one call, into memory that is kept.

use core::ffi::{c_int, c_uint, c_void};
use core::ptr::{NonNull, null_mut};
use std::os::fd::OwnedFd;

use nix::errno::Errno;

use super::array::Array;
use super::call;
use super::control::{Control, Holder, take_fd, take_pidfd};
use super::data::no_piece;
use super::errno::{Result, check, last};
use super::fd::Fd;
use super::message::{recvmsg_raw, refuses_cloexec};
use super::msghdr::{MMsgHdr, MsgHdr};
use super::sockaddr::{LentName, STORAGE_SIZE, Storage};
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
    let cloexec = flags | c::MSG_CMSG_CLOEXEC;
    // In memory, for the failure, so that they need no registers that would have to be saved for the success.
    let mut arguments = Arguments { fd, messages, count, flags, timeout };
    core::hint::black_box(&mut arguments);
    // SAFETY: the caller's word, passed on.
    let n = unsafe { cancellable::recvmmsg(fd.raw(), messages, count, cloexec, timeout) };
    // SAFETY: the caller's word, passed on.
    if n < 0 { unsafe { refused(&arguments) } } else { Ok(n) }
}

struct Arguments<'fd> {
    fd: Fd<'fd>,
    messages: *mut c::mmsghdr,
    count: c_uint,
    flags: c_int,
    timeout: *mut c::timespec,
}

/// The call without MSG_CMSG_CLOEXEC, if that was what was wrong with it.
///
/// # Safety
///
/// As for [`recvmmsg_raw`], which has just failed.
#[cold]
#[inline(never)]
unsafe fn refused(kept: &Arguments<'_>) -> Result<c_int> {
    let &Arguments { fd, messages, count, flags, timeout } = kept;
    let error = last();
    if !refuses_cloexec(fd, error) {
        return Err(error);
    }
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
    /// How many slots have a message, and how many of these messages were handed out.
    filled: usize,
    seen: usize,
}

// SAFETY: the pointers in it are to its own arrays, which nobody else has, and which no thread has a share in.
unsafe impl Send for RecvSlots {}
// SAFETY: nothing is changed through a shared reference.
unsafe impl Sync for RecvSlots {}

impl RecvSlots {
    /// So many slots, each with room for so many bytes of data and of control messages. EINVAL for none, ENOMEM for too
    /// many.
    pub fn new(slots: usize, size: usize, room: usize) -> Result<Self> {
        // The kernel counts them by an `unsigned int`.
        if slots == 0 || c_uint::try_from(slots).is_err() {
            return Err(Errno::EINVAL.into());
        }
        let room = align(room.min(isize::MAX as usize - size_of::<usize>()));
        let bytes = |each: usize| slots.checked_mul(each).ok_or(Errno::ENOMEM);
        let data = Array::new(0, bytes(size)?)?;
        let control = Array::new(0, bytes(room)?)?;
        let names = Array::new(Storage::zeroed(), slots)?;
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
        Ok(RecvSlots {
            headers,
            names,
            _pieces: pieces,
            data,
            control,
            slots,
            size,
            room,
            filled: 0,
            seen: 0,
        })
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

    /// The messages of the call that has just returned.
    #[inline]
    pub fn messages(&mut self) -> Slots<'_> {
        Slots {
            header: self.headers.at(0),
            end: self.headers.at(self.filled),
            name: self.names.first(),
            data: self.data.first(),
            control: self.control.at(0),
            size: self.size,
            room: self.room,
            all: self,
        }
    }

    /// Makes the slots ready for the next messages: puts back what the kernel has overwritten, and handing out has not.
    #[inline]
    fn clear(&mut self) {
        if self.room > 0 || self.seen < self.filled {
            self.clear_slots();
        }
        (self.filled, self.seen) = (0, 0);
    }

    #[inline(never)]
    fn clear_slots(&mut self) {
        for slot in self.seen..self.filled {
            // SAFETY: no more are filled than there are; and nobody looks at them now.
            unsafe { (*self.headers.at(slot)).hdr.namelen = STORAGE_SIZE as u32 };
        }
        if self.room > 0 {
            self.clear_control();
        }
    }

    /// Closes the descriptors that nobody took, and gives the room for control messages back.
    fn clear_control(&mut self) {
        for slot in 0..self.filled {
            // SAFETY: no more are filled than there are; and nobody looks at them now.
            let controllen = unsafe { &mut (*self.headers.at(slot)).hdr.controllen };
            let used = core::mem::replace(controllen, self.room).min(self.room);
            let start = self.control.at(slot * self.room);
            // SAFETY: each slot has `room` bytes there, all initialised, and nobody looks at them now.
            let messages = unsafe { core::slice::from_raw_parts_mut(start, used) };
            // SAFETY: the kernel has written them, and their descriptors are the slots' own.
            drop(unsafe { Control::new(messages) });
        }
    }
}

impl Drop for RecvSlots {
    fn drop(&mut self) {
        self.clear();
    }
}

/// recvmmsg(2) into slots, descriptors close-on-exec. One slot takes the call for one message.
#[inline(never)]
pub fn recvmmsg(fd: Fd<'_>, slots: &mut RecvSlots, flags: c_int) -> Result<()> {
    slots.clear();
    if slots.slots == 1 {
        recv_one(fd, slots, flags)?;
        slots.filled = 1;
        return Ok(());
    }
    let (headers, count) = (slots.headers.at(0).cast(), slots.slots as c_uint);
    // SAFETY: there are as many headers, and each points to memory of its own slot.
    let n = unsafe { recvmmsg_raw(fd, headers, count, flags, null_mut()) }?;
    // As many at the most, whatever the kernel says.
    slots.filled = (n as usize).min(slots.slots);
    Ok(())
}

/// The cheapest call that tells what is asked. recvfrom(2) does not tell what was cut off, unless it is asked for the true
/// length.
#[inline(never)]
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
        unsafe { recvmsg_raw(fd, hdr, flags & !c::MSG_WAITFORONE) }?
    };
    header.len = u32::try_from(n).unwrap_or(u32::MAX);
    Ok(())
}

/// The messages in slots.
#[derive(Debug)]
pub struct Slots<'a> {
    /// Where the next message is, and where they end.
    header: *mut MMsgHdr,
    end: *mut MMsgHdr,
    name: NonNull<Storage>,
    data: NonNull<u8>,
    control: *mut u8,
    size: usize,
    room: usize,
    all: &'a mut RecvSlots,
}

// SAFETY: it is an exclusive loan of slots, which can be sent.
unsafe impl Send for Slots<'_> {}
// SAFETY: nothing is changed through a shared reference.
unsafe impl Sync for Slots<'_> {}

/// A message in a slot.
#[derive(Debug)]
pub struct Slot<'a> {
    /// The data.
    pub data: &'a mut [u8],
    /// The length that the kernel reported.
    pub n: usize,
    /// `msg_flags`.
    pub flags: c_int,
    /// The address.
    pub addr: LentName<'a>,
    /// The control messages. Their descriptors stay the slots' own.
    pub control: Lodged<'a>,
}

impl<'a> Slots<'a> {
    /// The next message.
    #[inline]
    pub fn next_slot(&mut self) -> Option<Slot<'a>> {
        if self.header == self.end {
            return None;
        }
        // SAFETY: a header that is filled is there; it is looked at here only, and once.
        let MMsgHdr { hdr, len } = unsafe { &mut *self.header };
        // For the next call.
        let namelen = core::mem::replace(&mut hdr.namelen, STORAGE_SIZE as u32);
        let (n, used) = (*len as usize, hdr.controllen.min(self.room));
        let slot = Slot {
            // SAFETY: the slot's memory is there, `size` bytes of it, all initialised. It is handed out once, for 'a, in which
            // the slots are borrowed.
            data: unsafe { core::slice::from_raw_parts_mut(self.data.as_ptr(), n.min(self.size)) },
            n,
            flags: hdr.flags,
            // SAFETY: as for the data; and all of its bytes are initialised, by whomever.
            addr: unsafe { LentName::new(self.name, namelen) },
            // SAFETY: as for the data, with `room` bytes.
            control: Lodged(unsafe { core::slice::from_raw_parts_mut(self.control, used) }),
        };
        // SAFETY: not further than where the last one of all slots ends.
        self.header = unsafe { self.header.add(1) };
        // SAFETY: as for the headers.
        self.name = unsafe { self.name.add(1) };
        // SAFETY: as for the headers.
        self.data = unsafe { self.data.add(self.size) };
        // SAFETY: as for the headers.
        self.control = unsafe { self.control.add(self.room) };
        Some(slot)
    }

    /// How many messages are left.
    #[inline]
    pub fn left(&self) -> usize {
        (self.end.addr() - self.header.addr()) / size_of::<MMsgHdr>()
    }
}

impl Drop for Slots<'_> {
    #[inline]
    fn drop(&mut self) {
        self.all.seen = self.all.filled - self.left();
    }
}

/// Control messages whose descriptors belong to the slots that they are in: those that nobody takes are closed there.
#[derive(Debug)]
pub struct Lodged<'a>(&'a mut [u8]);

impl Holder for Lodged<'_> {
    #[inline]
    fn as_bytes(&self) -> &[u8] {
        self.0
    }

    fn take_fd(&mut self) -> Option<OwnedFd> {
        // SAFETY: these are messages that the kernel has written, whose descriptors nobody but the slots owns.
        unsafe { take_fd(self.0) }
    }

    fn take_pidfd(&mut self) -> Option<core::result::Result<OwnedFd, c_int>> {
        // SAFETY: as for `take_fd`.
        unsafe { take_pidfd(self.0) }
    }
}

#[cfg(test)]
mod tests;
