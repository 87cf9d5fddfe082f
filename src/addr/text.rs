//! The text forms of addresses: `Display` and `FromStr` of [`SockAddr`], which lists them.

use core::ffi::c_int;
use core::fmt::{self, Write};
use core::str::FromStr;
use std::ffi::{CString, OsStr};
use std::net::{SocketAddrV4, SocketAddrV6};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::{Addr, SockAddr, UnixAddr};
use crate::error::{Errno, Result};
use crate::sys::{self, c};

impl fmt::Display for SockAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.view() {
            Addr::V4(v4) => v4.fmt(f),
            Addr::V6(v6) => v6.fmt(f),
            Addr::Unix(name) => name.fmt(f),
            Addr::Other { .. } if self.as_bytes().is_empty() => f.write_str("af:"),
            Addr::Other { family, data } => {
                write!(f, "af:{}:", family.raw())?;
                data.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    }
}

impl fmt::Display for UnixAddr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unix:")?;
        match self {
            UnixAddr::Unnamed => Ok(()),
            UnixAddr::Abstract(name) => {
                f.write_char('@')?;
                escape(name, f)
            }
            UnixAddr::Pathname(path) => match path.as_os_str().as_bytes() {
                // Unescaped, it would be an abstract name.
                [b'@', rest @ ..] => {
                    f.write_str(r"\x40")?;
                    escape(rest, f)
                }
                path => escape(path, f),
            },
        }
    }
}

/// Writes bytes so that `unescape` gives them back, and a person can read what is text.
fn escape(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let hex = |f: &mut fmt::Formatter<'_>, bytes: &[u8]| {
        bytes.iter().try_for_each(|byte| write!(f, r"\x{byte:02x}"))
    };
    for chunk in bytes.utf8_chunks() {
        for char in chunk.valid().chars() {
            match char {
                '\\' => f.write_str(r"\\")?,
                char if char.is_control() => hex(f, char.encode_utf8(&mut [0; 4]).as_bytes())?,
                char => f.write_char(char)?,
            }
        }
        hex(f, chunk.invalid())?;
    }
    Ok(())
}

fn unescape(text: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    loop {
        rest = match rest {
            [] => return Ok(bytes),
            [b'\\', b'\\', rest @ ..] => {
                bytes.push(b'\\');
                rest
            }
            [b'\\', b'x', high, low, rest @ ..] => {
                bytes.push(hex_digit(*high)? << 4 | hex_digit(*low)?);
                rest
            }
            [b'\\', ..] => return Err(Errno::EINVAL),
            [byte, rest @ ..] => {
                bytes.push(*byte);
                rest
            }
        }
    }
}

fn hex_digit(digit: u8) -> Result<u8> {
    let value = char::from(digit).to_digit(16).ok_or(Errno::EINVAL)?;
    Ok(value as u8)
}

impl FromStr for SockAddr {
    type Err = Errno;

    /// Parses one of the forms that [`SockAddr`] lists.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: not an address.
    /// - `ENODEV`: no interface of the zone's name.
    /// - `ENAMETOOLONG`: see [`UnixAddr`].
    fn from_str(text: &str) -> Result<SockAddr> {
        if let Some(name) = text.strip_prefix("unix:") {
            parse_unix(name)
        } else if let Some(other) = text.strip_prefix("af:") {
            parse_other(other)
        } else if text.starts_with('[') {
            parse_ipv6(text)
        } else {
            let v4: SocketAddrV4 = text.parse().map_err(|_| Errno::EINVAL)?;
            Ok(v4.into())
        }
    }
}

fn parse_unix(name: &str) -> Result<SockAddr> {
    if name.is_empty() {
        return UnixAddr::Unnamed.try_into();
    }
    match name.strip_prefix('@') {
        Some(name) => UnixAddr::Abstract(&unescape(name)?).try_into(),
        None => UnixAddr::Pathname(Path::new(OsStr::from_bytes(&unescape(name)?))).try_into(),
    }
}

/// std knows zones as numbers only, so a name is replaced by its number first.
fn parse_ipv6(text: &str) -> Result<SockAddr> {
    let numbered;
    let text = match zone_name(text) {
        Some((before, zone, after)) => {
            numbered = format!("{before}{}{after}", zone_index(zone)?);
            numbered.as_str()
        }
        None => text,
    };
    let v6: SocketAddrV6 = text.parse().map_err(|_| Errno::EINVAL)?;
    Ok(v6.into())
}

/// `[ip%`, the zone, and `]:port`, if there is a zone that is not a number.
fn zone_name(text: &str) -> Option<(&str, &str, &str)> {
    let start = text.find('%')? + 1;
    let end = text.rfind(']')?;
    let zone = text.get(start..end)?;
    let is_number = !zone.is_empty() && zone.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { None } else { Some((text.get(..start)?, zone, text.get(end..)?)) }
}

fn zone_index(zone: &str) -> Result<u32> {
    if zone.is_empty() {
        return Err(Errno::EINVAL);
    }
    let name = CString::new(zone).map_err(|_| Errno::EINVAL)?;
    sys::if_nametoindex(&name).ok_or(Errno::ENODEV)
}

fn parse_other(text: &str) -> Result<SockAddr> {
    if text.is_empty() {
        return Ok(SockAddr::EMPTY);
    }
    let (family, data) = text.split_once(':').ok_or(Errno::EINVAL)?;
    let family: c_int = family.parse().map_err(|_| Errno::EINVAL)?;
    let family = c::sa_family_t::try_from(family).map_err(|_| Errno::EINVAL)?;
    let mut bytes = family.to_ne_bytes().to_vec();
    for pair in data.as_bytes().chunks(2) {
        let [high, low] = pair else { return Err(Errno::EINVAL) };
        bytes.push(hex_digit(*high)? << 4 | hex_digit(*low)?);
    }
    SockAddr::from_bytes(&bytes)
}
