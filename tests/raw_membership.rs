//! Memberships of packet sockets: what arrives with them, and that they undo themselves.

mod common;

use std::os::fd::AsFd;
use std::time::Duration;

use common::{isolated, udp};
use netns::{Namespace, Needs};
use sockets::opt::{self, PacketFrames, PacketMreq};
use sockets::raw::Membership;
use sockets::{
    Domain, Errno, EtherType, LinkAddr, NetlinkAddr, Protocol, RecvFlags, SendFlags, Socket, Type,
    if_nametoindex,
};

const ETH_P_EXPERIMENT: EtherType = EtherType::from_raw(0x88b5);
const NONE: SendFlags = SendFlags::empty();
const GROUP: [u8; 6] = [3, 0, 0, 0, 0, 7];
const OTHER: [u8; 6] = [2, 0, 0, 0, 0, 8];

fn packet(name: &str, protocol: EtherType) -> Socket {
    let socket = Socket::socket(Domain::AF_PACKET, Type::SOCK_RAW, Protocol::DEFAULT).unwrap();
    socket.bind(LinkAddr::new(if_nametoindex(name).unwrap(), protocol).unwrap()).unwrap();
    socket
}

/// `IFLA_PROMISCUITY`, `IFLA_ALLMULTI` (linux/if_link.h): how many want all frames of an interface.
const PROMISCUITY: u16 = 30;
const ALLMULTI: u16 = 61;

/// A number of an interface, which rtnetlink(7) tells: RTM_GETLINK.
fn attribute(interface: u32, wanted: u16) -> u32 {
    let netlink = Socket::socket(Domain::AF_NETLINK, Type::SOCK_RAW, Protocol::DEFAULT).unwrap();
    netlink.setsockopt(opt::SO_RCVTIMEO, Some(Duration::from_secs(20))).unwrap();
    let mut request = [0_u8; 32];
    request[..4].copy_from_slice(&32_u32.to_ne_bytes());
    request[4..6].copy_from_slice(&libc::RTM_GETLINK.to_ne_bytes());
    request[6..8].copy_from_slice(&(libc::NLM_F_REQUEST as u16).to_ne_bytes());
    request[20..24].copy_from_slice(&interface.to_ne_bytes());
    netlink.sendto(&request, NONE, NetlinkAddr { pid: 0, groups: 0 }).unwrap();
    let mut answer = vec![0; 16384];
    let n = netlink.recv(&mut answer[..], RecvFlags::empty()).unwrap();
    let half = |at: usize| u16::from_ne_bytes([answer[at], answer[at + 1]]);
    let mut at = 32;
    while at + 4 <= n {
        if half(at + 2) == wanted {
            return u32::from_ne_bytes(answer[at + 4..at + 8].try_into().unwrap());
        }
        at += usize::from(half(at)).next_multiple_of(4).max(4);
    }
    panic!("no attribute {wanted}");
}

#[test]
fn a_membership_is_there_while_its_guard_lives() {
    isolated(Needs::PACKET | Needs::VETH, || {
        let (here, there) = (Namespace::current().unwrap(), Namespace::new().unwrap());
        here.veth("v0", &there, "v1").unwrap();
        let interface = if_nametoindex("v0").unwrap();
        let of = |frames| PacketMreq { interface, frames };
        let socket = packet("v0", ETH_P_EXPERIMENT);
        let promiscuity = || attribute(interface, PROMISCUITY);
        let first = Membership::new(&socket, of(PacketFrames::Promiscuous)).unwrap();
        assert_eq!(promiscuity(), 1);
        // Counted: a second guard, on a descriptor of its own, and another socket.
        let second = Membership::new(socket.dup().unwrap(), of(PacketFrames::Promiscuous)).unwrap();
        let another = packet("v0", ETH_P_EXPERIMENT);
        let third = Membership::new(&another, of(PacketFrames::Promiscuous)).unwrap();
        assert_eq!(promiscuity(), 2);
        drop(first);
        assert_eq!(promiscuity(), 2);
        drop(third);
        assert_eq!(promiscuity(), 1);
        assert_eq!(second.leave(), Ok(()));
        assert_eq!(promiscuity(), 0);
        let all = Membership::new(socket.as_fd(), of(PacketFrames::AllMulticast)).unwrap();
        assert!(format!("{all:?}").contains("AllMulticast"));
        let before = attribute(interface, ALLMULTI);
        drop(all);
        assert_eq!(attribute(interface, ALLMULTI), before - 1);
    });
}

#[test]
fn frames_for_others_are_told_from_those_for_this_machine() {
    isolated(Needs::PACKET | Needs::VETH, || {
        let (here, there) = (Namespace::current().unwrap(), Namespace::new().unwrap());
        here.veth("v0", &there, "v1").unwrap();
        let interface = if_nametoindex("v0").unwrap();
        let sender = there.within(|| packet("v1", EtherType::NONE)).unwrap();
        let socket = packet("v0", ETH_P_EXPERIMENT);
        socket.setsockopt(opt::SO_RCVTIMEO, Some(Duration::from_secs(20))).unwrap();
        let groups = || std::fs::read_to_string("/proc/net/dev_mcast").unwrap_or_default();
        let frames = [PacketFrames::Multicast(&GROUP), PacketFrames::Unicast(&OTHER)];
        for (frames, to) in frames.into_iter().zip([GROUP, OTHER]) {
            let guard = Membership::new(&socket, PacketMreq { interface, frames }).unwrap();
            let in_proc = groups().lines().any(|line| line.contains("v0") && line.ends_with("030000000007"));
            assert_eq!(in_proc, to == GROUP, "{}", groups());
            let frame = [&to[..], &[2, 0, 0, 0, 0, 9, 0x88, 0xb5], &[1; 46]].concat();
            sender.send(&frame, NONE).unwrap();
            let mut buf = [0; 64];
            assert_eq!(socket.recv(&mut buf, RecvFlags::empty()), Ok(60));
            assert_eq!(buf[..6], to);
            drop(guard);
            assert!(!groups().contains("030000000007"));
        }
    });
}

#[test]
fn memberships_that_cannot_be() {
    isolated(Needs::PACKET, || {
        let socket = packet("lo", EtherType::NONE);
        let interface = if_nametoindex("lo").unwrap();
        let error =
            |interface, frames| Membership::new(&socket, PacketMreq { interface, frames }).unwrap_err();
        assert_eq!(error(4711, PacketFrames::Promiscuous), Errno::ENODEV);
        assert_eq!(error(u32::MAX, PacketFrames::Promiscuous), Errno::EINVAL);
        assert_eq!(error(interface, PacketFrames::Multicast(&[0; 33])), Errno::EINVAL);
        assert_eq!(error(interface, PacketFrames::Multicast(&[0; 32])), Errno::EINVAL);
        let what = PacketMreq { interface, frames: PacketFrames::Promiscuous };
        assert_eq!(Membership::new(udp(), what).unwrap_err(), Errno::ENOPROTOOPT);
    });
}
