//! socket(2), socketpair(2), close(2), dup(2): the type that everything else hangs on.

use core::fmt;
use core::ops::{BitOr, Deref};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use crate::error::Result;
use crate::flags::SocketFlags;
use crate::number::open_number;
use crate::sys::{self, c};
use crate::{SockAddr, opt};

open_number! {
    /// The first argument of socket(2): the address family.
    ///
    /// Any number goes: `Domain::from(n)` for those without a constant here. A family that the kernel
    /// does not have is EAFNOSUPPORT.
    Domain {
        /// No family: an address of this family dissolves an association in connect(2).
        AF_UNSPEC = c::AF_UNSPEC;
        /// Sockets on this machine, by path or name: unix(7).
        AF_UNIX = c::AF_UNIX;
        /// IPv4: ip(7).
        AF_INET = c::AF_INET;
        /// IPv6: ipv6(7).
        AF_INET6 = c::AF_INET6;
        /// The kernel's own messages: netlink(7).
        AF_NETLINK = c::AF_NETLINK;
        /// Frames of the link layer: packet(7).
        AF_PACKET = c::AF_PACKET;
        /// Virtual machines and their host: vsock(7).
        AF_VSOCK = c::AF_VSOCK;
    }
}

open_number! {
    /// The second argument of socket(2): how messages behave. Flags are added with `|`, as in C:
    /// `Type::SOCK_STREAM | SocketFlags::SOCK_NONBLOCK`.
    Type {
        /// A reliable stream of bytes, in order, both ways.
        SOCK_STREAM = c::SOCK_STREAM;
        /// Single messages that may be lost or come out of order (AF_UNIX loses none).
        SOCK_DGRAM = c::SOCK_DGRAM;
        /// Single messages, reliable and in order.
        SOCK_SEQPACKET = c::SOCK_SEQPACKET;
        /// The network protocol itself: raw(7). Needs CAP_NET_RAW.
        SOCK_RAW = c::SOCK_RAW;
        /// Single messages, reliable, in any order.
        SOCK_RDM = c::SOCK_RDM;
    }
}

impl BitOr<SocketFlags> for Type {
    type Output = Type;

    #[inline]
    fn bitor(self, flags: SocketFlags) -> Type {
        Type::from_raw(self.raw() | flags.bits())
    }
}

open_number! {
    /// The third argument of socket(2): the protocol of the family and type.
    Protocol {
        /// The usual one for the family and type: 0.
        DEFAULT = 0;
        /// TCP: tcp(7).
        IPPROTO_TCP = c::IPPROTO_TCP;
        /// UDP: udp(7).
        IPPROTO_UDP = c::IPPROTO_UDP;
        /// ICMP, of IPv4: icmp(7).
        IPPROTO_ICMP = c::IPPROTO_ICMP;
        /// ICMP, of IPv6.
        IPPROTO_ICMPV6 = c::IPPROTO_ICMPV6;
        /// Send packets with a header of your own: raw(7).
        IPPROTO_RAW = c::IPPROTO_RAW;
        /// UDP with partial checksums: udplite(7).
        IPPROTO_UDPLITE = c::IPPROTO_UDPLITE;
        /// Multipath TCP.
        IPPROTO_MPTCP = c::IPPROTO_MPTCP;
    }
}

/// An open socket. All calls are methods of it; dropping it closes it.
///
/// It is nothing but an [`OwnedFd`], and converts from and to one, and from and to the socket types of
/// std. For a socket that somebody else owns there is [`BorrowedSocket`].
///
/// Every call takes `&self`: the kernel does the locking, and several threads may use one socket.
#[repr(transparent)]
pub struct Socket {
    fd: OwnedFd,
}

