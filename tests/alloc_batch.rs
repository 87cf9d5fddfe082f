//! No batch, no segment, no answer from a chosen address allocates, once the memory is there.

mod common;
#[path = "common/counting.rs"]
mod counting;

use std::io::IoSlice;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::path::Path;

use common::fds::file;
use common::{guard, udp, udp_bound, unix_pair};
use counting::free;
use sockets::cmsg::{self, ControlBuf};
use sockets::{CutBy, Errno, PacketInfo, RecvBatch, RecvFlags, SendBatch, SendFlags, SockAddr, Type, opt};

const NONE: SendFlags = SendFlags::empty();
const DONTWAIT: RecvFlags = RecvFlags::MSG_DONTWAIT;

#[test]
fn batches_allocate_nothing() {
    let _guard = guard();
    let (a, b) = (udp_bound(), udp_bound());
    b.setsockopt(opt::IP_RECVTTL, true).unwrap();
    let to = b.getsockname().unwrap();
    let v4 = to.as_ipv4().unwrap();
    let pieces = [IoSlice::new(b"in "), IoSlice::new(b"pieces")];
    for slots in [1, 4] {
        let mut out = SendBatch::with_control(slots, cmsg::IP_TTL.space()).unwrap();
        let mut into = RecvBatch::with_control(slots, 64, cmsg::IP_TTL.space()).unwrap();
        let mut plain = RecvBatch::new(slots, 64).unwrap();
        free("a batch", || {
            for _ in 0..3 {
                out.clear();
                for i in 0..slots {
                    let message = if i == 0 { out.push_vectored(&pieces) } else { out.push(b"hello") };
                    let message = if i % 2 == 0 { message.unwrap().to(&to) } else { message.unwrap().to(v4) };
                    message.unwrap().control(cmsg::IP_TTL, 7).unwrap();
                }
                for into in [&mut into, &mut plain] {
                    out.rewind();
                    assert_eq!(a.sendmmsg(&mut out, NONE), Ok(slots));
                    for message in b.recvmmsg(into, DONTWAIT).unwrap() {
                        assert!(message.addr.port().is_some() && *message.addr != SockAddr::EMPTY);
                        message.control.get(cmsg::IP_TTL);
                    }
                }
            }
        });
        free("the errors of a batch", || {
            assert_eq!(b.recvmmsg(&mut into, DONTWAIT).unwrap_err(), Errno::EAGAIN);
            assert_eq!(b.recvmmsg(&mut plain, DONTWAIT | RecvFlags::MSG_TRUNC).unwrap_err(), Errno::EAGAIN);
            out.push(b"too many").unwrap_err();
            out.clear();
            out.push(b"x").unwrap().to(Path::new("")).unwrap_err();
            out.push(b"x").unwrap();
            assert_eq!(a.sendmmsg(&mut out, NONE), Err(Errno::EDESTADDRREQ));
            out.skip();
        });
        free("recycling", || out.recycle::<'static>()).clear();
    }
}

#[test]
fn descriptors_in_batches_allocate_nothing() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_DGRAM);
    let file = file();
    let fds = [file.as_fd(), file.as_fd()];
    let room = cmsg::SCM_RIGHTS.space_of(2);
    let mut out = SendBatch::with_control(2, room).unwrap();
    let mut into = RecvBatch::with_control(2, 8, room).unwrap();
    for _ in 0..2 {
        out.push(b"x").unwrap().control(cmsg::SCM_RIGHTS, &fds).unwrap();
    }
    free("descriptors", || {
        for _ in 0..3 {
            out.rewind();
            assert_eq!(a.sendmmsg(&mut out, NONE), Ok(2));
            let mut messages = b.recvmmsg(&mut into, DONTWAIT).unwrap();
            assert!(messages.next().unwrap().control.take_fds().next().is_some());
            assert!(messages.next().unwrap().take_exact_fds::<2>().is_ok());
        }
    });
}

#[test]
fn segments_allocate_nothing() {
    let _guard = guard();
    let (a, b) = (udp_bound(), udp_bound());
    b.setsockopt(opt::UDP_GRO, true).unwrap();
    let to = b.getsockname().unwrap();
    let data = [7; 2500];
    let mut buf = [0; 4096];
    free("segments", || {
        let mut room = ControlBuf::<{ cmsg::UDP_GRO.space() }>::new();
        a.send_segments_to(&data, 1000, NONE, &to).unwrap();
        assert_eq!(b.recvmsg(&mut buf, &mut room, DONTWAIT).unwrap().segments().count(), 3);
        assert_eq!(a.send_segments_or_each(&data, 1000, NONE, Some(&to)), Ok(CutBy::Kernel));
        a.setsockopt(opt::SO_NO_CHECK, true).unwrap();
        assert_eq!(a.send_segments_or_each(&data, 1000, NONE, Some(&to)), Ok(CutBy::Library));
        a.send_segments_or_each(&data, 0, NONE, None).unwrap_err();
    });
}

#[test]
fn answers_from_a_chosen_address_allocate_nothing() {
    let _guard = guard();
    let server = udp();
    server.bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    let to = (Ipv4Addr::new(127, 0, 0, 7), server.getsockname().unwrap().port().unwrap());
    let client = udp_bound();
    free("packet information", || {
        server.set_pktinfo(true).unwrap();
        client.sendto(b"question", NONE, to).unwrap();
        let (question, info) = server.recvfrom_pktinfo((), DONTWAIT).unwrap();
        server.sendto_pktinfo(b"answer", NONE, &question.addr, &info).unwrap();
        server.sendto_pktinfo(b"x", NONE, &question.addr, &PacketInfo::default()).unwrap();
    });
}
