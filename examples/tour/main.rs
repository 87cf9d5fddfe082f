//! The tour: every family, from Rust and from C, raw sockets included. No root, no arguments.
//!
//!     cargo run --example tour
//!
//! It builds the C library, compiles ffi/examples/echo.c and ping.c against include/sockets.h, and lets
//! them talk to Rust over every transport, in a network namespace of its own. Each line says what was
//! done, by whom, how many bytes came back as they were sent, and how long it took.
//!
//! Exit status: 0 all of it worked, 1 something failed, 2 the machine forbids some of it (which is named).

mod echo;
mod errors;
mod icmp;
mod program;
mod raw;
mod report;

use std::process::ExitCode;

use netns::Needs;
use program::Programs;
use report::Report;

const USAGE: &str = "\
usage: tour

  It takes no arguments, and shows every family, from Rust and from C.

exit status: 0 all of it worked, 1 something failed,
             2 the machine forbids some of it (which is named), or bad usage";

fn main() -> ExitCode {
    if std::env::args().len() > 1 {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    }
    let mut report = Report::new();
    println!("libsockets {}: every family, from Rust and from C\n", env!("CARGO_PKG_VERSION"));

    // Before the namespace: building may want the network.
    let programs = build(&mut report);

    // A look at what the machine allows, then the way in, while this process has one thread.
    let status = netns::status();
    let private = match netns::enter() {
        Ok(()) => true,
        Err(_) => {
            if let Err(refusal) = status.check(Needs::USERNS) {
                report.forbidden("a network namespace of its own", &refusal.to_string());
            }
            false
        }
    };
    println!(
        "Network: {}.\n",
        if private { "a private namespace with nothing but lo" } else { "this machine's loopback" }
    );

    report.heading();
    echo::all(&mut report, programs.as_ref());
    raw::all(&mut report, programs.as_ref());
    errors::all(&mut report, programs.as_ref());
    report.finish()
}

/// The C library and the C programs; nothing if there is no C compiler.
fn build(report: &mut Report) -> Option<Programs> {
    println!("Building the C library, and two C programs on it ...");
    match Programs::build() {
        Ok(programs) => {
            println!("{programs}");
            Some(programs)
        }
        Err(program::Error::NoCompiler(reason)) => {
            report.forbidden("everything with C", &reason);
            None
        }
        Err(program::Error::Failed(reason)) => {
            report.failed("the C programs", &reason);
            None
        }
    }
}
