/* The rows of the table in C: `rows NAME COUNT` does one row's operation COUNT times.
 *
 * Compiled twice: with -DVIA_LIBC the calls are libc's own, without it they are those of
 * include/sockets.h. Each row is a function with its setup and one loop; bench/src/rows.rs has the
 * same rows in Rust. The calls stand in line, every result is checked, and what goes in is hidden
 * from the optimiser. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* CALL: the function under test. CLOEXEC, NOSIGNAL: flags that ours sets by itself. WOULD_BLOCK: how
 * a caller of each learns that nothing is there. */
#ifdef VIA_LIBC
#define CALL(name) name
#define CLOEXEC SOCK_CLOEXEC
#define NOSIGNAL MSG_NOSIGNAL
#define WOULD_BLOCK(rc) ((rc) < 0 && errno == EAGAIN)
#else
#include <sockets.h>
#define CALL(name) sockets_##name
#define CLOEXEC 0
#define NOSIGNAL 0
#define WOULD_BLOCK(rc) ((rc) == -EAGAIN)
#endif

/* Hides a value from the optimiser, at no instruction. */
#define OPAQUE(value) __asm__ volatile("" : "+r"(value))

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail(#condition);                                                                      \
    } while (0)

static _Noreturn __attribute__((cold, noinline)) void fail(const char *condition)
{
    fprintf(stderr, "not so: %s (%s)\n", condition, strerror(errno));
    exit(1);
}

/* Setup, the same in both builds: a socket that is bound to the loopback address and a free port, or
 * to a free abstract name. */
static int bound(int domain, int type, struct sockaddr_storage *addr, socklen_t *len)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    sa_family_t un = AF_UNIX;
    int fd = socket(domain, type, 0);
    CHECK(fd >= 0);
    if (domain == AF_UNIX)
        CHECK(bind(fd, (struct sockaddr *)&un, sizeof un) == 0);
    else
        CHECK(bind(fd, (struct sockaddr *)&in, sizeof in) == 0);
    *len = sizeof *addr;
    CHECK(getsockname(fd, (struct sockaddr *)addr, len) == 0);
    return fd;
}

static void pair(int fds[2])
{
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
}

static void unix_send_recv(long count)
{
    char out[1] = { 'x' }, in[1];
    int fds[2];
    pair(fds);
    int a = fds[0], b = fds[1];
    while (count-- > 0) {
        CHECK(CALL(send)(a, out, sizeof out, NOSIGNAL) == 1);
        CHECK(CALL(recv)(b, in, sizeof in, 0) == 1);
    }
}

static void recv_eagain(long count)
{
    char in[1];
    int fds[2];
    pair(fds);
    int fd = fds[0];
    while (count-- > 0) {
        ssize_t rc = CALL(recv)(fd, in, sizeof in, MSG_DONTWAIT);
        CHECK(WOULD_BLOCK(rc));
    }
}

static void udp_sendto_recvfrom(long count)
{
    char out[64] = { 0 }, in[64];
    struct sockaddr_storage from, to;
    socklen_t fromlen, tolen;
    int a = bound(AF_INET, SOCK_DGRAM, &from, &fromlen);
    int b = bound(AF_INET, SOCK_DGRAM, &to, &tolen);
    in_port_t port = ntohs(((struct sockaddr_in *)&from)->sin_port);
    OPAQUE(tolen);
    while (count-- > 0) {
        CHECK(CALL(sendto)(a, out, sizeof out, NOSIGNAL, (struct sockaddr *)&to, tolen) == sizeof out);
        struct sockaddr_in peer;
        socklen_t len = sizeof peer;
        CHECK(CALL(recvfrom)(b, in, sizeof in, 0, (struct sockaddr *)&peer, &len) == sizeof in);
        CHECK(ntohs(peer.sin_port) == port);
    }
}

static void udp_echo(long count)
{
    char out[64] = { 0 }, buf[64];
    struct sockaddr_storage from, to;
    socklen_t fromlen, tolen;
    int client = bound(AF_INET, SOCK_DGRAM, &from, &fromlen);
    int server = bound(AF_INET, SOCK_DGRAM, &to, &tolen);
    OPAQUE(tolen);
    while (count-- > 0) {
        CHECK(CALL(sendto)(client, out, sizeof out, NOSIGNAL, (struct sockaddr *)&to, tolen) == sizeof out);
        struct sockaddr_storage peer;
        socklen_t len = sizeof peer;
        ssize_t n = CALL(recvfrom)(server, buf, sizeof buf, 0, (struct sockaddr *)&peer, &len);
        CHECK(n >= 0);
        CHECK(CALL(sendto)(server, buf, n, NOSIGNAL, (struct sockaddr *)&peer, len) == n);
        CHECK(CALL(recv)(client, buf, sizeof buf, 0) == sizeof out);
    }
}

