//! Options about multicast groups of either family (RFC 3678): `MCAST_JOIN_GROUP` and its relatives.

use std::net::{IpAddr, SocketAddr};

use super::multicast::{FilterMode, ask_list, count};
use super::{AskValue, WriteValue, put, put_bytes, value};
use crate::SockAddr;
use crate::error::{Errno, Result};
use crate::opt::info::OptSize;
use crate::sys::{Fd, OptName, Pod, STORAGE_SIZE, c};

/// A group and an interface: `struct group_req`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GroupReq {
    /// The index of the interface; 0 leaves it to the routes.
    pub interface: u32,
    /// The group, of the family of the option's level.
    pub group: IpAddr,
}

/// A group, an interface and a sender: `struct group_source_req`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GroupSourceReq {
    /// The index of the interface; 0 leaves it to the routes.
    pub interface: u32,
    /// The group, of the family of the option's level.
    pub group: IpAddr,
    /// The sender, of the same family.
    pub source: IpAddr,
}

/// Which senders of a group are heard: `struct group_filter`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GroupFilter {
    /// The index of the interface.
    pub interface: u32,
    /// The group, which the socket has joined.
    pub group: IpAddr,
    /// What the list means.
    pub mode: FilterMode,
    /// The senders, of the family of the group.
    pub sources: Vec<IpAddr>,
}

value! {
    GroupReq: Struct, "struct group_req", OptSize::of::<c::group_req>();
    GroupSourceReq: Struct, "struct group_source_req", OptSize::of::<c::group_source_req>();
    GroupFilter: Struct, "struct group_filter", OptSize { min: size_of::<c::group_filter>(), max: usize::MAX };
}

/// An address as `struct sockaddr_storage` has it, without a port.
fn storage(addr: IpAddr) -> [u8; STORAGE_SIZE] {
    let mut storage = [0; STORAGE_SIZE];
    let addr = SockAddr::from(SocketAddr::new(addr, 0));
    for (place, byte) in storage.iter_mut().zip(addr.as_bytes()) {
        *place = *byte;
    }
    storage
}

/// The address in a `struct sockaddr_storage`.
fn from_storage(bytes: &[u8]) -> Result<IpAddr> {
    let addr = SockAddr::from_bytes(bytes)?.as_socket().ok_or(Errno::EINVAL)?;
    Ok(addr.ip())
}

impl WriteValue for GroupReq {
    type Input<'a> = GroupReq;

    fn set(fd: Fd<'_>, option: OptName, value: GroupReq) -> Result<()> {
        let raw =
            c::group_req { gr_interface: value.interface, gr_group: storage(value.group), ..Pod::zeroed() };
        put(fd, option, &raw)
    }
}

impl WriteValue for GroupSourceReq {
    type Input<'a> = GroupSourceReq;

    fn set(fd: Fd<'_>, option: OptName, value: GroupSourceReq) -> Result<()> {
        let raw = c::group_source_req {
            gsr_interface: value.interface,
            gsr_group: storage(value.group),
            gsr_source: storage(value.source),
            ..Pod::zeroed()
        };
        put(fd, option, &raw)
    }
}

impl WriteValue for GroupFilter {
    type Input<'a> = &'a GroupFilter;

    fn set(fd: Fd<'_>, option: OptName, value: &GroupFilter) -> Result<()> {
        let head = c::group_filter {
            gf_interface: value.interface,
            gf_group: storage(value.group),
            gf_fmode: value.mode.raw() as u32,
            gf_numsrc: count(value.sources.len())?,
            ..Pod::zeroed()
        };
        let mut bytes = head.bytes().to_vec();
        value.sources.iter().for_each(|source| bytes.extend(storage(*source)));
        put_bytes(fd, option, &bytes)
    }
}

impl AskValue for GroupFilter {
    /// The index of the interface, and the group.
    type Question<'a> = (u32, IpAddr);
    type Answer = GroupFilter;

    fn ask(fd: Fd<'_>, option: OptName, (interface, group): (u32, IpAddr)) -> Result<GroupFilter> {
        let question = |gf_numsrc| c::group_filter {
            gf_interface: interface,
            gf_group: storage(group),
            gf_numsrc,
            ..Pod::zeroed()
        };
        let (head, rest) = ask_list(fd, option, question, |head| head.gf_numsrc, STORAGE_SIZE)?;
        let sources = rest.chunks_exact(STORAGE_SIZE);
        Ok(GroupFilter {
            interface,
            group,
            mode: (head.gf_fmode as i32).into(),
            sources: sources.map(from_storage).collect::<Result<_>>()?,
        })
    }
}
