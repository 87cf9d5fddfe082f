//! Drives tests of this binary from outside, in a process of their own, and looks at how they end.
//!
//! The driven tests are `#[ignore]`d and do nothing unless [`driven`] says so.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::os::unix::process::CommandExt;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use std::{io, thread};

const DRIVEN: &str = "NETNS_TEST_DRIVEN";

/// Longer than anything here takes, shorter than anybody's patience.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Whether this process is one that a test drives.
pub(crate) fn driven() -> bool {
    std::env::var_os(DRIVEN).is_some()
}

/// A process for one ignored test of this binary, untouched by what the caller's environment requires.
pub(crate) fn drive(test: &str) -> Command {
    drive_program(std::env::current_exe().unwrap(), test)
}

pub(crate) fn drive_program(program: impl AsRef<std::ffi::OsStr>, test: &str) -> Command {
    let mut command = Command::new(program);
    command
        .args([test, "--exact", "--ignored", "--test-threads=1"])
        .env(DRIVEN, "1")
        .env("RUST_BACKTRACE", "0")
        .env_remove("SOCKETS_TEST_REQUIRE")
        .env_remove("SOCKETS_TEST_ROOT");
    command
}

/// What a driven test came to.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) passed: bool,
    pub(crate) text: String,
}

impl Verdict {
    /// Fails unless the test failed with all of these words in its output.
    #[track_caller]
    pub(crate) fn failed_with(&self, words: &[&str]) {
        assert!(!self.passed, "it passed: {}", self.text);
        for word in words {
            assert!(self.text.contains(word), "no {word:?} in {}", self.text);
        }
    }

    /// Fails unless the test was skipped with this line.
    #[track_caller]
    pub(crate) fn skipped_with(&self, line: &str) {
        assert!(self.passed, "it failed: {}", self.text);
        assert!(self.text.contains(line), "no {line:?} in {}", self.text);
    }
}

/// Runs the process to its end, or kills it.
#[track_caller]
pub(crate) fn verdict(command: &mut Command) -> Verdict {
    let output = output(command).unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(text.contains("running 1 test"), "no such test: {text}");
    Verdict { passed: output.status.success(), text }
}

/// `Command::output` with a deadline.
pub(crate) fn output(command: &mut Command) -> io::Result<Output> {
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.process_group(0).spawn()?;
    let pid = i32::try_from(child.id()).unwrap();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait_with_output()));
    match receiver.recv_timeout(PATIENCE) {
        Ok(result) => result,
        Err(_) => {
            // SAFETY: takes integers only; the child is not reaped before it has ended.
            unsafe { libc::kill(-pid, libc::SIGKILL) };
            panic!("{command:?} did not end");
        }
    }
}
