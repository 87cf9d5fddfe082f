/*
 * Several messages in one call: laid out, received, made ready and received again; sent in part and to the end; and the
 * traps of the kernel, as the header tells them.
 */

#include "test.h"

#define COUNT 4
#define EACH 16

static struct mmsghdr msgs[COUNT];
static struct iovec iov[COUNT];
static struct sockaddr_storage names[COUNT];
static char data[COUNT][EACH];
static char control[COUNT][64];

static int prepare(void)
{
    return sockets_mmsg_prepare(msgs, COUNT, iov, data, EACH, names, control, sizeof(control[0]));
}

static int bound_udp(struct sockets_addr *addr)
{
    int fd = OK(sockets_socket(AF_INET, SOCK_DGRAM, 0));
    *addr = ip4("127.0.0.1", 0);
    OK(sockets_bind(fd, sa(addr), addr->len));
    *addr = name_of(fd);
    return fd;
}

static void laid_out(void)
{
    int i;
    memset(msgs, 0xee, sizeof(msgs));
    memset(iov, 0xee, sizeof(iov));
    memset(data, '#', sizeof(data));
    SAME(prepare(), 0);
    for (i = 0; i < COUNT; i++) {
        const struct msghdr *msg = &msgs[i].msg_hdr;
        CHECK(msg->msg_name == &names[i] && msg->msg_namelen == sizeof(names[0]));
        CHECK(msg->msg_iov == &iov[i] && msg->msg_iovlen == 1);
        CHECK(iov[i].iov_base == data[i] && iov[i].iov_len == EACH);
        CHECK(msg->msg_control == control[i] && msg->msg_controllen == sizeof(control[0]));
        CHECK(msg->msg_flags == 0 && msgs[i].msg_len == 0);
        SAME(data[i][0], '#');
    }
    /* Without names and control messages; and without anything. */
    SAME(sockets_mmsg_prepare(msgs, COUNT, iov, data, EACH, NULL, NULL, 0), 0);
    CHECK(msgs[1].msg_hdr.msg_name == NULL && msgs[1].msg_hdr.msg_namelen == 0);
    CHECK(msgs[1].msg_hdr.msg_control == NULL && msgs[1].msg_hdr.msg_controllen == 0);
    SAME(sockets_mmsg_restore(msgs, COUNT, 0), 0);
    CHECK(msgs[1].msg_hdr.msg_namelen == 0);
    SAME(sockets_mmsg_prepare(msgs, COUNT, iov, NULL, 0, NULL, NULL, 0), 0);
    CHECK(iov[1].iov_base == NULL && iov[1].iov_len == 0);
    SAME(sockets_mmsg_prepare(NULL, 0, NULL, NULL, 0, NULL, NULL, 0), 0);
    SAME(sockets_mmsg_restore(NULL, 0, 0), 0);
}

static void bad_arguments(void)
{
    volatile size_t too_much = (size_t)SSIZE_MAX / COUNT + 1;
    struct mmsghdr before[COUNT];
    unsigned int done = 9;
    SAME(prepare(), 0);
    memcpy(before, msgs, sizeof(msgs));
    FAILS(sockets_mmsg_prepare(NULL, COUNT, iov, data, EACH, names, control, 64), EFAULT);
    FAILS(sockets_mmsg_prepare(msgs, COUNT, NULL, data, EACH, names, control, 64), EFAULT);
    FAILS(sockets_mmsg_prepare(msgs, COUNT, iov, NULL, EACH, names, control, 64), EFAULT);
    FAILS(sockets_mmsg_prepare(msgs, COUNT, iov, data, EACH, names, NULL, 64), EFAULT);
    FAILS(sockets_mmsg_prepare(msgs, COUNT, iov, data, too_much, names, control, 64), EINVAL);
    FAILS(sockets_mmsg_prepare(msgs, COUNT, iov, data, SIZE_MAX, names, control, 64), EINVAL);
    FAILS(sockets_mmsg_prepare(msgs, COUNT, iov, data, EACH, names, control, too_much), EINVAL);
    FAILS(sockets_mmsg_prepare(msgs, COUNT, iov, data, EACH, names, control, SIZE_MAX), EINVAL);
    FAILS(sockets_mmsg_restore(NULL, COUNT, 64), EFAULT);
    FAILS(sockets_mmsg_restore(msgs, COUNT, SIZE_MAX), EINVAL);
    SAME(memcmp(before, msgs, sizeof(msgs)), 0);
    FAILS(sockets_sendmmsg_all(-1, msgs, COUNT, 0, &done), EBADF);
    SAME(done, 0);
    FAILS(sockets_sendmmsg_all(2, msgs, COUNT, 0, NULL), ENOTSOCK);
    SAME(sockets_sendmmsg_all(-1, NULL, 0, 0, &done), 0);
    FAILS(sockets_recvmmsg(-1, msgs, COUNT, 0, NULL), EBADF);
    FAILS(sockets_recvmmsg(2, msgs, COUNT, 0, NULL), ENOTSOCK);
    if (!TEST_ASAN) { /* the sanitizer's own wrappers look first */
        struct sockets_addr addr;
        int fd = bound_udp(&addr);
        FAILS(sockets_sendmmsg(fd, NULL, 1, 0), EFAULT);
        FAILS(sockets_sendmmsg(fd, (struct mmsghdr *)1, 1, 0), EFAULT);
        FAILS(sockets_sendmmsg_all(fd, NULL, 1, 0, &done), EFAULT);
        FAILS(sockets_recvmmsg(fd, NULL, 1, MSG_DONTWAIT, NULL), EFAULT);
        FAILS(sockets_recvmmsg(fd, msgs, 1, MSG_DONTWAIT, (struct timespec *)1), EFAULT);
        FAILS(sockets_recvmmsg(fd, msgs, 1, MSG_DONTWAIT, NULL), EAGAIN);
        OK(sockets_close(fd));
    }
}

