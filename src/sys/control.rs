//! Control messages that the kernel has written, and the descriptors in them, which have an owner from that moment on.

use core::ffi::c_int;
use std::os::fd::{FromRawFd, OwnedFd};

use super::c;
use super::pod::Pod;
use crate::cmsg::walk::{HEADER, align, kind, place};

/// Bytes of a descriptor.
const FD: usize = size_of::<c_int>();

/// Control messages whose descriptors have an owner.
pub trait Holder {
    /// The bytes: descriptors that were taken are -1 there.
    fn as_bytes(&self) -> &[u8];

    /// Takes the next descriptor of SCM_RIGHTS out: -1 is left in its place.
    fn take_fd(&mut self) -> Option<OwnedFd>;

    /// Takes the descriptor of SCM_PIDFD out, or the negative number that the kernel gives where it could make none.
    fn take_pidfd(&mut self) -> Option<Result<OwnedFd, c_int>>;
}

/// Messages that hold descriptors.
const RIGHTS: u64 = kind(c::SOL_SOCKET, c::SCM_RIGHTS);
const PIDFD: u64 = kind(c::SOL_SOCKET, c::SCM_PIDFD);

/// The control messages of one receive. Closes the descriptors that nobody has taken out of it.
///
/// It is looked through when it is made, up to the first descriptor, so that dropping it is two comparisons where there is
/// nothing to close: a drop that does more is not inlined, and then the compiler would have to build in memory whatever holds
/// a `Control`. What is rare is done out of line, and by value for the same reason.
#[derive(Debug)]
pub struct Control<'a> {
    bytes: &'a mut [u8],
    /// The message in hand: where it ends, and how many bytes of descriptors are left in front of that.
    end: usize,
    left: usize,
    /// How many bytes come behind it; more than there are, if there was a message of SCM_PIDFD on the way.
    behind: usize,
}

/// Where a message of SCM_RIGHTS is: as in [`Control`].
type Found = (usize, usize, usize);

impl<'a> Control<'a> {
    /// The messages in `bytes`.
    ///
    /// # Safety
    ///
    /// Every number in a message of SCM_RIGHTS or SCM_PIDFD is a descriptor that nobody owns, or negative, or not open.
    #[inline]
    pub(super) unsafe fn new(bytes: &'a mut [u8]) -> Self {
        let len = bytes.len();
        let (end, left, behind) = match place(bytes, 0) {
            Some(first) if first.kind == RIGHTS => (first.data.end, first.data.len(), len - first.data.end),
            Some(first) if first.kind != PIDFD && first.data.end + HEADER > len => (len, 0, 0),
            None if len == 0 => (0, 0, 0),
            _ => next_rights(bytes, 0, 0),
        };
        Control { bytes, end, left, behind }
    }
}

impl Holder for Control<'_> {
    #[inline]
    fn as_bytes(&self) -> &[u8] {
        self.bytes
    }

    #[inline]
    fn take_fd(&mut self) -> Option<OwnedFd> {
        if self.left < FD {
            if self.behind < HEADER {
                return None;
            }
            (self.end, self.left, self.behind) = next_rights(self.bytes, align(self.end), self.behind);
            if self.left < FD {
                return None;
            }
        }
        let slot = self.bytes.as_mut_ptr().wrapping_add(self.end - self.left).cast::<[u8; FD]>();
        self.left -= FD;
        // SAFETY: `place` says where the data of a message is, within the bytes; `end` is where it ends, and `left` was no
        // more than it is long, and no less than a number is.
        let number = c_int::from_ne_bytes(unsafe { slot.replace((-1 as c_int).to_ne_bytes()) });
        // SAFETY: nobody owned it, says the maker of the `Control`; and -1 stands in its place now.
        (number >= 0).then(|| unsafe { OwnedFd::from_raw_fd(number) })
    }

    fn take_pidfd(&mut self) -> Option<Result<OwnedFd, c_int>> {
        // SAFETY: nobody else owns what is in there, says the maker of the `Control`.
        unsafe { take_pidfd(self.bytes) }
    }
}

