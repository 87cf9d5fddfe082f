//! IPPROTO_IPV6 and ICMP.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use sockets::opt::{
    self, AddrPreferences, FilterMode, FlowLabel, FlowLabelFlags, GroupFilter, GroupReq, GroupSourceReq,
    Icmp4Filter, Icmp6Filter, Ipv6Mreq, PktInfo6, mcast6,
};
use sockets::{Domain, Errno, Protocol, Socket, Type};

use crate::case::{Case, of, same};
use crate::cases_ip::lo;

const GROUP: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x4711);
const SOURCE: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 7);
const HERE: Ipv6Addr = Ipv6Addr::LOCALHOST;
const NOWHERE: u32 = 4711;

fn udp6() -> Socket {
    Socket::socket(Domain::AF_INET6, Type::SOCK_DGRAM, Protocol::DEFAULT).unwrap()
}

fn mreq() -> Ipv6Mreq {
    Ipv6Mreq { group: GROUP, interface: lo() }
}

fn req() -> GroupReq {
    GroupReq { interface: lo(), group: GROUP.into() }
}

fn source_req() -> GroupSourceReq {
    GroupSourceReq { interface: lo(), group: GROUP.into(), source: SOURCE.into() }
}

fn joined() -> Socket {
    let socket = udp6();
    socket.setsockopt(opt::IPV6_ADD_MEMBERSHIP, mreq()).unwrap();
    socket
}

fn blocking() -> Socket {
    let socket = joined();
    socket.setsockopt(mcast6::MCAST_BLOCK_SOURCE, source_req()).unwrap();
    socket
}

fn joined_source() -> Socket {
    let socket = udp6();
    socket.setsockopt(mcast6::MCAST_JOIN_SOURCE_GROUP, source_req()).unwrap();
    socket
}

fn connected() -> Socket {
    let socket = udp6();
    socket.bind((HERE, 0)).unwrap();
    socket.connect(socket.getsockname().unwrap()).unwrap();
    socket
}

/// A header of options with nothing but padding: next header, length, PadN of 4.
const PADDING: [u8; 8] = [0, 0, 1, 4, 0, 0, 0, 0];

pub(crate) fn cases() -> Vec<Case> {
    let mut all = values();
    all.extend(headers());
    all.extend(memberships());
    all.extend(groups());
    all
}

