/*
 * Hands an open file and a listening socket to another process, which could have opened neither: the one that
 * opens may have privileges, the one that serves needs none.
 *
 *     cc -Iinclude ffi/examples/fdpass.c target/release/libsockets.a -o fdpass
 *     ./fdpass serve unix:@fdpass README.md
 *     ./fdpass take unix:@fdpass
 *     cat </dev/tcp/127.0.0.1/PORT      (bash; the port that both have printed)
 *
 * The same program in Rust: examples/fdpass.rs. Each can talk to the other.
 */
#define _GNU_SOURCE

#include "sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static const char USAGE[] =
    "usage: fdpass [-n COUNT] [-w SECONDS] serve ADDRESS FILE\n"
    "       fdpass [-w SECONDS] take ADDRESS\n"
    "\n"
    "  serve    opens FILE, and a TCP port on 127.0.0.1, and hands both to whoever connects to ADDRESS\n"
    "  take     receives both, prints the file, and answers one TCP connection with it\n"
    "  ADDRESS  unix:/path or unix:@name\n"
    "  -n COUNT serve so many takers, one after the other (1)\n"
    "  -w SECONDS  give up when nothing comes for so long (30)\n"
    "\n"
    "exit status: 0 done, 1 a call failed or something else came, 2 bad usage\n";

/* What comes with the descriptors, so that other programs are recognised. */
static const char MESSAGE[] = "fdpass: a file, a listener";
#define MESSAGE_LEN (sizeof MESSAGE - 1)

enum { A_FILE, A_LISTENER, DESCRIPTORS };

struct options {
    long count;
    long wait; /* seconds */
};

static struct sockaddr *sa(struct sockets_addr *addr)
{
    return (struct sockaddr *)&addr->storage;
}

/* Says which call failed. */
static int failed(const char *call, int rc)
{
    fprintf(stderr, "fdpass: %s: %s\n", call, rc == -EAGAIN ? "timed out" : sockets_strerror(rc));
    return 1;
}

static int refused(const char *why)
{
    fprintf(stderr, "fdpass: %s\n", why);
    return 1;
}

static int usage(void)
{
    fputs(USAGE, stderr);
    return 2;
}

static int set_wait(int fd, int option, const struct options *options)
{
    struct timeval wait = {0, 0};

    wait.tv_sec = options->wait;
    return sockets_setsockopt(fd, SOL_SOCKET, option, &wait, sizeof wait);
}

/* The socket's own address as text. */
static int own_address(int fd, char *text, size_t size)
{
    struct sockets_addr self;
    int rc;

    self.len = sizeof self.storage;
    rc = sockets_getsockname(fd, sa(&self), &self.len);
    if (rc == 0 && self.len > sizeof self.storage)
        self.len = sizeof self.storage;
    return rc == 0 ? sockets_addr_format(sa(&self), self.len, text, size) : rc;
}

/* Opens what can be read again and again; of anything else, opening might wait for somebody. */
static int open_file(const char *name)
{
    struct stat status;
    int fd = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0) {
        failed(name, -errno);
    } else if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        fprintf(stderr, "fdpass: %s: not a file\n", name);
        close(fd);
        fd = -1;
    }
    return fd;
}

/* A TCP listener on a free port of 127.0.0.1. */
static int open_listener(void)
{
    struct sockaddr_in loopback;
    int fd = sockets_socket(AF_INET, SOCK_STREAM, 0);
    int rc;

    memset(&loopback, 0, sizeof loopback);
    loopback.sin_family = AF_INET;
    loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0)
        return fd;
    rc = sockets_bind(fd, (struct sockaddr *)&loopback, sizeof loopback);
    if (rc == 0)
        rc = sockets_listen(fd, SOCKETS_BACKLOG_MAX);
    if (rc < 0)
        sockets_close(fd);
    return rc < 0 ? rc : fd;
}

/* SOCK_SEQPACKET keeps messages apart, so the descriptors cannot be taken with half of one. */
static int open_socket(const struct options *options)
{
    int fd = sockets_socket(AF_UNIX, SOCK_SEQPACKET, 0);
    int rc = fd < 0 ? fd : set_wait(fd, SO_RCVTIMEO, options);

    if (fd >= 0 && rc < 0)
        sockets_close(fd);
    return rc < 0 ? rc : fd;
}

