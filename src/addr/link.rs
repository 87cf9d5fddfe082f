//! AF_PACKET: `struct sockaddr_ll` (packet(7)).

use core::ffi::c_int;
use core::fmt;
use core::str::FromStr;

use super::{SockAddr, ToSockAddr};
use crate::Protocol;
use crate::error::{Errno, Result};
use crate::number::open_number;
use crate::sys::{self, c};

open_number! {
    /// The protocol of a frame (linux/if_ether.h), in host order, as every number of this library.
    EtherType(u16) {
        /// IPv4.
        ETH_P_IP = c::ETH_P_IP as u16;
        /// ARP.
        ETH_P_ARP = c::ETH_P_ARP as u16;
        /// Reverse ARP.
        ETH_P_RARP = c::ETH_P_RARP as u16;
        /// VLAN.
        ETH_P_8021Q = c::ETH_P_8021Q as u16;
        /// Provider VLAN.
        ETH_P_8021AD = c::ETH_P_8021AD as u16;
        /// IPv6.
        ETH_P_IPV6 = c::ETH_P_IPV6 as u16;
        /// Flow control, LACP.
        ETH_P_PAUSE = c::ETH_P_PAUSE as u16;
        /// MPLS.
        ETH_P_MPLS_UC = c::ETH_P_MPLS_UC as u16;
        /// Discovery of PPP over Ethernet.
        ETH_P_PPP_DISC = c::ETH_P_PPP_DISC as u16;
        /// A session of PPP over Ethernet.
        ETH_P_PPP_SES = c::ETH_P_PPP_SES as u16;
        /// Authentication for networks (802.1X).
        ETH_P_PAE = c::ETH_P_PAE as u16;
        /// Discovery of the topology (LLDP).
        ETH_P_LLDP = c::ETH_P_LLDP as u16;
        /// Precise time (PTP).
        ETH_P_1588 = c::ETH_P_1588 as u16;
        /// All protocols, for receiving.
        ETH_P_ALL = c::ETH_P_ALL as u16;
        /// Frames of 802.3 with a header of 802.2.
        ETH_P_802_2 = c::ETH_P_802_2 as u16;
        /// None yet: a packet socket that receives nothing.
        NONE = 0;
    }
}

impl EtherType {
    /// The third argument of socket(2) for a packet socket: the protocol in network byte order.
    ///
    /// Such a socket receives from all interfaces at once, until bind(2) says which. To receive nothing but what
    /// is wanted, open it with [`Protocol::DEFAULT`] and say the protocol in the address that it is bound to.
    ///
    /// ```
    /// use sockets::{EtherType, Protocol};
    ///
    /// assert_eq!(EtherType::ETH_P_IP.protocol(), Protocol::from_raw(0x0800_u16.to_be().into()));
    /// ```
    pub const fn protocol(self) -> Protocol {
        Protocol::from_raw(self.0.to_be() as c_int)
    }
}

open_number! {
    /// What kind of hardware an interface is (`ARPHRD_` of linux/if_arp.h).
    HardwareType(u16) {
        /// Not said.
        NONE = 0;
        /// Ethernet.
        ARPHRD_ETHER = c::ARPHRD_ETHER;
        /// InfiniBand.
        ARPHRD_INFINIBAND = c::ARPHRD_INFINIBAND;
        /// PPP.
        ARPHRD_PPP = c::ARPHRD_PPP;
        /// IP in IP.
        ARPHRD_TUNNEL = c::ARPHRD_TUNNEL;
        /// IPv6 in IPv6.
        ARPHRD_TUNNEL6 = c::ARPHRD_TUNNEL6;
        /// Loopback.
        ARPHRD_LOOPBACK = c::ARPHRD_LOOPBACK;
        /// IPv6 in IPv4.
        ARPHRD_SIT = c::ARPHRD_SIT;
        /// GRE.
        ARPHRD_IPGRE = c::ARPHRD_IPGRE;
        /// Wi-Fi, as it is on air.
        ARPHRD_IEEE80211 = c::ARPHRD_IEEE80211;
        /// No hardware addresses: TUN and the like.
        ARPHRD_NONE = c::ARPHRD_NONE;
    }
}

