//! The checksum of the Internet protocols.

use std::io::IoSlice;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The checksum of IPv4, ICMP, UDP and TCP (RFC 1071): the one's complement of the one's complement sum of all
/// 16-bit words.
///
/// Bytes are added piece by piece, of any length: an odd one is continued where it ended, and only the end of all is
/// filled up with a zero. Nothing is copied or allocated.
///
/// The result is a number as one says it, so [`to_be_bytes`](u16::to_be_bytes) gives the two bytes of the packet. The
/// field itself must be zero while the sum is made.
///
/// ```
/// use sockets::raw::Checksum;
///
/// let mut echo = [8, 0, 0, 0, 0, 7, 0, 1, b'h', b'i']; // an echo request of ICMP
/// let check = Checksum::new().bytes(&echo).finish();
/// echo[2..4].copy_from_slice(&check.to_be_bytes());
///
/// // Who receives it adds everything, the field too.
/// assert!(Checksum::new().bytes(&echo).is_valid());
/// ```
///
/// [RFC 1071](https://www.rfc-editor.org/rfc/rfc1071), [RFC 1624](https://www.rfc-editor.org/rfc/rfc1624)
#[derive(Debug, Clone, Copy, Default)]
pub struct Checksum {
    /// The sum, of words as they lie in memory: folded it is the right one, with its bytes in memory's order.
    sum: u64,
    /// Has half a word been added last?
    odd: bool,
}

impl Checksum {
    /// Of nothing yet.
    #[inline]
    pub const fn new() -> Self {
        Checksum { sum: 0, odd: false }
    }

    /// Adds bytes.
    #[inline]
    #[must_use]
    pub fn bytes(self, bytes: &[u8]) -> Self {
        let sum = sum(bytes);
        // A piece that begins in the middle of a word has its bytes the other way round.
        let sum = if self.odd { sum.swap_bytes() } else { sum };
        Checksum { sum: add(self.sum, sum.into()), odd: self.odd ^ (bytes.len() % 2 == 1) }
    }

