//! IPPROTO_IP, and UDP over it.

use std::net::{IpAddr, Ipv4Addr};

use sockets::opt::{
    self, FilterMode, GroupFilter, GroupReq, GroupSourceReq, IpMreqSource, IpMreqn, IpMsfilter,
    Ipv4Interface, UdpEncap, mcast4,
};
use sockets::{Errno, Result, Socket};

use crate::case::{Case, of, same};
use crate::common::{udp, udp_bound};

const GROUP: Ipv4Addr = Ipv4Addr::new(239, 1, 2, 3);
const SOURCE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 7);
const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;
const NOWHERE: u32 = 4711;

pub(crate) fn lo() -> u32 {
    // SAFETY: a name that ends with a NUL.
    unsafe { libc::if_nametoindex(c"lo".as_ptr()) }
}

/// On the loopback interface, which has no route for groups.
fn mreqn() -> IpMreqn {
    IpMreqn { group: GROUP, interface: lo().into() }
}

fn sources() -> IpMreqSource {
    IpMreqSource { group: GROUP, interface: HERE, source: SOURCE }
}

fn req() -> GroupReq {
    GroupReq { interface: lo(), group: GROUP.into() }
}

fn source_req() -> GroupSourceReq {
    GroupSourceReq { interface: lo(), group: GROUP.into(), source: SOURCE.into() }
}

/// A socket that has joined the group.
fn joined() -> Socket {
    let socket = udp();
    socket.setsockopt(opt::IP_ADD_MEMBERSHIP, mreqn()).unwrap();
    socket
}

/// A socket that has joined the group, and does not hear the sender.
fn blocking() -> Socket {
    let socket = joined();
    socket.setsockopt(opt::IP_BLOCK_SOURCE, sources()).unwrap();
    socket
}

/// A socket that hears the sender only.
fn joined_source() -> Socket {
    let socket = udp();
    socket.setsockopt(opt::IP_ADD_SOURCE_MEMBERSHIP, sources()).unwrap();
    socket
}

fn connected() -> Socket {
    let socket = udp_bound();
    socket.connect(socket.getsockname().unwrap()).unwrap();
    socket
}

/// Who is heard, as the kernel tells it.
fn heard(socket: &Socket) -> Result<(FilterMode, Vec<Ipv4Addr>)> {
    socket.getsockopt_with(opt::IP_MSFILTER, (GROUP, HERE)).map(|filter| (filter.mode, filter.sources))
}

pub(crate) fn cases() -> Vec<Case> {
    let mut all = values();
    all.extend(memberships());
    all.extend(groups());
    all
}

fn values() -> Vec<Case> {
    vec![
        of(opt::IP_MTU).on(|| {
            let socket = connected();
            same(socket.getsockopt(opt::IP_MTU), Ok(65535));
            socket
        }),
        of(opt::IP_LOCAL_PORT_RANGE)
            .legal(|socket| {
                for value in [Some(40_000..=40_999), Some(1024..=65535), None] {
                    socket.setsockopt(opt::IP_LOCAL_PORT_RANGE, value.clone())?;
                    same(socket.getsockopt(opt::IP_LOCAL_PORT_RANGE)?, value);
                }
                Ok(())
            })
            .illegal(Errno::EINVAL, |socket| {
                let (low, high) = (2000, 1999);
                socket.setsockopt(opt::IP_LOCAL_PORT_RANGE, Some(low..=high))
            }),
        of(opt::IP_MULTICAST_IF)
            .legal(|socket| {
                for (set, read) in [
                    (Ipv4Interface::from(HERE), HERE),
                    (Ipv4Interface::from(lo()), Ipv4Addr::UNSPECIFIED),
                    (Ipv4Interface::Any, Ipv4Addr::UNSPECIFIED),
                ] {
                    socket.setsockopt(opt::IP_MULTICAST_IF, set)?;
                    same(socket.getsockopt(opt::IP_MULTICAST_IF)?, read);
                }
                Ok(())
            })
            .illegal(Errno::EADDRNOTAVAIL, |socket| socket.setsockopt(opt::IP_MULTICAST_IF, SOURCE.into()))
            .illegal(Errno::EADDRNOTAVAIL, |socket| socket.setsockopt(opt::IP_MULTICAST_IF, NOWHERE.into()))
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::IP_MULTICAST_IF, u32::MAX.into())),
        of(opt::IP_UNICAST_IF)
            .legal(|socket| {
                for index in [lo(), 0] {
                    socket.setsockopt(opt::IP_UNICAST_IF, index)?;
                    same(socket.getsockopt(opt::IP_UNICAST_IF)?, index);
                }
                Ok(())
            })
            .illegal(Errno::EADDRNOTAVAIL, |socket| socket.setsockopt(opt::IP_UNICAST_IF, NOWHERE)),
        of(opt::IP_OPTIONS)
            .legal(|socket| {
                // Record route, of one address, and the end of the list.
                let options = [7, 7, 4, 0, 0, 0, 0, 0];
                socket.setsockopt(opt::IP_OPTIONS, &options)?;
                same(socket.getsockopt(opt::IP_OPTIONS)?, options.to_vec());
                socket.setsockopt(opt::IP_OPTIONS, &[])?;
                same(socket.getsockopt(opt::IP_OPTIONS)?, vec![]);
                Ok(())
            })
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::IP_OPTIONS, &[0; 41]))
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::IP_OPTIONS, &[7, 99, 4, 0])),
        of(opt::IP_ROUTER_ALERT)
            .legal(|socket| {
                socket.setsockopt(opt::IP_ROUTER_ALERT, true)?;
                same(socket.getsockopt(opt::IP_ROUTER_ALERT)?, true);
                same(socket.setsockopt(opt::IP_ROUTER_ALERT, true), Err(Errno::EADDRINUSE));
                socket.setsockopt(opt::IP_ROUTER_ALERT, false)
            })
            .illegal(Errno::ENOBUFS, |socket| socket.setsockopt(opt::IP_ROUTER_ALERT, false)),
        // A policy is a structure of netlink's; that all zeros are none is what can be had without one.
        of(opt::IP_XFRM_POLICY)
            .legal(|socket| match socket.setsockopt(opt::IP_XFRM_POLICY, &[0; 168]) {
                // The second, of a kernel that has no such policies for programs of 32 bits.
                Err(Errno::EINVAL | Errno::EOPNOTSUPP) => Ok(()),
                other => other,
            })
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::IP_XFRM_POLICY, &[0; 4097])),
        of(opt::UDP_ENCAP)
            .legal(|socket| {
                for value in [UdpEncap::UDP_ENCAP_L2TPINUDP, UdpEncap::NONE] {
                    socket.setsockopt(opt::UDP_ENCAP, value)?;
                    same(socket.getsockopt(opt::UDP_ENCAP)?, value);
                }
                Ok(())
            })
            .illegal(Errno::ENOPROTOOPT, |socket| socket.setsockopt(opt::UDP_ENCAP, UdpEncap::from_raw(99))),
    ]
}

