//! Addresses as bytes: all of them survive, whatever they are, and none makes anything panic.

#[path = "common/addr_check.rs"]
mod addr_check;

use addr_check::{check_bytes, check_text, look_at};
use sockets::{Errno, SockAddr};

/// Bytes that look like nothing.
struct Noise(u32);

impl Noise {
    fn byte(&mut self) -> u8 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 24) as u8
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.byte()).collect()
    }
}

#[test]
fn bytes_of_every_length_survive() {
    let mut noise = Noise(1);
    for len in 0..=128 {
        check_bytes(&noise.bytes(len));
    }
    assert_eq!(SockAddr::from_bytes(&[0]), Err(Errno::EINVAL));
    assert_eq!(SockAddr::from_bytes(&[0; 129]), Err(Errno::EINVAL));
    assert_eq!(SockAddr::from_bytes(&[0; 100_000]), Err(Errno::EINVAL));
}

#[test]
fn hostile_bytes_of_every_family_never_panic() {
    let mut noise = Noise(2);
    let lengths = [2, 3, 4, 7, 8, 15, 16, 17, 20, 27, 28, 29, 109, 110, 111, 127, 128];
    for family in 0..=u16::MAX {
        // The families that have a view are looked at more closely below.
        let len = lengths[usize::from(family) % lengths.len()];
        let mut bytes = noise.bytes(len);
        bytes[..2].copy_from_slice(&family.to_ne_bytes());
        look_at(&SockAddr::from_bytes(&bytes).unwrap());
    }
}

#[test]
fn hostile_bytes_of_the_known_families_never_panic() {
    let mut noise = Noise(3);
    for family in [
        libc::AF_UNSPEC,
        libc::AF_UNIX,
        libc::AF_INET,
        libc::AF_INET6,
        libc::AF_PACKET,
        libc::AF_VSOCK,
        libc::AF_NETLINK,
    ] {
        for len in 2..=128 {
            for fill in [None, Some(0), Some(1), Some(b'a'), Some(b'\\'), Some(b'@'), Some(0xff), Some(0xc3)]
            {
                let mut bytes = fill.map_or_else(|| noise.bytes(len), |fill| vec![fill; len]);
                bytes[..2].copy_from_slice(&(family as u16).to_ne_bytes());
                look_at(&SockAddr::from_bytes(&bytes).unwrap());
            }
        }
    }
}

#[test]
fn order_and_equality_agree_for_all_bytes() {
    let mut noise = Noise(5);
    let mut all = vec![SockAddr::EMPTY];
    for family in [0_u16, 1, 2, 10, 256, 0x0100, 0xffff] {
        for len in [0, 1, 2, 14, 26, 126] {
            for fill in [None, Some(0), Some(0xff)] {
                let mut bytes = family.to_ne_bytes().to_vec();
                bytes.extend(fill.map_or_else(|| noise.bytes(len), |fill| vec![fill; len]));
                all.push(SockAddr::from_bytes(&bytes).unwrap());
            }
        }
    }
    for a in &all {
        for b in &all {
            assert_eq!(a.cmp(b).is_eq(), a == b, "{a} {b}");
            assert_eq!(a.cmp(b), b.cmp(a).reverse(), "{a} {b}");
        }
    }
    all.sort();
    assert!(all.is_sorted());
}

#[test]
fn every_byte_of_a_name_survives_the_text() {
    for byte in 0..=u8::MAX {
        let mut bytes = (libc::AF_UNIX as u16).to_ne_bytes().to_vec();
        bytes.extend([0, byte, b'x', byte]);
        let addr = SockAddr::from_bytes(&bytes).unwrap();
        assert_eq!(addr.to_string().parse::<SockAddr>().unwrap(), addr);
        if byte == 0 {
            continue;
        }
        let mut bytes = (libc::AF_UNIX as u16).to_ne_bytes().to_vec();
        bytes.extend([byte, b'x', byte, 0]);
        let addr = SockAddr::from_bytes(&bytes).unwrap();
        assert_eq!(addr.to_string().parse::<SockAddr>().unwrap(), addr);
        // Nothing that a terminal would act on.
        assert!(!addr.to_string().chars().any(char::is_control));
    }
}

#[test]
fn names_that_a_kernel_can_give_survive_the_text_whole() {
    let mut noise = Noise(4);
    for len in 0..=108 {
        for _ in 0..20 {
            let mut bytes = (libc::AF_UNIX as u16).to_ne_bytes().to_vec();
            let name = noise.bytes(len);
            // A path is followed by its NUL where there is room; an abstract name begins with one.
            let is_path = name.first().is_some_and(|first| *first != 0) && !name.contains(&0);
            match len {
                0 => {}
                _ if is_path => {
                    bytes.extend(&name);
                    if len < 108 {
                        bytes.push(0);
                    }
                }
                _ => {
                    bytes.push(0);
                    bytes.extend(&name[1..]);
                }
            }
            let addr = SockAddr::from_bytes(&bytes).unwrap();
            assert_eq!(addr.to_string().parse::<SockAddr>().unwrap(), addr);
        }
    }
}

/// Texts made of what texts are made of, so that some are addresses, and most almost.
#[test]
fn what_is_read_is_written_so_that_it_is_read_again() {
    const PARTS: &[&str] = &[
        "127.0.0.1",
        "[",
        "]",
        "::1",
        "fe80::1",
        "%",
        ":",
        "80",
        "0",
        "65536",
        "lo",
        "unix:",
        "@",
        "\\x41",
        "\\",
        "link:",
        "02:00:00:00:00:01",
        "/",
        "0x0806",
        "0x",
        ",hatype=",
        ",pkttype=",
        "vsock:",
        "any",
        ",flags=",
        "netlink:",
        "0x00000001",
        "af:",
        "16",
        "00ff",
        "4294967295",
        "4294967296",
        "\u{202e}",
        "é",
        " ",
        "-1",
        "+1",
        "256",
    ];
    let mut noise = Noise(6);
    let mut read = 0;
    for _ in 0..200_000 {
        let text: String =
            (0..=noise.byte() % 6).map(|_| PARTS[usize::from(noise.byte()) % PARTS.len()]).collect();
        check_text(&text);
        read += usize::from(text.parse::<SockAddr>().is_ok());
    }
    assert!(read > 1000, "only {read} of them are addresses");
}
