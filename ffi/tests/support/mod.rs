//! What the tests of the C side share: the built library, the C compiler, C programs at work.

#![allow(dead_code, reason = "each test binary uses a part of it")]

pub(crate) mod compiler;
pub(crate) mod library;
pub(crate) mod program;

use std::path::{Path, PathBuf};

/// The directory of `sockets.h`.
pub(crate) fn include() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../include")
}

/// The C programs.
pub(crate) fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c")
}

/// Where tests put what they make: in the target directory, whichever that is.
pub(crate) fn scratch() -> PathBuf {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("c");
    std::fs::create_dir_all(&scratch).unwrap();
    scratch
}

/// The name of the running test: libtest gives it to the thread.
pub(crate) fn test_name() -> String {
    std::thread::current().name().unwrap_or("a test").to_owned()
}
