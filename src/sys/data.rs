//! The data of sendmsg(2) and recvmsg(2): one piece of memory, or several.

use core::mem::MaybeUninit;
use std::io::{IoSlice, IoSliceMut};

use super::buffer::RecvBuffer;
use super::c;

/// What [`sendmsg`](crate::Socket::sendmsg) takes as data: `&[u8]`, `&[u8; N]`, `&Vec<u8>`, or several pieces as `&[IoSlice]`, `&[IoSlice; N]`,
/// `&Vec<IoSlice>`.
///
/// # Safety
///
/// Nothing outside this library can implement the trait: its methods are private to it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not data to send",
    note = "pass bytes or `IoSlice`s by reference"
)]
pub unsafe trait SendData: sealed::Data {
    /// The pieces, which stay valid as long as `self` and `one` do.
    #[doc(hidden)]
    fn pieces(&self, one: &mut c::iovec) -> (*mut c::iovec, usize);

    /// Is there no byte in them?
    #[doc(hidden)]
    fn is_empty(&self) -> bool;
}

/// Where [`recvmsg`](crate::Socket::recvmsg) puts data: every [`RecvBuffer`], or several pieces of memory.
///
/// | room | [`Message::data`](crate::Message::data) |
/// |---|---|
/// | `&mut [u8]`, `&mut [u8; N]`, `&mut [MaybeUninit<u8>]`, `&mut [MaybeUninit<u8>; N]` | `&mut [u8]`: the bytes written |
/// | [`spare_capacity`](crate::spare_capacity)`(&mut vec)` | `&mut [u8]`: the bytes appended |
/// | `&mut [IoSliceMut]`, `&mut [IoSliceMut; N]` | `()` |
/// | `()`: none | `()` |
///
/// # Safety
///
/// Nothing outside this library can implement the trait: its methods are private to it.
#[diagnostic::on_unimplemented(message = "`{Self}` is no room for received data")]
pub unsafe trait RecvData: Sized + sealed::Room {
    /// What the caller gets.
    type Output;

    /// Called before each call; `clear` says that the kernel may count bytes that it does not write.
    #[doc(hidden)]
    fn prepare(&mut self, clear: bool);

    /// The pieces, which stay valid as long as `self` and `one` do.
    #[doc(hidden)]
    fn pieces(&mut self, one: &mut c::iovec) -> (*mut c::iovec, usize);

    /// How many bytes there is room for.
    #[doc(hidden)]
    fn room(&mut self) -> usize;

    /// Takes the result out.
    ///
    /// # Safety
    ///
    /// The call that was given `pieces` has returned `n`, so the first `n` bytes (or all, if there are fewer) have been
    /// written, by the kernel or by `prepare(true)`.
    #[doc(hidden)]
    unsafe fn finish(self, n: usize) -> Self::Output;
}

mod sealed {
    use std::io::{IoSlice, IoSliceMut};

    use super::RecvBuffer;

