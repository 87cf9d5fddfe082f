//! Numbers, and bytes that are nothing but bytes.

use core::fmt;

use super::{RecvValue, SendValue, Value, coded, kind, value};
use crate::error::Result;
use crate::opt::TimestampingFlags;

kind! {
    /// A number: `uint8_t`.
    Byte: "uint8_t", 1;
    /// A number: `uint16_t`.
    Half: "uint16_t", 2;
    /// A number: `int`.
    Int: "int", 4;
    /// A number: `uint32_t`.
    Unsigned: "uint32_t", 4;
    /// A number: `uint64_t`.
    Long: "uint64_t", 8;
    /// A number of bytes: `int`, which is a `usize` here.
    SegmentSize: "int", 4;
    /// Named bits: `uint32_t`, which are [`TimestampingFlags`] here.
    TimestampingFlagsOf: "uint32_t", 4;
    /// Traffic class and flow label: 32 bits in network byte order, which are a `u32` here.
    FlowInfo: "uint32_t", 4;
    /// Bytes in the form of a protocol, or a name. What the kernel gives today has up to 256 of them; only headers of IPv6,
    /// up to 2048, and labels can have more.
    Bytes: "char[]", 512;
}

/// A kind that a [row of your own](super::super::Cmsg::new) can have.
pub trait Scalar: Value {}

impl Scalar for Byte {}
impl Scalar for Half {}
impl Scalar for Int {}
impl Scalar for Unsigned {}
impl Scalar for Long {}

coded! {
    Byte as u8: recv u8 = Some;
    Half as u16: recv u16 = Some;
    Int as i32: recv i32 = Some;
    Unsigned as u32: recv u32 = Some;
    Long as u64: recv u64 = Some;
    SegmentSize as i32: recv usize = |size| usize::try_from(size).ok();
    FlowInfo as u32: recv u32 = |raw| Some(u32::from_be(raw));
}

coded! {
    Byte as u8: send u8 = |value| value;
    Half as u16: send u16 = |value| value;
    Int as i32: send i32 = |value| value;
    Unsigned as u32: send u32 = |value| value;
    Long as u64: send u64 = |value| value;
    TimestampingFlagsOf as u32: send TimestampingFlags = |flags| flags.bits();
    FlowInfo as u32: send u32 = u32::to_be;
}

impl RecvValue for Bytes {
    type Output<'a> = &'a [u8];

    #[inline]
    fn decode(data: &[u8]) -> Option<&[u8]> {
        Some(data)
    }
}

impl SendValue for Bytes {
    type Input<'t, 'fd: 't> = &'t [u8];

    #[inline]
    fn size(value: &&[u8]) -> Result<usize> {
        Ok(value.len())
    }

    #[inline]
    fn encode(value: &[u8], data: &mut [u8]) {
        if value.len() == data.len() {
            data.copy_from_slice(value);
        }
    }
}

/// The byte that tells routers how to treat a packet: the type of service of IPv4, the traffic class of IPv6
/// ([RFC 2474](https://www.rfc-editor.org/rfc/rfc2474), [RFC 3168](https://www.rfc-editor.org/rfc/rfc3168)).
///
/// ```
/// use sockets::cmsg::{Ecn, TrafficClass};
///
/// let class = TrafficClass::new(46, Ecn::Ect0);
/// assert_eq!((class.dscp(), class.ecn()), (46, Ecn::Ect0));
/// assert_eq!(u8::from(class), 0xba);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TrafficClass(u8);

/// Explicit congestion notification: the lower two bits of a [`TrafficClass`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ecn {
    /// The sender does not take part.
    NotEct,
    /// The sender takes part, in the manner of L4S (RFC 9331).
    Ect1,
    /// The sender takes part.
    Ect0,
    /// A router was congested.
    Ce,
}

impl TrafficClass {
    /// A code point of differentiated services, of 6 bits (those above are cut off), and what is said of congestion.
    #[inline]
    pub const fn new(dscp: u8, ecn: Ecn) -> Self {
        TrafficClass(dscp << 2 | ecn as u8)
    }

    /// The code point of differentiated services, of 6 bits.
    #[inline]
    pub const fn dscp(self) -> u8 {
        self.0 >> 2
    }

    /// What is said of congestion.
    #[inline]
    pub const fn ecn(self) -> Ecn {
        match self.0 & 3 {
            0 => Ecn::NotEct,
            1 => Ecn::Ect1,
            2 => Ecn::Ect0,
            _ => Ecn::Ce,
        }
    }
}

impl From<u8> for TrafficClass {
    #[inline]
    fn from(byte: u8) -> Self {
        TrafficClass(byte)
    }
}

impl From<TrafficClass> for u8 {
    #[inline]
    fn from(class: TrafficClass) -> u8 {
        class.0
    }
}

impl From<Ecn> for TrafficClass {
    #[inline]
    fn from(ecn: Ecn) -> Self {
        TrafficClass(ecn as u8)
    }
}

impl fmt::Display for TrafficClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:02x}", self.0)
    }
}

value! {
    TrafficClass: "int", 4;
}

impl RecvValue for TrafficClass {
    type Output<'a> = TrafficClass;

    /// IPv4 sends one byte, IPv6 an `int`.
    #[inline]
    fn decode(data: &[u8]) -> Option<TrafficClass> {
        match *data {
            [byte] => Some(TrafficClass(byte)),
            _ => Int::decode(data).and_then(|class| u8::try_from(class).ok()).map(TrafficClass),
        }
    }
}

coded! {
    TrafficClass as i32: send TrafficClass = |class| class.0.into();
}
