/*
 * Signals: a closed peer is -EPIPE and no SIGPIPE, although nothing is done about that signal; a handler
 * without SA_RESTART ends a call that blocks with -EINTR, and does not end the helpers that go on.
 */

#include "test.h"

static volatile sig_atomic_t interruptions;

static void on_signal(int signal)
{
    (void)signal;
    interruptions++;
}

static void handle(int flags)
{
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = on_signal;
    action.sa_flags = flags;
    SAME(sigaction(SIGUSR1, &action, NULL), 0);
}

/* A thread that makes one call, which blocks. */
struct blocked {
    pthread_t thread;
    volatile pid_t tid;
    volatile int done;
    int fd;
    long (*call)(struct blocked *);
    struct sockets_addr addr;
    char *buf;
    size_t len, moved;
    long rc;
    int error;
};

static void *blocked_main(void *arg)
{
    struct blocked *it = (struct blocked *)arg;
    it->tid = thread_id();
    errno = 0;
    it->rc = it->call(it);
    it->error = errno;
    it->done = 1;
    return NULL;
}

static void start(struct blocked *it, int fd, long (*call)(struct blocked *), long number)
{
    it->fd = fd;
    it->call = call;
    it->done = 0;
    it->tid = 0;
    SAME(pthread_create(&it->thread, NULL, blocked_main, it), 0);
    while (it->tid == 0)
        sched_yield();
    wait_blocked(it->tid, number);
}

/* A signal, and proof that the handler has run. */
static void interrupt(struct blocked *it)
{
    sig_atomic_t before = interruptions;
    long until = milliseconds() + 5000;
    SAME(pthread_kill(it->thread, SIGUSR1), 0);
    while (interruptions == before && milliseconds() < until)
        sched_yield();
    CHECK(interruptions != before);
}

static void ends_with(struct blocked *it, int error)
{
    SAME(pthread_join(it->thread, NULL), 0);
    SAME(it->rc, -error);
    if (error)
        SAME(it->error, error);
}

static long call_recv(struct blocked *it)
{
    char byte;
    return sockets_recv(it->fd, &byte, 1, 0);
}

static long call_recvfrom(struct blocked *it)
{
    char byte;
    socklen_t len = sizeof(it->addr.storage);
    return sockets_recvfrom(it->fd, &byte, 1, 0, (struct sockaddr *)&it->addr.storage, &len);
}

static long call_accept(struct blocked *it)
{
    return sockets_accept(it->fd, NULL, NULL);
}

static long call_accept4(struct blocked *it)
{
    return sockets_accept4(it->fd, NULL, NULL, SOCK_NONBLOCK);
}

static long call_connect(struct blocked *it)
{
    return sockets_connect(it->fd, sa(&it->addr), it->addr.len);
}

static long call_connect_timeout(struct blocked *it)
{
    return sockets_connect_timeout(it->fd, sa(&it->addr), it->addr.len, 8000);
}

static long call_send(struct blocked *it)
{
    return sockets_send(it->fd, it->buf, it->len, 0);
}

static long call_sendto(struct blocked *it)
{
    return sockets_sendto(it->fd, it->buf, it->len, 0, NULL, 0);
}

static long call_send_all(struct blocked *it)
{
    return sockets_send_all(it->fd, it->buf, it->len, 0, &it->moved);
}

static long call_recv_exact(struct blocked *it)
{
    return sockets_recv_exact(it->fd, it->buf, it->len, 0, &it->moved);
}

static long call_poll(struct blocked *it)
{
    struct pollfd entry;
    entry.fd = it->fd;
    entry.events = POLLIN;
    return sockets_poll(&entry, 1, -1);
}

/* ---- SIGPIPE ---- */

