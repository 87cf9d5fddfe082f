//! The flags of the calls. Each type keeps bits that it has no name for, and hands them to the kernel.

use core::ffi::{c_int, c_short, c_uint};

use bitflags::bitflags;

use crate::error::{Errno, Result};
use crate::sys::c;

bitflags! {
    /// What socket(2), socketpair(2) and accept4(2) take beside the type.
    ///
    /// Close-on-exec is always set by this library; [`Socket::set_cloexec`](crate::Socket::set_cloexec)
    /// clears it.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
    pub struct SocketFlags: c_int {
        /// The new descriptor does not block.
        const SOCK_NONBLOCK = c::SOCK_NONBLOCK;
        /// The new descriptor is closed on exec. Always set by this library.
        const SOCK_CLOEXEC = c::SOCK_CLOEXEC;
        const _ = !0;
    }
}

bitflags! {
    /// What send(2), sendto(2), sendmsg(2) and sendmmsg(2) take.
    ///
    /// `MSG_NOSIGNAL` is always set by this library: a send on a closed stream is EPIPE, never SIGPIPE.
    ///
    /// `MSG_ZEROCOPY` is refused (EINVAL) where the data is only lent for the call, because the kernel would read it later:
    /// [`Zerocopy`](crate::Zerocopy) owns what it sends.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
    pub struct SendFlags: c_int {
        /// The link layer may take it that the neighbour is reachable (datagram and raw sockets).
        const MSG_CONFIRM = c::MSG_CONFIRM;
        /// Send to directly attached hosts only, past no gateway.
        const MSG_DONTROUTE = c::MSG_DONTROUTE;
        /// Do not block, whatever the descriptor's mode: EAGAIN instead.
        const MSG_DONTWAIT = c::MSG_DONTWAIT;
        /// End of a record (SOCK_SEQPACKET).
        const MSG_EOR = c::MSG_EOR;
        /// TCP Fast Open: connect and send at once.
        const MSG_FASTOPEN = c::MSG_FASTOPEN;
        /// More is coming: TCP sends full segments only, UDP collects one datagram.
        const MSG_MORE = c::MSG_MORE;
        /// No SIGPIPE. Always set by this library.
        const MSG_NOSIGNAL = c::MSG_NOSIGNAL;
        /// Send the last byte as urgent data.
        const MSG_OOB = c::MSG_OOB;
        const _ = !0;
    }
}

impl SendFlags {
    /// The flags of a send whose data is only lent for the call.
    #[inline]
    pub(crate) const fn lent(self) -> Result<c_int> {
        if self.bits() & c::MSG_ZEROCOPY != 0 { Err(Errno::EINVAL) } else { Ok(self.bits()) }
    }
}

bitflags! {
    /// What recv(2), recvfrom(2), recvmsg(2) and recvmmsg(2) take.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
    pub struct RecvFlags: c_int {
        /// Close passed descriptors on exec (recvmsg(2)). Always set by this library.
        const MSG_CMSG_CLOEXEC = c::MSG_CMSG_CLOEXEC;
        /// Do not block, whatever the descriptor's mode: EAGAIN instead.
        const MSG_DONTWAIT = c::MSG_DONTWAIT;
        /// Read from the error queue.
        const MSG_ERRQUEUE = c::MSG_ERRQUEUE;
        /// Read the urgent byte.
        const MSG_OOB = c::MSG_OOB;
        /// Leave what is read in the queue.
        const MSG_PEEK = c::MSG_PEEK;
        /// Return the true length of the message, even when the buffer is shorter. On TCP: throw the
        /// bytes away and count them.
        const MSG_TRUNC = c::MSG_TRUNC;
        /// Block until the buffer is full, the stream ends, or a signal or an error comes.
        const MSG_WAITALL = c::MSG_WAITALL;
        /// Block for the first message only (recvmmsg(2)).
        const MSG_WAITFORONE = c::MSG_WAITFORONE;
        const _ = !0;
    }
}

bitflags! {
    /// What recvmsg(2) says of a message: `msg_flags`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
    pub struct MsgFlags: c_int {
        /// Passed descriptors are close-on-exec. This library always asks for it, and the kernel says so.
        const MSG_CMSG_CLOEXEC = c::MSG_CMSG_CLOEXEC;
        /// Control messages were lost: there was no room for them.
        const MSG_CTRUNC = c::MSG_CTRUNC;
        /// The end of a record.
        const MSG_EOR = c::MSG_EOR;
        /// It comes from the error queue.
        const MSG_ERRQUEUE = c::MSG_ERRQUEUE;
        /// The urgent byte.
        const MSG_OOB = c::MSG_OOB;
        /// Data was lost: the message was longer than the room for it.
        const MSG_TRUNC = c::MSG_TRUNC;
        const _ = !0;
    }
}

bitflags! {
    /// What [`poll`](crate::Socket::poll) asks for and answers.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
    pub struct PollFlags: c_short {
        /// A receive, or an accept, will not block.
        const POLLIN = c::POLLIN;
        /// There is urgent data.
        const POLLPRI = c::POLLPRI;
        /// A send will not block.
        const POLLOUT = c::POLLOUT;
        /// An error is pending, or the error queue is not empty. Answered unasked.
        const POLLERR = c::POLLERR;
        /// Both directions are shut down. Answered unasked.
        const POLLHUP = c::POLLHUP;
        /// The peer has shut down its sending direction.
        const POLLRDHUP = c::POLLRDHUP;
        /// The descriptor is not open. Answered unasked.
        const POLLNVAL = c::POLLNVAL;
        const _ = !0;
    }
}

bitflags! {
    /// What [`splice`](crate::splice) takes.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
    pub struct SpliceFlags: c_uint {
        /// Move pages instead of copying them, where that can be done. Does nothing since Linux 2.6.21.
        const SPLICE_F_MOVE = c::SPLICE_F_MOVE;
        /// Do not block on the pipe. A socket or a file may block all the same, unless it is non-blocking itself.
        const SPLICE_F_NONBLOCK = c::SPLICE_F_NONBLOCK;
        /// More is coming: as `MSG_MORE`, where the bytes go to a socket.
        const SPLICE_F_MORE = c::SPLICE_F_MORE;
        /// Does nothing in splice(2).
        const SPLICE_F_GIFT = c::SPLICE_F_GIFT;
        const _ = !0;
    }
}
