//! Control messages: what travels beside the data of sendmsg(2) and recvmsg(2).
//!
//! Every message is a constant with its C name, as options are. A message is written with
//! [`ControlWriter::push`], and read with [`Control::get`] or by walking over all of them; kinds without a
//! name here are walked over too.
//!
//! ```
//! # fn main() -> sockets::Result<()> {
//! use std::net::Ipv4Addr;
//! use sockets::cmsg::{self, ControlBuf};
//! use sockets::{Domain, Protocol, RecvFlags, SendFlags, Socket, Type, opt};
//!
//! let socket = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
//! socket.bind((Ipv4Addr::LOCALHOST, 0))?;
//! socket.setsockopt(opt::IP_RECVTTL, true)?;
//! socket.setsockopt(opt::IP_PKTINFO, true)?;
//! socket.sendto(b"hello", SendFlags::empty(), socket.getsockname()?)?;
//!
//! let mut room = ControlBuf::<{ cmsg::IP_TTL.space() + cmsg::IP_PKTINFO.space() }>::new();
//! let mut buf = [0; 64];
//! let message = socket.recvmsg(&mut buf, &mut room, RecvFlags::empty())?;
//! assert_eq!(message.data, b"hello");
//! assert_eq!(message.control.get(cmsg::IP_TTL), Some(64));
//! assert_eq!(message.control.get(cmsg::IP_PKTINFO).unwrap().addr, Ipv4Addr::LOCALHOST);
//! # Ok(())
//! # }
//! ```
//!
//! The type of a constant says what the message holds and who sends it: [`Cmsg<Int, Both>`](Cmsg). Sending one that
//! only the kernel sends does not compile:
//!
//! ```compile_fail,E0277
//! # use sockets::cmsg;
//! let mut room = [0; 64];
//! cmsg::ControlWriter::new(&mut room).push(cmsg::SO_RXQ_OVFL, 1);
//! ```
//!
//! # Room
//!
//! What does not fit is lost, and [`MSG_CTRUNC`](crate::MsgFlags::MSG_CTRUNC) says so. Most messages come because an option
//! asks for them: give room for all that were asked for. A dual-stack IPv6 socket gets the messages of both families for a
//! datagram of IPv4. [`space`](Cmsg::space) is a `const fn`, so the sum can be the size of a [`ControlBuf`] on the stack. Room on
//! the heap is a `Vec<u8>`: no more than its length is used, and messages are read and written at any alignment.
//!
//! ```
//! use sockets::cmsg::{self, ControlWriter};
//!
//! const ROOM: usize = cmsg::IP_TTL.space() + cmsg::IP_TOS.space() + cmsg::UDP_SEGMENT.space();
//! let mut room = vec![0; ROOM];
//! let mut control = ControlWriter::new(&mut room);
//! control.push(cmsg::UDP_SEGMENT, 1200).unwrap();
//! assert_eq!(control.as_bytes().len(), cmsg::UDP_SEGMENT.space());
//! ```
//!
//! # Descriptors
//!
//! Descriptors that arrive belong to the [`Control`] that they arrive in. Those that nobody takes out are closed with it, also
//! those that the kernel has put into what was meant to be padding.
//!
//! ```
//! # fn main() -> sockets::Result<()> {
//! use std::io::Read;
//! use std::os::fd::AsFd;
//! use sockets::cmsg::{self, ControlBuf, ControlWriter};
//! use sockets::{Domain, Protocol, RecvFlags, SendFlags, Socket, Type};
//!
//! let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT)?;
//! let mut room = ControlBuf::<{ cmsg::SCM_RIGHTS.space_of(2) }>::new();
//! let (zero, null) = (std::fs::File::open("/dev/zero").unwrap(), std::fs::File::open("/dev/null").unwrap());
//! let mut control = ControlWriter::new(&mut room);
//! control.push(cmsg::SCM_RIGHTS, &[zero.as_fd(), null.as_fd()])?;
//! a.sendmsg(b"two files", &control, SendFlags::empty())?;
//!
//! let mut buf = [0; 64];
//! let mut message = b.recvmsg(&mut buf, &mut room, RecvFlags::empty())?;
//! let first = message.control.take_fds().next().unwrap();
//! std::fs::File::from(first).read_exact(&mut [7; 4]).unwrap();
//! drop(message); // closes the second
//! # Ok(())
//! # }
//! ```

mod info;
mod kind;
#[cfg(doctest)]
mod lifetimes;
mod received;
mod table;
pub(crate) mod walk;
mod write;

use core::ffi::c_int;
use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use crate::sys::c;

pub use info::{CmsgInfo, table};
pub use kind::*;
pub use received::{Control, Fds};
pub use table::*;
pub use walk::{Cmsgs, RawCmsg, walk};
pub use write::ControlWriter;

/// A control message: its level and type, the kind `T` of its value, and who sends it: `D` is [`SendOnly`],
/// [`RecvOnly`] or [`Both`].
pub struct Cmsg<T, D> {
    name: &'static str,
    level: c_int,
    number: c_int,
    marker: PhantomData<fn() -> (T, D)>,
}

