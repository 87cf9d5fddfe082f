//! shutdown(2): the end of one direction.

use crate::Socket;
use crate::error::Result;
use crate::number::open_number;
use crate::sys::{self, c};

open_number! {
    /// The argument of shutdown(2): which direction ends. [`std::net::Shutdown`] converts into it.
    Shutdown {
        /// No more receiving.
        SHUT_RD = c::SHUT_RD;
        /// No more sending: the peer reads the end of the stream.
        SHUT_WR = c::SHUT_WR;
        /// Both.
        SHUT_RDWR = c::SHUT_RDWR;
    }
}

impl From<std::net::Shutdown> for Shutdown {
    fn from(how: std::net::Shutdown) -> Self {
        match how {
            std::net::Shutdown::Read => Shutdown::SHUT_RD,
            std::net::Shutdown::Write => Shutdown::SHUT_WR,
            std::net::Shutdown::Both => Shutdown::SHUT_RDWR,
        }
    }
}

impl Socket {
    /// shutdown(2): ends one or both directions of a connection, for every descriptor of the socket.
    ///
    /// It also wakes threads that block on the socket, which close(2) does not: a receive returns 0
    /// bytes, an accept `EINVAL`. After `SHUT_RD` a TCP socket still receives what arrives.
    ///
    /// # Errors
    ///
    /// - `ENOTCONN`: not connected (blocked threads are woken nevertheless).
    /// - `EINVAL`: no such direction.
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use sockets::{Domain, Protocol, RecvFlags, Shutdown, Socket, Type};
    ///
    /// let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT)?;
    /// a.shutdown(Shutdown::SHUT_WR)?;
    /// assert_eq!(b.recv(&mut [0; 1], RecvFlags::empty())?, 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [shutdown(2)](https://man7.org/linux/man-pages/man2/shutdown.2.html)
    #[inline]
    pub fn shutdown(&self, how: impl Into<Shutdown>) -> Result<()> {
        Ok(sys::shutdown(self.sys(), how.into().raw())?)
    }
}
