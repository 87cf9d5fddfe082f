/*
 * A cancellation that is pending already: functions that are no cancellation points come to their end, with all that they
 * have to close and restore; those that are take nothing.
 */

#include "test.h"

#if TEST_ASAN
#define UNWOUND __attribute__((no_sanitize_address))
#else
#define UNWOUND
#endif

struct doomed {
    long (*call)(struct doomed *);
    int fd, other;
    struct msghdr *msg;
    long rc;
    int returned;
};

UNWOUND static void *doomed_main(void *arg)
{
    struct doomed *it = (struct doomed *)arg;
    pthread_cancel(pthread_self());
    it->rc = it->call(it);
    it->returned = 1;
    pthread_testcancel();
    return NULL;
}

static void run(struct doomed *it, long (*call)(struct doomed *))
{
    pthread_t thread;
    void *result = NULL;
    it->call = call;
    it->returned = 0;
    it->rc = 12345;
    SAME(pthread_create(&thread, NULL, doomed_main, it), 0);
    SAME(pthread_join(thread, &result), 0);
    CHECK(result == PTHREAD_CANCELED);
}

static long call_close_fds(struct doomed *it)
{
    return sockets_cmsg_close_fds(it->msg);
}

static long call_recv_error(struct doomed *it)
{
    struct sockets_error_event event;
    return sockets_recv_error(it->fd, NULL, 0, &event);
}

static long call_recv_error_timeout(struct doomed *it)
{
    struct sockets_error_event event;
    return sockets_recv_error_timeout(it->fd, NULL, 0, &event, 20);
}

static long call_set_pktinfo(struct doomed *it)
{
    return sockets_set_pktinfo(it->fd, 1);
}

static long call_sendfile(struct doomed *it)
{
    int64_t offset = 0;
    return sockets_sendfile(it->fd, it->other, &offset, 1);
}

static long call_sendfile_all(struct doomed *it)
{
    int64_t offset = 0;
    return sockets_sendfile_all(it->fd, it->other, &offset, 1, NULL);
}

static long call_splice(struct doomed *it)
{
    int64_t offset = 0;
    return sockets_splice(it->other, &offset, it->fd, NULL, 1, 0);
}

UNWOUND static long call_recv_fds(struct doomed *it)
{
    int fds[1];
    size_t nfds = 1;
    char byte;
    return (long)sockets_recv_fds(it->fd, &byte, 1, 0, fds, &nfds, NULL, NULL);
}

UNWOUND static long call_send_fds(struct doomed *it)
{
    int fds[1] = {1};
    return (long)sockets_send_fds(it->fd, "x", 1, 0, fds, 1);
}

static void all_are_closed(void)
{
    struct doomed it;
    struct msghdr msg;
    char control[64];
    int fds[5], i;
    for (i = 0; i < 5; i++)
        fds[i] = OK(dup(1));
    memset(&msg, 0, sizeof(msg));
    msg.msg_control = control;
    SAME(sockets_cmsg_push(&msg, sizeof(control), SOL_SOCKET, SCM_RIGHTS, fds, sizeof(fds)), 0);
    it.msg = &msg;
    run(&it, call_close_fds);
    SAME(it.returned, 1);
    SAME(it.rc, 5);
}

static void the_end_is_reached(void)
{
    struct doomed it;
    int pair[2], way[2];
    it.fd = OK(sockets_socket(AF_INET, SOCK_DGRAM, 0));
    run(&it, call_recv_error);
    SAME(it.rc, -EAGAIN);
    run(&it, call_recv_error_timeout);
    SAME(it.rc, -ETIMEDOUT);
    run(&it, call_set_pktinfo);
    SAME(it.rc, 0);
    OK(sockets_close(it.fd));

    it.other = OK(open("/proc/self/exe", O_RDONLY));
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    OK(sockets_close(pair[1]));
    it.fd = pair[0];
    run(&it, call_sendfile);
    SAME(it.rc, -EPIPE);
    run(&it, call_sendfile_all);
    SAME(it.rc, -EPIPE);
    OK(sockets_close(pair[0]));
    OK(pipe(way));
    OK(close(way[0]));
    it.fd = way[1];
    run(&it, call_splice);
    SAME(it.rc, -EPIPE);
    OK(close(way[1]));
    OK(close(it.other));
}

/* Cancelled before anything was received or sent. */
static void nothing_is_taken(void)
{
    struct doomed it;
    int pair[2], fds[2], i;
    size_t nfds = 2;
    char byte;
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair));
    fds[0] = fds[1] = 1;
    SAME(sockets_send_fds(pair[0], "x", 1, 0, fds, 2), 1);
    it.fd = pair[1];
    for (i = 0; i < 20; i++) {
        run(&it, call_recv_fds);
        SAME(it.returned, 0);
    }
    run(&it, call_send_fds);
    SAME(it.returned, 0);
    SAME(sockets_recv_fds(pair[1], &byte, 1, 0, fds, &nfds, NULL, NULL), 1);
    SAME(nfds, 2);
    OK(sockets_close(fds[0]));
    OK(sockets_close(fds[1]));
    FAILS(sockets_recv(pair[0], &byte, 1, 0), EAGAIN);
    close_both(pair);
}

int main(void)
{
    test_begin();
    CASE(all_are_closed);
    CASE(the_end_is_reached);
    CASE(nothing_is_taken);
    return test_end();
}
