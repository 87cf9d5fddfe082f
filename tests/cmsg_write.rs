//! Control messages that are written: the bytes are those that C's macros make, C's macros find them again, and no byte
//! outside the room is touched.

mod common;

#[path = "common/noise.rs"]
mod noise;

use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use common::{guard, udp_bound, unix_pair};
use libc::c_uint;
use noise::Noise;
use sockets::cmsg::{self, Both, Cmsg, ControlBuf, ControlWriter, Ecn, PktInfo4, TrafficClass};
use sockets::opt::{Credentials, PktInfo6, TimestampingFlags};
use sockets::{Errno, RecvFlags, SendFlags, Type};

const CANARY: u8 = 0xa5;

/// A level and a type, and the data.
type Message = (i32, i32, Vec<u8>);

/// A header for `room`, as C has it.
fn header(room: &mut [u64], len: usize) -> libc::msghdr {
    // SAFETY: all zeros is a valid value of this structure.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_control = room.as_mut_ptr().cast();
    header.msg_controllen = len as _;
    header
}

/// What C's macros write.
fn written_by_c(messages: &[Message]) -> Vec<u8> {
    // SAFETY: the macro computes.
    let space = |(_, _, data): &Message| unsafe { libc::CMSG_SPACE(data.len() as c_uint) } as usize;
    let len: usize = messages.iter().map(space).sum();
    // musl's macro finds no place that has room for a header only.
    let more = if cfg!(target_env = "musl") { 32 } else { 0 };
    let mut room = vec![0_u64; (len + more) / 8 + 1];
    let header = header(&mut room, len + more);
    // SAFETY: the control messages of `header` are zeroed memory of that length, aligned.
    let mut at = unsafe { libc::CMSG_FIRSTHDR(&raw const header) };
    for (level, ty, data) in messages {
        assert!(!at.is_null());
        // SAFETY: the macro computes.
        let cmsg_len = unsafe { libc::CMSG_LEN(data.len() as c_uint) } as usize;
        // SAFETY: a header fits there, says the macro that has found the place.
        let place = unsafe { &mut *at };
        (place.cmsg_len, place.cmsg_level, place.cmsg_type) = (cmsg_len as _, *level, *ty);
        // SAFETY: it is behind that header.
        let to = unsafe { libc::CMSG_DATA(at) };
        // SAFETY: the room was made for as many bytes.
        unsafe { std::ptr::copy_nonoverlapping(data.as_ptr(), to, data.len()) };
        // SAFETY: as for the first.
        at = unsafe { libc::CMSG_NXTHDR(&raw const header, at) };
    }
    room.iter().flat_map(|word| word.to_ne_bytes()).take(len).collect()
}

/// What C's macros find.
fn found_by_c(bytes: &[u8]) -> Vec<Message> {
    // musl's macro finds no message at the end that is a header only: one of length 0 behind it, which is none, is its end.
    let more = if cfg!(target_env = "musl") { 32 } else { 0 };
    let mut room = vec![0_u64; (bytes.len() + more) / 8 + 1];
    // SAFETY: there are at least as many bytes.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), room.as_mut_ptr().cast(), bytes.len()) };
    let header = header(&mut room, bytes.len() + more);
    let mut found = Vec::new();
    // SAFETY: the control messages of `header` are there for their length, aligned.
    let mut at = unsafe { libc::CMSG_FIRSTHDR(&raw const header) };
    while !at.is_null() {
        // SAFETY: a header is there, says the macro.
        let place = unsafe { &*at };
        if place.cmsg_len == 0 {
            break;
        }
        // SAFETY: the macro computes.
        let size = place.cmsg_len as usize - unsafe { libc::CMSG_LEN(0) } as usize;
        // SAFETY: it is behind that header.
        let data = unsafe { libc::CMSG_DATA(at) };
        // SAFETY: what is looked at here was written whole.
        let data = unsafe { std::slice::from_raw_parts(data, size) };
        found.push((place.cmsg_level, place.cmsg_type, data.to_vec()));
        // SAFETY: as for the first.
        at = unsafe { libc::CMSG_NXTHDR(&raw const header, at) };
    }
    found
}

fn found_by_us(bytes: &[u8]) -> Vec<Message> {
    cmsg::walk(bytes).map(|message| (message.level(), message.ty(), message.data().to_vec())).collect()
}

