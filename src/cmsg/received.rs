//! The control messages that a receive has given, and the descriptors in them.

use core::fmt;
use core::marker::PhantomData;
use std::os::fd::OwnedFd;

use super::walk::{Cmsgs, walk};
use super::{Cmsg, Receivable, RecvValue};
use crate::error::{Errno, Result};
use crate::sys::{self, Holder};

/// The control messages of one [`recvmsg`](crate::Socket::recvmsg), or of one message of a [`RecvBatch`](crate::RecvBatch).
///
/// The descriptors that came in them have an owner, `H`: the messages of a `recvmsg` close those that nobody takes when they are
/// dropped; those of a batch, the batch closes.
pub struct Control<'a, H = sys::Control<'a>> {
    holder: H,
    room: PhantomData<&'a mut [u8]>,
}

impl<H: Holder> Control<'_, H> {
    #[inline]
    pub(crate) fn from_sys(holder: H) -> Self {
        Control { holder, room: PhantomData }
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
        self.holder.as_bytes()
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
    pub fn take_fds(&mut self) -> Fds<'_, H> {
        Fds(&mut self.holder)
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
        self.holder.take_pidfd().transpose().map_err(|number| Errno::from_raw(number.saturating_neg()))
    }
}

impl<H: Holder> AsRef<[u8]> for Control<'_, H> {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl<'a, H: Holder> IntoIterator for &'a Control<'_, H> {
    type Item = super::RawCmsg<'a>;
    type IntoIter = Cmsgs<'a>;

    #[inline]
    fn into_iter(self) -> Cmsgs<'a> {
        self.iter()
    }
}

impl<H: Holder> fmt::Debug for Control<'_, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

/// The descriptors that came in `SCM_RIGHTS`. Made by [`Control::take_fds`].
pub struct Fds<'m, H>(&'m mut H);

impl<H: Holder> Iterator for Fds<'_, H> {
    type Item = OwnedFd;

    #[inline]
    fn next(&mut self) -> Option<OwnedFd> {
        self.0.take_fd()
    }
}

impl<H: Holder> fmt::Debug for Fds<'_, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fds")
    }
}