impl Socket {
    /// socket(2): creates a socket.
    ///
    /// Differs from C: the descriptor is close-on-exec, always.
    ///
    /// # Errors
    ///
    /// - `EAFNOSUPPORT`: no such family in this kernel.
    /// - `EINVAL`: no such type, unknown flags, or a protocol number that is out of range.
    /// - `ESOCKTNOSUPPORT`: the family has no such type.
    /// - `EPROTONOSUPPORT`: the family and type have no such protocol.
    /// - `EPERM`: `SOCK_RAW`, or `AF_PACKET`, without CAP_NET_RAW.
    /// - `EACCES`: an ICMP socket of `SOCK_DGRAM` whose group is outside `net.ipv4.ping_group_range`.
    /// - `EMFILE`, `ENFILE`: the process, or the system, has no descriptor left.
    /// - `ENOBUFS`, `ENOMEM`: no memory.
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use sockets::{Domain, Protocol, Socket, SocketFlags, Type};
    ///
    /// let tcp = Socket::socket(Domain::AF_INET, Type::SOCK_STREAM, Protocol::DEFAULT)?;
    /// let udp = Socket::socket(
    ///     Domain::AF_INET6,
    ///     Type::SOCK_DGRAM | SocketFlags::SOCK_NONBLOCK,
    ///     Protocol::IPPROTO_UDP,
    /// )?;
    /// assert!(udp.nonblocking()? && !tcp.nonblocking()?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [socket(2)](https://man7.org/linux/man-pages/man2/socket.2.html)
    #[doc(alias = "new")]
    #[inline]
    #[allow(clippy::self_named_constructors, reason = "a call has its own name, and this one's is socket")]
    pub fn socket(domain: Domain, ty: Type, protocol: Protocol) -> Result<Socket> {
        Ok(Socket { fd: sys::socket(domain.raw(), ty.raw(), protocol.raw())? })
    }

    /// socketpair(2): creates two sockets that are connected with each other.
    ///
    /// Differs from C: both descriptors are close-on-exec, always.
    ///
    /// # Errors
    ///
    /// - `EOPNOTSUPP`: the family has no pairs; on Linux `AF_UNIX` does (and `AF_TIPC`).
    /// - The errors of [`socket`](Socket::socket).
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use sockets::{Domain, Protocol, RecvFlags, SendFlags, Socket, Type};
    ///
    /// let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_SEQPACKET, Protocol::DEFAULT)?;
    /// a.send(b"one message", SendFlags::empty())?;
    /// let mut buf = [0; 64];
    /// let n = b.recv(&mut buf, RecvFlags::empty())?;
    /// assert_eq!(&buf[..n], b"one message");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [socketpair(2)](https://man7.org/linux/man-pages/man2/socketpair.2.html)
    #[doc(alias = "pair")]
    #[inline]
    pub fn socketpair(domain: Domain, ty: Type, protocol: Protocol) -> Result<(Socket, Socket)> {
        let [a, b] = sys::socketpair(domain.raw(), ty.raw(), protocol.raw(), sys::NewPair::new())?;
        Ok((Socket { fd: a }, Socket { fd: b }))
    }

    /// close(2): closes the socket and tells what drop cannot tell.
    ///
    /// Never retried: the descriptor is gone, whatever the result. With [`opt::SO_LINGER`] set the call
    /// can block, also on a socket that is non-blocking.
    ///
    /// # Errors
    ///
    /// - `EINTR`: a signal came; the descriptor is closed nevertheless.
    /// - `EIO`: as other descriptors.
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use sockets::{Domain, Protocol, Socket, Type};
    ///
    /// let socket = Socket::socket(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT)?;
    /// socket.close()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [close(2)](https://man7.org/linux/man-pages/man2/close.2.html)
    #[inline]
    pub fn close(self) -> Result<()> {
        Ok(sys::close(self.fd.into())?)
    }

