//! send(2), sendto(2): bytes out.

use std::borrow::Borrow;

use crate::Socket;
use crate::addr::ToSockAddr;
use crate::error::Result;
use crate::flags::SendFlags;
use crate::sys;

impl Socket {
    /// send(2): sends to the peer; returns how many bytes the kernel took.
    ///
    /// On a stream that can be fewer than `data` has; [`send_all`](Socket::send_all) goes on with the
    /// rest. A message goes whole or not at all.
    ///
    /// Differs from C: `MSG_NOSIGNAL` is always set, so there is no SIGPIPE.
    ///
    /// # Errors
    ///
    /// - `EAGAIN`: non-blocking, `MSG_DONTWAIT`, or `SO_SNDTIMEO` is over: the send buffer is full.
    /// - `EINTR`: a signal came before anything was taken.
    /// - `EPIPE`: the peer has gone, or this direction is shut down.
    /// - `ECONNRESET`: the peer has reset the connection.
    /// - `ECONNREFUSED`: a datagram sent earlier met nobody.
    /// - `EDESTADDRREQ`, `ENOTCONN`: no peer.
    /// - `EMSGSIZE`: longer than one message can be.
    /// - `ENOBUFS`, `ENOMEM`: no memory, or the interface's queue is full.
    /// - `EOPNOTSUPP`: a flag that the type does not have.
    /// - `EINVAL`: `MSG_ZEROCOPY`: see [`SendFlags`].
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use sockets::{Domain, Errno, Protocol, SendFlags, Socket, Type};
    ///
    /// let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT)?;
    /// assert_eq!(a.send(b"hello", SendFlags::MSG_DONTWAIT)?, 5);
    /// drop(b);
    /// assert_eq!(a.send(b"hello", SendFlags::empty()).unwrap_err(), Errno::EPIPE);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [send(2)](https://man7.org/linux/man-pages/man2/send.2.html)
    #[inline]
    pub fn send(&self, data: &[u8], flags: SendFlags) -> Result<usize> {
        Ok(sys::send(self.sys(), data.into(), flags.lent()?)?)
    }

    /// sendto(2): sends to an address.
    ///
    /// Takes any address, as [`bind`](Socket::bind) does. An address that is used often is best kept as
    /// a [`SockAddr`](crate::SockAddr): it goes to the kernel as it stands.
    ///
    /// Differs from C: `MSG_NOSIGNAL` is always set, so there is no SIGPIPE.
    ///
    /// # Errors
    ///
    /// - `EISCONN`: connected, and the type does not let a send choose another peer.
    /// - `EACCES`: a broadcast address without `SO_BROADCAST`, or a route that prohibits it.
    /// - `ENETUNREACH`, `EHOSTUNREACH`: no route.
    /// - `EAFNOSUPPORT`, `EINVAL`: an address of another family than the socket's.
    /// - The errors of [`send`](Socket::send), and those of [`bind`](Socket::bind) for a path that the
    ///   kernel would cut or misread.
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use std::net::Ipv4Addr;
    /// use sockets::{Domain, Protocol, RecvFlags, SendFlags, Socket, Type};
    ///
    /// let server = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// server.bind((Ipv4Addr::LOCALHOST, 0))?;
    /// let client = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// client.sendto(b"hello", SendFlags::empty(), server.getsockname()?)?;
    ///
    /// let mut buf = [0; 64];
    /// let (n, from) = server.recvfrom(&mut buf, RecvFlags::empty())?;
    /// server.sendto(&buf[..n], SendFlags::empty(), &from)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [sendto(2)](https://man7.org/linux/man-pages/man2/send.2.html)
    #[doc(alias = "send_to")]
    #[inline]
    pub fn sendto(&self, data: &[u8], flags: SendFlags, to: impl ToSockAddr) -> Result<usize> {
        Ok(sys::sendto(self.sys(), data.into(), flags.lent()?, to.to_sockaddr()?.borrow().sys())?)
    }
}
