//! Options: getsockopt(2), setsockopt(2)

use libc::{c_int, c_void, socklen_t};
use sockets::sys::{self, Fd, InBuf, OptName, RawOut};

use crate::ret;

/// getsockopt(2): reads an option.
///
/// @param fd     the socket
/// @param level  SOL_SOCKET, IPPROTO_IP, IPPROTO_TCP, ...
/// @param name   SO_TYPE, IP_TTL, TCP_NODELAY, ...
/// @param value  receives the value, cut to *len bytes
/// @param len    in: the room at value; out: the number of bytes written
/// @return 0, or
///   -ENOPROTOOPT  no such option here
///   -EOPNOTSUPP   it is there, but not for this socket
///   -EINVAL       a length that the option does not take
///   -EFAULT, -EBADF, -ENOTSOCK
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_getsockopt(
    fd: c_int,
    level: c_int,
    name: c_int,
    value: *mut c_void,
    len: *mut socklen_t,
) -> c_int {
    // SAFETY: the kernel validates both pointers; the caller lets it write `*len` bytes at `value`.
    let value = unsafe { RawOut::from_raw(value, len) };
    // SAFETY: the caller answers for what the option does with the value.
    let option = unsafe { OptName::from_raw(level, name) };
    // SAFETY: the caller may use `fd`, or it is not open.
    ret::unit(sys::getsockopt(unsafe { Fd::from_raw(fd) }, option, value))
}

/// setsockopt(2): sets an option.
///
/// @param fd     the socket
/// @param level  SOL_SOCKET, IPPROTO_IP, IPPROTO_TCP, ...
/// @param name   SO_REUSEADDR, IP_TTL, TCP_NODELAY, ...
/// @param value  the value
/// @param len    its size
/// @return 0, or
///   -ENOPROTOOPT     no such option here
///   -EOPNOTSUPP      it is there, but not for this socket
///   -EINVAL, -EDOM   a length or value out of range, or a state that does not allow it
///   -EPERM, -EACCES  needs a privilege
///   -EFAULT, -EBADF, -ENOTSOCK
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_setsockopt(
    fd: c_int,
    level: c_int,
    name: c_int,
    value: *const c_void,
    len: socklen_t,
) -> c_int {
    // SAFETY: the kernel validates `value`; the caller lets it read what is there.
    let value = unsafe { InBuf::from_raw(value, len as usize) };
    // SAFETY: the caller answers for what the option does with the value.
    let option = unsafe { OptName::from_raw(level, name) };
    // SAFETY: the caller may use `fd`, or it is not open.
    ret::unit(sys::setsockopt_raw(unsafe { Fd::from_raw(fd) }, option, value))
}