static void pipe_of(int domain)
{
    int pair[2];
    size_t done = 9;
    if (domain == AF_INET)
        tcp_pair(pair);
    else
        OK(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    OK(sockets_close(pair[1]));
    if (domain == AF_INET) {
        /* The answer to the first one says that the peer is gone. */
        struct pollfd entry;
        OK(sockets_send(pair[0], "x", 1, 0));
        entry.fd = pair[0];
        entry.events = 0;
        SAME(sockets_poll(&entry, 1, 10000), 1);
    }
    FAILS(sockets_send(pair[0], "x", 1, 0), EPIPE);
    FAILS(sockets_send(pair[0], "x", 1, MSG_DONTWAIT), EPIPE);
    FAILS(sockets_sendto(pair[0], "x", 1, 0, NULL, 0), EPIPE);
    FAILS(sockets_send_all(pair[0], "x", 1, 0, &done), EPIPE);
    SAME(done, 0);
    OK(sockets_close(pair[0]));
}

static void closed_peer_is_epipe_and_no_signal(void)
{
    struct sigaction action;
    sigset_t blocked;
    SAME(sigaction(SIGPIPE, NULL, &action), 0);
    CHECK(action.sa_handler == SIG_DFL);
    SAME(pthread_sigmask(SIG_BLOCK, NULL, &blocked), 0);
    SAME(sigismember(&blocked, SIGPIPE), 0);
    pipe_of(AF_UNIX);
    pipe_of(AF_INET);
}

/* ---- EINTR ---- */

static void receiving(void)
{
    struct blocked it;
    int pair[2];
    char byte;
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    start(&it, pair[0], call_recv, CALL_RECV);
    interrupt(&it);
    ends_with(&it, EINTR);
    start(&it, pair[0], call_recvfrom, CALL_RECV);
    interrupt(&it);
    ends_with(&it, EINTR);
    start(&it, pair[0], call_poll, CALL_POLL);
    interrupt(&it);
    ends_with(&it, EINTR);
    /* With SA_RESTART the kernel goes on. */
    handle(SA_RESTART);
    start(&it, pair[0], call_recv, CALL_RECV);
    interrupt(&it);
    wait_blocked(it.tid, CALL_RECV);
    SAME(it.done, 0);
    OK(sockets_send(pair[1], "x", 1, 0));
    SAME(pthread_join(it.thread, NULL), 0);
    SAME(it.rc, 1);
    handle(0);
    FAILS(sockets_recv(pair[0], &byte, 1, MSG_DONTWAIT), EAGAIN);
    close_both(pair);
}

static void sending(void)
{
    struct blocked it;
    int pair[2];
    long n;
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    it.len = 1 << 22;
    it.buf = (char *)calloc(1, it.len);
    /* Partly sent: the number. With nothing sent: EINTR. */
    start(&it, pair[0], call_send, CALL_SEND);
    interrupt(&it);
    SAME(pthread_join(it.thread, NULL), 0);
    n = it.rc;
    CHECK(n > 0 && n < (1 << 22));
    start(&it, pair[0], call_send, CALL_SEND);
    interrupt(&it);
    ends_with(&it, EINTR);
    start(&it, pair[0], call_sendto, CALL_SEND);
    interrupt(&it);
    ends_with(&it, EINTR);
    free(it.buf);
    close_both(pair);
}

static void accepting(void)
{
    struct blocked it;
    struct sockets_addr addr = ip4("127.0.0.1", 0);
    int listener = listener_at(&addr, SOCK_STREAM, 1);
    start(&it, listener, call_accept, CALL_ACCEPT);
    interrupt(&it);
    ends_with(&it, EINTR);
    start(&it, listener, call_accept4, CALL_ACCEPT);
    interrupt(&it);
    ends_with(&it, EINTR);
    /* A shutdown wakes it, too. */
    start(&it, listener, call_accept, CALL_ACCEPT);
    SAME(sockets_shutdown(listener, SHUT_RDWR), 0);
    ends_with(&it, EINVAL);
    OK(sockets_close(listener));
}

static void connecting(void)
{
    struct blocked it;
    struct sockets_addr addr = ip4("127.0.0.1", 0);
    int listener = listener_at(&addr, SOCK_STREAM, 0), filler = connected_to(&addr, SOCK_STREAM), fd;
    it.addr = addr;
    fd = OK(sockets_socket(AF_INET, SOCK_STREAM, 0));
    start(&it, fd, call_connect, CALL_CONNECT);
    interrupt(&it);
    ends_with(&it, EINTR);
    /* The attempt goes on. */
    SAME(sockets_set_nonblocking(fd, 1), 0);
    FAILS(sockets_connect(fd, sa(&addr), addr.len), EALREADY);
    OK(sockets_close(fd));
    OK(sockets_close(filler));
    OK(sockets_close(listener));

    addr = un("\0full", 5);
    listener = listener_at(&addr, SOCK_STREAM, 0);
    filler = connected_to(&addr, SOCK_STREAM);
    it.addr = addr;
    fd = OK(sockets_socket(AF_UNIX, SOCK_STREAM, 0));
    start(&it, fd, call_connect, CALL_CONNECT);
    interrupt(&it);
    ends_with(&it, EINTR);
    OK(sockets_close(fd));
    OK(sockets_close(filler));
    OK(sockets_close(listener));
}

/* ---- No EINTR ---- */

static void send_all_and_recv_exact_go_on(void)
{
    struct blocked out, in;
    int pair[2], i;
    size_t size = 1 << 20, half = 1 << 19;
    char *bytes = (char *)malloc(size), *got = (char *)calloc(1, size);
    for (i = 0; i < (1 << 20); i++)
        bytes[i] = (char)(i * 7 + i / 253);
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));

    out.buf = bytes;
    out.len = size;
    start(&out, pair[0], call_send_all, CALL_SEND);
    for (i = 0; i < 5; i++) {
        interrupt(&out);
        wait_blocked(out.tid, CALL_SEND);
    }
    in.buf = got;
    in.len = half;
    SAME(sockets_recv_exact(pair[1], in.buf, in.len, 0, &in.moved), 0);
    SAME(in.moved, half);
    SAME(sockets_recv_exact(pair[1], got + half, half, 0, NULL), 0);
    ends_with(&out, 0);
    SAME(out.moved, size);
    CHECK(memcmp(bytes, got, size) == 0);

    in.buf = got;
    in.len = 10;
    memset(got, 0, 10);
    start(&in, pair[1], call_recv_exact, CALL_RECV);
    for (i = 0; i < 9; i++) {
        interrupt(&in);
        wait_blocked(in.tid, CALL_RECV);
        OK(sockets_send(pair[0], bytes + i, 1, 0));
    }
    interrupt(&in);
    wait_blocked(in.tid, CALL_RECV);
    SAME(in.done, 0);
    OK(sockets_send(pair[0], bytes + 9, 1, 0));
    ends_with(&in, 0);
    SAME(in.moved, 10);
    CHECK(memcmp(bytes, got, 10) == 0);
    close_both(pair);
    free(bytes);
    free(got);
}