/* Both descriptors in one message. The taker gets duplicates: ours stay ours. */
static int give_one(int socket, const int fds[DESCRIPTORS])
{
    struct ucred who;
    socklen_t len = sizeof who;
    ssize_t rc;
    int taker = sockets_accept(socket, NULL, NULL);

    if (taker < 0)
        return failed("accept", taker);
    /* The kernel vouches for this; nothing that the taker itself could say would be worth as much. */
    rc = sockets_getsockopt(taker, SOL_SOCKET, SO_PEERCRED, &who, &len);
    if (rc < 0) {
        sockets_close(taker);
        return failed("getsockopt", (int)rc);
    }
    rc = sockets_send_fds(taker, MESSAGE, MESSAGE_LEN, 0, fds, DESCRIPTORS);
    /* A taker that has gone is no reason to give nothing to the others. */
    if (rc < 0)
        failed("sendmsg", (int)rc);
    else
        printf("given to process %ld of user %lu\n", (long)who.pid, (unsigned long)who.uid);
    fflush(stdout);
    sockets_close(taker);
    return 0;
}

static int give(int socket, const int fds[DESCRIPTORS], const struct options *options, const char *name,
                const char *address)
{
    char port[64];
    long given;
    int status = 0;
    int rc = own_address(fds[A_LISTENER], port, sizeof port);

    if (rc < 0)
        return failed("getsockname", rc);
    printf("%s and %s can be taken at %s\n", name, port, address);
    fflush(stdout);
    for (given = 0; given < options->count && status == 0; given++)
        status = give_one(socket, fds);
    return status;
}

static int serve(const struct options *options, struct sockets_addr *addr, char **words)
{
    const struct sockaddr_un *un = (const struct sockaddr_un *)&addr->storage;
    int fds[DESCRIPTORS] = {-1, -1};
    int status = 1;
    int socket = -1;
    int rc;

    fds[A_FILE] = open_file(words[1]);
    if (fds[A_FILE] < 0)
        return 1;
    fds[A_LISTENER] = open_listener();
    socket = open_socket(options);
    if (fds[A_LISTENER] < 0 || socket < 0) {
        failed("socket", fds[A_LISTENER] < 0 ? fds[A_LISTENER] : socket);
    } else if ((rc = sockets_bind(socket, sa(addr), addr->len)) < 0) {
        failed("bind", rc);
    } else {
        rc = sockets_listen(socket, SOCKETS_BACKLOG_MAX);
        status = rc < 0 ? failed("listen", rc) : give(socket, fds, options, words[1], words[0]);
        /* bind(2) has made a file of a path; sockets_addr has zeros behind it. */
        if (un->sun_path[0] != '\0')
            unlink(un->sun_path);
    }
    if (socket >= 0)
        sockets_close(socket);
    if (fds[A_LISTENER] >= 0)
        sockets_close(fds[A_LISTENER]);
    close(fds[A_FILE]);
    return status;
}

/* The whole file from its beginning, whatever the others who have it read: they share its offset, so pread(2) and
 * not read(2). To a socket, or to standard output if that is -1. */
static int copy(int file, int socket)
{
    static char buf[65536];
    off_t at = 0;

    for (;;) {
        ssize_t n = pread(file, buf, sizeof buf, at);
        int rc = 0;

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed("pread", -errno);
        if (socket >= 0)
            rc = sockets_send_all(socket, buf, (size_t)n, 0, NULL);
        else if (fwrite(buf, 1, (size_t)n, stdout) != (size_t)n || fflush(stdout) != 0)
            rc = -EIO;
        if (rc < 0)
            return failed(socket >= 0 ? "send" : "standard output", rc);
        if (n == 0)
            return 0;
        at += n;
    }
}

/* Are they what they are said to be? */
static int check(const int fds[DESCRIPTORS])
{
    struct stat status;
    int values[3], i;
    static const int names[3] = {SO_DOMAIN, SO_TYPE, SO_ACCEPTCONN};
    static const int wanted[3] = {AF_INET, SOCK_STREAM, 1};

    if (fstat(fds[A_FILE], &status) != 0 || !S_ISREG(status.st_mode))
        return refused("fstat: the first descriptor is no file");
    for (i = 0; i < 3; i++) {
        socklen_t len = sizeof values[i];
        int rc = sockets_getsockopt(fds[A_LISTENER], SOL_SOCKET, names[i], &values[i], &len);

        if (rc < 0 || values[i] != wanted[i])
            return refused("getsockopt: the second descriptor is no TCP listener");
    }
    return 0;
}

