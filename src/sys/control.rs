//! Control messages that the kernel has written, and the descriptors in them, which have an owner from that moment on.

use core::ffi::c_int;
use std::os::fd::{FromRawFd, OwnedFd};

use super::c;
use crate::cmsg::walk::place;

/// The control messages of one receive. Closes the descriptors that nobody has taken out of it.
#[derive(Debug)]
pub struct Control<'a> {
    bytes: &'a mut [u8],
}

impl<'a> Control<'a> {
    /// The messages in `bytes`.
    ///
    /// # Safety
    ///
    /// Every number in a message of SCM_RIGHTS or SCM_PIDFD is a descriptor that nobody owns, or negative, or not open.
    #[inline]
    pub(super) unsafe fn new(bytes: &'a mut [u8]) -> Self {
        Control { bytes }
    }

    /// The bytes: descriptors that were taken are -1 there.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes
    }

    /// Takes the descriptors out of the messages of one type.
    #[inline]
    pub(crate) fn take(&mut self, which: Which) -> Taking<'_> {
        Taking { bytes: self.bytes, which, fd: 0, end: 0, next: 0 }
    }
}

impl Drop for Control<'_> {
    #[inline]
    fn drop(&mut self) {
        // Most sockets never see a control message.
        if !self.bytes.is_empty() {
            close_all(self);
        }
    }
}

/// Closes what is left.
fn close_all(control: &mut Control<'_>) {
    while let Some(fd) = control.take(Which::Any).next_fd() {
        drop(fd);
    }
}

/// Which messages to take descriptors from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    Rights,
    Pidfd,
    Any,
}

impl Which {
    #[inline]
    fn wants(self, level: c_int, ty: c_int) -> bool {
        let is_wanted = match self {
            Which::Rights => ty == c::SCM_RIGHTS,
            Which::Pidfd => ty == c::SCM_PIDFD,
            Which::Any => ty == c::SCM_RIGHTS || ty == c::SCM_PIDFD,
        };
        level == c::SOL_SOCKET && is_wanted
    }
}

/// Descriptors on their way out.
#[derive(Debug)]
pub(crate) struct Taking<'a> {
    bytes: &'a mut [u8],
    which: Which,
    /// Where the next descriptor is, and where those of its message end.
    fd: usize,
    end: usize,
    /// Where the next message begins.
    next: usize,
}

impl Taking<'_> {
    /// The next number, which is in these bytes no more.
    #[inline]
    fn next_number(&mut self) -> Option<c_int> {
        loop {
            if let Some(slot) = self.bytes.get_mut(self.fd..self.end).and_then(<[u8]>::first_chunk_mut) {
                self.fd += size_of::<c_int>();
                return Some(c_int::from_ne_bytes(core::mem::replace(slot, (-1 as c_int).to_ne_bytes())));
            }
            let place = place(self.bytes, self.next)?;
            self.next = place.next;
            if self.which.wants(place.level, place.ty) {
                (self.fd, self.end) = (place.data.start, place.data.end);
            }
        }
    }

    /// The next descriptor, or the negative number that the kernel gives where it could make none.
    #[inline]
    pub(crate) fn next_result(&mut self) -> Option<Result<OwnedFd, c_int>> {
        loop {
            match self.next_number()? {
                -1 => {}
                number if number < 0 => return Some(Err(number)),
                // SAFETY: nobody owned it, says the maker of the `Control`; and -1 stands in its place now, so nobody
                // else will.
                fd => return Some(Ok(unsafe { OwnedFd::from_raw_fd(fd) })),
            }
        }
    }

    /// The next descriptor.
    #[inline]
    pub(crate) fn next_fd(&mut self) -> Option<OwnedFd> {
        loop {
            if let Ok(fd) = self.next_result()? {
                return Some(fd);
            }
        }
    }
}
