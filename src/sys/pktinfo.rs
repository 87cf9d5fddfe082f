//! The address that a datagram came to, so that an answer can leave from it: what Rust and C share of it.

use core::ffi::c_int;
use core::net::{IpAddr, Ipv6Addr};

use super::compound::int_option;
use super::errno::{RawErrno, Result};
use super::fd::Fd;
use super::optname::OptName;
use super::{c, call};
use crate::cmsg::{self, Cmsgs, ControlWriter, PktInfo4};
use crate::opt::PktInfo6;

/// Where a datagram came to: what a socket that is bound to all addresses needs to answer from the one that was asked.
///
/// [`recvfrom_pktinfo`](crate::Socket::recvfrom_pktinfo) gives it, and [`sendto_pktinfo`](crate::Socket::sendto_pktinfo) takes it. Made by
/// hand, it chooses where a datagram leaves from.
///
/// ```
/// use std::net::Ipv4Addr;
/// use sockets::PacketInfo;
///
/// let from = PacketInfo { local: Some(Ipv4Addr::LOCALHOST.into()), ..PacketInfo::default() };
/// assert_eq!(from.interface, 0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PacketInfo {
    /// The address of this machine that an answer leaves from. `None` leaves it to the system: so after a datagram to a group of
    /// IPv6. (For groups and broadcasts of IPv4 the kernel names an address.) On a dual-stack socket a datagram of IPv4 has an IPv4
    /// address.
    pub local: Option<IpAddr>,
    /// The destination in the header of the packet, which can be a group or a broadcast address. `None` if nobody said.
    pub destination: Option<IpAddr>,
    /// The index of the interface that it came in by; 0 if nobody said.
    pub interface: u32,
}

/// Turns the messages on or off: IP_PKTINFO for IPv4, IPV6_RECVPKTINFO for IPv6, and both where a socket takes both.
pub fn set_pktinfo(fd: Fd<'_>, on: bool) -> Result<()> {
    let set = |name| call::setsockopt(fd, name, &c_int::from(on), size_of::<c_int>());
    match int_option(fd, SO_DOMAIN)? {
        c::AF_INET => set(IP_PKTINFO),
        c::AF_INET6 => {
            set(IPV6_RECVPKTINFO)?;
            if int_option(fd, IPV6_V6ONLY)? == 0 { set(IP_PKTINFO) } else { Ok(()) }
        }
        _ => Err(RawErrno::from_raw(c::EAFNOSUPPORT)),
    }
}

const SO_DOMAIN: OptName = OptName::new(c::SOL_SOCKET, c::SO_DOMAIN);
const IP_PKTINFO: OptName = OptName::new(c::IPPROTO_IP, c::IP_PKTINFO);
const IPV6_RECVPKTINFO: OptName = OptName::new(c::IPPROTO_IPV6, c::IPV6_RECVPKTINFO);
const IPV6_V6ONLY: OptName = OptName::new(c::IPPROTO_IPV6, c::IPV6_V6ONLY);

impl PacketInfo {
    /// Room for the control messages that [`set_pktinfo`](crate::Socket::set_pktinfo) asks for: of a datagram of IPv4, a
    /// dual-stack socket gets those of both families.
    pub const ROOM: usize = cmsg::IP_PKTINFO.space() + cmsg::IPV6_PKTINFO.space();

    /// What control messages say: those of `IP_PKTINFO` and `IPV6_PKTINFO`. For batches, and for those who want other messages
    /// too.
    #[inline]
    pub fn of(messages: Cmsgs<'_>) -> Self {
        // A dual-stack socket has both for a datagram of IPv4, and only this one says where an answer to a group leaves from.
        if let Some(info) = messages.clone().get(cmsg::IP_PKTINFO) {
            let local = Some(info.spec_dst).filter(|addr| !addr.is_unspecified());
            return PacketInfo {
                local: local.map(IpAddr::V4),
                destination: Some(IpAddr::V4(info.addr)),
                interface: info.interface,
            };
        }
        let Some(info) = messages.get(cmsg::IPV6_PKTINFO) else { return PacketInfo::default() };
        PacketInfo {
            local: (!info.addr.is_multicast()).then_some(IpAddr::V6(info.addr)),
            destination: Some(IpAddr::V6(info.addr)),
            interface: info.interface,
        }
    }

    /// Writes the control message that makes a datagram leave from there.
    ///
    /// The interface is named only where the address does not say which one: link-local, or none. Otherwise the routes decide.
    ///
    /// # Errors
    ///
    /// - `ENOBUFS`: no room: [`ROOM`](PacketInfo::ROOM) is enough.
    /// - `EINVAL`: an index above `i32::MAX`.
    #[inline]
    pub fn push(&self, control: &mut ControlWriter<'_>) -> crate::Result<()> {
        let is_scoped = match self.local {
            Some(IpAddr::V4(addr)) => addr.is_link_local(),
            Some(IpAddr::V6(addr)) => addr.is_unicast_link_local(),
            None => true,
        };
        let interface = if is_scoped { self.interface } else { 0 };
        match (self.local, self.destination) {
            (Some(IpAddr::V4(spec_dst)), _) => {
                control.push(cmsg::IP_PKTINFO, PktInfo4 { interface, spec_dst, addr: spec_dst })
            }
            (Some(IpAddr::V6(addr)), _) => control.push(cmsg::IPV6_PKTINFO, PktInfo6 { addr, interface }),
            (None, Some(IpAddr::V4(_))) => {
                let any = core::net::Ipv4Addr::UNSPECIFIED;
                control.push(cmsg::IP_PKTINFO, PktInfo4 { interface, spec_dst: any, addr: any })
            }
            (None, Some(IpAddr::V6(_))) => {
                control.push(cmsg::IPV6_PKTINFO, PktInfo6 { addr: Ipv6Addr::UNSPECIFIED, interface })
            }
            (None, None) => Ok(()),
        }
    }
}
