//! fcntl(2): the two flags of a descriptor that matter to sockets.

use crate::Socket;
use crate::error::Result;
use crate::sys;

impl Socket {
    /// fcntl(2) `F_GETFL`: does the socket return `EAGAIN` (`O_NONBLOCK`) where it would block?
    ///
    /// # Errors
    ///
    /// None on an open descriptor.
    ///
    /// See [`set_nonblocking`](Socket::set_nonblocking) for an example.
    /// [fcntl(2)](https://man7.org/linux/man-pages/man2/fcntl.2.html)
    #[doc(alias = "O_NONBLOCK")]
    #[inline]
    pub fn nonblocking(&self) -> Result<bool> {
        Ok(sys::nonblocking(self.sys())?)
    }

    /// ioctl(2) `FIONBIO`: sets or clears `O_NONBLOCK`, and touches no other flag.
    ///
    /// The flag belongs to the open socket, not to the descriptor: all descriptors of it, also in other
    /// processes, change with it.
    ///
    /// Differs from C: one call, where fcntl(2) needs two that can be torn apart.
    ///
    /// # Errors
    ///
    /// None on an open descriptor.
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use sockets::{Domain, Errno, Protocol, RecvFlags, Socket, Type};
    ///
    /// let (a, _b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT)?;
    /// assert!(!a.nonblocking()?);
    /// a.set_nonblocking(true)?;
    /// assert_eq!(a.recv(&mut [0; 1], RecvFlags::empty()).unwrap_err(), Errno::EAGAIN);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [ioctl(2)](https://man7.org/linux/man-pages/man2/ioctl.2.html)
    #[doc(alias = "FIONBIO")]
    #[doc(alias = "O_NONBLOCK")]
    #[inline]
    pub fn set_nonblocking(&self, on: bool) -> Result<()> {
        Ok(sys::set_nonblocking(self.sys(), on)?)
    }

    /// fcntl(2) `F_GETFD`: is the descriptor closed on exec (`FD_CLOEXEC`)?
    ///
    /// # Errors
    ///
    /// None on an open descriptor.
    ///
    /// See [`set_cloexec`](Socket::set_cloexec) for an example.
    /// [fcntl(2)](https://man7.org/linux/man-pages/man2/fcntl.2.html)
    #[doc(alias = "FD_CLOEXEC")]
    #[inline]
    pub fn cloexec(&self) -> Result<bool> {
        Ok(sys::cloexec(self.sys())?)
    }

    /// ioctl(2) `FIOCLEX`, `FIONCLEX`: sets or clears `FD_CLOEXEC`.
    ///
    /// Every socket of this library has it set. Clear it to hand a socket to a program that is started
    /// next; better, let the child do that between fork and exec, so that no other child gets it too.
    ///
    /// # Errors
    ///
    /// None on an open descriptor.
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use sockets::{Domain, Protocol, Socket, Type};
    ///
    /// let socket = Socket::socket(Domain::AF_INET, Type::SOCK_STREAM, Protocol::DEFAULT)?;
    /// assert!(socket.cloexec()?);
    /// socket.set_cloexec(false)?;
    /// assert!(!socket.cloexec()?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [ioctl(2)](https://man7.org/linux/man-pages/man2/ioctl.2.html)
    #[doc(alias = "FD_CLOEXEC")]
    #[inline]
    pub fn set_cloexec(&self, on: bool) -> Result<()> {
        Ok(sys::set_cloexec(self.sys(), on)?)
    }
}
