/*
 * pthread_cancel(3): a thread that blocks in the library is cancelled as in the system call itself. Its
 * cleanup handlers run, it can be joined, nothing leaks, and the process lives, however the library was
 * compiled. Where a helper says that it is no cancellation point, it comes to its end first.
 */

#include "test.h"

#include <netdb.h>

/* A frame that is unwound: the address sanitizer does not see its end, and would take what the thread has
 * on its stack afterwards for an error (also where the libc call itself is cancelled). */
#if TEST_ASAN
#define UNWOUND __attribute__((no_sanitize_address))
#else
#define UNWOUND
#endif

struct victim {
    pthread_t thread;
    volatile pid_t tid;
    int fd;
    int (*call)(struct victim *);
    struct sockets_addr addr;
    char *buf;
    size_t len;
    int cleaned, rc;
    volatile int returned;
};

static void clean_up(void *arg)
{
    struct victim *it = (struct victim *)arg;
    it->cleaned++;
}

UNWOUND static void *victim_main(void *arg)
{
    struct victim *it = (struct victim *)arg;
    pthread_cleanup_push(clean_up, it);
    it->tid = thread_id();
    it->rc = it->call(it);
    it->returned = 1;
    pthread_testcancel();
    pthread_cleanup_pop(0);
    return NULL;
}

static void start(struct victim *it, int fd, int (*call)(struct victim *), long number)
{
    it->fd = fd;
    it->call = call;
    it->tid = 0;
    it->cleaned = it->returned = 0;
    it->rc = 12345;
    SAME(pthread_create(&it->thread, NULL, victim_main, it), 0);
    while (it->tid == 0)
        sched_yield();
    wait_blocked(it->tid, number);
}

static void cancel(struct victim *it)
{
    void *result = NULL;
    SAME(pthread_cancel(it->thread), 0);
    SAME(pthread_join(it->thread, &result), 0);
    CHECK(result == PTHREAD_CANCELED);
    SAME(it->cleaned, 1);
}

/* Cancelled inside the call. */
static void cancelled(int fd, int (*call)(struct victim *), long number, struct victim *it)
{
    start(it, fd, call, number);
    cancel(it);
    SAME(it->returned, 0);
}

UNWOUND static int call_recv(struct victim *it)
{
    char buf[64];
    return (int)sockets_recv(it->fd, buf, sizeof(buf), 0);
}

UNWOUND static int call_recvfrom(struct victim *it)
{
    char buf[64];
    it->addr.len = sizeof(it->addr.storage);
    return (int)sockets_recvfrom(it->fd, buf, sizeof(buf), 0, (struct sockaddr *)&it->addr.storage,
                                 &it->addr.len);
}

UNWOUND static int call_accept(struct victim *it)
{
    it->addr.len = sizeof(it->addr.storage);
    return sockets_accept(it->fd, (struct sockaddr *)&it->addr.storage, &it->addr.len);
}

UNWOUND static int call_accept4(struct victim *it)
{
    return sockets_accept4(it->fd, NULL, NULL, SOCK_NONBLOCK);
}

UNWOUND static int call_connect(struct victim *it)
{
    return sockets_connect(it->fd, sa(&it->addr), it->addr.len);
}

UNWOUND static int call_connect_timeout(struct victim *it)
{
    return sockets_connect_timeout(it->fd, sa(&it->addr), it->addr.len, 150);
}

UNWOUND static int call_send(struct victim *it)
{
    return (int)sockets_send(it->fd, it->buf, it->len, 0);
}

UNWOUND static int call_sendto(struct victim *it)
{
    return (int)sockets_sendto(it->fd, it->buf, it->len, 0, NULL, 0);
}

UNWOUND static int call_send_all(struct victim *it)
{
    size_t done;
    return sockets_send_all(it->fd, it->buf, it->len, 0, &done);
}

UNWOUND static int call_recv_exact(struct victim *it)
{
    size_t done;
    return sockets_recv_exact(it->fd, it->buf, it->len, 0, &done);
}

/* A message of all that there is. */
static struct mmsghdr message_of(struct victim *it, struct iovec *data)
{
    struct mmsghdr msg;
    memset(&msg, 0, sizeof(msg));
    data->iov_base = it->buf;
    data->iov_len = it->len;
    msg.msg_hdr.msg_iov = data;
    msg.msg_hdr.msg_iovlen = 1;
    return msg;
}

UNWOUND static int call_recvmsg(struct victim *it)
{
    struct iovec data;
    struct mmsghdr msg = message_of(it, &data);
    return (int)sockets_recvmsg(it->fd, &msg.msg_hdr, 0);
}

UNWOUND static int call_recvmmsg(struct victim *it)
{
    struct iovec data;
    struct mmsghdr msg = message_of(it, &data);
    return sockets_recvmmsg(it->fd, &msg, 1, 0, NULL);
}

