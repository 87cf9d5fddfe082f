//! Options about multicast groups of one family: who joins, through which interface, from whom.

use core::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::{AskValue, ReadValue, WriteValue, kind, put, put_bytes, value};
use crate::error::{Errno, Result};
use crate::number::open_number;
use crate::opt::info::OptSize;
use crate::sys::{self, Fd, OptName, OutBytes, Pod, c};

/// An interface, where IPv4 asks for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Ipv4Interface {
    /// The one that the routes choose.
    #[default]
    Any,
    /// The one of this index.
    Index(u32),
    /// The one that has this address.
    Address(Ipv4Addr),
}

impl From<u32> for Ipv4Interface {
    /// The interface of an index; 0 is any.
    fn from(index: u32) -> Self {
        if index == 0 { Ipv4Interface::Any } else { Ipv4Interface::Index(index) }
    }
}

impl From<Ipv4Addr> for Ipv4Interface {
    /// The interface of an address; `0.0.0.0` is any.
    fn from(addr: Ipv4Addr) -> Self {
        if addr.is_unspecified() { Ipv4Interface::Any } else { Ipv4Interface::Address(addr) }
    }
}

/// A group of IPv4 and an interface: `struct ip_mreqn`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IpMreqn {
    /// The group.
    pub group: Ipv4Addr,
    /// Where to receive it.
    pub interface: Ipv4Interface,
}

/// A group of IPv4, an interface and a sender: `struct ip_mreq_source`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IpMreqSource {
    /// The group.
    pub group: Ipv4Addr,
    /// An address of the interface; `0.0.0.0` leaves it to the routes.
    pub interface: Ipv4Addr,
    /// The sender.
    pub source: Ipv4Addr,
}

/// A group of IPv6 and an interface: `struct ipv6_mreq`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ipv6Mreq {
    /// The group.
    pub group: Ipv6Addr,
    /// The index of the interface; 0 leaves it to the routes.
    pub interface: u32,
}

value! {
    IpMreqn: Struct, "struct ip_mreqn", OptSize::of::<c::ip_mreqn>();
    IpMreqSource: Struct, "struct ip_mreq_source", OptSize::of::<c::ip_mreq_source>();
    Ipv6Mreq: Struct, "struct ipv6_mreq", OptSize::of::<c::ipv6_mreq>();
}

/// The bytes of an address are in network order in `struct in_addr`, on every machine.
pub(super) fn in_addr(addr: Ipv4Addr) -> c::in_addr {
    c::in_addr { s_addr: u32::from_ne_bytes(addr.octets()) }
}

/// The `int` that an index is in C.
pub(super) fn ifindex(index: u32) -> Result<i32> {
    i32::try_from(index).map_err(|_| Errno::EINVAL)
}

fn mreqn(group: Ipv4Addr, interface: Ipv4Interface) -> Result<c::ip_mreqn> {
    let (address, index) = match interface {
        Ipv4Interface::Any => (Ipv4Addr::UNSPECIFIED, 0),
        Ipv4Interface::Index(index) => (Ipv4Addr::UNSPECIFIED, ifindex(index)?),
        Ipv4Interface::Address(address) => (address, 0),
    };
    Ok(c::ip_mreqn { imr_multiaddr: in_addr(group), imr_address: in_addr(address), imr_ifindex: index })
}

impl WriteValue for IpMreqn {
    type Input<'a> = IpMreqn;

    fn set(fd: Fd<'_>, option: OptName, value: IpMreqn) -> Result<()> {
        put(fd, option, &mreqn(value.group, value.interface)?)
    }
}

impl WriteValue for IpMreqSource {
    type Input<'a> = IpMreqSource;

    fn set(fd: Fd<'_>, option: OptName, value: IpMreqSource) -> Result<()> {
        let raw = c::ip_mreq_source {
            imr_multiaddr: in_addr(value.group),
            imr_interface: in_addr(value.interface),
            imr_sourceaddr: in_addr(value.source),
        };
        put(fd, option, &raw)
    }
}

impl WriteValue for Ipv6Mreq {
    type Input<'a> = Ipv6Mreq;

    fn set(fd: Fd<'_>, option: OptName, value: Ipv6Mreq) -> Result<()> {
        let ipv6mr_multiaddr = c::in6_addr { s6_addr: value.group.octets() };
        let ipv6mr_interface = ifindex(value.interface)? as u32;
        put(fd, option, &c::ipv6_mreq { ipv6mr_multiaddr, ipv6mr_interface })
    }
}

kind! {
    /// The interface for sending to groups: `struct ip_mreqn`, which is an [`Ipv4Interface`] here. Read, it is the
    /// address that was set or found, and `0.0.0.0` if there is none.
    MulticastInterface: Struct, "struct ip_mreqn",
        OptSize { min: size_of::<c::in_addr>(), max: size_of::<c::ip_mreqn>() };
}

impl ReadValue for MulticastInterface {
    type Output = Ipv4Addr;

