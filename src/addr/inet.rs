//! AF_INET and AF_INET6: `struct sockaddr_in` and `struct sockaddr_in6` (ip(7), ipv6(7)).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use super::{SockAddr, ToSockAddr};
use crate::error::Result;
use crate::sys::{self, c};

/// `sizeof(struct sockaddr_in)`: family, port, address, 8 bytes of padding.
const IN_SIZE: usize = size_of::<c::sockaddr_in>();
/// `sizeof(struct sockaddr_in6)`: family, port, flow information, address, scope.
const IN6_SIZE: usize = size_of::<c::sockaddr_in6>();

/// The `N` bytes at `AT`; both are known when this is compiled, so there is nothing to check.
#[inline]
fn field<const AT: usize, const N: usize, const SIZE: usize>(bytes: &[u8; SIZE]) -> [u8; N] {
    const { assert!(AT + N <= SIZE) };
    core::array::from_fn(|i| bytes[AT + i])
}

/// Puts bytes at `AT`; both are known when this is compiled, so there is nothing to check.
#[inline]
fn put<const AT: usize, const N: usize, const SIZE: usize>(bytes: &mut [u8; SIZE], value: [u8; N]) {
    const { assert!(AT + N <= SIZE) };
    bytes[AT..AT + N].copy_from_slice(&value);
}

impl SockAddr {
    /// The IPv4 address, if it is one.
    #[inline]
    pub fn as_ipv4(&self) -> Option<SocketAddrV4> {
        let bytes: &[u8; IN_SIZE] = self.inet_bytes(c::AF_INET)?;
        let ip = Ipv4Addr::from(field::<4, 4, _>(bytes));
        Some(SocketAddrV4::new(ip, u16::from_be_bytes(field::<2, 2, _>(bytes))))
    }

    /// The IPv6 address, if it is one.
    ///
    /// Flow information: the kernel has it in network order, this library in host order, as the port. (std
    /// takes and gives it in network order.)
    #[inline]
    pub fn as_ipv6(&self) -> Option<SocketAddrV6> {
        let bytes: &[u8; IN6_SIZE] = self.inet_bytes(c::AF_INET6)?;
        let ip = Ipv6Addr::from(field::<8, 16, _>(bytes));
        let port = u16::from_be_bytes(field::<2, 2, _>(bytes));
        let flowinfo = u32::from_be_bytes(field::<4, 4, _>(bytes));
        let scope_id = u32::from_ne_bytes(field::<24, 4, _>(bytes));
        Some(SocketAddrV6::new(ip, port, flowinfo, scope_id))
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
        // The length first: it covers the family too, which is then read without a second check.
        let [f0, f1, p0, p1] = *self.as_bytes().first_chunk()?;
        match c::sa_family_t::from_ne_bytes([f0, f1]).into() {
            c::AF_INET | c::AF_INET6 => Some(u16::from_be_bytes([p0, p1])),
            _ => None,
        }
    }

    /// The first `SIZE` bytes, if the family is this one and there are as many.
    #[inline]
    fn inet_bytes<const SIZE: usize>(&self, family: i32) -> Option<&[u8; SIZE]> {
        // The length first, as in `port`.
        let bytes = self.as_bytes().first_chunk()?;
        if i32::from(self.sa_family()) == family { Some(bytes) } else { None }
    }
}

impl From<SocketAddrV4> for SockAddr {
    #[inline]
    fn from(addr: SocketAddrV4) -> Self {
        let mut bytes = [0; IN_SIZE];
        put::<0, 2, _>(&mut bytes, (c::AF_INET as c::sa_family_t).to_ne_bytes());
        put::<2, 2, _>(&mut bytes, addr.port().to_be_bytes());
        put::<4, 4, _>(&mut bytes, addr.ip().octets());
        SockAddr(sys::Storage::from_array(bytes))
    }
}

impl From<SocketAddrV6> for SockAddr {
    #[inline]
    fn from(addr: SocketAddrV6) -> Self {
        let mut bytes = [0; IN6_SIZE];
        put::<0, 2, _>(&mut bytes, (c::AF_INET6 as c::sa_family_t).to_ne_bytes());
        put::<2, 2, _>(&mut bytes, addr.port().to_be_bytes());
        put::<4, 4, _>(&mut bytes, addr.flowinfo().to_be_bytes());
        put::<8, 16, _>(&mut bytes, addr.ip().octets());
        put::<24, 4, _>(&mut bytes, addr.scope_id().to_ne_bytes());
        SockAddr(sys::Storage::from_array(bytes))
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
