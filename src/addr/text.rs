//! The text forms of addresses: `Display` and `FromStr` of [`SockAddr`], which lists them.

use core::fmt::{self, Write};
use core::str::FromStr;
use std::ffi::OsStr;
use std::net::{Ipv6Addr, SocketAddrV4, SocketAddrV6};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::forms::{parse_link, parse_netlink, parse_vsock};
use super::{Addr, SockAddr, UnixAddr};
use crate::error::{Errno, Result};
use crate::sys::{self, c};

impl fmt::Display for SockAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.view() {
            Addr::V4(v4) => write!(f, "{v4}"),
            Addr::V6(v6) => write!(f, "{v6}"),
            Addr::Unix(name) => name.fmt(f),
            Addr::Link(link) if self.link_is_plain(&link) => link.fmt(f),
            Addr::Vsock(vsock) if *self == vsock.into() => vsock.fmt(f),
            Addr::Netlink(netlink) if *self == netlink.into() => netlink.fmt(f),
            // What has no form, or more to it than the form can say.
            _ if self.as_bytes().is_empty() => f.write_str("af:"),
            _ => {
                write!(f, "af:{}:", self.family().raw())?;
                self.data().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
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
                char if !is_printable(char) => hex(f, char.encode_utf8(&mut [0; 4]).as_bytes())?,
                char => f.write_char(char)?,
            }
        }
        hex(f, chunk.invalid())?;
    }
    Ok(())
}

/// Can a person see it? Not so control characters, nor those that turn the direction of the text or take no
/// room: a name could pass for another with them.
fn is_printable(char: char) -> bool {
    char.escape_debug().nth(1) != Some('u') && !char.is_control()
}

/// A name on the stack: one byte more than any has, so that one too many shows.
struct Name {
    bytes: [u8; 109],
    len: usize,
}

impl Name {
    fn push(&mut self, byte: u8) -> Result<()> {
        *self.bytes.get_mut(self.len).ok_or(Errno::ENAMETOOLONG)? = byte;
        self.len = self.len.saturating_add(1);
        Ok(())
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

fn unescape(text: &str) -> Result<Name> {
    let mut name = Name { bytes: [0; 109], len: 0 };
    let mut rest = text.as_bytes();
    loop {
        let (byte, after) = match rest {
            [] => return Ok(name),
            [b'\\', b'\\', after @ ..] => (b'\\', after),
            [b'\\', b'x', high, low, after @ ..] => (hex_byte(*high, *low)?, after),
            [b'\\', ..] => return Err(Errno::EINVAL),
            [byte, after @ ..] => (*byte, after),
        };
        name.push(byte)?;
        rest = after;
    }
}

pub(super) fn hex_byte(high: u8, low: u8) -> Result<u8> {
    Ok(hex_digit(high)? << 4 | hex_digit(low)?)
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
    /// - `ENODEV`: no interface of the zone's name. (A name is looked up by if_nametoindex(3), which opens a
    ///   socket for that: `EMFILE`, `ENFILE`, `ENOMEM`.)
    /// - `ENAMETOOLONG`: see [`UnixAddr`].
    fn from_str(text: &str) -> Result<SockAddr> {
        if let Some(name) = text.strip_prefix("unix:") {
            parse_unix(name)
        } else if let Some(other) = text.strip_prefix("af:") {
            parse_other(other)
        } else if let Some(link) = text.strip_prefix("link:") {
            parse_link(link)
        } else if let Some(vsock) = text.strip_prefix("vsock:") {
            parse_vsock(vsock)
        } else if let Some(netlink) = text.strip_prefix("netlink:") {
            parse_netlink(netlink)
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
        Some(name) => UnixAddr::Abstract(unescape(name)?.as_bytes()).try_into(),
        None => UnixAddr::Pathname(Path::new(OsStr::from_bytes(unescape(name)?.as_bytes()))).try_into(),
    }
}

/// `[ip]:port` or `[ip%zone]:port`. std knows zones as numbers only.
fn parse_ipv6(text: &str) -> Result<SockAddr> {
    let (host, port) = text.strip_prefix('[').and_then(|text| text.rsplit_once("]:")).ok_or(Errno::EINVAL)?;
    let (ip, zone) = match host.split_once('%') {
        Some((ip, zone)) => (ip, zone_index(zone)?),
        None => (host, 0),
    };
    let ip: Ipv6Addr = ip.parse().map_err(|_| Errno::EINVAL)?;
    Ok(SocketAddrV6::new(ip, number(port)?, 0, zone).into())
}

/// Digits and nothing else.
pub(super) fn number<T: FromStr>(text: &str) -> Result<T> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().map_err(|_| Errno::EINVAL)
    } else {
        Err(Errno::EINVAL)
    }
}

/// The index that a zone is, or the one of the interface of that name. The kernel would cut a name at a ':' or
/// at its end of 15 bytes, and take it for another.
pub(super) fn zone_index(zone: &str) -> Result<u32> {
    if zone.is_empty() || zone.contains('\0') {
        return Err(Errno::EINVAL);
    }
    if zone.bytes().all(|byte| byte.is_ascii_digit()) {
        return number(zone);
    }
    crate::interface::if_nametoindex(zone)
}

fn parse_other(text: &str) -> Result<SockAddr> {
    if text.is_empty() {
        return Ok(SockAddr::EMPTY);
    }
    let (family, data) = text.split_once(':').ok_or(Errno::EINVAL)?;
    let family: c::sa_family_t = number(family)?;
    let family = family.to_ne_bytes();
    let mut bytes = [0; sys::STORAGE_SIZE];
    let length = family.len() + data.len() / 2;
    let used = bytes.get_mut(..length).ok_or(Errno::EINVAL)?;
    let (head, rest) = used.split_at_mut(family.len());
    head.copy_from_slice(&family);
    for (place, pair) in rest.iter_mut().zip(data.as_bytes().chunks(2)) {
        let [high, low] = pair else { return Err(Errno::EINVAL) };
        *place = hex_byte(*high, *low)?;
    }
    if data.len() % 2 != 0 {
        return Err(Errno::EINVAL);
    }
    SockAddr::from_bytes(used)
}
