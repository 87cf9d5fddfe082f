//! IPPROTO_IP: the options of IPv4 ([ip(7)](https://man7.org/linux/man-pages/man7/ip.7.html)). IPv6 sockets take them too, for
//! IPv4 traffic.

use super::options;
use crate::opt::{Bool, Byte};

options! {
    level IPPROTO_IP, on UDP4;

    /// Raw sockets: the data that is sent begins with an IPv4 header. `IPPROTO_RAW` sockets have it set.
    /// raw(7) says which of its fields the kernel fills in.
    IP_HDRINCL: Bool, GetSet, on RAW4;

    /// Differentiated services (upper 6 bits) and ECN (lower 2, which TCP keeps for itself) of packets sent.
    IP_TOS: Byte, GetSet;

    /// The time to live of packets sent.
    IP_TTL: Byte, GetSet, 1..=255;
}
