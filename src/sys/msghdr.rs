//! `struct msghdr` and `struct mmsghdr` as the kernel has them.
//!
//! The C library's are the same bytes, but musl gives two of the lengths half their size and pads the rest, which must be
//! zero. Here every field has the size that the kernel gives it, so a structure can be written field by field, without
//! clearing it first.

use core::ffi::{c_int, c_void};
use core::mem::offset_of;
use core::ptr::null_mut;

use super::c;
use super::input::InAddr;

/// `struct msghdr`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub(crate) struct MsgHdr {
    pub(super) name: *mut c_void,
    pub(super) namelen: u32,
    pub(super) iov: *mut c::iovec,
    pub(super) iovlen: usize,
    pub(super) control: *mut c_void,
    pub(super) controllen: usize,
    pub(super) flags: c_int,
}

/// `struct mmsghdr`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub(crate) struct MMsgHdr {
    pub(super) hdr: MsgHdr,
    pub(super) len: u32,
}

const _: () = {
    assert!(size_of::<MsgHdr>() == size_of::<c::msghdr>() && align_of::<MsgHdr>() == align_of::<c::msghdr>());
    assert!(offset_of!(MsgHdr, name) == offset_of!(c::msghdr, msg_name));
    assert!(offset_of!(MsgHdr, namelen) == offset_of!(c::msghdr, msg_namelen));
    assert!(offset_of!(MsgHdr, iov) == offset_of!(c::msghdr, msg_iov));
    assert!(offset_of!(MsgHdr, control) == offset_of!(c::msghdr, msg_control));
    assert!(offset_of!(MsgHdr, flags) == offset_of!(c::msghdr, msg_flags));
    assert!(size_of::<MMsgHdr>() == size_of::<c::mmsghdr>());
    assert!(offset_of!(MMsgHdr, len) == offset_of!(c::mmsghdr, msg_len));
};

impl MMsgHdr {
    /// A message without anything.
    pub(super) const NONE: MMsgHdr = MMsgHdr { hdr: MsgHdr::new(null_mut(), 0, null_mut(), 0), len: 0 };
}

impl MsgHdr {
    /// A message without control messages. What the pointers point to is up to who hands it to the kernel.
    #[inline]
    pub(super) const fn new(name: *mut c_void, namelen: u32, iov: *mut c::iovec, iovlen: usize) -> Self {
        MsgHdr { name, namelen, iov, iovlen, control: null_mut(), controllen: 0, flags: 0 }
    }

    /// A message to an address, without control messages.
    #[inline]
    pub(super) fn to(to: InAddr<'_>, iov: *mut c::iovec, iovlen: usize) -> Self {
        MsgHdr::new(to.ptr.cast_mut().cast(), to.len, iov, iovlen)
    }
}
