//! IPPROTO_TCP: the options of TCP ([tcp(7)](https://man7.org/linux/man-pages/man7/tcp.7.html)).

use super::options;
use crate::opt::{
    AoAdd, AoDelete, AoInfo, AoKeys, AoRepair, Bool, Byte, Bytes, FastOpenKey, Int, IntAs, Linger2, Md5Sig,
    Micros, Millis, RepairMode, RepairOptions, RepairQueue, RepairWindow, Seconds, Size, TcpInfo,
    TcpZerocopyReceive, Text, Unsigned, UserTimeout,
};

options! {
    level IPPROTO_TCP, on TCP4;

    /// Authentication (RFC 5925): add a key for a peer.
    TCP_AO_ADD_KEY: AoAdd<'_>, Set, needs CONFIG_TCP_AO else ENOPROTOOPT, since "6.7";

    /// Authentication: take a key away.
    TCP_AO_DEL_KEY: AoDelete<'_>, Set, needs CONFIG_TCP_AO else ENOPROTOOPT, since "6.7";

    /// Authentication: the keys that were added.
    TCP_AO_GET_KEYS: AoKeys, Get, needs CONFIG_TCP_AO else ENOPROTOOPT, since "6.7";

    /// Authentication: which keys are in use, and what was counted.
    TCP_AO_INFO: AoInfo, GetSet, needs CONFIG_TCP_AO else ENOPROTOOPT, since "6.7";

    /// Authentication: the initial sequence numbers of a connection under repair.
    TCP_AO_REPAIR: AoRepair, GetSet, needs CONFIG_TCP_AO else ENOPROTOOPT, since "6.7";

    /// What the congestion control tells of itself: a structure that depends on which it is; empty for most.
    TCP_CC_INFO: Bytes<64>, Get;

    /// The congestion control, by name. The names to choose from are in
    /// `net.ipv4.tcp_allowed_congestion_control`; others of the system need CAP_NET_ADMIN (`EPERM`), unknown
    /// ones are `ENOENT`.
    TCP_CONGESTION: Text<16>, GetSet;

    /// Send no segment that is not full, until this is taken back; 200 ms at most.
    TCP_CORK: Bool, GetSet;

    /// A listener wakes up when data has arrived, or after about this time; zero ends that. Becomes a number of
    /// retransmissions, and is read as the time that those take.
    TCP_DEFER_ACCEPT: Seconds, GetSet;

    /// The longest that an acknowledgement is delayed.
    TCP_DELACK_MAX_US: Micros, GetSet, since "6.15";

    /// A listener takes data with the SYN, from as many peers at a time (Fast Open, RFC 7413). Needs bit 2 of
    /// `net.ipv4.tcp_fastopen`, and a socket that listens or is closed: `EINVAL`.
    TCP_FASTOPEN: Int, GetSet, 0..=2147483647;

    /// connect(2) returns at once, and the first data goes with the SYN.
    TCP_FASTOPEN_CONNECT: Bool, GetSet, 0..=1;

    /// The key that Fast Open cookies are made with, and the one before it.
    TCP_FASTOPEN_KEY: FastOpenKey, GetSet;

    /// Take data with a SYN that has no cookie.
    TCP_FASTOPEN_NO_COOKIE: Bool, GetSet, 0..=1;

    /// What the kernel knows of a connection.
    TCP_INFO: TcpInfo, Get;

    /// Receive with the data how much more is there (`TCP_CM_INQ`).
    TCP_INQ: Bool, GetSet, 0..=1;

    /// Is this a connection of MPTCP?
    TCP_IS_MPTCP: Bool, Get, since "6.11";

    /// How many unanswered probes end a connection ([`SO_KEEPALIVE`](super::SO_KEEPALIVE)).
    TCP_KEEPCNT: Byte, GetSet, 1..=127;

    /// How long a connection is idle before the first probe ([`SO_KEEPALIVE`](super::SO_KEEPALIVE)).
    TCP_KEEPIDLE: Seconds, GetSet, 1..=32767;

    /// The time between probes ([`SO_KEEPALIVE`](super::SO_KEEPALIVE)).
    TCP_KEEPINTVL: Seconds, GetSet, 1..=32767;

    /// How long a closed connection waits for the peer to close too (FIN_WAIT2); `None` is not at all.
    TCP_LINGER2: Linger2, GetSet;

    /// The largest segment, in bytes of data. Set before connecting: what is announced to the peer. Read on
    /// a connection: what is in force.
    TCP_MAXSEG: Size, GetSet, 88..=32767;

    /// Sign segments to and from a peer (RFC 2385); an empty key takes the peer's away.
    TCP_MD5SIG: Md5Sig<'_>, Set;

    /// [`TCP_MD5SIG`] for a whole network, or for one VRF.
    TCP_MD5SIG_EXT: Md5Sig<'_>, Set;

    /// Send small segments at once, without waiting for the acknowledgement of earlier ones (no Nagle).
    TCP_NODELAY: Bool, GetSet;

    /// The socket is writable, for poll(2), while less than this is not sent yet.
    TCP_NOTSENT_LOWAT: Unsigned, GetSet;

    /// Under repair: the sequence number of the queue that [`TCP_REPAIR_QUEUE`] chose.
    TCP_QUEUE_SEQ: Unsigned, GetSet, needs REPAIR else EINVAL;

    /// Acknowledge at once. Not for ever: the kernel goes back to delaying as it sees fit.
    TCP_QUICKACK: Bool, GetSet;

    /// Repair: take a connection apart and put it together elsewhere, without a packet.
    TCP_REPAIR: IntAs<RepairMode>, GetSet, -1..=1, needs CAP_NET_ADMIN else EPERM;

    /// Under repair: what was negotiated with the SYN.
    TCP_REPAIR_OPTIONS: RepairOptions, Set, needs REPAIR else EINVAL;

    /// Under repair: the queue that the other options of repair are about.
    TCP_REPAIR_QUEUE: IntAs<RepairQueue>, GetSet, needs REPAIR else EINVAL;

    /// Under repair: the window.
    TCP_REPAIR_WINDOW: RepairWindow, GetSet, needs REPAIR else EPERM;

    /// The longest time between retransmissions.
    TCP_RTO_MAX_MS: Millis, GetSet, 1000..=120000, since "6.15";

    /// The shortest time before a retransmission.
    TCP_RTO_MIN_US: Micros, GetSet, since "6.15";

    /// The headers of the SYN that made this connection, if [`TCP_SAVE_SYN`] was set on the listener. Reading
    /// frees them: the second time, there is nothing.
    TCP_SAVED_SYN: Bytes<4096>, Get;

    /// Keep the headers of each SYN, for [`TCP_SAVED_SYN`]: 1 from the network header on, 2 from the link
    /// header on.
    TCP_SAVE_SYN: Byte, GetSet, 0..=2;

    /// How often the SYN is sent again before connect(2) fails.
    TCP_SYNCNT: Byte, GetSet, 1..=127;

    /// Retransmit after one duplicate acknowledgement, while little is on its way. Does nothing any more.
    TCP_THIN_DUPACK: Bool, GetSet, 0..=1;

    /// Do not double the time between retransmissions, while little is on its way.
    TCP_THIN_LINEAR_TIMEOUTS: Bool, GetSet, 0..=1;

    /// Under repair: what the clock of time stamps shows.
    TCP_TIMESTAMP: Unsigned, GetSet, needs REPAIR else EPERM;

    /// Everything that is sent waits as long, which needs the `fq` queue or TCP's own pacing.
    TCP_TX_DELAY: Micros, GetSet;

    /// A protocol of the kernel on top of TCP, such as `tls`; for good. `ENOENT` if there is none of that name.
    TCP_ULP: Text<16>, GetSet, needs CONNECTION else ENOENT;

    /// How long data may be unacknowledged before the connection ends; `None` is the system's choice.
    TCP_USER_TIMEOUT: UserTimeout, GetSet, 0..=2147483647;

    /// A bound for the window that is announced.
    TCP_WINDOW_CLAMP: Unsigned, GetSet;

    /// How much there is to receive by mapping it into memory. (The mapping takes an address, so it is for
    /// `unsafe` code.)
    TCP_ZEROCOPY_RECEIVE: TcpZerocopyReceive, Get;
}
