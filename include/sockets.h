/*
 * sockets.h - the socket calls of Linux: TCP, UDP, Unix, raw and packet sockets.
 *
 * Version 0.1.0. Link with -lsockets. C99 or later, C++98 or later.
 *
 * A function whose name is sockets_ and that of a system call has exactly the arguments of that call,
 * and does what its manual page says. These things differ, for all of them:
 *
 *  - Results. A function returns a value >= 0, or the negative number of an error; errno is then set to
 *    the same, positive number. So perror("bind") works, and so does sockets_strerror(rc). Test for
 *    "rc < 0", never for "rc == -1".
 *  - Close-on-exec. Every descriptor that a function returns has FD_CLOEXEC set.
 *  - No SIGPIPE. Every send has MSG_NOSIGNAL set: sending to a closed peer is -EPIPE.
 *  - Nothing else is added. No call is repeated, so -EINTR and -EAGAIN arrive; nothing is allocated, locked,
 *    logged or kept. The functions that are more than one call say so in their first line.
 *
 * Pointers. The functions that call the system hand them to the kernel, which checks them: a NULL or
 * unmapped pointer is -EFAULT, a descriptor that is not open is -EBADF; what the kernel has written before it
 * found that out, it has written. The functions on addresses, errors and control messages and those that are more
 * than one call look at memory themselves: they check for NULL and for sizes over SSIZE_MAX, and write nothing on failure;
 * that a pointer which is not NULL is valid is up to the caller, there and where a parameter is called done. *len and
 * *fromlen are value-result, as in BSD: the room in, the length out, and that can be more than the room.
 *
 * Threads. Every function may be called in any thread at any time. Those that can block (connect, accept, send,
 * recv, poll, close, and what is made of them) are cancellation points where libc's are, unless they say otherwise;
 * those for names, interfaces and addresses are none. A thread that is cancelled while it waits in accept, recv,
 * recvfrom, recvmsg or poll has taken nothing and loses nothing (but for a race of glibc's own, seen with 2.36:
 * cancelled in the moment in which accept succeeds, it can lose that connection). Cancelled in connect, the attempt
 * goes on; in send_all, recv_exact and the functions for several messages, nobody knows how far they came; before close
 * has begun, the descriptor stays open. Better, wake a blocked thread with sockets_shutdown().
 *
 * Unknown flags, options, families and error numbers pass through, both ways.
 *
 * GENERATED from ffi/src; do not edit. To make it anew:
 *     SOCKETS_BLESS=1 cargo test -p libsockets-ffi --test header
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */

#ifndef SOCKETS_H
#define SOCKETS_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#define SOCKETS_VERSION_MAJOR 0
#define SOCKETS_VERSION_MINOR 1
#define SOCKETS_VERSION_PATCH 0
/* major << 16 | minor << 8 | patch: compare with sockets_version() */
#define SOCKETS_VERSION_NUMBER \
    (SOCKETS_VERSION_MAJOR << 16 | SOCKETS_VERSION_MINOR << 8 | SOCKETS_VERSION_PATCH)

/* The compiler warns where the result is thrown away. */
#if defined(__GNUC__) || defined(__clang__)
#define SOCKETS_MUST_CHECK __attribute__((warn_unused_result))
#else
#define SOCKETS_MUST_CHECK
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Declared by <sys/socket.h> and <time.h> where the program asks for them (_GNU_SOURCE). */
struct mmsghdr;
struct timespec;
struct ucred;
/* Declared by <linux/filter.h>. */
struct sock_filter;

/* ---- Creating and closing: socket(2), socketpair(2), close(2), dup(2) ---------- */

/** socket(2): creates a socket.
 *
 * The descriptor is close-on-exec (sockets_set_cloexec() changes that).
 *
 * @param domain    AF_INET, AF_INET6, AF_UNIX, AF_PACKET or any other family
 * @param type      SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET or SOCK_RAW; SOCK_NONBLOCK may be added
 * @param protocol  0, or a protocol of the family
 * @return the descriptor, or
 *   -EAFNOSUPPORT     no such family in this kernel
 *   -EINVAL           no such type, unknown flags, protocol out of range
 *   -ESOCKTNOSUPPORT  the family has no such type
 *   -EPROTONOSUPPORT  the family and type have no such protocol
 *   -EPERM            SOCK_RAW or AF_PACKET without CAP_NET_RAW
 *   -EACCES           an ICMP socket of SOCK_DGRAM outside net.ipv4.ping_group_range
 *   -EMFILE, -ENFILE  no descriptor left
 *   -ENOBUFS, -ENOMEM no memory
 */
int sockets_socket(int domain, int type, int protocol) SOCKETS_MUST_CHECK;

/** socketpair(2): creates two sockets that are connected with each other.
 *
 * Both descriptors are close-on-exec.
 *
 * @param domain    AF_UNIX
 * @param type      as for sockets_socket()
 * @param protocol  0
 * @param sv        receives the two descriptors; after a failure, numbers without a meaning
 * @return 0, or
 *   -EOPNOTSUPP  the family has no pairs
 *   -EFAULT      sv is not a valid pointer
 *   and the errors of sockets_socket()
 */
int sockets_socketpair(int domain, int type, int protocol, int sv[2]) SOCKETS_MUST_CHECK;

/** close(2): closes a descriptor.
 *
 * Never retried: the descriptor is gone, whatever the result. With SO_LINGER set the call can block,
 * also on a socket that is non-blocking.
 *
 * @param fd  the descriptor
 * @return 0, or
 *   -EBADF  not open
 *   -EINTR  a signal came; the descriptor is closed nevertheless
 */
int sockets_close(int fd);

/** dup(2): a second descriptor of the same socket, close-on-exec.
 *
 * The two share everything but the close-on-exec flag.
 *
 * @param fd  the descriptor
 * @return the new descriptor, or
 *   -EBADF   not open
 *   -EMFILE  no descriptor left
 */
int sockets_dup(int fd) SOCKETS_MUST_CHECK;

/* ---- The two names of a socket: bind(2), connect(2), getsockname(2), getpeername(2)  */

/** bind(2): gives the socket its own address.
 *
 * @param fd    the socket
 * @param addr  the address; port 0 asks for a free one
 * @param len   its length
 * @return 0, or
 *   -EADDRINUSE     taken; a path that exists
 *   -EADDRNOTAVAIL  not an address of this machine
 *   -EACCES         a port below 1024 without CAP_NET_BIND_SERVICE, or a directory that may not be written
 *   -EAFNOSUPPORT   an address of another family than the socket's
 *   -EINVAL         bound already, or the length is not one of the family's
 *   -ENOENT, -ENOTDIR, -EROFS, -ELOOP  the directory of the path, as for open(2)
 *   -EFAULT, -EBADF, -ENOTSOCK
 */
int sockets_bind(int fd, const struct sockaddr *addr, socklen_t len);

/** connect(2): connects to an address; on a datagram socket, sets the peer.
 *
 * After -EINTR or -EINPROGRESS the attempt goes on: wait for POLLOUT, then read SO_ERROR.
 * sockets_connect_timeout() does that.
 *
 * @param fd    the socket
 * @param addr  the address
 * @param len   its length
 * @return 0, or
 *   -ECONNREFUSED  nobody listens there
 *   -EINPROGRESS   non-blocking, or SO_SNDTIMEO is over: the attempt goes on
 *   -EINTR         a signal came: the attempt goes on
 *   -EALREADY      an earlier attempt goes on
 *   -EISCONN       connected already
 *   -ETIMEDOUT     no answer
 *   -ENETUNREACH, -EHOSTUNREACH  no route, or nobody there
 *   -EADDRNOTAVAIL no free port left, or not an address to connect to
 *   -EAGAIN        AF_UNIX, non-blocking or SO_SNDTIMEO is over: the listener's queue is full
 *   -ENOENT, -EACCES  AF_UNIX: no such path, or it may not be written
 *   -EPROTOTYPE    AF_UNIX: the socket there is of another type
 *   -EAFNOSUPPORT, -EINVAL  an address of another family than the socket's, or a bad length
 *   -EFAULT, -EBADF, -ENOTSOCK
 */
int sockets_connect(int fd, const struct sockaddr *addr, socklen_t len);

/** connect(2) with AF_UNSPEC: dissolves the association of a datagram socket, resets a TCP connection.
 *
 * @param fd  the socket
 * @return 0, or
 *   -EINVAL  the family has no such thing, as AF_UNIX streams
 *   -EBADF, -ENOTSOCK
 */
int sockets_disconnect(int fd);

/** getsockname(2): the socket's own address.
 *
 * @param fd    the socket
 * @param addr  receives the address, cut to *len bytes
 * @param len   in: the room at addr; out: the length of the address, also where that is more
 * @return 0, or
 *   -EINVAL  *len is negative when taken as an int
 *   -EFAULT, -EBADF, -ENOTSOCK
 */
int sockets_getsockname(int fd, struct sockaddr *addr, socklen_t *len);

/** getpeername(2): the address of the peer.
 *
 * @param fd    the socket
 * @param addr  receives the address, cut to *len bytes
 * @param len   in: the room at addr; out: the length of the address, also where that is more
 * @return 0, or
 *   -ENOTCONN  there is no peer
 *   -EINVAL    *len is negative when taken as an int
 *   -EFAULT, -EBADF, -ENOTSOCK
 */
int sockets_getpeername(int fd, struct sockaddr *addr, socklen_t *len);

/* ---- The server's side: listen(2), accept(2) ----------------------------------- */

/** The largest backlog that sockets_listen() takes: as much as net.core.somaxconn allows. */
#define SOCKETS_BACKLOG_MAX 2147483647

/** listen(2): takes connections in.
 *
 * @param fd       the socket
 * @param backlog  how many may wait; the kernel cuts it to net.core.somaxconn
 * @return 0, or
 *   -EOPNOTSUPP  the type has no connections, as SOCK_DGRAM
 *   -EINVAL      connected already; AF_UNIX: not bound
 *   -EADDRINUSE  another socket listens on the port
 *   -EBADF, -ENOTSOCK
 */
int sockets_listen(int fd, int backlog);

/** accept(2): takes the next connection.
 *
 * The new descriptor is close-on-exec, and blocks whatever the listener does.
 *
 * @param fd    the listener
 * @param addr  receives the address of the peer, cut to *len bytes; may be NULL
 * @param len   in: the room at addr; out: the length of the address; may be NULL if addr is
 * @return the descriptor, or
 *   -EAGAIN            non-blocking, or SO_RCVTIMEO is over: nobody waits
 *   -EMFILE, -ENFILE   no descriptor left; the connection is not lost, it waits
 *   -EINVAL            not a listener (any more); *len is negative when taken as an int
 *   -EOPNOTSUPP        the type has no connections
 *   -ECONNABORTED      the connection ended while it waited: go on with the next
 *   -EINTR             a signal came
 *   -ENOBUFS, -ENOMEM  no memory
 *   -EFAULT, -EBADF, -ENOTSOCK, and errors of the network (accept(2)): go on with the next
 */
int sockets_accept(int fd, struct sockaddr *addr, socklen_t *len) SOCKETS_MUST_CHECK;

/** accept4(2): as sockets_accept(), with flags for the new descriptor.
 *
 * @param fd     the listener
 * @param addr   receives the address of the peer, cut to *len bytes; may be NULL
 * @param len    in: the room at addr; out: the length of the address; may be NULL if addr is
 * @param flags  SOCK_NONBLOCK, SOCK_CLOEXEC (which is always set)
 * @return the descriptor, or
 *   -EINVAL  unknown flags
 *   and the errors of sockets_accept()
 */
int sockets_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
        SOCKETS_MUST_CHECK;

/* ---- Bytes out: send(2) -------------------------------------------------------- */

