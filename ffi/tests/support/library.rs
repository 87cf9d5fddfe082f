//! Builds `libsockets.so` and `libsockets.a`: `cargo test` alone builds neither.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// How the library is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Debug,
    Release,
}

/// The files of one build.
#[derive(Debug)]
pub(crate) struct Library {
    pub(crate) shared: PathBuf,
    pub(crate) archive: PathBuf,
}

impl Library {
    /// The directory of both files.
    pub(crate) fn directory(&self) -> &Path {
        self.shared.parent().unwrap()
    }
}

/// The library of this profile, built once per process. Where several processes want it, cargo's own
/// lock lets one of them build it, and the others find it done.
pub(crate) fn library(profile: Profile) -> &'static Library {
    static DEBUG: OnceLock<Library> = OnceLock::new();
    static RELEASE: OnceLock<Library> = OnceLock::new();
    match profile {
        Profile::Debug => DEBUG.get_or_init(|| build(&[])),
        Profile::Release => RELEASE.get_or_init(|| build(&["--release"])),
    }
}

fn build(profile: &[&str]) -> Library {
    let output = cargo()
        .args(["build", "--package", env!("CARGO_PKG_NAME"), "--message-format", "json-render-diagnostics"])
        .args(profile)
        .arg("--target-dir")
        .arg(target_dir())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "cargo build: {}", String::from_utf8_lossy(&output.stderr));
    let messages = String::from_utf8(output.stdout).unwrap();
    Library { shared: file(&messages, "/libsockets.so"), archive: file(&messages, "/libsockets.a") }
}

fn cargo() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
    Command::new(cargo)
}

/// The target directory of this test itself, so that nothing is built twice.
fn target_dir() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap()
}

/// The one string in cargo's messages that ends like this.
fn file(messages: &str, end: &str) -> PathBuf {
    let found = messages.split('"').find(|text| text.ends_with(end));
    found.unwrap_or_else(|| panic!("cargo has not built {end}: {messages}")).into()
}
