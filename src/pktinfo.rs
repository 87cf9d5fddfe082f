//! Answers from the address that was asked: IP_PKTINFO and IPV6_PKTINFO, whichever the socket has.

use crate::addr::ToSockAddr;
use crate::cmsg::{ControlBuf, ControlWriter};
use crate::error::Result;
use crate::flags::{RecvFlags, SendFlags};
use crate::sys::{self, PacketInfo, RecvData, SendData};
use crate::{Message, Socket};

impl Socket {
    /// setsockopt(2) `IP_PKTINFO`, `IPV6_RECVPKTINFO`, after getsockopt(2) `SO_DOMAIN`, `IPV6_V6ONLY`: makes datagrams tell where they
    /// came to.
    ///
    /// A socket of IPv6 that takes IPv4 too gets both.
    ///
    /// # Errors
    ///
    /// - `EAFNOSUPPORT`: not a socket of IPv4 or IPv6.
    /// - `ENOTSOCK`: not a socket.
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use std::net::Ipv4Addr;
    /// use sockets::{Domain, Protocol, RecvFlags, SendFlags, Socket, Type};
    ///
    /// let server = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// server.bind((Ipv4Addr::UNSPECIFIED, 0))?;
    /// server.set_pktinfo(true)?;
    /// let port = server.getsockname()?.port().unwrap_or(0);
    ///
    /// // The client has connected: it takes answers from the address that it asked, and from no other.
    /// let client = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// client.connect((Ipv4Addr::new(127, 0, 0, 2), port))?;
    /// client.send(b"question", SendFlags::empty())?;
    ///
    /// let mut buf = [0; 64];
    /// let (question, info) = server.recvfrom_pktinfo(&mut buf, RecvFlags::empty())?;
    /// assert_eq!(question.data, b"question");
    /// assert_eq!(info.local, Some(Ipv4Addr::new(127, 0, 0, 2).into()));
    /// server.sendto_pktinfo(b"answer", SendFlags::empty(), &question.addr, &info)?;
    ///
    /// let n = client.recv(&mut buf, RecvFlags::empty())?;
    /// assert_eq!(&buf[..n], b"answer");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [ip(7)](https://man7.org/linux/man-pages/man7/ip.7.html),
    /// [ipv6(7)](https://man7.org/linux/man-pages/man7/ipv6.7.html)
    pub fn set_pktinfo(&self, on: bool) -> Result<()> {
        Ok(sys::set_pktinfo(self.sys(), on)?)
    }

    /// recvmsg(2): receives a datagram, and tells where it came to.
    ///
    /// [`set_pktinfo`](Socket::set_pktinfo) asks for it. Control messages that other options ask for are left out, and descriptors closed:
    /// [`recvmsg`](Socket::recvmsg) and [`PacketInfo::of`] are for those who want them.
    ///
    /// # Errors
    ///
    /// Those of [`recvmsg`](Socket::recvmsg).
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use std::net::Ipv4Addr;
    /// use sockets::{Domain, Protocol, RecvFlags, SendFlags, Socket, Type};
    ///
    /// let socket = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// socket.bind((Ipv4Addr::LOCALHOST, 0))?;
    /// socket.set_pktinfo(true)?;
    /// socket.sendto(b"where?", SendFlags::empty(), socket.getsockname()?)?;
    /// let mut buf = [0; 64];
    /// let (message, info) = socket.recvfrom_pktinfo(&mut buf, RecvFlags::empty())?;
    /// assert_eq!(message.data, b"where?");
    /// assert_eq!(info.local, Some(Ipv4Addr::LOCALHOST.into()));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [ip(7)](https://man7.org/linux/man-pages/man7/ip.7.html)
    #[inline]
    pub fn recvfrom_pktinfo<B: RecvData>(
        &self,
        data: B,
        flags: RecvFlags,
    ) -> Result<(Message<B::Output, ()>, PacketInfo)> {
        let mut room = ControlBuf::<{ PacketInfo::ROOM + MORE }>::new();
        let Message { data, len, true_len, flags, addr, control } = self.recvmsg(data, &mut room, flags)?;
        let info = PacketInfo::of(control.iter());
        Ok((Message { data, len, true_len, flags, addr, control: () }, info))
    }

    /// sendmsg(2): sends a datagram to an address, from an address of this machine.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: not an address of this machine; IPv6: no such interface.
    /// - `ENETUNREACH`, `EADDRNOTAVAIL`: the same, as other kernels say it.
    /// - `ENODEV`: no such interface.
    /// - The errors of [`sendmsg`](Socket::sendmsg) and [`sendto`](Socket::sendto).
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use std::net::Ipv4Addr;
    /// use sockets::{Domain, PacketInfo, Protocol, RecvFlags, SendFlags, Socket, Type};
    ///
    /// let socket = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// socket.bind((Ipv4Addr::UNSPECIFIED, 0))?;
    /// let to = (Ipv4Addr::LOCALHOST, socket.getsockname()?.port().unwrap_or(0));
    /// let local = Ipv4Addr::new(127, 0, 0, 2);
    /// let from = PacketInfo { local: Some(local.into()), ..PacketInfo::default() };
    /// socket.sendto_pktinfo(b"from there", SendFlags::empty(), to, &from)?;
    /// let (_, sender) = socket.recvfrom(&mut [0; 64], RecvFlags::empty())?;
    /// assert_eq!(sender.as_ipv4().map(|addr| *addr.ip()), Some(local));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [ip(7)](https://man7.org/linux/man-pages/man7/ip.7.html)
    #[inline]
    pub fn sendto_pktinfo(
        &self,
        data: impl SendData,
        flags: SendFlags,
        to: impl ToSockAddr,
        from: &PacketInfo,
    ) -> Result<usize> {
        let mut room = ControlBuf::<{ PacketInfo::ROOM }>::new();
        let mut control = ControlWriter::new(&mut room);
        from.push(&mut control)?;
        self.sendmsg_to(data, &control, flags, to)
    }
}

/// Room for what other options may ask for, so that they do not crowd this out.
const MORE: usize = 256;
