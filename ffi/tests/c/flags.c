/*
 * What is set, asked and seen on a socket beside its bytes: flags of the descriptor and of the calls, options,
 * events, queues.
 */

#include "test.h"

static void descriptor_flags(void)
{
    int fd = OK(sockets_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)), copy, flags;
    SAME(sockets_nonblocking(fd), 1);
    SAME(sockets_set_nonblocking(fd, 0), 0);
    SAME(sockets_nonblocking(fd), 0);
    /* No other flag is touched. */
    flags = fcntl(fd, F_GETFL);
    SAME(fcntl(fd, F_SETFL, flags | O_ASYNC), 0);
    SAME(sockets_set_nonblocking(fd, -5), 0);
    SAME(fcntl(fd, F_GETFL), flags | O_ASYNC | O_NONBLOCK);

    SAME(sockets_cloexec(fd), 1);
    SAME(sockets_set_cloexec(fd, 0), 0);
    SAME(sockets_cloexec(fd), 0);
    SAME(fcntl(fd, F_GETFD), 0);
    copy = OK(sockets_dup(fd));
    SAME(sockets_cloexec(copy), 1);
    SAME(sockets_cloexec(fd), 0);
    SAME(sockets_set_cloexec(fd, 2), 0);
    SAME(fcntl(fd, F_GETFD), FD_CLOEXEC);
    /* The copy is the same socket. */
    SAME(sockets_set_nonblocking(copy, 0), 0);
    SAME(sockets_nonblocking(fd), 0);
    OK(sockets_close(fd));
    SAME(sockets_nonblocking(copy), 0);
    OK(sockets_close(copy));
}

static void options(void)
{
    int fd = OK(sockets_socket(AF_INET, SOCK_STREAM, 0)), value = 1;
    unsigned char byte = 7;
    char name[16];
    struct linger linger;
    socklen_t len = sizeof(value);
    SAME(sockets_setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, sizeof(value)), 0);
    value = 0;
    SAME(sockets_getsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, &len), 0);
    SAME(value, 1);
    SAME(len, sizeof(value));
    SAME(sockets_getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &len), 0);
    SAME(value, SOCK_STREAM);
    SAME(sockets_setsockopt(fd, IPPROTO_IP, IP_TTL, &byte, 1), 0);
    SAME(sockets_getsockopt(fd, IPPROTO_IP, IP_TTL, &value, &len), 0);
    SAME(value, 7);
    linger.l_onoff = 1;
    linger.l_linger = 3;
    SAME(sockets_setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
    memset(&linger, 0, sizeof(linger));
    len = sizeof(linger);
    SAME(sockets_getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &len), 0);
    CHECK(linger.l_onoff == 1 && linger.l_linger == 3 && len == sizeof(linger));
    linger.l_onoff = 0;
    SAME(sockets_setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
    SAME(sockets_setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4), 0);
    len = sizeof(name);
    SAME(sockets_getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len), 0);
    CHECK(strcmp(name, "reno") == 0);
    OK(sockets_close(fd));
}

static void events(void)
{
    struct pollfd entries[3];
    int pair[2];
    long before;
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    memset(entries, 0, sizeof(entries));
    entries[0].fd = pair[0];
    entries[0].events = POLLIN;
    entries[1].fd = -1;
    entries[1].events = POLLIN;
    entries[1].revents = 77;
    entries[2].fd = pair[1];
    entries[2].events = POLLIN | POLLOUT;
    SAME(sockets_poll(entries, 1, 0), 0);
    before = milliseconds();
    SAME(sockets_poll(entries, 1, 30), 0);
    CHECK(milliseconds() - before >= 29);
    SAME(sockets_poll(entries, 3, -1), 1);
    SAME(entries[0].revents, 0);
    SAME(entries[1].revents, 0);
    SAME(entries[2].revents, POLLOUT);
    OK(sockets_send(pair[1], "x", 1, 0));
    SAME(sockets_poll(entries, 3, -1), 2);
    SAME(entries[0].revents, POLLIN);
    OK(sockets_close(pair[1]));
    SAME(sockets_poll(entries, 1, -1), 1);
    CHECK(entries[0].revents & POLLHUP);
    entries[2].fd = pair[1];
    SAME(sockets_poll(entries + 2, 1, -1), 1);
    SAME(entries[2].revents, POLLNVAL);
    SAME(sockets_poll(NULL, 0, 0), 0);
    OK(sockets_close(pair[0]));
}

