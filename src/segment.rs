//! UDP segmentation: many datagrams as one, cut by the kernel on the way out (GSO), joined on the way in (GRO).

use core::fmt;
use core::iter::FusedIterator;
use core::num::NonZeroUsize;
use core::slice;

use crate::addr::ToSockAddr;
use crate::cmsg::{self, Cmsgs, ControlBuf, ControlWriter};
use crate::error::{Errno, Result};
use crate::flags::SendFlags;
use crate::{Message, Partial, SockAddr, Socket};

/// How many segments the kernel cuts out of one send at the most: `UDP_MAX_SEGMENTS` (64 before Linux 6.10).
pub const MAX_SEGMENTS: usize = 128;

impl<D: AsRef<[u8]>, C: AsRef<[u8]>, A> Message<D, C, A> {
    /// The datagrams that came as one ([`UDP_GRO`](crate::opt::UDP_GRO)): each with the address and control messages of
    /// all of them. A message that was not joined is its own only segment.
    ///
    /// If the room was shorter than the message, the last segments are missing, and the last that is there may be cut: see
    /// [`is_truncated`](Message::is_truncated).
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use std::net::Ipv4Addr;
    /// use sockets::cmsg::{self, ControlBuf};
    /// use sockets::{Domain, Protocol, RecvFlags, SendFlags, Socket, Type, opt};
    ///
    /// let socket = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// socket.bind((Ipv4Addr::LOCALHOST, 0))?;
    /// socket.setsockopt(opt::UDP_GRO, true)?;
    /// socket.send_segments_to(&[7; 2500], 1000, SendFlags::empty(), socket.getsockname()?)?;
    ///
    /// let mut buf = [0; 65_535];
    /// let mut room = ControlBuf::<{ cmsg::UDP_GRO.space() }>::new();
    /// let message = socket.recvmsg(&mut buf, &mut room, RecvFlags::empty())?;
    /// let lengths: Vec<usize> = message.segments().map(|segment| segment.data.len()).collect();
    /// assert_eq!(lengths, [1000, 1000, 500]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [udp(7)](https://man7.org/linux/man-pages/man7/udp.7.html)
    #[inline]
    pub fn segments(&self) -> Segments<'_, A> {
        let (data, control) = (self.data.as_ref(), cmsg::walk(self.control.as_ref()));
        // Of a message that was not joined, all of it.
        let size = control.clone().get(cmsg::UDP_GRO).and_then(NonZeroUsize::new);
        let size = size.or(NonZeroUsize::new(data.len())).unwrap_or(NonZeroUsize::MIN);
        let is_empty_datagram = data.is_empty();
        Segments { chunks: data.chunks(size.get()), addr: &self.addr, control, is_empty_datagram }
    }
}

/// One datagram of a [`Message`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Segment<'m, A = SockAddr> {
    /// Its bytes.
    pub data: &'m [u8],
    /// Who has sent it.
    pub addr: &'m A,
    /// The control messages.
    pub control: Cmsgs<'m>,
}

/// The datagrams of a message. Made by [`Message::segments`].
pub struct Segments<'m, A = SockAddr> {
    chunks: slice::Chunks<'m, u8>,
    addr: &'m A,
    control: Cmsgs<'m>,
    /// A message without a byte is a datagram too.
    is_empty_datagram: bool,
}

impl<'m, A> Iterator for Segments<'m, A> {
    type Item = Segment<'m, A>;

    #[inline]
    fn next(&mut self) -> Option<Segment<'m, A>> {
        let data = match self.chunks.next() {
            Some(chunk) => chunk,
            None if core::mem::take(&mut self.is_empty_datagram) => &[],
            None => return None,
        };
        Some(Segment { data, addr: self.addr, control: self.control.clone() })
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.chunks.len() + usize::from(self.is_empty_datagram);
        (left, Some(left))
    }
}

impl<A> ExactSizeIterator for Segments<'_, A> {}
impl<A> FusedIterator for Segments<'_, A> {}

impl<A> fmt::Debug for Segments<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Segments({} left)", self.len())
    }
}

/// Who cut the data of [`send_segments_or_each`](Socket::send_segments_or_each) into datagrams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CutBy {
    /// The kernel, in one call.
    Kernel,
    /// This library, with a call for each: the path does not take more than one at once. The next sends on it need not try.
    Library,
}

