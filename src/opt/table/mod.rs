//! The options: one file per level, two lines a row.
//!
//! A row is a doc comment, and `NAME: kind, access;` - with `, low..=high` where the kernel refuses
//! other numbers, and `, on SAMPLE` where it takes another socket than the table says to have the
//! option. Its number is `c::NAME`. That is all: the constant, the registry and the test that loops over it
//! come from the row.

mod ip;
mod ipv6;
mod socket;
mod tcp;
mod unix;

use super::OptInfo;

pub use ip::*;
pub use ipv6::*;
pub use socket::*;
pub use tcp::*;
pub use unix::*;

/// The tables of all levels.
pub(super) const TABLES: &[&[OptInfo]] = &[socket::TABLE, ip::TABLE, ipv6::TABLE, tcp::TABLE, unix::TABLE];

/// Declares the options of one level.
macro_rules! options {
    (
        level $level:ident, on $default:ident;
        $(
            $(#[doc = $doc:literal])+
            $(#[cfg($cfg:meta)])?
            $name:ident: $kind:ty, $access:ident $(, $low:literal..=$high:literal)? $(, on $sample:ident)?;
        )+
    ) => {
        $(
            $(#[doc = $doc])+
            #[doc = concat!("\n\nLevel `", stringify!($level), "`.")]
            $(#[cfg($cfg)])?
            pub const $name: $crate::opt::Opt<$kind, $crate::opt::$access> =
                $crate::opt::Opt::row(stringify!($name), $crate::sys::c::$level, $crate::sys::c::$name);
        )+

        pub(super) const TABLE: &[$crate::opt::OptInfo] = &[
            $(
                $(#[cfg($cfg)])?
                $crate::opt::OptInfo::of(
                    $name,
                    &[$(($low, $high))?],
                    &[$($crate::opt::Sample::$sample,)? $crate::opt::Sample::$default],
                ),
            )+
        ];
    };
}

use options;
