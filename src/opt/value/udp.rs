//! Options of UDP.

use core::ffi::c_int;

use super::int::Scalar;
use super::{ReadValue, WriteValue, kind, put, whole};
use crate::error::{Errno, Result};
use crate::number::open_number;
use crate::opt::info::OptSize;
use crate::sys::{Fd, OptName, c};

open_number! {
    /// What travels in the datagrams of a socket: the values of `UDP_ENCAP`.
    UdpEncap {
        /// Data.
        NONE = 0;
        /// IPsec, in an early form of NAT traversal.
        UDP_ENCAP_ESPINUDP_NON_IKE = c::UDP_ENCAP_ESPINUDP_NON_IKE;
        /// IPsec (RFC 3948).
        UDP_ENCAP_ESPINUDP = c::UDP_ENCAP_ESPINUDP;
        /// L2TP (RFC 2661).
        UDP_ENCAP_L2TPINUDP = c::UDP_ENCAP_L2TPINUDP;
        /// GTP version 0; set by the kernel.
        UDP_ENCAP_GTP0 = c::UDP_ENCAP_GTP0;
        /// GTP version 1; set by the kernel.
        UDP_ENCAP_GTP1U = c::UDP_ENCAP_GTP1U;
        /// RxRPC; set by the kernel.
        UDP_ENCAP_RXRPC = c::UDP_ENCAP_RXRPC;
        /// IPsec in TCP; set by the kernel.
        TCP_ENCAP_ESPINTCP = c::TCP_ENCAP_ESPINTCP;
    }
}

kind! {
    /// The size of a segment in bytes: `int`, which is an [`Option<u16>`] here: `None`, in C 0, is no segmentation.
    Segment: Int, "int", OptSize::of::<c_int>();
}

impl Scalar for Segment {}

impl ReadValue for Segment {
    type Output = Option<u16>;

    fn get(fd: Fd<'_>, option: OptName) -> Result<Option<u16>> {
        let size = u16::try_from(whole::<c_int>(fd, option)?).map_err(|_| Errno::EINVAL)?;
        Ok((size != 0).then_some(size))
    }

    fn show(value: &Option<u16>, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        super::show_option(value, f)
    }
}

impl WriteValue for Segment {
    type Input<'a> = Option<u16>;

    fn set(fd: Fd<'_>, option: OptName, value: Option<u16>) -> Result<()> {
        put(fd, option, &c_int::from(value.unwrap_or(0)))
    }
}
