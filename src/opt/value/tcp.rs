//! Options of TCP that hold structures: keys, and the repair of connections.

use core::ffi::c_int;
use core::fmt;

use super::{ReadValue, WriteValue, exact, put, put_bytes, show_option, value};
use crate::SockAddr;
use crate::error::{Errno, Result};
use crate::number::open_number;
use crate::opt::info::OptSize;
use crate::sys::{self, Fd, NewValue, OptName, Pod, STORAGE_SIZE, c};

/// The keys that Fast Open cookies are made with: the value of `TCP_FASTOPEN_KEY`, 16 or 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FastOpenKey {
    /// The key.
    pub primary: [u8; KEY],
    /// The one before it, whose cookies are still taken.
    pub backup: Option<[u8; KEY]>,
}

/// `TCP_FASTOPEN_KEY_LENGTH` of the kernel's net/tcp.h.
const KEY: usize = 16;

/// Signing segments to and from a peer (RFC 2385): `struct tcp_md5sig`.
///
/// ```
/// # fn main() -> sockets::Result<()> {
/// use sockets::opt::{self, Md5Sig};
/// use sockets::{Domain, Protocol, Socket, Type};
///
/// let socket = Socket::socket(Domain::AF_INET, Type::SOCK_STREAM, Protocol::DEFAULT)?;
/// let peer = "192.0.2.1:179".parse()?;
/// match socket.setsockopt(opt::TCP_MD5SIG, Md5Sig::new(&peer, b"secret")) {
///     // A kernel without it.
///     Ok(()) | Err(sockets::Errno::ENOPROTOOPT) => {}
///     Err(errno) => return Err(errno),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Md5Sig<'a> {
    /// The peer; the port is not looked at.
    pub addr: &'a SockAddr,
    /// The key, of no more than 80 bytes; an empty one takes the peer's away.
    pub key: &'a [u8],
    /// For all peers whose addresses begin with as many bits as that of `addr` (`TCP_MD5SIG_EXT` only).
    pub prefix: Option<u8>,
    /// For one VRF only, by the index of its interface; another interface is `EINVAL` (`TCP_MD5SIG_EXT` only, kernel 5.6).
    pub interface: Option<u32>,
}

impl<'a> Md5Sig<'a> {
    /// A key for one peer.
    pub fn new(addr: &'a SockAddr, key: &'a [u8]) -> Self {
        Md5Sig { addr, key, prefix: None, interface: None }
    }
}

value! {
    FastOpenKey: Bytes, "unsigned char[]", OptSize { min: 0, max: 2 * KEY };
    Md5Sig<'_>: Struct, "struct tcp_md5sig", OptSize::of::<c::tcp_md5sig>();
}

impl ReadValue for FastOpenKey {
    /// None if there is no key yet.
    type Output = Option<FastOpenKey>;

    fn get(fd: Fd<'_>, option: OptName) -> Result<Option<FastOpenKey>> {
        let (raw, len) = sys::getsockopt(fd, option, NewValue::<[[u8; KEY]; 2]>::new())?;
        let [primary, backup] = raw;
        match len {
            0 => Ok(None),
            KEY => Ok(Some(FastOpenKey { primary, backup: None })),
            len if len == 2 * KEY => Ok(Some(FastOpenKey { primary, backup: Some(backup) })),
            _ => Err(Errno::EINVAL),
        }
    }

    fn show(value: &Option<FastOpenKey>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_option(value, f)
    }
}

impl WriteValue for FastOpenKey {
    type Input<'a> = FastOpenKey;

    fn set(fd: Fd<'_>, option: OptName, value: FastOpenKey) -> Result<()> {
        match value.backup {
            None => put(fd, option, &value.primary),
            Some(backup) => put(fd, option, &[value.primary, backup]),
        }
    }
}

impl WriteValue for Md5Sig<'_> {
    type Input<'a> = Md5Sig<'a>;

    fn set(fd: Fd<'_>, option: OptName, value: Md5Sig<'_>) -> Result<()> {
        // The older option does not look at either, so the key would be for another set of peers.
        if option.number() == c::TCP_MD5SIG && (value.prefix.is_some() || value.interface.is_some()) {
            return Err(Errno::EINVAL);
        }
        let mut raw = c::tcp_md5sig { tcpm_addr: storage(value.addr)?, ..Pod::zeroed() };
        raw.tcpm_keylen = u16::try_from(value.key.len()).map_err(|_| Errno::EINVAL)?;
        raw.tcpm_key.get_mut(..value.key.len()).ok_or(Errno::EINVAL)?.copy_from_slice(value.key);
        if let Some(prefix) = value.prefix {
            raw.tcpm_prefixlen = prefix;
            raw.tcpm_flags |= c::TCP_MD5SIG_FLAG_PREFIX;
        }
        if let Some(interface) = value.interface {
            raw.tcpm_ifindex = c_int::try_from(interface).map_err(|_| Errno::EINVAL)?;
            raw.tcpm_flags |= c::TCP_MD5SIG_FLAG_IFINDEX;
        }
        put(fd, option, &raw)
    }
}

