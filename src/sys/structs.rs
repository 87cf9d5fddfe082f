//! The structures of the system that libc does not define, or whose bytes are not all fields there: all plain old data.
//! [`c`](super::c) is this file and its numbers.

use core::mem::offset_of;

pub use libc::*;

use super::pod::Pod;

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

    /// linux/socket.h of the kernel: the length has as many bits as a pointer, also where the C library (musl's) has it
    /// shorter and padded.
    cmsghdr { cmsg_len: usize, cmsg_level: c_int, cmsg_type: c_int, }
    /// linux/errqueue.h.
    scm_timestamping { ts: [[i64; 2]; 3], }
    /// linux/errqueue.h.
    sock_extended_err {
        ee_errno: u32, ee_origin: u8, ee_type: u8, ee_code: u8, ee_pad: u8, ee_info: u32, ee_data: u32,
    }
    /// linux/net_tstamp.h.
    scm_ts_pktinfo { if_index: u32, pkt_length: u32, reserved: [u32; 2], }
    /// linux/if_packet.h.
    tpacket_auxdata {
        tp_status: u32, tp_len: u32, tp_snaplen: u32, tp_mac: u16, tp_net: u16, tp_vlan_tci: u16, tp_vlan_tpid: u16,
    }

    /// linux/if_packet.h.
    tpacket_bd_ts { ts_sec: u32, ts_nsec: u32, }
    /// linux/if_packet.h. The number of the block is aligned to 8 bytes on every machine.
    tpacket_hdr_v1 {
        block_status: u32, num_pkts: u32, offset_to_first_pkt: u32, blk_len: u32, seq_num: u64,
        ts_first_pkt: tpacket_bd_ts, ts_last_pkt: tpacket_bd_ts,
    }
    /// linux/if_packet.h. The header is a union of one.
    tpacket_block_desc { version: u32, offset_to_priv: u32, hdr: tpacket_hdr_v1, }
    /// linux/if_packet.h.
    tpacket_hdr_variant1 { tp_rxhash: u32, tp_vlan_tci: u32, tp_vlan_tpid: u16, tp_padding: u16, }
    /// linux/if_packet.h.
    tpacket3_hdr {
        tp_next_offset: u32, tp_sec: u32, tp_nsec: u32, tp_snaplen: u32, tp_len: u32, tp_status: u32, tp_mac: u16,
        tp_net: u16, hv1: tpacket_hdr_variant1, tp_padding: [u8; 8],
    }

    /// net/if.h: `struct ifreq` with an index.
    ifreq_index { ifr_name: [u8; IFNAMSIZ], ifr_ifindex: c_int, _more: [u8; size_of::<ifreq>() - IFNAMSIZ - 4], }

    /// The kernel's net/packet/af_packet.c: `struct packet_mreq` with room for the longest address.
    packet_mreq_max { mr_ifindex: c_int, mr_type: u16, mr_alen: u16, mr_address: [u8; 32], }
}
