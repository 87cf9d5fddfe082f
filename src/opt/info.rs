//! The tables at run time: what there is to know of each option, for tools and tests.

use core::ffi::c_int;
use core::fmt;

use super::access::{Ask, AskSet, Get, GetSet, Marker, Set, access};
use super::need::Need;
use super::table as tables;
use super::{AskValue, Opt, ReadValue, Value};
use crate::error::Result;
use crate::sys::c;
use crate::{Domain, Protocol, Socket, Type};

/// What the bytes of an option's value are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// `int`: 0 is false, everything else true.
    Bool,
    /// `int`: a number.
    Int,
    /// `unsigned int`, or of another size: a number.
    Unsigned,
    /// `int`: a number of bytes, which the kernel may round up.
    Size,
    /// `int`: named bits.
    Flags,
    /// `int`: seconds.
    Seconds,
    /// `int`: milliseconds.
    Millis,
    /// `int`: microseconds.
    Micros,
    /// `int`: the index of an interface.
    Interface,
    /// `int`: the index of an interface, in network byte order.
    WireInterface,
    /// `int`: a descriptor.
    Descriptor,
    /// `int`, whose value has no meaning.
    NoValue,
    /// `char[]`.
    Text,
    /// A socket filter: see [`AttachFilter`](super::AttachFilter) and [`GetFilter`](super::GetFilter).
    Filter,
    /// A structure, or an array of them.
    Struct,
    /// Bytes in the form of a protocol.
    Bytes,
}

/// How many bytes the value of an option can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OptSize {
    /// The fewest.
    pub min: usize,
    /// The most; `usize::MAX` is as many as there are.
    pub max: usize,
}

impl OptSize {
    /// As many as a C type has.
    pub(super) const fn of<T>() -> Self {
        OptSize { min: size_of::<T>(), max: size_of::<T>() }
    }

    /// Is there only one size?
    pub const fn is_fixed(self) -> bool {
        self.min == self.max
    }
}

impl fmt::Display for OptSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            OptSize { max, .. } if self.is_fixed() => max.fmt(f),
            OptSize { min, max: usize::MAX } => write!(f, "{min}.."),
            OptSize { min, max } => write!(f, "{min}..={max}"),
        }
    }
}

