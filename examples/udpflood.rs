//! What batches and segmentation save: a flood of UDP datagrams, sent and received in four ways, side by side.
//!
//!     cargo run --release --example udpflood
//!     cargo run --release --example udpflood -- -s 64 -g 128
//!     cargo run --release --example udpflood -- -t 2 ::1
//!
//! On loopback only. Nothing is cut there: many datagrams that leave as one arrive as one if the receiver wants that, so
//! the gain is greater than over a network card. And the sender pays for the delivery.

use std::env;
use std::io::{self, IsTerminal};
use std::net::{IpAddr, Ipv4Addr};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use sockets::cmsg::{self, ControlBuf};
use sockets::{
    Domain, Errno, MAX_SEGMENTS, Protocol, RecvBatch, RecvFlags, SendBatch, SendFlags, Socket, Type, opt,
};

const USAGE: &str = "\
usage: udpflood [-s SIZE] [-n COUNT] [-b BATCH] [-g SEGMENTS] [-t THREADS] [-w SECONDS] [ADDRESS]

  ADDRESS  127.0.0.1 (as if not given), ::1, or another one of loopback
  -s SIZE  bytes in a datagram (1200)
  -n COUNT datagrams that each way sends (100000)
  -b BATCH datagrams in one sendmmsg(2) (32), 128 at most
  -g SEGMENTS  datagrams in one send with UDP_SEGMENT (32), 128 at most
  -t 1     send and receive in turn (as if not given): nothing is lost, and the ratios are much the same each time
  -t 2     in two threads at once: what is sent too fast is lost, and the ratios are only an indication
  -w SECONDS  send nothing more after so long (10)

SIZE times BATCH, and SIZE times SEGMENTS, can be 65507 bytes at most.

exit status: 0 done, 1 a call failed, 2 bad usage";

/// The ways take turns, so that what else the machine does hits them all.
const ROUNDS: u32 = 20;
/// How long nothing may come before what is missing counts as lost.
const SILENCE: Duration = Duration::from_millis(200);
/// Payload of one send at the most, over IPv4.
const MOST: usize = 65_507;

struct Options {
    ip: IpAddr,
    size: usize,
    count: u64,
    batch: usize,
    segments: usize,
    threads: u8,
    wait: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Single,
    Batch,
    Gso,
    GsoGro,
}

const WAYS: [(Way, &str); 4] = [
    (Way::Single, "send, recv"),
    (Way::Batch, "sendmmsg, recvmmsg"),
    (Way::Gso, "UDP_SEGMENT, recv"),
    (Way::GsoGro, "UDP_SEGMENT, UDP_GRO"),
];

/// What one side has done.
#[derive(Clone, Copy, Default)]
struct Half {
    datagrams: u64,
    calls: u64,
    cpu: Duration,
}

