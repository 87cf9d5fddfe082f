//! The error queue: errors that came back, times of sending, sends that are through

use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::time::Duration;

use libc::{c_int, c_void, size_t, ssize_t};
use sockets::cmsg::{self, walk};
use sockets::sys::{self, Fd, Holder, OutBuf, Pod, Result, Wait, c, cmsg_data};
use sockets::{Errno, ErrorEvent, SockAddr};

use crate::addr::{sockets_addr, to_c};
use crate::ret::{fail, guard};

/// No control message says what it is: it was lost (MSG_CTRUNC), or the family has no error queue (AF_UNIX), and this is an
/// ordinary message.
pub const SOCKETS_EVENT_UNDESCRIBED: c_int = 0;
/// A message of ICMP has come: error, type, code, info, mtu, offender, extensions.
pub const SOCKETS_EVENT_ICMP: c_int = 1;
/// A message of ICMPv6 has come: the same.
pub const SOCKETS_EVENT_ICMP6: c_int = 2;
/// This machine could not send a packet: error, info, mtu.
pub const SOCKETS_EVENT_LOCAL: c_int = 3;
/// When a packet was sent: stage, key, software, hardware.
pub const SOCKETS_EVENT_TIMESTAMP: c_int = 4;
/// Sends with MSG_ZEROCOPY are through: first, last, is_copied. Until then the kernel reads their memory, which must neither be
/// written nor freed. Without SO_ZEROCOPY the flag is ignored, and nothing comes; -ENOBUFS is more in flight than RLIMIT_MEMLOCK
/// or net.core.optmem_max allows.
pub const SOCKETS_EVENT_ZEROCOPY: c_int = 5;
/// A packet was dropped because of its time of sending: error, txtime, is_missed.
pub const SOCKETS_EVENT_TXTIME: c_int = 6;
/// What became of a frame of a wireless network: is_acknowledged.
pub const SOCKETS_EVENT_WIFI: c_int = 7;
/// An event that the library does not know: error, origin, type, code, info, data, offender.
pub const SOCKETS_EVENT_OTHER: c_int = 8;

/// An entry of the error queue. What an event does not have is 0.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations, reason = "C prints it")]
pub struct sockets_error_event {
    /// What it tells: SOCKETS_EVENT_ICMP, ...
    pub kind: c_int,
    /// The error, as a positive number.
    pub error: c_int,
    /// ee_origin: SO_EE_ORIGIN_ICMP, ...
    pub origin: c_int,
    /// The type of the ICMP message.
    pub r#type: c_int,
    /// The code of the ICMP message.
    pub code: c_int,
    /// ee_info, as it is.
    pub info: u32,
    /// ee_data, as it is.
    pub data: u32,
    /// With EMSGSIZE: the MTU.
    pub mtu: u32,
    /// Where the extensions begin in the data (RFC 4884; IP_RECVERR_RFC4884); 0 if there are none.
    pub extensions: u32,
    /// 1 if the kernel found the extensions in order.
    pub has_valid_extensions: c_int,
    /// Which moment a time is of: SCM_TSTAMP_SND, SCM_TSTAMP_SCHED, SCM_TSTAMP_ACK.
    pub stage: u32,
    /// Which packet a time is of (SOF_TIMESTAMPING_OPT_ID).
    pub key: u32,
    /// The first send that is through: the calls of a socket are counted from 0, and the number wraps.
    pub first: u32,
    /// The last send that is through.
    pub last: u32,
    /// 1 if the kernel has copied the data after all.
    pub is_copied: c_int,
    /// 1 if the time of sending was over; 0 if it was one that cannot be.
    pub is_missed: c_int,
    /// 1 if the frame was acknowledged.
    pub is_acknowledged: c_int,
    /// msg_flags: MSG_ERRQUEUE; MSG_TRUNC if data was lost, MSG_CTRUNC if control messages were.
    pub msg_flags: c_int,
    /// The time by the kernel's clock, in nanoseconds since 1970.
    pub software: u64,
    /// The time by the device's own clock, in nanoseconds.
    pub hardware: u64,
    /// The time of sending that was asked for, in nanoseconds of the clock that SO_TXTIME names.
    pub txtime: u64,
    /// Who has sent the ICMP message; len is 0 if nobody has.
    pub offender: sockets_addr,
    /// Where the packet was going; len is 0 if the kernel does not say.
    pub destination: sockets_addr,
}

