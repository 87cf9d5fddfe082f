//! Echo over every transport: Rust with Rust, C with Rust, Rust with C.

use std::env;
use std::path::PathBuf;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use sockets::{
    BACKLOG_MAX, Domain, Protocol, RecvFlags, Result, SendFlags, SockAddr, Socket, Type, UnixAddr, opt,
    spare_capacity,
};

use crate::program::{self, Programs};
use crate::report::{Report, Side};

const WAIT: Duration = Duration::from_secs(5);
/// How many bytes go round.
const SIZE: usize = 1000;

/// A way for bytes to travel: what it is called, the type of socket, the address to bind.
struct Transport {
    name: &'static str,
    ty: Type,
    address: String,
}

/// All of them. Port 0 is a free one, and a Unix name is this process's own.
fn transports() -> Vec<Transport> {
    let unique = std::process::id();
    let path = |name| {
        let path: PathBuf = env::temp_dir().join(format!("tour-{unique}-{name}"));
        format!("unix:{}", path.display())
    };
    let name = |name| format!("unix:@tour-{unique}-{name}");
    let row = |name, ty, address| Transport { name, ty, address };
    vec![
        row("TCP over IPv4", Type::SOCK_STREAM, "127.0.0.1:0".to_owned()),
        row("TCP over IPv6", Type::SOCK_STREAM, "[::1]:0".to_owned()),
        row("UDP over IPv4", Type::SOCK_DGRAM, "127.0.0.1:0".to_owned()),
        row("UDP over IPv6", Type::SOCK_DGRAM, "[::1]:0".to_owned()),
        row("Unix stream, path", Type::SOCK_STREAM, path("stream")),
        row("Unix stream, abstract name", Type::SOCK_STREAM, name("stream")),
        row("Unix datagrams, path", Type::SOCK_DGRAM, path("dgram")),
        row("Unix datagrams, abstract name", Type::SOCK_DGRAM, name("dgram")),
        row("Unix seqpacket, path", Type::SOCK_SEQPACKET, path("seqpacket")),
        row("Unix seqpacket, abstract name", Type::SOCK_SEQPACKET, name("seqpacket")),
    ]
}

pub fn all(report: &mut Report, programs: Option<&Programs>) {
    for transport in transports() {
        let what = transport.name;
        report.line(what, Side::Rust, Side::Rust, || transport.echo(None, None));
        if let Some(c) = programs {
            report.line(what, Side::Rust, Side::C, || transport.echo(None, Some(c)));
            report.line(what, Side::C, Side::Rust, || transport.echo(Some(c), None));
        }
    }
}

/// A server of either kind, to be waited for.
enum Server {
    Rust(JoinHandle<Result<Vec<u8>>>),
    C(program::Server),
}

impl Transport {
    /// One echo. The sides given are played by C.
    fn echo(
        &self,
        server: Option<&Programs>,
        client: Option<&Programs>,
    ) -> std::result::Result<String, String> {
        let sent = message(self.name);
        let (server, address) = match server {
            Some(c) => {
                let (server, address) = c.serve(self.type_name(), &self.address)?;
                (Server::C(server), address)
            }
            None => {
                let (server, address) = self.serve().map_err(|errno| format!("server: {errno}"))?;
                (Server::Rust(server), address.to_string())
            }
        };
        let back = match client {
            Some(c) => c.client(self.type_name(), &address, &sent)?.into_bytes(),
            None => self.client(&address, sent.as_bytes()).map_err(|error| format!("client: {error}"))?,
        };
        match server {
            Server::C(server) => server.end()?,
            Server::Rust(server) => {
                let got = server.join().map_err(|_| "the server panicked")?;
                if got.map_err(|errno| format!("server: {errno}"))? != sent.as_bytes() {
                    return Err("the server received something else".to_owned());
                }
            }
        }
        if back != sent.as_bytes() {
            return Err("the echo is not what was sent".to_owned());
        }
        Ok(format!("{} bytes there and back, via {}", sent.len(), short(&address)))
    }