UNWOUND static int call_recv_fds(struct victim *it)
{
    int fds[4];
    size_t nfds = 4;
    return (int)sockets_recv_fds(it->fd, it->buf, it->len, 0, fds, &nfds, NULL, NULL);
}

UNWOUND static int call_sendmsg(struct victim *it)
{
    struct iovec data;
    struct mmsghdr msg = message_of(it, &data);
    return (int)sockets_sendmsg(it->fd, &msg.msg_hdr, 0);
}

UNWOUND static int call_sendmmsg(struct victim *it)
{
    struct iovec data;
    struct mmsghdr msg = message_of(it, &data);
    return sockets_sendmmsg(it->fd, &msg, 1, 0);
}

UNWOUND static int call_send_fds(struct victim *it)
{
    int fds[1] = {1};
    return (int)sockets_send_fds(it->fd, it->buf, it->len, 0, fds, 1);
}

UNWOUND static int call_poll(struct victim *it)
{
    struct pollfd entry;
    entry.fd = it->fd;
    entry.events = POLLIN;
    return sockets_poll(&entry, 1, -1);
}

static void receiving(void)
{
    struct victim it;
    char buf[64];
    int pair[2], i;
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    for (i = 0; i < 100; i++)
        cancelled(pair[0], call_recv, CALL_RECV, &it);
    cancelled(pair[0], call_recvfrom, CALL_RECV, &it);
    cancelled(pair[0], call_poll, CALL_POLL, &it);
    it.buf = buf;
    it.len = sizeof(buf);
    cancelled(pair[0], call_recv_exact, CALL_RECV, &it);
    cancelled(pair[0], call_recvmsg, CALL_RECVMSG, &it);
    cancelled(pair[0], call_recvmmsg, CALL_RECVMMSG, &it);
    cancelled(pair[0], call_recv_fds, CALL_RECVMSG, &it);
    /* In its second round. */
    OK(sockets_send(pair[1], "some", 4, 0));
    cancelled(pair[0], call_recv_exact, CALL_RECV, &it);
    CHECK(memcmp(buf, "some", 4) == 0);
    /* The socket is as it was. */
    OK(sockets_send(pair[1], "x", 1, 0));
    SAME(sockets_recv(pair[0], buf, sizeof(buf), 0), 1);
    close_both(pair);
}

static void sending(void)
{
    struct victim it;
    char byte;
    int pair[2];
    it.len = 1 << 22;
    it.buf = (char *)calloc(1, it.len);
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    cancelled(pair[0], call_send, CALL_SEND, &it);
    cancelled(pair[0], call_sendto, CALL_SEND, &it);
    cancelled(pair[0], call_send_all, CALL_SEND, &it);
    cancelled(pair[0], call_sendmsg, CALL_SENDMSG, &it);
    cancelled(pair[0], call_sendmmsg, CALL_SENDMMSG, &it);
    cancelled(pair[0], call_send_fds, CALL_SENDMSG, &it);
    close_both(pair);
    /* In its second round, as something is read after the first. */
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    start(&it, pair[0], call_send_all, CALL_SEND);
    SAME(sockets_recv(pair[1], &byte, 1, 0), 1);
    wait_blocked(it.tid, CALL_SEND);
    cancel(&it);
    SAME(it.returned, 0);
    close_both(pair);
    free(it.buf);
}

static void accepting(void)
{
    struct victim it;
    struct sockets_addr addr = ip4("127.0.0.1", 0);
    int listener = listener_at(&addr, SOCK_STREAM, 1), client, i;
    for (i = 0; i < 100; i++)
        cancelled(listener, call_accept, CALL_ACCEPT, &it);
    cancelled(listener, call_accept4, CALL_ACCEPT, &it);
    client = connected_to(&addr, SOCK_STREAM);
    OK(sockets_close(OK(sockets_accept(listener, NULL, NULL))));
    OK(sockets_close(client));
    OK(sockets_close(listener));
}

static int full_listener(struct sockets_addr *addr, int *filler)
{
    int listener = listener_at(addr, SOCK_STREAM, 0);
    *filler = connected_to(addr, SOCK_STREAM);
    return listener;
}

static void connecting(void)
{
    struct sockets_addr addrs[2];
    int i;
    addrs[0] = ip4("127.0.0.1", 0);
    addrs[1] = un("\0full", 5);
    for (i = 0; i < 2; i++) {
        struct victim it;
        int filler, listener = full_listener(&addrs[i], &filler);
        int fd = OK(sockets_socket(addrs[i].storage.ss_family, SOCK_STREAM, 0));
        it.addr = addrs[i];
        cancelled(fd, call_connect, CALL_CONNECT, &it);
        OK(sockets_close(fd));
        OK(sockets_close(filler));
        OK(sockets_close(listener));
    }
}

