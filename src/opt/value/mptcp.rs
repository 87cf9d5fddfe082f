//! Options of Multipath TCP: the connection as a whole, and each of its paths.

use core::fmt;
use core::mem::offset_of;

use super::{ReadValue, TcpInfo, kind, value};
use crate::SockAddr;
use crate::error::{Errno, Result};
use crate::opt::info::OptSize;
use crate::sys::{self, Fd, NewValue, OptName, OutBytes, Pod, STORAGE_SIZE, c};

/// What the kernel knows of a connection as a whole: `struct mptcp_info`, which grows from version to version:
/// what this kernel has not is `None`.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MptcpInfo {
    /// How many bytes the kernel has filled in.
    pub filled: usize,
    /// Paths beside the first.
    pub subflows: u8,
    /// Addresses announced to the peer.
    pub add_addr_signal: u8,
    /// Addresses that the peer has announced.
    pub add_addr_accepted: u8,
    /// The most paths beside the first.
    pub subflows_max: u8,
    /// The most addresses to announce.
    pub add_addr_signal_max: u8,
    /// The most addresses to take.
    pub add_addr_accepted_max: u8,
    /// 1: fell back to TCP; 2: the peer's key is known.
    pub flags: u32,
    /// The number that names the connection in what is sent.
    pub token: u32,
    /// The sequence number of what is sent next.
    pub write_seq: u64,
    /// Up to where the peer has acknowledged.
    pub snd_una: u64,
    /// The sequence number of what is received next.
    pub rcv_nxt: u64,
    /// Addresses of this machine in use (not in the first kernels that have the option).
    pub local_addr_used: Option<u8>,
    /// The most of them (not in the first kernels that have the option).
    pub local_addr_max: Option<u8>,
    /// Are there checksums? (not in the first kernels that have the option)
    pub csum_enabled: Option<bool>,
    /// Times that data had to be sent on another path (kernel 6.5).
    pub retransmits: Option<u32>,
    /// Bytes sent again (kernel 6.5).
    pub bytes_retrans: Option<u64>,
    /// Bytes sent (kernel 6.5).
    pub bytes_sent: Option<u64>,
    /// Bytes received (kernel 6.5).
    pub bytes_received: Option<u64>,
    /// Bytes acknowledged (kernel 6.5).
    pub bytes_acked: Option<u64>,
    /// Paths, the first among them (kernel 6.7).
    pub subflows_total: Option<u8>,
}

/// What the first kernel with this option filled in.
const LEAST: usize = offset_of!(c::mptcp_info, mptcpi_local_addr_used);

value! {
    MptcpInfo: Struct, "struct mptcp_info", OptSize { min: LEAST, max: size_of::<c::mptcp_info>() };
}

impl MptcpInfo {
    fn new(raw: &c::mptcp_info, len: usize) -> Result<MptcpInfo> {
        let filled = len.min(size_of::<c::mptcp_info>());
        if filled < LEAST {
            return Err(Errno::EINVAL);
        }
        let csum = offset_of!(c::mptcp_info, mptcpi_csum_enabled) < filled;
        let bytes = offset_of!(c::mptcp_info, mptcpi_bytes_acked) < filled;
        let total = offset_of!(c::mptcp_info, mptcpi_subflows_total) < filled;
        Ok(MptcpInfo {
            filled,
            subflows: raw.mptcpi_subflows,
            add_addr_signal: raw.mptcpi_add_addr_signal,
            add_addr_accepted: raw.mptcpi_add_addr_accepted,
            subflows_max: raw.mptcpi_subflows_max,
            add_addr_signal_max: raw.mptcpi_add_addr_signal_max,
            add_addr_accepted_max: raw.mptcpi_add_addr_accepted_max,
            flags: raw.mptcpi_flags,
            token: raw.mptcpi_token,
            write_seq: raw.mptcpi_write_seq,
            snd_una: raw.mptcpi_snd_una,
            rcv_nxt: raw.mptcpi_rcv_nxt,
            local_addr_used: csum.then_some(raw.mptcpi_local_addr_used),
            local_addr_max: csum.then_some(raw.mptcpi_local_addr_max),
            csum_enabled: csum.then_some(raw.mptcpi_csum_enabled != 0),
            retransmits: bytes.then_some(raw.mptcpi_retransmits),
            bytes_retrans: bytes.then_some(raw.mptcpi_bytes_retrans),
            bytes_sent: bytes.then_some(raw.mptcpi_bytes_sent),
            bytes_received: bytes.then_some(raw.mptcpi_bytes_received),
            bytes_acked: bytes.then_some(raw.mptcpi_bytes_acked),
            subflows_total: total.then_some(raw.mptcpi_subflows_total),
        })
    }
}

impl ReadValue for MptcpInfo {
    type Output = MptcpInfo;

    fn get(fd: Fd<'_>, option: OptName) -> Result<MptcpInfo> {
        let (raw, len) = sys::getsockopt(fd, option, NewValue::<c::mptcp_info>::new())?;
        MptcpInfo::new(&raw, len)
    }

    fn show(value: &MptcpInfo, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (paths, token) = (value.subflows, value.token);
        write!(f, "token {token:#010x}, {paths} paths beside the first")
    }
}

