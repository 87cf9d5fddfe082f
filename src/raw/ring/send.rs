//! PACKET_TX_RING: frames that are written where the kernel reads them.

use core::fmt;
use core::ops::{Deref, DerefMut};
use std::os::fd::{AsFd, BorrowedFd};

use crate::Socket;
use crate::error::{Errno, Result};
use crate::flags::SendFlags;
use crate::sys::{self, c};

/// A packet socket that sends from memory shared with the kernel (`TPACKET_V2`): frames are written in place, and one
/// [`send`](SendRing::send) sends all that are ready.
///
/// [`next_frame`](SendRing::next_frame) lends the next place; [`commit`](FrameSlot::commit) makes it ready; dropping the place leaves it
/// free. With `SOCK_RAW` a frame begins with the header of the link layer.
///
/// Bind the socket first, to the interface and, with `SOCK_RAW`, [`EtherType::NONE`](crate::EtherType::NONE): then it receives nothing.
///
/// The memory is mapped until the ring is dropped. What the device still has to send then is sent.
///
/// ```no_run
/// # fn main() -> sockets::Result<()> {
/// use sockets::raw::SendRing;
/// use sockets::{Domain, EtherType, LinkAddr, Protocol, SendFlags, Socket, Type, if_nametoindex};
///
/// let socket = Socket::socket(Domain::AF_PACKET, Type::SOCK_RAW, Protocol::DEFAULT)?;
/// socket.bind(LinkAddr::new(if_nametoindex("eth0")?, EtherType::NONE)?)?;
/// let mut ring = SendRing::new(socket, 2048, 256)?;
/// while let Some(mut frame) = ring.next_frame() {
///     frame[..14].copy_from_slice(b"\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\x01\x88\xb5");
///     frame.commit(60)?;
/// }
/// assert_eq!(ring.send(SendFlags::empty())?, 256 * 60);
/// # Ok(())
/// # }
/// ```
///
/// [packet(7)](https://man7.org/linux/man-pages/man7/packet.7.html)
#[derive(Debug)]
#[doc(alias = "PACKET_TX_RING")]
pub struct SendRing {
    /// Before the socket, so that it is unmapped before that is closed.
    places: sys::SendPlaces,
    socket: Socket,
}

/// The size of a block, if a frame is not larger: whole pages on every machine.
const BLOCK: u32 = 1 << 16;

impl SendRing {
    /// setsockopt(2) `PACKET_LOSS`, `PACKET_TX_HAS_OFF`, `PACKET_VERSION` and `PACKET_TX_RING`, and mmap(2): a ring of at least so many
    /// frames, each in a place of `frame_size` bytes, of which 32 are the kernel's. The size is a power of 2 from 128 on.
    ///
    /// The socket is closed if it fails.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: a size that is none, no frames, or too many; or the socket has a ring for receiving.
    /// - `EBUSY`: the socket has a ring.
    /// - `ENOMEM`: no memory for it.
    /// - `ENOPROTOOPT`: no packet socket.
    pub fn new(socket: Socket, frame_size: u32, frames: u32) -> Result<Self> {
        if !frame_size.is_power_of_two() || frame_size < 128 || frames == 0 {
            return Err(Errno::EINVAL);
        }
        let block_size = frame_size.max(BLOCK);
        let each = block_size / frame_size;
        let blocks = frames.div_ceil(each);
        let request = c::tpacket_req3 {
            tp_block_size: block_size,
            tp_block_nr: blocks,
            tp_frame_size: frame_size,
            tp_frame_nr: blocks.checked_mul(each).ok_or(Errno::EINVAL)?,
            tp_retire_blk_tov: 0,
            tp_sizeof_priv: 0,
            tp_feature_req_word: 0,
        };
        let places = sys::SendPlaces::new(socket.sys(), &request)?;
        Ok(SendRing { places, socket })
    }

    /// The next place, if the kernel has no use for it: no call, one look at the memory.
    ///
    /// If there is none, all are ready or on their way: [`send`](SendRing::send) them, or poll(2) for `POLLOUT`.
    #[inline]
    pub fn next_frame(&mut self) -> Option<FrameSlot<'_>> {
        self.places.next_place().map(FrameSlot)
    }

    /// send(2) with no data: sends all frames that are ready, and returns how many bytes they had.
    ///
    /// It waits until the device has taken them; with `MSG_DONTWAIT` it does not. A frame that cannot be sent, because it is longer than
    /// the interface allows or too short to have a header, is passed over: then there are fewer bytes than were committed.
    ///
    /// # Errors
    ///
    /// - `ENETDOWN`: the interface is down.
    /// - `ENXIO`: the interface is gone, or the socket is bound to none.
    /// - `ENOBUFS`: the queue of the device is full. The frame that did not fit is still ready, and so are those behind it; how many
    ///   went before it is not told.
    /// - `EAGAIN`: no memory for the moment, with `MSG_DONTWAIT`.
    /// - `ETIMEDOUT`: the device has not taken them within `SO_SNDTIMEO`.
    /// - `EINTR`: a signal came.
    ///
    /// [send(2)](https://man7.org/linux/man-pages/man2/send.2.html)
    #[inline]
    pub fn send(&self, flags: SendFlags) -> Result<usize> {
        self.socket.send(&[], flags)
    }

    /// How many frames there are.
    #[inline]
    #[allow(clippy::len_without_is_empty, reason = "there is always a place")]
    pub fn len(&self) -> usize {
        self.places.count()
    }

    /// The socket: for poll(2) and options.
    #[inline]
    pub fn socket(&self) -> &Socket {
        &self.socket
    }
}

impl AsFd for SendRing {
    #[inline]
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// A place for a frame in a [`SendRing`]: bytes, by `Deref`, which hold what was there before.
pub struct FrameSlot<'ring>(sys::SendPlace<'ring>);

impl FrameSlot<'_> {
    /// Makes a frame of the first `len` bytes ready for the next [`send`](SendRing::send): no call.
    ///
    /// # Errors
    ///
    /// - `EMSGSIZE`: there are not as many bytes.
    #[inline]
    pub fn commit(self, len: usize) -> Result<()> {
        Ok(self.0.commit(len)?)
    }
}

impl Deref for FrameSlot<'_> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.0.bytes()
    }
}

impl DerefMut for FrameSlot<'_> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        self.0.bytes_mut()
    }
}

impl fmt::Debug for FrameSlot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameSlot").field("len", &self.len()).finish_non_exhaustive()
    }
}
