//! Plain old data: C values that are nothing but their bytes.

use core::time::Duration;

use super::c;

/// A C value that the kernel may fill with any bytes, and that may be handed to it as bytes.
///
/// # Safety
///
/// Every bit pattern is a valid value, no byte of a value is ever uninitialised (no padding), and it
/// holds no pointer.
pub unsafe trait Pod: Copy + 'static {
    /// The value whose bytes are all 0.
    #[inline]
    fn zeroed() -> Self {
        // SAFETY: every bit pattern is a valid value of a `Pod`.
        unsafe { core::mem::zeroed() }
    }

    /// Its bytes.
    #[inline]
    fn bytes(&self) -> &[u8] {
        // SAFETY: as many bytes are there, initialised, and borrowed with the value.
        unsafe { core::slice::from_raw_parts(core::ptr::from_ref(self).cast(), size_of::<Self>()) }
    }

    /// The value that bytes begin with, if there are enough of them.
    #[inline]
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..size_of::<Self>())?;
        // SAFETY: as many bytes can be read, at any alignment, and any bytes are a `Pod`.
        Some(unsafe { bytes.as_ptr().cast::<Self>().read_unaligned() })
    }
}

/// Declares C types to be plain old data; each line says why.
macro_rules! pod {
    ($($(#[doc = $why:literal])+ $type:ty;)+) => {
        $(
            $(#[doc = $why])+
            // SAFETY: integers, and structs and arrays of integers whose sizes add up to the whole.
            unsafe impl Pod for $type {}
        )+
    };
}

pod! {
    /// An integer.
    u8;
    /// An integer.
    u16;
    /// An integer.
    i32;
    /// An integer.
    u32;
    /// An integer.
    u64;
    /// An integer.
    i64;
    /// An integer.
    usize;
    /// Two `int`s.
    c::linger;
    /// A 32-bit integer.
    c::in_addr;
    /// 16 bytes.
    c::in6_addr;
    /// 16 bytes and a 32-bit integer.
    c::in6_pktinfo;
    /// Three 32-bit integers.
    c::in_pktinfo;
    /// Three 32-bit integers.
    c::ip_mreqn;
    /// Three 32-bit integers.
    c::ip_mreq_source;
    /// 16 bytes and a 32-bit integer.
    c::ipv6_mreq;
    /// Two 32-bit integers.
    c::sock_txtime;
    /// Four 32-bit integers.
    c::tpacket_req;
    /// Seven 32-bit integers.
    c::tpacket_req3;
    /// Two 32-bit integers.
    c::tpacket_stats;
    /// Three 32-bit integers.
    c::tpacket_stats_v3;
    /// Three 64-bit integers.
    c::tpacket_rollover_stats;
    /// Two 16-bit and one 32-bit integers.
    c::fanout_args;
    /// Integers that fill it: 2, 2, 4 and 8 bytes of 16.
    c::sockaddr_in;
    /// Integers that fill it: 2, 2, 4, 16 and 4 bytes of 28.
    c::sockaddr_in6;
    /// Three 32-bit integers (unix(7)).
    c::ucred;
    /// Two 64-bit integers.
    Timeval;
}

// SAFETY: an array has no padding of its own.
unsafe impl<T: Pod, const N: usize> Pod for [T; N] {}

/// What SO_RCVTIMEO and SO_SNDTIMEO take: `struct timeval` with 64-bit fields, which is the layout of
/// the plain numbers on a 64-bit machine and of the `_NEW` ones everywhere (see [`c`]).
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeval {
    /// Seconds.
    pub sec: i64,
    /// Microseconds, 0 to 999 999.
    pub usec: i64,
}

impl Timeval {
    /// No limit, in the language of SO_RCVTIMEO and SO_SNDTIMEO.
    pub const ZERO: Timeval = Timeval { sec: 0, usec: 0 };

    /// The shortest time that is not below `duration`: what is left of a microsecond becomes a whole
    /// one. A duration beyond the range becomes the longest there is.
    pub fn rounded_up(duration: Duration) -> Timeval {
        let micros = duration.subsec_nanos().div_ceil(1000);
        let carry = micros / 1_000_000;
        let sec = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        Timeval { sec: sec.saturating_add(carry.into()), usec: (micros % 1_000_000).into() }
    }
}

const _: () = assert!(size_of::<c::fanout_args>() == 8);
const _: () = assert!(size_of::<c::in6_addr>() == 16);
const _: () = assert!(size_of::<c::in6_pktinfo>() == 20);
const _: () = assert!(size_of::<c::in_addr>() == 4);
const _: () = assert!(size_of::<c::in_pktinfo>() == 12);
const _: () = assert!(size_of::<c::ip_mreq_source>() == 12);
const _: () = assert!(size_of::<c::ip_mreqn>() == 12);
const _: () = assert!(size_of::<c::ipv6_mreq>() == 20);
const _: () = assert!(size_of::<c::linger>() == 8);
const _: () = assert!(size_of::<c::sock_txtime>() == 8);
const _: () = assert!(size_of::<c::tpacket_req3>() == 28);
const _: () = assert!(size_of::<c::tpacket_req>() == 16);
const _: () = assert!(size_of::<c::tpacket_rollover_stats>() == 24);
const _: () = assert!(size_of::<c::tpacket_stats>() == 8);
const _: () = assert!(size_of::<c::tpacket_stats_v3>() == 12);
const _: () = assert!(size_of::<c::sockaddr_in>() == 16);
const _: () = assert!(size_of::<c::sockaddr_in6>() == 28);
const _: () = assert!(size_of::<c::ucred>() == 12);
