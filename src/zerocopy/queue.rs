//! The calls of a [`Zerocopy`](super::Zerocopy), and what they mean for what is in flight.

use super::flight::Flight;
use super::{Completion, ZerocopyError};
use crate::cmsg::{Control, ControlWriter};
use crate::error::{Errno, Result};
use crate::flags::SendFlags;
use crate::sys::{self, InAddr, InBuf, LastAct, RecvData, Wait, ZerocopyBuffer, c};
use crate::{ErrorEvent, Protocol, QueuedError, Socket, opt};

/// Sets SO_ZEROCOPY: is it there, and is it TCP?
pub(super) fn enable(socket: &Socket) -> Result<(bool, bool)> {
    let protocol = socket.getsockopt(opt::SO_PROTOCOL)?;
    let is_tcp = protocol == Protocol::IPPROTO_TCP;
    // Others that have the option (vsock, RDS) do not report every call that succeeds.
    if !is_tcp && protocol != Protocol::IPPROTO_UDP {
        return Ok((false, false));
    }
    match socket.getsockopt(opt::SO_ZEROCOPY) {
        Ok(true) => return Err(Errno::EBUSY),
        Ok(false) => {}
        // Before Linux 4.14.
        Err(Errno::ENOPROTOOPT) => return Ok((false, is_tcp)),
        Err(errno) => return Err(errno),
    }
    match socket.setsockopt(opt::SO_ZEROCOPY, true) {
        Ok(()) => Ok((true, is_tcp)),
        Err(Errno::EOPNOTSUPP | Errno::ENOPROTOOPT) => Ok((false, is_tcp)),
        Err(errno) => Err(errno),
    }
}

/// A socket and what is in flight on it.
pub(super) struct Queue<B: ZerocopyBuffer> {
    // In this order: what is in flight is seen to before the socket is closed.
    pub(super) flight: Flight<B>,
    pub(super) socket: Socket,
    is_zerocopy: bool,
    is_tcp: bool,
}

impl<B: ZerocopyBuffer> Queue<B> {
    pub(super) fn new(socket: Socket, flight: Flight<B>, is_zerocopy: bool, is_tcp: bool) -> Self {
        Queue { flight, socket, is_zerocopy, is_tcp }
    }

    pub(super) fn is_zerocopy(&self) -> bool {
        self.is_zerocopy && self.flight.counts()
    }

    /// The flags of a call, and whether the kernel counts it. It does not count an empty one; nor one with MSG_PROBE, so of flags
    /// without a name nobody can tell.
    fn flags(&self, flags: SendFlags, is_empty: bool) -> (i32, bool) {
        const ALL_COUNTED: i32 = c::MSG_CONFIRM
            | c::MSG_DONTROUTE
            | c::MSG_DONTWAIT
            | c::MSG_EOR
            | c::MSG_FASTOPEN
            | c::MSG_MORE
            | c::MSG_NOSIGNAL
            | c::MSG_OOB;
        let flags = flags.bits() & !c::MSG_ZEROCOPY;
        let counted = self.is_zerocopy() && !is_empty && flags & !ALL_COUNTED == 0;
        (if counted { flags | c::MSG_ZEROCOPY } else { flags }, counted)
    }

    pub(super) fn start_with(
        &mut self,
        buffer: B,
        to: InAddr<'_>,
        control: &ControlWriter<'_>,
        flags: SendFlags,
    ) -> core::result::Result<usize, ZerocopyError<B>> {
        if control.has_descriptors() && buffer.bytes().is_empty() {
            if let Err(errno) = self.socket.refuse_stream() {
                return Err(ZerocopyError::new(errno, buffer));
            }
        }
        self.start(buffer, to, control.sys(), flags)
    }