/** send(2): sends to the peer.
 *
 * MSG_NOSIGNAL is always set: a closed peer is -EPIPE, never SIGPIPE. A message goes whole or not at
 * all; a stream may take less than len (sockets_send_all() goes on).
 *
 * @param fd     the socket
 * @param buf    the bytes
 * @param len    how many
 * @param flags  MSG_DONTWAIT, MSG_MORE, MSG_OOB, ...
 * @return the number of bytes that the kernel took, or
 *   -EAGAIN        the send buffer is full, and the call must not block (longer)
 *   -EINTR         a signal came before anything was taken
 *   -EPIPE         the peer has gone, or this direction is shut down
 *   -ECONNRESET    the peer has reset the connection
 *   -ECONNREFUSED  a datagram sent earlier met nobody
 *   -EDESTADDRREQ, -ENOTCONN  no peer
 *   -EMSGSIZE      longer than one message can be
 *   -ENOBUFS, -ENOMEM  no memory, or the interface's queue is full
 *   -EOPNOTSUPP    a flag that the type does not have
 *   -EFAULT, -EBADF, -ENOTSOCK
 */
ssize_t sockets_send(int fd, const void *buf, size_t len, int flags);

/** sendto(2): sends to an address.
 *
 * MSG_NOSIGNAL is always set.
 *
 * @param fd     the socket
 * @param buf    the bytes
 * @param len    how many
 * @param flags  as for sockets_send()
 * @param to     the address; NULL for the peer
 * @param tolen  its length
 * @return the number of bytes that the kernel took, or
 *   -EISCONN  connected, and the type does not let a send choose another peer
 *   -EACCES   a broadcast address without SO_BROADCAST, or a route that prohibits it
 *   -ENETUNREACH, -EHOSTUNREACH  no route
 *   -EAFNOSUPPORT, -EINVAL  an address of another family than the socket's, or a bad length
 *   and the errors of sockets_send()
 */
ssize_t sockets_sendto(int fd, const void *buf, size_t len, int flags,
        const struct sockaddr *to, socklen_t tolen);

/* ---- Bytes in: recv(2) --------------------------------------------------------- */

/** recv(2): receives.
 *
 * @param fd     the socket
 * @param buf    receives the bytes
 * @param len    the room there
 * @param flags  MSG_PEEK, MSG_DONTWAIT, MSG_WAITALL, MSG_OOB, MSG_TRUNC, ...
 * @return the number of bytes (with MSG_TRUNC the true length of the message, which can be more than
 *   len); on a stream 0 is the end; or
 *   -EAGAIN        nothing there, and the call must not block (longer)
 *   -EINTR         a signal came before any byte
 *   -ECONNRESET    the peer has reset the connection
 *   -ECONNREFUSED  a datagram sent earlier met nobody
 *   -ENOTCONN      a stream without a peer
 *   -EINVAL        MSG_OOB without urgent data
 *   -EOPNOTSUPP    a flag that the type does not have
 *   -EFAULT, -EBADF, -ENOTSOCK
 */
ssize_t sockets_recv(int fd, void *buf, size_t len, int flags);

/** recvfrom(2): as sockets_recv(), and the address of the sender.
 *
 * @param fd       the socket
 * @param buf      receives the bytes
 * @param len      the room there
 * @param flags    as for sockets_recv()
 * @param from     receives the address, cut to *fromlen bytes; may be NULL
 * @param fromlen  in: the room at from; out: the length of the address, 0 if there is none (a connected
 *                 TCP stream, an AF_UNIX sender without a name); may be NULL if from is
 * @return as for sockets_recv(), or
 *   -EINVAL  *fromlen is negative when taken as an int
 */
ssize_t sockets_recvfrom(int fd, void *buf, size_t len, int flags, struct sockaddr *from,
        socklen_t *fromlen);

/* ---- Messages: sendmsg(2), recvmsg(2), sendmmsg(2), recvmmsg(2) ---------------- */

/** sendmsg(2): sends data of several pieces, to an address, with control messages.
 *
 * MSG_NOSIGNAL is always set. sockets_cmsg_push() writes control messages. With musl, which copies the structure
 * first, msg must be valid.
 *
 * @param fd     the socket
 * @param msg    the message
 * @param flags  as for sockets_send()
 * @return the number of bytes that the kernel took, or
 *   -EINVAL        a control message of an unknown type, or with a value out of range
 *   -ENOBUFS       more control messages than net.core.optmem_max allows
 *   -ETOOMANYREFS  more descriptors under way than may be open
 *   -EMSGSIZE      more than 1024 pieces, or longer than one message can be
 *   -EPERM         credentials that are not one's own; the receiver takes no descriptors
 *   -EIO           UDP_SEGMENT on a path that cannot cut: sockets_send_segments_or_each()
 *   and the errors of sockets_send() and sockets_sendto()
 */
ssize_t sockets_sendmsg(int fd, const struct msghdr *msg, int flags);

/** recvmsg(2): receives data into several pieces of memory, with the sender's address and control messages.
 *
 * MSG_CMSG_CLOEXEC is always set: descriptors that arrive are close-on-exec. They are open even if nobody looks at
 * them: sockets_cmsg_take_fds() takes them, sockets_cmsg_close_fds() closes the rest. The kernel also puts them into
 * what was meant to be padding. (A packet socket refuses that flag, and is asked again without it.) With musl, which looks
 * into the structure itself, msg must be valid.
 *
 * @param fd     the socket
 * @param msg    where to put what; receives msg_namelen, msg_controllen and msg_flags, of which MSG_TRUNC says that
 *               data was lost, MSG_CTRUNC that control messages were
 * @param flags  as for sockets_recv(), MSG_ERRQUEUE
 * @return the number of bytes, as for sockets_recv(), or
 *   -EAGAIN    also with MSG_ERRQUEUE and nothing there, on a socket that blocks too
 *   -EMSGSIZE  more than 1024 pieces
 *   and the errors of sockets_recv()
 */
ssize_t sockets_recvmsg(int fd, struct msghdr *msg, int flags);

/** sendmmsg(2): sends several messages.
 *
 * MSG_NOSIGNAL is always set. The kernel takes 1024 messages at most. It stops at the first that fails, and keeps
 * silent about that if others have gone before: send the rest again to learn the error
 * (sockets_sendmmsg_all() goes on). musl makes a sendmsg(2) of each.
 *
 * @param fd     the socket
 * @param msgs   the messages; receives in msg_len how many bytes of each were taken
 * @param count  how many
 * @param flags  as for sockets_send()
 * @return the number of messages that were sent, which can be less than count; or, if that would be 0, the errors of
 *   sockets_sendmsg()
 */
int sockets_sendmmsg(int fd, struct mmsghdr *msgs, unsigned int count, int flags);

/** recvmmsg(2): receives several messages.
 *
 * MSG_CMSG_CLOEXEC is always set. Traps of the kernel:
 *
 *  - A blocking socket waits for all count messages. MSG_WAITFORONE waits for the first only, and that is what most
 *    programs want.
 *  - The timeout is looked at only when a message has come: without one the call waits for ever. Use
 *    sockets_poll(), and MSG_DONTWAIT or MSG_WAITFORONE.
 *  - An error or a signal after the first message ends the call with success. The next call on the socket then fails
 *    with that error, also if it is a send (the signal as -EINTR, for which the kernel has 512).
 *  - msg_namelen and msg_controllen come back as what was used. Before the next call they must be what there is
 *    room for: sockets_mmsg_restore().
 *
 * @param fd       the socket
 * @param msgs     where to put what; receives in msg_len the length of each
 * @param count    how many; the kernel fills 1024 at most
 * @param flags    as for sockets_recvmsg(), MSG_WAITFORONE
 * @param timeout  see above; receives what is left of it; or NULL. Its time_t is the one that the C library has without
 *                 _TIME_BITS
 * @return the number of messages, or, if that would be 0, the errors of sockets_recvmsg()
 */
int sockets_recvmmsg(int fd, struct mmsghdr *msgs, unsigned int count, int flags,
        struct timespec *timeout);

/* ---- Control messages: what CMSG_NXTHDR leaves to the caller ------------------- */

/** A control message, as sockets_cmsg_next() finds it. */
struct sockets_cmsg {
    /** SOL_SOCKET, IPPROTO_IP, ... */
    int level;
    /** SCM_RIGHTS, IP_PKTINFO, ... */
    int type;
    /** The data, in the memory of the message. It has no alignment: memcpy(3) it. */
    const void *data;
    /** How many bytes of data there are. */
    size_t len;
    /** 1 if the header says that there is more data than there is memory, else 0. */
    int is_cut;
};

/** CMSG_SPACE: the room that a control message takes.
 *
 * In a constant, as the size of an array, CMSG_SPACE does it.
 *
 * @param len  how many bytes of data it has
 * @return the room; SIZE_MAX if len is more than memory has
 */
size_t sockets_cmsg_space(size_t len) SOCKETS_MUST_CHECK;

/** Writes a control message behind those that a message has already.
 *
 *   union { char bytes[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } control;
 *   msg.msg_control = &control;
 *   msg.msg_controllen = 0;
 *   rc = sockets_cmsg_push(&msg, sizeof(control), IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
 *
 * The memory needs no alignment, and need not be zero. Descriptors in SCM_RIGHTS stay the caller's.
 *
 * @param msg    the message: msg_control is the memory, msg_controllen what is in use of it, and is raised
 * @param room   how many bytes there are at msg_control
 * @param level  SOL_SOCKET, IPPROTO_IP, ...
 * @param type   SCM_RIGHTS, IP_PKTINFO, ...
 * @param data   the data; may be NULL if len is 0
 * @param len    how many bytes of it
 * @return 0, or, with nothing changed,
 *   -ENOBUFS  no room
 *   -EINVAL   room or len is more than SSIZE_MAX, or msg_controllen more than room
 *   -EFAULT   a NULL pointer
 */
int sockets_cmsg_push(struct msghdr *msg, size_t room, int level, int type,
        const void *data, size_t len) SOCKETS_MUST_CHECK;

/** The same with a number, in as many bytes as the kernel wants: 2 for UDP_SEGMENT, 1 for TLS_SET_RECORD_TYPE, 8 for
 * SCM_TXTIME, 4 for all others. In host order: IPV6_FLOWINFO is turned round.
 *
 * @param msg    as for sockets_cmsg_push()
 * @param room   as for sockets_cmsg_push()
 * @param level  SOL_SOCKET, IPPROTO_IP, ...
 * @param type   IP_TTL, IPV6_TCLASS, UDP_SEGMENT, ...
 * @param value  the number
 * @return 0, or, with nothing changed,
 *   -EINVAL  the number does not fit
 *   and the errors of sockets_cmsg_push()
 */
int sockets_cmsg_push_int(struct msghdr *msg, size_t room, int level, int type,
        int64_t value) SOCKETS_MUST_CHECK;

/** Gives the control messages of a message one by one.
 *
 *   struct sockets_cmsg cmsg;
 *   size_t at = 0;
 *   while (sockets_cmsg_next(&msg, &at, &cmsg) > 0)
 *       ...
 *
 * What CMSG_FIRSTHDR and CMSG_NXTHDR do, for any bytes and any alignment: nothing outside of them is read. It ends at the
 * first header that is not whole, or that says that the message is shorter than its header.
 *
 * @param msg  the message: msg_control and msg_controllen are looked at
 * @param at   0 for the first; receives where the next one is
 * @param out  receives the control message
 * @return 1; 0 at the end, where nothing is written; or
 *   -EINVAL  msg_controllen is more than SSIZE_MAX
 *   -EFAULT  a NULL pointer
 */
int sockets_cmsg_next(const struct msghdr *msg, size_t *at, struct sockets_cmsg *out)
        SOCKETS_MUST_CHECK;

/** Copies the data of the first control message of a level and type.
 *
 * A descriptor that is copied so (SCM_PIDFD) is there twice: sockets_cmsg_take_pidfd() moves it.
 *
 * @param msg    the message
 * @param level  SOL_SOCKET, IPPROTO_IP, ...
 * @param type   SCM_CREDENTIALS, IP_PKTINFO, ...
 * @param value  receives the first size bytes of the data; untouched on failure
 * @param size   how many bytes are wanted
 * @return 0, or
 *   -ENOENT    there is no such message
 *   -EMSGSIZE  it has less data than that
 *   -EINVAL    size or msg_controllen is more than SSIZE_MAX
 *   -EFAULT    a NULL pointer
 */
int sockets_cmsg_get(const struct msghdr *msg, int level, int type, void *value,
        size_t size) SOCKETS_MUST_CHECK;

