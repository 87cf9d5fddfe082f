//! Netlink, vsock, UDP-Lite; and the options of SOL_SOCKET that have a second number.

use std::time::Duration;

use sockets::Errno;
use sockets::opt::{self, TimestampingFlags};

use crate::case::{Case, of, same};

/// RTNLGRP_LINK of linux/rtnetlink.h.
const LINKS: u32 = 1;

pub(crate) fn cases() -> Vec<Case> {
    let mut all = second_numbers();
    all.extend(families());
    all
}

/// Those that a machine of 32 bits has under their plain names.
#[cfg(target_pointer_width = "64")]
fn second_numbers() -> Vec<Case> {
    vec![
        of(opt::SO_RCVTIMEO_NEW).legal(|socket| {
            socket.setsockopt(opt::SO_RCVTIMEO_NEW, Some(Duration::from_secs(2)))?;
            same(socket.getsockopt(opt::SO_RCVTIMEO)?, Some(Duration::from_secs(2)));
            Ok(())
        }),
        of(opt::SO_SNDTIMEO_NEW).legal(|socket| {
            socket.setsockopt(opt::SO_SNDTIMEO_NEW, Some(Duration::from_secs(2)))?;
            same(socket.getsockopt(opt::SO_SNDTIMEO)?, Some(Duration::from_secs(2)));
            Ok(())
        }),
        of(opt::SO_TIMESTAMPING_NEW).legal(|socket| {
            let flags = TimestampingFlags::SOF_TIMESTAMPING_RX_SOFTWARE;
            socket.setsockopt(opt::SO_TIMESTAMPING_NEW, flags.into())?;
            same(socket.getsockopt(opt::SO_TIMESTAMPING_NEW)?.flags, flags);
            Ok(())
        }),
    ]
}

#[cfg(not(target_pointer_width = "64"))]
fn second_numbers() -> Vec<Case> {
    let _ = TimestampingFlags::empty();
    Vec::new()
}

fn families() -> Vec<Case> {
    vec![
        of(opt::NETLINK_ADD_MEMBERSHIP)
            .legal(|socket| {
                socket.setsockopt(opt::NETLINK_ADD_MEMBERSHIP, LINKS)?;
                same(socket.getsockopt(opt::NETLINK_LIST_MEMBERSHIPS)?, vec![LINKS]);
                Ok(())
            })
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::NETLINK_ADD_MEMBERSHIP, 0)),
        of(opt::NETLINK_DROP_MEMBERSHIP)
            .legal(|socket| {
                socket.setsockopt(opt::NETLINK_ADD_MEMBERSHIP, LINKS)?;
                socket.setsockopt(opt::NETLINK_DROP_MEMBERSHIP, LINKS)?;
                same(socket.getsockopt(opt::NETLINK_LIST_MEMBERSHIPS)?, vec![]);
                Ok(())
            })
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::NETLINK_DROP_MEMBERSHIP, 0)),
        of(opt::SO_VM_SOCKETS_BUFFER_SIZE).legal(|socket| {
            socket.setsockopt(opt::SO_VM_SOCKETS_BUFFER_SIZE, 100_000)?;
            same(socket.getsockopt(opt::SO_VM_SOCKETS_BUFFER_SIZE)?, 100_000);
            Ok(())
        }),
        of(opt::SO_VM_SOCKETS_BUFFER_MIN_SIZE).legal(|socket| {
            socket.setsockopt(opt::SO_VM_SOCKETS_BUFFER_SIZE, 50_000)?;
            socket.setsockopt(opt::SO_VM_SOCKETS_BUFFER_MIN_SIZE, 60_000)?;
            // It takes the size itself with it.
            same(socket.getsockopt(opt::SO_VM_SOCKETS_BUFFER_MIN_SIZE)?, 60_000);
            same(socket.getsockopt(opt::SO_VM_SOCKETS_BUFFER_SIZE)?, 60_000);
            Ok(())
        }),
        of(opt::SO_VM_SOCKETS_BUFFER_MAX_SIZE).legal(|socket| {
            socket.setsockopt(opt::SO_VM_SOCKETS_BUFFER_MAX_SIZE, 50_000)?;
            same(socket.getsockopt(opt::SO_VM_SOCKETS_BUFFER_MAX_SIZE)?, 50_000);
            // Here too.
            same(socket.getsockopt(opt::SO_VM_SOCKETS_BUFFER_SIZE)?, 50_000);
            Ok(())
        }),
        of(opt::SO_VM_SOCKETS_CONNECT_TIMEOUT)
            .legal(|socket| {
                socket.setsockopt(opt::SO_VM_SOCKETS_CONNECT_TIMEOUT, Some(Duration::from_secs(5)))?;
                same(socket.getsockopt(opt::SO_VM_SOCKETS_CONNECT_TIMEOUT)?, Some(Duration::from_secs(5)));
                socket.setsockopt(opt::SO_VM_SOCKETS_CONNECT_TIMEOUT, None)
            })
            .illegal(Errno::ERANGE, |socket| {
                socket.setsockopt(opt::SO_VM_SOCKETS_CONNECT_TIMEOUT, Some(Duration::MAX))
            }),
        of(opt::UDPLITE_RECV_CSCOV).legal(|socket| {
            for (set, read) in [(20, 20), (7, 8), (0, 0)] {
                socket.setsockopt(opt::UDPLITE_RECV_CSCOV, set)?;
                same(socket.getsockopt(opt::UDPLITE_RECV_CSCOV)?, read);
            }
            Ok(())
        }),
        of(opt::UDPLITE_SEND_CSCOV).legal(|socket| {
            for (set, read) in [(20, 20), (7, 8), (0, 0)] {
                socket.setsockopt(opt::UDPLITE_SEND_CSCOV, set)?;
                same(socket.getsockopt(opt::UDPLITE_SEND_CSCOV)?, read);
            }
            Ok(())
        }),
    ]
}