/* Two descriptors, no fewer and no more: what comes beyond that is closed, and told. */
static int receive(int socket, int fds[DESCRIPTORS])
{
    char buf[64];
    struct ucred who;
    size_t taken = DESCRIPTORS;
    int flags;
    ssize_t n = sockets_recv_fds(socket, buf, sizeof buf, 0, fds, &taken, &who, &flags);

    if (n < 0)
        return failed("recvmsg", (int)n);
    fprintf(stderr, "from process %ld of user %lu:\n", (long)who.pid, (unsigned long)who.uid);
    if (n != (ssize_t)MESSAGE_LEN || memcmp(buf, MESSAGE, MESSAGE_LEN) != 0)
        return refused("recvmsg: this is not what fdpass sends");
    if (taken != DESCRIPTORS || flags & MSG_CTRUNC)
        return refused("recvmsg: not two descriptors");
    return check(fds);
}

static int answer_one(const int fds[DESCRIPTORS], const struct options *options)
{
    char port[64], text[64];
    struct stat status;
    struct sockets_addr peer;
    int client;
    int rc = own_address(fds[A_LISTENER], port, sizeof port);

    if (rc < 0)
        return failed("getsockname", rc);
    if (fstat(fds[A_FILE], &status) != 0)
        return failed("fstat", -errno);
    fprintf(stderr, "a file of %lld bytes, and %s, which waits for a connection\n", (long long)status.st_size,
            port);
    if (copy(fds[A_FILE], -1) != 0)
        return 1;
    /* All who have the listener share its options, so it says for all how long to wait. */
    rc = set_wait(fds[A_LISTENER], SO_RCVTIMEO, options);
    if (rc < 0)
        return failed("setsockopt", rc);
    peer.len = sizeof peer.storage;
    client = sockets_accept(fds[A_LISTENER], sa(&peer), &peer.len);
    if (client < 0)
        return failed("accept", client);
    rc = set_wait(client, SO_SNDTIMEO, options);
    if (rc < 0)
        failed("setsockopt", rc);
    else
        rc = copy(fds[A_FILE], client);
    sockets_close(client);
    if (rc == 0 && sockets_addr_format(sa(&peer), peer.len, text, sizeof text) >= 0)
        fprintf(stderr, "answered %s\n", text);
    return rc == 0 ? 0 : 1;
}

static int take(const struct options *options, struct sockets_addr *addr)
{
    int fds[DESCRIPTORS] = {-1, -1};
    int on = 1;
    int status, i;
    int socket = open_socket(options);
    int rc;

    if (socket < 0)
        return failed("socket", socket);
    /* Before the message is sent: it is the sending that puts the sender's credentials into it. */
    rc = sockets_setsockopt(socket, SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    if (rc < 0)
        status = failed("setsockopt", rc);
    else if ((rc = sockets_connect_timeout(socket, sa(addr), addr->len, (int)options->wait * 1000)) < 0)
        status = failed("connect", rc);
    else
        status = receive(socket, fds);
    sockets_close(socket);
    if (status == 0)
        status = answer_one(fds, options);
    for (i = 0; i < DESCRIPTORS; i++)
        if (fds[i] >= 0)
            sockets_close(fds[i]);
    return status;
}

static int parse_options(int argc, char **argv, struct options *options)
{
    int c;

    while ((c = getopt(argc, argv, "+n:w:")) != -1) {
        char *end = optarg;

        if (c == 'n' && (options->count = strtol(optarg, &end, 10)) > 0 && *end == '\0')
            continue;
        if (c == 'w' && (options->wait = strtol(optarg, &end, 10)) > 0 && *end == '\0' &&
            options->wait <= 2000000)
            continue;
        return -1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct options options = {1, 30};
    struct sockets_addr addr;

    if (parse_options(argc, argv, &options) < 0)
        return usage();
    argc -= optind;
    argv += optind;
    if (!(argc == 3 && strcmp(argv[0], "serve") == 0) && !(argc == 2 && strcmp(argv[0], "take") == 0))
        return usage();
    if (sockets_addr_parse(argv[1], &addr) < 0 || addr.storage.ss_family != AF_UNIX) {
        fprintf(stderr, "fdpass: %s: not unix:/path or unix:@name\n", argv[1]);
        return usage();
    }
    return argc == 3 ? serve(&options, &addr, argv + 1) : take(&options, &addr);
}
