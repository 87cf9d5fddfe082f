//! Options that hold one number.

use core::ffi::{c_int, c_ulong};
use core::fmt;
use core::marker::PhantomData;

use bitflags::bitflags;

use super::{ReadValue, Value, WriteValue, exact, kind, put, sealed, show_flags, show_option, whole};
use crate::error::{Errno, Result};
use crate::opt::info::{Kind, OptSize};
use crate::sys::{Fd, OptName, RawErrno};

/// A kind whose C type is `int`: what rows of your own can have.
pub trait Scalar: Value {}

kind! {
    /// A flag: `int`, which is [`bool`] here. Every number but 0 is true.
    Bool: Bool, "int", OptSize::of::<c_int>();
    /// A number: `int`, which is [`i32`] here.
    Int: Int, "int", OptSize::of::<c_int>();
    /// A number: `unsigned int`, which is [`u32`] here.
    Unsigned: Unsigned, "unsigned int", OptSize::of::<c_int>();
    /// A number from 0 to 255: `int`, which is [`u8`] here, because the kernel would cut a larger one.
    Byte: Int, "int", OptSize::of::<c_int>();
    /// A hop limit: `int`, which is an [`Option<u8>`] here: `None`, in C -1, is the system's default.
    Hops: Int, "int", OptSize::of::<c_int>();
    /// A number of bytes: `int`, which is [`usize`] here. What is read can be more than what was set: see
    /// the option.
    Size: Size, "int", OptSize::of::<c_int>();
    /// An interface: `int`, which is its index as a [`u32`] here, as std has it; 0 is none, or any.
    Interface: Interface, "int", OptSize::of::<c_int>();
}

/// Says how the `int` of a kind is read and set.
macro_rules! scalar {
    ($($name:ident = $type:ty, $decode:expr, $encode:expr;)+) => {
        $(
            impl Scalar for $name {}

            impl ReadValue for $name {
                type Output = $type;

                #[inline]
                fn get(fd: Fd<'_>, option: OptName) -> Result<$type> {
                    whole::<c_int>(fd, option).and_then($decode)
                }
            }

            impl WriteValue for $name {
                type Input<'a> = $type;

                #[inline]
                fn set(fd: Fd<'_>, option: OptName, value: $type) -> Result<()> {
                    let encode: fn($type) -> Result<c_int> = $encode;
                    put(fd, option, &encode(value)?)
                }
            }
        )+
    };
}

scalar! {
    Bool = bool, |raw| Ok(raw != 0), |on| Ok(c_int::from(on));
    Int = i32, Ok, Ok;
    Unsigned = u32, |raw| Ok(raw as u32), |number| Ok(number as i32);
    Byte = u8, |raw| u8::try_from(raw).map_err(|_| Errno::EINVAL), |byte| Ok(byte.into());
    Size = usize, |raw| usize::try_from(raw).map_err(|_| Errno::EINVAL), size;
    Interface = u32, |raw| u32::try_from(raw).map_err(|_| Errno::EINVAL), index;
}

#[inline]
fn size(bytes: usize) -> Result<c_int> {
    c_int::try_from(bytes).map_err(|_| Errno::EINVAL)
}

#[inline]
fn index(index: u32) -> Result<c_int> {
    c_int::try_from(index).map_err(|_| Errno::EINVAL)
}

impl Scalar for Hops {}

impl ReadValue for Hops {
    type Output = Option<u8>;

    fn get(fd: Fd<'_>, option: OptName) -> Result<Option<u8>> {
        match whole::<c_int>(fd, option)? {
            -1 => Ok(None),
            raw => u8::try_from(raw).map(Some).map_err(|_| Errno::EINVAL),
        }
    }

    fn show(value: &Option<u8>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_option(value, f)
    }
}

impl WriteValue for Hops {
    type Input<'a> = Option<u8>;

    fn set(fd: Fd<'_>, option: OptName, value: Option<u8>) -> Result<()> {
        put(fd, option, &value.map_or(-1, c_int::from))
    }
}

/// A number with names: `int`, which is the type `T` here.
#[derive(Debug, Clone, Copy)]
pub struct IntAs<T>(PhantomData<T>);

impl<T> sealed::Sealed for IntAs<T> {}

impl<T> Value for IntAs<T> {
    const KIND: Kind = Kind::Int;
    const C_TYPE: &'static str = "int";
    const SIZE: OptSize = OptSize::of::<c_int>();
}

impl<T> Scalar for IntAs<T> {}

impl<T: From<c_int> + fmt::Debug> ReadValue for IntAs<T> {
    type Output = T;

    #[inline]
    fn get(fd: Fd<'_>, option: OptName) -> Result<T> {
        whole::<c_int>(fd, option).map(T::from)
    }
}

impl<T: Into<c_int>> WriteValue for IntAs<T> {
    type Input<'a> = T;

