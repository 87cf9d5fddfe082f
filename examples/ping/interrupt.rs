//! Ctrl-C: ends the wait, so that the statistics are printed.

use std::sync::atomic::{AtomicBool, Ordering};

static CAME: AtomicBool = AtomicBool::new(false);

extern "C" fn note(_: libc::c_int) {
    CAME.store(true, Ordering::Relaxed);
}

/// From now on SIGINT is noted. poll(2) ends with EINTR then; no handler has it restarted.
pub fn watch() {
    let handler: extern "C" fn(libc::c_int) = note;
    // SAFETY: the handler does nothing but store into an atomic variable.
    unsafe { libc::signal(libc::SIGINT, handler as libc::sighandler_t) };
}

pub fn came() -> bool {
    CAME.load(Ordering::Relaxed)
}
