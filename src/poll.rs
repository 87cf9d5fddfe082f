//! poll(2) on one socket: wait until something can be done.

use core::time::Duration;

use crate::Socket;
use crate::error::Result;
use crate::flags::PollFlags;
use crate::sys;

impl Socket {
    /// poll(2) on this socket: waits for events, and returns those that are there; none if the time is
    /// over.
    ///
    /// `None` waits for ever; `Duration::ZERO` only looks. `POLLERR`, `POLLHUP` and `POLLNVAL` come unasked.
    /// For many sockets at once use an event loop; this is for one.
    ///
    /// Differs from C: it is ppoll(2), whose timeout has nanoseconds.
    ///
    /// # Errors
    ///
    /// - `EINTR`: a signal came. The call is not repeated, and does not say how much time is left.
    /// - `ENOMEM`: no memory.
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use std::time::Duration;
    /// use sockets::{Domain, PollFlags, Protocol, SendFlags, Socket, Type};
    ///
    /// let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT)?;
    /// assert_eq!(b.poll(PollFlags::POLLIN, Some(Duration::ZERO))?, PollFlags::empty());
    /// a.send(b"x", SendFlags::empty())?;
    /// assert_eq!(b.poll(PollFlags::POLLIN, None)?, PollFlags::POLLIN);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [poll(2)](https://man7.org/linux/man-pages/man2/poll.2.html)
    #[doc(alias = "ppoll")]
    #[inline]
    pub fn poll(&self, events: PollFlags, timeout: Option<Duration>) -> Result<PollFlags> {
        Ok(PollFlags::from_bits_retain(sys::poll(self.sys(), events.bits(), timeout)?))
    }
}
