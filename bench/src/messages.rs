//! The rows with control messages and batches; `c/messages.h` has the same in C.

use std::fs::File;
use std::hint::black_box;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;

use sockets::cmsg::{self, ControlBuf, ControlWriter, PktInfo4};
use sockets::{Domain, Protocol, RecvFlags, Result, SendFlags, Socket, Type, opt};

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
