//! getsockopt(2), setsockopt(2): every option is a constant with its C name.
//!
//! ```
//! # fn main() -> sockets::Result<()> {
//! use std::time::Duration;
//! use sockets::{Domain, Protocol, Socket, Type, opt};
//!
//! let socket = Socket::socket(Domain::AF_INET, Type::SOCK_STREAM, Protocol::DEFAULT)?;
//! socket.setsockopt(opt::SO_REUSEADDR, true)?;
//! socket.setsockopt(opt::SO_RCVTIMEO, Some(Duration::from_millis(1500)))?;
//! socket.setsockopt(opt::TCP_KEEPIDLE, Duration::from_secs(60))?;
//! assert!(socket.getsockopt(opt::SO_REUSEADDR)?);
//! assert_eq!(socket.getsockopt(opt::SO_TYPE)?, Type::SOCK_STREAM);
//! # Ok(())
//! # }
//! ```
//!
//! The type of a constant says what the option holds and what can be done with it: [`Opt<Bool,
//! GetSet>`](Opt) is a flag that can be read and set. Setting an option that can only be read does not
//! compile:
//!
//! ```compile_fail,E0277
//! # let socket: sockets::Socket = todo!();
//! socket.setsockopt(sockets::opt::SO_TYPE, sockets::Type::SOCK_DGRAM);
//! ```
//!
//! There is a module for each level: [`socket`], [`ip`], [`ipv6`], [`tcp`] and so on; their constants are here too, but for
//! those of [`mcast4`] and [`mcast6`], which have the same names. What a constant holds is a *kind*: [`Bool`] is a
//! [`bool`], [`Timeout`] an `Option<Duration>`, [`IpMreqn`] a group and an interface, [`TcpInfo`] a structure that grows with the
//! kernel. A few options are read by asking for something: [`getsockopt_with`](Socket::getsockopt_with).
//!
//! The same table can be read at run time: [`table`]. [`supports`] asks the kernel whether it knows an option. One that is
//! not in the table, because the kernel is younger than this library, is a row of your own (as if this one were):
//!
//! ```
//! # fn main() -> sockets::Result<()> {
//! use sockets::{Domain, Protocol, Socket, Type, opt};
//!
//! /// socket(7): the level is SOL_SOCKET, 1, the number 12.
//! const SO_PRIORITY: opt::Opt<opt::Int, opt::GetSet> = opt::Opt::new("SO_PRIORITY", 1, 12);
//!
//! let socket = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
//! socket.setsockopt(SO_PRIORITY, 3)?;
//! assert_eq!(socket.getsockopt(SO_PRIORITY)?, 3);
//! # Ok(())
//! # }
//! ```

mod access;
mod info;
mod need;
mod supports;
mod table;
mod value;

use core::ffi::c_int;
use core::fmt;
use core::marker::PhantomData;

use crate::Socket;
use crate::error::Result;
use crate::sys::{self, c};

pub use access::{Ask, AskSet, Askable, Get, GetSet, Marker, Readable, Set, Writable};
pub use info::{Access, Kind, OptInfo, OptSize, Sample, table};
pub use need::{Need, Sort};
pub use supports::{OptId, supports};
pub use table::*;
pub use value::*;

/// An option: its level and number, the kind `T` of its value, and what can be done with it: `A` is
/// [`Get`], [`Set`] or [`GetSet`].
pub struct Opt<T, A> {
    name: &'static str,
    option: sys::OptName,
    marker: PhantomData<fn() -> (T, A)>,
}

impl<T, A> Opt<T, A> {
    /// A row of our tables.
    pub(crate) const fn row(name: &'static str, level: c_int, number: c_int) -> Self {
        Opt { name, option: sys::OptName::new(level, number), marker: PhantomData }
    }

    /// The C name.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// The level, as C has it: the second argument of getsockopt(2).
    pub const fn level(self) -> c_int {
        self.option.level()
    }

    /// The number, as C has it: the third argument of getsockopt(2).
    pub const fn number(self) -> c_int {
        self.option.number()
    }
}

