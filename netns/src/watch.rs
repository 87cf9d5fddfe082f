//! The parent's watch over the child of one run: its output, its report, its deadline, its end.

use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::process::{Child, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use crate::sys;

/// How much of each output stream is kept: its last part, where the panic message is.
const KEPT: usize = 1 << 20;

/// How much is read at once.
const CHUNK: usize = 1 << 16;

/// After the deadline: how long the kernel may take to end a killed process.
const GRACE: Duration = Duration::from_secs(10);

/// How the child ended, and everything it said.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) timed_out: bool,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) report: Vec<u8>,
}

/// Waits for the child, reading all its pipes so that it never blocks on a full one. Kills its process
/// group at the deadline, and whatever is left of the group at its end.
pub(crate) fn watch(mut child: Child, report: OwnedFd, deadline: Duration) -> io::Result<Ended> {
    let result = watch_group(&mut child, report, deadline);
    // The child is not reaped yet, so its number cannot belong to another process or group.
    kill_group(child.id());
    let (timed_out, [report, stdout, stderr]) = result?;
    let status = child.wait()?;
    Ok(Ended { status, timed_out, stdout, stderr, report })
}

fn watch_group(child: &mut Child, report: OwnedFd, deadline: Duration) -> io::Result<(bool, [Vec<u8>; 3])> {
    let missing = || io::Error::from_raw_os_error(libc::EBADF);
    let stdout = child.stdout.take().ok_or_else(missing)?;
    let stderr = child.stderr.take().ok_or_else(missing)?;
    let mut streams = [Stream::new(report)?, Stream::new(stdout)?, Stream::new(stderr)?];
    let end = await_end(child.id())?;

    let mut until = Instant::now() + deadline;
    let mut timed_out = false;
    while !wait_for_events(&mut streams, end.as_fd(), until)? {
        if Instant::now() < until {
            continue;
        }
        if timed_out {
            return Err(io::Error::other("the child survives SIGKILL"));
        }
        timed_out = true;
        until = Instant::now() + GRACE;
        kill_group(child.id());
    }
    // What the child wrote is in the pipes by now. Others may hold the write ends for longer: do not wait.
    for stream in &mut streams {
        for _ in 0..KEPT / CHUNK {
            stream.read_available()?;
        }
    }
    Ok((timed_out, streams.map(|stream| stream.bytes)))
}

/// One poll(2) over all pipes, and reads from those that are ready. True when the child has ended.
fn wait_for_events(streams: &mut [Stream; 3], end: BorrowedFd<'_>, until: Instant) -> io::Result<bool> {
    let entry = |fd: i32| libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
    let [a, b, c] = &*streams;
    let mut entries = [entry(end.as_raw_fd()), entry(a.fd()), entry(b.fd()), entry(c.fd())];
    let left = until.saturating_duration_since(Instant::now()).as_millis();
    // Rounded up: a wait of 0 ms just before the deadline would spin.
    let timeout = i32::try_from(left).unwrap_or(i32::MAX).saturating_add(1);
    // SAFETY: pointer and count are those of the array.
    let rc = unsafe { libc::poll(entries.as_mut_ptr(), entries.len() as libc::nfds_t, timeout) };
    match sys::check(rc) {
        Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(false),
        result => result?,
    };
    let [end, entries @ ..] = entries;
    for (stream, entry) in streams.iter_mut().zip(entries) {
        if entry.revents != 0 {
            stream.read_available()?;
        }
    }
    Ok(end.revents != 0)
}

/// A descriptor that becomes readable when the process has ended. It is not reaped.
///
/// A thread, because pidfd_open(2) is younger than some kernels and missing in some emulators.
fn await_end(pid: u32) -> io::Result<OwnedFd> {
    let (read, write) = sys::pipe()?;
    thread::Builder::new().name("netns-wait".into()).spawn(move || {
        while let Err(error) = wait_without_reaping(pid) {
            if error.kind() != io::ErrorKind::Interrupted {
                break;
            }
        }
        // A byte rather than the closing of the pipe: a process forked elsewhere may hold a copy.
        let _ = sys::write(write.as_fd(), b".");
    })?;
    Ok(read)
}

fn wait_without_reaping(pid: u32) -> io::Result<()> {
    let mut info = std::mem::MaybeUninit::<libc::siginfo_t>::uninit();
    let options = libc::WEXITED | libc::WNOWAIT;
    // SAFETY: the kernel writes one siginfo_t to where the pointer says.
    sys::check(unsafe { libc::waitid(libc::P_PID, pid, info.as_mut_ptr(), options) }).map(drop)
}

/// Kills the child and its process group, which has the child's number.
fn kill_group(pid: u32) {
    let Ok(pid) = libc::pid_t::try_from(pid) else {
        return;
    };
    // SAFETY: takes integers only. ESRCH, the only error possible, is as good.
    unsafe { libc::kill(-pid, libc::SIGKILL) };
    // SAFETY: as above. The body may have left its group.
    unsafe { libc::kill(pid, libc::SIGKILL) };
}

/// One pipe from the child, and the last part of what came through it.
struct Stream {
    fd: Option<std::fs::File>,
    bytes: Vec<u8>,
}

impl Stream {
    fn new(fd: impl Into<OwnedFd>) -> io::Result<Self> {
        let fd = fd.into();
        sys::set_nonblocking(fd.as_fd())?;
        Ok(Self { fd: Some(fd.into()), bytes: Vec::new() })
    }

    /// The descriptor for poll(2), which ignores -1.
    fn fd(&self) -> i32 {
        self.fd.as_ref().map_or(-1, AsRawFd::as_raw_fd)
    }

    /// Reads what is there, at most one chunk so that other streams and the deadline get their turn.
    fn read_available(&mut self) -> io::Result<()> {
        let mut buf = [0; CHUNK];
        let Some(file) = &mut self.fd else {
            return Ok(());
        };
        match file.read(&mut buf) {
            Ok(0) => self.fd = None,
            Ok(n) => self.keep(&buf[..n]),
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => {}
                _ => return Err(error),
            },
        }
        Ok(())
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > 2 * KEPT {
            self.bytes.drain(..self.bytes.len() - KEPT);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, Stream};

    #[test]
    fn the_end_of_the_output_is_kept() {
        let mut stream = Stream { fd: None, bytes: Vec::new() };
        for _ in 0..5 * KEPT / 1000 {
            stream.keep(&[b'x'; 1000]);
        }
        stream.keep(b"the end");
        assert!(stream.bytes.ends_with(b"xthe end"));
        assert!((KEPT..=2 * KEPT).contains(&stream.bytes.len()), "{}", stream.bytes.len());
    }
}