/* The same headers three times: what comes is whole each time, also after shorter addresses and control messages. */
static void used_again(void)
{
    struct sockets_addr to, from, short_name = un("\0s", 2), long_name;
    int fd = bound_udp(&to), sender = bound_udp(&from), on = 1, round, i, n;
    char path[90];
    SAME(prepare(), 0);
    for (round = 0; round < 3; round++) {
        /* First without control messages, then with them. */
        if (round == 1)
            OK(sockets_setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)));
        for (i = 0; i < 3; i++)
            OK(sockets_sendto(sender, "0123456789", (size_t)(i + 1 + round), 0, sa(&to), to.len));
        n = sockets_recvmmsg(fd, msgs, COUNT, MSG_DONTWAIT, NULL);
        SAME(n, 3);
        for (i = 0; i < n; i++) {
            struct in_pktinfo info;
            SAME(msgs[i].msg_len, i + 1 + round);
            SAME(msgs[i].msg_hdr.msg_namelen, from.len);
            CHECK(memcmp(&names[i], &from.storage, from.len) == 0);
            SAME(msgs[i].msg_hdr.msg_flags & (MSG_CTRUNC | MSG_TRUNC), 0);
            if (round > 0) {
                SAME(sockets_cmsg_get(&msgs[i].msg_hdr, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info)), 0);
                SAME(ntohl(info.ipi_addr.s_addr), INADDR_LOOPBACK);
            }
        }
        SAME(sockets_mmsg_restore(msgs, (unsigned int)n, sizeof(control[0])), 0);
    }
    OK(sockets_close(fd));
    OK(sockets_close(sender));

    memset(path, 'l', sizeof(path));
    path[0] = 0;
    long_name = un(path, sizeof(path));
    to = un("\0batch", 6);
    fd = OK(sockets_socket(AF_UNIX, SOCK_DGRAM, 0));
    OK(sockets_bind(fd, sa(&to), to.len));
    SAME(prepare(), 0);
    for (round = 0; round < 3; round++) {
        const struct sockets_addr *name = round == 1 ? &long_name : &short_name;
        sender = OK(sockets_socket(AF_UNIX, SOCK_DGRAM, 0));
        OK(sockets_bind(sender, sa(name), name->len));
        OK(sockets_sendto(sender, "x", 1, 0, sa(&to), to.len));
        OK(sockets_close(sender));
        SAME(sockets_recvmmsg(fd, msgs, COUNT, MSG_DONTWAIT, NULL), 1);
        SAME(msgs[0].msg_hdr.msg_namelen, name->len);
        CHECK(memcmp(&names[0], &name->storage, name->len) == 0);
        SAME(sockets_mmsg_restore(msgs, 1, sizeof(control[0])), 0);
    }
    OK(sockets_close(fd));
}

