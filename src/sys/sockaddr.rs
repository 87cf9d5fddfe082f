//! The bytes of an address: `struct sockaddr_storage` and the length that is in use.

use core::ffi::c_void;
use core::fmt;
use core::marker::PhantomData;
use core::mem::{MaybeUninit, size_of};
use core::ptr::NonNull;

use super::c;
use super::pod::Pod;
use super::value::ValueResult;

/// Bytes in a `struct sockaddr_storage`: room for the address of any family.
pub const STORAGE_SIZE: usize = size_of::<c::sockaddr_storage>();

/// An address of any family as bytes. The first `len` bytes are initialised, and `len` is at most
/// [`STORAGE_SIZE`]; nothing else is assumed of them.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Storage {
    storage: MaybeUninit<c::sockaddr_storage>,
    len: c::socklen_t,
}

impl Storage {
    /// No address: the length is 0.
    #[inline]
    pub const fn empty() -> Self {
        Storage { storage: MaybeUninit::uninit(), len: 0 }
    }

    /// No address, in memory that is all 0.
    pub(super) const fn zeroed() -> Self {
        Storage { storage: MaybeUninit::zeroed(), len: 0 }
    }

    /// A copy of `bytes`, or nothing if they do not fit.
    #[inline]
    pub const fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > STORAGE_SIZE {
            return None;
        }
        let mut new = Storage::empty();
        let to = new.storage.as_mut_ptr().cast::<u8>();
        // SAFETY: `to` has room for STORAGE_SIZE bytes, not fewer than these, and is a place of its own.
        unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
        new.len = bytes.len() as c::socklen_t;
        Some(new)
    }

    /// The address that a C structure holds.
    #[inline]
    pub const fn from_pod<T: Pod>(addr: T) -> Self {
        const { assert!(size_of::<T>() <= STORAGE_SIZE && align_of::<T>() <= align_of::<c::sockaddr_storage>()) };
        let mut new = Storage::empty();
        // SAFETY: there is room for a `T`, suitably aligned; and a `Pod` has no uninitialised bytes.
        unsafe { new.storage.as_mut_ptr().cast::<T>().write(addr) };
        new.len = size_of::<T>() as c::socklen_t;
        new
    }

    /// The same, of which only the first `len` bytes are the address, or all if it has fewer.
    #[inline]
    pub const fn from_pod_cut<T: Pod>(addr: T, len: usize) -> Self {
        let mut new = Storage::from_pod(addr);
        if len < size_of::<T>() {
            new.len = len as c::socklen_t;
        }
        new
    }

    /// The C structure that the address begins with, if there are as many bytes.
    #[inline]
    pub const fn to_pod<T: Pod>(&self) -> Option<T> {
        const { assert!(align_of::<T>() <= align_of::<c::sockaddr_storage>()) };
        if (self.len as usize) < size_of::<T>() {
            return None;
        }
        // SAFETY: as many bytes are initialised, suitably aligned, and any bytes are a `Pod`.
        Some(unsafe { self.storage.as_ptr().cast::<T>().read() })
    }

    /// The bytes in use.
    #[inline]
    pub const fn as_bytes(&self) -> &[u8] {
        // SAFETY: the first `len` bytes are initialised, and `len` is within `storage`.
        unsafe { core::slice::from_raw_parts(self.storage.as_ptr().cast(), self.len as usize) }
    }

    /// How many bytes are in use.
    #[inline]
    pub const fn len(&self) -> c::socklen_t {
        self.len
    }

    /// Is this no address at all?
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The same as what the safe API has.
    #[inline]
    pub(crate) fn as_sockaddr(&self) -> &crate::SockAddr {
        // SAFETY: a `SockAddr` is nothing but a `Storage`: `repr(transparent)`.
        unsafe { &*core::ptr::from_ref(self).cast() }
    }

    #[inline]
    pub(super) const fn as_ptr(&self) -> *const c::sockaddr {
        self.storage.as_ptr().cast()
    }
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Storage").field(&self.as_bytes()).finish()
    }
}

/// An address in memory that is kept for the next one. Its length is noted there only when somebody asks for the address.
#[derive(Debug)]
pub struct LentName<'a> {
    place: NonNull<Storage>,
    len: c::socklen_t,
    owner: PhantomData<&'a mut Storage>,
}

// SAFETY: it is an exclusive loan of plain bytes. (It is not Sync, because a shared reference can write to them.)
unsafe impl Send for LentName<'_> {}