    /// dup(2): a second descriptor of the same socket.
    ///
    /// The two share everything but the close-on-exec flag: options, `O_NONBLOCK`, the connection. It
    /// ends when both are closed.
    ///
    /// Differs from C: it is fcntl(2) with `F_DUPFD_CLOEXEC`, so the new descriptor is close-on-exec.
    ///
    /// # Errors
    ///
    /// - `EMFILE`: the process has no descriptor left.
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use sockets::{Domain, Protocol, Socket, Type};
    ///
    /// let socket = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// socket.bind("127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap())?;
    /// assert_eq!(socket.dup()?.getsockname()?, socket.getsockname()?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [dup(2)](https://man7.org/linux/man-pages/man2/dup.2.html),
    /// [fcntl(2)](https://man7.org/linux/man-pages/man2/fcntl.2.html)
    #[doc(alias = "try_clone")]
    #[doc(alias = "F_DUPFD_CLOEXEC")]
    #[inline]
    pub fn dup(&self) -> Result<Socket> {
        Ok(Socket { fd: sys::dup(self.sys())? })
    }

    /// The descriptor, as `sys` takes it.
    #[inline]
    pub(crate) fn sys(&self) -> sys::Fd<'_> {
        self.fd.as_fd().into()
    }
}

impl From<OwnedFd> for Socket {
    /// Takes the descriptor over. Nothing is checked: on one that is no socket every call fails with
    /// `ENOTSOCK`.
    #[inline]
    fn from(fd: OwnedFd) -> Self {
        Socket { fd }
    }
}

impl From<Socket> for OwnedFd {
    #[inline]
    fn from(socket: Socket) -> Self {
        socket.fd
    }
}

impl AsFd for Socket {
    #[inline]
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl fmt::Debug for Socket {
    /// Shows what the kernel says of the descriptor: family, type, protocol, the two addresses. What it
    /// does not say is left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |addr: Result<SockAddr>| addr.ok().filter(|addr| !addr.is_unnamed());
        let mut out = f.debug_struct("Socket");
        out.field("fd", &self.fd.as_raw_fd());
        let domain = self.getsockopt(opt::SO_DOMAIN);
        if let Ok(domain) = domain {
            out.field("domain", &domain);
        }
        if let Ok(ty) = self.getsockopt(opt::SO_TYPE) {
            out.field("type", &ty);
        }
        match (domain, self.getsockopt(opt::SO_PROTOCOL)) {
            // The names are those of the IP protocols; other families have numbers of their own.
            (Ok(Domain::AF_INET | Domain::AF_INET6), Ok(protocol)) => out.field("protocol", &protocol),
            (_, Ok(protocol)) => out.field("protocol", &protocol.raw()),
            _ => &mut out,
        };
        if let Some(addr) = named(self.getsockname()) {
            out.field("local", &format_args!("{addr}"));
        }
        if let Some(addr) = named(self.getpeername()) {
            out.field("peer", &format_args!("{addr}"));
        }
        out.finish()
    }
}

/// A [`Socket`] over a descriptor that somebody else owns: the same methods, but it closes nothing.
///
/// Made from a reference to anything that has a descriptor: the types of std, tokio or mio, an
/// [`OwnedFd`], a [`BorrowedFd`].
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use sockets::{BorrowedSocket, opt};
///
/// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// let socket = BorrowedSocket::from(&listener);
/// assert!(socket.getsockopt(opt::SO_ACCEPTCONN)?);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct BorrowedSocket<'fd>(sys::Lent<'fd>);

impl<'fd, F: AsFd> From<&'fd F> for BorrowedSocket<'fd> {
    #[inline]
    fn from(owner: &'fd F) -> Self {
        BorrowedSocket(sys::Lent::new(owner.as_fd()))
    }
}

impl<'fd> From<BorrowedFd<'fd>> for BorrowedSocket<'fd> {
    #[inline]
    fn from(fd: BorrowedFd<'fd>) -> Self {
        BorrowedSocket(sys::Lent::new(fd))
    }
}

impl Clone for BorrowedSocket<'_> {
    /// A second loan of the same descriptor.
    #[inline]
    fn clone(&self) -> Self {
        BorrowedSocket(self.0.again())
    }
}

impl AsFd for BorrowedSocket<'_> {
    #[inline]
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Deref for BorrowedSocket<'_> {
    type Target = Socket;

    #[inline]
    fn deref(&self) -> &Socket {
        &self.0
    }
}
