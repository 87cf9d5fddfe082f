//! The error queue of a socket: recvmsg(2) with MSG_ERRQUEUE, and the wait for an entry.

use core::ffi::c_int;
use core::mem::{MaybeUninit, take};
use core::time::Duration;

use nix::errno::Errno;

use super::compound::{Deadline, PAUSE, is, pause, pending_error};
use super::control::Control;
use super::data::{RecvData, no_piece};
use super::errno::Result;
use super::fd::Fd;
use super::message::recvmsg_raw;
use super::msghdr::MsgHdr;
use super::sockaddr::{NewAddr, STORAGE_SIZE, Storage};
use super::value::ValueResult;
use super::{c, call};
use crate::cmsg::walk::{HEADER, align};

/// Bytes of room for the control messages of one entry. The one that says what it is comes last, so there has to be
/// room for all that options can add: three kinds of time (up to 64 bytes each, some twice), packet information,
/// TTL, TOS and their like (24 to 48 each), IP options (56), a security label, the counters of a TCP connection
/// (some 400), and twice the extension headers of an ICMPv6 packet of 1500 bytes. What a router could send beyond that shows
/// as MSG_CTRUNC.
const ROOM: usize = 4096;

/// Room for control messages, as C aligns it. Not initialised: clearing it would cost more than the rest of a call's
/// way through user space.
#[repr(C)]
struct Room {
    align: [usize; 0],
    bytes: [MaybeUninit<u8>; ROOM],
}

/// An entry of the error queue.
#[derive(Debug)]
pub struct Queued<D, T> {
    /// What the caller gets of the room for data.
    pub data: D,
    /// How many bytes there was room for.
    pub room: usize,
    /// What the call returned.
    pub n: usize,
    /// `msg_flags`; without MSG_ERRQUEUE it is an ordinary message of a family that has no error queue.
    pub flags: c_int,
    /// `msg_name`: where the packet was going.
    pub addr: Storage,
    /// What the control messages were made into.
    pub told: T,
}

impl<D, T> Queued<D, T> {
    /// What was told, and the rest.
    #[inline]
    pub fn split(self) -> (T, Queued<D, ()>) {
        let Queued { data, room, n, flags, addr, told } = self;
        (told, Queued { data, room, n, flags, addr, told: () })
    }
}

/// How long to wait for an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Not at all: EAGAIN.
    No,
    /// So long: ETIMEDOUT.
    For(Duration),
}

