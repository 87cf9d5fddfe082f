//! What is in flight: the buffers in their order, and the numbers that the kernel counts their calls by.
//!
//! The kernel numbers the calls of a socket with `MSG_ZEROCOPY` that succeed, from 0, in 32 bits that wrap, and reports them
//! done in ranges, which may come in any order. One buffer can take several calls, on a stream.

use core::mem::forget;
use std::collections::VecDeque;

use crate::error::{Errno, Result};
use crate::sys::ZerocopyBuffer;

/// A buffer that is back: the kernel no longer reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Completed<B> {
    /// The buffer.
    pub buffer: B,
    /// How many of its bytes were sent: all, but where a rest was [given up](super::Zerocopy::abandon).
    pub sent: usize,
    /// The kernel, or a fallback, has copied some of it: the plain send would have been cheaper.
    pub copied: bool,
}

struct Entry<B> {
    buffer: B,
    sent: usize,
    /// Will more of it be sent?
    has_rest: bool,
    /// The number of its first call, how many it has, and how many of these are not reported done.
    first: u32,
    calls: u32,
    open: u32,
    copied: bool,
}

pub(super) struct Flight<B> {
    entries: VecDeque<Entry<B>>,
    capacity: usize,
    /// The number of the next call.
    next: u32,
    /// Calls that are not reported done.
    open: u64,
    /// Calls that have failed, of which nobody knows yet whether the kernel counted them; and how many of them an empty error
    /// queue says nothing of.
    doubtful: u32,
    late: u32,
    /// Numbers were reported that are not ours: somebody else counts along, and no number can be believed any more.
    is_lost: bool,
}

impl<B: ZerocopyBuffer> Flight<B> {
    /// Room for so many buffers; ENOMEM if there is none.
    pub(super) fn new(capacity: usize) -> Result<Self> {
        let mut entries = VecDeque::new();
        entries.try_reserve_exact(capacity).map_err(|_| Errno::ENOMEM)?;
        Ok(Flight { entries, capacity, next: 0, open: 0, doubtful: 0, late: 0, is_lost: false })
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(super) fn is_full(&self) -> bool {
        self.entries.len() >= self.capacity
    }

    /// Are there calls that will be reported done?
    pub(super) fn is_waiting(&self) -> bool {
        self.open > 0 && !self.is_lost
    }

    pub(super) fn is_doubtful(&self) -> bool {
        self.doubtful > 0
    }

    #[cfg(test)]
    pub(super) fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Is the number of the next call known?
    pub(super) fn counts(&self) -> bool {
        !self.is_lost && self.doubtful == 0
    }

    /// What is left to send of the last buffer.
    pub(super) fn rest(&self) -> Option<&[u8]> {
        let entry = self.entries.back().filter(|entry| entry.has_rest)?;
        entry.buffer.bytes().get(entry.sent..)
    }

    /// A new buffer, of which one call has taken `n` bytes; `counted` if the kernel counts the call.
    pub(super) fn push(&mut self, buffer: B, n: usize, counted: bool) {
        let first = self.next;
        let entry = Entry { buffer, sent: 0, has_rest: true, first, calls: 0, open: 0, copied: false };
        self.entries.push_back(entry);
        self.took(n, counted);
    }

    /// Another call has taken `n` bytes of the last buffer.
    pub(super) fn took(&mut self, n: usize, counted: bool) {
        let Some(entry) = self.entries.back_mut() else { return };
        entry.sent = entry.sent.saturating_add(n);
        entry.has_rest = entry.sent < entry.buffer.bytes().len();
        if counted {
            entry.calls = entry.calls.wrapping_add(1);
            entry.open = entry.open.wrapping_add(1);
            self.next = self.next.wrapping_add(1);
            self.open += 1;
        } else {
            entry.copied |= n > 0;
        }
    }

    /// The rest of the last buffer will not be sent; returns how much that is.
    pub(super) fn abandon(&mut self) -> usize {
        let rest = self.rest().map_or(0, <[u8]>::len);
        if let Some(entry) = self.entries.back_mut() {
            entry.has_rest = false;
        }
        rest
    }

    /// A call has failed, perhaps after the kernel had counted it; `late`, if some of it may be on its way.
    pub(super) fn failed(&mut self, late: bool) {
        self.doubtful = self.doubtful.saturating_add(1);
        self.late = self.late.saturating_add(late.into());
    }

    /// The error queue is empty. A call that fails as a whole and is counted is reported before it returns, so those that were
    /// not are not counted.
    pub(super) fn drained(&mut self) {
        self.doubtful = self.late;
    }

    /// The calls from `first` to `last` are done. False if not all of these are ours and open; then no number is believed any
    /// more, and what is in flight stays.
    pub(super) fn complete(&mut self, first: u32, last: u32, copied: bool) -> bool {
        if self.is_lost {
            return false;
        }
        let base = self.entries.front().map_or(self.next, |entry| entry.first);
        let since = |number: u32| u64::from(number.wrapping_sub(base));
        let start = since(first);
        let end = start + u64::from(last.wrapping_sub(first)) + 1;
        // Beyond the last call are those that failed and were counted all the same.
        let beyond = end.saturating_sub(since(self.next));
        let ours = |entry: &Entry<B>| {
            let from = since(entry.first);
            (from + u64::from(entry.calls)).min(end).saturating_sub(from.max(start))
        };
        let touched = |entry: &&Entry<B>| since(entry.first) < end;
        let (mut found, mut is_sound) = (0, true);
        for entry in self.entries.iter().take_while(touched) {
            found += ours(entry);
            is_sound &= ours(entry) <= u64::from(entry.open);
        }
        if !is_sound || found + beyond != end - start || beyond > u64::from(self.doubtful) {
            self.is_lost = true;
            return false;
        }
        for entry in self.entries.iter_mut().take_while(|entry| since(entry.first) < end) {
            let done = ours(entry);
            // Not more than `open`, as was seen above.
            entry.open -= done as u32;
            entry.copied |= copied && done > 0;
        }
        self.open -= found;
        // Not more than `doubtful`, as was seen above.
        self.doubtful -= beyond as u32;
        self.late = self.late.min(self.doubtful);
        self.next = self.next.wrapping_add(beyond as u32);
        true
    }

    /// Is the first buffer back?
    pub(super) fn is_first_done(&self) -> bool {
        self.entries.front().is_some_and(|entry| entry.open == 0 && !entry.has_rest)
    }

    /// The first buffer, if it is back.
    pub(super) fn pop(&mut self) -> Option<Completed<B>> {
        if !self.is_first_done() {
            return None;
        }
        let Entry { buffer, sent, copied, .. } = self.entries.pop_front()?;
        Some(Completed { buffer, sent, copied })
    }
}

impl<B> Drop for Flight<B> {
    /// What the kernel may still read is leaked.
    fn drop(&mut self) {
        while let Some(entry) = self.entries.pop_front() {
            if entry.open > 0 {
                forget(entry.buffer);
            }
        }
    }
}

#[cfg(test)]
mod tests;
