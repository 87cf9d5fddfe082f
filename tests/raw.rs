//! SOCK_RAW and AF_PACKET in a private network: echo requests, headers made by hand, and EPERM without privilege.

mod common;

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use common::{isolated, leaks_nothing, udp_bound};
use netns::Needs;
use sockets::cmsg::{self, ControlBuf};
use sockets::{
    Addr, Domain, Errno, EtherType, PollFlags, Protocol, RecvFlags, SendFlags, SockAddr, Socket, Type, opt,
};

const ECHO_REQUEST: u8 = 8;
const ECHO_REPLY: u8 = 0;
const ECHO_REQUEST_6: u8 = 128;
const ECHO_REPLY_6: u8 = 129;

fn raw(domain: Domain, protocol: Protocol) -> sockets::Result<Socket> {
    Socket::socket(domain, Type::SOCK_RAW, protocol)
}

/// The Internet checksum (RFC 1071).
fn checksum(bytes: &[u8]) -> [u8; 2] {
    let mut sum: u32 = bytes
        .chunks(2)
        .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or(0)])))
        .sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    (!(sum as u16)).to_be_bytes()
}

/// An ICMP message: type, code 0, checksum, identifier 7, sequence number 1, data.
fn icmp(kind: u8, data: &[u8]) -> Vec<u8> {
    let mut message = [&[kind, 0, 0, 0, 0, 7, 0, 1], data].concat();
    let sum = checksum(&message);
    message[2..4].copy_from_slice(&sum);
    message
}

/// Receives until a message is the one that is wanted.
fn receive<T>(socket: &Socket, wanted: impl Fn(&[u8], &SockAddr) -> Option<T>) -> T {
    socket.setsockopt(opt::SO_RCVTIMEO, Some(Duration::from_secs(20))).unwrap();
    let mut buf = [0; 2048];
    loop {
        let (n, from) = socket.recvfrom(&mut buf, RecvFlags::empty()).unwrap();
        if let Some(found) = wanted(&buf[..n], &from) {
            return found;
        }
    }
}

/// What follows the IPv4 header.
fn after_ipv4_header(packet: &[u8]) -> &[u8] {
    assert_eq!(packet[0] >> 4, 4);
    &packet[usize::from(packet[0] & 0xf) * 4..]
}

#[test]
fn icmp_echo_over_ipv4() {
    isolated(Needs::RAW, || {
        let socket = raw(Domain::AF_INET, Protocol::IPPROTO_ICMP).unwrap();
        let request = icmp(ECHO_REQUEST, b"hello");
        let sent = socket.sendto(&request, SendFlags::empty(), (Ipv4Addr::LOCALHOST, 0));
        assert_eq!(sent, Ok(request.len()));
        // The request comes back too: it arrives at the same host.
        let reply = receive(&socket, |packet, from| {
            let message = after_ipv4_header(packet);
            assert_eq!(from.as_ipv4().unwrap().ip(), &Ipv4Addr::LOCALHOST);
            assert_eq!(from.port(), Some(0));
            (message[0] == ECHO_REPLY).then(|| message.to_vec())
        });
        assert_eq!(reply, icmp(ECHO_REPLY, b"hello"));
    });
}

#[test]
fn icmp_echo_over_ipv6() {
    isolated(Needs::RAW | Needs::IPV6, || {
        let socket = raw(Domain::AF_INET6, Protocol::IPPROTO_ICMPV6).unwrap();
        // The kernel fills the checksum in, because it covers addresses that only the kernel knows.
        let request = [ECHO_REQUEST_6, 0, 0, 0, 0, 7, 0, 1, b'h', b'i'];
        let sent = socket.sendto(&request, SendFlags::empty(), (Ipv6Addr::LOCALHOST, 0));
        assert_eq!(sent, Ok(request.len()));
        let reply = receive(&socket, |message, from| {
            assert_eq!(from.as_ipv6().unwrap().ip(), &Ipv6Addr::LOCALHOST);
            (message[0] == ECHO_REPLY_6).then(|| message.to_vec())
        });
        assert_eq!((reply[1], &reply[4..]), (0, &request[4..]));
        assert_ne!(reply[2..4], [0, 0]);
        // A port that is neither 0 nor the protocol is refused.
        let with_port = socket.sendto(&request, SendFlags::empty(), (Ipv6Addr::LOCALHOST, 9));
        assert_eq!(with_port, Err(Errno::EINVAL));
    });
}

