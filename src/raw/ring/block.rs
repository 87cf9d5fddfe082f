//! A block of a ring, and the frames in it. The kernel has written it; what it says is checked all the same.

use core::fmt;
use core::iter::FusedIterator;
use core::time::Duration;

use crate::cmsg::PacketStatus;
use crate::sys::{LentBlock, c};
use crate::{EtherType, LinkAddr, SockAddr};

/// `TPACKET_ALIGN(sizeof(struct tpacket3_hdr))`: where the address of a frame is.
const FRAME_HEADER: usize = size_of::<c::tpacket3_hdr>();
/// `sizeof(struct sockaddr_ll)`.
const ADDR: usize = 20;

const _: () = assert!(FRAME_HEADER == 48);

/// A block of a [`RecvRing`](super::RecvRing): frames that came one after the other. Dropping it gives it back to the kernel.
#[must_use = "a block that is dropped is given back to the kernel"]
pub struct Block<'ring> {
    lent: LentBlock<'ring>,
    head: c::tpacket_hdr_v1,
}

impl<'ring> Block<'ring> {
    pub(super) fn new(lent: LentBlock<'ring>) -> Option<Self> {
        let head = lent.read::<c::tpacket_block_desc>(0)?.hdr;
        Some(Block { lent, head })
    }

    /// The frames.
    #[inline]
    pub fn frames(&self) -> Frames<'_> {
        Frames { block: &self.lent, at: self.head.offset_to_first_pkt as usize, left: self.head.num_pkts }
    }

    /// How many frames there are, as the kernel says.
    #[inline]
    pub fn len(&self) -> usize {
        self.head.num_pkts as usize
    }

    /// Is there no frame? Such a block is handed over now and then.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.head.num_pkts == 0
    }

    /// The number of the block: each has one more than the last.
    #[inline]
    pub fn sequence(&self) -> u64 {
        self.head.seq_num
    }

    /// What is said of all its frames: `TP_STATUS_BLK_TMO` if its time was over, `TP_STATUS_LOSING` if frames were dropped.
    #[inline]
    pub fn status(&self) -> PacketStatus {
        PacketStatus::from_bits_retain(self.head.block_status)
    }
}

impl<'a> IntoIterator for &'a Block<'_> {
    type Item = Frame<'a>;
    type IntoIter = Frames<'a>;

    #[inline]
    fn into_iter(self) -> Frames<'a> {
        self.frames()
    }
}

impl fmt::Debug for Block<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Block");
        out.field("sequence", &self.sequence()).field("len", &self.len()).field("status", &self.status());
        out.finish_non_exhaustive()
    }
}

/// The frames of a [`Block`]. It ends early where the block is malformed.
#[derive(Debug, Clone)]
pub struct Frames<'a> {
    block: &'a LentBlock<'a>,
    at: usize,
    left: u32,
}

impl<'a> Iterator for Frames<'a> {
    type Item = Frame<'a>;

    #[inline]
    fn next(&mut self) -> Option<Frame<'a>> {
        self.left = self.left.checked_sub(1)?;
        let Some(head) = self.block.read::<c::tpacket3_hdr>(self.at) else {
            self.left = 0;
            return None;
        };
        let frame = Frame { block: self.block, at: self.at, head };
        match head.tp_next_offset as usize {
            // The last one says 0. Nothing that is shorter than a header leads to another frame.
            next if next >= FRAME_HEADER => self.at = self.at.saturating_add(next),
            _ => self.left = 0,
        }
        Some(frame)
    }

    /// As many at the most.
    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left as usize))
    }
}

impl FusedIterator for Frames<'_> {}

/// A frame in a [`Block`], where the kernel has put it.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    block: &'a LentBlock<'a>,
    at: usize,
    head: c::tpacket3_hdr,
}

impl<'a> Frame<'a> {
    /// What was captured: from the header of the link layer on with `SOCK_RAW`, from that of the network layer on with
    /// `SOCK_DGRAM`.
    ///
    /// A VLAN tag is not among it: see [`vlan`](Frame::vlan). A checksum is not there yet if the status says
    /// `TP_STATUS_CSUMNOTREADY`, as it does for frames of this machine.
    #[inline]
    pub fn data(&self) -> &'a [u8] {
        self.block.bytes(self.at.saturating_add(self.head.tp_mac.into()), self.head.tp_snaplen as usize)
    }

    /// The same from the header of the network layer on.
    #[inline]
    pub fn network(&self) -> &'a [u8] {
        let link = self.head.tp_net.saturating_sub(self.head.tp_mac);
        self.data().get(link.into()..).unwrap_or_default()
    }

    /// `tp_len`: how long the frame was, which can be more than was captured, because of a filter or the size of a block.
    #[inline]
    #[allow(clippy::len_without_is_empty, reason = "no frame is empty")]
    pub fn len(&self) -> usize {
        self.head.tp_len as usize
    }

    /// Was less captured than there was?
    #[inline]
    pub fn is_truncated(&self) -> bool {
        self.data().len() < self.len()
    }

    /// When it came, since 1970, in nanoseconds: by the clock of the system, or that of the device if
    /// [`PACKET_TIMESTAMP`](crate::opt::PACKET_TIMESTAMP) says so.
    #[inline]
    pub fn timestamp(&self) -> Duration {
        Duration::new(self.head.tp_sec.into(), self.head.tp_nsec)
    }

    /// `tp_status`: what is known of it.
    #[inline]
    pub fn status(&self) -> PacketStatus {
        PacketStatus::from_bits_retain(self.head.tp_status)
    }

    /// The tag of its VLAN, which is not in the frame: control information, and the protocol of the tag if it is known.
    #[inline]
    pub fn vlan(&self) -> Option<(u16, Option<EtherType>)> {
        let status = self.status();
        let tpid = EtherType::from_raw(self.head.hv1.tp_vlan_tpid);
        let tpid = status.contains(PacketStatus::TP_STATUS_VLAN_TPID_VALID).then_some(tpid);
        // The kernel has 16 bits of it in 32.
        let tag = (self.head.hv1.tp_vlan_tci as u16, tpid);
        status.contains(PacketStatus::TP_STATUS_VLAN_VALID).then_some(tag)
    }

    /// The hash of its flow, if [`RingGeometry::with_rxhash`](super::RingGeometry::with_rxhash) asked for it; otherwise 0 or anything.
    #[inline]
    pub fn rxhash(&self) -> u32 {
        self.head.hv1.tp_rxhash
    }

    /// Who sent it, over which interface, and whom it was for; nothing if the memory says nothing that makes sense.
    pub fn addr(&self) -> Option<LinkAddr> {
        let bytes: [u8; ADDR] = self.block.read(self.at.saturating_add(FRAME_HEADER))?;
        SockAddr::from_bytes(&bytes).ok()?.as_link()
    }
}

impl fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Frame");
        out.field("timestamp", &self.timestamp()).field("len", &self.len());
        out.field("captured", &self.data().len()).field("status", &self.status()).field("addr", &self.addr());
        out.finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
