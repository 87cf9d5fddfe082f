//! Further network namespaces, held by descriptor: the hosts of a topology.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use crate::settle::{settle, settle_veth};
use crate::{link, set_sysctl, sys, sysctl};

/// A network namespace: a host of its own, with its own links, addresses, routes, ports and sysctls.
///
/// It lives as long as this value, or a socket or thread in it. For the body of [`run`](crate::run()), which has the
/// right to make them. A socket stays in the namespace in which it was opened, so one thread can
/// own the sockets of several hosts:
///
/// ```no_run
/// # fn main() -> std::io::Result<()> {
/// use std::net::UdpSocket;
/// let (a, b) = (netns::Namespace::new()?, netns::Namespace::new()?);
/// a.veth("eth0", &b, "eth0")?;
/// a.add_address("eth0", "10.0.0.1".parse().unwrap(), 24)?;
/// b.add_address("eth0", "10.0.0.2".parse().unwrap(), 24)?;
/// let receiver = b.within(|| UdpSocket::bind("10.0.0.2:0"))??;
/// let sender = a.within(|| UdpSocket::bind("10.0.0.1:0"))??;
/// sender.send_to(b"hello", receiver.local_addr()?)?;
/// # Ok(())
/// # }
/// ```
///
/// Everything here returns the errno of the kernel; `EPERM` means that the thread has no power over the
/// namespace.
#[derive(Debug)]
pub struct Namespace {
    fd: OwnedFd,
}

impl Namespace {
    /// The network namespace of the calling thread.
    ///
    /// # Errors
    ///
    /// The errno of opening `/proc/thread-self/ns/net`.
    pub fn current() -> io::Result<Self> {
        // Not /proc/self: that is the first thread, which may be elsewhere.
        Ok(Self { fd: sys::open(c"/proc/thread-self/ns/net", libc::O_RDONLY)? })
    }

    /// A new network namespace with `lo` up. The thread stays where it is.
    ///
    /// # Errors
    ///
    /// The errno of unshare(2), of bringing `lo` up, or of setns(2) on the way back.
    pub fn new() -> io::Result<Self> {
        let back = WayBack::remember()?;
        sys::unshare(libc::CLONE_NEWNET)?;
        sys::lo_up()?;
        let new = Self::current()?;
        back.go()?;
        Ok(new)
    }

    /// Runs a closure in this namespace, on this thread, and returns to the namespace before it; after
    /// a panic too. Threads and processes started in the closure stay.
    ///
    /// # Errors
    ///
    /// The errno of setns(2), on the way in or back.
    pub fn within<R>(&self, body: impl FnOnce() -> R) -> io::Result<R> {
        let back = WayBack::remember()?;
        sys::setns(self.as_fd())?;
        let result = body();
        back.go()?;
        Ok(result)
    }

    /// Connects this namespace with another, or with itself, by a veth pair; `name` is the end here.
    ///
    /// Both ends are up and carry packets when this returns, and their IPv6 link-local addresses do not
    /// wait for duplicate address detection.
    ///
    /// # Errors
    ///
    /// `EEXIST` if a name is taken, `EINVAL` if it is none, `EOPNOTSUPP` if the kernel has no veth.
    pub fn veth(&self, name: &str, peer: &Self, peer_name: &str) -> io::Result<()> {
        self.within(|| link::create_veth(name, peer_name, Some(peer.as_fd())))??;
        for (end, name) in [(self, name), (peer, peer_name)] {
            match end.set_sysctl(&format!("net/ipv6/conf/{name}/accept_dad"), "0") {
                // No IPv6 here.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                result => result?,
            }
            end.within(|| link::set_up(name, true))??;
        }
        self.within(|| settle_veth(name))??;
        peer.within(|| settle_veth(peer_name))?
    }

    /// Brings a link up or down. A veth link carries packets while both ends are up.
    ///
    /// # Errors
    ///
    /// `ENODEV` if there is no such link.
    pub fn set_up(&self, name: &str, up: bool) -> io::Result<()> {
        self.within(|| {
            link::set_up(name, up)?;
            settle(name)
        })?
    }

    /// Sets the MTU of a link.
    ///
    /// # Errors
    ///
    /// `ENODEV` if there is no such link, `EINVAL` if it does not take this MTU.
    pub fn set_mtu(&self, name: &str, mtu: u32) -> io::Result<()> {
        self.within(|| link::set_mtu(name, mtu))?
    }

    /// Removes a link; of a veth pair, both ends.
    ///
    /// # Errors
    ///
    /// `ENODEV` if there is no such link.
    pub fn delete_link(&self, name: &str) -> io::Result<()> {
        self.within(|| link::delete(name))?
    }

    /// The index of a link, as in `sockaddr_ll` and scope ids.
    ///
    /// # Errors
    ///
    /// `ENODEV` if there is no such link.
    pub fn index(&self, name: &str) -> io::Result<u32> {
        self.within(|| link::index(name))?
    }

    /// Adds an address to a link. If the link is up, the address can be used and found when this returns;
    /// IPv6 addresses do not wait for duplicate address detection.
    ///
    /// # Errors
    ///
    /// `EEXIST` if the link has it already, `EINVAL` if the prefix is too long.
    pub fn add_address(&self, name: &str, address: IpAddr, prefix: u8) -> io::Result<()> {
        self.within(|| {
            link::add_address(name, address, prefix)?;
            settle(name)
        })?
    }

    /// Adds a route through a gateway that can be reached directly.
    ///
    /// # Errors
    ///
    /// `EEXIST` if there is one already, `ENETUNREACH` or `EHOSTUNREACH` if the gateway cannot be reached,
    /// `EINVAL` if the prefix is too long, `EAFNOSUPPORT` if one address is IPv4 and the other IPv6.
    pub fn add_route(&self, destination: IpAddr, prefix: u8, via: IpAddr) -> io::Result<()> {
        self.within(|| link::add_route(destination, prefix, via))?
    }

    /// Adds the default route of one family.
    ///
    /// # Errors
    ///
    /// Those of [`add_route`](Self::add_route).
    pub fn add_default_route(&self, via: IpAddr) -> io::Result<()> {
        let any = match via {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        self.add_route(any, 0, via)
    }

    /// Reads a sysctl of this namespace: [`sysctl`].
    ///
    /// # Errors
    ///
    /// Those of [`sysctl`].
    pub fn sysctl(&self, name: &str) -> io::Result<String> {
        self.within(|| sysctl(name))?
    }

    /// Writes a sysctl of this namespace: [`set_sysctl`].
    ///
    /// # Errors
    ///
    /// Those of [`set_sysctl`].
    pub fn set_sysctl(&self, name: &str, value: &str) -> io::Result<()> {
        self.within(|| set_sysctl(name, value))?
    }
}

impl AsFd for Namespace {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// The namespace to return to, on every path.
struct WayBack(Option<Namespace>);

impl WayBack {
    fn remember() -> io::Result<Self> {
        Namespace::current().map(|here| Self(Some(here)))
    }

    /// Returns now and says if that failed.
    fn go(mut self) -> io::Result<()> {
        match self.0.take() {
            Some(ns) => sys::setns(ns.as_fd()),
            None => Ok(()),
        }
    }
}

impl Drop for WayBack {
    fn drop(&mut self) {
        let Some(ns) = self.0.take() else { return };
        // An error or a panic is on its way already: this can only add to it.
        if let Err(error) = sys::setns(ns.as_fd()) {
            eprintln!("netns: cannot return to the former network namespace: {error}");
        }
    }
}
