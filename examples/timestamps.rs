//! Where the time of a UDP datagram goes: the latency of each stage from one program's send to another's receive, by the
//! kernel's own clock.
//!
//!     cargo run --example timestamps
//!     cargo run --example timestamps -- -c 1000 -s 8000 ::1

use std::env;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sockets::cmsg::{self, ControlBuf};
use sockets::opt::{self, TimestampingFlags as Flags};
use sockets::{Domain, Errno, ErrorEvent, Protocol, RecvFlags, SendFlags, Socket, TimestampKind, Type};

const USAGE: &str = "\
usage: timestamps [-c COUNT] [-s BYTES] [-W MILLISECONDS] [ADDRESS]

  ADDRESS  an IPv4 or IPv6 address of this machine (127.0.0.1)
  -c COUNT how many datagrams to send (100)
  -s BYTES how long each of them is, 4 to 65507 (64)
  -W MILLISECONDS  how long to wait for each datagram and each of its times (1000)

exit status: 0 all datagrams came with all their times, 1 not all, 2 bad usage or a call failed";

/// The moments of a datagram. The latency of a stage is from the one before.
const MOMENTS: [&str; 5] = ["sent by the user", "scheduled", "sent", "received", "received by the user"];
const WHAT: [&str; 5] = [
    "",
    "send(2) to the queue of the device",
    "the queue to the driver",
    "the driver to the receiving side of the kernel",
    "the kernel to the return of recvmsg(2)",
];

/// The time of each of [`MOMENTS`], since 1970.
type Times = [Duration; 5];

struct Options {
    count: u32,
    size: usize,
    wait: Duration,
    ip: IpAddr,
}

fn main() -> ExitCode {
    let Some(options) = parse(env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match measure(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("timestamps: {failure}");
            ExitCode::from(2)
        }
    }
}

fn parse(args: impl Iterator<Item = String>) -> Option<Options> {
    let (mut count, mut size, mut wait) = (100, 64, 1000);
    let mut args = args.peekable();
    while let Some(arg) = args.next_if(|arg| arg.starts_with('-')) {
        let value = args.next()?;
        match arg.as_str() {
            "-c" => count = value.parse().ok().filter(|n| *n > 0)?,
            "-s" => size = value.parse().ok().filter(|n| (4..=65_507).contains(n))?,
            "-W" => wait = value.parse().ok().filter(|n| *n > 0)?,
            _ => return None,
        }
    }
    let ip = args.next().map_or(Some(Ipv4Addr::LOCALHOST.into()), |text| text.parse().ok())?;
    if args.next().is_some() {
        return None;
    }
    Some(Options { count, size, wait: Duration::from_millis(wait), ip })
}

/// A call that failed.
struct Failure(&'static str, Errno);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0, self.1)
    }
}

/// For `map_err`: names the call.
fn in_call(name: &'static str) -> impl Fn(Errno) -> Failure {
    move |errno| Failure(name, errno)
}

/// Sends all datagrams and prints the table. Did all come, with all their times?
fn measure(options: &Options) -> Result<bool, Failure> {
    let (sender, receiver) = open(options)?;
    let mut link = Link { sender, receiver, wait: options.wait, buf: vec![0; options.size], key: 0 };
    let is_warm = link.warm_up()?;
    let mut stages = [Stage::default(); MOMENTS.len()];
    let mut whole = Stage::default();
    let (mut lost, mut bent) = (0, 0);
    for _ in 0..options.count {
        match link.exchange()? {
            // Somebody has set the clock in between.
            Some(times) if !times.is_sorted() => bent += 1,
            Some(times) => {
                for (stage, pair) in stages.iter_mut().skip(1).zip(times.windows(2)) {
                    stage.add(pair[1].saturating_sub(pair[0]));
                }
                whole.add(times[4].saturating_sub(times[0]));
            }
            None => lost += 1,
        }
    }
    println!("{} datagrams of {} bytes to {}, microseconds:", whole.count, options.size, options.ip);
    println!("{:<22} {:>9} {:>9} {:>9}", "until", "min", "avg", "max");
    for ((stage, moment), what) in stages.iter().zip(MOMENTS).zip(WHAT).skip(1) {
        println!("{moment:<22} {stage}  {what}");
    }
    println!("{:<22} {whole}", "all of it");
    if !is_warm {
        println!("the kernel takes no times of arrival");
    }
    if lost + bent > 0 {
        println!("left out: {lost} that did not come with all their times, {bent} while the clock was set");
    }
    Ok(lost + bent == 0)
}

