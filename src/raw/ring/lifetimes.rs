//! What does not compile: each of these would be a slice of memory that is the kernel's again, or gone. First what they have in
//! common, which does.
//!
//! ```
//! # use sockets::raw::{Block, RecvRing, SendRing};
//! fn longest<'a>(block: &'a Block<'_>) -> Option<&'a [u8]> {
//!     block.frames().map(|frame| frame.data()).max_by_key(|data| data.len())
//! }
//! fn two(ring: &RecvRing) -> Option<[Block<'_>; 2]> {
//!     Some([ring.next_block()?, ring.next_block()?])
//! }
//! fn send<T: Send>() {}
//! send::<RecvRing>();
//! send::<SendRing>();
//! ```
//!
//! A frame is looked at when its block was given back:
//!
//! ```compile_fail,E0505
//! # use sockets::raw::RecvRing;
//! fn look(ring: &RecvRing) -> usize {
//!     let block = ring.next_block().unwrap();
//!     let frame = block.frames().next().unwrap();
//!     drop(block);
//!     frame.data().len()
//! }
//! ```
//!
//! A block lives longer than the ring:
//!
//! ```compile_fail,E0505
//! # use sockets::raw::RecvRing;
//! fn look(ring: RecvRing) -> usize {
//!     let block = ring.next_block().unwrap();
//!     drop(ring);
//!     block.len()
//! }
//! ```
//!
//! Two threads use a ring at once:
//!
//! ```compile_fail,E0277
//! # use sockets::raw::RecvRing;
//! fn sync<T: Sync>() {}
//! sync::<RecvRing>();
//! ```
//!
//! A block goes to another thread, where it would be given back while this one looks for the next:
//!
//! ```compile_fail,E0277
//! # use sockets::raw::Block;
//! fn send<T: Send>() {}
//! send::<Block<'static>>();
//! ```
//!
//! One place for a frame is held twice:
//!
//! ```compile_fail,E0499
//! # use sockets::raw::SendRing;
//! fn hold(ring: &mut SendRing) -> usize {
//!     let first = ring.next_frame().unwrap();
//!     let second = ring.next_frame().unwrap();
//!     first.len() + second.len()
//! }
//! ```
