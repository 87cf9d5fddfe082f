//! A refusal of the machine: which step failed, with which errno, and what that usually means.

use std::error::Error;
use std::fmt;
use std::io;

/// One step on the way into a namespace, or one probe there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Step {
    UserNs = 1,
    SetGroups,
    UidMap,
    GidMap,
    NetNs,
    LoUp,
    Raw,
    Packet,
    Veth,
    Ipv6,
    Root,
    Probe,
}

impl Step {
    const ALL: [Self; 12] = [
        Self::UserNs,
        Self::SetGroups,
        Self::UidMap,
        Self::GidMap,
        Self::NetNs,
        Self::LoUp,
        Self::Raw,
        Self::Packet,
        Self::Veth,
        Self::Ipv6,
        Self::Root,
        Self::Probe,
    ];

    /// The step of a byte that came through a pipe.
    pub(crate) fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|step| *step as u8 == byte)
    }

    fn what(self) -> &'static str {
        match self {
            Self::UserNs => "unshare(CLONE_NEWUSER)",
            Self::SetGroups => "writing /proc/self/setgroups",
            Self::UidMap => "writing /proc/self/uid_map",
            Self::GidMap => "writing /proc/self/gid_map",
            Self::NetNs => "unshare(CLONE_NEWNET)",
            Self::LoUp => "bringing lo up",
            Self::Raw => "socket(AF_INET, SOCK_RAW)",
            Self::Packet => "socket(AF_PACKET, SOCK_RAW)",
            Self::Veth => "creating a veth pair",
            Self::Ipv6 => "bind([::1]:0)",
            Self::Root => "running as real root",
            Self::Probe => "probing",
        }
    }
}

/// Something that the machine does not allow: the step, its errno, and a hint at the usual cause.
///
/// Its text is `<what> <errno name> (<errno text>): <hint>`. Converts into the [`io::Error`] of the errno.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refusal {
    pub(crate) step: Step,
    pub(crate) errno: i32,
}

impl Refusal {
    /// The refusal of `step` for the reason in `error`. No heap: it is made between fork and exec.
    pub(crate) fn new(step: Step, error: &io::Error) -> Self {
        Self { step, errno: error.raw_os_error().unwrap_or(libc::EIO) }
    }

    /// The system call or the action that was refused.
    #[must_use]
    pub fn what(&self) -> &'static str {
        self.step.what()
    }

    /// The errno of the refusal.
    #[must_use]
    pub fn errno(&self) -> i32 {
        self.errno
    }

    /// What usually causes this refusal.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        use Step::{Ipv6, LoUp, NetNs, Packet, Probe, Raw, Root, UserNs, Veth};
        match (self.step, self.errno) {
            (Root, _) => "run as root with SOCKETS_TEST_ROOT=1",
            (Probe, _) => "the probing process died",
            (UserNs, libc::ENOSPC) => "the sysctl user.max_user_namespaces is 0 or used up",
            (UserNs, libc::EPERM) => {
                "forbidden by the seccomp profile of a container, by a chroot, or by the sysctl \
                 kernel.unprivileged_userns_clone=0"
            }
            (UserNs, libc::EINVAL) => "the process has threads, or the kernel lacks CONFIG_USER_NS",
            (UserNs, libc::EUSERS) => "user namespaces are nested too deeply",
            (NetNs, libc::ENOSPC) => "the sysctl user.max_net_namespaces is 0 or used up",
            (NetNs, libc::EINVAL) => "the kernel lacks CONFIG_NET_NS",
            (NetNs | LoUp | Raw | Packet | Veth, libc::EPERM | libc::EACCES) => {
                "no capabilities in this namespace; for a user namespace see the sysctl \
                 kernel.apparmor_restrict_unprivileged_userns"
            }
            (Packet, libc::EAFNOSUPPORT) => "the kernel lacks CONFIG_PACKET",
            (Veth, libc::EOPNOTSUPP) => "the kernel lacks CONFIG_VETH, or its module is not loaded",
            (Ipv6, _) => "IPv6 is disabled on this machine",
            _ => "not allowed on this machine",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, hint) = (self.what(), self.hint());
        write!(f, "{what} {}: {hint}", errno_text(self.errno))
    }
}

impl Error for Refusal {}

impl From<Refusal> for io::Error {
    fn from(refusal: Refusal) -> Self {
        Self::from_raw_os_error(refusal.errno)
    }
}

/// `EPERM (Operation not permitted)`.
fn errno_text(errno: i32) -> String {
    let text = io::Error::from_raw_os_error(errno).to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    match errno_name(errno) {
        Some(name) => format!("{name} ({text})"),
        None => format!("errno {errno} ({text})"),
    }
}

/// The names of the errnos that refusals have.
fn errno_name(errno: i32) -> Option<&'static str> {
    Some(match errno {
        libc::EPERM => "EPERM",
        libc::ENOENT => "ENOENT",
        libc::EIO => "EIO",
        libc::EAGAIN => "EAGAIN",
        libc::ENOMEM => "ENOMEM",
        libc::EACCES => "EACCES",
        libc::ENODEV => "ENODEV",
        libc::EINVAL => "EINVAL",
        libc::EMFILE => "EMFILE",
        libc::ENOSPC => "ENOSPC",
        libc::EROFS => "EROFS",
        libc::ENOSYS => "ENOSYS",
        libc::EUSERS => "EUSERS",
        libc::EPROTONOSUPPORT => "EPROTONOSUPPORT",
        libc::EOPNOTSUPP => "EOPNOTSUPP",
        libc::EAFNOSUPPORT => "EAFNOSUPPORT",
        libc::EADDRNOTAVAIL => "EADDRNOTAVAIL",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Refusal, Step};

    #[test]
    fn text_names_step_errno_and_hint() {
        let refusal = Refusal { step: Step::UserNs, errno: libc::ENOSPC };
        let text = refusal.to_string();
        assert!(text.starts_with("unshare(CLONE_NEWUSER) ENOSPC (No space left on device): "), "{text}");
        assert!(text.contains("max_user_namespaces"), "{text}");
        assert_eq!(std::io::Error::from(refusal).raw_os_error(), Some(libc::ENOSPC));
    }

    #[test]
    fn steps_survive_the_pipe() {
        for step in Step::ALL {
            assert_eq!(Step::from_byte(step as u8), Some(step));
        }
        assert_eq!(Step::from_byte(0), None);
    }
}
