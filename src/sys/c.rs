//! The numbers of the system: everything that libc defines, and here, with its source, what libc does
//! not define, or defines differently from what this library needs.
//!
//! An item of this file shadows the libc item of the same name, so the rest of the library asks for
//! `c::NAME` and need not know which of the two it gets. [`NUMBERS`] and [`STRUCTS`] list what is defined here: a test has
//! the C compiler compare them with the system's headers.

use core::mem::offset_of;

pub use libc::*;

use super::pod::Pod;

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

    /// linux/sockios.h: bytes of the send queue that have not left (the same number as TIOCOUTQ).
    SIOCOUTQ: c_int = TIOCOUTQ as c_int;
    /// asm-generic/sockios.h: is the read position at the urgent mark?
    #[cfg(not(mips))]
    SIOCATMARK: c_int = 0x8905;
    /// arch/mips/include/uapi/asm/sockios.h: `_IOR('s', 7, int)`.
    #[cfg(mips)]
    SIOCATMARK: c_int = 0x4004_7307;
}

/// A structure as it lies in memory: its name, its size, and its fields with their offsets and sizes.
pub type Layout = (&'static str, usize, &'static [(&'static str, usize, usize)]);

/// Defines structures of plain old data; the comment of each is its source. A field without a name in C begins with
/// `_`; an array at the end whose length is not fixed has length 0.
macro_rules! structs {
    ($($(#[doc = $source:literal])+ $name:ident { $($field:ident: $type:ty,)+ })+) => {
        $(
            $(#[doc = $source])+
            #[repr(C)]
            #[derive(Debug, Clone, Copy)]
            #[allow(missing_docs, reason = "the source says it")]
            pub struct $name {
                $(pub $field: $type,)+
            }

            // SAFETY: all fields are plain old data, and together they fill it, which is checked here.
            unsafe impl Pod for $name {}

            const _: () = {
                const fn is_pod<T: Pod>() -> usize {
                    size_of::<T>()
                }
                assert!(size_of::<$name>() == 0 $(+ is_pod::<$type>())+);
            };
        )+

        /// The structures of this file.
        pub const STRUCTS: &[Layout] = &[$((
            stringify!($name),
            size_of::<$name>(),
            &[$((stringify!($field), offset_of!($name, $field), size_of::<$type>()),)+],
        ),)+];
    };
}

/// What the compiler leaves free in front of a `struct sockaddr_storage` that follows 32 bits.
const PAD: usize = align_of::<sockaddr_storage>() - 4;
/// `struct sockaddr_storage`, of which no byte is anything but a byte.
type Storage = [u8; size_of::<sockaddr_storage>()];

structs! {
    /// linux/net_tstamp.h, kernel 5.14.
    so_timestamping { flags: c_int, bind_phc: c_int, }

    /// linux/in.h.
    ip_msfilter { imsf_multiaddr: u32, imsf_interface: u32, imsf_fmode: u32, imsf_numsrc: u32, imsf_slist: [u32; 0], }
    /// linux/in.h.
    group_req { gr_interface: u32, _pad: [u8; PAD], gr_group: Storage, }
    /// linux/in.h.
    group_source_req { gsr_interface: u32, _pad: [u8; PAD], gsr_group: Storage, gsr_source: Storage, }
    /// linux/in.h.
    group_filter {
        gf_interface: u32, _pad: [u8; PAD], gf_group: Storage, gf_fmode: u32, gf_numsrc: u32, gf_slist: [Storage; 0],
    }
    /// linux/in6.h.
    in6_flowlabel_req {
        flr_dst: in6_addr, flr_label: u32, flr_action: u8, flr_share: u8, flr_flags: u16, flr_expires: u16,
        flr_linger: u16, __flr_pad: u32,
    }
    /// linux/ipv6.h, netinet/in.h.
    ip6_mtuinfo { ip6m_addr: sockaddr_in6, ip6m_mtu: u32, }

    /// linux/tcp.h, kernel 6.18. The two bytes `tcpi_wscale` and `tcpi_flags` are bit fields in C.
    tcp_info {
        tcpi_state: u8, tcpi_ca_state: u8, tcpi_retransmits: u8, tcpi_probes: u8, tcpi_backoff: u8, tcpi_options: u8,
        tcpi_wscale: u8, tcpi_flags: u8,
        tcpi_rto: u32, tcpi_ato: u32, tcpi_snd_mss: u32, tcpi_rcv_mss: u32,
        tcpi_unacked: u32, tcpi_sacked: u32, tcpi_lost: u32, tcpi_retrans: u32, tcpi_fackets: u32,
        tcpi_last_data_sent: u32, tcpi_last_ack_sent: u32, tcpi_last_data_recv: u32, tcpi_last_ack_recv: u32,
        tcpi_pmtu: u32, tcpi_rcv_ssthresh: u32, tcpi_rtt: u32, tcpi_rttvar: u32, tcpi_snd_ssthresh: u32,
        tcpi_snd_cwnd: u32, tcpi_advmss: u32, tcpi_reordering: u32,
        tcpi_rcv_rtt: u32, tcpi_rcv_space: u32, tcpi_total_retrans: u32,
        tcpi_pacing_rate: u64, tcpi_max_pacing_rate: u64, tcpi_bytes_acked: u64, tcpi_bytes_received: u64,
        tcpi_segs_out: u32, tcpi_segs_in: u32, tcpi_notsent_bytes: u32, tcpi_min_rtt: u32, tcpi_data_segs_in: u32,
        tcpi_data_segs_out: u32,
        tcpi_delivery_rate: u64, tcpi_busy_time: u64, tcpi_rwnd_limited: u64, tcpi_sndbuf_limited: u64,
        tcpi_delivered: u32, tcpi_delivered_ce: u32, tcpi_bytes_sent: u64, tcpi_bytes_retrans: u64,
        tcpi_dsack_dups: u32, tcpi_reord_seen: u32, tcpi_rcv_ooopack: u32, tcpi_snd_wnd: u32,
        tcpi_rcv_wnd: u32, tcpi_rehash: u32,
        tcpi_total_rto: u16, tcpi_total_rto_recoveries: u16, tcpi_total_rto_time: u32,
        tcpi_received_ce: u32, tcpi_delivered_e1_bytes: u32, tcpi_delivered_e0_bytes: u32,
        tcpi_delivered_ce_bytes: u32, tcpi_received_e1_bytes: u32, tcpi_received_e0_bytes: u32,
        tcpi_received_ce_bytes: u32, tcpi_accecn_fail_mode: u16, tcpi_accecn_opt_seen: u16,
    }
    /// linux/tcp.h.
    tcp_md5sig {
        tcpm_addr: Storage, tcpm_flags: u8, tcpm_prefixlen: u8, tcpm_keylen: u16, tcpm_ifindex: c_int,
        tcpm_key: [u8; 80],
    }
    /// linux/tcp.h.
    tcp_repair_opt { opt_code: u32, opt_val: u32, }
    /// linux/tcp.h.
    tcp_repair_window { snd_wl1: u32, snd_wnd: u32, max_window: u32, rcv_wnd: u32, rcv_wup: u32, }
    /// linux/tcp.h.
    tcp_zerocopy_receive {
        address: u64, length: u32, recv_skip_hint: u32, inq: u32, err: i32, copybuf_address: u64, copybuf_len: i32,
        flags: u32, msg_control: u64, msg_controllen: u64, msg_flags: u32, reserved: u32,
    }
    /// linux/tcp.h, kernel 6.7. The 32 bits `_flags` are bit fields in C.
    tcp_ao_add {
        addr: Storage, alg_name: [u8; 64], ifindex: i32, _flags: u32, reserved2: u16, prefix: u8, sndid: u8,
        rcvid: u8, maclen: u8, keyflags: u8, keylen: u8, key: [u8; 80],
    }
    /// linux/tcp.h, kernel 6.7. The 32 bits `_flags` are bit fields in C.
    tcp_ao_del {
        addr: Storage, ifindex: i32, _flags: u32, reserved2: u16, prefix: u8, sndid: u8, rcvid: u8, current_key: u8,
        rnext: u8, keyflags: u8,
    }
    /// linux/tcp.h, kernel 6.7. The 32 bits `_flags` are bit fields in C.
    tcp_ao_info_opt {
        _flags: u32, reserved2: u16, current_key: u8, rnext: u8, pkt_good: u64, pkt_bad: u64, pkt_key_not_found: u64,
        pkt_ao_required: u64, pkt_dropped_icmp: u64,
    }
    /// linux/tcp.h, kernel 6.7. The 16 bits `_flags` are bit fields in C.
    tcp_ao_getsockopt {
        addr: Storage, alg_name: [u8; 64], key: [u8; 80], nkeys: u32, _flags: u16, sndid: u8, rcvid: u8, prefix: u8,
        maclen: u8, keyflags: u8, keylen: u8, ifindex: i32, pkt_good: u64, pkt_bad: u64,
    }
    /// linux/tcp.h, kernel 6.7.
    tcp_ao_repair { snt_isn: u32, rcv_isn: u32, snd_sne: u32, rcv_sne: u32, }

    /// linux/mptcp.h, kernel 6.10.
    mptcp_info {
        mptcpi_subflows: u8, mptcpi_add_addr_signal: u8, mptcpi_add_addr_accepted: u8, mptcpi_subflows_max: u8,
        mptcpi_add_addr_signal_max: u8, mptcpi_add_addr_accepted_max: u8, _pad: [u8; 2], mptcpi_flags: u32,
        mptcpi_token: u32, mptcpi_write_seq: u64, mptcpi_snd_una: u64, mptcpi_rcv_nxt: u64,
        mptcpi_local_addr_used: u8, mptcpi_local_addr_max: u8, mptcpi_csum_enabled: u8, _pad2: [u8; 1],
        mptcpi_retransmits: u32, mptcpi_bytes_retrans: u64, mptcpi_bytes_sent: u64, mptcpi_bytes_received: u64,
        mptcpi_bytes_acked: u64, mptcpi_subflows_total: u8, _reserved: [u8; 3], mptcpi_last_data_sent: u32,
        mptcpi_last_data_recv: u32, mptcpi_last_ack_recv: u32,
    }
    /// linux/mptcp.h, kernel 6.5.
    mptcp_subflow_info { id: u32, _pad: [u8; PAD], local: Storage, remote: Storage, }
    /// linux/mptcp.h, kernel 6.5.
    mptcp_full_info {
        size_tcpinfo_kernel: u32, size_tcpinfo_user: u32, size_sfinfo_kernel: u32, size_sfinfo_user: u32,
        num_subflows: u32, size_arrays_user: u32, subflow_info: u64, tcp_info: u64, mptcp_info: mptcp_info,
    }
    /// linux/mptcp.h, kernel 5.16.
    mptcp_subflow_data { size_subflow_data: u32, num_subflows: u32, size_kernel: u32, size_user: u32, }

    /// linux/if_packet.h. The last field has 8 bytes in C, but an address can be longer.
    sockaddr_ll {
        sll_family: sa_family_t, sll_protocol: u16, sll_ifindex: c_int, sll_hatype: u16, sll_pkttype: u8, sll_halen: u8,
        sll_addr: [u8; 0],
    }
    /// `struct sockaddr_ll` with room for the longest address, `MAX_ADDR_LEN` of the kernel's linux/netdevice.h.
    sockaddr_ll_max { head: sockaddr_ll, addr: [u8; 32], }
    /// linux/vm_sockets.h, kernel 5.11.
    sockaddr_vm {
        svm_family: sa_family_t, svm_reserved1: u16, svm_port: u32, svm_cid: u32, svm_flags: u8, svm_zero: [u8; 3],
    }
    /// linux/netlink.h.
    sockaddr_nl { nl_family: sa_family_t, nl_pad: u16, nl_pid: u32, nl_groups: u32, }

    /// net/if.h: `struct ifreq` with an index.
    ifreq_index { ifr_name: [u8; IFNAMSIZ], ifr_ifindex: c_int, _more: [u8; size_of::<ifreq>() - IFNAMSIZ - 4], }

    /// The kernel's net/packet/af_packet.c: `struct packet_mreq` with room for the longest address.
    packet_mreq_max { mr_ifindex: c_int, mr_type: u16, mr_alen: u16, mr_address: [u8; 32], }
}
