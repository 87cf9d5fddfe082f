//! The way, hop by hop: the probes of a hop together, and what comes back.

use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sockets::cmsg::{self, ControlBuf};
use sockets::{Errno, ErrorEvent, PollFlags, RecvFlags, Result, SockAddr, opt};

use crate::Options;
use crate::hop::{Answer, Hop, Probe};
use crate::verdict::{Verdict, verdict};
use crate::wire::Wire;

/// How often a probe is sent at most: an MTU that shrinks does not shrink more often than this.
const TRIES: u32 = 16;
/// Of what an error quotes; and for an answer, of which only the beginning counts. An IP header has up to 60 bytes.
const QUOTED: usize = 128;

pub struct Trace<'a> {
    wire: Wire,
    options: &'a Options,
    data: Vec<u8>,
    /// The smallest that was told so far.
    mtu: Option<u32>,
    /// The number of the first probe of this hop.
    first: u16,
    probes: Vec<Probe>,
    /// What the hop has decided: was the address reached?
    end: Option<bool>,
}

impl<'a> Trace<'a> {
    pub fn new(wire: Wire, options: &'a Options) -> Trace<'a> {
        let data = (0..options.size).map(|at| at as u8).collect();
        Trace { wire, options, data, mtu: None, first: 0, probes: Vec::new(), end: None }
    }

    /// Was the address reached?
    pub fn run(mut self) -> Result<bool> {
        let Options { ip, first, last, size, shows_names, .. } = *self.options;
        println!("traceroute to {ip}, {last} hops max, {size} bytes of data");
        for ttl in first..=last {
            self.hop(ttl)?;
            println!("{}", Hop { ttl, probes: &self.probes, shows_names });
            if let Some(is_reached) = self.end {
                return Ok(is_reached);
            }
        }
        Ok(false)
    }

    fn hop(&mut self, ttl: u8) -> Result<()> {
        let queries = self.options.queries;
        self.first = u16::from(ttl - self.options.first) * u16::from(queries);
        // What is left of the hop before is not of these.
        self.take_errors()?;
        self.wire.set_ttl(ttl)?;
        self.probes.clear();
        for _ in 0..queries {
            self.probes.push(Probe { sent: Duration::ZERO, answer: None, is_due: true, tries: 0 });
        }
        let mut end = Instant::now() + self.options.wait;
        loop {
            for at in 0..self.probes.len() {
                if self.probes[at].is_due && self.probes[at].tries < TRIES {
                    self.send(at)?;
                    end = Instant::now() + self.options.wait;
                }
            }
            if self.probes.iter().all(|probe| probe.answer.is_some()) {
                return Ok(());
            }
            match self
                .wire
                .socket
                .poll(PollFlags::POLLIN, Some(end.saturating_duration_since(Instant::now())))
            {
                Ok(found) if found.is_empty() => return Ok(()),
                Ok(found) => {
                    if found.contains(PollFlags::POLLERR) && !self.take_errors()? {
                        // An error that the queue has no room for: the next call would fail with it.
                        self.wire.socket.getsockopt(opt::SO_ERROR)?;
                    }
                    if found.contains(PollFlags::POLLIN) {
                        self.receive()?;
                    }
                }
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
            }
            // Packets that are no answers do not prolong it.
            if Instant::now() >= end {
                return Ok(());
            }
        }
    }

    fn send(&mut self, at: usize) -> Result<()> {
        let number = self.first + at as u16;
        loop {
            let probe = &mut self.probes[at];
            probe.tries += 1;
            (probe.sent, probe.is_due) = (now(), false);
            let errno = match self.wire.send(number, &self.data) {
                Ok(_) => return Ok(()),
                Err(errno) => errno,
            };
            // The error of an earlier probe, or that this one is too long, which shortens the next.
            if !self.take_errors()? {
                return Err(errno);
            }
            // Somebody sends errors faster than this sends probes: it is lost.
            if self.probes[at].tries >= TRIES {
                return Ok(());
            }
        }
    }

    /// Empties the error queue. Was there anything in it?
    fn take_errors(&mut self) -> Result<bool> {
        let mut found = false;
        loop {
            let mut quoted = [0; QUOTED];
            let mut room = ControlBuf::<512>::new();
            let message = match self.wire.socket.recvmsg(&mut quoted, &mut room, RecvFlags::MSG_ERRQUEUE) {
                Err(Errno::EAGAIN) => return Ok(found),
                message => message?,
            };
            found = true;
            let event = ErrorEvent::of(&message.control);
            let arrived = message.control.get(cmsg::SCM_TIMESTAMPNS).unwrap_or_else(now);
            let number = self.wire.number_of_error(message.data, &message.addr);
            let Some((verdict, who)) = verdict(&event) else { continue };
            if let Verdict::TooBig(mtu) = verdict {
                self.shorten(mtu);
            }
            self.judge(number, arrived, verdict, who);
        }
    }

    fn receive(&mut self) -> Result<()> {
        let mut packet = [0; QUOTED];
        let mut room = ControlBuf::<{ cmsg::SCM_TIMESTAMPNS.space() }>::new();
        let message = match self.wire.socket.recvmsg(&mut packet, &mut room, RecvFlags::MSG_DONTWAIT) {
            // A wrong checksum, or an error that the queue tells as well.
            Err(_) => return self.take_errors().map(drop),
            Ok(message) => message,
        };
        let arrived = message.control.get(cmsg::SCM_TIMESTAMPNS).unwrap_or_else(now);
        let number = self.wire.number_of_answer(message.data, &message.addr);
        let who = SockAddr::as_socket(&message.addr);
        self.judge(number, arrived, Verdict::Reached, who);
        Ok(())
    }

    fn judge(&mut self, number: Option<u16>, arrived: Duration, verdict: Verdict, who: Option<SocketAddr>) {
        // One of an earlier hop is too late.
        let at = number.and_then(|number| number.checked_sub(self.first));
        let Some(probe) = at.and_then(|at| self.probes.get_mut(usize::from(at))) else { return };
        if probe.answer.is_some() || probe.tries == 0 {
            return;
        }
        let flag = match verdict {
            Verdict::TooBig(_) => {
                probe.is_due = true;
                return;
            }
            Verdict::Hop => String::new(),
            Verdict::Reached => {
                self.end = Some(true);
                String::new()
            }
            Verdict::Unreachable(flag) => {
                self.end = self.end.or(Some(false));
                flag
            }
        };
        let millis = arrived.saturating_sub(probe.sent).as_secs_f64() * 1000.0;
        let who = who.unwrap_or(SocketAddr::new(self.wire.ip(), 0));
        probe.answer = Some(Answer { who, millis, flag });
    }

    /// A router, or this machine, has said how long a packet may be. With -M no probe is longer from now on; else the kernel
    /// fragments them.
    fn shorten(&mut self, mtu: u32) {
        if self.mtu.is_some_and(|smallest| smallest <= mtu) {
            return;
        }
        self.mtu = Some(mtu);
        println!("    pmtu {mtu}");
        if self.options.finds_mtu {
            self.data.truncate((mtu as usize).saturating_sub(self.wire.headers()));
        }
    }
}

/// The time by the clock that the kernel's times are of.
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
