//! Memory that a send with MSG_ZEROCOPY may read after the call, and values with a last act.

use core::fmt;
use core::mem::{ManuallyDrop, forget};
use core::ops::{Deref, DerefMut};
use std::sync::Arc;

/// What [`Zerocopy`](crate::Zerocopy) sends: `Vec<u8>`, `Box<[u8]>`, `Arc<[u8]>`, `Arc<Vec<u8>>`, `&'static [u8]`.
///
/// # Safety
///
/// Nothing outside this library can implement the trait: its methods are private to it.
///
/// `bytes` gives the same memory with the same bytes each time, wherever the value is moved to, for as long as it is
/// neither dropped nor lent mutably.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent without a copy",
    note = "pass an owner of bytes that do not move or change: `Vec<u8>`, `Box<[u8]>`, `Arc<[u8]>`, `&'static [u8]`"
)]
pub unsafe trait ZerocopyBuffer: sealed::Sealed {
    /// The bytes to send.
    #[doc(hidden)]
    fn bytes(&self) -> &[u8];
}

mod sealed {
    pub trait Sealed {}
}

/// Implements the trait; each line says why.
macro_rules! stable {
    ($($(#[doc = $why:literal])+ $type:ty;)+) => {
        $(
            impl sealed::Sealed for $type {}

            $(#[doc = $why])+
            // SAFETY: the bytes are not in the value itself, so they do not move with it; and what could change them
            // needs the value, or it is borrowed for ever.
            unsafe impl ZerocopyBuffer for $type {
                #[inline]
                fn bytes(&self) -> &[u8] {
                    self
                }
            }
        )+
    };
}

stable! {
    /// Owns its bytes, on the heap.
    Vec<u8>;
    /// Owns its bytes, on the heap.
    Box<[u8]>;
    /// While one `Arc` lives, no other gives them away mutably.
    Arc<[u8]>;
    /// While one `Arc` lives, no other gives them away mutably.
    Arc<Vec<u8>>;
    /// Borrowed for ever.
    &'static [u8];
}

/// What a value does before it is dropped, if nobody has taken it out of its [`Armed`].
pub(crate) trait LastAct {
    fn last_act(&mut self);
}

/// A value with a last act, which can be taken out without it.
pub(crate) struct Armed<T: LastAct>(ManuallyDrop<T>);

impl<T: LastAct> Armed<T> {
    pub(crate) fn new(value: T) -> Self {
        Armed(ManuallyDrop::new(value))
    }

    /// The value, which no longer has a last act.
    pub(crate) fn disarm(mut self) -> T {
        // SAFETY: taken once: `self` is forgotten in the next line, so neither its `drop` nor anybody else sees it again.
        let value = unsafe { ManuallyDrop::take(&mut self.0) };
        forget(self);
        value
    }
}

impl<T: LastAct> Drop for Armed<T> {
    fn drop(&mut self) {
        self.0.last_act();
        // SAFETY: this is the end of `self`, and `disarm`, which alone takes the value out, does not come here.
        unsafe { ManuallyDrop::drop(&mut self.0) };
    }
}

impl<T: LastAct> Deref for Armed<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: LastAct> DerefMut for Armed<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: LastAct + fmt::Debug> fmt::Debug for Armed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
