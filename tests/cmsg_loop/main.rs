//! The control messages against the kernel: every row that is received is received from a socket, every row that is sent
//! is sent and seen where it arrives, and refused in a size that it cannot have; as the root of a namespace, and without
//! privileges.
//!
//! A row that has no case fails. One that this machine cannot make says why, and that is tried, too.

#[path = "../common/mod.rs"]
mod common;

mod case;
mod ip;
mod ipv6;
mod others;
mod socket;
mod wire;

use std::os::fd::AsRawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};

use case::{Case, Comes, Got, Pair, Sent};
use common::isolated;
use netns::{Namespace, Needs};
use sockets::cmsg::{self, CmsgInfo, ControlBuf, ControlWriter};
use sockets::{Errno, Result, SendFlags};

const NEEDS: fn() -> Needs = || Needs::PACKET | Needs::RAW | Needs::IPV6 | Needs::VETH;

fn cases() -> Vec<Case> {
    [ip::cases(), ipv6::cases(), socket::cases(), others::cases()].into_iter().flatten().collect()
}

/// Small packets, and a second address.
fn prepare() {
    let here = Namespace::current().unwrap();
    here.set_mtu("lo", 1500).unwrap();
    here.add_address("lo", ipv6::OTHER.into(), 128).unwrap();
}

/// Is the running kernel as young as `"6.14"`?
fn kernel_is_at_least(version: &str) -> bool {
    let numbers = |text: &str| -> Vec<u32> {
        text.split(['.', '-']).map_while(|number| number.parse().ok()).take(2).collect()
    };
    let running = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    numbers(&running) >= numbers(version)
}

/// Runs `check` on every row that this kernel has, and its case; all of them, whatever becomes of the first that fails.
fn check_all(check: impl Fn(&CmsgInfo, &Case)) {
    prepare();
    let cases = cases();
    for case in &cases {
        assert!(cmsg::table().iter().any(|row| case.is_of(row)), "no row of {}", case.name());
    }
    let fails = |row: &&CmsgInfo| {
        let case = cases.iter().find(|case| case.is_of(row));
        catch_unwind(AssertUnwindSafe(|| match case {
            Some(case) => check(row, case),
            None => panic!("{row:?}: no case says how it is tried"),
        }))
        .is_err()
    };
    let has = |row: &&CmsgInfo| row.since.is_none_or(kernel_is_at_least);
    let failed: Vec<&str> = cmsg::table().iter().filter(has).filter(fails).map(|row| row.name).collect();
    assert!(failed.is_empty(), "{failed:?}");
}

fn check_received(row: &CmsgInfo, got: &Got) {
    let message = got.all().find(|message| (message.level(), message.ty()) == (row.level, row.number));
    let message = message.unwrap_or_else(|| panic!("{row:?} is not in {:?}", got.all()));
    assert!(message.name() == Some(row.name) && !message.is_cut());
    let len = message.data().len();
    // Some have no fixed size; of an error, the address is missing, or is one of IPv4.
    let open = row.c_type.ends_with("[]") || row.c_type == "struct sock_extended_err" || row.name == "IP_TOS";
    assert!(if open { len <= row.size } else { len == row.size }, "{row:?}: {len}");
}

#[test]
fn every_row_that_is_received_comes() {
    isolated(NEEDS(), || {
        check_all(|row, case| {
            assert_eq!(case.comes.is_some(), row.recv, "{row:?}");
            match case.comes {
                None => {}
                Some(Comes::Received(receive)) => check_received(row, &receive()),
                Some(Comes::Never(reason, try_it)) => {
                    assert!(!reason.is_empty());
                    if let Some(got) = try_it() {
                        check_received(row, &got);
                    }
                }
            }
        });
    });
}

fn send(sent: &Sent, pair: &Pair) -> Result<usize> {
    let mut room = ControlBuf::<256>::new();
    let mut control = ControlWriter::new(&mut room);
    (sent.push)(&mut control, pair).unwrap();
    pair.0.sendmsg(sent.data, &control, SendFlags::empty())
}

