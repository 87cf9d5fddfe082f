//! Options of packet sockets.

use core::ffi::c_int;
use core::fmt;
use std::os::fd::{AsRawFd, BorrowedFd};

use bitflags::bitflags;

use super::multicast::ifindex;
use super::{AskValue, AttachFilter, ReadValue, SockFilter, WriteValue, kind, put, value, whole};
use crate::error::{Errno, Result};
use crate::number::open_number;
use crate::opt::info::OptSize;
use crate::sys::{self, Fd, NewValue, OptName, OutBytes, Pod, c};

/// Frames to receive beside those for this machine: `struct packet_mreq`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PacketMreq<'a> {
    /// The index of the interface.
    pub interface: u32,
    /// Which frames.
    pub frames: PacketFrames<'a>,
}

/// Which frames: `mr_type` and `mr_address`. An address has no more than 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PacketFrames<'a> {
    /// Those of a group, by its hardware address.
    Multicast(&'a [u8]),
    /// Those of all groups.
    AllMulticast,
    /// All.
    Promiscuous,
    /// Those of another hardware address.
    Unicast(&'a [u8]),
}

value! {
    PacketMreq<'_>: Struct, "struct packet_mreq",
        OptSize { min: size_of::<c::packet_mreq>(), max: size_of::<c::packet_mreq_max>() };
}

impl WriteValue for PacketMreq<'_> {
    type Input<'a> = PacketMreq<'a>;

    fn set(fd: Fd<'_>, option: OptName, value: PacketMreq<'_>) -> Result<()> {
        let (mr_type, address): (_, &[u8]) = match value.frames {
            PacketFrames::Multicast(address) => (c::PACKET_MR_MULTICAST, address),
            PacketFrames::AllMulticast => (c::PACKET_MR_ALLMULTI, &[]),
            PacketFrames::Promiscuous => (c::PACKET_MR_PROMISC, &[]),
            PacketFrames::Unicast(address) => (c::PACKET_MR_UNICAST, address),
        };
        let mut raw = c::packet_mreq_max {
            mr_ifindex: ifindex(value.interface)?,
            mr_type: mr_type as u16,
            mr_alen: address.len() as u16,
            mr_address: [0; 32],
        };
        raw.mr_address.get_mut(..address.len()).ok_or(Errno::EINVAL)?.copy_from_slice(address);
        put(fd, option, &raw)
    }
}

open_number! {
    /// How the frames of a group of sockets are spread.
    FanoutMode {
        /// By flow: a connection stays with one socket.
        PACKET_FANOUT_HASH = c::PACKET_FANOUT_HASH as c_int;
        /// In turn.
        PACKET_FANOUT_LB = c::PACKET_FANOUT_LB as c_int;
        /// By the processor that a frame came in on.
        PACKET_FANOUT_CPU = c::PACKET_FANOUT_CPU as c_int;
        /// All to one, until it is full.
        PACKET_FANOUT_ROLLOVER = c::PACKET_FANOUT_ROLLOVER as c_int;
        /// At random.
        PACKET_FANOUT_RND = c::PACKET_FANOUT_RND as c_int;
        /// By the queue of the device that a frame came in on.
        PACKET_FANOUT_QM = c::PACKET_FANOUT_QM as c_int;
        /// By a program of classic BPF.
        PACKET_FANOUT_CBPF = c::PACKET_FANOUT_CBPF as c_int;
        /// By a program of extended BPF.
        PACKET_FANOUT_EBPF = c::PACKET_FANOUT_EBPF as c_int;
    }
}

bitflags! {
    /// What `PACKET_FANOUT` takes beside the mode.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
    pub struct FanoutFlags: u16 {
        /// A socket that is full passes its frames on to another.
        const PACKET_FANOUT_FLAG_ROLLOVER = 0x1000;
        /// Make a group with a number that nobody has, which is read then.
        const PACKET_FANOUT_FLAG_UNIQUEID = 0x2000;
        /// Do not receive what this machine sends.
        const PACKET_FANOUT_FLAG_IGNORE_OUTGOING = 0x4000;
        /// Put fragments of IPv4 together first.
        const PACKET_FANOUT_FLAG_DEFRAG = 0x8000;
        const _ = !0;
    }
}