impl LentName<'_> {
    /// The address in a place, and the length that the kernel has reported.
    ///
    /// # Safety
    ///
    /// `place` is valid for `'a`, nobody else looks at it in that time, and its bytes are initialised: `len` of them, or all if
    /// there are not as many.
    #[inline]
    pub(super) unsafe fn new(place: NonNull<Storage>, len: c::socklen_t) -> Self {
        LentName { place, len, owner: PhantomData }
    }

    /// The bytes in use, but for what [`storage`](LentName::storage) cuts off.
    #[inline]
    pub(crate) fn as_bytes(&self) -> &[u8] {
        let len = (self.len as usize).min(STORAGE_SIZE);
        // SAFETY: as many bytes are initialised, says the maker; and `storage` writes nothing to these.
        unsafe { core::slice::from_raw_parts(self.place.as_ptr().cast(), len) }
    }

    /// The address.
    #[inline]
    pub(crate) fn storage(&self) -> &Storage {
        let place = self.place.as_ptr();
        let mut len = self.len;
        if len > UNIX_SIZE {
            // SAFETY: as many bytes are initialised, says the maker.
            len = unsafe { shortened(place.cast(), len) };
        }
        // SAFETY: nobody but this value has the place.
        if unsafe { (*place).len } != len {
            // SAFETY: there is no reference to the place yet: before one is made, the length has been written here, and
            // the next time it is what it should be.
            unsafe { (*place).len = len };
        }
        // SAFETY: as many bytes are initialised as `len` says, and nobody writes to them as long as `self` is borrowed.
        unsafe { &*place }
    }
}

/// Room for an address that the kernel fills in; gives a [`Storage`].
#[derive(Debug)]
pub struct NewAddr {
    storage: MaybeUninit<c::sockaddr_storage>,
    len: c::socklen_t,
}

impl NewAddr {
    /// Room for an address of any family.
    #[inline]
    pub const fn new() -> Self {
        NewAddr { storage: MaybeUninit::uninit(), len: STORAGE_SIZE as c::socklen_t }
    }

    /// Notes the length that the kernel has reported, where it does not write it to its place itself.
    #[inline]
    pub(super) fn set_len(&mut self, len: c::socklen_t) {
        self.len = len;
    }
}

impl Default for NewAddr {
    fn default() -> Self {
        NewAddr::new()
    }
}

// SAFETY: `storage` has room for the STORAGE_SIZE bytes that `len` says.
unsafe impl ValueResult for NewAddr {
    type Output = Storage;

    #[inline]
    fn parts(&mut self) -> (*mut c_void, *mut c::socklen_t) {
        (self.storage.as_mut_ptr().cast(), &raw mut self.len)
    }

    /// The kernel has written `len` bytes, or all there was room for if it reports more than that.
    #[inline]
    unsafe fn finish(self) -> Storage {
        let mut len = self.len;
        if len > UNIX_SIZE {
            // SAFETY: the kernel has written as many bytes, or all that fit.
            len = unsafe { shortened(self.storage.as_ptr().cast(), len) };
        }
        Storage { storage: self.storage, len }
    }
}

/// `sizeof(struct sockaddr_un)`: the longest address of the common families.
const UNIX_SIZE: c::socklen_t = size_of::<c::sockaddr_un>() as c::socklen_t;

/// The length in use of an address whose reported length is above [`UNIX_SIZE`]. AF_UNIX reports one byte
/// more for a path that fills `sun_path` (the NUL that had no room), but takes no such length back: without
/// that byte it does.
///
/// # Safety
///
/// The kernel has written `len` bytes to a `struct sockaddr_storage`, or all that fit if there are more; and they are more than
/// UNIX_SIZE.
#[cold]
unsafe fn shortened(addr: *const c::sockaddr, len: c::socklen_t) -> c::socklen_t {
    // SAFETY: the family is the first of what was written.
    let family = unsafe { (*addr).sa_family };
    if family == c::AF_UNIX as c::sa_family_t { UNIX_SIZE } else { len.min(STORAGE_SIZE as c::socklen_t) }
}

/// Nobody wants the address.
#[derive(Debug, Clone, Copy)]
pub struct NoAddr;

// SAFETY: both pointers are null.
unsafe impl ValueResult for NoAddr {
    type Output = ();

    #[inline]
    fn parts(&mut self) -> (*mut c_void, *mut c::socklen_t) {
        (core::ptr::null_mut(), core::ptr::null_mut())
    }

    #[inline]
    unsafe fn finish(self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_up_to_the_storage_and_not_one_more() {
        let bytes = [7_u8; STORAGE_SIZE + 1];
        assert!(Storage::from_bytes(&bytes).is_none());
        let full = Storage::from_bytes(&bytes[1..]).unwrap();
        assert_eq!(full.as_bytes(), &bytes[1..]);
        assert!(Storage::from_bytes(&[]).unwrap().is_empty());
        assert_eq!(Storage::from_pod([1_u8, 2, 3]).as_bytes(), [1, 2, 3]);
    }

    #[test]
    fn a_length_beyond_the_storage_is_cut() {
        let mut new = NewAddr::new();
        new.storage = MaybeUninit::zeroed();
        let (_, len) = new.parts();
        // SAFETY: `len` points into `new`, which lives.
        unsafe { *len = 4000 };
        // SAFETY: `storage` was initialised above.
        let got = unsafe { new.finish() };
        assert_eq!(got.as_bytes().len(), STORAGE_SIZE);
    }
}
