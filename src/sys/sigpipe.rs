//! No SIGPIPE from calls that know no MSG_NOSIGNAL.

use core::ffi::c_int;
use core::mem::MaybeUninit;
use core::ptr::{from_ref, null_mut};

use super::c;
use super::errno::{RawErrno, Result, restore};

/// Makes a call that moves up to `count` bytes, and that may raise SIGPIPE: pthread_sigmask(3) blocks the signal for this thread
/// meanwhile, sigtimedwait(2) takes it away if it was raised, and pthread_sigmask(3) restores the mask. One that was pending before
/// stays; sigpending(2) is asked where the signal was blocked already.
///
/// The kernel sends it to the thread that makes the call, and to no other. There is nothing with a destructor here: see
/// [`call`](super::call).
#[inline]
pub(super) fn without_sigpipe(count: usize, call: impl FnOnce() -> Result<usize>) -> Result<usize> {
    let sigpipe = sigpipe();
    let before = change(c::SIG_BLOCK, &sigpipe);
    let was_blocked = holds(&before);
    let was_pending = was_blocked && holds(&pending());
    let result = call();
    if !was_pending && may_have_raised(&result, count) {
        take(&sigpipe);
        if let Err(error) = result {
            restore(error);
        }
    }
    if !was_blocked {
        change(c::SIG_SETMASK, &before);
    }
    result
}

/// A call that has moved something before the pipe broke reports that, and raises the signal all the same.
#[inline]
fn may_have_raised(result: &Result<usize>, count: usize) -> bool {
    match result {
        Ok(n) => *n < count,
        Err(error) => *error == RawErrno::EPIPE,
    }
}

/// The set of SIGPIPE alone.
#[inline]
fn sigpipe() -> c::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: writes one set.
    unsafe { c::sigemptyset(set.as_mut_ptr()) };
    // SAFETY: the set was just made, and the number is that of a signal.
    unsafe { c::sigaddset(set.as_mut_ptr(), c::SIGPIPE) };
    // SAFETY: sigemptyset(3) has written it.
    unsafe { set.assume_init() }
}

#[inline]
fn holds(set: &c::sigset_t) -> bool {
    // SAFETY: reads one set.
    unsafe { c::sigismember(from_ref(set), c::SIGPIPE) == 1 }
}

/// pthread_sigmask(3): returns the mask before. It cannot fail: the pointers and the first argument are good.
#[inline]
fn change(how: c_int, set: &c::sigset_t) -> c::sigset_t {
    let mut before = MaybeUninit::<c::sigset_t>::zeroed();
    // SAFETY: reads one set and writes another.
    unsafe { c::pthread_sigmask(how, from_ref(set), before.as_mut_ptr()) };
    // SAFETY: integers: any bytes are a set.
    unsafe { before.assume_init() }
}

/// sigpending(2).
#[cold]
fn pending() -> c::sigset_t {
    let mut set = MaybeUninit::<c::sigset_t>::zeroed();
    // SAFETY: writes one set.
    unsafe { c::sigpending(set.as_mut_ptr()) };
    // SAFETY: integers: any bytes are a set.
    unsafe { set.assume_init() }
}

/// sigtimedwait(2) without a wait: takes a pending SIGPIPE away, this thread's own first.
#[cold]
fn take(sigpipe: &c::sigset_t) {
    // SAFETY: integers and, on some systems, private padding: all 0 is a valid value.
    let no_time: c::timespec = unsafe { core::mem::zeroed() };
    loop {
        // SAFETY: reads a set and a time; nobody wants the details.
        let signal = unsafe { c::sigtimedwait(from_ref(sigpipe), null_mut(), from_ref(&no_time)) };
        if signal >= 0 || super::errno::last().raw() != c::EINTR {
            return;
        }
    }
}