fn values() -> Vec<Case> {
    vec![
        of(opt::IPV6_ADDRFORM)
            .on(|| {
                // Connected to an address of IPv4.
                let socket = Socket::socket(Domain::AF_INET6, Type::SOCK_DGRAM, Protocol::DEFAULT).unwrap();
                socket.connect((Ipv4Addr::LOCALHOST.to_ipv6_mapped(), 9)).unwrap();
                socket
            })
            .legal(|socket| {
                socket.setsockopt(opt::IPV6_ADDRFORM, Domain::AF_INET)?;
                same(socket.getsockopt(opt::SO_DOMAIN)?, Domain::AF_INET);
                Ok(())
            })
            .gone_afterwards(),
        of(opt::IPV6_ADDR_PREFERENCES)
            .legal(|socket| {
                let set = AddrPreferences::IPV6_PREFER_SRC_TMP;
                socket.setsockopt(opt::IPV6_ADDR_PREFERENCES, set)?;
                assert!(socket.getsockopt(opt::IPV6_ADDR_PREFERENCES)?.contains(set));
                Ok(())
            })
            .illegal(Errno::EINVAL, |socket| {
                let both = AddrPreferences::IPV6_PREFER_SRC_TMP | AddrPreferences::IPV6_PREFER_SRC_PUBLIC;
                socket.setsockopt(opt::IPV6_ADDR_PREFERENCES, both)
            }),
        of(opt::IPV6_CHECKSUM)
            .legal(|socket| {
                for offset in [Some(6), Some(0), None] {
                    socket.setsockopt(opt::IPV6_CHECKSUM, offset)?;
                    same(socket.getsockopt(opt::IPV6_CHECKSUM)?, offset);
                }
                Ok(())
            })
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::IPV6_CHECKSUM, Some(7))),
        of(opt::IPV6_MTU)
            .on(connected)
            .legal(|socket| {
                socket.setsockopt(opt::IPV6_MTU, 1400)?;
                same(socket.getsockopt(opt::IPV6_MTU)?, 65536);
                Ok(())
            })
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::IPV6_MTU, 1279)),
        of(opt::IPV6_PATHMTU).on(|| {
            let socket = connected();
            same(socket.getsockopt(opt::IPV6_PATHMTU), Ok(65536));
            socket
        }),
        of(opt::IPV6_MULTICAST_IF)
            .legal(|socket| {
                for index in [lo(), 0] {
                    socket.setsockopt(opt::IPV6_MULTICAST_IF, index)?;
                    same(socket.getsockopt(opt::IPV6_MULTICAST_IF)?, index);
                }
                Ok(())
            })
            .illegal(Errno::ENODEV, |socket| socket.setsockopt(opt::IPV6_MULTICAST_IF, NOWHERE))
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::IPV6_MULTICAST_IF, u32::MAX)),
        of(opt::IPV6_UNICAST_IF)
            .legal(|socket| {
                for index in [lo(), 0] {
                    socket.setsockopt(opt::IPV6_UNICAST_IF, index)?;
                    same(socket.getsockopt(opt::IPV6_UNICAST_IF)?, index);
                }
                Ok(())
            })
            .illegal(Errno::EADDRNOTAVAIL, |socket| socket.setsockopt(opt::IPV6_UNICAST_IF, NOWHERE)),
        of(opt::IPV6_PKTINFO)
            .legal(|socket| {
                socket.setsockopt(opt::IPV6_PKTINFO, PktInfo6 { addr: HERE, interface: lo() })?;
                socket.setsockopt(opt::IPV6_PKTINFO, PktInfo6 { addr: Ipv6Addr::UNSPECIFIED, interface: 0 })
            })
            .illegal(Errno::EINVAL, |socket| {
                socket.setsockopt(opt::IPV6_PKTINFO, PktInfo6 { addr: HERE, interface: u32::MAX })
            }),
        of(opt::IPV6_ROUTER_ALERT)
            .legal(|socket| {
                socket.setsockopt(opt::IPV6_ROUTER_ALERT, Some(0))?;
                same(socket.setsockopt(opt::IPV6_ROUTER_ALERT, Some(0)), Err(Errno::EADDRINUSE));
                socket.setsockopt(opt::IPV6_ROUTER_ALERT, None)
            })
            .illegal(Errno::ENOBUFS, |socket| socket.setsockopt(opt::IPV6_ROUTER_ALERT, None)),
        of(opt::IPV6_XFRM_POLICY)
            .legal(|socket| match socket.setsockopt(opt::IPV6_XFRM_POLICY, &[0; 168]) {
                // The second, of a kernel that has no such policies for programs of 32 bits.
                Err(Errno::EINVAL | Errno::EOPNOTSUPP) => Ok(()),
                other => other,
            })
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::IPV6_XFRM_POLICY, &[0; 4097])),
        of(opt::IPV6_FLOWLABEL_MGR)
            .legal(|socket| {
                let mut lease = FlowLabel::lease(HERE);
                socket.setsockopt(opt::IPV6_FLOWLABEL_MGR, &mut lease)?;
                assert!(lease.label > 0 && lease.label < 1 << 20, "{lease:?}");
                let mut again = FlowLabel { flags: FlowLabelFlags::empty(), ..lease };
                same(socket.setsockopt(opt::IPV6_FLOWLABEL_MGR, &mut again), Err(Errno::EPERM));
                Ok(())
            })
            .illegal(Errno::EINVAL, |socket| {
                let mut lease = FlowLabel { label: 1 << 20, ..FlowLabel::lease(HERE) };
                socket.setsockopt(opt::IPV6_FLOWLABEL_MGR, &mut lease)
            }),
        of(opt::ICMP_FILTER).legal(|socket| {
            for filter in [Icmp4Filter::block_all().pass(0), Icmp4Filter::pass_all()] {
                socket.setsockopt(opt::ICMP_FILTER, filter)?;
                same(socket.getsockopt(opt::ICMP_FILTER)?, filter);
            }
            Ok(())
        }),
        of(opt::ICMP6_FILTER).legal(|socket| {
            for filter in [Icmp6Filter::block_all().pass(129), Icmp6Filter::pass_all()] {
                socket.setsockopt(opt::ICMP6_FILTER, filter)?;
                same(socket.getsockopt(opt::ICMP6_FILTER)?, filter);
            }
            Ok(())
        }),
    ]
}

