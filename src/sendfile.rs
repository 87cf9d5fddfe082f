//! sendfile(2), splice(2): bytes between files, pipes and sockets that never come to user space.

use std::os::fd::AsFd;

use crate::Socket;
use crate::compound::{Partial, whole};
use crate::error::{Errno, Result};
use crate::flags::SpliceFlags;
use crate::sys::{self, compound};

/// Makes a call with an offset as the kernel takes it, which it moves on.
#[inline]
fn with_offset<T>(offset: Option<&mut u64>, call: impl FnOnce(Option<&mut i64>) -> Result<T>) -> Result<T> {
    let Some(offset) = offset else { return call(None) };
    let mut raw = i64::try_from(*offset).map_err(|_| Errno::EINVAL)?;
    let result = call(Some(&mut raw));
    *offset = u64::try_from(raw).unwrap_or(*offset);
    result
}

impl Socket {
    /// sendfile(2), between two of pthread_sigmask(3): sends bytes of a file to the peer; returns how many the kernel took.
    ///
    /// With an offset they are read from there, and it is moved on; the position of the file stays. Without one they are read from
    /// the position of the file, which is moved on. It can be fewer than `count`; [`sendfile_all`](Socket::sendfile_all) goes on with the
    /// rest. 0 is the end of the file.
    ///
    /// Differs from C: there is no SIGPIPE. The call has no flag for that, so the signal is blocked for this thread meanwhile, and
    /// sigtimedwait(2) takes it away after a call that was cut short. Where the caller blocks it anyway, sigpending(2) is asked
    /// instead, so that one that was pending before stays.
    ///
    /// # Errors
    ///
    /// - `EAGAIN`: non-blocking, and the send buffer is full.
    /// - `EBADF`: the file is not open for reading.
    /// - `EINVAL`: an offset above `i64::MAX`; a file that cannot be read this way; a `count` above `isize::MAX`.
    /// - `EINVAL`, `EOVERFLOW`: an offset beyond what a file can have.
    /// - `ESPIPE`: an offset, and a file that has none.
    /// - `EIO`: the file could not be read.
    /// - `EPIPE`, `ECONNRESET` and the other errors of [`send`](Socket::send).
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// use sockets::{Domain, Protocol, RecvFlags, Socket, Type};
    ///
    /// let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT)?;
    /// let file = std::fs::File::open("Cargo.toml")?;
    /// let mut offset = 1;
    /// assert_eq!(a.sendfile(&file, Some(&mut offset), 8)?, 8);
    /// let mut buf = [0; 16];
    /// assert_eq!(b.recv(&mut buf, RecvFlags::empty())?, 8);
    /// assert_eq!((&buf[..8], offset), (&std::fs::read("Cargo.toml")?[1..9], 9));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [sendfile(2)](https://man7.org/linux/man-pages/man2/sendfile.2.html)
    #[inline]
    pub fn sendfile(&self, file: impl AsFd, offset: Option<&mut u64>, count: usize) -> Result<usize> {
        with_offset(offset, |offset| {
            Ok(sys::sendfile(self.sys(), file.as_fd().into(), offset.into(), count)?)
        })
    }

    /// sendfile(2), again and again until `count` bytes are sent, without SIGPIPE as in [`sendfile`](Socket::sendfile).
    ///
    /// `EINTR` is not an error here.
    ///
    /// # Errors
    ///
    /// A [`Partial`] with the bytes sent before (the offset, or the position of the file, is behind them), and
    ///
    /// - `ENODATA`: the file ended before.
    /// - The errors of [`sendfile`](Socket::sendfile). On a non-blocking socket that can be `EAGAIN`: wait for `POLLOUT`, then go on
    ///   with what is left of `count`.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// use sockets::{Domain, Errno, Partial, Protocol, Socket, Type};
    ///
    /// let (a, _b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT)?;
    /// let file = std::fs::File::open("Cargo.toml")?;
    /// let len = file.metadata()?.len() as usize;
    /// a.sendfile_all(&file, Some(&mut 0), len)?;
    /// let end = a.sendfile_all(&file, Some(&mut 0), len + 1);
    /// assert_eq!(end, Err(Partial { done: len, errno: Errno::ENODATA }));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [sendfile(2)](https://man7.org/linux/man-pages/man2/sendfile.2.html)
    pub fn sendfile_all(
        &self,
        file: impl AsFd,
        offset: Option<&mut u64>,
        count: usize,
    ) -> core::result::Result<(), Partial> {
        let progress = with_offset(offset, |offset| {
            Ok(compound::sendfile_all(self.sys(), file.as_fd().into(), offset.into(), count))
        });
        whole(progress.map_err(|errno| Partial { done: 0, errno })?)
    }
}

/// splice(2), between two of pthread_sigmask(3): moves bytes from one descriptor to another, of which one is a pipe; returns how many.
///
/// From a socket to another goes by way of a pipe, in two calls. The offsets are of files: as in [`Socket::sendfile`]; `None` for
/// sockets and pipes. It can be fewer than `len`; 0 is the end of what `from` has.
///
/// Differs from C: there is no SIGPIPE, neither of a stream nor of a pipe that nobody reads, as in [`Socket::sendfile`].
///
/// # Errors
///
/// - `EAGAIN`: `SPLICE_F_NONBLOCK`, or a descriptor that does not block: nothing to read, or no room.
/// - `EBADF`: not open for reading, or for writing.
/// - `EINVAL`: neither is a pipe, or both are the same; an offset above `i64::MAX`; a file opened to append; a flag that does not exist.
/// - `EINVAL`, `ESPIPE`: an offset, and a socket or a pipe.
/// - `EPIPE`, `ECONNRESET` and the other errors of [`send`](Socket::send) and [`recv`](Socket::recv).
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use std::process::{Command, Stdio};
/// use sockets::{Domain, Protocol, RecvFlags, Socket, SpliceFlags, Type, splice};
///
/// let mut child = Command::new("echo").arg("hello").stdout(Stdio::piped()).spawn()?;
/// let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT)?;
/// let pipe = child.stdout.take().unwrap();
/// assert_eq!(splice(&pipe, None, &a, None, 100, SpliceFlags::empty())?, 6);
/// let mut buf = [0; 16];
/// assert_eq!(b.recv(&mut buf, RecvFlags::empty())?, 6);
/// assert_eq!(&buf[..6], b"hello\n");
/// # child.wait()?;
/// # Ok(())
/// # }
/// ```
///
/// [splice(2)](https://man7.org/linux/man-pages/man2/splice.2.html)
#[inline]
pub fn splice(
    from: impl AsFd,
    from_offset: Option<&mut u64>,
    to: impl AsFd,
    to_offset: Option<&mut u64>,
    len: usize,
    flags: SpliceFlags,
) -> Result<usize> {
    let (from, to) = (from.as_fd().into(), to.as_fd().into());
    with_offset(from_offset, |from_offset| {
        with_offset(to_offset, |to_offset| {
            Ok(sys::splice(from, from_offset.into(), to, to_offset.into(), len, flags.bits())?)
        })
    })
}
