//! Creating and closing: socket(2), socketpair(2), close(2), dup(2)

use std::os::fd::IntoRawFd;

use libc::c_int;
use sockets::sys::{self, Closing, Fd, RawPair};

use crate::ret;

/// socket(2): creates a socket.
///
/// The descriptor is close-on-exec (sockets_set_cloexec() changes that).
///
/// @param domain    AF_INET, AF_INET6, AF_UNIX, AF_PACKET or any other family
/// @param type      SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET or SOCK_RAW; SOCK_NONBLOCK may be added
/// @param protocol  0, or a protocol of the family
/// @return the descriptor, or
///   -EAFNOSUPPORT     no such family in this kernel
///   -EINVAL           no such type, unknown flags, protocol out of range
///   -ESOCKTNOSUPPORT  the family has no such type
///   -EPROTONOSUPPORT  the family and type have no such protocol
///   -EPERM            SOCK_RAW or AF_PACKET without CAP_NET_RAW
///   -EACCES           an ICMP socket of SOCK_DGRAM outside net.ipv4.ping_group_range
///   -EMFILE, -ENFILE  no descriptor left
///   -ENOBUFS, -ENOMEM no memory
#[must_use]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn sockets_socket(domain: c_int, r#type: c_int, protocol: c_int) -> c_int {
    ret::int(sys::socket(domain, r#type, protocol).map(IntoRawFd::into_raw_fd))
}

/// socketpair(2): creates two sockets that are connected with each other.
///
/// Both descriptors are close-on-exec.
///
/// @param domain    AF_UNIX
/// @param type      as for sockets_socket()
/// @param protocol  0
/// @param sv        receives the two descriptors; after a failure, numbers without a meaning
/// @return 0, or
///   -EOPNOTSUPP  the family has no pairs
///   -EFAULT      sv is not a valid pointer
///   and the errors of sockets_socket()
///
/// cbindgen:ptrs-as-arrays=[[sv;2]]
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_socketpair(
    domain: c_int,
    r#type: c_int,
    protocol: c_int,
    sv: *mut c_int,
) -> c_int {
    // SAFETY: the kernel validates `sv`; the caller lets it write two ints there.
    let pair = unsafe { RawPair::from_raw(sv) };
    ret::unit(sys::socketpair(domain, r#type, protocol, pair))
}

/// close(2): closes a descriptor.
///
/// Never retried: the descriptor is gone, whatever the result. With SO_LINGER set the call can block,
/// also on a socket that is non-blocking.
///
/// @param fd  the descriptor
/// @return 0, or
///   -EBADF  not open
///   -EINTR  a signal came; the descriptor is closed nevertheless
#[unsafe(no_mangle)]
pub extern "C-unwind" fn sockets_close(fd: c_int) -> c_int {
    // SAFETY: the caller owns `fd`, or it is not open.
    ret::unit(sys::close(unsafe { Closing::from_raw(fd) }))
}

/// dup(2): a second descriptor of the same socket, close-on-exec.
///
/// The two share everything but the close-on-exec flag.
///
/// @param fd  the descriptor
/// @return the new descriptor, or
///   -EBADF   not open
///   -EMFILE  no descriptor left
#[must_use]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn sockets_dup(fd: c_int) -> c_int {
    // SAFETY: the caller may use `fd`, or it is not open.
    ret::int(sys::dup(unsafe { Fd::from_raw(fd) }).map(IntoRawFd::into_raw_fd))
}
