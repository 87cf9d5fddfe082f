/*
 * sendfile(2), splice(2): offsets and parts as the calls themselves have them, no SIGPIPE, and a mask and pending signals
 * as they were.
 */

#include "oracle.h"

#include <sys/sendfile.h>

#define SIZE 200000

static char bytes[SIZE], got[SIZE];

static int file_of(size_t size)
{
    int fd = OK(open("file", O_RDWR | O_CREAT | O_TRUNC, 0600));
    size_t i;
    for (i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 13 + i / 511);
    SAME(write(fd, bytes, size), size);
    SAME(lseek(fd, 0, SEEK_SET), 0);
    SAME(unlink("file"), 0);
    return fd;
}

static void from_a_file(void)
{
    int file = file_of(100), pair[2];
    int64_t offset = 10;
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    SAME(sockets_sendfile(pair[0], file, &offset, 20), 20);
    SAME(offset, 30);
    SAME(lseek(file, 0, SEEK_CUR), 0);
    SAME(sockets_recv(pair[1], got, sizeof(got), 0), 20);
    CHECK(memcmp(got, bytes + 10, 20) == 0);
    /* From its position on. */
    SAME(sockets_sendfile(pair[0], file, NULL, 1000), 100);
    SAME(lseek(file, 0, SEEK_CUR), 100);
    SAME(sockets_recv(pair[1], got, sizeof(got), 0), 100);
    CHECK(memcmp(got, bytes, 100) == 0);
    SAME(sockets_sendfile(pair[0], file, NULL, 1000), 0);
    offset = 5000;
    SAME(sockets_sendfile(pair[0], file, &offset, 10), 0);
    SAME(offset, 5000);
    close_both(pair);
    OK(close(file));
}

static void all_of_it(void)
{
    int file = file_of(SIZE), pair[2];
    int64_t offset = 1000;
    size_t done = 9, received = 0;
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair));
    while (offset < SIZE) {
        int64_t before = offset;
        int rc = sockets_sendfile_all(pair[0], file, &offset, (size_t)(SIZE - offset), &done);
        ssize_t n;
        CHECK(rc == 0 || rc == -EAGAIN);
        SAME(offset - before, done);
        while ((n = sockets_recv(pair[1], got + received, sizeof(got) - received, 0)) > 0)
            received += (size_t)n;
        if (rc != 0 && rc != -EAGAIN)
            break;
    }
    SAME(received, SIZE - 1000);
    CHECK(memcmp(got, bytes + 1000, SIZE - 1000) == 0);
    /* Beyond the end. */
    offset = SIZE - 5;
    FAILS(sockets_sendfile_all(pair[0], file, &offset, 10, &done), ENODATA);
    SAME(done, 5);
    SAME(offset, SIZE);
    SAME(sockets_sendfile_all(pair[0], file, NULL, 0, &done), 0);
    SAME(done, 0);
    SAME(sockets_sendfile_all(pair[0], file, NULL, 5, NULL), 0);
    FAILS(sockets_sendfile_all(pair[0], file, NULL, SIZE_MAX, &done), EINVAL);
    SAME(done, 0);
    close_both(pair);
    OK(close(file));
}

static void by_way_of_a_pipe(void)
{
    int file = file_of(100), a[2], b[2], way[2];
    int64_t offset = 40;
    OK(pipe(way));
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, a));
    tcp_pair(b);
    OK(sockets_send(a[0], "hello", 5, 0));
    SAME(sockets_splice(a[1], NULL, way[1], NULL, 100, 0), 5);
    SAME(sockets_splice(way[0], NULL, b[0], NULL, 100, 0), 5);
    SAME(sockets_recv(b[1], got, sizeof(got), 0), 5);
    CHECK(memcmp(got, "hello", 5) == 0);
    SAME(sockets_splice(file, &offset, way[1], NULL, 7, 0), 7);
    SAME(offset, 47);
    SAME(read(way[0], got, sizeof(got)), 7);
    CHECK(memcmp(got, bytes + 40, 7) == 0);
    FAILS(sockets_splice(way[0], NULL, b[0], NULL, 100, SPLICE_F_NONBLOCK), EAGAIN);
    /* The end of a stream. */
    OK(sockets_close(a[0]));
    SAME(sockets_splice(a[1], NULL, way[1], NULL, 100, 0), 0);
    OK(sockets_close(a[1]));
    close_both(b);
    close_both(way);
    OK(close(file));
}

static int is_pending(void)
{
    sigset_t set;
    SAME(sigpending(&set), 0);
    return sigismember(&set, SIGPIPE);
}

static int is_blocked(void)
{
    sigset_t set;
    SAME(pthread_sigmask(SIG_BLOCK, NULL, &set), 0);
    return sigismember(&set, SIGPIPE);
}

