//! Names of hosts and services

use std::ffi::{CStr, c_char, c_void};
use std::fmt::Write;

use libc::{c_int, size_t, sockaddr, sockaddr_storage, socklen_t};
use sockets::{Domain, EaiError, Errno, Hints, NameInfoFlags, ResolveFlags, SockAddr, Type};

use crate::addr::{bytes, sockets_addr, store_at};
use crate::ret::{fail, guard};
use crate::text::Text;

/// A flag or a combination of flags that there is not.
pub const SOCKETS_EAI_BADFLAGS: c_int = -5001;
/// Nobody knows the name; or there is neither a host nor a service.
pub const SOCKETS_EAI_NONAME: c_int = -5002;
/// Not now: the name server does not answer, or says to try again.
pub const SOCKETS_EAI_AGAIN: c_int = -5003;
/// The name server failed.
pub const SOCKETS_EAI_FAIL: c_int = -5004;
/// The name is known, but has no address.
pub const SOCKETS_EAI_NODATA: c_int = -5005;
/// A family that there is not.
pub const SOCKETS_EAI_FAMILY: c_int = -5006;
/// A type of socket that there is not.
pub const SOCKETS_EAI_SOCKTYPE: c_int = -5007;
/// The service is not known, or not for this type of socket.
pub const SOCKETS_EAI_SERVICE: c_int = -5008;
/// An address of another family than was asked for.
pub const SOCKETS_EAI_ADDRFAMILY: c_int = -5009;
/// No memory.
pub const SOCKETS_EAI_MEMORY: c_int = -5010;
/// A name does not fit.
pub const SOCKETS_EAI_OVERFLOW: c_int = -5012;

/// The host is no name, in any language (AI_IDN).
pub const SOCKETS_EAI_IDN_ENCODE: c_int = -5105;

/// How far the codes of getaddrinfo(3) are shifted: below all numbers of errno.
const BASE: c_int = 5000;

