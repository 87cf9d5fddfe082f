//! Control messages as they lie in memory, found without trust: any bytes, any alignment, any length.

use core::ffi::c_int;
use core::fmt;
use core::iter::FusedIterator;
use core::ops::Range;

use super::info;
use super::{Cmsg, Receivable, RecvValue};
use crate::sys::{Pod, c};

/// Bytes in a `struct cmsghdr`: what comes before the data of a message.
pub(crate) const HEADER: usize = size_of::<c::cmsghdr>();

/// `CMSG_ALIGN`: messages begin at multiples of the machine's word.
#[inline]
pub(crate) const fn align(len: usize) -> usize {
    const WORD: usize = size_of::<usize>();
    len.wrapping_add(WORD - 1) & !(WORD - 1)
}

/// Level and type as one number, which is one comparison.
#[inline]
pub(crate) const fn kind(level: c_int, ty: c_int) -> u64 {
    level as u32 as u64 | (ty as u32 as u64) << 32
}

/// Where a message is.
pub(crate) struct Place {
    pub(crate) kind: u64,
    /// Where its data is: within the bytes, whatever the header says.
    pub(crate) data: Range<usize>,
    /// Does the header say more than there is?
    pub(crate) cut: bool,
}

impl Place {
    /// Where the next one begins, if there is one.
    #[inline]
    pub(crate) fn next(&self) -> usize {
        align(self.data.end)
    }
}

/// The message that begins at `at`, a multiple of a word, if there is a whole header that counts itself.
#[inline]
pub(crate) fn place(bytes: &[u8], at: usize) -> Option<Place> {
    let rest = bytes.get(at..)?;
    let header = c::cmsghdr::from_bytes(rest)?;
    if header.cmsg_len < HEADER {
        return None;
    }
    // No sum can be too large: they are at most the length of a slice, and a word.
    let len = header.cmsg_len.min(rest.len());
    Some(Place {
        kind: kind(header.cmsg_level, header.cmsg_type),
        data: at + HEADER..at + len,
        cut: header.cmsg_len > len,
    })
}

/// A control message: its level, type and data, whether it has a name here or not.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RawCmsg<'a> {
    kind: u64,
    data: &'a [u8],
    cut: bool,
}

impl<'a> RawCmsg<'a> {
    /// `cmsg_level`.
    #[inline]
    pub fn level(&self) -> c_int {
        self.kind as c_int
    }

    /// `cmsg_type`.
    #[inline]
    pub fn ty(&self) -> c_int {
        (self.kind >> 32) as c_int
    }

    /// The data: what `CMSG_DATA` points to in C. It has no alignment.
    ///
    /// Of `SCM_RIGHTS` and `SCM_PIDFD` these are the numbers of descriptors that belong to the
    /// [`Control`](super::Control) they came in, and -1 for those that were taken out.
    #[inline]
    pub fn data(&self) -> &'a [u8] {
        self.data
    }

    /// Does the header say that the message is longer than what there is of it?
    #[inline]
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// The C name, if [`table`](super::table) has one.
    pub fn name(&self) -> Option<&'static str> {
        info::named(self.level(), self.ty()).map(|row| row.name)
    }

    /// Is it this message?
    #[inline]
    pub fn is<T, D>(&self, message: Cmsg<T, D>) -> bool {
        self.kind == kind(message.level(), message.number())
    }

    /// The value, if it is this message, and holds what the message holds.
    #[inline]
    pub fn get<T: RecvValue, D: Receivable>(&self, message: Cmsg<T, D>) -> Option<T::Output<'a>> {
        if self.is(message) { T::decode(self.data) } else { None }
    }
}

impl fmt::Debug for RawCmsg<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match info::named(self.level(), self.ty()) {
            Some(row) => write!(f, "{}(", row.name)?,
            None => write!(f, "level {} type {}(", self.level(), self.ty())?,
        }
        for byte in self.data {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(if self.cut { "...)" } else { ")" })
    }
}

/// The control messages that bytes hold, in their order. Made by [`walk`].
///
/// It ends at the first header that is not whole, or that says that the message is shorter than its own header: what
/// follows has no beginning. A message that says that it is longer than what there is [is cut](RawCmsg::is_cut).
#[derive(Debug, Clone)]
pub struct Cmsgs<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// The control messages in bytes that have come from anywhere: what `CMSG_FIRSTHDR` and `CMSG_NXTHDR` do in C, for any
/// bytes, at any alignment.
///
/// ```
/// use sockets::cmsg;
///
/// let mut room = [0; 64];
/// let mut writer = cmsg::ControlWriter::new(&mut room);
/// writer.push(cmsg::IP_TTL, 64).unwrap();
/// let message = cmsg::walk(writer.as_bytes()).next().unwrap();
/// assert_eq!(message.get(cmsg::IP_TTL), Some(64));
/// assert_eq!(format!("{message:?}")[..7], *"IP_TTL(");
/// ```
///
/// [cmsg(3)](https://man7.org/linux/man-pages/man3/cmsg.3.html)
#[inline]
pub fn walk(bytes: &[u8]) -> Cmsgs<'_> {
    Cmsgs { bytes, at: 0 }
}

impl<'a> Cmsgs<'a> {
    /// The value of the first message of this kind, of those that are left.
    #[inline]
    pub fn get<T: RecvValue, D: Receivable>(mut self, message: Cmsg<T, D>) -> Option<T::Output<'a>> {
        self.find_map(|found| found.get(message))
    }
}

impl<'a> Iterator for Cmsgs<'a> {
    type Item = RawCmsg<'a>;

    #[inline]
    fn next(&mut self) -> Option<RawCmsg<'a>> {
        let place = place(self.bytes, self.at)?;
        self.at = place.next();
        let data = self.bytes.get(place.data)?;
        Some(RawCmsg { kind: place.kind, data, cut: place.cut })
    }
}

impl FusedIterator for Cmsgs<'_> {}
