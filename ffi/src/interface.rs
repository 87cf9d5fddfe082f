//! Interfaces

use std::ffi::{CStr, c_char};

use libc::{c_int, c_uint, size_t};
use sockets::{Errno, IfAddr, SockAddr};

use crate::addr::{empty, sockets_addr, to_c};
use crate::ret::guard;

/// An address of an interface. One of the family AF_PACKET is that of the hardware: sockets_addr_get_link() reads it.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations, reason = "C prints it")]
pub struct sockets_ifaddr {
    /// The name of the interface; of an address with a label, the label: "eth0:1".
    pub name: [c_char; 16],
    /// Its index, or 0 if it has gone meanwhile.
    pub index: c_uint,
    /// IFF_UP, IFF_LOOPBACK, ...
    pub flags: c_uint,
    /// The address; len is 0 if there is none.
    pub addr: sockets_addr,
    /// The mask of its network; len is 0 if there is none.
    pub netmask: sockets_addr,
    /// With IFF_BROADCAST the address for broadcasts, with IFF_POINTOPOINT that of the peer; or len is 0.
    pub other: sockets_addr,
}

/// getifaddrs(3): every address of every interface.
///
/// @param out    receives them, as many as there is room for; may be NULL if count is 0
/// @param count  the room there
/// @return how many there are (more than count: some had no room), or
///   -EINVAL  count is more than memory has
///   -EFAULT  a NULL pointer
///   -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_getifaddrs(out: *mut sockets_ifaddr, count: size_t) -> c_int {
    guard(|| {
        if count > isize::MAX as usize / size_of::<sockets_ifaddr>() {
            return Err(Errno::EINVAL.into());
        }
        if out.is_null() && count > 0 {
            return Err(Errno::EFAULT.into());
        }
        let mut found = 0;
        for entry in &sockets::getifaddrs()? {
            if found < count {
                let place = out.wrapping_add(found);
                // SAFETY: `out` has room for `count` of them, and `found` is below.
                unsafe { place.write_unaligned(convert(&entry)) };
            }
            found += 1;
        }
        Ok(c_int::try_from(found).unwrap_or(c_int::MAX))
    })
}

fn convert(entry: &IfAddr<'_>) -> sockets_ifaddr {
    let addr = |addr: Option<SockAddr>| addr.map_or(empty(), |addr| to_c(&addr));
    let mut name = [0; 16];
    for (place, byte) in name.iter_mut().take(15).zip(entry.name().to_bytes()) {
        *place = *byte as c_char;
    }
    sockets_ifaddr {
        name,
        index: index(entry.name()).unwrap_or(0),
        flags: entry.flags().bits(),
        addr: addr(entry.addr()),
        netmask: addr(entry.netmask()),
        other: addr(entry.broadcast().or_else(|| entry.peer())),
    }
}

/// The index of the interface that a label begins with: no name of one has a colon.
fn index(label: &CStr) -> Option<u32> {
    let name = label.to_str().ok()?.split(':').next()?;
    sockets::if_nametoindex(name).ok()
}

/// The index of an interface.
///
/// Unlike if_nametoindex(3) it does not cut a name that is too long or holds a colon, and the error is that of the
/// call that failed.
///
/// @param name  the name
/// @return the index, 1 or more, or
///   -ENODEV  no interface of that name
///   -EFAULT  a NULL pointer
///   -EMFILE, -ENFILE, -ENOMEM
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_if_nametoindex(name: *const c_char) -> c_int {
    guard(|| {
        if name.is_null() {
            return Err(Errno::EFAULT.into());
        }
        // SAFETY: not NULL, and ended by a NUL, as the header demands.
        let name = unsafe { CStr::from_ptr(name) }.to_str().map_err(|_| Errno::ENODEV)?;
        c_int::try_from(sockets::if_nametoindex(name)?).map_err(|_| Errno::ENODEV.into())
    })
}

/// The name of an interface.
///
/// @param index  the index
/// @param name   receives the name and a NUL: room for IF_NAMESIZE bytes, which is 16
/// @return 0, or
///   -ENXIO   no interface of that index
///   -EFAULT  a NULL pointer
///   -EMFILE, -ENFILE, -ENOMEM
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_if_indextoname(index: c_uint, name: *mut c_char) -> c_int {
    guard(|| {
        if name.is_null() {
            return Err(Errno::EFAULT.into());
        }
        let found = sockets::if_indextoname(index)?;
        let mut chars = [0_u8; 16];
        for (place, byte) in chars.iter_mut().take(15).zip(found.as_bytes()) {
            *place = *byte;
        }
        // SAFETY: not NULL, and the caller says that 16 bytes can be written there.
        unsafe { name.cast::<[u8; 16]>().write_unaligned(chars) };
        Ok(0)
    })
}
