//! The C library at work: every program of `tests/c`, with the shared library and with the archive, as C
//! and as C++, and under the sanitizers.

mod support;

use support::library::Profile::{Debug, Release};
use support::program::Linkage::{Archive, Shared};
use support::program::{run, run_as_cxx, run_sanitized};

/// The tests of each program. Between them they meet both profiles of the library.
macro_rules! programs {
    ($($(#[doc = $what:literal])+ $name:ident;)+) => {
        const PROGRAMS: &[&str] = &[$(stringify!($name)),+];

        $(
            $(#[doc = $what])+
            mod $name {
                use super::*;

                #[test]
                fn passes_with_the_shared_library() {
                    run(stringify!($name), Shared, Release);
                }

                #[test]
                fn passes_with_the_archive() {
                    run(stringify!($name), Archive, Debug);
                }

                #[test]
                fn passes_as_cxx() {
                    run_as_cxx(stringify!($name));
                }

                #[test]
                fn passes_under_sanitizers() {
                    run_sanitized(stringify!($name));
                }
            }
        )+
    };
}

programs! {
    /// Every call does its work, for every family and type.
    life;
    /// Flags, options, events and queues.
    flags;
    /// Every function takes bad descriptors and pointers as the system call itself takes them.
    bad;
    /// The same for lengths, and the bytes that are written.
    lengths;
    /// Unknown numbers, and calls at the wrong time.
    states;
    /// No SIGPIPE; EINTR where the manual says so, and nowhere else.
    signals;
    /// The helpers that are more than one call.
    compound;
    /// Messages of several pieces, with addresses and control messages.
    messages;
    /// Control messages, written and read in any memory.
    control;
    /// The table of control messages.
    kinds;
    /// Descriptors to another process: each has an owner, whatever comes.
    descriptors;
    /// The same in messages of the caller's own.
    rights;
    /// Answers from the address that was asked.
    pktinfo;
    /// Several messages in one call.
    batches;
    /// Datagrams that are cut and joined by the kernel.
    segments;
    /// The error queue.
    errqueue;
    /// Bytes that stay in the kernel.
    sendfile;
    /// pthread_cancel(3).
    cancel;
    /// Where it has to wait.
    uncancelled;
    /// The same, pending already.
    pending;
    /// Addresses as text and back.
    addr;
    /// Addresses of each family.
    families;
    /// Names, interfaces, and several addresses for one name.
    names;
    /// The table of options.
    options;
    /// The texts and names of errors, and errno in threads.
    error;
    /// Checksums.
    checksums;
    /// Which types of ICMP are received.
    icmp;
    /// Programs of classic BPF.
    bpf;
    /// Raw sockets.
    raw;
    /// Frames in memory that is shared with the kernel.
    ring;
}

/// What the optimizer does decides whether a cancelled thread can be unwound, so all four are needed.
mod cancel_in_every_build {
    use super::*;

    #[test]
    fn passes_with_the_shared_debug_library() {
        run("cancel", Shared, Debug);
        run("uncancelled", Shared, Debug);
    }

    #[test]
    fn passes_with_the_release_archive() {
        run("cancel", Archive, Release);
        run("uncancelled", Archive, Release);
    }
}

#[test]
fn every_program_is_run() {
    let mut found: Vec<String> = std::fs::read_dir(support::sources())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "c"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        // Compiled and run by the test of the exports.
        .filter(|name| !["twins", "version"].contains(&name.as_str()))
        .collect();
    found.sort();
    let mut named = PROGRAMS.to_vec();
    named.sort();
    assert_eq!(found, named);
}
