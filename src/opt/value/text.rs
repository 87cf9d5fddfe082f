//! Options that hold a name.

use core::fmt;

use super::{ReadValue, Value, WriteValue, kind, put_bytes, sealed};
use crate::error::{Errno, Result};
use crate::opt::info::{Kind, OptSize};
use crate::sys::{self, Fd, NewValue, OptName, c};

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

    pub(crate) fn from_array(bytes: [u8; N]) -> Self {
        Text(bytes)
    }

    /// The kernel pads with zeros, and may report less than the whole.
    fn read(fd: Fd<'_>, option: OptName) -> Result<Self> {
        let (raw, len) = sys::getsockopt(fd, option, NewValue::<[u8; N]>::new())?;
        if len <= N { Ok(Text(raw)) } else { Err(Errno::EINVAL) }
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

impl<const N: usize> sealed::Sealed for Text<N> {}

impl<const N: usize> Value for Text<N> {
    const KIND: Kind = Kind::Text;
    const C_TYPE: &'static str = "char[]";
    const SIZE: OptSize = OptSize { min: 0, max: N };
}

impl<const N: usize> ReadValue for Text<N> {
    type Output = Text<N>;

    fn get(fd: Fd<'_>, option: OptName) -> Result<Text<N>> {
        Text::read(fd, option)
    }

    fn show(value: &Text<N>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if value.as_bytes().is_empty() { f.write_str("none") } else { fmt::Display::fmt(value, f) }
    }
}

impl<const N: usize> WriteValue for Text<N> {
    type Input<'a> = &'a str;

    /// Empty, with a NUL inside or without room for one at the end: the kernel would cut it.
    fn set(fd: Fd<'_>, option: OptName, text: &str) -> Result<()> {
        if text.is_empty() || text.len() >= N || text.contains('\0') {
            return Err(Errno::EINVAL);
        }
        put_bytes(fd, option, text.as_bytes())
    }
}

kind! {
    /// The name of an interface: `char[IFNAMSIZ]`. A [`str`] is set and a [`Text`] is read, each within an
    /// [`Option`]: `None`, in C an empty name, is no interface.
    DeviceName: Text, "char[16]", OptSize { min: 0, max: c::IFNAMSIZ };
}

impl ReadValue for DeviceName {
    type Output = Option<Text<{ c::IFNAMSIZ }>>;

    fn get(fd: Fd<'_>, option: OptName) -> Result<Self::Output> {
        let name = Text::read(fd, option)?;
        Ok((!name.as_bytes().is_empty()).then_some(name))
    }

    fn show(value: &Self::Output, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match value {
            Some(name) => fmt::Display::fmt(name, f),
            None => f.write_str("none"),
        }
    }
}

impl WriteValue for DeviceName {
    type Input<'a> = Option<&'a str>;

    fn set(fd: Fd<'_>, option: OptName, name: Option<&str>) -> Result<()> {
        match name {
            // The kernel wants one byte at least.
            None => put_bytes(fd, option, b"\0"),
            Some(name) => <Text<{ c::IFNAMSIZ }> as WriteValue>::set(fd, option, name),
        }
    }
}
