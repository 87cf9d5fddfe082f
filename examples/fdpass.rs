//! Hands an open file and a listening socket to another process, which could have opened neither: the one that opens may
//! have privileges, the one that serves needs none.
//!
//!     cargo run --example fdpass -- serve unix:@fdpass README.md
//!     cargo run --example fdpass -- take unix:@fdpass
//!     cat </dev/tcp/127.0.0.1/PORT      (bash; the port that both have printed)
//!
//! The same program in C: ffi/examples/fdpass.c. Each can talk to the other.

use std::env;
use std::fs::{self, File};
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::process::ExitCode;
use std::time::Duration;

use sockets::cmsg::{self, ControlBuf, ControlWriter};
use sockets::opt::{self, Credentials};
use sockets::{BACKLOG_MAX, Domain, Errno, Protocol, RecvFlags, SendFlags, SockAddr, Socket, Type, UnixAddr};

const USAGE: &str = "\
usage: fdpass [-n COUNT] [-w SECONDS] serve ADDRESS FILE
       fdpass [-w SECONDS] take ADDRESS

  serve    opens FILE, and a TCP port on 127.0.0.1, and hands both to whoever connects to ADDRESS
  take     receives both, prints the file, and answers one TCP connection with it
  ADDRESS  unix:/path or unix:@name
  -n COUNT serve so many takers, one after the other (1)
  -w SECONDS  give up when nothing comes for so long (30)

exit status: 0 done, 1 a call failed or something else came, 2 bad usage";

/// What comes with the descriptors, so that other programs are recognised.
const MESSAGE: &[u8] = b"fdpass: a file, a listener";

struct Options {
    count: u64,
    wait: Duration,
    rest: Vec<String>,
}

