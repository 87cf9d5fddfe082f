//! The parent's side of one run: starts the test again in new namespaces and judges how it ended.

use std::cell::Cell;
use std::ffi::OsString;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio, Termination};
use std::sync::OnceLock;
use std::time::Duration;
use std::{env, io, process, thread};

use crate::enter::{Mode, enter_as};
use crate::report::{MARKER, Marker, Record};
use crate::watch::{Ended, watch};
use crate::{Needs, Refusal, Status, child, required, skip, status, sys};

/// Runs the body of a `#[test]` in a new user and network namespace, as root there, with `lo` up.
///
/// Starts the test binary again for this one test; in that process, `run` calls `body` and exits. Code before
/// `run` is executed in both processes, code after it only outside. Call it on the thread of the test
/// itself: the thread's name is the name of the test. The deadline is 60 seconds; [`Builder`] has others.
///
/// Prints a `SKIP` line and returns if the machine lacks one of `needs`.
///
/// # Panics
///
/// If the body panics, returns an error, is killed, does not end before the deadline, or did not run at all
/// for whatever reason; the output of the body is shown then. Also, instead of a skip, if
/// `SOCKETS_TEST_REQUIRE` lists the absent need.
///
/// ```no_run
/// #[test]
/// fn raw_sockets_open() {
///     netns::run(netns::Needs::RAW, || -> std::io::Result<()> {
///         // ...
///         Ok(())
///     });
/// }
/// ```
#[track_caller]
pub fn run<R: Termination>(needs: Needs, body: impl FnOnce() -> R) {
    Builder::new(needs).run(body);
}

/// [`run`] with another deadline, environment or test name.
///
/// ```no_run
/// # use std::time::Duration;
/// #[test]
/// fn quick() {
///     netns::Builder::new(netns::Needs::USERNS)
///         .deadline(Duration::from_secs(5))
///         .env("LC_ALL", "C")
///         .run(|| ());
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing happens before `run`"]
pub struct Builder {
    needs: Needs,
    deadline: Duration,
    environment: Vec<(OsString, OsString)>,
    name: Option<String>,
}

impl Builder {
    /// A run with a deadline of 60 seconds in the environment of this process.
    pub fn new(needs: Needs) -> Self {
        let deadline = Duration::from_secs(60);
        Self { needs, deadline, environment: Vec::new(), name: None }
    }

    /// How long the body may take. Then it is killed, with its whole process group, and the test fails.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets an environment variable for the process of the body.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// The full name of the test (`module::test`), for a caller on a thread that does not bear it.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Runs the body. See [`run`] for all that happens.
    ///
    /// # Panics
    ///
    /// Like [`run`].
    #[track_caller]
    pub fn run<R: Termination>(self, body: impl FnOnce() -> R) {
        assert!(!child::is_running(), "netns::run in the body of netns::run: use netns::Namespace");
        let call = next_call();
        match Marker::mine() {
            Some(marker) if marker.call == call => child::run(marker, body),
            // This process was started for another call of `run` in the same test.
            Some(_) => {}
            None => self.run_in_child(call),
        }
    }

    #[track_caller]
    fn run_in_child(self, call: u32) {
        let name = self.name.clone().unwrap_or_else(thread_name);
        let missing: Vec<_> = cached_status().missing(self.needs).collect();
        if !missing.is_empty() {
            return skip_one(&name, &missing);
        }
        match self.start(&name, call) {
            Ok(Outcome::Ended(ended)) => judge(&name, self.deadline, &ended),
            Ok(Outcome::Refused(refusal)) => {
                let missing: Vec<_> = self.needs.words().map(|word| (word, refusal)).collect();
                skip_one(&name, &missing);
            }
            Err(error) => panic!("netns: cannot run {name} in a namespace of its own: {error}"),
        }
    }

    /// Starts the child and waits for its end.
    fn start(&self, name: &str, call: u32) -> io::Result<Outcome> {
        let (report, report_in_child) = sys::pipe()?;
        let mut command = self.command(name, call, report_in_child)?;
        let child = command.spawn();
        // The command holds the write end of the pipe.
        drop(command);
        match child {
            Ok(child) => watch(child, report, self.deadline).map(Outcome::Ended),
            Err(error) => refusal_in(&report).map(Outcome::Refused).ok_or(error),
        }
    }

