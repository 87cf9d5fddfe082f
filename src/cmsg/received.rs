//! The control messages that a receive has given, and the descriptors in them.

use core::fmt;
use std::os::fd::OwnedFd;

use super::walk::{Cmsgs, walk};
use super::{Cmsg, Receivable, RecvValue};
use crate::error::{Errno, Result};
use crate::sys;

/// The control messages of one [`recvmsg`](crate::Socket::recvmsg). Owns the descriptors that came in them, and closes those
/// that nobody takes.
pub struct Control<'a>(sys::Control<'a>);

impl<'a> Control<'a> {
    #[inline]
    pub(crate) fn from_sys(control: sys::Control<'a>) -> Self {
        Control(control)
    }

    /// The value of the first message of this kind: `None` if there is none, or if it does not hold what the message
    /// holds.
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use sockets::cmsg::{self, ControlBuf};
    /// use sockets::{Domain, Protocol, RecvFlags, SendFlags, Socket, Type, opt};
    ///
    /// let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// b.setsockopt(opt::SO_PASSCRED, true)?;
    /// a.send(b"it is me", SendFlags::empty())?;
    /// let mut room = ControlBuf::<{ cmsg::SCM_CREDENTIALS.space() }>::new();
    /// let mut buf = [0; 64];
    /// let message = b.recvmsg(&mut buf, &mut room, RecvFlags::empty())?;
    /// let sender = message.control.get(cmsg::SCM_CREDENTIALS).unwrap();
    /// assert_eq!(sender.pid, std::process::id() as i32);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get<T: RecvValue, D: Receivable>(&self, message: Cmsg<T, D>) -> Option<T::Output<'_>> {
        self.iter().get(message)
    }

    /// All messages, in their order, known or not.
    #[inline]
    pub fn iter(&self) -> Cmsgs<'_> {
        walk(self.as_bytes())
    }

    /// The bytes of all messages, as the kernel has written them; -1 stands where a descriptor was taken.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Is there no message?
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }

    /// Takes out the descriptors of `SCM_RIGHTS`, in their order. Those that are not taken from the iterator stay where they
    /// are, and can be taken later.
    ///
    /// They are close-on-exec.
    #[inline]
    pub fn take_fds(&mut self) -> Fds<'_, 'a> {
        Fds(&mut self.0)
    }

    /// Takes out the descriptor of the sending process (`SCM_PIDFD`), which `SO_PASSPIDFD` asks for; `None` if there is
    /// none.
    ///
    /// # Errors
    ///
    /// - `ESRCH`, `EINVAL`: the process has ended, and the kernel could make no descriptor.
    /// - `EMFILE`, `ENFILE`: too many descriptors.
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use sockets::cmsg::{self, ControlBuf};
    /// use sockets::{Domain, Errno, Protocol, RecvFlags, SendFlags, Socket, Type, opt};
    ///
    /// let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// match b.setsockopt(opt::SO_PASSPIDFD, true) {
    ///     Err(Errno::ENOPROTOOPT) => return Ok(()), // older than Linux 6.5
    ///     set => set?,
    /// }
    /// a.send(b"it is me", SendFlags::empty())?;
    /// let mut room = ControlBuf::<{ cmsg::SCM_PIDFD.space() }>::new();
    /// let mut buf = [0; 64];
    /// let mut message = b.recvmsg(&mut buf, &mut room, RecvFlags::empty())?;
    /// let process: std::os::fd::OwnedFd = message.control.take_pidfd()?.unwrap();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [unix(7)](https://man7.org/linux/man-pages/man7/unix.7.html)
    pub fn take_pidfd(&mut self) -> Result<Option<OwnedFd>> {
        self.0.take_pidfd().transpose().map_err(|number| Errno::from_raw(number.saturating_neg()))
    }
}

impl<'a> IntoIterator for &'a Control<'_> {
    type Item = super::RawCmsg<'a>;
    type IntoIter = Cmsgs<'a>;

    #[inline]
    fn into_iter(self) -> Cmsgs<'a> {
        self.iter()
    }
}

impl fmt::Debug for Control<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

/// The descriptors that came in `SCM_RIGHTS`. Made by [`Control::take_fds`].
#[derive(Debug)]
pub struct Fds<'m, 'a>(&'m mut sys::Control<'a>);

impl Iterator for Fds<'_, '_> {
    type Item = OwnedFd;

    #[inline]
    fn next(&mut self) -> Option<OwnedFd> {
        self.0.take_fd()
    }
}