#[test]
fn every_row_that_is_sent_is_seen() {
    isolated(NEEDS(), || {
        check_all(|row, case| {
            assert_eq!(case.sent.is_some(), row.send, "{row:?}");
            if let Some(sent) = &case.sent {
                let pair = (sent.pair)();
                (sent.seen)(&pair, send(sent, &pair));
            }
        });
    });
}

#[test]
fn without_privileges_every_row_is_seen_or_refused() {
    isolated(NEEDS(), || {
        check_all(|_, case| {
            let Some(sent) = &case.sent else { return };
            let pair = (sent.pair)();
            // Only that thread gives them up.
            std::thread::scope(|scope| {
                let tried = scope.spawn(|| {
                    common::drop_capabilities();
                    match sent.refusal {
                        Some(errno) => assert_eq!(send(sent, &pair), Err(errno)),
                        None => (sent.seen)(&pair, send(sent, &pair)),
                    }
                });
                tried.join().unwrap();
            });
        });
    });
}

/// sendmsg(2) with these bytes as control messages.
fn send_raw((socket, _): &Pair, data: &[u8], control: &[u8]) -> Result<usize> {
    let mut piece = libc::iovec { iov_base: data.as_ptr().cast_mut().cast(), iov_len: data.len() };
    // SAFETY: all zeros is a valid value of this structure.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = &raw mut piece;
    message.msg_iovlen = 1;
    message.msg_control = control.as_ptr().cast_mut().cast();
    message.msg_controllen = control.len() as _;
    // SAFETY: the kernel reads the piece and the control messages, for the lengths that they have.
    Errno::result(unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const message, 0) }).map(|n| n as usize)
}

/// One message of this level and type, and of these bytes.
fn raw(level: i32, number: i32, data: &[u8]) -> Vec<u8> {
    let header = size_of::<libc::cmsghdr>();
    let mut bytes = (header + data.len()).to_ne_bytes().to_vec();
    bytes.extend([level.to_ne_bytes(), number.to_ne_bytes()].concat());
    bytes.extend(data);
    bytes
}

#[test]
fn a_size_that_a_row_cannot_have_is_refused() {
    isolated(NEEDS(), || {
        check_all(|row, case| {
            let Some(sent) = &case.sent else { return };
            let pair = (sent.pair)();
            let mut room = ControlBuf::<256>::new();
            let mut control = ControlWriter::new(&mut room);
            (sent.push)(&mut control, &pair).unwrap();
            let data = cmsg::walk(control.as_bytes()).next().unwrap().data();
            for size in (0..data.len() + 9).filter(|size| *size != data.len() && !(sent.takes)(*size)) {
                let wrong: Vec<u8> = data.iter().copied().cycle().take(size).collect();
                let sent = send_raw(&pair, b"hello", &raw(row.level, row.number, &wrong));
                assert_eq!(sent, Err(Errno::EINVAL), "{row:?} with {size} bytes");
            }
        });
    });
}

#[test]
fn an_unknown_type_is_refused_and_an_unknown_level_is_not_looked_at() {
    isolated(NEEDS(), || {
        for level in [libc::IPPROTO_IP, libc::SOL_SOCKET, libc::SOL_UDP] {
            assert_eq!(
                send_raw(&case::v4(), b"x", &raw(level, 4711, &[0; 4])),
                Err(Errno::EINVAL),
                "{level}"
            );
        }
        for level in [libc::IPPROTO_IPV6, libc::SOL_SOCKET, libc::SOL_UDP] {
            assert_eq!(
                send_raw(&case::v6(), b"x", &raw(level, 4711, &[0; 4])),
                Err(Errno::EINVAL),
                "{level}"
            );
        }
        // Of another family, or of nobody.
        assert_eq!(send_raw(&case::v6(), b"x", &raw(libc::IPPROTO_IP, libc::IP_TTL, &[7])), Ok(1));
        for level in [libc::IPPROTO_TCP, 4711, -1] {
            assert_eq!(send_raw(&case::v4(), b"x", &raw(level, 1, &[])), Ok(1), "{level}");
        }
    });
}
