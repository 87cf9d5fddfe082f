//! IPPROTO_IPV6: the options of IPv6 ([ipv6(7)](https://man7.org/linux/man-pages/man7/ipv6.7.html)).

use super::options;
use crate::opt::{Bool, Hops};

options! {
    level IPPROTO_IPV6, on UDP6;

    /// The hop limit of unicast packets sent; `None` is the system's. Read, it is the one in force.
    IPV6_UNICAST_HOPS: Hops, GetSet, -1..=255;

    /// No IPv4 through this socket, neither in nor out. To be set before bind(2): `EINVAL` after it.
    IPV6_V6ONLY: Bool, GetSet;
}
