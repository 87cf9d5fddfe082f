//! The options of AF_UNIX, which are at level SOL_SOCKET ([unix(7)](https://man7.org/linux/man-pages/man7/unix.7.html)).

use super::options;
use crate::opt::{Bool, PeerCredentials};

options! {
    level SOL_SOCKET, on UNIX;

    /// Receive the sender's credentials with every message (`SCM_CREDENTIALS`), and bind a free name to a
    /// socket that has none when it connects or sends.
    SO_PASSCRED: Bool, GetSet;

    /// Who the peer was when it connected, listened, or made the pair. Sockets of other families answer too:
    /// that nobody is there.
    SO_PEERCRED: PeerCredentials, Get;
}
