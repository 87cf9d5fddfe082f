//! What an option asks for beyond a socket that has it.

use core::fmt;

use crate::error::Errno;

/// What an option asks for beyond a socket that has it, and the error where it is missing.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// What is needed, in few words.
    pub what: &'static str,
    /// Of which sort that is.
    pub sort: Sort,
    /// The error without it.
    pub errno: Errno,
}

/// The sorts of [`Need`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sort {
    /// A privilege over the network namespace, for setting the option. The root of a user namespace has it over
    /// the networks made there.
    Privilege,
    /// A privilege in the initial user namespace, for setting the option.
    Root,
    /// Something that a kernel can be built, or a machine configured, without. The error is that of both calls.
    Kernel,
    /// A state of the socket: a connection, a name, a setting of another option. The error is that of reading it,
    /// or of setting it where it cannot be read.
    State,
}

impl Need {
    /// The need of a row.
    pub(super) const fn new((what, sort): (&'static str, Sort), errno: Errno) -> Self {
        Need { what, sort, errno }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, else {:?}", self.what, self.errno)
    }
}

/// The words of the rows.
macro_rules! words {
    ($($name:ident = $sort:ident $what:literal;)+) => {
        $(pub(in crate::opt) const $name: (&str, Sort) = ($what, Sort::$sort);)+
    };
}

words! {
    CAP_NET_ADMIN = Privilege "CAP_NET_ADMIN";
    CAP_NET_RAW = Privilege "CAP_NET_RAW";
    CAP_NET_BROADCAST = Privilege "CAP_NET_BROADCAST";
    ROOT = Root "CAP_NET_ADMIN in the initial user namespace";
    CONFIG_TCP_AO = Kernel "a kernel with CONFIG_TCP_AO";
    CONFIG_IP_DCCP = Kernel "a kernel with CONFIG_IP_DCCP";
    CONFIG_UDPLITE = Kernel "a kernel with UDP-Lite";
    CONFIG_VSOCKETS = Kernel "a kernel with CONFIG_VSOCKETS";
    MEMORY_CGROUP = Kernel "a memory control group";
    SECURITY_MODULE = Kernel "a security module that gives labels";
    BOUND = State "a socket bound to an interface";
    BPF_PROGRAM = State "a program of extended BPF";
    CONNECTION = State "a connection";
    FANOUT = State "a socket of a fanout group";
    FILTER = State "a filter that is attached";
    JOINED = State "an address that was joined";
    PEER = State "a peer";
    REDIRECTED = State "a connection that netfilter redirected";
    REPAIR = State "a connection under repair";
    REUSEPORT = State "a socket that shares its port";
    TLS = State "a connection with the protocol tls on top";
}
