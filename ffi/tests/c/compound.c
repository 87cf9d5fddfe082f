/*
 * The helpers that are more than one call: connecting in time, all or nothing, ending at once. What they
 * change they restore, and what they moved they tell, on every path.
 */

#include "test.h"

/* ---- connect_timeout ---- */

/* The two things that connect_timeout changes for a while. */
struct settings {
    int nonblocking;
    struct timeval timeout;
};

static struct settings settings_of(int fd)
{
    struct settings it;
    socklen_t len = sizeof(it.timeout);
    memset(&it, 0, sizeof(it));
    it.nonblocking = (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
    SAME(getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &it.timeout, &len), 0);
    return it;
}

/* A socket to connect with: blocking or not, with a timeout of its own for sends or without. */
static int socket_with(int domain, int type, int nonblocking, long seconds)
{
    int fd = OK(sockets_socket(domain, type | (nonblocking ? SOCK_NONBLOCK : 0), 0));
    struct timeval timeout;
    timeout.tv_sec = seconds;
    timeout.tv_usec = 0;
    SAME(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)), 0);
    return fd;
}

/* Connects with all four kinds of socket; wants this error, or 0. */
static void connect_with_each(const struct sockets_addr *addr, int type, int timeout, int error)
{
    int kind;
    for (kind = 0; kind < 4; kind++) {
        int fd = socket_with(addr->storage.ss_family, type, kind & 1, kind & 2 ? 77 : 0);
        struct settings before = settings_of(fd), after;
        long start = milliseconds(), took;
        snprintf(test_detail, sizeof(test_detail), "kind %d", kind);
        if (error)
            FAILS(sockets_connect_timeout(fd, sa(addr), addr->len, timeout), error);
        else
            SAME(sockets_connect_timeout(fd, sa(addr), addr->len, timeout), 0);
        took = milliseconds() - start;
        if (error == ETIMEDOUT)
            CHECK(took >= timeout - 1 && took < timeout + 2000);
        else
            CHECK(took < timeout);
        after = settings_of(fd);
        SAME(after.nonblocking, before.nonblocking);
        SAME(after.timeout.tv_sec, before.timeout.tv_sec);
        SAME(after.timeout.tv_usec, before.timeout.tv_usec);
        OK(sockets_close(fd));
    }
    test_detail[0] = 0;
}

static void connects(void)
{
    struct sockets_addr addrs[3];
    int types[] = {SOCK_STREAM, SOCK_STREAM, SOCK_SEQPACKET}, i;
    addrs[0] = ip4("127.0.0.1", 0);
    addrs[1] = un("\0listener", 9);
    addrs[2] = un("\0listener", 9);
    for (i = 0; i < 3; i++) {
        int listener = listener_at(&addrs[i], types[i], 16), fd;
        connect_with_each(&addrs[i], types[i], 5000, 0);
        fd = connected_to(&addrs[i], types[i]);
        FAILS(sockets_connect_timeout(fd, sa(&addrs[i]), addrs[i].len, 5000), EISCONN);
        OK(sockets_close(fd));
        OK(sockets_close(listener));
    }
    addrs[0] = ip4("127.0.0.1", 9);
    connect_with_each(&addrs[0], SOCK_DGRAM, 5000, 0);
}

static void is_refused(void)
{
    struct sockets_addr addr = ip4("127.0.0.1", 0);
    int listener = listener_at(&addr, SOCK_STREAM, 1);
    OK(sockets_close(listener));
    connect_with_each(&addr, SOCK_STREAM, 5000, ECONNREFUSED);
    addr = un("\0nobody", 7);
    connect_with_each(&addr, SOCK_STREAM, 5000, ECONNREFUSED);
    addr = un_path("nothing");
    connect_with_each(&addr, SOCK_STREAM, 5000, ENOENT);
}

/* A listener whose queue is full. */
static int full_listener(struct sockets_addr *addr, int *filler)
{
    int listener = listener_at(addr, SOCK_STREAM, 0);
    *filler = connected_to(addr, SOCK_STREAM);
    return listener;
}

