//! The kinds of value that options hold: the C type on one side, what a person expects on the other.
//!
//! A kind is a type without values that a row names. To add one: declare it with `kind!`, and say how it is
//! read ([`ReadValue`]) and set ([`WriteValue`]), with the functions at the end of this file.

mod bytes;
mod fd;
mod filter;
mod group;
mod icmp;
mod int;
mod ip;
mod ipv6;
mod mptcp;
mod multicast;
mod packet;
mod process;
mod tcp;
mod tcp_ao;
mod tcp_info;
mod text;
mod time;
mod timestamp;
mod udp;

use core::fmt;

use super::info::{Kind, OptSize};
use crate::error::{Errno, Result};
use crate::sys::{self, Fd, InBuf, NewValue, OptName, Pod};

pub use bytes::*;
pub use fd::*;
pub use filter::*;
pub use group::*;
pub use icmp::*;
pub use int::*;
pub use ip::*;
pub use ipv6::*;
pub use mptcp::*;
pub use multicast::*;
pub use packet::*;
pub use process::*;
pub use tcp::*;
pub use tcp_ao::*;
pub use tcp_info::*;
pub use text::*;
pub use time::*;
pub use timestamp::*;
pub use udp::*;

/// A kind of value: its C type. The kinds of this library are all there are; a type of your own with names for
/// the numbers of an `int` goes into [`IntAs`].
pub trait Value: sealed::Sealed {
    /// What the bytes are, for tools.
    const KIND: Kind;
    /// The C type, as C writes it.
    const C_TYPE: &'static str;
    /// How many bytes it can have.
    const SIZE: OptSize;
}

pub(super) mod sealed {
    pub trait Sealed {}
}

/// A value that can be read.
pub trait ReadValue: Value {
    /// What [`getsockopt`](crate::Socket::getsockopt) gives.
    type Output: fmt::Debug;

    /// getsockopt(2).
    #[doc(hidden)]
    fn get(fd: Fd<'_>, option: OptName) -> Result<Self::Output>;

    /// Writes a value for people.
    #[doc(hidden)]
    fn show(value: &Self::Output, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(value, f)
    }
}

/// A value that can be set.
pub trait WriteValue: Value {
    /// What [`setsockopt`](crate::Socket::setsockopt) takes.
    type Input<'a>;

    /// setsockopt(2).
    #[doc(hidden)]
    fn set(fd: Fd<'_>, option: OptName, value: Self::Input<'_>) -> Result<()>;
}

/// A value that is read by asking for it: getsockopt(2) finds the question where it puts the answer.
pub trait AskValue: Value {
    /// What [`getsockopt_with`](crate::Socket::getsockopt_with) takes.
    type Question<'a>;
    /// What it gives.
    type Answer: fmt::Debug;

    /// getsockopt(2).
    #[doc(hidden)]
    fn ask(fd: Fd<'_>, option: OptName, question: Self::Question<'_>) -> Result<Self::Answer>;
}

/// Declares kinds: types without values, what their bytes are, the C type, how many bytes it can have.
macro_rules! kind {
    ($(
        $(#[$doc:meta])+
        $name:ident: $kind:ident, $c_type:literal, $size:expr;
    )+) => {
        $(
            $(#[$doc])+
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl $crate::opt::value::sealed::Sealed for $name {}

            impl $crate::opt::Value for $name {
                const KIND: $crate::opt::Kind = $crate::opt::Kind::$kind;
                const C_TYPE: &'static str = $c_type;
                const SIZE: $crate::opt::OptSize = $size;
            }
        )+
    };
}

/// Declares types that are the kinds of their own values, in the form of `kind!`.
macro_rules! value {
    ($($name:ty: $kind:ident, $c_type:literal, $size:expr;)+) => {
        $(
            impl $crate::opt::value::sealed::Sealed for $name {}

            impl $crate::opt::Value for $name {
                const KIND: $crate::opt::Kind = $crate::opt::Kind::$kind;
                const C_TYPE: &'static str = $c_type;
                const SIZE: $crate::opt::OptSize = $size;
            }
        )+
    };
}

use {kind, value};

/// Reads a C type of which the kernel must write the whole, no less and no more.
#[inline]
fn whole<R: Pod>(fd: Fd<'_>, option: OptName) -> Result<R> {
    let (raw, len) = sys::getsockopt(fd, option, NewValue::new())?;
    if len == size_of::<R>() { Ok(raw) } else { Err(Errno::EINVAL) }
}

/// The same for an option that is refused where there is more room than it needs.
fn exact<R: Pod>(fd: Fd<'_>, option: OptName) -> Result<R> {
    let (raw, len) = sys::getsockopt(fd, option, NewValue::exact())?;
    if len == size_of::<R>() { Ok(raw) } else { Err(Errno::EINVAL) }
}

/// Sets a C type.
#[inline]
fn put<R: Pod>(fd: Fd<'_>, option: OptName, raw: &R) -> Result<()> {
    Ok(sys::setsockopt(fd, option, raw, size_of::<R>())?)
}

/// Sets bytes.
fn put_bytes(fd: Fd<'_>, option: OptName, bytes: &[u8]) -> Result<()> {
    Ok(sys::setsockopt_raw(fd, option, InBuf::from(bytes))?)
}

/// Reads as many bytes as there are, up to `longest`.
fn bytes(fd: Fd<'_>, option: OptName, longest: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; longest];
    let len = sys::getsockopt(fd, option, sys::OutBytes::from(bytes.as_mut_slice()))?;
    bytes.truncate(len);
    bytes.shrink_to_fit();
    Ok(bytes)
}

/// Writes named bits for people: `none` if there are none.
fn show_flags<T: bitflags::Flags<Bits = u32>>(value: &T, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if value.bits() == 0 { f.write_str("none") } else { bitflags::parser::to_writer(value, f) }
}

/// Writes what there may be for people: `none` if there is nothing.
fn show_option<T: fmt::Debug>(value: &Option<T>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match value {
        Some(value) => fmt::Debug::fmt(value, f),
        None => f.write_str("none"),
    }
}
