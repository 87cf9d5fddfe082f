//! IPPROTO_UDP: the options of UDP ([udp(7)](https://man7.org/linux/man-pages/man7/udp.7.html)).

use super::options;
use crate::opt::{Bool, IntAs, Segment, UdpEncap};

options! {
    level IPPROTO_UDP, on UDP4;

    /// Collect what is sent into one datagram, which leaves when this is taken back.
    UDP_CORK: Bool, GetSet;

    /// What travels in the datagrams; for IPsec and tunnels of the kernel.
    UDP_ENCAP: IntAs<UdpEncap>, GetSet;

    /// Receive several datagrams of one sender as one, with their size (`UDP_GRO`).
    UDP_GRO: Bool, GetSet;

    /// IPv6: take datagrams without a checksum.
    UDP_NO_CHECK6_RX: Bool, GetSet;

    /// IPv6: send datagrams without a checksum.
    UDP_NO_CHECK6_TX: Bool, GetSet;

    /// Cut what is sent into datagrams of this size, the last one shorter; 0 ends that. Stays for all sends: the
    /// control message of the same name is for one.
    UDP_SEGMENT: Segment, GetSet, 0..=65535;
}
