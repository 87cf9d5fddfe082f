//! Rows that hold one number: the ends of the range, both flags, or what is there already.

use sockets::opt::{Kind, OptInfo, Sort};
use sockets::{Errno, Socket};

use crate::raw::{get_raw, set_raw};

fn get(socket: &Socket, row: &OptInfo) -> i32 {
    let bytes = get_raw(socket, row, 4).unwrap_or_else(|errno| panic!("{row:?}: {errno}"));
    i32::from_ne_bytes(bytes.try_into().unwrap())
}

/// Numbers to set.
fn legal(socket: &Socket, row: &OptInfo) -> Vec<i32> {
    match (row.kind, row.range) {
        (Kind::Bool, _) => vec![1, 0, 1],
        // Not the highest: nobody wants to wait, or to set aside, that much.
        (_, Some((low, i32::MAX))) => vec![low, low + 1, 1000],
        (_, Some((low, high))) => vec![low, high, low],
        _ if row.access.get => vec![get(socket, row), 1, 2],
        _ => vec![1],
    }
}

/// Is what was read what was set, as far as the kind promises?
fn check_read_back(row: &OptInfo, set: i32, read: i32) {
    match row.kind {
        Kind::Bool => assert_eq!(set != 0, read != 0, "{row:?}"),
        // More than was set, by the kernel's doubling and its minimum.
        Kind::Size if row.range.is_none() => {
            let (set, read) = (i64::from(set), i64::from(read));
            assert!(read >= set && read <= 2 * set.max(4608), "{row:?}: {set} became {read}");
        }
        // -1 stands for the system's default.
        Kind::Int if set == -1 && row.range.is_some() => assert!(read >= 0, "{row:?}"),
        // Rounded up to the clock tick.
        Kind::Millis | Kind::Micros => assert!(read >= set, "{row:?}: {set} became {read}"),
        _ => assert_eq!(set, read, "{row:?}"),
    }
}

pub(crate) fn check(row: &OptInfo, socket: &Socket, refused: Option<Errno>) {
    assert!(row.size.max == 4 || !row.access.set, "{row:?} holds more than a number: it wants a case");
    assert!(!row.access.ask, "{row:?} wants a case");
    if !row.access.set {
        return;
    }
    for value in legal(socket, row) {
        let result = set_raw(socket, row, &value.to_ne_bytes());
        // 0 is what most of them are already, and needs no privilege then.
        if let Some(errno) = refused {
            assert!(result == Err(errno) || value == 0, "{row:?} {value}: {result:?}");
        } else {
            assert_eq!(result, Ok(()), "{row:?} {value}");
            if row.access.get {
                check_read_back(row, value, get(socket, row));
            }
        }
    }
    for wrong in wrong(row) {
        let errno = set_raw(socket, row, &wrong.to_ne_bytes()).expect_err(&format!("{row:?} {wrong}"));
        let denied = row.needs.filter(|need| matches!(need.sort, Sort::Privilege | Sort::Root));
        let fine = errno == Errno::EINVAL || denied.is_some_and(|need| errno == need.errno);
        assert!(fine, "{row:?} {wrong}: {errno}");
    }
}

/// Numbers out of the range.
fn wrong(row: &OptInfo) -> Vec<i32> {
    let Some((low, high)) = row.range else { return Vec::new() };
    let below = (low > i32::MIN).then(|| [low - 1, i32::MIN]);
    let above = (high < i32::MAX).then(|| [high + 1, i32::MAX]);
    below.into_iter().chain(above).flatten().collect()
}