/// recvmsg(2) with MSG_ERRQUEUE: takes the first entry of the error queue.
///
/// ICMP errors enter the queue with IP_RECVERR and IPV6_RECVERR, times of sending with SO_TIMESTAMPING, completions of
/// MSG_ZEROCOPY without being asked for. Never blocks. While there are entries, poll(2) tells POLLERR, also unasked. An ICMP
/// error is told twice: by the next call on the socket, or SO_ERROR, and here, with all that is known; taken from here
/// first, it is told only once. Not a cancellation point.
///
/// @param fd     the socket
/// @param buf    receives the bytes of the packet that it is about; may be NULL if len is 0
/// @param len    the room there
/// @param event  receives what it tells; untouched on failure
/// @return the number of bytes, or
///   -EAGAIN  there is no entry
///   -EINVAL  len is more than SSIZE_MAX
///   -EFAULT, -EBADF, -ENOTSOCK
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_recv_error(
    fd: c_int,
    buf: *mut c_void,
    len: size_t,
    event: *mut sockets_error_event,
) -> ssize_t {
    // SAFETY: the caller's word, passed on.
    guard(|| unsafe { receive(fd, buf, len, event, Wait::No) }) as ssize_t
}

/// recvmsg(2) with MSG_ERRQUEUE, ppoll(2), getsockopt(2) SO_ERROR: as sockets_recv_error(), and waits for an entry.
///
/// Signals do not end the wait. While the connection has gone in both directions (POLLHUP) there is no event to wait
/// for: it looks again after 0.1 ms at first and every 10 ms at last. Not a cancellation point.
///
/// @param fd       the socket
/// @param buf      receives the bytes of the packet that it is about; may be NULL if len is 0
/// @param len      the room there
/// @param event    receives what it tells; untouched on failure
/// @param timeout  in milliseconds; 0 only looks; -1 waits as long as it takes
/// @return the number of bytes, or
///   -ETIMEDOUT  the time is over
///   -EINVAL     a timeout below -1; len is more than SSIZE_MAX
///   the error that is pending on the socket (SO_ERROR), as -ECONNRESET, when no entry tells of it
///   and the errors of sockets_recv_error(), without -EAGAIN
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_recv_error_timeout(
    fd: c_int,
    buf: *mut c_void,
    len: size_t,
    event: *mut sockets_error_event,
    timeout: c_int,
) -> ssize_t {
    let wait = match u64::try_from(timeout) {
        Ok(millis) => Duration::from_millis(millis),
        Err(_) if timeout == -1 => Duration::MAX,
        Err(_) => return fail(Errno::EINVAL) as ssize_t,
    };
    // SAFETY: the caller's word, passed on.
    guard(|| unsafe { receive(fd, buf, len, event, Wait::For(wait)) }) as ssize_t
}

/// Takes an entry.
///
/// # Safety
///
/// The caller may use `fd`, or it is not open; where memory is mapped at `buf`, up to `len` bytes, it is the caller's to
/// have overwritten; `event` is NULL or may be written.
unsafe fn receive(
    fd: c_int,
    buf: *mut c_void,
    len: size_t,
    event: *mut sockets_error_event,
    wait: Wait,
) -> Result<c_int> {
    if event.is_null() {
        return Err(Errno::EFAULT.into());
    }
    if len > isize::MAX as usize {
        return Err(Errno::EINVAL.into());
    }
    // SAFETY: the kernel validates `buf`; the caller lets it write `len` bytes there.
    let place = unsafe { OutBuf::from_raw(buf, len) };
    // SAFETY: the caller may use `fd`, or it is not open.
    let fd = unsafe { Fd::from_raw(fd) };
    let look = |control: sys::Control<'_>| Some(told_by(control.as_bytes()));
    let (mut new, queued) = sys::recv_error(fd, place, wait, look)?.split();
    new.msg_flags = queued.flags;
    new.destination = to_c(&SockAddr::from_bytes(queued.addr.as_bytes()).unwrap_or_default());
    // SAFETY: not NULL, so it may be written; whether it is aligned nobody has said.
    unsafe { event.write_unaligned(new) };
    Ok(c_int::try_from(queued.n.min(len)).unwrap_or(c_int::MAX))
}

