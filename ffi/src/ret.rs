//! How results become what C gets: the value, or the negative errno with `errno` set to the same number.

use std::panic::{AssertUnwindSafe, catch_unwind};

use libc::{c_int, ssize_t};
use sockets::Errno;
use sockets::sys::{RawErrno, Result};

/// The result of one system call. libc has set `errno` to the number that is returned here.
#[inline]
pub(crate) fn int(result: Result<c_int>) -> c_int {
    match result {
        Ok(value) => value,
        Err(error) => -error.raw(),
    }
}

/// The same for a call without a value of its own.
#[inline]
pub(crate) fn unit(result: Result<()>) -> c_int {
    match result {
        Ok(()) => 0,
        Err(error) => -error.raw(),
    }
}

/// The same for a call that returns a number of bytes. The kernel never moves more than `ssize_t` holds.
#[inline]
pub(crate) fn size(result: Result<usize>) -> ssize_t {
    match result {
        Ok(n) => n as ssize_t,
        Err(error) => -(error.raw() as ssize_t),
    }
}

/// An error that no call has just put into `errno`.
#[cold]
pub(crate) fn fail(error: impl Into<RawErrno>) -> c_int {
    // 0 is a number that nobody has a name for, and would be success.
    let number = match error.into().raw() {
        0 => libc::EIO,
        number => number,
    };
    // SAFETY: takes nothing, and returns the address of this thread's errno.
    let place = unsafe { libc::__errno_location() };
    // SAFETY: errno lives as long as its thread, which is the one that runs here.
    unsafe { *place = number };
    -number
}

/// Runs what is more than one call: `errno` is set again, last of all, a panic becomes ENOTRECOVERABLE, and
/// a cancellation waits, because it cannot be unwound from here.
pub(crate) fn guard(body: impl FnOnce() -> Result<c_int>) -> c_int {
    without_cancellation(|| match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => value,
        Ok(Err(error)) => fail(error),
        Err(_) => fail(Errno::ENOTRECOVERABLE),
    })
}

/// Runs what must come to its end, to restore what it changed or to free what it has, while the thread cannot be
/// cancelled.
pub(crate) fn without_cancellation(body: impl FnOnce() -> c_int) -> c_int {
    unsafe extern "C" {
        fn pthread_setcancelstate(state: c_int, old: *mut c_int) -> c_int;
    }
    /// pthread.h, the same in glibc and musl.
    const PTHREAD_CANCEL_DISABLE: c_int = 1;

    let mut before = 0;
    // SAFETY: `before` may be written.
    unsafe { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &raw mut before) };
    let result = body();
    // SAFETY: `before` is a state that the function has just given, and may be written.
    unsafe { pthread_setcancelstate(before, &raw mut before) };
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_without_a_name_is_no_success() {
        assert_eq!(guard(|| Err(Errno::from_raw(4000).into())), -libc::EIO);
    }
}
