//! PACKET_RX_RING, PACKET_TX_RING: frames in memory that is shared with the kernel.

mod block;
#[cfg(doctest)]
mod lifetimes;
mod send;

use core::time::Duration;
use std::os::fd::{AsFd, BorrowedFd};

pub use block::{Block, Frame, Frames};
pub use send::{FrameSlot, SendRing};

use crate::Socket;
use crate::error::{Errno, Result};
use crate::flags::PollFlags;
use crate::opt::{self, PacketStatistics};
use crate::sys::{self, c};

/// The dimensions of a ring for receiving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RingGeometry {
    block_size: u32,
    blocks: u32,
    retire: Duration,
    rxhash: bool,
}

impl RingGeometry {
    /// So many blocks of so many bytes. A block is whole pages, and holds frames of any length; one that is longer than a
    /// block is cut off.
    ///
    /// The kernel takes memory for all of it at once. It hands a block over when it is full, or when its time is over,
    /// which is the system's choice (about 8 ms) until [`with_retire`](RingGeometry::with_retire) says it.
    pub const fn new(block_size: u32, blocks: u32) -> Self {
        RingGeometry { block_size, blocks, retire: Duration::ZERO, rxhash: false }
    }

    /// The same with a time after which a block is handed over that holds a frame and is not full, in milliseconds,
    /// rounded up, not more than 65535. Zero is the system's choice.
    ///
    /// It is the longest time that a frame waits until it can be seen.
    #[must_use]
    pub const fn with_retire(self, retire: Duration) -> Self {
        RingGeometry { retire, ..self }
    }

    /// The same with the hash of each frame, which [`Frame::rxhash`] tells.
    #[must_use]
    pub const fn with_rxhash(self) -> Self {
        RingGeometry { rxhash: true, ..self }
    }

    /// As the kernel takes it. The size of a frame means nothing in this version: it is that of a block.
    fn request(&self) -> Result<c::tpacket_req3> {
        let millis = self.retire.as_nanos().div_ceil(1_000_000);
        Ok(c::tpacket_req3 {
            tp_block_size: self.block_size,
            tp_block_nr: self.blocks,
            tp_frame_size: self.block_size,
            tp_frame_nr: self.blocks,
            // Older kernels keep 16 bits of it.
            tp_retire_blk_tov: u16::try_from(millis).map_err(|_| Errno::EINVAL)?.into(),
            tp_sizeof_priv: 0,
            tp_feature_req_word: u32::from(self.rxhash) * TP_FT_REQ_FILL_RXHASH,
        })
    }
}

/// linux/if_packet.h.
const TP_FT_REQ_FILL_RXHASH: u32 = 1;

/// A packet socket that receives into memory shared with the kernel (`TPACKET_V3`): frames are seen where the kernel has put
/// them, without a copy and without a call for each.
///
/// The kernel fills blocks in turn and hands each over when it is full or its time is over. [`next_block`] lends the next
/// one; dropping the [`Block`] gives it back. If all are in the hands of the program, frames are dropped, and
/// [`statistics`] counts them.
///
/// To capture nothing but what is wanted, keep to this order: open the socket with [`Protocol::DEFAULT`], which receives
/// nothing; attach the filter; make the ring; and then bind, which says the interface and the protocol.
///
/// Safe whatever is in the memory: offsets and lengths are checked each time. The memory is mapped until the ring
/// is dropped, and the socket keeps its ring as long as it is mapped. The ring can go to another thread, but not be used by two at once.
///
/// ```no_run
/// # fn main() -> sockets::Result<()> {
/// use std::time::Duration;
/// use sockets::raw::{RecvRing, RingGeometry};
/// use sockets::{Domain, EtherType, LinkAddr, Protocol, Socket, Type, if_nametoindex, opt};
///
/// let socket = Socket::socket(Domain::AF_PACKET, Type::SOCK_RAW, Protocol::DEFAULT)?;
/// socket.setsockopt(opt::PACKET_IGNORE_OUTGOING, true)?;
/// let geometry = RingGeometry::new(1 << 20, 16).with_retire(Duration::from_millis(20));
/// let mut ring = RecvRing::new(socket, geometry)?;
/// ring.socket().bind(LinkAddr::new(if_nametoindex("eth0")?, EtherType::ETH_P_ALL)?)?;
/// loop {
///     let Some(block) = ring.next_block_timeout(None)? else { continue };
///     for frame in &block {
///         println!("{:?}: {} bytes", frame.timestamp(), frame.len());
///     }
/// }
/// # }
/// ```
///
/// [packet(7)](https://man7.org/linux/man-pages/man7/packet.7.html)
///
/// [`next_block`]: RecvRing::next_block
/// [`statistics`]: RecvRing::statistics
/// [`Protocol::DEFAULT`]: crate::Protocol::DEFAULT
#[derive(Debug)]
#[doc(alias = "PACKET_RX_RING")]
pub struct RecvRing {
    /// Before the socket, so that it is unmapped before that is closed.
    blocks: sys::RecvBlocks,
    socket: Socket,
}

