//! Private network namespaces for tests, without root.
//!
//! A test of raw sockets, privileged ports, routes or sysctls needs a network of its own. Linux gives
//! one to any user: a new user namespace makes the caller root over a new network namespace and over
//! nothing else. [`run`] puts the body of a `#[test]` there:
//!
//! ```no_run
//! use netns::Needs;
//!
//! #[test]
//! fn port_80_is_ours() {
//!     netns::run(Needs::USERNS, || {
//!         let listener = std::net::TcpListener::bind("127.0.0.1:80").unwrap();
//!         assert_eq!(listener.local_addr().unwrap().port(), 80);
//!     });
//! }
//! ```
//!
//! The kernel refuses a new user namespace to a process with several threads, and a test always has
//! several. So `run` starts the test binary again for this one test, and enters the namespaces between
//! fork and exec. What the body prints is shown only when it fails; a body that hangs is killed at its
//! deadline; a body that did not demonstrably run is a failure.
//!
//! # Where namespaces are refused
//!
//! Containers, hardened kernels and some distributions refuse all this or parts of it. Then the test
//! prints `SKIP <test>: <need>: <what was refused>: <hint>` on standard error and returns. A machine that
//! has to run everything says so: with `SOCKETS_TEST_REQUIRE=userns,raw,veth` in the environment a skip
//! for one of these [`Needs`] is a panic. Other needs of a test suite (a C compiler, IPv6 routes) can
//! share the mechanism through [`skip`] and [`required`]. [`status`] tells what this machine allows.
//!
//! # More than one host
//!
//! [`Namespace`] makes further namespaces, connects them with veth pairs, sets addresses, routes and
//! sysctls, and runs closures in them, all from one thread and without any program from outside.
//!
//! # Files
//!
//! [`own_dir`] puts a directory in memory over one of the system, such as `/etc`, for a test of what reads fixed files.
//!
//! # Other programs
//!
//! [`isolate`] gives a [`Command`](std::process::Command) a network of its own; [`enter`] moves a process that still has one
//! thread, such as the `main` of an example.
//!
//! # What is shared all the same
//!
//! Files, and with them Unix sockets that have a path (abstract ones are private); process numbers; the limits of
//! the machine, such as `net.core.rmem_max`. A grandchild that leaves the process group of the body
//! outlives it. So does a grandchild in the group if the whole test process is killed from outside; the
//! body itself does not.
//!
//! # Environment variables
//!
//! - `SOCKETS_TEST_REQUIRE`: needs (comma separated) whose absence is a failure instead of a skip.
//! - `SOCKETS_TEST_ROOT=1`: take a network namespace only and keep the user namespace, for tests as real
//!   root.
//! - `SOCKETS_TEST_NS`: internal; marks the process that [`run`] started.

mod child;
mod enter;
mod files;
mod link;
mod namespace;
mod needs;
mod probe;
mod refusal;
mod report;
mod rtnl;
mod run;
mod settle;
mod skip;
mod sys;
mod sysctl;
mod watch;

pub use enter::{enter, isolate};
pub use files::own_dir;
pub use namespace::Namespace;
pub use needs::Needs;
pub use probe::{Status, status};
pub use refusal::Refusal;
pub use run::{Builder, run};
pub use skip::{required, skip};
pub use sysctl::{set_sysctl, sysctl};
