//! Socket addresses: one type for every family, and views of it.
//!
//! A family is one file: how its bytes become a value and back. To add one, write the file, add its
//! variant to [`Addr`] and its line to [`SockAddr::view`], and its text form to `text`.

mod forms;
mod inet;
mod link;
mod netlink;
mod text;
mod unix;
mod vsock;

use core::cmp::Ordering;
use core::ffi::c_int;
use core::fmt;
use core::hash::{Hash, Hasher};
use std::borrow::Borrow;
use std::net::{SocketAddrV4, SocketAddrV6};

use crate::Domain;
use crate::error::{Errno, Result};
use crate::sys::{self, c};

pub(crate) use inet::port;
pub use link::{EtherType, HardwareAddr, HardwareType, LinkAddr, PacketType};
pub use netlink::NetlinkAddr;
pub use unix::UnixAddr;
pub use vsock::VsockAddr;

/// A socket address of any family: `struct sockaddr_storage` and its length.
///
/// The kernel writes it in place and it is decoded when somebody looks: [`view`](SockAddr::view) and
/// the `as_` methods. A family that has no view here is kept as bytes; nothing is lost.
///
/// Addresses compare and hash by family and bytes. `Display` writes and `FromStr` reads these forms, and for
/// addresses as the kernel gives them the one undoes the other (but for zeros behind the hardware address of a packet
/// socket, which getsockname(2) leaves out):
///
/// | text | address |
/// |---|---|
/// | `127.0.0.1:80` | IPv4 |
/// | `[::1]:80`, `[fe80::1%2]:80`, `[fe80::1%eth0]:80` (parsed; printed as the number) | IPv6; the flow information is not printed |
/// | `unix:/run/x.sock` | `AF_UNIX` path |
/// | `unix:@name` | `AF_UNIX` abstract name |
/// | `unix:` | `AF_UNIX`, no name |
/// | `link:02:00:00:00:00:01%2/0x0806` | `AF_PACKET`: hardware address, interface (a name is parsed too), protocol; each may be missing. `,hatype=1,pkttype=4` may follow |
/// | `vsock:3:1024`, `vsock:any:any` | `AF_VSOCK`: context and port. `,flags=1` may follow |
/// | `netlink:4711:0x00000001` | `AF_NETLINK`: port and groups |
/// | `af:17:00000a00` | any other family: its number and the bytes behind it. Always read, for every family; a family that gets a form of its own in a later version is written in that |
///
/// In Unix names `\\` is a backslash and `\xHH` any byte; what is not printable is written so. Width and fill of
/// the formatter are not heeded.
///
/// ```
/// use sockets::{Addr, SockAddr, UnixAddr};
///
/// let addr: SockAddr = "[::1]:443".parse().unwrap();
/// assert_eq!(addr.port(), Some(443));
/// assert!(matches!(addr.view(), Addr::V6(v6) if v6.ip().is_loopback()));
///
/// let addr: SockAddr = r"unix:@a\x00b".parse().unwrap();
/// assert_eq!(addr.as_unix(), Some(UnixAddr::Abstract(b"a\0b")));
/// ```
///
/// It is 132 bytes, and no `Copy`: pass `&addr` to calls, and it goes to the kernel as it stands.
#[derive(Clone)]
#[repr(transparent)]
pub struct SockAddr(sys::Storage);

/// What a [`SockAddr`] holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Addr<'a> {
    /// IPv4.
    V4(SocketAddrV4),
    /// IPv6. The flow information is in host order, as the scope always is.
    V6(SocketAddrV6),
    /// `AF_UNIX`.
    Unix(UnixAddr<'a>),
    /// `AF_PACKET`.
    Link(LinkAddr),
    /// `AF_VSOCK`.
    Vsock(VsockAddr),
    /// `AF_NETLINK`.
    Netlink(NetlinkAddr),
    /// Anything else, and addresses too short for their family.
    Other {
        /// The family, or `AF_UNSPEC` if the address has not even that.
        family: Domain,
        /// What follows the family.
        data: &'a [u8],
    },
}

impl SockAddr {
    /// No address, of length 0: what the kernel gives where there is none.
    pub const EMPTY: SockAddr = SockAddr(sys::Storage::empty());

    /// The address of these bytes, which are laid out as the system's `struct sockaddr`: on Linux, the family
    /// in host order comes first. They are not looked at: what the kernel makes of them is what it makes
    /// of them in C, a path with a NUL inside included.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: more than 128 bytes, or exactly one.
    ///
    /// ```
    /// use sockets::{Domain, SockAddr};
    ///
    /// let mut bluetooth = [0; 10];
    /// bluetooth[..2].copy_from_slice(&31_u16.to_ne_bytes());
    /// assert_eq!(SockAddr::from_bytes(&bluetooth).unwrap().family(), Domain::from(31));
    /// ```
    pub fn from_bytes(bytes: &[u8]) -> Result<SockAddr> {
        if bytes.len() == 1 {
            return Err(Errno::EINVAL);
        }
        sys::Storage::from_bytes(bytes).map(SockAddr).ok_or(Errno::EINVAL)
    }

