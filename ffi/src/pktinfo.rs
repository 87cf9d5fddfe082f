//! Answers from the address that was asked: IP_PKTINFO, IPV6_PKTINFO

use std::mem::{offset_of, size_of};
use std::net::IpAddr;

use libc::{
    AF_INET, AF_INET6, c_int, c_uint, c_void, in_addr, in6_addr, iovec, sa_family_t, size_t, sockaddr,
    sockaddr_in, sockaddr_in6, socklen_t, ssize_t,
};
use sockets::Errno;
use sockets::cmsg::{ControlBuf, ControlWriter, walk};
use sockets::sys::{self, Fd, PacketInfo};

use crate::addr::sockets_addr;
use crate::fds::{Room, close_all, message};
use crate::ret::{self, fail};

/// Where a datagram came to: sockets_recvfrom_pktinfo() tells, and sockets_sendto_pktinfo() answers from there. One of
/// IPv4 has addresses of AF_INET, on a dual-stack socket too.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations, reason = "C prints it")]
pub struct sockets_pktinfo {
    /// The address of this machine that an answer leaves from, with port 0; len is 0 where the system chooses, as after
    /// a datagram to a group of IPv6.
    pub local: sockets_addr,
    /// The destination of the packet, which can be a group or a broadcast address, with port 0; len is 0 if nobody said.
    pub destination: sockets_addr,
    /// The index of the interface that it came in by; 0 if nobody said.
    pub ifindex: c_uint,
    /// msg_flags: MSG_TRUNC if data was lost, MSG_CTRUNC if this was.
    pub msg_flags: c_int,
}

/// setsockopt(2) IP_PKTINFO, IPV6_RECVPKTINFO, after getsockopt(2) SO_DOMAIN, IPV6_V6ONLY: makes datagrams tell where
/// they came to.
///
/// An AF_INET6 socket gets both, unless it is for IPv6 only.
///
/// @param fd  the socket
/// @param on  0 turns it off, everything else on
/// @return 0, or
///   -EAFNOSUPPORT  not a socket of AF_INET or AF_INET6
///   -EBADF, -ENOTSOCK
#[unsafe(no_mangle)]
pub extern "C" fn sockets_set_pktinfo(fd: c_int, on: c_int) -> c_int {
    // SAFETY: the caller may use `fd`, or it is not open.
    match sys::set_pktinfo(unsafe { Fd::from_raw(fd) }, on != 0) {
        Ok(()) => 0,
        // Not every one of these errors came from a call.
        Err(error) => fail(error),
    }
}

