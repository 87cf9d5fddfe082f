//! The address that a datagram came to, so that an answer can leave from it: what Rust and C share of it.

use core::ffi::c_int;
use core::net::{IpAddr, Ipv6Addr};

use super::compound::int_option;
use super::errno::{RawErrno, Result};
use super::fd::Fd;
use super::optname::OptName;
use super::{c, call};
use crate::cmsg::{self, ControlWriter, PktInfo4};
use crate::opt::PktInfo6;

/// Room for the messages that [`set_pktinfo`] asks for: of a datagram of IPv4, a dual-stack socket gets both.
pub const PKTINFO_ROOM: usize = cmsg::IP_PKTINFO.space() + cmsg::IPV6_PKTINFO.space();

/// Where a datagram came to, or is to leave from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PacketInfo {
    /// The address of this machine that an answer leaves from; none where the system is to choose, as after a datagram to an
    /// IPv6 group. (IPv4 names one for groups and broadcasts, too.)
    pub local: Option<IpAddr>,
    /// The destination in the header of the packet.
    pub destination: Option<IpAddr>,
    /// The index of the interface.
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
    /// What the control messages of a received datagram say.
    #[inline]
    pub fn received(control: &[u8]) -> Self {
        let messages = cmsg::walk(control);
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

    /// Writes the message that makes a datagram leave from there. The interface is named only where the address does not say
    /// which: otherwise the routes decide.
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
