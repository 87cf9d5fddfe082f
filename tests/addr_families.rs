//! The addresses of packet sockets, virtual machines and netlink: constructors, text, and what kernels make of them.

mod common;

use common::{guard, isolated};
use netns::{Namespace, Needs};
use sockets::{
    Addr, Domain, Errno, EtherType, HardwareAddr, HardwareType, LinkAddr, NetlinkAddr, PacketType, PollFlags,
    Protocol, RecvFlags, SendFlags, SockAddr, Socket, Type, VsockAddr,
};

fn lo() -> u32 {
    // SAFETY: a name that ends with a NUL.
    unsafe { libc::if_nametoindex(c"lo".as_ptr()) }
}

fn parse(text: &str) -> Result<SockAddr, Errno> {
    text.parse()
}

#[test]
fn hardware_addresses_have_up_to_32_bytes() {
    for len in 0..=32 {
        let bytes: Vec<u8> = (0..len).collect();
        let addr = HardwareAddr::new(&bytes).unwrap();
        assert_eq!(addr.as_bytes(), bytes);
        assert_eq!(addr.to_string().parse(), Ok(addr));
    }
    assert_eq!(HardwareAddr::new(&[0; 33]), Err(Errno::EINVAL));
    assert_eq!(HardwareAddr::new(&[0; 1000]), Err(Errno::EINVAL));
    assert_eq!(HardwareAddr::BROADCAST.to_string(), "ff:ff:ff:ff:ff:ff");
    assert_eq!(HardwareAddr::EMPTY.to_string(), "");
    assert_eq!(format!("{:?}", HardwareAddr::from([2, 0, 0, 0, 0, 1])), "HardwareAddr(02:00:00:00:00:01)");
    for wrong in
        ["0", "0:1", "02:0", "02::01", "02:00:", ":02", "0g", "02-00", "+2", "２2", &"00:".repeat(33)[..98]]
    {
        assert_eq!(wrong.parse::<HardwareAddr>(), Err(Errno::EINVAL), "{wrong}");
    }
}

#[test]
fn link_addresses_say_what_they_were_made_of() {
    let mac = HardwareAddr::from([2, 0, 0, 0, 0, 1]);
    let link = LinkAddr::new(7, EtherType::ETH_P_ARP)
        .unwrap()
        .with_hardware_addr(mac)
        .with_hardware_type(HardwareType::ARPHRD_ETHER)
        .with_packet_type(PacketType::PACKET_OUTGOING);
    let addr = SockAddr::from(link);
    assert_eq!(addr.family(), Domain::AF_PACKET);
    assert_eq!(addr.view(), Addr::Link(link));
    // The structure of C: the protocol in network order.
    let mut bytes = (libc::AF_PACKET as u16).to_ne_bytes().to_vec();
    bytes.extend([0x08, 0x06]);
    bytes.extend(7_i32.to_ne_bytes());
    bytes.extend(1_u16.to_ne_bytes());
    bytes.extend([4, 6, 2, 0, 0, 0, 0, 1, 0, 0]);
    assert_eq!(addr.as_bytes(), bytes);
    assert_eq!((link.interface(), link.protocol(), *link.hardware_addr()), (7, EtherType::ETH_P_ARP, mac));
    assert_eq!(link.hardware_type(), HardwareType::ARPHRD_ETHER);
    assert_eq!(link.packet_type(), PacketType::PACKET_OUTGOING);
    assert_eq!(addr.to_string(), "link:02:00:00:00:00:01%7/0x0806,hatype=1,pkttype=4");
    assert_eq!(LinkAddr::new(1 << 31, EtherType::NONE), Err(Errno::EINVAL));
    assert!(LinkAddr::new(i32::MAX as u32, EtherType::NONE).is_ok());
}

#[test]
fn long_hardware_addresses_make_long_addresses() {
    for (len, size) in [(0, 20), (6, 20), (8, 20), (9, 21), (20, 32), (32, 44)] {
        let link = LinkAddr::new(1, EtherType::NONE).unwrap();
        let link = link.with_hardware_addr(HardwareAddr::new(&vec![0xee; len]).unwrap());
        let addr = SockAddr::from(link);
        assert_eq!(addr.as_bytes().len(), size);
        assert_eq!(addr.as_link(), Some(link));
        assert_eq!(parse(&addr.to_string()), Ok(addr));
    }
    // A length that the bytes do not have, or no kernel has.
    for len in [9, 33, 255] {
        let mut bytes = SockAddr::from(LinkAddr::new(1, EtherType::NONE).unwrap()).as_bytes().to_vec();
        bytes[11] = len;
        let addr = SockAddr::from_bytes(&bytes).unwrap();
        assert_eq!(addr.as_link(), None);
        assert!(matches!(addr.view(), Addr::Other { family: Domain::AF_PACKET, .. }));
        assert_eq!(parse(&addr.to_string()), Ok(addr));
    }
}