    fn get(fd: Fd<'_>, option: OptName) -> Result<Ipv4Addr> {
        let mut bytes = [0; size_of::<c::in_addr>()];
        let len = sys::getsockopt(fd, option, OutBytes::from(bytes.as_mut_slice()))?;
        if len == bytes.len() { Ok(bytes.into()) } else { Err(Errno::EINVAL) }
    }
}

impl WriteValue for MulticastInterface {
    type Input<'a> = Ipv4Interface;

    fn set(fd: Fd<'_>, option: OptName, value: Ipv4Interface) -> Result<()> {
        put(fd, option, &mreqn(Ipv4Addr::UNSPECIFIED, value)?)
    }
}

open_number! {
    /// What a list of senders means.
    FilterMode {
        /// Receive from them only.
        MCAST_INCLUDE = c::MCAST_INCLUDE;
        /// Receive from all others.
        MCAST_EXCLUDE = c::MCAST_EXCLUDE;
    }
}

/// Which senders of a group are heard: `struct ip_msfilter`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IpMsfilter {
    /// The group, which the socket has joined.
    pub group: Ipv4Addr,
    /// An address of the interface.
    pub interface: Ipv4Addr,
    /// What the list means.
    pub mode: FilterMode,
    /// The senders.
    pub sources: Vec<Ipv4Addr>,
}

/// For how many senders there is room at first; `net.ipv4.igmp_max_msf` allows 10 by default.
const SOURCES: u32 = 64;

value! {
    IpMsfilter: Struct, "struct ip_msfilter", OptSize { min: size_of::<c::ip_msfilter>(), max: usize::MAX };
}

impl WriteValue for IpMsfilter {
    type Input<'a> = &'a IpMsfilter;

    fn set(fd: Fd<'_>, option: OptName, value: &IpMsfilter) -> Result<()> {
        let head = c::ip_msfilter {
            imsf_multiaddr: u32::from_ne_bytes(value.group.octets()),
            imsf_interface: u32::from_ne_bytes(value.interface.octets()),
            imsf_fmode: value.mode.raw() as u32,
            imsf_numsrc: count(value.sources.len())?,
            imsf_slist: [],
        };
        let mut bytes = head.bytes().to_vec();
        value.sources.iter().for_each(|source| bytes.extend(source.octets()));
        put_bytes(fd, option, &bytes)
    }
}

impl AskValue for IpMsfilter {
    /// The group, and an address of the interface.
    type Question<'a> = (Ipv4Addr, Ipv4Addr);
    type Answer = IpMsfilter;

    fn ask(fd: Fd<'_>, option: OptName, (group, interface): (Ipv4Addr, Ipv4Addr)) -> Result<IpMsfilter> {
        let question = |imsf_numsrc| c::ip_msfilter {
            imsf_multiaddr: u32::from_ne_bytes(group.octets()),
            imsf_interface: u32::from_ne_bytes(interface.octets()),
            imsf_fmode: 0,
            imsf_numsrc,
            imsf_slist: [],
        };
        let (head, rest) = ask_list(fd, option, question, |head| head.imsf_numsrc, size_of::<c::in_addr>())?;
        let sources = rest.chunks_exact(size_of::<c::in_addr>());
        let octets = |bytes: &[u8]| <[u8; 4]>::try_from(bytes).ok().map(Ipv4Addr::from);
        Ok(IpMsfilter {
            group,
            interface,
            mode: (head.imsf_fmode as i32).into(),
            sources: sources.filter_map(octets).collect(),
        })
    }
}

/// The number of senders, as C has it.
pub(super) fn count(sources: usize) -> Result<u32> {
    u32::try_from(sources).map_err(|_| Errno::EINVAL)
}

/// Asks with a structure that says how many senders of `one` byte each there is room for behind it, and once more
/// if there are more: the structure, and the senders.
pub(super) fn ask_list<H: Pod>(
    fd: Fd<'_>,
    option: OptName,
    question: impl Fn(u32) -> H,
    count: impl Fn(&H) -> u32,
    one: usize,
) -> Result<(H, Vec<u8>)> {
    let mut room = SOURCES;
    loop {
        let mut bytes = question(room).bytes().to_vec();
        bytes.resize(size_of::<H>().saturating_add(one.saturating_mul(room as usize)), 0);
        let len = sys::getsockopt(fd, option, OutBytes::from(bytes.as_mut_slice()))?;
        bytes.truncate(len);
        let head = H::from_bytes(&bytes).ok_or(Errno::EINVAL)?;
        let found = count(&head);
        if found <= room {
            bytes.drain(..size_of::<H>());
            bytes.truncate(one.saturating_mul(found as usize));
            return Ok((head, bytes));
        }
        room = found;
    }
}

impl fmt::Display for Ipv4Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ipv4Interface::Any => f.write_str("any"),
            Ipv4Interface::Index(index) => index.fmt(f),
            Ipv4Interface::Address(addr) => addr.fmt(f),
        }
    }
}
