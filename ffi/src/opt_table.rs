//! The options that the library knows

use std::ffi::{CStr, c_char};
use std::fmt::Write;
use std::os::fd::BorrowedFd;

use libc::{c_int, size_t};
use sockets::opt::{self, Kind, OptInfo};
use sockets::sys::Result;
use sockets::{BorrowedSocket, Errno};

use crate::ret::guard;
use crate::text::{Text, chars};

/// getsockopt() reads the option.
pub const SOCKETS_OPT_GET: c_int = 1;
/// setsockopt() sets the option.
pub const SOCKETS_OPT_SET: c_int = 2;
/// getsockopt() reads the option, and finds a question where it puts the answer.
pub const SOCKETS_OPT_ASK: c_int = 4;

/// int: 0 is false, everything else true.
pub const SOCKETS_OPT_BOOL: c_int = 1;
/// int: a number.
pub const SOCKETS_OPT_INT: c_int = 2;
/// unsigned int, or of another size: a number.
pub const SOCKETS_OPT_UNSIGNED: c_int = 3;
/// int: a number of bytes, which the kernel may round up.
pub const SOCKETS_OPT_SIZE: c_int = 4;
/// int: named bits.
pub const SOCKETS_OPT_FLAGS: c_int = 5;
/// int: seconds.
pub const SOCKETS_OPT_SECONDS: c_int = 6;
/// int: milliseconds.
pub const SOCKETS_OPT_MILLIS: c_int = 7;
/// int: microseconds.
pub const SOCKETS_OPT_MICROS: c_int = 8;
/// int: the index of an interface.
pub const SOCKETS_OPT_INTERFACE: c_int = 9;
/// int: the index of an interface, in network byte order.
pub const SOCKETS_OPT_WIRE_INTERFACE: c_int = 10;
/// int: a descriptor.
pub const SOCKETS_OPT_DESCRIPTOR: c_int = 11;
/// int, whose value has no meaning.
pub const SOCKETS_OPT_NO_VALUE: c_int = 12;
/// char[].
pub const SOCKETS_OPT_TEXT: c_int = 13;
/// struct sock_fprog; read, an array of struct sock_filter, whose length counts instructions.
pub const SOCKETS_OPT_FILTER: c_int = 14;
/// A structure, or an array of them.
pub const SOCKETS_OPT_STRUCT: c_int = 15;
/// Bytes in the form of a protocol.
pub const SOCKETS_OPT_BYTES: c_int = 16;

/// An option, as the library knows it. All text ends with a NUL.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations, reason = "C prints it")]
pub struct sockets_opt {
    /// The name: "IP_TTL".
    pub name: [c_char; 32],
    /// The name of the level: "IPPROTO_IP".
    pub level_name: [c_char; 24],
    /// The C type of the value: "int", "struct linger".
    pub type_name: [c_char; 40],
    /// What it needs beyond a socket that has it: a privilege, a feature of the kernel, a state. Or nothing: "".
    pub needs: [c_char; 64],
    /// The kernel that brought it, if that is younger than 5.4: "6.5". Or "".
    pub since: [c_char; 8],
    /// The second argument of getsockopt().
    pub level: c_int,
    /// The third argument of getsockopt().
    pub number: c_int,
    /// What the bytes of the value are: SOCKETS_OPT_BOOL, ...
    pub kind: c_int,
    /// What can be done: SOCKETS_OPT_GET | SOCKETS_OPT_SET | SOCKETS_OPT_ASK.
    pub access: c_int,
    /// The error where what it needs is missing, or 0.
    pub needs_errno: c_int,
    /// The smallest number that the kernel takes, where it refuses others; else more than high.
    pub low: c_int,
    /// The largest number that the kernel takes, where it refuses others.
    pub high: c_int,
    /// The arguments of socket() for a socket that has the option.
    pub domain: c_int,
    /// The same.
    pub socktype: c_int,
    /// The same.
    pub protocol: c_int,
    /// The fewest bytes that the value can have.
    pub min_size: size_t,
    /// The most; SIZE_MAX is as many as there are.
    pub max_size: size_t,
}

/// Gives the options one by one, level by level.
///
/// @param index  0 for the first
/// @param out    receives the option; untouched on failure
/// @return 0, or
///   -ENOENT  there are no more
///   -EFAULT  a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_opt_at(index: size_t, out: *mut sockets_opt) -> c_int {
    // SAFETY: `out` is NULL or the caller's to write.
    guard(|| unsafe { store(opt::table().nth(index), out) })
}

/// Finds an option by its name.
///
/// @param level  its level, where two have an option of that name (MCAST_JOIN_GROUP and its relatives); or -1, for
///               the first
/// @param name   the name: "IP_TTL"
/// @param out    receives the option; untouched on failure
/// @return 0, or
///   -ENOENT  there is none of that name
///   -EFAULT  a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_opt_find(level: c_int, name: *const c_char, out: *mut sockets_opt) -> c_int {
    guard(|| {
        if name.is_null() {
            return Err(Errno::EFAULT.into());
        }
        // SAFETY: not NULL, and ended by a NUL, as the header demands.
        let name = unsafe { CStr::from_ptr(name) }.to_bytes();
        let is_it = |row: &&OptInfo| row.name.as_bytes() == name && (level < 0 || row.level == level);
        // SAFETY: `out` is NULL or the caller's to write.
        unsafe { store(opt::table().find(is_it), out) }
    })
}

