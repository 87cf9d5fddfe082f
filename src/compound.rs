//! The helpers that are more than one call: connect_timeout, send_all, recv_exact, abort.

use core::fmt;
use core::time::Duration;
use std::borrow::Borrow;
use std::os::fd::OwnedFd;

use crate::Socket;
use crate::addr::ToSockAddr;
use crate::error::{Errno, Result};
use crate::flags::{RecvFlags, SendFlags};
use crate::sys::{self, compound};

/// A transfer that ended early: how much was done before, and why it ended.
///
/// Converts into [`Errno`] and [`std::io::Error`] with `?`, for those to whom the count is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partial {
    /// Bytes sent, or received, before the error.
    pub done: usize,
    /// The error.
    pub errno: Errno,
}

impl fmt::Display for Partial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} after {} bytes", self.errno, self.done)
    }
}

impl std::error::Error for Partial {}

impl From<Partial> for Errno {
    fn from(partial: Partial) -> Self {
        partial.errno
    }
}

impl From<Partial> for std::io::Error {
    fn from(partial: Partial) -> Self {
        partial.errno.into()
    }
}

#[inline]
pub(crate) fn whole((done, result): compound::Progress) -> core::result::Result<(), Partial> {
    result.map_err(|errno| Partial { done, errno: errno.into() })
}

impl Socket {
    /// connect(2), ppoll(2), getsockopt(2) `SO_ERROR`, between fcntl(2) `F_GETFL` and ioctl(2) `FIONBIO`:
    /// connects, and gives up when `timeout` is over.
    ///
    /// The socket does not block meanwhile; at the end `O_NONBLOCK` is as it was, whatever came. Signals
    /// do not end the wait. An attempt that failed, or was not over in time, is dissolved (connect(2) with
    /// `AF_UNSPEC`), so the same socket can try the next address (but not, after an IPv4-mapped one,
    /// a native IPv6 one: Linux does not let it). A port that the kernel had chosen is given back then.
    /// Families that cannot dissolve say `EALREADY` at the next attempt: close the socket. For an `AF_UNIX` listener whose queue is full there is no event to
    /// wait for: it tries again, after 0.1 ms at first and every 10 ms at last.
    ///
    /// The flag belongs to the open socket, so no other thread or process should use it meanwhile;
    /// [`shutdown`](Socket::shutdown) from another thread ends the wait on TCP.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the timeout is zero.
    /// - `ETIMEDOUT`: the timeout is over (or TCP's own is).
    /// - `EISCONN`: connected already.
    /// - `EALREADY`: an earlier attempt goes on; it is left alone.
    /// - `ECONNRESET`, `ECONNABORTED`: shut down by another thread.
    /// - Any error of the attempt itself, as `ECONNREFUSED`: see [`connect`](Socket::connect).
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// use std::time::Duration;
    /// use sockets::{Domain, Protocol, Socket, Type};
    ///
    /// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// let client = Socket::socket(Domain::AF_INET, Type::SOCK_STREAM, Protocol::DEFAULT)?;
    /// client.connect_timeout(listener.local_addr()?, Duration::from_secs(5))?;
    /// assert!(!client.nonblocking()?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [connect(2)](https://man7.org/linux/man-pages/man2/connect.2.html)
    pub fn connect_timeout(&self, addr: impl ToSockAddr, timeout: Duration) -> Result<()> {
        Ok(compound::connect_timeout(self.sys(), addr.to_sockaddr()?.borrow().sys(), timeout)?)
    }

    /// send(2), again and again until all of `data` is sent.
    ///
    /// `EINTR` is not an error here. On a message socket it is one call: a message goes whole or not at all.
    /// `flags` go into every call, so with `MSG_OOB` each part has an urgent byte.
    ///
    /// # Errors
    ///
    /// A [`Partial`] with the bytes sent before, and the error of [`send`](Socket::send). On a
    /// non-blocking socket that can be `EAGAIN`: wait for `POLLOUT`, then go on with `data[done..]`.
    /// (`EIO` if the kernel takes nothing and reports no error.)
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// use sockets::{Domain, Errno, Protocol, SendFlags, Socket, Type};
    ///
    /// let (a, _b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT)?;
    /// a.send_all(b"hello", SendFlags::empty())?;
    ///
    /// let partial = a.send_all(&[0; 10_000_000], SendFlags::MSG_DONTWAIT).unwrap_err();
    /// assert_eq!(partial.errno, Errno::EAGAIN);
    /// assert!(partial.done > 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [send(2)](https://man7.org/linux/man-pages/man2/send.2.html)
    #[doc(alias = "write_all")]
    pub fn send_all(&self, data: &[u8], flags: SendFlags) -> core::result::Result<(), Partial> {
        let flags = flags.lent().map_err(|errno| Partial { done: 0, errno })?;
        whole(compound::send_all(self.sys(), data.into(), flags))
    }

    /// recv(2), again and again until `buf` is full.
    ///
    /// `EINTR` is not an error here. For streams: every call of a message socket takes a message of its own.
    /// An empty `buf` is full without a call.
    ///
    /// # Errors
    ///
    /// A [`Partial`] with the bytes received before, and
    ///
    /// - `ENODATA`: the stream ended before `buf` was full.
    /// - `EINVAL`: `MSG_PEEK` or `MSG_TRUNC`, which do not fill the buffer.
    /// - The errors of [`recv`](Socket::recv). On a non-blocking socket that can be `EAGAIN`: wait for
    ///   `POLLIN`, then go on with `buf[done..]`.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// use sockets::{Domain, Errno, Partial, Protocol, RecvFlags, SendFlags, Socket, Type};
    ///
    /// let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT)?;
    /// a.send(b"hello ", SendFlags::empty())?;
    /// a.send(b"world", SendFlags::empty())?;
    /// drop(a);
    /// let mut buf = [0; 8];
    /// b.recv_exact(&mut buf, RecvFlags::empty())?;
    /// assert_eq!(&buf, b"hello wo");
    /// let end = b.recv_exact(&mut buf, RecvFlags::empty());
    /// assert_eq!(end, Err(Partial { done: 3, errno: Errno::ENODATA }));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [recv(2)](https://man7.org/linux/man-pages/man2/recv.2.html)
    #[doc(alias = "read_exact")]
    pub fn recv_exact(&self, buf: &mut [u8], flags: RecvFlags) -> core::result::Result<(), Partial> {
        whole(compound::recv_exact(self.sys(), buf.into(), flags.bits()))
    }

    /// setsockopt(2) `SO_LINGER` with a time of zero, then close(2): ends a TCP connection at once with a
    /// reset. What was not sent yet is lost, the peer's next call fails with `ECONNRESET`, and there is no
    /// TIME_WAIT.
    ///
    /// On other sockets it is close(2). Other descriptors of the same socket keep it open.
    ///
    /// # Errors
    ///
    /// - `ENOTSOCK`: not a socket.
    /// - The errors of [`close`](Socket::close). The descriptor is closed in any case.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// use sockets::{Errno, RecvFlags, Socket};
    ///
    /// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// let client = Socket::from(std::net::TcpStream::connect(listener.local_addr()?)?);
    /// let server = Socket::from(listener.accept()?.0);
    /// server.abort()?;
    /// assert_eq!(client.recv(&mut [0; 1], RecvFlags::empty()).unwrap_err(), Errno::ECONNRESET);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [socket(7)](https://man7.org/linux/man-pages/man7/socket.7.html)
    #[doc(alias = "set_zero_linger")]
    pub fn abort(self) -> Result<()> {
        Ok(compound::abort(sys::Closing::from(OwnedFd::from(self)))?)
    }
}
