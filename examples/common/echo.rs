//! ICMP echo, version 4 and 6, for `ping` and `traceroute`: the packets, and a socket to send them from.

use std::net::IpAddr;

use sockets::opt::{self, Icmp4Filter, Icmp6Filter};
use sockets::{Domain, Errno, Protocol, Socket, Type};

/// Bytes of an ICMP header: type, code, checksum, identifier, sequence number.
pub const HEADER: usize = 8;

/// What differs between the two versions.
pub struct Echo {
    pub domain: Domain,
    pub protocol: Protocol,
    pub request: u8,
    pub reply: u8,
}

static ECHO4: Echo = Echo { domain: Domain::AF_INET, protocol: Protocol::IPPROTO_ICMP, request: 8, reply: 0 };
static ECHO6: Echo =
    Echo { domain: Domain::AF_INET6, protocol: Protocol::IPPROTO_ICMPV6, request: 128, reply: 129 };

impl Echo {
    pub fn of(ip: IpAddr) -> &'static Echo {
        if ip.is_ipv4() { &ECHO4 } else { &ECHO6 }
    }

    /// A raw socket, or the next best, or what is missing for both.
    pub fn open(&self, wanted: Option<Type>) -> Result<(Socket, Type), String> {
        let types = match &wanted {
            Some(ty) => std::slice::from_ref(ty),
            None => &[Type::SOCK_RAW, Type::SOCK_DGRAM],
        };
        let mut refused = String::new();
        for ty in types {
            match Socket::socket(self.domain, *ty, self.protocol) {
                Ok(socket) => return Ok((socket, *ty)),
                Err(Errno::EPERM) => {
                    refused +=
                        "\n  a raw socket needs CAP_NET_RAW (EPERM): be root, or setcap cap_net_raw+ep";
                }
                // The sysctl of IPv4 is for both.
                Err(Errno::EACCES) => {
                    refused += "\n  an ICMP socket needs one of your groups in net.ipv4.ping_group_range (EACCES): \
                                as root, sysctl -w net.ipv4.ping_group_range='0 2147483647'";
                }
                Err(errno) => return Err(format!("socket: {errno}")),
            }
        }
        Err(format!(
            "no socket to send with:{refused}\n  in a network of its own anybody has CAP_NET_RAW: unshare -Urn, \
             or the crate in netns/"
        ))
    }

    /// On loopback a raw socket would receive the requests, too.
    pub fn only_replies(&self, socket: &Socket, ty: Type) -> sockets::Result<()> {
        match (ty, self.domain) {
            (Type::SOCK_RAW, Domain::AF_INET) => {
                socket.setsockopt(opt::ICMP_FILTER, Icmp4Filter::block_all().pass(self.reply))
            }
            (Type::SOCK_RAW, _) => {
                socket.setsockopt(opt::ICMP6_FILTER, Icmp6Filter::block_all().pass(self.reply))
            }
            _ => Ok(()),
        }
    }

    /// An echo request. The kernel puts the checksum of ICMPv6, and of datagram sockets, in; of these the identifier, too.
    pub fn packet(&self, id: u16, seq: u16, data: &[u8]) -> Vec<u8> {
        let mut packet = vec![self.request, 0, 0, 0];
        packet.extend_from_slice(&id.to_be_bytes());
        packet.extend_from_slice(&seq.to_be_bytes());
        packet.extend_from_slice(data);
        let sum = checksum(&packet);
        packet[2..4].copy_from_slice(&sum.to_be_bytes());
        packet
    }

    /// A raw IPv4 socket, and no other, receives the IP header too. What is not even that is nothing.
    pub fn without_ip_header<'a>(&self, packet: &'a [u8], ty: Type) -> &'a [u8] {
        if ty != Type::SOCK_RAW || self.domain != Domain::AF_INET {
            return packet;
        }
        let words = packet.first().map_or(0, |first| first & 0x0f);
        packet.get(usize::from(words) * 4..).unwrap_or_default()
    }
}

/// The identifier and the sequence number, if it is an echo of this type. Errors quote no more than this of a request.
pub fn numbers(packet: &[u8], ty: u8) -> Option<(u16, u16)> {
    let [found, 0, _, _, id @ .., seq1, seq2] = packet.first_chunk::<HEADER>()? else { return None };
    (*found == ty).then(|| (u16::from_be_bytes(*id), u16::from_be_bytes([*seq1, *seq2])))
}

/// RFC 1071.
fn checksum(bytes: &[u8]) -> u16 {
    let word = |pair: &[u8]| u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0));
    let mut sum: u32 = bytes.chunks(2).map(word).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}
