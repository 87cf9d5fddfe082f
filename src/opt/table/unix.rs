//! The options of AF_UNIX, which are at level SOL_SOCKET ([unix(7)](https://man7.org/linux/man-pages/man7/unix.7.html)).

use super::options;
use crate::opt::{Bool, PeerCredentials, PeerGroups, PidFd, SecurityLabel};

options! {
    level SOL_SOCKET, on UNIX;

    /// Streams: receive with every message how many bytes are left (`SCM_INQ`).
    SO_INQ: Bool, Set, 0..=1, since "6.17";

    /// Receive the sender's credentials with every message (`SCM_CREDENTIALS`), and bind a free name to a
    /// socket that has none when it connects or sends.
    SO_PASSCRED: Bool, GetSet;

    /// Receive a descriptor of the sending process with every message (`SCM_PIDFD`).
    SO_PASSPIDFD: Bool, GetSet, since "6.5";

    /// May descriptors be sent to this socket (`SCM_RIGHTS`)? Where not, the sender gets `EPERM`.
    SO_PASSRIGHTS: Bool, GetSet, since "6.16";

    /// Who the peer was when it connected, listened, or made the pair. Sockets of other families answer too:
    /// that nobody is there.
    SO_PEERCRED: PeerCredentials, Get;

    /// The supplementary groups of the peer, as [`SO_PEERCRED`] has the rest.
    SO_PEERGROUPS: PeerGroups, Get, needs PEER else ENODATA;

    /// A descriptor of the peer's process, close-on-exec.
    SO_PEERPIDFD: PidFd, Get, needs PEER else ENODATA, since "6.5";

    /// The security label of the peer.
    SO_PEERSEC: SecurityLabel, Get, needs SECURITY_MODULE else ENOPROTOOPT;
}
