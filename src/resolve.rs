//! getaddrinfo(3), getnameinfo(3): from names to addresses and back.

use core::ffi::{CStr, c_int};
use core::fmt;
use std::borrow::{Borrow, Cow};
use std::error::Error;
use std::ffi::CString;
use std::io;

use bitflags::bitflags;

use crate::error::Errno;
use crate::number::open_number;
use crate::sys::{self, RawErrno, c};
use crate::{Domain, Protocol, SockAddr, ToSockAddr, Type};

open_number! {
    /// The codes of getaddrinfo(3) and getnameinfo(3).
    Eai {
        /// An address of another family than the hints say.
        EAI_ADDRFAMILY = c::EAI_ADDRFAMILY;
        /// Not now: the name server does not answer, or says to try again.
        EAI_AGAIN = c::EAI_AGAIN;
        /// Flags that do not go together, or that nobody knows.
        EAI_BADFLAGS = c::EAI_BADFLAGS;
        /// The name server failed.
        EAI_FAIL = c::EAI_FAIL;
        /// A family that there is not.
        EAI_FAMILY = c::EAI_FAMILY;
        /// The host is no name, in any language (`AI_IDN`).
        EAI_IDN_ENCODE = c::EAI_IDN_ENCODE;
        /// No memory.
        EAI_MEMORY = c::EAI_MEMORY;
        /// The name is known, but has no address.
        EAI_NODATA = c::EAI_NODATA;
        /// Nobody knows the name; or there is neither a host nor a service.
        EAI_NONAME = c::EAI_NONAME;
        /// A name does not fit.
        EAI_OVERFLOW = c::EAI_OVERFLOW;
        /// The service is not known, or not for this type of socket.
        EAI_SERVICE = c::EAI_SERVICE;
        /// A type of socket that there is not.
        EAI_SOCKTYPE = c::EAI_SOCKTYPE;
        /// A call failed: [`EaiError::errno`].
        EAI_SYSTEM = c::EAI_SYSTEM;
    }
}

/// Why a name was not resolved: a code of its own kind, and the errno of the call that failed, if one did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EaiError {
    code: Eai,
    /// UnknownErrno, unless the code is EAI_SYSTEM: so that equal errors are equal.
    errno: Errno,
}

impl EaiError {
    /// The code.
    pub fn code(self) -> Eai {
        self.code
    }

    /// The error of the call that failed, where the code is [`Eai::EAI_SYSTEM`].
    pub fn errno(self) -> Option<Errno> {
        (self.code == Eai::EAI_SYSTEM).then_some(self.errno)
    }

    fn new(code: c_int, errno: impl Into<Errno>) -> Self {
        let errno = if code == c::EAI_SYSTEM { errno.into() } else { Errno::UnknownErrno };
        EaiError { code: code.into(), errno }
    }
}

impl From<(c_int, RawErrno)> for EaiError {
    fn from((code, errno): (c_int, RawErrno)) -> Self {
        EaiError::new(code, errno)
    }
}

impl From<Errno> for EaiError {
    fn from(errno: Errno) -> Self {
        EaiError::new(c::EAI_SYSTEM, errno)
    }
}

impl fmt::Display for EaiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.errno() {
            Some(errno) => errno.fmt(f),
            None => write!(f, "{:?}: {}", self.code, sys::gai_strerror(self.code.raw()).to_string_lossy()),
        }
    }
}

impl Error for EaiError {}

impl From<EaiError> for io::Error {
    /// Keeps errno, if there is one; else the error is the [`EaiError`] itself.
    fn from(error: EaiError) -> Self {
        match (error.errno(), error.code) {
            (Some(errno), _) => errno.into(),
            (None, Eai::EAI_NONAME | Eai::EAI_NODATA) => io::Error::new(io::ErrorKind::NotFound, error),
            (None, Eai::EAI_MEMORY) => io::Error::new(io::ErrorKind::OutOfMemory, error),
            (None, Eai::EAI_BADFLAGS) => io::Error::new(io::ErrorKind::InvalidInput, error),
            (None, _) => io::Error::other(error),
        }
    }
}

bitflags! {
    /// What getaddrinfo(3) takes as flags.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
    pub struct ResolveFlags: c_int {
        /// Without a host: addresses for bind(2), instead of those of this machine for connect(2).
        const AI_PASSIVE = c::AI_PASSIVE;
        /// The canonical name too: [`AddrInfo::canonname`] of the first entry.
        const AI_CANONNAME = c::AI_CANONNAME;
        /// The host is an address, not a name.
        const AI_NUMERICHOST = c::AI_NUMERICHOST;
        /// The service is a number, not a name.
        const AI_NUMERICSERV = c::AI_NUMERICSERV;
        /// AF_INET6: addresses of IPv4 in the form of IPv6, if there are none of IPv6.
        const AI_V4MAPPED = c::AI_V4MAPPED;
        /// With AI_V4MAPPED: those too, if there are some of IPv6.
        const AI_ALL = c::AI_ALL;
        /// Only families that this machine has addresses of, loopback aside.
        const AI_ADDRCONFIG = c::AI_ADDRCONFIG;
        /// The host may hold letters of any language, in UTF-8 whatever the locale. glibc only, with libidn2:
        /// `EAI_BADFLAGS` elsewhere, `EAI_IDN_ENCODE` without.
        const AI_IDN = c::AI_IDN;
        /// The canonical name may, too. glibc only.
        const AI_CANONIDN = c::AI_CANONIDN;
        const _ = !0;
    }
}

