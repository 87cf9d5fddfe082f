//! `MSG_ZEROCOPY`, with an owner for each buffer until the kernel has let go of it.

mod error;
mod flight;
mod queue;

use core::fmt;
use core::time::Duration;
use std::borrow::Borrow;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

use crate::addr::ToSockAddr;
use crate::cmsg::ControlWriter;
use crate::error::{Errno, Result};
use crate::flags::SendFlags;
use crate::sys::{Armed, InAddr, InBuf, RecvData, Wait, ZerocopyBuffer};
use crate::{QueuedError, Socket};

pub use error::ZerocopyError;
pub use flight::Completed;
use flight::Flight;
use queue::{Queue, enable};

/// What [`Zerocopy::completed`] gives.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "a box would be an allocation")]
pub enum Completion<B, D> {
    /// A buffer is back.
    Buffer(Completed<B>),
    /// Something else was in the error queue: an ICMP error, a time of sending. Or a completion of a send that is not of this
    /// [`Zerocopy`]: then somebody else uses `MSG_ZEROCOPY` on the socket, what is in flight does not come back any more, and later
    /// sends are copied.
    Event(QueuedError<D>),
}

/// A socket that sends without copying: it owns each buffer from the call until the kernel has let go of it (`MSG_ZEROCOPY`).
///
/// The kernel reads the memory of such a send after the call has returned, and may do so until a completion is in the
/// error queue. So a buffer goes in with [`send`](Zerocopy::send) and comes back from [`completed`](Zerocopy::completed), in order.
/// A call costs more than a plain one, which pays from about 10 kB on; to receivers on this machine the kernel copies
/// anyway, and says so: [`Completed::copied`].
///
/// TCP and UDP have it. Other sockets fall back: [`is_zerocopy`](Zerocopy::is_zerocopy) is false, sends are plain, and
/// buffers come back at once as copied.
///
/// It is for one owner. The kernel numbers the sends of a socket, whoever makes them, so nobody else may send with `MSG_ZEROCOPY`, read the
/// error queue or change `SO_ZEROCOPY` through another descriptor meanwhile; [`new`](Zerocopy::new) refuses a socket where somebody has set
/// the option, and ordinary sends of this library refuse the flag. Where it happens all the same memory is leaked, or a buffer comes back
/// early, so that the peer may get what is written into it next; the memory of this process is safe in any case.
///
/// # Drop
///
/// Dropping it never blocks, and never frees what may be in flight: what the kernel has not let go of by then is leaked.
/// [`finish`](Zerocopy::finish) waits instead.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use std::time::Duration;
/// use sockets::{Completion, SendFlags, Socket, Zerocopy};
///
/// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// let socket = Socket::from(std::net::TcpStream::connect(listener.local_addr()?)?);
/// let (mut peer, _) = listener.accept()?;
///
/// let mut queue = Zerocopy::new(socket, 16)?;
/// queue.send(vec![7; 20_000], SendFlags::empty())?;
/// while queue.rest() > 0 {
///     queue.resume(SendFlags::empty())?;
/// }
/// std::io::Read::read_exact(&mut peer, &mut [0; 20_000])?;
/// let Some(Completion::Buffer(back)) = queue.completed_timeout((), Duration::from_secs(5))? else { panic!() };
/// assert_eq!((back.buffer, back.sent), (vec![7; 20_000], 20_000));
/// let _socket: Socket = queue.into_socket()?;
/// # Ok(())
/// # }
/// ```
///
/// [MSG_ZEROCOPY](https://docs.kernel.org/networking/msg_zerocopy.html)
pub struct Zerocopy<B: ZerocopyBuffer>(Armed<Queue<B>>);