fn headers() -> Vec<Case> {
    vec![
        of(opt::IPV6_DSTOPTS)
            .legal(|socket| {
                socket.setsockopt(opt::IPV6_DSTOPTS, &PADDING)?;
                same(socket.getsockopt(opt::IPV6_DSTOPTS)?, PADDING.to_vec());
                socket.setsockopt(opt::IPV6_DSTOPTS, &[])?;
                same(socket.getsockopt(opt::IPV6_DSTOPTS)?, vec![]);
                Ok(())
            })
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::IPV6_DSTOPTS, &PADDING[..7])),
        of(opt::IPV6_HOPOPTS)
            .legal(|socket| {
                socket.setsockopt(opt::IPV6_HOPOPTS, &PADDING)?;
                same(socket.getsockopt(opt::IPV6_HOPOPTS)?, PADDING.to_vec());
                Ok(())
            })
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::IPV6_HOPOPTS, &PADDING[..7])),
        of(opt::IPV6_RTHDRDSTOPTS)
            .legal(|socket| {
                socket.setsockopt(opt::IPV6_RTHDRDSTOPTS, &PADDING)?;
                same(socket.getsockopt(opt::IPV6_RTHDRDSTOPTS)?, PADDING.to_vec());
                Ok(())
            })
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::IPV6_RTHDRDSTOPTS, &PADDING[..7])),
        of(opt::IPV6_RTHDR)
            .legal(|socket| {
                // Type 2 (mobile IPv6): one address, one segment left.
                let mut header = vec![0, 2, 2, 1, 0, 0, 0, 0];
                header.extend(HERE.octets());
                match socket.setsockopt(opt::IPV6_RTHDR, &header) {
                    Ok(()) => same(socket.getsockopt(opt::IPV6_RTHDR)?, header),
                    // A kernel without mobile IPv6.
                    Err(errno) => same(errno, Errno::EINVAL),
                }
                socket.setsockopt(opt::IPV6_RTHDR, &[])
            })
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::IPV6_RTHDR, &PADDING)),
        of(opt::IPV6_2292PKTOPTIONS)
            .legal(|socket| socket.setsockopt(opt::IPV6_2292PKTOPTIONS, &[]))
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::IPV6_2292PKTOPTIONS, &[0; 2049])),
    ]
}

fn memberships() -> Vec<Case> {
    vec![
        of(opt::IPV6_ADD_MEMBERSHIP)
            .legal(|socket| socket.setsockopt(opt::IPV6_ADD_MEMBERSHIP, mreq()))
            .illegal(Errno::EADDRINUSE, |socket| socket.setsockopt(opt::IPV6_ADD_MEMBERSHIP, mreq()))
            .illegal(Errno::ENODEV, |socket| {
                socket.setsockopt(opt::IPV6_ADD_MEMBERSHIP, Ipv6Mreq { interface: NOWHERE, ..mreq() })
            })
            .illegal(Errno::EINVAL, |socket| {
                socket.setsockopt(opt::IPV6_ADD_MEMBERSHIP, Ipv6Mreq { group: HERE, ..mreq() })
            })
            .illegal(Errno::EINVAL, |socket| {
                socket.setsockopt(opt::IPV6_ADD_MEMBERSHIP, Ipv6Mreq { interface: u32::MAX, ..mreq() })
            }),
        of(opt::IPV6_DROP_MEMBERSHIP)
            .on(joined)
            .legal(|socket| socket.setsockopt(opt::IPV6_DROP_MEMBERSHIP, mreq()))
            .illegal(Errno::EADDRNOTAVAIL, |socket| socket.setsockopt(opt::IPV6_DROP_MEMBERSHIP, mreq())),
        of(opt::IPV6_JOIN_ANYCAST)
            .legal(|socket| {
                let anycast =
                    Ipv6Mreq { group: Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), interface: lo() };
                match socket.setsockopt(opt::IPV6_JOIN_ANYCAST, anycast) {
                    // Only what is on the network that a router serves, and this is none.
                    Err(Errno::EADDRNOTAVAIL) => Ok(()),
                    other => other,
                }
            })
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::IPV6_JOIN_ANYCAST, mreq())),
        of(opt::IPV6_LEAVE_ANYCAST).legal(|socket| {
            same(socket.setsockopt(opt::IPV6_LEAVE_ANYCAST, mreq()), Err(Errno::ENOENT));
            Ok(())
        }),
    ]
}

