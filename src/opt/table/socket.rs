//! SOL_SOCKET: the options that every family has ([socket(7)](https://man7.org/linux/man-pages/man7/socket.7.html)).

use super::options;
use crate::opt::{Bool, IntAs, Linger, PendingError, Size, Timeout};
use crate::{Domain, Protocol, Type};

options! {
    level SOL_SOCKET, on TCP4;

    /// Does the socket listen?
    SO_ACCEPTCONN: Bool, Get;

    /// May datagrams be sent to a broadcast address? Without it that is `EACCES`.
    SO_BROADCAST: Bool, GetSet;

    /// The family: the first argument of socket(2).
    SO_DOMAIN: IntAs<Domain>, Get;

    /// The error that waits to be told; reading clears it. How a non-blocking connect ended.
    SO_ERROR: PendingError, Get;

    /// Send probes on a connection that is idle. How often: [`TCP_KEEPIDLE`](super::TCP_KEEPIDLE) and its
    /// neighbours.
    SO_KEEPALIVE: Bool, GetSet;

    /// How long close(2) and shutdown(2) wait for what is not sent yet; also on a non-blocking socket. Zero
    /// ends a TCP connection with a reset.
    SO_LINGER: Linger, GetSet;

    /// The protocol: the third argument of socket(2), or what 0 stood for.
    SO_PROTOCOL: IntAs<Protocol>, Get;

    /// Bytes for receiving. The kernel doubles what is set, for its own use, keeps it between a minimum and
    /// `net.core.rmem_max`, and reports the result. Setting it ends TCP's own tuning.
    SO_RCVBUF: Size, GetSet;

    /// How long a receive or an accept may block: `EAGAIN` then.
    SO_RCVTIMEO: Timeout, GetSet;

    /// bind(2) may take an address that a connection in TIME_WAIT still has; not one that is listened on.
    SO_REUSEADDR: Bool, GetSet;

    /// Several sockets of one user may bind the same address, if all set this before; the kernel spreads
    /// connections and datagrams over them.
    SO_REUSEPORT: Bool, GetSet;

    /// Bytes for sending. Doubled and kept within limits like [`SO_RCVBUF`], by `net.core.wmem_max`.
    SO_SNDBUF: Size, GetSet;

    /// How long a send or a connect may block: `EAGAIN` then, for connect `EINPROGRESS`.
    SO_SNDTIMEO: Timeout, GetSet;

    /// The type: the second argument of socket(2), without flags.
    SO_TYPE: IntAs<Type>, Get;
}
