//! AF_VSOCK: `struct sockaddr_vm` (vsock(7)).

use super::{SockAddr, ToSockAddr};
use crate::error::Result;
use crate::sys::{self, c};

/// The address of sockets between virtual machines and their host.
///
/// ```
/// use sockets::{SockAddr, VsockAddr};
///
/// let addr: SockAddr = "vsock:2:1024".parse().unwrap();
/// assert_eq!(addr.as_vsock(), Some(VsockAddr::new(VsockAddr::VMADDR_CID_HOST, 1024)));
/// ```
///
/// [vsock(7)](https://man7.org/linux/man-pages/man7/vsock.7.html)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VsockAddr {
    /// The context: which machine.
    pub cid: u32,
    /// The port.
    pub port: u32,
    /// `VMADDR_FLAG_`: 1, send to the host, which forwards it to a sibling.
    pub flags: u8,
}

impl VsockAddr {
    /// Any context, for bind(2).
    pub const VMADDR_CID_ANY: u32 = c::VMADDR_CID_ANY;
    /// The hypervisor; not in use any more.
    pub const VMADDR_CID_HYPERVISOR: u32 = c::VMADDR_CID_HYPERVISOR;
    /// This machine.
    pub const VMADDR_CID_LOCAL: u32 = c::VMADDR_CID_LOCAL;
    /// The host.
    pub const VMADDR_CID_HOST: u32 = c::VMADDR_CID_HOST;
    /// Any port that is free, for bind(2).
    pub const VMADDR_PORT_ANY: u32 = c::VMADDR_PORT_ANY;

    /// A machine and a port.
    pub const fn new(cid: u32, port: u32) -> VsockAddr {
        VsockAddr { cid, port, flags: 0 }
    }
}

impl SockAddr {
    /// The address of a socket between virtual machines, if it is one.
    pub fn as_vsock(&self) -> Option<VsockAddr> {
        let raw: c::sockaddr_vm = self.structure(c::AF_VSOCK)?;
        Some(VsockAddr { cid: raw.svm_cid, port: raw.svm_port, flags: raw.svm_flags })
    }
}

impl From<VsockAddr> for SockAddr {
    fn from(addr: VsockAddr) -> Self {
        SockAddr(sys::Storage::from_pod(c::sockaddr_vm {
            svm_family: c::AF_VSOCK as c::sa_family_t,
            svm_reserved1: 0,
            svm_port: addr.port,
            svm_cid: addr.cid,
            svm_flags: addr.flags,
            svm_zero: [0; 3],
        }))
    }
}

impl ToSockAddr for VsockAddr {
    type Encoded<'a> = SockAddr;

    fn to_sockaddr(&self) -> Result<SockAddr> {
        Ok((*self).into())
    }
}