/// Both ends of one path of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubflowAddrs {
    /// Ours.
    pub local: SockAddr,
    /// The peer's.
    pub remote: SockAddr,
}

/// A connection has no more paths than this, the first among them.
const SUBFLOWS_MAX: usize = 64;

/// The size of the answer about as many paths.
const fn room(one: usize) -> OptSize {
    let head = size_of::<c::mptcp_subflow_data>();
    OptSize { min: head, max: head + SUBFLOWS_MAX * one }
}

kind! {
    /// The addresses of each path: `struct mptcp_subflow_data` and an array of `struct mptcp_subflow_addrs`.
    MptcpSubflowAddrs: Struct, "struct mptcp_subflow_addrs[]", room(2 * STORAGE_SIZE);
    /// What TCP knows of each path: `struct mptcp_subflow_data` and an array of `struct tcp_info`.
    MptcpTcpInfo: Struct, "struct tcp_info[]", room(size_of::<c::tcp_info>());
}

/// Asks for one structure of `size` bytes for each path.
fn subflows(fd: Fd<'_>, option: OptName, size: usize) -> Result<Vec<Vec<u8>>> {
    const HEAD: usize = size_of::<c::mptcp_subflow_data>();
    let head = c::mptcp_subflow_data {
        size_subflow_data: HEAD as u32,
        num_subflows: 0,
        size_kernel: 0,
        size_user: size as u32,
    };
    let mut bytes = head.bytes().to_vec();
    bytes.resize(HEAD + SUBFLOWS_MAX * size, 0);
    let len = sys::getsockopt(fd, option, OutBytes::from(bytes.as_mut_slice()))?;
    bytes.truncate(len);
    let head = c::mptcp_subflow_data::from_bytes(&bytes).ok_or(Errno::EINVAL)?;
    // Each place is as large as was asked for, and filled as far as both sides know the structure.
    let filled = size.min(head.size_kernel as usize);
    let places = bytes.get(HEAD..).unwrap_or_default().chunks_exact(size).take(head.num_subflows as usize);
    Ok(places.map(|place| place.get(..filled).unwrap_or_default().to_vec()).collect())
}

/// An address without the zeros behind it.
fn end(bytes: &[u8]) -> Result<SockAddr> {
    let addr = SockAddr::from_bytes(bytes)?;
    Ok(addr.as_socket().map_or(addr, SockAddr::from))
}

impl ReadValue for MptcpSubflowAddrs {
    type Output = Vec<SubflowAddrs>;

    fn get(fd: Fd<'_>, option: OptName) -> Result<Vec<SubflowAddrs>> {
        let ends = |bytes: &Vec<u8>| -> Result<SubflowAddrs> {
            let (local, remote) = bytes.split_at_checked(STORAGE_SIZE).ok_or(Errno::EINVAL)?;
            Ok(SubflowAddrs { local: end(local)?, remote: end(remote)? })
        };
        subflows(fd, option, 2 * STORAGE_SIZE)?.iter().map(ends).collect()
    }
}

impl ReadValue for MptcpTcpInfo {
    type Output = Vec<TcpInfo>;

    fn get(fd: Fd<'_>, option: OptName) -> Result<Vec<TcpInfo>> {
        subflows(fd, option, size_of::<c::tcp_info>())?
            .iter()
            .map(|bytes| TcpInfo::from_bytes(bytes))
            .collect()
    }
}

/// One path of a connection.
#[non_exhaustive]
#[derive(Debug, Clone)]
pub struct Subflow {
    /// Its number within the connection.
    pub id: u32,
    /// Both ends.
    pub addrs: SubflowAddrs,
    /// What TCP knows of it.
    pub tcp_info: TcpInfo,
}

/// A connection and its paths: `struct mptcp_full_info`.
#[non_exhaustive]
#[derive(Debug, Clone)]
pub struct MptcpFullInfo {
    /// The connection as a whole.
    pub info: MptcpInfo,
    /// Its paths.
    pub subflows: Vec<Subflow>,
}

value! {
    MptcpFullInfo: Struct, "struct mptcp_full_info", OptSize::of::<c::mptcp_full_info>();
}

impl ReadValue for MptcpFullInfo {
    type Output = MptcpFullInfo;

    fn get(fd: Fd<'_>, option: OptName) -> Result<MptcpFullInfo> {
        let sys::MptcpFullInfo { head, subflows, infos } =
            sys::mptcp_full_info(fd, option, SUBFLOWS_MAX as u32)?;
        let known = (head.size_tcpinfo_kernel as usize).min(size_of::<c::tcp_info>());
        let subflow = |(flow, info): (c::mptcp_subflow_info, c::tcp_info)| -> Result<Subflow> {
            let tcp_info = TcpInfo::from_bytes(info.bytes().get(..known).unwrap_or_default())?;
            let addrs = SubflowAddrs { local: end(&flow.local)?, remote: end(&flow.remote)? };
            Ok(Subflow { id: flow.id, addrs, tcp_info })
        };
        let info = MptcpInfo::new(&head.mptcp_info, size_of::<c::mptcp_info>())?;
        let subflows = subflows.into_iter().zip(infos).map(subflow).collect::<Result<_>>()?;
        Ok(MptcpFullInfo { info, subflows })
    }

    fn show(value: &MptcpFullInfo, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        MptcpInfo::show(&value.info, f)
    }
}
