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

/// The descriptors in control messages, as numbers: each is -1 there once it was given.
#[derive(Debug)]
pub struct FdNumbers<'a> {
    bytes: &'a mut [u8],
    fd: usize,
    end: usize,
    next: usize,
}

impl<'a> FdNumbers<'a> {
    /// Those in these messages, in their order. Negative numbers are passed over.
    #[inline]
    pub fn new(bytes: &'a mut [u8]) -> Self {
        FdNumbers { bytes, fd: 0, end: 0, next: 0 }
    }

    /// The next descriptor of SCM_RIGHTS.
    #[inline]
    pub fn next_rights(&mut self) -> Option<c_int> {
        self.next_of(|kind| kind == RIGHTS)
    }

    /// The next descriptor of SCM_RIGHTS or SCM_PIDFD.
    #[inline]
    pub fn next_any(&mut self) -> Option<c_int> {
        self.next_of(|kind| kind == RIGHTS || kind == PIDFD)
    }

    #[inline]
    fn next_of(&mut self, is_wanted: impl Fn(u64) -> bool) -> Option<c_int> {
        loop {
            while let Some(slot) = self.bytes.get_mut(self.fd..self.end).and_then(<[u8]>::first_chunk_mut) {
                self.fd += size_of::<c_int>();
                let number = c_int::from_ne_bytes(*slot);
                if number >= 0 {
                    *slot = (-1 as c_int).to_ne_bytes();
                    return Some(number);
                }
            }
            let place = place(self.bytes, self.next)?;
            self.next = place.next();
            if is_wanted(place.kind) {
                (self.fd, self.end) = (place.data.start, place.data.end);
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
