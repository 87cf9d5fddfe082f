//! Does this kernel know an option?

use core::ffi::c_int;

use super::info::{OptInfo, Sample, table};
use super::{Opt, Value};
use crate::error::{Errno, Result};
use crate::sys::{self, InBuf, OptName, OutBytes};

/// An option by its numbers: an [`Opt`], or a row of the [`table`].
#[derive(Debug, Clone, Copy)]
pub struct OptId {
    level: c_int,
    number: c_int,
    size: usize,
}

impl<T: Value, A> From<Opt<T, A>> for OptId {
    fn from(option: Opt<T, A>) -> Self {
        OptId { level: option.level(), number: option.number(), size: T::SIZE.max }
    }
}

impl From<&OptInfo> for OptId {
    fn from(row: &OptInfo) -> Self {
        OptId { level: row.level, number: row.number, size: row.size.max }
    }
}

/// Does this kernel know the option? socket(2), getsockopt(2) and setsockopt(2) on sockets that are made for this.
///
/// What counts is whether the kernel says that there is no such option. One that needs a privilege or a state is
/// known.
///
/// # Errors
///
/// Those of [`Socket::socket`](crate::Socket::socket), if there is no socket to ask: `EPERM` for the options of raw and packet sockets
/// without CAP_NET_RAW.
///
/// ```
/// # fn main() -> sockets::Result<()> {
/// use sockets::opt;
///
/// assert!(opt::supports(opt::TCP_NODELAY)?);
/// if opt::supports(opt::SO_PEERPIDFD)? {
///     println!("Linux 6.5 or later");
/// }
/// # Ok(())
/// # }
/// ```
pub fn supports(option: impl Into<OptId>) -> Result<bool> {
    let option = option.into();
    let row = table().find(|row| (row.level, row.number) == (option.level, option.number));
    match row {
        Some(row) => ask(row.on, option, &[Errno::ENOPROTOOPT]),
        // A row of the caller's own: some socket may know it. Those of another family say EOPNOTSUPP.
        None => Sample::COMMON.iter().try_fold(false, |known, on| {
            Ok(known || ask(*on, option, &[Errno::ENOPROTOOPT, Errno::EOPNOTSUPP])?)
        }),
    }
}

/// Does a socket answer with anything but `unknown`?
fn ask(on: Sample, option: OptId, unknown: &[Errno]) -> Result<bool> {
    let socket = match on.open() {
        // A family that is not there has no options.
        Err(Errno::EAFNOSUPPORT | Errno::EPROTONOSUPPORT | Errno::ESOCKTNOSUPPORT) => return Ok(false),
        socket => socket?,
    };
    let name = OptName::new(option.level, option.number);
    // Enough for anything that a socket has which nobody has done anything with.
    let mut room = [0; ROOM];
    let known = |errno: Errno| !unknown.contains(&errno);
    let Err(get) = sys::getsockopt(socket.sys(), name, OutBytes::from(room.as_mut_slice())) else {
        return Ok(true);
    };
    if known(get.into()) {
        return Ok(true);
    }
    // It may be one that can only be set. Zeros do no harm to a socket that nobody has, and hold no pointer.
    let zeros = [0; ROOM];
    let zeros = zeros.get(..option.size.min(ROOM)).unwrap_or_default();
    match sys::setsockopt_raw(socket.sys(), name, InBuf::from(zeros)) {
        Ok(()) => Ok(true),
        Err(errno) => Ok(known(errno.into())),
    }
}

/// As much as any structure of fixed size has.
const ROOM: usize = 512;
