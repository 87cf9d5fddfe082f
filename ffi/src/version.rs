//! The version

use std::ffi::c_uint;

/// The version of the library that the program runs with; SOCKETS_VERSION_NUMBER is the one that it
/// was compiled with.
///
/// @return major << 16 | minor << 8 | patch
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn sockets_version() -> c_uint {
    const NUMBER: c_uint = part(env!("CARGO_PKG_VERSION_MAJOR")) << 16
        | part(env!("CARGO_PKG_VERSION_MINOR")) << 8
        | part(env!("CARGO_PKG_VERSION_PATCH"));
    NUMBER
}

/// A part of the version as a number, when this is compiled.
const fn part(digits: &str) -> c_uint {
    match c_uint::from_str_radix(digits, 10) {
        Ok(number) => number,
        Err(_) => 0,
    }
}
