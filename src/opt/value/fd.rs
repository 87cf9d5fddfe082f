//! Options that hold a descriptor.

use core::ffi::c_int;
use core::fmt;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use super::{ReadValue, WriteValue, kind, put};
use crate::error::{Errno, Result};
use crate::opt::info::OptSize;
use crate::sys::{self, Fd, NewFd, OptName};

kind! {
    /// A process: a descriptor for pidfd_open(2) and its relatives, which is an [`OwnedFd`] here, close-on-exec.
    PidFd: Descriptor, "int", OptSize::of::<c_int>();
    /// A program for the kernel: the descriptor that bpf(2) gave, which is a [`BorrowedFd`] here.
    BpfProgram: Descriptor, "int", OptSize::of::<c_int>();
}

impl ReadValue for PidFd {
    type Output = OwnedFd;

    fn get(fd: Fd<'_>, option: OptName) -> Result<OwnedFd> {
        sys::getsockopt(fd, option, NewFd::new())?.ok_or(Errno::EINVAL)
    }

    fn show(_: &OwnedFd, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a process")
    }
}

impl WriteValue for BpfProgram {
    type Input<'a> = BorrowedFd<'a>;

    fn set(fd: Fd<'_>, option: OptName, program: BorrowedFd<'_>) -> Result<()> {
        put(fd, option, &program.as_raw_fd())
    }
}
