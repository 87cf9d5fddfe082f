//! The outside of the C library: what it exports is what `sockets.h` declares, with the types of the calls it
//! is named after; the header compiles by itself, everywhere; no plain call can panic.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::compiler::{Compiler, source};
use support::library::Profile::{Debug, Release};
use support::library::library;
use support::program::soname_version;
use support::{include, scratch, test_name};

/// What the C library of the system does not have, so that there is no type to compare with.
const OWN: &[&str] = &[
    "sockets_abort",
    "sockets_addr_family",
    "sockets_addr_format",
    "sockets_addr_get_ipv4",
    "sockets_addr_get_ipv6",
    "sockets_addr_get_link",
    "sockets_addr_get_netlink",
    "sockets_addr_get_unix",
    "sockets_addr_get_vsock",
    "sockets_addr_ipv4",
    "sockets_addr_ipv6",
    "sockets_addr_link",
    "sockets_addr_netlink",
    "sockets_addr_parse",
    "sockets_addr_port",
    "sockets_addr_unix",
    "sockets_addr_vsock",
    "sockets_bind_any",
    "sockets_bpf_check",
    "sockets_bpf_format",
    "sockets_bpf_parse",
    "sockets_checksum",
    "sockets_checksum_iov",
    "sockets_checksum_pseudo",
    "sockets_checksum_replace",
    "sockets_checksum_replace32",
    "sockets_checksum_udp",
    "sockets_cloexec",
    "sockets_cmsg_close_fds",
    "sockets_cmsg_get",
    "sockets_cmsg_get_int",
    "sockets_cmsg_info_at",
    "sockets_cmsg_info_find",
    "sockets_cmsg_name",
    "sockets_cmsg_next",
    "sockets_cmsg_push",
    "sockets_cmsg_push_int",
    "sockets_cmsg_space",
    "sockets_cmsg_take_fds",
    "sockets_cmsg_take_pidfd",
    "sockets_connect_any",
    "sockets_connect_timeout",
    "sockets_disconnect",
    "sockets_err_name",
    "sockets_fionread",
    "sockets_getifaddrs",
    "sockets_getnameinfo",
    "sockets_icmp_pass",
    "sockets_if_indextoname",
    "sockets_if_nametoindex",
    "sockets_mmsg_prepare",
    "sockets_mmsg_restore",
    "sockets_nonblocking",
    "sockets_opt_at",
    "sockets_opt_find",
    "sockets_opt_format",
    "sockets_opt_supported",
    "sockets_recv_error",
    "sockets_recv_error_timeout",
    "sockets_recv_exact",
    "sockets_recv_fds",
    "sockets_recvfrom_pktinfo",
    "sockets_resolve",
    "sockets_ring_close",
    "sockets_ring_next_block",
    "sockets_ring_next_frame",
    "sockets_ring_open",
    "sockets_ring_release",
    "sockets_segments",
    "sockets_send_all",
    "sockets_send_fds",
    "sockets_send_segments",
    "sockets_send_segments_or_each",
    "sockets_sendfile_all",
    "sockets_sendmmsg_all",
    "sockets_sendto_pktinfo",
    "sockets_set_cloexec",
    "sockets_set_nonblocking",
    "sockets_set_pktinfo",
    "sockets_siocoutq",
    "sockets_strerror",
    "sockets_version",
];

