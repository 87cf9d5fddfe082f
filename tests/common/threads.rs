//! Threads that block in a system call, and the signals that interrupt them.

use std::cell::Cell;
use std::fs;
use std::sync::Once;
use std::sync::mpsc::channel;
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use libc::{c_int, c_long};

const SIGNAL: c_int = libc::SIGUSR1;

thread_local!(static CAUGHT: Cell<u32> = const { Cell::new(0) });

/// How many signals of `Blocked` the calling thread has caught.
pub(crate) fn signals_caught() -> u32 {
    CAUGHT.get()
}

extern "C" fn count(_: c_int) {
    CAUGHT.set(CAUGHT.get() + 1);
}

/// Installs the handler. Without SA_RESTART: the calls end with EINTR.
fn install_handler() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: all zeros is a valid value of this structure: no flags, an empty mask.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        let handler: extern "C" fn(c_int) = count;
        action.sa_sigaction = handler as usize;
        // SAFETY: the handler only touches a thread-local number, which is async-signal-safe.
        let rc = unsafe { libc::sigaction(SIGNAL, &raw const action, std::ptr::null_mut()) };
        assert_eq!(rc, 0);
    });
}

/// A thread that sleeps in a system call.
pub(crate) struct Blocked<'scope, T> {
    handle: ScopedJoinHandle<'scope, T>,
    /// A `pthread_t`, which some systems have as a pointer.
    thread: usize,
    tid: libc::pid_t,
}

/// Starts a thread and returns when it sleeps in the system call of this number.
pub(crate) fn blocked<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    number: c_long,
    body: impl FnOnce() -> T + Send + 'scope,
) -> Blocked<'scope, T> {
    install_handler();
    let (ids, receiver) = channel();
    let handle = scope.spawn(move || {
        // SAFETY: takes nothing.
        let thread = unsafe { libc::pthread_self() } as usize;
        // SAFETY: takes nothing.
        let tid = unsafe { libc::gettid() };
        ids.send((thread, tid)).unwrap();
        body()
    });
    let (thread, tid) = receiver.recv().unwrap();
    let blocked = Blocked { handle, thread, tid };
    let until = Instant::now() + Duration::from_secs(20);
    while !blocked.sleeps_in(number) {
        assert!(!blocked.handle.is_finished(), "the call did not block");
        assert!(Instant::now() < until, "the thread does not sleep in system call {number}");
        thread::yield_now();
    }
    blocked
}

impl<T> Blocked<'_, T> {
    /// Does the thread sleep in this system call? Where that cannot be told: does it sleep?
    fn sleeps_in(&self, number: c_long) -> bool {
        let task = format!("/proc/self/task/{}", self.tid);
        let call = fs::read_to_string(format!("{task}/syscall"));
        match call {
            // A 32-bit libc makes the same call by one of several numbers: socketcall(2), 64-bit times.
            Ok(call) if cfg!(target_pointer_width = "64") => {
                call.split(' ').next() == Some(number.to_string().as_str())
            }
            _ => {
                let stat = fs::read_to_string(format!("{task}/stat")).unwrap_or_default();
                stat.rsplit(") ").next().is_some_and(|state| state.starts_with('S'))
            }
        }
    }

    /// Sends the thread one signal.
    pub(crate) fn signal(&self) {
        // SAFETY: the thread has not been joined, so its id is valid.
        let rc = unsafe { libc::pthread_kill(self.thread as libc::pthread_t, SIGNAL) };
        assert_eq!(rc, 0);
    }

    /// Sends signals until the thread ends, and gives its result.
    pub(crate) fn interrupt(self) -> T {
        while !self.handle.is_finished() {
            self.signal();
            thread::sleep(Duration::from_millis(1));
        }
        self.join()
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.handle.is_finished()
    }

    /// Waits for the end of the thread, and gives its result.
    pub(crate) fn join(self) -> T {
        self.handle.join().unwrap()
    }
}

/// The time for which this thread has run.
pub(crate) fn thread_time() -> Duration {
    // SAFETY: integers: all 0 is a valid value.
    let mut time: libc::timespec = unsafe { std::mem::zeroed() };
    // SAFETY: `time` is one structure.
    assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) }, 0);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
