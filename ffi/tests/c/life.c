/*
 * The whole life of a socket, for every family and type: each call does its work, and every descriptor
 * that comes back is close-on-exec.
 */

#include "test.h"

/* New, so close-on-exec and blocking. */
static int fresh(int fd)
{
    CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    CHECK(!(fcntl(fd, F_GETFL) & O_NONBLOCK));
    return fd;
}

static void says(int from, int to, const char *text)
{
    char buf[64];
    size_t len = strlen(text);
    memset(buf, '#', sizeof(buf));
    SAME(sockets_send(from, text, len, 0), len);
    wait_readable(to);
    SAME(sockets_fionread(to), len);
    SAME(sockets_recv(to, buf, sizeof(buf), MSG_PEEK), len);
    SAME(sockets_recv(to, buf, sizeof(buf), 0), len);
    CHECK(memcmp(buf, text, len) == 0 && buf[len] == '#');
    FAILS(sockets_recv(to, buf, sizeof(buf), MSG_DONTWAIT), EAGAIN);
}

/* A type with connections, from socket to close. */
static void connected_life(struct sockets_addr addr, int type)
{
    int domain = addr.storage.ss_family, listener, client, server, second;
    struct sockets_addr from, name;
    char byte;

    listener = fresh(OK(sockets_socket(domain, type, 0)));
    SAME(sockets_bind(listener, sa(&addr), addr.len), 0);
    SAME(sockets_listen(listener, SOMAXCONN), 0);
    addr = name_of(listener);
    FAILS(sockets_fionread(listener), EINVAL);

    client = fresh(OK(sockets_socket(domain, type, 0)));
    SAME(sockets_connect(client, sa(&addr), addr.len), 0);
    memset(&from, 0x55, sizeof(from));
    from.len = sizeof(from.storage);
    server = fresh(OK(sockets_accept(listener, (struct sockaddr *)&from.storage, &from.len)));

    name = name_of(client);
    CHECK(same_addr(&from, &name));
    name = peer_of(server);
    CHECK(same_addr(&from, &name));
    name = name_of(server);
    CHECK(same_addr(&addr, &name));
    name = peer_of(client);
    CHECK(same_addr(&addr, &name));

    says(client, server, "hello");
    says(server, client, "and back again");

    /* Without an address, and with flags. */
    second = connected_to(&addr, type);
    OK(sockets_close(fresh(OK(sockets_accept(listener, NULL, NULL)))));
    SAME(sockets_recv(second, &byte, 1, 0), 0);
    OK(sockets_close(second));
    second = connected_to(&addr, type);
    OK(sockets_close(fresh(OK(sockets_accept4(listener, NULL, NULL, SOCK_CLOEXEC)))));
    OK(sockets_close(second));
    second = connected_to(&addr, type);
    {
        int taken = OK(sockets_accept4(listener, NULL, NULL, SOCK_NONBLOCK));
        CHECK(fcntl(taken, F_GETFD) & FD_CLOEXEC);
        CHECK(fcntl(taken, F_GETFL) & O_NONBLOCK);
        FAILS(sockets_recv(taken, &byte, 1, 0), EAGAIN);
        OK(sockets_close(taken));
    }
    OK(sockets_close(second));

    /* Half closed: the end here, the other direction goes on. */
    SAME(sockets_shutdown(client, SHUT_WR), 0);
    SAME(sockets_recv(server, &byte, 1, 0), 0);
    FAILS(sockets_send(client, "x", 1, 0), EPIPE);
    SAME(sockets_send(server, "y", 1, 0), 1);
    SAME(sockets_recv(client, &byte, 1, 0), 1);
    SAME(byte, 'y');

    SAME(sockets_close(server), 0);
    SAME(sockets_recv(client, &byte, 1, 0), 0);
    SAME(sockets_close(client), 0);
    SAME(sockets_close(listener), 0);
    FAILS(sockets_close(listener), EBADF);
}

