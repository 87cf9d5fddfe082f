//! Options of raw sockets: which types of ICMP are received.

use core::fmt;

use super::{ReadValue, WriteValue, put, value, whole};
use crate::error::Result;
use crate::opt::info::OptSize;
use crate::sys::{Fd, OptName};

/// Which types of ICMP a raw socket receives: `struct icmp_filter`, a bit for each of the first 32 types, set to
/// block it. Later types always pass.
///
/// ```
/// use sockets::opt::Icmp4Filter;
/// use sockets::raw::{ICMP_ECHO, ICMP_ECHOREPLY};
///
/// let filter = Icmp4Filter::block_all().pass(ICMP_ECHOREPLY);
/// assert!(filter.passes(ICMP_ECHOREPLY) && !filter.passes(ICMP_ECHO));
/// ```
///
/// [raw(7)](https://man7.org/linux/man-pages/man7/raw.7.html)
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Icmp4Filter(u32);

/// Which types of ICMPv6 a raw socket receives: `struct icmp6_filter`, a bit for each type. (On Linux a set bit
/// blocks, elsewhere it passes; here the methods say which.)
///
/// ```
/// use sockets::opt::Icmp6Filter;
/// use sockets::raw::{ICMP6_ECHO_REPLY, ICMP6_ECHO_REQUEST};
///
/// let filter = Icmp6Filter::block_all().pass(ICMP6_ECHO_REPLY);
/// assert!(filter.passes(ICMP6_ECHO_REPLY) && !filter.passes(ICMP6_ECHO_REQUEST));
/// ```
///
/// RFC 3542, section 3.2
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Icmp6Filter([u32; 8]);

impl Icmp4Filter {
    /// Everything passes: what a new socket has.
    pub const fn pass_all() -> Self {
        Icmp4Filter(0)
    }

    /// None of the first 32 types passes.
    pub const fn block_all() -> Self {
        Icmp4Filter(!0)
    }

    /// Lets a type pass.
    #[must_use]
    pub const fn pass(self, ty: u8) -> Self {
        Icmp4Filter(self.0 & !Self::bit(ty))
    }

    /// Blocks a type; those from 32 on cannot be blocked.
    #[must_use]
    pub const fn block(self, ty: u8) -> Self {
        Icmp4Filter(self.0 | Self::bit(ty))
    }

    /// Does a type pass?
    pub const fn passes(self, ty: u8) -> bool {
        self.0 & Self::bit(ty) == 0
    }

    const fn bit(ty: u8) -> u32 {
        if ty < 32 { 1 << ty } else { 0 }
    }
}

impl Icmp6Filter {
    /// Everything passes: what a new socket has.
    pub const fn pass_all() -> Self {
        Icmp6Filter([0; 8])
    }

    /// Nothing passes.
    pub const fn block_all() -> Self {
        Icmp6Filter([!0; 8])
    }

    /// Lets a type pass.
    #[must_use]
    pub fn pass(mut self, ty: u8) -> Self {
        self.change(ty, |word, bit| word & !bit);
        self
    }

    /// Blocks a type.
    #[must_use]
    pub fn block(mut self, ty: u8) -> Self {
        self.change(ty, |word, bit| word | bit);
        self
    }

    /// Does a type pass?
    pub fn passes(self, ty: u8) -> bool {
        self.0.get(usize::from(ty / 32)).is_some_and(|word| word & Self::bit(ty) == 0)
    }

    fn change(&mut self, ty: u8, change: impl Fn(u32, u32) -> u32) {
        if let Some(word) = self.0.get_mut(usize::from(ty / 32)) {
            *word = change(*word, Self::bit(ty));
        }
    }

    const fn bit(ty: u8) -> u32 {
        1 << (ty % 32)
    }
}

/// Writes the types that pass, or those that do not, whichever are fewer.
fn show(f: &mut fmt::Formatter<'_>, types: u16, passes: impl Fn(u8) -> bool) -> fmt::Result {
    let all = || (0..types).map(|ty| ty as u8);
    let passing = all().filter(|ty| passes(*ty)).count();
    let (word, wanted) = if passing <= usize::from(types / 2) { ("pass", true) } else { ("block", false) };
    f.write_str(word)?;
    let mut listed = all().filter(|ty| passes(*ty) == wanted).peekable();
    if listed.peek().is_none() {
        return f.write_str(" none");
    }
    listed.try_for_each(|ty| write!(f, " {ty}"))
}

impl fmt::Debug for Icmp4Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(f, 32, |ty| self.passes(ty))
    }
}

impl fmt::Debug for Icmp6Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(f, 256, |ty| self.passes(ty))
    }
}

value! {
    Icmp4Filter: Struct, "struct icmp_filter", OptSize::of::<u32>();
    Icmp6Filter: Struct, "struct icmp6_filter", OptSize::of::<[u32; 8]>();
}

impl ReadValue for Icmp4Filter {
    type Output = Icmp4Filter;

    fn get(fd: Fd<'_>, option: OptName) -> Result<Icmp4Filter> {
        whole(fd, option).map(Icmp4Filter)
    }
}

impl WriteValue for Icmp4Filter {
    type Input<'a> = Icmp4Filter;

    fn set(fd: Fd<'_>, option: OptName, value: Icmp4Filter) -> Result<()> {
        put(fd, option, &value.0)
    }
}

impl ReadValue for Icmp6Filter {
    type Output = Icmp6Filter;

    fn get(fd: Fd<'_>, option: OptName) -> Result<Icmp6Filter> {
        whole(fd, option).map(Icmp6Filter)
    }
}

impl WriteValue for Icmp6Filter {
    type Input<'a> = Icmp6Filter;

    fn set(fd: Fd<'_>, option: OptName, value: Icmp6Filter) -> Result<()> {
        put(fd, option, &value.0)
    }
}