fn main() -> ExitCode {
    let Some(options) = parse(env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let words: Vec<&str> = options.rest.iter().map(String::as_str).collect();
    let (address, file) = match words[..] {
        ["serve", address, file] => (address, Some(file)),
        ["take", address] => (address, None),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    let addr = match address.parse::<SockAddr>() {
        Ok(addr) if addr.family() == Domain::AF_UNIX => addr,
        _ => {
            eprintln!("fdpass: {address}: not unix:/path or unix:@name\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let done = match file {
        Some(file) => serve(&options, &addr, file),
        None => take(&options, &addr),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("fdpass: {failed}");
            ExitCode::FAILURE
        }
    }
}

fn parse(args: impl Iterator<Item = String>) -> Option<Options> {
    let mut options = Options { count: 1, wait: Duration::from_secs(30), rest: Vec::new() };
    let mut args = args.peekable();
    while let Some(arg) = args.next_if(|arg| arg.starts_with('-')) {
        let value = args.next()?;
        match arg.as_str() {
            "-n" => options.count = value.parse().ok().filter(|n| *n > 0)?,
            "-w" => options.wait = Duration::from_secs(value.parse().ok().filter(|n| *n > 0)?),
            _ => return None,
        }
    }
    options.rest = args.collect();
    Some(options)
}

/// Says which call failed.
fn called<T, E: std::fmt::Display>(call: &str, result: Result<T, E>) -> Result<T, String> {
    result.map_err(|error| format!("{call}: {error}"))
}

/// The same for a call that waits as long as SO_RCVTIMEO says.
fn waited<T>(call: &str, result: sockets::Result<T>) -> Result<T, String> {
    match result {
        Err(Errno::EAGAIN) => Err(format!("{call}: timed out")),
        result => called(call, result),
    }
}

fn who(credentials: Option<Credentials>) -> String {
    match credentials {
        Some(Credentials { pid, uid, .. }) => format!("process {pid} of user {uid}"),
        None => "an unknown process".to_owned(),
    }
}

fn serve(options: &Options, addr: &SockAddr, name: &str) -> Result<(), String> {
    // Opening anything else might wait for somebody.
    if !called(name, fs::metadata(name))?.is_file() {
        return Err(format!("{name}: not a file"));
    }
    let file = called(name, File::open(name))?;
    let tcp = called("socket", Socket::socket(Domain::AF_INET, Type::SOCK_STREAM, Protocol::DEFAULT))?;
    called("bind", tcp.bind((Ipv4Addr::LOCALHOST, 0)))?;
    called("listen", tcp.listen(BACKLOG_MAX))?;
    let port = called("getsockname", tcp.getsockname())?;

    // SOCK_SEQPACKET keeps messages apart, so the descriptors cannot be taken with half of one.
    let socket = called("socket", Socket::socket(Domain::AF_UNIX, Type::SOCK_SEQPACKET, Protocol::DEFAULT))?;
    called("setsockopt", socket.setsockopt(opt::SO_RCVTIMEO, Some(options.wait)))?;
    called("bind", socket.bind(addr))?;
    let _path = RemovePath(addr);
    called("listen", socket.listen(BACKLOG_MAX))?;
    println!("{name} and {port} can be taken at {addr}");
    for _ in 0..options.count {
        let (taker, _) = waited("accept", socket.accept())?;
        // The kernel vouches for this; nothing that the taker itself could say would be worth as much.
        let credentials = called("getsockopt", taker.getsockopt(opt::SO_PEERCRED))?;
        match give(&taker, &file, &tcp) {
            Ok(()) => println!("given to {}", who(credentials)),
            // A taker that has gone is no reason to give nothing to the others.
            Err(errno) => eprintln!("fdpass: sendmsg to {}: {errno}", who(credentials)),
        }
    }
    Ok(())
}

/// Both descriptors in one message. The taker gets duplicates: ours stay ours.
fn give(taker: &Socket, file: &File, tcp: &Socket) -> sockets::Result<()> {
    let mut room = ControlBuf::<{ cmsg::SCM_RIGHTS.space_of(2) }>::new();
    let mut control = ControlWriter::new(&mut room);
    control.push(cmsg::SCM_RIGHTS, &[file.as_fd(), tcp.as_fd()])?;
    taker.sendmsg(MESSAGE, &control, SendFlags::empty()).map(drop)
}

fn take(options: &Options, addr: &SockAddr) -> Result<(), String> {
    let socket = called("socket", Socket::socket(Domain::AF_UNIX, Type::SOCK_SEQPACKET, Protocol::DEFAULT))?;
    called("setsockopt", socket.setsockopt(opt::SO_RCVTIMEO, Some(options.wait)))?;
    // Before the message is sent: it is the sending that puts the sender's credentials into it.
    called("setsockopt", socket.setsockopt(opt::SO_PASSCRED, true))?;
    called("connect", socket.connect_timeout(addr, options.wait))?;
    let (file, tcp) = receive(&socket)?;
    drop(socket);

    let length = called("fstat", file.metadata())?.len();
    let port = called("getsockname", tcp.getsockname())?;
    eprintln!("a file of {length} bytes, and {port}, which waits for a connection");
    called("standard output", copy(&file, &mut io::stdout().lock()))?;

    // All who have the listener share its options, so it says for all how long to wait.
    called("setsockopt", tcp.setsockopt(opt::SO_RCVTIMEO, Some(options.wait)))?;
    let (client, peer) = waited("accept", tcp.accept())?;
    called("setsockopt", client.setsockopt(opt::SO_SNDTIMEO, Some(options.wait)))?;
    called("send", copy(&file, &mut &client))?;
    eprintln!("answered {peer}");
    Ok(())
}

/// Two descriptors, no fewer and no more, which are what they are said to be. On every way out of here, those that are not
/// returned are closed.
fn receive(socket: &Socket) -> Result<(File, Socket), String> {
    let mut room = ControlBuf::<{ cmsg::SCM_RIGHTS.space_of(2) + cmsg::SCM_CREDENTIALS.space() }>::new();
    let mut buf = [0; 64];
    let mut message = waited("recvmsg", socket.recvmsg(&mut buf, &mut room, RecvFlags::empty()))?;
    eprintln!("from {}:", who(message.control.get(cmsg::SCM_CREDENTIALS)));
    if message.data != MESSAGE {
        return Err("recvmsg: this is not what fdpass sends".to_owned());
    }
    let mut fds = message.control.take_fds();
    let (first, second, third) = (fds.next(), fds.next(), fds.next());
    let (Some(first), Some(second), None, false) = (first, second, third, message.is_control_truncated())
    else {
        return Err("recvmsg: not two descriptors".to_owned());
    };

    let file = File::from(first);
    if !called("fstat", file.metadata())?.is_file() {
        return Err("fstat: the first descriptor is no file".to_owned());
    }
    let tcp = Socket::from(second);
    let kind = (tcp.getsockopt(opt::SO_DOMAIN), tcp.getsockopt(opt::SO_TYPE));
    if kind != (Ok(Domain::AF_INET), Ok(Type::SOCK_STREAM)) || tcp.getsockopt(opt::SO_ACCEPTCONN) != Ok(true)
    {
        return Err("getsockopt: the second descriptor is no TCP listener".to_owned());
    }
    Ok((file, tcp))
}

/// The whole file from its beginning, whatever the others who have it read: they share its offset, so pread(2) and not
/// read(2).
fn copy(file: &File, out: &mut impl Write) -> io::Result<()> {
    let mut buf = [0; 65536];
    let mut at = 0;
    loop {
        let n = match file.read_at(&mut buf, at) {
            Ok(0) => return out.flush(),
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(io::Error::other(format!("pread: {error}"))),
        };
        out.write_all(&buf[..n])?;
        at += n as u64;
    }
}

/// Removes the file that bind(2) has made for a Unix path.
struct RemovePath<'a>(&'a SockAddr);

impl Drop for RemovePath<'_> {
    fn drop(&mut self) {
        if let Some(UnixAddr::Pathname(path)) = self.0.as_unix() {
            let _ = fs::remove_file(path);
        }
    }
}
