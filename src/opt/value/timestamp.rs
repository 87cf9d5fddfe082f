//! Options about the times of sending and receiving.

use core::ffi::c_int;
use core::fmt;

use bitflags::bitflags;

use super::{ReadValue, WriteValue, put, show_flags, value, whole};
use crate::error::{Errno, Result};
use crate::number::open_number;
use crate::opt::info::OptSize;
use crate::sys::{self, Fd, NewValue, OptName, c};

bitflags! {
    /// What `SO_TIMESTAMPING` takes: which times to take, which to tell, and how
    /// ([timestamping](https://docs.kernel.org/networking/timestamping.html)).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
    pub struct TimestampingFlags: u32 {
        /// Take the time when the device sends.
        const SOF_TIMESTAMPING_TX_HARDWARE = 1 << 0;
        /// Take the time when the driver is handed the packet.
        const SOF_TIMESTAMPING_TX_SOFTWARE = 1 << 1;
        /// Take the time when the device receives.
        const SOF_TIMESTAMPING_RX_HARDWARE = 1 << 2;
        /// Take the time when the kernel receives.
        const SOF_TIMESTAMPING_RX_SOFTWARE = 1 << 3;
        /// Tell the times that the kernel took.
        const SOF_TIMESTAMPING_SOFTWARE = 1 << 4;
        /// Does nothing any more.
        const SOF_TIMESTAMPING_SYS_HARDWARE = 1 << 5;
        /// Tell the times that the device took.
        const SOF_TIMESTAMPING_RAW_HARDWARE = 1 << 6;
        /// Number what is sent.
        const SOF_TIMESTAMPING_OPT_ID = 1 << 7;
        /// Take the time when a packet enters the queue of the device.
        const SOF_TIMESTAMPING_TX_SCHED = 1 << 8;
        /// Take the time when all bytes are acknowledged (TCP).
        const SOF_TIMESTAMPING_TX_ACK = 1 << 9;
        /// Every time of sending comes with all control messages of the packet.
        const SOF_TIMESTAMPING_OPT_CMSG = 1 << 10;
        /// Times of sending come without the packet.
        const SOF_TIMESTAMPING_OPT_TSONLY = 1 << 11;
        /// Times of sending come with the counters of the connection (TCP).
        const SOF_TIMESTAMPING_OPT_STATS = 1 << 12;
        /// Times of arrival come with the device that took them.
        const SOF_TIMESTAMPING_OPT_PKTINFO = 1 << 13;
        /// Tell both times of sending, the kernel's and the device's.
        const SOF_TIMESTAMPING_OPT_TX_SWHW = 1 << 14;
        /// Tell the device's times by another of its clocks: [`Timestamping::bind_phc`].
        const SOF_TIMESTAMPING_BIND_PHC = 1 << 15;
        /// [`SOF_TIMESTAMPING_OPT_ID`](Self::SOF_TIMESTAMPING_OPT_ID) counts from this moment on (TCP).
        const SOF_TIMESTAMPING_OPT_ID_TCP = 1 << 16;
        /// Tell only times of arrival that this socket asked for.
        const SOF_TIMESTAMPING_OPT_RX_FILTER = 1 << 17;
        /// Take the time when the device says that it has sent (Bluetooth).
        const SOF_TIMESTAMPING_TX_COMPLETION = 1 << 18;
        const _ = !0;
    }
}

/// The value of `SO_TIMESTAMPING`: `struct so_timestamping`.
///
/// ```
/// # fn main() -> sockets::Result<()> {
/// use sockets::opt::{self, TimestampingFlags};
/// use sockets::{Domain, Protocol, Socket, Type};
///
/// let socket = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
/// let flags = TimestampingFlags::SOF_TIMESTAMPING_RX_SOFTWARE | TimestampingFlags::SOF_TIMESTAMPING_SOFTWARE;
/// socket.setsockopt(opt::SO_TIMESTAMPING, flags.into())?;
/// assert_eq!(socket.getsockopt(opt::SO_TIMESTAMPING)?.flags, flags);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Timestamping {
    /// Which times.
    pub flags: TimestampingFlags,
    /// By which clock of the device (kernel 5.14), with
    /// [`SOF_TIMESTAMPING_BIND_PHC`](TimestampingFlags::SOF_TIMESTAMPING_BIND_PHC).
    pub bind_phc: Option<i32>,
}