/// getaddrinfo(3): the addresses of a host and a service, in the order in which to try them.
///
/// May ask name servers, and take as long as they do: seconds, if one does not answer. Not a cancellation point.
/// The codes of getaddrinfo() come shifted, as SOCKETS_EAI_NONAME and the like, so that they are no -errno; errno is
/// EADDRNOTAVAIL then. EAI_SYSTEM comes as the -errno itself. With AI_IDN, names are UTF-8, whatever the locale.
///
/// @param host     a name or an address; NULL is this machine: loopback, or with AI_PASSIVE the unspecified address
/// @param service  a name or a number; NULL is port 0
/// @param flags    AI_PASSIVE, AI_CANONNAME, AI_NUMERICHOST, AI_NUMERICSERV, AI_V4MAPPED, AI_ALL, AI_ADDRCONFIG, AI_IDN
/// @param family   AF_UNSPEC, AF_INET or AF_INET6
/// @param type     SOCK_STREAM, SOCK_DGRAM, ...; 0 is any, and gives each address once
/// @param out      receives the addresses, as many as there is room for; may be NULL if count is 0
/// @param count    the room there
/// @param canon    receives the canonical name and a NUL, cut to size, with AI_CANONNAME; may be NULL if size is 0
/// @param size     the room there
/// @return how many addresses there are (more than count: some had no room), or
///   SOCKETS_EAI_NONAME, SOCKETS_EAI_AGAIN, ...
///   -EINVAL  count or size is more than SSIZE_MAX
///   -EFAULT  a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_resolve(
    host: *const c_char,
    service: *const c_char,
    flags: c_int,
    family: c_int,
    r#type: c_int,
    out: *mut sockets_addr,
    count: size_t,
    canon: *mut c_char,
    size: size_t,
) -> c_int {
    guard_coded(|| {
        if count > isize::MAX as usize / size_of::<sockets_addr>() {
            return Err(Errno::EINVAL.into());
        }
        if out.is_null() && count > 0 {
            return Err(Errno::EFAULT.into());
        }
        // SAFETY: the caller says that `size` bytes can be written at `canon`.
        let mut name = unsafe { Text::new(canon, size) }.map_err(Errno::from)?;
        let flags = ResolveFlags::from_bits_retain(flags);
        let hints =
            Hints::new(Type::from_raw(r#type)).with_flags(flags).with_family(Domain::from_raw(family));
        // SAFETY: NULL, or ended by a NUL, as the header demands.
        let (host, service) = (unsafe { text(host) }, unsafe { text(service) });
        let found = sockets::resolve(host.as_deref(), service.as_deref(), hints)?;
        let addrs = once_each(found.iter().map(|entry| entry.addr()));
        for (at, addr) in addrs.iter().enumerate().take(count) {
            // SAFETY: `out` has room for `count` addresses, and `at` is below.
            unsafe { store_at(addr, out, at) };
        }
        let canonical = found.iter().next().and_then(|entry| entry.canonname());
        let _fits = write!(name, "{}", canonical.map(CStr::to_string_lossy).unwrap_or_default());
        name.finish().map_err(Errno::from)?;
        Ok(c_int::try_from(addrs.len()).unwrap_or(c_int::MAX))
    })
}

/// Without those that were there before.
fn once_each(found: impl Iterator<Item = SockAddr>) -> Vec<SockAddr> {
    let mut addrs = Vec::new();
    for addr in found {
        if !addrs.contains(&addr) {
            addrs.push(addr);
        }
    }
    addrs
}

/// getnameinfo(3): the names of the host and the service of an address.
///
/// May ask name servers, unless NI_NUMERICHOST and NI_NUMERICSERV are set. Not a cancellation point. The codes are
/// those of sockets_resolve().
///
/// @param addr          the address
/// @param len           its length
/// @param host          receives the name of the host and a NUL; may be NULL if host_size is 0
/// @param host_size     the room there: NI_MAXHOST is enough
/// @param service       receives the name of the service and a NUL; may be NULL if service_size is 0
/// @param service_size  the room there: NI_MAXSERV is enough, for the path of a Unix address 109
/// @param flags         NI_NUMERICHOST, NI_NUMERICSERV, NI_NAMEREQD, NI_NOFQDN, NI_DGRAM
/// @return 0, or
///   SOCKETS_EAI_NONAME    no name, with NI_NAMEREQD
///   SOCKETS_EAI_FAMILY    an address that is none of IP or Unix
///   SOCKETS_EAI_OVERFLOW  a name does not fit; nothing is written
///   -EINVAL               len is 1 or more than sizeof(struct sockaddr_storage); a size is more than SSIZE_MAX
///   -EFAULT               a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_getnameinfo(
    addr: *const sockaddr,
    len: socklen_t,
    host: *mut c_char,
    host_size: socklen_t,
    service: *mut c_char,
    service_size: socklen_t,
    flags: c_int,
) -> c_int {
    guard_coded(|| {
        let longest = size_of::<sockaddr_storage>();
        // SAFETY: the caller says that `len` bytes can be read at `addr`.
        let addr = unsafe { bytes(addr.cast::<c_void>(), len as size_t, longest, Errno::EINVAL) };
        let addr = SockAddr::from_bytes(addr.map_err(Errno::from)?)?;
        // SAFETY: the caller says that `host_size` bytes can be written at `host`.
        let mut host_text = unsafe { Text::new(host, host_size as size_t) }.map_err(Errno::from)?;
        // SAFETY: the caller says that `service_size` bytes can be written at `service`.
        let mut service_text = unsafe { Text::new(service, service_size as size_t) }.map_err(Errno::from)?;
        let names = sockets::getnameinfo(addr, NameInfoFlags::from_bits_retain(flags))?;
        let fits = |name: &str, room: socklen_t| room == 0 || name.len() < room as usize;
        if !fits(&names.host(), host_size) || !fits(&names.service(), service_size) {
            return Ok(SOCKETS_EAI_OVERFLOW);
        }
        let _fits = write!(host_text, "{}", names.host());
        let _fits = write!(service_text, "{}", names.service());
        host_text.finish().and_then(|_| service_text.finish()).map_err(Errno::from)?;
        Ok(0)
    })
}

/// The text of a C caller, or nothing. Bytes that are no UTF-8 are in no name.
///
/// # Safety
///
/// `text` is NULL, or ends with a NUL.
unsafe fn text(text: *const c_char) -> Option<String> {
    // SAFETY: not NULL, so it ends with a NUL.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
}

/// Runs what may fail with a code of getaddrinfo(3). `errno` is set last of all.
fn guard_coded(body: impl FnOnce() -> Result<c_int, EaiError>) -> c_int {
    let result = guard(|| match body() {
        Ok(value) => Ok(value),
        Err(error) => match error.errno() {
            Some(errno) => Err(errno.into()),
            None => Ok(error.code().raw() - BASE),
        },
    });
    if result <= -BASE {
        fail(Errno::EADDRNOTAVAIL);
    }
    result
}
