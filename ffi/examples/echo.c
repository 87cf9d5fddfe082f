/*
 * An echo server and client for every family: TCP, UDP, Unix.
 *
 *     cc -Iinclude ffi/examples/echo.c target/release/libsockets.a -o echo
 *     ./echo server 127.0.0.1:7000
 *     ./echo client 127.0.0.1:7000 hello
 *     ./echo -t seqpacket server unix:@echo
 *
 * The same program in Rust: examples/echo.rs.
 */
#define _POSIX_C_SOURCE 200112L

#include "sockets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static const char USAGE[] =
    "usage: echo [-t TYPE] [-n COUNT] [-w SECONDS] server ADDRESS\n"
    "       echo [-t TYPE] [-w SECONDS] client ADDRESS TEXT\n"
    "\n"
    "  ADDRESS  127.0.0.1:7000, [::1]:7000, unix:/path or unix:@name; port 0 is a free one\n"
    "  -t TYPE  stream (as if not given), dgram or seqpacket\n"
    "  -n COUNT the server ends after so many clients (dgram: messages)\n"
    "  -w SECONDS  give up when nothing comes for so long\n"
    "\n"
    "exit status: 0 done, 1 a call failed or the echo was wrong, 2 bad usage\n";

struct options {
    int type;
    long count; /* 0: no end */
    long wait;  /* seconds; 0: for ever */
};

static struct sockaddr *sa(struct sockets_addr *addr)
{
    return (struct sockaddr *)&addr->storage;
}

/* Says which call failed. */
static int failed(const char *call, int rc)
{
    fprintf(stderr, "echo: %s: %s\n", call, sockets_strerror(rc));
    return 1;
}

static int usage(void)
{
    fputs(USAGE, stderr);
    return 2;
}

static int set_wait(int fd, const struct options *options)
{
    struct timeval wait = {0, 0};

    wait.tv_sec = options->wait;
    return sockets_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
}

/* A socket for the address: the descriptor, or the negative errno. */
static int open_socket(const struct options *options, const struct sockets_addr *addr)
{
    int fd = sockets_socket(addr->storage.ss_family, options->type, 0);
    int rc;

    if (fd < 0)
        return fd;
    rc = set_wait(fd, options);
    if (rc < 0) {
        sockets_close(fd);
        return rc;
    }
    return fd;
}

/* One message back to where it came from. */
static int echo_datagram(int fd)
{
    static char buf[65536];
    struct sockets_addr from;
    ssize_t n;

    from.len = sizeof from.storage;
    n = sockets_recvfrom(fd, buf, sizeof buf, 0, sa(&from), &from.len);
    if (n < 0)
        return (int)n;
    n = sockets_sendto(fd, buf, (size_t)n, 0, sa(&from), from.len);
    /* A sender without a name, or one that has gone, cannot be answered. */
    if (n == -EINVAL || n == -ENOTCONN || n == -ECONNREFUSED)
        return 0;
    return n < 0 ? (int)n : 0;
}

/* Everything back until the client ends its side. */
static int echo_connection(int fd)
{
    static char buf[65536];

    for (;;) {
        ssize_t n = sockets_recv(fd, buf, sizeof buf, 0);
        int rc;

        if (n == 0)
            return 0;
        if (n == -EINTR)
            continue;
        if (n < 0)
            return (int)n;
        rc = sockets_send_all(fd, buf, (size_t)n, 0, NULL);
        if (rc < 0)
            return rc;
    }
}

static int accept_one(int fd, const struct options *options)
{
    int client = sockets_accept(fd, NULL, NULL);
    int rc;

    if (client < 0)
        return failed("accept", client);
    rc = set_wait(client, options);
    if (rc == 0)
        rc = echo_connection(client);
    /* A client that fails is no reason to stop serving the others. */
    if (rc < 0)
        failed("client", rc);
    sockets_close(client);
    return 0;
}

static int serve(int fd, const struct options *options)
{
    char text[256];
    struct sockets_addr self;
    long served;
    int rc;

    self.len = sizeof self.storage;
    rc = sockets_getsockname(fd, sa(&self), &self.len);
    if (rc < 0)
        return failed("getsockname", rc);
    if (self.len > sizeof self.storage)
        self.len = sizeof self.storage;
    rc = sockets_addr_format(sa(&self), self.len, text, sizeof text);
    if (rc < 0)
        return failed("address", rc);
    printf("listening on %s\n", text);
    fflush(stdout);
    for (served = 0; options->count == 0 || served < options->count; served++) {
        if (options->type == SOCK_DGRAM) {
            rc = echo_datagram(fd);
            if (rc < 0)
                return failed("echo", rc);
        } else if (accept_one(fd, options) != 0) {
            return 1;
        }
    }
    return 0;
}

