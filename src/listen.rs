//! listen(2), accept(2): the server's side of a connection.

use crate::error::Result;
use crate::flags::SocketFlags;
use crate::sys;
use crate::{SockAddr, Socket};

/// The largest backlog that [`Socket::listen`] takes. The kernel cuts it to `net.core.somaxconn`, so
/// this asks for as much as the system allows.
pub const BACKLOG_MAX: i32 = i32::MAX;

impl Socket {
    /// listen(2): takes connections in.
    ///
    /// `backlog` is how many may wait to be accepted; the kernel cuts it to `net.core.somaxconn` (4096
    /// by default) and, for 0, still lets one wait. A negative number asks for the most, like
    /// [`BACKLOG_MAX`]. A second call changes the backlog. A TCP socket that was not bound gets a free port.
    ///
    /// # Errors
    ///
    /// - `EOPNOTSUPP`: the type has no connections, as `SOCK_DGRAM`.
    /// - `EINVAL`: connected already; `AF_UNIX`: not bound.
    /// - `EADDRINUSE`: another socket listens on the port.
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use std::net::Ipv4Addr;
    /// use sockets::{BACKLOG_MAX, Domain, Protocol, Socket, Type};
    ///
    /// let listener = Socket::socket(Domain::AF_INET, Type::SOCK_STREAM, Protocol::DEFAULT)?;
    /// listener.bind((Ipv4Addr::LOCALHOST, 0))?;
    /// listener.listen(BACKLOG_MAX)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [listen(2)](https://man7.org/linux/man-pages/man2/listen.2.html)
    #[inline]
    pub fn listen(&self, backlog: i32) -> Result<()> {
        Ok(sys::listen(self.sys(), backlog)?)
    }

    /// accept(2): takes the next connection, and the peer's address.
    ///
    /// Differs from C: it is accept4(2), so that the new descriptor is close-on-exec from its first
    /// moment. It blocks, whatever the listener does; [`accept4`](Socket::accept4) takes flags.
    ///
    /// # Errors
    ///
    /// - `EAGAIN`: non-blocking, or `SO_RCVTIMEO` is over: nobody waits.
    /// - `EMFILE`, `ENFILE`: no descriptor left. The connection is not lost; it waits.
    /// - `EINVAL`: not a listener (any more).
    /// - `EOPNOTSUPP`: the type has no connections.
    /// - `ECONNABORTED`: the connection ended while it waited. Go on with the next.
    /// - `EINTR`: a signal came.
    /// - `ENOBUFS`, `ENOMEM`: no memory. Errors of the network on the new connection (`EPROTO`,
    ///   `ENETDOWN`, `EHOSTUNREACH` and others, see the manual page): go on with the next.
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use std::net::Ipv4Addr;
    /// use sockets::{Domain, Protocol, Socket, Type};
    ///
    /// let listener = Socket::socket(Domain::AF_INET, Type::SOCK_STREAM, Protocol::DEFAULT)?;
    /// listener.bind((Ipv4Addr::LOCALHOST, 0))?;
    /// listener.listen(1)?;
    /// let client = Socket::socket(Domain::AF_INET, Type::SOCK_STREAM, Protocol::DEFAULT)?;
    /// client.connect(listener.getsockname()?)?;
    ///
    /// let (connection, peer) = listener.accept()?;
    /// assert_eq!(peer, client.getsockname()?);
    /// # drop(connection);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [accept(2)](https://man7.org/linux/man-pages/man2/accept.2.html)
    #[inline]
    pub fn accept(&self) -> Result<(Socket, SockAddr)> {
        self.accept4(SocketFlags::empty())
    }

    /// accept4(2): as [`accept`](Socket::accept), with flags for the new descriptor.
    ///
    /// Nothing of the listener's flags carries over: without `SOCK_NONBLOCK` the new socket blocks.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: unknown flags.
    /// - The errors of [`accept`](Socket::accept).
    ///
    /// ```no_run
    /// # fn main() -> sockets::Result<()> {
    /// # let listener = sockets::Socket::socket(sockets::Domain::AF_INET, sockets::Type::SOCK_STREAM, sockets::Protocol::DEFAULT)?;
    /// use sockets::SocketFlags;
    ///
    /// let (connection, peer) = listener.accept4(SocketFlags::SOCK_NONBLOCK)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [accept4(2)](https://man7.org/linux/man-pages/man2/accept.2.html)
    #[inline]
    pub fn accept4(&self, flags: SocketFlags) -> Result<(Socket, SockAddr)> {
        let (fd, addr) = sys::accept4(self.sys(), sys::NewAddr::new(), flags.bits())?;
        Ok((Socket::from(fd), SockAddr::from_sys(addr)))
    }

    /// accept4(2) without the peer's address: the null pointer of C. A little cheaper, most of all for
    /// `AF_UNIX`, whose peers have no name as a rule.
    ///
    /// # Errors
    ///
    /// The errors of [`accept4`](Socket::accept4).
    ///
    /// ```no_run
    /// # fn main() -> sockets::Result<()> {
    /// # let listener = sockets::Socket::socket(sockets::Domain::AF_INET, sockets::Type::SOCK_STREAM, sockets::Protocol::DEFAULT)?;
    /// use sockets::SocketFlags;
    ///
    /// let connection = listener.accept4_no_addr(SocketFlags::empty())?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [accept4(2)](https://man7.org/linux/man-pages/man2/accept.2.html)
    #[inline]
    pub fn accept4_no_addr(&self, flags: SocketFlags) -> Result<Socket> {
        let (fd, ()) = sys::accept4(self.sys(), sys::NoAddr, flags.bits())?;
        Ok(Socket::from(fd))
    }
}
