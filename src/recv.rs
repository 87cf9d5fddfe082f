//! recv(2), recvfrom(2): bytes in.

use crate::error::Result;
use crate::flags::RecvFlags;
use crate::sys;
use crate::{RecvBuffer, SockAddr, Socket};

impl Socket {
    /// recv(2): receives into a buffer, initialised or not; see [`RecvBuffer`] for what there is, and
    /// for what it gives.
    ///
    /// On a stream, 0 bytes into a buffer that is not empty are the end. On a message socket what does
    /// not fit is lost; with `MSG_TRUNC` the number returned is the true length of the message, so the
    /// loss shows.
    ///
    /// # Errors
    ///
    /// - `EAGAIN`: non-blocking, `MSG_DONTWAIT`, or `SO_RCVTIMEO` is over: nothing there.
    /// - `EINTR`: a signal came before any byte.
    /// - `ECONNRESET`: the peer has reset the connection.
    /// - `ECONNREFUSED`: a datagram sent earlier met nobody.
    /// - `ENOTCONN`: a stream without a peer.
    /// - `EINVAL`: `MSG_OOB` without urgent data.
    /// - `EOPNOTSUPP`: a flag that the type does not have.
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use sockets::{Domain, Protocol, RecvFlags, SendFlags, Socket, Type};
    ///
    /// let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// a.send(b"ten bytes!", SendFlags::empty())?;
    /// let mut buf = [0; 4];
    /// let true_length = b.recv(&mut buf, RecvFlags::MSG_PEEK | RecvFlags::MSG_TRUNC)?;
    /// assert_eq!((&buf, true_length), (b"ten ", 10));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [recv(2)](https://man7.org/linux/man-pages/man2/recv.2.html)
    #[inline]
    pub fn recv<B: RecvBuffer>(&self, buf: B, flags: RecvFlags) -> Result<B::Output> {
        Ok(sys::recv(self.sys(), buf, flags.bits())?)
    }

    /// recvfrom(2): as [`recv`](Socket::recv), and the address of the sender.
    ///
    /// The address [is unnamed](SockAddr::is_unnamed) where the kernel gives none: on a connected
    /// TCP stream, and from an `AF_UNIX` socket without a name.
    ///
    /// # Errors
    ///
    /// The errors of [`recv`](Socket::recv).
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use std::net::Ipv6Addr;
    /// use sockets::{Domain, Protocol, RecvFlags, SendFlags, Socket, Type};
    ///
    /// let a = Socket::socket(Domain::AF_INET6, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// a.bind((Ipv6Addr::LOCALHOST, 0))?;
    /// a.sendto(b"to myself", SendFlags::empty(), a.getsockname()?)?;
    /// let mut buf = [0; 64];
    /// let (n, from) = a.recvfrom(&mut buf, RecvFlags::empty())?;
    /// assert_eq!(&buf[..n], b"to myself");
    /// assert_eq!(from, a.getsockname()?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [recvfrom(2)](https://man7.org/linux/man-pages/man2/recv.2.html)
    #[doc(alias = "recv_from")]
    #[inline]
    pub fn recvfrom<B: RecvBuffer>(&self, buf: B, flags: RecvFlags) -> Result<(B::Output, SockAddr)> {
        let (received, from) = sys::recvfrom(self.sys(), buf, flags.bits(), sys::NewAddr::new())?;
        Ok((received, SockAddr::from_sys(from)))
    }
}
