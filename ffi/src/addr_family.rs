//! Addresses of each family

use std::ffi::c_void;
use std::net::{SocketAddrV4, SocketAddrV6};
use std::os::unix::ffi::OsStrExt;

use libc::{c_int, size_t, sockaddr, sockaddr_storage, socklen_t};
use sockets::sys::Result;
use sockets::{Domain, Errno, EtherType, HardwareAddr, LinkAddr, NetlinkAddr, SockAddr, UnixAddr, VsockAddr};

use crate::addr::{bytes, sockets_addr, store};
use crate::ret::guard;

/// Makes an AF_INET address.
///
/// @param ip    4 bytes, in the order in which they are written and in which struct in_addr has them
/// @param port  the port, in host order
/// @param out   receives the address; untouched on failure
/// @return 0, or -EFAULT for a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_addr_ipv4(ip: *const c_void, port: u16, out: *mut sockets_addr) -> c_int {
    guard(|| {
        // SAFETY: the caller says that 4 bytes can be read at `ip`.
        let ip = unsafe { array::<4>(ip) }?;
        // SAFETY: `out` is NULL or the caller's to write.
        unsafe { store(SocketAddrV4::new(ip.into(), port).into(), out) }
    })
}

/// Makes an AF_INET6 address.
///
/// @param ip        16 bytes, in the order in which they are written and in which struct in6_addr has them
/// @param port      the port, in host order
/// @param flowinfo  traffic class and flow label, in host order, or 0
/// @param scope_id  the index of the interface, which a link-local address needs, or 0
/// @param out       receives the address; untouched on failure
/// @return 0, or -EFAULT for a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_addr_ipv6(
    ip: *const c_void,
    port: u16,
    flowinfo: u32,
    scope_id: u32,
    out: *mut sockets_addr,
) -> c_int {
    guard(|| {
        // SAFETY: the caller says that 16 bytes can be read at `ip`.
        let ip = unsafe { array::<16>(ip) }?;
        // SAFETY: `out` is NULL or the caller's to write.
        unsafe { store(SocketAddrV6::new(ip.into(), port, flowinfo, scope_id).into(), out) }
    })
}

/// Makes an AF_PACKET address.
///
/// @param ifindex   the index of the interface; 0 is all, in bind()
/// @param protocol  ETH_P_IP, ETH_P_ALL, ...: in host order
/// @param hwaddr    the hardware address; may be NULL if hwlen is 0
/// @param hwlen     its length: 6 for Ethernet, 32 at most
/// @param out       receives the address; untouched on failure
/// @return 0, or
///   -EINVAL  an index above INT_MAX, or a hardware address of more than 32 bytes
///   -EFAULT  a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_addr_link(
    ifindex: u32,
    protocol: u16,
    hwaddr: *const c_void,
    hwlen: size_t,
    out: *mut sockets_addr,
) -> c_int {
    guard(|| {
        // SAFETY: the caller says that `hwlen` bytes can be read at `hwaddr`.
        let hwaddr = unsafe { bytes(hwaddr, hwlen, 32, Errno::EINVAL) }?;
        let link = LinkAddr::new(ifindex, EtherType::from_raw(protocol))?;
        // SAFETY: `out` is NULL or the caller's to write.
        unsafe { store(link.with_hardware_addr(HardwareAddr::new(hwaddr)?).into(), out) }
    })
}

/// Makes an AF_VSOCK address.
///
/// @param cid   the context: VMADDR_CID_ANY, VMADDR_CID_HOST, ...
/// @param port  the port, or VMADDR_PORT_ANY
/// @param out   receives the address; untouched on failure
/// @return 0, or -EFAULT for a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_addr_vsock(cid: u32, port: u32, out: *mut sockets_addr) -> c_int {
    // SAFETY: `out` is NULL or the caller's to write.
    guard(|| unsafe { store(VsockAddr::new(cid, port).into(), out) })
}

