//! All that can be asked for at once comes at once, in the room that the sum of `space` is; and what a dual-stack socket
//! gets.

mod common;

use std::net::{Ipv4Addr, Ipv6Addr};

use common::isolated;
use netns::Needs;
use sockets::cmsg::{self, Control, ControlBuf, ControlWriter, Ecn, TrafficClass};
use sockets::opt::{FlowLabel, Timestamping, TimestampingFlags};
use sockets::{Domain, Errno, EtherType, Protocol, RecvFlags, SendFlags, Socket, Type, opt};

/// What a datagram of either family can have beside.
const COMMON: usize = cmsg::SCM_TIMESTAMPNS.space()
    + cmsg::SCM_TIMESTAMPING.space()
    + cmsg::SO_RXQ_OVFL.space()
    + cmsg::SO_MARK.space()
    + cmsg::SO_PRIORITY.space()
    + cmsg::UDP_GRO.space();

const V4: usize = cmsg::IP_PKTINFO.space()
    + cmsg::IP_ORIGDSTADDR.space()
    + cmsg::IP_TOS.space()
    + cmsg::IP_TTL.space()
    + cmsg::IP_RECVOPTS.space_of(40)
    + cmsg::IP_RETOPTS.space_of(40)
    + cmsg::IP_CHECKSUM.space()
    + cmsg::IP_RECVFRAGSIZE.space();

const V6: usize = cmsg::IPV6_PKTINFO.space()
    + cmsg::IPV6_ORIGDSTADDR.space()
    + cmsg::IPV6_TCLASS.space()
    + cmsg::IPV6_HOPLIMIT.space()
    + cmsg::IPV6_FLOWINFO.space()
    + cmsg::IPV6_HOPOPTS.space_of(8)
    + cmsg::IPV6_DSTOPTS.space_of(8)
    + cmsg::IPV6_2292HOPLIMIT.space()
    + cmsg::IPV6_2292PKTINFO.space()
    + cmsg::IPV6_RECVFRAGSIZE.space();

fn socket(domain: Domain) -> Socket {
    Socket::socket(domain, Type::SOCK_DGRAM, Protocol::DEFAULT).unwrap()
}

/// Asks for all that a socket of this domain can give.
fn ask_for_all(socket: &Socket, domain: Domain) {
    socket.setsockopt(opt::SO_TIMESTAMPNS, true).unwrap();
    let flags =
        TimestampingFlags::SOF_TIMESTAMPING_RX_SOFTWARE | TimestampingFlags::SOF_TIMESTAMPING_SOFTWARE;
    socket.setsockopt(opt::SO_TIMESTAMPING, Timestamping::from(flags)).unwrap();
    let mut wanted = vec![opt::SO_RXQ_OVFL, opt::UDP_GRO];
    wanted.extend([opt::IP_PKTINFO, opt::IP_RECVORIGDSTADDR, opt::IP_RECVTOS, opt::IP_RECVTTL]);
    wanted.extend([opt::IP_RECVOPTS, opt::IP_RETOPTS, opt::IP_CHECKSUM, opt::IP_RECVFRAGSIZE]);
    if domain == Domain::AF_INET6 {
        wanted.extend([opt::IPV6_RECVPKTINFO, opt::IPV6_RECVORIGDSTADDR, opt::IPV6_RECVTCLASS]);
        wanted.extend([opt::IPV6_RECVHOPLIMIT, opt::IPV6_FLOWINFO, opt::IPV6_RECVHOPOPTS]);
        wanted.extend([opt::IPV6_RECVDSTOPTS, opt::IPV6_2292HOPLIMIT, opt::IPV6_2292PKTINFO]);
        wanted.push(opt::IPV6_RECVFRAGSIZE);
    }
    for option in wanted {
        socket.setsockopt(option, true).unwrap();
    }
    // Younger than the oldest kernel that this library knows.
    for option in [opt::SO_RCVMARK, opt::SO_RCVPRIORITY] {
        let set = socket.setsockopt(option, true);
        assert!([Ok(()), Err(Errno::ENOPROTOOPT)].contains(&set), "{option:?}: {set:?}");
    }
}