    fn type_name(&self) -> &'static str {
        match self.ty {
            Type::SOCK_DGRAM => "dgram",
            Type::SOCK_SEQPACKET => "seqpacket",
            _ => "stream",
        }
    }

    /// Starts a server for one client in a thread; returns its address. The server gives what it received.
    fn serve(&self) -> Result<(JoinHandle<Result<Vec<u8>>>, SockAddr)> {
        let addr: SockAddr = self.address.parse()?;
        let socket = Socket::socket(addr.family(), self.ty, Protocol::DEFAULT)?;
        socket.setsockopt(opt::SO_RCVTIMEO, Some(WAIT))?;
        socket.bind(&addr)?;
        let connects = self.ty != Type::SOCK_DGRAM;
        if connects {
            socket.listen(BACKLOG_MAX)?;
        }
        let local = socket.getsockname()?;
        let server = thread::spawn(move || {
            let result = if connects { echo_connection(&socket) } else { echo_datagram(&socket) };
            if let Some(UnixAddr::Pathname(path)) = addr.as_unix() {
                let _ = std::fs::remove_file(path);
            }
            result
        });
        Ok((server, local))
    }

    /// Connects, sends, and receives as many bytes.
    fn client(&self, address: &str, sent: &[u8]) -> std::io::Result<Vec<u8>> {
        let addr: SockAddr = address.parse()?;
        let socket = Socket::socket(addr.family(), self.ty, Protocol::DEFAULT)?;
        socket.setsockopt(opt::SO_RCVTIMEO, Some(WAIT))?;
        if addr.family() == Domain::AF_UNIX && self.ty == Type::SOCK_DGRAM {
            // Without a name of its own it could not be answered.
            socket.bind(UnixAddr::Unnamed)?;
        }
        socket.connect_timeout(addr, WAIT)?;
        socket.send_all(sent, SendFlags::empty())?;
        let mut back = vec![0; sent.len()];
        if self.ty == Type::SOCK_STREAM {
            socket.recv_exact(&mut back, RecvFlags::empty())?;
        } else {
            let n = socket.recv(&mut back[..], RecvFlags::MSG_TRUNC)?;
            if n != sent.len() {
                return Err(std::io::Error::other(format!("{n} bytes came back")));
            }
        }
        Ok(back)
    }
}

/// One connection: everything back until its end.
fn echo_connection(listener: &Socket) -> Result<Vec<u8>> {
    let (client, _) = listener.accept()?;
    client.setsockopt(opt::SO_RCVTIMEO, Some(WAIT))?;
    let mut received = Vec::with_capacity(4 * SIZE);
    loop {
        let n = client.recv(spare_capacity(&mut received), RecvFlags::empty())?;
        if n == 0 {
            return Ok(received);
        }
        client.send_all(&received[received.len() - n..], SendFlags::empty())?;
    }
}

/// One message, back to where it came from.
fn echo_datagram(socket: &Socket) -> Result<Vec<u8>> {
    let mut received = Vec::with_capacity(4 * SIZE);
    let (_, from) = socket.recvfrom(spare_capacity(&mut received), RecvFlags::empty())?;
    socket.sendto(&received, SendFlags::empty(), from)?;
    Ok(received)
}

/// A text of [`SIZE`] bytes that no other transport sends.
fn message(name: &str) -> String {
    let mut text = String::with_capacity(SIZE);
    for i in 0.. {
        text += &format!("{name} {i}, ");
        if text.len() >= SIZE {
            text.truncate(SIZE - 1);
            text.push('.');
            return text;
        }
    }
    text
}

/// An address that fits into the table.
fn short(address: &str) -> String {
    let long = address.chars().count().saturating_sub(44);
    if long == 0 {
        address.to_owned()
    } else {
        format!("...{}", address.chars().skip(long).collect::<String>())
    }
}
