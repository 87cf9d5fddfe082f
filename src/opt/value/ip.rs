//! Options of IPv4, and those that IPv6 has too.

use core::fmt;
use core::ops::RangeInclusive;
use std::net::{SocketAddrV4, SocketAddrV6};

use super::{ReadValue, WriteValue, bytes, kind, put, show_option, whole};
use crate::SockAddr;
use crate::error::{Errno, Result};
use crate::number::open_number;
use crate::opt::info::OptSize;
use crate::sys::{Fd, OptName, c};

open_number! {
    /// What to do with packets that are larger than the path takes: the values of `IP_MTU_DISCOVER` and
    /// `IPV6_MTU_DISCOVER`, which are the same.
    MtuDiscover {
        /// Send fragments; never set "do not fragment".
        IP_PMTUDISC_DONT = c::IP_PMTUDISC_DONT;
        /// Find out the MTU of the path, and send fragments where the caller sends more.
        IP_PMTUDISC_WANT = c::IP_PMTUDISC_WANT;
        /// Never send fragments: `EMSGSIZE` instead.
        IP_PMTUDISC_DO = c::IP_PMTUDISC_DO;
        /// Never send fragments, and do not heed the MTU of the path.
        IP_PMTUDISC_PROBE = c::IP_PMTUDISC_PROBE;
        /// Always the MTU of the interface; what is said of the path is not believed, and nothing larger is sent.
        IP_PMTUDISC_INTERFACE = c::IP_PMTUDISC_INTERFACE;
        /// The same, but what is larger is sent in fragments.
        IP_PMTUDISC_OMIT = c::IP_PMTUDISC_OMIT;
    }
}

kind! {
    /// Ports: `uint32_t`, the highest in the upper half, which is an [`Option`] of a range here: `None`, in C 0, is
    /// the system's.
    PortRange: Unsigned, "uint32_t", OptSize::of::<u32>();
    /// An address of IPv4: `struct sockaddr_in`.
    OriginalDst4: Struct, "struct sockaddr_in", OptSize::of::<c::sockaddr_in>();
    /// An address of IPv6: `struct sockaddr_in6`.
    OriginalDst6: Struct, "struct sockaddr_in6", OptSize::of::<c::sockaddr_in6>();
}

impl ReadValue for PortRange {
    type Output = Option<RangeInclusive<u16>>;

    fn get(fd: Fd<'_>, option: OptName) -> Result<Self::Output> {
        let raw: u32 = whole(fd, option)?;
        let (low, high) = (raw as u16, (raw >> 16) as u16);
        Ok((raw != 0).then_some(low..=high))
    }

    fn show(value: &Self::Output, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_option(value, f)
    }
}

impl WriteValue for PortRange {
    type Input<'a> = Option<RangeInclusive<u16>>;

    /// An end of 0 would be the system's own, an empty range is refused by the kernel.
    fn set(fd: Fd<'_>, option: OptName, value: Self::Input<'_>) -> Result<()> {
        let raw = value.map_or(0, |range| u32::from(*range.start()) | u32::from(*range.end()) << 16);
        put(fd, option, &raw)
    }
}

impl ReadValue for OriginalDst4 {
    type Output = SocketAddrV4;

    fn get(fd: Fd<'_>, option: OptName) -> Result<SocketAddrV4> {
        let addr = SockAddr::from_bytes(&bytes(fd, option, size_of::<c::sockaddr_in>())?)?;
        addr.as_ipv4().ok_or(Errno::EINVAL)
    }
}

impl ReadValue for OriginalDst6 {
    type Output = SocketAddrV6;

    fn get(fd: Fd<'_>, option: OptName) -> Result<SocketAddrV6> {
        let addr = SockAddr::from_bytes(&bytes(fd, option, size_of::<c::sockaddr_in6>())?)?;
        addr.as_ipv6().ok_or(Errno::EINVAL)
    }
}
