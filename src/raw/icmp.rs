//! The types of ICMP.

macro_rules! types {
    ($($doc:literal $name:ident = $number:literal;)+) => {
        $(#[doc = $doc] pub const $name: u8 = $number;)+
    };
}

// netinet/ip_icmp.h and linux/icmp.h.
types! {
    "ICMP: the answer to an echo request." ICMP_ECHOREPLY = 0;
    "ICMP: the destination cannot be reached; the code says why." ICMP_DEST_UNREACH = 3;
    "ICMP: send less (RFC 6633: nobody should send this)." ICMP_SOURCE_QUENCH = 4;
    "ICMP: there is a better router." ICMP_REDIRECT = 5;
    "ICMP: an echo request." ICMP_ECHO = 8;
    "ICMP: the TTL, or the time for the fragments, is over." ICMP_TIME_EXCEEDED = 11;
    "ICMP: a header is wrong." ICMP_PARAMETERPROB = 12;
    "ICMP: a question for the time." ICMP_TIMESTAMP = 13;
    "ICMP: the answer with the time." ICMP_TIMESTAMPREPLY = 14;
    "ICMP: a question for the netmask (RFC 6918: no longer used)." ICMP_ADDRESS = 17;
    "ICMP: the answer with the netmask." ICMP_ADDRESSREPLY = 18;
    "ICMP: an extended echo request (RFC 8335). A filter cannot block it: its number is above 31." ICMP_EXT_ECHO = 42;
    "ICMP: the answer to an extended echo request." ICMP_EXT_ECHOREPLY = 43;
}

// netinet/icmp6.h.
types! {
    "ICMPv6: the destination cannot be reached; the code says why." ICMP6_DST_UNREACH = 1;
    "ICMPv6: the packet is longer than the link's MTU." ICMP6_PACKET_TOO_BIG = 2;
    "ICMPv6: the hop limit, or the time for the fragments, is over." ICMP6_TIME_EXCEEDED = 3;
    "ICMPv6: a header is wrong." ICMP6_PARAM_PROB = 4;
    "ICMPv6: an echo request." ICMP6_ECHO_REQUEST = 128;
    "ICMPv6: the answer to an echo request." ICMP6_ECHO_REPLY = 129;
    "ICMPv6: who listens to a multicast group?" MLD_LISTENER_QUERY = 130;
    "ICMPv6: somebody listens to a multicast group." MLD_LISTENER_REPORT = 131;
    "ICMPv6: somebody no longer listens." MLD_LISTENER_REDUCTION = 132;
    "ICMPv6: is there a router?" ND_ROUTER_SOLICIT = 133;
    "ICMPv6: here is a router." ND_ROUTER_ADVERT = 134;
    "ICMPv6: what is the link address of a neighbour?" ND_NEIGHBOR_SOLICIT = 135;
    "ICMPv6: this is my link address." ND_NEIGHBOR_ADVERT = 136;
    "ICMPv6: there is a better router." ND_REDIRECT = 137;
}
