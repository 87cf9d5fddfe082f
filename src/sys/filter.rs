//! Socket filters: the options whose value points to instructions, or counts them.

use core::ffi::c_void;

use super::c;
use super::call::setsockopt_raw;
use super::errno::Result;
use super::fd::Fd;
use super::input::InBuf;
use super::optname::OptName;
use super::value::ValueResult;

/// The most instructions that a filter can have: `BPF_MAXINSNS` of linux/bpf_common.h.
pub const FILTER_MAX: usize = 4096;

/// setsockopt(2) with a `struct sock_fprog`. One whose length that structure cannot say becomes one of 0, which
/// the kernel refuses.
pub fn setsockopt_filter(fd: Fd<'_>, option: OptName, filter: &[c::sock_filter]) -> Result<()> {
    let len = u16::try_from(filter.len()).unwrap_or(0);
    // The kernel only reads there; the pointer is not `const` in the structure.
    let program = c::sock_fprog { len, filter: filter.as_ptr().cast_mut() };
    // SAFETY: `program` and the instructions that it points to can be read until the call returns.
    let value = unsafe { InBuf::from_raw((&raw const program).cast(), size_of::<c::sock_fprog>()) };
    setsockopt_raw(fd, option, value)
}

/// Room for the longest filter; gives the one there is. The length counts instructions, both ways.
#[derive(Debug)]
pub struct NewFilter {
    filter: Vec<c::sock_filter>,
    len: c::socklen_t,
}

impl NewFilter {
    /// Room for the longest filter.
    pub fn new() -> Self {
        let nothing = c::sock_filter { code: 0, jt: 0, jf: 0, k: 0 };
        NewFilter { filter: vec![nothing; FILTER_MAX], len: FILTER_MAX as c::socklen_t }
    }
}

impl Default for NewFilter {
    fn default() -> Self {
        NewFilter::new()
    }
}

// SAFETY: there are FILTER_MAX instructions, which is what SO_GET_FILTER makes of `len`; another option would take it for
// bytes, which are fewer. Any bytes are instructions.
unsafe impl ValueResult for NewFilter {
    type Output = Vec<c::sock_filter>;

    fn parts(&mut self) -> (*mut c_void, *mut c::socklen_t) {
        (self.filter.as_mut_ptr().cast(), &raw mut self.len)
    }

    unsafe fn finish(mut self) -> Vec<c::sock_filter> {
        self.filter.truncate(self.len as usize);
        self.filter.shrink_to_fit();
        self.filter
    }
}
