//! The interfaces of this machine: names, indexes, addresses (if_nametoindex(3), if_nameindex(3), getifaddrs(3)).

use core::ffi::CStr;
use core::fmt;

use bitflags::bitflags;

use crate::error::{Errno, Result};
use crate::opt::Text;
use crate::sys::{self, c};
use crate::{HardwareAddr, SockAddr};

/// if_nametoindex(3): the index of an interface. It is socket(2), ioctl(2) and close(2).
///
/// Differs from C: the kernel cuts a name at a colon and after 15 bytes, and would find another; such a name is unknown
/// here.
///
/// # Errors
///
/// - `ENODEV`: no interface of that name.
/// - `EMFILE`, `ENFILE`, `ENOMEM`: no socket to ask with.
///
/// ```
/// # fn main() -> sockets::Result<()> {
/// use sockets::{if_indextoname, if_nametoindex};
///
/// let lo = if_nametoindex("lo")?;
/// assert_eq!(if_indextoname(lo)?.as_str(), Some("lo"));
/// # Ok(())
/// # }
/// ```
///
/// [if_nametoindex(3)](https://man7.org/linux/man-pages/man3/if_nametoindex.3.html)
pub fn if_nametoindex(name: &str) -> Result<u32> {
    if name.is_empty() || name.len() >= c::IFNAMSIZ || name.contains([':', '/', '\0']) {
        return Err(Errno::ENODEV);
    }
    Ok(sys::if_nametoindex(name.as_bytes())?)
}

/// if_indextoname(3): the name of an interface. It is socket(2), ioctl(2) and close(2).
///
/// # Errors
///
/// - `ENXIO`: no interface of that index.
/// - `EMFILE`, `ENFILE`, `ENOMEM`: no socket to ask with.
///
/// [if_indextoname(3)](https://man7.org/linux/man-pages/man3/if_indextoname.3.html)
pub fn if_indextoname(index: u32) -> Result<Text<{ c::IFNAMSIZ }>> {
    match sys::if_indextoname(index).map_err(Errno::from) {
        Ok(name) => Ok(Text::from_array(name)),
        // As POSIX has it.
        Err(Errno::ENODEV) => Err(Errno::ENXIO),
        Err(errno) => Err(errno),
    }
}

/// if_nameindex(3): the indexes and names of all interfaces.
///
/// # Errors
///
/// - `ENOBUFS`, `ENOMEM`: no memory.
/// - `EMFILE`, `ENFILE`: no socket to ask with.
///
/// ```
/// # fn main() -> sockets::Result<()> {
/// for (index, name) in &sockets::if_nameindex()? {
///     println!("{index} {}", name.to_string_lossy());
/// }
/// # Ok(())
/// # }
/// ```
///
/// [if_nameindex(3)](https://man7.org/linux/man-pages/man3/if_nameindex.3.html)
pub fn if_nameindex() -> Result<NameIndexes> {
    Ok(NameIndexes(sys::if_nameindex()?))
}

/// What [`if_nameindex`] found: the list of the C library, which is freed when this is dropped.
#[derive(Debug)]
pub struct NameIndexes(sys::NameIndexList);

impl<'a> IntoIterator for &'a NameIndexes {
    type Item = (u32, &'a CStr);
    type IntoIter = NameIndexIter<'a>;

    fn into_iter(self) -> NameIndexIter<'a> {
        NameIndexIter(self.0.entries())
    }
}

/// The entries of [`NameIndexes`]: index and name.
#[derive(Debug, Clone)]
pub struct NameIndexIter<'a>(sys::Entries<'a, c::if_nameindex>);

