//! Options of IPv6 that hold structures, or numbers with a meaning of their own.

use core::ffi::c_int;
use core::fmt;
use std::net::Ipv6Addr;

use bitflags::bitflags;

use super::int::Scalar;
use super::multicast::ifindex;
use super::{AskValue, ReadValue, WriteValue, kind, put, show_option, value, whole};
use crate::error::{Errno, Result};
use crate::number::open_number;
use crate::opt::info::OptSize;
use crate::sys::{self, Fd, OptName, OutBytes, Pod, c};

bitflags! {
    /// Which source addresses are preferred (RFC 5014): the values of `IPV6_ADDR_PREFERENCES`. Of two that exclude
    /// each other, one is in force; both are `EINVAL`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
    pub struct AddrPreferences: u32 {
        /// Temporary addresses (RFC 8981), which do not tell one machine from another for long.
        const IPV6_PREFER_SRC_TMP = 0x0001;
        /// Public addresses.
        const IPV6_PREFER_SRC_PUBLIC = 0x0002;
        /// As the system prefers.
        const IPV6_PREFER_SRC_PUBTMP_DEFAULT = 0x0100;
        /// Care-of addresses of mobile IPv6.
        const IPV6_PREFER_SRC_COA = 0x0004;
        /// Home addresses of mobile IPv6.
        const IPV6_PREFER_SRC_HOME = 0x0400;
        /// Addresses that are made by cryptography.
        const IPV6_PREFER_SRC_CGA = 0x0008;
        /// Addresses that are not.
        const IPV6_PREFER_SRC_NONCGA = 0x0800;
        const _ = !0;
    }
}

kind! {
    /// Where a checksum is: `int`, which is an [`Option<u16>`] here: `None`, in C -1, is no checksum.
    ChecksumOffset: Int, "int", OptSize::of::<c_int>();
    /// A router alert: `int`, which is an [`Option<u16>`] here: `None`, in C -1, is none.
    RouterAlert: Int, "int", OptSize::of::<c_int>();
    /// The MTU of a path: `struct ip6_mtuinfo`, of which Linux fills in the MTU only.
    PathMtu: Struct, "struct ip6_mtuinfo", OptSize::of::<c::ip6_mtuinfo>();
}

impl Scalar for ChecksumOffset {}
impl Scalar for RouterAlert {}

impl ReadValue for ChecksumOffset {
    type Output = Option<u16>;

    fn get(fd: Fd<'_>, option: OptName) -> Result<Option<u16>> {
        match whole::<c_int>(fd, option)? {
            -1 => Ok(None),
            offset => u16::try_from(offset).map(Some).map_err(|_| Errno::EINVAL),
        }
    }

    fn show(value: &Option<u16>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_option(value, f)
    }
}

impl WriteValue for ChecksumOffset {
    type Input<'a> = Option<u16>;

    fn set(fd: Fd<'_>, option: OptName, value: Option<u16>) -> Result<()> {
        put(fd, option, &value.map_or(-1, c_int::from))
    }
}

impl WriteValue for RouterAlert {
    type Input<'a> = Option<u16>;

    fn set(fd: Fd<'_>, option: OptName, value: Option<u16>) -> Result<()> {
        put(fd, option, &value.map_or(-1, c_int::from))
    }
}

/// A source address and an interface: `struct in6_pktinfo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PktInfo6 {
    /// The address; unspecified leaves it to the system.
    pub addr: Ipv6Addr,
    /// The index of the interface; 0 leaves it to the routes.
    pub interface: u32,
}

value! {
    PktInfo6: Struct, "struct in6_pktinfo", OptSize::of::<c::in6_pktinfo>();
}

impl ReadValue for PktInfo6 {
    type Output = PktInfo6;

    fn get(fd: Fd<'_>, option: OptName) -> Result<PktInfo6> {
        let raw: c::in6_pktinfo = whole(fd, option)?;
        Ok(PktInfo6 { addr: raw.ipi6_addr.s6_addr.into(), interface: raw.ipi6_ifindex })
    }
}

impl WriteValue for PktInfo6 {
    type Input<'a> = PktInfo6;

    fn set(fd: Fd<'_>, option: OptName, value: PktInfo6) -> Result<()> {
        let ipi6_addr = c::in6_addr { s6_addr: value.addr.octets() };
        let ipi6_ifindex = ifindex(value.interface)? as u32;
        put(fd, option, &c::in6_pktinfo { ipi6_addr, ipi6_ifindex })
    }
}

impl ReadValue for PathMtu {
    type Output = usize;

    fn get(fd: Fd<'_>, option: OptName) -> Result<usize> {
        let raw: c::ip6_mtuinfo = whole(fd, option)?;
        usize::try_from(raw.ip6m_mtu).map_err(|_| Errno::EINVAL)
    }
}

open_number! {
    /// What to do with a flow label.
    FlowLabelAction {
        /// Lease it, or one that the kernel chooses if it is 0.
        IPV6_FL_A_GET = c::IPV6_FL_A_GET;
        /// Give it back.
        IPV6_FL_A_PUT = c::IPV6_FL_A_PUT;
        /// Lease it for longer.
        IPV6_FL_A_RENEW = c::IPV6_FL_A_RENEW;
    }
}

bitflags! {
    /// How a flow label is leased, or asked for.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
    pub struct FlowLabelFlags: u16 {
        /// Lease one that nobody has yet.
        const IPV6_FL_F_CREATE = 1;
        /// Only if nobody has it: `EEXIST`.
        const IPV6_FL_F_EXCL = 2;
        /// TCP: answer with the label that the peer uses.
        const IPV6_FL_F_REFLECT = 4;
        /// Asked: the label that the peer uses.
        const IPV6_FL_F_REMOTE = 8;
        const _ = !0;
    }
}