fn memberships() -> Vec<Case> {
    vec![
        of(opt::IP_ADD_MEMBERSHIP)
            .legal(|socket| socket.setsockopt(opt::IP_ADD_MEMBERSHIP, mreqn()))
            .legal(|socket| {
                let interface = HERE.into();
                socket.setsockopt(
                    opt::IP_ADD_MEMBERSHIP,
                    IpMreqn { interface, group: Ipv4Addr::new(239, 9, 9, 9) },
                )
            })
            .illegal(Errno::EADDRINUSE, |socket| {
                socket.setsockopt(opt::IP_ADD_MEMBERSHIP, mreqn())?;
                socket.setsockopt(opt::IP_ADD_MEMBERSHIP, mreqn())
            })
            .illegal(Errno::EINVAL, |socket| {
                socket.setsockopt(opt::IP_ADD_MEMBERSHIP, IpMreqn { group: HERE, ..mreqn() })
            })
            .illegal(Errno::ENODEV, |socket| {
                socket.setsockopt(opt::IP_ADD_MEMBERSHIP, IpMreqn { interface: NOWHERE.into(), ..mreqn() })
            }),
        of(opt::IP_DROP_MEMBERSHIP)
            .on(joined)
            .legal(|socket| socket.setsockopt(opt::IP_DROP_MEMBERSHIP, mreqn()))
            .illegal(Errno::EADDRNOTAVAIL, |socket| socket.setsockopt(opt::IP_DROP_MEMBERSHIP, mreqn())),
        of(opt::IP_ADD_SOURCE_MEMBERSHIP)
            .legal(|socket| {
                socket.setsockopt(opt::IP_ADD_SOURCE_MEMBERSHIP, sources())?;
                same(heard(socket)?, (FilterMode::MCAST_INCLUDE, vec![SOURCE]));
                Ok(())
            })
            .illegal(Errno::EADDRNOTAVAIL, |socket| {
                socket.setsockopt(opt::IP_ADD_SOURCE_MEMBERSHIP, sources())
            }),
        of(opt::IP_DROP_SOURCE_MEMBERSHIP)
            .on(joined_source)
            .legal(|socket| socket.setsockopt(opt::IP_DROP_SOURCE_MEMBERSHIP, sources()))
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::IP_DROP_SOURCE_MEMBERSHIP, sources())),
        of(opt::IP_BLOCK_SOURCE)
            .on(joined)
            .legal(|socket| {
                socket.setsockopt(opt::IP_BLOCK_SOURCE, sources())?;
                same(heard(socket)?, (FilterMode::MCAST_EXCLUDE, vec![SOURCE]));
                Ok(())
            })
            .illegal(Errno::EADDRNOTAVAIL, |socket| socket.setsockopt(opt::IP_BLOCK_SOURCE, sources())),
        of(opt::IP_UNBLOCK_SOURCE)
            .on(blocking)
            .legal(|socket| {
                socket.setsockopt(opt::IP_UNBLOCK_SOURCE, sources())?;
                same(heard(socket)?, (FilterMode::MCAST_EXCLUDE, vec![]));
                Ok(())
            })
            .illegal(Errno::EADDRNOTAVAIL, |socket| socket.setsockopt(opt::IP_UNBLOCK_SOURCE, sources())),
        of(opt::IP_MSFILTER)
            .on(joined)
            .legal(|socket| {
                let mode = FilterMode::MCAST_INCLUDE;
                let sources = vec![SOURCE, Ipv4Addr::new(192, 0, 2, 8)];
                let filter = IpMsfilter { group: GROUP, interface: HERE, mode, sources };
                socket.setsockopt(opt::IP_MSFILTER, &filter)?;
                same(socket.getsockopt_with(opt::IP_MSFILTER, (GROUP, HERE))?, filter);
                Ok(())
            })
            .illegal(Errno::EINVAL, |socket| {
                let mode = FilterMode::MCAST_INCLUDE;
                let filter = IpMsfilter { group: HERE, interface: HERE, mode, sources: vec![] };
                socket.setsockopt(opt::IP_MSFILTER, &filter)
            })
            .illegal(Errno::EADDRNOTAVAIL, |socket| {
                socket.getsockopt_with(opt::IP_MSFILTER, (Ipv4Addr::new(239, 4, 4, 4), HERE)).map(drop)
            }),
    ]
}

