//! Options that say who the peer is.

use core::fmt;

use super::{ReadValue, bytes, kind, show_option, whole};
use crate::error::{Errno, Result};
use crate::opt::info::OptSize;
use crate::sys::{Fd, OptName, c};

/// Who a process is: `struct ucred`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Credentials {
    /// The process; 0 if it is outside this PID namespace.
    pub pid: i32,
    /// The effective user.
    pub uid: u32,
    /// The effective group.
    pub gid: u32,
}

kind! {
    /// Who is at the other end: `struct ucred`, which is an [`Option<Credentials>`](Credentials) here: `None`
    /// where the socket has no peer that the kernel knows.
    PeerCredentials: Struct, "struct ucred", OptSize::of::<c::ucred>();
    /// The supplementary groups of whoever is at the other end: an array of `gid_t`.
    PeerGroups: Struct, "gid_t[]", OptSize { min: 0, max: GROUPS_MAX * size_of::<c::gid_t>() };
    /// The label that a security module (SELinux, AppArmor, Smack) has given the peer: text, whose form is the
    /// module's own.
    SecurityLabel: Text, "char[]", OptSize { min: 0, max: LABEL_MAX };
}

/// The most groups a process can have (`NGROUPS_MAX` of linux/limits.h).
const GROUPS_MAX: usize = 65536;
/// As long as an extended attribute, which is where labels are stored, can be (`XATTR_SIZE_MAX`): 64 KiB.
const LABEL_MAX: usize = 65536;

impl ReadValue for PeerCredentials {
    type Output = Option<Credentials>;

    fn get(fd: Fd<'_>, option: OptName) -> Result<Option<Credentials>> {
        let c::ucred { pid, uid, gid } = whole(fd, option)?;
        // What the kernel says of a socket that never had a peer, INET sockets included.
        let nobody = pid == 0 && uid == u32::MAX && gid == u32::MAX;
        Ok((!nobody).then_some(Credentials { pid, uid, gid }))
    }

    fn show(value: &Option<Credentials>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match value {
            Some(Credentials { pid, uid, gid }) => write!(f, "pid {pid}, uid {uid}, gid {gid}"),
            None => show_option(value, f),
        }
    }
}

/// Supplementary groups.
pub type Groups = Vec<u32>;

impl ReadValue for PeerGroups {
    type Output = Groups;

    fn get(fd: Fd<'_>, option: OptName) -> Result<Groups> {
        let groups = growing(64 * size_of::<c::gid_t>(), Self::SIZE_MAX, |room| bytes(fd, option, room))?;
        let group = |gid: &[u8]| gid.try_into().map(u32::from_ne_bytes).map_err(|_| Errno::EINVAL);
        groups.chunks(size_of::<c::gid_t>()).map(group).collect()
    }
}

impl PeerGroups {
    const SIZE_MAX: usize = GROUPS_MAX * size_of::<c::gid_t>();
}

impl ReadValue for SecurityLabel {
    type Output = Vec<u8>;

    /// Some modules count a NUL at the end, some do not.
    fn get(fd: Fd<'_>, option: OptName) -> Result<Vec<u8>> {
        let mut label = growing(256, LABEL_MAX, |room| bytes(fd, option, room))?;
        if label.last() == Some(&0) {
            label.pop();
        }
        Ok(label)
    }

    fn show(value: &Vec<u8>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", value.escape_ascii())
    }
}

/// Reads with more and more room, as long as the kernel asks for it with ERANGE.
fn growing<T>(first: usize, most: usize, read: impl Fn(usize) -> Result<T>) -> Result<T> {
    let mut room = first;
    loop {
        match read(room) {
            Err(Errno::ERANGE) if room < most => room = room.saturating_mul(4).min(most),
            result => return result,
        }
    }
}
