//! The error queue: recvmsg(2) with `MSG_ERRQUEUE`, one event at a time, and what the events are.

use core::net::{Ipv4Addr, SocketAddrV6};
use core::time::Duration;

use crate::cmsg::{self, Cmsgs, Control, ErrOrigin, ExtendedErr, Timestamps};
use crate::error::{Errno, Result};
use crate::flags::MsgFlags;
use crate::number::open_number;
use crate::sys::{self, RecvData, Wait, c};
use crate::{SockAddr, Socket};

open_number! {
    /// Which moment of sending a time is of: `ee_info` of a [`ErrorEvent::Timestamp`].
    TimestampKind(u32) {
        /// The driver was handed the packet, or the device has sent it.
        SCM_TSTAMP_SND = c::SCM_TSTAMP_SND;
        /// The packet entered the queue of the device.
        SCM_TSTAMP_SCHED = c::SCM_TSTAMP_SCHED;
        /// All bytes were acknowledged (TCP).
        SCM_TSTAMP_ACK = c::SCM_TSTAMP_ACK;
        /// The device says that it has sent the packet (Bluetooth).
        SCM_TSTAMP_COMPLETION = c::SCM_TSTAMP_COMPLETION;
    }
}

/// Where the extensions are in the data of an ICMP error (RFC 4884): `struct sock_ee_data_rfc4884`. `IP_RECVERR_RFC4884` and
/// `IPV6_RECVERR_RFC4884` ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IcmpExtensions {
    /// They begin so many bytes into the data.
    pub at: u16,
    /// Did the kernel find them in order?
    pub is_valid: bool,
}

/// What an entry of the error queue tells.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorEvent {
    /// A message of ICMP has come about a packet of this socket.
    Icmp {
        /// The error that it stands for.
        errno: Errno,
        /// The type of the message.
        ty: u8,
        /// The code of the message.
        code: u8,
        /// `ee_info`: with `EMSGSIZE` the MTU of the next hop, with a parameter problem (type 12) which byte.
        info: u32,
        /// Who has sent the message: a router, or the host itself.
        offender: Option<Ipv4Addr>,
        /// Where its extensions are.
        extensions: Option<IcmpExtensions>,
    },
    /// A message of ICMPv6 has come about a packet of this socket.
    Icmp6 {
        /// The error that it stands for.
        errno: Errno,
        /// The type of the message.
        ty: u8,
        /// The code of the message.
        code: u8,
        /// `ee_info`: with `EMSGSIZE` the MTU of the path, with a parameter problem (type 4) which byte.
        info: u32,
        /// Who has sent the message: a router, or the host itself; a link-local address with the interface as its scope.
        offender: Option<SocketAddrV6>,
        /// Where its extensions are.
        extensions: Option<IcmpExtensions>,
    },
    /// This machine itself could not send a packet.
    Local {
        /// The error.
        errno: Errno,
        /// `ee_info`: with `EMSGSIZE` the MTU.
        info: u32,
    },
    /// When a packet was sent (`SO_TIMESTAMPING`).
    Timestamp {
        /// Which moment it is of.
        kind: TimestampKind,
        /// Which packet: what `SOF_TIMESTAMPING_OPT_ID` counts, or the number that `SCM_TS_OPT_ID` gave; 0 without either. TCP counts
        /// bytes, and this is the last one of the send. It wraps.
        key: u32,
        /// The time by the kernel's clock: since 1970.
        software: Option<Duration>,
        /// The time by the device's own clock.
        hardware: Option<Duration>,
    },
    /// Sends with `MSG_ZEROCOPY` are through: the kernel no longer reads their memory.
    Zerocopy {
        /// The first of them. The calls of a socket are counted from 0; the number wraps.
        first: u32,
        /// The last of them, which is a smaller number than the first if the count has wrapped in between.
        last: u32,
        /// The kernel has copied the data after all, so that plain sends would be the cheaper ones here.
        copied: bool,
    },
    /// A packet was dropped because of its time of sending (`SCM_TXTIME`).
    TxTime {
        /// The error.
        errno: Errno,
        /// The time that was asked for, in nanoseconds of the clock that `SO_TXTIME` names.
        time: u64,
        /// The time was over; else it was one that cannot be.
        missed: bool,
    },
    /// What became of a frame of a wireless network (`SO_WIFI_STATUS`).
    Wifi {
        /// It was acknowledged.
        acknowledged: bool,
    },
    /// An event that has no name here.
    Other(ExtendedErr),
    /// No message says what it is. Either it was lost for want of room, and
    /// [`MSG_CTRUNC`](QueuedError::is_control_truncated) says so; or the socket's family has no error queue, as `AF_UNIX`, and this is an
    /// ordinary message, without [`MSG_ERRQUEUE`](MsgFlags::MSG_ERRQUEUE).
    Undescribed,
}