#[test]
fn nothing_is_lost_that_the_form_cannot_say() {
    for (addr, at) in [
        (SockAddr::from(VsockAddr::new(3, 1024)), 2),
        (SockAddr::from(VsockAddr::new(3, 1024)), 15),
        (SockAddr::from(NetlinkAddr::new(3, 1)), 3),
        (SockAddr::from(LinkAddr::new(1, EtherType::NONE).unwrap()), 19),
    ] {
        let mut bytes = addr.as_bytes().to_vec();
        bytes[at] = 1;
        let odd = SockAddr::from_bytes(&bytes).unwrap();
        assert!(odd.to_string().starts_with("af:"), "{odd}");
        assert_eq!(parse(&odd.to_string()), Ok(odd));
        bytes[at] = 0;
        bytes.push(0);
        let long = SockAddr::from_bytes(&bytes).unwrap();
        assert_eq!(parse(&long.to_string()).unwrap().view(), long.view());
    }
}

#[test]
fn every_form_goes_there_and_back() {
    for text in [
        "link:",
        "link:%1",
        "link:/0x0003",
        "link:02:00:00:00:00:01",
        "link:02:00:00:00:00:01%4711/0x88cc",
        "link:%2147483647,hatype=772",
        "link:,pkttype=255",
        "vsock:0:0",
        "vsock:any:any",
        "vsock:2:4294967294,flags=1",
        "netlink:0:0x00000000",
        "netlink:4294967295:0xffffffff",
    ] {
        let addr = parse(text).unwrap_or_else(|errno| panic!("{text}: {errno}"));
        assert_eq!(addr.to_string(), text);
        let Addr::Other { .. } = addr.view() else { continue };
        panic!("{text} has no view");
    }
    assert_eq!(parse("link:%lo"), parse(&format!("link:%{}", lo())));
    assert_eq!(parse("vsock:4294967295:1").unwrap().to_string(), "vsock:any:1");
    assert_eq!(parse("netlink:1:0x2").unwrap().to_string(), "netlink:1:0x00000002");
}

#[test]
fn what_is_no_address_is_refused() {
    for text in [
        "link",
        "link:%",
        "link:02",
        "link:/",
        "link:/0x",
        "link:/0806",
        "link:/0x10000",
        "link:%1/0x1/0x2",
        "link:,hatype=",
        "link:,hatype=65536",
        "link:,pkttype=256",
        "link:,pkttype=1,hatype=1",
        "link:%2147483648",
        "link:0x1",
        "link: ",
        "vsock",
        "vsock:",
        "vsock:1",
        "vsock::",
        "vsock:1:",
        "vsock:-1:1",
        "vsock:+1:1",
        "vsock:1:2:3",
        "vsock:any:any,flags=256",
        "vsock:ANY:1",
        "vsock:4294967296:1",
        "netlink:",
        "netlink:1",
        "netlink:1:1",
        "netlink:1:0x100000000",
        "netlink:x:0x1",
        "netlink:1:0x+1",
    ] {
        let wanted = if text == "link:02" { Ok(()) } else { Err(Errno::EINVAL) };
        assert_eq!(parse(text).map(drop), wanted, "{text}");
    }
    assert_eq!(parse("link:%no-such-dev"), Err(Errno::ENODEV));
}

#[test]
fn netlink_answers_who_it_is() {
    let _guard = guard();
    let socket = Socket::socket(Domain::AF_NETLINK, Type::SOCK_RAW, Protocol::DEFAULT).unwrap();
    socket.bind(NetlinkAddr::default()).unwrap();
    let own = socket.getsockname().unwrap();
    let NetlinkAddr { pid, groups } = own.as_netlink().unwrap();
    assert!(pid != 0 && groups == 0, "{own}");
    assert_eq!(own.to_string(), format!("netlink:{pid}:0x00000000"));

    // RTM_GETLINK of the loopback interface, to the kernel, which answers from its port, 0.
    let mut request = Vec::new();
    request.extend(32_u32.to_ne_bytes());
    request.extend(18_u16.to_ne_bytes());
    request.extend(1_u16.to_ne_bytes());
    request.extend([7_u32, 0].map(u32::to_ne_bytes).concat());
    request.extend([0; 4]);
    request.extend(lo().to_ne_bytes());
    request.extend([0; 8]);
    socket.sendto(&request, SendFlags::empty(), NetlinkAddr::default()).unwrap();
    assert_eq!(
        socket.poll(PollFlags::POLLIN, Some(std::time::Duration::from_secs(5))),
        Ok(PollFlags::POLLIN)
    );
    let mut answer = [0; 8192];
    let (len, from) = socket.recvfrom(&mut answer, RecvFlags::empty()).unwrap();
    assert_eq!(from.as_netlink(), Some(NetlinkAddr::new(0, 0)));
    assert!(len > 16 && answer[4..6] == 16_u16.to_ne_bytes(), "RTM_NEWLINK");
}