/** The number in the first control message of a level and type, whichever size it has: IP_TOS comes as one byte,
 * IPV6_TCLASS and UDP_GRO as an int. In host order: IPV6_FLOWINFO is turned round.
 *
 * @param msg    the message
 * @param level  SOL_SOCKET, IPPROTO_IP, ...
 * @param type   IP_TTL, IP_TOS, UDP_GRO, SO_RXQ_OVFL, ...
 * @param value  receives the number; an unsigned int of 2147483648 or more is negative as int, cast it back
 * @return 0, or
 *   -ENOENT    there is no such message
 *   -EMSGSIZE  it holds no number: its data has not 1, 2 or 4 bytes
 *   -EINVAL    msg_controllen is more than SSIZE_MAX
 *   -EFAULT    a NULL pointer
 */
int sockets_cmsg_get_int(const struct msghdr *msg, int level, int type, int *value)
        SOCKETS_MUST_CHECK;

/* ---- The control messages that the library knows ------------------------------- */

/** It can be sent. */
#define SOCKETS_CMSG_SEND 1

/** It can be received. */
#define SOCKETS_CMSG_RECV 2

/** A control message, as the library knows it. All text ends with a NUL. */
struct sockets_cmsg_info {
    /** The name: "IP_PKTINFO". */
    char name[32];
    /** The name of the level: "IPPROTO_IP". */
    char level_name[24];
    /** The C type of the data: "int", "struct in_pktinfo". */
    char type_name[40];
    /** The kernel that brought it, if that is younger than 5.4: "6.5". Or "". */
    char since[8];
    /** cmsg_level. */
    int level;
    /** cmsg_type. */
    int type;
    /** SOCKETS_CMSG_SEND | SOCKETS_CMSG_RECV. */
    int direction;
    /** The most bytes of data that it has; without a fixed size, the most that are useful. */
    unsigned int size;
};

/** Gives the control messages that have a name, one by one, level by level.
 *
 * @param index  0 for the first
 * @param out    receives what is known of it; untouched on failure
 * @return 0, or
 *   -ENOENT  there are no more
 *   -EFAULT  a NULL pointer
 */
int sockets_cmsg_info_at(size_t index, struct sockets_cmsg_info *out) SOCKETS_MUST_CHECK;

/** Finds a control message by its name.
 *
 * @param name  the name: "IP_PKTINFO"
 * @param out   receives what is known of it; untouched on failure
 * @return 0, or
 *   -ENOENT  there is none of that name
 *   -EFAULT  a NULL pointer
 */
int sockets_cmsg_info_find(const char *name, struct sockets_cmsg_info *out)
        SOCKETS_MUST_CHECK;

/** The name of a control message: "IP_PKTINFO".
 *
 * The string is constant: nothing to free, and safe in every thread.
 *
 * @param level  its level
 * @param type   its type
 * @return the name; where one number has two, that of what is received; or NULL
 */
const char *sockets_cmsg_name(int level, int type) SOCKETS_MUST_CHECK;

/* ---- Descriptors to another process: SCM_RIGHTS, SCM_CREDENTIALS, SCM_PIDFD ---- */

/** sendmsg(2) with SCM_RIGHTS: sends descriptors, and data with them, over an AF_UNIX socket.
 *
 * The receiver gets duplicates; the caller keeps its own, and may close them at once. Of a stream the descriptors come
 * with the first byte. A call without data on a stream is refused, because there the kernel would drop the descriptors and
 * report success; only for that case getsockopt(2) SO_TYPE is called first. A socket of another family drops them, too,
 * and that is not looked at. MSG_NOSIGNAL is always set.
 *
 * @param fd     the socket
 * @param buf    the bytes
 * @param len    how many
 * @param flags  as for sockets_send()
 * @param fds    the descriptors; may be NULL if nfds is 0
 * @param nfds   how many, 253 at most
 * @return the number of bytes that the kernel took (if it is not negative, all descriptors are sent), or
 *   -EINVAL        more than 253 descriptors, or descriptors without data on a stream
 *   -EBADF         fd or one of fds is not open
 *   -ETOOMANYREFS  more descriptors under way than may be open (RLIMIT_NOFILE)
 *   -EPERM         the receiver takes none (SO_PASSRIGHTS)
 *   -EFAULT        a NULL pointer
 *   and the errors of sockets_send()
 */
ssize_t sockets_send_fds(int fd, const void *buf, size_t len, int flags, const int *fds,
        size_t nfds) SOCKETS_MUST_CHECK;

/** recvmsg(2) with SCM_RIGHTS: receives descriptors, and data with them.
 *
 * They are close-on-exec, and the caller's to close. What the kernel installs and fds has no room for is closed, and the
 * descriptor of SO_PASSPIDFD too. With MSG_PEEK they are duplicates, which come again. If the thread is cancelled while it
 * waits, nothing was received.
 *
 * Who has sent the message, the kernel says if SO_PASSCRED is set, and vouches for it. On a connection the option must be set
 * before the message is sent.
 *
 * @param fd         the socket
 * @param buf        receives the bytes
 * @param len        the room there
 * @param flags      as for sockets_recv()
 * @param fds        receives the descriptors; may be NULL if *nfds is 0
 * @param nfds       in: the room at fds; out: how many came, never more than that. Untouched on failure
 * @param sender     receives who has sent them (SCM_CREDENTIALS); where nobody says, pid 0, uid and gid -1. Untouched on
 *                   failure; or NULL
 * @param msg_flags  receives msg_flags: MSG_TRUNC, MSG_EOR, ...; MSG_CTRUNC if descriptors were lost, for want of room or
 *                   because too many are open (RLIMIT_NOFILE). Untouched on failure; or NULL
 * @return the number of bytes, as for sockets_recv(), or
 *   -EINVAL  *nfds is more than memory has
 *   -EFAULT  a NULL pointer
 *   and the errors of sockets_recv()
 */
ssize_t sockets_recv_fds(int fd, void *buf, size_t len, int flags, int *fds, size_t *nfds,
        struct ucred *sender, int *msg_flags) SOCKETS_MUST_CHECK;

/** Takes the descriptors of SCM_RIGHTS out of a message that was received: -1 stands in their place then.
 *
 * @param msg    the message
 * @param fds    receives them, in their order; must not overlap with the message
 * @param count  the room there; those that have none stay where they are, and can be taken later
 * @return how many were taken, 0 if there are none, or
 *   -EINVAL  count is more than memory has, or msg_controllen more than SSIZE_MAX
 *   -EFAULT  a NULL pointer
 */
int sockets_cmsg_take_fds(const struct msghdr *msg, int *fds, size_t count)
        SOCKETS_MUST_CHECK;

/** Takes the descriptor of the sending process (SCM_PIDFD), which SO_PASSPIDFD asks for, out of a message that was
 * received: -1 stands in its place then.
 *
 * @param msg  the message
 * @return the descriptor, or
 *   -ENOENT  there is none
 *   -ESRCH, -EINVAL  the process has ended, and the kernel could make no descriptor
 *   -EMFILE, -ENFILE  no descriptor left
 *   -EINVAL  msg_controllen is more than SSIZE_MAX
 *   -EFAULT  a NULL pointer
 */
int sockets_cmsg_take_pidfd(const struct msghdr *msg) SOCKETS_MUST_CHECK;

/** Closes the descriptors (SCM_RIGHTS, SCM_PIDFD) that nobody has taken out of a message that was received: -1 stands in
 * their place then. Not a cancellation point.
 *
 * To be called after each recvmsg() of an AF_UNIX socket that has succeeded, also where no descriptors are expected: the peer
 * decides what comes. (Before that, the memory holds anything.) Without room for control messages none come.
 *
 * @param msg  the message, or NULL
 * @return how many were closed, or
 *   -EINVAL  msg_controllen is more than SSIZE_MAX
 *   -EFAULT  msg_control is NULL, and msg_controllen is not 0
 */
int sockets_cmsg_close_fds(const struct msghdr *msg);

/* ---- Batches: memory for sendmmsg(2) and recvmmsg(2) --------------------------- */

/** Lays messages out over memory, for sockets_recvmmsg(): each has one piece of data, room for an address, and room for
 * control messages.
 *
 *   static struct mmsghdr msgs[32];
 *   static struct iovec iov[32];
 *   static struct sockaddr_storage names[32];
 *   static char data[32][1500], control[32][64];
 *   rc = sockets_mmsg_prepare(msgs, 32, iov, data, 1500, names, control, 64);
 *
 * The pieces and the control messages lie one behind the other. The memory is not touched, only msgs and iov are.
 *
 * @param msgs          receives the messages
 * @param count         how many
 * @param iov           receives their pieces: as many
 * @param data          the memory for data: count times data_each bytes; may be NULL if there are none
 * @param data_each     how many bytes of data each has room for
 * @param names         room for the addresses: as many; or NULL
 * @param control       the memory for control messages: count times control_each bytes; may be NULL if there are none
 * @param control_each  how many bytes of control messages each has room for; best a multiple of sizeof(size_t)
 * @return 0, or
 *   -EINVAL  more than memory has
 *   -EFAULT  a NULL pointer
 */
int sockets_mmsg_prepare(struct mmsghdr *msgs, unsigned int count, struct iovec *iov,
        void *data, size_t data_each, struct sockaddr_storage *names, void *control,
        size_t control_each) SOCKETS_MUST_CHECK;

/** Makes messages ready to receive once more.
 *
 * The kernel leaves in msg_namelen and msg_controllen what it has used, and takes them for the room the next time: what is
 * longer would be cut then. To be called before each sockets_recvmmsg() but the first, for as many messages as the last one
 * has filled. Descriptors in them are not closed: sockets_cmsg_close_fds().
 *
 * @param msgs          the messages, as sockets_mmsg_prepare() made them
 * @param count         how many
 * @param control_each  as it was given there
 * @return 0, or
 *   -EINVAL  more than memory has
 *   -EFAULT  a NULL pointer
 */
int sockets_mmsg_restore(struct mmsghdr *msgs, unsigned int count, size_t control_each);

/** sendmmsg(2) until all messages are sent. For datagrams: of what goes into a stream a part may be taken.
 *
 * -EINTR does not end it.
 *
 * @param fd     the socket
 * @param msgs   the messages; receives in msg_len how many bytes of each were taken
 * @param count  how many; 0 makes no call
 * @param flags  as for sockets_send()
 * @param done   receives how many were sent, also after an error: the next one is that which failed; NULL, or valid: it
 *               is written by the library, not by the kernel
 * @return 0, or
 *   -EAGAIN  non-blocking: wait for POLLOUT, then go on behind *done
 *   and the errors of sockets_sendmsg()
 */
int sockets_sendmmsg_all(int fd, struct mmsghdr *msgs, unsigned int count, int flags,
        unsigned int *done) SOCKETS_MUST_CHECK;

/* ---- Datagrams as one: UDP_SEGMENT, UDP_GRO ------------------------------------ */

/** sendmsg(2) with UDP_SEGMENT: sends data that the kernel cuts into datagrams.
 *
 * One call instead of many, and most of the work is done once. sockets_opt_supported(IPPROTO_UDP, UDP_SEGMENT) tells
 * whether the kernel can do it. MSG_NOSIGNAL is always set.
 *
 * @param fd       the socket
 * @param buf      the bytes
 * @param len      how many: of all datagrams together 65507 at most
 * @param segment  the size of each datagram but the last, which may be shorter; 128 at most (before Linux 6.10, 64)
 * @param flags    as for sockets_send()
 * @param to       the address; NULL for the peer
 * @param tolen    its length
 * @return the number of bytes that the kernel took, or
 *   -EINVAL    a segment of 0 bytes or of more than 65535; too many segments; a socket that computes no checksums (SO_NO_CHECK)
 *   -EMSGSIZE  too long in all; a segment that does not fit into a packet of the path (-EINVAL in older kernels)
 *   -EIO       an interface that leaves checksums to nobody, IPsec, UDP-Lite
 *   and the errors of sockets_sendto()
 */
ssize_t sockets_send_segments(int fd, const void *buf, size_t len, size_t segment,
        int flags, const struct sockaddr *to, socklen_t tolen);

