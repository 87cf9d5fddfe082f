//! IPPROTO_IP: multicast groups by the index of an interface (RFC 3678, [ip(7)](https://man7.org/linux/man-pages/man7/ip.7.html)).
//! [`mcast6`](super::mcast6) has options of the same names.

use super::options;
use crate::opt::{GroupFilter, GroupReq, GroupSourceReq};

options! {
    level IPPROTO_IP, on UDP4;

    /// Do not hear a sender of a group that was joined for all.
    MCAST_BLOCK_SOURCE: GroupSourceReq, Set;

    /// Join a group.
    MCAST_JOIN_GROUP: GroupReq, Set;

    /// Join a group for one sender; for several, call it for each.
    MCAST_JOIN_SOURCE_GROUP: GroupSourceReq, Set;

    /// Leave a group.
    MCAST_LEAVE_GROUP: GroupReq, Set;

    /// Leave a group, for one sender.
    MCAST_LEAVE_SOURCE_GROUP: GroupSourceReq, Set;

    /// Which senders of a group are heard: all of the list at once.
    MCAST_MSFILTER: GroupFilter, AskSet;

    /// Hear a sender again that was blocked.
    MCAST_UNBLOCK_SOURCE: GroupSourceReq, Set;
}