/// What can be done with an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Access {
    /// getsockopt(2).
    pub get: bool,
    /// getsockopt(2), which finds a question where it puts the answer.
    pub ask: bool,
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
    pub(super) const TCP6: Sample = Sample::new(Domain::AF_INET6, Type::SOCK_STREAM, Protocol::IPPROTO_TCP);
    pub(super) const MPTCP4: Sample =
        Sample::new(Domain::AF_INET, Type::SOCK_STREAM, Protocol::IPPROTO_MPTCP);
    pub(super) const UDP4: Sample = Sample::new(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::IPPROTO_UDP);
    pub(super) const UDP6: Sample = Sample::new(Domain::AF_INET6, Type::SOCK_DGRAM, Protocol::IPPROTO_UDP);
    pub(super) const UNIX: Sample = Sample::new(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT);
    pub(super) const RAW4: Sample = Sample::new(Domain::AF_INET, Type::SOCK_RAW, Protocol::IPPROTO_UDP);
    pub(super) const RAW6: Sample = Sample::new(Domain::AF_INET6, Type::SOCK_RAW, Protocol::IPPROTO_UDP);
    pub(super) const RAWRAW6: Sample = Sample::new(Domain::AF_INET6, Type::SOCK_RAW, Protocol::IPPROTO_RAW);
    pub(super) const RAWICMP4: Sample = Sample::new(Domain::AF_INET, Type::SOCK_RAW, Protocol::IPPROTO_ICMP);
    pub(super) const RAWICMP6: Sample =
        Sample::new(Domain::AF_INET6, Type::SOCK_RAW, Protocol::IPPROTO_ICMPV6);
    pub(super) const UDPLITE4: Sample =
        Sample::new(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::IPPROTO_UDPLITE);
    pub(super) const DCCP4: Sample =
        Sample::new(Domain::AF_INET, Type::from_raw(c::SOCK_DCCP), Protocol::from_raw(c::IPPROTO_DCCP));
    pub(super) const NETLINK: Sample = Sample::new(Domain::AF_NETLINK, Type::SOCK_DGRAM, Protocol::DEFAULT);
    pub(super) const VSOCK: Sample = Sample::new(Domain::AF_VSOCK, Type::SOCK_STREAM, Protocol::DEFAULT);
    pub(super) const PACKET: Sample = Sample::new(Domain::AF_PACKET, Type::SOCK_RAW, Protocol::DEFAULT);

    /// The first argument of socket(2).
    pub const fn domain(self) -> Domain {
        self.domain
    }

    /// The second.
    pub const fn ty(self) -> Type {
        self.ty
    }

    /// The third.
    pub const fn protocol(self) -> Protocol {
        self.protocol
    }

    /// Those that need no privilege.
    pub(super) const COMMON: &[Sample] =
        &[Sample::TCP4, Sample::UDP4, Sample::TCP6, Sample::UDP6, Sample::UNIX, Sample::MPTCP4];

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
#[non_exhaustive]
#[derive(Clone, Copy)]
pub struct OptInfo {
    /// The C name.
    pub name: &'static str,
    /// The second argument of getsockopt(2).
    pub level: c_int,
    /// The C name of the level.
    pub level_name: &'static str,
    /// The third argument of getsockopt(2).
    pub number: c_int,
    /// What the bytes of the value are.
    pub kind: Kind,
    /// Their C type.
    pub c_type: &'static str,
    /// The type of this library that stands for them, a [`Value`].
    pub value: &'static str,
    /// How many there can be.
    pub size: OptSize,
    /// What can be done with it.
    pub access: Access,
    /// The numbers that the kernel takes, where it refuses others.
    pub range: Option<(c_int, c_int)>,
    /// A socket that has the option.
    pub on: Sample,
    /// What it needs beyond that.
    pub needs: Option<Need>,
    /// The kernel that brought it, if that is younger than 5.4: `"5.11"`.
    pub since: Option<&'static str>,
    pub(super) read: Option<ReadText>,
}

/// Reads the option of a level and number, in human form.
pub(super) type ReadText = fn(&Socket, c_int, c_int) -> Result<String>;

impl OptInfo {
    /// getsockopt(2): the value in human form; nothing if the option can only be set, or has to be asked for.
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

    /// What the types of a row say. The table adds the rest.
    pub(super) const fn of<T: Value, A: Marker>(option: Opt<T, A>, on: Sample) -> Self
    where
        Opt<T, A>: Row,
    {
        OptInfo {
            name: option.name(),
            level: option.level(),
            level_name: "",
            number: option.number(),
            kind: T::KIND,
            c_type: T::C_TYPE,
            value: "",
            size: T::SIZE,
            access: access::<A>(),
            range: None,
            on,
            needs: None,
            since: None,
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

impl<T: AskValue> Row for Opt<T, Ask> {
    const READ: Option<ReadText> = None;
}

impl<T: AskValue> Row for Opt<T, AskSet> {
    const READ: Option<ReadText> = None;
}

/// A value that shows itself as its kind does.
struct Shown<T: ReadValue>(T::Output);

impl<T: ReadValue> fmt::Display for Shown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::show(&self.0, f)
    }
}

fn read_text<T: ReadValue>(socket: &Socket, level: c_int, number: c_int) -> Result<String> {
    let value = socket.getsockopt(Opt::<T, Get>::row("", level, number))?;
    Ok(Shown::<T>(value).to_string())
}

/// All options of this library, level by level.
///
/// ```
/// use sockets::opt;
///
/// let ttl = opt::table().find(|option| option.name == "IP_TTL").unwrap();
/// assert_eq!((ttl.level, ttl.number, ttl.size.max), (0, 2, 4));
/// assert!(ttl.access.get && ttl.access.set);
/// ```
pub fn table() -> impl Iterator<Item = &'static OptInfo> {
    tables::TABLES.iter().copied().flatten()
}