/** sendmsg(2) with UDP_SEGMENT, or where that is refused, sendto(2) for each datagram.
 *
 * What makes it go on is -EIO, -EINVAL and -EMSGSIZE (sockets_send_segments() says when they come): nothing has been sent
 * then, and single datagrams may be.
 *
 * @param fd       the socket
 * @param buf      the bytes
 * @param len      how many
 * @param segment  the size of each datagram but the last, which may be shorter
 * @param flags    as for sockets_send()
 * @param to       the address; NULL for the peer
 * @param tolen    its length
 * @param done     receives how many bytes were sent, also after an error; NULL, or valid: it is written by the library, not
 *                 by the kernel
 * @return 1 if the kernel has cut; 0 if each went by itself, so that the next call on this path may spare itself the attempt;
 *   or
 *   -EINVAL  a segment of 0 bytes or of more than 65535; len is more than SSIZE_MAX
 *   -EINTR, -EAGAIN  after the datagrams that *done counts
 *   and the errors of sockets_sendto()
 */
int sockets_send_segments_or_each(int fd, const void *buf, size_t len, size_t segment,
        int flags, const struct sockaddr *to, socklen_t tolen, size_t *done)
        SOCKETS_MUST_CHECK;

/** Where the datagrams are in a message that was received with UDP_GRO.
 *
 *   struct iovec datagrams[128];
 *   n = sockets_segments(&msg, len, datagrams, 128);
 *
 * All of them came from the address of the message, with its control messages. A message that was not joined is its own only
 * datagram. If the room was too short (MSG_TRUNC), the last datagrams are missing, and the last that is there may be cut.
 *
 * @param msg        the message, whose data is in one piece
 * @param len        what recvmsg() returned, or msg_len of recvmmsg()
 * @param datagrams  receives where each is, and its length, as many as there is room for; may be NULL if count is 0
 * @param count      the room there: the kernel joins 128 at most
 * @return how many datagrams there are (more than count: some had no room), or, with nothing written,
 *   -EINVAL  the data is not in one piece; msg_controllen, the length of the piece or count is more than memory has
 *   -EFAULT  a NULL pointer
 */
int sockets_segments(const struct msghdr *msg, size_t len, struct iovec *datagrams,
        size_t count) SOCKETS_MUST_CHECK;

/* ---- Bytes that stay in the kernel: sendfile(2), splice(2) --------------------- */

/** sendfile(2), between two of pthread_sigmask(3): sends bytes of a file.
 *
 * There is no SIGPIPE. The call has no flag for that, so the signal is blocked for this thread meanwhile, and
 * sigtimedwait(2) takes it away after a call that was cut short; where the caller blocks it anyway, sigpending(2) is asked
 * first, so that one that was pending stays. Not a cancellation point.
 *
 * @param out_fd  the socket
 * @param in_fd   the file
 * @param offset  where to begin; receives where to go on, and the position of the file stays; NULL is from its position on
 * @param count   how many bytes; a call moves 2 GiB at most
 * @return the number of bytes that were sent, which can be less; 0 is the end of the file; or
 *   -EAGAIN     non-blocking, and the send buffer is full
 *   -EINVAL     a file that cannot be read this way; count is more than SSIZE_MAX; a negative offset
 *   -EOVERFLOW  an offset beyond what a file can have
 *   -ESPIPE     an offset, and a file that has none
 *   -EIO        the file could not be read
 *   -EBADF      in_fd is not open for reading, or out_fd is not open
 *   -EFAULT     and the errors of sockets_send()
 */
ssize_t sockets_sendfile(int out_fd, int in_fd, int64_t *offset, size_t count);

/** sendfile(2) until all is sent, each between two of pthread_sigmask(3).
 *
 * -EINTR does not end it. No SIGPIPE, and no cancellation point, as sockets_sendfile().
 *
 * @param out_fd  the socket
 * @param in_fd   the file
 * @param offset  as for sockets_sendfile(): after an error it is where to go on
 * @param count   how many bytes
 * @param done    receives how many were sent, also after an error; NULL, or valid: it is written by the library, not by
 *                the kernel
 * @return 0, or
 *   -ENODATA  the file ended before
 *   -EINVAL   count is more than SSIZE_MAX
 *   -EAGAIN   non-blocking: wait for POLLOUT, then go on with what is left
 *   and the errors of sockets_sendfile()
 */
int sockets_sendfile_all(int out_fd, int in_fd, int64_t *offset, size_t count,
        size_t *done) SOCKETS_MUST_CHECK;

/** splice(2), between two of pthread_sigmask(3): moves bytes from one descriptor to another, of which one is a pipe.
 *
 * From a socket to another goes by way of a pipe, in two calls. No SIGPIPE, neither of a stream nor of a pipe that nobody
 * reads, and no cancellation point, as sockets_sendfile().
 *
 * @param fd_in    where from
 * @param off_in   where to begin, for a file; receives where to go on; NULL for sockets, pipes and from the file's position on
 * @param fd_out   where to
 * @param off_out  the same for that
 * @param len      how many bytes; a call moves 2 GiB at most
 * @param flags    SPLICE_F_NONBLOCK, SPLICE_F_MORE, SPLICE_F_MOVE
 * @return the number of bytes that were moved, which can be less; 0 is the end of what fd_in has; or
 *   -EAGAIN  non-blocking: nothing to read, or no room
 *   -EINVAL  neither is a pipe, or both are the same; a file opened to append; unknown flags
 *   -ESPIPE  an offset, and a socket or a pipe
 *   -EBADF   not open for reading, or for writing
 *   -EFAULT  and the errors of sockets_send() and sockets_recv()
 */
ssize_t sockets_splice(int fd_in, int64_t *off_in, int fd_out, int64_t *off_out,
        size_t len, unsigned int flags);

/* ---- The end of one direction: shutdown(2) ------------------------------------- */

/** shutdown(2): ends one or both directions of a connection, for every descriptor of the socket.
 *
 * It also wakes threads that block on the socket: a receive returns 0, an accept -EINVAL.
 *
 * @param fd   the socket
 * @param how  SHUT_RD, SHUT_WR or SHUT_RDWR
 * @return 0, or
 *   -ENOTCONN  not connected (blocked threads are woken nevertheless)
 *   -EINVAL    no such direction
 *   -EBADF, -ENOTSOCK
 */
int sockets_shutdown(int fd, int how);

/* ---- Waiting: poll(2) ---------------------------------------------------------- */

/** poll(2): waits for events on descriptors.
 *
 * @param fds      what to wait for; receives what there is
 * @param nfds     how many
 * @param timeout  in milliseconds; negative waits for ever
 * @return how many of fds have events, 0 if the time is over, or
 *   -EINTR   a signal came
 *   -EINVAL  nfds is over RLIMIT_NOFILE
 *   -ENOMEM  no memory
 *   -EFAULT
 */
int sockets_poll(struct pollfd *fds, nfds_t nfds, int timeout);

/* ---- The flags of a descriptor: fcntl(2) --------------------------------------- */

/** fcntl(2) F_GETFL: is O_NONBLOCK set?
 *
 * @param fd  the descriptor
 * @return 1 or 0, or
 *   -EBADF
 */
int sockets_nonblocking(int fd) SOCKETS_MUST_CHECK;

/** ioctl(2) FIONBIO: sets or clears O_NONBLOCK, and touches no other flag.
 *
 * @param fd  the descriptor
 * @param on  0 clears it, everything else sets it
 * @return 0, or
 *   -EBADF
 */
int sockets_set_nonblocking(int fd, int on);

/** fcntl(2) F_GETFD: is FD_CLOEXEC set?
 *
 * @param fd  the descriptor
 * @return 1 or 0, or
 *   -EBADF
 */
int sockets_cloexec(int fd) SOCKETS_MUST_CHECK;

/** ioctl(2) FIOCLEX, FIONCLEX: sets or clears FD_CLOEXEC.
 *
 * Every descriptor that this library makes has it set.
 *
 * @param fd  the descriptor
 * @param on  0 clears it, everything else sets it
 * @return 0, or
 *   -EBADF
 */
int sockets_set_cloexec(int fd, int on);

/* ---- What waits in the queues: ioctl(2), sockatmark(3) ------------------------- */

/** ioctl(2) FIONREAD: how many bytes can be received; on a datagram socket, the length of the first.
 *
 * @param fd  the socket
 * @return the number, or
 *   -EINVAL  a listener
 *   -ENOTTY  the family has no such request
 *   -EBADF
 */
int sockets_fionread(int fd) SOCKETS_MUST_CHECK;

/** ioctl(2) SIOCOUTQ: how much of what was sent is still here.
 *
 * TCP: the bytes that the peer has not acknowledged. UDP and AF_UNIX: the memory in use for them.
 *
 * @param fd  the socket
 * @return the number, or
 *   -EINVAL  a listener
 *   -ENOTTY  the family has no such request
 *   -EBADF
 */
int sockets_siocoutq(int fd) SOCKETS_MUST_CHECK;

/** sockatmark(3): is the next byte to receive the urgent one?
 *
 * @param fd  the socket
 * @return 1 or 0, or
 *   -ENOTTY, -EINVAL, -EOPNOTSUPP  the socket has no urgent data
 *   -EBADF
 */
int sockets_sockatmark(int fd) SOCKETS_MUST_CHECK;

/* ---- Options: getsockopt(2), setsockopt(2) ------------------------------------- */

/** getsockopt(2): reads an option.
 *
 * @param fd     the socket
 * @param level  SOL_SOCKET, IPPROTO_IP, IPPROTO_TCP, ...
 * @param name   SO_TYPE, IP_TTL, TCP_NODELAY, ...
 * @param value  receives the value, cut to *len bytes
 * @param len    in: the room at value; out: the number of bytes written
 * @return 0, or
 *   -ENOPROTOOPT  no such option here
 *   -EOPNOTSUPP   it is there, but not for this socket
 *   -EINVAL       a length that the option does not take
 *   -EFAULT, -EBADF, -ENOTSOCK
 */
int sockets_getsockopt(int fd, int level, int name, void *value, socklen_t *len);

/** setsockopt(2): sets an option.
 *
 * @param fd     the socket
 * @param level  SOL_SOCKET, IPPROTO_IP, IPPROTO_TCP, ...
 * @param name   SO_REUSEADDR, IP_TTL, TCP_NODELAY, ...
 * @param value  the value
 * @param len    its size
 * @return 0, or
 *   -ENOPROTOOPT     no such option here
 *   -EOPNOTSUPP      it is there, but not for this socket
 *   -EINVAL, -EDOM   a length or value out of range, or a state that does not allow it
 *   -EPERM, -EACCES  needs a privilege
 *   -EFAULT, -EBADF, -ENOTSOCK
 */
int sockets_setsockopt(int fd, int level, int name, const void *value, socklen_t len);

/* ---- The options that the library knows ---------------------------------------- */

/** getsockopt() reads the option. */
#define SOCKETS_OPT_GET 1

/** setsockopt() sets the option. */
#define SOCKETS_OPT_SET 2

/** getsockopt() reads the option, and finds a question where it puts the answer. */
#define SOCKETS_OPT_ASK 4

/** int: 0 is false, everything else true. */
#define SOCKETS_OPT_BOOL 1

/** int: a number. */
#define SOCKETS_OPT_INT 2

/** unsigned int, or of another size: a number. */
#define SOCKETS_OPT_UNSIGNED 3

/** int: a number of bytes, which the kernel may round up. */
#define SOCKETS_OPT_SIZE 4

/** int: named bits. */
#define SOCKETS_OPT_FLAGS 5

/** int: seconds. */
#define SOCKETS_OPT_SECONDS 6

/** int: milliseconds. */
#define SOCKETS_OPT_MILLIS 7

/** int: microseconds. */
#define SOCKETS_OPT_MICROS 8

/** int: the index of an interface. */
#define SOCKETS_OPT_INTERFACE 9

/** int: the index of an interface, in network byte order. */
#define SOCKETS_OPT_WIRE_INTERFACE 10

/** int: a descriptor. */
#define SOCKETS_OPT_DESCRIPTOR 11

/** int, whose value has no meaning. */
#define SOCKETS_OPT_NO_VALUE 12

/** char[]. */
#define SOCKETS_OPT_TEXT 13

/** struct sock_fprog; read, an array of struct sock_filter, whose length counts instructions. */
#define SOCKETS_OPT_FILTER 14

/** A structure, or an array of them. */
#define SOCKETS_OPT_STRUCT 15

