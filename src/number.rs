//! The shape of `Domain`, `Type`, `Protocol` and the like: numbers that have names, but are never
//! limited to those that we know.

/// Declares an open newtype over the system's number: constants with their C names, conversions both
/// ways, and a `Debug` that prints the name, or the number if it has none here.
macro_rules! open_number {
    (
        $(#[$meta:meta])*
        $type:ident $body:tt
    ) => {
        $crate::number::open_number! { $(#[$meta])* $type(core::ffi::c_int) $body }
    };
    (
        $(#[$meta:meta])*
        $type:ident($raw:ty) {
            $($(#[doc = $doc:literal])+ $name:ident = $number:expr;)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(transparent)]
        pub struct $type($raw);

        impl $type {
            $($(#[doc = $doc])+ pub const $name: $type = $type($number);)+

            /// The number, as C has it.
            #[inline]
            pub const fn raw(self) -> $raw {
                self.0
            }

            /// The value of a number, whether it has a name here or not.
            #[inline]
            pub const fn from_raw(number: $raw) -> Self {
                $type(number)
            }
        }

        impl From<$raw> for $type {
            #[inline]
            fn from(number: $raw) -> Self {
                $type(number)
            }
        }

        impl From<$type> for $raw {
            #[inline]
            fn from(value: $type) -> Self {
                value.0
            }
        }

        impl core::fmt::Debug for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                // A chain, not a match: two names may share a number (SOMETHING_MAX and the like).
                $(if *self == $type::$name { return f.write_str(stringify!($name)); })+
                write!(f, "{}({})", stringify!($type), self.0)
            }
        }
    };
}

pub(crate) use open_number;