/// The functions that the header declares.
fn declared() -> BTreeSet<String> {
    let header = fs::read_to_string(include().join("sockets.h")).unwrap();
    let code: String = header
        .split("/*")
        .map(|part| part.split_once("*/").map_or(part, |(_comment, code)| code))
        .collect::<Vec<_>>()
        .join(" ");
    let names: BTreeSet<String> = code
        .match_indices("sockets_")
        .filter_map(|(at, _)| code[at..].split_once('('))
        .map(|(name, _)| name)
        .filter(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
        .map(str::to_owned)
        .collect();
    assert!(names.len() > 30, "{names:?}");
    names
}

/// The output of a tool of the system on a file; without the tool the test is skipped.
fn tool(name: &str, args: &[&str], file: &Path) -> Option<String> {
    match Command::new(name).args(args).arg(file).env("LC_ALL", "C").output() {
        Ok(output) => {
            assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
            Some(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Err(error) => {
            netns::skip(&test_name(), "binutils", &format!("{name}: {error}"));
            None
        }
    }
}

/// The last words of `nm`'s lines.
fn symbols(nm: &str) -> BTreeSet<String> {
    nm.lines().filter_map(|line| line.split_whitespace().last()).map(str::to_owned).collect()
}

#[test]
fn the_shared_library_exports_what_the_header_declares() {
    for profile in [Debug, Release] {
        let Some(nm) = tool("nm", &["-D", "--defined-only"], &library(profile).shared) else { return };
        assert_eq!(symbols(&nm), declared(), "{profile:?}");
    }
}

#[test]
fn the_archive_has_what_the_header_declares() {
    for profile in [Debug, Release] {
        let Some(nm) = tool("nm", &["-g", "--defined-only"], &library(profile).archive) else { return };
        let ours = symbols(&nm).into_iter().filter(|name| name.starts_with("sockets_")).collect();
        assert_eq!(declared(), ours, "{profile:?}");
    }
}

#[test]
fn the_soname_has_the_version_of_the_binary_interface() {
    let Some(dynamic) = tool("readelf", &["-d"], &library(Release).shared) else { return };
    let soname = dynamic.lines().find(|line| line.contains("(SONAME)")).unwrap();
    assert!(soname.ends_with(&format!("[libsockets.so.{}]", soname_version())), "{soname}");
}

#[test]
fn functions_named_after_a_call_have_its_type() {
    let table = fs::read_to_string(source("twins")).unwrap();
    let twins: BTreeSet<String> = table
        .lines()
        .filter_map(|line| line.strip_prefix("TWIN(")?.split_once(','))
        .map(|(name, _)| format!("sockets_{name}"))
        .collect();
    let own: BTreeSet<String> = OWN.iter().map(|name| (*name).to_owned()).collect();
    assert!(twins.is_disjoint(&own));
    assert_eq!(&twins | &own, declared(), "a new function is either in tests/c/twins.c or in OWN");

    if let Some(cc) = Compiler::c() {
        for std in ["c99", "gnu2x"] {
            cc.compile(std, &source("twins"), &["-fsyntax-only"]);
        }
    }
    if let Some(cxx) = Compiler::cxx() {
        for std in ["c++98", "c++17"] {
            cxx.compile(std, &source("twins"), &["-fsyntax-only"]);
        }
    }
}

/// The header alone, included twice: no feature macro, nothing before it, no warning of any kind.
#[test]
fn the_header_compiles_alone_in_every_language() {
    const WARNINGS: [&str; 6] = [
        "-Wconversion",
        "-Wshadow",
        "-Wundef",
        "-Wredundant-decls",
        "-Wmissing-declarations",
        "-fsyntax-only",
    ];
    // For each compiler: as C and as C++.
    let c = [Compiler::c(), Compiler::named("clang", false)].into_iter().flatten();
    let cxx = [Compiler::cxx(), Compiler::named("clang++", true)].into_iter().flatten();
    let alone = scratch().join(format!("header-{}.c", std::process::id()));
    fs::write(&alone, "#include <sockets.h>\n#include <sockets.h>\n").unwrap();
    for cc in c {
        for std in ["c99", "c11", "c2x", "gnu99"] {
            let strict = [WARNINGS.as_slice(), &["-Wstrict-prototypes", "-Wold-style-definition"]].concat();
            cc.compile(std, &alone, &strict);
        }
    }
    for cxx in cxx {
        for std in ["c++98", "c++11", "c++20"] {
            let strict = [WARNINGS.as_slice(), &["-Wold-style-cast", "-Wextra-semi"]].concat();
            cxx.compile(std, &alone, &strict);
        }
    }
    fs::remove_file(alone).unwrap();
}

/// A caller that throws an error away is told so, with a new descriptor as with a partial transfer.
#[test]
fn the_compiler_warns_where_a_result_must_be_looked_at() {
    let Some(cc) = Compiler::c() else { return };
    for call in ["sockets_socket(2, 1, 0)", "sockets_accept(0, 0, 0)", "sockets_recv_exact(0, 0, 0, 0, 0)"] {
        let file = scratch().join(format!("unused-{}.c", std::process::id()));
        fs::write(&file, format!("#include <sockets.h>\nint main(void) {{ {call}; return 0; }}\n")).unwrap();
        // gcc sees this only when it makes code.
        let message = cc.try_compile("c99", &file, &["-S", "-o", "/dev/null"]).unwrap_err();
        assert!(message.contains("warn_unused_result") || message.contains("unused-result"), "{message}");
        fs::remove_file(file).unwrap();
    }
}

#[test]
fn header_and_library_have_the_version_of_the_package() {
    let Some(cc) = Compiler::c() else { return };
    for profile in [Debug, Release] {
        let program = scratch().join(format!("version-{profile:?}-{}", std::process::id()));
        let archive: PathBuf = library(profile).archive.clone();
        let args: [&OsStr; 6] = [
            archive.as_os_str(),
            OsStr::new("-lpthread"),
            OsStr::new("-ldl"),
            OsStr::new("-lm"),
            OsStr::new("-o"),
            program.as_os_str(),
        ];
        cc.compile("c99", &source("version"), &args);
        let output = Command::new(&program).output().unwrap();
        fs::remove_file(program).unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let version = env!("CARGO_PKG_VERSION").split('-').next().unwrap();
        assert_eq!(said.trim(), format!("{version} {version}"));
        assert!(output.status.success());
    }
}

/// The functions whose body runs behind a fence against panics.
fn fenced() -> BTreeSet<String> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut fenced = BTreeSet::new();
    for file in fs::read_dir(sources).unwrap() {
        let code = fs::read_to_string(file.unwrap().path()).unwrap();
        for item in code.split("#[unsafe(no_mangle)]").skip(1) {
            let name = item.split_once("fn ").and_then(|(_, rest)| rest.split_once('(')).unwrap().0;
            // To the end of the function, which is the first brace in the first column.
            let body = item.split_once("\n}").unwrap().0;
            if body.contains("guard(") || body.contains("guard_coded(") {
                fenced.insert(name.to_owned());
            }
        }
    }
    fenced
}

/// What each function of the library refers to, from the disassembly.
fn references(disassembly: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut references: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut current = String::new();
    for line in disassembly.lines() {
        if let Some(name) = line.strip_suffix(">:").and_then(|line| line.split_once('<')) {
            current = name.1.to_owned();
            references.entry(current.clone()).or_default();
        } else if let Some((_, symbol)) = line.rsplit_once('<') {
            let symbol = symbol.trim_end().trim_end_matches('>');
            let symbol = symbol.split_once("+0x").map_or(symbol, |(name, _)| name);
            if symbol != current {
                references.entry(current.clone()).or_default().insert(symbol.to_owned());
            }
        }
    }
    references
}

/// All names of the code that a function has, by `nm`.
fn namesakes<'a>(function: &str, table: &'a str) -> Vec<&'a str> {
    let rows = || table.lines().filter_map(|line| Some((line.split(' ').next()?, line.split(' ').nth(2)?)));
    let address = rows().find(|(_, name)| *name == function).map(|(address, _)| address);
    rows().filter(|(other, _)| Some(*other) == address).map(|(_, name)| name).collect()
}

