//! The child's side of one run: it is in the namespace already, runs the body, reports, and exits.

use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{ExitCode, Termination, exit};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::report::{Marker, Record};
use crate::sys;

/// The exit status of a Rust program that panics.
const PANICKED: i32 = 101;

/// Whether this process already runs a body.
static RUNNING: AtomicBool = AtomicBool::new(false);

/// Whether the caller is in a body.
pub(crate) fn is_running() -> bool {
    RUNNING.load(Ordering::Relaxed)
}

/// Runs the body and ends this process, so that nothing after `run` happens twice and libtest does not
/// print a second summary.
///
/// # Panics
///
/// If the parent or its pipe is not there; libtest then ends this process without a report.
pub(crate) fn run<R: Termination>(marker: Marker, body: impl FnOnce() -> R) -> ! {
    if let Err(error) = sys::die_with(marker.parent) {
        panic!("netns: the process that waits for this test: {error}");
    }
    let report = take_report(marker);
    RUNNING.store(true, Ordering::Relaxed);
    send(report.as_fd(), Record::Started);
    // Nobody sees a broken invariant after a panic: the process ends below.
    let result = catch_unwind(AssertUnwindSafe(|| body().report()));
    let passed = matches!(result, Ok(code) if code == ExitCode::SUCCESS);
    send(report.as_fd(), if passed { Record::Passed } else { Record::Failed });
    exit(if passed { 0 } else { PANICKED })
}

/// Takes the pipe that the parent left open across exec, and keeps it from the body's own children.
fn take_report(marker: Marker) -> OwnedFd {
    // SAFETY: only looked at by the fcntl(2) below, which fails if the descriptor is not open.
    let borrowed = unsafe { BorrowedFd::borrow_raw(marker.report) };
    if let Err(error) = sys::set_cloexec(borrowed, true) {
        panic!("netns: the report pipe, descriptor {}: {error}", marker.report);
    }
    // SAFETY: open, as just seen, and left by the parent for this one process and this one call.
    unsafe { OwnedFd::from_raw_fd(marker.report) }
}

fn send(report: BorrowedFd<'_>, record: Record) {
    if let Err(error) = record.send(report) {
        panic!("netns: cannot report to the process that waits for this test: {error}");
    }
}