fn main() -> ExitCode {
    let Some(options) = parse(env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    if !options.ip.is_loopback() {
        eprintln!("udpflood: {} is not on loopback", options.ip);
        return ExitCode::from(2);
    }
    match flood(&options) {
        Ok(halves) => {
            print(&options, &halves);
            ExitCode::SUCCESS
        }
        Err(failed) => {
            eprintln!("udpflood: {failed}");
            ExitCode::FAILURE
        }
    }
}

fn parse(args: impl Iterator<Item = String>) -> Option<Options> {
    let ip = Ipv4Addr::LOCALHOST.into();
    let wait = Duration::from_secs(10);
    let mut options = Options { ip, size: 1200, count: 100_000, batch: 32, segments: 32, threads: 1, wait };
    let mut args = args.peekable();
    while let Some(arg) = args.next_if(|arg| arg.starts_with('-')) {
        let value: u32 = args.next()?.parse().ok().filter(|n| *n > 0)?;
        match arg.as_str() {
            "-s" => options.size = value as usize,
            "-n" => options.count = value.into(),
            "-b" => options.batch = value as usize,
            "-g" => options.segments = value as usize,
            "-t" => options.threads = u8::try_from(value).ok().filter(|n| *n <= 2)?,
            "-w" => options.wait = Duration::from_secs(value.into()),
            _ => return None,
        }
    }
    if let Some(ip) = args.next() {
        options.ip = ip.parse().ok()?;
    }
    let most = options.size.checked_mul(options.batch.max(options.segments))?;
    let fits = most <= MOST && options.segments <= MAX_SEGMENTS && options.batch <= 128;
    (fits && args.next().is_none()).then_some(options)
}

/// Says which call failed.
fn called<T>(call: &str, result: sockets::Result<T>) -> Result<T, String> {
    result.map_err(|errno| format!("{call}: {errno}"))
}

/// Both halves of each way.
fn flood(options: &Options) -> Result<[[Half; 2]; 4], String> {
    let start = Instant::now();
    let data = vec![b'f'; MOST];
    let mut halves = [[Half::default(); 2]; 4];
    let mut pairs = Vec::new();
    for (way, _) in WAYS {
        pairs.push(pair(options, way, &data)?);
    }
    let turns = ROUNDS * WAYS.len() as u32;
    for turn in 0..turns {
        let round = turn / WAYS.len() as u32;
        if io::stderr().is_terminal() {
            eprint!("\rround {} of {ROUNDS}", round + 1);
        }
        // Each round begins with another way.
        let way = (turn + round) as usize % WAYS.len();
        let (sender, receiver) = &mut pairs[way];
        let up_to = |round: u32| options.count * u64::from(round) / u64::from(ROUNDS);
        let count = up_to(round + 1) - up_to(round);
        // If the time is too short, it is so for each way in the same measure.
        let end = start + options.wait * (turn + 1) / turns;
        let done = match options.threads {
            1 => in_turn(sender, receiver, count, end)?,
            _ => at_once(sender, receiver, count, end)?,
        };
        for (half, done) in halves[way].iter_mut().zip(done) {
            half.datagrams += done.datagrams;
            half.calls += done.calls;
            half.cpu += done.cpu;
        }
    }
    if io::stderr().is_terminal() {
        eprint!("\r\x1b[K");
    }
    if halves.iter().flatten().any(|half| half.datagrams == 0) {
        return Err("nothing has come".to_owned());
    }
    Ok(halves)
}

/// Sockets for one way, each connected to the other: nothing else is counted, and calls without an address are the cheapest.
fn pair<'d>(options: &Options, way: Way, data: &'d [u8]) -> Result<(Sender<'d>, Receiver), String> {
    let domain = if options.ip.is_ipv4() { Domain::AF_INET } else { Domain::AF_INET6 };
    let from = called("socket", Socket::socket(domain, Type::SOCK_DGRAM, Protocol::DEFAULT))?;
    let to = called("socket", Socket::socket(domain, Type::SOCK_DGRAM, Protocol::DEFAULT))?;
    for socket in [&from, &to] {
        called("bind", socket.bind((options.ip, 0)))?;
    }
    called("connect", from.connect(called("getsockname", to.getsockname())?))?;
    called("connect", to.connect(called("getsockname", from.getsockname())?))?;
    // The kernel gives as much of this as net.core.rmem_max allows: a burst fits in.
    called("setsockopt", to.setsockopt(opt::SO_RCVBUF, 1 << 20))?;
    called("setsockopt", to.setsockopt(opt::SO_RCVTIMEO, Some(SILENCE)))?;
    called("setsockopt", to.setsockopt(opt::UDP_GRO, way == Way::GsoGro))?;
    let (size, segments) = (options.size, options.segments);
    let longest = options.batch.max(segments);
    let burst = ((2 * MOST / size).min(128) / longest).max(1) * longest;
    let batch = called("SendBatch", SendBatch::new(options.batch))?;
    let sender = Sender { socket: from, way, size, segments, burst, data, batch };
    let batch = called("RecvBatch", RecvBatch::new(options.batch, size))?;
    Ok((sender, Receiver { socket: to, way, size, batch, buf: vec![0; 65_536] }))
}

struct Sender<'d> {
    socket: Socket,
    way: Way,
    size: usize,
    segments: usize,
    /// Datagrams to send before the other side has its turn, or before one looks at the clock: a receive buffer holds them.
    burst: usize,
    data: &'d [u8],
    batch: SendBatch<'d>,
}

impl Sender<'_> {
    /// One call; returns how many datagrams went, `most` at most.
    fn send(&mut self, most: usize) -> Result<usize, String> {
        let flags = SendFlags::empty();
        match self.way {
            Way::Single => called("send", self.socket.send(&self.data[..self.size], flags)).map(|_| 1),
            Way::Batch => {
                let wanted = most.min(self.batch.slots());
                // The headers are kept, but for the last calls of a burst that is no multiple of the batch.
                if self.batch.len() == wanted {
                    self.batch.rewind();
                } else {
                    self.batch.clear();
                    for _ in 0..wanted {
                        called("push", self.batch.push(&self.data[..self.size]).map(drop))?;
                    }
                }
                called("sendmmsg", self.socket.sendmmsg(&mut self.batch, flags))
            }
            Way::Gso | Way::GsoGro => {
                let data = &self.data[..most.min(self.segments) * self.size];
                let sent = self.socket.send_segments(data, self.size as u16, flags);
                called("sendmsg", sent).map(|bytes| bytes / self.size)
            }
        }
    }

    /// A burst, `most` datagrams at most; returns how many they were.
    fn burst(&mut self, most: u64, half: &mut Half) -> Result<u64, String> {
        let count = most.min(self.burst as u64);
        let mut left = count as usize;
        while left > 0 {
            left -= self.send(left)?;
            half.calls += 1;
        }
        half.datagrams += count;
        Ok(count)
    }
}

struct Receiver {
    socket: Socket,
    way: Way,
    size: usize,
    batch: RecvBatch,
    buf: Vec<u8>,
}

