//! The text forms of the addresses that are numbers: link, vsock, netlink. [`text`](super::text) has the others.

use core::fmt;

use super::text::{number, zone_index};
use super::{EtherType, HardwareType, LinkAddr, NetlinkAddr, PacketType, SockAddr, VsockAddr};
use crate::error::{Errno, Result};

impl fmt::Display for LinkAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "link:{}", self.hardware_addr())?;
        if self.interface() != 0 {
            write!(f, "%{}", self.interface())?;
        }
        if self.protocol() != EtherType::NONE {
            write!(f, "/{:#06x}", self.protocol().raw())?;
        }
        if self.hardware_type() != HardwareType::NONE {
            write!(f, ",hatype={}", self.hardware_type().raw())?;
        }
        if self.packet_type() != PacketType::PACKET_HOST {
            write!(f, ",pkttype={}", self.packet_type().raw())?;
        }
        Ok(())
    }
}

/// `[bytes][%interface][/protocol][,hatype=number][,pkttype=number]`
pub(super) fn parse_link(text: &str) -> Result<SockAddr> {
    let (text, packet_type) = option(text, ",pkttype=")?;
    let (text, hardware_type) = option(text, ",hatype=")?;
    let (text, protocol) = match text.split_once('/') {
        Some((text, protocol)) => (text, hexadecimal(protocol)?),
        None => (text, 0),
    };
    let (hardware_addr, interface) = match text.split_once('%') {
        Some((addr, zone)) => (addr, zone_index(zone)?),
        None => (text, 0),
    };
    let protocol = u16::try_from(protocol).map_err(|_| Errno::EINVAL)?;
    let addr = LinkAddr::new(interface, protocol.into())?
        .with_hardware_addr(hardware_addr.parse::<super::HardwareAddr>()?)
        .with_hardware_type(HardwareType::from_raw(hardware_type.unwrap_or(0)))
        .with_packet_type(PacketType::from_raw(packet_type.unwrap_or(0)));
    Ok(addr.into())
}

/// The number behind a word, if the word is there.
fn option<'a, T: core::str::FromStr>(text: &'a str, word: &str) -> Result<(&'a str, Option<T>)> {
    match text.split_once(word) {
        Some((text, value)) => Ok((text, Some(number(value)?))),
        None => Ok((text, None)),
    }
}

/// `0x` and hexadecimal digits.
fn hexadecimal(text: &str) -> Result<u32> {
    let digits = text.strip_prefix("0x").ok_or(Errno::EINVAL)?;
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(Errno::EINVAL);
    }
    u32::from_str_radix(digits, 16).map_err(|_| Errno::EINVAL)
}

impl fmt::Display for VsockAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("vsock")?;
        for number in [self.cid, self.port] {
            match number {
                VsockAddr::VMADDR_CID_ANY => f.write_str(":any")?,
                number => write!(f, ":{number}")?,
            }
        }
        if self.flags != 0 { write!(f, ",flags={}", self.flags) } else { Ok(()) }
    }
}

/// `cid:port[,flags=number]`
pub(super) fn parse_vsock(text: &str) -> Result<SockAddr> {
    let (text, flags) = option(text, ",flags=")?;
    let (cid, port) = text.split_once(':').ok_or(Errno::EINVAL)?;
    let any = |text| if text == "any" { Ok(u32::MAX) } else { number(text) };
    Ok(VsockAddr { cid: any(cid)?, port: any(port)?, flags: flags.unwrap_or(0) }.into())
}

impl fmt::Display for NetlinkAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "netlink:{}:{:#010x}", self.pid, self.groups)
    }
}

/// `port:groups`
pub(super) fn parse_netlink(text: &str) -> Result<SockAddr> {
    let (pid, groups) = text.split_once(':').ok_or(Errno::EINVAL)?;
    Ok(NetlinkAddr { pid: number(pid)?, groups: hexadecimal(groups)? }.into())
}
