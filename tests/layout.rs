//! What `src/sys/c.rs` defines, and the numbers of all options, against the headers of this system: the C compiler
//! compares. What its headers do not have yet it cannot; how much that is, is bounded below.

mod common;

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use common::forking;
use sockets::sys::c::{NUMBERS, STRUCTS};
use sockets::{cmsg, opt};

/// The kernel's own headers, and those of the C library. Both define some structures, so each is asked alone.
const KERNEL: &[&str] = &[
    "asm/socket.h",
    "linux/in.h",
    "linux/in6.h",
    "linux/ipv6.h",
    "linux/icmp.h",
    "linux/icmpv6.h",
    "linux/tcp.h",
    "linux/udp.h",
    "linux/if_packet.h",
    "linux/net_tstamp.h",
    "linux/errqueue.h",
    "linux/tls.h",
    "linux/netlink.h",
    "linux/filter.h",
    "linux/sockios.h",
    "linux/netfilter_ipv4.h",
    "linux/netfilter_ipv6/ip6_tables.h",
];
const LIBC: &[&str] = &[
    "sys/socket.h",
    "netinet/in.h",
    "netinet/tcp.h",
    "netinet/udp.h",
    "netinet/icmp6.h",
    "linux/mptcp.h",
    "linux/vm_sockets.h",
    "linux/netlink.h",
    "linux/if_packet.h",
];

/// Structures of which an older header has only the beginning.
const GROWING: &[&str] = &["tcp_info", "mptcp_info", "tcp_zerocopy_receive"];

/// A line that the compiler checks, and nothing else on it.
struct Checks {
    lines: Vec<String>,
}

impl Checks {
    fn same(&mut self, left: &str, right: impl std::fmt::Display) {
        self.lines.push(format!("_Static_assert({left} == {right}, \"{left}\");"));
    }

    fn structures(wanted: impl Fn(&str) -> bool) -> Self {
        let mut checks = Checks { lines: Vec::new() };
        for (name, size, fields) in STRUCTS.iter().filter(|(name, ..)| wanted(name)) {
            let open_ended = fields.last().is_some_and(|(_, _, size)| *size == 0);
            if GROWING.contains(name) {
                checks.lines.push(format!("_Static_assert(sizeof(struct {name}) <= {size}, \"{name}\");"));
            } else if !open_ended {
                checks.same(&format!("sizeof(struct {name})"), size);
            }
            for (field, offset, size) in fields.iter().filter(|(field, _, _)| !field.starts_with('_')) {
                checks.same(&format!("__builtin_offsetof(struct {name}, {field})"), offset);
                if *size > 0 {
                    checks.same(&format!("sizeof(((struct {name} *)0)->{field})"), size);
                }
            }
        }
        checks
    }

    fn numbers() -> Self {
        let mut checks = Checks { lines: Vec::new() };
        for (name, value) in NUMBERS {
            checks.same(name, value);
        }
        checks
    }

    fn options() -> Self {
        let mut checks = Checks { lines: Vec::new() };
        for row in opt::table() {
            checks.same(row.name, row.number);
            checks.same(row.level_name, row.level);
        }
        checks
    }

    fn messages() -> Self {
        let mut checks = Checks { lines: Vec::new() };
        for row in cmsg::table() {
            checks.same(row.name, row.number);
            checks.same(row.level_name, row.level);
        }
        checks
    }

    /// How many lines the headers could be asked about; fails if one is wrong.
    fn compare(&self, headers: &[&str]) -> usize {
        let mut source = String::new();
        for header in headers {
            writeln!(source, "#if __has_include(<{header}>)\n#include <{header}>\n#endif").unwrap();
        }
        assert_eq!(compile(&source), Vec::<String>::new(), "the headers alone");
        for line in &self.lines {
            writeln!(source, "{line}").unwrap();
        }
        let errors = compile(&source);
        let wrong: Vec<&String> = errors
            .iter()
            .filter(|error| error.contains("assertion failed") || error.contains("assert failed"))
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        let line = |error: &String| error.split(':').nth(1).map(str::to_owned);
        let mut unknown: Vec<_> = errors.iter().map(line).collect();
        unknown.sort();
        unknown.dedup();
        self.lines.len() - unknown.len()
    }
}

