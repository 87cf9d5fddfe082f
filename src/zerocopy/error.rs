//! A refusal that gives back what it was given.

use core::fmt;

use crate::error::Errno;

/// A call that was refused, and what it was given, back.
///
/// Converts into [`Errno`] and [`std::io::Error`] with `?`, for those to whom the value is nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ZerocopyError<T> {
    /// The error.
    pub errno: Errno,
    /// What the call was given: the socket, the buffer, the queue.
    pub value: T,
}

impl<T> ZerocopyError<T> {
    pub(super) fn new(errno: impl Into<Errno>, value: T) -> Self {
        ZerocopyError { errno: errno.into(), value }
    }
}

impl<T> fmt::Debug for ZerocopyError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZerocopyError").field("errno", &self.errno).finish_non_exhaustive()
    }
}

impl<T> fmt::Display for ZerocopyError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.errno.fmt(f)
    }
}

impl<T> std::error::Error for ZerocopyError<T> {}

impl<T> From<ZerocopyError<T>> for Errno {
    fn from(error: ZerocopyError<T>) -> Self {
        error.errno
    }
}

impl<T> From<ZerocopyError<T>> for std::io::Error {
    fn from(error: ZerocopyError<T>) -> Self {
        error.errno.into()
    }
}
