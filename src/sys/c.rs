//! The numbers of the system: everything that libc defines, and here, with its source, what libc does
//! not define, or defines differently from what this library needs.
//!
//! An item of this file shadows the libc item of the same name, so the rest of the library asks for
//! `c::NAME` and need not know which of the two it gets.

pub use libc::*;

/// linux/errno.h (kernel-internal): "restart the call". recvmmsg(2) that a signal cuts short after the first
/// datagram leaves it behind, and the next call on that socket reports it to user space.
pub const ERESTARTSYS: c_int = 512;
/// linux/errno.h (kernel-internal): as ERESTARTSYS.
pub const ERESTARTNOINTR: c_int = 513;
/// linux/errno.h (kernel-internal): as ERESTARTSYS.
pub const ERESTARTNOHAND: c_int = 514;
/// linux/errno.h (kernel-internal): as ERESTARTSYS.
pub const ERESTART_RESTARTBLOCK: c_int = 516;
/// linux/errno.h (kernel-internal): "not supported", which some protocols return as it is.
pub const ENOTSUPP: c_int = 524;

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
#[cfg(not(any(
    target_arch = "mips",
    target_arch = "mips32r6",
    target_arch = "mips64",
    target_arch = "mips64r6"
)))]
pub const SIOCATMARK: c_int = 0x8905;
/// arch/mips/include/uapi/asm/sockios.h: `_IOR('s', 7, int)`.
#[cfg(any(target_arch = "mips", target_arch = "mips32r6", target_arch = "mips64", target_arch = "mips64r6"))]
pub const SIOCATMARK: c_int = 0x4004_7307;
