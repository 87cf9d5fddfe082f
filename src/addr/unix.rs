//! AF_UNIX: `struct sockaddr_un` (unix(7)).

use core::fmt;
use std::ffi::OsStr;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::SocketAddr as StdUnixAddr;
use std::path::{Path, PathBuf};

use super::{SockAddr, ToSockAddr};
use crate::error::{Errno, Result};
use crate::sys::{self, c};

/// Where `sun_path` begins.
const NAME_AT: usize = size_of::<c::sa_family_t>();
/// `sizeof(sun_path)`.
const NAME_SIZE: usize = size_of::<c::sockaddr_un>() - NAME_AT;

/// The name of an `AF_UNIX` socket: what the kernel reports, and what can be passed as an address.
///
/// The rules are those of unix(7). Passing a name that breaks them is
///
/// - `EINVAL`: a path that is empty or holds a NUL byte, where the kernel would cut it;
/// - `ENAMETOOLONG`: a path of more than 108 bytes, an abstract name of more than 107.
///
/// ```
/// # fn main() -> sockets::Result<()> {
/// use sockets::{Domain, Protocol, Socket, Type, UnixAddr};
///
/// let name = format!("doc-test-{}", std::process::id());
/// let listener = Socket::socket(Domain::AF_UNIX, Type::SOCK_SEQPACKET, Protocol::DEFAULT)?;
/// listener.bind(UnixAddr::Abstract(name.as_bytes()))?;
/// assert_eq!(listener.getsockname()?.to_string(), format!("unix:@{name}"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnixAddr<'a> {
    /// A file, 1 to 108 bytes without NUL. It is made by bind(2), and outlives the socket.
    Pathname(&'a Path),
    /// A name that is no file, 0 to 107 bytes of any value. It ends with its socket, and is known only
    /// in its network namespace.
    Abstract(&'a [u8]),
    /// No name. In bind(2): a free abstract name, which the kernel chooses (autobind).
    Unnamed,
}

impl<'a> UnixAddr<'a> {
    /// Decodes what follows the family. A path ends with the first NUL or where the bytes end: 108 bytes
    /// have no room for a NUL.
    fn decode(name: &'a [u8]) -> Self {
        match name {
            [] => UnixAddr::Unnamed,
            [0, name @ ..] => UnixAddr::Abstract(name),
            path => {
                let path = path.split(|byte| *byte == 0).next().unwrap_or_default();
                UnixAddr::Pathname(Path::new(OsStr::from_bytes(path)))
            }
        }
    }

    fn encode(self) -> Result<SockAddr> {
        let (first, name): (&[u8], &[u8]) = match self {
            UnixAddr::Unnamed => (&[], &[]),
            UnixAddr::Abstract(name) => (&[0], name),
            UnixAddr::Pathname(path) => (&[], path_bytes(path)?),
        };
        // A path is followed by a NUL where there is room for one.
        let end = usize::from(matches!(self, UnixAddr::Pathname(_)) && name.len() < NAME_SIZE);
        let mut bytes = [0; NAME_AT + NAME_SIZE];
        let start = NAME_AT + first.len();
        let Some(place) = bytes.get_mut(start..).and_then(|rest| rest.get_mut(..name.len())) else {
            return Err(Errno::ENAMETOOLONG);
        };
        place.copy_from_slice(name);
        let (family, _) = bytes.split_at_mut(NAME_AT);
        family.copy_from_slice(&(c::AF_UNIX as c::sa_family_t).to_ne_bytes());
        let used = bytes.get(..start + name.len() + end).unwrap_or(&bytes);
        sys::Storage::from_bytes(used).map(SockAddr).ok_or(Errno::ENAMETOOLONG)
    }
}

/// The bytes of a path that the kernel would take as they are.
fn path_bytes(path: &Path) -> Result<&[u8]> {
    let bytes = path.as_os_str().as_bytes();
    if bytes.is_empty() || bytes.contains(&0) {
        return Err(Errno::EINVAL);
    }
    Ok(bytes)
}

impl fmt::Debug for UnixAddr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UnixAddr::Pathname(path) => write!(f, "Pathname({path:?})"),
            UnixAddr::Abstract(name) => write!(f, "Abstract(\"{}\")", name.escape_ascii()),
            UnixAddr::Unnamed => f.write_str("Unnamed"),
        }
    }
}

impl SockAddr {
    /// The name of an `AF_UNIX` address, if it is one.
    #[inline]
    pub fn as_unix(&self) -> Option<UnixAddr<'_>> {
        let is_unix = i32::from(self.sa_family()) == c::AF_UNIX;
        is_unix.then(|| UnixAddr::decode(self.data()))
    }
}

impl TryFrom<UnixAddr<'_>> for SockAddr {
    type Error = Errno;

    fn try_from(addr: UnixAddr<'_>) -> Result<SockAddr> {
        addr.encode()
    }
}

impl ToSockAddr for UnixAddr<'_> {
    type Encoded<'b>
        = SockAddr
    where
        Self: 'b;

    fn to_sockaddr(&self) -> Result<SockAddr> {
        self.encode()
    }
}

impl ToSockAddr for Path {
    type Encoded<'a> = SockAddr;

    fn to_sockaddr(&self) -> Result<SockAddr> {
        UnixAddr::Pathname(self).encode()
    }
}

impl ToSockAddr for PathBuf {
    type Encoded<'a> = SockAddr;

    fn to_sockaddr(&self) -> Result<SockAddr> {
        self.as_path().to_sockaddr()
    }
}

impl<'a> From<&'a StdUnixAddr> for UnixAddr<'a> {
    fn from(addr: &'a StdUnixAddr) -> Self {
        match (addr.as_pathname(), addr.as_abstract_name()) {
            (Some(path), _) => UnixAddr::Pathname(path),
            (None, Some(name)) => UnixAddr::Abstract(name),
            (None, None) => UnixAddr::Unnamed,
        }
    }
}

impl TryFrom<&Path> for SockAddr {
    type Error = Errno;

    fn try_from(path: &Path) -> Result<SockAddr> {
        UnixAddr::Pathname(path).encode()
    }
}

impl TryFrom<&StdUnixAddr> for SockAddr {
    type Error = Errno;

    fn try_from(addr: &StdUnixAddr) -> Result<SockAddr> {
        UnixAddr::from(addr).encode()
    }
}

impl TryFrom<&SockAddr> for StdUnixAddr {
    type Error = Errno;

    /// `EAFNOSUPPORT` if it is no Unix address; `EINVAL` for a path of 108 bytes, which std does not take.
    fn try_from(addr: &SockAddr) -> Result<StdUnixAddr> {
        let addr = match addr.as_unix().ok_or(Errno::EAFNOSUPPORT)? {
            UnixAddr::Pathname(path) => StdUnixAddr::from_pathname(path),
            UnixAddr::Abstract(name) => StdUnixAddr::from_abstract_name(name),
            UnixAddr::Unnamed => StdUnixAddr::from_pathname(""),
        };
        addr.map_err(|_| Errno::EINVAL)
    }
}

impl ToSockAddr for StdUnixAddr {
    type Encoded<'a> = SockAddr;

    fn to_sockaddr(&self) -> Result<SockAddr> {
        UnixAddr::from(self).encode()
    }
}