impl<T: Scalar, A> Opt<T, A> {
    /// A row of your own, for an option that is not in the table and holds an `int`.
    ///
    /// Only those: an option can hold a pointer too, and then a wrong row would be a hole in memory
    /// safety. No option has one in an `int`.
    ///
    /// # Panics
    ///
    /// If the number that the option holds is a descriptor, which an `int` neither owns nor borrows
    /// (`SO_PEERPIDFD`, `SO_ATTACH_BPF`, `SO_ATTACH_REUSEPORT_EBPF`, `PACKET_FANOUT_DATA`), or if the kernel writes further than the length that it is
    /// told (`TCP_AO_GET_KEYS`). Where the row is a `const`, it does not compile.
    ///
    /// ```
    /// use sockets::opt::{Bool, GetSet, Opt};
    ///
    /// /// ip(7)
    /// const IP_FREEBIND: Opt<Bool, GetSet> = Opt::new("IP_FREEBIND", 0, 15);
    /// ```
    ///
    /// ```compile_fail,E0080
    /// use sockets::opt::{Get, Int, Opt};
    ///
    /// const SO_PEERPIDFD: Opt<Int, Get> = Opt::new("SO_PEERPIDFD", 1, 77);
    /// ```
    pub const fn new(name: &'static str, level: c_int, number: c_int) -> Self {
        let is_descriptor = match level {
            c::SOL_SOCKET => {
                matches!(number, c::SO_PEERPIDFD | c::SO_ATTACH_BPF | c::SO_ATTACH_REUSEPORT_EBPF)
            }
            c::SOL_PACKET => number == c::PACKET_FANOUT_DATA,
            _ => false,
        };
        assert!(!is_descriptor, "this option holds a descriptor");
        assert!(level != c::IPPROTO_TCP || number != c::TCP_AO_GET_KEYS, "this option writes structures");
        Opt::row(name, level, number)
    }
}

impl<T, A> Clone for Opt<T, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, A> Copy for Opt<T, A> {}

impl<T, A> fmt::Debug for Opt<T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}, {})", self.name, self.level(), self.number())
    }
}

impl Socket {
    /// getsockopt(2): the value of an option.
    ///
    /// Differs from C: the length that the kernel reports is checked against the type of the row.
    ///
    /// # Errors
    ///
    /// - `ENOPROTOOPT`: the kernel, or the family or type of this socket, has no such option.
    /// - `EOPNOTSUPP`: it is there, but not for this socket.
    /// - `EINVAL`: the value is not of the type that the row says.
    /// - `ENOTSOCK`: not a socket.
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use sockets::{Domain, Errno, Protocol, Socket, Type, opt};
    ///
    /// let socket = Socket::socket(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT)?;
    /// assert!(socket.getsockopt(opt::SO_SNDBUF)? > 0);
    /// assert_eq!(socket.getsockopt(opt::TCP_NODELAY).unwrap_err(), Errno::EOPNOTSUPP);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [getsockopt(2)](https://man7.org/linux/man-pages/man2/getsockopt.2.html)
    #[inline]
    pub fn getsockopt<T: ReadValue, A: Readable>(&self, option: Opt<T, A>) -> Result<T::Output> {
        T::get(self.sys(), option.option)
    }

    /// getsockopt(2) with a question: the few options of which getsockopt reads an argument where it puts the
    /// value.
    ///
    /// # Errors
    ///
    /// Those of [`getsockopt`](Socket::getsockopt), and those that the option's kind lists.
    ///
    /// [getsockopt(2)](https://man7.org/linux/man-pages/man2/getsockopt.2.html)
    pub fn getsockopt_with<T: AskValue, A: Askable>(
        &self,
        option: Opt<T, A>,
        question: T::Question<'_>,
    ) -> Result<T::Answer> {
        T::ask(self.sys(), option.option, question)
    }

    /// setsockopt(2): sets an option.
    ///
    /// Differs from C: a value that the kernel would silently cut or take for another is refused before
    /// the call.
    ///
    /// # Errors
    ///
    /// - `ENOPROTOOPT`: the kernel, or the family or type of this socket, has no such option.
    /// - `EOPNOTSUPP`: it is there, but not for this socket.
    /// - `EINVAL`, `EDOM`: a value out of range, or a socket whose state does not allow it.
    /// - `EPERM`, `EACCES`: needs a privilege.
    /// - `ENOTSOCK`: not a socket.
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use std::time::Duration;
    /// use sockets::{Domain, Errno, Protocol, Socket, Type, opt};
    ///
    /// let socket = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// socket.setsockopt(opt::IP_TTL, 1)?;
    /// // In C, a time of zero would mean "for ever".
    /// let zero = socket.setsockopt(opt::SO_RCVTIMEO, Some(Duration::ZERO));
    /// assert_eq!(zero.unwrap_err(), Errno::EINVAL);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [setsockopt(2)](https://man7.org/linux/man-pages/man2/setsockopt.2.html)
    #[inline]
    pub fn setsockopt<T: WriteValue, A: Writable>(
        &self,
        option: Opt<T, A>,
        value: T::Input<'_>,
    ) -> Result<()> {
        T::set(self.sys(), option.option, value)
    }
}
