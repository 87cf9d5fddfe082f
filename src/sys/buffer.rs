//! Receive buffers: memory for the kernel to write to, initialised or not.

use core::ffi::c_void;
use core::marker::PhantomData;
use core::mem::MaybeUninit;

use super::c;
use super::data::written;

/// A place for received bytes: what [`recv`](crate::Socket::recv) and
/// [`recvfrom`](crate::Socket::recvfrom) take.
///
/// | a buffer | gives |
/// |---|---|
/// | `&mut [u8]`, `&mut [u8; N]` | `usize` |
/// | `&mut [MaybeUninit<u8>]`, `&mut [MaybeUninit<u8>; N]` | `(&mut [u8], usize)`: the bytes written, and the number |
/// | [`spare_capacity`]`(&mut vec)` | `usize`; the bytes are appended to the `Vec` |
///
/// The `usize` is the number that recv(2) returned, untouched. It counts the bytes written, except
/// with `MSG_TRUNC`, which asks for the true length of the message: then it can be larger than the
/// buffer.
///
/// No buffer is ever cleared first, so a large one costs nothing - with one exception. On TCP,
/// `MSG_TRUNC` makes the kernel throw bytes away and count them *without* writing them, so with that
/// flag, and with one that has no name here, an uninitialised buffer is cleared before the call.
///
/// ```
/// # fn main() -> sockets::Result<()> {
/// use core::mem::MaybeUninit;
/// use sockets::{Domain, Protocol, RecvFlags, SendFlags, Socket, Type, spare_capacity};
///
/// let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
/// for _ in 0..3 {
///     a.send(b"ten bytes!", SendFlags::empty())?;
/// }
///
/// let mut array = [0; 64];
/// let n = b.recv(&mut array, RecvFlags::empty())?;
/// assert_eq!(&array[..n], b"ten bytes!");
///
/// let mut uninit = [MaybeUninit::uninit(); 4];
/// let (data, true_length) = b.recv(&mut uninit, RecvFlags::MSG_TRUNC)?;
/// assert_eq!((&*data, true_length), (&b"ten "[..], 10));
///
/// let mut vec = Vec::with_capacity(64);
/// b.recv(spare_capacity(&mut vec), RecvFlags::empty())?;
/// assert_eq!(vec, b"ten bytes!");
/// # Ok(())
/// # }
/// ```
///
/// # Safety
///
/// Nothing outside this library can implement the trait: its methods are private to it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a receive buffer",
    note = "of a `Vec`, pass `&mut vec[..]` to overwrite it, or `spare_capacity(&mut vec)` to append to it"
)]
pub unsafe trait RecvBuffer: Sized + sealed::Sealed {
    /// What the caller gets.
    type Output;

    /// The memory for the kernel to write to.
    #[doc(hidden)]
    fn parts(&mut self) -> (*mut c_void, usize);

    /// Called before each call; `clear` says that the kernel may count bytes that it does not write.
    #[doc(hidden)]
    fn prepare(&mut self, clear: bool);

    /// Takes the result out.
    ///
    /// # Safety
    ///
    /// The call that was given `parts` has returned `n`, so the first `n` bytes (or all, if there are
    /// fewer) have been written, by the kernel or by `prepare(true)`.
    #[doc(hidden)]
    unsafe fn finish(self, n: usize) -> Self::Output;

    /// What recvmsg(2) gives of the buffer.
    #[doc(hidden)]
    type Bytes;

    /// The bytes that were written.
    ///
    /// # Safety
    ///
    /// As for `finish`.
    #[doc(hidden)]
    unsafe fn bytes(self, n: usize) -> Self::Bytes;
}

mod sealed {
    use super::{MaybeUninit, OutBuf, SpareCapacity};

    pub trait Sealed {}
    impl Sealed for OutBuf<'_> {}
    impl Sealed for &mut [u8] {}
    impl<const N: usize> Sealed for &mut [u8; N] {}
    impl Sealed for &mut [MaybeUninit<u8>] {}
    impl<const N: usize> Sealed for &mut [MaybeUninit<u8>; N] {}
    impl Sealed for SpareCapacity<'_> {}
}