/// Does this kernel know the option? Makes a socket, and asks it.
///
/// @param level   the level
/// @param number  the option
/// @return 1 if it does, 0 if not, or
///   -ENOENT  the library does not know it
///   -EPERM   it is one of raw or packet sockets, which need CAP_NET_RAW
///   -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn sockets_opt_supported(level: c_int, number: c_int) -> c_int {
    guard(|| {
        let row = find(level, number, |_| true).ok_or(Errno::ENOENT)?;
        Ok(opt::supports(row)?.into())
    })
}

/// Writes the value of an option for people: "1.5s", "IPPROTO_TCP", "none".
///
/// Like snprintf(3): what does not fit is cut, and the return value tells. The text is for reading, not for
/// parsing: it may change.
///
/// @param fd      the socket
/// @param level   the level
/// @param number  the option
/// @param buf     receives the text and a NUL; may be NULL if size is 0
/// @param size    the room there
/// @return the length of the whole text, without the NUL (cut if that is size or more), or
///   -ENOENT      the library does not know the option
///   -EOPNOTSUPP  it can only be set, or has to be asked for; or it is not for this socket
///   -EINVAL      size is more than SSIZE_MAX; or the value is not what the library knows
///   -EFAULT      a NULL pointer
///   and the errors of getsockopt()
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_opt_format(
    fd: c_int,
    level: c_int,
    number: c_int,
    buf: *mut c_char,
    size: size_t,
) -> c_int {
    guard(|| {
        // SAFETY: the caller says that `size` bytes can be written at `buf`.
        let mut text = unsafe { Text::new(buf, size) }?;
        let row = find(level, number, |row| row.access.get).or_else(|| find(level, number, |_| true));
        let row = row.ok_or(Errno::ENOENT)?;
        if fd < 0 {
            return Err(Errno::EBADF.into());
        }
        // SAFETY: not -1, and the caller's to use for this call; one that is not open is EBADF.
        let fd = unsafe { BorrowedFd::borrow_raw(fd) };
        let value = row.read(&BorrowedSocket::from(&fd)).ok_or(Errno::EOPNOTSUPP)??;
        text.write_str(&value).map_err(|_| Errno::EINVAL)?;
        text.finish()
    })
}

fn find(level: c_int, number: c_int, which: impl Fn(&OptInfo) -> bool) -> Option<&'static OptInfo> {
    opt::table().find(|row| (row.level, row.number) == (level, number) && which(row))
}

/// Stores what is found, all of it or nothing.
///
/// # Safety
///
/// `out` is NULL or may be written.
unsafe fn store(found: Option<&OptInfo>, out: *mut sockets_opt) -> Result<c_int> {
    if out.is_null() {
        return Err(Errno::EFAULT.into());
    }
    let row = to_c(found.ok_or(Errno::ENOENT)?);
    // SAFETY: not NULL, so it may be written.
    unsafe { out.write_unaligned(row) };
    Ok(0)
}

fn to_c(row: &OptInfo) -> sockets_opt {
    let flag = |on: bool, bit: c_int| if on { bit } else { 0 };
    let (low, high) = row.range.unwrap_or((1, 0));
    sockets_opt {
        name: chars(row.name),
        level_name: chars(row.level_name),
        type_name: chars(row.c_type),
        needs: chars(row.needs.map_or("", |need| need.what)),
        since: chars(row.since.unwrap_or_default()),
        level: row.level,
        number: row.number,
        kind: kind(row.kind),
        access: flag(row.access.get, SOCKETS_OPT_GET)
            | flag(row.access.set, SOCKETS_OPT_SET)
            | flag(row.access.ask, SOCKETS_OPT_ASK),
        needs_errno: row.needs.map_or(0, |need| need.errno as c_int),
        low,
        high,
        domain: row.on.domain().raw(),
        socktype: row.on.ty().raw(),
        protocol: row.on.protocol().raw(),
        min_size: row.size.min,
        max_size: row.size.max,
    }
}

fn kind(kind: Kind) -> c_int {
    match kind {
        Kind::Bool => SOCKETS_OPT_BOOL,
        Kind::Int => SOCKETS_OPT_INT,
        Kind::Unsigned => SOCKETS_OPT_UNSIGNED,
        Kind::Size => SOCKETS_OPT_SIZE,
        Kind::Flags => SOCKETS_OPT_FLAGS,
        Kind::Seconds => SOCKETS_OPT_SECONDS,
        Kind::Millis => SOCKETS_OPT_MILLIS,
        Kind::Micros => SOCKETS_OPT_MICROS,
        Kind::Interface => SOCKETS_OPT_INTERFACE,
        Kind::WireInterface => SOCKETS_OPT_WIRE_INTERFACE,
        Kind::Descriptor => SOCKETS_OPT_DESCRIPTOR,
        Kind::NoValue => SOCKETS_OPT_NO_VALUE,
        Kind::Text => SOCKETS_OPT_TEXT,
        Kind::Filter => SOCKETS_OPT_FILTER,
        Kind::Struct => SOCKETS_OPT_STRUCT,
        Kind::Bytes => SOCKETS_OPT_BYTES,
        // A kind that is added there and not here shows in the C test: it has no name.
        _ => 0,
    }
}