/// Makes an AF_NETLINK address.
///
/// @param pid     the port: 0 is the kernel; in bind(), any that is free
/// @param groups  a bit for each of the first 32 groups
/// @param out     receives the address; untouched on failure
/// @return 0, or -EFAULT for a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_addr_netlink(pid: u32, groups: u32, out: *mut sockets_addr) -> c_int {
    // SAFETY: `out` is NULL or the caller's to write.
    guard(|| unsafe { store(NetlinkAddr::new(pid, groups).into(), out) })
}

/// The family of an address.
///
/// @param addr  the address
/// @param len   its length; 0 is no address
/// @return AF_INET, ...; AF_UNSPEC for no address; or
///   -EINVAL  len is 1 or more than sizeof(struct sockaddr_storage)
///   -EFAULT  a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_addr_family(addr: *const sockaddr, len: socklen_t) -> c_int {
    // SAFETY: the caller says that `len` bytes can be read at `addr`.
    guard(|| Ok(unsafe { load(addr, len) }?.family().raw()))
}

/// The port of an IP address, in host order.
///
/// @param addr  the address
/// @param len   its length
/// @return the port, or
///   -EAFNOSUPPORT  not an address of AF_INET or AF_INET6
///   -EINVAL        too short; or len is 1 or more than sizeof(struct sockaddr_storage)
///   -EFAULT        a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_addr_port(addr: *const sockaddr, len: socklen_t) -> c_int {
    guard(|| {
        // SAFETY: the caller says that `len` bytes can be read at `addr`.
        let addr = unsafe { load(addr, len) }?;
        let known = [Domain::AF_INET, Domain::AF_INET6].contains(&addr.family());
        let missing = if known { Errno::EINVAL } else { Errno::EAFNOSUPPORT };
        Ok(addr.port().ok_or(missing)?.into())
    })
}

/// Reads an AF_INET address.
///
/// @param addr  the address
/// @param len   its length
/// @param ip    receives 4 bytes, as struct in_addr has them; or NULL
/// @param port  receives the port, in host order; or NULL
/// @return 0, or
///   -EAFNOSUPPORT  of another family
///   -EINVAL        too short; or len is 1 or more than sizeof(struct sockaddr_storage)
///   -EFAULT        addr is NULL
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_addr_get_ipv4(
    addr: *const sockaddr,
    len: socklen_t,
    ip: *mut c_void,
    port: *mut u16,
) -> c_int {
    guard(|| {
        // SAFETY: the caller says that `len` bytes can be read at `addr`.
        let addr = unsafe { load(addr, len) }?;
        let v4 = addr.as_ipv4().ok_or_else(|| missing(&addr, Domain::AF_INET))?;
        // SAFETY: `ip` is NULL, or the caller's to write 4 bytes.
        unsafe { put(ip.cast(), v4.ip().octets()) };
        // SAFETY: `port` is NULL or the caller's to write.
        unsafe { put(port, v4.port()) };
        Ok(0)
    })
}

/// Reads an AF_INET6 address.
///
/// @param addr      the address
/// @param len       its length
/// @param ip        receives 16 bytes, as struct in6_addr has them; or NULL
/// @param port      receives the port, in host order; or NULL
/// @param flowinfo  receives traffic class and flow label, in host order; or NULL
/// @param scope_id  receives the index of the interface, or 0; or NULL
/// @return as sockets_addr_get_ipv4()
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_addr_get_ipv6(
    addr: *const sockaddr,
    len: socklen_t,
    ip: *mut c_void,
    port: *mut u16,
    flowinfo: *mut u32,
    scope_id: *mut u32,
) -> c_int {
    guard(|| {
        // SAFETY: the caller says that `len` bytes can be read at `addr`.
        let addr = unsafe { load(addr, len) }?;
        let v6 = addr.as_ipv6().ok_or_else(|| missing(&addr, Domain::AF_INET6))?;
        // SAFETY: `ip` is NULL, or the caller's to write 16 bytes.
        unsafe { put(ip.cast(), v6.ip().octets()) };
        // SAFETY: `port` is NULL or the caller's to write.
        unsafe { put(port, v6.port()) };
        // SAFETY: `flowinfo` is NULL or the caller's to write.
        unsafe { put(flowinfo, v6.flowinfo()) };
        // SAFETY: `scope_id` is NULL or the caller's to write.
        unsafe { put(scope_id, v6.scope_id()) };
        Ok(0)
    })
}

