//! ICMP echo, version 4 and 6: what `tour` sends and looks for.

use std::time::Instant;

use sockets::{Domain, Errno, PollFlags, Protocol, RecvFlags, Result, Socket, Type};

/// Bytes of an ICMP header: type, code, checksum, identifier, sequence number.
const HEADER: usize = 8;
/// What the peer sends back.
const DATA: &[u8; 24] = b"sockets ping 0123456789\0";

/// What differs between the two versions.
pub struct Icmp {
    pub domain: Domain,
    pub protocol: Protocol,
    request: u8,
    reply: u8,
}

pub const ICMP4: Icmp =
    Icmp { domain: Domain::AF_INET, protocol: Protocol::IPPROTO_ICMP, request: 8, reply: 0 };
pub const ICMP6: Icmp =
    Icmp { domain: Domain::AF_INET6, protocol: Protocol::IPPROTO_ICMPV6, request: 128, reply: 129 };

impl Icmp {
    /// An echo request. The kernel puts the checksum of ICMPv6, and of datagram sockets, in.
    pub fn request(&self, id: u16, seq: u16) -> Vec<u8> {
        let mut packet = vec![self.request, 0, 0, 0];
        packet.extend_from_slice(&id.to_be_bytes());
        packet.extend_from_slice(&seq.to_be_bytes());
        packet.extend_from_slice(DATA);
        let sum = checksum(&packet);
        packet[2..4].copy_from_slice(&sum.to_be_bytes());
        packet
    }

    /// Waits for the answer to one request; returns its length, or nothing if it does not come in time.
    /// Everything else that comes is passed over.
    pub fn answer(
        &self,
        socket: &Socket,
        ty: Type,
        expected: (u16, u16),
        deadline: Instant,
    ) -> Result<Option<usize>> {
        let mut buf = [0; 2048];
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match socket.poll(PollFlags::POLLIN, Some(left)) {
                Ok(events) if events.is_empty() => return Ok(None),
                Ok(_) => {}
                Err(Errno::EINTR) => continue,
                Err(errno) => return Err(errno),
            }
            let n = match socket.recv(&mut buf, RecvFlags::MSG_DONTWAIT) {
                Ok(n) => n,
                Err(Errno::EAGAIN | Errno::EINTR) => continue,
                Err(errno) => return Err(errno),
            };
            let packet = self.without_ip_header(&buf[..n], ty);
            if self.is_reply(packet, expected) {
                return Ok(Some(packet.len()));
            }
        }
    }

    /// A raw IPv4 socket, and no other, receives the IP header too.
    fn without_ip_header<'a>(&self, packet: &'a [u8], ty: Type) -> &'a [u8] {
        if ty != Type::SOCK_RAW || self.domain != Domain::AF_INET {
            return packet;
        }
        let words = packet.first().map_or(0, |first| first & 0x0f);
        packet.get(usize::from(words) * 4..).unwrap_or_default()
    }

    fn is_reply(&self, packet: &[u8], (id, seq): (u16, u16)) -> bool {
        packet.get(HEADER..) == Some(DATA)
            && packet.starts_with(&[self.reply, 0])
            && packet[4..6] == id.to_be_bytes()
            && packet[6..8] == seq.to_be_bytes()
    }
}

/// RFC 1071, of an even number of bytes.
fn checksum(bytes: &[u8]) -> u16 {
    let mut sum: u32 = bytes.chunks_exact(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1])).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}