static void connect_timeout_goes_on(void)
{
    struct blocked it;
    struct sockets_addr addr = un("\0full", 5);
    int listener = listener_at(&addr, SOCK_STREAM, 0), filler = connected_to(&addr, SOCK_STREAM), fd, i;

    /* AF_UNIX with a full queue: it is let in when there is room. */
    it.addr = addr;
    fd = OK(sockets_socket(AF_UNIX, SOCK_STREAM, 0));
    start(&it, fd, call_connect_timeout, CALL_PPOLL);
    for (i = 0; i < 5; i++) {
        interrupt(&it);
        wait_blocked(it.tid, CALL_PPOLL);
    }
    SAME(it.done, 0);
    OK(sockets_close(OK(sockets_accept(listener, NULL, NULL))));
    ends_with(&it, 0);
    OK(sockets_close(fd));
    OK(sockets_close(filler));
    OK(sockets_close(listener));

    /* TCP: signals while it polls; then the connection is let in. */
    addr = ip4("127.0.0.1", 0);
    listener = listener_at(&addr, SOCK_STREAM, 0);
    filler = connected_to(&addr, SOCK_STREAM);
    it.addr = addr;
    fd = OK(sockets_socket(AF_INET, SOCK_STREAM, 0));
    start(&it, fd, call_connect_timeout, CALL_PPOLL);
    for (i = 0; i < 5; i++) {
        interrupt(&it);
        wait_blocked(it.tid, CALL_PPOLL);
    }
    SAME(it.done, 0);
    OK(sockets_close(OK(sockets_accept(listener, NULL, NULL))));
    ends_with(&it, 0);
    SAME(sockets_nonblocking(fd), 0);
    OK(sockets_close(fd));
    OK(sockets_close(filler));
    OK(sockets_close(listener));
}

int main(void)
{
    test_begin();
    handle(0);
    CASE(closed_peer_is_epipe_and_no_signal);
    CASE(receiving);
    CASE(sending);
    CASE(accepting);
    CASE(connecting);
    CASE(send_all_and_recv_exact_go_on);
    CASE(connect_timeout_goes_on);
    return test_end();
}
