//! arping over a packet socket: who has this address on this wire?
//!
//!     cargo run --example arping -- -I eth0 192.0.2.1
//!
//! The kernel makes and takes the Ethernet header (`SOCK_DGRAM`); what is sent and received here are the 28 bytes of ARP. The time of
//! arrival is the kernel's (`SO_TIMESTAMPNS`), that of sending is this program's.

use std::env;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sockets::cmsg::{self, ControlBuf};
use sockets::{
    Domain, Errno, EtherType, HardwareAddr, HardwareType, LinkAddr, PollFlags, Protocol, RecvFlags,
    SendFlags, Socket, Type, if_nametoindex, opt,
};

const USAGE: &str = "\
usage: arping [-c COUNT] [-i MILLISECONDS] [-W MILLISECONDS] -I INTERFACE ADDRESS

  ADDRESS  an IPv4 address
  -I INTERFACE  the wire to ask on
  -c COUNT how many requests to send (3)
  -i MILLISECONDS  the time from one request to the next (1000)
  -W MILLISECONDS  how long to wait for the first answer to each (1000)

exit status: 0 all requests were answered, 1 not all, 2 bad usage or a call failed";

/// Bytes of ARP for IPv4 over Ethernet.
const ARP: usize = 28;
/// Ethernet, IPv4, addresses of 6 and 4 bytes.
const HEAD: [u8; 6] = [0, 1, 8, 0, 6, 4];
const REQUEST: u8 = 1;
const REPLY: u8 = 2;

struct Options {
    count: u32,
    interval: Duration,
    wait: Duration,
    interface: String,
    ip: Ipv4Addr,
}

fn main() -> ExitCode {
    let Some(options) = parse(env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match Arping::open(&options).and_then(Arping::run) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("arping: {failure}");
            ExitCode::from(2)
        }
    }
}

fn parse(args: impl Iterator<Item = String>) -> Option<Options> {
    let (mut count, mut interval, mut wait, mut interface) = (3, 1000, 1000, None);
    let mut args = args.peekable();
    while let Some(arg) = args.next_if(|arg| arg.starts_with('-')) {
        let value = args.next()?;
        match arg.as_str() {
            "-I" => interface = Some(value),
            "-c" => count = value.parse().ok().filter(|n| *n > 0)?,
            "-i" => interval = value.parse::<u32>().ok()?,
            "-W" => wait = value.parse::<u32>().ok().filter(|n| *n > 0)?,
            _ => return None,
        }
    }
    let ip = args.next()?.parse().ok()?;
    if args.next().is_some() {
        return None;
    }
    let [interval, wait] = [interval, wait].map(|millis| Duration::from_millis(millis.into()));
    Some(Options { count, interval, wait, interface: interface?, ip })
}

enum Failure {
    Call(&'static str, Errno),
    NoPrivilege,
    NoEthernet(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Call(name, errno) => write!(f, "{name}: {errno}"),
            Failure::NoPrivilege => f.write_str(
                "a packet socket needs CAP_NET_RAW (EPERM): be root, or setcap cap_net_raw+ep\n  \
                 in a network of its own anybody has it: unshare -Urn, or the crate in netns/",
            ),
            Failure::NoEthernet(name) => write!(f, "{name} is no Ethernet, and has no ARP"),
        }
    }
}

/// For `map_err`: names the call.
fn in_call(name: &'static str) -> impl Fn(Errno) -> Failure {
    move |errno| Failure::Call(name, errno)
}

struct Arping<'a> {
    options: &'a Options,
    socket: Socket,
    everybody: LinkAddr,
    mac: [u8; 6],
    ip: Ipv4Addr,
    responses: u32,
}