/** Bytes in the form of a protocol. */
#define SOCKETS_OPT_BYTES 16

/** An option, as the library knows it. All text ends with a NUL. */
struct sockets_opt {
    /** The name: "IP_TTL". */
    char name[32];
    /** The name of the level: "IPPROTO_IP". */
    char level_name[24];
    /** The C type of the value: "int", "struct linger". */
    char type_name[40];
    /** What it needs beyond a socket that has it: a privilege, a feature of the kernel, a state. Or nothing: "". */
    char needs[64];
    /** The kernel that brought it, if that is younger than 5.4: "6.5". Or "". */
    char since[8];
    /** The second argument of getsockopt(). */
    int level;
    /** The third argument of getsockopt(). */
    int number;
    /** What the bytes of the value are: SOCKETS_OPT_BOOL, ... */
    int kind;
    /** What can be done: SOCKETS_OPT_GET | SOCKETS_OPT_SET | SOCKETS_OPT_ASK. */
    int access;
    /** The error where what it needs is missing, or 0. */
    int needs_errno;
    /** The smallest number that the kernel takes, where it refuses others; else more than high. */
    int low;
    /** The largest number that the kernel takes, where it refuses others. */
    int high;
    /** The arguments of socket() for a socket that has the option. */
    int domain;
    /** The same. */
    int socktype;
    /** The same. */
    int protocol;
    /** The fewest bytes that the value can have. */
    size_t min_size;
    /** The most; SIZE_MAX is as many as there are. */
    size_t max_size;
};

/** Gives the options one by one, level by level.
 *
 * @param index  0 for the first
 * @param out    receives the option; untouched on failure
 * @return 0, or
 *   -ENOENT  there are no more
 *   -EFAULT  a NULL pointer
 */
int sockets_opt_at(size_t index, struct sockets_opt *out) SOCKETS_MUST_CHECK;

/** Finds an option by its name.
 *
 * @param level  its level, where two have an option of that name (MCAST_JOIN_GROUP and its relatives); or -1, for
 *               the first
 * @param name   the name: "IP_TTL"
 * @param out    receives the option; untouched on failure
 * @return 0, or
 *   -ENOENT  there is none of that name
 *   -EFAULT  a NULL pointer
 */
int sockets_opt_find(int level, const char *name, struct sockets_opt *out)
        SOCKETS_MUST_CHECK;

/** Does this kernel know the option? Makes a socket, and asks it.
 *
 * @param level   the level
 * @param number  the option
 * @return 1 if it does, 0 if not, or
 *   -ENOENT  the library does not know it
 *   -EPERM   it is one of raw or packet sockets, which need CAP_NET_RAW
 *   -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM
 */
int sockets_opt_supported(int level, int number) SOCKETS_MUST_CHECK;

/** Writes the value of an option for people: "1.5s", "IPPROTO_TCP", "none".
 *
 * Like snprintf(3): what does not fit is cut, and the return value tells. The text is for reading, not for
 * parsing: it may change.
 *
 * @param fd      the socket
 * @param level   the level
 * @param number  the option
 * @param buf     receives the text and a NUL; may be NULL if size is 0
 * @param size    the room there
 * @return the length of the whole text, without the NUL (cut if that is size or more), or
 *   -ENOENT      the library does not know the option
 *   -EOPNOTSUPP  it can only be set, or has to be asked for; or it is not for this socket
 *   -EINVAL      size is more than SSIZE_MAX; or the value is not what the library knows
 *   -EFAULT      a NULL pointer
 *   and the errors of getsockopt()
 */
int sockets_opt_format(int fd, int level, int number, char *buf, size_t size)
        SOCKETS_MUST_CHECK;

/* ---- More than one call: connecting in time, all or nothing, ending at once ---- */

/** connect(2), ppoll(2), getsockopt(2) SO_ERROR, between fcntl(2) F_GETFL and ioctl(2) FIONBIO: connects, and
 * gives up when the time is over.
 *
 * The socket does not block meanwhile; at the end O_NONBLOCK is as it was, whatever came. Signals do not
 * end the wait. An attempt that failed, or was not over in time, is dissolved (sockets_disconnect()), so the
 * same socket can try the next address (but not, after an IPv4-mapped one, a native IPv6 one: Linux does not
 * let it). A port that the kernel had chosen is given back then. Families that cannot dissolve say -EALREADY
 * at the next attempt: close the socket.
 * For an AF_UNIX listener whose queue is full there is no event to wait for: it tries again, after 0.1 ms at
 * first and every 10 ms at last. Not a cancellation point.
 *
 * @param fd       the socket
 * @param addr     the address
 * @param len      its length
 * @param timeout  in milliseconds, more than 0
 * @return 0, or
 *   -EINVAL     the timeout is 0 or negative
 *   -ETIMEDOUT  the time is over
 *   -EISCONN    connected already
 *   -EALREADY   an earlier attempt goes on; it is left alone
 *   -ECONNRESET, -ECONNABORTED  shut down by another thread
 *   and the errors of the attempt itself, as -ECONNREFUSED: see sockets_connect()
 */
int sockets_connect_timeout(int fd, const struct sockaddr *addr, socklen_t len,
        int timeout) SOCKETS_MUST_CHECK;

/** send(2) until all is sent.
 *
 * -EINTR does not end it. On a message socket it is one call.
 *
 * @param fd     the socket
 * @param buf    the bytes
 * @param len    how many
 * @param flags  as for sockets_send()
 * @param done   receives how many were sent, also after an error; NULL, or valid: it is written by the
 *               library, not by the kernel
 * @return 0, or
 *   -EAGAIN  non-blocking: wait for POLLOUT, then go on behind *done
 *   -EINVAL  len is more than SSIZE_MAX
 *   and the errors of sockets_send()
 */
int sockets_send_all(int fd, const void *buf, size_t len, int flags, size_t *done)
        SOCKETS_MUST_CHECK;

/** recv(2) until the buffer is full.
 *
 * -EINTR does not end it. For streams: every call on a message socket takes a message of its own. A len of 0
 * makes no call.
 *
 * @param fd     the socket
 * @param buf    receives the bytes
 * @param len    how many
 * @param flags  as for sockets_recv(), without MSG_PEEK and MSG_TRUNC
 * @param done   receives how many were received, also after an error; NULL, or valid: it is written by the
 *               library, not by the kernel
 * @return 0, or
 *   -ENODATA  the stream ended before
 *   -EINVAL   MSG_PEEK or MSG_TRUNC; len is more than SSIZE_MAX
 *   -EAGAIN   non-blocking: wait for POLLIN, then go on behind *done
 *   and the errors of sockets_recv()
 */
int sockets_recv_exact(int fd, void *buf, size_t len, int flags, size_t *done)
        SOCKETS_MUST_CHECK;

/** setsockopt(2) SO_LINGER with a time of zero, then close(2): ends a TCP connection with a reset.
 *
 * What was not sent yet is lost, and there is no TIME_WAIT. On other sockets it is close(2). Not a
 * cancellation point.
 *
 * @param fd  the socket; closed in any case
 * @return 0, or the first error:
 *   -ENOTSOCK  not a socket (closed nevertheless)
 *   and those of sockets_close()
 */
int sockets_abort(int fd);

/* ---- Addresses as text and back ------------------------------------------------ */

/** An address of any family, for functions that make one.
 *
 * Pass `(struct sockaddr *)&a.storage, a.len` where an address is wanted.
 */
struct sockets_addr {
    /** The address; what is behind len bytes is zero. */
    struct sockaddr_storage storage;
    /** How many bytes of it are in use. */
    socklen_t len;
};

/** Parses the text form of an address.
 *
 *   127.0.0.1:80
 *   [::1]:80, [fe80::1%2]:80, [fe80::1%eth0]:80
 *   unix:/run/x.sock, unix:@abstract-name, unix: (no name)
 *   link:02:00:00:00:00:01%2/0x0806 (hardware address, interface, protocol; each may be missing)
 *   vsock:3:1024, vsock:any:any
 *   netlink:4711:0x00000001
 *   af:31:00000a00 (any family: its number, and the bytes behind it)
 *
 * In Unix names a backslash is written twice, and \xHH is any byte; bytes that are no UTF-8 must be written so.
 *
 * @param text  the text, ended by a NUL
 * @param out   receives the address; untouched on failure
 * @return 0, or
 *   -EINVAL        not an address
 *   -ENODEV        no interface of the zone's name (which if_nametoindex(3) looks up: it opens a socket)
 *   -ENAMETOOLONG  a path of more than 108 bytes, an abstract name of more than 107
 *   -EFAULT        a NULL pointer
 */
int sockets_addr_parse(const char *text, struct sockets_addr *out) SOCKETS_MUST_CHECK;

/** Makes an AF_UNIX address.
 *
 * @param name  a path (no NUL needed at the end); or a NUL and an abstract name of any bytes
 * @param len   its length; 0 makes an address without a name, which bind(2) takes for "choose one"
 * @param out   receives the address; untouched on failure
 * @return 0, or
 *   -EINVAL        a path that holds a NUL
 *   -ENAMETOOLONG  a path of more than 108 bytes, an abstract name of more than 107
 *   -EFAULT        a NULL pointer
 */
int sockets_addr_unix(const void *name, size_t len, struct sockets_addr *out)
        SOCKETS_MUST_CHECK;

/** Writes the text form of an address, which sockets_addr_parse() reads.
 *
 * Like snprintf(3): what does not fit is cut, and the return value tells.
 *
 * @param addr  the address
 * @param len   its length
 * @param buf   receives the text and a NUL; may be NULL if size is 0
 * @param size  the room there
 * @return the length of the whole text, without the NUL (cut if that is size or more), or
 *   -EINVAL  len is 1 or more than sizeof(struct sockaddr_storage); size is more than SSIZE_MAX
 *   -EFAULT  a NULL pointer
 */
int sockets_addr_format(const struct sockaddr *addr, socklen_t len, char *buf, size_t size)
        SOCKETS_MUST_CHECK;

/* ---- Addresses of each family -------------------------------------------------- */

/** Makes an AF_INET address.
 *
 * @param ip    4 bytes, in the order in which they are written and in which struct in_addr has them
 * @param port  the port, in host order
 * @param out   receives the address; untouched on failure
 * @return 0, or -EFAULT for a NULL pointer
 */
int sockets_addr_ipv4(const void *ip, uint16_t port, struct sockets_addr *out)
        SOCKETS_MUST_CHECK;

/** Makes an AF_INET6 address.
 *
 * @param ip        16 bytes, in the order in which they are written and in which struct in6_addr has them
 * @param port      the port, in host order
 * @param flowinfo  traffic class and flow label, in host order, or 0
 * @param scope_id  the index of the interface, which a link-local address needs, or 0
 * @param out       receives the address; untouched on failure
 * @return 0, or -EFAULT for a NULL pointer
 */
int sockets_addr_ipv6(const void *ip, uint16_t port, uint32_t flowinfo, uint32_t scope_id,
        struct sockets_addr *out) SOCKETS_MUST_CHECK;

/** Makes an AF_PACKET address.
 *
 * @param ifindex   the index of the interface; 0 is all, in bind()
 * @param protocol  ETH_P_IP, ETH_P_ALL, ...: in host order
 * @param hwaddr    the hardware address; may be NULL if hwlen is 0
 * @param hwlen     its length: 6 for Ethernet, 32 at most
 * @param out       receives the address; untouched on failure
 * @return 0, or
 *   -EINVAL  an index above INT_MAX, or a hardware address of more than 32 bytes
 *   -EFAULT  a NULL pointer
 */
int sockets_addr_link(uint32_t ifindex, uint16_t protocol, const void *hwaddr,
        size_t hwlen, struct sockets_addr *out) SOCKETS_MUST_CHECK;

/** Makes an AF_VSOCK address.
 *
 * @param cid   the context: VMADDR_CID_ANY, VMADDR_CID_HOST, ...
 * @param port  the port, or VMADDR_PORT_ANY
 * @param out   receives the address; untouched on failure
 * @return 0, or -EFAULT for a NULL pointer
 */
int sockets_addr_vsock(uint32_t cid, uint32_t port, struct sockets_addr *out)
        SOCKETS_MUST_CHECK;