impl<T, D> Cmsg<T, D> {
    const fn row(name: &'static str, level: c_int, number: c_int) -> Self {
        Cmsg { name, level, number, marker: PhantomData }
    }

    /// The C name.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// `cmsg_level`.
    #[inline]
    pub const fn level(self) -> c_int {
        self.level
    }

    /// `cmsg_type`.
    #[inline]
    pub const fn number(self) -> c_int {
        self.number
    }
}

impl<T: Value, D> Cmsg<T, D> {
    /// Room for one: `CMSG_SPACE` in C. For a kind without a fixed size, as much as the longest takes; for [`Bytes`], 512
    /// bytes of them, and `space_of` says another number.
    pub const fn space(self) -> usize {
        space(T::SIZE)
    }
}

impl<D> Cmsg<Rights, D> {
    /// Room for so many descriptors. The kernel fills the padding too, so room for an odd number has room for one
    /// more on a 64-bit machine.
    pub const fn space_of(self, descriptors: usize) -> usize {
        space(descriptors.saturating_mul(size_of::<c_int>()))
    }
}

impl<D> Cmsg<Bytes, D> {
    /// Room for so many bytes.
    pub const fn space_of(self, bytes: usize) -> usize {
        space(bytes)
    }
}

impl<D> Cmsg<AlgIv, D> {
    /// Room for an initialisation vector of so many bytes.
    pub const fn space_of(self, bytes: usize) -> usize {
        space(bytes.saturating_add(size_of::<u32>()))
    }
}

impl<T: Scalar> Cmsg<T, Both> {
    /// A row of your own, for a message that is not in the table and holds a number of up to 64 bits.
    ///
    /// ```
    /// use sockets::cmsg::{Both, Cmsg, Int};
    ///
    /// /// ip(7)
    /// const IP_TTL: Cmsg<Int, Both> = Cmsg::new("IP_TTL", 0, 2);
    /// ```
    ///
    /// # Panics
    ///
    /// If the number in the message is a descriptor (`SCM_RIGHTS`, `SCM_PIDFD`). Where the row is a `const`, it does not
    /// compile.
    pub const fn new(name: &'static str, level: c_int, number: c_int) -> Self {
        let is_descriptor = matches!(number, c::SCM_RIGHTS | c::SCM_PIDFD);
        assert!(level != c::SOL_SOCKET || !is_descriptor, "this message holds descriptors");
        Cmsg::row(name, level, number)
    }
}

/// `CMSG_SPACE`: room for a message with so many bytes of data, with its header and its padding. Sums of these are the
/// size of a [`ControlBuf`].
///
/// ```
/// use sockets::cmsg;
///
/// const ROOM: usize = cmsg::space(4) + cmsg::IP_PKTINFO.space();
/// assert!(ROOM > 16);
/// ```
pub const fn space(data: usize) -> usize {
    if data > isize::MAX as usize - walk::HEADER { usize::MAX } else { walk::align(walk::HEADER + data) }
}

impl<T, D> Clone for Cmsg<T, D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, D> Copy for Cmsg<T, D> {}

impl<T, D> fmt::Debug for Cmsg<T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}, {})", self.name, self.level(), self.number())
    }
}

/// Room for control messages, of `N` bytes, aligned as C wants it: what sendmsg(2) and recvmsg(2) are given. It is a
/// `[u8]` to everybody.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct ControlBuf<const N: usize> {
    align: [usize; 0],
    bytes: [u8; N],
}

impl<const N: usize> ControlBuf<N> {
    /// Room, all zero.
    #[inline]
    pub const fn new() -> Self {
        ControlBuf { align: [], bytes: [0; N] }
    }
}

impl<const N: usize> Default for ControlBuf<N> {
    fn default() -> Self {
        ControlBuf::new()
    }
}

impl<const N: usize> Deref for ControlBuf<N> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl<const N: usize> DerefMut for ControlBuf<N> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}

impl<const N: usize> fmt::Debug for ControlBuf<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ControlBuf<{N}>")
    }
}

/// The message is for sending only.
#[derive(Debug, Clone, Copy)]
pub struct SendOnly;

/// The message is for receiving only.
#[derive(Debug, Clone, Copy)]
pub struct RecvOnly;

/// The message is sent and received.
#[derive(Debug, Clone, Copy)]
pub struct Both;

/// [`SendOnly`] or [`Both`]: what [`ControlWriter::push`] takes.
#[diagnostic::on_unimplemented(message = "this control message is only received")]
pub trait Sendable: sealed::Direction {}

/// [`RecvOnly`] or [`Both`]: what [`Control::get`] takes.
#[diagnostic::on_unimplemented(message = "this control message is only sent")]
pub trait Receivable: sealed::Direction {}

impl Sendable for SendOnly {}
impl Sendable for Both {}
impl Receivable for RecvOnly {}
impl Receivable for Both {}

mod sealed {
    pub trait Direction {
        const SEND: bool;
        const RECV: bool;
    }

    impl Direction for super::SendOnly {
        const SEND: bool = true;
        const RECV: bool = false;
    }

    impl Direction for super::RecvOnly {
        const SEND: bool = false;
        const RECV: bool = true;
    }

    impl Direction for super::Both {
        const SEND: bool = true;
        const RECV: bool = true;
    }
}
