//! Descriptors, and who has sent them.

use core::ffi::c_int;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::{SendValue, coded, kind, value};
use crate::error::{Errno, Result};
use crate::opt::Credentials;
use crate::sys::c;

kind! {
    /// Descriptors: `int[]`. Sent as borrowed ones; received by [`Control::take_fds`](super::super::Control::take_fds).
    Rights: "int[]", c::SCM_MAX_FD * size_of::<c_int>();
    /// A descriptor of a process: `int`. Received by [`Control::take_pidfd`](super::super::Control::take_pidfd).
    Pidfd: "int", size_of::<c_int>();
}

value! {
    Credentials: "struct ucred", size_of::<c::ucred>();
}

impl SendValue for Rights {
    type Input<'t, 'fd: 't> = &'t [BorrowedFd<'fd>];

    const DESCRIPTORS: bool = true;

    /// More than the kernel takes are refused here.
    #[inline]
    fn size(value: &&[BorrowedFd<'_>]) -> Result<usize> {
        if value.len() > c::SCM_MAX_FD { Err(Errno::EINVAL) } else { Ok(size_of_val(*value)) }
    }

    #[inline]
    fn encode(value: &[BorrowedFd<'_>], data: &mut [u8]) {
        for (fd, place) in value.iter().zip(data.chunks_exact_mut(size_of::<c_int>())) {
            place.copy_from_slice(&fd.as_raw_fd().to_ne_bytes());
        }
    }
}

const _: () = assert!(size_of::<BorrowedFd<'_>>() == size_of::<c_int>());

coded! {
    Credentials as c::ucred: recv Credentials = |raw| {
        let c::ucred { pid, uid, gid } = raw;
        Some(Credentials { pid, uid, gid })
    };
}

coded! {
    Credentials as c::ucred: send Credentials = |value| {
        let Credentials { pid, uid, gid } = value;
        c::ucred { pid, uid, gid }
    };
}
