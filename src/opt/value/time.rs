//! Options that hold a time.

use core::ffi::c_int;
use core::fmt;
use core::time::Duration;

use super::int::Scalar;
use super::{ReadValue, WriteValue, kind, put, show_option, whole};
use crate::error::{Errno, Result};
use crate::opt::info::OptSize;
use crate::sys::{Fd, OptName, Timeval, c};

kind! {
    /// A time in seconds: `int`, which is a [`Duration`] here. Part of a second becomes a whole one.
    Seconds: Seconds, "int", OptSize::of::<c_int>();
    /// A time in milliseconds: `int`, which is a [`Duration`] here. Part of a millisecond becomes a whole one.
    Millis: Millis, "int", OptSize::of::<c_int>();
    /// A time in microseconds: `int`, which is a [`Duration`] here. Part of a microsecond becomes a whole one.
    Micros: Micros, "int", OptSize::of::<c_int>();
}

/// Says how many of a unit are a second, for each kind.
macro_rules! units {
    ($($name:ident = $per_second:literal;)+) => {
        $(
            impl Scalar for $name {}

            impl ReadValue for $name {
                type Output = Duration;

                #[inline]
                fn get(fd: Fd<'_>, option: OptName) -> Result<Duration> {
                    whole::<c_int>(fd, option).and_then(decode::<$per_second>)
                }
            }

            impl WriteValue for $name {
                type Input<'a> = Duration;

                #[inline]
                fn set(fd: Fd<'_>, option: OptName, value: Duration) -> Result<()> {
                    put(fd, option, &encode::<$per_second>(value)?)
                }
            }
        )+
    };
}

units! {
    Seconds = 1;
    Millis = 1000;
    Micros = 1_000_000;
}

const NANOS: u32 = 1_000_000_000;

/// The time of a number of units; a negative one is none.
fn decode<const PER_SECOND: u32>(raw: c_int) -> Result<Duration> {
    let raw = u32::try_from(raw).map_err(|_| Errno::EINVAL)?;
    let part = raw % PER_SECOND;
    Ok(Duration::new(u64::from(raw / PER_SECOND), part * (NANOS / PER_SECOND)))
}

/// The smallest number of units that is no less than the time.
fn encode<const PER_SECOND: u32>(time: Duration) -> Result<c_int> {
    let part = u64::from(time.subsec_nanos().div_ceil(NANOS / PER_SECOND));
    let units = time.as_secs().saturating_mul(PER_SECOND.into()).saturating_add(part);
    c_int::try_from(units).map_err(|_| Errno::EINVAL)
}

kind! {
    /// A time in milliseconds: `int`, which is an [`Option<Duration>`] here: `None`, in C 0, is the system's own
    /// choice, so a time of zero is `EINVAL`. Part of a millisecond becomes a whole one.
    UserTimeout: Millis, "unsigned int", OptSize::of::<c_int>();
    /// A time in seconds: `int`, which is an [`Option<Duration>`] here: `None`, in C negative, is not at all. Zero
    /// is the system's own choice. Part of a second becomes a whole one.
    Linger2: Seconds, "int", OptSize::of::<c_int>();
}

impl Scalar for UserTimeout {}

impl ReadValue for UserTimeout {
    type Output = Option<Duration>;

    fn get(fd: Fd<'_>, option: OptName) -> Result<Option<Duration>> {
        let time = decode::<1000>(whole(fd, option)?)?;
        Ok((!time.is_zero()).then_some(time))
    }

    fn show(value: &Option<Duration>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_option(value, f)
    }
}

impl WriteValue for UserTimeout {
    type Input<'a> = Option<Duration>;

    fn set(fd: Fd<'_>, option: OptName, value: Option<Duration>) -> Result<()> {
        let millis = match value {
            None => 0,
            Some(Duration::ZERO) => return Err(Errno::EINVAL),
            Some(time) => encode::<1000>(time)?,
        };
        put(fd, option, &millis)
    }
}

impl Scalar for Linger2 {}

impl ReadValue for Linger2 {
    type Output = Option<Duration>;

    fn get(fd: Fd<'_>, option: OptName) -> Result<Option<Duration>> {
        Ok(decode::<1>(whole(fd, option)?).ok())
    }

    fn show(value: &Option<Duration>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_option(value, f)
    }
}

impl WriteValue for Linger2 {
    type Input<'a> = Option<Duration>;

    fn set(fd: Fd<'_>, option: OptName, value: Option<Duration>) -> Result<()> {
        put(fd, option, &value.map_or(Ok(-1), encode::<1>)?)
    }
}

kind! {
    /// How long close(2) lingers: `struct linger`, which is an [`Option<Duration>`] here: `None` is off. Part
    /// of a second becomes a whole one; zero stays zero, which means a reset.
    Linger: Struct, "struct linger", OptSize::of::<c::linger>();
    /// How long a call may block: `struct timeval`, which is an [`Option<Duration>`] here: `None` is for ever.
    ///
    /// Zero, which C takes for "for ever", is `EINVAL`. Part of a microsecond becomes a whole one. The
    /// kernel rounds up to its clock tick (1 to 10 ms), so that is what is read.
    Timeout: Struct, "struct timeval", OptSize::of::<Timeval>();
}

impl ReadValue for Linger {
    type Output = Option<Duration>;

    fn get(fd: Fd<'_>, option: OptName) -> Result<Option<Duration>> {
        let linger: c::linger = whole(fd, option)?;
        // The kernel takes a negative time for a long one.
        let secs = u64::from(linger.l_linger as u32);
        Ok((linger.l_onoff != 0).then_some(Duration::from_secs(secs)))
    }

    fn show(value: &Option<Duration>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_option(value, f)
    }
}

impl WriteValue for Linger {
    type Input<'a> = Option<Duration>;

    fn set(fd: Fd<'_>, option: OptName, value: Option<Duration>) -> Result<()> {
        let l_linger = value.map_or(Ok(0), encode::<1>)?;
        put(fd, option, &c::linger { l_onoff: value.is_some().into(), l_linger })
    }
}

impl ReadValue for Timeout {
    type Output = Option<Duration>;

    fn get(fd: Fd<'_>, option: OptName) -> Result<Option<Duration>> {
        let time: Timeval = whole(fd, option)?;
        if time == Timeval::ZERO {
            return Ok(None);
        }
        let secs = u64::try_from(time.sec).map_err(|_| Errno::EINVAL)?;
        let micros = u64::try_from(time.usec).map_err(|_| Errno::EINVAL)?;
        Duration::from_secs(secs).checked_add(Duration::from_micros(micros)).map(Some).ok_or(Errno::EINVAL)
    }

    fn show(value: &Option<Duration>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_option(value, f)
    }
}

impl WriteValue for Timeout {
    type Input<'a> = Option<Duration>;

    fn set(fd: Fd<'_>, option: OptName, value: Option<Duration>) -> Result<()> {
        let time = match value {
            None => Timeval::ZERO,
            Some(Duration::ZERO) => return Err(Errno::EINVAL),
            Some(duration) => Timeval::rounded_up(duration),
        };
        put(fd, option, &time)
    }
}
