/*
 * sockets.h - the socket calls of Linux: TCP, UDP, Unix, raw and packet sockets.
 *
 * Version @MAJOR@.@MINOR@.@PATCH@. Link with -lsockets. C99 or later, C++98 or later.
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

#define SOCKETS_VERSION_MAJOR @MAJOR@
#define SOCKETS_VERSION_MINOR @MINOR@
#define SOCKETS_VERSION_PATCH @PATCH@
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