/// May the kernel count bytes that it does not write, with these flags? Of the flags that we know, only
/// MSG_TRUNC does that; of others nobody can tell.
#[inline]
pub(super) const fn counts_unwritten(flags: c::c_int) -> bool {
    const ALL_WRITTEN: c::c_int = c::MSG_CMSG_CLOEXEC
        | c::MSG_DONTWAIT
        | c::MSG_ERRQUEUE
        | c::MSG_NOSIGNAL
        | c::MSG_OOB
        | c::MSG_PEEK
        | c::MSG_WAITALL
        | c::MSG_WAITFORONE;
    flags & !ALL_WRITTEN != 0
}

/// A place for bytes that stay with their owner: a slice, or the pointer and length that a C caller
/// gave.
#[derive(Debug)]
pub struct OutBuf<'a> {
    ptr: *mut c_void,
    len: usize,
    owner: PhantomData<&'a mut [u8]>,
}

impl<'a> OutBuf<'a> {
    /// The pointer and length that a C caller gave.
    ///
    /// # Safety
    ///
    /// Where memory is mapped at `ptr`, for `len` bytes, it is the caller's to have overwritten.
    /// (Where none is, the kernel answers EFAULT.)
    #[inline]
    pub const unsafe fn from_raw(ptr: *mut c_void, len: usize) -> Self {
        OutBuf { ptr, len, owner: PhantomData }
    }

    /// The same place, for one call.
    #[inline]
    pub(super) fn reborrow(&mut self) -> OutBuf<'_> {
        OutBuf { ptr: self.ptr, len: self.len, owner: PhantomData }
    }

    /// What comes after the first `n` bytes.
    #[inline]
    pub(super) fn after(self, n: usize) -> OutBuf<'a> {
        let n = n.min(self.len);
        OutBuf { ptr: self.ptr.cast::<u8>().wrapping_add(n).cast(), len: self.len - n, owner: PhantomData }
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl<'a> From<&'a mut [u8]> for OutBuf<'a> {
    #[inline]
    fn from(bytes: &'a mut [u8]) -> Self {
        OutBuf { ptr: bytes.as_mut_ptr().cast(), len: bytes.len(), owner: PhantomData }
    }
}

// SAFETY: the place was a slice, or the maker of the `OutBuf` has vouched for it.
unsafe impl RecvBuffer for OutBuf<'_> {
    type Output = usize;

    #[inline]
    fn parts(&mut self) -> (*mut c_void, usize) {
        (self.ptr, self.len)
    }

    #[inline]
    fn prepare(&mut self, _clear: bool) {}

    #[inline]
    unsafe fn finish(self, n: usize) -> usize {
        n
    }

    type Bytes = ();

    #[inline]
    unsafe fn bytes(self, _n: usize) {}
}

/// Implements the trait for what derefs to `[u8]`: initialised memory, whatever the kernel writes.
macro_rules! initialised {
    ($([$($generics:tt)*] $type:ty;)+) => {
        $(
            // SAFETY: the memory is an exclusively borrowed slice of bytes.
            unsafe impl<'a, $($generics)*> RecvBuffer for $type {
                type Output = usize;

                #[inline]
                fn parts(&mut self) -> (*mut c_void, usize) {
                    (self.as_mut_ptr().cast(), self.len())
                }

                #[inline]
                fn prepare(&mut self, _clear: bool) {}

                #[inline]
                unsafe fn finish(self, n: usize) -> usize {
                    n
                }

                type Bytes = &'a mut [u8];

                #[inline]
                unsafe fn bytes(self, n: usize) -> &'a mut [u8] {
                    let written = n.min(self.len());
                    self.get_mut(..written).unwrap_or_default()
                }
            }
        )+
    };
}

initialised! {
    [] &'a mut [u8];
    [const N: usize] &'a mut [u8; N];
}