impl Receiver {
    /// One call; returns how many datagrams came, none if there are none for a while, or one without a byte.
    fn recv(&mut self) -> Result<usize, String> {
        let flags = RecvFlags::MSG_TRUNC;
        let whole = |len| if len == self.size { 1 } else { 0 };
        let came = match self.way {
            Way::Single | Way::Gso => self.socket.recv(&mut self.buf[..], flags).map(whole),
            Way::Batch => self
                .socket
                .recvmmsg(&mut self.batch, flags | RecvFlags::MSG_WAITFORONE)
                .map(|messages| messages.map(|message| whole(message.true_len)).sum()),
            Way::GsoGro => {
                let mut room = ControlBuf::<{ cmsg::UDP_GRO.space() }>::new();
                self.socket
                    .recvmsg(&mut self.buf[..], &mut room, flags)
                    .map(|message| message.segments().map(|segment| whole(segment.data.len())).sum())
            }
        };
        match came {
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(0),
            came => called("recv", came),
        }
    }

    /// As many datagrams as that; fewer if they do not come.
    fn burst(&mut self, count: u64, half: &mut Half) -> Result<(), String> {
        let mut left = count;
        while left > 0 {
            let came = self.recv()? as u64;
            half.calls += 1;
            half.datagrams += came;
            if came == 0 {
                break;
            }
            left = left.saturating_sub(came);
        }
        Ok(())
    }
}

/// In one thread: a burst out, the same burst in.
fn in_turn(
    sender: &mut Sender<'_>,
    receiver: &mut Receiver,
    count: u64,
    end: Instant,
) -> Result<[Half; 2], String> {
    let [mut sent, mut received] = [Half::default(); 2];
    loop {
        let start = cpu_time();
        let burst = sender.burst(count - sent.datagrams, &mut sent)?;
        let middle = cpu_time();
        receiver.burst(burst, &mut received)?;
        sent.cpu += middle - start;
        received.cpu += cpu_time() - middle;
        if sent.datagrams == count || Instant::now() >= end {
            return Ok([sent, received]);
        }
    }
}

/// In two threads, as fast as each can.
fn at_once(
    sender: &mut Sender<'_>,
    receiver: &mut Receiver,
    count: u64,
    end: Instant,
) -> Result<[Half; 2], String> {
    let is_over = AtomicBool::new(false);
    // What the last round has left.
    while receiver.socket.recv(&mut [0; 1], RecvFlags::MSG_DONTWAIT).is_ok() {}
    thread::scope(|scope| {
        let receiver = scope.spawn(|| {
            let (mut half, start) = (Half::default(), cpu_time());
            while half.datagrams < count {
                let before = half.datagrams;
                // Looked at before, because what was sent since then can still come.
                let was_over = is_over.load(Ordering::Acquire);
                receiver.burst(count - before, &mut half)?;
                if was_over && half.datagrams == before {
                    break;
                }
            }
            half.cpu = cpu_time() - start;
            Ok(half)
        });
        let (mut half, start) = (Half::default(), cpu_time());
        let mut sent = sender.burst(count, &mut half);
        while sent.is_ok() && half.datagrams < count && Instant::now() < end {
            sent = sender.burst(count - half.datagrams, &mut half);
        }
        half.cpu = cpu_time() - start;
        is_over.store(true, Ordering::Release);
        // Nothing wakes the receiver: no bytes, behind all the others; once more if they found no room.
        while !receiver.is_finished() {
            let _ = sender.socket.send(&[], SendFlags::empty());
            thread::sleep(Duration::from_millis(1));
        }
        let received = receiver.join().map_err(|_| "the receiver has panicked".to_owned())?;
        sent.and(received).map(|received| [half, received])
    })
}

/// How long this thread has had a CPU, in user space and in the kernel.
fn cpu_time() -> Duration {
    // SAFETY: integers: all 0 is a valid value.
    let mut time: libc::timespec = unsafe { std::mem::zeroed() };
    // SAFETY: `time` is one structure.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

impl Half {
    /// Nanoseconds of CPU time for each datagram.
    fn nanos(&self) -> f64 {
        self.cpu.as_nanos() as f64 / self.datagrams as f64
    }
}

fn print(options: &Options, halves: &[[Half; 2]; 4]) {
    let Options { ip, size, batch, segments, threads, .. } = options;
    println!(
        "On loopback, {ip}, {threads} thread(s): {size} bytes, batches of {batch}, {segments} segments."
    );
    println!("CPU time in ns and calls are those of both sides for one datagram; single calls have ratio 1.");
    println!();
    println!(
        "{:20} {:>9} {:>9} {:>7} {:>7} {:>7} {:>6} {:>6}",
        "", "sent", "received", "lost", "send", "recv", "ratio", "calls"
    );
    let [single, ..] = halves.map(|[sent, received]| sent.nanos() + received.nanos());
    for ((_, way), [sent, received]) in WAYS.iter().zip(halves) {
        let lost = 1.0 - received.datagrams as f64 / sent.datagrams as f64;
        let ratio = (sent.nanos() + received.nanos()) / single;
        let calls = |half: &Half| half.calls as f64 / half.datagrams as f64;
        println!(
            "{way:20} {:>9} {:>9} {:>6.1}% {:>7.0} {:>7.0} {ratio:>6.3} {:>6.3}",
            sent.datagrams,
            received.datagrams,
            100.0 * lost,
            sent.nanos(),
            received.nanos(),
            calls(sent) + calls(received),
        );
    }
}
