//! The tables at run time: what there is to know of each option, for tools and tests.

use core::ffi::c_int;
use core::fmt;

use super::access::{Get, GetSet, Marker, Set, access};
use super::table as tables;
use super::{Opt, ReadValue, Value};
use crate::error::Result;
use crate::{Domain, Protocol, Socket, Type};

/// The kind of an option's value: its C type, and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// `int`: 0 is false, everything else true.
    Bool,
    /// `int`: a number.
    Int,
    /// `int`: a number of bytes that the kernel rounds up.
    Size,
    /// `int`: seconds.
    Seconds,
    /// `struct linger`.
    Linger,
    /// `struct timeval`, with 64-bit fields.
    Timeout,
    /// `struct ucred`.
    Credentials,
    /// `char[]`.
    Text,
}

/// What can be done with an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Access {
    /// getsockopt(2).
    pub get: bool,
    /// setsockopt(2).
    pub set: bool,
}

/// The arguments of socket(2) for a socket that has an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    pub(super) domain: Domain,
    pub(super) ty: Type,
    pub(super) protocol: Protocol,
}

impl Sample {
    const fn new(domain: Domain, ty: Type, protocol: Protocol) -> Self {
        Sample { domain, ty, protocol }
    }

    pub(super) const TCP4: Sample = Sample::new(Domain::AF_INET, Type::SOCK_STREAM, Protocol::IPPROTO_TCP);
    pub(super) const UDP4: Sample = Sample::new(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::IPPROTO_UDP);
    pub(super) const UDP6: Sample = Sample::new(Domain::AF_INET6, Type::SOCK_DGRAM, Protocol::IPPROTO_UDP);
    pub(super) const UNIX: Sample = Sample::new(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT);
    pub(super) const RAW4: Sample = Sample::new(Domain::AF_INET, Type::SOCK_RAW, Protocol::IPPROTO_UDP);

    /// Opens such a socket. The raw ones need CAP_NET_RAW.
    ///
    /// # Errors
    ///
    /// Those of [`Socket::socket`].
    pub fn open(self) -> Result<Socket> {
        Socket::socket(self.domain, self.ty, self.protocol)
    }
}

/// One option, as [`table`] gives it.
#[derive(Clone, Copy)]
pub struct OptInfo {
    /// The C name.
    pub name: &'static str,
    /// The second argument of getsockopt(2).
    pub level: c_int,
    /// The third argument of getsockopt(2).
    pub number: c_int,
    /// The C type of the value.
    pub kind: Kind,
    /// `sizeof` that type.
    pub size: usize,
    /// What can be done with it.
    pub access: Access,
    /// The numbers that the kernel takes, where it refuses others.
    pub range: Option<(c_int, c_int)>,
    /// A socket that has the option.
    pub on: Sample,
    read: Option<ReadText>,
}

/// Reads the option of a level and number, in human form.
type ReadText = fn(&Socket, c_int, c_int) -> Result<String>;

impl OptInfo {
    /// getsockopt(2): the value in human form; nothing if the option can only be set.
    ///
    /// # Errors
    ///
    /// Those of [`Socket::getsockopt`].
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use sockets::{Domain, Protocol, Socket, Type, opt};
    ///
    /// let socket = Socket::socket(Domain::AF_INET, Type::SOCK_STREAM, Protocol::DEFAULT)?;
    /// for option in opt::table() {
    ///     if let Some(Ok(value)) = option.read(&socket) {
    ///         println!("{:20} {value}", option.name);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn read(&self, socket: &Socket) -> Option<Result<String>> {
        self.read.map(|read| read(socket, self.level, self.number))
    }

    /// The row of an option. `ranges` and `samples` are what the table says beside its type; the first
    /// of each counts.
    pub(super) const fn of<T: Value, A: Marker>(
        option: Opt<T, A>,
        ranges: &[(c_int, c_int)],
        samples: &[Sample],
    ) -> Self
    where
        Opt<T, A>: Row,
    {
        OptInfo {
            name: option.name(),
            level: option.level(),
            number: option.number(),
            kind: T::KIND,
            size: size_of::<T::Raw>(),
            access: access::<A>(),
            range: if let [range, ..] = ranges { Some(*range) } else { None },
            on: if let [sample, ..] = samples { *sample } else { Sample::TCP4 },
            read: <Opt<T, A> as Row>::READ,
        }
    }
}

impl fmt::Debug for OptInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}, {})", self.name, self.level, self.number)
    }
}

/// How a row of the table is read, if it can be.
pub(super) trait Row {
    const READ: Option<ReadText>;
}

impl<T: ReadValue> Row for Opt<T, Get> {
    const READ: Option<ReadText> = Some(read_text::<T>);
}

impl<T: ReadValue> Row for Opt<T, GetSet> {
    const READ: Option<ReadText> = Some(read_text::<T>);
}

impl<T: Value> Row for Opt<T, Set> {
    const READ: Option<ReadText> = None;
}

fn read_text<T: ReadValue>(socket: &Socket, level: c_int, number: c_int) -> Result<String> {
    let value = socket.getsockopt(Opt::<T, Get>::row("", level, number))?;
    Ok(format!("{value:?}"))
}

/// All options of this library, level by level.
///
/// ```
/// use sockets::opt;
///
/// let ttl = opt::table().find(|option| option.name == "IP_TTL").unwrap();
/// assert_eq!((ttl.level, ttl.number, ttl.size), (0, 2, 4));
/// assert!(ttl.access.get && ttl.access.set);
/// ```
pub fn table() -> impl Iterator<Item = &'static OptInfo> {
    tables::TABLES.iter().copied().flatten()
}