    pub(super) fn start(
        &mut self,
        buffer: B,
        to: InAddr<'_>,
        control: InBuf<'_>,
        flags: SendFlags,
    ) -> core::result::Result<usize, ZerocopyError<B>> {
        if self.flight.rest().is_some() {
            return Err(ZerocopyError::new(Errno::EALREADY, buffer));
        }
        if self.flight.is_full() {
            return Err(ZerocopyError::new(Errno::ENOBUFS, buffer));
        }
        let (flags, counted) = self.flags(flags, buffer.bytes().is_empty());
        match sys::sendmsg(self.socket.sys(), buffer.bytes(), to, control, flags) {
            Ok(n) => {
                self.flight.push(buffer, n, counted);
                Ok(n)
            }
            Err(error) => {
                let errno = Errno::from(error);
                self.failed(errno, counted);
                Err(ZerocopyError::new(errno, buffer))
            }
        }
    }

    pub(super) fn resume(&mut self, flags: SendFlags) -> Result<usize> {
        let Some(rest) = self.flight.rest() else { return Ok(0) };
        let (flags, counted) = self.flags(flags, false);
        match sys::send(self.socket.sys(), rest.into(), flags) {
            Ok(n) => {
                self.flight.took(n, counted);
                Ok(n)
            }
            Err(error) => {
                let errno = Errno::from(error);
                self.failed(errno, counted);
                Err(errno)
            }
        }
    }

    /// TCP takes the number of a call that fails back. A datagram can be lost after it was counted: in a full queue, in a filter, for a
    /// bad segment size.
    fn failed(&mut self, errno: Errno, counted: bool) {
        if counted && !self.is_tcp && !matches!(errno, Errno::EAGAIN | Errno::EINTR) {
            let late = self.can_fail_in_part(errno);
            self.flight.failed(late);
        }
    }

    /// Can it be that the kernel has cut the datagram into packets, and that the first of them are on their way? A queue that has no
    /// room for the next one says ENOBUFS where the socket has asked for such errors; devices, the others.
    #[cold]
    fn can_fail_in_part(&self, errno: Errno) -> bool {
        let is_set = |option| self.socket.getsockopt(option) == Ok(true);
        match errno {
            Errno::ENOBUFS => is_set(opt::IP_RECVERR) || is_set(opt::IPV6_RECVERR),
            Errno::ENOMEM | Errno::ENETDOWN => true,
            _ => false,
        }
    }

    pub(super) fn completed<D: RecvData>(
        &mut self,
        data: D,
        wait: Wait,
    ) -> Result<Option<Completion<B, D::Output>>> {
        if let Some(first) = self.flight.pop() {
            return Ok(Some(Completion::Buffer(first)));
        }
        let is_waiting = self.flight.is_waiting();
        if !is_waiting && !self.flight.is_doubtful() {
            return Ok(None);
        }
        let flight = &mut self.flight;
        let look = |control: sys::Control<'_>| match ErrorEvent::of(&Control::from_sys(control)) {
            ErrorEvent::Zerocopy { first, last, copied } if flight.complete(first, last, copied) => {
                flight.is_first_done().then_some(None)
            }
            other => Some(Some(other)),
        };
        // What is in doubt only is there already, or nobody knows when it comes.
        let wait = if is_waiting { wait } else { Wait::No };
        match sys::recv_error(self.socket.sys(), data, wait, look) {
            Ok(queued) => Ok(match queued.split() {
                (None, _) => self.flight.pop().map(Completion::Buffer),
                (Some(event), queued) => Some(Completion::Event(QueuedError::new(queued, event))),
            }),
            Err(error) => match Errno::from(error) {
                errno @ (Errno::EAGAIN | Errno::ETIMEDOUT) => {
                    self.flight.drained();
                    if is_waiting { Err(errno) } else { Ok(None) }
                }
                errno => Err(errno),
            },
        }
    }
}

impl<B: ZerocopyBuffer> LastAct for Queue<B> {
    /// What is known to be back need not leak.
    fn last_act(&mut self) {
        self.flight.abandon();
        while let Ok(Some(_)) = self.completed((), Wait::No) {}
    }
}