impl ErrorEvent {
    /// What the control messages of one entry tell: for those who read the error queue by [`recvmsg`](Socket::recvmsg), because
    /// they want the other control messages too.
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use std::net::Ipv4Addr;
    /// use sockets::cmsg::ControlBuf;
    /// use sockets::{Domain, Errno, ErrorEvent, Protocol, RecvFlags, SendFlags, Socket, Type, opt};
    ///
    /// let socket = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// socket.setsockopt(opt::IP_RECVERR, true)?;
    /// let too_long = [0; 65_508];
    /// socket.sendto(&too_long, SendFlags::empty(), (Ipv4Addr::LOCALHOST, 9)).unwrap_err();
    ///
    /// let mut room = ControlBuf::<512>::new();
    /// let message = socket.recvmsg((), &mut room, RecvFlags::MSG_ERRQUEUE)?;
    /// let event = ErrorEvent::of(&message.control);
    /// assert!(matches!(event, ErrorEvent::Local { errno: Errno::EMSGSIZE, .. }));
    /// assert!(event.mtu().is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn of(control: &Control<'_>) -> ErrorEvent {
        ErrorEvent::told_by(control.iter())
    }

    #[doc(hidden)]
    pub fn told_by(messages: Cmsgs<'_>) -> ErrorEvent {
        let (mut error, mut times, mut wifi) = (None, None, None);
        for message in messages {
            // Any of these is the one; only one of them can come on one socket.
            let found = message
                .get(cmsg::IP_RECVERR)
                .or_else(|| message.get(cmsg::IPV6_RECVERR))
                .or_else(|| message.get(cmsg::PACKET_TX_TIMESTAMP))
                .or_else(|| message.get(cmsg::VSOCK_RECVERR));
            error = error.or(found);
            times = times.or_else(|| stamps(&message));
            wifi = wifi.or_else(|| message.get(cmsg::SCM_WIFI_STATUS));
        }
        match error {
            Some(error) => described(error, times, wifi),
            None => ErrorEvent::Undescribed,
        }
    }

    /// The MTU that an `EMSGSIZE` tells.
    pub fn mtu(&self) -> Option<u32> {
        match self {
            ErrorEvent::Icmp { errno: Errno::EMSGSIZE, info, .. }
            | ErrorEvent::Icmp6 { errno: Errno::EMSGSIZE, info, .. }
            | ErrorEvent::Local { errno: Errno::EMSGSIZE, info } => Some(*info),
            _ => None,
        }
    }
}

/// The times of a packet: a 64-bit machine can be asked for them by two numbers.
fn stamps(message: &cmsg::RawCmsg<'_>) -> Option<Timestamps> {
    let times = message.get(cmsg::SCM_TIMESTAMPING);
    #[cfg(not(sockopt_time64))]
    let times = times.or_else(|| message.get(cmsg::SO_TIMESTAMPING_NEW));
    times
}

fn described(error: ExtendedErr, times: Option<Timestamps>, wifi: Option<i32>) -> ErrorEvent {
    let ExtendedErr { errno, ty, code, info, data, ref offender, .. } = error;
    match error.origin {
        ErrOrigin::SO_EE_ORIGIN_ICMP => {
            ErrorEvent::Icmp { errno, ty, code, info, offender: ipv4(offender), extensions: extensions(data) }
        }
        ErrOrigin::SO_EE_ORIGIN_ICMP6 => ErrorEvent::Icmp6 {
            errno,
            ty,
            code,
            info,
            offender: offender.as_ipv6(),
            extensions: extensions(data),
        },
        ErrOrigin::SO_EE_ORIGIN_LOCAL => ErrorEvent::Local { errno, info },
        ErrOrigin::SO_EE_ORIGIN_ZEROCOPY => ErrorEvent::Zerocopy {
            first: info,
            last: data,
            copied: code & c::SO_EE_CODE_ZEROCOPY_COPIED != 0,
        },
        ErrOrigin::SO_EE_ORIGIN_TXTIME => ErrorEvent::TxTime {
            errno,
            time: u64::from(data) << 32 | u64::from(info),
            missed: code == c::SO_EE_CODE_TXTIME_MISSED,
        },
        ErrOrigin::SO_EE_ORIGIN_TXSTATUS => match (times, wifi) {
            (Some(Timestamps { software, hardware }), _) => {
                ErrorEvent::Timestamp { kind: info.into(), key: data, software, hardware }
            }
            (None, Some(status)) => ErrorEvent::Wifi { acknowledged: status != 0 },
            (None, None) => ErrorEvent::Other(error),
        },
        _ => ErrorEvent::Other(error),
    }
}