/// One message of every kind that is sent, and what it is to be.
fn all_kinds(control: &mut ControlWriter<'_>) -> Vec<Message> {
    let mut all: Vec<Message> = Vec::new();
    macro_rules! push {
        ($($row:ident($value:expr) = $data:expr;)+) => {
            $(
                control.push(cmsg::$row, $value).unwrap();
                let data: Vec<u8> = $data.to_vec();
                assert!(data.len() <= cmsg::table().iter().find(|row| row.name == stringify!($row)).unwrap().size);
                all.push((cmsg::$row.level(), cmsg::$row.number(), data));
            )+
        };
    }
    let (index, loopback) = (7_u32, [127, 0, 0, 1]);
    let pktinfo4 = PktInfo4 { interface: index, spec_dst: Ipv4Addr::LOCALHOST, addr: Ipv4Addr::BROADCAST };
    let pktinfo6 = PktInfo6 { interface: index, addr: Ipv6Addr::LOCALHOST };
    let raw_pktinfo6 = [&Ipv6Addr::LOCALHOST.octets()[..], &index.to_ne_bytes()].concat();
    let options = [1, 2, 3, 4, 5];
    push! {
        IP_PKTINFO(pktinfo4) = [index.to_ne_bytes(), loopback, [255; 4]].concat();
        IP_PROTOCOL(17) = 17_i32.to_ne_bytes();
        IP_RETOPTS(&options) = options;
        IP_TOS(TrafficClass::new(46, Ecn::Ce)) = 0xbb_i32.to_ne_bytes();
        IP_TTL(5) = 5_i32.to_ne_bytes();
        IPV6_2292DSTOPTS(&options) = options;
        IPV6_2292HOPLIMIT(6) = 6_i32.to_ne_bytes();
        IPV6_2292HOPOPTS(&[]) = [];
        IPV6_2292PKTINFO(pktinfo6) = raw_pktinfo6;
        IPV6_2292RTHDR(&options) = options;
        IPV6_DONTFRAG(1) = 1_i32.to_ne_bytes();
        IPV6_DSTOPTS(&options) = options;
        IPV6_FLOWINFO(0x0abc_def1) = [0x0a, 0xbc, 0xde, 0xf1];
        IPV6_HOPLIMIT(-1) = (-1_i32).to_ne_bytes();
        IPV6_HOPOPTS(&options) = options;
        IPV6_PKTINFO(pktinfo6) = raw_pktinfo6;
        IPV6_RTHDR(&options) = options;
        IPV6_RTHDRDSTOPTS(&options) = options;
        IPV6_TCLASS(TrafficClass::from(0xb8)) = 0xb8_i32.to_ne_bytes();
        ALG_SET_AEAD_ASSOCLEN(20) = 20_u32.to_ne_bytes();
        ALG_SET_IV(&options) = [&5_u32.to_ne_bytes()[..], &options].concat();
        ALG_SET_OP(1) = 1_u32.to_ne_bytes();
        SCM_CREDENTIALS(Credentials { pid: 1, uid: 2, gid: 3 }) = [1_u32, 2, 3].map(u32::to_ne_bytes).concat();
        SCM_TS_OPT_ID(9) = 9_u32.to_ne_bytes();
        SCM_TXTIME(1 << 40) = (1_u64 << 40).to_ne_bytes();
        SO_MARK(11) = 11_u32.to_ne_bytes();
        SO_PRIORITY(12) = 12_u32.to_ne_bytes();
        SO_TIMESTAMPING(TimestampingFlags::from_bits_retain(13)) = 13_u32.to_ne_bytes();
        TLS_SET_RECORD_TYPE(21) = [21];
        UDP_SEGMENT(1400) = 1400_u16.to_ne_bytes();
    }
    all
}