    /// Adds pieces, as [`sendmsg`](crate::Socket::sendmsg) takes them.
    ///
    /// ```
    /// use std::io::IoSlice;
    /// use sockets::raw::Checksum;
    ///
    /// let pieces = [IoSlice::new(b"abc"), IoSlice::new(b""), IoSlice::new(b"defg")];
    /// let check = Checksum::new().pieces(&pieces).finish();
    /// assert_eq!(check, Checksum::new().bytes(b"abcdefg").finish());
    /// ```
    #[must_use]
    #[doc(alias = "iovec")]
    pub fn pieces(self, pieces: &[IoSlice<'_>]) -> Self {
        pieces.iter().fold(self, |sum, piece| sum.bytes(piece))
    }

    /// Adds the pseudo-header of UDP and TCP over IPv4 (RFC 768, RFC 9293). `len` is that of what follows: header
    /// and data of UDP or TCP.
    ///
    /// ```
    /// use std::net::Ipv4Addr;
    /// use sockets::raw::Checksum;
    ///
    /// let (from, to) = (Ipv4Addr::new(127, 0, 0, 1), Ipv4Addr::new(127, 0, 0, 2));
    /// let mut udp = [0x10, 0x92, 0, 9, 0, 10, 0, 0, b'h', b'i']; // ports, length, checksum, data
    /// let check = Checksum::new().ipv4(from, to, 17, udp.len() as u16).bytes(&udp).finish();
    /// udp[6..8].copy_from_slice(&Checksum::udp(check).to_be_bytes());
    /// assert!(Checksum::new().ipv4(from, to, 17, udp.len() as u16).bytes(&udp).is_valid());
    /// ```
    #[must_use]
    pub fn ipv4(self, source: Ipv4Addr, destination: Ipv4Addr, protocol: u8, len: u16) -> Self {
        self.bytes(&source.octets())
            .bytes(&destination.octets())
            .bytes(&[0, protocol])
            .bytes(&len.to_be_bytes())
    }

    /// Adds the pseudo-header of ICMPv6, UDP and TCP over IPv6 (RFC 8200, section 8.1). `len` is that of what follows;
    /// it has 32 bits, for jumbograms.
    ///
    /// `destination` is the last one, if there is a routing header; `next_header` is the protocol's number, also behind
    /// extension headers.
    ///
    /// ```
    /// use std::net::Ipv6Addr;
    /// use sockets::raw::Checksum;
    ///
    /// let mut echo = [128, 0, 0, 0, 0, 7, 0, 1]; // an echo request of ICMPv6
    /// let pseudo = Checksum::new().ipv6(Ipv6Addr::LOCALHOST, Ipv6Addr::LOCALHOST, 58, 8);
    /// let check = pseudo.bytes(&echo).finish();
    /// echo[2..4].copy_from_slice(&check.to_be_bytes());
    /// assert!(pseudo.bytes(&echo).is_valid());
    /// ```
    #[must_use]
    pub fn ipv6(self, source: Ipv6Addr, destination: Ipv6Addr, next_header: u8, len: u32) -> Self {
        self.bytes(&source.octets()).bytes(&destination.octets()).bytes(&len.to_be_bytes()).bytes(&[
            0,
            0,
            0,
            next_header,
        ])
    }

    /// The checksum of what was added.
    #[inline]
    pub const fn finish(self) -> u16 {
        !u16::from_be(fold(self.sum))
    }

    /// Is what was added right, its checksum included?
    ///
    /// Zeros alone are not. A UDP checksum of 0 over IPv4 means that there is none; that is the caller's to know.
    #[inline]
    pub const fn is_valid(self) -> bool {
        self.finish() == 0
    }

    /// What UDP writes for a checksum: 0 becomes `0xffff`, which is the same sum, because 0 says that there is no
    /// checksum (RFC 768). Nothing else does this: TCP and ICMP write 0.
    ///
    /// ```
    /// use sockets::raw::Checksum;
    ///
    /// assert_eq!(Checksum::udp(0), 0xffff);
    /// assert_eq!(Checksum::udp(0x1234), 0x1234);
    /// ```
    #[inline]
    #[must_use]
    pub const fn udp(check: u16) -> u16 {
        if check == 0 { 0xffff } else { check }
    }

    /// The checksum after a 16-bit word has changed, a port or a TTL with its neighbour (RFC 1624, equation 3): without
    /// looking at the packet.
    ///
    /// The word must begin at an even distance from where the sum begins. For UDP, leave a checksum of 0 as it is, and
    /// put the result through [`udp`](Checksum::udp). (If nothing but zeros are left, the result is 0, which is the same
    /// sum as `0xffff`.)
    ///
    /// ```
    /// use sockets::raw::Checksum;
    ///
    /// let check = Checksum::new().bytes(&[0x12, 0x34, 64, 17]).finish();
    /// let routed = Checksum::replace(check, 0x4011, 0x3f11);
    /// assert_eq!(routed, Checksum::new().bytes(&[0x12, 0x34, 63, 17]).finish());
    /// ```
    #[inline]
    #[must_use]
    pub const fn replace(check: u16, before: u16, after: u16) -> u16 {
        // HC' = ~(~HC + ~m + m')
        !fold(!check as u64 + !before as u64 + after as u64)
    }

    /// The same for 32 bits: an IPv4 address, a sequence number. (An IPv6 address is four of them.)
    ///
    /// ```
    /// use sockets::raw::Checksum;
    ///
    /// let check = Checksum::new().bytes(&[10, 0, 0, 1, 9, 9]).finish();
    /// let translated = Checksum::replace32(check, 0x0a00_0001, 0xc0a8_0001);
    /// assert_eq!(translated, Checksum::new().bytes(&[192, 168, 0, 1, 9, 9]).finish());
    /// ```
    #[inline]
    #[must_use]
    pub const fn replace32(check: u16, before: u32, after: u32) -> u16 {
        !fold(!check as u64 + !before as u64 + after as u64)
    }
}

/// The one's complement sum of two.
#[inline]
const fn add(a: u64, b: u64) -> u64 {
    let (sum, carry) = a.overflowing_add(b);
    // After a carry the sum is less than the largest number.
    sum.wrapping_add(carry as u64)
}

/// The sum of the four words. It is 0 only for 0.
#[inline]
const fn fold(sum: u64) -> u16 {
    let sum = (sum & 0xffff_ffff) + (sum >> 32);
    let sum = (sum & 0xffff) + ((sum >> 16) & 0xffff) + (sum >> 32);
    let sum = (sum & 0xffff) + (sum >> 16);
    ((sum & 0xffff) + (sum >> 16)) as u16
}

/// Bytes that are added at once: what the compiler makes vectors of.
const BLOCK: usize = 64;
/// So many bytes that no lane overflows: of each block it takes less than 2^33.
const PART: usize = BLOCK << 20;

/// The sum of the words as they lie in memory.
#[inline]
fn sum(bytes: &[u8]) -> u16 {
    let (mut total, mut rest) = (0, bytes);
    if bytes.len() >= BLOCK {
        (total, rest) = sum_blocks(bytes);
    }
    while let Some((word, more)) = rest.split_first_chunk::<8>() {
        total = add(total, u64::from_ne_bytes(*word));
        rest = more;
    }
    if let Some((word, more)) = rest.split_first_chunk::<4>() {
        total = add(total, u32::from_ne_bytes(*word).into());
        rest = more;
    }
    if let Some((word, more)) = rest.split_first_chunk::<2>() {
        total = add(total, u16::from_ne_bytes(*word).into());
        rest = more;
    }
    if let [last] = rest {
        total = add(total, u16::from_ne_bytes([*last, 0]).into());
    }
    fold(total)
}

/// The sum of all whole blocks, and what is left.
fn sum_blocks(bytes: &[u8]) -> (u64, &[u8]) {
    let mut total = 0;
    let (blocks, rest) = bytes.split_at(bytes.len() - bytes.len() % BLOCK);
    for part in blocks.chunks(PART) {
        let mut lanes = [0_u64; BLOCK / 8];
        for block in part.chunks_exact(BLOCK) {
            for (lane, word) in lanes.iter_mut().zip(block.chunks_exact(8)) {
                let word = u64::from_ne_bytes(word.try_into().unwrap_or_default());
                // The halves by themselves, so that nothing is carried.
                *lane = lane.wrapping_add((word & 0xffff_ffff) + (word >> 32));
            }
        }
        total = lanes.into_iter().fold(total, add);
    }
    (total, rest)
}