fn groups() -> Vec<Case> {
    vec![
        of(mcast6::MCAST_JOIN_GROUP)
            .legal(|socket| socket.setsockopt(mcast6::MCAST_JOIN_GROUP, req()))
            .illegal(Errno::EADDRINUSE, |socket| socket.setsockopt(mcast6::MCAST_JOIN_GROUP, req()))
            .illegal(Errno::EADDRNOTAVAIL, |socket| {
                let group = IpAddr::V4(Ipv4Addr::new(239, 1, 2, 3));
                socket.setsockopt(mcast6::MCAST_JOIN_GROUP, GroupReq { group, ..req() })
            }),
        of(mcast6::MCAST_LEAVE_GROUP)
            .on(joined)
            .legal(|socket| socket.setsockopt(mcast6::MCAST_LEAVE_GROUP, req()))
            .illegal(Errno::EADDRNOTAVAIL, |socket| socket.setsockopt(mcast6::MCAST_LEAVE_GROUP, req())),
        of(mcast6::MCAST_JOIN_SOURCE_GROUP)
            .legal(|socket| socket.setsockopt(mcast6::MCAST_JOIN_SOURCE_GROUP, source_req()))
            .illegal(Errno::EADDRNOTAVAIL, |socket| {
                let source = IpAddr::V4(Ipv4Addr::LOCALHOST);
                socket.setsockopt(mcast6::MCAST_JOIN_SOURCE_GROUP, GroupSourceReq { source, ..source_req() })
            }),
        of(mcast6::MCAST_LEAVE_SOURCE_GROUP)
            .on(joined_source)
            .legal(|socket| socket.setsockopt(mcast6::MCAST_LEAVE_SOURCE_GROUP, source_req()))
            .illegal(Errno::EINVAL, |socket| {
                socket.setsockopt(mcast6::MCAST_LEAVE_SOURCE_GROUP, source_req())
            }),
        of(mcast6::MCAST_BLOCK_SOURCE)
            .on(joined)
            .legal(|socket| socket.setsockopt(mcast6::MCAST_BLOCK_SOURCE, source_req()))
            .illegal(Errno::EADDRNOTAVAIL, |socket| {
                socket.setsockopt(mcast6::MCAST_BLOCK_SOURCE, source_req())
            }),
        of(mcast6::MCAST_UNBLOCK_SOURCE)
            .on(blocking)
            .legal(|socket| socket.setsockopt(mcast6::MCAST_UNBLOCK_SOURCE, source_req()))
            .illegal(Errno::EADDRNOTAVAIL, |socket| {
                socket.setsockopt(mcast6::MCAST_UNBLOCK_SOURCE, source_req())
            }),
        of(mcast6::MCAST_MSFILTER)
            .on(joined)
            .legal(|socket| {
                let mode = FilterMode::MCAST_INCLUDE;
                let filter =
                    GroupFilter { interface: lo(), group: GROUP.into(), mode, sources: vec![SOURCE.into()] };
                socket.setsockopt(mcast6::MCAST_MSFILTER, &filter)?;
                same(socket.getsockopt_with(mcast6::MCAST_MSFILTER, (lo(), GROUP.into()))?, filter);
                Ok(())
            })
            .illegal(Errno::EADDRNOTAVAIL, |socket| {
                let group = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x9999).into();
                socket.getsockopt_with(mcast6::MCAST_MSFILTER, (lo(), group)).map(drop)
            }),
    ]
}
