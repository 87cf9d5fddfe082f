//! What can be done with an option: read, set, both.

use super::info::Access;

/// The option can be read only.
#[derive(Debug, Clone, Copy)]
pub struct Get;

/// The option can be set only.
#[derive(Debug, Clone, Copy)]
pub struct Set;

/// The option can be read and set.
#[derive(Debug, Clone, Copy)]
pub struct GetSet;

/// [`Get`] or [`GetSet`]: what [`getsockopt`](crate::Socket::getsockopt) takes.
#[diagnostic::on_unimplemented(message = "this option can only be set")]
pub trait Readable: Marker {}

/// [`Set`] or [`GetSet`]: what [`setsockopt`](crate::Socket::setsockopt) takes.
#[diagnostic::on_unimplemented(message = "this option can only be read")]
pub trait Writable: Marker {}

impl Readable for Get {}
impl Readable for GetSet {}
impl Writable for Set {}
impl Writable for GetSet {}

/// One of the three markers above.
pub trait Marker: sealed::Sealed {
    /// The same at run time.
    #[doc(hidden)]
    const ACCESS: Access;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! markers {
    ($($marker:ident { get: $get:literal, set: $set:literal })+) => {
        $(
            impl sealed::Sealed for $marker {}
            impl Marker for $marker {
                const ACCESS: Access = Access { get: $get, set: $set };
            }
        )+
    };
}

markers! {
    Get { get: true, set: false }
    Set { get: false, set: true }
    GetSet { get: true, set: true }
}

pub(super) const fn access<A: Marker>() -> Access {
    A::ACCESS
}