/// What is wanted of getaddrinfo(3): `struct addrinfo` as hints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hints {
    /// How to look.
    pub flags: ResolveFlags,
    /// Which family; [`Domain::AF_UNSPEC`] is any.
    pub family: Domain,
    /// For which type of socket; number 0 is any, and gives each address once for each type.
    pub ty: Type,
    /// For which protocol; [`Protocol::DEFAULT`] is any.
    pub protocol: Protocol,
}

impl Hints {
    /// Addresses of any family for one type of socket.
    pub const fn new(ty: Type) -> Self {
        Hints { flags: ResolveFlags::empty(), family: Domain::AF_UNSPEC, ty, protocol: Protocol::DEFAULT }
    }

    /// The same with flags.
    #[must_use]
    pub const fn with_flags(self, flags: ResolveFlags) -> Self {
        Hints { flags, ..self }
    }

    /// The same for one family.
    #[must_use]
    pub const fn with_family(self, family: Domain) -> Self {
        Hints { family, ..self }
    }
}

impl Default for Hints {
    /// Addresses for SOCK_STREAM, of any family.
    fn default() -> Self {
        Hints::new(Type::SOCK_STREAM)
    }
}

/// getaddrinfo(3): the addresses of a host and a service, in the order in which to try them.
///
/// Reads files and asks name servers, as the machine is set up (`/etc/nsswitch.conf`, `/etc/resolv.conf`), and may
/// take as long as they do: seconds, if a server does not answer.
///
/// - No host is this machine: its loopback addresses, or with [`ResolveFlags::AI_PASSIVE`] the unspecified ones.
/// - No service is port 0.
///
/// Differs from C: a name with a NUL inside is not cut, but unknown.
///
/// # Errors
///
/// Those of [`Eai`]; the code is not an errno. (glibc says `EAI_NONAME` too when it has no descriptor left to open its
/// files with.)
///
/// ```
/// use sockets::{Hints, resolve};
///
/// let found = resolve(Some("127.0.0.1"), Some("80"), Hints::default()).unwrap();
/// for entry in &found {
///     println!("{} {:?}", entry.addr(), entry.ty());
/// }
/// assert_eq!(found.iter().next().unwrap().addr().to_string(), "127.0.0.1:80");
/// ```
///
/// [getaddrinfo(3)](https://man7.org/linux/man-pages/man3/getaddrinfo.3.html)
#[doc(alias = "getaddrinfo")]
pub fn resolve(host: Option<&str>, service: Option<&str>, hints: Hints) -> Result<AddrInfos, EaiError> {
    let host = host.map(|host| c_name(host, c::EAI_NONAME)).transpose()?;
    let service = service.map(|service| c_name(service, c::EAI_SERVICE)).transpose()?;
    let numbers = [hints.family.raw(), hints.ty.raw(), hints.protocol.raw()];
    let list = sys::getaddrinfo(host.as_deref(), service.as_deref(), hints.flags.bits(), numbers)?;
    Ok(AddrInfos(list))
}

/// The name as C has it; one with a NUL inside is one that nobody has.
fn c_name(name: &str, code: c_int) -> Result<CString, EaiError> {
    CString::new(name).map_err(|_| EaiError::new(code, Errno::EINVAL))
}

/// What [`resolve`] found: the list of the C library, which is freed when this is dropped.
#[derive(Debug)]
pub struct AddrInfos(sys::AddrInfoList);

impl AddrInfos {
    /// The entries, in the order in which to try them. Nothing is copied.
    pub fn iter(&self) -> AddrInfoIter<'_> {
        AddrInfoIter(self.0.entries())
    }
}

impl<'a> IntoIterator for &'a AddrInfos {
    type Item = AddrInfo<'a>;
    type IntoIter = AddrInfoIter<'a>;

    fn into_iter(self) -> AddrInfoIter<'a> {
        self.iter()
    }
}

/// The entries of [`AddrInfos`].
#[derive(Debug, Clone)]
pub struct AddrInfoIter<'a>(sys::Entries<'a, c::addrinfo>);

impl<'a> Iterator for AddrInfoIter<'a> {
    type Item = AddrInfo<'a>;

    fn next(&mut self) -> Option<AddrInfo<'a>> {
        self.0.next().map(AddrInfo)
    }
}

