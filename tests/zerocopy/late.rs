//! Sends that fail when a part of them is on its way: the kernel reports them later, or never.

use std::net::Ipv6Addr;

use netns::{Namespace, Needs};
use sockets::{Domain, Errno, PollFlags, Protocol, RecvFlags, SendFlags, Socket, Type, opt};

use crate::common::isolated;
use crate::{LONG, NONE, back, queue};

/// Gives an interface a queue (tc-tbf(8)) that lets 1600 bytes out at once, then so many in a second, and holds `limit` bytes.
fn slow(index: u32, rate: u32, limit: u32) -> sockets::Result<()> {
    const RTM_NEWQDISC: u16 = 36;
    const TCA_KIND: u16 = 1;
    const TCA_OPTIONS: u16 = 2;
    const TCA_TBF_PARMS: u16 = 1;
    const TCA_TBF_BURST: u16 = 6;
    const TC_H_ROOT: u32 = u32::MAX;

    let attribute = |kind: u16, value: &[u8]| {
        let mut bytes = [(4 + value.len() as u16).to_ne_bytes(), kind.to_ne_bytes()].concat();
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    };
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_ne_bytes()).collect::<Vec<_>>();
    // `struct tc_tbf_qopt`: the rate is the last of three words, of which the peak rate has none.
    let parameters = words(&[0, 0, rate, 0, 0, 0, limit, 0, 0]);
    let options = [attribute(TCA_TBF_PARMS, &parameters), attribute(TCA_TBF_BURST, &words(&[1600]))].concat();
    // `struct tcmsg`: family, interface, handle, parent, info.
    let body = [
        words(&[0, index, 0, TC_H_ROOT, 0]),
        attribute(TCA_KIND, b"tbf\0"),
        attribute(TCA_OPTIONS, &options),
    ]
    .concat();
    let flags = libc::NLM_F_REQUEST | libc::NLM_F_ACK | libc::NLM_F_CREATE | libc::NLM_F_REPLACE;
    let header = [16 + body.len() as u32, u32::from(RTM_NEWQDISC) | (flags as u32) << 16, 1, 0];
    let header = if cfg!(target_endian = "big") {
        [header[0], u32::from(RTM_NEWQDISC) << 16 | flags as u32, 1, 0]
    } else {
        header
    };

    let route = Socket::socket(Domain::AF_NETLINK, Type::SOCK_RAW, Protocol::from_raw(libc::NETLINK_ROUTE))?;
    route.send(&[words(&header), body].concat(), SendFlags::empty())?;
    let mut answer = [0; 1024];
    route.recv(&mut answer, RecvFlags::empty())?;
    let error = i32::from_ne_bytes([answer[16], answer[17], answer[18], answer[19]]);
    if error == 0 { Ok(()) } else { Err(Errno::from_raw(-error)) }
}

#[test]
fn a_datagram_that_fails_in_part_is_reported_later_and_does_not_shift_the_numbers() {
    isolated(Needs::USERNS, || {
        let here = Namespace::current().unwrap();
        here.set_mtu("lo", 1500).unwrap();
        let peer = Socket::socket(Domain::AF_INET6, Type::SOCK_DGRAM, Protocol::DEFAULT).unwrap();
        peer.bind((Ipv6Addr::LOCALHOST, 0)).unwrap();
        let socket = Socket::socket(Domain::AF_INET6, Type::SOCK_DGRAM, Protocol::DEFAULT).unwrap();
        socket.connect(peer.getsockname().unwrap()).unwrap();
        // Without it nobody would say that the queue is full.
        socket.setsockopt(opt::IPV6_RECVERR, true).unwrap();
        // The first of seven fragments goes at once, two stay, half a second each, and the fourth has no room.
        match slow(here.index("lo").unwrap(), 3000, 4500) {
            Err(Errno::ENOENT) => return netns::skip("zerocopy", "tbf", "the kernel has no such queue"),
            made => made.unwrap(),
        }

        let mut queue = queue::<Vec<u8>>(socket, 8);
        let refused = queue.send(vec![1; 9000], NONE).unwrap_err();
        assert_eq!((refused.errno, refused.value.len()), (Errno::ENOBUFS, 9000));
        // Nothing of it is in the error queue, which proves nothing.
        assert_eq!(queue.completed(()).unwrap(), None);
        assert!(!queue.is_zerocopy());
        // So this is a copy. With a number, it would be the one of the datagram before, and come back when that is reported: too
        // early.
        queue.send(vec![2; 1000], NONE).unwrap();
        assert_eq!(back(&mut queue), (vec![2; 1000], true));

        // The report settles it.
        while !queue.is_zerocopy() {
            assert_eq!(queue.socket().poll(PollFlags::empty(), Some(LONG)), Ok(PollFlags::POLLERR));
            assert_eq!(queue.completed(()).unwrap(), None);
        }
        for round in 0..3 {
            queue.send(vec![round; 10], NONE).unwrap();
            assert_eq!(back(&mut queue).0, [round; 10]);
        }
        assert!(queue.is_zerocopy());
    });
}
