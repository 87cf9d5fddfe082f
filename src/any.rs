//! Several addresses for one name: connect to, or bind, the first that works.

use core::fmt;
use core::time::Duration;
use std::borrow::Borrow;
use std::collections::VecDeque;
use std::error::Error;
use std::io;
use std::time::Instant;

use crate::error::{Errno, Result};
use crate::{Domain, Protocol, SockAddr, Socket, SocketFlags, ToSockAddr, Type, opt, sys};

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
    timeout: Option<Duration>,
    delay: Option<Duration>,
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
        let mut waiting = encoded(addrs, &mut failures);
        if self.delay.is_some() {
            waiting = in_turn(waiting);
        }
        let race = Race { waiting, running: Vec::new(), failures, end: self.timeout.and_then(deadline) };
        race.run(&mut self)
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
    fn open(&mut self, addr: &SockAddr, flags: SocketFlags) -> Result<Socket> {
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

/// Addresses of the two families in turn, beginning with that of the first; each family keeps its order. (RFC 8305,
/// section 4, with a First Address Family Count of 1.)
fn in_turn(addrs: VecDeque<SockAddr>) -> VecDeque<SockAddr> {
    let first = addrs.front().map_or(Domain::AF_UNSPEC, SockAddr::family);
    let (same, other): (VecDeque<_>, VecDeque<_>) =
        addrs.into_iter().partition(|addr| addr.family() == first);
    let (mut same, mut other) = (same.into_iter(), other.into_iter());
    let mut turned = VecDeque::new();
    loop {
        let pair = (same.next(), other.next());
        if pair == (None, None) {
            return turned;
        }
        turned.extend(pair.0);
        turned.extend(pair.1);
    }
}

/// When so much time is over; nothing if that is beyond the clock.
fn deadline(timeout: Duration) -> Option<Instant> {
    Instant::now().checked_add(timeout)
}

/// An attempt that is on its way.
struct Attempt {
    socket: Socket,
    addr: SockAddr,
    /// When it has had its share of the time.
    end: Option<Instant>,
}

/// The attempts to connect.
struct Race {
    waiting: VecDeque<SockAddr>,
    running: Vec<Attempt>,
    failures: Vec<(SockAddr, Errno)>,
    end: Option<Instant>,
}

impl Race {
    fn run(mut self, how: &mut AnyAddr<'_>) -> core::result::Result<(Socket, SockAddr), AnyError> {
        let mut next = Instant::now();
        loop {
            let is_time = self.running.is_empty() || (how.delay.is_some() && Instant::now() >= next);
            if let Some(addr) = if is_time { self.waiting.pop_front() } else { None } {
                let running = self.running.len();
                if let Some(won) = self.start(how, addr) {
                    return Ok(won);
                }
                if self.running.len() > running {
                    next = how.delay.and_then(deadline).unwrap_or(next);
                }
                continue;
            }
            if self.running.is_empty() {
                return Err(AnyError { failures: self.failures });
            }
            let turn = how.delay.filter(|_| !self.waiting.is_empty()).map(|_| next);
            let running = self.running.len();
            if let Some(won) = self.wait([self.soonest_end(), turn].into_iter().flatten().min()) {
                return Ok(won);
            }
            self.give_up();
            // One has failed: the next need not wait for its turn.
            if self.running.len() < running {
                next = Instant::now();
            }
        }
    }

    /// When the next attempt has had its time.
    fn soonest_end(&self) -> Option<Instant> {
        self.running.iter().filter_map(|attempt| attempt.end).min()
    }

    /// Begins an attempt; gives the socket if that was all there was to it.
    fn start(&mut self, how: &mut AnyAddr<'_>, addr: SockAddr) -> Option<(Socket, SockAddr)> {
        if self.end.is_some_and(|end| Instant::now() >= end) {
            self.failures.push((addr, Errno::ETIMEDOUT));
            return None;
        }
        let opened = how.open(&addr, SocketFlags::SOCK_NONBLOCK);
        match opened.and_then(|socket| connecting(&socket, &addr).map(|done| (socket, done))) {
            Ok((socket, true)) => return self.finish(socket, addr),
            Ok((socket, false)) => {
                let end = if how.delay.is_some() { self.end } else { self.share() };
                self.running.push(Attempt { socket, addr, end });
            }
            Err(errno) => self.failures.push((addr, errno)),
        }
        None
    }

    /// When an attempt has had its share of the time, with those that wait.
    fn share(&self) -> Option<Instant> {
        let left = self.end?.saturating_duration_since(Instant::now());
        let attempts = u32::try_from(self.waiting.len()).unwrap_or(u32::MAX).saturating_add(1);
        deadline(left / attempts)
    }

    /// The socket is handed over as it was made, but for the flag that only this race needed.
    fn finish(&mut self, socket: Socket, addr: SockAddr) -> Option<(Socket, SockAddr)> {
        match socket.set_nonblocking(false) {
            Ok(()) => Some((socket, addr)),
            Err(errno) => {
                self.failures.push((addr, errno));
                None
            }
        }
    }

    /// Waits for the attempts; gives the first that has arrived.
    fn wait(&mut self, until: Option<Instant>) -> Option<(Socket, SockAddr)> {
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        let sockets: Vec<_> = self.running.iter().map(|attempt| attempt.socket.sys()).collect();
        let ready = match sys::poll_writable(&sockets, left).map_err(Errno::from) {
            Ok(ready) => ready,
            // A signal is no reason to stop: the time is looked at again.
            Err(Errno::EINTR) => return None,
            Err(errno) => {
                self.failures.extend(self.running.drain(..).map(|attempt| (attempt.addr, errno)));
                return None;
            }
        };
        for at in ready.into_iter().rev() {
            if at >= self.running.len() {
                continue;
            }
            let Attempt { socket, addr, .. } = self.running.swap_remove(at);
            match socket.getsockopt(opt::SO_ERROR).map(|error| error.map_or(Ok(()), Err)) {
                Ok(Ok(())) => {
                    if let Some(won) = self.finish(socket, addr) {
                        return Some(won);
                    }
                }
                Ok(Err(errno)) | Err(errno) => self.failures.push((addr, errno)),
            }
        }
        None
    }

    /// Ends the attempts whose time is over.
    fn give_up(&mut self) {
        let now = Instant::now();
        let is_over = |attempt: &Attempt| attempt.end.is_some_and(|end| now >= end);
        let (over, running): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.running).into_iter().partition(is_over);
        self.running = running;
        self.failures.extend(over.into_iter().map(|attempt| (attempt.addr, Errno::ETIMEDOUT)));
    }
}

/// connect(2) that does not block: is it done?
fn connecting(socket: &Socket, addr: &SockAddr) -> Result<bool> {
    match socket.connect(addr) {
        Ok(()) => Ok(true),
        // Interrupted or not, it goes on.
        Err(Errno::EINPROGRESS | Errno::EINTR) => Ok(false),
        Err(errno) => Err(errno),
    }
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
