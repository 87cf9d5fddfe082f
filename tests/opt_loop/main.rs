//! The option tables against the kernel: every row is read, set, set to what is wrong, and handed values of the wrong
//! size, three times: as the root of a namespace, as a user without privileges, and as the root of the machine.
//!
//! A new row that holds a number is covered by being in the table. One that holds anything else says in
//! `cases` what a legal value is; a row that is not there fails.

#[path = "../common/mod.rs"]
mod common;

mod case;
mod cases_ip;
mod cases_ipv6;
mod cases_others;
mod cases_packet;
mod cases_socket;
mod cases_tcp;
mod numbers;
mod raw;

use std::panic::{AssertUnwindSafe, catch_unwind};

use case::Case;
use common::{guard, isolated};
use netns::{Namespace, Needs};
use raw::{Capabilities, set_raw};
use sockets::opt::{self, OptInfo, Sort};
use sockets::{Errno, Result, Socket};

/// Whom a row is tried as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    /// The root of a user namespace.
    Namespace,
    /// A user without privileges.
    User,
    /// The root of the machine.
    Root,
}

impl Who {
    fn has(self, sort: Sort) -> bool {
        match sort {
            Sort::Privilege => self != Who::User,
            Sort::Root => self == Who::Root,
            _ => true,
        }
    }

    /// Runs `body` with the privileges of this user. Sockets are made before, so that a row of raw sockets is
    /// tried, too.
    fn run<T>(self, body: impl FnOnce() -> T) -> T {
        if self == Who::User { Capabilities::without(body) } else { body() }
    }
}

/// The error that a row says it fails with for this user.
fn refusal(row: &OptInfo, who: Who) -> Option<Errno> {
    row.needs.filter(|need| !who.has(need.sort)).map(|need| need.errno)
}

/// Is the row one that this kernel need not have?
fn may_be_absent(row: &OptInfo) -> bool {
    row.since.is_some_and(|since| !raw::kernel_is_at_least(since))
}

/// A fresh socket that does not satisfy the row's state: something fails as the row says.
fn check_state(row: &OptInfo) {
    let Some(need) = row.needs.filter(|need| need.sort == Sort::State) else { return };
    let socket = row.on.open().unwrap();
    let set = set_raw(&socket, row, &vec![0; row.size.max.min(512)]);
    let get = row.read(&socket).map_or(Ok(()), |read| read.map(drop));
    assert!([get, set].contains(&Err(need.errno)), "{row:?}: {need}, but {get:?} {set:?}");
}

/// What can be read is read as it is, whole and with too little room; what cannot is refused.
fn check_reading(row: &OptInfo, socket: &Socket) {
    let readable = row.access.get;
    assert_eq!(row.read(socket).is_some(), readable, "{row:?}");
    if !readable {
        return;
    }
    let text = row.read(socket).unwrap();
    let text = text.unwrap_or_else(|errno| panic!("{row:?}: {errno}"));
    assert!(!text.is_empty(), "{row:?}");
    raw::check_lengths_of_reading(socket, row);
}

/// A size that the option cannot have is refused, and changes nothing.
fn check_wrong_sizes(row: &OptInfo, socket: &Socket) {
    if !row.access.set {
        return;
    }
    let before = row.read(socket);
    for short in [0, 1, row.size.min.saturating_sub(1)] {
        if short < row.size.min && !raw::takes_short(row, short) {
            let errno =
                set_raw(socket, row, &vec![0; short]).expect_err(&format!("{row:?} with {short} bytes"));
            assert!(raw::complains_of_size(row, errno), "{row:?} with {short} bytes: {errno}");
        }
    }
    assert_eq!(row.read(socket), before, "{row:?}");
}

/// A row that the kernel has, or this machine is configured, without fails as it says, and nothing else is tried.
fn is_missing(row: &OptInfo, case: Option<&Case>) -> bool {
    let Some(need) = row.needs.filter(|need| need.sort == Sort::Kernel) else { return false };
    let socket = match row.on.open() {
        Err(errno) if errno == need.errno => return true,
        socket => socket.unwrap(),
    };
    let get = row.read(&socket).map(|read| read.map(drop));
    let zeros = vec![0; row.size.max.min(512)];
    let set = || case.map_or_else(|| set_raw(&socket, row, &zeros), |case| case.try_legal(&socket));
    let set = row.access.set.then(set);
    let results: Vec<Result<()>> = [get, set].into_iter().flatten().collect();
    let missing = results.contains(&Err(need.errno));
    assert!(missing || results.iter().all(Result::is_ok), "{row:?}: {need}, but {results:?}");
    missing
}

