//! AF_INET and AF_INET6: `struct sockaddr_in` and `struct sockaddr_in6` (ip(7), ipv6(7)).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use super::{SockAddr, ToSockAddr};
use crate::error::{Errno, Result};
use crate::sys::{self, c};

impl SockAddr {
    /// The IPv4 address, if it is one.
    #[inline]
    pub fn as_ipv4(&self) -> Option<SocketAddrV4> {
        let addr: c::sockaddr_in = self.structure(c::AF_INET)?;
        // The kernel has port and address in network order.
        let ip = Ipv4Addr::from(addr.sin_addr.s_addr.to_ne_bytes());
        Some(SocketAddrV4::new(ip, u16::from_be(addr.sin_port)))
    }

    /// The IPv6 address, if it is one.
    ///
    /// Flow information: the kernel has it in network order, this library in host order, as the port. (std
    /// takes and gives it in network order.)
    #[inline]
    pub fn as_ipv6(&self) -> Option<SocketAddrV6> {
        let addr: c::sockaddr_in6 = self.structure(c::AF_INET6)?;
        let ip = Ipv6Addr::from(addr.sin6_addr.s6_addr);
        let (port, flowinfo) = (u16::from_be(addr.sin6_port), u32::from_be(addr.sin6_flowinfo));
        Some(SocketAddrV6::new(ip, port, flowinfo, addr.sin6_scope_id))
    }

    /// The IP address of either version, if it is one.
    ///
    /// ```
    /// use sockets::SockAddr;
    ///
    /// let addr: SockAddr = "127.0.0.1:80".parse().unwrap();
    /// assert_eq!(addr.as_socket(), Some(std::net::SocketAddr::from(([127, 0, 0, 1], 80))));
    /// ```
    #[inline]
    pub fn as_socket(&self) -> Option<SocketAddr> {
        match self.as_ipv4() {
            Some(v4) => Some(v4.into()),
            None => self.as_ipv6().map(SocketAddr::from),
        }
    }

    /// The port of an IP address. On a raw socket this field has no meaning.
    #[inline]
    pub fn port(&self) -> Option<u16> {
        port(self.as_bytes())
    }
}

/// The port in the bytes of an address.
#[inline]
pub(crate) fn port(addr: &[u8]) -> Option<u16> {
    // The length first: it covers the family too, which is then read without a second check.
    let [f0, f1, p0, p1] = *addr.first_chunk()?;
    match c::sa_family_t::from_ne_bytes([f0, f1]).into() {
        c::AF_INET | c::AF_INET6 => Some(u16::from_be_bytes([p0, p1])),
        _ => None,
    }
}

impl From<SocketAddrV4> for SockAddr {
    #[inline]
    fn from(addr: SocketAddrV4) -> Self {
        SockAddr(sys::Storage::from_pod(c::sockaddr_in {
            sin_family: c::AF_INET as c::sa_family_t,
            sin_port: addr.port().to_be(),
            sin_addr: c::in_addr { s_addr: u32::from_ne_bytes(addr.ip().octets()) },
            sin_zero: [0; 8],
        }))
    }
}

impl From<SocketAddrV6> for SockAddr {
    /// Takes the flow information in host order, as [`SockAddr::as_ipv6`] gives it. (std has it in network
    /// order: swap it if it is not 0 and comes from there.)
    #[inline]
    fn from(addr: SocketAddrV6) -> Self {
        SockAddr(sys::Storage::from_pod(c::sockaddr_in6 {
            sin6_family: c::AF_INET6 as c::sa_family_t,
            sin6_port: addr.port().to_be(),
            sin6_flowinfo: addr.flowinfo().to_be(),
            sin6_addr: c::in6_addr { s6_addr: addr.ip().octets() },
            sin6_scope_id: addr.scope_id(),
        }))
    }
}

impl From<SocketAddr> for SockAddr {
    #[inline]
    fn from(addr: SocketAddr) -> Self {
        match addr {
            SocketAddr::V4(v4) => v4.into(),
            SocketAddr::V6(v6) => v6.into(),
        }
    }
}

impl TryFrom<&SockAddr> for SocketAddr {
    type Error = Errno;

    /// [`SockAddr::as_socket`]; `EAFNOSUPPORT` if it is no IP address.
    fn try_from(addr: &SockAddr) -> Result<SocketAddr> {
        addr.as_socket().ok_or(Errno::EAFNOSUPPORT)
    }
}

/// A pair is an address and a port; IPv6 without flow information and scope.
macro_rules! pair {
    ($($ip:ident => $addr:expr;)+) => {
        $(
            impl From<($ip, u16)> for SockAddr {
                #[inline]
                fn from((ip, port): ($ip, u16)) -> Self {
                    $addr(ip, port).into()
                }
            }
        )+
    };
}

pair! {
    Ipv4Addr => SocketAddrV4::new;
    Ipv6Addr => |ip, port| SocketAddrV6::new(ip, port, 0, 0);
    IpAddr => SocketAddr::new;
}

/// What always has an encoding.
macro_rules! to_sockaddr {
    ($($type:ty),+) => {
        $(
            impl ToSockAddr for $type {
                type Encoded<'a> = SockAddr;

                #[inline]
                fn to_sockaddr(&self) -> Result<SockAddr> {
                    Ok((*self).into())
                }
            }
        )+
    };
}

to_sockaddr!(SocketAddr, SocketAddrV4, SocketAddrV6, (Ipv4Addr, u16), (Ipv6Addr, u16), (IpAddr, u16));
