//! A fixed number of values on the heap, for structures that point to each other.

use core::ptr::{NonNull, slice_from_raw_parts_mut};

use nix::errno::Errno;

use super::errno::Result;

/// Values on the heap that are reached by pointers only: no reference to the whole is ever made, so pointers into it stay
/// valid until it is dropped.
#[derive(Debug)]
pub(super) struct Array<T> {
    first: NonNull<T>,
    len: usize,
}

impl<T: Copy> Array<T> {
    /// So many copies of a value. ENOMEM if there is no room for them.
    pub(super) fn new(value: T, len: usize) -> Result<Self> {
        let mut values = Vec::new();
        values.try_reserve_exact(len).map_err(|_| Errno::ENOMEM)?;
        values.resize(len, value);
        Ok(Array { first: NonNull::from(Box::leak(values.into_boxed_slice())).cast(), len })
    }

    /// A pointer to the value of an index; it may be used if there is one.
    #[inline]
    pub(super) fn at(&self, index: usize) -> *mut T {
        self.first.as_ptr().wrapping_add(index)
    }

    /// Where the first value is.
    #[inline]
    pub(super) fn first(&self) -> NonNull<T> {
        self.first
    }
}

impl<T> Drop for Array<T> {
    fn drop(&mut self) {
        // SAFETY: `new` has made a box of as many values, which nobody has had since.
        drop(unsafe { Box::from_raw(slice_from_raw_parts_mut(self.first.as_ptr(), self.len)) });
    }
}
