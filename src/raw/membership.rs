//! PACKET_ADD_MEMBERSHIP that undoes itself.

use core::fmt;
use std::os::fd::AsFd;

use crate::error::Result;
use crate::opt::{self, PacketFrames, PacketMreq};
use crate::{BorrowedSocket, HardwareAddr};

/// Frames that a packet socket receives beside those for this machine, for as long as this lives: setsockopt(2)
/// `PACKET_ADD_MEMBERSHIP`, and `PACKET_DROP_MEMBERSHIP` when it is dropped.
///
/// It holds whatever has the descriptor: a `&Socket`, or a [`dup`](crate::Socket::dup) of it where a loan is in the way. Memberships
/// are counted by socket and by interface, so guards do not get into each other's way; the kernel drops them too
/// when the socket is closed for good.
///
/// ```no_run
/// # fn main() -> sockets::Result<()> {
/// use sockets::opt::{PacketFrames, PacketMreq};
/// use sockets::raw::Membership;
/// use sockets::{Domain, Protocol, Socket, Type, if_nametoindex};
///
/// let socket = Socket::socket(Domain::AF_PACKET, Type::SOCK_RAW, Protocol::DEFAULT)?;
/// let interface = if_nametoindex("eth0")?;
/// let promiscuous = Membership::new(&socket, PacketMreq { interface, frames: PacketFrames::Promiscuous })?;
/// // The interface receives what is for others, until:
/// drop(promiscuous);
/// # Ok(())
/// # }
/// ```
///
/// [packet(7)](https://man7.org/linux/man-pages/man7/packet.7.html)
#[must_use = "a membership that is dropped is undone"]
#[doc(alias = "PACKET_ADD_MEMBERSHIP")]
pub struct Membership<S: AsFd> {
    socket: S,
    interface: u32,
    frames: Frames,
    joined: bool,
}

/// [`PacketFrames`] that owns the address.
#[derive(Debug, Clone, Copy)]
enum Frames {
    Multicast(HardwareAddr),
    AllMulticast,
    Promiscuous,
    Unicast(HardwareAddr),
}

impl<S: AsFd> Membership<S> {
    /// setsockopt(2) `PACKET_ADD_MEMBERSHIP`.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: no such interface.
    /// - `EINVAL`: an address that has more bytes than those of the interface.
    /// - `ENOBUFS`, `ENOMEM`: no memory.
    /// - `ENOPROTOOPT`: no packet socket.
    pub fn new(socket: S, what: PacketMreq<'_>) -> Result<Self> {
        let frames = match what.frames {
            PacketFrames::Multicast(addr) => Frames::Multicast(HardwareAddr::new(addr)?),
            PacketFrames::AllMulticast => Frames::AllMulticast,
            PacketFrames::Promiscuous => Frames::Promiscuous,
            PacketFrames::Unicast(addr) => Frames::Unicast(HardwareAddr::new(addr)?),
        };
        BorrowedSocket::from(&socket).setsockopt(opt::PACKET_ADD_MEMBERSHIP, what)?;
        Ok(Membership { socket, interface: what.interface, frames, joined: true })
    }

    /// setsockopt(2) `PACKET_DROP_MEMBERSHIP`, which tells if it fails. Dropping does the same and says nothing.
    ///
    /// # Errors
    ///
    /// None that are known: a membership whose interface is gone is gone too.
    pub fn leave(mut self) -> Result<()> {
        self.joined = false;
        self.undo()
    }

    fn undo(&self) -> Result<()> {
        let frames = match &self.frames {
            Frames::Multicast(addr) => PacketFrames::Multicast(addr.as_bytes()),
            Frames::AllMulticast => PacketFrames::AllMulticast,
            Frames::Promiscuous => PacketFrames::Promiscuous,
            Frames::Unicast(addr) => PacketFrames::Unicast(addr.as_bytes()),
        };
        let what = PacketMreq { interface: self.interface, frames };
        BorrowedSocket::from(&self.socket).setsockopt(opt::PACKET_DROP_MEMBERSHIP, what)
    }
}

impl<S: AsFd> Drop for Membership<S> {
    fn drop(&mut self) {
        if self.joined {
            let _ = self.undo();
        }
    }
}

impl<S: AsFd> fmt::Debug for Membership<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Membership");
        out.field("interface", &self.interface).field("frames", &self.frames).finish_non_exhaustive()
    }
}
