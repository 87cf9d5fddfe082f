//! The kinds of value that options hold: the C type on one side, what a person expects on the other.
//!
//! A kind is a type without values that a row names. To add one: declare it, list it in `sealed`, say its C
//! type in [`Value`], and how it is read and written.

use core::ffi::c_int;
use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;

use super::info::Kind;
use crate::error::{Errno, Result};
use crate::sys::{Pod, RawErrno, Timeval, c};

/// A kind of value: its C type. The kinds of this library are all there are; a type of your own with names for
/// the numbers of an `int` goes into [`IntAs`].
pub trait Value: sealed::Sealed {
    /// The C type.
    #[doc(hidden)]
    type Raw: Pod;
    /// The kind, for the table at run time.
    const KIND: Kind;
}

mod sealed {
    use super::*;

    pub trait Sealed {}
    impl Sealed for Bool {}
    impl Sealed for Byte {}
    impl Sealed for Hops {}
    impl Sealed for Int {}
    impl<T> Sealed for IntAs<T> {}
    impl Sealed for Linger {}
    impl Sealed for PeerCredentials {}
    impl Sealed for PendingError {}
    impl Sealed for Seconds {}
    impl Sealed for Size {}
    impl<const N: usize> Sealed for Text<N> {}
    impl Sealed for Timeout {}
}

/// A value that can be read.
pub trait ReadValue: Value {
    /// What [`getsockopt`](crate::Socket::getsockopt) gives.
    type Output: fmt::Debug;

    /// The value of what the kernel wrote, and the length that it reported.
    #[doc(hidden)]
    fn decode(raw: Self::Raw, len: usize) -> Result<Self::Output>;
}

/// A value that can be set.
pub trait WriteValue: Value {
    /// What [`setsockopt`](crate::Socket::setsockopt) takes.
    type Input<'a>;

