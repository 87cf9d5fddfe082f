//! What is wrong with a program.

use core::fmt;

use crate::error::Errno;

/// A program that is none: where, and why. To an [`Errno`] it is `EINVAL`, which is what the kernel would say.
///
/// ```
/// use sockets::raw::{BpfErrorKind, BpfProgram};
///
/// let error = "ldh [12]\njeq #0x806, keep\nret #0".parse::<BpfProgram>().unwrap_err();
/// assert_eq!((error.line(), error.kind()), (Some(2), BpfErrorKind::NoLabel));
/// assert_eq!(error.to_string(), "line 2: there is no such label");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BpfError {
    place: Place,
    kind: BpfErrorKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Program,
    Insn(usize),
    Line(usize),
}

macro_rules! kinds {
    ($($(#[$doc:meta])+ $name:ident = $text:literal;)+) => {
        /// Why a program is none.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum BpfErrorKind {
            $($(#[$doc])+ $name,)+
        }

        impl BpfErrorKind {
            fn text(self) -> &'static str {
                match self {
                    $(BpfErrorKind::$name => $text,)+
                }
            }
        }
    };
}

kinds! {
    /// It has no instruction.
    Empty = "there is no instruction";
    /// It has more than [`FILTER_MAX`](crate::opt::FILTER_MAX).
    TooLong = "there are more than 4096 instructions";
    /// An operation that the kernel does not know.
    Code = "there is no such operation";
    /// A jump beyond the end.
    JumpOut = "it jumps beyond the end";
    /// The last instruction is no return.
    NoReturn = "the last instruction is no return";
    /// A division by the number 0.
    ZeroDivisor = "it divides by 0";
    /// A shift by 32 or more.
    Shift = "it shifts by more than 31";
    /// A word of the scratch memory that is not one of the 16.
    Scratch = "the scratch memory has words 0 to 15";
    /// A word of the scratch memory is read that may not have been stored.
    ScratchUnset = "that word of the scratch memory may not have been stored";
    /// An offset from [`SKF_AD_OFF`](super::SKF_AD_OFF) on without a meaning.
    Extension = "the kernel has nothing at that offset";
    /// Text: an instruction that does not exist.
    Instruction = "there is no such instruction";
    /// Text: an operand that the instruction does not take; or something behind it.
    Operand = "the instruction does not take that operand";
    /// Text: a number that is none, or needs more than its bits.
    Number = "that is not a number that fits";
    /// Text: a character that means nothing.
    Character = "that character means nothing";
    /// Text: a comment without an end.
    Comment = "the comment does not end";
    /// A jump to a label that is nowhere, or behind the last instruction.
    NoLabel = "there is no such label";
    /// A label in two places.
    TwoLabels = "the label is there already";
    /// A jump back.
    JumpBack = "it jumps back, which only a loop needs";
    /// A comparison that skips more than 255 instructions: jump to a `jmp`.
    JumpFar = "a comparison skips 255 instructions at the most";
    /// `tcpdump -ddd`: the first line does not say how many there are.
    Count = "the first line is not the number of instructions";
}

impl BpfError {
    pub(super) const fn at_insn(at: usize, kind: BpfErrorKind) -> Self {
        BpfError { place: Place::Insn(at), kind }
    }

    pub(super) const fn at_line(line: usize, kind: BpfErrorKind) -> Self {
        BpfError { place: Place::Line(line), kind }
    }

    /// The same with the line that the instruction stands in.
    pub(super) fn with_line(self, line: impl Fn(usize) -> Option<usize>) -> Self {
        match self.place {
            Place::Insn(at) => BpfError { place: line(at).map_or(self.place, Place::Line), ..self },
            _ => self,
        }
    }

    /// Why.
    pub const fn kind(&self) -> BpfErrorKind {
        self.kind
    }

    /// At which instruction, from 0, unless it was text.
    pub const fn instruction(&self) -> Option<usize> {
        match self.place {
            Place::Insn(at) => Some(at),
            _ => None,
        }
    }

    /// In which line of the text, from 1.
    pub const fn line(&self) -> Option<usize> {
        match self.place {
            Place::Line(line) => Some(line),
            _ => None,
        }
    }
}

impl From<BpfErrorKind> for BpfError {
    fn from(kind: BpfErrorKind) -> Self {
        BpfError { place: Place::Program, kind }
    }
}

impl fmt::Display for BpfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::Program => {}
            Place::Insn(at) => write!(f, "instruction {at}: ")?,
            Place::Line(line) => write!(f, "line {line}: ")?,
        }
        f.write_str(self.kind.text())
    }
}

impl core::error::Error for BpfError {}

impl From<BpfError> for Errno {
    fn from(_: BpfError) -> Self {
        Errno::EINVAL
    }
}

impl From<BpfError> for std::io::Error {
    fn from(error: BpfError) -> Self {
        std::io::Error::new(std::io::ErrorKind::InvalidInput, error)
    }
}