impl<'a> Iterator for NameIndexIter<'a> {
    type Item = (u32, &'a CStr);

    fn next(&mut self) -> Option<(u32, &'a CStr)> {
        self.0.next().map(|entry| (entry.if_index, sys::if_name(entry)))
    }
}

bitflags! {
    /// The state and the abilities of an interface (netdevice(7)).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
    pub struct InterfaceFlags: u32 {
        /// Switched on.
        const IFF_UP = c::IFF_UP as u32;
        /// Has an address for broadcasts.
        const IFF_BROADCAST = c::IFF_BROADCAST as u32;
        /// Writes debugging records.
        const IFF_DEBUG = c::IFF_DEBUG as u32;
        /// Loopback.
        const IFF_LOOPBACK = c::IFF_LOOPBACK as u32;
        /// Leads to one peer.
        const IFF_POINTOPOINT = c::IFF_POINTOPOINT as u32;
        /// Ready to send.
        const IFF_RUNNING = c::IFF_RUNNING as u32;
        /// Has no ARP.
        const IFF_NOARP = c::IFF_NOARP as u32;
        /// Receives what is for others, too.
        const IFF_PROMISC = c::IFF_PROMISC as u32;
        /// Receives all groups.
        const IFF_ALLMULTI = c::IFF_ALLMULTI as u32;
        /// One of several that are bound together, in charge.
        const IFF_MASTER = c::IFF_MASTER as u32;
        /// One of several that are bound together.
        const IFF_SLAVE = c::IFF_SLAVE as u32;
        /// Knows groups.
        const IFF_MULTICAST = c::IFF_MULTICAST as u32;
        /// Chooses its medium itself.
        const IFF_AUTOMEDIA = c::IFF_AUTOMEDIA as u32;
        /// Addresses change.
        const IFF_DYNAMIC = c::IFF_DYNAMIC as u32;
        const _ = !0;
    }
}

/// getifaddrs(3): every address of every interface, those of the hardware among them.
///
/// # Errors
///
/// - `ENOMEM`, `ENOBUFS`: no memory.
/// - `EMFILE`, `ENFILE`: no socket to ask with.
///
/// ```
/// # fn main() -> sockets::Result<()> {
/// for entry in &sockets::getifaddrs()? {
///     println!("{:?} {:?}", entry.name(), entry.addr());
/// }
/// # Ok(())
/// # }
/// ```
///
/// [getifaddrs(3)](https://man7.org/linux/man-pages/man3/getifaddrs.3.html)
pub fn getifaddrs() -> Result<IfAddrs> {
    Ok(IfAddrs(sys::getifaddrs()?))
}

/// What [`getifaddrs`] found: the list of the C library, which is freed when this is dropped.
#[derive(Debug)]
pub struct IfAddrs(sys::IfAddrsList);

impl<'a> IntoIterator for &'a IfAddrs {
    type Item = IfAddr<'a>;
    type IntoIter = IfAddrIter<'a>;

    fn into_iter(self) -> IfAddrIter<'a> {
        IfAddrIter(self.0.entries())
    }
}

/// The entries of [`IfAddrs`].
#[derive(Debug, Clone)]
pub struct IfAddrIter<'a>(sys::Entries<'a, c::ifaddrs>);

impl<'a> Iterator for IfAddrIter<'a> {
    type Item = IfAddr<'a>;

    fn next(&mut self) -> Option<IfAddr<'a>> {
        self.0.next().map(IfAddr)
    }
}

/// One address of an interface: `struct ifaddrs`.
#[derive(Clone, Copy)]
pub struct IfAddr<'a>(sys::Entry<'a, c::ifaddrs>);

impl<'a> IfAddr<'a> {
    /// The name of the interface; of an address with a label, the label: `eth0:1`.
    pub fn name(&self) -> &'a CStr {
        sys::ifa_name(self.0)
    }

    /// Its flags.
    pub fn flags(&self) -> InterfaceFlags {
        InterfaceFlags::from_bits_retain(self.0.ifa_flags)
    }

    /// The address; `None` if the interface has none of this kind. An entry of the family AF_PACKET has the hardware
    /// address: [`SockAddr::as_link`].
    pub fn addr(&self) -> Option<SockAddr> {
        let [addr, _, _] = sys::ifa_addrs(self.0);
        some(addr)
    }

    /// The mask of its network.
    pub fn netmask(&self) -> Option<SockAddr> {
        let [_, netmask, _] = sys::ifa_addrs(self.0);
        some(netmask)
    }

    /// The address for broadcasts, where [`flags`](IfAddr::flags) have IFF_BROADCAST.
    pub fn broadcast(&self) -> Option<SockAddr> {
        self.other(InterfaceFlags::IFF_BROADCAST)
    }

    /// The address of the peer, where [`flags`](IfAddr::flags) have IFF_POINTOPOINT.
    pub fn peer(&self) -> Option<SockAddr> {
        self.other(InterfaceFlags::IFF_POINTOPOINT)
    }

    /// Both are one field, of which the flags say what it is.
    fn other(&self, flag: InterfaceFlags) -> Option<SockAddr> {
        let [_, _, other] = sys::ifa_addrs(self.0);
        if self.flags().contains(flag) { some(other) } else { None }
    }
}

