//! For those who make and read packets themselves: what goes with `SOCK_RAW` and `AF_PACKET` ([packet(7)]).
//!
//! [packet(7)]: https://man7.org/linux/man-pages/man7/packet.7.html

mod bpf;
mod checksum;
mod icmp;
mod membership;
mod ring;

pub use bpf::{
    BpfAlu, BpfBuilder, BpfError, BpfErrorKind, BpfExt, BpfJmp, BpfLabel, BpfProgram, BpfSize, BpfSrc,
    SKF_AD_OFF, SKF_LL_OFF, SKF_NET_OFF,
};
pub use checksum::Checksum;
pub use icmp::{
    ICMP_ADDRESS, ICMP_ADDRESSREPLY, ICMP_DEST_UNREACH, ICMP_ECHO, ICMP_ECHOREPLY, ICMP_EXT_ECHO,
    ICMP_EXT_ECHOREPLY, ICMP_PARAMETERPROB, ICMP_REDIRECT, ICMP_SOURCE_QUENCH, ICMP_TIME_EXCEEDED,
    ICMP_TIMESTAMP, ICMP_TIMESTAMPREPLY, ICMP6_DST_UNREACH, ICMP6_ECHO_REPLY, ICMP6_ECHO_REQUEST,
    ICMP6_PACKET_TOO_BIG, ICMP6_PARAM_PROB, ICMP6_TIME_EXCEEDED, MLD_LISTENER_QUERY, MLD_LISTENER_REDUCTION,
    MLD_LISTENER_REPORT, ND_NEIGHBOR_ADVERT, ND_NEIGHBOR_SOLICIT, ND_REDIRECT, ND_ROUTER_ADVERT,
    ND_ROUTER_SOLICIT,
};
pub use membership::Membership;
pub use ring::{Block, Frame, FrameSlot, Frames, RecvRing, RingGeometry, SendRing};

/// An instruction of classic BPF. One type has two names: the options call it `SockFilter`.
pub use crate::opt::SockFilter as BpfInsn;