impl From<TimestampingFlags> for Timestamping {
    fn from(flags: TimestampingFlags) -> Self {
        Timestamping { flags, bind_phc: None }
    }
}

value! {
    Timestamping: Struct, "struct so_timestamping",
        OptSize { min: size_of::<c_int>(), max: size_of::<c::so_timestamping>() };
    TxTime: Struct, "struct sock_txtime", OptSize::of::<c::sock_txtime>();
}

impl ReadValue for Timestamping {
    type Output = Timestamping;

    /// Kernels before 5.14 have the flags only.
    fn get(fd: Fd<'_>, option: OptName) -> Result<Timestamping> {
        let (raw, len) = sys::getsockopt(fd, option, NewValue::<c::so_timestamping>::new())?;
        let flags = TimestampingFlags::from_bits_retain(raw.flags as u32);
        let bind = flags.contains(TimestampingFlags::SOF_TIMESTAMPING_BIND_PHC);
        if len == size_of::<c_int>() || (len == size_of::<c::so_timestamping>() && !bind) {
            Ok(flags.into())
        } else if len == size_of::<c::so_timestamping>() {
            Ok(Timestamping { flags, bind_phc: Some(raw.bind_phc) })
        } else {
            Err(Errno::EINVAL)
        }
    }

    fn show(value: &Timestamping, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_flags(&value.flags, f)?;
        value.bind_phc.map_or(Ok(()), |clock| write!(f, ", clock {clock}"))
    }
}

impl WriteValue for Timestamping {
    type Input<'a> = Timestamping;

    fn set(fd: Fd<'_>, option: OptName, value: Timestamping) -> Result<()> {
        let flags = value.flags.bits() as i32;
        match value.bind_phc {
            None => put(fd, option, &flags),
            Some(bind_phc) => put(fd, option, &c::so_timestamping { flags, bind_phc }),
        }
    }
}

open_number! {
    /// A clock: the first argument of clock_gettime(2).
    ClockId {
        /// The time of day, which can be set.
        CLOCK_REALTIME = c::CLOCK_REALTIME;
        /// Since some moment in the past; cannot be set.
        CLOCK_MONOTONIC = c::CLOCK_MONOTONIC;
        /// The time of day without leap seconds.
        CLOCK_TAI = c::CLOCK_TAI;
    }
}

bitflags! {
    /// What `SO_TXTIME` takes beside the clock.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
    pub struct TxTimeFlags: u32 {
        /// The time is when the packet must have left, not when it leaves.
        const SOF_TXTIME_DEADLINE_MODE = 1 << 0;
        /// What misses its time is reported on the error queue.
        const SOF_TXTIME_REPORT_ERRORS = 1 << 1;
        const _ = !0;
    }
}

/// The value of `SO_TXTIME`: `struct sock_txtime`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TxTime {
    /// The clock that the times are of.
    pub clock: ClockId,
    /// What they mean.
    pub flags: TxTimeFlags,
}

impl ReadValue for TxTime {
    type Output = TxTime;

    fn get(fd: Fd<'_>, option: OptName) -> Result<TxTime> {
        let raw: c::sock_txtime = whole(fd, option)?;
        Ok(TxTime { clock: raw.clockid.into(), flags: TxTimeFlags::from_bits_retain(raw.flags) })
    }

    fn show(value: &TxTime, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, ", value.clock)?;
        show_flags(&value.flags, f)
    }
}

impl WriteValue for TxTime {
    type Input<'a> = TxTime;

    fn set(fd: Fd<'_>, option: OptName, value: TxTime) -> Result<()> {
        put(fd, option, &c::sock_txtime { clockid: value.clock.raw(), flags: value.flags.bits() })
    }
}
