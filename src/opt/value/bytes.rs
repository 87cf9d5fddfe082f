//! Options that hold bytes in the form of a protocol, and other values of no fixed length.

use core::fmt;

use super::{ReadValue, Value, WriteValue, bytes, kind, put_bytes, sealed, value, whole};
use crate::SockAddr;
use crate::error::{Errno, Result};
use crate::opt::info::{Kind, OptSize};
use crate::sys::{self, Fd, NewAddr, OptName};

/// Bytes in the form of a protocol: a slice is set, a vector is read, of no more than `MAX`.
#[derive(Debug, Clone, Copy)]
pub struct Bytes<const MAX: usize>;

impl<const MAX: usize> sealed::Sealed for Bytes<MAX> {}

impl<const MAX: usize> Value for Bytes<MAX> {
    const KIND: Kind = Kind::Bytes;
    const C_TYPE: &'static str = "unsigned char[]";
    const SIZE: OptSize = OptSize { min: 0, max: MAX };
}

impl<const MAX: usize> ReadValue for Bytes<MAX> {
    type Output = Vec<u8>;

    fn get(fd: Fd<'_>, option: OptName) -> Result<Vec<u8>> {
        bytes(fd, option, MAX)
    }

    fn show(value: &Vec<u8>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if value.is_empty() {
            return f.write_str("none");
        }
        value.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl<const MAX: usize> WriteValue for Bytes<MAX> {
    type Input<'a> = &'a [u8];

    fn set(fd: Fd<'_>, option: OptName, bytes: &[u8]) -> Result<()> {
        if bytes.len() > MAX { Err(Errno::EINVAL) } else { put_bytes(fd, option, bytes) }
    }
}

kind! {
    /// An address: `struct sockaddr`, which is a [`SockAddr`] here.
    PeerName: Struct, "struct sockaddr", OptSize { min: 0, max: sys::STORAGE_SIZE };
}

impl ReadValue for PeerName {
    type Output = SockAddr;

    /// The kernel refuses more room than the address has, so getpeername(2) says first how much that is.
    fn get(fd: Fd<'_>, option: OptName) -> Result<SockAddr> {
        let peer = sys::getpeername(fd, NewAddr::new())?;
        SockAddr::from_bytes(&bytes(fd, option, peer.as_bytes().len())?)
    }

    fn show(value: &SockAddr, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(value, f)
    }
}

/// Device memory to give back: `struct dmabuf_token`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DevmemToken {
    /// The first token.
    pub start: u32,
    /// How many.
    pub count: u32,
}

kind! {
    /// Device memory to give back: `struct dmabuf_token[]`, which is a slice of [`DevmemToken`] here.
    DevmemTokens: Struct, "struct dmabuf_token[]", OptSize { min: 8, max: 8 * 128 };
}

impl WriteValue for DevmemTokens {
    type Input<'a> = &'a [DevmemToken];

    fn set(fd: Fd<'_>, option: OptName, tokens: &[DevmemToken]) -> Result<()> {
        let bytes: Vec<u8> =
            tokens.iter().flat_map(|token| [token.start, token.count]).flat_map(u32::to_ne_bytes).collect();
        put_bytes(fd, option, &bytes)
    }
}

kind! {
    /// Groups of netlink: `uint32_t[]`, a bit for each, which are their numbers here.
    NetlinkGroups: Struct, "uint32_t[]", OptSize { min: 0, max: NETLINK_GROUPS / 8 };
}

/// How many groups are looked at; no protocol of netlink has as many as 64.
const NETLINK_GROUPS: usize = 4096;

impl ReadValue for NetlinkGroups {
    type Output = Vec<u32>;

    fn get(fd: Fd<'_>, option: OptName) -> Result<Vec<u32>> {
        let words = bytes(fd, option, NETLINK_GROUPS / 8)?;
        let word = |bytes: &[u8]| bytes.try_into().map_or(0, u32::from_ne_bytes);
        let words: Vec<u32> = words.chunks(size_of::<u32>()).map(word).collect();
        let joined = |group: &u32| {
            let bit = group.saturating_sub(1);
            words.get((bit / 32) as usize).is_some_and(|word| word >> (bit % 32) & 1 != 0)
        };
        Ok((1..=NETLINK_GROUPS as u32).filter(joined).collect())
    }
}

/// How much memory a socket uses, in bytes: the value of `SO_MEMINFO`, an array of nine `uint32_t`.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MemInfo {
    /// What waits to be received.
    pub rmem_alloc: u32,
    /// `SO_RCVBUF`.
    pub rcvbuf: u32,
    /// What waits to be sent.
    pub wmem_alloc: u32,
    /// `SO_SNDBUF`.
    pub sndbuf: u32,
    /// Set aside, and not in use.
    pub fwd_alloc: u32,
    /// What TCP keeps to be sent, or sent again.
    pub wmem_queued: u32,
    /// Options, filters and control data.
    pub optmem: u32,
    /// What waits for the socket to be free.
    pub backlog: u32,
    /// Datagrams dropped so far.
    pub drops: u32,
}

/// `SK_MEMINFO_VARS` of linux/sock_diag.h.
const MEMINFO: usize = 9;

value! {
    MemInfo: Struct, "uint32_t[9]", OptSize::of::<[u32; MEMINFO]>();
}

impl ReadValue for MemInfo {
    type Output = MemInfo;

    fn get(fd: Fd<'_>, option: OptName) -> Result<MemInfo> {
        let [rmem_alloc, rcvbuf, wmem_alloc, sndbuf, fwd_alloc, wmem_queued, optmem, backlog, drops] =
            whole::<[u32; MEMINFO]>(fd, option)?;
        Ok(MemInfo { rmem_alloc, rcvbuf, wmem_alloc, sndbuf, fwd_alloc, wmem_queued, optmem, backlog, drops })
    }

    fn show(value: &MemInfo, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let MemInfo { rmem_alloc, rcvbuf, wmem_alloc, sndbuf, drops, .. } = value;
        write!(f, "receiving {rmem_alloc} of {rcvbuf}, sending {wmem_alloc} of {sndbuf}, {drops} dropped")
    }
}
