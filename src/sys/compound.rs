//! The few functions that are more than one call. They handle EINTR and partial I/O, and restore what
//! they change; everything here is built from [`super::call`].

use core::ffi::{c_int, c_short};
use core::time::Duration;
use std::time::Instant;

use nix::errno::Errno;

use super::errno::{RawErrno, Result};
use super::fd::{Closing, Fd};
use super::input::{InAddr, InBuf};
use super::optname::OptName;
use super::transfer::{Offset, sendfile};
use super::value::NewValue;
use super::{OutBuf, c, call};

/// A point in time to be ready by; none if it is further away than the clock can tell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline(Option<Instant>);

impl Deadline {
    pub(super) fn after(timeout: Duration) -> Self {
        Deadline(Instant::now().checked_add(timeout))
    }

    /// The time that is left: `Err(ETIMEDOUT)` if none is, `Ok(None)` if it is unlimited.
    pub(super) fn left(self) -> Result<Option<Duration>> {
        let Some(deadline) = self.0 else { return Ok(None) };
        match deadline.checked_duration_since(Instant::now()) {
            Some(left) if !left.is_zero() => Ok(Some(left)),
            _ => Err(Errno::ETIMEDOUT.into()),
        }
    }
}

pub(super) fn is(error: RawErrno, errno: c_int) -> bool {
    error.raw() == errno
}

/// connect(2) that gives up in time.
pub fn connect_timeout(fd: Fd<'_>, addr: InAddr<'_>, timeout: Duration) -> Result<()> {
    if timeout.is_zero() {
        return Err(Errno::EINVAL.into());
    }
    let deadline = Deadline::after(timeout);
    let nonblocking = call::nonblocking(fd)?;
    call::set_nonblocking(fd, true)?;
    let connected = connect_by(fd, addr, deadline);
    let restored = call::set_nonblocking(fd, nonblocking);
    connected.and(restored)
}

/// Connects a socket that does not block. An attempt that was not ended by its own result is given up.
fn connect_by(fd: Fd<'_>, addr: InAddr<'_>, deadline: Deadline) -> Result<()> {
    match call::connect(fd, addr) {
        Err(error) if is(error, c::EINPROGRESS) || (is(error, c::EINTR) && !is_unix(fd)) => {
            let connected = wait_connected(fd, addr, deadline);
            if connected.is_err() {
                // Whatever became of it, the socket can try another address. Families that know no such
                // thing say so, and that is all.
                let _ = call::disconnect(fd);
            }
            connected
        }
        Err(error) if (is(error, c::EAGAIN) || is(error, c::EINTR)) && is_unix(fd) => {
            connect_unix(fd, addr, deadline)
        }
        // EALREADY too: that attempt is somebody else's.
        result => result,
    }
}

/// Waits for the end of an attempt, and asks the kernel how it ended.
fn wait_connected(fd: Fd<'_>, addr: InAddr<'_>, deadline: Deadline) -> Result<()> {
    let mut time = PAUSE;
    loop {
        // One last look when the time is over.
        let left = deadline.left();
        let events = match call::poll(fd, c::POLLOUT, left.unwrap_or(Some(Duration::ZERO))) {
            Err(error) if is(error, c::EINTR) => 0,
            events => events?,
        };
        if has_connected(fd, addr, events)? {
            return Ok(());
        }
        let left = left?;
        if events != 0 {
            // Only that there is something in the error queue, which makes every poll return at once.
            time = pause(time, left);
        }
    }
}

/// Has an attempt to connect arrived, of which poll(2) tells these events? If it has failed, that is the error.
pub fn has_connected(fd: Fd<'_>, addr: InAddr<'_>, events: c_short) -> Result<bool> {
    if events & (c::POLLERR | c::POLLHUP) != 0 {
        let error = pending_error(fd)?;
        if error.raw() != 0 {
            return Err(error);
        }
        if events & c::POLLHUP != 0 {
            // No error, and no attempt any more: another thread has shut the socket down.
            return Err(Errno::ECONNABORTED.into());
        }
        // There is something in the error queue; that is neither good nor bad.
    }
    if events & c::POLLOUT == 0 {
        return Ok(false);
    }
    finish_connect(fd, addr).map(|()| true)
}

/// connect(2) once more takes the success for told: without it the next connect(2) would succeed too, instead
/// of being EISCONN.
fn finish_connect(fd: Fd<'_>, addr: InAddr<'_>) -> Result<()> {
    match call::connect(fd, addr) {
        Err(error) if is(error, c::EISCONN) || is(error, c::EALREADY) => Ok(()),
        // A new attempt: another thread has shut the socket down in this very moment.
        Err(error) if is(error, c::EINPROGRESS) => Err(Errno::ECONNABORTED.into()),
        result => result,
    }
}

/// The first and the longest pause between two attempts where there is no event to wait for.
pub const PAUSE: Duration = Duration::from_micros(100);
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

