//! The control messages: two lines a row.
//!
//! A row is a doc comment, and `NAME: level, kind, direction;` with `, since "X.Y"` where the kernel that brought it
//! is younger than 5.4. Its type is `c::NAME`. That is all: the constant and the registry come from the row.

use super::kind::*;
use super::{Both, Cmsg, CmsgInfo, RecvOnly, SendOnly};
use crate::opt::{Credentials, PktInfo6};

macro_rules! messages {
    ($(
        $(#[doc = $doc:literal])+
        $(#[cfg($cfg:meta)])?
        $name:ident: $level:ident, $kind:ty, $direction:ident $(, since $since:literal)?;
    )+) => {
        $(
            $(#[doc = $doc])+
            $(#[doc = concat!("\n\nSince Linux ", $since, ".")])?
            $(#[cfg($cfg)])?
            pub const $name: Cmsg<$kind, $direction> =
                Cmsg::row(stringify!($name), crate::sys::c::$level, crate::sys::c::$name);
        )+

        pub(super) const TABLE: &[CmsgInfo] = &[
            $(
                $(#[cfg($cfg)])?
                CmsgInfo {
                    level_name: stringify!($level),
                    $(since: Some($since),)?
                    ..CmsgInfo::of($name)
                },
            )+
        ];
    };
}

messages! {
    /// The sum that the kernel has computed over the packet (`IP_CHECKSUM`).
    IP_CHECKSUM: IPPROTO_IP, Unsigned, RecvOnly;
    /// Where the datagram was sent to, before anybody redirected it (`IP_RECVORIGDSTADDR`).
    IP_ORIGDSTADDR: IPPROTO_IP, OrigDst4, RecvOnly;
    /// Received (`IP_PKTINFO`): the interface and address that the packet came to. Sent: those that it leaves from.
    IP_PKTINFO: IPPROTO_IP, PktInfo4, Both;
    /// The protocol that the routes are asked for, on a raw socket whose packets have their own header (`IP_HDRINCL`).
    IP_PROTOCOL: IPPROTO_IP, Int, SendOnly, since "6.4";
    /// An error, on the error queue (`IP_RECVERR`).
    IP_RECVERR: IPPROTO_IP, ExtendedErr, RecvOnly;
    /// The largest fragment that the packet came in (`IP_RECVFRAGSIZE`).
    IP_RECVFRAGSIZE: IPPROTO_IP, Int, RecvOnly;
    /// The IP options of the packet as they came (`IP_RECVOPTS`).
    IP_RECVOPTS: IPPROTO_IP, Bytes, RecvOnly;
    /// Received (`IP_RETOPTS`): the IP options of the packet, made ready for an answer. Sent: IP options.
    IP_RETOPTS: IPPROTO_IP, Bytes, Both;
    /// The type of service: ECN and DSCP. Comes as one byte (`IP_RECVTOS`).
    IP_TOS: IPPROTO_IP, TrafficClass, Both;
    /// The time to live; 1 to 255 when sent (`IP_RECVTTL`).
    IP_TTL: IPPROTO_IP, Int, Both;

    /// The destination options of the older API (`IPV6_2292DSTOPTS`).
    IPV6_2292DSTOPTS: IPPROTO_IPV6, Bytes, Both;
    /// The hop limit, by the older API (`IPV6_2292HOPLIMIT`).
    IPV6_2292HOPLIMIT: IPPROTO_IPV6, Int, Both;
    /// The hop-by-hop options of the older API (`IPV6_2292HOPOPTS`).
    IPV6_2292HOPOPTS: IPPROTO_IPV6, Bytes, Both;
    /// Interface and address, by the older API (`IPV6_2292PKTINFO`).
    IPV6_2292PKTINFO: IPPROTO_IPV6, PktInfo6, Both;
    /// The routing header of the older API (`IPV6_2292RTHDR`).
    IPV6_2292RTHDR: IPPROTO_IPV6, Bytes, Both;
    /// Do not fragment this packet.
    IPV6_DONTFRAG: IPPROTO_IPV6, Int, SendOnly;
    /// A header of destination options, as it is in the packet (`IPV6_RECVDSTOPTS`; RFC 3542). Sending needs
    /// `CAP_NET_RAW`.
    IPV6_DSTOPTS: IPPROTO_IPV6, Bytes, Both;
    /// Traffic class and flow label, of which the lower 20 bits are the label, in host order (`IPV6_FLOWINFO`).
    IPV6_FLOWINFO: IPPROTO_IPV6, FlowInfo, Both;
    /// The hop limit; -1 for the system's choice when sent (`IPV6_RECVHOPLIMIT`).
    IPV6_HOPLIMIT: IPPROTO_IPV6, Int, Both;
    /// A header of hop-by-hop options, as it is in the packet (`IPV6_RECVHOPOPTS`; RFC 3542). Sending needs `CAP_NET_RAW`.
    IPV6_HOPOPTS: IPPROTO_IPV6, Bytes, Both;
    /// Where the datagram was sent to, before anybody redirected it (`IPV6_RECVORIGDSTADDR`).
    IPV6_ORIGDSTADDR: IPPROTO_IPV6, OrigDst6, RecvOnly;
    /// The path has become narrower (`IPV6_RECVPATHMTU`): a message without data.
    IPV6_PATHMTU: IPPROTO_IPV6, MtuInfo6, RecvOnly;
    /// Received (`IPV6_RECVPKTINFO`): the interface and address that the packet came to. Sent: those that it leaves from.
    IPV6_PKTINFO: IPPROTO_IPV6, PktInfo6, Both;
    /// An error, on the error queue (`IPV6_RECVERR`).
    IPV6_RECVERR: IPPROTO_IPV6, ExtendedErr, RecvOnly;
    /// The largest fragment that the packet came in (`IPV6_RECVFRAGSIZE`).
    IPV6_RECVFRAGSIZE: IPPROTO_IPV6, Int, RecvOnly;
    /// A routing header, as it is in the packet (`IPV6_RECVRTHDR`; RFC 3542). Sending needs `CAP_NET_RAW`.
    IPV6_RTHDR: IPPROTO_IPV6, Bytes, Both;
    /// A header of destination options in front of the routing header (RFC 3542), which comes as [`IPV6_DSTOPTS`]. Sending
    /// needs `CAP_NET_RAW`.
    IPV6_RTHDRDSTOPTS: IPPROTO_IPV6, Bytes, SendOnly;
    /// The traffic class: ECN and DSCP (`IPV6_RECVTCLASS`).
    IPV6_TCLASS: IPPROTO_IPV6, TrafficClass, Both;

    /// The namespace that the message comes from (`NETLINK_LISTEN_ALL_NSID`).
    NETLINK_LISTEN_ALL_NSID: SOL_NETLINK, Int, RecvOnly;
    /// The group that the message was sent to (`NETLINK_PKTINFO`).
    NETLINK_PKTINFO: SOL_NETLINK, Unsigned, RecvOnly;

    /// What the kernel knows of the packet (`PACKET_AUXDATA`).
    PACKET_AUXDATA: SOL_PACKET, AuxData, RecvOnly;
    /// The time of sending of a packet socket, on the error queue.
    PACKET_TX_TIMESTAMP: SOL_PACKET, ExtendedErr, RecvOnly;

    /// Who sends: the kernel checks what it is told (`SO_PASSCRED`).
    SCM_CREDENTIALS: SOL_SOCKET, Credentials, Both;
    /// How many bytes are left to read (`SO_INQ`, `AF_UNIX` streams).
    SCM_INQ: SOL_SOCKET, Int, RecvOnly, since "6.17";
    /// A descriptor of the sending process (`SO_PASSPIDFD`): [`Control::take_pidfd`](super::Control::take_pidfd).
    SCM_PIDFD: SOL_SOCKET, Pidfd, RecvOnly, since "6.5";
    /// Descriptors, up to 253: [`Control::take_fds`](super::Control::take_fds).
    SCM_RIGHTS: SOL_SOCKET, Rights, Both;
    /// The label that a security module has given the sender (`SO_PASSSEC`).
    SCM_SECURITY: SOL_SOCKET, Bytes, RecvOnly;
    /// When the packet came, in microseconds (`SO_TIMESTAMP`): since 1970.
    SCM_TIMESTAMP: SOL_SOCKET, Timeval, RecvOnly;
    /// When the packet came or left, by the clocks of the kernel and the device (`SO_TIMESTAMPING`).
    SCM_TIMESTAMPING: SOL_SOCKET, Timestamps, RecvOnly;
    /// The same (`SO_TIMESTAMPING_NEW`).
    #[cfg(not(sockopt_time64))]
    SO_TIMESTAMPING_NEW: SOL_SOCKET, Timestamps, RecvOnly;
    /// The counters of a TCP connection when a packet left, on the error queue (`SOF_TIMESTAMPING_OPT_STATS`): netlink
    /// attributes.
    SCM_TIMESTAMPING_OPT_STATS: SOL_SOCKET, Bytes, RecvOnly;
    /// Which device took the time of arrival (`SOF_TIMESTAMPING_OPT_PKTINFO`).
    SCM_TIMESTAMPING_PKTINFO: SOL_SOCKET, TimestampingPktInfo, RecvOnly;
    /// When the packet came, in nanoseconds (`SO_TIMESTAMPNS`): since 1970.
    SCM_TIMESTAMPNS: SOL_SOCKET, Timespec, RecvOnly;
    /// The same (`SO_TIMESTAMPNS_NEW`).
    #[cfg(not(sockopt_time64))]
    SO_TIMESTAMPNS_NEW: SOL_SOCKET, Timespec, RecvOnly;
    /// When the packet came, in microseconds (`SO_TIMESTAMP_NEW`).
    #[cfg(not(sockopt_time64))]
    SO_TIMESTAMP_NEW: SOL_SOCKET, Timeval, RecvOnly;
    /// The number that the time of sending of this packet gets (`SOF_TIMESTAMPING_OPT_ID`).
    SCM_TS_OPT_ID: SOL_SOCKET, Unsigned, SendOnly, since "6.13";
    /// When the packet is to leave: nanoseconds of the clock that `SO_TXTIME` names.
    SCM_TXTIME: SOL_SOCKET, Long, SendOnly;
    /// Has a frame of this socket reached its receiver (`SO_WIFI_STATUS`)? On the error queue.
    SCM_WIFI_STATUS: SOL_SOCKET, Int, RecvOnly;
    /// Received (`SO_RCVMARK`): the mark of the packet. Sent: its mark, which needs `CAP_NET_RAW` or `CAP_NET_ADMIN`.
    SO_MARK: SOL_SOCKET, Unsigned, Both;
    /// Received (`SO_RCVPRIORITY`): the priority of the packet. Sent: its priority.
    SO_PRIORITY: SOL_SOCKET, Unsigned, Both, since "6.14";
    /// How many packets the socket has dropped so far for want of room (`SO_RXQ_OVFL`).
    SO_RXQ_OVFL: SOL_SOCKET, Unsigned, RecvOnly;
    /// Which times of sending to take of this packet.
    SO_TIMESTAMPING: SOL_SOCKET, TimestampingFlagsOf, SendOnly;

    /// How many bytes in front of the text are authenticated and not encrypted (`AF_ALG`, an `aead`).
    ALG_SET_AEAD_ASSOCLEN: SOL_ALG, Unsigned, SendOnly;
    /// The initialisation vector (`AF_ALG`, a `skcipher` or `aead`).
    ALG_SET_IV: SOL_ALG, AlgIv, SendOnly;
    /// What to do (`AF_ALG`): `ALG_OP_DECRYPT` is 0, `ALG_OP_ENCRYPT` 1.
    ALG_SET_OP: SOL_ALG, Unsigned, SendOnly;

    /// How many bytes are left to read (`TCP_INQ`).
    TCP_CM_INQ: IPPROTO_TCP, Int, RecvOnly;

    /// The type of the record (`TLS_RX`).
    TLS_GET_RECORD_TYPE: SOL_TLS, Byte, RecvOnly;
    /// The type of the record, if it is no data (`TLS_TX`).
    TLS_SET_RECORD_TYPE: SOL_TLS, Byte, SendOnly;

    /// Several datagrams came as one (`UDP_GRO`): the size of each but the last.
    UDP_GRO: IPPROTO_UDP, SegmentSize, RecvOnly;
    /// Cut this message into datagrams of this size, the last one shorter: up to 128.
    UDP_SEGMENT: IPPROTO_UDP, Half, SendOnly;

    /// An error, on the error queue of a vsock socket.
    VSOCK_RECVERR: SOL_VSOCK, ExtendedErr, RecvOnly, since "6.7";
}
