//! Descriptors as arguments: lent for one call, given up to close(2), or made in pairs.

use core::ffi::c_int;
use core::marker::PhantomData;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};

/// A descriptor lent to one call. Unlike `BorrowedFd` it can hold any number, -1 included, so that
/// the kernel can be the one to answer EBADF to a C caller.
#[derive(Debug, Clone, Copy)]
pub struct Fd<'fd> {
    raw: c_int,
    owner: PhantomData<BorrowedFd<'fd>>,
}

impl<'fd> Fd<'fd> {
    /// No descriptor: poll(2) passes it over, everything else answers EBADF.
    pub(super) const NONE: Fd<'static> = Fd { raw: -1, owner: PhantomData };

    /// The number that a C caller gave.
    ///
    /// # Safety
    ///
    /// The caller answers for I/O safety: for the length of the call the number is either no open
    /// descriptor, or one that the caller may use.
    #[inline]
    pub const unsafe fn from_raw(raw: c_int) -> Self {
        Fd { raw, owner: PhantomData }
    }

    #[inline]
    pub(super) const fn raw(self) -> c_int {
        self.raw
    }
}

impl<'fd> From<BorrowedFd<'fd>> for Fd<'fd> {
    #[inline]
    fn from(fd: BorrowedFd<'fd>) -> Self {
        Fd { raw: fd.as_raw_fd(), owner: PhantomData }
    }
}

/// A descriptor whose owner gives it up: what close(2) takes.
#[derive(Debug)]
pub struct Closing(c_int);

impl Closing {
    /// The number that a C caller gave.
    ///
    /// # Safety
    ///
    /// The caller owns the descriptor of that number, or there is none.
    #[inline]
    pub const unsafe fn from_raw(raw: c_int) -> Self {
        Closing(raw)
    }

    /// The descriptor, for the last calls before it is closed.
    #[inline]
    pub(super) fn as_fd(&self) -> Fd<'_> {
        Fd { raw: self.0, owner: PhantomData }
    }

    #[inline]
    pub(super) fn into_raw(self) -> c_int {
        self.0
    }
}

impl From<OwnedFd> for Closing {
    #[inline]
    fn from(fd: OwnedFd) -> Self {
        Closing(fd.into_raw_fd())
    }
}

/// Where socketpair(2) puts its two descriptors.
///
/// # Safety
///
/// `place` gives room for two descriptors (or a raw pointer that some `unsafe` code vouched for), valid until
/// `finish` or drop.
pub unsafe trait PairResult: Sized {
    /// What the caller gets.
    type Output;

    /// The pointer to hand to the kernel.
    fn place(&mut self) -> *mut c_int;

    /// Takes the descriptors out.
    ///
    /// # Safety
    ///
    /// A call that was given `place` has succeeded since.
    unsafe fn finish(self) -> Self::Output;
}

/// Room for two descriptors; gives their owners.
#[derive(Debug)]
pub struct NewPair([c_int; 2]);

impl NewPair {
    /// Room for two descriptors.
    #[inline]
    pub const fn new() -> Self {
        NewPair([-1; 2])
    }
}

impl Default for NewPair {
    fn default() -> Self {
        NewPair::new()
    }
}

// SAFETY: there is room for two descriptors.
unsafe impl PairResult for NewPair {
    type Output = [OwnedFd; 2];

    #[inline]
    fn place(&mut self) -> *mut c_int {
        self.0.as_mut_ptr()
    }

    #[inline]
    unsafe fn finish(self) -> [OwnedFd; 2] {
        // SAFETY: the call has succeeded, so both are new, and nobody else owns them.
        self.0.map(|fd| unsafe { OwnedFd::from_raw_fd(fd) })
    }
}

/// The array that a C caller gave: the descriptors stay with the caller.
#[derive(Debug)]
pub struct RawPair(*mut c_int);

impl RawPair {
    /// The pointer that a C caller gave.
    ///
    /// # Safety
    ///
    /// Where memory is mapped at `place`, for two ints, it is the caller's to have overwritten. (Where none is,
    /// the kernel answers EFAULT.)
    #[inline]
    pub const unsafe fn from_raw(place: *mut c_int) -> Self {
        RawPair(place)
    }
}

// SAFETY: the maker of a `RawPair` has vouched for the pointer.
unsafe impl PairResult for RawPair {
    type Output = ();

    #[inline]
    fn place(&mut self) -> *mut c_int {
        self.0
    }

    #[inline]
    unsafe fn finish(self) {}
}
