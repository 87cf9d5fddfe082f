//! The socket system calls of Linux as a thin, safe layer: TCP, UDP, Unix, raw and packet sockets.
//!
//! One method is one system call, with the call's own name. Nothing is retried, buffered, locked or
//! allocated behind the caller's back: `EINTR` and `EAGAIN` arrive as they are. What C leaves open is
//! closed: every descriptor is close-on-exec and has an owner, no send raises SIGPIPE, no address or
//! length from outside is trusted.
//!
//! ```
//! # fn main() -> sockets::Result<()> {
//! use std::net::Ipv4Addr;
//! use sockets::{BACKLOG_MAX, Domain, Protocol, RecvFlags, SendFlags, Socket, Type, opt};
//!
//! let listener = Socket::socket(Domain::AF_INET, Type::SOCK_STREAM, Protocol::DEFAULT)?;
//! listener.setsockopt(opt::SO_REUSEADDR, true)?;
//! listener.bind((Ipv4Addr::LOCALHOST, 0))?;
//! listener.listen(BACKLOG_MAX)?;
//!
//! let client = Socket::socket(Domain::AF_INET, Type::SOCK_STREAM, Protocol::DEFAULT)?;
//! client.connect(listener.getsockname()?)?;
//! let (server, peer) = listener.accept()?;
//! assert_eq!(peer, client.getsockname()?);
//!
//! client.send(b"hello", SendFlags::empty())?;
//! let mut buf = [0; 64];
//! let n = server.recv(&mut buf, RecvFlags::empty())?;
//! assert_eq!(&buf[..n], b"hello");
//! # Ok(())
//! # }
//! ```
//!
//! # Where things are
//!
//! | to do what | there is |
//! |---|---|
//! | make sockets | [`Socket::socket`], [`Socket::socketpair`]; [`BorrowedSocket`] for those of others |
//! | name and connect them | [`bind`](Socket::bind), [`connect`](Socket::connect), [`connect_timeout`](Socket::connect_timeout), [`getsockname`](Socket::getsockname), [`getpeername`](Socket::getpeername) |
//! | serve | [`listen`](Socket::listen), [`accept`](Socket::accept), [`accept4`](Socket::accept4) |
//! | move bytes | [`send`](Socket::send), [`sendto`](Socket::sendto), [`recv`](Socket::recv), [`recvfrom`](Socket::recvfrom), [`send_all`](Socket::send_all), [`recv_exact`](Socket::recv_exact) |
//! | add control messages, pass descriptors | [`sendmsg`](Socket::sendmsg), [`recvmsg`](Socket::recvmsg), [`cmsg`] |
//! | send and receive many at once | [`SendBatch`], [`RecvBatch`], [`send_segments`](Socket::send_segments), [`Message::segments`] |
//! | answer from the address that was asked | [`set_pktinfo`](Socket::set_pktinfo), [`recvfrom_pktinfo`](Socket::recvfrom_pktinfo), [`sendto_pktinfo`](Socket::sendto_pktinfo) |
//! | send files | [`sendfile`](Socket::sendfile), [`sendfile_all`](Socket::sendfile_all), [`splice()`] |
//! | send without a copy | [`Zerocopy`] |
//! | capture and send frames without a copy | [`raw::RecvRing`], [`raw::SendRing`], [`raw::Membership`] |
//! | learn what became of a send | [`recv_error`](Socket::recv_error), [`recv_error_timeout`](Socket::recv_error_timeout) |
//! | wait | [`poll`](Socket::poll), [`set_nonblocking`](Socket::set_nonblocking) |
//! | end | [`shutdown`](Socket::shutdown), [`close`](Socket::close), [`abort`](Socket::abort), drop |
//! | write and read addresses | [`SockAddr`], [`UnixAddr`], [`LinkAddr`], [`VsockAddr`], [`NetlinkAddr`], the addresses of std |
//! | resolve names | [`resolve()`], [`getnameinfo`], [`connect_any`], [`bind_any`] |
//! | look at interfaces | [`interfaces`], [`getifaddrs`], [`if_nametoindex`] |
//! | set and read options | [`opt`] |
//! | make packets, filter them | [`raw`] |
//!
//! # What differs from C
//!
//! - Descriptors are close-on-exec. [`set_cloexec`](Socket::set_cloexec) changes that.
//! - `MSG_NOSIGNAL` is always set.
//! - What the kernel would silently cut or misread is refused before the call: a path with a NUL inside, a
//!   timeout of zero, a number too large for its field.
//! - `errno` is a value: [`Result`] carries an [`Errno`].
//!
//! The same library is there for C: `include/sockets.h`, `libsockets.so`, `libsockets.a`.

#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::todo, clippy::unimplemented)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

// The README's programs are tested as examples of this crate.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub mod cmsg;
pub mod opt;
pub mod raw;
#[doc(hidden)]
pub mod sys;

mod addr;
mod any;
mod batch;
mod compound;
mod convert;
mod error;
mod errqueue;
mod fcntl;
mod flags;
mod interface;
mod ioctl;
mod listen;
mod name;
mod number;
mod pktinfo;
mod poll;
mod race;
mod recv;
mod recvmsg;
mod resolve;
mod segment;
mod send;
mod sendfile;
mod sendmsg;
mod shutdown;
mod socket;
mod zerocopy;

pub use addr::{
    Addr, EtherType, HardwareAddr, HardwareType, LinkAddr, NetlinkAddr, PacketType, SockAddr, ToSockAddr,
    UnixAddr, VsockAddr,
};
pub use any::{AnyAddr, AnyError, bind_any, connect_any};
pub use batch::{BatchAddr, BatchMessage, Messages, Outgoing, RecvBatch, SendBatch};
pub use compound::Partial;
pub use error::{Errno, Result};
pub use errqueue::{ErrorEvent, IcmpExtensions, QueuedError, TimestampKind};
pub use flags::{MsgFlags, PollFlags, RecvFlags, SendFlags, SocketFlags, SpliceFlags};
pub use interface::{
    IfAddr, IfAddrIter, IfAddrs, Interface, InterfaceAddr, InterfaceFlags, NameIndexIter, NameIndexes,
    getifaddrs, if_indextoname, if_nameindex, if_nametoindex, interfaces,
};
pub use listen::BACKLOG_MAX;
pub use recvmsg::Message;
pub use resolve::{
    AddrInfo, AddrInfoIter, AddrInfos, Eai, EaiError, Hints, NameInfo, NameInfoFlags, ResolveFlags,
    getnameinfo, resolve,
};
pub use segment::{CutBy, MAX_SEGMENTS, Segment, Segments};
pub use sendfile::splice;
pub use shutdown::Shutdown;
pub use socket::{BorrowedSocket, Domain, Protocol, Socket, Type};
pub use sys::{PacketInfo, RecvBuffer, RecvData, SendData, SpareCapacity, ZerocopyBuffer, spare_capacity};
pub use zerocopy::{Completed, Completion, Zerocopy, ZerocopyError};
