//! recvmsg(2): bytes and control messages in.

use core::ffi::c_int;
use std::os::fd::OwnedFd;

use crate::cmsg::{self, Control};
use crate::error::{Errno, Result};
use crate::flags::{MsgFlags, RecvFlags};
use crate::sys::{self, RecvData};
use crate::{SockAddr, Socket};

/// What [`recvmsg`](Socket::recvmsg), or [`recvmmsg`](Socket::recvmmsg), has received.
///
/// `D` is what the room for data gives: see [`RecvData`]. `C` are the control messages, and own the descriptors that came with
/// them: [`Control`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Message<D, C, A = SockAddr> {
    /// The bytes that were received, where the room for them was one piece: see [`RecvData`].
    pub data: D,
    /// How many bytes were received.
    pub len: usize,
    /// What recvmsg(2) returned: with `MSG_TRUNC` among the flags of the call, the true length of the message, else `len`.
    pub true_len: usize,
    /// What the kernel says of the message.
    pub flags: MsgFlags,
    /// Who has sent it; [unnamed](SockAddr::is_unnamed) where the kernel does not say.
    pub addr: A,
    /// Its control messages.
    pub control: C,
}

impl<D, H: sys::Holder, A> Message<D, Control<'_, H>, A> {
    /// Takes out the descriptors of `SCM_RIGHTS` if there are exactly so many: neither fewer nor more, and no control message was
    /// lost.
    ///
    /// For protocols that say how many come: what a peer sends beyond that is not mistaken for something else.
    ///
    /// # Errors
    ///
    /// - `EBADMSG`: there are others. They stay where they are, and are closed with the message.
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use std::os::fd::AsFd;
    /// use sockets::cmsg::{self, ControlBuf, ControlWriter};
    /// use sockets::{Domain, Errno, Protocol, RecvFlags, SendFlags, Socket, Type};
    ///
    /// let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// let file = std::fs::File::open("/dev/null").unwrap();
    /// let mut room = ControlBuf::<{ cmsg::SCM_RIGHTS.space_of(2) }>::new();
    /// for fds in [&[file.as_fd(), file.as_fd()][..], &[file.as_fd()]] {
    ///     let mut control = ControlWriter::new(&mut room);
    ///     control.push(cmsg::SCM_RIGHTS, fds)?;
    ///     a.sendmsg(b"x", &control, SendFlags::empty())?;
    /// }
    /// let [first, second] = b.recvmsg((), &mut room, RecvFlags::empty())?.take_exact_fds()?;
    /// let too_few = b.recvmsg((), &mut room, RecvFlags::empty())?.take_exact_fds::<2>();
    /// assert_eq!(too_few.unwrap_err(), Errno::EBADMSG);
    /// # Ok(())
    /// # }
    /// ```
    pub fn take_exact_fds<const N: usize>(&mut self) -> Result<[OwnedFd; N]> {
        let come = self.control.iter().filter(|message| message.is(cmsg::SCM_RIGHTS));
        let count: usize = come.map(|message| message.data().len() / size_of::<c_int>()).sum();
        if self.is_control_truncated() || count != N {
            return Err(Errno::EBADMSG);
        }
        // Fewer if some were taken before: those that are left are closed here.
        sys::first(self.control.take_fds()).ok_or(Errno::EBADMSG)
    }
}

impl<D, C, A> Message<D, C, A> {
    /// Was data lost, because the message was longer than the room for it? (`MSG_TRUNC`.)
    #[inline]
    pub fn is_truncated(&self) -> bool {
        self.flags.contains(MsgFlags::MSG_TRUNC)
    }

    /// Were control messages lost, for want of room or of descriptors? (`MSG_CTRUNC`.)
    #[inline]
    pub fn is_control_truncated(&self) -> bool {
        self.flags.contains(MsgFlags::MSG_CTRUNC)
    }
}

impl Socket {
    /// recvmsg(2): receives data into one or several pieces of memory, with the address of the sender and control
    /// messages.
    ///
    /// `control` is room for the control messages: a [`ControlBuf`](crate::cmsg::ControlBuf) or any bytes; `&mut []` where none
    /// are wanted. What does not fit shows in [`Message::flags`].
    ///
    /// Differs from C: `MSG_CMSG_CLOEXEC` is always set, so descriptors that arrive are close-on-exec. They have an owner.
    /// Packet sockets refuse that flag (`EINVAL`), and are asked once more without it. (Without room for control messages nobody is asked
    /// with it.)
    ///
    /// # Errors
    ///
    /// - `EMSGSIZE`: more than 1024 pieces of memory.
    /// - `EAGAIN`: also with `MSG_ERRQUEUE` when there is nothing in the error queue, on a socket that blocks too. `AF_UNIX` has
    ///   no such queue, and does not look at the flag.
    /// - The errors of [`recv`](Socket::recv).
    ///
    /// ```
    /// # fn main() -> sockets::Result<()> {
    /// use std::io::IoSliceMut;
    /// use sockets::{Domain, MsgFlags, Protocol, RecvFlags, SendFlags, Socket, Type};
    ///
    /// let (a, b) = Socket::socketpair(Domain::AF_UNIX, Type::SOCK_DGRAM, Protocol::DEFAULT)?;
    /// a.send(b"headbody", SendFlags::empty())?;
    /// a.send(b"ten bytes!", SendFlags::empty())?;
    ///
    /// let (mut head, mut body) = ([0; 4], [0; 64]);
    /// let mut pieces = [IoSliceMut::new(&mut head), IoSliceMut::new(&mut body)];
    /// assert_eq!(b.recvmsg(&mut pieces, &mut [], RecvFlags::empty())?.len, 8);
    /// assert_eq!((&head, &body[..4]), (b"head", &b"body"[..]));
    ///
    /// let mut buf = [0; 4];
    /// let message = b.recvmsg(&mut buf, &mut [], RecvFlags::MSG_TRUNC)?;
    /// assert_eq!((&*message.data, message.true_len), (&b"ten "[..], 10));
    /// assert!(message.is_truncated());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [recvmsg(2)](https://man7.org/linux/man-pages/man2/recv.2.html)
    #[inline]
    pub fn recvmsg<'c, B: RecvData>(
        &self,
        data: B,
        control: &'c mut [u8],
        flags: RecvFlags,
    ) -> Result<Message<B::Output, Control<'c>>> {
        let received = sys::recvmsg(self.sys(), data, control, flags.bits())?;
        Ok(Message {
            data: received.data,
            len: received.n.min(received.room),
            true_len: received.n,
            flags: MsgFlags::from_bits_retain(received.flags),
            addr: SockAddr::from_sys(received.addr),
            control: Control::from_sys(received.control),
        })
    }
}
