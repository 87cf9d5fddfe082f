//! The rows with control messages and batches; `c/messages.h` has the same in C.

use std::fs::File;
use std::hint::black_box;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;

use sockets::cmsg::{self, ControlBuf, ControlWriter, PktInfo4};
use sockets::{Domain, Protocol, RecvBatch, RecvFlags, Result, SendBatch, SendFlags, Socket, Type, opt};

use crate::rows::bound_inet;

/// Sends from a chosen address, receives with the address that was asked.
pub(crate) fn pktinfo(count: u32) -> Result<()> {
    let (a, _) = bound_inet(Type::SOCK_DGRAM)?;
    let (b, to) = black_box(bound_inet(Type::SOCK_DGRAM)?);
    b.setsockopt(opt::IP_PKTINFO, true)?;
    let (out, mut buf) = black_box(([0; 64], [0; 64]));
    let from =
        black_box(PktInfo4 { interface: 0, spec_dst: Ipv4Addr::LOCALHOST, addr: Ipv4Addr::UNSPECIFIED });
    const ROOM: usize = cmsg::IP_PKTINFO.space();
    let (mut sent, mut got) = (ControlBuf::<ROOM>::new(), ControlBuf::<ROOM>::new());
    for _ in 0..count {
        let mut control = ControlWriter::new(&mut sent);
        control.push(cmsg::IP_PKTINFO, from)?;
        assert!(a.sendmsg_to(&out, &control, SendFlags::empty(), &to)? == out.len());
        let message = b.recvmsg(&mut buf, &mut got, RecvFlags::empty())?;
        assert!(message.len == 64);
        let info = message.control.get(cmsg::IP_PKTINFO);
        assert!(info.is_some_and(|info| info.addr == Ipv4Addr::LOCALHOST));
    }
    Ok(())
}

/// Passes a descriptor and closes it.
pub(crate) fn scm_rights(count: u32) -> Result<()> {
    let (a, b) = black_box(Socket::socketpair(Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT)?);
    let file = File::open("/dev/null").map_err(|_| sockets::Errno::last())?;
    let (out, mut buf) = black_box(([0; 1], [0; 1]));
    const ROOM: usize = cmsg::SCM_RIGHTS.space_of(1);
    let (mut sent, mut got) = (ControlBuf::<ROOM>::new(), ControlBuf::<ROOM>::new());
    for _ in 0..count {
        let mut control = ControlWriter::new(&mut sent);
        control.push(cmsg::SCM_RIGHTS, &[file.as_fd()])?;
        assert!(a.sendmsg(&out, &control, SendFlags::empty())? == 1);
        let mut message = b.recvmsg(&mut buf, &mut got, RecvFlags::empty())?;
        assert!(message.len == 1);
        let fd = message.control.take_fds().next();
        assert!(fd.is_some());
    }
    Ok(())
}

/// 32 datagrams out and in, from and into batches that are kept.
pub(crate) fn batch_32(count: u32) -> Result<()> {
    const SLOTS: usize = 32;
    let (a, from) = bound_inet(Type::SOCK_DGRAM)?;
    let (b, to) = black_box(bound_inet(Type::SOCK_DGRAM)?);
    let port = from.port();
    let data = black_box([0; 64]);
    let (mut out, mut into) = (SendBatch::new(SLOTS)?, RecvBatch::new(SLOTS, data.len())?);
    for _ in 0..SLOTS {
        out.push(&data)?.to(&to)?;
    }
    for _ in 0..count {
        out.rewind();
        assert!(a.sendmmsg(&mut out, SendFlags::empty())? == SLOTS);
        let messages = b.recvmmsg(&mut into, RecvFlags::MSG_DONTWAIT)?;
        assert!(messages.len() == SLOTS);
        for message in messages {
            assert!(message.len == 64);
            assert!(message.addr.port() == port);
        }
    }
    Ok(())
}

/// The same with room for a control message at the receiver, where one comes.
pub(crate) fn batch_32_pktinfo(count: u32) -> Result<()> {
    const SLOTS: usize = 32;
    let (a, _) = bound_inet(Type::SOCK_DGRAM)?;
    let (b, to) = black_box(bound_inet(Type::SOCK_DGRAM)?);
    b.setsockopt(opt::IP_PKTINFO, true)?;
    let data = black_box([0; 64]);
    let mut out = SendBatch::new(SLOTS)?;
    let mut into = RecvBatch::with_control(SLOTS, data.len(), cmsg::IP_PKTINFO.space())?;
    for _ in 0..SLOTS {
        out.push(&data)?.to(&to)?;
    }
    for _ in 0..count {
        out.rewind();
        assert!(a.sendmmsg(&mut out, SendFlags::empty())? == SLOTS);
        let messages = b.recvmmsg(&mut into, RecvFlags::MSG_DONTWAIT)?;
        assert!(messages.len() == SLOTS);
        for message in messages {
            let info = message.control.get(cmsg::IP_PKTINFO);
            assert!(info.is_some_and(|info| info.addr == Ipv4Addr::LOCALHOST));
        }
    }
    Ok(())
}

/// 32 datagrams as one, out and in.
pub(crate) fn gso_gro(count: u32) -> Result<()> {
    let (a, _) = bound_inet(Type::SOCK_DGRAM)?;
    let (b, to) = black_box(bound_inet(Type::SOCK_DGRAM)?);
    b.setsockopt(opt::UDP_GRO, true)?;
    let (out, mut buf) = black_box(([0; 32 * 64], [0; 32 * 64]));
    let size = black_box(64);
    let mut room = ControlBuf::<{ cmsg::UDP_GRO.space() }>::new();
    for _ in 0..count {
        assert!(a.send_segments_to(&out, size, SendFlags::empty(), &to)? == out.len());
        let message = b.recvmsg(&mut buf, &mut room, RecvFlags::empty())?;
        assert!(message.len == out.len());
        assert!(message.control.get(cmsg::UDP_GRO) == Some(64));
    }
    Ok(())
}
