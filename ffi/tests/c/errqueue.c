/*
 * The error queue: what came back of what was sent, as integers and addresses; nothing where there is nothing; the wait.
 */

#include "test.h"

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>

#ifndef SO_ZEROCOPY
#define SO_ZEROCOPY 60
#endif
#ifndef MSG_ZEROCOPY
#define MSG_ZEROCOPY 0x4000000
#endif
#ifndef IP_RECVERR
#define IP_RECVERR 11
#endif
#ifndef IPV6_RECVERR
#define IPV6_RECVERR 25
#endif

static void set(int fd, int level, int name, int value)
{
    OK(sockets_setsockopt(fd, level, name, &value, sizeof(value)));
}

/* An address where nobody is at home. */
static struct sockets_addr nobody(struct sockets_addr addr)
{
    int fd = OK(sockets_socket(addr.storage.ss_family, SOCK_DGRAM, 0));
    OK(sockets_bind(fd, sa(&addr), addr.len));
    addr = name_of(fd);
    OK(sockets_close(fd));
    return addr;
}

static void refused(void)
{
    struct sockets_error_event event;
    char buf[16];
    int kind;
    for (kind = 0; kind < 3; kind++) {
        /* IPv4, IPv6, and IPv4 on a socket of IPv6. */
        struct sockets_addr to, want = ip4("127.0.0.1", 0);
        int fd;
        if (kind > 0 && !have_ipv6()) {
            test_skip("ipv6", "no ::1");
            continue;
        }
        snprintf(test_detail, sizeof(test_detail), "kind %d", kind);
        to = nobody(kind == 1 ? ip6("::1", 0) : ip4("127.0.0.1", 0));
        if (kind == 2) {
            int port = sockets_addr_port(sa(&to), to.len);
            to = ip6("::ffff:127.0.0.1", port);
        }
        fd = OK(sockets_socket(to.storage.ss_family, SOCK_DGRAM, 0));
        if (kind != 1)
            set(fd, IPPROTO_IP, IP_RECVERR, 1);
        if (kind != 0)
            set(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
        SAME(sockets_sendto(fd, "anybody?", 8, 0, sa(&to), to.len), 8);
        memset(&event, 0xee, sizeof(event));
        memset(buf, '#', sizeof(buf));
        SAME(sockets_recv_error_timeout(fd, buf, 4, &event, 5000), 4);
        CHECK(memcmp(buf, "anyb#", 5) == 0);
        SAME(event.kind, kind == 1 ? SOCKETS_EVENT_ICMP6 : SOCKETS_EVENT_ICMP);
        SAME(event.error, ECONNREFUSED);
        SAME(event.origin, kind == 1 ? SO_EE_ORIGIN_ICMP6 : SO_EE_ORIGIN_ICMP);
        SAME(event.type, kind == 1 ? 1 : 3);
        SAME(event.code, kind == 1 ? 4 : 3);
        CHECK(event.msg_flags & MSG_ERRQUEUE);
        CHECK(event.msg_flags & MSG_TRUNC);
        SAME(event.mtu, 0);
        CHECK(event.software == 0 && event.key == 0 && event.first == 0 && event.is_copied == 0);
        if (kind == 1)
            want = ip6("::1", 0);
        SAME(event.offender.len, want.len);
        SAME(event.offender.storage.ss_family, want.storage.ss_family);
        CHECK(memcmp((char *)&event.offender.storage + 4, (char *)&want.storage + 4, kind == 1 ? 20 : 4) == 0);
        SAME(event.destination.len, to.len);
        SAME(sockets_addr_port(sa(&event.destination), event.destination.len), sockets_addr_port(sa(&to), to.len));
        FAILS(sockets_recv_error(fd, buf, sizeof(buf), &event), EAGAIN);
        OK(sockets_close(fd));
    }
    test_detail[0] = 0;
}

static void too_long(void)
{
    static char big[65508];
    struct sockets_addr to = ip4("127.0.0.1", 9);
    struct sockets_error_event event;
    int fd = OK(sockets_socket(AF_INET, SOCK_DGRAM, 0));
    set(fd, IPPROTO_IP, IP_RECVERR, 1);
    FAILS(sockets_sendto(fd, big, sizeof(big), 0, sa(&to), to.len), EMSGSIZE);
    SAME(sockets_recv_error(fd, NULL, 0, &event), 0);
    SAME(event.kind, SOCKETS_EVENT_LOCAL);
    SAME(event.error, EMSGSIZE);
    SAME(event.origin, SO_EE_ORIGIN_LOCAL);
    SAME(event.mtu, event.info);
    CHECK(event.mtu > 0);
    SAME(event.offender.len, 0);
    OK(sockets_close(fd));
}

static void times(void)
{
    struct sockets_addr to = ip4("127.0.0.1", 9);
    struct sockets_error_event event;
    struct timespec now;
    int fd = OK(sockets_socket(AF_INET, SOCK_DGRAM, 0)), i;
    set(fd, SOL_SOCKET, SO_TIMESTAMPING,
        SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY);
    for (i = 0; i < 3; i++) {
        SAME(sockets_sendto(fd, "x", 1, 0, sa(&to), to.len), 1);
        SAME(sockets_recv_error_timeout(fd, NULL, 0, &event, 5000), 0);
        SAME(event.kind, SOCKETS_EVENT_TIMESTAMP);
        SAME(event.stage, 0); /* SCM_TSTAMP_SND */
        SAME(event.key, i);
        SAME(event.hardware, 0);
        SAME(event.error, ENOMSG);
        SAME(clock_gettime(CLOCK_REALTIME, &now), 0);
        CHECK(event.software / 1000000000u + 60 > (uint64_t)now.tv_sec);
        CHECK(event.software / 1000000000u < (uint64_t)now.tv_sec + 60);
    }
    OK(sockets_close(fd));
}

/* Every stage of a send over TCP, which counts bytes: the last one of the five is number 4. */
static void stages(void)
{
    struct sockets_error_event event;
    int pair[2], i, seen = 0;
    tcp_pair(pair);
    set(pair[0], SOL_SOCKET, SO_TIMESTAMPING,
        SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_ACK | SOF_TIMESTAMPING_SOFTWARE |
            SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY);
    SAME(sockets_send(pair[0], "bytes", 5, 0), 5);
    for (i = 0; i < 3; i++) {
        SAME(sockets_recv_error_timeout(pair[0], NULL, 0, &event, 5000), 0);
        SAME(event.kind, SOCKETS_EVENT_TIMESTAMP);
        SAME(event.key, 4);
        CHECK(event.software > 0);
        seen |= 1 << event.stage;
    }
    SAME(seen, 7); /* SCM_TSTAMP_SND, SCM_TSTAMP_SCHED, SCM_TSTAMP_ACK */
    close_both(pair);
}

static void sends_that_are_through(void)
{
    static char bytes[4096];
    struct sockets_error_event event;
    uint32_t next = 0;
    int pair[2], i;
    tcp_pair(pair);
    set(pair[0], SOL_SOCKET, SO_ZEROCOPY, 1);
    for (i = 0; i < 3; i++)
        SAME(sockets_send(pair[0], bytes, sizeof(bytes), MSG_ZEROCOPY), sizeof(bytes));
    SAME(sockets_recv_exact(pair[1], bytes, sizeof(bytes), 0, NULL), 0);
    SAME(sockets_recv_exact(pair[1], bytes, sizeof(bytes), 0, NULL), 0);
    SAME(sockets_recv_exact(pair[1], bytes, sizeof(bytes), 0, NULL), 0);
    while (next < 3) {
        SAME(sockets_recv_error_timeout(pair[0], NULL, 0, &event, 5000), 0);
        SAME(event.kind, SOCKETS_EVENT_ZEROCOPY);
        SAME(event.first, next);
        CHECK(event.last >= event.first && event.last < 3);
        CHECK(event.is_copied == 0 || event.is_copied == 1);
        if (event.kind != SOCKETS_EVENT_ZEROCOPY)
            break;
        next = event.last + 1;
    }
    close_both(pair);
}

/* Without the option nothing comes; the limit of locked memory is told, and takes no number. */
static void sends_that_are_not(void)
{
    static char bytes[4096];
    struct sockets_error_event event;
    struct rlimit before, none;
    int pair[2];
    tcp_pair(pair);
    SAME(sockets_send(pair[0], bytes, 100, MSG_ZEROCOPY), 100);
    SAME(sockets_recv_exact(pair[1], bytes, 100, 0, NULL), 0);
    FAILS(sockets_recv_error(pair[0], NULL, 0, &event), EAGAIN);
    set(pair[0], SOL_SOCKET, SO_ZEROCOPY, 1);
    SAME(getrlimit(RLIMIT_MEMLOCK, &before), 0);
    none = before;
    none.rlim_cur = 0;
    SAME(setrlimit(RLIMIT_MEMLOCK, &none), 0);
    FAILS(sockets_send(pair[0], bytes, sizeof(bytes), MSG_ZEROCOPY), ENOBUFS);
    FAILS(sockets_recv_error(pair[0], NULL, 0, &event), EAGAIN);
    SAME(setrlimit(RLIMIT_MEMLOCK, &before), 0);
    SAME(sockets_send(pair[0], bytes, sizeof(bytes), MSG_ZEROCOPY), sizeof(bytes));
    SAME(sockets_recv_exact(pair[1], bytes, sizeof(bytes), 0, NULL), 0);
    SAME(sockets_recv_error_timeout(pair[0], NULL, 0, &event, 5000), 0);
    CHECK(event.kind == SOCKETS_EVENT_ZEROCOPY && event.first == 0 && event.last == 0);
    close_both(pair);
}

static void the_wait(void)
{
    struct sockets_error_event event, before;
    struct linger linger = {1, 0};
    int fd = OK(sockets_socket(AF_INET, SOCK_DGRAM, 0)), pair[2];
    long start = milliseconds();
    memset(&event, 0xee, sizeof(event));
    before = event;
    FAILS(sockets_recv_error_timeout(fd, NULL, 0, &event, 50), ETIMEDOUT);
    CHECK(milliseconds() - start >= 49);
    FAILS(sockets_recv_error_timeout(fd, NULL, 0, &event, 0), ETIMEDOUT);
    OK(sockets_close(fd));
    /* An error of the socket ends it, and is told once. */
    tcp_pair(pair);
    OK(sockets_setsockopt(pair[1], SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
    OK(sockets_close(pair[1]));
    FAILS(sockets_recv_error_timeout(pair[0], NULL, 0, &event, -1), ECONNRESET);
    FAILS(sockets_recv_error_timeout(pair[0], NULL, 0, &event, 20), ETIMEDOUT);
    SAME(memcmp(&event, &before, sizeof(event)), 0);
    OK(sockets_close(pair[0]));
}

/* Leaves an entry in the queue of a TCP socket that is about to connect, and no error: a connection that is no more has
 * told when it sent a byte. */
static int leave_an_entry(int fd, void *arg)
{
    struct sockets_addr addr = ip4("127.0.0.1", 0);
    int listener = listener_at(&addr, SOCK_STREAM, 1), error = -1;
    struct sockaddr none;
    struct pollfd entry;
    socklen_t len = sizeof(error);
    if (arg)
        ++*(int *)arg;
    set(fd, SOL_SOCKET, SO_TIMESTAMPING, SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE);
    SAME(sockets_connect_timeout(fd, sa(&addr), addr.len, 5000), 0);
    SAME(sockets_send(fd, "x", 1, 0), 1);
    entry.fd = fd;
    entry.events = 0;
    SAME(sockets_poll(&entry, 1, 5000), 1);
    memset(&none, 0, sizeof(none)); /* AF_UNSPEC */
    SAME(sockets_connect(fd, &none, sizeof(none)), 0);
    OK(sockets_getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len));
    OK(sockets_close(listener));
    return 0;
}

/* What is in the queue already is neither a connection nor a failure. */
static void connecting_with_an_entry(void)
{
    struct sockets_addr addrs[2];
    int good, full, filler, fd, errors[2], calls = 0;
    addrs[0] = ip4("127.0.0.1", 0);
    full = listener_at(&addrs[0], SOCK_STREAM, 0);
    filler = connected_to(&addrs[0], SOCK_STREAM);
    wait_readable(full);
    addrs[1] = ip4("127.0.0.1", 0);
    good = listener_at(&addrs[1], SOCK_STREAM, 8);
    fd = OK(sockets_socket(AF_INET, SOCK_STREAM, 0));
    leave_an_entry(fd, NULL);
    FAILS(sockets_connect_timeout(fd, sa(&addrs[0]), addrs[0].len, 60), ETIMEDOUT);
    SAME(sockets_connect_timeout(fd, sa(&addrs[1]), addrs[1].len, 5000), 0);
    OK(sockets_close(fd));
    FAILS(sockets_connect_any(addrs, 1, SOCK_STREAM, 200, -1, leave_an_entry, &calls, errors), ETIMEDOUT);
    SAME(errors[0], ETIMEDOUT);
    fd = OK(sockets_connect_any(addrs, 2, SOCK_STREAM, 5000, 50, leave_an_entry, &calls, errors));
    SAME(calls, 3);
    {
        struct sockets_addr peer = peer_of(fd);
        CHECK(same_addr(&peer, &addrs[1]));
    }
    FAILS(sockets_connect(fd, sa(&addrs[1]), addrs[1].len), EISCONN);
    OK(sockets_close(fd));
    OK(sockets_close(good));
    OK(sockets_close(full));
    OK(sockets_close(filler));
}

/* A family without an error queue gives an ordinary message; descriptors in it are closed. */
static void an_ordinary_message(void)
{
    struct sockets_error_event event;
    int pair[2], fds[2] = {1, 1}, before;
    char buf[8];
    OK(sockets_socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
    FAILS(sockets_recv_error(pair[1], buf, sizeof(buf), &event), EAGAIN);
    SAME(sockets_send_fds(pair[0], "hello", 5, 0, fds, 2), 5);
    before = open_descriptors();
    SAME(sockets_recv_error(pair[1], buf, sizeof(buf), &event), 5);
    SAME(open_descriptors(), before);
    SAME(event.kind, SOCKETS_EVENT_UNDESCRIBED);
    SAME(event.msg_flags & MSG_ERRQUEUE, 0);
    SAME(event.error, 0);
    close_both(pair);
}

static void bad_arguments(void)
{
    struct sockets_error_event event, before;
    struct sockets_addr to = nobody(ip4("127.0.0.1", 0));
    volatile size_t huge = (size_t)SSIZE_MAX + 1;
    int fd = OK(sockets_socket(AF_INET, SOCK_DGRAM, 0));
    char buf[8];
    memset(&event, 0xee, sizeof(event));
    before = event;
    FAILS(sockets_recv_error(-1, buf, 8, &event), EBADF);
    FAILS(sockets_recv_error(INT_MAX, buf, 8, &event), EBADF);
    FAILS(sockets_recv_error(2, buf, 8, &event), ENOTSOCK);
    FAILS(sockets_recv_error(fd, buf, 8, NULL), EFAULT);
    FAILS(sockets_recv_error(fd, buf, huge, &event), EINVAL);
    FAILS(sockets_recv_error(fd, buf, SIZE_MAX, &event), EINVAL);
    FAILS(sockets_recv_error(fd, buf, 8, &event), EAGAIN);
    FAILS(sockets_recv_error_timeout(fd, buf, 8, &event, -2), EINVAL);
    FAILS(sockets_recv_error_timeout(fd, buf, 8, &event, INT_MIN), EINVAL);
    FAILS(sockets_recv_error_timeout(fd, buf, 8, NULL, 0), EFAULT);
    FAILS(sockets_recv_error_timeout(-1, buf, 8, &event, 100), EBADF);
    /* No memory for the bytes. */
    set(fd, IPPROTO_IP, IP_RECVERR, 1);
    SAME(sockets_sendto(fd, "x", 1, 0, sa(&to), to.len), 1);
    {
        struct pollfd entry;
        entry.fd = fd;
        entry.events = 0;
        SAME(sockets_poll(&entry, 1, 5000), 1);
        SAME(entry.revents, POLLERR);
    }
    if (!TEST_ASAN) {
        FAILS(sockets_recv_error(fd, NULL, 8, &event), EFAULT);
        SAME(sockets_sendto(fd, "x", 1, 0, sa(&to), to.len) < 0, 0);
        FAILS(sockets_recv_error_timeout(fd, (void *)1, 8, &event, 5000), EFAULT);
    }
    SAME(memcmp(&event, &before, sizeof(event)), 0);
    OK(sockets_close(fd));
}

int main(void)
{
    test_begin();
    CASE(refused);
    CASE(too_long);
    CASE(times);
    CASE(stages);
    CASE(sends_that_are_through);
    CASE(sends_that_are_not);
    CASE(the_wait);
    CASE(connecting_with_an_entry);
    CASE(an_ordinary_message);
    CASE(bad_arguments);
    return test_end();
}
