/*
 * Every function that is named after a function of the C library has its type: both can be called through
 * the same pointer. It is enough that this compiles.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* accept4, sendmmsg, recvmmsg, splice */
#endif

#include <sockets.h>

#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

/* The two, and the type of both. */
#define TWIN(name, result, arguments) \
    void twin_##name(void); \
    void twin_##name(void) \
    { \
        result(*call) arguments = name; \
        call = sockets_##name; \
        (void)call; \
    }

TWIN(socket, int, (int, int, int))
TWIN(socketpair, int, (int, int, int, int[2]))
TWIN(close, int, (int))
TWIN(dup, int, (int))
TWIN(bind, int, (int, const struct sockaddr *, socklen_t))
TWIN(connect, int, (int, const struct sockaddr *, socklen_t))
TWIN(getsockname, int, (int, struct sockaddr *, socklen_t *))
TWIN(getpeername, int, (int, struct sockaddr *, socklen_t *))
TWIN(listen, int, (int, int))
TWIN(accept, int, (int, struct sockaddr *, socklen_t *))
TWIN(accept4, int, (int, struct sockaddr *, socklen_t *, int))
TWIN(send, ssize_t, (int, const void *, size_t, int))
TWIN(sendto, ssize_t, (int, const void *, size_t, int, const struct sockaddr *, socklen_t))
TWIN(recv, ssize_t, (int, void *, size_t, int))
TWIN(recvfrom, ssize_t, (int, void *, size_t, int, struct sockaddr *, socklen_t *))
TWIN(sendmsg, ssize_t, (int, const struct msghdr *, int))
TWIN(recvmsg, ssize_t, (int, struct msghdr *, int))
#ifdef __GLIBC__ /* in musl the flags are unsigned */
TWIN(sendmmsg, int, (int, struct mmsghdr *, unsigned int, int))
TWIN(recvmmsg, int, (int, struct mmsghdr *, unsigned int, int, struct timespec *))
#endif
#ifdef __LP64__ /* elsewhere off_t can be shorter than int64_t */
TWIN(sendfile, ssize_t, (int, int, off_t *, size_t))
TWIN(splice, ssize_t, (int, loff_t *, int, loff_t *, size_t, unsigned int))
#endif
TWIN(shutdown, int, (int, int))
TWIN(poll, int, (struct pollfd *, nfds_t, int))
TWIN(sockatmark, int, (int))
TWIN(getsockopt, int, (int, int, int, void *, socklen_t *))
TWIN(setsockopt, int, (int, int, int, const void *, socklen_t))

int main(void)
{
    return 0;
}
