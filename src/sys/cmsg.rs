//! Control messages in the memory of a C caller: where they are, and the numbers of descriptors in them, which the caller
//! owns. (In Rust [`Control`](super::Control) owns them.)

use core::ffi::c_int;
use core::ops::Range;

use super::c;
use crate::cmsg::walk::{self, align, kind, place};

/// Bytes of a `struct cmsghdr`.
pub const CMSG_HEADER: usize = walk::HEADER;

/// A control message, by where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CmsgAt {
    kind: u64,
    /// The data: within the bytes, whatever the header says.
    pub data: Range<usize>,
    /// Does the header say more than there is?
    pub is_cut: bool,
    /// Where the next one begins, if there is one.
    pub next: usize,
}

impl CmsgAt {
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
}

/// The message that begins at `at`, if that is a multiple of a word and there is a whole header that counts itself.
#[inline]
pub fn cmsg_at(bytes: &[u8], at: usize) -> Option<CmsgAt> {
    if at % size_of::<usize>() != 0 {
        return None;
    }
    let place = place(bytes, at)?;
    let next = place.next();
    Some(CmsgAt { kind: place.kind, data: place.data, is_cut: place.cut, next })
}

/// The data of the first message of this level and type.
#[inline]
pub fn cmsg_data(bytes: &[u8], level: c_int, ty: c_int) -> Option<&[u8]> {
    let (wanted, mut at) = (kind(level, ty), 0);
    loop {
        let found = place(bytes, at)?;
        if found.kind == wanted {
            return bytes.get(found.data);
        }
        at = found.next();
    }
}

/// Where a message with so many bytes of data goes in room of which `used` bytes are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CmsgPlace {
    /// Where the header goes; the data comes behind it.
    pub header: usize,
    /// `cmsg_len`.
    pub len: usize,
    /// Where the padding ends: what is taken then.
    pub end: usize,
}

/// The place for a message behind those that are there; none if it does not fit.
#[inline]
pub fn cmsg_place(room: usize, used: usize, data: usize) -> Option<CmsgPlace> {
    let header = used.checked_next_multiple_of(size_of::<usize>())?;
    let len = CMSG_HEADER.checked_add(data)?;
    let left = room.checked_sub(header)?;
    // The padding of the last one may be missing.
    (len <= left).then(|| CmsgPlace { header, len, end: header + align(len).min(left) })
}

const RIGHTS: u64 = kind(c::SOL_SOCKET, c::SCM_RIGHTS);
const PIDFD: u64 = kind(c::SOL_SOCKET, c::SCM_PIDFD);

/// Offers the descriptors in control messages, in their order, as numbers: `take` is told whether it is one of SCM_PIDFD (else
/// it is one of SCM_RIGHTS), and answers whether it wants it; -1 stands in its place then. Negative numbers are passed over.
#[inline]
pub fn take_fds(bytes: &mut [u8], mut take: impl FnMut(bool, c_int) -> bool) {
    let mut at = 0;
    while let Some(found) = place(bytes, at) {
        at = found.next();
        let is_pidfd = found.kind == PIDFD;
        if !is_pidfd && found.kind != RIGHTS {
            continue;
        }
        for slot in bytes.get_mut(found.data).unwrap_or_default().chunks_exact_mut(size_of::<c_int>()) {
            let Some(slot) = slot.first_chunk_mut() else { continue };
            let number = c_int::from_ne_bytes(*slot);
            if number >= 0 && take(is_pidfd, number) {
                *slot = (-1 as c_int).to_ne_bytes();
            }
        }
    }
}

/// Takes the number of SCM_PIDFD out: a descriptor, or a negative error; -1 is left in its place.
pub fn take_pidfd(bytes: &mut [u8]) -> Option<c_int> {
    let mut at = 0;
    loop {
        let found = place(bytes, at)?;
        at = found.next();
        if found.kind != PIDFD {
            continue;
        }
        let Some(slot) = bytes.get_mut(found.data).and_then(<[u8]>::first_chunk_mut) else { continue };
        match c_int::from_ne_bytes(core::mem::replace(slot, (-1 as c_int).to_ne_bytes())) {
            -1 => {}
            number => return Some(number),
        }
    }
}