/* A connected stream names nobody, and descriptors in any of the messages are close-on-exec. */
static void names_and_descriptors(void)
{
    int pair[2], fds[4], i;
    tcp_pair(pair);
    SAME(prepare(), 0);
    memset(names, 0x5a, sizeof(names));
    OK(sockets_send(pair[0], "abc", 3, 0));
    wait_readable(pair[1]);
    SAME(sockets_recvmmsg(pair[1], msgs, 2, MSG_DONTWAIT, NULL), 1);
    SAME(msgs[0].msg_hdr.msg_namelen, 0);
    SAME(((unsigned char *)&names[0])[0], 0x5a);
    close_both(pair);

    OK(sockets_socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
    for (i = 0; i < 3; i++) {
        fds[0] = fds[1] = 1;
        SAME(sockets_send_fds(pair[0], "x", 1, 0, fds, (size_t)i), 1);
    }
    SAME(prepare(), 0);
    SAME(sockets_recvmmsg(pair[1], msgs, COUNT, MSG_DONTWAIT, NULL), 3);
    SAME(sockets_cmsg_take_fds(&msgs[0].msg_hdr, fds, 4), 0);
    SAME(sockets_cmsg_take_fds(&msgs[1].msg_hdr, fds, 4), 1);
    SAME(sockets_cloexec(fds[0]), 1);
    OK(sockets_close(fds[0]));
    SAME(sockets_cmsg_close_fds(&msgs[2].msg_hdr), 2);
    close_both(pair);
}

/* The second of three cannot be sent. */
static void sent_in_part(void)
{
    static char big[70000];
    struct sockets_addr to, from;
    int fd = bound_udp(&to), sender = bound_udp(&from), i;
    unsigned int done = 9;
    char buf[8];
    OK(sockets_connect(sender, sa(&to), to.len));
    SAME(sockets_mmsg_prepare(msgs, 3, iov, data, EACH, NULL, NULL, 0), 0);
    memcpy(data[0], "one", 3);
    memcpy(data[2], "two", 3);
    iov[0].iov_len = iov[2].iov_len = 3;
    iov[1].iov_base = big;
    iov[1].iov_len = sizeof(big);
    SAME(sockets_sendmmsg(sender, msgs, 3, 0), 1);
    SAME(msgs[0].msg_len, 3);
    FAILS(sockets_sendmmsg(sender, msgs + 1, 2, 0), EMSGSIZE);
    FAILS(sockets_sendmmsg_all(sender, msgs, 3, 0, &done), EMSGSIZE);
    SAME(done, 1);
    SAME(sockets_sendmmsg_all(sender, msgs + 2, 1, 0, &done), 0);
    SAME(done, 1);
    for (i = 0; i < 3; i++)
        SAME(sockets_recv(fd, buf, sizeof(buf), MSG_DONTWAIT), 3);
    CHECK(memcmp(buf, "two", 3) == 0);
    FAILS(sockets_recv(fd, buf, sizeof(buf), MSG_DONTWAIT), EAGAIN);
    OK(sockets_close(fd));
    OK(sockets_close(sender));
}

/* More than the kernel takes at once. */
static void more_than_a_call_takes(void)
{
    enum { MANY = 2100 };
    struct mmsghdr *many = (struct mmsghdr *)calloc(MANY, sizeof(*many));
    struct iovec *pieces = (struct iovec *)calloc(MANY, sizeof(*pieces));
    char *bytes = (char *)calloc(MANY, 2);
    struct sockets_addr to;
    int fd = bound_udp(&to);
    unsigned int done = 9;
    OK(sockets_connect(fd, sa(&to), to.len));
    SAME(sockets_mmsg_prepare(many, MANY, pieces, bytes, 2, NULL, NULL, 0), 0);
    CHECK(sockets_sendmmsg(fd, many, MANY, 0) <= 1024);
    SAME(sockets_sendmmsg_all(fd, many, MANY, 0, &done), 0);
    SAME(done, MANY);
    SAME(many[MANY - 1].msg_len, 2);
    OK(sockets_close(fd));
    free(many);
    free(pieces);
    free(bytes);
}

/* A full queue: how many went, and the rest later. */
static void not_blocking(void)
{
    int pair[2], steps = 0;
    unsigned int done = 9, all = 0;
    OK(sockets_socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair));
    SAME(sockets_mmsg_prepare(msgs, COUNT, iov, data, EACH, NULL, NULL, 0), 0);
    while (sockets_sendmmsg_all(pair[0], msgs, COUNT, 0, &done) == 0 && steps++ < 1000)
        SAME(done, COUNT);
    SAME(errno, EAGAIN);
    CHECK(done < COUNT);
    SAME(prepare(), 0);
    all = (unsigned int)steps * COUNT + done;
    while (all > 0) {
        int n = sockets_recvmmsg(pair[1], msgs, COUNT, 0, NULL);
        SAME(n, all < COUNT ? all : COUNT);
        if (n <= 0)
            break;
        all -= (unsigned int)n;
        SAME(sockets_mmsg_restore(msgs, (unsigned int)n, sizeof(control[0])), 0);
    }
    FAILS(sockets_recvmmsg(pair[1], msgs, COUNT, 0, NULL), EAGAIN);
    close_both(pair);
}

/* ---- The traps ---- */

static volatile sig_atomic_t interruptions;

static void on_signal(int signal)
{
    (void)signal;
    interruptions++;
}

struct receiver {
    pthread_t thread;
    volatile pid_t tid;
    int fd, rc;
};