static void tcp4(void)
{
    connected_life(ip4("127.0.0.1", 0), SOCK_STREAM);
}

static void tcp6(void)
{
    connected_life(ip6("::1", 0), SOCK_STREAM);
}

static void unix_connected(void)
{
    static const int types[] = {SOCK_STREAM, SOCK_SEQPACKET};
    static const char odd[] = "\0odd\0name";
    size_t i;
    for (i = 0; i < 2; i++) {
        connected_life(un_path("path.sock"), types[i]);
        /* The file outlives the socket. */
        SAME(unlink("path.sock"), 0);
        connected_life(un(odd, sizeof(odd) - 1), types[i]);
        connected_life(un("", 0), types[i]);
    }
}

static void autobind_chooses_an_abstract_name(void)
{
    struct sockets_addr addr = un("", 0);
    int fd = OK(sockets_socket(AF_UNIX, SOCK_DGRAM, 0));
    SAME(name_of(fd).len, 2);
    SAME(sockets_bind(fd, sa(&addr), addr.len), 0);
    addr = name_of(fd);
    SAME(addr.len, 2 + 1 + 5);
    SAME(((const char *)&addr.storage)[2], 0);
    OK(sockets_close(fd));
}

/* A type without connections, two sockets with names. */
static void datagram_life(struct sockets_addr addr_a, struct sockets_addr addr_b)
{
    int domain = addr_a.storage.ss_family;
    int a = fresh(OK(sockets_socket(domain, SOCK_DGRAM, 0)));
    int b = fresh(OK(sockets_socket(domain, SOCK_DGRAM, 0)));
    struct sockets_addr from;
    char buf[64];

    OK(sockets_bind(a, sa(&addr_a), addr_a.len));
    OK(sockets_bind(b, sa(&addr_b), addr_b.len));
    addr_a = name_of(a);
    addr_b = name_of(b);

    SAME(sockets_sendto(a, "hello", 5, 0, sa(&addr_b), addr_b.len), 5);
    SAME(sockets_sendto(a, "", 0, 0, sa(&addr_b), addr_b.len), 0);
    memset(&from, 0x55, sizeof(from));
    from.len = sizeof(from.storage);
    SAME(sockets_recvfrom(b, buf, sizeof(buf), MSG_PEEK, (struct sockaddr *)&from.storage, &from.len), 5);
    CHECK(same_addr(&from, &addr_a));
    from.len = sizeof(from.storage);
    SAME(sockets_recvfrom(b, buf, 2, MSG_TRUNC, (struct sockaddr *)&from.storage, &from.len), 5);
    CHECK(memcmp(buf, "he", 2) == 0 && same_addr(&from, &addr_a));
    SAME(sockets_recvfrom(b, buf, sizeof(buf), 0, NULL, NULL), 0);
    FAILS(sockets_recvfrom(b, buf, sizeof(buf), MSG_DONTWAIT, NULL, NULL), EAGAIN);

    /* No peer, then one, then none again. */
    FAILS(sockets_send(a, "x", 1, 0), domain == AF_UNIX ? ENOTCONN : EDESTADDRREQ);
    from.len = sizeof(from.storage);
    FAILS(sockets_getpeername(a, (struct sockaddr *)&from.storage, &from.len), ENOTCONN);
    SAME(sockets_connect(a, sa(&addr_b), addr_b.len), 0);
    from = peer_of(a);
    CHECK(same_addr(&from, &addr_b));
    SAME(sockets_send(a, "with", 4, 0), 4);
    SAME(sockets_sendto(a, "peer", 4, 0, NULL, 0), 4);
    SAME(sockets_recv(b, buf, sizeof(buf), 0), 4);
    CHECK(memcmp(buf, "with", 4) == 0);
    SAME(sockets_recv(b, buf, sizeof(buf), 0), 4);
    CHECK(memcmp(buf, "peer", 4) == 0);
    SAME(sockets_disconnect(a), 0);
    from.len = sizeof(from.storage);
    FAILS(sockets_getpeername(a, (struct sockaddr *)&from.storage, &from.len), ENOTCONN);

    SAME(sockets_close(a), 0);
    SAME(sockets_close(b), 0);
}

