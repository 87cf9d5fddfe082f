//! IPPROTO_IPV6: the options of IPv6 ([ipv6(7)](https://man7.org/linux/man-pages/man7/ipv6.7.html), RFC 3493 and RFC 3542).

use super::options;
use crate::Domain;
use crate::opt::{
    AddrPreferences, Bool, Bytes, ChecksumOffset, Flags, FlowLabel, Hops, Int, IntAs, Interface, Ipv6Mreq,
    MtuDiscover, OriginalDst6, PathMtu, PktInfo6, RouterAlert, Size, WireInterface,
};

options! {
    level IPPROTO_IPV6, on UDP6;

    /// Netfilter: where a connection was going before it was redirected here.
    IP6T_SO_ORIGINAL_DST: OriginalDst6, Get, on TCP6, needs REDIRECTED else ENOENT;

    /// RFC 2292: receive destination options with every datagram.
    IPV6_2292DSTOPTS: Bool, GetSet;

    /// RFC 2292: receive the hop limit with every datagram.
    IPV6_2292HOPLIMIT: Bool, GetSet;

    /// RFC 2292: receive hop-by-hop options with every datagram.
    IPV6_2292HOPOPTS: Bool, GetSet;

    /// RFC 2292: receive with every datagram where it was sent to and came in. Beside
    /// [`IPV6_RECVPKTINFO`], a second message comes.
    IPV6_2292PKTINFO: Bool, GetSet;

    /// RFC 2292: control messages for everything that is sent. On TCP, read: those of the last packet.
    IPV6_2292PKTOPTIONS: Bytes<2048>, GetSet, on TCP6;

    /// RFC 2292: receive the routing header with every datagram.
    IPV6_2292RTHDR: Bool, GetSet;

    /// Turn a socket that is connected to an IPv4 address into one of IPv4. Read: the family.
    IPV6_ADDRFORM: IntAs<Domain>, GetSet, needs CONNECTION else ENOTCONN;

    /// Which of several source addresses is preferred (RFC 5014).
    IPV6_ADDR_PREFERENCES: Flags<AddrPreferences>, GetSet;

    /// Join a group, on an interface that is named by index. Joining twice is `EADDRINUSE`.
    IPV6_ADD_MEMBERSHIP: Ipv6Mreq, Set;

    /// Choose a flow label for each flow, from its addresses and ports.
    IPV6_AUTOFLOWLABEL: Bool, GetSet;

    /// Raw sockets: where in the data the kernel puts a checksum, and checks it when receiving; an even number.
    /// `None` is off. ICMPv6 has its own, always: `EINVAL`.
    IPV6_CHECKSUM: ChecksumOffset, GetSet, on RAW6;

    /// Never send fragments: what is too large is `EMSGSIZE`.
    IPV6_DONTFRAG: Bool, GetSet;

    /// Leave a group.
    IPV6_DROP_MEMBERSHIP: Ipv6Mreq, Set;

    /// The destination options header of what is sent; empty is none.
    IPV6_DSTOPTS: Bytes<2048>, GetSet, needs CAP_NET_RAW else EPERM;

    /// Receive traffic class and flow label with every datagram (`IPV6_FLOWINFO`).
    IPV6_FLOWINFO: Bool, GetSet;

    /// Send the flow label that the address says, if it was leased by [`IPV6_FLOWLABEL_MGR`].
    IPV6_FLOWINFO_SEND: Bool, GetSet;

    /// Lease, renew and give back flow labels (RFC 6437). Asked: the label of a connection.
    IPV6_FLOWLABEL_MGR: FlowLabel, AskSet;

    /// bind(2) takes addresses that this machine does not have.
    IPV6_FREEBIND: Bool, GetSet;

    /// Raw sockets: the data that is sent begins with an IPv6 header. `IPPROTO_RAW` sockets have it set.
    IPV6_HDRINCL: Bool, GetSet, on RAW6;

    /// The hop-by-hop options header of what is sent; empty is none.
    IPV6_HOPOPTS: Bytes<2048>, GetSet, needs CAP_NET_RAW else EPERM;

    /// Receive what is sent to an anycast address.
    IPV6_JOIN_ANYCAST: Ipv6Mreq, Set, needs CAP_NET_ADMIN else EPERM;

    /// Give an anycast address up.
    IPV6_LEAVE_ANYCAST: Ipv6Mreq, Set, needs JOINED else ENOENT;

    /// Packets with a smaller hop limit are dropped (RFC 5082): with 255, only neighbours are heard.
    IPV6_MINHOPCOUNT: Int, GetSet, 0..=255;

    /// The MTU of the path, as far as it is known, which needs connect(2). Set: a bound for it.
    IPV6_MTU: Size, GetSet, needs CONNECTION else ENOTCONN;

    /// What to do with packets that are larger than the path takes.
    IPV6_MTU_DISCOVER: IntAs<MtuDiscover>, GetSet, 0..=5;

    /// Receive what comes for any group that this machine has joined, not only for those of this socket. On, unless
    /// taken back.
    IPV6_MULTICAST_ALL: Bool, GetSet;

    /// The hop limit of what is sent to groups; `None` is the default, 1.
    IPV6_MULTICAST_HOPS: Hops, GetSet, -1..=255;

    /// The interface for sending to groups, by index; 0 leaves it to the routes.
    IPV6_MULTICAST_IF: Interface, GetSet;

    /// Does what is sent to a group come back to this machine?
    IPV6_MULTICAST_LOOP: Bool, GetSet, 0..=1;

    /// The MTU of the path of a connection: [`IPV6_MTU`] in the form of RFC 3542.
    IPV6_PATHMTU: PathMtu, Get, needs CONNECTION else ENOTCONN;

    /// The source address and interface of what is sent; unspecified and 0 take that back. Linux cannot read it.
    IPV6_PKTINFO: PktInfo6, Set;

    /// Receive destination options with every datagram (`IPV6_DSTOPTS`).
    IPV6_RECVDSTOPTS: Bool, GetSet;

    /// ICMPv6 errors go to the error queue, and are told at once, by unconnected sockets too.
    IPV6_RECVERR: Bool, GetSet;

    /// [`IPV6_RECVERR`] with extensions of RFC 4884.
    IPV6_RECVERR_RFC4884: Bool, GetSet, 0..=1, since "5.9";

    /// Receive with every datagram the size of the largest fragment that it came in (`IPV6_RECVFRAGSIZE`).
    IPV6_RECVFRAGSIZE: Bool, GetSet;

    /// Receive the hop limit with every datagram (`IPV6_HOPLIMIT`).
    IPV6_RECVHOPLIMIT: Bool, GetSet;

    /// Receive hop-by-hop options with every datagram (`IPV6_HOPOPTS`).
    IPV6_RECVHOPOPTS: Bool, GetSet;

    /// Receive the destination with every datagram, its port too (`IPV6_ORIGDSTADDR`).
    IPV6_RECVORIGDSTADDR: Bool, GetSet;

    /// Receive news of the path's MTU (`IPV6_PATHMTU`).
    IPV6_RECVPATHMTU: Bool, GetSet;

    /// Receive with every datagram where it was sent to and came in (`IPV6_PKTINFO`).
    IPV6_RECVPKTINFO: Bool, GetSet;

    /// Receive the routing header with every datagram (`IPV6_RTHDR`).
    IPV6_RECVRTHDR: Bool, GetSet;

    /// Receive the traffic class with every datagram (`IPV6_TCLASS`).
    IPV6_RECVTCLASS: Bool, GetSet;

    /// Raw sockets of `IPPROTO_RAW`: receive packets that carry a router alert of this value, instead of forwarding
    /// them; `None` ends that.
    IPV6_ROUTER_ALERT: RouterAlert, Set, on RAWRAW6;

    /// [`IPV6_ROUTER_ALERT`] for the network namespace of this socket only.
    IPV6_ROUTER_ALERT_ISOLATE: Bool, GetSet, on RAWRAW6;

    /// The routing header of what is sent; empty is none.
    IPV6_RTHDR: Bytes<2048>, GetSet;

    /// The destination options header before the routing header of what is sent; empty is none.
    IPV6_RTHDRDSTOPTS: Bytes<2048>, GetSet, needs CAP_NET_RAW else EPERM;

    /// The traffic class of what is sent: differentiated services (upper 6 bits) and ECN (lower 2). `None`, in C -1,
    /// is the default.
    IPV6_TCLASS: Hops, GetSet, -1..=255;

    /// bind(2) takes addresses that this machine does not have, and what is routed here for others is received.
    IPV6_TRANSPARENT: Bool, GetSet, needs CAP_NET_RAW else EPERM;

    /// The hop limit of unicast packets sent; `None` is the system's. Read, it is the one in force.
    IPV6_UNICAST_HOPS: Hops, GetSet, -1..=255;

    /// The interface for sending, by index; 0 leaves it to the routes. (C has the index in network byte order.)
    IPV6_UNICAST_IF: WireInterface, GetSet;

    /// No IPv4 through this socket, neither in nor out. To be set before bind(2): `EINVAL` after it.
    IPV6_V6ONLY: Bool, GetSet;

    /// An IPsec policy for this socket: `struct xfrm_userpolicy_info` and what follows it.
    IPV6_XFRM_POLICY: Bytes<4096>, Set, needs CAP_NET_ADMIN else EPERM;
}
