//! TCP_INFO: what the kernel knows of a connection, in a structure that grows from version to version.

use core::fmt;
use core::mem::offset_of;
use core::time::Duration;

use super::{ReadValue, value};
use crate::error::{Errno, Result};
use crate::number::open_number;
use crate::opt::info::OptSize;
use crate::sys::{self, Fd, NewValue, OptName, Pod, c};

open_number! {
    /// The state of a TCP connection.
    TcpState {
        /// There is a connection.
        TCP_ESTABLISHED = 1;
        /// connect(2) has sent a SYN.
        TCP_SYN_SENT = 2;
        /// A SYN has come and was answered.
        TCP_SYN_RECV = 3;
        /// This side has closed; the peer has not acknowledged it.
        TCP_FIN_WAIT1 = 4;
        /// This side has closed; the peer has not.
        TCP_FIN_WAIT2 = 5;
        /// Both have closed; what is late shall not be taken for a new connection.
        TCP_TIME_WAIT = 6;
        /// There is none.
        TCP_CLOSE = 7;
        /// The peer has closed; this side has not.
        TCP_CLOSE_WAIT = 8;
        /// Both have closed; the peer has not acknowledged it.
        TCP_LAST_ACK = 9;
        /// The socket listens.
        TCP_LISTEN = 10;
        /// Both have closed at once.
        TCP_CLOSING = 11;
        /// A SYN has come to a listener.
        TCP_NEW_SYN_RECV = 12;
    }
}

/// What the kernel knows of a connection: `struct tcp_info`.
///
/// Newer kernels fill in more of it: [`filled`](TcpInfo::filled) says how much, and what this kernel has not is
/// `None`. Fields without an [`Option`] are filled in by every kernel since 5.4. On a listener, `unacked` is how
/// many connections wait for accept(2), and `sacked` is the backlog.
///
/// ```
/// # fn main() -> sockets::Result<()> {
/// use sockets::opt::{self, TcpState};
/// use sockets::{Domain, Protocol, Socket, Type};
///
/// let socket = Socket::socket(Domain::AF_INET, Type::SOCK_STREAM, Protocol::DEFAULT)?;
/// let info = socket.getsockopt(opt::TCP_INFO)?;
/// assert_eq!(info.state(), TcpState::TCP_CLOSE);
/// assert!(info.filled() >= 104);
/// println!("{:?} {:?}", info.rtt(), info.rcv_wnd());
/// # Ok(())
/// # }
/// ```
///
/// [tcp(7)](https://man7.org/linux/man-pages/man7/tcp.7.html)
#[derive(Clone, Copy)]
pub struct TcpInfo {
    raw: c::tcp_info,
    filled: usize,
}

/// As much as the oldest kernel fills in that has options of TCP at all.
const LEAST: usize = offset_of!(c::tcp_info, tcpi_pacing_rate);

value! {
    TcpInfo: Struct, "struct tcp_info", OptSize { min: LEAST, max: size_of::<c::tcp_info>() };
}

impl ReadValue for TcpInfo {
    type Output = TcpInfo;

    fn get(fd: Fd<'_>, option: OptName) -> Result<TcpInfo> {
        let (raw, len) = sys::getsockopt(fd, option, NewValue::<c::tcp_info>::new())?;
        TcpInfo::new(raw, len)
    }

    fn show(value: &TcpInfo, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (state, rtt, lost) = (value.state(), value.rtt(), value.total_retrans());
        write!(f, "{state:?}, round trip {rtt:?}, window {} segments, {lost} sent again", value.snd_cwnd())
    }
}

impl TcpInfo {
    fn new(raw: c::tcp_info, len: usize) -> Result<TcpInfo> {
        let filled = len.min(size_of::<c::tcp_info>());
        if filled < LEAST { Err(Errno::EINVAL) } else { Ok(TcpInfo { raw, filled }) }
    }

    /// The one of a structure that is part of another.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<TcpInfo> {
        let mut whole = [0; size_of::<c::tcp_info>()];
        let filled = bytes.len().min(whole.len());
        for (place, byte) in whole.iter_mut().zip(bytes) {
            *place = *byte;
        }
        TcpInfo::new(Pod::from_bytes(&whole).ok_or(Errno::EINVAL)?, filled)
    }

    /// How many bytes the kernel has filled in.
    pub fn filled(&self) -> usize {
        self.filled
    }

    /// The state of the connection.
    pub fn state(&self) -> TcpState {
        i32::from(self.raw.tcpi_state).into()
    }

    /// The window scale for sending, and whether it was negotiated is in [`options`](TcpInfo::options).
    pub fn snd_wscale(&self) -> u8 {
        self.scales().0
    }

    /// The window scale for receiving.
    pub fn rcv_wscale(&self) -> u8 {
        self.scales().1
    }

    /// Two bit fields of one byte, which begin at the end where the machine's numbers do.
    fn scales(&self) -> (u8, u8) {
        let (low, high) = (self.raw.tcpi_wscale & 15, self.raw.tcpi_wscale >> 4);
        if cfg!(target_endian = "little") { (low, high) } else { (high, low) }
    }

    /// Is the delivery rate bound by the program that sends?
    pub fn delivery_rate_app_limited(&self) -> bool {
        let bit = if cfg!(target_endian = "little") { 1 } else { 1 << 7 };
        self.raw.tcpi_flags & bit != 0
    }

    /// Why Fast Open was not used: 0 is not known, 1 no cookie, 2 the data was not acknowledged, 3 no SYN was.
    pub fn fastopen_client_fail(&self) -> u8 {
        let shift = if cfg!(target_endian = "little") { 1 } else { 5 };
        (self.raw.tcpi_flags >> shift) & 3
    }
}

