//! AF_NETLINK: `struct sockaddr_nl` (netlink(7)).

use super::{SockAddr, ToSockAddr};
use crate::error::Result;
use crate::sys::{self, c};

/// The address of sockets that talk with the kernel.
///
/// ```
/// # fn main() -> sockets::Result<()> {
/// use sockets::{Domain, NetlinkAddr, Protocol, Socket, Type};
///
/// let socket = Socket::socket(Domain::AF_NETLINK, Type::SOCK_RAW, Protocol::DEFAULT)?;
/// socket.bind(NetlinkAddr::default())?;
/// // The kernel has chosen a port.
/// assert!(socket.getsockname()?.as_netlink().unwrap().pid != 0);
/// # Ok(())
/// # }
/// ```
///
/// [netlink(7)](https://man7.org/linux/man-pages/man7/netlink.7.html)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct NetlinkAddr {
    /// The port: 0 is the kernel; in bind(2), any that is free.
    pub pid: u32,
    /// The groups: a bit for each of the first 32.
    pub groups: u32,
}

impl NetlinkAddr {
    /// A port, and groups.
    pub const fn new(pid: u32, groups: u32) -> NetlinkAddr {
        NetlinkAddr { pid, groups }
    }
}

impl SockAddr {
    /// The address of a socket that talks with the kernel, if it is one.
    pub fn as_netlink(&self) -> Option<NetlinkAddr> {
        let raw: c::sockaddr_nl = self.structure(c::AF_NETLINK)?;
        Some(NetlinkAddr { pid: raw.nl_pid, groups: raw.nl_groups })
    }
}

impl From<NetlinkAddr> for SockAddr {
    fn from(addr: NetlinkAddr) -> Self {
        SockAddr(sys::Storage::from_pod(c::sockaddr_nl {
            nl_family: c::AF_NETLINK as c::sa_family_t,
            nl_pad: 0,
            nl_pid: addr.pid,
            nl_groups: addr.groups,
        }))
    }
}

impl ToSockAddr for NetlinkAddr {
    type Encoded<'a> = SockAddr;

    fn to_sockaddr(&self) -> Result<SockAddr> {
        Ok((*self).into())
    }
}
