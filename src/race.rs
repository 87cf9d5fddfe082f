//! Attempts to connect that run side by side, under one poll(2): what is behind [`connect_any`](crate::connect_any()).

use core::time::Duration;
use std::collections::VecDeque;
use std::time::Instant;

use crate::any::AnyAddr;
use crate::error::{Errno, Result};
use crate::{Domain, SockAddr, Socket, SocketFlags, sys};

/// Addresses of the two families in turn, beginning with that of the first; each family keeps its order. (RFC 8305,
/// section 4, with a First Address Family Count of 1.)
fn in_turn(addrs: VecDeque<SockAddr>) -> VecDeque<SockAddr> {
    let first = addrs.front().map_or(Domain::AF_UNSPEC, SockAddr::family);
    let (same, other): (VecDeque<_>, VecDeque<_>) =
        addrs.into_iter().partition(|addr| addr.family() == first);
    let (mut same, mut other) = (same.into_iter(), other.into_iter());
    let mut turned = VecDeque::new();
    loop {
        let pair = (same.next(), other.next());
        if pair == (None, None) {
            return turned;
        }
        turned.extend(pair.0);
        turned.extend(pair.1);
    }
}

/// When so much time is over; nothing if that is beyond the clock.
fn deadline(timeout: Duration) -> Option<Instant> {
    Instant::now().checked_add(timeout)
}

/// An attempt that is on its way.
struct Attempt {
    socket: Socket,
    addr: SockAddr,
    /// When it has had its share of the time.
    end: Option<Instant>,
}

/// The attempts to connect.
pub(crate) struct Race {
    waiting: VecDeque<SockAddr>,
    running: Vec<Attempt>,
    failures: Failures,
    end: Option<Instant>,
    /// How long to sleep where there are events that are none.
    pause: Duration,
}

/// What failed so far.
type Failures = Vec<(SockAddr, Errno)>;

impl Race {
    /// A race of these addresses; some have failed already.
    pub(crate) fn new(how: &AnyAddr<'_>, addrs: VecDeque<SockAddr>, failures: Failures) -> Self {
        let waiting = if how.delay.is_some() { in_turn(addrs) } else { addrs };
        let (end, pause) = (how.timeout.and_then(deadline), sys::compound::PAUSE);
        Race { waiting, running: Vec::new(), failures, end, pause }
    }

    /// The first connection, or all that failed.
    pub(crate) fn run(mut self, how: &mut AnyAddr<'_>) -> core::result::Result<(Socket, SockAddr), Failures> {
        let mut next = Instant::now();
        loop {
            let is_time = self.running.is_empty() || (how.delay.is_some() && Instant::now() >= next);
            if let Some(addr) = if is_time { self.waiting.pop_front() } else { None } {
                let running = self.running.len();
                if let Some(won) = self.start(how, addr) {
                    return Ok(won);
                }
                if self.running.len() > running {
                    next = how.delay.and_then(deadline).unwrap_or(next);
                }
                continue;
            }
            if self.running.is_empty() {
                return Err(self.failures);
            }
            let turn = how.delay.filter(|_| !self.waiting.is_empty()).map(|_| next);
            let running = self.running.len();
            if let Some(won) = self.wait([self.soonest_end(), turn].into_iter().flatten().min()) {
                return Ok(won);
            }
            self.give_up();
            // One has failed: the next need not wait for its turn.
            if self.running.len() < running {
                next = Instant::now();
            }
        }
    }

    /// When the next attempt has had its time.
    fn soonest_end(&self) -> Option<Instant> {
        self.running.iter().filter_map(|attempt| attempt.end).min()
    }

    /// Begins an attempt; gives the socket if that was all there was to it.
    fn start(&mut self, how: &mut AnyAddr<'_>, addr: SockAddr) -> Option<(Socket, SockAddr)> {
        if self.end.is_some_and(|end| Instant::now() >= end) {
            self.failures.push((addr, Errno::ETIMEDOUT));
            return None;
        }
        let opened = how.open(&addr, SocketFlags::SOCK_NONBLOCK);
        match opened.and_then(|socket| connecting(&socket, &addr).map(|done| (socket, done))) {
            Ok((socket, true)) => return self.finish(socket, addr),
            Ok((socket, false)) => {
                let end = if how.delay.is_some() { self.end } else { self.share() };
                self.running.push(Attempt { socket, addr, end });
            }
            Err(errno) => self.failures.push((addr, errno)),
        }
        None
    }

    /// When an attempt has had its share of the time, with those that wait.
    fn share(&self) -> Option<Instant> {
        let left = self.end?.saturating_duration_since(Instant::now());
        let attempts = u32::try_from(self.waiting.len()).unwrap_or(u32::MAX).saturating_add(1);
        deadline(left / attempts)
    }

    /// The socket is handed over as it was made, but for the flag that only this race needed.
    fn finish(&mut self, socket: Socket, addr: SockAddr) -> Option<(Socket, SockAddr)> {
        match socket.set_nonblocking(false) {
            Ok(()) => Some((socket, addr)),
            Err(errno) => {
                self.failures.push((addr, errno));
                None
            }
        }
    }

    /// Waits for the attempts; gives the first that has arrived.
    fn wait(&mut self, until: Option<Instant>) -> Option<(Socket, SockAddr)> {
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        let sockets: Vec<_> = self.running.iter().map(|attempt| attempt.socket.sys()).collect();
        let events = match sys::poll_writable(&sockets, left).map_err(Errno::from) {
            Ok(events) => events,
            // A signal is no reason to stop: the time is looked at again.
            Err(Errno::EINTR) => return None,
            Err(errno) => {
                self.failures.extend(self.running.drain(..).map(|attempt| (attempt.addr, errno)));
                return None;
            }
        };
        let any = events.iter().any(|events| *events != 0);
        let attempts = std::mem::take(&mut self.running);
        let before = attempts.len();
        for (attempt, events) in attempts.into_iter().zip(events) {
            let Attempt { socket, addr, end } = attempt;
            match sys::compound::has_connected(socket.sys(), addr.sys(), events).map_err(Errno::from) {
                Ok(true) => {
                    if let Some(won) = self.finish(socket, addr) {
                        return Some(won);
                    }
                }
                Ok(false) => self.running.push(Attempt { socket, addr, end }),
                Err(errno) => self.failures.push((addr, errno)),
            }
        }
        if any && self.running.len() == before {
            // Only that there is something in an error queue, which makes every poll return at once.
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            self.pause = sys::compound::pause(self.pause, left);
        }
        None
    }

    /// Ends the attempts whose time is over.
    fn give_up(&mut self) {
        let now = Instant::now();
        let is_over = |attempt: &Attempt| attempt.end.is_some_and(|end| now >= end);
        let (over, running): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.running).into_iter().partition(is_over);
        self.running = running;
        self.failures.extend(over.into_iter().map(|attempt| (attempt.addr, Errno::ETIMEDOUT)));
    }
}

/// connect(2) that does not block: is it done?
fn connecting(socket: &Socket, addr: &SockAddr) -> Result<bool> {
    match socket.connect(addr) {
        Ok(()) => Ok(true),
        // Interrupted or not, it goes on.
        Err(Errno::EINPROGRESS | Errno::EINTR) => Ok(false),
        Err(errno) => Err(errno),
    }
}
