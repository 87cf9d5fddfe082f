//! Error numbers as the system gives them.
//!
//! nix's `Errno` is an enum and forgets a number that it has no name for. The C face must not, so the
//! number stays raw up to the safe API, which converts it.

use core::ffi::c_int;

use nix::errno::Errno;

use super::c;

/// The error number of a failed call: positive, as in `errno`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawErrno(c_int);

/// What every function of this module returns.
pub type Result<T> = core::result::Result<T, RawErrno>;

impl RawErrno {
    /// EINVAL, as a constant.
    pub const EINVAL: RawErrno = RawErrno(c::EINVAL);
    /// EPIPE, as a constant.
    pub(super) const EPIPE: RawErrno = RawErrno(c::EPIPE);

    /// The error of a number that the kernel has reported as a value, as SO_ERROR does.
    #[inline]
    pub const fn from_raw(number: c_int) -> Self {
        RawErrno(public(number))
    }

    /// The number, positive.
    #[inline]
    pub const fn raw(self) -> c_int {
        self.0
    }
}

impl From<Errno> for RawErrno {
    #[inline]
    fn from(errno: Errno) -> Self {
        RawErrno(errno as c_int)
    }
}

impl From<RawErrno> for Errno {
    /// One load for the numbers of [`COMMON`]: EAGAIN is a result like any other to a non-blocking caller,
    /// and nix's own conversion is a call into another crate.
    #[inline]
    fn from(errno: RawErrno) -> Self {
        match COMMON.get(errno.0 as u32 as usize) {
            Some(named) => *named,
            None => rare(errno),
        }
    }
}

/// The errors by number, as far as most machines have names.
static COMMON: [Errno; 134] = {
    let mut table = [Errno::UnknownErrno; 134];
    let mut number = 0;
    while number < table.len() {
        table[number] = Errno::from_raw(number as c_int);
        number += 1;
    }
    table
};

/// The error of a number beyond [`COMMON`].
#[cold]
fn rare(errno: RawErrno) -> Errno {
    Errno::from_raw(errno.0)
}

/// The error of the call that has just failed. `errno` is left equal to it, so that the C face need
/// not store it again.
#[inline]
pub(super) fn last() -> RawErrno {
    // SAFETY: takes nothing, and returns the address of this thread's errno.
    let place = unsafe { c::__errno_location() };
    // SAFETY: errno lives as long as its thread, which is the one that runs here.
    let errno = unsafe { &mut *place };
    // The bound that the conversion to `Errno` needs too, so that the common error is checked once.
    if *errno as u32 as usize >= COMMON.len() {
        uncommon(errno);
    }
    RawErrno(*errno)
}

/// Sets `errno` to the error of an earlier call, for the C face, where another call has come in between.
#[cold]
pub(super) fn restore(error: RawErrno) {
    // SAFETY: takes nothing, and returns the address of this thread's errno.
    let place = unsafe { c::__errno_location() };
    // SAFETY: errno lives as long as its thread, which is the one that runs here.
    unsafe { *place = error.0 };
}

#[cold]
fn uncommon(errno: &mut c_int) {
    *errno = public(*errno);
}

/// The number for user space: what the kernel lets slip of its own becomes what it means to a caller.
const fn public(number: c_int) -> c_int {
    match number {
        c::ERESTARTSYS | c::ERESTARTNOINTR | c::ERESTARTNOHAND | c::ERESTART_RESTARTBLOCK => c::EINTR,
        c::ENOTSUPP => c::EOPNOTSUPP,
        number => number,
    }
}

/// The result of a call that returns -1 on failure and a small number otherwise.
#[inline]
pub(super) fn check(rc: c_int) -> Result<c_int> {
    if rc < 0 { Err(last()) } else { Ok(rc) }
}

/// The same for a call without a result of its own.
#[inline]
pub(super) fn check_unit(rc: c_int) -> Result<()> {
    if rc < 0 { Err(last()) } else { Ok(()) }
}

/// The same for a call that returns a number of bytes.
#[inline]
pub(super) fn check_size(rc: isize) -> Result<usize> {
    if rc < 0 { Err(last()) } else { Ok(rc as usize) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set_errno(number: c_int) {
        // SAFETY: takes nothing, and returns the address of this thread's errno.
        let place = unsafe { c::__errno_location() };
        // SAFETY: errno lives as long as its thread, which is the one that runs here.
        unsafe { *place = number };
    }

    #[test]
    fn a_number_without_a_name_survives() {
        set_errno(3999);
        assert_eq!(check(-1).unwrap_err().raw(), 3999);
        assert_eq!(check_size(-1).unwrap_err().raw(), 3999);
        assert_eq!(check_unit(-1).unwrap_err().raw(), 3999);
    }

    #[test]
    fn the_numbers_of_the_kernel_become_public_ones_also_in_errno() {
        for (number, public) in [
            (512, Errno::EINTR),
            (513, Errno::EINTR),
            (514, Errno::EINTR),
            (516, Errno::EINTR),
            (524, Errno::EOPNOTSUPP),
        ] {
            set_errno(number);
            assert_eq!(Errno::from(check(-1).unwrap_err()), public);
            assert_eq!(Errno::last(), public);
            assert_eq!(RawErrno::from_raw(number).raw(), public as c_int);
        }
    }

    #[test]
    fn success_keeps_the_value() {
        assert_eq!(check(7), Ok(7));
        assert_eq!(check_size(isize::MAX), Ok(isize::MAX as usize));
        assert_eq!(check_unit(0), Ok(()));
    }
}
