//! The checksum, against a loop that anybody sees to be right, and against etherparse.

#[path = "common/noise.rs"]
mod noise;

use std::io::IoSlice;
use std::net::{Ipv4Addr, Ipv6Addr};

use etherparse::{IpNumber, Ipv4Header, TcpHeader, UdpHeader};
use noise::Noise;
use sockets::raw::Checksum;

/// RFC 1071, word by word.
fn naive(bytes: &[u8]) -> u16 {
    let mut sum = 0_u64;
    for pair in bytes.chunks(2) {
        sum += u64::from(pair[0]) << 8 | u64::from(*pair.get(1).unwrap_or(&0));
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// Bytes of which many are all ones or all zeros, where sums turn over.
fn bytes(noise: &mut Noise, len: usize) -> Vec<u8> {
    match noise.below(4) {
        0 => vec![0xff; len],
        1 => (0..len).map(|_| noise.one_of(&[0, 0xff, 0xff, 1])).collect(),
        2 => vec![0; len],
        _ => noise.bytes(len),
    }
}

#[test]
fn the_example_of_the_rfc() {
    let words = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
    assert_eq!(Checksum::new().bytes(&words).finish(), !0xddf2);
    assert_eq!(Checksum::new().finish(), 0xffff);
    assert_eq!(Checksum::new().bytes(&[0x80]).finish(), !0x8000);
}

#[test]
fn every_length_at_every_distance() {
    let mut noise = Noise(1);
    for len in 0..300 {
        let room = bytes(&mut noise, len + 8);
        for at in 0..8 {
            let data = &room[at..at + len];
            assert_eq!(Checksum::new().bytes(data).finish(), naive(data), "{len} bytes at {at}");
        }
    }
    for len in [65_535, 1 << 20, (1 << 20) + 33] {
        let data = bytes(&mut noise, len);
        assert_eq!(Checksum::new().bytes(&data).finish(), naive(&data), "{len} bytes");
    }
}

#[test]
fn pieces_are_continued_where_they_ended() {
    let mut noise = Noise(2);
    for _ in 0..5_000 {
        let len = noise.below(400);
        let data = bytes(&mut noise, len);
        let mut pieces = Vec::new();
        let mut rest = &data[..];
        while !rest.is_empty() {
            let (piece, more) = rest.split_at(noise.below(rest.len().min(90) + 1));
            pieces.push(IoSlice::new(piece));
            rest = more;
        }
        let sum = Checksum::new().pieces(&pieces);
        assert_eq!(
            sum.finish(),
            naive(&data),
            "{:?}",
            pieces.iter().map(|piece| piece.len()).collect::<Vec<_>>()
        );
    }
}

#[test]
fn what_has_its_checksum_is_valid_and_every_other_bit_is_not() {
    let mut noise = Noise(3);
    for _ in 0..300 {
        let len = 4 + noise.below(60);
        let mut data = bytes(&mut noise, len);
        data[0] |= 1; // not zeros alone
        data[2..4].fill(0);
        let check = Checksum::new().bytes(&data).finish();
        data[2..4].copy_from_slice(&check.to_be_bytes());
        assert!(Checksum::new().bytes(&data).is_valid());
        let (byte, bit) = (noise.below(len), noise.below(8));
        data[byte] ^= 1 << bit;
        assert!(!Checksum::new().bytes(&data).is_valid());
    }
    assert!(!Checksum::new().bytes(&[0; 20]).is_valid());
}

#[test]
fn a_word_is_replaced_as_if_all_were_summed_again() {
    let mut noise = Noise(4);
    for round in 0..50_000 {
        let len = 4 + noise.below(30);
        let mut data = bytes(&mut noise, len);
        let check = Checksum::new().bytes(&data).finish();
        let wide = round % 2 == 0;
        let width = if wide { 4 } else { 2 };
        let at = noise.below((len - width) / 2 + 1) * 2;
        let before = data[at..at + width].to_vec();
        let after = bytes(&mut noise, width);
        data[at..at + width].copy_from_slice(&after);
        let changed = if wide {
            let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap());
            Checksum::replace32(check, number(&before), number(&after))
        } else {
            let number = |bytes: &[u8]| u16::from_be_bytes(bytes.try_into().unwrap());
            Checksum::replace(check, number(&before), number(&after))
        };
        if data.iter().all(|byte| *byte == 0) {
            assert!(changed == 0 || changed == 0xffff);
        } else {
            assert_eq!(changed, naive(&data), "{before:?} -> {after:?} in {data:?}");
        }
    }
    // The example of RFC 1624: equation 2 gives 0xffff here.
    assert_eq!(Checksum::replace(0xdd2f, 0x5555, 0x3285), 0);
}

#[test]
fn etherparse_says_the_same() {
    let mut noise = Noise(5);
    for _ in 0..2_000 {
        let mut address = [0; 16];
        address.copy_from_slice(&noise.bytes(16));
        let (v6, v6_to) = (Ipv6Addr::from(address), Ipv6Addr::LOCALHOST);
        let (v4, v4_to) =
            (Ipv4Addr::from(u32::from_be_bytes([address[0], address[1], 0, 1])), Ipv4Addr::LOCALHOST);
        let len = noise.below(1400);
        let payload = bytes(&mut noise, len);
        let udp_len = (8 + payload.len()) as u16;

        let mut header = Ipv4Header::new(udp_len, 64, IpNumber::UDP, v4.octets(), v4_to.octets()).unwrap();
        header.header_checksum = header.calc_header_checksum();
        assert!(Checksum::new().bytes(&header.to_bytes()).is_valid());

        let udp = UdpHeader::with_ipv4_checksum(7, 9, &header, &payload).unwrap();
        let bare = UdpHeader { checksum: 0, ..udp.clone() }.to_bytes();
        let sum = Checksum::new().ipv4(v4, v4_to, 17, udp_len).bytes(&bare).bytes(&payload);
        assert_eq!(Checksum::udp(sum.finish()), udp.checksum);

        let udp = UdpHeader {
            checksum: udp.calc_checksum_ipv6_raw(v6.octets(), v6_to.octets(), &payload).unwrap(),
            ..udp
        };
        let pseudo = Checksum::new().ipv6(v6, v6_to, 17, udp_len.into());
        assert_eq!(Checksum::udp(pseudo.bytes(&bare).bytes(&payload).finish()), udp.checksum);
        assert!(pseudo.bytes(&udp.to_bytes()).bytes(&payload).is_valid());

        let tcp = TcpHeader::new(1, 2, 3, 4);
        let check = tcp.calc_checksum_ipv6_raw(v6.octets(), v6_to.octets(), &payload).unwrap();
        let len = (20 + payload.len()) as u32;
        let sum = Checksum::new().ipv6(v6, v6_to, 6, len).bytes(&tcp.to_bytes()).bytes(&payload);
        assert_eq!(sum.finish(), check);
    }
}

#[test]
fn a_length_of_32_bits_is_summed_whole() {
    let pseudo = Checksum::new().ipv6(Ipv6Addr::UNSPECIFIED, Ipv6Addr::UNSPECIFIED, 17, 0x0001_0203);
    assert_eq!(pseudo.finish(), !(1 + 0x0203 + 17));
}

/// `cargo test --release --test raw_checksum -- --ignored --nocapture`
#[test]
#[ignore = "a measurement"]
fn how_much_faster_than_the_naive_loop() {
    use std::hint::black_box;
    use std::time::Instant;
    for len in [20, 64, 1500, 65_535] {
        let data = Noise(6).bytes(len);
        let time = |body: &dyn Fn(&[u8]) -> u16| {
            let best = (0..5).map(|_| {
                let start = Instant::now();
                for _ in 0..(40_000_000 / (len + 200)) {
                    black_box(body(black_box(&data)));
                }
                start.elapsed()
            });
            best.min().unwrap().as_secs_f64() / (40_000_000 / (len + 200)) as f64
        };
        let (slow, fast) = (time(&naive), time(&|data| Checksum::new().bytes(data).finish()));
        let etherparse =
            time(&|data| etherparse::checksum::Sum16BitWords::new().add_slice(data).ones_complement());
        eprintln!(
            "{len} bytes: {:.1} ns, {:.1} GB/s; naive {:.1} times, etherparse {:.1} times that",
            fast * 1e9,
            len as f64 / fast / 1e9,
            slow / fast,
            etherparse / fast
        );
    }
}