/** Makes an AF_NETLINK address.
 *
 * @param pid     the port: 0 is the kernel; in bind(), any that is free
 * @param groups  a bit for each of the first 32 groups
 * @param out     receives the address; untouched on failure
 * @return 0, or -EFAULT for a NULL pointer
 */
int sockets_addr_netlink(uint32_t pid, uint32_t groups, struct sockets_addr *out)
        SOCKETS_MUST_CHECK;

/** The family of an address.
 *
 * @param addr  the address
 * @param len   its length; 0 is no address
 * @return AF_INET, ...; AF_UNSPEC for no address; or
 *   -EINVAL  len is 1 or more than sizeof(struct sockaddr_storage)
 *   -EFAULT  a NULL pointer
 */
int sockets_addr_family(const struct sockaddr *addr, socklen_t len) SOCKETS_MUST_CHECK;

/** The port of an IP address, in host order.
 *
 * @param addr  the address
 * @param len   its length
 * @return the port, or
 *   -EAFNOSUPPORT  not an address of AF_INET or AF_INET6
 *   -EINVAL        too short; or len is 1 or more than sizeof(struct sockaddr_storage)
 *   -EFAULT        a NULL pointer
 */
int sockets_addr_port(const struct sockaddr *addr, socklen_t len) SOCKETS_MUST_CHECK;

/** Reads an AF_INET address.
 *
 * @param addr  the address
 * @param len   its length
 * @param ip    receives 4 bytes, as struct in_addr has them; or NULL
 * @param port  receives the port, in host order; or NULL
 * @return 0, or
 *   -EAFNOSUPPORT  of another family
 *   -EINVAL        too short; or len is 1 or more than sizeof(struct sockaddr_storage)
 *   -EFAULT        addr is NULL
 */
int sockets_addr_get_ipv4(const struct sockaddr *addr, socklen_t len, void *ip,
        uint16_t *port) SOCKETS_MUST_CHECK;

/** Reads an AF_INET6 address.
 *
 * @param addr      the address
 * @param len       its length
 * @param ip        receives 16 bytes, as struct in6_addr has them; or NULL
 * @param port      receives the port, in host order; or NULL
 * @param flowinfo  receives traffic class and flow label, in host order; or NULL
 * @param scope_id  receives the index of the interface, or 0; or NULL
 * @return as sockets_addr_get_ipv4()
 */
int sockets_addr_get_ipv6(const struct sockaddr *addr, socklen_t len, void *ip,
        uint16_t *port, uint32_t *flowinfo, uint32_t *scope_id) SOCKETS_MUST_CHECK;

/** Reads the name of an AF_UNIX address: a path, without a NUL; or a NUL and an abstract name; or nothing.
 *
 * It is what sockets_addr_unix() takes.
 *
 * @param addr  the address
 * @param len   its length
 * @param name  receives the name, cut to size bytes; may be NULL if size is 0
 * @param size  the room there: 108 is enough
 * @return the length of the whole name, 0 if there is none, or
 *   -EAFNOSUPPORT  of another family
 *   -EINVAL        len is 1 or more than sizeof(struct sockaddr_storage); size is more than SSIZE_MAX
 *   -EFAULT        a NULL pointer
 */
int sockets_addr_get_unix(const struct sockaddr *addr, socklen_t len, void *name,
        size_t size) SOCKETS_MUST_CHECK;

/** Reads an AF_PACKET address.
 *
 * @param addr      the address
 * @param len       its length
 * @param ifindex   receives the index of the interface; or NULL
 * @param protocol  receives the protocol, ETH_P_IP, ..., in host order; or NULL
 * @param hatype    receives the kind of hardware, ARPHRD_ETHER, ...; or NULL
 * @param pkttype   receives whom the frame was for, PACKET_HOST, ...; or NULL
 * @param hwaddr    receives the hardware address, cut to size bytes; may be NULL if size is 0
 * @param size      the room there: 32 is enough
 * @return the length of the hardware address, or
 *   -EAFNOSUPPORT  of another family
 *   -EINVAL        too short for its hardware address; len is 1 or more than sizeof(struct sockaddr_storage);
 *                  size is more than SSIZE_MAX
 *   -EFAULT        a NULL pointer
 */
int sockets_addr_get_link(const struct sockaddr *addr, socklen_t len, uint32_t *ifindex,
        uint16_t *protocol, uint16_t *hatype, uint8_t *pkttype, void *hwaddr, size_t size)
        SOCKETS_MUST_CHECK;

/** Reads an AF_VSOCK address.
 *
 * @param addr  the address
 * @param len   its length
 * @param cid   receives the context; or NULL
 * @param port  receives the port; or NULL
 * @return as sockets_addr_get_ipv4()
 */
int sockets_addr_get_vsock(const struct sockaddr *addr, socklen_t len, uint32_t *cid,
        uint32_t *port) SOCKETS_MUST_CHECK;

/** Reads an AF_NETLINK address.
 *
 * @param addr    the address
 * @param len     its length
 * @param pid     receives the port; or NULL
 * @param groups  receives the groups; or NULL
 * @return as sockets_addr_get_ipv4()
 */
int sockets_addr_get_netlink(const struct sockaddr *addr, socklen_t len, uint32_t *pid,
        uint32_t *groups) SOCKETS_MUST_CHECK;

/* ---- Answers from the address that was asked: IP_PKTINFO, IPV6_PKTINFO --------- */

/** Where a datagram came to: sockets_recvfrom_pktinfo() tells, and sockets_sendto_pktinfo() answers from there. One of
 * IPv4 has addresses of AF_INET, on a dual-stack socket too.
 */
struct sockets_pktinfo {
    /** The address of this machine that an answer leaves from, with port 0; len is 0 where the system chooses, as after
     * a datagram to a group of IPv6.
     */
    struct sockets_addr local;
    /** The destination of the packet, which can be a group or a broadcast address, with port 0; len is 0 if nobody said. */
    struct sockets_addr destination;
    /** The index of the interface that it came in by; 0 if nobody said. */
    unsigned int ifindex;
    /** msg_flags: MSG_TRUNC if data was lost, MSG_CTRUNC if this was. */
    int msg_flags;
};

/** setsockopt(2) IP_PKTINFO, IPV6_RECVPKTINFO, after getsockopt(2) SO_DOMAIN, IPV6_V6ONLY: makes datagrams tell where
 * they came to.
 *
 * An AF_INET6 socket gets both, unless it is for IPv6 only.
 *
 * @param fd  the socket
 * @param on  0 turns it off, everything else on
 * @return 0, or
 *   -EAFNOSUPPORT  not a socket of AF_INET or AF_INET6
 *   -EBADF, -ENOTSOCK
 */
int sockets_set_pktinfo(int fd, int on);

/** recvmsg(2): as sockets_recvfrom(), and where the datagram came to.
 *
 * sockets_set_pktinfo() asks for it. Descriptors that come are closed. If the thread is cancelled while it waits, nothing
 * was received.
 *
 * @param fd       the socket
 * @param buf      receives the bytes
 * @param len      the room there
 * @param flags    as for sockets_recv()
 * @param from     receives the address of the sender, cut to *fromlen bytes; may be NULL
 * @param fromlen  in: the room at from; out: the length of the address; may be NULL if from is. Untouched on failure
 * @param info     receives where it came to; untouched on failure
 * @return as for sockets_recvfrom()
 */
ssize_t sockets_recvfrom_pktinfo(int fd, void *buf, size_t len, int flags,
        struct sockaddr *from, socklen_t *fromlen, struct sockets_pktinfo *info);

/** sendmsg(2): as sockets_sendto(), from an address of this machine.
 *
 * The interface is that of info only where the address does not say which: link-local, or none. Otherwise the routes
 * decide. MSG_NOSIGNAL is always set.
 *
 * @param fd     the socket
 * @param buf    the bytes
 * @param len    how many
 * @param flags  as for sockets_send()
 * @param to     the address; NULL for the peer
 * @param tolen  its length
 * @param info   what sockets_recvfrom_pktinfo() has given; or one whose local is set, and all else 0; NULL is as for
 *               sockets_sendto()
 * @return the number of bytes that the kernel took, or
 *   -EINVAL        not an address of this machine (IPv6: no such interface); a bad length
 *   -ENETUNREACH, -EADDRNOTAVAIL  the same, as other kernels say it
 *   -ENODEV        no such interface
 *   -EAFNOSUPPORT  info has an address of another family than AF_INET and AF_INET6
 *   and the errors of sockets_sendto()
 */
ssize_t sockets_sendto_pktinfo(int fd, const void *buf, size_t len, int flags,
        const struct sockaddr *to, socklen_t tolen, const struct sockets_pktinfo *info);

/* ---- The error queue: errors that came back, times of sending, sends that are through  */

/** No control message says what it is: it was lost (MSG_CTRUNC), or the family has no error queue (AF_UNIX), and this is an
 * ordinary message.
 */
#define SOCKETS_EVENT_UNDESCRIBED 0

/** A message of ICMP has come: error, type, code, info, mtu, offender, extensions. */
#define SOCKETS_EVENT_ICMP 1

/** A message of ICMPv6 has come: the same. */
#define SOCKETS_EVENT_ICMP6 2

/** This machine could not send a packet: error, info, mtu. */
#define SOCKETS_EVENT_LOCAL 3

/** When a packet was sent: stage, key, software, hardware. */
#define SOCKETS_EVENT_TIMESTAMP 4

/** Sends with MSG_ZEROCOPY are through: first, last, is_copied. Until then the kernel reads their memory, which must neither be
 * written nor freed. Without SO_ZEROCOPY the flag is ignored, and nothing comes; -ENOBUFS is more in flight than RLIMIT_MEMLOCK
 * or net.core.optmem_max allows.
 */
#define SOCKETS_EVENT_ZEROCOPY 5

/** A packet was dropped because of its time of sending: error, txtime, is_missed. */
#define SOCKETS_EVENT_TXTIME 6

/** What became of a frame of a wireless network: is_acknowledged. */
#define SOCKETS_EVENT_WIFI 7

/** An event that the library does not know: error, origin, type, code, info, data, offender. */
#define SOCKETS_EVENT_OTHER 8

/** An entry of the error queue. What an event does not have is 0. */
struct sockets_error_event {
    /** What it tells: SOCKETS_EVENT_ICMP, ... */
    int kind;
    /** The error, as a positive number. */
    int error;
    /** ee_origin: SO_EE_ORIGIN_ICMP, ... */
    int origin;
    /** The type of the ICMP message. */
    int type;
    /** The code of the ICMP message. */
    int code;
    /** ee_info, as it is. */
    uint32_t info;
    /** ee_data, as it is. */
    uint32_t data;
    /** With EMSGSIZE: the MTU. */
    uint32_t mtu;
    /** Where the extensions begin in the data (RFC 4884; IP_RECVERR_RFC4884); 0 if there are none. */
    uint32_t extensions;
    /** 1 if the kernel found the extensions in order. */
    int has_valid_extensions;
    /** Which moment a time is of: SCM_TSTAMP_SND, SCM_TSTAMP_SCHED, SCM_TSTAMP_ACK. */
    uint32_t stage;
    /** Which packet a time is of (SOF_TIMESTAMPING_OPT_ID). */
    uint32_t key;
    /** The first send that is through: the calls of a socket are counted from 0, and the number wraps. */
    uint32_t first;
    /** The last send that is through. */
    uint32_t last;
    /** 1 if the kernel has copied the data after all. */
    int is_copied;
    /** 1 if the time of sending was over; 0 if it was one that cannot be. */
    int is_missed;
    /** 1 if the frame was acknowledged. */
    int is_acknowledged;
    /** msg_flags: MSG_ERRQUEUE; MSG_TRUNC if data was lost, MSG_CTRUNC if control messages were. */
    int msg_flags;
    /** The time by the kernel's clock, in nanoseconds since 1970. */
    uint64_t software;
    /** The time by the device's own clock, in nanoseconds. */
    uint64_t hardware;
    /** The time of sending that was asked for, in nanoseconds of the clock that SO_TXTIME names. */
    uint64_t txtime;
    /** Who has sent the ICMP message; len is 0 if nobody has. */
    struct sockets_addr offender;
    /** Where the packet was going; len is 0 if the kernel does not say. */
    struct sockets_addr destination;
};