static void *receive_two(void *arg)
{
    struct receiver *it = (struct receiver *)arg;
    it->tid = thread_id();
    it->rc = sockets_recvmmsg(it->fd, msgs, 2, 0, NULL);
    return NULL;
}

/* A signal after the first message parks an error in the socket, which the kernel numbers 512: -EINTR. */
static void a_parked_signal(void)
{
    static const int flags[] = {0, SA_RESTART};
    int i;
    for (i = 0; i < 2; i++) {
        struct sockets_addr addr;
        struct sigaction action;
        struct receiver it;
        char buf[8];
        it.fd = bound_udp(&addr);
        it.tid = 0;
        memset(&action, 0, sizeof(action));
        action.sa_handler = on_signal;
        action.sa_flags = flags[i];
        SAME(sigaction(SIGUSR1, &action, NULL), 0);
        SAME(prepare(), 0);
        OK(sockets_sendto(it.fd, "one", 3, 0, sa(&addr), addr.len));
        SAME(pthread_create(&it.thread, NULL, receive_two, &it), 0);
        while (it.tid == 0)
            sched_yield();
        wait_blocked(it.tid, CALL_RECVMMSG);
        SAME(pthread_kill(it.thread, SIGUSR1), 0);
        SAME(pthread_join(it.thread, NULL), 0);
        SAME(it.rc, 1);
        FAILS(sockets_recv(it.fd, buf, sizeof(buf), MSG_DONTWAIT), EINTR);
        /* Once. */
        FAILS(sockets_recv(it.fd, buf, sizeof(buf), MSG_DONTWAIT), EAGAIN);
        OK(sockets_close(it.fd));
    }
    CHECK(interruptions >= 2);
}

struct sender {
    pthread_t thread;
    volatile pid_t tid;
    int fd, rc;
    unsigned int done;
};

static void *send_many(void *arg)
{
    struct sender *it = (struct sender *)arg;
    static struct mmsghdr many[40];
    static struct iovec pieces[40];
    static char letters[40];
    SAME(sockets_mmsg_prepare(many, 40, pieces, letters, 1, NULL, NULL, 0), 0);
    it->tid = thread_id();
    it->rc = sockets_sendmmsg_all(it->fd, many, 40, 0, &it->done);
    return NULL;
}

/* Signals do not end it, before the first message nor after one. */
static void sending_goes_on(void)
{
    struct sigaction action;
    struct sender it;
    int pair[2], i, little = 1;
    char byte;
    memset(&action, 0, sizeof(action));
    action.sa_handler = on_signal;
    SAME(sigaction(SIGUSR1, &action, NULL), 0);
    OK(sockets_socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
    /* Room for a few at a time. */
    OK(sockets_setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &little, sizeof(little)));
    it.fd = pair[0];
    it.tid = 0;
    SAME(pthread_create(&it.thread, NULL, send_many, &it), 0);
    while (it.tid == 0)
        sched_yield();
    for (i = 0; i < 40; i++) {
        if (i < 5) {
            sig_atomic_t before = interruptions;
            wait_blocked(it.tid, CALL_SENDMMSG);
            SAME(pthread_kill(it.thread, SIGUSR1), 0);
            while (interruptions == before)
                sched_yield();
            wait_blocked(it.tid, CALL_SENDMMSG);
        }
        SAME(sockets_recv(pair[1], &byte, 1, 0), 1);
    }
    SAME(pthread_join(it.thread, NULL), 0);
    SAME(it.rc, 0);
    SAME(it.done, 40);
    close_both(pair);
}

/* The first is enough; and a time that is over is noticed when a message has come. */
static void waiting(void)
{
    struct sockets_addr addr;
    int fd = bound_udp(&addr);
    struct timespec time;
    SAME(prepare(), 0);
    OK(sockets_sendto(fd, "one", 3, 0, sa(&addr), addr.len));
    SAME(sockets_recvmmsg(fd, msgs, COUNT, MSG_WAITFORONE, NULL), 1);
    SAME(prepare(), 0);
    OK(sockets_sendto(fd, "one", 3, 0, sa(&addr), addr.len));
    time.tv_sec = 0;
    time.tv_nsec = 0;
    SAME(sockets_recvmmsg(fd, msgs, COUNT, 0, &time), 1);
    time.tv_nsec = 1000000000;
    FAILS(sockets_recvmmsg(fd, msgs, COUNT, MSG_DONTWAIT, &time), EINVAL);
    OK(sockets_close(fd));
}

int main(void)
{
    test_begin();
    CASE(laid_out);
    CASE(bad_arguments);
    CASE(used_again);
    CASE(names_and_descriptors);
    CASE(sent_in_part);
    CASE(more_than_a_call_takes);
    CASE(not_blocking);
    CASE(a_parked_signal);
    CASE(sending_goes_on);
    CASE(waiting);
    return test_end();
}