impl<'a> Arping<'a> {
    fn open(options: &'a Options) -> Result<Arping<'a>, Failure> {
        let index = if_nametoindex(&options.interface).map_err(in_call("if_nametoindex"))?;
        // With a protocol in socket(2) it would receive from every interface until it is bound to one.
        let socket = match Socket::socket(Domain::AF_PACKET, Type::SOCK_DGRAM, Protocol::DEFAULT) {
            Err(Errno::EPERM) => return Err(Failure::NoPrivilege),
            socket => socket.map_err(in_call("socket"))?,
        };
        socket.setsockopt(opt::SO_TIMESTAMPNS, true).map_err(in_call("setsockopt"))?;
        let link = LinkAddr::new(index, EtherType::ETH_P_ARP).map_err(in_call("bind"))?;
        socket.bind(link).map_err(in_call("bind"))?;
        let own = socket.getsockname().map_err(in_call("getsockname"))?;
        let own = own.as_link().filter(|own| own.hardware_type() == HardwareType::ARPHRD_ETHER);
        let mac = own.and_then(|own| own.hardware_addr().as_bytes().try_into().ok());
        let mac = mac.ok_or_else(|| Failure::NoEthernet(options.interface.clone()))?;
        let ip = source(options).map_err(in_call("the source address"))?;
        let everybody = link.with_hardware_addr(HardwareAddr::BROADCAST);
        Ok(Arping { options, socket, everybody, mac, ip, responses: 0 })
    }

    /// Were all requests answered?
    fn run(mut self) -> Result<bool, Failure> {
        let Options { ip, ref interface, count, .. } = *self.options;
        println!("ARPING {ip} from {} {interface}", self.ip);
        let mut answered = 0;
        for number in 1..=count {
            let start = Instant::now();
            let sent = now();
            let request = self.request();
            self.socket.sendto(&request, SendFlags::empty(), self.everybody).map_err(in_call("sendto"))?;
            let is_answered = self.receive(sent, start + self.options.wait, true)?;
            if !is_answered {
                println!("no answer from {ip}");
            }
            answered += u32::from(is_answered);
            // Somebody else may have the same address.
            if number < count {
                self.receive(sent, start + self.options.interval, false)?;
            }
        }
        println!("Sent {count} probes ({count} broadcast(s))\nReceived {} response(s)", self.responses);
        Ok(answered == count)
    }

    fn request(&self) -> [u8; ARP] {
        let mut packet = [0; ARP];
        packet[..6].copy_from_slice(&HEAD);
        packet[7] = REQUEST;
        packet[8..14].copy_from_slice(&self.mac);
        packet[14..18].copy_from_slice(&self.ip.octets());
        packet[24..].copy_from_slice(&self.options.ip.octets());
        packet
    }

    /// Prints the answers until the time is over, or only the first one. Was there any?
    fn receive(&mut self, sent: Duration, end: Instant, only_first: bool) -> Result<bool, Failure> {
        let mut found = false;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.socket.poll(PollFlags::POLLIN, Some(left)) {
                Ok(events) if events.is_empty() => return Ok(found),
                Ok(_) | Err(Errno::EINTR) => {}
                Err(errno) => return Err(Failure::Call("poll", errno)),
            }
            let mut packet = [0; ARP];
            let mut room = ControlBuf::<{ cmsg::SCM_TIMESTAMPNS.space() }>::new();
            // What is behind the 28 bytes is padding.
            match self.socket.recvmsg(&mut packet, &mut room, RecvFlags::MSG_DONTWAIT) {
                Ok(message) => {
                    let arrived = message.control.get(cmsg::SCM_TIMESTAMPNS).unwrap_or_else(now);
                    if let Some(mac) = self.answer(message.data) {
                        let millis = arrived.saturating_sub(sent).as_secs_f64() * 1000.0;
                        println!("Unicast reply from {} [{mac}]  {millis:.3}ms", self.options.ip);
                        self.responses += 1;
                        found = true;
                    }
                }
                Err(Errno::EAGAIN | Errno::EINTR) => {}
                Err(errno) => return Err(Failure::Call("recvmsg", errno)),
            }
            // Other ARP of a busy wire does not prolong it.
            if (found && only_first) || Instant::now() >= end {
                return Ok(found);
            }
        }
    }

    /// Who has the address, if the packet says that, to us.
    fn answer(&self, packet: &[u8]) -> Option<HardwareAddr> {
        let packet: &[u8; ARP] = packet.try_into().ok()?;
        let is_ours = packet.starts_with(&HEAD)
            && packet[6..8] == [0, REPLY]
            && packet[14..18] == self.options.ip.octets()
            && packet[18..24] == self.mac;
        is_ours.then(|| HardwareAddr::new(&packet[8..14]).ok()).flatten()
    }
}

/// The address that a datagram on this wire would come from; none, as RFC 5227 has it for a host that asks before it has an
/// address, where there is no way.
fn source(options: &Options) -> sockets::Result<Ipv4Addr> {
    let socket = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    socket.setsockopt(opt::SO_BINDTODEVICE, Some(options.interface.as_str()))?;
    match socket.connect(SocketAddr::new(options.ip.into(), 9)) {
        Err(Errno::ENETUNREACH | Errno::EHOSTUNREACH) => Ok(Ipv4Addr::UNSPECIFIED),
        connected => {
            connected?;
            Ok(socket.getsockname()?.as_ipv4().map_or(Ipv4Addr::UNSPECIFIED, |own| *own.ip()))
        }
    }
}

/// The time by the clock that the kernel's times are of.
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
