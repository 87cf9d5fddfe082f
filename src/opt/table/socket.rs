//! SOL_SOCKET: the options that every family has ([socket(7)](https://man7.org/linux/man-pages/man7/socket.7.html)).
//! The filters are in [`filter`](super::filter), those of `AF_UNIX` in [`unix`](super::unix).

use super::options;
use crate::opt::{
    Bool, BufLock, DeviceName, DevmemTokens, Flags, Int, IntAs, Interface, Linger, MemInfo, Micros,
    PacingRate, PeerName, PendingError, Size, Timeout, Timestamping, TxTime, Unsigned, Unsigned64,
};
use crate::{Domain, Protocol, Type};

options! {
    level SOL_SOCKET, on TCP4;

    /// Does the socket listen?
    SO_ACCEPTCONN: Bool, Get;

    /// Send and receive through this interface only, by name; see [`SO_BINDTOIFINDEX`]. An unknown name is
    /// `ENODEV`.
    SO_BINDTODEVICE: DeviceName, GetSet;

    /// Send and receive through this interface only, by index; 0 ends that. Reading needs no privilege, nor does
    /// binding a socket that is not bound yet; after that it is `EPERM`.
    SO_BINDTOIFINDEX: Interface, GetSet, 0..=2147483647;

    /// May datagrams be sent to a broadcast address? Without it that is `EACCES`.
    SO_BROADCAST: Bool, GetSet;

    /// Which of the buffer sizes the kernel keeps its hands off: those that were set, unless this says otherwise.
    SO_BUF_LOCK: Flags<BufLock>, GetSet, 0..=3, since "5.15";

    /// How long a receive or a poll that finds nothing looks at the device's queue again and again, instead of
    /// sleeping. Older kernels want CAP_NET_ADMIN for more than there is already.
    SO_BUSY_POLL: Micros, GetSet, 0..=2147483647;

    /// How many packets one round of busy polling may take. 8 by default; a smaller number needs no privilege.
    SO_BUSY_POLL_BUDGET: Int, Set, 0..=65535, needs ROOT else EPERM, since "5.11";

    /// The path to the peer does not work: look for another. 1 is all there is to say.
    SO_CNX_ADVICE: Int, Set, on UDP4;

    /// A number that no other socket has while the system runs.
    SO_COOKIE: Unsigned64, Get;

    /// Write debugging records, which the kernel has not done for a long time.
    SO_DEBUG: Bool, GetSet, needs ROOT else EACCES;

    /// Device memory (`MSG_SOCK_DEVMEM`): give back what was received, by its tokens.
    SO_DEVMEM_DONTNEED: DevmemTokens, Set, since "6.12";

    /// The family: the first argument of socket(2).
    SO_DOMAIN: IntAs<Domain>, Get;

    /// Send to directly attached hosts only, past no gateway.
    SO_DONTROUTE: Bool, GetSet;

    /// The error that waits to be told; reading clears it. How a non-blocking connect ended.
    SO_ERROR: PendingError, Get;

    /// The processor that the last packet came in on. Set, with [`SO_REUSEPORT`]: the one whose packets this
    /// socket is for.
    SO_INCOMING_CPU: Int, GetSet;

    /// The receive queue of the device that the last packet came in on; 0 if it has no number.
    SO_INCOMING_NAPI_ID: Unsigned, Get;

    /// Send probes on a connection that is idle. How often: [`TCP_KEEPIDLE`](super::TCP_KEEPIDLE) and its
    /// neighbours.
    SO_KEEPALIVE: Bool, GetSet;

    /// How long close(2) and shutdown(2) wait for what is not sent yet; also on a non-blocking socket. Zero
    /// ends a TCP connection with a reset.
    SO_LINGER: Linger, GetSet;

    /// A number for routing and filtering what is sent: the firewall mark.
    SO_MARK: Unsigned, GetSet, needs CAP_NET_ADMIN else EPERM;

    /// The rate that sending keeps below: by the `fq` queue, or by TCP itself.
    SO_MAX_PACING_RATE: PacingRate, GetSet;

    /// How much memory the socket uses.
    SO_MEMINFO: MemInfo, Get;

    /// A number that no other network namespace has while the system runs.
    SO_NETNS_COOKIE: Unsigned64, Get, since "5.14";

    /// Leave the frame check sequence to the sender; packet sockets, and few devices.
    SO_NOFCS: Bool, GetSet;

    /// UDP over IPv4: send no checksum.
    SO_NO_CHECK: Bool, GetSet, on UDP4;

    /// Urgent bytes stay in the stream, instead of being for `MSG_OOB`.
    SO_OOBINLINE: Bool, GetSet;

    /// Receive the security label of the sender with every message (`SCM_SECURITY`).
    SO_PASSSEC: Bool, GetSet, on UNIX;

    /// Where `MSG_PEEK` begins to look, and that it moves on; -1, the default, is always at the front.
    SO_PEEK_OFF: Int, GetSet, on UDP4;

    /// The address of the peer: what getpeername(2) gives.
    SO_PEERNAME: PeerName, Get, needs CONNECTION else ENOTCONN;

    /// Prefer busy polling to interrupts of the device ([`SO_BUSY_POLL`]).
    SO_PREFER_BUSY_POLL: Bool, GetSet, needs ROOT else EPERM, since "5.11";

    /// The priority of what is sent, for queues. 0 to 6 need no privilege, others CAP_NET_ADMIN.
    SO_PRIORITY: Unsigned, GetSet;

    /// The protocol: the third argument of socket(2), or what 0 stood for.
    SO_PROTOCOL: IntAs<Protocol>, Get;

    /// Bytes for receiving. The kernel doubles what is set, for its own use, keeps it between a minimum and
    /// `net.core.rmem_max`, and reports the result. Setting it ends TCP's own tuning.
    SO_RCVBUF: Size, GetSet;

    /// [`SO_RCVBUF`] past the limit of the system.
    SO_RCVBUFFORCE: Size, Set, needs ROOT else EPERM;

    /// How many bytes have to be there for a stream to be readable; 1 by default. For TCP, poll(2) heeds it too.
    SO_RCVLOWAT: Int, GetSet;

    /// Receive the firewall mark with every datagram (`SO_MARK`).
    SO_RCVMARK: Bool, GetSet, on UDP4, since "5.19";

    /// Receive the priority with every datagram (`SO_PRIORITY`).
    SO_RCVPRIORITY: Bool, GetSet, on UDP4, since "6.14";

    /// How long a receive or an accept may block: `EAGAIN` then.
    SO_RCVTIMEO: Timeout, GetSet;

    /// [`SO_RCVTIMEO`] by the number that has 64 bits for the time on every machine.
    #[cfg(not(sockopt_time64))]
    SO_RCVTIMEO_NEW: Timeout, GetSet;

    /// Memory that is set aside for this socket; its memory control group pays for it.
    SO_RESERVE_MEM: Size, GetSet, 0..=2147483647, needs MEMORY_CGROUP else EOPNOTSUPP, since "5.16";

    /// bind(2) may take an address that a connection in TIME_WAIT still has; not one that is listened on.
    SO_REUSEADDR: Bool, GetSet;

    /// Several sockets of one user may bind the same address, if all set this before; the kernel spreads
    /// connections and datagrams over them.
    SO_REUSEPORT: Bool, GetSet;

    /// Receive with every datagram how many were dropped so far for want of room (`SO_RXQ_OVFL`).
    SO_RXQ_OVFL: Bool, GetSet, on UDP4;

    /// poll(2) reports the error queue as `POLLPRI` too.
    SO_SELECT_ERR_QUEUE: Bool, GetSet;

    /// Bytes for sending. Doubled and kept within limits like [`SO_RCVBUF`], by `net.core.wmem_max`.
    SO_SNDBUF: Size, GetSet;

    /// [`SO_SNDBUF`] past the limit of the system.
    SO_SNDBUFFORCE: Size, Set, needs ROOT else EPERM;

    /// How many bytes have to be free for a socket to be writable. Always 1 on Linux.
    SO_SNDLOWAT: Int, Get;

    /// How long a send or a connect may block: `EAGAIN` then, for connect `EINPROGRESS`.
    SO_SNDTIMEO: Timeout, GetSet;

    /// [`SO_SNDTIMEO`] by the number that has 64 bits for the time on every machine.
    #[cfg(not(sockopt_time64))]
    SO_SNDTIMEO_NEW: Timeout, GetSet;

    /// Receive the time of arrival with every datagram, in microseconds (`SCM_TIMESTAMP`). Ends
    /// [`SO_TIMESTAMPNS`].
    SO_TIMESTAMP: Bool, GetSet;

    /// Take times of sending and of arrival, in the kernel or the device, and tell them (`SCM_TIMESTAMPING`).
    SO_TIMESTAMPING: Timestamping, GetSet, on UDP4;

    /// [`SO_TIMESTAMPING`] with messages that have 64 bits for the time on every machine.
    #[cfg(not(sockopt_time64))]
    SO_TIMESTAMPING_NEW: Timestamping, GetSet, on UDP4;

    /// Receive the time of arrival with every datagram, in nanoseconds (`SCM_TIMESTAMPNS`). Ends
    /// [`SO_TIMESTAMP`].
    SO_TIMESTAMPNS: Bool, GetSet;

    /// [`SO_TIMESTAMPNS`] with messages that have 64 bits for the time on every machine.
    #[cfg(not(sockopt_time64))]
    SO_TIMESTAMPNS_NEW: Bool, GetSet;

    /// [`SO_TIMESTAMP`] with messages that have 64 bits for the time on every machine.
    #[cfg(not(sockopt_time64))]
    SO_TIMESTAMP_NEW: Bool, GetSet;

    /// Does a connection that makes no progress change the hash that chooses its path? -1 is the system's
    /// choice, read as 255.
    SO_TXREHASH: Int, GetSet, -1..=1, since "5.18";

    /// Datagrams carry the time when they are to leave (`SCM_TXTIME`), for the `fq` and `etf` queues: the clock
    /// that tells it. Others than `CLOCK_MONOTONIC` need CAP_NET_ADMIN.
    SO_TXTIME: TxTime, GetSet, on UDP4;

    /// The type: the second argument of socket(2), without flags.
    SO_TYPE: IntAs<Type>, Get;

    /// Receive with every frame whether it was acknowledged; Wi-Fi only (`SCM_WIFI_STATUS`).
    SO_WIFI_STATUS: Bool, GetSet;

    /// May `MSG_ZEROCOPY` be asked for? TCP, UDP, and few others.
    SO_ZEROCOPY: Bool, GetSet, 0..=1;
}
