//! `docs/options.md` is what the tables say, and the README counts them right.

#![cfg(any(target_arch = "x86_64", target_arch = "aarch64"))] // Others have other numbers and sizes.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use sockets::opt::{self, OptInfo};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Who else has an option, by its name.
fn peers() -> BTreeMap<&'static str, &'static str> {
    let lines = include_str!("peers.txt").lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split_once(": ").unwrap()).collect()
}

fn access(row: &OptInfo) -> &'static str {
    match (row.access.get, row.access.ask, row.access.set) {
        (true, _, false) => "get",
        (true, _, true) => "get, set",
        (_, true, false) => "ask",
        (_, true, true) => "ask, set",
        _ => "set",
    }
}

fn range(row: &OptInfo) -> String {
    match row.range {
        Some((low, i32::MAX)) => format!("{low}.."),
        Some((low, high)) => format!("{low}..={high}"),
        None => String::new(),
    }
}

/// Text in a cell of a table.
fn cell(text: impl std::fmt::Display) -> String {
    text.to_string().replace('|', "\\|").replace('<', "&lt;").replace('>', "&gt;")
}

fn document() -> String {
    let peers = peers();
    let rows: Vec<&OptInfo> = opt::table().collect();
    let mut text = format!(
        "# The {} options\n\n\
         Every socket option that the library has as a typed constant, from the tables in `src/opt/table`. This file is\n\
         generated: `SOCKETS_BLESS=1 cargo test --test options_doc`.\n\n\
         - Rust: `socket.getsockopt(opt::NAME)`, `socket.setsockopt(opt::NAME, value)`, and `getsockopt_with` where the access is\n  \
         \"ask\": getsockopt(2) finds a question where it puts the answer.\n\
         - C: `sockets_opt_find(-1, \"NAME\", &option)`, then `sockets_getsockopt(fd, option.level, option.number, ...)`.\n\
         - Type: that of C, its size in bytes, and the kind of this library, which rustdoc explains.\n\
         - Range: the numbers that the kernel takes, where it refuses others.\n\
         - Needs: a privilege, a feature of the kernel, or a state of the socket, and the error without it.\n\
         - Since: the kernel that brought it, if that is younger than 5.4.\n\
         - Peers: who else has it typed (an asterisk: unstable, or not released). They have {} of these between them.\n",
        rows.len(),
        rows.iter().filter(|row| peers.contains_key(row.name) && !row.value.starts_with("Group")).count(),
    );
    let mut level = "";
    for row in rows {
        if row.level_name != level {
            level = row.level_name;
            write!(text, "\n## {level} ({})\n\n", row.level).unwrap();
            text.push_str(
                "| option | number | type | bytes | kind | access | range | needs | since | peers |\n",
            );
            text.push_str("|---|---|---|---|---|---|---|---|---|---|\n");
        }
        let needs = row.needs.map(|need| need.to_string()).unwrap_or_default();
        let peers = peers.get(row.name).map(|peers| peers.replace(' ', ", ")).unwrap_or_default();
        let cells = [
            format!("`{}`", row.name),
            row.number.to_string(),
            cell(row.c_type),
            cell(row.size),
            cell(row.value),
            access(row).to_owned(),
            range(row),
            cell(needs),
            row.since.unwrap_or_default().to_owned(),
            cell(peers),
        ];
        writeln!(text, "| {} |", cells.join(" | ")).unwrap();
    }
    text
}

/// Compares the committed file with a fresh one; with `SOCKETS_BLESS=1` writes it.
#[test]
fn the_committed_table_is_the_generated_one() {
    let fresh = document();
    if std::env::var_os("SOCKETS_BLESS").is_some() {
        fs::write(path("docs/options.md"), &fresh).unwrap();
    }
    let committed = fs::read_to_string(path("docs/options.md")).unwrap_or_default();
    let differs = committed.lines().zip(fresh.lines()).find(|(old, new)| old != new);
    assert!(
        committed == fresh,
        "docs/options.md is not what the tables say: {differs:?}\n\
         if that is meant: SOCKETS_BLESS=1 cargo test --test options_doc"
    );
}

#[test]
fn every_option_of_a_peer_is_there() {
    for (name, peers) in peers() {
        assert!(opt::table().any(|row| row.name == name), "{name}, which {peers} has");
    }
}

#[test]
fn the_readme_counts_right() {
    let readme = fs::read_to_string(path("README.md")).unwrap();
    let count = opt::table().count();
    assert!(
        readme.contains(&format!("{count} options")),
        "README.md does not say that there are {count} options"
    );
}
