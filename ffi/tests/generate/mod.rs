//! Generates `include/sockets.h` from `ffi/src`: a frame written here, and one section per file.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// The frame's beginning: what stands before the first section.
const TOP: &str = include_str!("top.h");
/// The frame's end.
const BOTTOM: &str = include_str!("bottom.h");

/// Where the header is committed.
pub fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../include/sockets.h")
}

/// The whole header.
pub fn header() -> String {
    let mut header = TOP
        .replace("@MAJOR@", env!("CARGO_PKG_VERSION_MAJOR"))
        .replace("@MINOR@", env!("CARGO_PKG_VERSION_MINOR"))
        .replace("@PATCH@", env!("CARGO_PKG_VERSION_PATCH"));
    for file in sections() {
        header.push_str(&section(&file));
    }
    header.push_str(BOTTOM);
    header
}

/// The files of the sections, in the order of the `pub mod` lines.
fn sections() -> Vec<PathBuf> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let lib = fs::read_to_string(src.join("lib.rs")).unwrap();
    lib.lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .map(|name| src.join(format!("{name}.rs")))
        .collect()
}

/// One file as a section: its first line is the banner.
fn section(file: &Path) -> String {
    let source = fs::read_to_string(file).unwrap();
    let title = source.lines().next().and_then(|line| line.strip_prefix("//! ")).unwrap();
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("cbindgen.toml");
    let config = cbindgen::Config::from_file(config).unwrap();
    let bindings = cbindgen::Builder::new().with_config(config).with_src(file).generate().unwrap();
    let mut items = Vec::new();
    bindings.write(&mut items);
    let items = with_keyword(&String::from_utf8(items).unwrap());

    let mut text = String::new();
    let rule = "-".repeat(74_usize.saturating_sub(title.len()));
    write!(text, "\n/* ---- {title} {rule} */\n\n{}\n", tidy(&items)).unwrap();
    text
}

/// Structures of ours that other sections than their own use: cbindgen sees one file at a time, and does not know
/// there what they are.
const SHARED: &[&str] = &["sockets_addr"];

/// Writes `struct` before those that lack it.
fn with_keyword(items: &str) -> String {
    SHARED.iter().fold(items.to_owned(), |items, name| {
        let with = format!("struct {name} *");
        let items = items.replace(&format!("{name} *"), &with).replace(&format!("struct {with}"), &with);
        // A member.
        items.replace(&format!("\n    {name} "), &format!("\n    struct {name} "))
    })
}

/// The items as a person would write them: comments begin on their first line, prototypes fill theirs.
fn tidy(items: &str) -> String {
    let items = one_line_comments(&items.trim().replace("/**\n * ", "/** ").replace("\n *\n */", "\n */"));
    let mut text = String::new();
    let mut prototype = String::new();
    for line in items.lines() {
        let starts = line.contains("sockets_") && line.contains('(') && !line.starts_with([' ', '/', '*']);
        if starts || line.starts_with(MUST_CHECK) || !prototype.is_empty() {
            prototype.push_str(line.trim());
            prototype.push(' ');
            if line.ends_with(");") {
                text.push_str(&fill(&prototype));
                prototype.clear();
            }
        } else {
            text.push_str(line);
            text.push('\n');
        }
    }
    text.trim_end().to_owned()
}

/// A comment of one line has its marks on that line.
fn one_line_comments(items: &str) -> String {
    let mut text = items.replace("    /**\n     * ", "    /** ");
    for indent in ["", "    "] {
        let end = format!("\n{indent} */\n");
        let mut from = 0;
        while let Some(at) = text[from..].find(&end).map(|at| at + from) {
            let line = text[..at].rfind('\n').map_or(0, |start| start + 1);
            if text[line..at].starts_with(&format!("{indent}/** ")) {
                text.replace_range(at..at + end.len(), " */\n");
            }
            from = at + 1;
        }
    }
    text
}

const MUST_CHECK: &str = "SOCKETS_MUST_CHECK";
/// Columns of a prototype.
const WIDTH: usize = 92;

/// A prototype in as few lines as it takes, the attribute last.
fn fill(prototype: &str) -> String {
    let must_check = prototype.starts_with(MUST_CHECK);
    let bare = prototype.trim().trim_start_matches(MUST_CHECK).trim().trim_end_matches(';');
    let mut words: Vec<String> = bare.split_inclusive(", ").map(|word| word.trim_end().to_owned()).collect();
    if must_check {
        words.push(MUST_CHECK.to_owned());
    }
    let mut text = String::new();
    let mut column = 0;
    for (i, word) in words.iter().enumerate() {
        if i > 0 && column + 1 + word.len() >= WIDTH {
            text.push_str("\n        ");
            column = 8;
        } else if i > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += word.len();
    }
    text + ";\n"
}
