//! Several addresses for one name: connect to, or bind, the first that works.

use core::fmt;
use core::time::Duration;
use std::borrow::Borrow;
use std::collections::VecDeque;
use std::error::Error;
use std::io;

use crate::error::{Errno, Result};
use crate::race::Race;
use crate::{Protocol, SockAddr, Socket, SocketFlags, ToSockAddr, Type};

/// No address worked: each that was tried, with its error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnyError {
    failures: Vec<(SockAddr, Errno)>,
}

impl AnyError {
    /// The addresses that were tried, in the order in which they failed. None, if none was given.
    pub fn failures(&self) -> &[(SockAddr, Errno)] {
        &self.failures
    }

    /// The last error; `EADDRNOTAVAIL` if no address was given.
    pub fn errno(&self) -> Errno {
        self.failures.last().map_or(Errno::EADDRNOTAVAIL, |(_, errno)| *errno)
    }
}

impl fmt::Display for AnyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.failures.is_empty() {
            return f.write_str("no address");
        }
        let mut separator = "";
        self.failures.iter().try_for_each(|(addr, errno)| {
            write!(f, "{separator}{addr}: {}", errno.desc())?;
            separator = "; ";
            Ok(())
        })
    }
}

impl Error for AnyError {}

impl From<AnyError> for io::Error {
    /// Of the kind of the last error.
    fn from(error: AnyError) -> Self {
        io::Error::new(io::Error::from(error.errno()).kind(), error)
    }
}

/// What is done to each socket before it is bound or connected.
type Configure<'a> = Box<dyn FnMut(&Socket) -> Result<()> + 'a>;

/// How [`connect_any`] and [`bind_any`] go about it, where the plain ones are not enough.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use sockets::{AnyAddr, BACKLOG_MAX, Domain, Hints, Protocol, Socket, Type, opt, resolve};
///
/// # let listener = Socket::socket(Domain::AF_INET, Type::SOCK_STREAM, Protocol::DEFAULT)?;
/// # listener.bind((std::net::Ipv4Addr::LOCALHOST, 0))?;
/// # listener.listen(BACKLOG_MAX)?;
/// # let port = listener.getsockname()?.port().unwrap().to_string();
/// let found = resolve(Some("127.0.0.1"), Some(&port), Hints::default())?;
/// let (socket, addr) = AnyAddr::new(Type::SOCK_STREAM)
///     .timeout(Duration::from_secs(10))
///     .happy_eyeballs(AnyAddr::ATTEMPT_DELAY)
///     .configure(|socket| socket.setsockopt(opt::TCP_NODELAY, true))
///     .connect(&found)?;
/// assert_eq!(socket.getpeername()?, addr);
/// # Ok(())
/// # }
/// ```
pub struct AnyAddr<'a> {
    ty: Type,
    protocol: Protocol,
    pub(crate) timeout: Option<Duration>,
    pub(crate) delay: Option<Duration>,
    configure: Configure<'a>,
}

impl fmt::Debug for AnyAddr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("AnyAddr");
        shown.field("ty", &self.ty).field("protocol", &self.protocol).field("timeout", &self.timeout);
        shown.field("delay", &self.delay).finish_non_exhaustive()
    }
}

impl<'a> AnyAddr<'a> {
    /// The time between two attempts that RFC 8305 recommends.
    pub const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

    /// Sockets of one type, one address after the other, for as long as each takes.
    pub fn new(ty: Type) -> Self {
        let configure: Configure<'a> = Box::new(|_| Ok(()));
        AnyAddr { ty, protocol: Protocol::DEFAULT, timeout: None, delay: None, configure }
    }

    /// Sockets of this protocol.
    #[must_use]
    pub fn protocol(self, protocol: Protocol) -> Self {
        AnyAddr { protocol, ..self }
    }

