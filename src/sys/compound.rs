//! The few functions that are more than one call. They handle EINTR and partial I/O, and restore what
//! they change; everything here is built from [`super::call`].

use core::ffi::{c_int, c_short};
use core::time::Duration;
use std::time::Instant;

use nix::errno::Errno;

use super::errno::{RawErrno, Result};
use super::fd::{Closing, Fd};
use super::input::{InAddr, InBuf};
use super::pod::Timeval;
use super::value::NewValue;
use super::{OutBuf, c, call};

/// A point in time to be ready by; none if it is further away than the clock can tell.
#[derive(Debug, Clone, Copy)]
struct Deadline(Option<Instant>);

impl Deadline {
    fn after(timeout: Duration) -> Self {
        Deadline(Instant::now().checked_add(timeout))
    }

    /// The time that is left: `Err(ETIMEDOUT)` if none is, `Ok(None)` if it is unlimited.
    fn left(self) -> Result<Option<Duration>> {
        let Some(deadline) = self.0 else { return Ok(None) };
        match deadline.checked_duration_since(Instant::now()) {
            Some(left) if !left.is_zero() => Ok(Some(left)),
            _ => Err(Errno::ETIMEDOUT.into()),
        }
    }
}

fn is(error: RawErrno, errno: c_int) -> bool {
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

/// Connects a socket that does not block.
fn connect_by(fd: Fd<'_>, addr: InAddr<'_>, deadline: Deadline) -> Result<()> {
    match call::connect(fd, addr) {
        Err(error) if is(error, c::EINPROGRESS) || is(error, c::EALREADY) || is(error, c::EINTR) => {
            wait_connected(fd, addr, deadline)
        }
        Err(error) if is(error, c::EAGAIN) && int_option(fd, c::SO_DOMAIN)? == c::AF_UNIX => {
            connect_unix(fd, addr, deadline)
        }
        result => result,
    }
}

/// Waits for the end of an attempt, and asks the kernel how it ended. connect(2) tells what SO_ERROR would, and
/// takes it for told: after SO_ERROR alone the next connect(2) would be ECONNABORTED, or succeed once more
/// instead of being EISCONN.
fn wait_connected(fd: Fd<'_>, addr: InAddr<'_>, deadline: Deadline) -> Result<()> {
    loop {
        match call::poll(fd, c::POLLOUT as c_short, deadline.left()?) {
            Ok(0) => continue, // `left` tells whether the time is really over
            Err(error) if is(error, c::EINTR) => continue,
            Err(error) => return Err(error),
            Ok(_) => {}
        }
        match call::connect(fd, addr) {
            Err(error) if is(error, c::EALREADY) || is(error, c::EINTR) => {}
            Err(error) if is(error, c::EISCONN) => return Ok(()),
            result => return result,
        }
    }
}

/// Connects to an AF_UNIX listener whose queue is full. There is no event for "the queue has room", but
/// a blocking connect waits for it, for as long as SO_SNDTIMEO says.
fn connect_unix(fd: Fd<'_>, addr: InAddr<'_>, deadline: Deadline) -> Result<()> {
    let value = NewValue::<Timeval>::new();
    let (timeout, _) = call::getsockopt(fd, c::SOL_SOCKET, c::SO_SNDTIMEO, value)?;
    call::set_nonblocking(fd, false)?;
    let connected = connect_blocking(fd, addr, deadline);
    let restored = set_send_timeout(fd, &timeout);
    connected.and(restored)
}

fn connect_blocking(fd: Fd<'_>, addr: InAddr<'_>, deadline: Deadline) -> Result<()> {
    loop {
        let timeout = deadline.left()?.map_or(Timeval::ZERO, Timeval::rounded_up);
        set_send_timeout(fd, &timeout)?;
        match call::connect(fd, addr) {
            // The queue is full still, or a signal came: `left` tells whether to go on.
            Err(error) if is(error, c::EAGAIN) || is(error, c::EINTR) => {}
            result => return result,
        }
    }
}

fn set_send_timeout(fd: Fd<'_>, timeout: &Timeval) -> Result<()> {
    call::setsockopt(fd, c::SOL_SOCKET, c::SO_SNDTIMEO, timeout, size_of::<Timeval>())
}

fn int_option(fd: Fd<'_>, name: c_int) -> Result<c_int> {
    call::getsockopt(fd, c::SOL_SOCKET, name, NewValue::new()).map(|(value, _)| value)
}

/// How far a transfer of many calls came: the bytes done, and the error that ended it, if one did.
pub type Progress = (usize, Result<()>);

/// send(2) until all is sent. At least one call is made, so that an empty message is sent too.
#[inline]
pub fn send_all(fd: Fd<'_>, mut data: InBuf<'_>, flags: c_int) -> Progress {
    let mut done = 0_usize;
    loop {
        match call::send(fd, data, flags) {
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

/// SO_LINGER with a time of 0, then close(2): a TCP connection is reset. Closes in any case; the first
/// error is the result.
pub fn abort(fd: Closing) -> Result<()> {
    let linger = c::linger { l_onoff: 1, l_linger: 0 };
    let set = call::setsockopt(fd.as_fd(), c::SOL_SOCKET, c::SO_LINGER, &linger, size_of::<c::linger>());
    let closed = call::close(fd);
    set.and(closed)
}
