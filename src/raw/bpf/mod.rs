//! Programs of classic BPF: instructions by name, checked before the kernel sees them, as text and from text.

mod build;
mod check;
mod code;
mod error;
mod insn;
mod lex;
mod parse;
mod show;

use core::ops::Deref;

pub use build::{BpfBuilder, BpfLabel};
pub use error::{BpfError, BpfErrorKind};
pub use insn::{BpfAlu, BpfExt, BpfJmp, BpfSize, BpfSrc};

use crate::opt::SockFilter;

/// From this offset of the packet on are the extensions ([`BpfExt`]), not bytes (linux/filter.h).
pub const SKF_AD_OFF: u32 = -0x1000_i32 as u32;
/// From this offset on are the bytes of the network header (linux/filter.h).
pub const SKF_NET_OFF: u32 = -0x10_0000_i32 as u32;
/// From this offset on are the bytes of the link header (linux/filter.h).
pub const SKF_LL_OFF: u32 = -0x20_0000_i32 as u32;

/// A program of classic BPF that the kernel takes: it is checked when it is made.
///
/// It is a slice of instructions where an option wants one: [`SO_ATTACH_FILTER`](crate::opt::SO_ATTACH_FILTER),
/// [`SO_ATTACH_REUSEPORT_CBPF`](crate::opt::SO_ATTACH_REUSEPORT_CBPF). What is attached comes back from
/// [`SO_GET_FILTER`](crate::opt::SO_GET_FILTER), and goes by [`SO_DETACH_FILTER`](crate::opt::SO_DETACH_FILTER), unless
/// [`SO_LOCK_FILTER`](crate::opt::SO_LOCK_FILTER) is set.
///
/// # As text
///
/// [`FromStr`](core::str::FromStr) reads what the kernel's `bpf_asm` reads, an instruction a line, and what
/// `tcpdump -ddd` prints: the number of instructions, then four numbers a line. [`Display`](core::fmt::Display) writes the
/// first, and with `{:#}` the second. Fields that an instruction does not look at are not in the first.
///
/// | instruction | operands |
/// |---|---|
/// | `ld` `ldh` `ldb` | `[12]`, `[x + 12]`, and of the kernel's knowledge `#proto` `#type` `#ifidx` `#mark` `#queue` `#hatype` `#rxhash` `#cpu` `#vlan_tci` `#vlan_avail` `#vlan_tpid` `#rand` `#poff` `#nla` `#nlan` |
/// | `ld` `ldx` | `#5`, `#len`, `M[3]` |
/// | `ldxb` | `4*([14]&0xf)` |
/// | `st` `stx` | `M[3]` |
/// | `add` `sub` `mul` `div` `mod` `and` `or` `xor` `lsh` `rsh` | `#5`, `x` |
/// | `jeq` `jgt` `jge` `jset` | `#5, yes`, `#5, yes, no`, `x, yes`, `x, yes, no` |
/// | `jne` `jlt` `jle` | `#5, yes`, `x, yes` |
/// | `jmp` | `there` |
/// | `ret` | `#5`, `a` |
/// | `neg` `tax` `txa` | |
///
/// Numbers are decimal, `0x`, `0b`, or octal with a leading 0. Labels have at least two characters and a colon. `;` begins
/// a comment, `/* */` encloses one, and a line that begins with `#` is one.
///
/// ```
/// use std::net::Ipv4Addr;
/// use sockets::raw::BpfProgram;
/// use sockets::{Domain, Errno, Protocol, RecvFlags, SendFlags, Socket, Type, opt};
///
/// // A filter of UDP sees the UDP header first; the data is behind it.
/// let program: BpfProgram = "
///             ldb [8]
///             jne #0x3f, drop
///             ret #-1      ; all of it
///     drop:   ret #0
/// ".parse()?;
///
/// let socket = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
/// socket.setsockopt(opt::SO_ATTACH_FILTER, &program)?;
/// socket.bind((Ipv4Addr::LOCALHOST, 0))?;
/// for text in ["no question", "? a question"] {
///     socket.sendto(text.as_bytes(), SendFlags::empty(), socket.getsockname()?)?;
/// }
/// let mut buf = [0; 64];
/// let n = socket.recv(&mut buf, RecvFlags::empty())?;
/// assert_eq!(&buf[..n], b"? a question");
/// assert_eq!(BpfProgram::new(socket.getsockopt(opt::SO_GET_FILTER)?)?, program);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [Linux Socket Filtering](https://docs.kernel.org/networking/filter.html)
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[doc(alias = "sock_fprog")]
pub struct BpfProgram {
    insns: Vec<SockFilter>,
}

impl BpfProgram {
    /// Checks instructions as the kernel does when they are attached, and says what is wrong, which the kernel does not.
    ///
    /// The kernel translates what it takes, and may refuse it then: a long program with `ENOMEM` (`net.core.optmem_max`), a
    /// `jmp` over instructions that become more than 32 767, such as 2000 `ldxb`, with `EINVAL`.
    ///
    /// # Errors
    ///
    /// See [`BpfErrorKind`]: those up to `Extension`.
    ///
    /// ```
    /// use sockets::raw::{BpfErrorKind, BpfInsn, BpfProgram};
    ///
    /// let endless = BpfProgram::new([BpfInsn::ld_len()]).unwrap_err();
    /// assert_eq!((endless.kind(), endless.instruction()), (BpfErrorKind::NoReturn, Some(0)));
    /// ```
    pub fn new(insns: impl Into<Vec<SockFilter>>) -> Result<Self, BpfError> {
        let insns = insns.into();
        check::check(&insns)?;
        Ok(BpfProgram { insns })
    }

    /// Checks instructions without keeping them.
    ///
    /// # Errors
    ///
    /// Those of [`new`](BpfProgram::new).
    ///
    /// ```
    /// use sockets::raw::{BpfInsn, BpfProgram};
    ///
    /// assert!(BpfProgram::check(&[BpfInsn::ret(0)]).is_ok());
    /// assert!(BpfProgram::check(&[]).is_err());
    /// ```
    pub fn check(insns: &[SockFilter]) -> Result<(), BpfError> {
        check::check(insns)
    }

    /// The instructions.
    pub fn into_vec(self) -> Vec<SockFilter> {
        self.insns
    }
}

impl Deref for BpfProgram {
    type Target = [SockFilter];

    fn deref(&self) -> &[SockFilter] {
        &self.insns
    }
}

impl AsRef<[SockFilter]> for BpfProgram {
    fn as_ref(&self) -> &[SockFilter] {
        &self.insns
    }
}

impl TryFrom<Vec<SockFilter>> for BpfProgram {
    type Error = BpfError;

    fn try_from(insns: Vec<SockFilter>) -> Result<Self, BpfError> {
        BpfProgram::new(insns)
    }
}
