//! Options of TCP's authentication (RFC 5925).

use super::tcp::storage;
use super::{ReadValue, WriteValue, kind, put, value, whole};
use crate::SockAddr;
use crate::error::{Errno, Result};
use crate::opt::info::OptSize;
use crate::sys::{self, Fd, OptName, Pod, c};

/// A key for a peer: `struct tcp_ao_add`.
#[derive(Debug, Clone, Copy)]
pub struct AoAdd<'a> {
    /// The peer.
    pub addr: &'a SockAddr,
    /// For all peers whose addresses begin with as many bits.
    pub prefix: u8,
    /// The algorithm, as the kernel names it: `hmac(sha1)`, `cmac(aes128)`.
    pub algorithm: &'a str,
    /// The key, of no more than 80 bytes.
    pub key: &'a [u8],
    /// The number of the key in what is sent.
    pub send_id: u8,
    /// The number of the key in what is received.
    pub receive_id: u8,
    /// How many bytes of the code are sent; 0 is 12.
    pub mac_len: u8,
    /// Use it for what is sent from now on.
    pub set_current: bool,
    /// Ask the peer to use it from now on.
    pub set_next: bool,
}

/// A key to take away: `struct tcp_ao_del`.
#[derive(Debug, Clone, Copy)]
pub struct AoDelete<'a> {
    /// The peer.
    pub addr: &'a SockAddr,
    /// As the key was added with.
    pub prefix: u8,
    /// The number of the key in what is sent.
    pub send_id: u8,
    /// The number of the key in what is received.
    pub receive_id: u8,
    /// The key to use from now on.
    pub current: Option<u8>,
    /// The key to ask the peer for.
    pub next: Option<u8>,
}

/// What is in use, and what was counted: `struct tcp_ao_info_opt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct AoInfo {
    /// The key in use, by its number in what is sent.
    pub current: Option<u8>,
    /// The key that the peer is asked for, by its number in what is received.
    pub next: Option<u8>,
    /// Is nothing taken that is not authenticated?
    pub required: bool,
    /// Are ICMP errors taken?
    pub accept_icmps: bool,
    /// Set the counters, too.
    pub counters: Option<AoCounters>,
}

/// What [`AoInfo`] counts: segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct AoCounters {
    /// Verified.
    pub good: u64,
    /// Not what they should be.
    pub bad: u64,
    /// With the number of a key that is not there.
    pub key_not_found: u64,
    /// Not authenticated.
    pub required: u64,
    /// ICMP errors, dropped.
    pub dropped_icmp: u64,
}

/// Sequence numbers of a connection under repair: `struct tcp_ao_repair`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct AoRepair {
    /// The first sequence number that was sent.
    pub sent_isn: u32,
    /// The first that was received.
    pub received_isn: u32,
    /// How often those sent have begun again.
    pub send_sne: u32,
    /// How often those received have begun again.
    pub receive_sne: u32,
}

/// A key that was added: `struct tcp_ao_getsockopt`.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AoKey {
    /// The peer.
    pub addr: SockAddr,
    /// For all peers whose addresses begin with as many bits.
    pub prefix: u8,
    /// The algorithm.
    pub algorithm: String,
    /// The key.
    pub key: Vec<u8>,
    /// The number of the key in what is sent.
    pub send_id: u8,
    /// The number of the key in what is received.
    pub receive_id: u8,
    /// How many bytes of the code are sent.
    pub mac_len: u8,
    /// Is it used for what is sent?
    pub current: bool,
    /// Is the peer asked to use it?
    pub next: bool,
    /// Segments that were verified with it.
    pub good: u64,
    /// Segments that were not what they should be.
    pub bad: u64,
}

kind! {
    /// The keys that were added: an array of `struct tcp_ao_getsockopt`, which is a vector of [`AoKey`] here.
    AoKeys: Struct, "struct tcp_ao_getsockopt[]",
        OptSize { min: size_of::<c::tcp_ao_getsockopt>(), max: usize::MAX };
}

value! {
    AoAdd<'_>: Struct, "struct tcp_ao_add", OptSize::of::<c::tcp_ao_add>();
    AoDelete<'_>: Struct, "struct tcp_ao_del", OptSize::of::<c::tcp_ao_del>();
    AoInfo: Struct, "struct tcp_ao_info_opt", OptSize::of::<c::tcp_ao_info_opt>();
    AoRepair: Struct, "struct tcp_ao_repair", OptSize::of::<c::tcp_ao_repair>();
}

/// Bit `n` of a structure's bit fields of 32 bits, which begin where the machine's numbers do.
const fn bit(n: u32) -> u32 {
    if cfg!(target_endian = "little") { 1 << n } else { 1 << (31 - n) }
}

const SET_CURRENT: u32 = bit(0);
const SET_NEXT: u32 = bit(1);
const REQUIRED: u32 = bit(2);
const SET_COUNTERS: u32 = bit(3);
const ACCEPT_ICMPS: u32 = bit(4);

/// The given bits, if they are wanted.
fn when(wanted: bool, bits: u32) -> u32 {
    if wanted { bits } else { 0 }
}

