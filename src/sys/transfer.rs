//! sendfile(2) and splice(2): bytes that go from one descriptor to another inside the kernel, without SIGPIPE.

use core::ffi::{c_int, c_uint};
use core::marker::PhantomData;
use core::ptr::null_mut;

use super::c;
use super::errno::{Result, check_size};
use super::fd::Fd;
use super::sigpipe::without_sigpipe;

/// The calls that pthread_cancel(3) may unwind from: see [`call`](super::call).
mod cancellable {
    use super::*;

    unsafe extern "C-unwind" {
        pub(super) fn splice(
            from: c_int,
            from_offset: *mut c::loff_t,
            to: c_int,
            to_offset: *mut c::loff_t,
            len: usize,
            flags: c_uint,
        ) -> isize;
    }
}

/// Where in a file to begin; the kernel moves it on. None stands for the position of the file itself.
#[derive(Debug)]
pub struct Offset<'a> {
    ptr: *mut i64,
    owner: PhantomData<&'a mut i64>,
}

impl Offset<'_> {
    /// The pointer that a C caller gave.
    ///
    /// # Safety
    ///
    /// Where memory is mapped at `ptr`, for one number, it is the caller's to have overwritten. (Where none is, the kernel
    /// answers EFAULT.)
    #[inline]
    pub const unsafe fn from_raw(ptr: *mut i64) -> Self {
        Offset { ptr, owner: PhantomData }
    }

    /// The same place, for one call.
    #[inline]
    pub(super) fn reborrow(&mut self) -> Offset<'_> {
        Offset { ptr: self.ptr, owner: PhantomData }
    }
}

impl<'a> From<Option<&'a mut i64>> for Offset<'a> {
    #[inline]
    fn from(offset: Option<&'a mut i64>) -> Self {
        Offset { ptr: offset.map_or(null_mut(), core::ptr::from_mut), owner: PhantomData }
    }
}

/// sendfile(2), without SIGPIPE.
#[inline]
pub fn sendfile(to: Fd<'_>, from: Fd<'_>, offset: Offset<'_>, count: usize) -> Result<usize> {
    without_sigpipe(count, || {
        // SAFETY: `offset` is null or one number, or vouched for by its maker.
        check_size(unsafe { c::sendfile64(to.raw(), from.raw(), offset.ptr, count) })
    })
}

/// splice(2), without SIGPIPE.
#[inline]
pub fn splice(
    from: Fd<'_>,
    from_offset: Offset<'_>,
    to: Fd<'_>,
    to_offset: Offset<'_>,
    len: usize,
    flags: c_uint,
) -> Result<usize> {
    without_sigpipe(len, || {
        let (from_offset, to_offset) = (from_offset.ptr, to_offset.ptr);
        // SAFETY: both offsets are null or one number, or vouched for by their makers.
        check_size(unsafe { cancellable::splice(from.raw(), from_offset, to.raw(), to_offset, len, flags) })
    })
}