#[test]
fn a_connected_raw_socket_sends_without_an_address() {
    isolated(Needs::RAW, || {
        let socket = raw(Domain::AF_INET, Protocol::IPPROTO_ICMP).unwrap();
        socket.bind((Ipv4Addr::new(127, 0, 0, 5), 0)).unwrap();
        // A port has no meaning here, but without one getpeername(2) says that there is no peer.
        socket.connect((Ipv4Addr::new(127, 0, 0, 6), 1)).unwrap();
        assert_eq!(socket.getpeername().unwrap().as_ipv4().unwrap().ip(), &Ipv4Addr::new(127, 0, 0, 6));
        socket.send_all(&icmp(ECHO_REQUEST, b"x"), SendFlags::empty()).unwrap();
        let reply = receive(&socket, |packet, _| {
            let message = after_ipv4_header(packet);
            (message[0] == ECHO_REPLY).then(|| (packet[12..16].to_vec(), packet[16..20].to_vec()))
        });
        assert_eq!(reply, (vec![127, 0, 0, 6], vec![127, 0, 0, 5]));
    });
}

/// An IPv4 and a UDP header by hand, before the data. What the kernel fills in is 0: the length and
/// the checksum of the IPv4 header, and UDP's checksum, which is optional.
fn datagram(to: u16, data: &[u8]) -> Vec<u8> {
    let udp_len = (8 + data.len()) as u16;
    let mut packet = vec![0x45, 0, 0, 0, 0, 0, 0, 0, 61, 17, 0, 0];
    packet.extend([127, 0, 0, 77]);
    packet.extend([127, 0, 0, 1]);
    packet.extend(4242_u16.to_be_bytes());
    packet.extend(to.to_be_bytes());
    packet.extend(udp_len.to_be_bytes());
    packet.extend([0, 0]);
    packet.extend(data);
    packet
}

#[test]
fn a_header_made_by_hand_arrives() {
    isolated(Needs::RAW, || {
        let receiver = udp_bound();
        let to = receiver.getsockname().unwrap();
        let packet = datagram(to.port().unwrap(), b"by hand");

        let socket = raw(Domain::AF_INET, Protocol::IPPROTO_RAW).unwrap();
        assert_eq!(socket.getsockopt(opt::IP_HDRINCL), Ok(true));
        assert_eq!(socket.sendto(&packet, SendFlags::empty(), &to), Ok(packet.len()));
        let mut buf = [0; 64];
        let (n, from) = receiver.recvfrom(&mut buf, RecvFlags::empty()).unwrap();
        assert_eq!(&buf[..n], b"by hand");
        // The sender is who the header says.
        assert_eq!(from, (Ipv4Addr::new(127, 0, 0, 77), 4242).into());

        // Any other raw socket can be told to take the header.
        let socket = raw(Domain::AF_INET, Protocol::IPPROTO_UDP).unwrap();
        assert_eq!(socket.getsockopt(opt::IP_HDRINCL), Ok(false));
        socket.setsockopt(opt::IP_HDRINCL, true).unwrap();
        assert_eq!(socket.getsockopt(opt::IP_HDRINCL), Ok(true));
        socket.sendto(&packet, SendFlags::empty(), &to).unwrap();
        assert_eq!(receiver.recv(&mut buf, RecvFlags::empty()), Ok(7));
    });
}

#[test]
fn a_header_that_is_wrong_is_refused() {
    isolated(Needs::RAW, || {
        let socket = raw(Domain::AF_INET, Protocol::IPPROTO_RAW).unwrap();
        let send = |packet: &[u8]| socket.sendto(packet, SendFlags::empty(), (Ipv4Addr::LOCALHOST, 0));
        let packet = datagram(9, b"x");
        assert_eq!(send(&packet[..19]), Err(Errno::EINVAL));
        let mut long_header = packet.clone();
        long_header[0] = 0x4f;
        assert_eq!(send(&long_header), Err(Errno::EINVAL));
        assert_eq!(send(&vec![0x45; 70_000]), Err(Errno::EMSGSIZE));
        // It sends only: nothing is ever received.
        assert_eq!(socket.poll(PollFlags::POLLIN, Some(Duration::ZERO)), Ok(PollFlags::empty()));
    });
}

