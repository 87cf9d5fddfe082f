//! Times.

use core::time::Duration;

use super::{RecvValue, coded, kind, value};
use crate::sys::{Pod, c};

kind! {
    /// A time since 1970: `struct timeval`, which is a [`Duration`] here.
    Timeval: "struct timeval", 16;
    /// A time since 1970: `struct timespec`, which is a [`Duration`] here.
    Timespec: "struct timespec", 16;
}

/// When a packet came or left: `struct scm_timestamping`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Timestamps {
    /// By the kernel's clock: since 1970.
    pub software: Option<Duration>,
    /// By the device's own clock, which need not count from 1970.
    pub hardware: Option<Duration>,
}

/// Which device took the time of a packet's arrival: `struct scm_ts_pktinfo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimestampingPktInfo {
    /// The index of the interface.
    pub interface: u32,
    /// The length of the packet with all its headers.
    pub len: u32,
}

value! {
    Timestamps: "struct scm_timestamping", size_of::<c::scm_timestamping>();
    TimestampingPktInfo: "struct scm_ts_pktinfo", size_of::<c::scm_ts_pktinfo>();
}

coded! {
    TimestampingPktInfo as c::scm_ts_pktinfo: recv TimestampingPktInfo = |raw| Some(TimestampingPktInfo {
        interface: raw.if_index,
        len: raw.pkt_length,
    });
}

/// `N` numbers: of 64 bits, or of 32 where the kernel was asked by a machine's older numbers. The length tells which.
#[inline]
fn numbers<const N: usize>(data: &[u8]) -> Option<[i64; N]> {
    if data.len() >= size_of::<[i64; N]>() {
        <[i64; N]>::from_bytes(data)
    } else {
        <[i32; N]>::from_bytes(data).map(|numbers| numbers.map(i64::from))
    }
}

/// A time, if it is one.
#[inline]
fn time(seconds: i64, part: i64, parts_of_a_second: u32) -> Option<Duration> {
    let part = u32::try_from(part).ok().filter(|part| *part < parts_of_a_second)?;
    let nanos = part * (1_000_000_000 / parts_of_a_second);
    Some(Duration::new(u64::try_from(seconds).ok()?, nanos))
}

impl RecvValue for Timeval {
    type Output<'a> = Duration;

    #[inline]
    fn decode(data: &[u8]) -> Option<Duration> {
        let [seconds, micros] = numbers(data)?;
        time(seconds, micros, 1_000_000)
    }
}

impl RecvValue for Timespec {
    type Output<'a> = Duration;

    #[inline]
    fn decode(data: &[u8]) -> Option<Duration> {
        let [seconds, nanos] = numbers(data)?;
        time(seconds, nanos, 1_000_000_000)
    }
}

impl RecvValue for Timestamps {
    type Output<'a> = Timestamps;

    /// The second of the three is no longer used; one that is all 0 was not taken.
    #[inline]
    fn decode(data: &[u8]) -> Option<Timestamps> {
        let [seconds, nanos, _, _, hw_seconds, hw_nanos] = numbers(data)?;
        let taken = |seconds, nanos| time(seconds, nanos, 1_000_000_000).filter(|time| !time.is_zero());
        Some(Timestamps { software: taken(seconds, nanos), hardware: taken(hw_seconds, hw_nanos) })
    }
}