impl Socket {
    /// sendmsg(2) with `UDP_SEGMENT`: sends data that the kernel cuts into datagrams of `segment` bytes, the last one shorter,
    /// to the peer.
    ///
    /// Whether the kernel can do this, [`opt::supports`](crate::opt::supports)`(`[`opt::UDP_SEGMENT`](crate::opt::UDP_SEGMENT)`)` tells,
    /// and leaves no trace. Whether the path to somebody can, only a send tells: [`send_segments_or_each`](Socket::send_segments_or_each).
    ///
    /// # Errors
    ///
    /// - `EINVAL`: more than [`MAX_SEGMENTS`]; a segment of 0 bytes; a socket that computes no checksums (`SO_NO_CHECK`).
    /// - `EMSGSIZE`: more than 65 507 bytes (IPv4) in all; a segment that does not fit into a packet of the path (`EINVAL` in older
    ///   kernels).
    /// - `EIO`: an interface that leaves checksums to nobody, IPsec, UDP-Lite.
    /// - The errors of [`sendmsg`](Socket::sendmsg).
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use std::net::Ipv4Addr;
    /// use sockets::{Domain, Protocol, RecvFlags, SendFlags, Socket, Type};
    ///
    /// let to = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// to.bind((Ipv4Addr::LOCALHOST, 0))?;
    /// let from = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// from.connect(to.getsockname()?)?;
    /// from.send_segments(&[7; 2500], 1000, SendFlags::empty())?;
    /// let mut lengths = [0; 3];
    /// for length in &mut lengths {
    ///     *length = to.recv(&mut [0; 2048], RecvFlags::empty())?;
    /// }
    /// assert_eq!(lengths, [1000, 1000, 500]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [udp(7)](https://man7.org/linux/man-pages/man7/udp.7.html)
    #[doc(alias = "gso")]
    #[inline]
    pub fn send_segments(&self, data: &[u8], segment: u16, flags: SendFlags) -> Result<usize> {
        let mut room = ControlBuf::<{ cmsg::UDP_SEGMENT.space() }>::new();
        self.sendmsg(data, &segmented(&mut room, segment)?, flags)
    }

    /// sendmsg(2) with `UDP_SEGMENT` and an address: as [`send_segments`](Socket::send_segments), to where `to` says.
    ///
    /// # Errors
    ///
    /// Those of [`send_segments`](Socket::send_segments) and [`sendto`](Socket::sendto).
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use std::net::Ipv4Addr;
    /// use sockets::{Domain, Protocol, SendFlags, Socket, Type};
    ///
    /// let socket = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// socket.bind((Ipv4Addr::LOCALHOST, 0))?;
    /// let me = socket.getsockname()?;
    /// assert_eq!(socket.send_segments_to(&[7; 2500], 1000, SendFlags::empty(), &me)?, 2500);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [udp(7)](https://man7.org/linux/man-pages/man7/udp.7.html)
    #[inline]
    pub fn send_segments_to(
        &self,
        data: &[u8],
        segment: u16,
        flags: SendFlags,
        to: impl ToSockAddr,
    ) -> Result<usize> {
        let mut room = ControlBuf::<{ cmsg::UDP_SEGMENT.space() }>::new();
        self.sendmsg_to(data, &segmented(&mut room, segment)?, flags, to)
    }

    /// sendmsg(2) with `UDP_SEGMENT`, or where that is refused, sendto(2) for each segment: sends datagrams of `segment`
    /// bytes, the last one shorter.
    ///
    /// What makes it go on is `EIO`, `EINVAL` and `EMSGSIZE` (see [`send_segments`](Socket::send_segments) for when they come): nothing
    /// has been sent then, and single datagrams may be. `to` is `None` for a connected socket. Signals are left to the caller: what went
    /// before is told.
    ///
    /// # Errors
    ///
    /// A [`Partial`], with the bytes of the datagrams that went.
    ///
    /// - `EINVAL`: a segment of 0 bytes.
    /// - The errors of [`sendto`](Socket::sendto).
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use std::net::Ipv4Addr;
    /// use sockets::{CutBy, Domain, Protocol, SendFlags, Socket, Type, opt};
    ///
    /// let socket = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// socket.bind((Ipv4Addr::LOCALHOST, 0))?;
    /// let me = socket.getsockname()?;
    /// let cut_by = socket.send_segments_or_each(&[7; 2500], 1000, SendFlags::empty(), Some(&me))?;
    /// assert_eq!(cut_by, CutBy::Kernel);
    ///
    /// socket.setsockopt(opt::SO_NO_CHECK, true)?;
    /// let cut_by = socket.send_segments_or_each(&[7; 2500], 1000, SendFlags::empty(), Some(&me))?;
    /// assert_eq!(cut_by, CutBy::Library);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [udp(7)](https://man7.org/linux/man-pages/man7/udp.7.html)
    pub fn send_segments_or_each(
        &self,
        data: &[u8],
        segment: u16,
        flags: SendFlags,
        to: Option<&SockAddr>,
    ) -> core::result::Result<CutBy, Partial> {
        let cut = match to {
            Some(to) => self.send_segments_to(data, segment, flags, to),
            None => self.send_segments(data, segment, flags),
        };
        match cut {
            Ok(_) => return Ok(CutBy::Kernel),
            Err(Errno::EIO | Errno::EINVAL | Errno::EMSGSIZE) if segment > 0 => {}
            Err(errno) => return Err(Partial { done: 0, errno }),
        }
        let mut done = 0_usize;
        let empty = data.is_empty().then_some(data);
        for datagram in empty.into_iter().chain(data.chunks(segment.into())) {
            let sent = match to {
                Some(to) => self.sendto(datagram, flags, to),
                None => self.send(datagram, flags),
            };
            match sent {
                Ok(n) => done = done.saturating_add(n),
                Err(errno) => return Err(Partial { done, errno }),
            }
        }
        Ok(CutBy::Library)
    }
}

/// The control message that has the data cut.
#[inline]
fn segmented(room: &mut [u8], segment: u16) -> Result<ControlWriter<'_>> {
    if segment == 0 {
        // To the kernel it would mean "do not cut".
        return Err(Errno::EINVAL);
    }
    let mut control = ControlWriter::new(room);
    control.push(cmsg::UDP_SEGMENT, segment)?;
    Ok(control)
}
