//! Control messages to send, written into room that the caller has.

use core::fmt;
use core::marker::PhantomData;
use std::os::fd::BorrowedFd;

use super::walk::{HEADER, align, walk};
use super::{Cmsg, SendValue, Sendable};
use crate::error::{Errno, Result};
use crate::sys::{self, Pod, c};

/// Writes the control messages of one [`sendmsg`](crate::Socket::sendmsg) into a buffer.
///
/// ```
/// # fn main() -> sockets::Result<()> {
/// use sockets::cmsg::{self, ControlBuf, ControlWriter};
/// use sockets::{Domain, Protocol, RecvFlags, SendFlags, Socket, Type};
/// use std::os::fd::AsFd;
///
/// let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT)?;
/// let file = std::fs::File::open("/dev/null").unwrap();
///
/// let mut room = ControlBuf::<{ cmsg::SCM_RIGHTS.space_of(1) }>::new();
/// let mut control = ControlWriter::new(&mut room);
/// control.push(cmsg::SCM_RIGHTS, &[file.as_fd()])?;
/// a.sendmsg(b"here", &control, SendFlags::empty())?;
/// # Ok(())
/// # }
/// ```
pub struct ControlWriter<'a> {
    room: &'a mut [u8],
    used: usize,
    has_descriptors: bool,
    descriptors: PhantomData<BorrowedFd<'a>>,
}

impl<'a> ControlWriter<'a> {
    /// A writer that has written nothing. [`ControlBuf`](super::ControlBuf) is room of the right alignment for C; here any
    /// bytes will do.
    #[inline]
    pub const fn new(room: &'a mut [u8]) -> Self {
        ControlWriter { room, used: 0, has_descriptors: false, descriptors: PhantomData }
    }

    /// No control messages, and no room for any.
    #[inline]
    pub const fn none() -> Self {
        ControlWriter::new(&mut [])
    }

    /// A writer that goes on behind so many bytes that were written to the room before.
    #[inline]
    pub(crate) fn resume(room: &'a mut [u8], used: usize) -> Self {
        ControlWriter { used: used.min(room.len()), ..ControlWriter::new(room) }
    }

    /// Writes a message behind those that are there.
    ///
    /// # Errors
    ///
    /// - `ENOBUFS`: no room; nothing was written.
    /// - `EINVAL`: the value cannot be sent: more than 253 descriptors, an interface index above `i32::MAX`.
    #[inline]
    pub fn push<'t, T: SendValue, D: Sendable>(
        &mut self,
        message: Cmsg<T, D>,
        value: T::Input<'t, 'a>,
    ) -> Result<()>
    where
        'a: 't,
    {
        self.push_lent(message, value)
    }

    /// The same for descriptors that somebody else vouches for.
    #[inline]
    pub(crate) fn push_lent<'t, 'fd: 't, T: SendValue, D: Sendable>(
        &mut self,
        message: Cmsg<T, D>,
        value: T::Input<'t, 'fd>,
    ) -> Result<()> {
        let size = T::size(&value)?;
        let rest = self.room.get_mut(self.used..).unwrap_or_default();
        let (Some(total), room) = (HEADER.checked_add(size), rest.len()) else { return Err(Errno::EINVAL) };
        let Some((header, data)) = rest.get_mut(..total).and_then(|place| place.split_at_mut_checked(HEADER))
        else {
            return Err(Errno::ENOBUFS);
        };
        let raw = c::cmsghdr { cmsg_len: total, cmsg_level: message.level(), cmsg_type: message.number() };
        header.copy_from_slice(raw.bytes());
        T::encode(value, data);
        // The padding of the last one may be missing.
        self.used += align(total).min(room);
        self.has_descriptors |= T::DESCRIPTORS;
        Ok(())
    }

    /// Forgets what was written.
    #[inline]
    pub fn clear(&mut self) {
        self.used = 0;
        self.has_descriptors = false;
    }

    /// What was written, as it goes to the kernel.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.room.get(..self.used).unwrap_or_default()
    }

    /// Was nothing written?
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// Is there a descriptor in it?
    #[inline]
    pub(crate) fn has_descriptors(&self) -> bool {
        self.has_descriptors
    }

    #[inline]
    pub(crate) fn sys(&self) -> sys::InBuf<'_> {
        self.as_bytes().into()
    }
}

impl fmt::Debug for ControlWriter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(walk(self.as_bytes())).finish()
    }
}