/// Two sockets that are connected with each other, with their times switched on.
fn open(options: &Options) -> Result<(Socket, Socket), Failure> {
    let domain = if options.ip.is_ipv4() { Domain::AF_INET } else { Domain::AF_INET6 };
    let bound = || {
        let socket =
            Socket::socket(domain, Type::SOCK_DGRAM, Protocol::DEFAULT).map_err(in_call("socket"))?;
        socket.bind(SocketAddr::new(options.ip, 0)).map_err(in_call("bind"))?;
        Ok(socket)
    };
    let (sender, receiver) = (bound()?, bound()?);
    let name = |socket: &Socket| socket.getsockname().map_err(in_call("getsockname"));
    sender.connect(name(&receiver)?).map_err(in_call("connect"))?;
    receiver.connect(name(&sender)?).map_err(in_call("connect"))?;
    let tx = Flags::SOF_TIMESTAMPING_TX_SCHED
        | Flags::SOF_TIMESTAMPING_TX_SOFTWARE
        | Flags::SOF_TIMESTAMPING_SOFTWARE
        | Flags::SOF_TIMESTAMPING_OPT_ID
        | Flags::SOF_TIMESTAMPING_OPT_TSONLY;
    let rx = Flags::SOF_TIMESTAMPING_RX_SOFTWARE | Flags::SOF_TIMESTAMPING_SOFTWARE;
    let set = in_call("setsockopt");
    sender.setsockopt(opt::SO_TIMESTAMPING, tx.into()).map_err(&set)?;
    receiver.setsockopt(opt::SO_TIMESTAMPING, rx.into()).map_err(&set)?;
    receiver.setsockopt(opt::SO_RCVTIMEO, Some(options.wait)).map_err(&set)?;
    Ok((sender, receiver))
}

struct Link {
    sender: Socket,
    receiver: Socket,
    wait: Duration,
    buf: Vec<u8>,
    /// The number of the next datagram: what the kernel counts, too.
    key: u32,
}

impl Link {
    /// The kernel begins to take times of arrival a little after it was asked to, so the first datagrams may come without. Sends
    /// until one comes with its time.
    fn warm_up(&mut self) -> Result<bool, Failure> {
        let end = Instant::now() + self.wait;
        while Instant::now() < end {
            if self.exchange()?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// One datagram, and its times; none if it does not come, or one of them does not.
    fn exchange(&mut self) -> Result<Option<Times>, Failure> {
        let key = self.key;
        self.key = key.wrapping_add(1);
        self.buf[..4].copy_from_slice(&key.to_be_bytes());
        let before = now();
        self.sender.send(&self.buf, SendFlags::empty()).map_err(in_call("send"))?;
        let arrived = self.receive(key)?;
        // These are there by now, or are not far.
        let left = self.sent(key)?;
        Ok(match (arrived, left) {
            (Some((kernel, user)), Some((scheduled, sent))) => Some([before, scheduled, sent, kernel, user]),
            _ => None,
        })
    }

    /// The datagram of this number: when the kernel had it, and when this program.
    fn receive(&mut self, key: u32) -> Result<Option<(Duration, Duration)>, Failure> {
        loop {
            let mut room = ControlBuf::<{ cmsg::SCM_TIMESTAMPING.space() }>::new();
            let message = match self.receiver.recvmsg(&mut self.buf[..], &mut room, RecvFlags::empty()) {
                Err(Errno::EAGAIN) => return Ok(None),
                message => message.map_err(in_call("recvmsg"))?,
            };
            let user = now();
            // A late one of an earlier round is passed over.
            if message.data.starts_with(&key.to_be_bytes()) {
                let times = message.control.get(cmsg::SCM_TIMESTAMPING);
                return Ok(times.and_then(|times| times.software).map(|kernel| (kernel, user)));
            }
        }
    }

    /// When the datagram of this number was scheduled and sent.
    fn sent(&self, key: u32) -> Result<Option<(Duration, Duration)>, Failure> {
        let (mut scheduled, mut sent) = (None, None);
        while scheduled.is_none() || sent.is_none() {
            let event = match self.sender.recv_error_timeout((), self.wait) {
                Err(Errno::ETIMEDOUT) => return Ok(None),
                queued => queued.map_err(in_call("recvmsg of the error queue"))?.event,
            };
            match event {
                ErrorEvent::Timestamp { kind, key: found, software, .. } if found == key => match kind {
                    TimestampKind::SCM_TSTAMP_SCHED => scheduled = software,
                    TimestampKind::SCM_TSTAMP_SND => sent = software,
                    _ => {}
                },
                // A late one of an earlier round.
                ErrorEvent::Timestamp { .. } => {}
                other => eprintln!("timestamps: {other:?}"),
            }
        }
        Ok(scheduled.zip(sent))
    }
}

/// The time by the clock that the kernel's times are of.
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The latencies of one stage.
#[derive(Clone, Copy, Default)]
struct Stage {
    count: u32,
    min: Duration,
    sum: Duration,
    max: Duration,
}

impl Stage {
    fn add(&mut self, latency: Duration) {
        self.min = if self.count == 0 { latency } else { self.min.min(latency) };
        self.max = self.max.max(latency);
        self.sum += latency;
        self.count += 1;
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = |time: Duration| time.as_secs_f64() * 1e6;
        let average = self.sum.checked_div(self.count).unwrap_or_default();
        write!(f, "{:>9.1} {:>9.1} {:>9.1}", micros(self.min), micros(average), micros(self.max))
    }
}