    fn command(&self, name: &str, call: u32, report: OwnedFd) -> io::Result<Command> {
        let parent = i32::try_from(process::id()).map_err(io::Error::other)?;
        let marker = Marker { parent, report: report.as_raw_fd(), call };
        let mode = Mode::from_env();
        let hook = move || {
            if let Err(refusal) = enter_as(mode) {
                Record::Refused(refusal).send(report.as_fd())?;
                return Err(refusal.into());
            }
            sys::die_with(parent)?;
            sys::set_cloexec(report.as_fd(), false)
        };
        let mut command = Command::new(env::current_exe()?);
        command
            .args([name, "--exact", "--include-ignored", "--nocapture", "--test-threads=1"])
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env(MARKER, marker.encode())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        // SAFETY: the hook is async-signal-safe: system calls on descriptors and memory prepared before.
        unsafe { command.pre_exec(hook) };
        Ok(command)
    }
}

enum Outcome {
    Ended(Ended),
    Refused(Refusal),
}

/// The place of this call among the calls of `run` in the test. A test runs on one thread.
fn next_call() -> u32 {
    thread_local!(static CALLS: Cell<u32> = const { Cell::new(0) });
    CALLS.replace(CALLS.get() + 1)
}

/// libtest names the thread of a test after the test.
#[track_caller]
fn thread_name() -> String {
    match thread::current().name() {
        Some(name) if name != "main" => name.to_owned(),
        _ => panic!("netns::run is not on the thread of a #[test]: give its name with netns::Builder"),
    }
}

/// What the machine allows, probed once per process.
fn cached_status() -> &'static Status {
    static STATUS: OnceLock<Status> = OnceLock::new();
    STATUS.get_or_init(status)
}

/// Skips for the sake of the first missing need, or of one that is required, so that it panics.
#[track_caller]
fn skip_one(name: &str, missing: &[(&str, Refusal)]) {
    let one = missing.iter().find(|(need, _)| required(need)).or(missing.first());
    if let Some((need, refusal)) = one {
        skip(name, need, &refusal.to_string());
    }
}

/// What a child that never reached exec has to say.
fn refusal_in(report: &OwnedFd) -> Option<Refusal> {
    sys::set_nonblocking(report.as_fd()).ok()?;
    let mut bytes = [0; 64];
    let len = sys::read(report.as_fd(), &mut bytes).ok()?;
    Record::decode_all(&bytes[..len]).into_iter().find_map(|record| match record {
        Record::Refused(refusal) => Some(refusal),
        _ => None,
    })
}

/// Returns if the body has passed, otherwise shows the output and panics.
#[track_caller]
fn judge(name: &str, deadline: Duration, ended: &Ended) {
    let report = Record::decode_all(&ended.report);
    let status = ended.status;
    let fault = if ended.timed_out {
        format!("did not end within {deadline:?} and was killed")
    } else if !report.contains(&Record::Started) {
        format!("never ran its body ({status}): is this the name of the test?")
    } else if report.contains(&Record::Failed) {
        "failed".to_owned()
    } else if !report.contains(&Record::Passed) {
        format!("died in its body ({status})")
    } else if !status.success() {
        format!("ran its body to the end, but then died ({status})")
    } else {
        return;
    };
    // What libtest says before the body does.
    let preamble = format!("\nrunning 1 test\ntest {name} ... ");
    let stdout = ended.stdout.strip_prefix(preamble.as_bytes()).unwrap_or(&ended.stdout);
    print!("{}", quoted(name, "standard output", stdout));
    eprint!("{}", quoted(name, "standard error", &ended.stderr));
    panic!("netns: {name} {fault}");
}

/// The output with a mark before each line, so that nobody takes it for the output of this process.
fn quoted(name: &str, stream: &str, output: &[u8]) -> String {
    if output.is_empty() {
        return String::new();
    }
    let mut text = format!("---- {stream} of {name} in its namespace ----\n");
    for line in String::from_utf8_lossy(output).lines() {
        text.push_str("  | ");
        text.push_str(line);
        text.push('\n');
    }
    text
}