static void option_int(long count)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0), priority = 3;
    CHECK(fd >= 0);
    OPAQUE(priority);
    while (count-- > 0) {
        int got;
        socklen_t len = sizeof got;
        CHECK(CALL(setsockopt)(fd, SOL_SOCKET, SO_PRIORITY, &priority, sizeof priority) == 0);
        CHECK(CALL(getsockopt)(fd, SOL_SOCKET, SO_PRIORITY, &got, &len) == 0);
        CHECK(len == sizeof got);
        CHECK(got == 3);
    }
}

static void option_flag(long count)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1;
    CHECK(fd >= 0);
    OPAQUE(on);
    while (count-- > 0) {
        int got;
        socklen_t len = sizeof got;
        CHECK(CALL(setsockopt)(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) == 0);
        CHECK(CALL(getsockopt)(fd, SOL_SOCKET, SO_KEEPALIVE, &got, &len) == 0);
        CHECK(len == sizeof got);
        CHECK(got != 0);
    }
}

static void getsockname_row(long count)
{
    struct sockaddr_storage addr;
    socklen_t len;
    int fd = bound(AF_INET, SOCK_DGRAM, &addr, &len);
    while (count-- > 0) {
        len = sizeof addr;
        CHECK(CALL(getsockname)(fd, (struct sockaddr *)&addr, &len) == 0);
        CHECK(len == sizeof(struct sockaddr_in));
    }
}

static void socket_close(long count)
{
    while (count-- > 0) {
        int fd = CALL(socket)(AF_INET, SOCK_DGRAM | CLOEXEC, 0);
        CHECK(fd >= 0);
        CHECK(CALL(close)(fd) == 0);
    }
}

static void tcp_cycle(long count)
{
    struct sockaddr_storage to;
    socklen_t tolen;
    int listener = bound(AF_INET, SOCK_STREAM, &to, &tolen);
    CHECK(listen(listener, 16) == 0);
    OPAQUE(tolen);
    while (count-- > 0) {
        struct sockaddr_in peer;
        socklen_t len = sizeof peer;
        int client = CALL(socket)(AF_INET, SOCK_STREAM | CLOEXEC, 0);
        CHECK(client >= 0);
        CHECK(CALL(connect)(client, (struct sockaddr *)&to, tolen) == 0);
        int server = CALL(accept4)(listener, (struct sockaddr *)&peer, &len, CLOEXEC);
        CHECK(server >= 0);
        CHECK(len == sizeof peer);
        CHECK(CALL(close)(server) == 0);
        CHECK(CALL(close)(client) == 0);
    }
}

static void unix_cycle(long count)
{
    struct sockaddr_storage to;
    socklen_t tolen;
    int listener = bound(AF_UNIX, SOCK_STREAM, &to, &tolen);
    CHECK(listen(listener, 16) == 0);
    OPAQUE(tolen);
    while (count-- > 0) {
        int client = CALL(socket)(AF_UNIX, SOCK_STREAM | CLOEXEC, 0);
        CHECK(client >= 0);
        CHECK(CALL(connect)(client, (struct sockaddr *)&to, tolen) == 0);
        int server = CALL(accept4)(listener, NULL, NULL, CLOEXEC);
        CHECK(server >= 0);
        CHECK(CALL(close)(server) == 0);
        CHECK(CALL(close)(client) == 0);
    }
}

#include "messages.h"

static const struct {
    const char *name;
    void (*run)(long count);
} rows[] = {
    { "unix_send_recv", unix_send_recv },
    { "recv_eagain", recv_eagain },
    { "udp_sendto_recvfrom", udp_sendto_recvfrom },
    { "udp_echo", udp_echo },
    { "option_int", option_int },
    { "option_flag", option_flag },
    { "getsockname", getsockname_row },
    { "socket_close", socket_close },
    { "tcp_cycle", tcp_cycle },
    { "unix_cycle", unix_cycle },
    { "pktinfo", pktinfo },
    { "scm_rights", scm_rights },
    { "batch_32", batch_32 },
    { "batch_32_pktinfo", batch_32_pktinfo },
    { "gso_gro", gso_gro },
};

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].name, argv[1]) == 0) {
            rows[i].run(strtol(argv[2], NULL, 10));
            return 0;
        }
    }
    fail("a row of that name");
}
