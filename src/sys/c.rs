//! The numbers of the system: everything that libc defines, and here, with its source, what libc does
//! not define, or defines differently from what this library needs.
//!
//! An item of this file shadows the libc item of the same name, so the rest of the library asks for
//! `c::NAME` and need not know which of the two it gets. [`NUMBERS`] and [`STRUCTS`] list what is defined here and in
//! `structs.rs`: a test has the C compiler compare them with the system's headers.

pub use super::structs::*;

/// Defines numbers; the comment of each is its source.
macro_rules! numbers {
    ($($(#[doc = $source:literal])+ $(#[cfg($cfg:meta)])? $name:ident: $type:ty = $value:expr;)+) => {
        $($(#[doc = $source])+ $(#[cfg($cfg)])? pub const $name: $type = $value;)+

        /// The numbers of this file, by name.
        pub const NUMBERS: &[(&str, i64)] = &[$($(#[cfg($cfg)])? (stringify!($name), $name as i64),)+];
    };
}

numbers! {
    /// linux/errno.h (kernel-internal): "restart the call". recvmmsg(2) that a signal cuts short after the first
    /// datagram leaves it behind, and the next call on that socket reports it to user space.
    ERESTARTSYS: c_int = 512;
    /// linux/errno.h (kernel-internal): as ERESTARTSYS.
    ERESTARTNOINTR: c_int = 513;
    /// linux/errno.h (kernel-internal): as ERESTARTSYS.
    ERESTARTNOHAND: c_int = 514;
    /// linux/errno.h (kernel-internal): as ERESTARTSYS.
    ERESTART_RESTARTBLOCK: c_int = 516;
    /// linux/errno.h (kernel-internal): "not supported", which some protocols return as it is.
    ENOTSUPP: c_int = 524;

    /// asm-generic/socket.h: SO_RCVTIMEO_NEW, kernel 5.1. Takes two 64-bit fields on every machine, where
    /// the older number takes the machine's `long`.
    #[cfg(sockopt_time64)]
    SO_RCVTIMEO: c_int = SO_RCVTIMEO_NEW;
    /// asm-generic/socket.h: SO_SNDTIMEO_NEW, kernel 5.1.
    #[cfg(sockopt_time64)]
    SO_SNDTIMEO: c_int = SO_SNDTIMEO_NEW;
    /// asm-generic/socket.h: SO_TIMESTAMP_NEW, kernel 5.1. Its messages have 64-bit fields on every machine.
    #[cfg(sockopt_time64)]
    SO_TIMESTAMP: c_int = SO_TIMESTAMP_NEW;
    /// asm-generic/socket.h: SO_TIMESTAMPNS_NEW, kernel 5.1.
    #[cfg(sockopt_time64)]
    SO_TIMESTAMPNS: c_int = SO_TIMESTAMPNS_NEW;
    /// asm-generic/socket.h: SO_TIMESTAMPING_NEW, kernel 5.1.
    #[cfg(sockopt_time64)]
    SO_TIMESTAMPING: c_int = SO_TIMESTAMPING_NEW;
    /// asm-generic/socket.h, kernel 5.1.
    #[cfg(not(target_arch = "sparc64"))]
    SO_TIMESTAMP_NEW: c_int = 63;
    /// arch/sparc/include/uapi/asm/socket.h, kernel 5.1.
    #[cfg(target_arch = "sparc64")]
    SO_TIMESTAMP_NEW: c_int = 0x46;
    /// asm-generic/socket.h, kernel 5.1.
    #[cfg(not(target_arch = "sparc64"))]
    SO_TIMESTAMPNS_NEW: c_int = 64;
    /// arch/sparc/include/uapi/asm/socket.h, kernel 5.1.
    #[cfg(target_arch = "sparc64")]
    SO_TIMESTAMPNS_NEW: c_int = 0x47;
    /// asm-generic/socket.h, kernel 5.1.
    #[cfg(not(target_arch = "sparc64"))]
    SO_TIMESTAMPING_NEW: c_int = 65;
    /// arch/sparc/include/uapi/asm/socket.h, kernel 5.1.
    #[cfg(target_arch = "sparc64")]
    SO_TIMESTAMPING_NEW: c_int = 0x43;
    /// asm-generic/socket.h, kernel 5.1.
    #[cfg(not(target_arch = "sparc64"))]
    SO_RCVTIMEO_NEW: c_int = 66;
    /// arch/sparc/include/uapi/asm/socket.h, kernel 5.1.
    #[cfg(target_arch = "sparc64")]
    SO_RCVTIMEO_NEW: c_int = 0x44;
    /// asm-generic/socket.h, kernel 5.1.
    #[cfg(not(target_arch = "sparc64"))]
    SO_SNDTIMEO_NEW: c_int = 67;
    /// arch/sparc/include/uapi/asm/socket.h, kernel 5.1.
    #[cfg(target_arch = "sparc64")]
    SO_SNDTIMEO_NEW: c_int = 0x45;
    /// asm-generic/socket.h, kernel 6.14.
    #[cfg(not(target_arch = "sparc64"))]
    SO_RCVPRIORITY: c_int = 82;
    /// arch/sparc/include/uapi/asm/socket.h, kernel 6.14.
    #[cfg(target_arch = "sparc64")]
    SO_RCVPRIORITY: c_int = 0x5b;
    /// asm-generic/socket.h, kernel 6.16.
    #[cfg(not(target_arch = "sparc64"))]
    SO_PASSRIGHTS: c_int = 83;
    /// arch/sparc/include/uapi/asm/socket.h, kernel 6.16.
    #[cfg(target_arch = "sparc64")]
    SO_PASSRIGHTS: c_int = 0x5c;
    /// asm-generic/socket.h, kernel 6.17.
    #[cfg(not(target_arch = "sparc64"))]
    SO_INQ: c_int = 84;
    /// arch/sparc/include/uapi/asm/socket.h, kernel 6.17.
    #[cfg(target_arch = "sparc64")]
    SO_INQ: c_int = 0x5d;

    /// asm-generic/socket.h, kernel 6.12.
    #[cfg(not(target_arch = "sparc64"))]
    SO_DEVMEM_DONTNEED: c_int = 80;
    /// arch/sparc/include/uapi/asm/socket.h, kernel 6.12.
    #[cfg(target_arch = "sparc64")]
    SO_DEVMEM_DONTNEED: c_int = 0x59;
    /// linux/vm_sockets.h.
    SO_VM_SOCKETS_BUFFER_SIZE: c_int = 0;
    /// linux/vm_sockets.h.
    SO_VM_SOCKETS_BUFFER_MIN_SIZE: c_int = 1;
    /// linux/vm_sockets.h.
    SO_VM_SOCKETS_BUFFER_MAX_SIZE: c_int = 2;
    /// linux/vm_sockets.h: SO_VM_SOCKETS_CONNECT_TIMEOUT_OLD.
    #[cfg(not(sockopt_time64))]
    SO_VM_SOCKETS_CONNECT_TIMEOUT: c_int = 6;
    /// linux/vm_sockets.h: SO_VM_SOCKETS_CONNECT_TIMEOUT_NEW, kernel 5.15.
    #[cfg(sockopt_time64)]
    SO_VM_SOCKETS_CONNECT_TIMEOUT: c_int = 8;
    /// linux/udp.h of the kernel (include/net/udplite.h).
    UDPLITE_SEND_CSCOV: c_int = 10;
    /// include/net/udplite.h of the kernel.
    UDPLITE_RECV_CSCOV: c_int = 11;
    /// linux/net.h of the kernel: `enum sock_type`.
    SOCK_DCCP: c_int = 6;

    /// linux/in.h, kernel 5.9.
    IP_RECVERR_RFC4884: c_int = 26;
    /// linux/in.h, kernel 6.3.
    IP_LOCAL_PORT_RANGE: c_int = 51;
    /// linux/in.h, kernel 6.4.
    IP_PROTOCOL: c_int = 52;
    /// linux/in6.h, kernel 5.9.
    IPV6_RECVERR_RFC4884: c_int = 31;
    /// linux/icmp.h.
    ICMP_FILTER: c_int = 1;
    /// netinet/icmp6.h (linux/icmpv6.h: ICMPV6_FILTER).
    ICMP6_FILTER: c_int = 1;

    /// linux/in6.h.
    IPV6_FL_A_GET: c_int = 0;
    /// linux/in6.h.
    IPV6_FL_A_PUT: c_int = 1;
    /// linux/in6.h.
    IPV6_FL_A_RENEW: c_int = 2;
    /// linux/in6.h.
    IPV6_FL_S_NONE: c_int = 0;
    /// linux/in6.h.
    IPV6_FL_S_EXCL: c_int = 1;
    /// linux/in6.h.
    IPV6_FL_S_PROCESS: c_int = 2;
    /// linux/in6.h.
    IPV6_FL_S_USER: c_int = 3;
    /// linux/in6.h.
    IPV6_FL_S_ANY: c_int = 255;

    /// linux/tcp.h.
    TCP_TX_DELAY: c_int = 37;
    /// linux/tcp.h, kernel 6.7.
    TCP_AO_ADD_KEY: c_int = 38;
    /// linux/tcp.h, kernel 6.7.
    TCP_AO_DEL_KEY: c_int = 39;
    /// linux/tcp.h, kernel 6.7.
    TCP_AO_INFO: c_int = 40;
    /// linux/tcp.h, kernel 6.7.
    TCP_AO_GET_KEYS: c_int = 41;
    /// linux/tcp.h, kernel 6.7.
    TCP_AO_REPAIR: c_int = 42;
    /// linux/tcp.h, kernel 6.11.
    TCP_IS_MPTCP: c_int = 43;
    /// linux/tcp.h, kernel 6.15.
    TCP_RTO_MAX_MS: c_int = 44;
    /// linux/tcp.h, kernel 6.15.
    TCP_RTO_MIN_US: c_int = 45;
    /// linux/tcp.h, kernel 6.15.
    TCP_DELACK_MAX_US: c_int = 46;
    /// linux/tcp.h.
    TCP_REPAIR_ON: c_int = 1;
    /// linux/tcp.h.
    TCP_REPAIR_OFF: c_int = 0;
    /// linux/tcp.h.
    TCP_REPAIR_OFF_NO_WP: c_int = -1;
    /// linux/tcp.h.
    TCP_NO_QUEUE: c_int = 0;
    /// linux/tcp.h.
    TCP_RECV_QUEUE: c_int = 1;
    /// linux/tcp.h.
    TCP_SEND_QUEUE: c_int = 2;
    /// linux/tcp.h.
    TCP_MD5SIG_FLAG_PREFIX: u8 = 1;
    /// linux/tcp.h, kernel 5.6.
    TCP_MD5SIG_FLAG_IFINDEX: u8 = 2;
    /// netinet/tcp.h.
    TCPOPT_MAXSEG: u32 = 2;
    /// netinet/tcp.h.
    TCPOPT_WINDOW: u32 = 3;
    /// netinet/tcp.h.
    TCPOPT_SACK_PERMITTED: u32 = 4;
    /// netinet/tcp.h.
    TCPOPT_TIMESTAMP: u32 = 8;

    /// linux/socket.h (kernel-internal), documented in Documentation/networking/mptcp.rst.
    SOL_MPTCP: c_int = 284;
    /// netdb.h of glibc; musl has no such flag, and refuses it.
    AI_IDN: c_int = 0x40;
    /// netdb.h of glibc.
    AI_CANONIDN: c_int = 0x80;
    /// netdb.h of glibc.
    NI_IDN: c_int = 32;
    /// netdb.h of glibc; of musl 255, for which this is enough.
    NI_MAXHOST: socklen_t = 1025;
    /// netdb.h.
    NI_MAXSERV: usize = 32;
    /// netdb.h of glibc; musl never gives it.
    EAI_ADDRFAMILY: c_int = -9;
    /// netdb.h of glibc, and of musl since 1.2.4.
    EAI_NODATA: c_int = -5;
    /// netdb.h of glibc.
    EAI_IDN_ENCODE: c_int = -105;

    /// linux/mptcp.h, kernel 5.16.
    MPTCP_INFO: c_int = 1;
    /// linux/mptcp.h, kernel 5.16.
    MPTCP_TCPINFO: c_int = 2;
    /// linux/mptcp.h, kernel 5.16.
    MPTCP_SUBFLOW_ADDRS: c_int = 3;
    /// linux/mptcp.h, kernel 6.5.
    MPTCP_FULL_INFO: c_int = 4;

    /// linux/udp.h.
    UDP_ENCAP_ESPINUDP_NON_IKE: c_int = 1;
    /// linux/udp.h.
    UDP_ENCAP_ESPINUDP: c_int = 2;
    /// linux/udp.h.
    UDP_ENCAP_L2TPINUDP: c_int = 3;
    /// linux/udp.h.
    UDP_ENCAP_GTP0: c_int = 4;
    /// linux/udp.h.
    UDP_ENCAP_GTP1U: c_int = 5;
    /// linux/udp.h.
    UDP_ENCAP_RXRPC: c_int = 6;
    /// linux/udp.h.
    TCP_ENCAP_ESPINTCP: c_int = 7;

    /// linux/if_packet.h: `enum tpacket_versions`.
    TPACKET_V1: c_int = 0;
    /// linux/if_packet.h: `enum tpacket_versions`.
    TPACKET_V2: c_int = 1;
    /// linux/if_packet.h: `enum tpacket_versions`.
    TPACKET_V3: c_int = 2;

    /// asm-generic/socket.h: the message of SO_TIMESTAMP has its number.
    SCM_TIMESTAMP: c_int = SO_TIMESTAMP;
    /// asm-generic/socket.h: the message of SO_TIMESTAMPNS has its number.
    SCM_TIMESTAMPNS: c_int = SO_TIMESTAMPNS;
    /// asm-generic/socket.h: the message of SO_TIMESTAMPING has its number.
    SCM_TIMESTAMPING: c_int = SO_TIMESTAMPING;
    /// linux/socket.h of the kernel.
    SCM_SECURITY: c_int = 3;
    /// linux/socket.h of the kernel, 6.5.
    SCM_PIDFD: c_int = 4;
    /// linux/socket.h of the kernel: `SCM_MAX_FD`.
    SCM_MAX_FD: usize = 253;
    /// asm-generic/socket.h, kernel 6.13.
    #[cfg(not(target_arch = "sparc64"))]
    SCM_TS_OPT_ID: c_int = 81;
    /// arch/sparc/include/uapi/asm/socket.h, kernel 6.13.
    #[cfg(target_arch = "sparc64")]
    SCM_TS_OPT_ID: c_int = 0x5a;
    /// asm-generic/socket.h, kernel 6.17: the message of SO_INQ has its number.
    SCM_INQ: c_int = SO_INQ;
    /// linux/tcp.h.
    TCP_CM_INQ: c_int = TCP_INQ;
    /// linux/tls.h.
    TLS_SET_RECORD_TYPE: c_int = 1;
    /// linux/tls.h.
    TLS_GET_RECORD_TYPE: c_int = 2;
    /// linux/socket.h of the kernel.
    SOL_TLS: c_int = 282;
    /// linux/socket.h of the kernel.
    SOL_ALG: c_int = 279;
    /// linux/socket.h of the kernel; linux/vm_sockets.h since 6.7.
    SOL_VSOCK: c_int = 287;
    /// linux/vm_sockets.h, kernel 6.7.
    VSOCK_RECVERR: c_int = 1;

    /// linux/errqueue.h.
    SO_EE_ORIGIN_ZEROCOPY: u8 = 5;
    /// linux/errqueue.h.
    SO_EE_ORIGIN_TXTIME: u8 = 6;
    /// linux/errqueue.h.
    SO_EE_CODE_ZEROCOPY_COPIED: u8 = 1;
    /// linux/errqueue.h.
    SO_EE_CODE_TXTIME_MISSED: u8 = 2;
    /// linux/errqueue.h.
    SO_EE_RFC4884_FLAG_INVALID: u8 = 1;
    /// linux/errqueue.h.
    SCM_TSTAMP_SND: u32 = 0;
    /// linux/errqueue.h.
    SCM_TSTAMP_SCHED: u32 = 1;
    /// linux/errqueue.h.
    SCM_TSTAMP_ACK: u32 = 2;
    /// linux/errqueue.h, kernel 6.15.
    SCM_TSTAMP_COMPLETION: u32 = 3;

    /// linux/sockios.h: bytes of the send queue that have not left (the same number as TIOCOUTQ).
    SIOCOUTQ: c_int = TIOCOUTQ as c_int;
    /// asm-generic/sockios.h: is the read position at the urgent mark?
    #[cfg(not(mips))]
    SIOCATMARK: c_int = 0x8905;
    /// arch/mips/include/uapi/asm/sockios.h: `_IOR('s', 7, int)`.
    #[cfg(mips)]
    SIOCATMARK: c_int = 0x4004_7307;
}