/// A group of sockets that share the frames of an interface: `struct fanout_args`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fanout {
    /// The number of the group, within the network namespace.
    pub id: u16,
    /// How frames are spread. All members of a group say the same.
    pub mode: FanoutMode,
    /// What else.
    pub flags: FanoutFlags,
    /// The most members (kernel 5.11); `None` is 256.
    pub max_members: Option<u32>,
}

value! {
    Fanout: Struct, "struct fanout_args", OptSize { min: size_of::<c_int>(), max: size_of::<c::fanout_args>() };
}

impl Fanout {
    /// A group without flags.
    pub const fn new(id: u16, mode: FanoutMode) -> Self {
        Fanout { id, mode, flags: FanoutFlags::empty(), max_members: None }
    }

    /// Mode and flags are 16 bits of one number, whose other half is the group.
    fn type_flags(&self) -> Result<u16> {
        let mode = u8::try_from(self.mode.raw()).map_err(|_| Errno::EINVAL)?;
        Ok(u16::from(mode) | self.flags.bits())
    }
}

impl ReadValue for Fanout {
    type Output = Fanout;

    fn get(fd: Fd<'_>, option: OptName) -> Result<Fanout> {
        let raw = whole::<c_int>(fd, option)? as u32;
        let (id, type_flags) = (raw as u16, (raw >> 16) as u16);
        let mode = c_int::from(type_flags & 0xff).into();
        Ok(Fanout { id, mode, flags: FanoutFlags::from_bits_retain(type_flags & 0xff00), max_members: None })
    }
}

impl WriteValue for Fanout {
    type Input<'a> = Fanout;

    fn set(fd: Fd<'_>, option: OptName, value: Fanout) -> Result<()> {
        let type_flags = value.type_flags()?;
        match value.max_members {
            None => put(fd, option, &(u32::from(value.id) | u32::from(type_flags) << 16)),
            Some(max_num_members) => {
                // The two halves of the number, in the order that it has them in memory.
                let halves = (u32::from(value.id) | u32::from(type_flags) << 16).to_ne_bytes();
                let [a, b, c, d] = halves;
                let (id, type_flags) = (u16::from_ne_bytes([a, b]), u16::from_ne_bytes([c, d]));
                put(fd, option, &c::fanout_args { id, type_flags, max_num_members })
            }
        }
    }
}

/// The program that spreads frames: the value of `PACKET_FANOUT_DATA`.
#[derive(Debug, Clone, Copy)]
pub enum FanoutData<'a> {
    /// Classic BPF.
    Classic(&'a [SockFilter]),
    /// Extended BPF: the descriptor that bpf(2) gave.
    Extended(BorrowedFd<'a>),
}

value! {
    FanoutData<'_>: Filter, "struct sock_fprog",
        OptSize { min: size_of::<c_int>(), max: size_of::<c::sock_fprog>() };
}

impl WriteValue for FanoutData<'_> {
    type Input<'a> = FanoutData<'a>;

    fn set(fd: Fd<'_>, option: OptName, value: FanoutData<'_>) -> Result<()> {
        match value {
            FanoutData::Classic(filter) => AttachFilter::set(fd, option, filter),
            FanoutData::Extended(program) => put(fd, option, &program.as_raw_fd()),
        }
    }
}

open_number! {
    /// The layout of the frames in a ring.
    PacketVersion {
        /// The first; its header depends on the width of the machine.
        TPACKET_V1 = c::TPACKET_V1;
        /// One header for all machines, nanoseconds, VLAN tags.
        TPACKET_V2 = c::TPACKET_V2;
        /// Blocks of frames, of any length.
        TPACKET_V3 = c::TPACKET_V3;
    }
}

kind! {
    /// The size of a header: `int`, asked for by [`PacketVersion`].
    PacketHeader: Int, "int", OptSize::of::<c_int>();
}

impl AskValue for PacketHeader {
    type Question<'a> = PacketVersion;
    type Answer = usize;

