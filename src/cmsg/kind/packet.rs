//! What a packet socket knows of a frame.

use bitflags::bitflags;

use super::{coded, value};
use crate::EtherType;
use crate::sys::c;

bitflags! {
    /// `tp_status` of a received frame.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
    pub struct PacketStatus: u32 {
        /// The frame is the program's.
        const TP_STATUS_USER = c::TP_STATUS_USER;
        /// The frame did not fit into the ring and is in the queue of the socket too.
        const TP_STATUS_COPY = c::TP_STATUS_COPY;
        /// Frames were dropped before this one.
        const TP_STATUS_LOSING = c::TP_STATUS_LOSING;
        /// The checksum is not computed yet: the frame is on its way out.
        const TP_STATUS_CSUMNOTREADY = c::TP_STATUS_CSUMNOTREADY;
        /// There is a tag of a VLAN.
        const TP_STATUS_VLAN_VALID = c::TP_STATUS_VLAN_VALID;
        /// The block was handed over because its time was over.
        const TP_STATUS_BLK_TMO = c::TP_STATUS_BLK_TMO;
        /// The protocol of the tag is there.
        const TP_STATUS_VLAN_TPID_VALID = c::TP_STATUS_VLAN_TPID_VALID;
        /// The checksum was found right.
        const TP_STATUS_CSUM_VALID = c::TP_STATUS_CSUM_VALID;
        /// TCP that is cut into segments later.
        const TP_STATUS_GSO_TCP = 1 << 8;
        /// The time is that of the network stack, and not of the moment when the frame got into the ring.
        const TP_STATUS_TS_SOFTWARE = c::TP_STATUS_TS_SOFTWARE;
        /// The time is that of the device.
        const TP_STATUS_TS_RAW_HARDWARE = c::TP_STATUS_TS_RAW_HARDWARE;
        const _ = !0;
    }
}

/// What the kernel knows of a received frame: `struct tpacket_auxdata`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AuxData {
    /// What is known of it.
    pub status: PacketStatus,
    /// Its length.
    pub len: u32,
    /// How much of it the filter has let through.
    pub snaplen: u32,
    /// Where the header of the link layer begins.
    pub mac: u16,
    /// Where the header of the network layer begins.
    pub net: u16,
    /// The tag of its VLAN, which is not in the frame: control information, and the protocol of the tag if it is known.
    pub vlan: Option<(u16, Option<EtherType>)>,
}

value! {
    AuxData: "struct tpacket_auxdata", size_of::<c::tpacket_auxdata>();
}

coded! {
    AuxData as c::tpacket_auxdata: recv AuxData = |raw| {
        let status = PacketStatus::from_bits_retain(raw.tp_status);
        let tpid = status
            .contains(PacketStatus::TP_STATUS_VLAN_TPID_VALID)
            .then(|| EtherType::from_raw(raw.tp_vlan_tpid));
        let has_tag = status.contains(PacketStatus::TP_STATUS_VLAN_VALID);
        Some(AuxData {
            status,
            len: raw.tp_len,
            snaplen: raw.tp_snaplen,
            mac: raw.tp_mac,
            net: raw.tp_net,
            vlan: has_tag.then_some((raw.tp_vlan_tci, tpid)),
        })
    };
}
