//! bind(2), connect(2), getsockname(2), getpeername(2): the two names of a socket.

use std::borrow::Borrow;

use crate::addr::ToSockAddr;
use crate::error::Result;
use crate::sys;
use crate::{SockAddr, Socket};

impl Socket {
    /// bind(2): gives the socket its own address.
    ///
    /// Takes any address: those of std, a path, a [`UnixAddr`](crate::UnixAddr), a [`SockAddr`]. Port 0
    /// asks the kernel for a free one; [`UnixAddr::Unnamed`](crate::UnixAddr::Unnamed) asks it for a free
    /// abstract name (autobind, unix(7)).
    ///
    /// Differs from C: a path that the kernel would cut or misread is refused before the call (but not one in
    /// [`SockAddr::from_bytes`], which takes all bytes as they are).
    ///
    /// # Errors
    ///
    /// - `EADDRINUSE`: taken; a path that exists, be it only a file left by a socket that is closed.
    /// - `EADDRNOTAVAIL`: not an address of this machine.
    /// - `EACCES`: a port below 1024 without CAP_NET_BIND_SERVICE, or a directory that may not be written.
    /// - `EAFNOSUPPORT`, `EINVAL`: an address of another family than the socket's.
    /// - `EINVAL`: already bound; a path that is empty or holds a NUL byte.
    /// - `ENAMETOOLONG`: a path of more than 108 bytes, an abstract name of more than 107.
    /// - `ENOENT`, `ENOTDIR`, `EROFS`, `ELOOP`: the path's directory, as for open(2).
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use std::net::Ipv4Addr;
    /// use sockets::{Domain, Protocol, Socket, Type, UnixAddr};
    ///
    /// let udp = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// udp.bind((Ipv4Addr::LOCALHOST, 0))?;
    /// assert_ne!(udp.getsockname()?.port(), Some(0));
    ///
    /// let unix = Socket::socket(Domain::AF_UNIX, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// unix.bind(UnixAddr::Unnamed)?;
    /// assert!(matches!(unix.getsockname()?.as_unix(), Some(UnixAddr::Abstract(_))));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [bind(2)](https://man7.org/linux/man-pages/man2/bind.2.html)
    #[inline]
    pub fn bind(&self, addr: impl ToSockAddr) -> Result<()> {
        Ok(sys::bind(self.sys(), addr.to_sockaddr()?.borrow().sys())?)
    }

    /// connect(2): connects to an address. On a datagram socket: sets the peer to send to and to
    /// receive from.
    ///
    /// One call, as in C. After `EINTR` or `EINPROGRESS` the attempt goes on in the kernel: wait for
    /// `POLLOUT`, then read [`opt::SO_ERROR`](crate::opt::SO_ERROR).
    /// [`connect_timeout`](Socket::connect_timeout) does that.
    ///
    /// # Errors
    ///
    /// - `ECONNREFUSED`: nobody listens there.
    /// - `EINPROGRESS`: non-blocking, or `SO_SNDTIMEO` is over: the attempt goes on.
    /// - `EINTR`: a signal came: the attempt goes on.
    /// - `EALREADY`: an earlier attempt goes on.
    /// - `EISCONN`: connected already.
    /// - `ETIMEDOUT`: no answer.
    /// - `ENETUNREACH`, `EHOSTUNREACH`: no route, or nobody there.
    /// - `EADDRNOTAVAIL`: no free port left, or not an address to connect to.
    /// - `EAGAIN`: `AF_UNIX`, non-blocking or `SO_SNDTIMEO` is over: the listener's queue is full, and
    ///   nothing goes on; UDP: no free port left.
    /// - `ENOENT`, `EACCES`: `AF_UNIX`: no such path, or it may not be written.
    /// - `EPROTOTYPE`: `AF_UNIX`: the socket there is of another type.
    /// - `EAFNOSUPPORT`, `EINVAL`: an address of another family than the socket's.
    /// - Those of [`bind`](Socket::bind) for a path that the kernel would cut or misread.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// use sockets::{Domain, Protocol, Socket, Type};
    ///
    /// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// let client = Socket::socket(Domain::AF_INET, Type::SOCK_STREAM, Protocol::DEFAULT)?;
    /// client.connect(listener.local_addr()?)?;
    /// assert_eq!(client.getpeername()?, listener.local_addr()?.into());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [connect(2)](https://man7.org/linux/man-pages/man2/connect.2.html)
    #[inline]
    pub fn connect(&self, addr: impl ToSockAddr) -> Result<()> {
        Ok(sys::connect(self.sys(), addr.to_sockaddr()?.borrow().sys())?)
    }

    /// connect(2) with `AF_UNSPEC`: dissolves the association of a datagram socket, so that it receives
    /// from everybody again; resets a TCP connection, so that the socket can connect anew.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the family has no such thing, as `AF_UNIX` streams.
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use std::net::Ipv4Addr;
    /// use sockets::{Domain, Errno, Protocol, Socket, Type};
    ///
    /// let udp = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// udp.connect((Ipv4Addr::LOCALHOST, 9))?;
    /// udp.disconnect()?;
    /// assert_eq!(udp.getpeername().unwrap_err(), Errno::ENOTCONN);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [connect(2)](https://man7.org/linux/man-pages/man2/connect.2.html)
    #[doc(alias = "AF_UNSPEC")]
    #[inline]
    pub fn disconnect(&self) -> Result<()> {
        Ok(sys::disconnect(self.sys())?)
    }

    /// getsockname(2): the socket's own address.
    ///
    /// On a socket that was never bound: the unspecified address and port 0, or, for `AF_UNIX`,
    /// [`UnixAddr::Unnamed`](crate::UnixAddr::Unnamed).
    ///
    /// # Errors
    ///
    /// - `ENOTSOCK`: not a socket.
    ///
    /// [getsockname(2)](https://man7.org/linux/man-pages/man2/getsockname.2.html)
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use std::net::Ipv6Addr;
    /// use sockets::{Domain, Protocol, Socket, Type};
    ///
    /// let socket = Socket::socket(Domain::AF_INET6, Type::SOCK_STREAM, Protocol::DEFAULT)?;
    /// assert_eq!(socket.getsockname()?.to_string(), "[::]:0");
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "local_addr")]
    #[inline]
    pub fn getsockname(&self) -> Result<SockAddr> {
        Ok(SockAddr::from_sys(sys::getsockname(self.sys(), sys::NewAddr::new())?))
    }

    /// getpeername(2): the address of the peer.
    ///
    /// # Errors
    ///
    /// - `ENOTCONN`: there is none.
    /// - `ENOTSOCK`: not a socket.
    ///
    /// [getpeername(2)](https://man7.org/linux/man-pages/man2/getpeername.2.html)
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use sockets::{Domain, Protocol, Socket, Type, UnixAddr};
    ///
    /// let (a, _b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT)?;
    /// assert_eq!(a.getpeername()?.as_unix(), Some(UnixAddr::Unnamed));
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "peer_addr")]
    #[inline]
    pub fn getpeername(&self) -> Result<SockAddr> {
        Ok(SockAddr::from_sys(sys::getpeername(self.sys(), sys::NewAddr::new())?))
    }
}
