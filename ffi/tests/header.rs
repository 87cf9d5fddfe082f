//! `include/sockets.h` is what `ffi/src` says.

mod generate;

use std::fs;

/// Compares the committed header with a fresh one; with `SOCKETS_BLESS=1` writes it.
#[test]
fn the_committed_header_is_the_generated_one() {
    let fresh = generate::header();
    if std::env::var_os("SOCKETS_BLESS").is_some() {
        fs::write(generate::path(), &fresh).unwrap();
    }
    let committed = fs::read_to_string(generate::path()).unwrap_or_default();
    if let Some((number, (old, new))) =
        committed.lines().zip(fresh.lines()).enumerate().find(|(_, (a, b))| a != b)
    {
        panic!(
            "include/sockets.h is not what ffi/src says, from line {}:\n  committed: {old}\n  generated: {new}\n\
             if that is meant: SOCKETS_BLESS=1 cargo test -p libsockets-ffi --test header",
            number + 1
        );
    }
    assert_eq!(committed, fresh);
}

/// Nothing of Rust leaks: no Rust type, path, attribute or heading.
#[test]
fn the_header_is_c() {
    let header = generate::header();
    for word in [
        " c_int", "usize", "Option<", "std::", "libc::", "# Safety", "# Errors", "[`", "unsafe", "bindgen",
        "Rust ",
    ] {
        let line = header.lines().find(|line| line.contains(word));
        assert_eq!(line, None, "{word} in the header");
    }
}

/// Every file of `ffi/src` is a section; those that are none are named here.
#[test]
fn no_file_is_left_out() {
    let lib = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/lib.rs")).unwrap();
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let module = name.strip_suffix(".rs").unwrap();
        let is_section = lib.contains(&format!("\npub mod {module};"));
        assert!(
            is_section || ["lib", "ret", "text"].contains(&module),
            "pub mod {module}; is missing in ffi/src/lib.rs"
        );
    }
}

/// Every structure of the system that a function takes has its `struct`.
#[test]
fn structures_have_their_keyword() {
    let header = generate::header();
    for name in [
        "sockets_addr",
        "sockaddr",
        "sockaddr_storage",
        "pollfd",
        "iovec",
        "msghdr",
        "mmsghdr",
        "timespec",
        "timeval",
    ] {
        for (at, _) in header.match_indices(&format!("{name} *")) {
            let before = &header[..at];
            let is_word = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
            assert!(
                !is_word || before.ends_with("struct "),
                "{name} without struct: {}",
                &header[at - 20..at + 20]
            );
        }
    }
}
