//! IPPROTO_TCP: the options of TCP ([tcp(7)](https://man7.org/linux/man-pages/man7/tcp.7.html)).

use super::options;
use crate::opt::{Bool, Byte, Seconds, Size, Text};

options! {
    level IPPROTO_TCP, on TCP4;

    /// The congestion control, by name. The names to choose from are in
    /// `net.ipv4.tcp_allowed_congestion_control`; others of the system need CAP_NET_ADMIN (`EPERM`), unknown
    /// ones are `ENOENT`.
    TCP_CONGESTION: Text<16>, GetSet;

    /// How many unanswered probes end a connection ([`SO_KEEPALIVE`](super::SO_KEEPALIVE)).
    TCP_KEEPCNT: Byte, GetSet, 1..=127;

    /// How long a connection is idle before the first probe ([`SO_KEEPALIVE`](super::SO_KEEPALIVE)).
    TCP_KEEPIDLE: Seconds, GetSet, 1..=32767;

    /// The time between probes ([`SO_KEEPALIVE`](super::SO_KEEPALIVE)).
    TCP_KEEPINTVL: Seconds, GetSet, 1..=32767;

    /// The largest segment, in bytes of data. Set before connecting: what is announced to the peer. Read on
    /// a connection: what is in force.
    TCP_MAXSEG: Size, GetSet, 88..=32767;

    /// Send small segments at once, without waiting for the acknowledgement of earlier ones (no Nagle).
    TCP_NODELAY: Bool, GetSet;
}
