//! Addresses and interfaces.

use core::net::{Ipv4Addr, SocketAddrV4, SocketAddrV6};

use super::{SendValue, coded, kind, put, value};
use crate::SockAddr;
use crate::error::{Errno, Result};
use crate::opt::PktInfo6;
use crate::sys::{Pod, c};

/// What a packet of IPv4 came to, or is to leave from: `struct in_pktinfo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PktInfo4 {
    /// The index of the interface; 0 when sent leaves it to the routes.
    pub interface: u32,
    /// Received: the local address that an answer would leave from. Sent: the source address; unspecified leaves
    /// it to the system.
    pub spec_dst: Ipv4Addr,
    /// Received: the destination in the header of the packet, which can be a group or a broadcast address. Not looked at when
    /// sent.
    pub addr: Ipv4Addr,
}

kind! {
    /// An address: `struct sockaddr_in`, which is a [`SocketAddrV4`] here.
    OrigDst4: "struct sockaddr_in", size_of::<c::sockaddr_in>();
    /// An address: `struct sockaddr_in6`, which is a [`SocketAddrV6`] here.
    OrigDst6: "struct sockaddr_in6", size_of::<c::sockaddr_in6>();
    /// An address and an MTU: `struct ip6_mtuinfo`, which is a `(SocketAddrV6, u32)` here.
    MtuInfo6: "struct ip6_mtuinfo", size_of::<c::ip6_mtuinfo>();
}

value! {
    PktInfo4: "struct in_pktinfo", size_of::<c::in_pktinfo>();
    PktInfo6: "struct in6_pktinfo", size_of::<c::in6_pktinfo>();
}

fn v4(addr: c::sockaddr_in) -> Option<SocketAddrV4> {
    SockAddr::from_bytes(addr.bytes()).ok()?.as_ipv4()
}

fn v6(addr: c::sockaddr_in6) -> Option<SocketAddrV6> {
    SockAddr::from_bytes(addr.bytes()).ok()?.as_ipv6()
}

#[inline]
fn ipv4(addr: c::in_addr) -> Ipv4Addr {
    Ipv4Addr::from(addr.s_addr.to_ne_bytes())
}

#[inline]
fn in_addr(addr: Ipv4Addr) -> c::in_addr {
    c::in_addr { s_addr: u32::from_ne_bytes(addr.octets()) }
}

coded! {
    PktInfo4 as c::in_pktinfo: recv PktInfo4 = |raw| Some(PktInfo4 {
        interface: u32::try_from(raw.ipi_ifindex).ok()?,
        spec_dst: ipv4(raw.ipi_spec_dst),
        addr: ipv4(raw.ipi_addr),
    });
    PktInfo6 as c::in6_pktinfo: recv PktInfo6 = |raw| Some(PktInfo6 {
        addr: raw.ipi6_addr.s6_addr.into(),
        interface: raw.ipi6_ifindex,
    });
    OrigDst4 as c::sockaddr_in: recv SocketAddrV4 = v4;
    OrigDst6 as c::sockaddr_in6: recv SocketAddrV6 = v6;
    MtuInfo6 as c::ip6_mtuinfo: recv (SocketAddrV6, u32) = |raw| Some((v6(raw.ip6m_addr)?, raw.ip6m_mtu));
}

/// An index as the kernel takes it.
#[inline]
fn index(interface: u32) -> Result<i32> {
    i32::try_from(interface).map_err(|_| Errno::EINVAL)
}

impl SendValue for PktInfo4 {
    type Input<'t, 'fd: 't> = PktInfo4;

    #[inline]
    fn size(value: &PktInfo4) -> Result<usize> {
        index(value.interface).map(|_| size_of::<c::in_pktinfo>())
    }

    #[inline]
    fn encode(value: PktInfo4, data: &mut [u8]) {
        let raw = c::in_pktinfo {
            ipi_ifindex: value.interface as _,
            ipi_spec_dst: in_addr(value.spec_dst),
            ipi_addr: in_addr(value.addr),
        };
        put(&raw, data);
    }
}

impl SendValue for PktInfo6 {
    type Input<'t, 'fd: 't> = PktInfo6;

    #[inline]
    fn size(value: &PktInfo6) -> Result<usize> {
        index(value.interface).map(|_| size_of::<c::in6_pktinfo>())
    }

    #[inline]
    fn encode(value: PktInfo6, data: &mut [u8]) {
        let ipi6_addr = c::in6_addr { s6_addr: value.addr.octets() };
        put(&c::in6_pktinfo { ipi6_addr, ipi6_ifindex: value.interface as _ }, data);
    }
}
