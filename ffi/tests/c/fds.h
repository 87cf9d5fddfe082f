/*
 * What the tests of descriptors share: pairs that pass them, many at once, and the files behind them.
 */

#ifndef FDS_H
#define FDS_H

#include "test.h"

#include <sys/stat.h>

#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif
#ifndef SCM_PIDFD
#define SCM_PIDFD 4
#endif

#define MOST 253

static inline void pair_of(int type, int pair[2])
{
    OK(sockets_socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, pair));
}

/* Are these the same open file, and the new one close-on-exec? */
static inline void same_file(int new_fd, int fd)
{
    struct stat a, b;
    CHECK(new_fd >= 0 && new_fd != fd);
    SAME(fstat(new_fd, &a), 0);
    SAME(fstat(fd, &b), 0);
    CHECK(a.st_dev == b.st_dev && a.st_ino == b.st_ino);
    SAME(sockets_cloexec(new_fd), 1);
}

/* So many descriptors of one pipe. */
static inline void send_many(int fd, int count)
{
    int fds[MOST], ends[2], i;
    OK(pipe(ends));
    for (i = 0; i < count; i++)
        fds[i] = ends[0];
    SAME(sockets_send_fds(fd, "data", 4, 0, fds, (size_t)count), 4);
    OK(close(ends[0]));
    OK(close(ends[1]));
}

static inline void close_many(const int *fds, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++)
        SAME(sockets_close(fds[i]), 0);
}

#endif