static void times_out(void)
{
    struct sockets_addr addrs[2];
    int i;
    addrs[0] = ip4("127.0.0.1", 0);
    addrs[1] = un("\0full", 5);
    for (i = 0; i < 2; i++) {
        int filler, listener = full_listener(&addrs[i], &filler), fd;
        connect_with_each(&addrs[i], SOCK_STREAM, 60, ETIMEDOUT);
        connect_with_each(&addrs[i], SOCK_STREAM, 1, ETIMEDOUT);

        /* The attempt was given up: the same socket can go elsewhere. */
        {
            struct sockets_addr other = i == 0 ? ip4("127.0.0.1", 0) : un("\0other", 6), peer;
            int elsewhere = listener_at(&other, SOCK_STREAM, 1);
            fd = socket_with(other.storage.ss_family, SOCK_STREAM, 0, 0);
            FAILS(sockets_connect_timeout(fd, sa(&addrs[i]), addrs[i].len, 1), ETIMEDOUT);
            SAME(sockets_connect_timeout(fd, sa(&other), other.len, 10000), 0);
            peer = peer_of(fd);
            CHECK(same_addr(&peer, &other));
            OK(sockets_close(fd));
            OK(sockets_close(elsewhere));
        }

        /* Or here again, where there is room meanwhile. */
        fd = socket_with(addrs[i].storage.ss_family, SOCK_STREAM, 0, 0);
        FAILS(sockets_connect_timeout(fd, sa(&addrs[i]), addrs[i].len, 1), ETIMEDOUT);
        FAILS(sockets_connect_timeout(fd, sa(&addrs[i]), addrs[i].len, 1), ETIMEDOUT);
        OK(sockets_close(OK(sockets_accept(listener, NULL, NULL))));
        SAME(sockets_connect_timeout(fd, sa(&addrs[i]), addrs[i].len, 10000), 0);
        SAME(sockets_nonblocking(fd), 0);
        OK(sockets_close(fd));
        OK(sockets_close(filler));
        OK(sockets_close(listener));
    }
}

static void zero_and_negative_times_are_refused(void)
{
    static const int times[] = {0, -1, INT_MIN};
    struct sockets_addr addr = ip4("127.0.0.1", 0);
    int listener = listener_at(&addr, SOCK_STREAM, 4), fd = socket_with(AF_INET, SOCK_STREAM, 0, 0), i;
    struct sockets_addr peer;
    for (i = 0; i < 3; i++)
        FAILS(sockets_connect_timeout(fd, sa(&addr), addr.len, times[i]), EINVAL);
    /* Nothing was tried. */
    peer.len = sizeof(peer.storage);
    FAILS(sockets_getpeername(fd, (struct sockaddr *)&peer.storage, &peer.len), ENOTCONN);
    SAME(sockets_connect_timeout(fd, sa(&addr), addr.len, INT_MAX), 0);
    OK(sockets_close(fd));
    OK(sockets_close(listener));
}

struct accepting {
    pid_t connecting;
    int listener;
};

static void *accept_when_blocked(void *arg)
{
    struct accepting *it = (struct accepting *)arg;
    wait_blocked(it->connecting, CALL_PPOLL);
    OK(sockets_close(OK(sockets_accept(it->listener, NULL, NULL))));
    return NULL;
}

static void full_unix_queue_is_waited_for(void)
{
    int kind;
    for (kind = 0; kind < 2; kind++) {
        struct sockets_addr addr = un("\0full", 5);
        int filler, listener = full_listener(&addr, &filler), fd = socket_with(AF_UNIX, SOCK_STREAM, kind, 33);
        struct accepting it;
        pthread_t thread;
        it.connecting = thread_id();
        it.listener = listener;
        SAME(pthread_create(&thread, NULL, accept_when_blocked, &it), 0);
        SAME(sockets_connect_timeout(fd, sa(&addr), addr.len, 8000), 0);
        SAME(pthread_join(thread, NULL), 0);
        SAME(settings_of(fd).nonblocking, kind);
        SAME(settings_of(fd).timeout.tv_sec, 33);
        OK(sockets_close(fd));
        OK(sockets_close(filler));
        OK(sockets_close(listener));
    }
}