open_number! {
    /// Whom a frame was for.
    PacketType(u8) {
        /// This machine.
        PACKET_HOST = c::PACKET_HOST;
        /// Everybody.
        PACKET_BROADCAST = c::PACKET_BROADCAST;
        /// A group.
        PACKET_MULTICAST = c::PACKET_MULTICAST;
        /// Somebody else: seen by a promiscuous interface.
        PACKET_OTHERHOST = c::PACKET_OTHERHOST;
        /// It comes from this machine.
        PACKET_OUTGOING = c::PACKET_OUTGOING;
        /// It comes back over loopback.
        PACKET_LOOPBACK = c::PACKET_LOOPBACK;
    }
}

/// The longest hardware address that the kernel has.
const ADDR_MAX: usize = 32;

/// A hardware address: 6 bytes for Ethernet, up to 32 for others.
///
/// Its text is that of the field: `02:00:00:00:00:01`.
///
/// ```
/// use sockets::HardwareAddr;
///
/// let mac: HardwareAddr = "02:00:00:00:00:01".parse().unwrap();
/// assert_eq!(mac, HardwareAddr::from([2, 0, 0, 0, 0, 1]));
/// assert_eq!(mac.to_string(), "02:00:00:00:00:01");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HardwareAddr {
    /// Zero behind `len`, so that comparing all of it is comparing the address.
    bytes: [u8; ADDR_MAX],
    len: u8,
}

impl HardwareAddr {
    /// None: what loopback and tunnels without hardware have, or what is not said.
    pub const EMPTY: HardwareAddr = HardwareAddr { bytes: [0; ADDR_MAX], len: 0 };

    /// Everybody on an Ethernet.
    pub const BROADCAST: HardwareAddr = {
        let mut bytes = [0; ADDR_MAX];
        let mut at = 0;
        while at < 6 {
            bytes[at] = 0xff;
            at += 1;
        }
        HardwareAddr { bytes, len: 6 }
    };

    /// The address of these bytes.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: more than 32 bytes.
    pub fn new(bytes: &[u8]) -> Result<HardwareAddr> {
        let mut new = HardwareAddr::EMPTY;
        new.bytes.get_mut(..bytes.len()).ok_or(Errno::EINVAL)?.copy_from_slice(bytes);
        new.len = bytes.len() as u8;
        Ok(new)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl From<[u8; 6]> for HardwareAddr {
    fn from(mac: [u8; 6]) -> Self {
        let mut new = HardwareAddr { len: 6, ..HardwareAddr::EMPTY };
        for (place, byte) in new.bytes.iter_mut().zip(mac) {
            *place = byte;
        }
        new
    }
}

impl fmt::Display for HardwareAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        self.as_bytes().iter().try_for_each(|byte| {
            write!(f, "{separator}{byte:02x}")?;
            separator = ":";
            Ok(())
        })
    }
}

impl fmt::Debug for HardwareAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HardwareAddr({self})")
    }
}

impl FromStr for HardwareAddr {
    type Err = Errno;

    /// Parses bytes in hexadecimal, of two digits each, with colons between them. Nothing is no address.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: anything else, or more than 32 bytes.
    fn from_str(text: &str) -> Result<HardwareAddr> {
        if text.is_empty() {
            return Ok(HardwareAddr::EMPTY);
        }
        let mut bytes = [0; ADDR_MAX];
        let mut len = 0;
        for part in text.split(':') {
            let &[high, low] = part.as_bytes() else { return Err(Errno::EINVAL) };
            *bytes.get_mut(len).ok_or(Errno::EINVAL)? = super::text::hex_byte(high, low)?;
            len += 1;
        }
        HardwareAddr::new(bytes.get(..len).unwrap_or_default())
    }
}

/// The address of packet sockets: an interface, a protocol, and who is there.
///
/// For bind(2), interface and protocol count; for sending, the interface, the hardware address and, on `SOCK_DGRAM`,
/// the protocol. What is received tells the rest as well.
///
/// ```
/// use sockets::{EtherType, LinkAddr, SockAddr};
///
/// # fn main() -> sockets::Result<()> {
/// let lo = 1;
/// let addr = LinkAddr::new(lo, EtherType::ETH_P_ARP)?.with_hardware_addr([2, 0, 0, 0, 0, 1]);
/// assert_eq!(SockAddr::from(addr).to_string(), "link:02:00:00:00:00:01%1/0x0806");
/// # Ok(())
/// # }
/// ```
///
/// [packet(7)](https://man7.org/linux/man-pages/man7/packet.7.html)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkAddr {
    /// No more than `c_int` holds.
    interface: u32,
    protocol: EtherType,
    hardware_type: HardwareType,
    packet_type: PacketType,
    hardware_addr: HardwareAddr,
}