/// recvmsg(2) with MSG_ERRQUEUE, and ppoll(2) and getsockopt(2) SO_ERROR if there is a wait.
///
/// `look` makes something of the control messages of an entry; where it makes nothing, the entry is passed over, and its data
/// with it.
pub fn recv_error<B: RecvData, T>(
    fd: Fd<'_>,
    mut data: B,
    wait: Wait,
    mut look: impl FnMut(Control<'_>) -> Option<T>,
) -> Result<Queued<B::Output, T>> {
    data.prepare(false);
    let deadline = match wait {
        Wait::No => None,
        Wait::For(timeout) => Some(Deadline::after(timeout)),
    };
    let mut events = 0;
    let mut time = PAUSE;
    loop {
        match (next_entry(fd, &mut data, &mut look), deadline) {
            (Ok((Some(told), n, flags, addr)), _) => {
                let room = data.room();
                // SAFETY: the call that was given the pieces of `data` has returned `n`, and wrote what it counts.
                let data = unsafe { data.finish(n) };
                return Ok(Queued { data, room, n, flags, addr, told });
            }
            (Ok((None, ..)), _) => events = 0,
            (Err(error), Some(deadline)) if is(error, c::EAGAIN) => {
                events = wait_for_event(fd, events, &mut time, deadline)?;
            }
            (Err(error), _) => return Err(error),
        }
    }
}

/// Waits until there may be an entry; returns the events. `before` are those of the last wait, after which there was none.
fn wait_for_event(fd: Fd<'_>, before: i16, time: &mut Duration, deadline: Deadline) -> Result<i16> {
    if before & c::POLLNVAL != 0 {
        return Err(Errno::EBADF.into());
    }
    if before & c::POLLERR != 0 {
        // POLLERR without an entry is an error of the socket itself. It is told, or it would end every wait at once.
        let error = pending_error(fd)?;
        if error.raw() != 0 {
            return Err(error);
        }
    }
    let left = deadline.left()?;
    if before != 0 {
        // POLLHUP stays, and an entry can still come; or another thread was faster.
        *time = pause(*time, left);
    }
    match call::poll(fd, 0, deadline.left()?) {
        Err(error) if is(error, c::EINTR) => Ok(0),
        events => events,
    }
}

type Entry<T> = (Option<T>, usize, c_int, Storage);

/// The first entry of the queue.
fn next_entry<B: RecvData, T>(
    fd: Fd<'_>,
    data: &mut B,
    look: &mut impl FnMut(Control<'_>) -> Option<T>,
) -> Result<Entry<T>> {
    let mut room = Room { align: [], bytes: [const { MaybeUninit::uninit() }; ROOM] };
    let mut one = no_piece();
    let (pieces, count) = data.pieces(&mut one);
    let mut addr = NewAddr::new();
    let (name, _) = addr.parts();
    let mut message = MsgHdr::new(name, STORAGE_SIZE as u32, pieces, count);
    message.control = room.bytes.as_mut_ptr().cast();
    message.controllen = ROOM;
    // An error queue never blocks; a family that has none would, for an ordinary message.
    let flags = c::MSG_ERRQUEUE | c::MSG_DONTWAIT;
    // SAFETY: `message` points to the pieces, to room for an address, and to `room`, each writable for its length.
    let n = unsafe { recvmsg_raw(fd, (&raw mut message).cast(), flags) }?;
    addr.set_len(message.namelen);
    // SAFETY: the kernel has just written as many bytes of messages there.
    let bytes = unsafe { initialised(&mut room.bytes, message.controllen) };
    // SAFETY: these messages are new, so what descriptors are in them nobody owns.
    let told = look(unsafe { Control::new(bytes) });
    // SAFETY: the call has succeeded, and its length of the name has been noted.
    Ok((told, n, message.flags, unsafe { addr.finish() }))
}

/// The messages that the kernel has written. It leaves the padding behind them as it was; that becomes 0.
///
/// # Safety
///
/// The kernel has written control messages, one behind the other, and reported a length of `used`.
unsafe fn initialised(room: &mut [MaybeUninit<u8>], used: usize) -> &mut [u8] {
    let used = used.min(room.len());
    let mut rest = room.get_mut(..used).unwrap_or_default();
    while rest.len() >= HEADER {
        // SAFETY: the kernel writes no message without a whole header, says the caller; any alignment will do.
        let header = unsafe { rest.as_ptr().cast::<c::cmsghdr>().read_unaligned() };
        let len = header.cmsg_len.clamp(HEADER, rest.len());
        let (_, behind) = take(&mut rest).split_at_mut(len);
        let padding = (align(len) - len).min(behind.len());
        let (padding, next) = behind.split_at_mut(padding);
        padding.fill(MaybeUninit::new(0));
        rest = next;
    }
    rest.fill(MaybeUninit::new(0));
    let ptr = room.as_mut_ptr().cast();
    // SAFETY: so many bytes are there: written by the kernel, as the caller says, or just now.
    unsafe { core::slice::from_raw_parts_mut(ptr, used) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::Pod;

    fn filled(headers: &[(usize, usize)], used: usize) -> Vec<u8> {
        let mut room = [MaybeUninit::new(0xEE_u8); 256];
        for (at, len) in headers {
            let header = c::cmsghdr { cmsg_len: *len, cmsg_level: 0, cmsg_type: 0 };
            for (to, from) in room[*at..].iter_mut().zip(header.bytes()) {
                to.write(*from);
            }
        }
        // SAFETY: all of it was written.
        unsafe { initialised(&mut room, used) }.to_vec()
    }

    #[test]
    fn only_the_padding_becomes_zero() {
        let step = align(HEADER + 1);
        let bytes = filled(&[(0, HEADER + 1), (step, HEADER + 4)], step + HEADER + 4);
        assert_eq!(bytes[HEADER], 0xEE);
        assert!(bytes[HEADER + 1..step].iter().all(|byte| *byte == 0));
        assert!(bytes[step + HEADER..].iter().all(|byte| *byte == 0xEE));
    }

    #[test]
    fn no_length_leads_out_of_it() {
        for len in [0, 1, HEADER - 1, HEADER, 200, 255, 256, 257, usize::MAX / 2, usize::MAX] {
            for used in 0..=257 {
                assert_eq!(filled(&[(0, len), (200, len)], used).len(), used.min(256));
            }
        }
    }
}
