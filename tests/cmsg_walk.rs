//! Control messages as bytes that come from anywhere: the walker sees in them what a second implementation sees, and what the
//! kernel sees.

mod common;

#[path = "common/cmsg_check.rs"]
mod cmsg_check;
#[path = "common/noise.rs"]
mod noise;

use std::os::fd::AsRawFd;

use cmsg_check::{HEADER, check_bytes, check_data, naive, one};
use common::{guard, udp_bound};
use noise::Noise;
use sockets::cmsg::{self, ControlBuf};
use sockets::{Errno, RecvFlags, Socket};

const WORD: usize = size_of::<usize>();

/// Levels and types that are common, and some that are not.
const NAMES: &[(i32, i32)] = &[
    (libc::SOL_SOCKET, libc::SCM_RIGHTS),
    (libc::SOL_SOCKET, libc::SCM_CREDENTIALS),
    (libc::IPPROTO_IP, libc::IP_TTL),
    (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO),
    (0, 0),
    (-1, -1),
    (i32::MAX, i32::MIN),
];

/// `bytes` at this distance from a multiple of eight.
fn at_offset(bytes: &[u8], offset: usize, look: impl FnOnce(&[u8])) {
    let mut room = vec![0_u64; bytes.len() / 8 + 2];
    // SAFETY: the words have as many bytes, which may all be anything.
    let room = unsafe { std::slice::from_raw_parts_mut(room.as_mut_ptr().cast::<u8>(), room.len() * 8) };
    let place = &mut room[offset..offset + bytes.len()];
    place.copy_from_slice(bytes);
    look(place);
}

/// A header that says this length.
fn header(len: usize, (level, ty): (i32, i32)) -> Vec<u8> {
    let mut bytes = one(level, ty, &[]);
    bytes[..WORD].copy_from_slice(&len.to_ne_bytes());
    bytes
}

/// Lengths that are wrong, or almost.
fn lies(truth: usize) -> Vec<usize> {
    let near = |len: usize| [len.wrapping_sub(1), len, len.wrapping_add(1)];
    let mut all = vec![WORD - 1, WORD, u16::MAX as usize, u32::MAX as usize, usize::MAX / 2 + 2 - WORD];
    for len in [0, 1, HEADER, HEADER + WORD, truth, truth.next_multiple_of(WORD)] {
        all.extend(near(len));
    }
    for len in [isize::MAX as usize, usize::MAX, usize::MAX - WORD, usize::MAX - HEADER] {
        all.extend(near(len));
    }
    all
}

/// Messages of which some lie, with something behind the last.
fn hostile(noise: &mut Noise) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..noise.below(5) {
        let size = noise.below(3 * WORD);
        let data = noise.bytes(size);
        let (level, ty) = noise.one_of(NAMES);
        let mut message = one(level, ty, &data);
        if noise.below(4) == 0 {
            let len = noise.one_of(&lies(HEADER + data.len()));
            message[..WORD].copy_from_slice(&len.to_ne_bytes());
        }
        bytes.extend(message);
    }
    let cut = noise.below(bytes.len() / 4 + 1);
    bytes.truncate(bytes.len() - cut);
    let more = noise.below(WORD);
    bytes.extend(noise.bytes(more));
    bytes
}

#[test]
fn noise_of_every_length_at_every_alignment() {
    let mut noise = Noise(1);
    for len in 0..=160 {
        let bytes = noise.bytes(len);
        for offset in 0..8 {
            at_offset(&bytes, offset, check_bytes);
        }
    }
}

#[test]
fn hostile_messages_are_seen_as_the_second_implementation_sees_them() {
    let mut noise = Noise(2);
    let (mut cut, mut many) = (0, 0);
    for round in 0..20_000 {
        let bytes = hostile(&mut noise);
        at_offset(&bytes, round % 8, check_bytes);
        let (seen, _) = naive(&bytes);
        cut += usize::from(seen.last().is_some_and(|last| last.cut));
        many += usize::from(seen.len() > 2);
    }
    assert!(cut > 1000 && many > 1000, "{cut} were cut, {many} had many messages");
}

#[test]
fn a_length_that_lies_is_clamped_or_ends_the_walk() {
    for behind in 0..=3 * WORD {
        for len in lies(HEADER + behind) {
            let mut bytes = header(len, (libc::IPPROTO_IP, libc::IP_TTL));
            bytes.resize(HEADER + behind, 7);
            check_bytes(&bytes);
            let first = cmsg::walk(&bytes).next();
            match first {
                None => assert!(len < HEADER, "{len}"),
                Some(message) => {
                    assert_eq!(message.data().len(), (len - HEADER).min(behind), "{len}");
                    assert_eq!(message.is_cut(), len > bytes.len(), "{len}");
                }
            }
        }
    }
}

#[test]
fn the_border_of_the_last_message_may_lie_anywhere() {
    for size in 0..=2 * WORD {
        let bytes = [one(1, 2, &vec![7; size]), one(3, 4, &vec![8; size])].concat();
        let (first, second) = (bytes.len() / 2, bytes.len() / 2 + HEADER + size);
        for len in 0..=bytes.len() {
            check_bytes(&bytes[..len]);
            let walked: Vec<_> = cmsg::walk(&bytes[..len]).collect();
            // The first is there with its header, the second with its own. The padding is nobody's.
            assert_eq!(
                walked.len(),
                usize::from(len >= HEADER) + usize::from(len >= first + HEADER),
                "{len}"
            );
            if let Some(last) = walked.get(1) {
                assert_eq!(last.is_cut(), len < second, "{len}");
            }
        }
    }
}

