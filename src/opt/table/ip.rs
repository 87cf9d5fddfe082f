//! IPPROTO_IP: the options of IPv4 ([ip(7)](https://man7.org/linux/man-pages/man7/ip.7.html)). IPv6 sockets take most of them too, for
//! IPv4 traffic.

use super::options;
use crate::Protocol;
use crate::opt::{
    Bool, Byte, Bytes, IntAs, IpMreqSource, IpMreqn, IpMsfilter, MtuDiscover, MulticastInterface,
    OriginalDst4, PortRange, Size, WireInterface,
};

options! {
    level IPPROTO_IP, on UDP4;

    /// Join a group, on an interface that is named by index or by address. Joining twice is `EADDRINUSE`.
    IP_ADD_MEMBERSHIP: IpMreqn, Set;

    /// Join a group for one sender; for several, call it for each.
    IP_ADD_SOURCE_MEMBERSHIP: IpMreqSource, Set;

    /// bind(2) with port 0 leaves the port open until connect(2), which can then share it.
    IP_BIND_ADDRESS_NO_PORT: Bool, GetSet;

    /// Do not hear a sender of a group that was joined for all.
    IP_BLOCK_SOURCE: IpMreqSource, Set;

    /// Receive the checksum of the data with every datagram (`IP_CHECKSUM`).
    IP_CHECKSUM: Bool, GetSet;

    /// Leave a group.
    IP_DROP_MEMBERSHIP: IpMreqn, Set;

    /// Leave a group, for one sender.
    IP_DROP_SOURCE_MEMBERSHIP: IpMreqSource, Set;

    /// bind(2) takes addresses that this machine does not have.
    IP_FREEBIND: Bool, GetSet;

    /// Raw sockets: the data that is sent begins with an IPv4 header. `IPPROTO_RAW` sockets have it set.
    /// raw(7) says which of its fields the kernel fills in.
    IP_HDRINCL: Bool, GetSet, on RAW4;

    /// The ports to choose from when one is wanted, within those of the system; `None` is those of the system.
    IP_LOCAL_PORT_RANGE: PortRange, GetSet, since "6.3";

    /// Packets with a smaller time to live are dropped (RFC 5082): with 255, only neighbours are heard.
    IP_MINTTL: Byte, GetSet, 0..=255;

    /// Which senders of a group are heard: all of the list at once (RFC 3678).
    IP_MSFILTER: IpMsfilter, AskSet;

    /// The MTU of the path, as far as it is known. Needs connect(2).
    IP_MTU: Size, Get, needs CONNECTION else ENOTCONN;

    /// What to do with packets that are larger than the path takes.
    IP_MTU_DISCOVER: IntAs<MtuDiscover>, GetSet, 0..=5;

    /// Receive what comes for any group that this machine has joined, not only for those of this socket. On, unless
    /// taken back.
    IP_MULTICAST_ALL: Bool, GetSet, 0..=1;

    /// The interface for sending to groups, by index or by address.
    IP_MULTICAST_IF: MulticastInterface, GetSet;

    /// Does what is sent to a group come back to this machine?
    IP_MULTICAST_LOOP: Bool, GetSet;

    /// The time to live of what is sent to groups; 1 by default.
    IP_MULTICAST_TTL: Byte, GetSet, -1..=255;

    /// Raw sockets: do not put fragments together before connection tracking.
    IP_NODEFRAG: Bool, GetSet, on RAW4;

    /// The IP options of what is sent; on a connection, those that it came with. Up to 40 bytes.
    IP_OPTIONS: Bytes<40>, GetSet;

    /// Receive the security label of the sender with every datagram (`SCM_SECURITY`).
    IP_PASSSEC: Bool, GetSet;

    /// Receive with every datagram where it was sent to and came in (`IP_PKTINFO`).
    IP_PKTINFO: Bool, GetSet;

    /// TCP: the control messages of the last packet, one after the other.
    IP_PKTOPTIONS: Bytes<512>, Get, on TCP4;

    /// The protocol of a raw socket, which `IPPROTO_RAW` ones set in each header.
    IP_PROTOCOL: IntAs<Protocol>, Get, since "6.4";

    /// ICMP errors go to the error queue, and are told at once, by unconnected sockets too.
    IP_RECVERR: Bool, GetSet;

    /// [`IP_RECVERR`] with extensions of RFC 4884.
    IP_RECVERR_RFC4884: Bool, GetSet, 0..=1, since "5.9";

    /// Receive with every datagram the size of the largest fragment that it came in (`IP_RECVFRAGSIZE`).
    IP_RECVFRAGSIZE: Bool, GetSet, on RAW4;

    /// Receive the IP options with every datagram (`IP_RECVOPTS`).
    IP_RECVOPTS: Bool, GetSet;

    /// Receive the destination with every datagram, its port too (`IP_ORIGDSTADDR`).
    IP_RECVORIGDSTADDR: Bool, GetSet;

    /// Receive the type of service with every datagram (`IP_TOS`).
    IP_RECVTOS: Bool, GetSet;

    /// Receive the time to live with every datagram (`IP_TTL`).
    IP_RECVTTL: Bool, GetSet;

    /// Receive the IP options with every datagram, turned round for the answer (`IP_RETOPTS`).
    IP_RETOPTS: Bool, GetSet;

    /// Raw sockets: receive packets that carry the router alert option, instead of forwarding them. Taking it back
    /// works once: `ENOBUFS` then. Asking twice is `EADDRINUSE`.
    IP_ROUTER_ALERT: Bool, GetSet, on RAW4;

    /// Differentiated services (upper 6 bits) and ECN (lower 2, which TCP keeps for itself) of packets sent.
    IP_TOS: Byte, GetSet;

    /// bind(2) takes addresses that this machine does not have, and what is routed here for others is received.
    IP_TRANSPARENT: Bool, GetSet, needs CAP_NET_RAW else EPERM;

    /// The time to live of packets sent.
    IP_TTL: Byte, GetSet, 1..=255;

    /// Hear a sender again that [`IP_BLOCK_SOURCE`] had blocked.
    IP_UNBLOCK_SOURCE: IpMreqSource, Set;

    /// The interface for sending, by index; 0 leaves it to the routes. (C has the index in network byte order.)
    IP_UNICAST_IF: WireInterface, GetSet;

    /// An IPsec policy for this socket: `struct xfrm_userpolicy_info` and what follows it.
    IP_XFRM_POLICY: Bytes<4096>, Set, needs CAP_NET_ADMIN else EPERM;

    /// Netfilter: where a connection was going before it was redirected here.
    SO_ORIGINAL_DST: OriginalDst4, Get, on TCP4, needs REDIRECTED else ENOENT;
}
