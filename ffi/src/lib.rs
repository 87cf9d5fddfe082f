//! The C library: every function of `include/sockets.h`, which is generated from these files.
//!
//! One file is one section of the header, in the order of the `mod` lines below; its functions are
//! the twins of those in the file of the same name in the Rust library. The doc comments are the
//! header's, so they speak to a C programmer.
//!
//! The functions that are one system call hand the caller's arguments to `sockets::sys` untouched: the
//! kernel is the best validator. They cannot panic, have no destructor, and are `extern "C-unwind"`, so that
//! pthread_cancel(3) can unwind through them. Those that look inside their arguments check them first,
//! are `extern "C"`, and cannot be cancelled while they run.

#![allow(clippy::missing_safety_doc, reason = "the contract stands once, at the top of the header")]
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub mod socket;

pub mod name;

pub mod listen;

pub mod send;

pub mod recv;

pub mod message;

pub mod cmsg;

pub mod cmsg_table;

pub mod fds;

pub mod batch;

pub mod segment;

pub mod sendfile;

pub mod shutdown;

pub mod poll;

pub mod fcntl;

pub mod ioctl;

pub mod opt;

pub mod opt_table;

pub mod compound;

pub mod addr;

pub mod addr_family;

pub mod pktinfo;

pub mod errqueue;

pub mod checksum;

pub mod ring;

pub mod icmp;

pub mod bpf;

pub mod resolve;

pub mod interface;

pub mod any;

pub mod error;

pub mod version;

mod ret;
mod text;