    #[inline]
    fn set(fd: Fd<'_>, option: OptName, value: T) -> Result<()> {
        put(fd, option, &value.into())
    }
}

/// Named bits: `int`, which is the flags type `T` here. Bits without a name are kept.
#[derive(Debug, Clone, Copy)]
pub struct Flags<T>(PhantomData<T>);

impl<T> sealed::Sealed for Flags<T> {}

impl<T> Value for Flags<T> {
    const KIND: Kind = Kind::Flags;
    const C_TYPE: &'static str = "int";
    const SIZE: OptSize = OptSize::of::<c_int>();
}

impl<T> Scalar for Flags<T> {}

impl<T: bitflags::Flags<Bits = u32> + fmt::Debug> ReadValue for Flags<T> {
    type Output = T;

    fn get(fd: Fd<'_>, option: OptName) -> Result<T> {
        whole::<c_int>(fd, option).map(|raw| T::from_bits_retain(raw as u32))
    }

    fn show(value: &T, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_flags(value, f)
    }
}

impl<T: bitflags::Flags<Bits = u32>> WriteValue for Flags<T> {
    type Input<'a> = T;

    fn set(fd: Fd<'_>, option: OptName, value: T) -> Result<()> {
        put(fd, option, &(value.bits() as c_int))
    }
}

bitflags! {
    /// Which buffer sizes the kernel does not tune: the values of `SO_BUF_LOCK`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
    pub struct BufLock: u32 {
        /// That for sending.
        const SOCK_SNDBUF_LOCK = 1;
        /// That for receiving.
        const SOCK_RCVBUF_LOCK = 2;
        const _ = !0;
    }
}

kind! {
    /// The error that waits to be told: `int`, which is an [`Option<Errno>`](Errno) here. Reading clears it.
    PendingError: Int, "int", OptSize::of::<c_int>();
    /// Nothing: the option is set by being named, and what C passes as an `int` has no meaning.
    NoValue: NoValue, "int", OptSize::of::<c_int>();
    /// A number: `uint64_t`.
    Unsigned64: Unsigned, "uint64_t", OptSize::of::<u64>();
    /// An interface for sending: `int` in network byte order, which is its index as a [`u32`] here; 0 is any.
    WireInterface: WireInterface, "int", OptSize::of::<c_int>();
    /// Bytes per second: `unsigned long`, which is an [`Option<u64>`] here: `None`, in C all ones, is no limit.
    PacingRate: Unsigned, "unsigned long", OptSize::of::<c_ulong>();
}

impl ReadValue for PendingError {
    type Output = Option<Errno>;

    #[inline]
    fn get(fd: Fd<'_>, option: OptName) -> Result<Option<Errno>> {
        let raw = whole::<c_int>(fd, option)?;
        Ok((raw != 0).then(|| RawErrno::from_raw(raw).into()))
    }

    fn show(value: &Option<Errno>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_option(value, f)
    }
}

impl WriteValue for NoValue {
    type Input<'a> = ();

    fn set(fd: Fd<'_>, option: OptName, (): ()) -> Result<()> {
        put(fd, option, &0_i32)
    }
}

impl ReadValue for Unsigned64 {
    type Output = u64;

    fn get(fd: Fd<'_>, option: OptName) -> Result<u64> {
        exact(fd, option)
    }
}

impl WriteValue for Unsigned64 {
    type Input<'a> = u64;

    fn set(fd: Fd<'_>, option: OptName, value: u64) -> Result<()> {
        put(fd, option, &value)
    }
}

impl ReadValue for WireInterface {
    type Output = u32;

    fn get(fd: Fd<'_>, option: OptName) -> Result<u32> {
        whole::<u32>(fd, option).map(u32::from_be)
    }
}

impl WriteValue for WireInterface {
    type Input<'a> = u32;

    fn set(fd: Fd<'_>, option: OptName, value: u32) -> Result<()> {
        put(fd, option, &value.to_be())
    }
}

impl ReadValue for PacingRate {
    type Output = Option<u64>;

    fn get(fd: Fd<'_>, option: OptName) -> Result<Option<u64>> {
        let rate = whole::<c_ulong>(fd, option)?;
        Ok((rate != c_ulong::MAX).then_some(rate as u64))
    }

    fn show(value: &Option<u64>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_option(value, f)
    }
}

impl WriteValue for PacingRate {
    type Input<'a> = Option<u64>;

    /// All ones is no limit, so a rate of as many is refused, as is one that this machine's `long` cannot hold.
    fn set(fd: Fd<'_>, option: OptName, value: Option<u64>) -> Result<()> {
        let rate = match value {
            None => c_ulong::MAX,
            Some(rate) => {
                c_ulong::try_from(rate).ok().filter(|rate| *rate != c_ulong::MAX).ok_or(Errno::EINVAL)?
            }
        };
        put(fd, option, &rate)
    }
}
