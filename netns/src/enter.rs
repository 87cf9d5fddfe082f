//! The way into a new namespace: between fork and exec of a command, or in place.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::refusal::{Refusal, Step};
use crate::sys;

/// Which namespaces to take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// A user namespace, and a network namespace owned by it.
    User,
    /// A network namespace only, as real root.
    Root,
}

impl Mode {
    /// What the environment asks for. Reads the environment, so not between fork and exec.
    pub(crate) fn from_env() -> Self {
        if std::env::var_os("SOCKETS_TEST_ROOT").is_some_and(|value| value == "1") {
            Self::Root
        } else {
            Self::User
        }
    }
}

/// Takes new namespaces for a single-threaded process and brings `lo` up. Async-signal-safe.
///
/// Two calls of unshare(2) instead of one, so that a refusal can be told from the other.
pub(crate) fn enter_as(mode: Mode) -> Result<(), Refusal> {
    if mode == Mode::User {
        enter_user_namespace()?;
    }
    step(Step::NetNs, sys::unshare(libc::CLONE_NEWNET))?;
    step(Step::LoUp, sys::lo_up())
}

/// Becomes root in a new user namespace that knows one user and one group: the caller.
///
/// The maps must be written before the next execve(2): it takes the capabilities of unmapped users.
fn enter_user_namespace() -> Result<(), Refusal> {
    let (uid, gid) = sys::effective_ids();
    step(Step::UserNs, sys::unshare(libc::CLONE_NEWUSER))?;
    // Without CAP_SETGID outside, the kernel wants setgroups(2) gone before it takes a group map.
    step(Step::SetGroups, write_own(c"/proc/self/setgroups", b"deny"))?;
    step(Step::UidMap, write_map(c"/proc/self/uid_map", uid))?;
    step(Step::GidMap, write_map(c"/proc/self/gid_map", gid))
}

fn write_map(path: &std::ffi::CStr, id: u32) -> io::Result<()> {
    let mut line = [0; 32];
    let mut rest = &mut line[..];
    writeln!(rest, "0 {id} 1")?;
    let unused = rest.len();
    write_own(path, &line[..line.len() - unused])
}

/// Writes a file in /proc/self, which belongs to real root after a setuid(2) without execve(2).
fn write_own(path: &std::ffi::CStr, bytes: &[u8]) -> io::Result<()> {
    match sys::write_file(path, bytes) {
        Err(error) if error.raw_os_error() == Some(libc::EACCES) => {
            sys::set_dumpable()?;
            sys::write_file(path, bytes)
        }
        result => result,
    }
}

fn step(step: Step, result: io::Result<()>) -> Result<(), Refusal> {
    result.map_err(|error| Refusal::new(step, &error))
}

/// unshare(2) in place: moves this process into a new user and network namespace and brings `lo` up.
///
/// For a process that still has one thread, such as the `main` of an example, before anything else. The
/// caller becomes root there. With `SOCKETS_TEST_ROOT=1` only the network namespace is taken.
///
/// # Errors
///
/// The errno of the step that was refused; [`status`](crate::status()) can tell which. `EINVAL`: this process has more
/// than one thread (every `#[test]` has: use [`run`](crate::run())), and nothing has changed. After any other error
/// the process may already be in the user namespace: end it.
///
/// ```no_run
/// netns::enter()?;
/// let listener = std::net::TcpListener::bind("127.0.0.1:80")?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn enter() -> io::Result<()> {
    Ok(enter_as(Mode::from_env())?)
}

/// Lets the program of `command` run in a new user and network namespace with `lo` up.
///
/// For C test programs, examples and whatever else is a process of its own. Every `spawn` takes a new
/// network. `spawn` fails with the errno of the refused step. With `SOCKETS_TEST_ROOT=1` only the network
/// namespace is taken.
///
/// ```no_run
/// let mut command = std::process::Command::new("./ping");
/// let status = netns::isolate(&mut command).arg("127.0.0.1").status()?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn isolate(command: &mut Command) -> &mut Command {
    let mode = Mode::from_env();
    let hook = move || Ok(enter_as(mode)?);
    // SAFETY: `enter_as` is async-signal-safe: system calls on memory of its own stack.
    unsafe { command.pre_exec(hook) }
}