/// A socket of IPv6 that talks IPv4 tells the addresses of that in IPv6.
fn ipv4(offender: &SockAddr) -> Option<Ipv4Addr> {
    match offender.as_ipv6() {
        Some(mapped) => mapped.ip().to_ipv4_mapped(),
        None => offender.as_ipv4().map(|addr| *addr.ip()),
    }
}

/// `ee_data` of an ICMP error: a length of 16 bits, and a byte of flags.
fn extensions(data: u32) -> Option<IcmpExtensions> {
    let [low, high, flags, _] = data.to_ne_bytes();
    let at = u16::from_ne_bytes([low, high]);
    (at != 0).then_some(IcmpExtensions { at, is_valid: flags & c::SO_EE_RFC4884_FLAG_INVALID == 0 })
}

/// An entry of the error queue: what [`recv_error`](Socket::recv_error) has taken from it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueuedError<D> {
    /// What it tells.
    pub event: ErrorEvent,
    /// The bytes that came with it: of the packet that it is about. Of an ICMP error, the payload, as far as the message quotes it; of
    /// a time, the packet with all its headers, or nothing with `SOF_TIMESTAMPING_OPT_TSONLY`, or the counters with
    /// `SOF_TIMESTAMPING_OPT_STATS`.
    pub data: D,
    /// How many bytes there are.
    pub len: usize,
    /// What the kernel says of it.
    pub flags: MsgFlags,
    /// Where the packet was going: the original destination. [Unnamed](SockAddr::is_unnamed) where the kernel does not say; with
    /// port 0 in a local error of an IPv4 socket that is not connected.
    pub addr: SockAddr,
}

impl<D> QueuedError<D> {
    /// Was data lost, because there was more than the room for it? (`MSG_TRUNC`.)
    #[inline]
    pub fn is_truncated(&self) -> bool {
        self.flags.contains(MsgFlags::MSG_TRUNC)
    }

    /// Were control messages lost, for want of room? (`MSG_CTRUNC`.)
    #[inline]
    pub fn is_control_truncated(&self) -> bool {
        self.flags.contains(MsgFlags::MSG_CTRUNC)
    }

    /// The same with other data, as bytes that were copied.
    pub fn map<T>(self, make: impl FnOnce(D) -> T) -> QueuedError<T> {
        let QueuedError { event, data, len, flags, addr } = self;
        QueuedError { event, data: make(data), len, flags, addr }
    }

    pub(crate) fn new(queued: sys::Queued<D, ()>, event: ErrorEvent) -> Self {
        QueuedError {
            event,
            data: queued.data,
            len: queued.n.min(queued.room),
            flags: MsgFlags::from_bits_retain(queued.flags),
            addr: SockAddr::from_sys(queued.addr),
        }
    }
}