/* ---- send_all, recv_exact ---- */

#define SIZE 1000000

static char *pattern(void)
{
    char *bytes = (char *)malloc(SIZE);
    int i;
    for (i = 0; i < SIZE; i++)
        bytes[i] = (char)(i * 31 + i / 999);
    return bytes;
}

static void what_fits_is_counted(void)
{
    char *out = pattern(), *in = (char *)calloc(1, SIZE);
    size_t sent = 0, received = 0, done = 99;
    int pair[2], rc = -1, steps = 0;
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair));
    FAILS(sockets_recv_exact(pair[1], in, SIZE, 0, &done), EAGAIN);
    SAME(done, 0);
    while (received < SIZE && steps++ < 1000) {
        done = 99;
        rc = sockets_send_all(pair[0], out + sent, SIZE - sent, 0, &done);
        CHECK(sent + done == SIZE ? rc == 0 : rc == -EAGAIN && done < SIZE - sent);
        sent += done;
        done = 99;
        rc = sockets_recv_exact(pair[1], in + received, SIZE - received, 0, &done);
        received += done;
        SAME(received, sent);
        CHECK(received == SIZE ? rc == 0 : rc == -EAGAIN);
    }
    CHECK(steps > 2);
    CHECK(memcmp(in, out, SIZE) == 0);
    /* Without a counter. */
    SAME(sockets_send_all(pair[0], "xyz", 3, 0, NULL), 0);
    SAME(sockets_recv_exact(pair[1], in, 3, 0, NULL), 0);
    FAILS(sockets_recv_exact(pair[1], in, 3, 0, NULL), EAGAIN);
    close_both(pair);
    free(out);
    free(in);
}

static void the_end_comes_too_soon(void)
{
    char buf[16];
    size_t done = 99;
    int pair[2];
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    OK(sockets_send(pair[0], "1234", 4, 0));
    OK(sockets_close(pair[0]));
    memset(buf, '#', sizeof(buf));
    FAILS(sockets_recv_exact(pair[1], buf, 10, 0, &done), ENODATA);
    SAME(done, 4);
    CHECK(memcmp(buf, "1234######", 10) == 0);
    FAILS(sockets_recv_exact(pair[1], buf, 10, 0, &done), ENODATA);
    SAME(done, 0);
    FAILS(sockets_recv_exact(pair[1], buf, 10, 0, NULL), ENODATA);
    SAME(sockets_recv_exact(pair[1], buf, 0, 0, &done), 0);
    OK(sockets_close(pair[1]));
}

static void bytes_that_are_not_taken_are_refused(void)
{
    char buf[4];
    size_t done = 99;
    int pair[2];
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    OK(sockets_send(pair[0], "1234", 4, 0));
    FAILS(sockets_recv_exact(pair[1], buf, 4, MSG_PEEK, &done), EINVAL);
    SAME(done, 0);
    FAILS(sockets_recv_exact(pair[1], buf, 4, MSG_TRUNC | MSG_DONTWAIT, NULL), EINVAL);
    SAME(sockets_recv_exact(pair[1], buf, 4, MSG_DONTWAIT | MSG_WAITALL, &done), 0);
    SAME(done, 4);
    close_both(pair);
}

