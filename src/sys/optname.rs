//! Which option: the level and number of getsockopt(2) and setsockopt(2).

use core::ffi::c_int;

/// An option, by level and number. Whoever makes one answers for what the kernel does with the value: that
/// it holds no pointers, or only such as the kernel may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptName {
    level: c_int,
    number: c_int,
}

impl OptName {
    /// An option of our own tables, or an `int` one of a user's (see `Opt::new`).
    #[inline]
    pub(crate) const fn new(level: c_int, number: c_int) -> Self {
        OptName { level, number }
    }

    /// The level and number that a C caller gave.
    ///
    /// # Safety
    ///
    /// Where the option takes or gives a structure that holds pointers, or writes more than the length says,
    /// the caller answers for it.
    #[inline]
    pub const unsafe fn from_raw(level: c_int, number: c_int) -> Self {
        OptName { level, number }
    }

    /// The level, as C has it.
    #[inline]
    pub const fn level(self) -> c_int {
        self.level
    }

    /// The number, as C has it.
    #[inline]
    pub const fn number(self) -> c_int {
        self.number
    }
}
