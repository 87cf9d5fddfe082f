//! Options that hold a socket filter: a program of classic BPF.

use core::fmt;

use super::{ReadValue, WriteValue, kind};
use crate::error::{Errno, Result};
use crate::opt::info::OptSize;
use crate::sys::{self, Fd, NewFilter, OptName, c};

/// The most instructions that a filter can have (`BPF_MAXINSNS` of linux/bpf_common.h).
pub const FILTER_MAX: usize = sys::FILTER_MAX;

/// One instruction of classic BPF: `struct sock_filter`. Its constructors have the names of the instructions;
/// [`BpfProgram`](crate::raw::BpfProgram) makes and checks whole programs, also from text.
///
/// ```
/// # fn main() -> sockets::Result<()> {
/// use sockets::opt::{self, SockFilter};
/// use sockets::{Domain, Protocol, Socket, Type};
///
/// // BPF_RET | BPF_K with 0: let nothing in.
/// let nothing = [SockFilter { code: 0x06, jt: 0, jf: 0, k: 0 }];
/// let socket = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
/// socket.setsockopt(opt::SO_ATTACH_FILTER, &nothing)?;
/// assert_eq!(socket.getsockopt(opt::SO_GET_FILTER)?, nothing);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SockFilter {
    /// What to do: class, size, mode or operation of linux/bpf_common.h.
    pub code: u16,
    /// How many instructions to skip if the condition holds.
    pub jt: u8,
    /// How many to skip if it does not.
    pub jf: u8,
    /// The operand.
    pub k: u32,
}

impl From<SockFilter> for c::sock_filter {
    fn from(SockFilter { code, jt, jf, k }: SockFilter) -> Self {
        c::sock_filter { code, jt, jf, k }
    }
}

impl From<c::sock_filter> for SockFilter {
    fn from(c::sock_filter { code, jt, jf, k }: c::sock_filter) -> Self {
        SockFilter { code, jt, jf, k }
    }
}

kind! {
    /// A filter to attach: `struct sock_fprog`, which is a slice of [`SockFilter`] here. None, or more than
    /// [`FILTER_MAX`] instructions are `EINVAL`.
    AttachFilter: Filter, "struct sock_fprog", OptSize::of::<c::sock_fprog>();
    /// The filter that is attached: `struct sock_filter[]`, which is a vector of [`SockFilter`] here. In C, the
    /// length counts instructions, not bytes.
    GetFilter: Filter, "struct sock_filter[]", OptSize { min: 0, max: FILTER_MAX * size_of::<c::sock_filter>() };
}

impl WriteValue for AttachFilter {
    type Input<'a> = &'a [SockFilter];

    fn set(fd: Fd<'_>, option: OptName, filter: &[SockFilter]) -> Result<()> {
        if filter.is_empty() || filter.len() > FILTER_MAX {
            return Err(Errno::EINVAL);
        }
        let filter: Vec<c::sock_filter> = filter.iter().copied().map(Into::into).collect();
        Ok(sys::setsockopt_filter(fd, option, &filter)?)
    }
}

impl ReadValue for GetFilter {
    type Output = Vec<SockFilter>;

    fn get(fd: Fd<'_>, option: OptName) -> Result<Vec<SockFilter>> {
        let filter = sys::getsockopt(fd, option, NewFilter::new())?;
        Ok(filter.into_iter().map(Into::into).collect())
    }

    fn show(value: &Vec<SockFilter>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match value.len() {
            0 => f.write_str("none"),
            1 => f.write_str("1 instruction"),
            n => write!(f, "{n} instructions"),
        }
    }
}