static void messages_go_whole(void)
{
    char buf[64];
    size_t done = 99;
    int pair[2];
    OK(sockets_socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
    SAME(sockets_send_all(pair[0], "hello", 5, 0, &done), 0);
    SAME(done, 5);
    /* An empty message is one, too. */
    SAME(sockets_send_all(pair[0], "", 0, 0, &done), 0);
    SAME(done, 0);
    SAME(sockets_recv(pair[1], buf, sizeof(buf), 0), 5);
    SAME(sockets_recv(pair[1], buf, sizeof(buf), MSG_DONTWAIT), 0);
    FAILS(sockets_send_all(pair[0], NULL, 5, 0, &done), EFAULT);
    SAME(done, 0);
    close_both(pair);
}

struct sending {
    volatile pid_t tid;
    int fd, rc, error;
    const char *bytes;
    size_t done;
};

static void *send_until_error(void *arg)
{
    struct sending *it = (struct sending *)arg;
    it->tid = thread_id();
    it->rc = sockets_send_all(it->fd, it->bytes, SIZE, 0, &it->done);
    it->error = errno;
    return NULL;
}

static void an_error_in_the_middle_tells_how_far(void)
{
    char *out = pattern(), *in = (char *)calloc(1, SIZE);
    struct sending it;
    pthread_t thread;
    int pair[2];
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    it.tid = 0;
    it.fd = pair[0];
    it.bytes = out;
    SAME(pthread_create(&thread, NULL, send_until_error, &it), 0);
    while (it.tid == 0)
        sched_yield();
    wait_blocked(it.tid, CALL_SEND);
    SAME(sockets_shutdown(pair[1], SHUT_RD), 0);
    SAME(pthread_join(thread, NULL), 0);
    SAME(it.rc, -EPIPE);
    SAME(it.error, EPIPE);
    CHECK(it.done > 0 && it.done < SIZE);
    OK(sockets_close(pair[0]));
    /* Just as much is there. */
    SAME(sockets_recv_exact(pair[1], in, it.done, 0, NULL), 0);
    CHECK(memcmp(in, out, it.done) == 0);
    SAME(sockets_recv(pair[1], in, 1, 0), 0);
    OK(sockets_close(pair[1]));
    free(out);
    free(in);
}

/* ---- abort ---- */

static void abort_resets(void)
{
    char byte;
    size_t done = 99;
    int pair[2];
    tcp_pair(pair);
    SAME(sockets_abort(pair[0]), 0);
    FAILS(sockets_close(pair[0]), EBADF);
    wait_readable(pair[1]);
    FAILS(sockets_recv(pair[1], &byte, 1, 0), ECONNRESET);
    SAME(sockets_recv(pair[1], &byte, 1, 0), 0);
    OK(sockets_close(pair[1]));

    tcp_pair(pair);
    OK(sockets_send(pair[0], "12", 2, 0));
    SAME(sockets_abort(pair[0]), 0);
    wait_readable(pair[1]);
    {
        char buf[8];
        int rc = sockets_recv_exact(pair[1], buf, 8, 0, &done);
        CHECK(rc == -ECONNRESET && errno == ECONNRESET);
        CHECK(done == 0 || done == 2);
    }
    OK(sockets_close(pair[1]));
}

static void abort_closes_whatever_it_gets(void)
{
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
    int i, fds[2];
    for (i = 0; i < 3; i++) {
        char byte;
        OK(sockets_socketpair(AF_UNIX, types[i], 0, fds));
        SAME(sockets_abort(fds[0]), 0);
        FAILS(sockets_cloexec(fds[0]), EBADF);
        if (types[i] != SOCK_DGRAM)
            SAME(sockets_recv(fds[1], &byte, 1, 0), 0);
        OK(sockets_close(fds[1]));
    }
    SAME(sockets_abort(OK(sockets_socket(AF_INET, SOCK_DGRAM, 0))), 0);
    OK(pipe(fds));
    FAILS(sockets_abort(fds[0]), ENOTSOCK);
    FAILS(sockets_cloexec(fds[0]), EBADF);
    FAILS(sockets_abort(fds[0]), EBADF);
    OK(close(fds[1]));
}

int main(void)
{
    test_begin();
    CASE(connects);
    CASE(is_refused);
    CASE(times_out);
    CASE(zero_and_negative_times_are_refused);
    CASE(full_unix_queue_is_waited_for);
    CASE(what_fits_is_counted);
    CASE(the_end_comes_too_soon);
    CASE(bytes_that_are_not_taken_are_refused);
    CASE(messages_go_whole);
    CASE(an_error_in_the_middle_tells_how_far);
    CASE(abort_resets);
    CASE(abort_closes_whatever_it_gets);
    return test_end();
}