/// recvmsg(2): as sockets_recvfrom(), and where the datagram came to.
///
/// sockets_set_pktinfo() asks for it. Descriptors that come are closed. If the thread is cancelled while it waits, nothing
/// was received.
///
/// @param fd       the socket
/// @param buf      receives the bytes
/// @param len      the room there
/// @param flags    as for sockets_recv()
/// @param from     receives the address of the sender, cut to *fromlen bytes; may be NULL
/// @param fromlen  in: the room at from; out: the length of the address; may be NULL if from is. Untouched on failure
/// @param info     receives where it came to; untouched on failure
/// @return as for sockets_recvfrom()
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_recvfrom_pktinfo(
    fd: c_int,
    buf: *mut c_void,
    len: size_t,
    flags: c_int,
    from: *mut sockaddr,
    fromlen: *mut socklen_t,
    info: *mut sockets_pktinfo,
) -> ssize_t {
    if info.is_null() || (fromlen.is_null() && !from.is_null()) {
        return fail(Errno::EFAULT) as ssize_t;
    }
    let mut room = Room::<ROOM>::new();
    let mut data = iovec { iov_base: buf, iov_len: len };
    let mut msg = message(&mut data);
    if !from.is_null() {
        msg.msg_name = from.cast();
        // SAFETY: not NULL, so it may be read; whether it is aligned nobody has said.
        msg.msg_namelen = unsafe { fromlen.read_unaligned() };
    }
    room.lend(&mut msg, ROOM);
    // SAFETY: the caller may use `fd`, or it is not open.
    let fd = unsafe { Fd::from_raw(fd) };
    // SAFETY: the kernel validates what `data` and `msg_name` say, where the caller lets it write; the rest is here.
    let n = match unsafe { sys::recvmsg_raw(fd, &mut msg, flags) } {
        Ok(n) => n as ssize_t,
        Err(error) => return -(error.raw() as ssize_t),
    };
    let found = PacketInfo::of(walk(room.used(&msg)));
    close_all(room.used(&msg));
    // SAFETY: not NULL, so it may be written.
    unsafe { info.write_bytes(0, 1) };
    let place = |offset: usize| info.wrapping_byte_add(offset);
    // SAFETY: the address is in `info`.
    unsafe { put(found.local, found.interface, place(LOCAL).cast()) };
    // SAFETY: the same.
    unsafe { put(found.destination, found.interface, place(DESTINATION).cast()) };
    // SAFETY: the number is in `info`; whether that is aligned nobody has said.
    unsafe { place(offset_of!(sockets_pktinfo, ifindex)).cast::<c_uint>().write_unaligned(found.interface) };
    // SAFETY: the same.
    unsafe { place(offset_of!(sockets_pktinfo, msg_flags)).cast::<c_int>().write_unaligned(msg.msg_flags) };
    if !fromlen.is_null() {
        // SAFETY: not NULL, so it may be written.
        unsafe { fromlen.write_unaligned(msg.msg_namelen) };
    }
    n
}

/// sendmsg(2): as sockets_sendto(), from an address of this machine.
///
/// The interface is that of info only where the address does not say which: link-local, or none. Otherwise the routes
/// decide. MSG_NOSIGNAL is always set.
///
/// @param fd     the socket
/// @param buf    the bytes
/// @param len    how many
/// @param flags  as for sockets_send()
/// @param to     the address; NULL for the peer
/// @param tolen  its length
/// @param info   what sockets_recvfrom_pktinfo() has given; or one whose local is set, and all else 0; NULL is as for
///               sockets_sendto()
/// @return the number of bytes that the kernel took, or
///   -EINVAL        not an address of this machine (IPv6: no such interface); a bad length
///   -ENETUNREACH, -EADDRNOTAVAIL  the same, as other kernels say it
///   -ENODEV        no such interface
///   -EAFNOSUPPORT  info has an address of another family than AF_INET and AF_INET6
///   and the errors of sockets_sendto()
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_sendto_pktinfo(
    fd: c_int,
    buf: *const c_void,
    len: size_t,
    flags: c_int,
    to: *const sockaddr,
    tolen: socklen_t,
    info: *const sockets_pktinfo,
) -> ssize_t {
    let mut room = ControlBuf::<{ PacketInfo::ROOM }>::new();
    let mut data = iovec { iov_base: buf.cast_mut(), iov_len: len };
    let mut msg = message(&mut data);
    msg.msg_name = to.cast_mut().cast();
    msg.msg_namelen = tolen;
    let mut writer = ControlWriter::new(&mut room);
    if !info.is_null() {
        // SAFETY: not NULL, so it may be read.
        if let Err(error) = unsafe { from_c(info) }.and_then(|info| info.push(&mut writer)) {
            return fail(error) as ssize_t;
        }
    }
    let control = writer.as_bytes();
    if !control.is_empty() {
        msg.msg_control = control.as_ptr().cast_mut().cast();
        msg.msg_controllen = control.len() as _;
    }
    // SAFETY: the caller may use `fd`, or it is not open.
    let fd = unsafe { Fd::from_raw(fd) };
    // SAFETY: the kernel validates what `data` and `msg_name` say; the caller lets it read what is there.
    ret::size(unsafe { sys::sendmsg_raw(fd, &msg, flags) })
}

/// Room for that, and for what other options may ask for.
const ROOM: usize = PacketInfo::ROOM + 320;