/// States that need more than this machine has for certain: rules of netfilter, programs of bpf(2), a router, TLS.
const STATES_OF_ELSEWHERE: [&str; 9] = [
    "SO_ORIGINAL_DST",
    "IP6T_SO_ORIGINAL_DST",
    "SO_ATTACH_BPF",
    "SO_ATTACH_REUSEPORT_EBPF",
    "IPV6_LEAVE_ANYCAST",
    "TLS_RX",
    "TLS_RX_EXPECT_NO_PAD",
    "TLS_TX",
    "TLS_TX_ZEROCOPY_RO",
];

fn check(row: &OptInfo, cases: &[Case], who: Who) {
    if may_be_absent(row) {
        return;
    }
    let case = cases.iter().find(|case| case.is_of(row));
    if is_missing(row, case) {
        return;
    }
    check_state(row);
    let stateless = row.needs.is_none_or(|need| need.sort != Sort::State);
    if !stateless && case.is_none_or(|case| !case.has_state()) {
        assert!(
            STATES_OF_ELSEWHERE.contains(&row.name),
            "{row:?}: a case says how to get the state that it needs"
        );
        return;
    }
    let ready = || case.map_or_else(|| row.on.open().unwrap(), |case| case.ready(row));
    let (reading, setting, sizes) = (ready(), ready(), ready());
    let refused = refusal(row, who);
    who.run(|| {
        check_reading(row, &reading);
        check_wrong_sizes(row, &sizes);
        match case {
            Some(case) => case.check(row, &setting, refused),
            None => numbers::check(row, &setting, refused),
        }
        if row.access.get && case.is_none_or(|case| !case.is_gone()) {
            check_reading(row, &setting);
        }
    });
}

fn check_all(who: Who) {
    let cases = case::all();
    for case in &cases {
        assert!(opt::table().any(|row| case.is_of(row)), "no row of {}", case.name());
    }
    // All of them, whatever becomes of the first that fails.
    let fails = |row: &&OptInfo| catch_unwind(AssertUnwindSafe(|| check(row, &cases, who))).is_err();
    let failed: Vec<&OptInfo> = opt::table().filter(fails).collect();
    assert!(failed.is_empty(), "{who:?}: {failed:?}");
}

#[test]
fn as_the_root_of_a_namespace() {
    isolated(Needs::PACKET, || check_all(Who::Namespace));
}

#[test]
fn as_a_user_without_privileges() {
    isolated(Needs::PACKET, || {
        check_all(Who::User);
        // What needs a privilege to be opened says so.
        for row in opt::table() {
            let opened = Capabilities::without(|| row.on.open().map(drop));
            if opened.is_err_and(|errno| row.needs.is_some_and(|need| need.errno == errno)) {
                continue;
            }
            let raw = format!("{:?}", row.on);
            let raw = raw.contains("SOCK_RAW") || raw.contains("AF_PACKET");
            assert_eq!(opened, if raw { Err(Errno::EPERM) } else { Ok(()) }, "{row:?}");
        }
    });
}

#[test]
fn as_the_root_of_the_machine() {
    let _guard = guard();
    if !raw::is_root_of_the_machine() {
        netns::skip("as_the_root_of_the_machine", "root", "not the root of the machine");
        return;
    }
    let namespace = Namespace::new().unwrap();
    namespace.within(|| check_all(Who::Root)).unwrap();
}

#[test]
fn every_row_knows_whether_the_kernel_has_it() {
    isolated(Needs::PACKET, || {
        for row in opt::table().filter(|row| !may_be_absent(row)) {
            let missing =
                row.needs.is_some_and(|need| need.sort == Sort::Kernel || need.errno == Errno::ENOPROTOOPT);
            let supported = opt::supports(row);
            assert!(supported == Ok(true) || (missing && supported == Ok(false)), "{row:?}: {supported:?}");
        }
        let nonsense: opt::Opt<opt::Int, opt::Get> = opt::Opt::new("IP_NONSENSE", libc::IPPROTO_IP, 4711);
        assert_eq!(opt::supports(nonsense), Ok(false));
        let nodelay: opt::Opt<opt::Bool, opt::GetSet> = opt::Opt::new("OWN_NODELAY", libc::IPPROTO_TCP, 1);
        assert_eq!(opt::supports(nodelay), Ok(true));
        assert_eq!(opt::supports(opt::SO_TYPE), Ok(true));
    });
}
