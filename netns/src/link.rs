//! Links, addresses and routes in the network namespace of the calling thread.

use std::ffi::CString;
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsRawFd, BorrowedFd};

use crate::rtnl::{Request, find_attr};

/// From linux/veth.h, which libc lacks.
const VETH_INFO_PEER: u16 = 1;

/// From linux/if.h, which libc lacks.
const IF_OPER_UP: u8 = 6;

/// The same: the driver does not tell.
const IF_OPER_UNKNOWN: u8 = 0;

/// The length of `struct ifinfomsg`.
const IFINFOMSG: usize = 16;

/// Two ends of a veth pair: `name` here, `peer_name` here or in another namespace. Async-signal-safe.
pub(crate) fn create_veth(name: &str, peer_name: &str, peer_ns: Option<BorrowedFd<'_>>) -> io::Result<()> {
    check_name(name)?;
    check_name(peer_name)?;
    let mut request = link_request(libc::RTM_NEWLINK, libc::NLM_F_CREATE | libc::NLM_F_EXCL, name, 0, 0);
    let info = request.open(libc::IFLA_LINKINFO);
    request.attr(libc::IFLA_INFO_KIND, b"veth");
    let data = request.open(libc::IFLA_INFO_DATA);
    let peer = request.open(VETH_INFO_PEER);
    request.put(&[0; IFINFOMSG]);
    request.attr_str(libc::IFLA_IFNAME, peer_name);
    if let Some(ns) = peer_ns {
        request.attr(libc::IFLA_NET_NS_FD, &ns.as_raw_fd().to_ne_bytes());
    }
    request.close(peer);
    request.close(data);
    request.close(info);
    request.execute()
}

/// Removes a link; of a veth pair, both ends.
pub(crate) fn delete(name: &str) -> io::Result<()> {
    check_name(name)?;
    link_request(libc::RTM_DELLINK, 0, name, 0, 0).execute()
}

/// Brings a link up or down.
pub(crate) fn set_up(name: &str, up: bool) -> io::Result<()> {
    check_name(name)?;
    let flag = libc::IFF_UP as u32;
    link_request(libc::RTM_NEWLINK, 0, name, if up { flag } else { 0 }, flag).execute()
}

/// Sets the largest packet.
pub(crate) fn set_mtu(name: &str, mtu: u32) -> io::Result<()> {
    check_name(name)?;
    let mut request = link_request(libc::RTM_NEWLINK, 0, name, 0, 0);
    request.attr(libc::IFLA_MTU, &mtu.to_ne_bytes());
    request.execute()
}

/// Adds an address, usable at once: IPv6 without duplicate address detection.
pub(crate) fn add_address(name: &str, address: IpAddr, prefix: u8) -> io::Result<()> {
    let index = index(name)?;
    let flags = libc::NLM_F_CREATE | libc::NLM_F_EXCL;
    let mut request = Request::new(libc::RTM_NEWADDR, flags);
    // struct ifaddrmsg: family, prefix length, flags, scope, index.
    request.put(&[family(address), prefix, libc::IFA_F_NODAD as u8, 0]);
    request.put(&index.to_ne_bytes());
    with_octets(address, |octets| {
        request.attr(libc::IFA_LOCAL, octets);
        request.attr(libc::IFA_ADDRESS, octets);
    });
    request.execute()
}

/// Adds a route through a gateway; prefix 0 is the default route.
pub(crate) fn add_route(destination: IpAddr, prefix: u8, via: IpAddr) -> io::Result<()> {
    if destination.is_ipv4() != via.is_ipv4() {
        return Err(io::Error::from_raw_os_error(libc::EAFNOSUPPORT));
    }
    let flags = libc::NLM_F_CREATE | libc::NLM_F_EXCL;
    let mut request = Request::new(libc::RTM_NEWROUTE, flags);
    // struct rtmsg: family, prefix, source prefix, TOS, table, protocol, scope, type; flags.
    let (table, origin) = (libc::RT_TABLE_MAIN, libc::RTPROT_STATIC);
    let (scope, kind) = (libc::RT_SCOPE_UNIVERSE, libc::RTN_UNICAST);
    request.put(&[family(destination), prefix, 0, 0, table, origin, scope, kind]);
    request.put(&0_u32.to_ne_bytes());
    with_octets(destination, |octets| request.attr(libc::RTA_DST, octets));
    with_octets(via, |octets| request.attr(libc::RTA_GATEWAY, octets));
    request.execute()
}

/// The index of a link.
pub(crate) fn index(name: &str) -> io::Result<u32> {
    check_name(name)?;
    let name = CString::new(name)?;
    // SAFETY: the string ends with NUL.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(io::Error::last_os_error()),
        index => Ok(index),
    }
}

/// What decides whether packets pass through a link.
pub(crate) struct State {
    pub(crate) is_loopback: bool,
    pub(crate) has_carrier: bool,
    /// The operational state is up.
    pub(crate) is_up: bool,
    /// The operational state is up or nobody's business, and there is a queue.
    pub(crate) may_send: bool,
}

impl State {
    pub(crate) fn of(name: &str) -> io::Result<Self> {
        let mut answer = [0; 8192];
        let link = link_request(libc::RTM_GETLINK, 0, name, 0, 0).query(&mut answer)?;
        let attrs = link.get(IFINFOMSG..).unwrap_or_default();
        let byte = |kind| find_attr(attrs, kind).and_then(|value| value.first().copied());
        let flags = link.get(8..12).and_then(|flags| flags.try_into().ok()).map(u32::from_ne_bytes);
        let operational = byte(libc::IFLA_OPERSTATE);
        let has_queue = find_attr(attrs, libc::IFLA_QDISC) != Some(b"noop\0");
        Ok(Self {
            is_loopback: flags.unwrap_or(0) & libc::IFF_LOOPBACK as u32 != 0,
            has_carrier: byte(libc::IFLA_CARRIER) == Some(1),
            is_up: operational == Some(IF_OPER_UP),
            may_send: matches!(operational, Some(IF_OPER_UP | IF_OPER_UNKNOWN)) && has_queue,
        })
    }
}

/// A request about the link of this name: `struct ifinfomsg` and the name.
fn link_request(kind: u16, request_flags: i32, name: &str, flags: u32, change: u32) -> Request {
    let mut request = Request::new(kind, request_flags);
    // Family, padding, type and index: all 0, the name decides.
    request.put(&[0; 8]);
    request.put(&flags.to_ne_bytes());
    request.put(&change.to_ne_bytes());
    request.attr_str(libc::IFLA_IFNAME, name);
    request
}

/// The kernel would find fault with a bad name too, but it would cut it at a NUL.
fn check_name(name: &str) -> io::Result<()> {
    let good = (1..libc::IFNAMSIZ).contains(&name.len()) && !name.contains('\0');
    if good { Ok(()) } else { Err(io::Error::from_raw_os_error(libc::EINVAL)) }
}

fn family(address: IpAddr) -> u8 {
    let family = if address.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
    family as u8
}

fn with_octets(address: IpAddr, mut f: impl FnMut(&[u8])) {
    match address {
        IpAddr::V4(v4) => f(&v4.octets()),
        IpAddr::V6(v6) => f(&v6.octets()),
    }
}