/// In the release build, nothing that a plain call reaches can panic: not the function itself, not what it
/// calls.
#[test]
fn no_plain_call_can_panic() {
    let Some(code) = tool("objdump", &["-d", "--no-show-raw-insn"], &library(Release).shared) else { return };
    let Some(table) = tool("nm", &["--defined-only"], &library(Release).shared) else { return };
    let references = references(&code);
    let panics = |name: &str| {
        ["panic", "unwrap_failed", "expect_failed", "index_fail", "len_mismatch", "handle_alloc_error"]
            .iter()
            .any(|word| name.contains(word))
    };
    // The search finds what is there: a fenced function does reach a panic.
    let fenced = fenced();
    assert!(fenced.contains("sockets_addr_parse") && !fenced.contains("sockets_recv"), "{fenced:?}");
    assert!(way_to("sockets_addr_parse", &references, panics).is_some());

    for function in declared().difference(&fenced) {
        // The linker makes one of two functions with the same code; the disassembly has one of the names.
        let names = namesakes(function, &table);
        let name = names.iter().find(|name| references.contains_key(**name));
        let name = name.unwrap_or_else(|| panic!("{function} is not in the disassembly"));
        if let Some(way) = way_to(name, &references, panics) {
            panic!("{}", way.join(" -> "));
        }
    }
}

/// The way from a function to the first one that is looked for.
fn way_to(
    from: &str,
    references: &BTreeMap<String, BTreeSet<String>>,
    wanted: impl Fn(&str) -> bool,
) -> Option<Vec<String>> {
    let mut seen = BTreeSet::from([from.to_owned()]);
    let mut ways = vec![vec![from.to_owned()]];
    while let Some(way) = ways.pop() {
        let last = way.last()?;
        if wanted(last) {
            return Some(way);
        }
        for next in references.get(last).into_iter().flatten() {
            if seen.insert(next.clone()) {
                ways.push([way.as_slice(), std::slice::from_ref(next)].concat());
            }
        }
    }
    None
}