impl RecvRing {
    /// setsockopt(2) `PACKET_VERSION` and `PACKET_RX_RING`, and mmap(2).
    ///
    /// Options that say where frames begin, such as `PACKET_RESERVE`, are to be set before. The socket is closed if it
    /// fails.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: no blocks, a block that is not whole pages, more than the system can count, or too long a time; or the
    ///   socket has a ring for sending.
    /// - `EBUSY`: the socket has a ring.
    /// - `ENOMEM`: no memory for it.
    /// - `ENOPROTOOPT`: no packet socket.
    pub fn new(socket: Socket, geometry: RingGeometry) -> Result<Self> {
        let blocks = sys::RecvBlocks::new(socket.sys(), &geometry.request()?)?;
        Ok(RecvRing { blocks, socket })
    }

    /// The next block, if there is one: no call, one look at the memory.
    ///
    /// Several may be held, and given back in any order; the kernel waits for the oldest. One that is
    /// forgotten never comes back: when its turn comes, the ring stands still.
    #[inline]
    pub fn next_block(&self) -> Option<Block<'_>> {
        self.blocks.next_block().and_then(Block::new)
    }

    /// The next block; if there is none, ppoll(2) and another look. `None` waits for ever.
    ///
    /// No block comes back when the time is over; or earlier if one was forgotten, because the socket
    /// is readable then at all times.
    ///
    /// # Errors
    ///
    /// - `EINTR`: a signal came. The call is not repeated, and does not say how much time is left.
    /// - `ENETDOWN`: the interface went down. That is told once.
    /// - `ENOMEM`: no memory.
    #[doc(alias = "ppoll")]
    pub fn next_block_timeout(&mut self, timeout: Option<Duration>) -> Result<Option<Block<'_>>> {
        let blocks = &self.blocks;
        if let Some(block) = blocks.next_block() {
            return Ok(Block::new(block));
        }
        let events = self.socket.poll(PollFlags::POLLIN, timeout)?;
        let block = blocks.next_block();
        if block.is_none() && events.contains(PollFlags::POLLERR) {
            if let Some(error) = self.socket.getsockopt(opt::SO_ERROR)? {
                return Err(error);
            }
        }
        Ok(block.and_then(Block::new))
    }

    /// getsockopt(2) `PACKET_STATISTICS`: frames that came, frames that were dropped, and how often the ring was full, since
    /// they were read last. Reading sets them to 0.
    ///
    /// # Errors
    ///
    /// None that are known.
    #[doc(alias = "PACKET_STATISTICS")]
    pub fn statistics(&self) -> Result<PacketStatistics> {
        self.socket.getsockopt(opt::PACKET_STATISTICS)
    }

    /// The socket: for bind(2), options and filters. Receiving from it finds nothing.
    #[inline]
    pub fn socket(&self) -> &Socket {
        &self.socket
    }
}

impl AsFd for RecvRing {
    #[inline]
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