#[test]
fn raw_sockets_see_what_arrives_for_others() {
    isolated(Needs::RAW, || {
        let tap = raw(Domain::AF_INET, Protocol::IPPROTO_UDP).unwrap();
        let (a, b) = (udp_bound(), udp_bound());
        a.sendto(b"seen", SendFlags::empty(), b.getsockname().unwrap()).unwrap();
        let (ports, data) = receive(&tap, |packet, _| {
            let udp = after_ipv4_header(packet);
            Some((udp[..4].to_vec(), udp[8..].to_vec()))
        });
        let ports_sent = [&a, &b].map(|socket| socket.getsockname().unwrap().port().unwrap().to_be_bytes());
        assert_eq!((ports, data), (ports_sent.concat(), b"seen".to_vec()));
        // It does not take it away from them.
        assert_eq!(b.recv(&mut [0; 8], RecvFlags::empty()), Ok(4));
    });
}

#[test]
fn what_raw_sockets_are_asked_for_must_exist() {
    isolated(Needs::RAW, || {
        assert_eq!(raw(Domain::AF_INET, Protocol::DEFAULT).unwrap_err(), Errno::EPROTONOSUPPORT);
        assert_eq!(raw(Domain::AF_INET6, Protocol::DEFAULT).unwrap_err(), Errno::EPROTONOSUPPORT);
        assert_eq!(raw(Domain::AF_INET, Protocol::from(300)).unwrap_err(), Errno::EINVAL);
        // A protocol above 255 that the kernel knows: the type of the number is an int.
        raw(Domain::AF_INET, Protocol::from(256)).unwrap();
        let socket = raw(Domain::AF_INET, Protocol::IPPROTO_ICMP).unwrap();
        assert_eq!(socket.listen(1), Err(Errno::EOPNOTSUPP));
        assert_eq!(socket.accept().unwrap_err(), Errno::EOPNOTSUPP);
        assert_eq!(socket.send(b"x", SendFlags::empty()), Err(Errno::EDESTADDRREQ));
        assert_eq!(socket.getsockopt(opt::SO_TYPE), Ok(Type::SOCK_RAW));
        assert!(socket.cloexec().unwrap());
    });
}

#[test]
fn without_privilege_it_is_eperm() {
    isolated(Needs::PACKET | Needs::RAW, || {
        let kept = raw(Domain::AF_INET, Protocol::IPPROTO_ICMP).unwrap();
        common::drop_capabilities();
        leaks_nothing(|| {
            for protocol in [Protocol::IPPROTO_ICMP, Protocol::IPPROTO_RAW, Protocol::IPPROTO_UDP] {
                assert_eq!(raw(Domain::AF_INET, protocol).unwrap_err(), Errno::EPERM);
            }
            assert_eq!(raw(Domain::AF_INET6, Protocol::IPPROTO_ICMPV6).unwrap_err(), Errno::EPERM);
            assert_eq!(raw(Domain::AF_PACKET, Protocol::DEFAULT).unwrap_err(), Errno::EPERM);
            let cooked = Socket::socket(Domain::AF_PACKET, Type::SOCK_DGRAM, Protocol::DEFAULT);
            assert_eq!(cooked.unwrap_err(), Errno::EPERM);
        });
        // The right is needed to open, not to use.
        let request = icmp(ECHO_REQUEST, b"x");
        assert_eq!(kept.sendto(&request, SendFlags::empty(), (Ipv4Addr::LOCALHOST, 0)), Ok(request.len()));
    });
}

/// `struct sockaddr_ll` of packet(7), for an interface and a protocol.
fn link(index: u32, protocol: u16) -> SockAddr {
    let mut bytes = [0; 20];
    bytes[..2].copy_from_slice(&(libc::AF_PACKET as u16).to_ne_bytes());
    bytes[2..4].copy_from_slice(&protocol.to_be_bytes());
    bytes[4..8].copy_from_slice(&index.to_ne_bytes());
    SockAddr::from_bytes(&bytes).unwrap()
}

