//! The two options of getsockopt(2) that make the kernel write beyond the length it is told: MPTCP_FULL_INFO names further
//! places, TCP_AO_GET_KEYS counts structures.

use super::c;
use super::call::getsockopt;
use super::errno::Result;
use super::fd::Fd;
use super::optname::OptName;
use super::pod::Pod;
use super::sockaddr::STORAGE_SIZE;
use super::value::RawOut;

/// What the kernel wrote, in three parts.
#[derive(Debug)]
pub struct MptcpFullInfo {
    /// The structure; it says how much of the others was written.
    pub head: c::mptcp_full_info,
    /// One `struct mptcp_subflow_info` for each path.
    pub subflows: Vec<c::mptcp_subflow_info>,
    /// One `struct tcp_info` for each path.
    pub infos: Vec<c::tcp_info>,
}

/// getsockopt(2) with room for as many paths.
pub fn mptcp_full_info(fd: Fd<'_>, option: OptName, paths: u32) -> Result<MptcpFullInfo> {
    let mut subflows = vec![[0_u8; SUBFLOW]; paths as usize];
    let mut infos = vec![c::tcp_info::zeroed(); paths as usize];
    let mut head = c::mptcp_full_info {
        size_tcpinfo_user: size_of::<c::tcp_info>() as u32,
        size_sfinfo_user: SUBFLOW as u32,
        size_arrays_user: paths,
        subflow_info: subflows.as_mut_ptr().expose_provenance() as u64,
        tcp_info: infos.as_mut_ptr().expose_provenance() as u64,
        ..Pod::zeroed()
    };
    let mut len = size_of::<c::mptcp_full_info>() as c::socklen_t;
    // SAFETY: `head` has `len` bytes, and the places that it names have room for as many elements, of the sizes that
    // it says; all three live until the call returns, and any bytes are valid there.
    let value = unsafe { RawOut::from_raw((&raw mut head).cast(), &raw mut len) };
    getsockopt(fd, option, value)?;
    subflows.truncate(head.num_subflows as usize);
    infos.truncate(head.num_subflows as usize);
    let size = head.size_sfinfo_kernel as usize;
    let subflows = subflows.iter().map(|bytes| subflow(bytes.get(..size).unwrap_or(bytes))).collect();
    Ok(MptcpFullInfo { head, subflows, infos })
}

/// The most bytes that a kernel has in a `struct mptcp_subflow_info`.
const SUBFLOW: usize = 8 + 2 * STORAGE_SIZE;

/// The structure as the kernel has it, which is not that of a program of 32 bits if the kernel has 64: then there is padding
/// behind the number. The two addresses come last.
fn subflow(bytes: &[u8]) -> c::mptcp_subflow_info {
    let addr = |from_end: usize| {
        let start = bytes.len().checked_sub(from_end * STORAGE_SIZE);
        start.and_then(|start| Pod::from_bytes(bytes.get(start..)?)).unwrap_or_else(Pod::zeroed)
    };
    c::mptcp_subflow_info {
        id: u32::from_bytes(bytes).unwrap_or_default(),
        local: addr(2),
        remote: addr(1),
        ..Pod::zeroed()
    }
}

/// The bit fields of `struct tcp_ao_getsockopt`, which begin where the machine's numbers do.
const fn bit(n: u32) -> u16 {
    if cfg!(target_endian = "little") { 1 << n } else { 1 << (15 - n) }
}

/// The key is used for what is sent.
pub const AO_IS_CURRENT: u16 = bit(0);
/// The peer is asked to use the key.
pub const AO_IS_NEXT: u16 = bit(1);
/// All keys are asked for.
const AO_GET_ALL: u16 = bit(2);

/// getsockopt(2) TCP_AO_GET_KEYS with room for as many keys: those that had room, and how many there are.
pub fn tcp_ao_get_keys(fd: Fd<'_>, option: OptName, room: u32) -> Result<(Vec<c::tcp_ao_getsockopt>, u32)> {
    let question = c::tcp_ao_getsockopt { nkeys: room, _flags: AO_GET_ALL, ..Pod::zeroed() };
    let mut keys = vec![question; room.max(1) as usize];
    let mut len = size_of::<c::tcp_ao_getsockopt>() as c::socklen_t;
    // SAFETY: `len` is the size of one, of which the kernel writes no more than the first says there is room for; they
    // live until the call returns, and any bytes are valid there.
    let value = unsafe { RawOut::from_raw(keys.as_mut_ptr().cast(), &raw mut len) };
    getsockopt(fd, option, value)?;
    let found = keys.first().map_or(0, |first| first.nkeys);
    keys.truncate(found.min(room) as usize);
    Ok((keys, found))
}