impl<B: ZerocopyBuffer> Zerocopy<B> {
    /// getsockopt(2) `SO_PROTOCOL` and `SO_ZEROCOPY`, setsockopt(2) `SO_ZEROCOPY`: takes the socket, and makes room for so many buffers.
    ///
    /// No other call of it allocates.
    ///
    /// # Errors
    ///
    /// With the socket back:
    ///
    /// - `EBUSY`: `SO_ZEROCOPY` is set already. Somebody may be counting; and the numbers of a socket never begin again, so one that was in
    ///   a `Zerocopy` cannot be in another. (A socket that was accepted has the option from its listener: clear it first.)
    /// - `ENOMEM`: no memory for as many.
    /// - `ENOTSOCK`: not a socket.
    ///
    /// [MSG_ZEROCOPY](https://docs.kernel.org/networking/msg_zerocopy.html)
    pub fn new(socket: Socket, capacity: usize) -> core::result::Result<Zerocopy<B>, ZerocopyError<Socket>> {
        match Flight::new(capacity).and_then(|flight| enable(&socket).map(|kind| (flight, kind))) {
            Ok((flight, (is_zerocopy, is_tcp))) => {
                Ok(Zerocopy(Armed::new(Queue::new(socket, flight, is_zerocopy, is_tcp))))
            }
            Err(errno) => Err(ZerocopyError::new(errno, socket)),
        }
    }

    /// Is the next send one without a copy? Not where the socket does not have it, nor after a [foreign](Completion::Event) completion,
    /// nor while it is not known what became of one that failed: see [`send`](Zerocopy::send). Nor with a flag that has no name here.
    pub fn is_zerocopy(&self) -> bool {
        self.0.is_zerocopy()
    }

    /// The socket. Not for sends, nor for its error queue, while something is in flight.
    pub fn socket(&self) -> &Socket {
        &self.0.socket
    }

    /// How many buffers it owns.
    pub fn len(&self) -> usize {
        self.0.flight.len()
    }

    /// Does it own no buffer?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many buffers it has room for.
    pub fn capacity(&self) -> usize {
        self.0.flight.capacity()
    }

    /// send(2) with `MSG_ZEROCOPY`: sends a buffer to the peer, and keeps it; returns how many bytes the kernel took.
    ///
    /// On a stream that can be fewer than it has: [`resume`](Zerocopy::resume) goes on with the [`rest`](Zerocopy::rest). An empty buffer is
    /// back at once.
    ///
    /// After an error of a datagram socket other than `EAGAIN` and `EINTR` nobody knows whether the kernel has counted the call, and sends
    /// are copied until [`completed`](Zerocopy::completed) has found the error queue empty. After `ENOBUFS` with `IP_RECVERR` or `IPV6_RECVERR`,
    /// and after `ENOMEM` and `ENETDOWN`, packets of the datagram may be on their way, and sends are copied until the kernel has told
    /// that they are through, which it may never do.
    ///
    /// # Errors
    ///
    /// With the buffer back:
    ///
    /// - `ENOBUFS`: the queue is full; or, from the kernel, more memory is in flight than `RLIMIT_MEMLOCK` allows, or more completions are
    ///   unread than `net.core.optmem_max` has room for. Take what is [`completed`](Zerocopy::completed) in any case. (`EAGAIN` would
    ///   make a caller wait for room in the send buffer, which there may be.)
    /// - `EALREADY`: there is a rest of the buffer before.
    /// - The errors of [`Socket::send`].
    ///
    /// [MSG_ZEROCOPY](https://docs.kernel.org/networking/msg_zerocopy.html)
    pub fn send(&mut self, buffer: B, flags: SendFlags) -> core::result::Result<usize, ZerocopyError<B>> {
        self.0.start(buffer, InAddr::none(), InBuf::from(&[][..]), flags)
    }

    /// sendto(2) with `MSG_ZEROCOPY`: as [`send`](Zerocopy::send), to an address.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Zerocopy::send) and [`Socket::sendto`].
    ///
    /// [MSG_ZEROCOPY](https://docs.kernel.org/networking/msg_zerocopy.html)
    #[doc(alias = "send_to")]
    pub fn sendto(
        &mut self,
        buffer: B,
        flags: SendFlags,
        to: impl ToSockAddr,
    ) -> core::result::Result<usize, ZerocopyError<B>> {
        match to.to_sockaddr() {
            Ok(to) => self.0.start(buffer, to.borrow().sys(), InBuf::from(&[][..]), flags),
            Err(errno) => Err(ZerocopyError::new(errno, buffer)),
        }
    }

