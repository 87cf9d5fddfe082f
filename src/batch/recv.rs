//! recvmmsg(2): many messages in.

use core::fmt;
use core::iter::FusedIterator;
use core::ops::Deref;

use crate::addr::{ToSockAddr, port};
use crate::cmsg::Control;
use crate::error::Result;
use crate::flags::{MsgFlags, RecvFlags};
use crate::{Message, SockAddr, Socket, sys};

/// Memory for many messages, which [`recvmmsg`](Socket::recvmmsg) fills: allocated once, used as often as one likes.
///
/// Each slot has room of its own for data, address and control messages. What the kernel overwrites in the headers is put
/// back at each call. 16 to 32 slots are where more stop to help.
///
/// The batch owns the descriptors that come with messages: those that nobody takes out are closed at the next call, or when it is
/// dropped.
pub struct RecvBatch(sys::RecvSlots);

/// A message of a [`RecvBatch`]: its data and its address are in there.
pub type BatchMessage<'a> = Message<&'a mut [u8], Control<'a, sys::Lodged<'a>>, BatchAddr<'a>>;

/// The address of a message in a [`RecvBatch`]: a [`SockAddr`], by `Deref`, which is finished only when somebody looks at it.
pub struct BatchAddr<'a>(sys::LentName<'a>);

impl BatchAddr<'_> {
    /// [`SockAddr::port`], for those who need nothing else.
    #[inline]
    pub fn port(&self) -> Option<u16> {
        port(self.0.as_bytes())
    }
}

impl Deref for BatchAddr<'_> {
    type Target = SockAddr;

    #[inline]
    fn deref(&self) -> &SockAddr {
        self.0.storage().as_sockaddr()
    }
}

impl ToSockAddr for BatchAddr<'_> {
    type Encoded<'a>
        = &'a SockAddr
    where
        Self: 'a;

    #[inline]
    fn to_sockaddr(&self) -> Result<&SockAddr> {
        Ok(self)
    }
}

impl PartialEq<SockAddr> for BatchAddr<'_> {
    fn eq(&self, other: &SockAddr) -> bool {
        **self == *other
    }
}

impl fmt::Debug for BatchAddr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for BatchAddr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

impl RecvBatch {
    /// So many slots, each with room for so many bytes of data, and for no control messages.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: no slots.
    /// - `ENOMEM`: no memory.
    pub fn new(slots: usize, bytes: usize) -> Result<Self> {
        RecvBatch::with_control(slots, bytes, 0)
    }

    /// The same with room for control messages: in each slot so many bytes, which [`space`](crate::cmsg::Cmsg::space) tells.
    ///
    /// # Errors
    ///
    /// Those of [`new`](RecvBatch::new).
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use sockets::{RecvBatch, cmsg};
    ///
    /// let batch = RecvBatch::with_control(32, 2048, cmsg::IP_TTL.space() + cmsg::IP_PKTINFO.space())?;
    /// assert_eq!((batch.slots(), batch.bytes()), (32, 2048));
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_control(slots: usize, bytes: usize, control: usize) -> Result<Self> {
        Ok(RecvBatch(sys::RecvSlots::new(slots, bytes, control)?))
    }

    /// How many slots there are.
    #[inline]
    pub fn slots(&self) -> usize {
        self.0.slots()
    }

    /// How many bytes of data a slot has room for.
    #[inline]
    pub fn bytes(&self) -> usize {
        self.0.size()
    }

    /// How many bytes of control messages a slot has room for: what was asked for, rounded up to a word.
    #[inline]
    pub fn control(&self) -> usize {
        self.0.room()
    }
}

impl fmt::Debug for RecvBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("RecvBatch");
        out.field("slots", &self.slots()).field("bytes", &self.bytes()).field("control", &self.control());
        out.finish_non_exhaustive()
    }
}

/// The messages that a [`recvmmsg`](Socket::recvmmsg) has brought.
pub struct Messages<'a>(sys::Slots<'a>);

impl<'a> Iterator for Messages<'a> {
    type Item = BatchMessage<'a>;

    #[inline]
    fn next(&mut self) -> Option<BatchMessage<'a>> {
        let slot = self.0.next_slot()?;
        Some(Message {
            len: slot.data.len(),
            data: slot.data,
            true_len: slot.n,
            flags: MsgFlags::from_bits_retain(slot.flags),
            addr: BatchAddr(slot.addr),
            control: Control::from_sys(slot.control),
        })
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.left(), Some(self.0.left()))
    }
}

impl ExactSizeIterator for Messages<'_> {}
impl FusedIterator for Messages<'_> {}

impl fmt::Debug for Messages<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Messages({} left)", self.len())
    }
}

impl Socket {
    /// recvmmsg(2): receives as many messages as there are slots, or as are there.
    ///
    /// On a socket that blocks it waits until all slots are filled; with `MSG_WAITFORONE` it waits for the first message only,
    /// which is what most programs want. With `MSG_DONTWAIT` it does not wait. A signal, or an error, ends it with the messages that have
    /// come.
    ///
    /// A batch of one slot costs what the call for one message costs, because it makes that call: recvmsg(2), or recvfrom(2), which is
    /// cheaper still, if there is no room for control messages and `MSG_TRUNC` is among the flags (which datagram sockets are best
    /// given anyway: then [`true_len`](Message::true_len) is the true length).
    ///
    /// Differs from C: `MSG_CMSG_CLOEXEC` is always set. There is no timeout, because the kernel looks at it only after a datagram has
    /// come, so it does not limit the wait: use [`poll`](Socket::poll), or `SO_RCVTIMEO`.
    ///
    /// A trap of the kernel's: an error, or a signal, that ends the call after the first message is not reported, but kept, and the
    /// next call on the socket, a send too, fails with it once. (What is kept of a signal is the number 512, which this library makes
    /// `EINTR`.)
    ///
    /// # Errors
    ///
    /// Those of [`recvmsg`](Socket::recvmsg), if no message has come.
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use std::net::Ipv4Addr;
    /// use sockets::{Domain, Protocol, RecvBatch, RecvFlags, SendFlags, Socket, Type};
    ///
    /// let socket = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// socket.bind((Ipv4Addr::LOCALHOST, 0))?;
    /// let me = socket.getsockname()?;
    /// for _ in 0..3 {
    ///     socket.sendto(b"hello", SendFlags::empty(), &me)?;
    /// }
    ///
    /// let mut batch = RecvBatch::new(32, 2048)?;
    /// let messages = socket.recvmmsg(&mut batch, RecvFlags::MSG_WAITFORONE)?;
    /// assert_eq!(messages.len(), 3);
    /// for message in messages {
    ///     assert_eq!(message.data, b"hello");
    ///     assert_eq!(message.addr, me);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [recvmmsg(2)](https://man7.org/linux/man-pages/man2/recvmmsg.2.html)
    #[inline]
    pub fn recvmmsg<'b>(&self, batch: &'b mut RecvBatch, flags: RecvFlags) -> Result<Messages<'b>> {
        sys::recvmmsg(self.sys(), &mut batch.0, flags.bits())?;
        Ok(Messages(batch.0.messages()))
    }
}
