//! Addresses as text and back

use std::ffi::{CStr, OsStr, c_char};
use std::fmt::Write;
use std::mem::{MaybeUninit, offset_of, size_of};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::slice;

use libc::{c_int, c_void, size_t, sockaddr, sockaddr_storage, sockaddr_un, socklen_t};
use sockets::sys::Result;
use sockets::{Errno, SockAddr, UnixAddr};

use crate::ret::guard;
use crate::text::Text;

/// An address of any family, for functions that make one.
///
/// Pass `(struct sockaddr *)&a.storage, a.len` where an address is wanted.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations, reason = "C prints it")]
pub struct sockets_addr {
    /// The address; what is behind len bytes is zero.
    pub storage: sockaddr_storage,
    /// How many bytes of it are in use.
    pub len: socklen_t,
}

/// Parses the text form of an address.
///
///   127.0.0.1:80
///   [::1]:80, [fe80::1%2]:80, [fe80::1%eth0]:80
///   unix:/run/x.sock, unix:@abstract-name, unix: (no name)
///   link:02:00:00:00:00:01%2/0x0806 (hardware address, interface, protocol; each may be missing)
///   vsock:3:1024, vsock:any:any
///   netlink:4711:0x00000001
///   af:31:00000a00 (any family: its number, and the bytes behind it)
///
/// In Unix names a backslash is written twice, and \xHH is any byte; bytes that are no UTF-8 must be written so.
///
/// @param text  the text, ended by a NUL
/// @param out   receives the address; untouched on failure
/// @return 0, or
///   -EINVAL        not an address
///   -ENODEV        no interface of the zone's name (which if_nametoindex(3) looks up: it opens a socket)
///   -ENAMETOOLONG  a path of more than 108 bytes, an abstract name of more than 107
///   -EFAULT        a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_addr_parse(text: *const c_char, out: *mut sockets_addr) -> c_int {
    guard(|| {
        if text.is_null() {
            return Err(Errno::EFAULT.into());
        }
        // SAFETY: not NULL, and ended by a NUL, as the header demands.
        let text = unsafe { CStr::from_ptr(text) };
        let text = text.to_str().map_err(|_| Errno::EINVAL)?;
        // SAFETY: `out` is NULL or the caller's to write.
        unsafe { store(text.parse()?, out) }
    })
}

/// Makes an AF_UNIX address.
///
/// @param name  a path (no NUL needed at the end); or a NUL and an abstract name of any bytes
/// @param len   its length; 0 makes an address without a name, which bind(2) takes for "choose one"
/// @param out   receives the address; untouched on failure
/// @return 0, or
///   -EINVAL        a path that holds a NUL
///   -ENAMETOOLONG  a path of more than 108 bytes, an abstract name of more than 107
///   -EFAULT        a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_addr_unix(
    name: *const c_void,
    len: size_t,
    out: *mut sockets_addr,
) -> c_int {
    guard(|| {
        // SAFETY: the caller says that `len` bytes can be read at `name`.
        let addr = match unsafe { bytes(name, len, SUN_PATH, Errno::ENAMETOOLONG) }? {
            [] => UnixAddr::Unnamed,
            [0, name @ ..] => UnixAddr::Abstract(name),
            path => UnixAddr::Pathname(Path::new(OsStr::from_bytes(path))),
        };
        // SAFETY: `out` is NULL or the caller's to write.
        unsafe { store(addr.try_into()?, out) }
    })
}

/// Writes the text form of an address, which sockets_addr_parse() reads.
///
/// Like snprintf(3): what does not fit is cut, and the return value tells.
///
/// @param addr  the address
/// @param len   its length
/// @param buf   receives the text and a NUL; may be NULL if size is 0
/// @param size  the room there
/// @return the length of the whole text, without the NUL (cut if that is size or more), or
///   -EINVAL  len is 1 or more than sizeof(struct sockaddr_storage); size is more than SSIZE_MAX
///   -EFAULT  a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_addr_format(
    addr: *const sockaddr,
    len: socklen_t,
    buf: *mut c_char,
    size: size_t,
) -> c_int {
    guard(|| {
        let longest = size_of::<sockaddr_storage>();
        // SAFETY: the caller says that `len` bytes can be read at `addr`.
        let addr = unsafe { bytes(addr.cast(), len as size_t, longest, Errno::EINVAL) }?;
        let addr = SockAddr::from_bytes(addr)?;
        // SAFETY: the caller says that `size` bytes can be written at `buf`.
        let mut text = unsafe { Text::new(buf, size) }?;
        write!(text, "{addr}").map_err(|_| Errno::EINVAL)?;
        text.finish()
    })
}

/// The size of `sun_path`.
const SUN_PATH: usize = size_of::<sockaddr_un>() - offset_of!(sockaddr_un, sun_path);

/// The bytes of a C caller. More than `longest` are `too_long`, and not looked at.
///
/// # Safety
///
/// `ptr` is NULL, or `len` bytes can be read there for as long as the result lives.
pub(crate) unsafe fn bytes<'a>(
    ptr: *const c_void,
    len: size_t,
    longest: usize,
    too_long: Errno,
) -> Result<&'a [u8]> {
    if len == 0 {
        return Ok(&[]);
    }
    if ptr.is_null() {
        return Err(Errno::EFAULT.into());
    }
    if len > longest {
        return Err(too_long.into());
    }
    // SAFETY: not NULL, not too long, and readable, as the caller says; bytes need no alignment.
    Ok(unsafe { slice::from_raw_parts(ptr.cast(), len) })
}

/// Stores an address, all of it or nothing, with zeros behind it.
///
/// # Safety
///
/// `out` is NULL or may be written.
pub(crate) unsafe fn store(addr: SockAddr, out: *mut sockets_addr) -> Result<c_int> {
    if out.is_null() {
        return Err(Errno::EFAULT.into());
    }
    // SAFETY: not NULL, so it may be written.
    unsafe { out.write_unaligned(to_c(&addr)) };
    Ok(0)
}

/// Stores an address in an array.
///
/// # Safety
///
/// `out` is an array of more than `at` addresses that may be written.
pub(crate) unsafe fn store_at(addr: &SockAddr, out: *mut sockets_addr, at: usize) {
    // SAFETY: the array has an element there.
    unsafe { out.wrapping_add(at).write_unaligned(to_c(addr)) };
}

/// No address, and zeros.
pub(crate) fn empty() -> sockets_addr {
    // SAFETY: all zeros are valid for a structure of integers.
    unsafe { MaybeUninit::<sockets_addr>::zeroed().assume_init() }
}

/// The address as C has it, with zeros behind it.
pub(crate) fn to_c(addr: &SockAddr) -> sockets_addr {
    let mut new = empty();
    let bytes = addr.as_bytes();
    // An address is never longer; were it, the rest would be cut.
    let len = bytes.len().min(size_of::<sockaddr_storage>());
    let storage = (&raw mut new.storage).cast::<u8>();
    // SAFETY: `len` is within both, and they are places of their own.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), storage, len) };
    new.len = len as socklen_t;
    new
}