/// Reads the name of an AF_UNIX address: a path, without a NUL; or a NUL and an abstract name; or nothing.
///
/// It is what sockets_addr_unix() takes.
///
/// @param addr  the address
/// @param len   its length
/// @param name  receives the name, cut to size bytes; may be NULL if size is 0
/// @param size  the room there: 108 is enough
/// @return the length of the whole name, 0 if there is none, or
///   -EAFNOSUPPORT  of another family
///   -EINVAL        len is 1 or more than sizeof(struct sockaddr_storage); size is more than SSIZE_MAX
///   -EFAULT        a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_addr_get_unix(
    addr: *const sockaddr,
    len: socklen_t,
    name: *mut c_void,
    size: size_t,
) -> c_int {
    guard(|| {
        // SAFETY: the caller says that `len` bytes can be read at `addr`.
        let addr = unsafe { load(addr, len) }?;
        let (head, rest): (&[u8], &[u8]) = match addr.as_unix().ok_or(Errno::EAFNOSUPPORT)? {
            UnixAddr::Unnamed => (&[], &[]),
            UnixAddr::Abstract(name) => (&[0], name),
            UnixAddr::Pathname(path) => (&[], path.as_os_str().as_bytes()),
        };
        // SAFETY: the caller says that `size` bytes can be written at `name`.
        unsafe { copy([head, rest].concat(), name, size) }
    })
}

/// Reads an AF_PACKET address.
///
/// @param addr      the address
/// @param len       its length
/// @param ifindex   receives the index of the interface; or NULL
/// @param protocol  receives the protocol, ETH_P_IP, ..., in host order; or NULL
/// @param hatype    receives the kind of hardware, ARPHRD_ETHER, ...; or NULL
/// @param pkttype   receives whom the frame was for, PACKET_HOST, ...; or NULL
/// @param hwaddr    receives the hardware address, cut to size bytes; may be NULL if size is 0
/// @param size      the room there: 32 is enough
/// @return the length of the hardware address, or
///   -EAFNOSUPPORT  of another family
///   -EINVAL        too short for its hardware address; len is 1 or more than sizeof(struct sockaddr_storage);
///                  size is more than SSIZE_MAX
///   -EFAULT        a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_addr_get_link(
    addr: *const sockaddr,
    len: socklen_t,
    ifindex: *mut u32,
    protocol: *mut u16,
    hatype: *mut u16,
    pkttype: *mut u8,
    hwaddr: *mut c_void,
    size: size_t,
) -> c_int {
    guard(|| {
        // SAFETY: the caller says that `len` bytes can be read at `addr`.
        let addr = unsafe { load(addr, len) }?;
        let link = addr.as_link().ok_or_else(|| missing(&addr, Domain::AF_PACKET))?;
        // SAFETY: the caller says that `size` bytes can be written at `hwaddr`.
        let length = unsafe { copy(link.hardware_addr().as_bytes().to_vec(), hwaddr, size) }?;
        // SAFETY: `ifindex` is NULL or the caller's to write.
        unsafe { put(ifindex, link.interface()) };
        // SAFETY: `protocol` is NULL or the caller's to write.
        unsafe { put(protocol, link.protocol().raw()) };
        // SAFETY: `hatype` is NULL or the caller's to write.
        unsafe { put(hatype, link.hardware_type().raw()) };
        // SAFETY: `pkttype` is NULL or the caller's to write.
        unsafe { put(pkttype, link.packet_type().raw()) };
        Ok(length)
    })
}