/// One entry of [`AddrInfos`]: `struct addrinfo`.
#[derive(Clone, Copy)]
pub struct AddrInfo<'a>(sys::Entry<'a, c::addrinfo>);

impl<'a> AddrInfo<'a> {
    /// The address.
    pub fn addr(&self) -> SockAddr {
        SockAddr::from_bytes(self.as_bytes()).unwrap_or_default()
    }

    /// The bytes of the address, where they are.
    pub fn as_bytes(&self) -> &'a [u8] {
        sys::ai_addr(self.0)
    }

    /// The first argument of socket(2) for it.
    pub fn family(&self) -> Domain {
        self.0.ai_family.into()
    }

    /// The second.
    pub fn ty(&self) -> Type {
        self.0.ai_socktype.into()
    }

    /// The third.
    pub fn protocol(&self) -> Protocol {
        self.0.ai_protocol.into()
    }

    /// The canonical name of the host: of the first entry, with [`ResolveFlags::AI_CANONNAME`].
    pub fn canonname(&self) -> Option<&'a CStr> {
        sys::ai_canonname(self.0)
    }
}

impl fmt::Debug for AddrInfo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("AddrInfo");
        shown.field("addr", &self.addr()).field("ty", &self.ty()).field("protocol", &self.protocol());
        shown.field("canonname", &self.canonname()).finish()
    }
}

impl ToSockAddr for AddrInfo<'_> {
    type Encoded<'b>
        = SockAddr
    where
        Self: 'b;

    fn to_sockaddr(&self) -> crate::Result<SockAddr> {
        SockAddr::from_bytes(self.as_bytes())
    }
}

bitflags! {
    /// What getnameinfo(3) takes as flags.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
    pub struct NameInfoFlags: c_int {
        /// The address of the host as text, not its name.
        const NI_NUMERICHOST = c::NI_NUMERICHOST;
        /// The number of the service, not its name.
        const NI_NUMERICSERV = c::NI_NUMERICSERV;
        /// The name of the host without the domain, if it is this machine's.
        const NI_NOFQDN = c::NI_NOFQDN;
        /// A host without a name is `EAI_NONAME`, instead of its address as text.
        const NI_NAMEREQD = c::NI_NAMEREQD;
        /// The service is one of UDP.
        const NI_DGRAM = c::NI_DGRAM;
        /// The name may hold letters of any language. glibc only.
        const NI_IDN = c::NI_IDN;
        const _ = !0;
    }
}

/// The names of an address: what [`getnameinfo`] gives.
#[derive(Clone)]
pub struct NameInfo {
    host: [u8; c::NI_MAXHOST as usize],
    service: [u8; SERVICE],
}

/// Room for the service: the path of a Unix address is longer than NI_MAXSERV.
const SERVICE: usize = size_of::<c::sockaddr_un>() - size_of::<c::sa_family_t>() + 1;

impl NameInfo {
    /// The host.
    pub fn host(&self) -> Cow<'_, str> {
        text(&self.host)
    }

    /// The service.
    pub fn service(&self) -> Cow<'_, str> {
        text(&self.service)
    }
}

/// What is before the NUL.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes.split(|byte| *byte == 0).next().unwrap_or_default())
}

impl fmt::Debug for NameInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NameInfo").field("host", &self.host()).field("service", &self.service()).finish()
    }
}

/// getnameinfo(3): the names of the host and the service of an address.
///
/// As [`resolve`], it may ask name servers, and take its time;
/// [`NI_NUMERICHOST`](NameInfoFlags::NI_NUMERICHOST) and [`NI_NUMERICSERV`](NameInfoFlags::NI_NUMERICSERV) ask nobody.
/// Of a Unix address, the host is this machine and the service the path; nothing, if its name is no path.
///
/// # Errors
///
/// Those of [`Eai`]: `EAI_FAMILY` for an address that is none of IP or Unix.
///
/// ```
/// use std::net::Ipv6Addr;
/// use sockets::{NameInfoFlags, getnameinfo};
///
/// let numeric = NameInfoFlags::NI_NUMERICHOST | NameInfoFlags::NI_NUMERICSERV;
/// let names = getnameinfo((Ipv6Addr::LOCALHOST, 443), numeric).unwrap();
/// assert_eq!((&*names.host(), &*names.service()), ("::1", "443"));
/// ```
///
/// [getnameinfo(3)](https://man7.org/linux/man-pages/man3/getnameinfo.3.html)
pub fn getnameinfo(addr: impl ToSockAddr, flags: NameInfoFlags) -> Result<NameInfo, EaiError> {
    let addr = addr.to_sockaddr()?;
    let mut names = NameInfo { host: [0; c::NI_MAXHOST as usize], service: [0; SERVICE] };
    sys::getnameinfo(addr.borrow().storage(), &mut names.host, &mut names.service, flags.bits())?;
    Ok(names)
}
