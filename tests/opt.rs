//! The option tables as such: what they say of themselves, and what they say to sockets that do not have them. (What
//! each row does is tried by `opt_loop`.)

mod common;

use std::collections::HashSet;

use common::guard;
use sockets::opt::{self, Kind, OptInfo};
use sockets::{Errno, Socket};

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
                    let stated = row.needs.is_some_and(|need| need.errno == errno);
                    assert!(polite.contains(&errno) || stated, "{row:?} on {kind:?}: {errno}");
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
    let names: HashSet<(i32, &str)> = rows.iter().map(|row| (row.level, row.name)).collect();
    assert_eq!(names.len(), rows.len(), "two rows of one name at one level");
    // Attaching a filter and getting it are one number, as are some others in C, but not in one direction.
    let numbers: HashSet<(i32, i32, bool)> =
        rows.iter().map(|row| (row.level, row.number, row.access.get || row.access.ask)).collect();
    assert_eq!(numbers.len(), rows.len(), "two rows of one option");
    for row in &rows {
        assert!(row.size.min <= row.size.max && row.size.max > 0, "{row:?}");
        assert!(row.access.get || row.access.ask || row.access.set, "{row:?}");
        assert!(!(row.access.get && row.access.ask), "{row:?}");
        assert!(!row.level_name.is_empty() && !row.c_type.is_empty() && !row.value.is_empty(), "{row:?}");
    }
}

/// Each file is sorted by name, so that a row has one place, and is found there.
#[test]
fn the_rows_of_a_file_are_sorted() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/src/opt/table");
    let mut found = 0;
    for file in std::fs::read_dir(dir).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for table in text.split("options! {").skip(1) {
            let row = |line: &str| {
                let name: String = line
                    .trim_start()
                    .chars()
                    .take_while(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || *c == '_')
                    .collect();
                line.trim_start()
                    .strip_prefix(&name)
                    .filter(|rest| name.len() > 3 && rest.starts_with(": "))
                    .map(|_| name.clone())
            };
            let names: Vec<String> = table.lines().filter_map(row).collect();
            assert!(names.is_sorted(), "{}: {names:?}", path.display());
            found += names.len();
        }
    }
    // Some rows are not for every machine.
    let here = opt::table().count();
    let all_here = cfg!(target_pointer_width = "64");
    assert!(found == here || (found > here && !all_here), "the text has {found} rows, the table {here}");
}

#[test]
fn options_that_are_no_int_are_no_row_of_ones_own() {
    type Row = opt::Opt<opt::Int, opt::Get>;
    for (level, number) in [(1, 77), (1, 50), (1, 52), (263, 22), (6, 41)] {
        let made = std::panic::catch_unwind(|| Row::new("MINE", level, number));
        assert!(made.is_err(), "{level} {number}");
    }
    assert_eq!(Row::new("MINE", 6, 77).number(), 77);
}

#[test]
fn rows_know_themselves() {
    let row = opt::table().find(|row| row.name == "IPV6_UNICAST_HOPS").unwrap();
    assert_eq!((row.level, row.number, row.size.min, row.size.max), (41, 16, 4, 4));
    assert_eq!((row.kind, row.range), (Kind::Int, Some((-1, 255))));
    assert!(row.access.get && row.access.set);
    assert_eq!(format!("{row:?}"), "IPV6_UNICAST_HOPS(41, 16)");
    assert_eq!(format!("{:?}", opt::IPV6_UNICAST_HOPS), "IPV6_UNICAST_HOPS(41, 16)");
    let error = opt::table().find(|row| row.name == "SO_ERROR").unwrap();
    assert!(error.access.get && !error.access.set);
}