#[test]
fn space_is_that_of_c() {
    for size in (0..5_000).chain([65_535, 1 << 20, i32::MAX as usize - 64]) {
        // SAFETY: the macro computes.
        let c = unsafe { libc::CMSG_SPACE(size as c_uint) };
        assert_eq!(cmsg::space(size), c as usize, "{size}");
    }
    // Where C would wrap around, it is more than any room has.
    for size in [usize::MAX, usize::MAX - 1, isize::MAX as usize, isize::MAX as usize - 16] {
        assert!(cmsg::space(size) > isize::MAX as usize - 16, "{size}");
        assert!(cmsg::SCM_RIGHTS.space_of(size) > isize::MAX as usize - 16, "{size}");
    }
    assert_eq!(cmsg::SCM_RIGHTS.space_of(3), cmsg::space(12));
    assert_eq!(cmsg::IPV6_HOPOPTS.space_of(8), cmsg::space(8));
    assert_eq!(cmsg::ALG_SET_IV.space_of(16), cmsg::space(20));
    for row in cmsg::table() {
        assert!(cmsg::space(row.size) > row.size, "{row:?}");
    }
    const SUM: usize = cmsg::IP_TTL.space() + cmsg::SCM_RIGHTS.space() + cmsg::SCM_TIMESTAMPING.space();
    assert_eq!(ControlBuf::<SUM>::new().len(), SUM);
    assert_eq!(SUM, cmsg::space(4) + cmsg::space(4 * 253) + cmsg::space(48));
}

#[test]
fn what_is_written_is_what_c_writes_and_c_finds_it() {
    let mut room = ControlBuf::<4096>::new();
    let mut control = ControlWriter::new(&mut room);
    let all = all_kinds(&mut control);
    assert_eq!(found_by_us(control.as_bytes()), all);
    assert_eq!(found_by_c(control.as_bytes()), all);
    assert_eq!(control.as_bytes(), written_by_c(&all));
    // Nothing that is sent is missing.
    for row in cmsg::table().iter().filter(|row| row.send && row.name != "SCM_RIGHTS") {
        assert!(all.iter().any(|(level, ty, _)| (row.level, row.number) == (*level, *ty)), "{row:?}");
    }
}

#[test]
fn descriptors_are_written_in_their_order() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_STREAM);
    let fds = [a.as_fd(), b.as_fd(), a.as_fd()];
    let mut room = ControlBuf::<{ cmsg::SCM_RIGHTS.space_of(3) }>::new();
    let mut control = ControlWriter::new(&mut room);
    control.push(cmsg::SCM_RIGHTS, &fds).unwrap();
    let data = fds.map(|fd: BorrowedFd<'_>| fd.as_raw_fd().to_ne_bytes()).concat();
    let all = [(libc::SOL_SOCKET, libc::SCM_RIGHTS, data)];
    assert_eq!(control.as_bytes(), written_by_c(&all));
}

#[test]
fn no_byte_outside_the_room_and_none_of_what_does_not_fit_is_written() {
    let own: Cmsg<cmsg::Long, Both> = Cmsg::new("OWN", 4711, 1);
    let full = cmsg::space(1) + cmsg::space(8) + cmsg::space(0) + cmsg::space(5);
    for offset in 0..8 {
        for len in 0..=full + 1 {
            let mut memory = vec![CANARY; 8 + full + 16];
            let mut control = ControlWriter::new(&mut memory[offset..offset + len]);
            let mut used = 0;
            for (number, size) in [1, 8, 0, 5].into_iter().enumerate() {
                let before = control.as_bytes().to_vec();
                let pushed = match number {
                    0 => control.push(cmsg::TLS_SET_RECORD_TYPE, 1),
                    1 => control.push(own, 2),
                    2 => control.push(cmsg::IPV6_HOPOPTS, &[]),
                    _ => control.push(cmsg::IPV6_HOPOPTS, b"bytes"),
                };
                // The padding of the last one need not fit.
                let header = cmsg::space(0);
                if used + header + size <= len {
                    assert_eq!(pushed, Ok(()));
                    used = (used + cmsg::space(size)).min(len);
                    assert!(control.as_bytes().starts_with(&before));
                } else {
                    assert_eq!(pushed, Err(Errno::ENOBUFS), "{len} {number}");
                    assert_eq!(control.as_bytes(), before);
                }
                assert_eq!((control.as_bytes().len(), control.is_empty()), (used, used == 0));
            }
            assert!(memory[..offset].iter().all(|byte| *byte == CANARY));
            assert!(memory[offset + used..].iter().all(|byte| *byte == CANARY), "{len}");
        }
    }
}

