//! Waiting: poll(2)

use libc::{c_int, nfds_t, pollfd};
use sockets::sys;

use crate::ret;

/// poll(2): waits for events on descriptors.
///
/// @param fds      what to wait for; receives what there is
/// @param nfds     how many
/// @param timeout  in milliseconds; negative waits for ever
/// @return how many of fds have events, 0 if the time is over, or
///   -EINTR   a signal came
///   -EINVAL  nfds is over RLIMIT_NOFILE
///   -ENOMEM  no memory
///   -EFAULT
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_poll(fds: *mut pollfd, nfds: nfds_t, timeout: c_int) -> c_int {
    // SAFETY: the kernel validates `fds`; the caller lets it write `nfds` structures there.
    ret::int(unsafe { sys::poll_raw(fds, nfds, timeout) })
}