    fn ask(fd: Fd<'_>, option: OptName, version: PacketVersion) -> Result<usize> {
        let mut bytes = version.raw().to_ne_bytes();
        let len = sys::getsockopt(fd, option, OutBytes::from(bytes.as_mut_slice()))?;
        let size = bytes.get(..len).and_then(c_int::from_bytes).ok_or(Errno::EINVAL)?;
        usize::try_from(size).map_err(|_| Errno::EINVAL)
    }
}

/// The dimensions of a ring: `struct tpacket_req3`, of which the older versions take the first four numbers. All
/// zero takes the ring away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PacketRing {
    /// The size of a block: whole pages.
    pub block_size: u32,
    /// How many blocks.
    pub blocks: u32,
    /// The size of a frame, which a block holds some of.
    pub frame_size: u32,
    /// How many frames: as many as all blocks hold.
    pub frames: u32,
    /// `TPACKET_V3`: after how many milliseconds a block is handed over that is not full; 0 is the system's choice.
    pub retire_ms: u32,
    /// `TPACKET_V3`: how many bytes each block leaves free in front.
    pub private: u32,
    /// `TPACKET_V3`: 1 is to store the hash of each frame.
    pub features: u32,
}

value! {
    PacketRing: Struct, "struct tpacket_req3",
        OptSize { min: size_of::<c::tpacket_req>(), max: size_of::<c::tpacket_req3>() };
    PacketStatistics: Struct, "struct tpacket_stats_v3",
        OptSize { min: size_of::<c::tpacket_stats>(), max: size_of::<c::tpacket_stats_v3>() };
    RolloverStatistics: Struct, "struct tpacket_rollover_stats", OptSize::of::<c::tpacket_rollover_stats>();
}

impl WriteValue for PacketRing {
    type Input<'a> = PacketRing;

    fn set(fd: Fd<'_>, option: OptName, value: PacketRing) -> Result<()> {
        let raw = c::tpacket_req3 {
            tp_block_size: value.block_size,
            tp_block_nr: value.blocks,
            tp_frame_size: value.frame_size,
            tp_frame_nr: value.frames,
            tp_retire_blk_tov: value.retire_ms,
            tp_sizeof_priv: value.private,
            tp_feature_req_word: value.features,
        };
        put(fd, option, &raw)
    }
}

/// What was counted since it was read last: `struct tpacket_stats_v3`.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PacketStatistics {
    /// Frames that came, those that were dropped among them.
    pub packets: u32,
    /// Frames that were dropped for want of room.
    pub drops: u32,
    /// `TPACKET_V3`: how often the ring was full.
    pub freezes: Option<u32>,
}

impl ReadValue for PacketStatistics {
    type Output = PacketStatistics;

    fn get(fd: Fd<'_>, option: OptName) -> Result<PacketStatistics> {
        let (raw, len) = sys::getsockopt(fd, option, NewValue::<c::tpacket_stats_v3>::new())?;
        let freezes = match len {
            _ if len == size_of::<c::tpacket_stats>() => None,
            _ if len == size_of::<c::tpacket_stats_v3>() => Some(raw.tp_freeze_q_cnt),
            _ => return Err(Errno::EINVAL),
        };
        Ok(PacketStatistics { packets: raw.tp_packets, drops: raw.tp_drops, freezes })
    }

    fn show(value: &PacketStatistics, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} packets, {} dropped", value.packets, value.drops)
    }
}

/// How frames rolled over to other sockets of a group: `struct tpacket_rollover_stats`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct RolloverStatistics {
    /// Frames that did.
    pub all: u64,
    /// Those of them that belong to a large flow.
    pub huge: u64,
    /// Frames that found no socket with room.
    pub failed: u64,
}

impl ReadValue for RolloverStatistics {
    type Output = RolloverStatistics;

    fn get(fd: Fd<'_>, option: OptName) -> Result<RolloverStatistics> {
        let raw: c::tpacket_rollover_stats = whole(fd, option)?;
        Ok(RolloverStatistics { all: raw.tp_all, huge: raw.tp_huge, failed: raw.tp_failed })
    }
}