/// What the C compiler complains of.
fn compile(source: &str) -> Vec<String> {
    let mut cc = Command::new("cc");
    cc.args(["-std=gnu11", "-D_GNU_SOURCE", "-fsyntax-only", "-x", "c", "-"]).env("LC_ALL", "C");
    if cfg!(target_arch = "x86") {
        // The numbers of the times are those of 64 bits, as here.
        cc.args(["-m32", "-D_TIME_BITS=64", "-D_FILE_OFFSET_BITS=64"]);
    }
    cc.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = cc.spawn().unwrap();
    child.stdin.take().unwrap().write_all(source.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let errors: Vec<String> =
        text.lines().filter(|line| line.contains("error:")).map(str::to_owned).collect();
    assert_eq!(output.status.success(), errors.is_empty(), "{text}");
    errors
}

/// Is there a C compiler for the machine that this test runs on?
fn has_compiler(test: &str) -> bool {
    let reason = if Command::new("cc").arg("--version").output().is_err() {
        "no C compiler"
    } else if compile(&format!("_Static_assert(sizeof(void *) == {}, \"\");", size_of::<usize>())).is_empty()
    {
        return true;
    } else {
        "the C compiler is one for another machine"
    };
    netns::skip(test, "cc", reason);
    false
}

#[test]
fn structures_are_those_of_the_headers() {
    forking(|| {
        if has_compiler("structures_are_those_of_the_headers") {
            let checks = Checks::structures(|_| true);
            let (kernel, libc) = (checks.compare(KERNEL), checks.compare(LIBC));
            // Headers of Linux 6.1 have all but what came after it.
            assert!(kernel >= 150, "{kernel} of {}", checks.lines.len());
            assert!(libc >= 100, "{libc} of {}", checks.lines.len());
        }
    });
}

#[test]
fn numbers_are_those_of_the_headers() {
    forking(|| {
        if has_compiler("numbers_are_those_of_the_headers") {
            let checks = Checks::numbers();
            let (kernel, libc) = (checks.compare(KERNEL), checks.compare(LIBC));
            assert!(kernel + libc >= 40, "{kernel} and {libc} of {}", checks.lines.len());
        }
    });
}

#[test]
fn options_are_those_of_the_headers() {
    forking(|| {
        if has_compiler("options_are_those_of_the_headers") {
            let checks = Checks::options();
            let (kernel, libc) = (checks.compare(KERNEL), checks.compare(LIBC));
            assert!(kernel >= 350, "{kernel} of {}", checks.lines.len());
            assert!(libc >= 300, "{libc} of {}", checks.lines.len());
        }
    });
}

#[test]
fn structures_of_messages_are_compared_whole() {
    forking(|| {
        if has_compiler("structures_of_messages_are_compared_whole") {
            let names = [
                "cmsghdr",
                "scm_timestamping",
                "sock_extended_err",
                "scm_ts_pktinfo",
                "tpacket_auxdata",
                "ip6_mtuinfo",
            ];
            for name in names {
                let checks = Checks::structures(|is| is == name);
                let whole = checks.lines.len();
                assert!(whole > 1, "{name}");
                // In 32 bits the C library's `struct timespec` can be the old one.
                let old = name == "scm_timestamping" && cfg!(target_pointer_width = "32");
                assert!(old || checks.compare(KERNEL) == whole || checks.compare(LIBC) == whole, "{name}");
            }
        }
    });
}

#[test]
fn messages_are_those_of_the_headers() {
    forking(|| {
        if has_compiler("messages_are_those_of_the_headers") {
            let checks = Checks::messages();
            let (kernel, libc) = (checks.compare(KERNEL), checks.compare(LIBC));
            assert!(kernel >= 100, "{kernel} of {}", checks.lines.len());
            assert!(libc >= 100, "{libc} of {}", checks.lines.len());
        }
    });
}