fn some(bytes: &[u8]) -> Option<SockAddr> {
    if bytes.is_empty() { None } else { SockAddr::from_bytes(bytes).ok() }
}

impl fmt::Debug for IfAddr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("IfAddr");
        shown.field("name", &self.name()).field("flags", &self.flags()).field("addr", &self.addr());
        shown.field("netmask", &self.netmask()).finish()
    }
}

/// An interface with all that [`getifaddrs`] says of it.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// The name.
    pub name: String,
    /// The index, or 0 if it has gone meanwhile.
    pub index: u32,
    /// The state and the abilities.
    pub flags: InterfaceFlags,
    /// The hardware address, if it has one.
    pub hardware_addr: Option<HardwareAddr>,
    /// The addresses.
    pub addrs: Vec<InterfaceAddr>,
}

/// An address of an [`Interface`].
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterfaceAddr {
    /// The address.
    pub addr: SockAddr,
    /// How many bits of it are those of the network, if it is one of IP.
    pub prefix: Option<u8>,
    /// The address for broadcasts.
    pub broadcast: Option<SockAddr>,
    /// The address of the peer.
    pub peer: Option<SockAddr>,
}

/// The interfaces of this machine, in the order of [`getifaddrs`], which is the one call that is made here.
///
/// # Errors
///
/// Those of [`getifaddrs`].
///
/// ```
/// # fn main() -> sockets::Result<()> {
/// let lo = sockets::interfaces()?.into_iter().find(|interface| interface.name == "lo").unwrap();
/// println!("{} {:?} {:?}", lo.index, lo.flags, lo.addrs);
/// # Ok(())
/// # }
/// ```
pub fn interfaces() -> Result<Vec<Interface>> {
    let mut interfaces: Vec<Interface> = Vec::new();
    for entry in &getifaddrs()? {
        // No name of an interface has a colon: it is where a label goes on.
        let name = entry.name().to_string_lossy();
        let name = name.split(':').next().unwrap_or_default();
        let at = interfaces.iter().position(|interface| interface.name == name);
        let at = at.unwrap_or_else(|| {
            let (name, flags) = (name.to_owned(), entry.flags());
            interfaces.push(Interface { name, index: 0, flags, hardware_addr: None, addrs: Vec::new() });
            interfaces.len() - 1
        });
        if let Some(interface) = interfaces.get_mut(at) {
            interface.add(&entry);
        }
    }
    for interface in interfaces.iter_mut().filter(|interface| interface.index == 0) {
        interface.index = if_nametoindex(&interface.name).unwrap_or(0);
    }
    Ok(interfaces)
}

impl Interface {
    fn add(&mut self, entry: &IfAddr<'_>) {
        let Some(addr) = entry.addr() else { return };
        if let Some(link) = addr.as_link() {
            self.index = link.interface();
            self.hardware_addr = Some(*link.hardware_addr()).filter(|addr| !addr.as_bytes().is_empty());
            return;
        }
        let prefix = entry.netmask().and_then(|mask| prefix(&mask));
        self.addrs.push(InterfaceAddr { addr, prefix, broadcast: entry.broadcast(), peer: entry.peer() });
    }
}

/// How many bits a mask begins with.
fn prefix(mask: &SockAddr) -> Option<u8> {
    match mask.as_ipv4() {
        Some(v4) => u8::try_from(u32::from(*v4.ip()).leading_ones()).ok(),
        None => u8::try_from(u128::from(*mask.as_ipv6()?.ip()).leading_ones()).ok(),
    }
}
