//! ICMP: which types are received

use std::os::fd::BorrowedFd;

use libc::{c_int, size_t};
use sockets::opt::{self, Icmp4Filter, Icmp6Filter};
use sockets::{BorrowedSocket, Domain, Errno};

use crate::addr::bytes;
use crate::ret::guard;

/// getsockopt(2) with SO_DOMAIN, then setsockopt(2) with ICMP_FILTER or ICMP6_FILTER: lets a raw socket receive only
/// these types.
///
/// Of ICMP, types from 32 on always pass. What came before the call stays in the queue.
///
/// @param fd     a raw socket of IPPROTO_ICMP or IPPROTO_ICMPV6
/// @param types  the types that pass: ICMP_ECHOREPLY, ICMP6_ECHO_REPLY, ...
/// @param count  how many; with 0 none passes
/// @return 0, or
///   -EOPNOTSUPP  a raw socket of another protocol
///   -ENOPROTOOPT  a socket of another type
///   -EAFNOSUPPORT  a socket of another family
///   -EINVAL  count is more than SSIZE_MAX
///   -EFAULT  a NULL pointer
///   -EBADF, -ENOTSOCK  fd is not a socket
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_icmp_pass(fd: c_int, types: *const u8, count: size_t) -> c_int {
    guard(|| {
        // SAFETY: the caller says that `count` types can be read.
        let types = unsafe { bytes(types.cast(), count, isize::MAX as usize, Errno::EINVAL) }?;
        if fd < 0 {
            return Err(Errno::EBADF.into());
        }
        // SAFETY: not -1, and the caller's to use for this call; one that is not open is EBADF.
        let fd = unsafe { BorrowedFd::borrow_raw(fd) };
        let socket = BorrowedSocket::from(&fd);
        match socket.getsockopt(opt::SO_DOMAIN)? {
            Domain::AF_INET => {
                let filter = types.iter().fold(Icmp4Filter::block_all(), |filter, ty| filter.pass(*ty));
                socket.setsockopt(opt::ICMP_FILTER, filter)?;
            }
            Domain::AF_INET6 => {
                let filter = types.iter().fold(Icmp6Filter::block_all(), |filter, ty| filter.pass(*ty));
                socket.setsockopt(opt::ICMP6_FILTER, filter)?;
            }
            _ => return Err(Errno::EAFNOSUPPORT.into()),
        }
        Ok(0)
    })
}
