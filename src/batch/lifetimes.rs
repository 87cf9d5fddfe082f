//! What does not compile: each of these would be a dangling pointer, or memory with two owners. First what they have in
//! common, which does.
//!
//! ```
//! # use sockets::{Domain, Protocol, RecvBatch, RecvFlags, SendBatch, SendFlags, Socket, Type};
//! let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_DGRAM, Protocol::DEFAULT).unwrap();
//! let data = vec![7; 8];
//! let mut out = SendBatch::new(2).unwrap();
//! out.push(&data).unwrap();
//! a.sendmmsg(&mut out, SendFlags::empty()).unwrap();
//! let mut into = RecvBatch::new(2, 16).unwrap();
//! let message = b.recvmmsg(&mut into, RecvFlags::MSG_DONTWAIT).unwrap().next().unwrap();
//! assert_eq!(*message.data, data);
//! ```
//!
//! The data is freed before it was sent:
//!
//! ```compile_fail,E0505
//! # use sockets::{Domain, Protocol, SendBatch, SendFlags, Socket, Type};
//! let (a, _b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_DGRAM, Protocol::DEFAULT).unwrap();
//! let data = vec![7; 8];
//! let mut out = SendBatch::new(2).unwrap();
//! out.push(&data).unwrap();
//! drop(data);
//! a.sendmmsg(&mut out, SendFlags::empty()).unwrap();
//! ```
//!
//! The list of pieces is freed, though not the pieces:
//!
//! ```compile_fail,E0505
//! # use std::io::IoSlice;
//! # use sockets::{Domain, Protocol, SendBatch, SendFlags, Socket, Type};
//! let (a, _b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_DGRAM, Protocol::DEFAULT).unwrap();
//! let pieces = vec![IoSlice::new(b"constant")];
//! let mut out = SendBatch::new(2).unwrap();
//! out.push_vectored(&pieces).unwrap();
//! drop(pieces);
//! a.sendmmsg(&mut out, SendFlags::empty()).unwrap();
//! ```
//!
//! A batch that lives longer lends from what does not:
//!
//! ```compile_fail,E0597
//! # use sockets::SendBatch;
//! fn lend(kept: &mut SendBatch<'static>) {
//!     let data = vec![7; 8];
//!     kept.push(&data).unwrap();
//! }
//! ```
//!
//! A descriptor is closed before it was sent:
//!
//! ```compile_fail,E0505
//! # use std::os::fd::AsFd;
//! # use sockets::{Domain, Protocol, SendBatch, SendFlags, Socket, Type, cmsg};
//! let (a, _b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_DGRAM, Protocol::DEFAULT).unwrap();
//! let file = std::fs::File::open("/dev/null").unwrap();
//! let mut out = SendBatch::with_control(2, cmsg::SCM_RIGHTS.space_of(1)).unwrap();
//! out.push(b"x").unwrap().control(cmsg::SCM_RIGHTS, &[file.as_fd()]).unwrap();
//! drop(file);
//! a.sendmmsg(&mut out, SendFlags::empty()).unwrap();
//! ```
//!
//! The next call overwrites a message that somebody has:
//!
//! ```compile_fail,E0499
//! # use sockets::{Domain, Protocol, RecvBatch, RecvFlags, Socket, Type};
//! let (_a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_DGRAM, Protocol::DEFAULT).unwrap();
//! let mut into = RecvBatch::new(2, 16).unwrap();
//! let first = b.recvmmsg(&mut into, RecvFlags::empty()).unwrap().next().unwrap();
//! let second = b.recvmmsg(&mut into, RecvFlags::empty()).unwrap().next().unwrap();
//! drop(first);
//! ```
//!
//! A message, and its address, outlive the batch:
//!
//! ```compile_fail,E0597
//! # use sockets::{Domain, Protocol, RecvBatch, RecvFlags, Socket, Type};
//! let (_a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_DGRAM, Protocol::DEFAULT).unwrap();
//! let message = {
//!     let mut into = RecvBatch::new(2, 16).unwrap();
//!     b.recvmmsg(&mut into, RecvFlags::empty()).unwrap().next().unwrap()
//! };
//! drop(message);
//! ```
//!
//! ```compile_fail,E0597
//! # use sockets::{Domain, Protocol, RecvBatch, RecvFlags, Socket, Type};
//! let (_a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_DGRAM, Protocol::DEFAULT).unwrap();
//! let addr = {
//!     let mut into = RecvBatch::new(2, 16).unwrap();
//!     b.recvmmsg(&mut into, RecvFlags::empty()).unwrap().next().unwrap().addr
//! };
//! drop(addr);
//! ```
