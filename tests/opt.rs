//! The option table against the kernel: every row is read, set, and given values and lengths that are wrong. A new
//! row is covered by being in the table.

mod common;

use std::collections::HashSet;
use std::os::fd::AsRawFd;

use common::{guard, isolated};
use netns::Needs;
use sockets::opt::{self, Kind, OptInfo};
use sockets::{Errno, Socket};

/// getsockopt(2) with as much room as is asked for: the bytes, or the error.
fn get_raw(socket: &Socket, row: &OptInfo, room: usize) -> Result<Vec<u8>, Errno> {
    let mut bytes = vec![0; room];
    let mut len = room as libc::socklen_t;
    let (ptr, len_ptr) = (bytes.as_mut_ptr().cast(), &raw mut len);
    // SAFETY: `bytes` has room for the `len` bytes.
    let rc = unsafe { libc::getsockopt(socket.as_raw_fd(), row.level, row.number, ptr, len_ptr) };
    Errno::result(rc)?;
    bytes.truncate(len as usize);
    Ok(bytes)
}

/// setsockopt(2) with any bytes.
fn set_raw(socket: &Socket, row: &OptInfo, bytes: &[u8]) -> Result<(), Errno> {
    let len = bytes.len() as libc::socklen_t;
    // SAFETY: the bytes are readable for their length, and hold no pointers.
    let rc =
        unsafe { libc::setsockopt(socket.as_raw_fd(), row.level, row.number, bytes.as_ptr().cast(), len) };
    Errno::result(rc).map(drop)
}

fn get(socket: &Socket, row: &OptInfo) -> Vec<u8> {
    get_raw(socket, row, 256).unwrap_or_else(|errno| panic!("{row:?}: {errno}"))
}

fn set(socket: &Socket, row: &OptInfo, bytes: &[u8]) {
    set_raw(socket, row, bytes).unwrap_or_else(|errno| panic!("{row:?} {bytes:?}: {errno}"));
}

fn int(bytes: &[u8]) -> i32 {
    i32::from_ne_bytes(bytes.try_into().unwrap())
}

/// Values to set: the ends of the range, both flags, or what there is already.
fn values(socket: &Socket, row: &OptInfo) -> Vec<Vec<u8>> {
    let ints = |values: &[i32]| values.iter().map(|value| value.to_ne_bytes().to_vec()).collect();
    match (row.kind, row.range) {
        (_, Some((low, high))) => ints(&[low, high, low]),
        (Kind::Bool, _) => ints(&[1, 0, 1]),
        (Kind::Linger, _) => vec![[1_i32, 5].map(i32::to_ne_bytes).concat(), vec![0; 8]],
        (Kind::Timeout, _) => vec![[3_i64, 500_000].map(i64::to_ne_bytes).concat(), vec![0; 16]],
        _ => vec![get(socket, row)],
    }
}

/// Is what was read what was set, as far as the kind promises?
fn check_read_back(row: &OptInfo, set: &[u8], read: &[u8]) {
    match row.kind {
        // More than was set, by the kernel's doubling and its minimum.
        Kind::Size if row.range.is_none() => {
            let (set, read) = (i64::from(int(set)), i64::from(int(read)));
            assert!(read >= set && read <= 2 * set.max(4608), "{row:?}: {set} became {read}");
        }
        Kind::Timeout => {
            let micros = |bytes: &[u8]| {
                let (sec, usec) = bytes.split_at(8);
                let number = |bytes: &[u8]| i64::from_ne_bytes(bytes.try_into().unwrap());
                number(sec) * 1_000_000 + number(usec)
            };
            let tick = 10_000;
            let (set, read) = (micros(set), micros(read));
            assert!((set..=set + tick).contains(&read), "{row:?}: {set} became {read}");
        }
        // The time of a linger that is off has no meaning.
        Kind::Linger if int(&set[..4]) == 0 => assert_eq!(int(&read[..4]), 0, "{row:?}"),
        // -1 stands for the system's default.
        Kind::Int if int(set) == -1 => assert!(int(read) >= 0, "{row:?}"),
        _ => assert_eq!(set, read, "{row:?}"),
    }
}

fn check_reading(socket: &Socket, row: &OptInfo) {
    assert_eq!(row.read(socket).is_some(), row.access.get, "{row:?}");
    if row.access.get {
        // The kernel's idea of the size, where there is room for more.
        assert_eq!(get(socket, row).len(), row.size, "{row:?}");
        let text = row.read(socket).unwrap();
        assert!(text.is_ok_and(|text| !text.is_empty()), "{row:?}");
    }
}

fn check_setting(socket: &Socket, row: &OptInfo) {
    for value in values(socket, row) {
        set(socket, row, &value);
        if row.access.get {
            check_read_back(row, &value, &get(socket, row));
            assert!(row.read(socket).unwrap().is_ok(), "{row:?}");
        }
    }
    if let Some((low, high)) = row.range {
        for wrong in [low - 1, high + 1, i32::MIN, i32::MAX] {
            assert_eq!(set_raw(socket, row, &wrong.to_ne_bytes()), Err(Errno::EINVAL), "{row:?} {wrong}");
        }
    }
}

