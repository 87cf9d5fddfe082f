//! One run of ping: what is sent, what comes back, what is waited for.

use std::process;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sockets::cmsg::{self, ControlBuf};
use sockets::opt::{self, TimestampingFlags as Flags};
use sockets::{
    Errno, ErrorEvent, PollFlags, QueuedError, RecvFlags, Result, SendFlags, Socket, TimestampKind, Type,
};

use crate::Options;
use crate::echo::{Echo, HEADER, numbers};
use crate::icmp_error::describe;
use crate::interrupt;
use crate::statistics::Statistics;

/// The longest packet there is.
const LONGEST: usize = 65_535;
/// Those that are asked for, and the time that `SO_TIMESTAMPING` adds to all that arrives.
const ROOM: usize = cmsg::SCM_TIMESTAMPNS.space()
    + cmsg::SCM_TIMESTAMPING.space()
    + cmsg::IP_TTL.space()
    + cmsg::IPV6_HOPLIMIT.space();

struct Request {
    /// When to give it up.
    end: Instant,
    /// When it left, by the program's clock and by the kernel's, since 1970.
    user: Duration,
    kernel: Option<Duration>,
    is_answered: bool,
    /// An answer, an error, or the end of the wait has come.
    is_settled: bool,
}

pub struct Session<'a> {
    socket: Socket,
    ty: Type,
    echo: &'static Echo,
    id: u16,
    options: &'a Options,
    data: Vec<u8>,
    buf: Vec<u8>,
    /// The first has sequence number 1.
    requests: Vec<Request>,
    /// Which request the kernel counts as which send: those that failed are not counted.
    keys: Vec<usize>,
    statistics: Statistics,
}

