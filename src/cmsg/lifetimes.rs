//! What does not compile: each of these would be a dangling pointer, or a descriptor with two owners or none. First what
//! they have in common, which does.
//!
//! ```
//! # use std::os::fd::AsFd;
//! # use sockets::cmsg::{self, ControlBuf, ControlWriter};
//! # use sockets::{Domain, Protocol, RecvFlags, SendFlags, Socket, Type};
//! let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT).unwrap();
//! let mut room = ControlBuf::<64>::new();
//! let file = std::fs::File::open("/dev/null").unwrap();
//! let mut control = ControlWriter::new(&mut room);
//! control.push(cmsg::SCM_RIGHTS, &[file.as_fd()]).unwrap();
//! a.sendmsg(b"x", &control, SendFlags::empty()).unwrap();
//! let mut buf = [0; 8];
//! let mut message = b.recvmsg(&mut buf, &mut room, RecvFlags::empty()).unwrap();
//! let raw = message.control.iter().next();
//! assert!(raw.is_some());
//! assert_eq!(message.control.take_fds().count(), 1);
//! assert_eq!(message.data, b"x");
//! ```
//!
//! A descriptor is closed before it was sent:
//!
//! ```compile_fail,E0505
//! # use std::os::fd::AsFd;
//! # use sockets::cmsg::{self, ControlBuf, ControlWriter};
//! # use sockets::{Domain, Protocol, RecvFlags, SendFlags, Socket, Type};
//! let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT).unwrap();
//! let mut room = ControlBuf::<64>::new();
//! let file = std::fs::File::open("/dev/null").unwrap();
//! let mut control = ControlWriter::new(&mut room);
//! control.push(cmsg::SCM_RIGHTS, &[file.as_fd()]).unwrap();
//! drop(file);
//! a.sendmsg(b"x", &control, SendFlags::empty()).unwrap();
//! ```
//!
//! A number is no descriptor:
//!
//! ```compile_fail,E0308
//! # use sockets::cmsg::{self, ControlBuf, ControlWriter};
//! let mut room = ControlBuf::<64>::new();
//! ControlWriter::new(&mut room).push(cmsg::SCM_RIGHTS, &[0]).unwrap();
//! ```
//!
//! The room is written to while a writer has it:
//!
//! ```compile_fail,E0506
//! # use sockets::cmsg::{self, ControlWriter};
//! let mut room = [0; 64];
//! let mut control = ControlWriter::new(&mut room);
//! room[0] = 1;
//! control.push(cmsg::IP_TTL, 1).unwrap();
//! ```
//!
//! The room is used again while messages with descriptors lie in it:
//!
//! ```compile_fail,E0499
//! # use sockets::cmsg::ControlBuf;
//! # use sockets::{Domain, Protocol, RecvFlags, Socket, Type};
//! let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT).unwrap();
//! let (mut room, mut one, mut two) = (ControlBuf::<64>::new(), [0; 8], [0; 8]);
//! let first = b.recvmsg(&mut one, &mut room, RecvFlags::empty()).unwrap();
//! let second = b.recvmsg(&mut two, &mut room, RecvFlags::empty()).unwrap();
//! drop(first);
//! ```
//!
//! The data is written to while a message has it:
//!
//! ```compile_fail,E0506
//! # use sockets::{Domain, Protocol, RecvFlags, Socket, Type};
//! let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT).unwrap();
//! let mut buf = [0; 8];
//! let message = b.recvmsg(&mut buf, &mut [], RecvFlags::empty()).unwrap();
//! buf[0] = 1;
//! drop(message.data);
//! ```
//!
//! Messages outlive the room that they lie in:
//!
//! ```compile_fail,E0597
//! # use sockets::cmsg::ControlBuf;
//! # use sockets::{Domain, Protocol, RecvFlags, Socket, Type};
//! let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT).unwrap();
//! let mut buf = [0; 8];
//! let message = {
//!     let mut room = ControlBuf::<64>::new();
//!     b.recvmsg(&mut buf, &mut room, RecvFlags::empty()).unwrap()
//! };
//! drop(message);
//! ```
//!
//! The data outlives its memory:
//!
//! ```compile_fail,E0597
//! # use sockets::{Domain, Protocol, RecvFlags, Socket, Type};
//! let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT).unwrap();
//! let data = {
//!     let mut buf = [0; 8];
//!     b.recvmsg(&mut buf, &mut [], RecvFlags::empty()).unwrap().data
//! };
//! drop(data);
//! ```
//!
//! One message outlives those that it was with:
//!
//! ```compile_fail,E0505
//! # use sockets::cmsg::ControlBuf;
//! # use sockets::{Domain, Protocol, RecvFlags, Socket, Type};
//! let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT).unwrap();
//! let (mut room, mut buf) = (ControlBuf::<64>::new(), [0; 8]);
//! let message = b.recvmsg(&mut buf, &mut room, RecvFlags::empty()).unwrap();
//! let raw = message.control.iter().next();
//! drop(message.control);
//! assert!(raw.is_none());
//! ```
//!
//! Somebody looks while descriptors are taken out:
//!
//! ```compile_fail,E0502
//! # use sockets::cmsg::ControlBuf;
//! # use sockets::{Domain, Protocol, RecvFlags, Socket, Type};
//! let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT).unwrap();
//! let (mut room, mut buf) = (ControlBuf::<64>::new(), [0; 8]);
//! let mut message = b.recvmsg(&mut buf, &mut room, RecvFlags::empty()).unwrap();
//! let raw = message.control.iter().next();
//! message.control.take_fds();
//! assert!(raw.is_none());
//! ```
//!
//! Descriptors are no value that could be copied out:
//!
//! ```compile_fail,E0277
//! # use sockets::cmsg;
//! cmsg::walk(&[]).get(cmsg::SCM_RIGHTS);
//! ```
//!
//! ```compile_fail,E0277
//! # use sockets::cmsg;
//! cmsg::walk(&[]).get(cmsg::SCM_PIDFD);
//! ```
//!
//! What is only sent does not come:
//!
//! ```compile_fail,E0277
//! # use sockets::cmsg;
//! cmsg::walk(&[]).get(cmsg::UDP_SEGMENT);
//! ```
//!
//! A row of one's own holds descriptors:
//!
//! ```compile_fail,E0080
//! # use sockets::cmsg::{Both, Cmsg, Int};
//! const FDS: Cmsg<Int, Both> = Cmsg::new("FDS", 1, 1);
//! # fn main() { FDS.level(); }
//! ```
//!
//! Memory that is only read is no room:
//!
//! ```compile_fail,E0277
//! # use std::io::IoSlice;
//! # use sockets::{Domain, Protocol, RecvFlags, Socket, Type};
//! let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT).unwrap();
//! b.recvmsg(&mut [IoSlice::new(b"constant")], &mut [], RecvFlags::empty()).unwrap();
//! ```
//!
//! Somebody else says where room is:
//!
//! ```compile_fail,E0277
//! # use sockets::RecvData;
//! # use sockets::sys::c;
//! struct Anywhere;
//! unsafe impl RecvData for Anywhere {
//!     type Output = ();
//!     fn prepare(&mut self, _: bool) {}
//!     fn pieces(&mut self, _: &mut c::iovec) -> (*mut c::iovec, usize) {
//!         (8 as *mut c::iovec, 1)
//!     }
//!     fn room(&mut self) -> usize {
//!         0
//!     }
//!     unsafe fn finish(self, _: usize) {}
//! }
//! ```
