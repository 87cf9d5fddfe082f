//! All options of a socket, as a table: of a new one of any kind, or of one that this program inherits.
//!
//!     cargo run --example sockopts -- tcp
//!     cargo run --example sockopts -- -a udp6
//!     cargo run --example sockopts -- -f 3 3<>/dev/udp/127.0.0.1/53      (bash makes the socket)
//!
//! The same program in C: ffi/examples/sockopts.c.

use std::io::{self, Write};
use std::os::fd::{BorrowedFd, RawFd};
use std::process::ExitCode;

use sockets::opt::{self, OptInfo};
use sockets::{BorrowedSocket, Domain, Errno, Protocol, Result, Socket, Type};

const USAGE: &str = "\
usage: sockopts [-a] KIND
       sockopts [-a] -f DESCRIPTOR
       sockopts [-a] DOMAIN TYPE PROTOCOL

  KIND  tcp tcp6 udp udp6 mptcp udplite unix unix-dgram unix-seqpacket icmp icmp6 raw raw6 packet netlink vsock
  -f    a descriptor that this program inherits: 0 is standard input
  -a    also the options that the socket does not have, and why; and those that can only be set
  DOMAIN TYPE PROTOCOL  the arguments of socket(2), as numbers

The second column says of an option that can be set whether it is as a new socket of the kind has it.

exit status: 0 done, 1 a call failed, 2 bad usage";

/// The arguments of socket(2) for each kind.
const KINDS: &[(&str, Domain, Type, Protocol)] = &[
    ("tcp", Domain::AF_INET, Type::SOCK_STREAM, Protocol::IPPROTO_TCP),
    ("tcp6", Domain::AF_INET6, Type::SOCK_STREAM, Protocol::IPPROTO_TCP),
    ("udp", Domain::AF_INET, Type::SOCK_DGRAM, Protocol::IPPROTO_UDP),
    ("udp6", Domain::AF_INET6, Type::SOCK_DGRAM, Protocol::IPPROTO_UDP),
    ("mptcp", Domain::AF_INET, Type::SOCK_STREAM, Protocol::IPPROTO_MPTCP),
    ("udplite", Domain::AF_INET, Type::SOCK_DGRAM, Protocol::IPPROTO_UDPLITE),
    ("unix", Domain::AF_UNIX, Type::SOCK_STREAM, Protocol::DEFAULT),
    ("unix-dgram", Domain::AF_UNIX, Type::SOCK_DGRAM, Protocol::DEFAULT),
    ("unix-seqpacket", Domain::AF_UNIX, Type::SOCK_SEQPACKET, Protocol::DEFAULT),
    ("icmp", Domain::AF_INET, Type::SOCK_DGRAM, Protocol::IPPROTO_ICMP),
    ("icmp6", Domain::AF_INET6, Type::SOCK_DGRAM, Protocol::IPPROTO_ICMPV6),
    ("raw", Domain::AF_INET, Type::SOCK_RAW, Protocol::IPPROTO_ICMP),
    ("raw6", Domain::AF_INET6, Type::SOCK_RAW, Protocol::IPPROTO_ICMPV6),
    ("packet", Domain::AF_PACKET, Type::SOCK_RAW, Protocol::DEFAULT),
    ("netlink", Domain::AF_NETLINK, Type::SOCK_RAW, Protocol::DEFAULT),
    ("vsock", Domain::AF_VSOCK, Type::SOCK_STREAM, Protocol::DEFAULT),
];

/// What to look at.
enum Subject {
    New(Domain, Type, Protocol),
    Inherited(RawFd),
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (all, words) = match words[..] {
        ["-a", ref rest @ ..] => (true, rest),
        ref rest => (false, rest),
    };
    let Some(subject) = parse(words) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match show(&subject, all) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("sockopts: {message}");
            ExitCode::from(1)
        }
    }
}

fn parse(words: &[&str]) -> Option<Subject> {
    match words {
        [kind] => {
            let (_, domain, ty, protocol) = KINDS.iter().find(|(name, ..)| name == kind)?;
            Some(Subject::New(*domain, *ty, *protocol))
        }
        ["-f", fd] => fd.parse().ok().filter(|fd| *fd >= 0).map(Subject::Inherited),
        [domain, ty, protocol] => {
            let number = |text: &str| text.parse::<i32>().ok();
            Some(Subject::New(number(domain)?.into(), number(ty)?.into(), number(protocol)?.into()))
        }
        _ => None,
    }
}

fn show(subject: &Subject, all: bool) -> std::result::Result<(), String> {
    let named = |call: &'static str| move |errno: Errno| format!("{call}: {errno:?}: {}", errno.desc());
    let printed = match *subject {
        Subject::New(domain, ty, protocol) => {
            let socket = Socket::socket(domain, ty, protocol).map_err(named("socket"))?;
            print(&socket, &socket, all)
        }
        Subject::Inherited(fd) => {
            // SAFETY: this program closes none of the descriptors that it inherits; one that is not open is EBADF.
            let fd = unsafe { BorrowedFd::borrow_raw(fd) };
            let socket = BorrowedSocket::from(&fd);
            print(&socket, &fresh(&socket).map_err(named("getsockopt"))?, all)
        }
    };
    match printed {
        // Somebody has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed.map_err(|error| format!("standard output: {error}")),
    }
}

/// A new socket of the same kind, for its defaults.
fn fresh(socket: &Socket) -> Result<Socket> {
    let (domain, ty) = (socket.getsockopt(opt::SO_DOMAIN)?, socket.getsockopt(opt::SO_TYPE)?);
    Socket::socket(domain, ty, socket.getsockopt(opt::SO_PROTOCOL)?)
}

fn print(socket: &Socket, fresh: &Socket, all: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let mut level = "";
    for row in opt::table() {
        let Some((value, state)) = describe(row, socket, fresh, all) else { continue };
        if level != row.level_name {
            level = row.level_name;
            writeln!(out, "{level}")?;
        }
        writeln!(out, "  {:30} {state:18} {value}", row.name)?;
    }
    out.flush()
}

/// The value of an option, and what there is to say of it.
fn describe(row: &OptInfo, socket: &Socket, fresh: &Socket, all: bool) -> Option<(String, &'static str)> {
    match row.read(socket) {
        Some(Ok(value)) if !row.access.set => Some((value, "read only")),
        Some(Ok(value)) => {
            let default = row.read(fresh).is_some_and(|default| default.as_ref() == Ok(&value));
            Some((value, if default { "default" } else { "set" }))
        }
        Some(Err(errno)) if all => Some((format!("{errno:?}"), missing(row, errno))),
        None if all => {
            Some((format!("({})", row.c_type), if row.access.ask { "ask for it" } else { "set only" }))
        }
        _ => None,
    }
}

fn missing(row: &OptInfo, errno: Errno) -> &'static str {
    match row.needs {
        Some(need) if need.errno == errno => need.what,
        _ => "not of this socket",
    }
}