#[test]
fn messages_without_data_are_messages() {
    let bytes = [one(1, 2, &[]), one(3, 4, &[]), one(5, 6, &[])].concat();
    check_bytes(&bytes);
    let walked: Vec<_> = cmsg::walk(&bytes).map(|message| (message.level(), message.ty())).collect();
    assert_eq!(walked, [(1, 2), (3, 4), (5, 6)]);
    assert!(cmsg::walk(&bytes).all(|message| message.data().is_empty() && !message.is_cut()));
    assert_eq!(cmsg::walk(&[]).count(), 0);
}

#[test]
fn any_data_of_every_kind_is_a_value_or_none() {
    let mut noise = Noise(3);
    for len in 0..=80 {
        check_data(&vec![0; len]);
        check_data(&vec![0xff; len]);
        for _ in 0..20 {
            check_data(&noise.bytes(len));
        }
    }
}

#[test]
fn unknown_kinds_are_kept_with_level_type_and_bytes() {
    let bytes = [one(4711, -12, b"unknown"), one(libc::IPPROTO_IP, libc::IP_TTL, &[64, 0, 0, 0])].concat();
    let walked: Vec<_> = cmsg::walk(&bytes).collect();
    let unknown = walked[0];
    assert_eq!((unknown.level(), unknown.ty(), unknown.data()), (4711, -12, &b"unknown"[..]));
    assert_eq!((unknown.name(), unknown.get(cmsg::IP_TTL)), (None, None));
    assert_eq!(format!("{unknown:?}"), "level 4711 type -12(756e6b6e6f776e)");
    assert_eq!(walked[1].get(cmsg::IP_TTL), Some(i32::from_ne_bytes([64, 0, 0, 0])));
    assert_eq!(walked[1].name(), Some("IP_TTL"));
    // A row of one's own reads the same bytes.
    let own: cmsg::Cmsg<cmsg::Unsigned, cmsg::Both> = cmsg::Cmsg::new("OWN", 4711, -12);
    assert_eq!(unknown.get(own), Some(u32::from_ne_bytes(*b"unkn")));
}

/// sendmsg(2) of one byte with these bytes as control messages.
fn send_raw(socket: &Socket, control: &[u8]) -> sockets::Result<()> {
    let mut piece = libc::iovec { iov_base: b"x".as_ptr().cast_mut().cast(), iov_len: 1 };
    // SAFETY: all zeros is a valid value of this structure.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = &raw mut piece;
    message.msg_iovlen = 1;
    message.msg_control = control.as_ptr().cast_mut().cast();
    message.msg_controllen = control.len() as _;
    // Past the C library, because musl's looks into the messages itself.
    // SAFETY: the kernel reads the piece and the control messages, for the lengths that they have.
    let n = unsafe { libc::syscall(libc::SYS_sendmsg, socket.as_raw_fd(), &raw const message, 0) };
    Errno::result(n).map(drop)
}

#[test]
fn the_kernel_takes_what_the_walker_sees_whole() {
    let _guard = guard();
    let socket = udp_bound();
    socket.connect(socket.getsockname().unwrap()).unwrap();
    let mut noise = Noise(4);
    let (mut taken, mut refused) = (0, 0);
    for round in 0..5_000 {
        let mut bytes = hostile(&mut noise);
        let (seen, good) = naive(&bytes);
        // To a program of 32 bits on a kernel of 64, what is left behind the last one is the next one.
        if cfg!(target_pointer_width = "32") && good {
            bytes.truncate(seen.last().map_or(0, |last| last.at + last.data.len()));
        }
        // Nobody looks at the data of a level that there is not.
        for message in &seen {
            bytes[message.at - 8..message.at].copy_from_slice(&[0x77; 8]);
        }
        let whole = !cmsg::walk(&bytes).any(|message| message.is_cut());
        assert!(whole || !good);
        at_offset(&bytes, round % 8, |bytes| {
            let sent = send_raw(&socket, bytes);
            assert_eq!(sent, if good { Ok(()) } else { Err(Errno::EINVAL) }, "{bytes:?}");
        });
        if good {
            assert_eq!(socket.recv(&mut [0; 1], RecvFlags::empty()), Ok(1));
            taken += 1;
        } else {
            refused += 1;
        }
    }
    assert!(taken > 500 && refused > 500, "{taken} taken, {refused} refused");
}

#[test]
fn room_at_every_alignment_receives_the_same() {
    let _guard = guard();
    let socket = udp_bound();
    socket.connect(socket.getsockname().unwrap()).unwrap();
    socket.setsockopt(sockets::opt::IP_RECVTTL, true).unwrap();
    socket.setsockopt(sockets::opt::IP_PKTINFO, true).unwrap();
    let mut last = Vec::new();
    for offset in 0..=WORD {
        // A fresh one: the kernel does not write the padding.
        let mut room = ControlBuf::<256>::new();
        socket.send(b"x", sockets::SendFlags::empty()).unwrap();
        let mut byte = [0];
        let message = socket.recvmsg(&mut byte, &mut room[offset..], RecvFlags::empty()).unwrap();
        assert_eq!(message.control.get(cmsg::IP_TTL), Some(64));
        let bytes = message.control.as_bytes().to_vec();
        assert!(!bytes.is_empty() && (offset == 0 || bytes == last), "{offset}");
        last = bytes;
    }
}
