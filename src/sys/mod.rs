//! The system calls. The only module of the library that calls libc, and the only one with `unsafe`.
//!
//! One function per call, with the call's own name ([`mod@call`]). Each is the single place where the
//! library's policy for that call stands: descriptors are created close-on-exec, sends carry
//! `MSG_NOSIGNAL`, a failure becomes the raw error number.
//!
//! The safe Rust method and the C function are two faces of the same function here. What differs
//! between them is only who vouches for the arguments, so that is what the argument types say:
//! [`Fd`], [`InBuf`], [`InAddr`] and the [`RecvBuffer`] and [`ValueResult`] types are made from
//! borrowed Rust values by safe code, or from raw C arguments by `unsafe` code that leaves the check
//! to the kernel. The functions themselves are safe.
//!
//! Public to the `ffi` member only: hidden from the docs, no promise of stability.

pub mod c;
pub mod call;
pub mod compound;

mod array;
mod arrays;
mod buffer;
mod cmsg;
mod control;
mod data;
mod errno;
mod errqueue;
mod fd;
mod filter;
mod input;
mod lent;
mod message;
mod msghdr;
mod netdb;
mod optname;
mod pktinfo;
mod pod;
mod recvmmsg;
mod ring;
mod sendmmsg;
mod sigpipe;
mod sockaddr;
mod stable;
mod structs;
mod transfer;
mod value;

pub use arrays::{AO_IS_CURRENT, AO_IS_NEXT, MptcpFullInfo, mptcp_full_info, tcp_ao_get_keys};
pub use buffer::{OutBuf, RecvBuffer, SpareCapacity, spare_capacity};
pub use call::*;
pub use cmsg::{CMSG_HEADER, CmsgAt, CmsgPlace, cmsg_at, cmsg_data, cmsg_place, take_fds, take_pidfd};
pub(crate) use control::first;
pub use control::{Control, Holder};
pub use data::{RecvData, SendData};
pub use errno::{RawErrno, Result};
pub use errqueue::{Queued, Wait, recv_error};
pub use fd::{Closing, Fd, NewPair, PairResult, RawPair};
pub use filter::{FILTER_MAX, NewFilter, setsockopt_filter};
pub use input::{InAddr, InBuf};
pub(crate) use lent::Lent;
pub use message::{Received, recvmsg, recvmsg_raw, sendmsg, sendmsg_raw};
pub use netdb::*;
pub use optname::OptName;
pub use pktinfo::{PacketInfo, set_pktinfo};
pub use pod::{Pod, Timeval};
pub use recvmmsg::{Lodged, RecvSlots, Slot, Slots, recvmmsg, recvmmsg_raw};
pub use ring::{LentBlock, RecvBlocks, SendPlace, SendPlaces, recv_ring_raw};
pub use sendmmsg::{SendSlots, sendmmsg, sendmmsg_raw};
pub use sockaddr::{LentName, NewAddr, NoAddr, STORAGE_SIZE, Storage};
pub use stable::ZerocopyBuffer;
pub(crate) use stable::{Armed, LastAct};
pub use transfer::{Offset, sendfile, splice};
pub use value::{NewFd, NewValue, OutBytes, RawOut, ValueResult};
