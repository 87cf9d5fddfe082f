//! Sysctls below /proc/sys, most of which below `net` are separate for each network namespace.

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::path::PathBuf;

/// Reads a sysctl, such as `net/ipv4/ip_forward`, without the line feed at its end.
///
/// Those of the network namespace are those of the calling thread.
///
/// # Errors
///
/// `ENOENT` if there is none of this name.
pub fn sysctl(name: &str) -> io::Result<String> {
    let mut text = String::new();
    OpenOptions::new().read(true).open(path(name))?.read_to_string(&mut text)?;
    text.truncate(text.trim_end().len());
    Ok(text)
}

/// Writes a sysctl, such as `net/ipv4/ip_forward`.
///
/// Those of the network namespace are those of the calling thread.
///
/// # Errors
///
/// `ENOENT` if there is none of this name, `EACCES` if it is not for this namespace, `EINVAL` if it does
/// not take this value.
pub fn set_sysctl(name: &str, value: &str) -> io::Result<()> {
    // A sysctl takes its value in one write(2).
    let written = OpenOptions::new().write(true).open(path(name))?.write(value.as_bytes())?;
    if written == value.len() { Ok(()) } else { Err(io::Error::from_raw_os_error(libc::EINVAL)) }
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(format!("/proc/sys/{name}"))
}