/// Sends a large datagram with this control data until the times of arrival come, too, and looks at what has come.
fn exchange<const ROOM: usize>(
    a: &Socket,
    control: &ControlWriter<'_>,
    b: &Socket,
    look: impl Fn(&Control<'_>),
) {
    for _ in 0..1000 {
        assert_eq!(a.sendmsg(&[7; 2500], control, SendFlags::empty()), Ok(2500));
        let (mut data, mut room) = ([0; 4000], ControlBuf::<ROOM>::new());
        let message = b.recvmsg(&mut data, &mut room, RecvFlags::empty()).unwrap();
        assert!(!message.is_control_truncated() && !message.is_truncated(), "{message:?}");
        assert_eq!(message.len, 2500);
        if message.control.get(cmsg::SCM_TIMESTAMPING).is_none() {
            continue;
        }
        assert!(message.control.get(cmsg::SCM_TIMESTAMPNS).is_some());
        assert_eq!(message.control.get(cmsg::UDP_GRO), Some(1000));
        look(&message.control);
        // One word less than came, and it is told.
        let used = message.control.as_bytes().len();
        a.sendmsg(&[7; 2500], control, SendFlags::empty()).unwrap();
        let mut less = ControlBuf::<ROOM>::new();
        let cut = b.recvmsg(&mut data, &mut less[..used - 8], RecvFlags::empty()).unwrap();
        assert!(cut.is_control_truncated() && cut.control.as_bytes().len() <= used - 8);
        return;
    }
    panic!("no time of arrival");
}

#[test]
fn everything_of_ipv4_comes_at_once() {
    isolated(Needs::USERNS, || {
        let (a, b) = (socket(Domain::AF_INET), socket(Domain::AF_INET));
        b.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        a.connect(b.getsockname().unwrap()).unwrap();
        ask_for_all(&b, Domain::AF_INET);
        let mut room = ControlBuf::<256>::new();
        let mut control = ControlWriter::new(&mut room);
        control.push(cmsg::UDP_SEGMENT, 1000).unwrap();
        control.push(cmsg::IP_TOS, TrafficClass::new(46, Ecn::Ce)).unwrap();
        control.push(cmsg::IP_TTL, 9).unwrap();
        control.push(cmsg::SO_MARK, 77).unwrap();
        exchange::<{ COMMON + V4 }>(&a, &control, &b, |control| {
            assert_eq!(control.get(cmsg::IP_TOS).map(TrafficClass::ecn), Some(Ecn::Ce));
            assert_eq!(control.get(cmsg::IP_TTL), Some(9));
            assert_eq!(control.get(cmsg::IP_PKTINFO).unwrap().addr, Ipv4Addr::LOCALHOST);
            assert_eq!(control.get(cmsg::IP_ORIGDSTADDR).unwrap().ip(), &Ipv4Addr::LOCALHOST);
            // Younger than the oldest kernel that this library knows.
            let told = opt::supports(opt::SO_RCVMARK).unwrap();
            assert_eq!(control.get(cmsg::SO_MARK), told.then_some(77));
        });
    });
}

#[test]
fn everything_of_ipv6_comes_at_once() {
    isolated(Needs::IPV6, || {
        let (a, b) = (socket(Domain::AF_INET6), socket(Domain::AF_INET6));
        b.bind((Ipv6Addr::LOCALHOST, 0)).unwrap();
        a.connect(b.getsockname().unwrap()).unwrap();
        ask_for_all(&b, Domain::AF_INET6);
        let mut room = ControlBuf::<256>::new();
        let mut control = ControlWriter::new(&mut room);
        control.push(cmsg::UDP_SEGMENT, 1000).unwrap();
        control.push(cmsg::IPV6_TCLASS, TrafficClass::new(46, Ecn::Ect1)).unwrap();
        control.push(cmsg::IPV6_HOPLIMIT, 9).unwrap();
        control.push(cmsg::SO_MARK, 77).unwrap();
        exchange::<{ COMMON + V4 + V6 }>(&a, &control, &b, |control| {
            assert_eq!(control.get(cmsg::IPV6_TCLASS).map(TrafficClass::ecn), Some(Ecn::Ect1));
            assert_eq!(control.get(cmsg::IPV6_HOPLIMIT), Some(9));
            assert_eq!(control.get(cmsg::IPV6_2292HOPLIMIT), Some(9));
            assert_eq!(control.get(cmsg::IPV6_PKTINFO).unwrap().addr, Ipv6Addr::LOCALHOST);
            assert_eq!(control.get(cmsg::IPV6_PKTINFO), control.get(cmsg::IPV6_2292PKTINFO));
            let told = opt::supports(opt::SO_RCVMARK).unwrap();
            assert_eq!(control.get(cmsg::SO_MARK), told.then_some(77));
            assert_eq!(control.get(cmsg::IPV6_ORIGDSTADDR).unwrap().ip(), &Ipv6Addr::LOCALHOST);
            // Of the other family there is nothing.
            assert!(control.iter().all(|message| message.level() != cmsg::IP_TTL.level()));
        });
    });
}

#[test]
fn a_dual_stack_socket_gets_both_for_a_datagram_of_ipv4() {
    isolated(Needs::IPV6, || {
        let (a, b) = (socket(Domain::AF_INET), socket(Domain::AF_INET6));
        b.bind((Ipv6Addr::UNSPECIFIED, 0)).unwrap();
        a.connect((Ipv4Addr::LOCALHOST, b.getsockname().unwrap().port().unwrap())).unwrap();
        ask_for_all(&b, Domain::AF_INET6);
        let mut room = ControlBuf::<256>::new();
        let mut control = ControlWriter::new(&mut room);
        control.push(cmsg::UDP_SEGMENT, 1000).unwrap();
        control.push(cmsg::IP_TOS, TrafficClass::new(10, Ecn::Ect0)).unwrap();
        control.push(cmsg::IP_TTL, 9).unwrap();
        exchange::<{ COMMON + V4 + V6 }>(&a, &control, &b, |control| {
            let mapped = Ipv4Addr::LOCALHOST.to_ipv6_mapped();
            assert_eq!(control.get(cmsg::IPV6_PKTINFO).unwrap().addr, mapped);
            assert_eq!(control.get(cmsg::IP_PKTINFO).unwrap().addr, Ipv4Addr::LOCALHOST);
            assert_eq!(control.get(cmsg::IP_TOS), Some(TrafficClass::new(10, Ecn::Ect0)));
            assert_eq!((control.get(cmsg::IP_TTL), control.get(cmsg::IPV6_HOPLIMIT)), (Some(9), None));
        });
    });
}

#[test]
fn a_flow_label_is_the_same_number_in_the_message_and_on_the_wire() {
    const LABEL: u32 = 0xa_bcde;
    const CLASS: u32 = 0x2c;
    isolated(Needs::PACKET | Needs::IPV6, || {
        let wire =
            Socket::socket(Domain::AF_PACKET, Type::SOCK_DGRAM, EtherType::ETH_P_IPV6.protocol()).unwrap();
        let (a, b) = (socket(Domain::AF_INET6), socket(Domain::AF_INET6));
        b.bind((Ipv6Addr::LOCALHOST, 0)).unwrap();
        a.connect(b.getsockname().unwrap()).unwrap();
        b.setsockopt(opt::IPV6_FLOWINFO, true).unwrap();
        a.setsockopt(opt::IPV6_TCLASS, Some(CLASS as _)).unwrap();
        let mut lease = FlowLabel { label: LABEL, ..FlowLabel::lease(Ipv6Addr::LOCALHOST) };
        a.setsockopt(opt::IPV6_FLOWLABEL_MGR, &mut lease).unwrap();
        let mut room = ControlBuf::<{ cmsg::IPV6_FLOWINFO.space() }>::new();
        let mut control = ControlWriter::new(&mut room);
        control.push(cmsg::IPV6_FLOWINFO, LABEL).unwrap();
        a.sendmsg(b"seen", &control, SendFlags::empty()).unwrap();
        // A label that was not leased is refused.
        control.clear();
        control.push(cmsg::IPV6_FLOWINFO, LABEL + 1).unwrap();
        assert_eq!(a.sendmsg(b"x", &control, SendFlags::empty()), Err(Errno::EINVAL));

        let (mut data, mut room) = ([0; 8], ControlBuf::<{ cmsg::IPV6_FLOWINFO.space() }>::new());
        let message = b.recvmsg(&mut data, &mut room, RecvFlags::empty()).unwrap();
        assert_eq!(message.control.get(cmsg::IPV6_FLOWINFO), Some(CLASS << 20 | LABEL));
        let mut packet = [0; 128];
        loop {
            let n = wire.recv(&mut packet, RecvFlags::empty()).unwrap();
            if packet[..n].ends_with(b"seen") {
                break;
            }
        }
        let first = u32::from_be_bytes(packet[..4].try_into().unwrap());
        assert_eq!(first, 6 << 28 | CLASS << 20 | LABEL);
    });
}