/** recvmsg(2) with MSG_ERRQUEUE: takes the first entry of the error queue.
 *
 * ICMP errors enter the queue with IP_RECVERR and IPV6_RECVERR, times of sending with SO_TIMESTAMPING, completions of
 * MSG_ZEROCOPY without being asked for. Never blocks. While there are entries, poll(2) tells POLLERR, also unasked. An ICMP
 * error is told twice: by the next call on the socket, or SO_ERROR, and here, with all that is known; taken from here
 * first, it is told only once. Not a cancellation point.
 *
 * @param fd     the socket
 * @param buf    receives the bytes of the packet that it is about; may be NULL if len is 0
 * @param len    the room there
 * @param event  receives what it tells; untouched on failure
 * @return the number of bytes, or
 *   -EAGAIN  there is no entry
 *   -EINVAL  len is more than SSIZE_MAX
 *   -EFAULT, -EBADF, -ENOTSOCK
 */
ssize_t sockets_recv_error(int fd, void *buf, size_t len,
        struct sockets_error_event *event) SOCKETS_MUST_CHECK;

/** recvmsg(2) with MSG_ERRQUEUE, ppoll(2), getsockopt(2) SO_ERROR: as sockets_recv_error(), and waits for an entry.
 *
 * Signals do not end the wait. While the connection has gone in both directions (POLLHUP) there is no event to wait
 * for: it looks again after 0.1 ms at first and every 10 ms at last. Not a cancellation point.
 *
 * @param fd       the socket
 * @param buf      receives the bytes of the packet that it is about; may be NULL if len is 0
 * @param len      the room there
 * @param event    receives what it tells; untouched on failure
 * @param timeout  in milliseconds; 0 only looks; -1 waits as long as it takes
 * @return the number of bytes, or
 *   -ETIMEDOUT  the time is over
 *   -EINVAL     a timeout below -1; len is more than SSIZE_MAX
 *   the error that is pending on the socket (SO_ERROR), as -ECONNRESET, when no entry tells of it
 *   and the errors of sockets_recv_error(), without -EAGAIN
 */
ssize_t sockets_recv_error_timeout(int fd, void *buf, size_t len,
        struct sockets_error_event *event, int timeout) SOCKETS_MUST_CHECK;

/* ---- Checksums: ICMP, UDP, TCP, IPv4 ------------------------------------------- */

/** The checksum of the Internet protocols (RFC 1071) of some bytes, in which the field itself is zero.
 *
 * It comes in network byte order: store it as it is. Of bytes in which the field is filled, it is 0 if they are right.
 *
 * @param buf  the bytes
 * @param len  how many
 * @return the checksum, 0 to 65535, or
 *   -EINVAL  len is more than SSIZE_MAX
 *   -EFAULT  a NULL pointer
 */
int sockets_checksum(const void *buf, size_t len) SOCKETS_MUST_CHECK;

/** The checksum of bytes in several pieces, which may have odd lengths.
 *
 * @param iov     the pieces
 * @param iovcnt  how many: 1024 (IOV_MAX) at most
 * @return as sockets_checksum(), or
 *   -EINVAL  iovcnt is negative or more than IOV_MAX; a length, or all together, is more than SSIZE_MAX
 *   -EFAULT  a NULL pointer
 */
int sockets_checksum_iov(const struct iovec *iov, int iovcnt) SOCKETS_MUST_CHECK;

/** The checksum of UDP, TCP or ICMPv6, which covers a pseudo-header: addresses, protocol, and the length of the pieces.
 *
 * Where UDP says that it is 0, store 0xffff (sockets_checksum_udp()).
 *
 * @param family    AF_INET or AF_INET6
 * @param src       the source: struct in_addr or struct in6_addr
 * @param dst       the destination, likewise; with a routing header, the last one
 * @param protocol  IPPROTO_UDP, IPPROTO_TCP, IPPROTO_ICMPV6
 * @param iov       header and data of that protocol, in pieces
 * @param iovcnt    how many: 1024 (IOV_MAX) at most
 * @return as sockets_checksum(), or
 *   -EAFNOSUPPORT  another family
 *   -EINVAL    protocol is not 0 to 255; iovcnt is negative or more than IOV_MAX; a length is more than SSIZE_MAX
 *   -EMSGSIZE  all together more than 65535 bytes (IPv4) or UINT32_MAX (IPv6): no packet is longer
 *   -EFAULT    a NULL pointer
 */
int sockets_checksum_pseudo(int family, const void *src, const void *dst, int protocol,
        const struct iovec *iov, int iovcnt) SOCKETS_MUST_CHECK;

/** What UDP writes for a checksum: 0 becomes 0xffff, because 0 says that there is no checksum.
 *
 * @param check  the checksum
 * @return what to store
 */
uint16_t sockets_checksum_udp(uint16_t check) SOCKETS_MUST_CHECK;

/** The checksum after 16 bits of the packet have changed (RFC 1624, equation 3). For UDP, leave a checksum of 0 as it is.
 *
 * @param check   the checksum, as it is in the packet
 * @param before  what was there, as it was in the packet; it begins at an even distance from where the sum begins
 * @param after   what is there now
 * @return the new checksum, as it is in the packet
 */
uint16_t sockets_checksum_replace(uint16_t check, uint16_t before, uint16_t after)
        SOCKETS_MUST_CHECK;

/** The same for 32 bits: an IPv4 address (s_addr), a sequence number.
 *
 * @param check   the checksum, as it is in the packet
 * @param before  what was there, as it was in the packet
 * @param after   what is there now
 * @return the new checksum, as it is in the packet
 */
uint16_t sockets_checksum_replace32(uint16_t check, uint32_t before, uint32_t after)
        SOCKETS_MUST_CHECK;

/* ---- Frames in memory that is shared with the kernel: PACKET_RX_RING ----------- */

/** A ring for receiving from a packet socket (TPACKET_V3). sockets_ring_open() fills it in; it is the caller's, and so
 * is what to do with it in several threads. To be left alone otherwise.
 */
struct sockets_ring {
    /** The memory; NULL if it is not open. */
    void *map;
    /** How many bytes of it there are. */
    size_t size;
    /** How many of them a block has. */
    unsigned int block_size;
    /** How many blocks there are. */
    unsigned int blocks;
    /** Which is the next. */
    unsigned int next;
};

/** A block of a ring: frames that came one after the other. sockets_ring_next_block() fills it in. */
struct sockets_ring_block {
    /** The memory; NULL if it was given back. */
    void *start;
    /** How many bytes of it there are. */
    unsigned int size;
    /** How many frames there are. */
    unsigned int frames;
    /** How many of them have not been looked at. */
    unsigned int left;
    /** Where the next one is. */
    unsigned int at;
    /** TP_STATUS_BLK_TMO if its time was over, TP_STATUS_LOSING if frames were dropped. */
    unsigned int status;
    /** The number of the block: each has one more than the last. */
    uint64_t sequence;
};

/** A frame in a block. sockets_ring_next_frame() fills it in. */
struct sockets_ring_frame {
    /** What was captured, where the kernel has put it. */
    const void *data;
    /** How many bytes of it there are. */
    size_t len;
    /** How long the frame was. */
    size_t true_len;
    /** Where in the data the header of the network layer begins. */
    size_t network;
    /** A struct sockaddr_ll: who sent it, over which interface, and whom it was for. */
    const struct sockaddr *addr;
    /** The size of that. */
    socklen_t addrlen;
    /** When it came: seconds since 1970. */
    uint32_t sec;
    /** And nanoseconds. */
    uint32_t nsec;
    /** What is known of it: TP_STATUS_CSUMNOTREADY, TP_STATUS_VLAN_VALID and others. */
    uint32_t status;
    /** The tag of its VLAN, if the status says so. */
    uint16_t vlan_tci;
    /** The protocol of the tag, if the status says so. */
    uint16_t vlan_tpid;
};

/** setsockopt(2) PACKET_VERSION, PACKET_RX_RING, and mmap(2): gives a packet socket a ring for receiving.
 *
 * To capture nothing but what is wanted: open the socket with protocol 0, attach the filter, make the ring, and then
 * bind. The kernel hands a block over when it is full or its time is over. If all are in use, frames are dropped, and
 * PACKET_STATISTICS counts them.
 *
 * @param ring        receives the ring; untouched on failure
 * @param fd          the packet socket. Closing it does not close the ring
 * @param block_size  whole pages
 * @param blocks      how many blocks
 * @param retire_ms   after how many milliseconds a block is handed over that is not full, up to 65535; 0 is the system's
 *                    choice
 * @return 0, or
 *   -EINVAL  no blocks, a block that is not whole pages, more than the system counts, or too long a time
 *   -EBUSY   there is a ring
 *   -ENOMEM  no memory
 *   -EFAULT  a NULL pointer
 *   -EBADF, -ENOTSOCK, -ENOPROTOOPT
 */
int sockets_ring_open(struct sockets_ring *ring, int fd, unsigned int block_size,
        unsigned int blocks, unsigned int retire_ms) SOCKETS_MUST_CHECK;

/** The next block of a ring, if the kernel has handed it over: no call.
 *
 * If there is none, wait with sockets_poll() for POLLIN. Several may be in use, and given back in any order; the kernel
 * waits for the oldest.
 *
 * @param ring   the ring
 * @param block  receives the block; untouched if there is none
 * @return 1, or 0 if there is none, or
 *   -EINVAL  the ring is not open
 *   -EFAULT  a NULL pointer
 */
int sockets_ring_next_block(struct sockets_ring *ring, struct sockets_ring_block *block);

/** The next frame of a block. It is there until the block is given back.
 *
 * A block that is malformed ends early. No offset and no length leads out of it.
 *
 * @param block  the block
 * @param frame  receives the frame; untouched if there is none
 * @return 1, or 0 if there is no other, or
 *   -EINVAL  the block was given back
 *   -EFAULT  a NULL pointer
 */
int sockets_ring_next_frame(struct sockets_ring_block *block,
        struct sockets_ring_frame *frame);

/** Gives a block back to the kernel. Its frames are gone.
 *
 * @param block  the block, of a ring that is open
 * @return 0, or
 *   -EINVAL  it was given back already
 *   -EFAULT  a NULL pointer
 */
int sockets_ring_release(struct sockets_ring_block *block);

/** munmap(2): the end of a ring. Its blocks and frames are gone; the socket keeps the kernel's side of it until it is
 * closed.
 *
 * @param ring  the ring
 * @return 0, or
 *   -EINVAL  it is not open
 *   -EFAULT  a NULL pointer
 */
int sockets_ring_close(struct sockets_ring *ring);

/* ---- ICMP: which types are received -------------------------------------------- */

/** getsockopt(2) with SO_DOMAIN, then setsockopt(2) with ICMP_FILTER or ICMP6_FILTER: lets a raw socket receive only
 * these types.
 *
 * Of ICMP, types from 32 on always pass. What came before the call stays in the queue.
 *
 * @param fd     a raw socket of IPPROTO_ICMP or IPPROTO_ICMPV6
 * @param types  the types that pass: ICMP_ECHOREPLY, ICMP6_ECHO_REPLY, ...
 * @param count  how many; with 0 none passes
 * @return 0, or
 *   -EOPNOTSUPP  a raw socket of another protocol
 *   -ENOPROTOOPT  a socket of another type
 *   -EAFNOSUPPORT  a socket of another family
 *   -EINVAL  count is more than SSIZE_MAX
 *   -EFAULT  a NULL pointer
 *   -EBADF, -ENOTSOCK  fd is not a socket
 */
int sockets_icmp_pass(int fd, const uint8_t *types, size_t count) SOCKETS_MUST_CHECK;

/* ---- Filters: programs of classic BPF ------------------------------------------ */