/// Sleeps, by ppoll(2) without a descriptor, not longer than there is time left; a signal may end it early.
/// Returns how long to sleep the next time.
pub fn pause(time: Duration, left: Option<Duration>) -> Duration {
    let _ = call::poll(Fd::NONE, 0, Some(left.map_or(time, |left| time.min(left))));
    time.saturating_mul(2).min(LONGEST_PAUSE)
}

/// Connects to an AF_UNIX listener whose queue is full. There is no event for "the queue has room", so it
/// tries again and again. (A blocking connect would wait for it, but only SO_SNDTIMEO could limit that, and
/// not every value of that option can be put back.)
fn connect_unix(fd: Fd<'_>, addr: InAddr<'_>, deadline: Deadline) -> Result<()> {
    let mut time = PAUSE;
    loop {
        time = pause(time, deadline.left()?);
        match call::connect(fd, addr) {
            Err(error) if is(error, c::EAGAIN) || is(error, c::EINTR) => {}
            result => return result,
        }
    }
}

fn is_unix(fd: Fd<'_>) -> bool {
    int_option(fd, SO_DOMAIN).is_ok_and(|domain| domain == c::AF_UNIX)
}

/// SO_ERROR; the number is 0 if there is none.
pub(super) fn pending_error(fd: Fd<'_>) -> Result<RawErrno> {
    int_option(fd, SO_ERROR).map(RawErrno::from_raw)
}

/// SO_TYPE.
#[cold]
pub fn socket_type(fd: Fd<'_>) -> Result<c_int> {
    int_option(fd, SO_TYPE)
}

const SO_TYPE: OptName = OptName::new(c::SOL_SOCKET, c::SO_TYPE);
const SO_DOMAIN: OptName = OptName::new(c::SOL_SOCKET, c::SO_DOMAIN);
const SO_ERROR: OptName = OptName::new(c::SOL_SOCKET, c::SO_ERROR);
const SO_LINGER: OptName = OptName::new(c::SOL_SOCKET, c::SO_LINGER);

pub(super) fn int_option(fd: Fd<'_>, name: OptName) -> Result<c_int> {
    call::getsockopt(fd, name, NewValue::new()).map(|(value, _)| value)
}

/// How far a transfer of many calls came: the bytes done, and the error that ended it, if one did.
pub type Progress = (usize, Result<()>);

/// send(2) until all is sent. At least one call is made, so that an empty message is sent too.
#[inline]
pub fn send_all(fd: Fd<'_>, mut data: InBuf<'_>, flags: c_int) -> Progress {
    let mut done = 0_usize;
    loop {
        match call::send(fd, data, flags) {
            // Would go on for ever; no family is known to do this.
            Ok(0) if !data.is_empty() => return (done, Err(Errno::EIO.into())),
            Ok(n) => {
                done = done.saturating_add(n);
                data = data.after(n);
                if data.is_empty() {
                    return (done, Ok(()));
                }
            }
            Err(error) if is(error, c::EINTR) => {}
            Err(error) => return (done, Err(error)),
        }
    }
}

/// recv(2) until the buffer is full; ENODATA if the stream ends before.
#[inline]
pub fn recv_exact(fd: Fd<'_>, mut buf: OutBuf<'_>, flags: c_int) -> Progress {
    // Neither flag takes bytes out of the queue and puts them into the buffer, so neither could end.
    if flags & (c::MSG_PEEK | c::MSG_TRUNC) != 0 {
        return (0, Err(Errno::EINVAL.into()));
    }
    let mut done = 0_usize;
    while !buf.is_empty() {
        match call::recv(fd, buf.reborrow(), flags) {
            Ok(0) => return (done, Err(Errno::ENODATA.into())),
            Ok(n) => {
                done = done.saturating_add(n);
                buf = buf.after(n);
            }
            Err(error) if is(error, c::EINTR) => {}
            Err(error) => return (done, Err(error)),
        }
    }
    (done, Ok(()))
}

/// The most that one call moves.
const MAX_RW_COUNT: usize = 0x7fff_f000;

/// sendfile(2) until `count` bytes are sent; ENODATA if the file ends before.
pub fn sendfile_all(to: Fd<'_>, from: Fd<'_>, mut offset: Offset<'_>, count: usize) -> Progress {
    let mut done = 0_usize;
    while done < count {
        match sendfile(to, from, offset.reborrow(), (count - done).min(MAX_RW_COUNT)) {
            Ok(0) => return (done, Err(Errno::ENODATA.into())),
            Ok(n) => done = done.saturating_add(n),
            Err(error) if is(error, c::EINTR) => {}
            Err(error) => return (done, Err(error)),
        }
    }
    (done, Ok(()))
}

/// SO_LINGER with a time of 0, then close(2): a TCP connection is reset. Closes in any case; the first
/// error is the result.
pub fn abort(fd: Closing) -> Result<()> {
    let linger = c::linger { l_onoff: 1, l_linger: 0 };
    let set = call::setsockopt(fd.as_fd(), SO_LINGER, &linger, size_of::<c::linger>());
    let closed = call::close(fd);
    set.and(closed)
}