/// An address with zeros behind it, as structures hold it.
pub(super) fn storage(addr: &SockAddr) -> Result<[u8; STORAGE_SIZE]> {
    let mut storage = [0; STORAGE_SIZE];
    let bytes = addr.as_bytes();
    storage.get_mut(..bytes.len()).ok_or(Errno::EINVAL)?.copy_from_slice(bytes);
    Ok(storage)
}

open_number! {
    /// What `TCP_REPAIR` takes.
    RepairMode {
        /// The connection goes on, with a probe of the window.
        TCP_REPAIR_OFF = c::TCP_REPAIR_OFF;
        /// The connection is under repair.
        TCP_REPAIR_ON = c::TCP_REPAIR_ON;
        /// The connection goes on.
        TCP_REPAIR_OFF_NO_WP = c::TCP_REPAIR_OFF_NO_WP;
    }
}

open_number! {
    /// What `TCP_REPAIR_QUEUE` takes.
    RepairQueue {
        /// None.
        TCP_NO_QUEUE = c::TCP_NO_QUEUE;
        /// What has been received.
        TCP_RECV_QUEUE = c::TCP_RECV_QUEUE;
        /// What is to be sent.
        TCP_SEND_QUEUE = c::TCP_SEND_QUEUE;
    }
}

/// What was negotiated with a SYN, for a connection under repair: `struct tcp_repair_opt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RepairOptions {
    /// The peer's largest segment.
    MaximumSegment(u16),
    /// The window scales, for sending and for receiving.
    WindowScale {
        /// For sending.
        send: u8,
        /// For receiving.
        receive: u8,
    },
    /// Acknowledgements out of order are understood.
    SackPermitted,
    /// Time stamps are used.
    Timestamps,
}

impl RepairOptions {
    fn raw(self) -> c::tcp_repair_opt {
        let (opt_code, opt_val) = match self {
            RepairOptions::MaximumSegment(bytes) => (c::TCPOPT_MAXSEG, u32::from(bytes)),
            RepairOptions::WindowScale { send, receive } => {
                (c::TCPOPT_WINDOW, u32::from(send) | u32::from(receive) << 16)
            }
            RepairOptions::SackPermitted => (c::TCPOPT_SACK_PERMITTED, 0),
            RepairOptions::Timestamps => (c::TCPOPT_TIMESTAMP, 0),
        };
        c::tcp_repair_opt { opt_code, opt_val }
    }
}

/// The window of a connection under repair: `struct tcp_repair_window`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RepairWindow {
    /// The sequence number of the last change of the peer's window.
    pub snd_wl1: u32,
    /// The peer's window.
    pub snd_wnd: u32,
    /// The largest that it was.
    pub max_window: u32,
    /// Our window.
    pub rcv_wnd: u32,
    /// The sequence number that it begins with.
    pub rcv_wup: u32,
}

/// What there is to receive by mapping: `struct tcp_zerocopy_receive`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TcpZerocopyReceive {
    /// How many bytes have to be read by recv(2) first.
    pub recv_skip_hint: u32,
    /// How many bytes there are.
    pub inq: u32,
}

value! {
    RepairOptions: Struct, "struct tcp_repair_opt[]", OptSize { min: 8, max: 64 };
    RepairWindow: Struct, "struct tcp_repair_window", OptSize::of::<c::tcp_repair_window>();
    TcpZerocopyReceive: Struct, "struct tcp_zerocopy_receive",
        OptSize { min: 16, max: size_of::<c::tcp_zerocopy_receive>() };
}

impl WriteValue for RepairOptions {
    type Input<'a> = &'a [RepairOptions];

    fn set(fd: Fd<'_>, option: OptName, value: &[RepairOptions]) -> Result<()> {
        let bytes: Vec<u8> = value.iter().flat_map(|one| one.raw().bytes().to_vec()).collect();
        put_bytes(fd, option, &bytes)
    }
}

impl ReadValue for RepairWindow {
    type Output = RepairWindow;

    fn get(fd: Fd<'_>, option: OptName) -> Result<RepairWindow> {
        let raw = exact::<c::tcp_repair_window>(fd, option)?;
        let c::tcp_repair_window { snd_wl1, snd_wnd, max_window, rcv_wnd, rcv_wup } = raw;
        Ok(RepairWindow { snd_wl1, snd_wnd, max_window, rcv_wnd, rcv_wup })
    }
}

impl WriteValue for RepairWindow {
    type Input<'a> = RepairWindow;

    fn set(fd: Fd<'_>, option: OptName, value: RepairWindow) -> Result<()> {
        let RepairWindow { snd_wl1, snd_wnd, max_window, rcv_wnd, rcv_wup } = value;
        put(fd, option, &c::tcp_repair_window { snd_wl1, snd_wnd, max_window, rcv_wnd, rcv_wup })
    }
}

impl ReadValue for TcpZerocopyReceive {
    type Output = TcpZerocopyReceive;

    /// The address is null and there is no room to copy to, so nothing is received.
    fn get(fd: Fd<'_>, option: OptName) -> Result<TcpZerocopyReceive> {
        let (raw, _) = sys::getsockopt(fd, option, NewValue::<c::tcp_zerocopy_receive>::exact())?;
        Ok(TcpZerocopyReceive { recv_skip_hint: raw.recv_skip_hint, inq: raw.inq })
    }

    fn show(value: &TcpZerocopyReceive, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes, {} to be read first", value.inq, value.recv_skip_hint)
    }
}
