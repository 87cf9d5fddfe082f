//! sendmsg(2): bytes and control messages out.

use std::borrow::Borrow;

use crate::addr::ToSockAddr;
use crate::cmsg::ControlWriter;
use crate::error::{Errno, Result};
use crate::flags::SendFlags;
use crate::sys::{self, InAddr, SendData};
use crate::{Socket, Type, opt};

impl Socket {
    /// sendmsg(2): sends data of one or several pieces, and control messages, to the peer; returns how many bytes the
    /// kernel took.
    ///
    /// [`ControlWriter::none`] where there are no control messages.
    ///
    /// Differs from C: `MSG_NOSIGNAL` is always set, so there is no SIGPIPE. Descriptors without a byte of data on a stream are
    /// refused, because the kernel would drop them and report success; only where descriptors come without data is a
    /// getsockopt(2) made to learn whether it is a stream.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: a control message that the kernel does not take: of an unknown type, or with a value out of range; descriptors
    ///   without data on a stream.
    /// - `ENOBUFS`: more control messages than `net.core.optmem_max` lets a socket have (`ENOMEM` to a 32-bit program on a
    ///   64-bit kernel).
    /// - `ETOOMANYREFS`: more descriptors under way than the limit of open ones.
    /// - `EMSGSIZE`: more than 1024 pieces, or longer than one message can be; with `UDP_SEGMENT`, more than 128 segments.
    /// - `EPERM`: credentials that are not the sender's own; the receiver does not take descriptors.
    /// - `EIO`: `UDP_SEGMENT` on a path that cannot cut: see [`send_segments_or_each`](Socket::send_segments_or_each).
    /// - The errors of [`send`](Socket::send).
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use std::io::IoSlice;
    /// use sockets::cmsg::ControlWriter;
    /// use sockets::{Domain, Protocol, RecvFlags, SendFlags, Socket, Type};
    ///
    /// let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// let pieces = [IoSlice::new(b"head"), IoSlice::new(b"body")];
    /// assert_eq!(a.sendmsg(&pieces, &ControlWriter::none(), SendFlags::empty())?, 8);
    /// let mut buf = [0; 64];
    /// let n = b.recv(&mut buf, RecvFlags::empty())?;
    /// assert_eq!(&buf[..n], b"headbody");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [sendmsg(2)](https://man7.org/linux/man-pages/man2/send.2.html)
    #[inline]
    pub fn sendmsg(
        &self,
        data: impl SendData,
        control: &ControlWriter<'_>,
        flags: SendFlags,
    ) -> Result<usize> {
        self.send_message(data, control, flags, InAddr::none())
    }

    /// sendmsg(2) with an address: as [`sendmsg`](Socket::sendmsg), to where `to` says.
    ///
    /// # Errors
    ///
    /// Those of [`sendmsg`](Socket::sendmsg) and [`sendto`](Socket::sendto).
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use std::net::Ipv4Addr;
    /// use sockets::cmsg::{self, ControlBuf, ControlWriter};
    /// use sockets::{Domain, Protocol, SendFlags, Socket, Type};
    ///
    /// let socket = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// let mut room = ControlBuf::<{ cmsg::IP_TTL.space() }>::new();
    /// let mut control = ControlWriter::new(&mut room);
    /// control.push(cmsg::IP_TTL, 1)?;
    /// socket.sendmsg_to(b"one hop", &control, SendFlags::empty(), (Ipv4Addr::LOCALHOST, 9))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [sendmsg(2)](https://man7.org/linux/man-pages/man2/send.2.html)
    #[inline]
    pub fn sendmsg_to(
        &self,
        data: impl SendData,
        control: &ControlWriter<'_>,
        flags: SendFlags,
        to: impl ToSockAddr,
    ) -> Result<usize> {
        self.send_message(data, control, flags, to.to_sockaddr()?.borrow().sys())
    }

    #[inline]
    fn send_message(
        &self,
        data: impl SendData,
        control: &ControlWriter<'_>,
        flags: SendFlags,
        to: InAddr<'_>,
    ) -> Result<usize> {
        if control.has_descriptors() && data.is_empty() {
            self.refuse_stream()?;
        }
        Ok(sys::sendmsg(self.sys(), data, to, control.sys(), flags.lent()?)?)
    }

    /// Descriptors travel with data: on a stream without data, nowhere.
    #[cold]
    pub(crate) fn refuse_stream(&self) -> Result<()> {
        if self.getsockopt(opt::SO_TYPE)? == Type::SOCK_STREAM { Err(Errno::EINVAL) } else { Ok(()) }
    }
}
