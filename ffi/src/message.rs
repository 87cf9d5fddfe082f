//! Messages: sendmsg(2), recvmsg(2), sendmmsg(2), recvmmsg(2)

use libc::{c_int, c_uint, mmsghdr, msghdr, ssize_t, timespec};
use sockets::sys::{self, Fd};

use crate::ret;

/// sendmsg(2): sends data of several pieces, to an address, with control messages.
///
/// MSG_NOSIGNAL is always set. sockets_cmsg_push() writes control messages. With musl, which copies the structure
/// first, msg must be valid.
///
/// @param fd     the socket
/// @param msg    the message
/// @param flags  as for sockets_send()
/// @return the number of bytes that the kernel took, or
///   -EINVAL        a control message of an unknown type, or with a value out of range
///   -ENOBUFS       more control messages than net.core.optmem_max allows
///   -ETOOMANYREFS  more descriptors under way than may be open
///   -EMSGSIZE      more than 1024 pieces, or longer than one message can be
///   -EPERM         credentials that are not one's own; the receiver takes no descriptors
///   -EIO           UDP_SEGMENT on a path that cannot cut: sockets_send_segments_or_each()
///   and the errors of sockets_send() and sockets_sendto()
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_sendmsg(fd: c_int, msg: *const msghdr, flags: c_int) -> ssize_t {
    // SAFETY: the caller may use `fd`, or it is not open.
    let fd = unsafe { Fd::from_raw(fd) };
    // SAFETY: the kernel validates `msg`; the caller lets it read what is there.
    ret::size(unsafe { sys::sendmsg_raw(fd, msg, flags) })
}

/// recvmsg(2): receives data into several pieces of memory, with the sender's address and control messages.
///
/// MSG_CMSG_CLOEXEC is always set: descriptors that arrive are close-on-exec. They are open even if nobody looks at
/// them: sockets_cmsg_take_fds() takes them, sockets_cmsg_close_fds() closes the rest. The kernel also puts them into
/// what was meant to be padding. (A packet socket refuses that flag, and is asked again without it.) With musl, which looks
/// into the structure itself, msg must be valid.
///
/// @param fd     the socket
/// @param msg    where to put what; receives msg_namelen, msg_controllen and msg_flags, of which MSG_TRUNC says that
///               data was lost, MSG_CTRUNC that control messages were
/// @param flags  as for sockets_recv(), MSG_ERRQUEUE
/// @return the number of bytes, as for sockets_recv(), or
///   -EAGAIN    also with MSG_ERRQUEUE and nothing there, on a socket that blocks too
///   -EMSGSIZE  more than 1024 pieces
///   and the errors of sockets_recv()
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_recvmsg(fd: c_int, msg: *mut msghdr, flags: c_int) -> ssize_t {
    // SAFETY: the caller may use `fd`, or it is not open.
    let fd = unsafe { Fd::from_raw(fd) };
    // SAFETY: the kernel validates `msg`; the caller lets it write where that says.
    ret::size(unsafe { sys::recvmsg_raw(fd, msg, flags) })
}

/// sendmmsg(2): sends several messages.
///
/// MSG_NOSIGNAL is always set. The kernel takes 1024 messages at most. It stops at the first that fails, and keeps
/// silent about that if others have gone before: send the rest again to learn the error
/// (sockets_sendmmsg_all() goes on). musl makes a sendmsg(2) of each.
///
/// @param fd     the socket
/// @param msgs   the messages; receives in msg_len how many bytes of each were taken
/// @param count  how many
/// @param flags  as for sockets_send()
/// @return the number of messages that were sent, which can be less than count; or, if that would be 0, the errors of
///   sockets_sendmsg()
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_sendmmsg(
    fd: c_int,
    msgs: *mut mmsghdr,
    count: c_uint,
    flags: c_int,
) -> c_int {
    // SAFETY: the caller may use `fd`, or it is not open.
    let fd = unsafe { Fd::from_raw(fd) };
    // SAFETY: the kernel validates `msgs`; the caller lets it read what is there, and write the lengths.
    ret::int(unsafe { sys::sendmmsg_raw(fd, msgs, count, flags) })
}

/// recvmmsg(2): receives several messages.
///
/// MSG_CMSG_CLOEXEC is always set. Traps of the kernel:
///
///  - A blocking socket waits for all count messages. MSG_WAITFORONE waits for the first only, and that is what most
///    programs want.
///  - The timeout is looked at only when a message has come: without one the call waits for ever. Use
///    sockets_poll(), and MSG_DONTWAIT or MSG_WAITFORONE.
///  - An error or a signal after the first message ends the call with success. The next call on the socket then fails
///    with that error, also if it is a send (the signal as -EINTR, for which the kernel has 512).
///  - msg_namelen and msg_controllen come back as what was used. Before the next call they must be what there is
///    room for: sockets_mmsg_restore().
///
/// @param fd       the socket
/// @param msgs     where to put what; receives in msg_len the length of each
/// @param count    how many; the kernel fills 1024 at most
/// @param flags    as for sockets_recvmsg(), MSG_WAITFORONE
/// @param timeout  see above; receives what is left of it; or NULL. Its time_t is the one that the C library has without
///                 _TIME_BITS
/// @return the number of messages, or, if that would be 0, the errors of sockets_recvmsg()
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn sockets_recvmmsg(
    fd: c_int,
    msgs: *mut mmsghdr,
    count: c_uint,
    flags: c_int,
    timeout: *mut timespec,
) -> c_int {
    // SAFETY: the caller may use `fd`, or it is not open.
    let fd = unsafe { Fd::from_raw(fd) };
    // SAFETY: the kernel validates `msgs` and `timeout`; the caller lets it write where they say.
    ret::int(unsafe { sys::recvmmsg_raw(fd, msgs, count, flags, timeout) })
}