    /// The bytes, which begin with the family: what C has at its `struct sockaddr *`.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The family: `sa_family`, or `AF_UNSPEC` if there is no address.
    #[inline]
    pub fn family(&self) -> Domain {
        Domain::from_raw(self.sa_family().into())
    }

    #[inline]
    fn sa_family(&self) -> c::sa_family_t {
        match self.as_bytes().first_chunk() {
            Some(family) => c::sa_family_t::from_ne_bytes(*family),
            None => c::AF_UNSPEC as c::sa_family_t,
        }
    }

    /// The structure of a family, if it is that family and there are as many bytes.
    #[inline]
    fn structure<T: sys::Pod>(&self, family: c_int) -> Option<T> {
        if c_int::from(self.sa_family()) == family { self.0.to_pod() } else { None }
    }

    /// What follows the family.
    fn data(&self) -> &[u8] {
        self.as_bytes().get(size_of::<c::sa_family_t>()..).unwrap_or_default()
    }

    /// The address, decoded.
    pub fn view(&self) -> Addr<'_> {
        let decoded = match self.family() {
            Domain::AF_INET => self.as_ipv4().map(Addr::V4),
            Domain::AF_INET6 => self.as_ipv6().map(Addr::V6),
            Domain::AF_UNIX => self.as_unix().map(Addr::Unix),
            Domain::AF_PACKET => self.as_link().map(Addr::Link),
            Domain::AF_VSOCK => self.as_vsock().map(Addr::Vsock),
            Domain::AF_NETLINK => self.as_netlink().map(Addr::Netlink),
            _ => None,
        };
        decoded.unwrap_or(Addr::Other { family: self.family(), data: self.data() })
    }

    /// Does this name nobody: no address at all, or a Unix address without a name?
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use sockets::{Domain, Protocol, RecvFlags, SendFlags, Socket, Type};
    ///
    /// let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// a.send(b"who am I?", SendFlags::empty())?;
    /// let (_, from) = b.recvfrom(&mut [0; 64], RecvFlags::empty())?;
    /// assert!(from.is_unnamed());
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn is_unnamed(&self) -> bool {
        self.0.is_empty() || self.as_unix() == Some(UnixAddr::Unnamed)
    }

    #[inline]
    pub(crate) fn from_sys(storage: sys::Storage) -> Self {
        SockAddr(storage)
    }

    #[inline]
    pub(crate) fn storage(&self) -> &sys::Storage {
        &self.0
    }

    #[inline]
    pub(crate) fn sys(&self) -> sys::InAddr<'_> {
        (&self.0).into()
    }
}

impl Default for SockAddr {
    /// [`SockAddr::EMPTY`].
    fn default() -> Self {
        SockAddr::EMPTY
    }
}

impl PartialEq for SockAddr {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for SockAddr {}

impl PartialOrd for SockAddr {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SockAddr {
    /// By family, then by bytes: the same order on every machine.
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |addr: &Self| (addr.family(), addr.as_bytes().len().min(1));
        key(self).cmp(&key(other)).then_with(|| self.data().cmp(other.data()))
    }
}

impl Hash for SockAddr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl fmt::Debug for SockAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SockAddr({self})")
    }
}

/// What can be passed where an address is wanted.
///
/// Implemented for [`SockAddr`], [`UnixAddr`], [`LinkAddr`], [`VsockAddr`], [`NetlinkAddr`], the addresses of std (IP and Unix), `(ip, port)` pairs,
/// and paths. An address that breaks the rules of its family is refused with the errno that
/// [`Socket::bind`](crate::Socket::bind) lists.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a socket address",
    note = "text is not taken for an address: use `\"127.0.0.1:80\".parse::<sockets::SockAddr>()?`"
)]
pub trait ToSockAddr {
    /// The address, made or borrowed.
    type Encoded<'a>: Borrow<SockAddr>
    where
        Self: 'a;

    /// Encodes the address.
    ///
    /// # Errors
    ///
    /// - `EINVAL`, `ENAMETOOLONG`: see [`UnixAddr`].
    fn to_sockaddr(&self) -> Result<Self::Encoded<'_>>;
}

impl ToSockAddr for SockAddr {
    type Encoded<'a> = &'a SockAddr;

    #[inline]
    fn to_sockaddr(&self) -> Result<&SockAddr> {
        Ok(self)
    }
}

impl<T: ToSockAddr + ?Sized> ToSockAddr for &T {
    type Encoded<'a>
        = T::Encoded<'a>
    where
        Self: 'a;

    #[inline]
    fn to_sockaddr(&self) -> Result<T::Encoded<'_>> {
        (**self).to_sockaddr()
    }
}
