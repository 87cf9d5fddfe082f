//! The numbers of the system: everything that libc defines, and here, with its source, what libc does
//! not define, or defines differently from what this library needs.
//!
//! An item of this file shadows the libc item of the same name, so the rest of the library asks for
//! `c::NAME` and need not know which of the two it gets.

pub use libc::*;

/// linux/errno.h (kernel-internal): "restart the call". recvmmsg(2) that a signal cuts short after the first
/// datagram leaves it behind, and the next call on that socket reports it to user space.
pub const ERESTARTSYS: c_int = 512;

/// asm-generic/socket.h: SO_RCVTIMEO_NEW, kernel 5.1. Takes two 64-bit fields on every machine, where
/// the older number takes the machine's `long`.
#[cfg(sockopt_time64)]
pub const SO_RCVTIMEO: c_int = 66;

/// asm-generic/socket.h: SO_SNDTIMEO_NEW, kernel 5.1.
#[cfg(sockopt_time64)]
pub const SO_SNDTIMEO: c_int = 67;

/// linux/sockios.h: bytes of the send queue that have not left (the same number as TIOCOUTQ).
pub const SIOCOUTQ: c_int = TIOCOUTQ as c_int;

/// asm-generic/sockios.h: is the read position at the urgent mark?
pub const SIOCATMARK: c_int = 0x8905;