    /// No longer than this, all attempts together. One after the other, each has an equal share of what is left of it.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        AnyAddr { timeout: Some(timeout), ..self }
    }

    /// Happy Eyeballs (RFC 8305): IPv6 and IPv4 in turn, beginning with the family of the first address; the next
    /// attempt begins when one has failed, or after this time while the others go on; the first connection wins. The
    /// time is kept between 10 ms and 2 s, as the RFC says.
    #[must_use]
    pub fn happy_eyeballs(self, delay: Duration) -> Self {
        let delay = delay.clamp(Duration::from_millis(10), Duration::from_secs(2));
        AnyAddr { delay: Some(delay), ..self }
    }

    /// Calls this for each socket before it is bound or connected: for options. An error of it is one of the address.
    #[must_use]
    pub fn configure(self, configure: impl FnMut(&Socket) -> Result<()> + 'a) -> Self {
        AnyAddr { configure: Box::new(configure), ..self }
    }

    /// Connects to the first address that can be reached: the socket, and the address. See [`connect_any`].
    ///
    /// # Errors
    ///
    /// All addresses that were tried, with the errors of socket(2) and connect(2); `ETIMEDOUT` when the time is over.
    pub fn connect<I>(mut self, addrs: I) -> core::result::Result<(Socket, SockAddr), AnyError>
    where
        I: IntoIterator<Item: ToSockAddr>,
    {
        let mut failures = Vec::new();
        let waiting = encoded(addrs, &mut failures);
        Race::new(&self, waiting, failures).run(&mut self).map_err(|failures| AnyError { failures })
    }

    /// Binds a socket to the first address that can be had: the socket, and the address as it was given. See
    /// [`bind_any`].
    ///
    /// # Errors
    ///
    /// All addresses that were tried, with the errors of socket(2) and bind(2).
    pub fn bind<I>(mut self, addrs: I) -> core::result::Result<(Socket, SockAddr), AnyError>
    where
        I: IntoIterator<Item: ToSockAddr>,
    {
        let mut failures = Vec::new();
        for addr in encoded(addrs, &mut failures) {
            let opened = self.open(&addr, SocketFlags::empty());
            match opened.and_then(|socket| socket.bind(&addr).map(|()| socket)) {
                Ok(socket) => return Ok((socket, addr)),
                Err(errno) => failures.push((addr, errno)),
            }
        }
        Err(AnyError { failures })
    }

    /// A socket for an address.
    pub(crate) fn open(&mut self, addr: &SockAddr, flags: SocketFlags) -> Result<Socket> {
        let socket = Socket::socket(addr.family(), self.ty | flags, self.protocol)?;
        (self.configure)(&socket)?;
        Ok(socket)
    }
}

/// The addresses; those that cannot be passed have failed already.
fn encoded<I>(addrs: I, failures: &mut Vec<(SockAddr, Errno)>) -> VecDeque<SockAddr>
where
    I: IntoIterator<Item: ToSockAddr>,
{
    let mut good = VecDeque::new();
    for addr in addrs {
        match addr.to_sockaddr() {
            Ok(addr) => good.push_back(addr.borrow().clone()),
            Err(errno) => failures.push((SockAddr::EMPTY, errno)),
        }
    }
    good
}

/// Connects to the first address that can be reached: socket(2), connect(2) and poll(2) for each, one after the other.
///
/// Each attempt has a socket of its own, which is closed if it fails. `timeout` is for all of them together, and each
/// has an equal share of what is left; without it, an attempt takes as long as the system lets it. A Unix address whose
/// queue is full fails at once, with `EAGAIN`. The socket that is returned blocks. [`AnyAddr`] can do more: Happy
/// Eyeballs, options before connecting.
///
/// # Errors
///
/// All addresses that were tried, with the errors of socket(2) and connect(2); `ETIMEDOUT` when the time is over.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::net::{Ipv4Addr, SocketAddr};
/// use std::time::Duration;
/// use sockets::{BACKLOG_MAX, Domain, Errno, Protocol, Socket, Type, connect_any};
///
/// let listener = Socket::socket(Domain::AF_INET, Type::SOCK_STREAM, Protocol::DEFAULT)?;
/// listener.bind((Ipv4Addr::LOCALHOST, 0))?;
/// let addrs = [listener.getsockname()?];
/// let error = connect_any(&addrs, Type::SOCK_STREAM, Some(Duration::from_secs(5))).unwrap_err();
/// assert_eq!(error.failures(), [(addrs[0].clone(), Errno::ECONNREFUSED)]);
///
/// listener.listen(BACKLOG_MAX)?;
/// let (socket, addr) = connect_any(&addrs, Type::SOCK_STREAM, Some(Duration::from_secs(5)))?;
/// assert_eq!(addr, addrs[0]);
/// # Ok(())
/// # }
/// ```
pub fn connect_any<I>(
    addrs: I,
    ty: Type,
    timeout: Option<Duration>,
) -> core::result::Result<(Socket, SockAddr), AnyError>
where
    I: IntoIterator<Item: ToSockAddr>,
{
    AnyAddr { timeout, ..AnyAddr::new(ty) }.connect(addrs)
}

/// Binds a socket to the first address that can be had: socket(2) and bind(2) for each, one after the other.
///
/// For options before bind(2), such as `SO_REUSEADDR`, there is [`AnyAddr::configure`].
///
/// # Errors
///
/// All addresses that were tried, with the errors of socket(2) and bind(2).
pub fn bind_any<I>(addrs: I, ty: Type) -> core::result::Result<(Socket, SockAddr), AnyError>
where
    I: IntoIterator<Item: ToSockAddr>,
{
    AnyAddr::new(ty).bind(addrs)
}
