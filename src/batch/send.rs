//! sendmmsg(2): many messages out.

use core::fmt;
use std::borrow::Borrow;
use std::io::IoSlice;

use crate::addr::ToSockAddr;
use crate::cmsg::{Cmsg, ControlWriter, SendValue, Sendable};
use crate::error::{Errno, Result};
use crate::flags::SendFlags;
use crate::{Socket, sys};

/// Many messages for [`sendmmsg`](Socket::sendmmsg): the memory for their headers is allocated once, and used as often as one
/// likes.
///
/// Data is borrowed, addresses and control messages are copied. Headers are kept: [`rewind`](SendBatch::rewind) sends the same
/// messages again at no cost. To lend it data of another lifetime, [`recycle`](SendBatch::recycle) it.
///
/// ```
/// # fn main() -> sockets::Result<()> {
/// use sockets::{Domain, Protocol, SendBatch, SendFlags, Socket, Type};
///
/// struct Sender {
///     socket: Socket,
///     batch: Option<SendBatch<'static>>,
/// }
///
/// impl Sender {
///     fn send(&mut self, packets: &[Vec<u8>]) -> sockets::Result<()> {
///         let Some(memory) = self.batch.take() else { return Ok(()) };
///         let mut batch = memory.recycle();
///         for packet in packets {
///             batch.push(packet)?;
///         }
///         while !batch.is_done() {
///             self.socket.sendmmsg(&mut batch, SendFlags::empty())?;
///         }
///         self.batch = Some(batch.recycle());
///         Ok(())
///     }
/// }
///
/// let (socket, _peer) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
/// let mut sender = Sender { socket, batch: Some(SendBatch::new(32)?) };
/// sender.send(&[b"one".to_vec(), b"two".to_vec()])?;
/// # Ok(())
/// # }
/// ```
pub struct SendBatch<'a> {
    slots: sys::SendSlots<'a>,
    /// Was there a message that is nothing but descriptors?
    has_bare_descriptors: bool,
}

impl<'a> SendBatch<'a> {
    /// So many slots, without room for control messages.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: no slots.
    /// - `ENOMEM`: no memory.
    pub fn new(slots: usize) -> Result<Self> {
        SendBatch::with_control(slots, 0)
    }

    /// So many slots, each with room for so many bytes of control messages, which [`space`](Cmsg::space) tells.
    ///
    /// # Errors
    ///
    /// Those of [`new`](SendBatch::new).
    pub fn with_control(slots: usize, control: usize) -> Result<Self> {
        Ok(SendBatch { slots: sys::SendSlots::new(slots, control)?, has_bare_descriptors: false })
    }

    /// Adds a message to the peer of a connected socket; what it returns says where else to, and adds control messages.
    ///
    /// # Errors
    ///
    /// - `ENOBUFS`: all slots are taken.
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use std::net::Ipv4Addr;
    /// use sockets::{Domain, Protocol, SendBatch, SendFlags, Socket, Type, cmsg};
    ///
    /// let socket = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// socket.bind((Ipv4Addr::LOCALHOST, 0))?;
    /// let to = socket.getsockname()?;
    /// let mut batch = SendBatch::with_control(4, cmsg::IP_TTL.space())?;
    /// batch.push(b"one hop")?.to(&to)?.control(cmsg::IP_TTL, 1)?;
    /// batch.push(b"as many as usual")?.to(&to)?;
    /// assert_eq!(socket.sendmmsg(&mut batch, SendFlags::empty())?, 2);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn push(&mut self, data: &'a [u8]) -> Result<Outgoing<'_, 'a>> {
        self.slots.push(data)?;
        Ok(Outgoing { batch: self, is_empty: data.is_empty() })
    }

    /// The same, with data of several pieces.
    ///
    /// # Errors
    ///
    /// Those of [`push`](SendBatch::push).
    #[inline]
    pub fn push_vectored(&mut self, data: &'a [IoSlice<'a>]) -> Result<Outgoing<'_, 'a>> {
        self.slots.push_pieces(data)?;
        let is_empty = data.iter().all(|piece| piece.is_empty());
        Ok(Outgoing { batch: self, is_empty })
    }

    /// How many slots there are.
    #[inline]
    pub fn slots(&self) -> usize {
        self.slots.slots()
    }

    /// How many messages there are, sent or not.
    #[inline]
    pub fn len(&self) -> usize {
        self.slots.used()
    }

    /// Are there no messages?
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many messages are sent, or [passed over](SendBatch::skip).
    #[inline]
    pub fn sent(&self) -> usize {
        self.slots.sent()
    }

    /// Are all messages sent?
    #[inline]
    pub fn is_done(&self) -> bool {
        self.sent() == self.len()
    }

    /// How many bytes of a message the kernel took: on a stream that can be fewer than it has. `None` if it is not sent.
    #[inline]
    pub fn sent_len(&self, message: usize) -> Option<usize> {
        self.slots.sent_len(message)
    }

    /// Passes over the message that is to be sent next: after an error, which is always that of this message.
    #[inline]
    pub fn skip(&mut self) {
        self.slots.go_to(self.sent().saturating_add(1));
    }

    /// All messages are to be sent once more.
    #[inline]
    pub fn rewind(&mut self) {
        self.slots.go_to(0);
    }

    /// Forgets all messages.
    #[inline]
    pub fn clear(&mut self) {
        self.has_bare_descriptors = false;
        self.slots.clear();
    }

    /// Forgets all messages, and with them what was borrowed.
    #[inline]
    pub fn recycle<'b>(self) -> SendBatch<'b> {
        SendBatch { slots: self.slots.recycle(), has_bare_descriptors: false }
    }
}

