//! The kinds of value that messages hold: the C type on one side, what a person expects on the other.
//!
//! A kind is a type that a row names. To add one: declare it with `kind!` or `value!`, and say how it is read
//! ([`RecvValue`]) and written ([`SendValue`]); for a C structure, `pod!` does both.

mod alg;
mod err;
mod ip;
mod number;
mod packet;
mod process;
mod time;

use crate::error::Result;

pub use alg::*;
pub use err::*;
pub use ip::*;
pub use number::*;
pub use packet::*;
pub use process::*;
pub use time::*;

/// A kind of value: its C type. The kinds of this library are all there are.
pub trait Value: sealed::Sealed {
    /// The C type, as C writes it.
    const C_TYPE: &'static str;
    /// How many bytes it can have.
    const SIZE: usize;
}

mod sealed {
    pub trait Sealed {}
}

/// A value that can be received.
pub trait RecvValue: Value {
    /// What [`Control::get`](super::Control::get) gives.
    type Output<'a>;

    /// The value, if the bytes are one.
    #[doc(hidden)]
    fn decode(data: &[u8]) -> Option<Self::Output<'_>>;
}

/// A value that can be sent.
pub trait SendValue: Value {
    /// What [`ControlWriter::push`](super::ControlWriter::push) takes.
    type Input<'t, 'fd: 't>;

    /// Are there descriptors in it?
    #[doc(hidden)]
    const DESCRIPTORS: bool = false;

    /// How many bytes it has; an error if it cannot be sent.
    #[doc(hidden)]
    fn size(value: &Self::Input<'_, '_>) -> Result<usize>;

    /// Writes it into as many bytes.
    #[doc(hidden)]
    fn encode(value: Self::Input<'_, '_>, data: &mut [u8]);
}

/// Declares kinds: types without values, the C type, and the most bytes that it has.
macro_rules! kind {
    ($($(#[$doc:meta])+ $name:ident: $c_type:literal, $size:expr;)+) => {
        $(
            $(#[$doc])+
            #[derive(Debug, Clone, Copy)]
            pub struct $name;
        )+
        $crate::cmsg::kind::value! { $($name: $c_type, $size;)+ }
    };
}

/// Declares types that are the kinds of their own values, in the form of `kind!`.
macro_rules! value {
    ($($name:ty: $c_type:literal, $size:expr;)+) => {
        $(
            impl $crate::cmsg::kind::sealed::Sealed for $name {}

            impl $crate::cmsg::Value for $name {
                const C_TYPE: &'static str = $c_type;
                const SIZE: usize = $size;
            }
        )+
    };
}

/// Says how a kind is read from, and written as, plain old data.
macro_rules! coded {
    ($($name:ty as $raw:ty: recv $output:ty = $decode:expr;)+) => {
        $(
            impl $crate::cmsg::RecvValue for $name {
                type Output<'a> = $output;

                #[inline]
                fn decode(data: &[u8]) -> Option<$output> {
                    let decode: fn($raw) -> Option<$output> = $decode;
                    <$raw as $crate::sys::Pod>::from_bytes(data).and_then(decode)
                }
            }
        )+
    };
    ($($name:ty as $raw:ty: send $input:ty = $encode:expr;)+) => {
        $(
            impl $crate::cmsg::SendValue for $name {
                type Input<'t, 'fd: 't> = $input;

                #[inline]
                fn size(_: &$input) -> $crate::Result<usize> {
                    Ok(size_of::<$raw>())
                }

                #[inline]
                fn encode(value: $input, data: &mut [u8]) {
                    let encode: fn($input) -> $raw = $encode;
                    $crate::cmsg::kind::put(&encode(value), data);
                }
            }
        )+
    };
}

use {coded, kind, value};

/// Writes plain old data over bytes, as far as both go: as `size` has said, they are of one length.
#[inline]
fn put<R: crate::sys::Pod>(raw: &R, data: &mut [u8]) {
    if let Some(data) = data.get_mut(..size_of::<R>()) {
        data.copy_from_slice(raw.bytes());
    }
}
