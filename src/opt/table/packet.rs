//! SOL_PACKET: the options of packet sockets ([packet(7)](https://man7.org/linux/man-pages/man7/packet.7.html)).

use super::options;
use crate::opt::{
    Bool, Fanout, FanoutData, Flags, IntAs, PacketHeader, PacketMreq, PacketRing, PacketStatistics,
    PacketVersion, RolloverStatistics, Size, TimestampingFlags, Unsigned,
};

options! {
    level SOL_PACKET, on PACKET;

    /// Receive frames that are not for this machine: all of them, or those of a group or an address. Counted, and
    /// undone when the socket is closed.
    PACKET_ADD_MEMBERSHIP: PacketMreq<'_>, Set;

    /// Receive with every frame what the kernel knows of it (`PACKET_AUXDATA`).
    PACKET_AUXDATA: Bool, GetSet;

    /// Rings: frames that do not fit are copied to the socket's queue if they have no more bytes than this; 0 is
    /// never.
    PACKET_COPY_THRESH: Size, GetSet;

    /// Undo [`PACKET_ADD_MEMBERSHIP`].
    PACKET_DROP_MEMBERSHIP: PacketMreq<'_>, Set;

    /// Several sockets share the frames of an interface: the group, and how frames are spread.
    PACKET_FANOUT: Fanout, GetSet, needs BOUND else EINVAL;

    /// The program that spreads the frames, in the modes that have one.
    PACKET_FANOUT_DATA: FanoutData<'_>, Set, needs FANOUT else EINVAL;

    /// The size of the header of each frame in a ring, by version.
    PACKET_HDRLEN: PacketHeader, Ask;

    /// Do not receive what this machine sends.
    PACKET_IGNORE_OUTGOING: Bool, GetSet, 0..=1;

    /// Transmit rings: pass over frames that are malformed, instead of stopping.
    PACKET_LOSS: Bool, GetSet;

    /// The address of what is received says the device that it came in on, even if another was bound on top of it.
    PACKET_ORIGDEV: Bool, GetSet;

    /// Send past the queue of the device: sooner, and what does not fit is lost.
    PACKET_QDISC_BYPASS: Bool, GetSet;

    /// Rings: how many bytes each frame leaves free in front. To be set before the ring.
    PACKET_RESERVE: Unsigned, GetSet, 0..=2147483647;

    /// How frames rolled over to the next socket of a group. Needs [`PACKET_FANOUT`].
    PACKET_ROLLOVER_STATS: RolloverStatistics, Get, needs FANOUT else EINVAL;

    /// A ring for receiving, which mmap(2) then maps. Set [`PACKET_VERSION`] first.
    PACKET_RX_RING: PacketRing, Set;

    /// How many frames came and how many were dropped. Reading sets both to 0.
    PACKET_STATISTICS: PacketStatistics, Get;

    /// Rings: whose times the frames carry, the kernel's or the device's.
    PACKET_TIMESTAMP: Flags<TimestampingFlags>, GetSet;

    /// Transmit rings: each frame says where its data begins.
    PACKET_TX_HAS_OFF: Bool, GetSet;

    /// A ring for sending, which mmap(2) then maps.
    PACKET_TX_RING: PacketRing, Set;

    /// The layout of the frames in a ring.
    PACKET_VERSION: IntAs<PacketVersion>, GetSet, 0..=2;

    /// Every frame begins with a `struct virtio_net_hdr`: segmentation and checksums are left to the other side.
    PACKET_VNET_HDR: Bool, GetSet;

    /// [`PACKET_VNET_HDR`] with a header of this size: 0, 10 or 12.
    PACKET_VNET_HDR_SZ: Size, GetSet, since "6.4";
}