#[test]
fn packet_sockets_open_and_their_addresses_survive() {
    const ETH_P_IP: u16 = 0x0800;
    isolated(Needs::PACKET, || {
        // Protocol 0: nothing is captured before bind.
        let socket = raw(Domain::AF_PACKET, Protocol::DEFAULT).unwrap();
        let lo = netns::Namespace::current().unwrap().index("lo").unwrap();
        socket.bind(link(lo, ETH_P_IP)).unwrap();
        let name = socket.getsockname().unwrap();
        let Addr::Link(link) = name.view() else { panic!("{name}") };
        assert_eq!((link.interface(), link.protocol()), (lo, EtherType::ETH_P_IP));
        assert_eq!(name.to_string().parse::<SockAddr>().unwrap().view(), name.view());

        let (a, b) = (udp_bound(), udp_bound());
        a.sendto(b"on the wire", SendFlags::empty(), b.getsockname().unwrap()).unwrap();
        let from = receive(&socket, |frame, from| frame.ends_with(b"on the wire").then(|| from.clone()));
        assert_eq!(from.family(), Domain::AF_PACKET);
        // hatype ARPHRD_LOOPBACK, host order; 6 bytes of hardware address.
        assert_eq!(from.as_bytes()[8..10], 772_u16.to_ne_bytes());
        assert_eq!(from.as_bytes()[11], 6);
        assert_eq!(from.to_string().parse::<SockAddr>().unwrap(), from);
        assert!(format!("{socket:?}").contains("domain: AF_PACKET, type: SOCK_RAW"));
    });
}

#[test]
fn a_frame_is_sent_to_the_address_it_came_from() {
    isolated(Needs::PACKET | Needs::VETH, || {
        const ETH_P_EXPERIMENT: u16 = 0x88b5;
        let (here, there) = (netns::Namespace::current().unwrap(), netns::Namespace::new().unwrap());
        here.veth("v0", &there, "v1").unwrap();
        let open = || Socket::socket(Domain::AF_PACKET, Type::SOCK_DGRAM, Protocol::DEFAULT).unwrap();
        let (a, b) = (open(), there.within(open).unwrap());
        a.bind(link(here.index("v0").unwrap(), ETH_P_EXPERIMENT)).unwrap();
        b.bind(link(there.index("v1").unwrap(), ETH_P_EXPERIMENT)).unwrap();

        // To everybody: the hardware address ff:ff:ff:ff:ff:ff.
        let mut broadcast = link(here.index("v0").unwrap(), ETH_P_EXPERIMENT).as_bytes().to_vec();
        broadcast[11..18].copy_from_slice(&[6, 255, 255, 255, 255, 255, 255]);
        a.sendto(b"ping", SendFlags::empty(), SockAddr::from_bytes(&broadcast).unwrap()).unwrap();
        let from = receive(&b, |frame, from| frame.starts_with(b"ping").then(|| from.clone()));
        // The address that was received is good for sending, as it is.
        b.sendto(b"pong", SendFlags::empty(), &from).unwrap();
        receive(&a, |frame, _| frame.starts_with(b"pong").then_some(()));
    });
}

#[test]
fn a_packet_socket_tells_what_the_kernel_knows_of_the_frame() {
    isolated(Needs::PACKET, || {
        let socket =
            Socket::socket(Domain::AF_PACKET, Type::SOCK_DGRAM, EtherType::ETH_P_IP.protocol()).unwrap();
        socket.setsockopt(opt::PACKET_AUXDATA, true).unwrap();
        let to = udp_bound();
        to.sendto(b"seen", SendFlags::empty(), to.getsockname().unwrap()).unwrap();
        assert_eq!(socket.poll(PollFlags::POLLIN, Some(Duration::from_secs(20))), Ok(PollFlags::POLLIN));
        let mut room = ControlBuf::<{ cmsg::PACKET_AUXDATA.space() }>::new();
        let mut buf = [0; 64];
        let message = socket.recvmsg(&mut buf, &mut room, RecvFlags::empty()).unwrap();
        assert!(message.data.ends_with(b"seen") && !message.is_control_truncated());
        assert_eq!(message.control.get(cmsg::PACKET_AUXDATA).unwrap().len, 32);
        // What is refused for another reason stays refused.
        let refused = socket.recvmsg((), &mut [], RecvFlags::MSG_OOB).unwrap_err();
        assert_eq!(refused, Errno::EINVAL);
    });
}