#[test]
fn what_is_cleared_is_written_anew() {
    let mut room = ControlBuf::<64>::new();
    let mut control = ControlWriter::new(&mut room);
    control.push(cmsg::IP_TTL, 1).unwrap();
    assert!(!control.is_empty());
    control.clear();
    assert!(control.is_empty() && control.as_bytes().is_empty());
    control.push(cmsg::IP_TOS, TrafficClass::from(4)).unwrap();
    assert_eq!(found_by_us(control.as_bytes()), [(0, libc::IP_TOS, 4_i32.to_ne_bytes().to_vec())]);
    assert_eq!(format!("{control:?}"), format!("[IP_TOS({})]", hex(&4_i32.to_ne_bytes())));
    assert!(ControlWriter::none().is_empty());
    assert_eq!(ControlWriter::none().push(cmsg::IP_TTL, 1), Err(Errno::ENOBUFS));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn random_messages_are_those_of_c() {
    let mut noise = Noise(7);
    for _ in 0..2_000 {
        let mut room = vec![0; 1024];
        let mut control = ControlWriter::new(&mut room);
        let mut all = Vec::new();
        for _ in 0..noise.below(6) {
            let len = noise.below(40);
            let data = noise.bytes(len);
            let row = noise.one_of(&[cmsg::IPV6_HOPOPTS, cmsg::IPV6_DSTOPTS, cmsg::IP_RETOPTS]);
            control.push(row, &data).unwrap();
            all.push((row.level(), row.number(), data));
        }
        assert_eq!(control.as_bytes(), written_by_c(&all));
        assert_eq!(found_by_c(control.as_bytes()), all);
        assert_eq!(found_by_us(control.as_bytes()), all);
    }
}

#[test]
fn a_value_that_cannot_be_sent_is_refused_before_the_call() {
    let _guard = guard();
    let (a, _b) = unix_pair(Type::SOCK_STREAM);
    let mut room = vec![0; 4096];
    let mut control = ControlWriter::new(&mut room);
    let fds = vec![a.as_fd(); 254];
    assert_eq!(control.push(cmsg::SCM_RIGHTS, &fds), Err(Errno::EINVAL));
    let interface = i32::MAX as u32 + 1;
    let (spec_dst, addr) = (Ipv4Addr::UNSPECIFIED, Ipv4Addr::UNSPECIFIED);
    let pktinfo = PktInfo4 { interface, spec_dst, addr };
    assert_eq!(control.push(cmsg::IP_PKTINFO, pktinfo), Err(Errno::EINVAL));
    let pktinfo = PktInfo6 { interface, addr: Ipv6Addr::UNSPECIFIED };
    assert_eq!(control.push(cmsg::IPV6_PKTINFO, pktinfo), Err(Errno::EINVAL));
    assert!(control.is_empty());
    control.push(cmsg::SCM_RIGHTS, &fds[..253]).unwrap();
    assert_eq!(control.as_bytes().len(), cmsg::SCM_RIGHTS.space());
}

#[test]
fn the_kernel_takes_what_is_written_with_and_without_the_last_padding() {
    let _guard = guard();
    let socket = udp_bound();
    socket.setsockopt(sockets::opt::IP_RECVTTL, true).unwrap();
    let to = socket.getsockname().unwrap();
    let mut memory = [0; 128];
    for offset in 0..8 {
        for room in [cmsg::space(0) + 4, cmsg::space(4), cmsg::space(4) + 1] {
            let mut control = ControlWriter::new(&mut memory[offset..offset + room]);
            control.push(cmsg::IP_TTL, 33).unwrap();
            socket.sendmsg_to(b"x", &control, SendFlags::empty(), &to).unwrap();
            let (mut byte, mut room) = ([0], ControlBuf::<64>::new());
            let message = socket.recvmsg(&mut byte, &mut room, RecvFlags::empty()).unwrap();
            assert_eq!(message.control.get(cmsg::IP_TTL), Some(33));
        }
    }
}

#[test]
fn rows_of_ones_own_hold_no_descriptors() {
    use std::panic::catch_unwind;
    for number in [libc::SCM_RIGHTS, 4] {
        let row = catch_unwind(|| Cmsg::<cmsg::Int, Both>::new("FD", libc::SOL_SOCKET, number));
        assert!(row.is_err(), "{number}");
    }
    let row = Cmsg::<cmsg::Int, Both>::new("OWN", libc::SOL_SOCKET, libc::SCM_CREDENTIALS);
    assert_eq!(format!("{row:?}"), format!("OWN({}, 2)", libc::SOL_SOCKET));
}