// SAFETY: the memory is an exclusively borrowed slice of possibly uninitialised bytes.
unsafe impl<'a> RecvBuffer for &'a mut [MaybeUninit<u8>] {
    type Output = (&'a mut [u8], usize);

    #[inline]
    fn parts(&mut self) -> (*mut c_void, usize) {
        (self.as_mut_ptr().cast(), self.len())
    }

    #[inline]
    fn prepare(&mut self, clear: bool) {
        if clear {
            self.fill(MaybeUninit::new(0));
        }
    }

    #[inline]
    unsafe fn finish(self, n: usize) -> (&'a mut [u8], usize) {
        // SAFETY: the caller's word, passed on.
        (unsafe { written(self, n) }, n)
    }

    type Bytes = &'a mut [u8];

    #[inline]
    unsafe fn bytes(self, n: usize) -> &'a mut [u8] {
        // SAFETY: the caller's word, passed on.
        unsafe { written(self, n) }
    }
}

// SAFETY: as for the slice.
unsafe impl<'a, const N: usize> RecvBuffer for &'a mut [MaybeUninit<u8>; N] {
    type Output = (&'a mut [u8], usize);

    #[inline]
    fn parts(&mut self) -> (*mut c_void, usize) {
        (self.as_mut_ptr().cast(), N)
    }

    #[inline]
    fn prepare(&mut self, clear: bool) {
        if clear {
            self.fill(MaybeUninit::new(0));
        }
    }

    #[inline]
    unsafe fn finish(self, n: usize) -> (&'a mut [u8], usize) {
        // SAFETY: the caller's word, passed on.
        (unsafe { written(self, n) }, n)
    }

    type Bytes = &'a mut [u8];

    #[inline]
    unsafe fn bytes(self, n: usize) -> &'a mut [u8] {
        // SAFETY: the caller's word, passed on.
        unsafe { written(self, n) }
    }
}

/// The unused capacity of a `Vec`, as a receive buffer. Made by [`spare_capacity`].
#[derive(Debug)]
pub struct SpareCapacity<'a>(&'a mut Vec<u8>);

/// The unused capacity of `vec` as a [`RecvBuffer`]: received bytes are appended, and the `Vec` never grows. A `Vec` without spare capacity is a buffer of length 0.
///
/// ```
/// # fn main() -> sockets::Result<()> {
/// use sockets::{Domain, Protocol, RecvFlags, SendFlags, Socket, Type, spare_capacity};
///
/// let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT)?;
/// a.send(b" world", SendFlags::empty())?;
/// let mut text = Vec::with_capacity(100);
/// text.extend_from_slice(b"hello");
/// assert_eq!(b.recv(spare_capacity(&mut text), RecvFlags::empty())?, 6);
/// assert_eq!(text, b"hello world");
/// # Ok(())
/// # }
/// ```
#[inline]
pub fn spare_capacity(vec: &mut Vec<u8>) -> SpareCapacity<'_> {
    SpareCapacity(vec)
}

// SAFETY: the memory is the unused capacity of an exclusively borrowed `Vec`.
unsafe impl<'a> RecvBuffer for SpareCapacity<'a> {
    type Output = usize;

    #[inline]
    fn parts(&mut self) -> (*mut c_void, usize) {
        let spare = self.0.spare_capacity_mut();
        (spare.as_mut_ptr().cast(), spare.len())
    }

    #[inline]
    fn prepare(&mut self, clear: bool) {
        if clear {
            self.0.spare_capacity_mut().fill(MaybeUninit::new(0));
        }
    }

    #[inline]
    unsafe fn finish(self, n: usize) -> usize {
        let used = self.0.len();
        let spare = self.0.capacity() - used;
        // SAFETY: not beyond the capacity, and the bytes up to there are initialised, as the caller says.
        unsafe { self.0.set_len(used + n.min(spare)) };
        n
    }

    type Bytes = &'a mut [u8];

    #[inline]
    unsafe fn bytes(self, n: usize) -> &'a mut [u8] {
        let used = self.0.len();
        let spare = self.0.capacity() - used;
        // SAFETY: not beyond the capacity, and the bytes up to there are initialised, as the caller says.
        unsafe { self.0.set_len(used + n.min(spare)) };
        self.0.get_mut(used..).unwrap_or_default()
    }
}