    /// What the kernel reads, and how many bytes of it.
    #[doc(hidden)]
    fn encode(value: Self::Input<'_>) -> Result<(Self::Raw, usize)>;
}

/// A kind whose C type is `int`: what rows of your own can have.
pub trait Scalar: Value<Raw = c_int> {}

/// The kernel must have written the whole C type, no less and no more.
#[inline]
fn whole<T>(raw: T, len: usize) -> Result<T> {
    if len == size_of::<T>() { Ok(raw) } else { Err(Errno::EINVAL) }
}

/// Declares the kinds whose C type is `int`: what they give, what they take, and how one becomes the
/// other.
macro_rules! scalar {
    ($(
        $(#[$doc:meta])+
        $name:ident $(<$param:ident>)? = $kind:ident, $type:ty, $decode:expr, $encode:expr;
    )+) => {
        $(
            $(#[$doc])+
            #[derive(Debug, Clone, Copy)]
            pub struct $name $(<$param>(PhantomData<$param>))?;

            impl $(<$param>)? Value for $name $(<$param>)? {
                type Raw = c_int;
                const KIND: Kind = Kind::$kind;
            }

            impl $(<$param>)? Scalar for $name $(<$param>)? {}

            impl $(<$param: From<c_int> + fmt::Debug>)? ReadValue for $name $(<$param>)? {
                type Output = $type;

                #[inline]
                fn decode(raw: c_int, len: usize) -> Result<$type> {
                    whole(raw, len).and_then($decode)
                }
            }

            impl $(<$param: Into<c_int>>)? WriteValue for $name $(<$param>)? {
                type Input<'a> = $type;

                #[inline]
                fn encode(value: $type) -> Result<(c_int, usize)> {
                    let encode: fn($type) -> Result<c_int> = $encode;
                    Ok((encode(value)?, size_of::<c_int>()))
                }
            }
        )+
    };
}

scalar! {
    /// A flag: `int`, which is [`bool`] here. Every number but 0 is true.
    Bool = Bool, bool, |raw| Ok(raw != 0), |on| Ok(c_int::from(on));
    /// A number: `int`, which is [`i32`] here.
    Int = Int, i32, Ok, Ok;
    /// A number from 0 to 255: `int`, which is [`u8`] here, because the kernel would cut a larger one.
    Byte = Int, u8, |raw| u8::try_from(raw).map_err(|_| Errno::EINVAL), |byte| Ok(byte.into());
    /// A hop limit: `int`, which is an [`Option<u8>`] here: `None`, in C -1, is the system's default.
    Hops = Int, Option<u8>, hops, |hops| Ok(hops.map_or(-1, c_int::from));
    /// A number of bytes: `int`, which is [`usize`] here. What is read can be more than what was set: see
    /// the option.
    Size = Size, usize, |raw| usize::try_from(raw).map_err(|_| Errno::EINVAL), size;
    /// A time in seconds: `int`, which is a [`Duration`] here. Part of a second becomes a whole one.
    Seconds = Seconds, Duration, from_seconds, seconds;
}

/// A number with names: `int`, which is the type `T` here.
#[derive(Debug, Clone, Copy)]
pub struct IntAs<T>(PhantomData<T>);

impl<T> Value for IntAs<T> {
    type Raw = c_int;
    const KIND: Kind = Kind::Int;
}

impl<T> Scalar for IntAs<T> {}

impl<T: From<c_int> + fmt::Debug> ReadValue for IntAs<T> {
    type Output = T;

    #[inline]
    fn decode(raw: c_int, len: usize) -> Result<T> {
        whole(raw, len).map(T::from)
    }
}

impl<T: Into<c_int>> WriteValue for IntAs<T> {
    type Input<'a> = T;

    #[inline]
    fn encode(value: T) -> Result<(c_int, usize)> {
        Ok((value.into(), size_of::<c_int>()))
    }
}

fn hops(raw: c_int) -> Result<Option<u8>> {
    if raw == -1 { Ok(None) } else { u8::try_from(raw).map(Some).map_err(|_| Errno::EINVAL) }
}

#[inline]
fn size(bytes: usize) -> Result<c_int> {
    c_int::try_from(bytes).map_err(|_| Errno::EINVAL)
}

fn from_seconds(raw: c_int) -> Result<Duration> {
    u64::try_from(raw).map(Duration::from_secs).map_err(|_| Errno::EINVAL)
}

fn seconds(time: Duration) -> Result<c_int> {
    let part = u64::from(time.subsec_nanos() > 0);
    c_int::try_from(time.as_secs().saturating_add(part)).map_err(|_| Errno::EINVAL)
}

/// How long close(2) lingers: `struct linger`, which is an [`Option<Duration>`] here: `None` is off. Part
/// of a second becomes a whole one; zero stays zero, which means a reset.
#[derive(Debug, Clone, Copy)]
pub struct Linger;

impl Value for Linger {
    type Raw = c::linger;
    const KIND: Kind = Kind::Linger;
}

impl ReadValue for Linger {
    type Output = Option<Duration>;

    fn decode(raw: c::linger, len: usize) -> Result<Option<Duration>> {
        let linger = whole(raw, len)?;
        // The kernel takes a negative time for a long one.
        let secs = u64::from(linger.l_linger as u32);
        Ok((linger.l_onoff != 0).then_some(Duration::from_secs(secs)))
    }
}

impl WriteValue for Linger {
    type Input<'a> = Option<Duration>;

    fn encode(value: Option<Duration>) -> Result<(c::linger, usize)> {
        let l_linger = value.map_or(Ok(0), seconds)?;
        let linger = c::linger { l_onoff: value.is_some().into(), l_linger };
        Ok((linger, size_of::<c::linger>()))
    }
}

/// How long a call may block: `struct timeval`, which is an [`Option<Duration>`] here: `None` is for ever.
///
/// Zero, which C takes for "for ever", is `EINVAL`. Part of a microsecond becomes a whole one. The
/// kernel rounds up to its clock tick (1 to 10 ms), so that is what is read.
#[derive(Debug, Clone, Copy)]
pub struct Timeout;

impl Value for Timeout {
    type Raw = Timeval;
    const KIND: Kind = Kind::Timeout;
}

impl ReadValue for Timeout {
    type Output = Option<Duration>;

    fn decode(raw: Timeval, len: usize) -> Result<Option<Duration>> {
        let time = whole(raw, len)?;
        if time == Timeval::ZERO {
            return Ok(None);
        }
        let secs = u64::try_from(time.sec).map_err(|_| Errno::EINVAL)?;
        let micros = u64::try_from(time.usec).map_err(|_| Errno::EINVAL)?;
        Duration::from_secs(secs).checked_add(Duration::from_micros(micros)).map(Some).ok_or(Errno::EINVAL)
    }
}

impl WriteValue for Timeout {
    type Input<'a> = Option<Duration>;

    fn encode(value: Option<Duration>) -> Result<(Timeval, usize)> {
        let time = match value {
            None => Timeval::ZERO,
            Some(Duration::ZERO) => return Err(Errno::EINVAL),
            Some(duration) => Timeval::rounded_up(duration),
        };
        Ok((time, size_of::<Timeval>()))
    }
}

/// The error that waits to be told: `int`, which is an [`Option<Errno>`](Errno) here. Reading clears it.
#[derive(Debug, Clone, Copy)]
pub struct PendingError;

impl Value for PendingError {
    type Raw = c_int;
    const KIND: Kind = Kind::Int;
}

impl ReadValue for PendingError {
    type Output = Option<Errno>;

    #[inline]
    fn decode(raw: c_int, len: usize) -> Result<Option<Errno>> {
        let raw = whole(raw, len)?;
        Ok((raw != 0).then(|| RawErrno::from_raw(raw).into()))
    }
}

/// Who a process is: `struct ucred`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Credentials {
    /// The process; 0 if it is outside this PID namespace.
    pub pid: i32,
    /// The effective user.
    pub uid: u32,
    /// The effective group.
    pub gid: u32,
}

/// Who is at the other end: `struct ucred`, which is an [`Option<Credentials>`](Credentials) here: `None`
/// where the socket has no peer that the kernel knows.
#[derive(Debug, Clone, Copy)]
pub struct PeerCredentials;

impl Value for PeerCredentials {
    type Raw = c::ucred;
    const KIND: Kind = Kind::Credentials;
}

impl ReadValue for PeerCredentials {
    type Output = Option<Credentials>;

    fn decode(raw: c::ucred, len: usize) -> Result<Option<Credentials>> {
        let c::ucred { pid, uid, gid } = whole(raw, len)?;
        // What the kernel says of a socket that never had a peer, INET sockets included.
        let nobody = pid == 0 && uid == u32::MAX && gid == u32::MAX;
        Ok((!nobody).then_some(Credentials { pid, uid, gid }))
    }
}

/// A name: `char[N]`, ended by a NUL. A [`str`] is set, a `Text` is read.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Text<const N: usize>([u8; N]);

impl<const N: usize> Text<N> {
    /// The bytes before the NUL.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.split(|byte| *byte == 0).next().unwrap_or_default()
    }

    /// The name as text, if it is UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        core::str::from_utf8(self.as_bytes()).ok()
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().escape_ascii().fmt(f)
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl<const N: usize> PartialEq<str> for Text<N> {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl<const N: usize> PartialEq<&str> for Text<N> {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl<const N: usize> Value for Text<N> {
    type Raw = [u8; N];
    const KIND: Kind = Kind::Text;
}

impl<const N: usize> ReadValue for Text<N> {
    type Output = Text<N>;

    /// The kernel pads with zeros, and may report less than the whole.
    fn decode(raw: [u8; N], len: usize) -> Result<Text<N>> {
        if len <= N { Ok(Text(raw)) } else { Err(Errno::EINVAL) }
    }
}

impl<const N: usize> WriteValue for Text<N> {
    type Input<'a> = &'a str;

    /// Empty, with a NUL inside or without room for one at the end: the kernel would cut it.
    fn encode(text: &str) -> Result<([u8; N], usize)> {
        let mut raw = [0; N];
        match raw.get_mut(..text.len()) {
            Some(place) if text.len() < N && !text.is_empty() && !text.contains('\0') => {
                place.copy_from_slice(text.as_bytes());
                Ok((raw, text.len()))
            }
            _ => Err(Errno::EINVAL),
        }
    }
}
