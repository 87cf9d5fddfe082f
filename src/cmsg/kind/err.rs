//! Errors that came back: the messages of the error queue.

use super::{RecvValue, value};
use crate::SockAddr;
use crate::error::Errno;
use crate::number::open_number;
use crate::sys::{Pod, RawErrno, STORAGE_SIZE, c};

open_number! {
    /// Where an error, or an event of the error queue, comes from: `ee_origin`.
    ErrOrigin(u8) {
        /// Nowhere.
        SO_EE_ORIGIN_NONE = 0;
        /// This machine.
        SO_EE_ORIGIN_LOCAL = 1;
        /// A message of ICMP.
        SO_EE_ORIGIN_ICMP = 2;
        /// A message of ICMPv6.
        SO_EE_ORIGIN_ICMP6 = 3;
        /// The time of sending, or the fate of a frame of a wireless network: no error.
        SO_EE_ORIGIN_TXSTATUS = 4;
        /// A send with `MSG_ZEROCOPY` that is through: no error.
        SO_EE_ORIGIN_ZEROCOPY = 5;
        /// A packet that came too late for its `SCM_TXTIME`.
        SO_EE_ORIGIN_TXTIME = 6;
    }
}

/// An error that came back, as the kernel says it: `struct sock_extended_err`, and who sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtendedErr {
    /// `ee_errno`: the error.
    pub errno: Errno,
    /// `ee_origin`: where it comes from.
    pub origin: ErrOrigin,
    /// `ee_type`: the type of the ICMP message.
    pub ty: u8,
    /// `ee_code`: the code of the ICMP message.
    pub code: u8,
    /// `ee_info`: for `EMSGSIZE` the MTU.
    pub info: u32,
    /// `ee_data`.
    pub data: u32,
    /// `SO_EE_OFFENDER`: who sent the ICMP message. Unnamed if nobody did.
    pub offender: SockAddr,
}

value! {
    ExtendedErr: "struct sock_extended_err", size_of::<c::sock_extended_err>() + size_of::<c::sockaddr_in6>();
}

impl RecvValue for ExtendedErr {
    type Output<'a> = ExtendedErr;

    fn decode(data: &[u8]) -> Option<ExtendedErr> {
        let raw = c::sock_extended_err::from_bytes(data)?;
        let behind = data.get(size_of::<c::sock_extended_err>()..).unwrap_or_default();
        Some(ExtendedErr {
            errno: RawErrno::from_raw(i32::try_from(raw.ee_errno).unwrap_or_default()).into(),
            origin: raw.ee_origin.into(),
            ty: raw.ee_type,
            code: raw.ee_code,
            info: raw.ee_info,
            data: raw.ee_data,
            offender: offender(behind),
        })
    }
}

/// The address behind the structure. One of family 0 stands for nobody.
fn offender(bytes: &[u8]) -> SockAddr {
    let bytes = bytes.get(..STORAGE_SIZE).unwrap_or(bytes);
    match SockAddr::from_bytes(bytes) {
        Ok(addr) if i32::from(addr.family()) != c::AF_UNSPEC => addr,
        _ => SockAddr::EMPTY,
    }
}
