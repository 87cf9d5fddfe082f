//! SOL_SOCKET: programs that filter what is received, or choose who receives it ([socket(7)](https://man7.org/linux/man-pages/man7/socket.7.html)).

use super::options;
use crate::opt::{AttachFilter, Bool, BpfProgram, GetFilter, Int, NoValue};

options! {
    level SOL_SOCKET, on UDP4;

    /// Drop what this program of extended BPF does not let through.
    SO_ATTACH_BPF: BpfProgram, Set, needs BPF_PROGRAM else EINVAL;

    /// Drop what this program of classic BPF does not let through, and cut what it shortens. On UDP it begins at
    /// the UDP header. `EPERM` once [`SO_LOCK_FILTER`] is set, `ENOMEM` beyond `net.core.optmem_max`.
    SO_ATTACH_FILTER: AttachFilter, Set;

    /// Let this program of classic BPF choose among the sockets of [`SO_REUSEPORT`](super::SO_REUSEPORT), by
    /// their order; a number beyond them falls back to the kernel's choice. On UDP it begins at the data.
    SO_ATTACH_REUSEPORT_CBPF: AttachFilter, Set, needs REUSEPORT else EINVAL;

    /// [`SO_ATTACH_REUSEPORT_CBPF`] with a program of extended BPF.
    SO_ATTACH_REUSEPORT_EBPF: BpfProgram, Set, needs BPF_PROGRAM else EINVAL;

    /// How many extensions of classic BPF the kernel knows.
    SO_BPF_EXTENSIONS: Int, Get;

    /// Take the filter away; `ENOENT` if there is none.
    SO_DETACH_FILTER: NoValue, Set, needs FILTER else ENOENT;

    /// Take away the program that chooses among the sockets of a port; `ENOENT` if there is none.
    SO_DETACH_REUSEPORT_BPF: NoValue, Set, needs REUSEPORT else EINVAL;

    /// The filter that is attached, if it is one of classic BPF.
    SO_GET_FILTER: GetFilter, Get;

    /// From now on the filter cannot be changed, nor this be taken back: both are `EPERM`.
    SO_LOCK_FILTER: Bool, GetSet;
}