impl LinkAddr {
    /// An interface, by index, and a protocol. Index 0 is all interfaces, in bind(2).
    ///
    /// # Errors
    ///
    /// - `EINVAL`: an index above `i32::MAX`, which no interface has.
    pub const fn new(interface: u32, protocol: EtherType) -> Result<LinkAddr> {
        if interface > i32::MAX as u32 {
            return Err(Errno::EINVAL);
        }
        Ok(LinkAddr {
            interface,
            protocol,
            hardware_type: HardwareType::NONE,
            packet_type: PacketType::PACKET_HOST,
            hardware_addr: HardwareAddr::EMPTY,
        })
    }

    /// The same with a hardware address.
    #[must_use]
    pub fn with_hardware_addr(self, addr: impl Into<HardwareAddr>) -> LinkAddr {
        LinkAddr { hardware_addr: addr.into(), ..self }
    }

    /// The same with a kind of hardware, which the kernel does not look at.
    #[must_use]
    pub const fn with_hardware_type(self, hardware_type: HardwareType) -> LinkAddr {
        LinkAddr { hardware_type, ..self }
    }

    /// The same with a packet type, which the kernel does not look at.
    #[must_use]
    pub const fn with_packet_type(self, packet_type: PacketType) -> LinkAddr {
        LinkAddr { packet_type, ..self }
    }

    /// The index of the interface.
    pub const fn interface(&self) -> u32 {
        self.interface
    }

    /// The protocol.
    pub const fn protocol(&self) -> EtherType {
        self.protocol
    }

    /// What kind of hardware the interface is.
    pub const fn hardware_type(&self) -> HardwareType {
        self.hardware_type
    }

    /// Whom the frame was for.
    pub const fn packet_type(&self) -> PacketType {
        self.packet_type
    }

    /// The hardware address: of the sender, of the receiver, or of the interface.
    pub const fn hardware_addr(&self) -> &HardwareAddr {
        &self.hardware_addr
    }
}

/// `struct sockaddr_ll` up to the hardware address, whose length is not fixed.
const HEAD: usize = size_of::<c::sockaddr_ll>();
/// `sizeof(struct sockaddr_ll)`, which has 8 bytes for it.
const SIZE: usize = HEAD + 8;

impl SockAddr {
    /// The address of a packet socket, if it is one whose bytes are all there.
    pub fn as_link(&self) -> Option<LinkAddr> {
        let head: c::sockaddr_ll = self.structure(c::AF_PACKET)?;
        let addr = self.as_bytes().get(HEAD..)?.get(..usize::from(head.sll_halen))?;
        let interface = u32::try_from(head.sll_ifindex).ok()?;
        let link = LinkAddr::new(interface, EtherType(u16::from_be(head.sll_protocol))).ok()?;
        Some(LinkAddr {
            hardware_type: HardwareType(head.sll_hatype),
            packet_type: PacketType(head.sll_pkttype),
            hardware_addr: HardwareAddr::new(addr).ok()?,
            ..link
        })
    }

    /// Is it one as kernels give them: recvfrom(2) with zeros up to the size of the structure, getsockname(2)
    /// without?
    pub(super) fn link_is_plain(&self, link: &LinkAddr) -> bool {
        let plain = SockAddr::from(*link);
        let short = plain.as_bytes().get(..HEAD + usize::from(link.hardware_addr.len));
        *self == plain || short == Some(self.as_bytes())
    }
}

impl From<LinkAddr> for SockAddr {
    /// As long as `struct sockaddr_ll`, or longer if the hardware address is.
    fn from(addr: LinkAddr) -> Self {
        let head = c::sockaddr_ll {
            sll_family: c::AF_PACKET as c::sa_family_t,
            sll_protocol: addr.protocol.0.to_be(),
            sll_ifindex: addr.interface as c_int,
            sll_hatype: addr.hardware_type.0,
            sll_pkttype: addr.packet_type.0,
            sll_halen: addr.hardware_addr.len,
            sll_addr: [],
        };
        let whole = c::sockaddr_ll_max { head, addr: addr.hardware_addr.bytes };
        let len = SIZE.max(HEAD + usize::from(addr.hardware_addr.len));
        SockAddr(sys::Storage::from_pod_cut(whole, len))
    }
}

impl ToSockAddr for LinkAddr {
    type Encoded<'a> = SockAddr;

    fn to_sockaddr(&self) -> Result<SockAddr> {
        Ok((*self).into())
    }
}
