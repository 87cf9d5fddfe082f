//! What probes are made of: UDP or ICMP echo. Each has a number, and finds it again in what comes back.

use std::net::{IpAddr, SocketAddr};
use std::process;

use sockets::opt::{self, MtuDiscover};
use sockets::{Domain, Protocol, Result, SendFlags, SockAddr, Socket, Type};

use crate::Options;
use crate::echo::{Echo, numbers};

pub struct Wire {
    pub socket: Socket,
    to: SocketAddr,
    /// Of the first UDP probe.
    port: u16,
    echo: Option<(&'static Echo, Type, u16)>,
}

impl Wire {
    pub fn open(options: &Options) -> std::result::Result<Wire, String> {
        let is_ipv4 = options.ip.is_ipv4();
        let (socket, ty) = if options.is_echo {
            Echo::of(options.ip).open(None)?
        } else {
            let domain = if is_ipv4 { Domain::AF_INET } else { Domain::AF_INET6 };
            let socket = Socket::socket(domain, Type::SOCK_DGRAM, Protocol::DEFAULT);
            (socket.map_err(|errno| format!("socket: {errno}"))?, Type::SOCK_DGRAM)
        };
        Wire::prepare(socket, ty, options).map_err(|errno| format!("{}: {errno}", options.ip))
    }

    fn prepare(socket: Socket, ty: Type, options: &Options) -> Result<Wire> {
        socket.setsockopt(opt::SO_TIMESTAMPNS, true)?;
        if options.ip.is_ipv4() {
            socket.setsockopt(opt::IP_RECVERR, true)?;
            let fragments =
                if options.finds_mtu { MtuDiscover::IP_PMTUDISC_DO } else { MtuDiscover::IP_PMTUDISC_DONT };
            socket.setsockopt(opt::IP_MTU_DISCOVER, fragments)?;
        } else {
            socket.setsockopt(opt::IPV6_RECVERR, true)?;
            if options.finds_mtu {
                socket.setsockopt(opt::IPV6_MTU_DISCOVER, MtuDiscover::IP_PMTUDISC_DO)?;
            }
        }
        let mut echo = None;
        if options.is_echo {
            let kind = Echo::of(options.ip);
            kind.only_replies(&socket, ty)?;
            socket.connect(&options.to)?;
            // The kernel chooses the identifier of a datagram socket, and shows it as the port.
            let id = match ty {
                Type::SOCK_RAW => process::id() as u16,
                _ => socket.getsockname()?.port().unwrap_or(0),
            };
            echo = Some((kind, ty, id));
        }
        let to = options.to.as_socket().unwrap_or(SocketAddr::new(options.ip, 0));
        Ok(Wire { socket, to, port: options.port, echo })
    }

    /// Of the probes that are sent from now on.
    pub fn set_ttl(&self, ttl: u8) -> Result<()> {
        match self.to {
            SocketAddr::V4(_) => self.socket.setsockopt(opt::IP_TTL, ttl),
            SocketAddr::V6(_) => self.socket.setsockopt(opt::IPV6_UNICAST_HOPS, ttl.into()),
        }
    }

    pub fn send(&self, number: u16, data: &[u8]) -> Result<usize> {
        match self.echo {
            Some((echo, _, id)) => self.socket.send(&echo.packet(id, number, data), SendFlags::empty()),
            None => {
                let mut to = self.to;
                to.set_port(self.port + number);
                self.socket.sendto(data, SendFlags::empty(), to)
            }
        }
    }

    /// Which probe an error is about, that quotes its data and says where it was going.
    pub fn number_of_error(&self, quoted: &[u8], to: &SockAddr) -> Option<u16> {
        match self.echo {
            // A raw socket gets the errors of every other program to this address.
            Some((echo, _, own)) => {
                numbers(quoted, echo.request).filter(|(id, _)| *id == own).map(|(_, seq)| seq)
            }
            None => to.port()?.checked_sub(self.port),
        }
    }

    /// Which probe a packet answers: an echo reply, or what a service says to a datagram.
    pub fn number_of_answer(&self, packet: &[u8], from: &SockAddr) -> Option<u16> {
        match self.echo {
            Some((echo, ty, own)) => {
                let packet = echo.without_ip_header(packet, ty);
                numbers(packet, echo.reply).filter(|(id, _)| *id == own).map(|(_, seq)| seq)
            }
            None => {
                let from = from.as_socket().filter(|from| from.ip() == self.to.ip())?;
                from.port().checked_sub(self.port)
            }
        }
    }

    /// Bytes of the headers in front of the data: IP, and UDP or ICMP.
    pub fn headers(&self) -> usize {
        8 + if self.to.is_ipv4() { 20 } else { 40 }
    }

    pub fn ip(&self) -> IpAddr {
        self.to.ip()
    }
}