/// Too short is refused and changes nothing, too long is cut.
fn check_lengths(socket: &Socket, row: &OptInfo) {
    let Some(value) = values(socket, row).into_iter().next() else { return };
    set(socket, row, &value);
    let before = get(socket, row);
    // ip(7) takes one byte for an int; a name may have any length.
    let short_is_fine = row.level == libc::IPPROTO_IP || row.kind == Kind::Text;
    for short in [0, 1, row.size - 1] {
        let result = set_raw(socket, row, &value[..short]);
        if !short_is_fine {
            assert_eq!(result, Err(Errno::EINVAL), "{row:?} with {short} bytes");
            assert_eq!(get(socket, row), before, "{row:?}");
        }
    }
    let long = [&value[..], &[0; 4]].concat();
    set(socket, row, &long);
    check_read_back(row, &value, &get(socket, row));
}

fn check_row(row: &OptInfo) {
    let open = || row.on.open().unwrap_or_else(|errno| panic!("{row:?}: {errno}"));
    check_reading(&open(), row);
    if row.access.set {
        check_setting(&open(), row);
        check_lengths(&open(), row);
    } else {
        // What cannot be set here cannot be set at all.
        let socket = open();
        let value = get(&socket, row);
        let errno = set_raw(&socket, row, &value).unwrap_err();
        assert_eq!(errno, Errno::ENOPROTOOPT, "{row:?}");
    }
}

fn needs_privilege(row: &OptInfo) -> bool {
    format!("{:?}", row.on).contains("SOCK_RAW")
}

#[test]
fn every_row_is_what_the_kernel_has() {
    let _guard = guard();
    for row in opt::table().filter(|row| !needs_privilege(row)) {
        check_row(row);
    }
}

#[test]
fn every_row_of_raw_sockets_is_what_the_kernel_has() {
    isolated(Needs::RAW, || {
        let rows: Vec<&OptInfo> = opt::table().filter(|row| needs_privilege(row)).collect();
        assert!(rows.iter().any(|row| row.name == "IP_HDRINCL"));
        for row in rows {
            check_row(row);
        }
    });
}

#[test]
fn every_row_fails_politely_on_every_other_socket() {
    let _guard = guard();
    let dir = common::Dir::new();
    for kind in common::kinds() {
        let socket = kind.bound(&dir);
        for row in opt::table() {
            match row.read(&socket) {
                None | Some(Ok(_)) => {}
                Some(Err(errno)) => {
                    let polite = [Errno::ENOPROTOOPT, Errno::EOPNOTSUPP];
                    assert!(polite.contains(&errno), "{row:?} on {kind:?}: {errno}");
                }
            }
        }
    }
}

#[test]
fn what_is_no_socket_has_no_options() {
    let _guard = guard();
    let file = Socket::from(std::os::fd::OwnedFd::from(std::fs::File::open("/dev/null").unwrap()));
    for row in opt::table() {
        if let Some(result) = row.read(&file) {
            assert_eq!(result, Err(Errno::ENOTSOCK), "{row:?}");
        }
    }
}

#[test]
fn the_table_is_in_order() {
    let rows: Vec<&OptInfo> = opt::table().collect();
    let names: HashSet<&str> = rows.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), rows.len(), "two rows of one name");
    let numbers: HashSet<(i32, i32)> = rows.iter().map(|row| (row.level, row.number)).collect();
    assert_eq!(numbers.len(), rows.len(), "two rows of one option");

    // One file is one run of rows, sorted by name. AF_UNIX has a file of its own, and the level of another.
    let file = |row: &OptInfo| (row.level, format!("{:?}", row.on).contains("AF_UNIX"));
    for pair in rows.windows(2) {
        if file(pair[0]) == file(pair[1]) {
            assert!(pair[0].name < pair[1].name, "{:?} and {:?}", pair[0], pair[1]);
        }
    }
    let mut files: Vec<_> = rows.iter().map(|row| file(row)).collect();
    files.dedup();
    let distinct: HashSet<_> = files.iter().collect();
    assert_eq!(distinct.len(), files.len(), "the rows of one file are not together");
    assert!(files.len() >= 5);
}

#[test]
fn the_first_set_of_rows_is_there() {
    let names: HashSet<&str> = opt::table().map(|row| row.name).collect();
    for name in "SO_REUSEADDR SO_REUSEPORT SO_BROADCAST SO_KEEPALIVE SO_LINGER SO_RCVBUF SO_SNDBUF SO_RCVTIMEO \
                 SO_SNDTIMEO SO_ERROR SO_TYPE SO_DOMAIN SO_PROTOCOL SO_ACCEPTCONN SO_PASSCRED SO_PEERCRED IP_TTL \
                 IP_TOS IP_HDRINCL IPV6_V6ONLY IPV6_UNICAST_HOPS TCP_NODELAY TCP_KEEPIDLE TCP_KEEPINTVL TCP_KEEPCNT \
                 TCP_MAXSEG TCP_CONGESTION"
        .split_whitespace()
    {
        assert!(names.contains(name), "{name}");
    }
}

#[test]
fn rows_know_themselves() {
    let row = opt::table().find(|row| row.name == "IPV6_UNICAST_HOPS").unwrap();
    assert_eq!((row.level, row.number, row.size), (41, 16, 4));
    assert_eq!((row.kind, row.range), (Kind::Int, Some((-1, 255))));
    assert!(row.access.get && row.access.set);
    assert_eq!(format!("{row:?}"), "IPV6_UNICAST_HOPS(41, 16)");
    assert_eq!(format!("{:?}", opt::IPV6_UNICAST_HOPS), "IPV6_UNICAST_HOPS(41, 16)");
    let error = opt::table().find(|row| row.name == "SO_ERROR").unwrap();
    assert!(error.access.get && !error.access.set);
}
