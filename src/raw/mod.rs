//! For those who make and read packets themselves: what goes with `SOCK_RAW` and `AF_PACKET` ([packet(7)]).
//!
//! [packet(7)]: https://man7.org/linux/man-pages/man7/packet.7.html

mod checksum;
mod membership;
mod ring;

pub use checksum::Checksum;
pub use membership::Membership;
pub use ring::{Block, Frame, FrameSlot, Frames, RecvRing, RingGeometry, SendRing};