#[test]
fn vsock_sockets_have_names() {
    let _guard = guard();
    let Ok(socket) = Socket::socket(Domain::AF_VSOCK, Type::SOCK_STREAM, Protocol::DEFAULT) else {
        netns::skip("vsock_sockets_have_names", "vsock", "the kernel has no AF_VSOCK");
        return;
    };
    socket.bind(VsockAddr::new(VsockAddr::VMADDR_CID_ANY, VsockAddr::VMADDR_PORT_ANY)).unwrap();
    let own = socket.getsockname().unwrap();
    let VsockAddr { cid, port, flags } = own.as_vsock().unwrap();
    assert!(cid == VsockAddr::VMADDR_CID_ANY && port != VsockAddr::VMADDR_PORT_ANY && flags == 0, "{own}");
    assert_eq!(own.to_string(), format!("vsock:any:{port}"));
}

fn packet(ty: Type) -> Socket {
    Socket::socket(Domain::AF_PACKET, ty, Protocol::DEFAULT).unwrap()
}

#[test]
fn packet_sockets_on_loopback() {
    isolated(Needs::PACKET, || {
        let (sender, receiver) = (packet(Type::SOCK_DGRAM), packet(Type::SOCK_DGRAM));
        let ours = EtherType::from_raw(0x88b5); // For experiments (IEEE 802).
        receiver.bind(LinkAddr::new(lo(), ours).unwrap()).unwrap();
        let name = receiver.getsockname().unwrap().as_link().unwrap();
        assert_eq!((name.interface(), name.protocol()), (lo(), ours));
        assert_eq!(name.hardware_type(), HardwareType::ARPHRD_LOOPBACK);
        assert_eq!(*name.hardware_addr(), HardwareAddr::from([0; 6]));

        let to = LinkAddr::new(lo(), ours).unwrap().with_hardware_addr([0; 6]);
        sender.sendto(b"a frame", SendFlags::empty(), to).unwrap();
        let mut buf = [0; 64];
        let (len, from) = receiver.recvfrom(&mut buf, RecvFlags::empty()).unwrap();
        assert_eq!(&buf[..len], b"a frame");
        let from = from.as_link().unwrap();
        assert_eq!(
            (from.interface(), from.protocol(), from.packet_type()),
            (lo(), ours, PacketType::PACKET_HOST)
        );

        // Received addresses can be answered.
        assert_eq!(sender.sendto(b"again", SendFlags::empty(), from), Ok(5));
        assert_eq!(receiver.recv(&mut buf, RecvFlags::empty()), Ok(5));
        let nowhere = LinkAddr::new(4711, ours).unwrap();
        assert_eq!(sender.sendto(b"x", SendFlags::empty(), nowhere), Err(Errno::ENXIO));
        assert_eq!(packet(Type::SOCK_DGRAM).bind(nowhere), Err(Errno::ENODEV));
    });
}

#[test]
fn packet_sockets_between_two_hosts() {
    isolated(Needs::VETH, || {
        let here = Namespace::current().unwrap();
        let there = Namespace::new().unwrap();
        here.veth("left", &there, "right").unwrap();
        let (left, right) = (here.index("left").unwrap(), there.index("right").unwrap());
        let ours = EtherType::from_raw(0x88b5);
        let sender = packet(Type::SOCK_RAW);
        sender.bind(LinkAddr::new(left, ours).unwrap()).unwrap();
        let receiver = there.within(|| packet(Type::SOCK_DGRAM)).unwrap();
        receiver.bind(LinkAddr::new(right, ours).unwrap()).unwrap();
        let name = |socket: &Socket| *socket.getsockname().unwrap().as_link().unwrap().hardware_addr();
        let (from_mac, to_mac) = (name(&sender), name(&receiver));
        assert!(from_mac != to_mac && from_mac.as_bytes().len() == 6, "{from_mac} {to_mac}");

        let mut frame = [to_mac.as_bytes(), from_mac.as_bytes(), &ours.raw().to_be_bytes()].concat();
        frame.extend(b"over the wire");
        sender.sendto(&frame, SendFlags::empty(), LinkAddr::new(left, EtherType::NONE).unwrap()).unwrap();
        let mut buf = [0; 64];
        let (len, from) = receiver.recvfrom(&mut buf, RecvFlags::empty()).unwrap();
        assert_eq!(&buf[..len], b"over the wire");
        let from = from.as_link().unwrap();
        assert_eq!(*from.hardware_addr(), from_mac);
        assert_eq!(from.hardware_type(), HardwareType::ARPHRD_ETHER);
        assert_eq!(SockAddr::from(from).to_string(), format!("link:{from_mac}%{right}/0x88b5,hatype=1"));
    });
}