/** Reads a program: in the syntax of the kernel's bpf_asm, an instruction a line ("ldh [12]", "jne #0x806, drop",
 * "drop: ret #0"); or as tcpdump -ddd prints it, the number of instructions and then four numbers a line.
 *
 * It is checked as by sockets_bpf_check(). Attach it with setsockopt() and SO_ATTACH_FILTER.
 *
 * @param text      the program
 * @param out       receives the instructions; untouched on failure; may be NULL if room is 0
 * @param room      how many it has room for: of 4096 (BPF_MAXINSNS) there are never more; with 0 they are only counted
 * @param why       receives what is wrong, and a NUL: "line 2: there is no such label"; "" if nothing is; cut if it does
 *                  not fit; may be NULL if why_size is 0
 * @param why_size  the room there: 128 is enough
 * @return the number of instructions, or
 *   -EINVAL    it is no program, and why says the reason; why_size is more than SSIZE_MAX
 *   -EMSGSIZE  it has more instructions than there is room for
 *   -EFAULT    a NULL pointer
 */
int sockets_bpf_parse(const char *text, struct sock_filter *out, size_t room, char *why,
        size_t why_size) SOCKETS_MUST_CHECK;

/** Checks a program as the kernel does when it is attached, and says what is wrong, which the kernel does not.
 *
 * @param insns     the instructions
 * @param len       how many
 * @param why       receives what is wrong, and a NUL: "instruction 3: it jumps beyond the end"; "" if nothing is; cut if it
 *                  does not fit; may be NULL if why_size is 0
 * @param why_size  the room there: 128 is enough
 * @return 0, or
 *   -EINVAL  the kernel would refuse it, and why says the reason; why_size is more than SSIZE_MAX
 *   -EFAULT  a NULL pointer
 */
int sockets_bpf_check(const struct sock_filter *insns, size_t len, char *why,
        size_t why_size) SOCKETS_MUST_CHECK;

/** Writes a program in the syntax that sockets_bpf_parse() reads.
 *
 * Like snprintf(3): what does not fit is cut, and the return value tells.
 *
 * @param insns  the instructions
 * @param len    how many
 * @param buf    receives the text and a NUL; may be NULL if size is 0
 * @param size   the room there
 * @return the length of the whole text, without the NUL (cut if that is size or more), or
 *   -EINVAL  sockets_bpf_check() refuses it; size is more than SSIZE_MAX
 *   -EFAULT  a NULL pointer
 */
int sockets_bpf_format(const struct sock_filter *insns, size_t len, char *buf, size_t size)
        SOCKETS_MUST_CHECK;

/* ---- Names of hosts and services ----------------------------------------------- */

/** A flag or a combination of flags that there is not. */
#define SOCKETS_EAI_BADFLAGS -5001

/** Nobody knows the name; or there is neither a host nor a service. */
#define SOCKETS_EAI_NONAME -5002

/** Not now: the name server does not answer, or says to try again. */
#define SOCKETS_EAI_AGAIN -5003

/** The name server failed. */
#define SOCKETS_EAI_FAIL -5004

/** The name is known, but has no address. */
#define SOCKETS_EAI_NODATA -5005

/** A family that there is not. */
#define SOCKETS_EAI_FAMILY -5006

/** A type of socket that there is not. */
#define SOCKETS_EAI_SOCKTYPE -5007

/** The service is not known, or not for this type of socket. */
#define SOCKETS_EAI_SERVICE -5008

/** An address of another family than was asked for. */
#define SOCKETS_EAI_ADDRFAMILY -5009

/** No memory. */
#define SOCKETS_EAI_MEMORY -5010

/** A name does not fit. */
#define SOCKETS_EAI_OVERFLOW -5012

/** The host is no name, in any language (AI_IDN). */
#define SOCKETS_EAI_IDN_ENCODE -5105

/** getaddrinfo(3): the addresses of a host and a service, in the order in which to try them.
 *
 * May ask name servers, and take as long as they do: seconds, if one does not answer. Not a cancellation point.
 * The codes of getaddrinfo() come shifted, as SOCKETS_EAI_NONAME and the like, so that they are no -errno; errno is
 * EADDRNOTAVAIL then. EAI_SYSTEM comes as the -errno itself. With AI_IDN, names are UTF-8, whatever the locale.
 *
 * @param host     a name or an address; NULL is this machine: loopback, or with AI_PASSIVE the unspecified address
 * @param service  a name or a number; NULL is port 0
 * @param flags    AI_PASSIVE, AI_CANONNAME, AI_NUMERICHOST, AI_NUMERICSERV, AI_V4MAPPED, AI_ALL, AI_ADDRCONFIG, AI_IDN
 * @param family   AF_UNSPEC, AF_INET or AF_INET6
 * @param type     SOCK_STREAM, SOCK_DGRAM, ...; 0 is any, and gives each address once
 * @param out      receives the addresses, as many as there is room for; may be NULL if count is 0
 * @param count    the room there
 * @param canon    receives the canonical name and a NUL, cut to size, with AI_CANONNAME; may be NULL if size is 0
 * @param size     the room there
 * @return how many addresses there are (more than count: some had no room), or
 *   SOCKETS_EAI_NONAME, SOCKETS_EAI_AGAIN, ...
 *   -EINVAL  count or size is more than SSIZE_MAX
 *   -EFAULT  a NULL pointer
 */
int sockets_resolve(const char *host, const char *service, int flags, int family, int type,
        struct sockets_addr *out, size_t count, char *canon, size_t size)
        SOCKETS_MUST_CHECK;

/** getnameinfo(3): the names of the host and the service of an address.
 *
 * May ask name servers, unless NI_NUMERICHOST and NI_NUMERICSERV are set. Not a cancellation point. The codes are
 * those of sockets_resolve().
 *
 * @param addr          the address
 * @param len           its length
 * @param host          receives the name of the host and a NUL; may be NULL if host_size is 0
 * @param host_size     the room there: NI_MAXHOST is enough
 * @param service       receives the name of the service and a NUL; may be NULL if service_size is 0
 * @param service_size  the room there: NI_MAXSERV is enough, for the path of a Unix address 109
 * @param flags         NI_NUMERICHOST, NI_NUMERICSERV, NI_NAMEREQD, NI_NOFQDN, NI_DGRAM
 * @return 0, or
 *   SOCKETS_EAI_NONAME    no name, with NI_NAMEREQD
 *   SOCKETS_EAI_FAMILY    an address that is none of IP or Unix
 *   SOCKETS_EAI_OVERFLOW  a name does not fit; nothing is written
 *   -EINVAL               len is 1 or more than sizeof(struct sockaddr_storage); a size is more than SSIZE_MAX
 *   -EFAULT               a NULL pointer
 */
int sockets_getnameinfo(const struct sockaddr *addr, socklen_t len, char *host,
        socklen_t host_size, char *service, socklen_t service_size, int flags)
        SOCKETS_MUST_CHECK;

/* ---- Interfaces ---------------------------------------------------------------- */

/** An address of an interface. One of the family AF_PACKET is that of the hardware: sockets_addr_get_link() reads it. */
struct sockets_ifaddr {
    /** The name of the interface; of an address with a label, the label: "eth0:1". */
    char name[16];
    /** Its index, or 0 if it has gone meanwhile. */
    unsigned int index;
    /** IFF_UP, IFF_LOOPBACK, ... */
    unsigned int flags;
    /** The address; len is 0 if there is none. */
    struct sockets_addr addr;
    /** The mask of its network; len is 0 if there is none. */
    struct sockets_addr netmask;
    /** With IFF_BROADCAST the address for broadcasts, with IFF_POINTOPOINT that of the peer; or len is 0. */
    struct sockets_addr other;
};

/** getifaddrs(3): every address of every interface.
 *
 * @param out    receives them, as many as there is room for; may be NULL if count is 0
 * @param count  the room there
 * @return how many there are (more than count: some had no room), or
 *   -EINVAL  count is more than memory has
 *   -EFAULT  a NULL pointer
 *   -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM
 */
int sockets_getifaddrs(struct sockets_ifaddr *out, size_t count) SOCKETS_MUST_CHECK;

/** The index of an interface.
 *
 * Unlike if_nametoindex(3) it does not cut a name that is too long or holds a colon, and the error is that of the
 * call that failed.
 *
 * @param name  the name
 * @return the index, 1 or more, or
 *   -ENODEV  no interface of that name
 *   -EFAULT  a NULL pointer
 *   -EMFILE, -ENFILE, -ENOMEM
 */
int sockets_if_nametoindex(const char *name) SOCKETS_MUST_CHECK;

/** The name of an interface.
 *
 * @param index  the index
 * @param name   receives the name and a NUL: room for IF_NAMESIZE bytes, which is 16
 * @return 0, or
 *   -ENXIO   no interface of that index
 *   -EFAULT  a NULL pointer
 *   -EMFILE, -ENFILE, -ENOMEM
 */
int sockets_if_indextoname(unsigned int index, char *name) SOCKETS_MUST_CHECK;

/* ---- Several addresses for one name -------------------------------------------- */

/** What is called for each socket before it is bound or connected: for options. Returns 0, or an error, as a function
 * of this library does (-EINVAL, if it is no -errno); the address has failed then. It returns: no exception, no
 * longjmp(3), and a cancellation waits.
 */
typedef int (*sockets_configure)(int fd, void *arg);

/** Connects to the first address that can be reached.
 *
 * socket(2), connect(2) and poll(2) for each, each with a socket of its own, which is closed if it fails. The socket
 * that is returned blocks. A Unix address whose queue is full fails at once, with EAGAIN. Not a cancellation point.
 *
 * @param addrs      the addresses, as sockets_resolve() gives them
 * @param count      how many
 * @param type       SOCK_STREAM, ...
 * @param timeout    milliseconds for all attempts together, of which each has an equal share of what is left; -1 is as
 *                   long as they take
 * @param delay      Happy Eyeballs (RFC 8305): the families in turn, and milliseconds after which the next attempt begins
 *                   while the others go on, 10 to 2000; 250 is recommended. -1 is one attempt after the other
 * @param configure  called for each socket before it is connected; or NULL
 * @param arg        handed to it
 * @param errors     receives, if none worked, the error of each address as a positive number; else zeros; or NULL
 * @return the descriptor, or
 *   -EADDRNOTAVAIL  count is 0
 *   -EINVAL         count is more than memory has; a timeout or delay below -1
 *   -EFAULT         a NULL pointer
 *   -ETIMEDOUT      the time is over
 *   and the error of the last attempt
 */
int sockets_connect_any(const struct sockets_addr *addrs, size_t count, int type,
        int timeout, int delay, sockets_configure configure, void *arg, int *errors)
        SOCKETS_MUST_CHECK;

/** Binds a socket to the first address that can be had: socket(2) and bind(2) for each, one after the other.
 *
 * @param addrs      the addresses, as sockets_resolve() gives them with AI_PASSIVE
 * @param count      how many
 * @param type       SOCK_STREAM, ...
 * @param configure  called for each socket before it is bound, to set SO_REUSEADDR and the like; or NULL
 * @param arg        handed to it
 * @param errors     receives, if none worked, the error of each address as a positive number; else zeros; or NULL
 * @return the descriptor, or
 *   -EADDRNOTAVAIL  count is 0
 *   -EINVAL         count is more than memory has
 *   -EFAULT         a NULL pointer
 *   and the error of the last attempt
 */
int sockets_bind_any(const struct sockets_addr *addrs, size_t count, int type,
        sockets_configure configure, void *arg, int *errors) SOCKETS_MUST_CHECK;

/* ---- What an error says -------------------------------------------------------- */

/** The text of an error, as strerror(3) has it in the C locale, or of a SOCKETS_EAI code.
 *
 * The string is constant: nothing to free, and safe in every thread.
 *
 * @param error  what a function of this library returned, or errno: the sign does not matter
 * @return the text; "Success" for 0, "Unknown error" for a number without a name; never NULL
 */
const char *sockets_strerror(int error) SOCKETS_MUST_CHECK;

/** The name of an error: "ECONNREFUSED", "EAI_NONAME".
 *
 * The string is constant: nothing to free, and safe in every thread.
 *
 * @param error  what a function of this library returned, or errno: the sign does not matter
 * @return the name, or NULL for 0 and for a number without a name
 */
const char *sockets_err_name(int error) SOCKETS_MUST_CHECK;

/* ---- The version --------------------------------------------------------------- */

/** The version of the library that the program runs with; SOCKETS_VERSION_NUMBER is the one that it
 * was compiled with.
 *
 * @return major << 16 | minor << 8 | patch
 */
unsigned int sockets_version(void) SOCKETS_MUST_CHECK;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* SOCKETS_H */
