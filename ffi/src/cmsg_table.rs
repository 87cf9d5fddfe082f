//! The control messages that the library knows

use std::ffi::{CStr, c_char};
use std::ptr::null;

use libc::{c_int, c_uint, size_t};
use sockets::Errno;
use sockets::cmsg::{self, CmsgInfo};
use sockets::sys::Result;

use crate::ret::guard;
use crate::text::chars;

/// It can be sent.
pub const SOCKETS_CMSG_SEND: c_int = 1;
/// It can be received.
pub const SOCKETS_CMSG_RECV: c_int = 2;

/// A control message, as the library knows it. All text ends with a NUL.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations, reason = "C prints it")]
pub struct sockets_cmsg_info {
    /// The name: "IP_PKTINFO".
    pub name: [c_char; 32],
    /// The name of the level: "IPPROTO_IP".
    pub level_name: [c_char; 24],
    /// The C type of the data: "int", "struct in_pktinfo".
    pub type_name: [c_char; 40],
    /// The kernel that brought it, if that is younger than 5.4: "6.5". Or "".
    pub since: [c_char; 8],
    /// cmsg_level.
    pub level: c_int,
    /// cmsg_type.
    pub r#type: c_int,
    /// SOCKETS_CMSG_SEND | SOCKETS_CMSG_RECV.
    pub direction: c_int,
    /// The most bytes of data that it has; without a fixed size, the most that are useful.
    pub size: c_uint,
}

/// Gives the control messages that have a name, one by one, level by level.
///
/// @param index  0 for the first
/// @param out    receives what is known of it; untouched on failure
/// @return 0, or
///   -ENOENT  there are no more
///   -EFAULT  a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_cmsg_info_at(index: size_t, out: *mut sockets_cmsg_info) -> c_int {
    // SAFETY: `out` is NULL or the caller's to write.
    guard(|| unsafe { store(ROWS.get(index), out) })
}

/// Finds a control message by its name.
///
/// @param name  the name: "IP_PKTINFO"
/// @param out   receives what is known of it; untouched on failure
/// @return 0, or
///   -ENOENT  there is none of that name
///   -EFAULT  a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_cmsg_info_find(name: *const c_char, out: *mut sockets_cmsg_info) -> c_int {
    guard(|| {
        if name.is_null() {
            return Err(Errno::EFAULT.into());
        }
        // SAFETY: not NULL, and ended by a NUL, as the header demands.
        let name = unsafe { CStr::from_ptr(name) }.to_bytes();
        // SAFETY: `out` is NULL or the caller's to write.
        unsafe { store(ROWS.iter().find(|row| row.name.as_bytes() == name), out) }
    })
}

/// The name of a control message: "IP_PKTINFO".
///
/// The string is constant: nothing to free, and safe in every thread.
///
/// @param level  its level
/// @param type   its type
/// @return the name; where one number has two, that of what is received; or NULL
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn sockets_cmsg_name(level: c_int, r#type: c_int) -> *const c_char {
    let is_it = |row: &CmsgInfo| (row.level, row.number) == (level, r#type);
    let found = ROWS.iter().position(|row| is_it(row) && row.recv).or_else(|| ROWS.iter().position(is_it));
    found.and_then(|at| NAMES.get(at)).map_or(null(), |name| name.as_ptr())
}

const ROWS: &[CmsgInfo] = cmsg::table();

/// The names, with a NUL behind each.
static NAMES: [[c_char; 32]; ROWS.len()] = names();

#[allow(clippy::indexing_slicing, reason = "runs in the compiler")]
const fn names() -> [[c_char; 32]; ROWS.len()] {
    let mut names = [[0; 32]; ROWS.len()];
    let mut row = 0;
    while row < ROWS.len() {
        let name = ROWS[row].name.as_bytes();
        assert!(name.len() < 32);
        let mut at = 0;
        while at < name.len() {
            names[row][at] = name[at] as c_char;
            at += 1;
        }
        row += 1;
    }
    names
}

/// Stores what is found, all of it or nothing.
///
/// # Safety
///
/// `out` is NULL or may be written.
unsafe fn store(found: Option<&CmsgInfo>, out: *mut sockets_cmsg_info) -> Result<c_int> {
    if out.is_null() {
        return Err(Errno::EFAULT.into());
    }
    let row = found.ok_or(Errno::ENOENT)?;
    let flag = |on: bool, bit: c_int| if on { bit } else { 0 };
    let row = sockets_cmsg_info {
        name: chars(row.name),
        level_name: chars(row.level_name),
        type_name: chars(row.c_type),
        since: chars(row.since.unwrap_or_default()),
        level: row.level,
        r#type: row.number,
        direction: flag(row.send, SOCKETS_CMSG_SEND) | flag(row.recv, SOCKETS_CMSG_RECV),
        size: row.size as c_uint,
    };
    // SAFETY: not NULL, so it may be written.
    unsafe { out.write_unaligned(row) };
    Ok(0)
}