impl Socket {
    /// recvmsg(2) with `MSG_ERRQUEUE` and `MSG_DONTWAIT`: takes the first entry of the error queue.
    ///
    /// ICMP errors enter the queue with `IP_RECVERR` and `IPV6_RECVERR`, times of sending with `SO_TIMESTAMPING`, completions of
    /// `MSG_ZEROCOPY` without being asked for. `data` is room for the bytes that come with it: anything that
    /// [`recvmsg`](Socket::recvmsg) takes; `()` where none are wanted.
    ///
    /// The call never blocks. While the queue is not empty, poll(2) tells `POLLERR`, also unasked:
    /// [`poll`](Socket::poll) with `PollFlags::empty()` waits for it, and [`recv_error_timeout`](Socket::recv_error_timeout)
    /// does it all.
    ///
    /// An ICMP error is told twice: the next call on the socket fails with it, or `SO_ERROR` gives it, and the queue has the whole
    /// of it. Taking it from the queue first takes both away, and the next error of the queue becomes the one that is told.
    ///
    /// A socket whose family has no error queue (`AF_UNIX`) gives an ordinary message; descriptors in it are closed. It
    /// is [`ErrorEvent::Undescribed`].
    ///
    /// Control messages that other options ask for are left out: [`ErrorEvent::of`] is for those who want them.
    ///
    /// # Errors
    ///
    /// - `EAGAIN`: there is no entry.
    /// - `EMSGSIZE`: more than 1024 pieces of memory.
    /// - `ENOTSOCK`: not a socket.
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use std::net::Ipv4Addr;
    /// use std::time::Duration;
    /// use sockets::{Domain, Errno, ErrorEvent, PollFlags, Protocol, SendFlags, Socket, Type, opt};
    ///
    /// // Somewhere nobody is at home.
    /// let nobody = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// nobody.bind((Ipv4Addr::LOCALHOST, 0))?;
    /// let addr = nobody.getsockname()?;
    /// nobody.close()?;
    ///
    /// let socket = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// socket.setsockopt(opt::IP_RECVERR, true)?;
    /// socket.sendto(b"anybody?", SendFlags::empty(), &addr)?;
    /// assert_eq!(socket.poll(PollFlags::empty(), Some(Duration::from_secs(5)))?, PollFlags::POLLERR);
    ///
    /// let mut buf = [0; 64];
    /// let error = socket.recv_error(&mut buf)?;
    /// assert_eq!((&*error.data, &error.addr), (&b"anybody?"[..], &addr));
    /// let ErrorEvent::Icmp { errno, ty, code, offender, .. } = error.event else { panic!("{error:?}") };
    /// assert_eq!((errno, ty, code, offender), (Errno::ECONNREFUSED, 3, 3, Some(Ipv4Addr::LOCALHOST)));
    /// assert_eq!(socket.recv_error(&mut buf).unwrap_err(), Errno::EAGAIN);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [ip(7)](https://man7.org/linux/man-pages/man7/ip.7.html)
    #[doc(alias = "recverr")]
    #[doc(alias = "MSG_ERRQUEUE")]
    pub fn recv_error<B: RecvData>(&self, data: B) -> Result<QueuedError<B::Output>> {
        self.queued(data, Wait::No)
    }

    /// recvmsg(2) with `MSG_ERRQUEUE`, ppoll(2), getsockopt(2) `SO_ERROR`: takes the first entry of the error queue, and waits for one
    /// until `timeout` is over.
    ///
    /// Signals do not end the wait. `Duration::ZERO` only looks. While the connection has gone in both directions
    /// (`POLLHUP`), there is no event to wait for: it looks again after 0.1 ms at first and every 10 ms at last.
    ///
    /// # Errors
    ///
    /// - `ETIMEDOUT`: the timeout is over (or TCP's own is: see the next).
    /// - The error that is pending on the socket (`SO_ERROR`), as `ECONNRESET`, when there is no entry that tells of it: it is told once, and
    ///   then gone.
    /// - The errors of [`recv_error`](Socket::recv_error), without `EAGAIN`, and `ENOMEM`.
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use std::net::Ipv4Addr;
    /// use std::time::Duration;
    /// use sockets::opt::{self, TimestampingFlags as Flags};
    /// use sockets::{Domain, ErrorEvent, Protocol, SendFlags, Socket, TimestampKind, Type};
    ///
    /// let socket = Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// let flags = Flags::SOF_TIMESTAMPING_TX_SOFTWARE | Flags::SOF_TIMESTAMPING_SOFTWARE | Flags::SOF_TIMESTAMPING_OPT_TSONLY;
    /// socket.setsockopt(opt::SO_TIMESTAMPING, flags.into())?;
    /// socket.sendto(b"hello", SendFlags::empty(), (Ipv4Addr::LOCALHOST, 9))?;
    ///
    /// let sent = socket.recv_error_timeout((), Duration::from_secs(5))?;
    /// let ErrorEvent::Timestamp { kind, software, .. } = sent.event else { panic!("{sent:?}") };
    /// assert_eq!(kind, TimestampKind::SCM_TSTAMP_SND);
    /// assert!(software.is_some());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [ip(7)](https://man7.org/linux/man-pages/man7/ip.7.html)
    pub fn recv_error_timeout<B: RecvData>(
        &self,
        data: B,
        timeout: Duration,
    ) -> Result<QueuedError<B::Output>> {
        self.queued(data, Wait::For(timeout))
    }

    fn queued<B: RecvData>(&self, data: B, wait: Wait) -> Result<QueuedError<B::Output>> {
        let look = |control: sys::Control<'_>| Some(ErrorEvent::of(&Control::from_sys(control)));
        let (event, queued) = sys::recv_error(self.sys(), data, wait, look)?.split();
        Ok(QueuedError::new(queued, event))
    }
}

#[cfg(test)]
mod tests;