open_number! {
    /// Who else may use a leased flow label.
    FlowLabelShare {
        /// Nobody asked; for giving back.
        IPV6_FL_S_NONE = c::IPV6_FL_S_NONE;
        /// Nobody.
        IPV6_FL_S_EXCL = c::IPV6_FL_S_EXCL;
        /// This process.
        IPV6_FL_S_PROCESS = c::IPV6_FL_S_PROCESS;
        /// This user.
        IPV6_FL_S_USER = c::IPV6_FL_S_USER;
        /// Everybody; needs a privilege.
        IPV6_FL_S_ANY = c::IPV6_FL_S_ANY;
    }
}

/// What is asked of the flow label manager: `struct in6_flowlabel_req`.
///
/// ```
/// # fn main() -> sockets::Result<()> {
/// use std::net::Ipv6Addr;
/// use sockets::opt::{self, FlowLabel, FlowLabelFlags};
/// use sockets::{Domain, Errno, Protocol, Socket, Type};
///
/// let Ok(socket) = Socket::socket(Domain::AF_INET6, Type::SOCK_DGRAM, Protocol::DEFAULT) else { return Ok(()) };
/// let mut lease = FlowLabel::lease(Ipv6Addr::LOCALHOST);
/// match socket.setsockopt(opt::IPV6_FLOWLABEL_MGR, &mut lease) {
///     Ok(()) => assert!(lease.label != 0),
///     Err(Errno::ENOPROTOOPT) => {} // IPv6 is off.
///     Err(errno) => return Err(errno),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FlowLabel {
    /// Where the flow goes.
    pub dst: Ipv6Addr,
    /// The label, of 20 bits, in host order; 0 lets the kernel choose, which then puts its choice here.
    pub label: u32,
    /// What to do.
    pub action: FlowLabelAction,
    /// Who else may use it.
    pub share: FlowLabelShare,
    /// How.
    pub flags: FlowLabelFlags,
    /// For how many seconds after it was given back nobody else gets it; 0 is the system's choice.
    pub linger: u16,
    /// For how many seconds it is leased; 0 is the system's choice.
    pub expires: u16,
}

value! {
    FlowLabel: Struct, "struct in6_flowlabel_req", OptSize::of::<c::in6_flowlabel_req>();
}

impl FlowLabel {
    /// Leases a label of the kernel's choice, for this socket alone.
    pub const fn lease(dst: Ipv6Addr) -> Self {
        FlowLabel {
            dst,
            label: 0,
            action: FlowLabelAction::IPV6_FL_A_GET,
            share: FlowLabelShare::IPV6_FL_S_EXCL,
            flags: FlowLabelFlags::IPV6_FL_F_CREATE,
            linger: 0,
            expires: 0,
        }
    }

    fn raw(&self) -> Result<c::in6_flowlabel_req> {
        let byte = |number: c_int| u8::try_from(number).map_err(|_| Errno::EINVAL);
        Ok(c::in6_flowlabel_req {
            flr_dst: c::in6_addr { s6_addr: self.dst.octets() },
            flr_label: self.label.to_be(),
            flr_action: byte(self.action.raw())?,
            flr_share: byte(self.share.raw())?,
            flr_flags: self.flags.bits(),
            flr_expires: self.expires,
            flr_linger: self.linger,
            __flr_pad: 0,
        })
    }

    fn from_raw(raw: &c::in6_flowlabel_req) -> Self {
        FlowLabel {
            dst: raw.flr_dst.s6_addr.into(),
            label: u32::from_be(raw.flr_label),
            action: c_int::from(raw.flr_action).into(),
            share: c_int::from(raw.flr_share).into(),
            flags: FlowLabelFlags::from_bits_retain(raw.flr_flags),
            linger: raw.flr_linger,
            expires: raw.flr_expires,
        }
    }
}

impl WriteValue for FlowLabel {
    type Input<'a> = &'a mut FlowLabel;

    /// The kernel writes the label that it chose into the structure, though setsockopt(2) says that it only reads it.
    fn set(fd: Fd<'_>, option: OptName, value: &mut FlowLabel) -> Result<()> {
        let mut raw = value.raw()?;
        sys::setsockopt_mut(fd, option, &mut raw)?;
        value.label = u32::from_be(raw.flr_label);
        Ok(())
    }
}

impl AskValue for FlowLabel {
    /// Of those, [`IPV6_FL_F_REMOTE`](FlowLabelFlags::IPV6_FL_F_REMOTE) asks for the peer's label, none for our own.
    type Question<'a> = FlowLabelFlags;
    type Answer = FlowLabel;

    fn ask(fd: Fd<'_>, option: OptName, flags: FlowLabelFlags) -> Result<FlowLabel> {
        let question = FlowLabel { flags, ..FlowLabel::lease(Ipv6Addr::UNSPECIFIED) };
        let raw = question.raw()?;
        let mut bytes = [0; size_of::<c::in6_flowlabel_req>()];
        bytes.copy_from_slice(raw.bytes());
        let len = sys::getsockopt(fd, option, OutBytes::from(bytes.as_mut_slice()))?;
        let raw = bytes.get(..len).and_then(c::in6_flowlabel_req::from_bytes).ok_or(Errno::EINVAL)?;
        Ok(FlowLabel::from_raw(&raw))
    }
}
