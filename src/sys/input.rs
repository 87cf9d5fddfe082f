//! What a call only reads: bytes and addresses.

use core::ffi::c_void;
use core::marker::PhantomData;

use super::c;
use super::sockaddr::Storage;

/// Bytes that the kernel reads.
#[derive(Debug, Clone, Copy)]
pub struct InBuf<'a> {
    pub(super) ptr: *const c_void,
    pub(super) len: usize,
    owner: PhantomData<&'a [u8]>,
}

impl InBuf<'_> {
    /// The pointer and length that a C caller gave.
    ///
    /// # Safety
    ///
    /// Whatever the kernel can read at `ptr`, up to `len` bytes, is the caller's to send. (Where
    /// nothing is mapped the kernel answers EFAULT.)
    #[inline]
    pub const unsafe fn from_raw(ptr: *const c_void, len: usize) -> Self {
        InBuf { ptr, len, owner: PhantomData }
    }

    /// What comes after the first `n` bytes.
    #[inline]
    pub(super) fn after(self, n: usize) -> Self {
        let n = n.min(self.len);
        InBuf { ptr: self.ptr.cast::<u8>().wrapping_add(n).cast(), len: self.len - n, owner: PhantomData }
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl<'a> From<&'a [u8]> for InBuf<'a> {
    #[inline]
    fn from(bytes: &'a [u8]) -> Self {
        InBuf { ptr: bytes.as_ptr().cast(), len: bytes.len(), owner: PhantomData }
    }
}

/// An address that the kernel reads.
#[derive(Debug, Clone, Copy)]
pub struct InAddr<'a> {
    pub(super) ptr: *const c::sockaddr,
    pub(super) len: c::socklen_t,
    owner: PhantomData<&'a Storage>,
}

impl InAddr<'_> {
    /// No address.
    #[inline]
    pub(crate) const fn none() -> Self {
        InAddr { ptr: core::ptr::null(), len: 0, owner: PhantomData }
    }

    /// The pointer and length that a C caller gave.
    ///
    /// # Safety
    ///
    /// As for [`InBuf::from_raw`].
    #[inline]
    pub const unsafe fn from_raw(ptr: *const c::sockaddr, len: c::socklen_t) -> Self {
        InAddr { ptr, len, owner: PhantomData }
    }
}

impl<'a> From<&'a Storage> for InAddr<'a> {
    #[inline]
    fn from(addr: &'a Storage) -> Self {
        InAddr { ptr: addr.as_ptr(), len: addr.len(), owner: PhantomData }
    }
}
