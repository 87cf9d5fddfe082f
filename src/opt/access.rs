//! What can be done with an option: read, set, both, or ask.

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

/// The option can be read only, by asking for it: [`getsockopt_with`](crate::Socket::getsockopt_with).
#[derive(Debug, Clone, Copy)]
pub struct Ask;

/// The option can be read by asking for it, and set.
#[derive(Debug, Clone, Copy)]
pub struct AskSet;

/// [`Get`] or [`GetSet`]: what [`getsockopt`](crate::Socket::getsockopt) takes.
#[diagnostic::on_unimplemented(message = "this option can only be set, or is read with `getsockopt_with`")]
pub trait Readable: Marker {}

/// [`Set`], [`GetSet`] or [`AskSet`]: what [`setsockopt`](crate::Socket::setsockopt) takes.
#[diagnostic::on_unimplemented(message = "this option can only be read")]
pub trait Writable: Marker {}

/// [`Ask`] or [`AskSet`]: what [`getsockopt_with`](crate::Socket::getsockopt_with) takes.
#[diagnostic::on_unimplemented(message = "this option is read without a question, or can only be set")]
pub trait Askable: Marker {}

impl Readable for Get {}
impl Readable for GetSet {}
impl Writable for Set {}
impl Writable for GetSet {}
impl Writable for AskSet {}
impl Askable for Ask {}
impl Askable for AskSet {}

/// One of the five markers above.
pub trait Marker: sealed::Sealed {
    /// The same at run time.
    #[doc(hidden)]
    const ACCESS: Access;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! markers {
    ($($marker:ident { get: $get:literal, ask: $ask:literal, set: $set:literal })+) => {
        $(
            impl sealed::Sealed for $marker {}
            impl Marker for $marker {
                const ACCESS: Access = Access { get: $get, ask: $ask, set: $set };
            }
        )+
    };
}

markers! {
    Get { get: true, ask: false, set: false }
    Set { get: false, ask: false, set: true }
    GetSet { get: true, ask: false, set: true }
    Ask { get: false, ask: true, set: false }
    AskSet { get: false, ask: true, set: true }
}

pub(super) const fn access<A: Marker>() -> Access {
    A::ACCESS
}