    pub trait Data {}
    impl Data for &[u8] {}
    impl<const N: usize> Data for &[u8; N] {}
    impl Data for &Vec<u8> {}
    impl Data for &[IoSlice<'_>] {}
    impl<const N: usize> Data for &[IoSlice<'_>; N] {}
    impl Data for &Vec<IoSlice<'_>> {}

    pub trait Room {}
    impl<B: RecvBuffer> Room for B {}
    impl Room for &mut [IoSliceMut<'_>] {}
    impl<const N: usize> Room for &mut [IoSliceMut<'_>; N] {}
    impl Room for () {}
}

/// Implements the trait for what derefs to `[u8]`.
macro_rules! bytes {
    ($([$($generics:tt)*] $type:ty;)+) => {
        $(
            // SAFETY: the one piece is the borrowed bytes.
            unsafe impl<$($generics)*> SendData for $type {
                #[inline]
                fn pieces(&self, one: &mut c::iovec) -> (*mut c::iovec, usize) {
                    *one = c::iovec { iov_base: self.as_ptr().cast_mut().cast(), iov_len: self.len() };
                    (one, 1)
                }

                #[inline]
                fn is_empty(&self) -> bool {
                    self.len() == 0
                }
            }
        )+
    };
}

bytes! {
    [] &[u8];
    [const N: usize] &[u8; N];
    [] &Vec<u8>;
}

/// Implements the trait for what derefs to `[IoSlice]`, each of which is a `struct iovec`, as std promises.
macro_rules! slices {
    ($([$($generics:tt)*] $type:ty;)+) => {
        $(
            // SAFETY: the pieces are borrowed bytes, whose list is borrowed with them. The kernel only reads both.
            unsafe impl<$($generics)*> SendData for $type {
                #[inline]
                fn pieces(&self, _one: &mut c::iovec) -> (*mut c::iovec, usize) {
                    (self.as_ptr().cast_mut().cast(), self.len())
                }

                #[inline]
                fn is_empty(&self) -> bool {
                    self.iter().all(|piece| piece.is_empty())
                }
            }
        )+
    };
}

slices! {
    [] &[IoSlice<'_>];
    [const N: usize] &[IoSlice<'_>; N];
    [] &Vec<IoSlice<'_>>;
}

// SAFETY: the one piece is the buffer's memory.
unsafe impl<B: RecvBuffer> RecvData for B {
    type Output = B::Bytes;

    #[inline]
    fn prepare(&mut self, clear: bool) {
        RecvBuffer::prepare(self, clear);
    }

    #[inline]
    fn pieces(&mut self, one: &mut c::iovec) -> (*mut c::iovec, usize) {
        let (iov_base, iov_len) = self.parts();
        *one = c::iovec { iov_base, iov_len };
        (one, 1)
    }

    #[inline]
    fn room(&mut self) -> usize {
        self.parts().1
    }

    #[inline]
    unsafe fn finish(self, n: usize) -> B::Bytes {
        // SAFETY: the caller's word, passed on.
        unsafe { self.bytes(n) }
    }
}

/// Implements the trait for what derefs to `[IoSliceMut]`, each of which is a `struct iovec`, as std promises.
macro_rules! slices_mut {
    ($([$($generics:tt)*] $type:ty;)+) => {
        $(
            // SAFETY: the pieces are exclusively borrowed and initialised bytes, whose list is borrowed with them.
            unsafe impl<$($generics)*> RecvData for $type {
                type Output = ();

                #[inline]
                fn prepare(&mut self, _clear: bool) {}

                #[inline]
                fn pieces(&mut self, _one: &mut c::iovec) -> (*mut c::iovec, usize) {
                    (self.as_mut_ptr().cast(), self.len())
                }

                #[inline]
                fn room(&mut self) -> usize {
                    self.iter().fold(0, |sum, piece| sum.saturating_add(piece.len()))
                }

                #[inline]
                unsafe fn finish(self, _n: usize) {}
            }
        )+
    };
}

slices_mut! {
    [] &mut [IoSliceMut<'_>];
    [const N: usize] &mut [IoSliceMut<'_>; N];
}

// SAFETY: there is no piece.
unsafe impl RecvData for () {
    type Output = ();

    #[inline]
    fn prepare(&mut self, _clear: bool) {}

    #[inline]
    fn pieces(&mut self, _one: &mut c::iovec) -> (*mut c::iovec, usize) {
        (core::ptr::null_mut(), 0)
    }

    #[inline]
    fn room(&mut self) -> usize {
        0
    }

    #[inline]
    unsafe fn finish(self, _n: usize) {}
}

/// No piece of memory, to be overwritten with one.
#[inline]
pub(super) const fn no_piece() -> c::iovec {
    c::iovec { iov_base: core::ptr::null_mut(), iov_len: 0 }
}

/// What was written of memory that was not initialised.
///
/// # Safety
///
/// The first `n` bytes are initialised, or all if there are fewer.
#[inline]
pub(super) unsafe fn written(memory: &mut [MaybeUninit<u8>], n: usize) -> &mut [u8] {
    let n = n.min(memory.len());
    let ptr = memory.as_mut_ptr().cast();
    // SAFETY: these bytes are within the borrowed memory, and initialised, as the caller says.
    unsafe { core::slice::from_raw_parts_mut(ptr, n) }
}