const LOCAL: usize = offset_of!(sockets_pktinfo, local);
const DESTINATION: usize = offset_of!(sockets_pktinfo, destination);
const LEN: usize = offset_of!(sockets_addr, len);

/// Writes an address with port 0: of those that have no meaning without one, with the interface.
///
/// # Safety
///
/// `place` may be written, and is all zeros.
#[inline]
unsafe fn put(ip: Option<IpAddr>, interface: c_uint, place: *mut sockets_addr) {
    let len = match ip {
        None => return,
        Some(IpAddr::V4(ip)) => {
            let sin_addr = in_addr { s_addr: u32::from_ne_bytes(ip.octets()) };
            let new = sockaddr_in { sin_family: AF_INET as _, sin_port: 0, sin_addr, sin_zero: [0; 8] };
            // SAFETY: there is room for an address of any family; whether it is aligned nobody has said.
            unsafe { place.cast::<sockaddr_in>().write_unaligned(new) };
            size_of::<sockaddr_in>()
        }
        Some(IpAddr::V6(ip)) => {
            let is_scoped = ip.is_unicast_link_local() || ip.is_multicast();
            let new = sockaddr_in6 {
                sin6_family: AF_INET6 as _,
                sin6_port: 0,
                sin6_flowinfo: 0,
                sin6_addr: in6_addr { s6_addr: ip.octets() },
                sin6_scope_id: if is_scoped { interface } else { 0 },
            };
            // SAFETY: there is room for an address of any family; whether it is aligned nobody has said.
            unsafe { place.cast::<sockaddr_in6>().write_unaligned(new) };
            size_of::<sockaddr_in6>()
        }
    };
    // SAFETY: the length is behind the address.
    unsafe { place.wrapping_byte_add(LEN).cast::<socklen_t>().write_unaligned(len as socklen_t) };
}

/// # Safety
///
/// `info` may be read.
unsafe fn from_c(info: *const sockets_pktinfo) -> Result<PacketInfo, Errno> {
    // SAFETY: the number is in `info`; whether that is aligned nobody has said.
    let interface = unsafe {
        info.wrapping_byte_add(offset_of!(sockets_pktinfo, ifindex)).cast::<c_uint>().read_unaligned()
    };
    // SAFETY: the address is in `info`.
    let local = unsafe { ip(info.wrapping_byte_add(LOCAL).cast()) }?;
    // SAFETY: the same.
    let destination = unsafe { ip(info.wrapping_byte_add(DESTINATION).cast()) }?;
    Ok(PacketInfo { local, destination, interface })
}

/// The IP address, if there is an address.
///
/// # Safety
///
/// `addr` may be read.
#[inline]
unsafe fn ip(addr: *const sockets_addr) -> Result<Option<IpAddr>, Errno> {
    // SAFETY: the length is behind the address; whether that is aligned nobody has said.
    let len = unsafe { addr.wrapping_byte_add(LEN).cast::<socklen_t>().read_unaligned() } as usize;
    if len == 0 {
        return Ok(None);
    }
    // SAFETY: there are as many bytes.
    let family = unsafe { addr.cast::<sa_family_t>().read_unaligned() };
    match c_int::from(family) {
        AF_INET if len >= size_of::<sockaddr_in>() => {
            // SAFETY: there are as many bytes.
            let v4 = unsafe { addr.cast::<sockaddr_in>().read_unaligned() };
            Ok(Some(IpAddr::V4(v4.sin_addr.s_addr.to_ne_bytes().into())))
        }
        AF_INET6 if len >= size_of::<sockaddr_in6>() => {
            // SAFETY: there are as many bytes.
            let v6 = unsafe { addr.cast::<sockaddr_in6>().read_unaligned() };
            Ok(Some(IpAddr::V6(v6.sin6_addr.s6_addr.into())))
        }
        AF_INET | AF_INET6 => Err(Errno::EINVAL),
        _ => Err(Errno::EAFNOSUPPORT),
    }
}
