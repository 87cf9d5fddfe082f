//! Checksums: ICMP, UDP, TCP, IPv4

use std::net::{Ipv4Addr, Ipv6Addr};

use libc::{c_int, c_void, iovec, size_t};
use sockets::Errno;
use sockets::raw::Checksum;
use sockets::sys::{Result, c};

use crate::addr::bytes;
use crate::ret::guard;

/// The checksum of the Internet protocols (RFC 1071) of some bytes, in which the field itself is zero.
///
/// It comes in network byte order: store it as it is. Of bytes in which the field is filled, it is 0 if they are right.
///
/// @param buf  the bytes
/// @param len  how many
/// @return the checksum, 0 to 65535, or
///   -EINVAL  len is more than SSIZE_MAX
///   -EFAULT  a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_checksum(buf: *const c_void, len: size_t) -> c_int {
    guard(|| {
        // SAFETY: the caller says that `len` bytes can be read at `buf`.
        let bytes = unsafe { bytes(buf, len, SSIZE_MAX, Errno::EINVAL) }?;
        Ok(in_network_order(Checksum::new().bytes(bytes)))
    })
}

/// The checksum of bytes in several pieces, which may have odd lengths.
///
/// @param iov     the pieces
/// @param iovcnt  how many: 1024 (IOV_MAX) at most
/// @return as sockets_checksum(), or
///   -EINVAL  iovcnt is negative or more than IOV_MAX; a length, or all together, is more than SSIZE_MAX
///   -EFAULT  a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_checksum_iov(iov: *const iovec, iovcnt: c_int) -> c_int {
    guard(|| {
        // SAFETY: the caller says that there are so many pieces, and that they can be read.
        let (sum, _) = unsafe { pieces(Checksum::new(), iov, iovcnt) }?;
        Ok(in_network_order(sum))
    })
}

/// The checksum of UDP, TCP or ICMPv6, which covers a pseudo-header: addresses, protocol, and the length of the pieces.
///
/// Where UDP says that it is 0, store 0xffff (sockets_checksum_udp()).
///
/// @param family    AF_INET or AF_INET6
/// @param src       the source: struct in_addr or struct in6_addr
/// @param dst       the destination, likewise; with a routing header, the last one
/// @param protocol  IPPROTO_UDP, IPPROTO_TCP, IPPROTO_ICMPV6
/// @param iov       header and data of that protocol, in pieces
/// @param iovcnt    how many: 1024 (IOV_MAX) at most
/// @return as sockets_checksum(), or
///   -EAFNOSUPPORT  another family
///   -EINVAL    protocol is not 0 to 255; iovcnt is negative or more than IOV_MAX; a length is more than SSIZE_MAX
///   -EMSGSIZE  all together more than 65535 bytes (IPv4) or UINT32_MAX (IPv6): no packet is longer
///   -EFAULT    a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_checksum_pseudo(
    family: c_int,
    src: *const c_void,
    dst: *const c_void,
    protocol: c_int,
    iov: *const iovec,
    iovcnt: c_int,
) -> c_int {
    guard(|| {
        if ![c::AF_INET, c::AF_INET6].contains(&family) {
            return Err(Errno::EAFNOSUPPORT.into());
        }
        let protocol = u8::try_from(protocol).map_err(|_| Errno::EINVAL)?;
        if src.is_null() || dst.is_null() {
            return Err(Errno::EFAULT.into());
        }
        // SAFETY: the caller says that there are so many pieces, and that they can be read.
        let (sum, len) = unsafe { pieces(Checksum::new(), iov, iovcnt) }?;
        // The sum does not depend on the order, so the pseudo-header may come last; but it begins at a whole word.
        let pseudo = if family == c::AF_INET {
            let len = u16::try_from(len).map_err(|_| Errno::EMSGSIZE)?;
            // SAFETY: not NULL, and a `struct in_addr`, as the caller says.
            let src = unsafe { src.cast::<[u8; 4]>().read_unaligned() };
            // SAFETY: the same.
            let dst = unsafe { dst.cast::<[u8; 4]>().read_unaligned() };
            Checksum::new().ipv4(Ipv4Addr::from(src), Ipv4Addr::from(dst), protocol, len)
        } else {
            let len = u32::try_from(len).map_err(|_| Errno::EMSGSIZE)?;
            // SAFETY: not NULL, and a `struct in6_addr`, as the caller says.
            let src = unsafe { src.cast::<[u8; 16]>().read_unaligned() };
            // SAFETY: the same.
            let dst = unsafe { dst.cast::<[u8; 16]>().read_unaligned() };
            Checksum::new().ipv6(Ipv6Addr::from(src), Ipv6Addr::from(dst), protocol, len)
        };
        Ok(in_network_order(pseudo.bytes(&(!sum.finish()).to_be_bytes())))
    })
}

/// What UDP writes for a checksum: 0 becomes 0xffff, because 0 says that there is no checksum.
///
/// @param check  the checksum
/// @return what to store
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn sockets_checksum_udp(check: u16) -> u16 {
    Checksum::udp(check)
}

/// The checksum after 16 bits of the packet have changed (RFC 1624, equation 3). For UDP, leave a checksum of 0 as it is.
///
/// @param check   the checksum, as it is in the packet
/// @param before  what was there, as it was in the packet; it begins at an even distance from where the sum begins
/// @param after   what is there now
/// @return the new checksum, as it is in the packet
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn sockets_checksum_replace(check: u16, before: u16, after: u16) -> u16 {
    // The sum is the same in any byte order, if all of it is in that one.
    Checksum::replace(check, before, after)
}

/// The same for 32 bits: an IPv4 address (s_addr), a sequence number.
///
/// @param check   the checksum, as it is in the packet
/// @param before  what was there, as it was in the packet
/// @param after   what is there now
/// @return the new checksum, as it is in the packet
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn sockets_checksum_replace32(check: u16, before: u32, after: u32) -> u16 {
    Checksum::replace32(check, before, after)
}

const SSIZE_MAX: usize = isize::MAX as usize;

/// What can be stored as it is.
fn in_network_order(sum: Checksum) -> c_int {
    sum.finish().to_be().into()
}

/// Adds pieces, and tells how long they are.
///
/// # Safety
///
/// `iov` is NULL, or an array of `iovcnt` pieces, each of which can be read.
unsafe fn pieces(mut sum: Checksum, iov: *const iovec, iovcnt: c_int) -> Result<(Checksum, usize)> {
    let count = usize::try_from(iovcnt).map_err(|_| Errno::EINVAL)?;
    if count > libc::UIO_MAXIOV as usize {
        return Err(Errno::EINVAL.into());
    }
    if count == 0 {
        return Ok((sum, 0));
    }
    if iov.is_null() {
        return Err(Errno::EFAULT.into());
    }
    let mut total = 0_usize;
    for at in 0..count {
        // SAFETY: the array has an element there.
        let piece = unsafe { iov.wrapping_add(at).read_unaligned() };
        // SAFETY: the caller says that it can be read.
        let bytes: &[u8] = unsafe { bytes(piece.iov_base, piece.iov_len, SSIZE_MAX, Errno::EINVAL) }?;
        total = total.checked_add(bytes.len()).filter(|total| *total <= SSIZE_MAX).ok_or(Errno::EINVAL)?;
        sum = sum.bytes(bytes);
    }
    Ok((sum, total))
}