static void udp4(void)
{
    datagram_life(ip4("127.0.0.1", 0), ip4("127.0.0.1", 0));
}

static void udp6(void)
{
    datagram_life(ip6("::1", 0), ip6("::1", 0));
}

static void unix_datagram(void)
{
    datagram_life(un_path("a.sock"), un_path("b.sock"));
    SAME(unlink("a.sock") + unlink("b.sock"), 0);
    datagram_life(un("\0a", 2), un("\0b", 2));
    datagram_life(un("", 0), un("", 0));
}

static void pairs(void)
{
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
    int pair[2];
    size_t i;
    for (i = 0; i < 3; i++) {
        OK(sockets_socketpair(AF_UNIX, types[i], 0, pair));
        says(fresh(pair[0]), fresh(pair[1]), "one way");
        says(pair[1], pair[0], "the other");
        close_both(pair);
        OK(sockets_socketpair(AF_UNIX, types[i] | SOCK_NONBLOCK, 0, pair));
        SAME(sockets_nonblocking(pair[0]), 1);
        SAME(sockets_nonblocking(pair[1]), 1);
        SAME(sockets_cloexec(pair[0]), 1);
        close_both(pair);
    }
}

/* How many sockets a program has that this one starts. */
static int sockets_after_exec(void)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", "exit $(ls -l /proc/$$/fd | grep -c socket:)", (char *)NULL);
        _exit(99);
    }
    SAME(waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) < 99);
    return WEXITSTATUS(status);
}

/* Everything that is made here is closed by exec; what was here before is not ours. */
static void nothing_survives_exec(void)
{
    int fds[7], pair[2], i, before = sockets_after_exec();
    struct sockets_addr addr = ip4("127.0.0.1", 0);
    size_t nfds = 2;
    char control[64];
    struct iovec data;
    struct msghdr msg;
    fds[0] = listener_at(&addr, SOCK_STREAM, 1);
    fds[1] = connected_to(&addr, SOCK_STREAM);
    fds[2] = OK(sockets_accept(fds[0], NULL, NULL));
    fds[3] = OK(sockets_dup(fds[0]));
    OK(sockets_socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
    /* Those that another process has sent, too. */
    SAME(sockets_send_fds(pair[0], "x", 1, 0, fds, 2), 1);
    SAME(sockets_send_fds(pair[0], "x", 1, 0, fds, 1), 1);
    SAME(sockets_recv_fds(pair[1], control, 1, 0, fds + 4, &nfds, NULL, NULL), 1);
    SAME(nfds, 2);
    memset(&msg, 0, sizeof(msg));
    memset(&data, 0, sizeof(data));
    msg.msg_iov = &data;
    msg.msg_iovlen = 1;
    msg.msg_control = control;
    msg.msg_controllen = sizeof(control);
    SAME(sockets_recvmsg(pair[1], &msg, 0), 0);
    SAME(sockets_cmsg_take_fds(&msg, fds + 6, 1), 1);
    SAME(sockets_after_exec(), before);
    /* The count counts. */
    SAME(sockets_set_cloexec(fds[0], 0), 0);
    SAME(sockets_after_exec(), before + 1);
    for (i = 0; i < 7; i++)
        OK(sockets_close(fds[i]));
    close_both(pair);
}

int main(void)
{
    test_begin();
    CASE(tcp4);
    CASE(udp4);
    if (have_ipv6()) {
        CASE(tcp6);
        CASE(udp6);
    } else {
        test_skip("ipv6", "there is no ::1");
    }
    CASE(unix_connected);
    CASE(unix_datagram);
    CASE(autobind_chooses_an_abstract_name);
    CASE(pairs);
    CASE(nothing_survives_exec);
    return test_end();
}
