//! Text for C callers, written as snprintf(3) writes it.

use std::ffi::c_char;
use std::fmt::{self, Write};
use std::mem::MaybeUninit;
use std::slice;

use libc::{c_int, size_t};
use sockets::Errno;
use sockets::sys::Result;

/// A place for text that counts what does not fit.
pub(crate) struct Text<'a> {
    place: &'a mut [MaybeUninit<u8>],
    len: usize,
}

impl Text<'_> {
    /// # Safety
    ///
    /// `ptr` is NULL, or `size` bytes can be written there.
    pub(crate) unsafe fn new(ptr: *mut c_char, size: size_t) -> Result<Self> {
        if size > isize::MAX as usize {
            return Err(Errno::EINVAL.into());
        }
        if size == 0 {
            return Ok(Text { place: &mut [], len: 0 });
        }
        if ptr.is_null() {
            return Err(Errno::EFAULT.into());
        }
        // SAFETY: not NULL, not too long, and writable, as the caller says.
        let place = unsafe { slice::from_raw_parts_mut(ptr.cast(), size) };
        Ok(Text { place, len: 0 })
    }

    /// Ends the text with a NUL, and tells how long it is.
    pub(crate) fn finish(self) -> Result<c_int> {
        let last = self.place.len().saturating_sub(1);
        if let Some(end) = self.place.get_mut(self.len.min(last)) {
            end.write(0);
        }
        c_int::try_from(self.len).map_err(|_| Errno::EINVAL.into())
    }
}

impl Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let rest = self.place.get_mut(self.len..).unwrap_or_default();
        for (place, byte) in rest.iter_mut().zip(text.bytes()) {
            place.write(byte);
        }
        self.len = self.len.saturating_add(text.len());
        Ok(())
    }
}

/// Text with a NUL behind it. (That it fits is tested for all rows.)
pub(crate) fn chars<const N: usize>(text: &str) -> [c_char; N] {
    let mut chars = [0; N];
    for (place, byte) in chars.iter_mut().take(N.saturating_sub(1)).zip(text.bytes()) {
        *place = byte as c_char;
    }
    chars
}
