//! Levels that have few options: AF_VSOCK, SOL_NETLINK, SOL_TLS, UDP-Lite, DCCP.

/// SOL_TLS: TLS in the kernel, once [`TCP_ULP`](super::TCP_ULP) is `tls`
/// ([tls](https://docs.kernel.org/networking/tls.html)).
pub mod tls {
    use crate::opt::table::options;
    use crate::opt::{Bool, Bytes};

    options! {
        level SOL_TLS, on TCP4;

        /// The keys for receiving: `struct tls_crypto_info` and what follows it for the cipher.
        TLS_RX: Bytes<64>, GetSet, needs TLS else ENOPROTOOPT;

        /// Records of TLS 1.3 are not padded: saves a copy, and costs one where they are.
        TLS_RX_EXPECT_NO_PAD: Bool, GetSet, 0..=1, needs TLS else ENOPROTOOPT, since "6.0";

        /// The keys for sending: `struct tls_crypto_info` and what follows it for the cipher.
        TLS_TX: Bytes<64>, GetSet, needs TLS else ENOPROTOOPT;

        /// sendfile(2) hands pages to the device as they are; a file that changes meanwhile breaks the connection.
        TLS_TX_ZEROCOPY_RO: Bool, GetSet, 0..=1, needs TLS else ENOPROTOOPT, since "5.19";
    }
}

/// AF_VSOCK ([vsock(7)](https://man7.org/linux/man-pages/man7/vsock.7.html)).
pub mod vsock {
    use crate::opt::table::options;
    use crate::opt::{Timeout, Unsigned64};

    options! {
        level AF_VSOCK, on VSOCK;

        /// The largest that [`SO_VM_SOCKETS_BUFFER_SIZE`] can be.
        SO_VM_SOCKETS_BUFFER_MAX_SIZE: Unsigned64, GetSet, needs CONFIG_VSOCKETS else EAFNOSUPPORT;

        /// The smallest that [`SO_VM_SOCKETS_BUFFER_SIZE`] can be.
        SO_VM_SOCKETS_BUFFER_MIN_SIZE: Unsigned64, GetSet, needs CONFIG_VSOCKETS else EAFNOSUPPORT;

        /// Bytes for receiving.
        SO_VM_SOCKETS_BUFFER_SIZE: Unsigned64, GetSet, needs CONFIG_VSOCKETS else EAFNOSUPPORT;

        /// How long connect(2) may block: `ETIMEDOUT` then. `None` is the default, 2 s.
        SO_VM_SOCKETS_CONNECT_TIMEOUT: Timeout, GetSet, needs CONFIG_VSOCKETS else EAFNOSUPPORT;
    }
}

/// SOL_NETLINK ([netlink(7)](https://man7.org/linux/man-pages/man7/netlink.7.html)).
pub mod netlink {
    use crate::opt::table::options;
    use crate::opt::{Bool, NetlinkGroups, Unsigned};

    options! {
        level SOL_NETLINK, on NETLINK;

        /// Join a group.
        NETLINK_ADD_MEMBERSHIP: Unsigned, Set;

        /// Messages to groups fail where one that listens has no room.
        NETLINK_BROADCAST_ERROR: Bool, GetSet;

        /// Acknowledgements of errors come without the request.
        NETLINK_CAP_ACK: Bool, GetSet;

        /// Leave a group.
        NETLINK_DROP_MEMBERSHIP: Unsigned, Set;

        /// Acknowledgements come with what the kernel has to say about the error.
        NETLINK_EXT_ACK: Bool, GetSet;

        /// Requests are checked as they should have been from the beginning.
        NETLINK_GET_STRICT_CHK: Bool, GetSet;

        /// Receive from all network namespaces that have a number in this one.
        NETLINK_LISTEN_ALL_NSID: Bool, GetSet, needs CAP_NET_BROADCAST else EPERM;

        /// The groups that were joined: a bit for each.
        NETLINK_LIST_MEMBERSHIPS: NetlinkGroups, Get;

        /// `ENOBUFS` is not reported where there was no room for a message.
        NETLINK_NO_ENOBUFS: Bool, GetSet;

        /// Receive the group with every message (`NETLINK_PKTINFO`).
        NETLINK_PKTINFO: Bool, GetSet;
    }
}