static int server(const struct options *options, struct sockets_addr *addr)
{
    int on = 1;
    int status;
    int rc;
    int fd = open_socket(options, addr);

    if (fd < 0)
        return failed("socket", fd);
    if (addr->storage.ss_family != AF_UNIX) {
        rc = sockets_setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (rc < 0) {
            sockets_close(fd);
            return failed("setsockopt", rc);
        }
    }
    rc = sockets_bind(fd, sa(addr), addr->len);
    if (rc < 0) {
        sockets_close(fd);
        return failed("bind", rc);
    }
    rc = options->type == SOCK_DGRAM ? 0 : sockets_listen(fd, SOCKETS_BACKLOG_MAX);
    status = rc < 0 ? failed("listen", rc) : serve(fd, options);
    sockets_close(fd);
    if (addr->storage.ss_family == AF_UNIX) {
        /* bind(2) has made a file of a path; sockets_addr has zeros behind it. */
        const struct sockaddr_un *un = (const struct sockaddr_un *)&addr->storage;
        if (un->sun_path[0] != '\0')
            unlink(un->sun_path);
    }
    return status;
}

/* Sends the text and compares what comes back. */
static int converse(int fd, const struct options *options, const char *text, char *echo)
{
    size_t len = strlen(text);
    ssize_t n = (ssize_t)len;
    int rc = sockets_send_all(fd, text, len, 0, NULL);

    if (rc < 0)
        return failed("send", rc);
    if (options->type == SOCK_STREAM)
        rc = sockets_recv_exact(fd, echo, len, 0, NULL);
    else
        n = sockets_recv(fd, echo, len, MSG_TRUNC);
    if (rc < 0 || n < 0)
        return failed("recv", rc < 0 ? rc : (int)n);
    if ((size_t)n != len || memcmp(echo, text, len) != 0) {
        fprintf(stderr, "echo: the echo is not what was sent\n");
        return 1;
    }
    printf("%s\n", echo);
    return 0;
}

static int client(const struct options *options, struct sockets_addr *addr, const char *text)
{
    struct sockets_addr unnamed;
    char *echo;
    int status;
    int rc = 0;
    int fd = open_socket(options, addr);

    if (fd < 0)
        return failed("socket", fd);
    if (addr->storage.ss_family == AF_UNIX && options->type == SOCK_DGRAM) {
        /* Without a name of its own it could not be answered. */
        rc = sockets_addr_unix(NULL, 0, &unnamed);
        if (rc == 0)
            rc = sockets_bind(fd, sa(&unnamed), unnamed.len);
    }
    if (rc == 0 && options->wait > 0)
        rc = sockets_connect_timeout(fd, sa(addr), addr->len, (int)options->wait * 1000);
    else if (rc == 0)
        rc = sockets_connect(fd, sa(addr), addr->len);
    if (rc < 0) {
        sockets_close(fd);
        return failed("connect", rc);
    }
    echo = calloc(strlen(text) + 1, 1);
    status = echo ? converse(fd, options, text, echo) : failed("calloc", -ENOMEM);
    free(echo);
    sockets_close(fd);
    return status;
}

static int parse_options(int argc, char **argv, struct options *options)
{
    int c;

    while ((c = getopt(argc, argv, "+t:n:w:")) != -1) {
        char *end = optarg;

        if (c == 't' && strcmp(optarg, "stream") == 0)
            options->type = SOCK_STREAM;
        else if (c == 't' && strcmp(optarg, "dgram") == 0)
            options->type = SOCK_DGRAM;
        else if (c == 't' && strcmp(optarg, "seqpacket") == 0)
            options->type = SOCK_SEQPACKET;
        else if (c == 'n' && (options->count = strtol(optarg, &end, 10)) > 0 && *end == '\0')
            continue;
        else if (c == 'w' && (options->wait = strtol(optarg, &end, 10)) > 0 && *end == '\0' &&
                 options->wait <= 2000000)
            continue;
        else
            return -1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct options options = {SOCK_STREAM, 0, 0};
    struct sockets_addr addr;
    int rc;

    if (parse_options(argc, argv, &options) < 0)
        return usage();
    argc -= optind;
    argv += optind;
    if (!(argc == 2 && strcmp(argv[0], "server") == 0) && !(argc == 3 && strcmp(argv[0], "client") == 0))
        return usage();
    rc = sockets_addr_parse(argv[1], &addr);
    if (rc < 0) {
        failed(argv[1], rc);
        return usage();
    }
    return argc == 2 ? server(&options, &addr) : client(&options, &addr, argv[2]);
}