impl fmt::Debug for SendBatch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("SendBatch");
        out.field("slots", &self.slots()).field("len", &self.len()).field("sent", &self.sent());
        out.finish_non_exhaustive()
    }
}

/// The message that was just added to a [`SendBatch`]. If something cannot be added to it, the message is taken away again.
#[derive(Debug)]
pub struct Outgoing<'b, 'a> {
    batch: &'b mut SendBatch<'a>,
    is_empty: bool,
}

impl<'a> Outgoing<'_, 'a> {
    /// Where the message is to go: any address, as for [`sendto`](Socket::sendto).
    ///
    /// # Errors
    ///
    /// - `EINVAL`, `ENAMETOOLONG`: see [`UnixAddr`](crate::UnixAddr).
    #[inline]
    pub fn to(self, addr: impl ToSockAddr) -> Result<Self> {
        match addr.to_sockaddr() {
            Ok(addr) => self.batch.slots.set_addr(addr.borrow().storage()),
            Err(errno) => return self.refuse(errno),
        }
        Ok(self)
    }

    /// Adds a control message.
    ///
    /// # Errors
    ///
    /// - `ENOBUFS`: the slots do not have as much room.
    /// - `EINVAL`: the value cannot be sent.
    #[inline]
    pub fn control<'t, T: SendValue, D: Sendable>(
        self,
        message: Cmsg<T, D>,
        value: T::Input<'t, 'a>,
    ) -> Result<Self>
    where
        'a: 't,
    {
        let (room, used) = self.batch.slots.control();
        let mut writer = ControlWriter::resume(room, used);
        let pushed = writer.push_lent(message, value);
        let (used, has_descriptors) = (writer.as_bytes().len(), writer.has_descriptors());
        if let Err(errno) = pushed {
            return self.refuse(errno);
        }
        self.batch.slots.set_control(used);
        self.batch.has_bare_descriptors |= has_descriptors && self.is_empty;
        Ok(self)
    }

    /// Flags of this message alone. Of those the kernel heeds `MSG_EOR`; all others are those of the call.
    #[inline]
    #[must_use = "the message is in the batch, whether this is used or not; `let _ =` says so"]
    pub fn flags(self, flags: SendFlags) -> Self {
        self.batch.slots.set_flags(flags.bits());
        self
    }

    #[cold]
    fn refuse(self, errno: Errno) -> Result<Self> {
        self.batch.slots.pop();
        Err(errno)
    }
}

impl Socket {
    /// sendmmsg(2): sends the messages of a batch that are not sent yet; returns how many of them went.
    ///
    /// That can be fewer than there are: call it again for the rest, while [`is_done`](SendBatch::is_done) says no. 1024 go at once at
    /// the most. The error of a message is reported when it is the first one of the call; [`skip`](SendBatch::skip) passes over it.
    /// Without a message that is not sent there is no call.
    ///
    /// A single message costs what the call for one message costs, because it makes that call: sendto(2), or sendmsg(2) if it has
    /// control messages or pieces.
    ///
    /// Differs from C: `MSG_NOSIGNAL` is always set, so there is no SIGPIPE. Descriptors without data on a stream are refused, as by
    /// [`sendmsg`](Socket::sendmsg).
    ///
    /// # Errors
    ///
    /// Those of [`sendmsg`](Socket::sendmsg) and [`sendto`](Socket::sendto).
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use sockets::{Domain, Errno, Protocol, SendBatch, SendFlags, Socket, Type};
    ///
    /// let (socket, _peer) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// let mut batch = SendBatch::new(8)?;
    /// let long = vec![0; 1 << 24];
    /// batch.push(b"one")?;
    /// batch.push(&long)?;
    /// batch.push(b"three")?;
    /// assert_eq!(socket.sendmmsg(&mut batch, SendFlags::empty()), Ok(1));
    /// assert_eq!(socket.sendmmsg(&mut batch, SendFlags::empty()), Err(Errno::EMSGSIZE));
    /// batch.skip();
    /// assert_eq!(socket.sendmmsg(&mut batch, SendFlags::empty()), Ok(1));
    /// assert!(batch.is_done());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [sendmmsg(2)](https://man7.org/linux/man-pages/man2/sendmmsg.2.html)
    #[inline]
    pub fn sendmmsg(&self, batch: &mut SendBatch<'_>, flags: SendFlags) -> Result<usize> {
        let most = if batch.has_bare_descriptors { self.not_bare(&batch.slots)? } else { usize::MAX };
        Ok(sys::sendmmsg(self.sys(), &mut batch.slots, most, flags.lent()?)?)
    }

    /// How many messages can be sent in one call: on a stream, those in front of one that would be dropped there.
    #[cold]
    fn not_bare(&self, slots: &sys::SendSlots<'_>) -> Result<usize> {
        match self.refuse_stream() {
            Ok(()) => Ok(usize::MAX),
            Err(errno) => match slots.before_bare_descriptors() {
                0 if slots.sent() < slots.used() => Err(errno),
                most => Ok(most),
            },
        }
    }
}