fn groups() -> Vec<Case> {
    vec![
        of(mcast4::MCAST_JOIN_GROUP)
            .legal(|socket| socket.setsockopt(mcast4::MCAST_JOIN_GROUP, req()))
            .illegal(Errno::EADDRINUSE, |socket| socket.setsockopt(mcast4::MCAST_JOIN_GROUP, req()))
            .illegal(Errno::EINVAL, |socket| {
                let group = IpAddr::V6("ff02::1".parse().unwrap());
                socket.setsockopt(mcast4::MCAST_JOIN_GROUP, GroupReq { group, ..req() })
            }),
        of(mcast4::MCAST_LEAVE_GROUP)
            .on(joined)
            .legal(|socket| socket.setsockopt(mcast4::MCAST_LEAVE_GROUP, req()))
            .illegal(Errno::EADDRNOTAVAIL, |socket| socket.setsockopt(mcast4::MCAST_LEAVE_GROUP, req())),
        of(mcast4::MCAST_JOIN_SOURCE_GROUP)
            .legal(|socket| socket.setsockopt(mcast4::MCAST_JOIN_SOURCE_GROUP, source_req()))
            .illegal(Errno::EADDRNOTAVAIL, |socket| {
                let source = IpAddr::V6("ff02::1".parse().unwrap());
                socket.setsockopt(mcast4::MCAST_JOIN_SOURCE_GROUP, GroupSourceReq { source, ..source_req() })
            }),
        of(mcast4::MCAST_LEAVE_SOURCE_GROUP)
            .on(joined_source)
            .legal(|socket| socket.setsockopt(mcast4::MCAST_LEAVE_SOURCE_GROUP, source_req()))
            .illegal(Errno::EINVAL, |socket| {
                socket.setsockopt(mcast4::MCAST_LEAVE_SOURCE_GROUP, source_req())
            }),
        of(mcast4::MCAST_BLOCK_SOURCE)
            .on(joined)
            .legal(|socket| socket.setsockopt(mcast4::MCAST_BLOCK_SOURCE, source_req()))
            .illegal(Errno::EADDRNOTAVAIL, |socket| {
                socket.setsockopt(mcast4::MCAST_BLOCK_SOURCE, source_req())
            }),
        of(mcast4::MCAST_UNBLOCK_SOURCE)
            .on(blocking)
            .legal(|socket| socket.setsockopt(mcast4::MCAST_UNBLOCK_SOURCE, source_req()))
            .illegal(Errno::EADDRNOTAVAIL, |socket| {
                socket.setsockopt(mcast4::MCAST_UNBLOCK_SOURCE, source_req())
            }),
        of(mcast4::MCAST_MSFILTER)
            .on(joined)
            .legal(|socket| {
                let mode = FilterMode::MCAST_INCLUDE;
                let filter =
                    GroupFilter { interface: lo(), group: GROUP.into(), mode, sources: vec![SOURCE.into()] };
                socket.setsockopt(mcast4::MCAST_MSFILTER, &filter)?;
                same(socket.getsockopt_with(mcast4::MCAST_MSFILTER, (lo(), GROUP.into()))?, filter);
                Ok(())
            })
            .illegal(Errno::EADDRNOTAVAIL, |socket| {
                let group = Ipv4Addr::new(239, 4, 4, 4).into();
                socket.getsockopt_with(mcast4::MCAST_MSFILTER, (lo(), group)).map(drop)
            }),
    ]
}