impl Drop for Control<'_> {
    #[inline]
    fn drop(&mut self) {
        if (self.left >= FD) | (self.behind >= HEADER) {
            // SAFETY: as for `take_pidfd`.
            unsafe { close_all(core::mem::take(&mut self.bytes)) };
        }
    }
}

/// Takes the descriptor of SCM_PIDFD out of messages.
///
/// # Safety
///
/// As for [`Control::new`].
pub(super) unsafe fn take_pidfd(bytes: &mut [u8]) -> Option<Result<OwnedFd, c_int>> {
    match take_any(bytes, &[PIDFD])? {
        number if number < 0 => Some(Err(number)),
        // SAFETY: nobody owned it, says the caller; and -1 stands in its place now.
        fd => Some(Ok(unsafe { OwnedFd::from_raw_fd(fd) })),
    }
}

/// Takes the first descriptor of SCM_RIGHTS out of messages.
///
/// # Safety
///
/// As for [`Control::new`].
pub(super) unsafe fn take_fd(bytes: &mut [u8]) -> Option<OwnedFd> {
    let number = take_any(bytes, &[RIGHTS])?;
    // SAFETY: as for `take_pidfd`.
    (number >= 0).then(|| unsafe { OwnedFd::from_raw_fd(number) })
}

/// Closes what is left in messages.
///
/// # Safety
///
/// As for [`Control::new`].
#[cold]
unsafe fn close_all(bytes: &mut [u8]) {
    while let Some(number) = take_any(bytes, &[RIGHTS, PIDFD]) {
        if number >= 0 {
            // SAFETY: as for `take_pidfd`.
            drop(unsafe { OwnedFd::from_raw_fd(number) });
        }
    }
}

/// The first values that an iterator gives, if it gives as many.
pub(crate) fn first<T, const N: usize>(mut values: impl Iterator<Item = T>) -> Option<[T; N]> {
    let found = [(); N].map(|()| values.next());
    if found.iter().any(Option::is_none) {
        return None;
    }
    // SAFETY: none of them is `None`, as the lines before have seen.
    Some(found.map(|value| unsafe { value.unwrap_unchecked() }))
}

/// The next message of SCM_RIGHTS, from where a message begins. `behind` is as it was for the message before.
#[inline(never)]
fn next_rights(bytes: &[u8], mut at: usize, behind: usize) -> Found {
    let mut behind = if behind > bytes.len() { behind } else { 0 };
    while let Some(place) = place(bytes, at) {
        if place.kind == RIGHTS && place.data.len() >= FD {
            return (place.data.end, place.data.len(), behind.max(bytes.len() - place.data.end));
        }
        if place.kind == PIDFD {
            behind = usize::MAX;
        }
        at = place.next();
    }
    (bytes.len(), 0, behind)
}