/// Reads an AF_VSOCK address.
///
/// @param addr  the address
/// @param len   its length
/// @param cid   receives the context; or NULL
/// @param port  receives the port; or NULL
/// @return as sockets_addr_get_ipv4()
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_addr_get_vsock(
    addr: *const sockaddr,
    len: socklen_t,
    cid: *mut u32,
    port: *mut u32,
) -> c_int {
    guard(|| {
        // SAFETY: the caller says that `len` bytes can be read at `addr`.
        let addr = unsafe { load(addr, len) }?;
        let vsock = addr.as_vsock().ok_or_else(|| missing(&addr, Domain::AF_VSOCK))?;
        // SAFETY: `cid` is NULL or the caller's to write.
        unsafe { put(cid, vsock.cid) };
        // SAFETY: `port` is NULL or the caller's to write.
        unsafe { put(port, vsock.port) };
        Ok(0)
    })
}

/// Reads an AF_NETLINK address.
///
/// @param addr    the address
/// @param len     its length
/// @param pid     receives the port; or NULL
/// @param groups  receives the groups; or NULL
/// @return as sockets_addr_get_ipv4()
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_addr_get_netlink(
    addr: *const sockaddr,
    len: socklen_t,
    pid: *mut u32,
    groups: *mut u32,
) -> c_int {
    guard(|| {
        // SAFETY: the caller says that `len` bytes can be read at `addr`.
        let addr = unsafe { load(addr, len) }?;
        let netlink = addr.as_netlink().ok_or_else(|| missing(&addr, Domain::AF_NETLINK))?;
        // SAFETY: `pid` is NULL or the caller's to write.
        unsafe { put(pid, netlink.pid) };
        // SAFETY: `groups` is NULL or the caller's to write.
        unsafe { put(groups, netlink.groups) };
        Ok(0)
    })
}

/// Why an address is none of a family.
fn missing(addr: &SockAddr, family: Domain) -> Errno {
    if addr.family() == family { Errno::EINVAL } else { Errno::EAFNOSUPPORT }
}

/// The address of a C caller.
///
/// # Safety
///
/// `addr` is NULL, or `len` bytes can be read there.
unsafe fn load(addr: *const sockaddr, len: socklen_t) -> Result<SockAddr> {
    // SAFETY: as the caller says.
    let bytes = unsafe { bytes(addr.cast(), len as size_t, size_of::<sockaddr_storage>(), Errno::EINVAL) }?;
    Ok(SockAddr::from_bytes(bytes)?)
}

/// Bytes of a fixed number.
///
/// # Safety
///
/// `ptr` is NULL, or `N` bytes can be read there.
unsafe fn array<const N: usize>(ptr: *const c_void) -> Result<[u8; N]> {
    // SAFETY: as the caller says.
    let bytes = unsafe { bytes(ptr, N, N, Errno::EINVAL) }?;
    bytes.try_into().map_err(|_| Errno::EINVAL.into())
}

/// Writes a value where somebody wants it.
///
/// # Safety
///
/// `to` is NULL, or may be written.
unsafe fn put<T>(to: *mut T, value: T) {
    if !to.is_null() {
        // SAFETY: not NULL, so it may be written.
        unsafe { to.write_unaligned(value) };
    }
}

/// Writes as many bytes as there is room for; gives how many there are.
///
/// # Safety
///
/// `to` is NULL, or `size` bytes can be written there.
unsafe fn copy(from: Vec<u8>, to: *mut c_void, size: size_t) -> Result<c_int> {
    if size > isize::MAX as usize {
        return Err(Errno::EINVAL.into());
    }
    if to.is_null() && size > 0 {
        return Err(Errno::EFAULT.into());
    }
    let fits = from.len().min(size);
    if fits > 0 {
        // SAFETY: as many bytes can be written, `from` has no fewer, and is memory of its own.
        unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), to.cast(), fits) };
    }
    c_int::try_from(from.len()).map_err(|_| Errno::EINVAL.into())
}
