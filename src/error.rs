//! errno(3): what a failed call says.

pub use nix::errno::Errno;

/// What every call returns: the value, or the error number of the system.
///
/// [`Errno`] is `Copy`, allocates nothing, compares with `==` and converts into
/// [`std::io::Error`] with `?`. A number that it has no name for becomes `UnknownErrno`. Numbers that the kernel
/// lets slip though they are its own become what they mean: 512 to 516 `EINTR`, 524 `EOPNOTSUPP`.
///
/// ```
/// use sockets::{Domain, Errno, Protocol, Socket, Type};
///
/// let socket = Socket::socket(Domain::from(9999), Type::SOCK_STREAM, Protocol::DEFAULT);
/// let errno = socket.unwrap_err();
/// assert_eq!(errno, Errno::EAFNOSUPPORT);
/// let error: std::io::Error = errno.into();
/// assert_eq!(error.raw_os_error(), Some(Errno::EAFNOSUPPORT as i32));
/// ```
pub type Result<T> = core::result::Result<T, Errno>;