    /// sendmsg(2) with `MSG_ZEROCOPY`: as [`send`](Zerocopy::send), with control messages. With `UDP_SEGMENT` one buffer
    /// is many datagrams.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Zerocopy::send) and [`Socket::sendmsg`].
    ///
    /// [MSG_ZEROCOPY](https://docs.kernel.org/networking/msg_zerocopy.html)
    pub fn sendmsg(
        &mut self,
        buffer: B,
        control: &ControlWriter<'_>,
        flags: SendFlags,
    ) -> core::result::Result<usize, ZerocopyError<B>> {
        self.0.start_with(buffer, InAddr::none(), control, flags)
    }

    /// sendmsg(2) with `MSG_ZEROCOPY` and an address: as [`sendmsg`](Zerocopy::sendmsg), to where `to` says.
    ///
    /// # Errors
    ///
    /// Those of [`sendmsg`](Zerocopy::sendmsg) and [`sendto`](Zerocopy::sendto).
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use std::net::Ipv4Addr;
    /// use std::time::Duration;
    /// use sockets::cmsg::{self, ControlBuf, ControlWriter};
    /// use sockets::{Domain, Protocol, SendFlags, Socket, Type, Zerocopy};
    ///
    /// let socket = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// let mut room = ControlBuf::<{ cmsg::UDP_SEGMENT.space() }>::new();
    /// let mut control = ControlWriter::new(&mut room);
    /// control.push(cmsg::UDP_SEGMENT, 1000)?;
    /// let mut queue = Zerocopy::new(socket, 4)?;
    /// queue.sendmsg_to(vec![7; 20_000], &control, SendFlags::empty(), (Ipv4Addr::LOCALHOST, 9))?;
    /// let _socket = queue.finish(Duration::from_secs(5), |back| println!("{back:?}"))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [MSG_ZEROCOPY](https://docs.kernel.org/networking/msg_zerocopy.html)
    pub fn sendmsg_to(
        &mut self,
        buffer: B,
        control: &ControlWriter<'_>,
        flags: SendFlags,
        to: impl ToSockAddr,
    ) -> core::result::Result<usize, ZerocopyError<B>> {
        match to.to_sockaddr() {
            Ok(to) => self.0.start_with(buffer, to.borrow().sys(), control, flags),
            Err(errno) => Err(ZerocopyError::new(errno, buffer)),
        }
    }

    /// How many bytes of the last buffer are left to send.
    pub fn rest(&self) -> usize {
        self.0.flight.rest().map_or(0, <[u8]>::len)
    }

    /// send(2) with `MSG_ZEROCOPY`: goes on with the last buffer; returns how many more bytes the kernel took. Without a rest no call
    /// is made, and it is 0.
    ///
    /// # Errors
    ///
    /// Those of [`Socket::send`], and `ENOBUFS` as in [`send`](Zerocopy::send). The rest stays, for another try or for
    /// [`abandon`](Zerocopy::abandon).
    ///
    /// [MSG_ZEROCOPY](https://docs.kernel.org/networking/msg_zerocopy.html)
    pub fn resume(&mut self, flags: SendFlags) -> Result<usize> {
        self.0.resume(flags)
    }

    /// Gives up the rest of the last buffer, which then comes back when the kernel has let go of what it took; returns how many bytes
    /// are not sent.
    pub fn abandon(&mut self) -> usize {
        self.0.flight.abandon()
    }

