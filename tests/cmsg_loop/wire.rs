//! Packets made by hand.

/// The Internet checksum (RFC 1071).
fn checksum(bytes: &[u8]) -> u16 {
    let mut sum: u32 = bytes
        .chunks(2)
        .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or(0)])))
        .sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// A datagram of UDP with its checksum, for these addresses.
fn udp(from: &[u8], to: &[u8], port: u16, data: &[u8]) -> Vec<u8> {
    let len = (data.len() + 8) as u16;
    let header = [9_u16, port, len, 0].map(u16::to_be_bytes).concat();
    let mut datagram = [&header, data].concat();
    let pseudo = [from, to, &[0, 17], &len.to_be_bytes(), &datagram].concat();
    datagram[6..8].copy_from_slice(&checksum(&pseudo).to_be_bytes());
    datagram
}

/// A packet of IPv4 with a datagram for this port of the loopback address. The kernel computes the sum of the header.
pub(crate) fn ipv4(port: u16, data: &[u8]) -> Vec<u8> {
    let here = [127, 0, 0, 1];
    let datagram = udp(&here, &here, port, data);
    let len = ((datagram.len() + 20) as u16).to_be_bytes();
    [&[0x45, 0], &len[..], &[0, 0, 0, 0, 64, 17, 0, 0], &here, &here, &datagram].concat()
}

/// A packet of IPv6 with this header before the datagram: of this type, and with the number of UDP as its first byte.
pub(crate) fn ipv6(port: u16, data: &[u8], ty: u8, header: &[u8]) -> Vec<u8> {
    let here = std::net::Ipv6Addr::LOCALHOST.octets();
    assert_eq!(header[0], 17);
    let datagram = udp(&here, &here, port, data);
    let len = ((datagram.len() + header.len()) as u16).to_be_bytes();
    [&[0x60, 0, 0, 0], &len[..], &[ty, 64], &here, &here, header, &datagram].concat()
}