/* A closed peer is -EPIPE; the process lives; a signal of the caller's stays. */
static void no_sigpipe(void)
{
    struct sigaction action;
    int file = file_of(100), pair[2], way[2], blocked, pending;
    size_t done = 9;
    sigset_t set;
    struct timespec no_time;
    no_time.tv_sec = 0;
    no_time.tv_nsec = 0;
    SAME(sigaction(SIGPIPE, NULL, &action), 0);
    CHECK(action.sa_handler == SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    for (blocked = 0; blocked < 2; blocked++)
        for (pending = 0; pending <= blocked; pending++) {
            int64_t offset = 0;
            snprintf(test_detail, sizeof(test_detail), "blocked %d, pending %d", blocked, pending);
            if (blocked)
                SAME(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
            if (pending)
                SAME(pthread_kill(pthread_self(), SIGPIPE), 0);
            OK(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
            OK(sockets_close(pair[1]));
            OK(pipe(way));
            SAME(write(way[1], "x", 1), 1);
            FAILS(sockets_sendfile(pair[0], file, &offset, 10), EPIPE);
            FAILS(sockets_sendfile_all(pair[0], file, &offset, 10, &done), EPIPE);
            SAME(done, 0);
            SAME(offset, 0);
            FAILS(sockets_splice(way[0], NULL, pair[0], NULL, 1, 0), EPIPE);
            OK(close(way[0]));
            FAILS(sockets_splice(file, &offset, way[1], NULL, 1, 0), EPIPE);
            SAME(is_blocked(), blocked);
            SAME(is_pending(), pending);
            OK(close(way[1]));
            OK(sockets_close(pair[0]));
            if (pending)
                SAME(sigtimedwait(&set, NULL, &no_time), SIGPIPE);
            SAME(pthread_sigmask(SIG_UNBLOCK, &set, NULL), 0);
        }
    test_detail[0] = 0;
    OK(close(file));
}

static void bad_input(void)
{
    static const int64_t offsets[] = {-1, INT64_MIN, INT64_MAX};
    int file = file_of(100), way[2], pair[2];
    size_t i;
    OK(pipe(way));
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair));
    SAME(fcntl(way[0], F_SETFL, O_NONBLOCK), 0);
    TWINS(sockets_sendfile(-1, file, NULL, 1), sendfile(-1, file, NULL, 1));
    TWINS(sockets_sendfile(pair[0], -1, NULL, 1), sendfile(pair[0], -1, NULL, 1));
    TWINS(sockets_sendfile(pair[0], pair[1], NULL, 1), sendfile(pair[0], pair[1], NULL, 1));
    TWINS(sockets_sendfile(pair[0], way[1], NULL, 1), sendfile(pair[0], way[1], NULL, 1));
    TWINS(sockets_sendfile(pair[0], file, NULL, SIZE_MAX), sendfile(pair[0], file, NULL, SIZE_MAX));
    TWINS(sockets_splice(-1, NULL, way[1], NULL, 1, 0), splice(-1, NULL, way[1], NULL, 1, 0));
    TWINS(sockets_splice(file, NULL, -1, NULL, 1, 0), splice(file, NULL, -1, NULL, 1, 0));
    TWINS(sockets_splice(file, NULL, pair[0], NULL, 1, 0), splice(file, NULL, pair[0], NULL, 1, 0));
    TWINS(sockets_splice(way[0], NULL, way[1], NULL, 1, 0), splice(way[0], NULL, way[1], NULL, 1, 0));
    TWINS(sockets_splice(way[0], NULL, pair[0], NULL, 1, 0x100), splice(way[0], NULL, pair[0], NULL, 1, 0x100));
    for (i = 0; i < 3; i++) {
        int64_t ours = offsets[i];
        off_t theirs = (off_t)offsets[i];
        DETAIL("offset %ld%s", (long)offsets[i], "");
        TWINS(sockets_sendfile(pair[0], file, &ours, 1), sendfile(pair[0], file, &theirs, 1));
        CHECK(ours == (int64_t)theirs);
        FAILS(sockets_splice(way[0], &ours, pair[0], NULL, 1, 0), ESPIPE);
    }
    for (i = 0; KERNEL_SEES_ALL && i < n_bad; i++) {
        void *p = bad_pointers[i].pointer;
        DETAIL("%s%s", bad_pointers[i].name, "");
        if (!p)
            continue;
        TWINS(sockets_sendfile(pair[0], file, (int64_t *)p, 1), sendfile(pair[0], file, (off_t *)p, 1));
        TWINS(sockets_sendfile_all(pair[0], file, (int64_t *)p, 1, NULL) < 0, sendfile(pair[0], file, (off_t *)p, 1) < 0);
        TWINS(sockets_splice(file, (int64_t *)p, way[1], NULL, 1, 0), splice(file, (loff_t *)p, way[1], NULL, 1, 0));
    }
    test_detail[0] = 0;
    close_both(pair);
    close_both(way);
    OK(close(file));
}

int main(void)
{
    test_begin();
    map_memory();
    name_pointers();
    CASE(from_a_file);
    CASE(all_of_it);
    CASE(by_way_of_a_pipe);
    CASE(no_sigpipe);
    CASE(bad_input);
    return test_end();
}