fn micros(time: impl Into<u64>) -> Duration {
    Duration::from_micros(time.into())
}

fn millis(time: u32) -> Duration {
    Duration::from_millis(time.into())
}

/// Declares the methods that give one field each, those that not every kernel has after the others.
macro_rules! fields {
    (
        $($(#[doc = $doc:literal])+ $name:ident: $type:ty = $field:ident $(, $as:ident)?;)+
        newer:
        $($(#[doc = $newer_doc:literal])+ $newer:ident: $newer_type:ty = $newer_field:ident $(, $newer_as:ident)?;)+
    ) => {
        impl TcpInfo {
            $(
                $(#[doc = $doc])+
                pub fn $name(&self) -> $type {
                    $($as)?(self.raw.$field)
                }
            )+
            $(
                $(#[doc = $newer_doc])+
                pub fn $newer(&self) -> Option<$newer_type> {
                    let end = offset_of!(c::tcp_info, $newer_field) + size_of_val(&self.raw.$newer_field);
                    (self.filled >= end).then_some($($newer_as)?(self.raw.$newer_field))
                }
            )+
        }

        impl fmt::Debug for TcpInfo {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut shown = f.debug_struct("TcpInfo");
                shown.field("state", &self.state());
                $(shown.field(stringify!($name), &self.$name());)+
                shown.field("snd_wscale", &self.snd_wscale()).field("rcv_wscale", &self.rcv_wscale());
                shown.field("delivery_rate_app_limited", &self.delivery_rate_app_limited());
                shown.field("fastopen_client_fail", &self.fastopen_client_fail());
                $(
                    if let Some(value) = self.$newer() {
                        shown.field(stringify!($newer), &value);
                    }
                )+
                shown.finish()
            }
        }
    };
}

fields! {
    /// What congestion control does: 0 open, 1 disorder, 2 window reduced, 3 recovery, 4 loss.
    ca_state: u8 = tcpi_ca_state;
    /// How often in a row the last segment was sent again.
    retransmits: u8 = tcpi_retransmits;
    /// Unanswered probes, of keep-alive or of a closed window.
    probes: u8 = tcpi_probes;
    /// How often in a row the time for retransmission was doubled.
    backoff: u8 = tcpi_backoff;
    /// What was negotiated (`TCPI_OPT_` of linux/tcp.h): 1 time stamps, 2 SACK, 4 window scale, 8 ECN, 16 ECN seen,
    /// 32 data with the SYN, 64 time stamps in microseconds.
    options: u8 = tcpi_options;
    /// The time before a retransmission.
    rto: Duration = tcpi_rto, micros;
    /// The time before an acknowledgement.
    ato: Duration = tcpi_ato, micros;
    /// The segments that are sent, in bytes of data.
    snd_mss: u32 = tcpi_snd_mss;
    /// The segments that are received, in bytes of data, as far as the kernel can tell.
    rcv_mss: u32 = tcpi_rcv_mss;
    /// Segments that are not acknowledged.
    unacked: u32 = tcpi_unacked;
    /// Segments that are acknowledged out of order.
    sacked: u32 = tcpi_sacked;
    /// Segments that are taken for lost.
    lost: u32 = tcpi_lost;
    /// Segments that were sent again and are not acknowledged.
    retrans: u32 = tcpi_retrans;
    /// Not used any more.
    fackets: u32 = tcpi_fackets;
    /// How long ago data was sent.
    last_data_sent: Duration = tcpi_last_data_sent, millis;
    /// Not filled in.
    last_ack_sent: Duration = tcpi_last_ack_sent, millis;
    /// How long ago data was received.
    last_data_recv: Duration = tcpi_last_data_recv, millis;
    /// How long ago an acknowledgement was received.
    last_ack_recv: Duration = tcpi_last_ack_recv, millis;
    /// The MTU of the path.
    pmtu: u32 = tcpi_pmtu;
    /// Slow start threshold for receiving, in bytes.
    rcv_ssthresh: u32 = tcpi_rcv_ssthresh;
    /// The round trip time, smoothed.
    rtt: Duration = tcpi_rtt, micros;
    /// How much the round trip time varies.
    rttvar: Duration = tcpi_rttvar, micros;
    /// Slow start threshold for sending, in segments.
    snd_ssthresh: u32 = tcpi_snd_ssthresh;
    /// The congestion window, in segments.
    snd_cwnd: u32 = tcpi_snd_cwnd;
    /// The segments that were announced to the peer.
    advmss: u32 = tcpi_advmss;
    /// How far segments can be out of order before one is taken for lost.
    reordering: u32 = tcpi_reordering;
    /// The round trip time as the receiver estimates it.
    rcv_rtt: Duration = tcpi_rcv_rtt, micros;
    /// Room for receiving, as tuned.
    rcv_space: u32 = tcpi_rcv_space;
    /// Segments sent again so far.
    total_retrans: u32 = tcpi_total_retrans;
    /// Bytes per second that are sent at most; all ones is no limit.
    pacing_rate: u64 = tcpi_pacing_rate;
    /// [`SO_MAX_PACING_RATE`](crate::opt::SO_MAX_PACING_RATE); all ones is no limit.
    max_pacing_rate: u64 = tcpi_max_pacing_rate;
    /// Bytes acknowledged so far.
    bytes_acked: u64 = tcpi_bytes_acked;
    /// Bytes received so far.
    bytes_received: u64 = tcpi_bytes_received;
    /// Segments sent so far.
    segs_out: u32 = tcpi_segs_out;
    /// Segments received so far.
    segs_in: u32 = tcpi_segs_in;
    /// Bytes that are not sent yet.
    notsent_bytes: u32 = tcpi_notsent_bytes;
    /// The shortest round trip time.
    min_rtt: Duration = tcpi_min_rtt, micros;
    /// Segments with data received so far.
    data_segs_in: u32 = tcpi_data_segs_in;
    /// Segments with data sent so far.
    data_segs_out: u32 = tcpi_data_segs_out;
    /// Bytes per second that arrive.
    delivery_rate: u64 = tcpi_delivery_rate;
    /// For how long there was something to send.
    busy_time: Duration = tcpi_busy_time, micros;
    /// For how long of that the peer's window was the bound.
    rwnd_limited: Duration = tcpi_rwnd_limited, micros;
    /// For how long of that the send buffer was the bound.
    sndbuf_limited: Duration = tcpi_sndbuf_limited, micros;
    /// Segments delivered so far.
    delivered: u32 = tcpi_delivered;
    /// Segments delivered so far with a mark of congestion.
    delivered_ce: u32 = tcpi_delivered_ce;
    /// Bytes sent so far, again or for the first time.
    bytes_sent: u64 = tcpi_bytes_sent;
    /// Bytes sent again so far.
    bytes_retrans: u64 = tcpi_bytes_retrans;
    /// Segments that the peer says it has received twice.
    dsack_dups: u32 = tcpi_dsack_dups;
    /// How often segments were seen out of order.
    reord_seen: u32 = tcpi_reord_seen;
    /// Segments received out of order.
    rcv_ooopack: u32 = tcpi_rcv_ooopack;
    /// The peer's window, in bytes.
    snd_wnd: u32 = tcpi_snd_wnd;

    newer:
    /// The window that is announced to the peer, in bytes (kernel 6.2).
    rcv_wnd: u32 = tcpi_rcv_wnd;
    /// How often another path was chosen (kernel 6.2).
    rehash: u32 = tcpi_rehash;
    /// How often the time for retransmission ran out (kernel 6.7).
    total_rto: u16 = tcpi_total_rto;
    /// How many runs of that were recovered from (kernel 6.7).
    total_rto_recoveries: u16 = tcpi_total_rto_recoveries;
    /// How long those runs took (kernel 6.7).
    total_rto_time: Duration = tcpi_total_rto_time, millis;
    /// Segments received with a mark of congestion (kernel 6.18).
    received_ce: u32 = tcpi_received_ce;
    /// Bytes delivered with the mark ECT(1) (kernel 6.18).
    delivered_e1_bytes: u32 = tcpi_delivered_e1_bytes;
    /// Bytes delivered with the mark ECT(0) (kernel 6.18).
    delivered_e0_bytes: u32 = tcpi_delivered_e0_bytes;
    /// Bytes delivered with a mark of congestion (kernel 6.18).
    delivered_ce_bytes: u32 = tcpi_delivered_ce_bytes;
    /// Bytes received with the mark ECT(1) (kernel 6.18).
    received_e1_bytes: u32 = tcpi_received_e1_bytes;
    /// Bytes received with the mark ECT(0) (kernel 6.18).
    received_e0_bytes: u32 = tcpi_received_e0_bytes;
    /// Bytes received with a mark of congestion (kernel 6.18).
    received_ce_bytes: u32 = tcpi_received_ce_bytes;
    /// What keeps accurate ECN from working (kernel 6.18).
    accecn_fail_mode: u16 = tcpi_accecn_fail_mode;
    /// Which options of accurate ECN were seen (kernel 6.18).
    accecn_opt_seen: u16 = tcpi_accecn_opt_seen;
}