static void connect_timeout_comes_to_its_end(void)
{
    struct sockets_addr addrs[2];
    int i;
    addrs[0] = ip4("127.0.0.1", 0);
    addrs[1] = un("\0full", 5);
    for (i = 0; i < 2; i++) {
        struct victim it;
        struct timeval timeout;
        socklen_t len = sizeof(timeout);
        int filler, listener = full_listener(&addrs[i], &filler);
        int fd = OK(sockets_socket(addrs[i].storage.ss_family, SOCK_STREAM, 0));
        it.addr = addrs[i];
        start(&it, fd, call_connect_timeout, CALL_PPOLL);
        cancel(&it);
        /* It returned, and the cancellation came behind it. */
        SAME(it.returned, 1);
        SAME(it.rc, -ETIMEDOUT);
        SAME(sockets_nonblocking(fd), 0);
        SAME(getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, &len), 0);
        CHECK(timeout.tv_sec == 0 && timeout.tv_usec == 0);
        OK(sockets_close(fd));
        OK(sockets_close(filler));
        OK(sockets_close(listener));
    }
}

UNWOUND static int call_connect_any(struct victim *it)
{
    return sockets_connect_any(&it->addr, 1, SOCK_STREAM, 150, -1, NULL, NULL, NULL);
}

static void connect_any_comes_to_its_end(void)
{
    struct victim it;
    struct sockets_addr addr = ip4("127.0.0.1", 0);
    int filler, listener = full_listener(&addr, &filler);
    it.addr = addr;
    start(&it, -1, call_connect_any, CALL_PPOLL);
    cancel(&it);
    SAME(it.returned, 1);
    SAME(it.rc, -ETIMEDOUT);
    OK(sockets_close(filler));
    OK(sockets_close(listener));
}

/* What makes sockets, or asks the C library, goes past cancellation points on its way. */
UNWOUND static int call_names(struct victim *it)
{
    static struct sockets_ifaddr all[4];
    struct sockets_addr addr = ip4("127.0.0.1", 80);
    char text[64];
    pthread_cancel(pthread_self());
    OK(sockets_if_nametoindex("lo"));
    OK(sockets_addr_parse("[fe80::1%lo]:80", &it->addr));
    OK(sockets_getifaddrs(all, 4));
    OK(sockets_opt_supported(SOL_SOCKET, SO_TYPE));
    OK(sockets_opt_format(it->fd, SOL_SOCKET, SO_TYPE, text, sizeof(text)));
    OK(sockets_resolve("127.0.0.1", "80", 0, AF_INET, SOCK_STREAM, &it->addr, 1, NULL, 0));
    OK(sockets_getnameinfo(sa(&addr), addr.len, text, sizeof(text), NULL, 0, NI_NUMERICHOST));
    FAILS(sockets_bind_any(NULL, 0, SOCK_STREAM, NULL, NULL, NULL), EADDRNOTAVAIL);
    return 0;
}

static void names_come_to_their_end(void)
{
    struct victim it;
    void *result = NULL;
    int pair[2];
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    it.fd = pair[0];
    it.call = call_names;
    it.cleaned = it.returned = 0;
    SAME(pthread_create(&it.thread, NULL, victim_main, &it), 0);
    SAME(pthread_join(it.thread, &result), 0);
    CHECK(result == PTHREAD_CANCELED);
    SAME(it.returned, 1);
    close_both(pair);
}

/* A pending cancellation waits until the thread allows it, as with the call itself. */
UNWOUND static int call_disabled(struct victim *it)
{
    char byte;
    int before, rc;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    rc = (int)sockets_recv(it->fd, &byte, 1, 0);
    /* The helper leaves the state as it found it. */
    rc += sockets_connect_timeout(-1, NULL, 0, 1) == -EBADF ? 0 : 100;
    rc += (int)sockets_recv(it->fd, &byte, 1, MSG_DONTWAIT) == -EAGAIN ? 0 : 1000;
    pthread_setcancelstate(before, NULL);
    return rc;
}

static void the_state_is_respected(void)
{
    struct victim it;
    void *result = NULL;
    int pair[2];
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    start(&it, pair[0], call_disabled, CALL_RECV);
    SAME(pthread_cancel(it.thread), 0);
    OK(sockets_send(pair[1], "x", 1, 0));
    SAME(pthread_join(it.thread, &result), 0);
    CHECK(result == PTHREAD_CANCELED);
    SAME(it.returned, 1);
    SAME(it.rc, 1);
    close_both(pair);
}

int main(void)
{
    test_begin();
    CASE(receiving);
    CASE(sending);
    CASE(accepting);
    CASE(connecting);
    CASE(connect_timeout_comes_to_its_end);
    CASE(connect_any_comes_to_its_end);
    CASE(names_come_to_their_end);
    CASE(the_state_is_respected);
    return test_end();
}
