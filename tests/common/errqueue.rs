//! Entries of the error queue, and how they come about.

use std::net::IpAddr;
use std::time::Duration;

use sockets::opt::{self, TimestampingFlags};
use sockets::{MsgFlags, PollFlags, QueuedError, SendFlags, SockAddr, Socket};

use super::{DEADLINE, refusing};

/// A UDP port where nobody is, for as long as the socket lives: it takes datagrams of its peer only.
pub(crate) fn nobody(ip: impl Into<IpAddr>) -> (std::net::UdpSocket, SockAddr) {
    let ip = ip.into();
    let socket = std::net::UdpSocket::bind((ip, 0)).unwrap();
    socket.connect((ip, 9)).unwrap();
    let addr = socket.local_addr().unwrap().into();
    (socket, addr)
}

/// The next entry of the error queue, and the bytes that came with it.
#[track_caller]
pub(crate) fn next_error(socket: &Socket) -> (QueuedError<()>, Vec<u8>) {
    let mut bytes = Vec::with_capacity(2048);
    let queued = socket.recv_error_timeout(sockets::spare_capacity(&mut bytes), DEADLINE).unwrap();
    assert!(queued.flags.contains(MsgFlags::MSG_ERRQUEUE));
    assert!(!queued.is_truncated() && !queued.is_control_truncated());
    (queued.map(|_| ()), bytes)
}

/// Leaves an entry in the error queue of a TCP socket that is about to connect, and no error: a connection that is no
/// more has told when it sent a byte.
pub(crate) fn leave_an_entry(socket: &Socket) -> sockets::Result<()> {
    let (listener, addr) = refusing();
    listener.listen(1)?;
    let times =
        TimestampingFlags::SOF_TIMESTAMPING_TX_SOFTWARE | TimestampingFlags::SOF_TIMESTAMPING_SOFTWARE;
    socket.setsockopt(opt::SO_TIMESTAMPING, times.into())?;
    socket.connect_timeout(&addr, DEADLINE)?;
    socket.send(b"x", SendFlags::empty())?;
    assert_eq!(socket.poll(PollFlags::empty(), Some(DEADLINE)), Ok(PollFlags::POLLERR));
    socket.disconnect()?;
    // What disconnect(2) says of the connection.
    socket.getsockopt(opt::SO_ERROR)?;
    assert!(socket.poll(PollFlags::empty(), Some(Duration::ZERO))?.contains(PollFlags::POLLERR));
    Ok(())
}