/// IPPROTO_UDPLITE ([udplite(7)](https://man7.org/linux/man-pages/man7/udplite.7.html)).
pub mod udplite {
    use crate::opt::Int;
    use crate::opt::table::options;

    options! {
        level IPPROTO_UDPLITE, on UDPLITE4;

        /// How many bytes the checksum of what is received covers at least; 0 is all, and 1 to 7 are 8.
        UDPLITE_RECV_CSCOV: Int, GetSet, needs CONFIG_UDPLITE else EPROTONOSUPPORT;

        /// How many bytes the checksum of what is sent covers; 0 is all, and 1 to 7 are 8.
        UDPLITE_SEND_CSCOV: Int, GetSet, needs CONFIG_UDPLITE else EPROTONOSUPPORT;
    }
}

/// SOL_DCCP ([dccp](https://www.rfc-editor.org/rfc/rfc4340)), which Linux has had up to 6.15.
pub mod dccp {
    use crate::opt::table::options;
    use crate::opt::{Bool, Bytes, Int, Size, Unsigned};

    options! {
        level SOL_DCCP, on DCCP4;

        /// The congestion controls that there are, a byte for each.
        DCCP_SOCKOPT_AVAILABLE_CCIDS: Bytes<64>, Get, needs CONFIG_IP_DCCP else ESOCKTNOSUPPORT;

        /// The congestion controls that are preferred for both directions, a byte for each.
        DCCP_SOCKOPT_CCID: Bytes<64>, Set, needs CONFIG_IP_DCCP else ESOCKTNOSUPPORT;

        /// The largest packet that can be sent now.
        DCCP_SOCKOPT_GET_CUR_MPS: Size, Get, needs CONFIG_IP_DCCP else ESOCKTNOSUPPORT;

        /// In which order packets wait to be sent: 0 as they come, 1 by priority.
        DCCP_SOCKOPT_QPOLICY_ID: Int, GetSet, 0..=1, needs CONFIG_IP_DCCP else ESOCKTNOSUPPORT;

        /// How many packets may wait to be sent; 0 is any number.
        DCCP_SOCKOPT_QPOLICY_TXQLEN: Int, GetSet, 0..=2147483647, needs CONFIG_IP_DCCP else ESOCKTNOSUPPORT;

        /// How much of a packet that is received the checksum covers at least.
        DCCP_SOCKOPT_RECV_CSCOV: Int, GetSet, 0..=15, needs CONFIG_IP_DCCP else ESOCKTNOSUPPORT;

        /// The congestion control that receiving uses.
        DCCP_SOCKOPT_RX_CCID: Int, GetSet, needs CONFIG_IP_DCCP else ESOCKTNOSUPPORT;

        /// How much of a packet that is sent the checksum covers.
        DCCP_SOCKOPT_SEND_CSCOV: Int, GetSet, 0..=15, needs CONFIG_IP_DCCP else ESOCKTNOSUPPORT;

        /// The server, not the client, keeps the state of a connection that has ended.
        DCCP_SOCKOPT_SERVER_TIMEWAIT: Bool, GetSet, needs CONFIG_IP_DCCP else ESOCKTNOSUPPORT;

        /// The service that a connection is for, in network byte order.
        DCCP_SOCKOPT_SERVICE: Unsigned, GetSet, needs CONFIG_IP_DCCP else ESOCKTNOSUPPORT;

        /// The congestion control that sending uses.
        DCCP_SOCKOPT_TX_CCID: Int, GetSet, needs CONFIG_IP_DCCP else ESOCKTNOSUPPORT;
    }
}