impl<'a> Session<'a> {
    pub fn new(socket: Socket, ty: Type, options: &'a Options) -> Result<Session<'a>> {
        let echo = Echo::of(options.ip);
        let tx = Flags::SOF_TIMESTAMPING_TX_SOFTWARE
            | Flags::SOF_TIMESTAMPING_SOFTWARE
            | Flags::SOF_TIMESTAMPING_OPT_ID
            | Flags::SOF_TIMESTAMPING_OPT_TSONLY;
        socket.setsockopt(opt::SO_TIMESTAMPNS, true)?;
        socket.setsockopt(opt::SO_TIMESTAMPING, tx.into())?;
        if options.ip.is_ipv4() {
            socket.setsockopt(opt::IP_RECVERR, true)?;
            socket.setsockopt(opt::IP_RECVTTL, true)?;
            if let Some(ttl) = options.ttl {
                socket.setsockopt(opt::IP_TTL, ttl)?;
            }
        } else {
            socket.setsockopt(opt::IPV6_RECVERR, true)?;
            socket.setsockopt(opt::IPV6_RECVHOPLIMIT, true)?;
            if let Some(ttl) = options.ttl {
                socket.setsockopt(opt::IPV6_UNICAST_HOPS, ttl.into())?;
            }
        }
        echo.only_replies(&socket, ty)?;
        // Connected, a raw socket receives from this peer only.
        socket.connect(&options.to)?;
        // The kernel chooses the identifier of a datagram socket, and shows it as the port.
        let id = match ty {
            Type::SOCK_RAW => process::id() as u16,
            _ => socket.getsockname()?.port().unwrap_or(0),
        };
        let data = (0..options.size).map(|at| at as u8).collect();
        let buf = vec![0; LONGEST];
        let (requests, keys, statistics) = (Vec::new(), Vec::new(), Statistics::default());
        Ok(Session { socket, ty, echo, id, options, data, buf, requests, keys, statistics })
    }

    /// Were all requests answered?
    pub fn run(mut self) -> Result<bool> {
        let ip = self.options.ip;
        println!(
            "PING {ip}: {} bytes of data, {} with the ICMP header.",
            self.data.len(),
            self.data.len() + HEADER
        );
        let started = Instant::now();
        let end = self.options.deadline.map(|deadline| started + deadline);
        let mut next = started;
        loop {
            let now = Instant::now();
            if interrupt::came() || end.is_some_and(|end| now >= end) {
                break;
            }
            let is_complete = self.requests.len() >= self.options.count.into();
            if !is_complete && now >= next {
                self.send()?;
                next = now + self.options.interval;
                continue;
            }
            self.give_up(now);
            let waiting =
                self.requests.iter().filter(|request| !request.is_settled).map(|request| request.end);
            let events = waiting.chain((!is_complete).then_some(next));
            let Some(event) = events.min() else { break };
            let until = end.map_or(event, |end| event.min(end));
            match self.socket.poll(PollFlags::POLLIN, Some(until.saturating_duration_since(now))) {
                Ok(found) => {
                    if found.contains(PollFlags::POLLERR) && !self.take_errors()? {
                        if let Some(errno) = self.socket.getsockopt(opt::SO_ERROR)? {
                            self.report_unqueued(errno);
                        }
                    }
                    if found.contains(PollFlags::POLLIN) {
                        self.receive()?;
                    }
                }
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
            }
        }
        self.statistics.took = started.elapsed();
        println!("\n--- {ip} ping statistics ---\n{}", self.statistics);
        Ok(self.statistics.received == u32::from(self.options.count))
    }

    fn send(&mut self) -> Result<()> {
        let seq = (self.requests.len() + 1) as u16;
        let packet = self.echo.packet(self.id, seq, &self.data);
        let end = Instant::now() + self.options.wait;
        let user = now();
        let mut sent = self.socket.send(&packet, SendFlags::empty());
        // The error of an earlier request: this one has not been sent yet.
        if sent.is_err() && self.take_errors()? {
            sent = self.socket.send(&packet, SendFlags::empty());
        }
        let is_settled = sent.is_err();
        self.statistics.transmitted += 1;
        self.requests.push(Request { end, user, kernel: None, is_answered: false, is_settled });
        match sent {
            Ok(_) => self.keys.push(self.requests.len() - 1),
            Err(errno) => {
                println!("not sent to {}: icmp_seq={seq} {errno}", self.options.ip);
                self.statistics.errors += 1;
            }
        }
        Ok(())
    }

    fn give_up(&mut self, now: Instant) {
        for (request, seq) in self.requests.iter_mut().zip(1..) {
            if !request.is_settled && now >= request.end {
                request.is_settled = true;
                let seq: u32 = seq;
                println!("no answer from {}: icmp_seq={seq}", self.options.ip);
            }
        }
    }

    fn receive(&mut self) -> Result<()> {
        let mut room = ControlBuf::<ROOM>::new();
        let message = match self.socket.recvmsg(&mut self.buf[..], &mut room, RecvFlags::MSG_DONTWAIT) {
            // A packet whose checksum is wrong.
            Err(Errno::EAGAIN | Errno::EINTR) => return Ok(()),
            Err(errno) => {
                if !self.take_errors()? {
                    self.report_unqueued(errno);
                }
                return Ok(());
            }
            Ok(message) => message,
        };
        let arrived = message.control.get(cmsg::SCM_TIMESTAMPNS).unwrap_or_else(now);
        let ttl = message
            .control
            .get(cmsg::IP_TTL)
            .or_else(|| message.control.get(cmsg::IPV6_HOPLIMIT))
            .unwrap_or(0);
        let len = message.len;
        drop(message);
        // The time of sending has come before the answer, or not at all.
        self.take_errors()?;
        let packet = self.echo.without_ip_header(&self.buf[..len], self.ty);
        let Some((id, seq)) = numbers(packet, self.echo.reply) else { return Ok(()) };
        let request = usize::from(seq).checked_sub(1).and_then(|at| self.requests.get_mut(at));
        let Some(request) = request.filter(|_| id == self.id) else { return Ok(()) };
        print!("{} bytes from {}: icmp_seq={seq} ttl={ttl}", packet.len(), self.options.ip);
        if packet.get(HEADER..) != Some(&self.data) {
            println!(" (other data than was sent)");
            self.statistics.corrupted += 1;
            return Ok(());
        }
        // A time that is not between the two others is of another packet, or somebody has set the clock.
        let kernel = request.kernel.filter(|kernel| (request.user..=arrived).contains(kernel));
        let millis = arrived.saturating_sub(kernel.unwrap_or(request.user)).as_secs_f64() * 1000.0;
        self.statistics.by_user_clock += u32::from(kernel.is_none());
        self.statistics.add(millis);
        print!(" time={millis:.3} ms");
        if request.is_answered {
            print!(" (DUP!)");
            self.statistics.duplicates += 1;
        } else {
            self.statistics.received += 1;
            if request.is_settled {
                print!(" (late)");
            }
        }
        println!();
        (request.is_answered, request.is_settled) = (true, true);
        Ok(())
    }

    /// Empties the error queue. Was there an error in it?
    fn take_errors(&mut self) -> Result<bool> {
        let mut found = false;
        let mut quoted = [0; HEADER];
        loop {
            match self.socket.recv_error(&mut quoted) {
                Ok(queued) => {
                    let QueuedError { event, data, .. } = queued.map(|data| data.to_vec());
                    found |= self.take_event(&event, &data);
                }
                Err(Errno::EAGAIN) => return Ok(found),
                Err(errno) => return Err(errno),
            }
        }
    }

    fn take_event(&mut self, event: &ErrorEvent, quoted: &[u8]) -> bool {
        if let ErrorEvent::Timestamp { kind: TimestampKind::SCM_TSTAMP_SND, key, software, .. } = event {
            if let Some(at) = self.keys.get(*key as usize) {
                self.requests[*at].kernel = *software;
            }
            return false;
        }
        if let ErrorEvent::Local { .. } = event {
            if let Some(mtu) = event.mtu() {
                println!("local error: message too long, mtu={mtu}");
            }
            return true;
        }
        // A raw socket gets the errors of every ping of this machine to this address.
        let seq = match numbers(quoted, self.echo.request) {
            Some((id, seq)) if id == self.id => seq,
            _ => return true,
        };
        let Some((who, what)) = describe(event) else { return true };
        println!("From {who} icmp_seq={seq} {what}");
        self.statistics.errors += 1;
        if let Some(request) = usize::from(seq).checked_sub(1).and_then(|at| self.requests.get_mut(at)) {
            request.is_settled = true;
        }
        true
    }

    /// An error that the queue had no room for.
    fn report_unqueued(&mut self, errno: Errno) {
        println!("error without a sender: {errno}");
        self.statistics.errors += 1;
    }
}

/// The time by the clock that the kernel's times are of.
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
