//! ioctl(2): how much waits in the queues.

use crate::Socket;
use crate::error::Result;
use crate::sys;

impl Socket {
    /// ioctl(2) `FIONREAD` (`SIOCINQ`): how many bytes can be received.
    ///
    /// On a datagram socket: the length of the first datagram, 0 if there is none or it is empty.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: a listener.
    /// - `ENOTTY`: the family has no such request.
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use sockets::{Domain, Protocol, SendFlags, Socket, Type};
    ///
    /// let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT)?;
    /// a.send(b"hello", SendFlags::empty())?;
    /// assert_eq!(b.fionread()?, 5);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [tcp(7)](https://man7.org/linux/man-pages/man7/tcp.7.html),
    /// [udp(7)](https://man7.org/linux/man-pages/man7/udp.7.html),
    /// [unix(7)](https://man7.org/linux/man-pages/man7/unix.7.html)
    #[doc(alias = "SIOCINQ")]
    #[inline]
    pub fn fionread(&self) -> Result<usize> {
        // The kernel counts in an int and never below 0.
        Ok(sys::fionread(self.sys())?.unsigned_abs() as usize)
    }

    /// ioctl(2) `SIOCOUTQ` (`TIOCOUTQ`): how much of what was sent is still here.
    ///
    /// TCP: the bytes that the peer has not acknowledged. UDP and `AF_UNIX`: the memory in use for them,
    /// which is more than the bytes.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: a listener.
    /// - `ENOTTY`: the family has no such request.
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use sockets::{Domain, Protocol, SendFlags, Socket, Type};
    ///
    /// let (a, _b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT)?;
    /// assert_eq!(a.siocoutq()?, 0);
    /// a.send(b"hello", SendFlags::empty())?;
    /// assert!(a.siocoutq()? >= 5);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [tcp(7)](https://man7.org/linux/man-pages/man7/tcp.7.html),
    /// [udp(7)](https://man7.org/linux/man-pages/man7/udp.7.html),
    /// [unix(7)](https://man7.org/linux/man-pages/man7/unix.7.html)
    #[doc(alias = "TIOCOUTQ")]
    #[inline]
    pub fn siocoutq(&self) -> Result<usize> {
        // The kernel counts in an int and never below 0.
        Ok(sys::siocoutq(self.sys())?.unsigned_abs() as usize)
    }

    /// sockatmark(3): is the next byte to receive the urgent one?
    ///
    /// It is ioctl(2) `SIOCATMARK`.
    ///
    /// # Errors
    ///
    /// - `ENOTTY`, `EINVAL`, `EOPNOTSUPP`: the socket has no urgent data, as `SOCK_DGRAM`.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// use std::net::{TcpListener, TcpStream};
    /// use sockets::{BorrowedSocket, PollFlags, RecvFlags, SendFlags, Socket};
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0")?;
    /// let sender = Socket::from(TcpStream::connect(listener.local_addr()?)?);
    /// let receiver = Socket::from(listener.accept()?.0);
    ///
    /// sender.send(b"a", SendFlags::empty())?;
    /// sender.send(b"!", SendFlags::MSG_OOB)?;
    /// receiver.poll(PollFlags::POLLPRI, None)?;
    /// assert!(!receiver.sockatmark()?);
    /// receiver.recv(&mut [0; 10], RecvFlags::empty())?;
    /// assert!(receiver.sockatmark()?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [sockatmark(3)](https://man7.org/linux/man-pages/man3/sockatmark.3.html)
    #[doc(alias = "SIOCATMARK")]
    #[inline]
    pub fn sockatmark(&self) -> Result<bool> {
        Ok(sys::sockatmark(self.sys())?)
    }
}