impl WriteValue for AoAdd<'_> {
    type Input<'a> = AoAdd<'a>;

    fn set(fd: Fd<'_>, option: OptName, value: AoAdd<'_>) -> Result<()> {
        let mut raw = c::tcp_ao_add { addr: storage(value.addr)?, ..Pod::zeroed() };
        let name = value.algorithm.as_bytes();
        if name.len() >= raw.alg_name.len() || name.contains(&0) {
            return Err(Errno::EINVAL);
        }
        raw.alg_name.get_mut(..name.len()).ok_or(Errno::EINVAL)?.copy_from_slice(name);
        raw.key.get_mut(..value.key.len()).ok_or(Errno::EINVAL)?.copy_from_slice(value.key);
        raw.keylen = u8::try_from(value.key.len()).map_err(|_| Errno::EINVAL)?;
        raw._flags = when(value.set_current, SET_CURRENT) | when(value.set_next, SET_NEXT);
        raw.prefix = value.prefix;
        raw.sndid = value.send_id;
        raw.rcvid = value.receive_id;
        raw.maclen = value.mac_len;
        put(fd, option, &raw)
    }
}

impl WriteValue for AoDelete<'_> {
    type Input<'a> = AoDelete<'a>;

    fn set(fd: Fd<'_>, option: OptName, value: AoDelete<'_>) -> Result<()> {
        let raw = c::tcp_ao_del {
            addr: storage(value.addr)?,
            _flags: when(value.current.is_some(), SET_CURRENT) | when(value.next.is_some(), SET_NEXT),
            prefix: value.prefix,
            sndid: value.send_id,
            rcvid: value.receive_id,
            current_key: value.current.unwrap_or(0),
            rnext: value.next.unwrap_or(0),
            ..Pod::zeroed()
        };
        put(fd, option, &raw)
    }
}

impl ReadValue for AoInfo {
    type Output = AoInfo;

    fn get(fd: Fd<'_>, option: OptName) -> Result<AoInfo> {
        let raw: c::tcp_ao_info_opt = whole(fd, option)?;
        let has = |bit| raw._flags & bit != 0;
        Ok(AoInfo {
            current: has(SET_CURRENT).then_some(raw.current_key),
            next: has(SET_NEXT).then_some(raw.rnext),
            required: has(REQUIRED),
            accept_icmps: has(ACCEPT_ICMPS),
            counters: Some(AoCounters {
                good: raw.pkt_good,
                bad: raw.pkt_bad,
                key_not_found: raw.pkt_key_not_found,
                required: raw.pkt_ao_required,
                dropped_icmp: raw.pkt_dropped_icmp,
            }),
        })
    }
}

impl WriteValue for AoInfo {
    type Input<'a> = AoInfo;

    fn set(fd: Fd<'_>, option: OptName, value: AoInfo) -> Result<()> {
        let counters = value.counters.unwrap_or_default();
        let flags = when(value.current.is_some(), SET_CURRENT)
            | when(value.next.is_some(), SET_NEXT)
            | when(value.required, REQUIRED)
            | when(value.counters.is_some(), SET_COUNTERS)
            | when(value.accept_icmps, ACCEPT_ICMPS);
        let raw = c::tcp_ao_info_opt {
            _flags: flags,
            current_key: value.current.unwrap_or(0),
            rnext: value.next.unwrap_or(0),
            pkt_good: counters.good,
            pkt_bad: counters.bad,
            pkt_key_not_found: counters.key_not_found,
            pkt_ao_required: counters.required,
            pkt_dropped_icmp: counters.dropped_icmp,
            ..Pod::zeroed()
        };
        put(fd, option, &raw)
    }
}

/// For how many keys there is room at first.
const KEYS: u32 = 16;

impl ReadValue for AoKeys {
    type Output = Vec<AoKey>;

    /// Asks for all keys, and once more if there are more than there was room for.
    fn get(fd: Fd<'_>, option: OptName) -> Result<Vec<AoKey>> {
        let mut room = KEYS;
        loop {
            let (keys, found) = sys::tcp_ao_get_keys(fd, option, room)?;
            if found <= room {
                return keys.iter().map(AoKey::new).collect();
            }
            room = found;
        }
    }
}

impl AoKey {
    fn new(raw: &c::tcp_ao_getsockopt) -> Result<AoKey> {
        let addr = SockAddr::from_bytes(&raw.addr)?;
        let name = raw.alg_name.split(|byte| *byte == 0).next().unwrap_or_default();
        Ok(AoKey {
            addr: addr.as_socket().map_or(addr, SockAddr::from),
            prefix: raw.prefix,
            algorithm: String::from_utf8_lossy(name).into_owned(),
            key: raw.key.get(..usize::from(raw.keylen)).ok_or(Errno::EINVAL)?.to_vec(),
            send_id: raw.sndid,
            receive_id: raw.rcvid,
            mac_len: raw.maclen,
            current: raw._flags & sys::AO_IS_CURRENT != 0,
            next: raw._flags & sys::AO_IS_NEXT != 0,
            good: raw.pkt_good,
            bad: raw.pkt_bad,
        })
    }
}

impl ReadValue for AoRepair {
    type Output = AoRepair;

    fn get(fd: Fd<'_>, option: OptName) -> Result<AoRepair> {
        let raw: c::tcp_ao_repair = whole(fd, option)?;
        Ok(AoRepair {
            sent_isn: u32::from_be(raw.snt_isn),
            received_isn: u32::from_be(raw.rcv_isn),
            send_sne: raw.snd_sne,
            receive_sne: raw.rcv_sne,
        })
    }
}

impl WriteValue for AoRepair {
    type Input<'a> = AoRepair;

    fn set(fd: Fd<'_>, option: OptName, value: AoRepair) -> Result<()> {
        let raw = c::tcp_ao_repair {
            snt_isn: value.sent_isn.to_be(),
            rcv_isn: value.received_isn.to_be(),
            snd_sne: value.send_sne,
            rcv_sne: value.receive_sne,
        };
        put(fd, option, &raw)
    }
}