static void queues(void)
{
    int pair[2], raw;
    char buf[16];
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    SAME(sockets_siocoutq(pair[0]), 0);
    OK(sockets_send(pair[0], "12345", 5, 0));
    SAME(ioctl(pair[0], TIOCOUTQ, &raw), 0);
    SAME(sockets_siocoutq(pair[0]), raw);
    CHECK(raw >= 5);
    SAME(sockets_fionread(pair[1]), 5);
    OK(sockets_recv(pair[1], buf, 2, 0));
    SAME(sockets_fionread(pair[1]), 3);
    OK(sockets_recv(pair[1], buf, sizeof(buf), 0));
    SAME(sockets_siocoutq(pair[0]), 0);
    close_both(pair);

    /* On a datagram socket: the first of them. */
    OK(sockets_socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
    OK(sockets_send(pair[0], "12345", 5, 0));
    OK(sockets_send(pair[0], "123", 3, 0));
    SAME(sockets_fionread(pair[1]), 5);
    close_both(pair);
}

static void urgent_data(void)
{
    struct pollfd entry;
    char buf[16];
    int pair[2];
    tcp_pair(pair);
    SAME(sockets_sockatmark(pair[1]), 0);
    FAILS(sockets_recv(pair[1], buf, 1, MSG_OOB), EINVAL);
    SAME(sockets_send(pair[0], "abc", 3, 0), 3);
    SAME(sockets_send(pair[0], "!", 1, MSG_OOB), 1);
    entry.fd = pair[1];
    entry.events = POLLPRI;
    SAME(sockets_poll(&entry, 1, 10000), 1);
    SAME(entry.revents, POLLPRI);
    SAME(sockets_send(pair[0], "d", 1, 0), 1);
    SAME(sockets_sockatmark(pair[1]), 0);
    SAME(sockets_recv(pair[1], buf, sizeof(buf), 0), 3);
    SAME(sockets_sockatmark(pair[1]), 1);
    SAME(sockets_recv(pair[1], buf, sizeof(buf), MSG_OOB), 1);
    SAME(buf[0], '!');
    SAME(sockets_recv(pair[1], buf, sizeof(buf), 0), 1);
    SAME(buf[0], 'd');
    SAME(sockets_sockatmark(pair[1]), 0);
    close_both(pair);
}

static void more_makes_one_datagram(void)
{
    struct sockets_addr addr = ip4("127.0.0.1", 0);
    int to = OK(sockets_socket(AF_INET, SOCK_DGRAM, 0)), from;
    char buf[16];
    OK(sockets_bind(to, sa(&addr), addr.len));
    addr = name_of(to);
    from = connected_to(&addr, SOCK_DGRAM);
    SAME(sockets_send(from, "ab", 2, MSG_MORE), 2);
    SAME(sockets_send(from, "cd", 2, 0), 2);
    SAME(sockets_recv(to, buf, sizeof(buf), 0), 4);
    CHECK(memcmp(buf, "abcd", 4) == 0);
    OK(sockets_close(to));
    OK(sockets_close(from));
}

static void tcp_flags(void)
{
    char buf[16];
    int pair[2];
    tcp_pair(pair);
    OK(sockets_send(pair[0], "0123456789", 10, 0));
    wait_readable(pair[1]);
    /* The bytes are thrown away, so there is no need for room. */
    SAME(sockets_recv(pair[1], NULL, 4, MSG_TRUNC), 4);
    SAME(sockets_recv(pair[1], buf, 0, 0), 0);
    memset(buf, '#', sizeof(buf));
    {
        /* A connected stream reports no address. */
        struct sockets_addr from = ip4("1.2.3.4", 5);
        SAME(sockets_recvfrom(pair[1], buf, 3, 0, (struct sockaddr *)&from.storage, &from.len), 3);
        SAME(from.len, 0);
    }
    CHECK(memcmp(buf, "456#", 4) == 0);
    close_both(pair);
}

struct late {
    pid_t reader;
    int fd;
};

static void *send_late(void *arg)
{
    struct late *late = (struct late *)arg;
    wait_blocked(late->reader, CALL_RECV);
    OK(sockets_send(late->fd, "5678", 4, 0));
    return NULL;
}

static void waitall_waits_for_all(void)
{
    char buf[8];
    int pair[2];
    pthread_t thread;
    struct late late;
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    OK(sockets_send(pair[0], "1234", 4, 0));
    late.reader = thread_id();
    late.fd = pair[0];
    SAME(pthread_create(&thread, NULL, send_late, &late), 0);
    SAME(sockets_recv(pair[1], buf, sizeof(buf), MSG_WAITALL), 8);
    CHECK(memcmp(buf, "12345678", 8) == 0);
    SAME(pthread_join(thread, NULL), 0);
    close_both(pair);
}
int main(void)
{
    test_begin();
    CASE(descriptor_flags);
    CASE(options);
    CASE(events);
    CASE(queues);
    CASE(urgent_data);
    CASE(more_makes_one_datagram);
    CASE(tcp_flags);
    CASE(waitall_waits_for_all);
    return test_end();
}