    /// recvmsg(2) with `MSG_ERRQUEUE`, again and again until there is something to give: the first buffer, if it is back, or another event of
    /// the error queue. `None` if nothing is in flight. Never blocks.
    ///
    /// Buffers come in the order in which they went; no call is made for those that are known to be back. `data` is room for what comes
    /// with another event, as in [`recv_error`](Socket::recv_error).
    ///
    /// # Errors
    ///
    /// - `EAGAIN`: the first buffer is not back yet. The socket's `POLLERR` says when to look again.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// use sockets::{Completion, Errno, PollFlags, SendFlags, Socket, Zerocopy};
    ///
    /// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// let socket = Socket::from(std::net::TcpStream::connect(listener.local_addr()?)?);
    /// let (mut peer, _) = listener.accept()?;
    /// let mut queue = Zerocopy::new(socket, 16)?;
    /// queue.send(vec![7; 100], SendFlags::empty())?;
    /// std::io::Read::read_exact(&mut peer, &mut [0; 100])?;
    ///
    /// // In a loop of events, this is what POLLERR calls for.
    /// assert_eq!(queue.socket().poll(PollFlags::empty(), None)?, PollFlags::POLLERR);
    /// loop {
    ///     match queue.completed(()) {
    ///         Ok(Some(Completion::Buffer(back))) => assert_eq!(back.buffer.len(), 100),
    ///         Ok(Some(event)) => println!("{event:?}"),
    ///         Ok(None) | Err(Errno::EAGAIN) => break,
    ///         Err(errno) => return Err(errno.into()),
    ///     }
    /// }
    /// assert!(queue.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [MSG_ZEROCOPY](https://docs.kernel.org/networking/msg_zerocopy.html)
    pub fn completed<D: RecvData>(&mut self, data: D) -> Result<Option<Completion<B, D::Output>>> {
        self.0.completed(data, Wait::No)
    }

    /// recvmsg(2) with `MSG_ERRQUEUE`, ppoll(2), getsockopt(2) `SO_ERROR`: as [`completed`](Zerocopy::completed), and waits until `timeout`
    /// is over.
    ///
    /// # Errors
    ///
    /// Those of [`recv_error_timeout`](Socket::recv_error_timeout): `ETIMEDOUT`, and the error that is pending on the socket.
    ///
    /// [MSG_ZEROCOPY](https://docs.kernel.org/networking/msg_zerocopy.html)
    pub fn completed_timeout<D: RecvData>(
        &mut self,
        data: D,
        timeout: Duration,
    ) -> Result<Option<Completion<B, D::Output>>> {
        self.0.completed(data, Wait::For(timeout))
    }

    /// [`completed_timeout`](Zerocopy::completed_timeout) until nothing is in flight; gives the socket back. `each` gets all
    /// buffers and events. A rest is given up.
    ///
    /// # Errors
    ///
    /// With the queue back, to go on with: those of [`completed_timeout`](Zerocopy::completed_timeout).
    pub fn finish(
        mut self,
        timeout: Duration,
        mut each: impl FnMut(Completion<B, ()>),
    ) -> core::result::Result<Socket, ZerocopyError<Self>> {
        self.abandon();
        let end = Instant::now().checked_add(timeout);
        loop {
            let left = end.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()));
            match self.completed_timeout((), left) {
                Ok(Some(completion)) => each(completion),
                Ok(None) => return self.into_socket(),
                Err(errno) => return Err(ZerocopyError::new(errno, self)),
            }
        }
    }

    /// The socket back. `SO_ZEROCOPY` stays set: see [`new`](Zerocopy::new).
    ///
    /// # Errors
    ///
    /// With the queue back:
    ///
    /// - `EBUSY`: it owns a buffer still.
    pub fn into_socket(self) -> core::result::Result<Socket, ZerocopyError<Self>> {
        if self.is_empty() { Ok(self.0.disarm().socket) } else { Err(ZerocopyError::new(Errno::EBUSY, self)) }
    }
}

impl<B: ZerocopyBuffer> AsFd for Zerocopy<B> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.socket.as_fd()
    }
}

impl<B: ZerocopyBuffer> fmt::Debug for Zerocopy<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zerocopy")
            .field("socket", self.socket())
            .field("is_zerocopy", &self.is_zerocopy())
            .field("len", &self.len())
            .field("rest", &self.rest())
            .finish()
    }
}