/// Takes the first number that is not -1 out of messages of some kinds: -1 is left in its place.
fn take_any(bytes: &mut [u8], kinds: &[u64]) -> Option<c_int> {
    let mut at = 0;
    while let Some(place) = place(bytes, at) {
        at = place.next();
        if !kinds.contains(&place.kind) {
            continue;
        }
        for slot in bytes.get_mut(place.data)?.chunks_exact_mut(FD) {
            let number = c_int::from_bytes(slot)?;
            if number != -1 {
                slot.copy_from_slice((-1 as c_int).bytes());
                return Some(number);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::os::fd::AsRawFd;

    use super::*;

    /// A descriptor whose number nobody else gets meanwhile: those of other tests are lower.
    fn open(file: &OwnedFd) -> c_int {
        // SAFETY: the third argument is an int, as this command wants.
        let fd = unsafe { c::fcntl(file.as_raw_fd(), c::F_DUPFD_CLOEXEC, 500) };
        // Miri knows no least number; nor are there other tests.
        assert!(fd >= if cfg!(miri) { 0 } else { 500 });
        fd
    }

    fn is_open(fd: c_int) -> bool {
        // SAFETY: the command takes no third argument.
        let flags = unsafe { c::fcntl(fd, c::F_GETFD) };
        flags >= 0
    }

    struct Noise(u32);

    impl Noise {
        fn below(&mut self, end: usize) -> usize {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (self.0 >> 8) as usize % end
        }
    }

    /// Messages of random kinds that hold descriptors, and -1 here and there; some headers lie.
    fn messages(noise: &mut Noise, file: &OwnedFd) -> (Vec<u8>, Vec<c_int>) {
        let (mut bytes, mut fds) = (Vec::new(), Vec::new());
        let messages = noise.below(5);
        for number in 0..messages {
            let kinds =
                [(c::SOL_SOCKET, c::SCM_RIGHTS), (c::SOL_SOCKET, c::SCM_PIDFD), (c::IPPROTO_IP, 1), (1, 2)];
            let (level, ty) = kinds[noise.below(kinds.len())];
            let count = noise.below(4);
            let odd = noise.below(6).saturating_sub(2);
            let mut len = HEADER + count * FD + odd;
            if noise.below(8) == 0 {
                // Only the last one says too much: the header of another message is no list of descriptors.
                let lies = [0, HEADER - 1, HEADER + 1, len + 1, usize::MAX, isize::MAX as usize];
                len = lies[noise.below(if number + 1 == messages { lies.len() } else { 3 })];
            }
            bytes.extend(c::cmsghdr { cmsg_len: len, cmsg_level: level, cmsg_type: ty }.bytes());
            for _ in 0..count {
                let fd = if noise.below(5) == 0 { -1 } else { open(file) };
                fds.extend((fd >= 0).then_some(fd));
                bytes.extend(fd.to_ne_bytes());
            }
            bytes.resize(align(bytes.len() + odd), 0xff);
        }
        bytes.truncate(bytes.len() - noise.below(FD * 2).min(bytes.len()));
        (bytes, fds)
    }

    /// The descriptors that are in messages of descriptors, found in the plainest way there is.
    fn owned(bytes: &[u8]) -> HashSet<c_int> {
        let mut all = HashSet::new();
        let mut rest = bytes;
        while let Some(header) = c::cmsghdr::from_bytes(rest).filter(|header| header.cmsg_len >= HEADER) {
            let len = header.cmsg_len.min(rest.len());
            let has_fds = [c::SCM_RIGHTS, c::SCM_PIDFD].contains(&header.cmsg_type);
            if header.cmsg_level == c::SOL_SOCKET && has_fds {
                let numbers = rest[HEADER..len].chunks_exact(FD).filter_map(c_int::from_bytes);
                all.extend(numbers.filter(|fd| *fd >= 0));
            }
            rest = rest.get(align(len)..).unwrap_or_default();
        }
        all
    }

    #[test]
    fn every_descriptor_is_closed_once_or_handed_out_once() {
        let file = OwnedFd::from(std::fs::File::open("/dev/null").unwrap());
        let mut noise = Noise(1);
        let mut most = 0;
        for round in 0..if cfg!(miri) { 100 } else { 4_000 } {
            let (mut bytes, all) = messages(&mut noise, &file);
            let owned = owned(&bytes);
            most = most.max(owned.len());
            let mut taken = Vec::new();
            // SAFETY: the numbers are descriptors that nobody owns, or -1.
            let mut control = unsafe { Control::new(&mut bytes) };
            for _ in 0..noise.below(8) {
                match noise.below(4) {
                    0 => taken.extend(control.take_pidfd().and_then(Result::ok)),
                    _ => taken.extend(control.take_fd()),
                }
            }
            let handed: HashSet<c_int> = taken.iter().map(AsRawFd::as_raw_fd).collect();
            assert_eq!(handed.len(), taken.len(), "round {round}: one was handed out twice");
            assert!(handed.is_subset(&owned), "round {round}");
            drop(control);
            for fd in &all {
                let alive = handed.contains(fd) || !owned.contains(fd);
                assert_eq!(is_open(*fd), alive, "round {round}: {fd} of {owned:?}, {handed:?} handed out");
            }
            drop(taken);
            for fd in all.iter().filter(|fd| !owned.contains(fd)) {
                // SAFETY: it lay where no descriptor is looked for, so it is still ours.
                drop(unsafe { OwnedFd::from_raw_fd(*fd) });
            }
            assert!(!all.iter().any(|fd| is_open(*fd)), "round {round}");
        }
        assert!(most > 4, "{most}");
    }
}
