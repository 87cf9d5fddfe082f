//! getsockopt(2) and setsockopt(2) themselves, and who calls them.

use std::os::fd::AsRawFd;

use sockets::opt::{Kind, OptInfo};
use sockets::{Errno, Result, Socket, opt};

/// getsockopt(2) with as much room as is asked for: the bytes, or the error. Not a byte behind them is written.
pub(crate) fn get_raw(socket: &Socket, row: &OptInfo, room: usize) -> Result<Vec<u8>> {
    const CANARY: u8 = 0xa5;
    let slack = 64;
    let mut bytes = vec![0; room];
    bytes.resize(room + slack, CANARY);
    let mut len = room as libc::socklen_t;
    let (ptr, len_ptr) = (bytes.as_mut_ptr().cast(), &raw mut len);
    // SAFETY: `bytes` has room for the `len` bytes.
    let rc = unsafe { libc::getsockopt(socket.as_raw_fd(), row.level, row.number, ptr, len_ptr) };
    assert!(bytes.iter().rev().take(slack).all(|byte| *byte == CANARY), "{row:?} wrote behind {room} bytes");
    Errno::result(rc)?;
    bytes.truncate(room.min(len as usize));
    Ok(bytes)
}

/// setsockopt(2) with any bytes.
pub(crate) fn set_raw(socket: &Socket, row: &OptInfo, bytes: &[u8]) -> Result<()> {
    let len = bytes.len() as libc::socklen_t;
    // A copy, because one option writes there.
    let mut bytes = bytes.to_vec();
    let ptr = bytes.as_mut_ptr().cast_const().cast();
    // SAFETY: the bytes are there for their length, and hold no pointer but a null one.
    let rc = unsafe { libc::setsockopt(socket.as_raw_fd(), row.level, row.number, ptr, len) };
    Errno::result(rc).map(drop)
}

/// The kernel's idea of the length, where there is room for more, and where there is too little.
pub(crate) fn check_lengths_of_reading(socket: &Socket, row: &OptInfo) {
    // Its length counts something else.
    if row.kind == Kind::Filter {
        return;
    }
    // What is refused with more room than there is value.
    let exact =
        ["SO_NETNS_COOKIE", "SO_PEERNAME", "TCP_REPAIR_WINDOW", "MPTCP_FULL_INFO"].contains(&row.name);
    let room = if exact && row.size.is_fixed() { row.size.max } else { row.size.max.min(1 << 20) + 1 };
    match get_raw(socket, row, room) {
        Ok(bytes) => {
            let range = row.size.min..=row.size.max;
            assert!(range.contains(&bytes.len()), "{row:?}: {} bytes of {}", bytes.len(), row.size);
        }
        Err(errno) => assert!(exact || row.level == 284, "{row:?}: {errno}"),
    }
    for short in [0, 1, row.size.min.saturating_sub(1)] {
        // Never more than there is room for, and nothing but a complaint about that.
        if let Err(errno) = get_raw(socket, row, short) {
            let fine = [Errno::EINVAL, Errno::ERANGE, Errno::EFAULT, Errno::ENOENT, Errno::EIO];
            assert!(fine.contains(&errno), "{row:?} into {short} bytes: {errno}");
        }
    }
}

/// Options that take less than their size: numbers of IPv4 and netlink may have one byte, or none; some do not look, some take a
/// shorter structure.
pub(crate) fn takes_short(row: &OptInfo, short: usize) -> bool {
    let number_of_ipv4 = row.level == libc::IPPROTO_IP && row.size.max == 4;
    let not_looked_at = [
        "ICMP_FILTER",
        "ICMP6_FILTER",
        "IPV6_AUTOFLOWLABEL",
        "IPV6_DONTFRAG",
        "IPV6_RECVFRAGSIZE",
        "TCP_REPAIR_OPTIONS",
    ];
    let shorter_structure =
        ["IP_MULTICAST_IF", "IP_ADD_MEMBERSHIP", "IP_DROP_MEMBERSHIP", "SO_MAX_PACING_RATE"];
    let flag_of_netlink = row.level == libc::SOL_NETLINK && row.kind == Kind::Bool;
    number_of_ipv4
        || flag_of_netlink
        || not_looked_at.contains(&row.name)
        || (short >= 4 && shorter_structure.contains(&row.name))
}

/// What the kernel says to a size it does not take; some options look at something else first.
pub(crate) fn complains_of_size(row: &OptInfo, errno: Errno) -> bool {
    let first = row.needs.map(|need| need.errno);
    [Errno::EINVAL, Errno::EPERM].contains(&errno) || first == Some(errno)
}

/// Is the running kernel as young as `"6.14"`?
pub(crate) fn kernel_is_at_least(version: &str) -> bool {
    let numbers = |text: &str| -> Vec<u32> {
        text.split(['.', '-']).map_while(|number| number.parse().ok()).take(2).collect()
    };
    let running = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    numbers(&running) >= numbers(version)
}

/// Can we do what only the initial user namespace allows?
pub(crate) fn is_root_of_the_machine() -> bool {
    crate::common::tcp().setsockopt(opt::SO_RCVBUFFORCE, 65536).is_ok()
}

/// The capabilities of this thread.
pub(crate) struct Capabilities([u32; 6]);

/// linux/capability.h: version 3, this thread.
const HEADER: [u32; 2] = [0x2008_0522, 0];

impl Capabilities {
    fn get() -> Self {
        let mut sets = [0; 6];
        // SAFETY: the kernel reads the one and writes the other structure, whose sizes are those of the arrays.
        let rc = unsafe { libc::syscall(libc::SYS_capget, HEADER.as_ptr(), sets.as_mut_ptr()) };
        assert_eq!(rc, 0, "{}", std::io::Error::last_os_error());
        Capabilities(sets)
    }

    fn set(&self) {
        // SAFETY: the kernel reads both structures, whose sizes are those of the arrays.
        let rc = unsafe { libc::syscall(libc::SYS_capset, HEADER.as_ptr(), self.0.as_ptr()) };
        assert_eq!(rc, 0, "{}", std::io::Error::last_os_error());
    }

    /// Runs `body` without any in effect, and takes them up again.
    pub(crate) fn without<T>(body: impl FnOnce() -> T) -> T {
        struct Restore(Capabilities);
        impl Drop for Restore {
            fn drop(&mut self) {
                self.0.set();
            }
        }
        let restore = Restore(Capabilities::get());
        let [_, permitted, inheritable, _, permitted_high, inheritable_high] = restore.0.0;
        Capabilities([0, permitted, inheritable, 0, permitted_high, inheritable_high]).set();
        body()
    }
}