/// What the control messages of an entry tell.
fn told_by(bytes: &[u8]) -> sockets_error_event {
    // SAFETY: all zeros are valid for a structure of integers.
    let mut new: sockets_error_event = unsafe { MaybeUninit::zeroed().assume_init() };
    if let Some(raw) = extended(bytes) {
        // As they are, also numbers that nobody has a name for.
        new.error = c_int::try_from(raw.ee_errno).unwrap_or_default();
        (new.origin, new.r#type, new.code) = (raw.ee_origin.into(), raw.ee_type.into(), raw.ee_code.into());
        (new.info, new.data) = (raw.ee_info, raw.ee_data);
    }
    let event = ErrorEvent::told_by(walk(bytes));
    new.mtu = event.mtu().unwrap_or_default();
    new.kind = match event {
        ErrorEvent::Icmp { offender, extensions, .. } => {
            new.offender = offender.map_or(new.offender, |ip| to_c(&SocketAddr::new(ip.into(), 0).into()));
            (new.extensions, new.has_valid_extensions) =
                extensions.map_or((0, 0), |it| (it.at.into(), it.is_valid.into()));
            SOCKETS_EVENT_ICMP
        }
        ErrorEvent::Icmp6 { offender, extensions, .. } => {
            new.offender = offender.map_or(new.offender, |addr| to_c(&addr.into()));
            (new.extensions, new.has_valid_extensions) =
                extensions.map_or((0, 0), |it| (it.at.into(), it.is_valid.into()));
            SOCKETS_EVENT_ICMP6
        }
        ErrorEvent::Local { .. } => SOCKETS_EVENT_LOCAL,
        ErrorEvent::Timestamp { kind, key, software, hardware } => {
            (new.stage, new.key) = (kind.raw(), key);
            (new.software, new.hardware) = (nanoseconds(software), nanoseconds(hardware));
            SOCKETS_EVENT_TIMESTAMP
        }
        ErrorEvent::Zerocopy { first, last, copied } => {
            (new.first, new.last, new.is_copied) = (first, last, copied.into());
            SOCKETS_EVENT_ZEROCOPY
        }
        ErrorEvent::TxTime { time, missed, .. } => {
            (new.txtime, new.is_missed) = (time, missed.into());
            SOCKETS_EVENT_TXTIME
        }
        ErrorEvent::Wifi { acknowledged } => {
            new.is_acknowledged = acknowledged.into();
            SOCKETS_EVENT_WIFI
        }
        ErrorEvent::Undescribed => SOCKETS_EVENT_UNDESCRIBED,
        ErrorEvent::Other(error) => {
            new.offender = to_c(&error.offender);
            SOCKETS_EVENT_OTHER
        }
        _ => SOCKETS_EVENT_OTHER,
    };
    new
}

/// The structure in front of the offender, whichever family it comes from.
fn extended(bytes: &[u8]) -> Option<c::sock_extended_err> {
    [
        (cmsg::IP_RECVERR.level(), cmsg::IP_RECVERR.number()),
        (cmsg::IPV6_RECVERR.level(), cmsg::IPV6_RECVERR.number()),
        (cmsg::PACKET_TX_TIMESTAMP.level(), cmsg::PACKET_TX_TIMESTAMP.number()),
        (cmsg::VSOCK_RECVERR.level(), cmsg::VSOCK_RECVERR.number()),
    ]
    .into_iter()
    .find_map(|(level, ty)| cmsg_data(bytes, level, ty).and_then(c::sock_extended_err::from_bytes))
}

fn nanoseconds(time: Option<Duration>) -> u64 {
    time.map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}
