//! The value-result arguments of C: a place for a value and a length, which goes in as the room there
//! is and comes out as the length there was.

use core::ffi::{c_int, c_void};
use core::marker::PhantomData;
use core::mem::{MaybeUninit, offset_of, size_of};
use std::os::fd::{FromRawFd, OwnedFd};

use super::c;
use super::pod::Pod;

/// Where getsockopt, getsockname, getpeername, accept and recvfrom put a value. The type chosen says
/// what becomes of it.
///
/// # Safety
///
/// `parts` gives either two null pointers, or a place for a value and a length that says how many
/// bytes the kernel may write there (or raw pointers that some `unsafe` code vouched for); both stay
/// valid until `finish` or drop.
pub unsafe trait ValueResult: Sized {
    /// What the caller gets.
    type Output;

    /// The two pointers to hand to the kernel.
    fn parts(&mut self) -> (*mut c_void, *mut c::socklen_t);

    /// Takes the value out.
    ///
    /// # Safety
    ///
    /// A call that was given `parts` has succeeded since.
    unsafe fn finish(self) -> Self::Output;
}

/// The pointers that a C caller gave: the value stays with the caller.
#[derive(Debug)]
pub struct RawOut {
    value: *mut c_void,
    len: *mut c::socklen_t,
}

impl RawOut {
    /// The pointers that a C caller gave.
    ///
    /// # Safety
    ///
    /// Where memory is mapped at `len` and, for `*len` bytes, at `value`, it is the caller's to have
    /// overwritten. (Where none is, the kernel answers EFAULT.)
    #[inline]
    pub const unsafe fn from_raw(value: *mut c_void, len: *mut c::socklen_t) -> Self {
        RawOut { value, len }
    }
}

// SAFETY: the maker of a `RawOut` has vouched for both pointers.
unsafe impl ValueResult for RawOut {
    type Output = ();

    #[inline]
    fn parts(&mut self) -> (*mut c_void, *mut c::socklen_t) {
        (self.value, self.len)
    }

    #[inline]
    unsafe fn finish(self) {}
}

/// Room for a plain value; gives the value and the length that the kernel reported. Bytes that the
/// kernel did not write are 0.
///
/// The kernel is offered one byte more than the value has, so that a longer one shows in the length instead
/// of being cut (one byte is not enough for any other structure); and behind that is room for the few options
/// that write more than they were offered (ATM's copy whole structures, SO_GET_FILTER counts instructions instead of
/// bytes).
#[derive(Debug)]
#[repr(C)] // The length first: so one store of 8 bytes sets it and clears an `int`.
pub struct NewValue<T> {
    len: c::socklen_t,
    value: T,
    more: MaybeUninit<[u8; SLACK]>,
}

/// Room behind the value that the kernel is told of.
const OFFERED: usize = 1;
/// Room behind the value.
const SLACK: usize = 128;

// An `int` has room for as many filter instructions, of 8 bytes, as bytes are offered: what SO_GET_FILTER writes.
const _: () = assert!(size_of::<c::c_int>() + SLACK >= 8 * (size_of::<c::c_int>() + OFFERED));

impl<T: Pod> NewValue<T> {
    /// Room for one `T`, all zero.
    #[inline]
    pub fn new() -> Self {
        let len = (size_of::<T>() + OFFERED) as c::socklen_t;
        NewValue { len, value: T::zeroed(), more: MaybeUninit::uninit() }
    }

    /// Room for one `T` of which the kernel is offered no byte more, for the options that refuse that.
    pub fn exact() -> Self {
        NewValue { len: size_of::<T>() as c::socklen_t, ..NewValue::new() }
    }
}

impl<T: Pod> Default for NewValue<T> {
    fn default() -> Self {
        NewValue::new()
    }
}

// SAFETY: from `value` on there is room for more than `len` bytes, and whatever is written leaves a valid `Pod`.
unsafe impl<T: Pod> ValueResult for NewValue<T> {
    type Output = (T, usize);

    #[inline]
    fn parts(&mut self) -> (*mut c_void, *mut c::socklen_t) {
        // Derived from the whole, so that it reaches behind the value.
        let value = (&raw mut *self).cast::<u8>().wrapping_add(offset_of!(Self, value));
        (value.cast(), &raw mut self.len)
    }

    #[inline]
    unsafe fn finish(self) -> (T, usize) {
        (self.value, self.len as usize)
    }
}

/// Bytes for the kernel to write, and to read first where the option asks a question; gives the length that it
/// reported, or that of the bytes if it reported more.
#[derive(Debug)]
pub struct OutBytes<'a> {
    ptr: *mut u8,
    room: c::socklen_t,
    len: c::socklen_t,
    owner: PhantomData<&'a mut [u8]>,
}

impl<'a> From<&'a mut [u8]> for OutBytes<'a> {
    fn from(bytes: &'a mut [u8]) -> Self {
        let room = c::socklen_t::try_from(bytes.len()).unwrap_or(c::socklen_t::MAX);
        OutBytes { ptr: bytes.as_mut_ptr(), room, len: room, owner: PhantomData }
    }
}

// SAFETY: `len` says no more than the borrowed bytes have, and they stay borrowed; any bytes are valid ones.
unsafe impl ValueResult for OutBytes<'_> {
    type Output = usize;

    fn parts(&mut self) -> (*mut c_void, *mut c::socklen_t) {
        (self.ptr.cast(), &raw mut self.len)
    }

    unsafe fn finish(self) -> usize {
        self.len.min(self.room) as usize
    }
}

/// Room for a descriptor that the kernel installs: owned from then on. Nothing if it gave none.
#[derive(Debug)]
pub struct NewFd {
    fd: c_int,
    len: c::socklen_t,
}

impl NewFd {
    /// Room for one descriptor.
    pub const fn new() -> Self {
        NewFd { fd: -1, len: size_of::<c_int>() as c::socklen_t }
    }
}

impl Default for NewFd {
    fn default() -> Self {
        NewFd::new()
    }
}

// SAFETY: `len` is the size of `fd`, and any bytes are an `int`.
unsafe impl ValueResult for NewFd {
    type Output = Option<OwnedFd>;

    fn parts(&mut self) -> (*mut c_void, *mut c::socklen_t) {
        ((&raw mut self.fd).cast(), &raw mut self.len)
    }

    unsafe fn finish(self) -> Option<OwnedFd> {
        // SAFETY: the kernel has just installed it for this call, so nobody else owns it.
        (self.fd >= 0).then(|| unsafe { OwnedFd::from_raw_fd(self.fd) })
    }
}
