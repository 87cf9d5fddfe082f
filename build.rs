//! Two jobs: refuse a target that the library has no table for, in one readable line, and turn the
//! target into the capability names that the code asks for. Writes nothing, depends on nothing.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(mips)");
    println!("cargo::rustc-check-cfg=cfg(sockopt_time64)");

    let os = target("OS");
    if os != "linux" {
        println!(
            "cargo::error=libsockets supports Linux (glibc and musl), not \"{os}\": its option tables have no numbers for that system yet"
        );
        return;
    }
    // Four names of one family of machines that numbers some ioctls its own way.
    if target("ARCH").starts_with("mips") {
        println!("cargo::rustc-cfg=mips");
    }
    // A `struct timeval` holds a 32-bit time there; SO_RCVTIMEO and SO_SNDTIMEO have a second number
    // each that takes 64 bits on every machine (socket(7), kernel 5.1).
    if target("POINTER_WIDTH") == "32" {
        println!("cargo::rustc-cfg=sockopt_time64");
    }
}

/// One fact about the target, as cargo states it.
fn target(fact: &str) -> String {
    env::var(format!("CARGO_CFG_TARGET_{fact}")).unwrap_or_default()
}
