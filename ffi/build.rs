//! Gives the shared library its name. Only cargo's own linking is touched; nothing is written.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // A library keeps its binary promises within a minor version while it is 0.x, within a major after.
    let (major, minor) = (env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"));
    let version = if major == "0" { format!("0.{minor}") } else { major.to_owned() };
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libsockets.so.{version}");
}
