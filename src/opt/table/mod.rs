//! The options: one file per level, two lines a row.
//!
//! A row is a doc comment, and `NAME: kind, access;` - with `, low..=high` where the kernel refuses
//! other numbers, and `, on SAMPLE` where it takes another socket than the table says to have the
//! option. Its number is `c::NAME`. That is all: the constant, the registry and the test that loops over it
//! come from the row.

pub mod filter;
pub mod ip;
pub mod ipv6;
pub mod mcast4;
pub mod mcast6;
pub mod mptcp;
mod others;
pub mod packet;
pub mod raw;
pub mod socket;
pub mod tcp;
pub mod udp;
pub mod unix;

use super::{OptInfo, Sample};

// Not `mcast4` and `mcast6`: their options have the same names, at different levels.
pub use filter::*;
pub use ip::*;
pub use ipv6::*;
pub use mptcp::*;
pub use others::{dccp, netlink, tls, udplite, vsock};
pub use packet::*;
pub use raw::*;
pub use socket::*;
pub use tcp::*;
pub use udp::*;
pub use unix::*;
pub use {dccp::*, netlink::*, tls::*, udplite::*, vsock::*};

/// The tables of all levels.
pub(super) const TABLES: &[&[OptInfo]] = &[
    socket::TABLE,
    filter::TABLE,
    unix::TABLE,
    ip::TABLE,
    mcast4::TABLE,
    ipv6::TABLE,
    mcast6::TABLE,
    raw::level_raw::TABLE,
    raw::level_icmpv6::TABLE,
    tcp::TABLE,
    mptcp::TABLE,
    udp::TABLE,
    packet::TABLE,
    tls::TABLE,
    netlink::TABLE,
    vsock::TABLE,
    udplite::TABLE,
    dccp::TABLE,
];

/// Declares the options of one level.
macro_rules! options {
    (
        level $level:ident, on $default:ident;
        $(
            $(#[doc = $doc:literal])+
            $(#[cfg($cfg:meta)])?
            $name:ident: $kind:ty, $access:ident
                $(, $low:literal..=$high:literal)?
                $(, on $sample:ident)?
                $(, needs $need:ident else $errno:ident)?
                $(, since $since:literal)?;
        )+
    ) => {
        $(
            $(#[doc = $doc])+
            $(#[doc = concat!("\n\nSince Linux ", $since, ".")])?
            $(#[doc = concat!("\n\nNeeds `", stringify!($need), "`, else `", stringify!($errno), "`.")])?
            $(#[cfg($cfg)])?
            pub const $name: $crate::opt::Opt<$kind, $crate::opt::$access> =
                $crate::opt::Opt::row(stringify!($name), $crate::sys::c::$level, $crate::sys::c::$name);
        )+

        pub(in crate::opt) const TABLE: &[$crate::opt::OptInfo] = &[
            $(
                $(#[cfg($cfg)])?
                $crate::opt::OptInfo {
                    level_name: stringify!($level),
                    value: stringify!($kind),
                    $(range: Some(($low, $high)),)?
                    $(needs: Some($crate::opt::Need::new($crate::opt::need::$need, $crate::Errno::$errno)),)?
                    $(since: Some($since),)?
                    ..$crate::opt::OptInfo::of(
                        $name,
                        $crate::opt::table::first(&[$($crate::opt::Sample::$sample,)? $crate::opt::Sample::$default]),
                    )
                },
            )+
        ];
    };
}

use options;

/// The sample that a row names, or else that of its table.
const fn first(samples: &[Sample]) -> Sample {
    match samples {
        [first, ..] => *first,
        [] => Sample::TCP4,
    }
}
