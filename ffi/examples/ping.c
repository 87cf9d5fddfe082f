/*
 * ping over a raw socket or, without the privilege for one, over an unprivileged ICMP socket.
 *
 *     cc -Iinclude ffi/examples/ping.c target/release/libsockets.a -o ping
 *     ./ping 127.0.0.1
 *     ./ping -c 3 ::1
 *
 * The same program in Rust: examples/ping/.
 */
#define _POSIX_C_SOURCE 200112L

#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char USAGE[] =
    "usage: ping [-c COUNT] [-W MILLISECONDS] [-t raw|dgram] ADDRESS\n"
    "\n"
    "  ADDRESS  an IPv4 or IPv6 address\n"
    "  -c COUNT how many requests to send (4)\n"
    "  -W MILLISECONDS  how long to wait for each answer (1000)\n"
    "  -t TYPE  the socket: raw needs CAP_NET_RAW, dgram a group in net.ipv4.ping_group_range;\n"
    "           as if not given: raw, and dgram if that is refused\n"
    "\n"
    "exit status: 0 all requests were answered, 1 not all, 2 bad usage or a call failed\n";

#define HEADER 8
static const unsigned char DATA[24] = "sockets ping 0123456789";

/* What is sent to whom, and the two numbers in which ICMP and ICMPv6 differ. */
struct ping {
    const char *text;
    struct sockaddr_storage addr;
    socklen_t len;
    int protocol;
    unsigned char request;
    unsigned char reply;
    int type; /* SOCK_RAW, SOCK_DGRAM; 0: whichever there is */
    int fd;
    uint16_t id;
    long count;
    long wait;
};

static int usage(void)
{
    fputs(USAGE, stderr);
    return 2;
}

static double milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int parse_address(struct ping *ping, const char *text)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&ping->addr;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&ping->addr;

    ping->text = text;
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        ping->len = sizeof *v4;
        ping->protocol = IPPROTO_ICMP;
        ping->request = 8;
        ping->reply = 0;
        return 0;
    }
    memset(&ping->addr, 0, sizeof ping->addr);
    if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        ping->len = sizeof *v6;
        ping->protocol = IPPROTO_ICMPV6;
        ping->request = 128;
        ping->reply = 129;
        return 0;
    }
    return -1;
}

/* A raw socket, or the next best, or what is missing for both. */
static int open_socket(struct ping *ping)
{
    int wanted = ping->type;
    int raw = -EPERM;
    int dgram = -EACCES;

    if (wanted != SOCK_DGRAM) {
        ping->type = SOCK_RAW;
        raw = ping->fd = sockets_socket(ping->addr.ss_family, SOCK_RAW, ping->protocol);
        if (raw >= 0)
            return 0;
    }
    if (wanted != SOCK_RAW) {
        ping->type = SOCK_DGRAM;
        dgram = ping->fd = sockets_socket(ping->addr.ss_family, SOCK_DGRAM, ping->protocol);
        if (dgram >= 0)
            return 0;
    }
    if (raw != -EPERM || dgram != -EACCES) {
        int rc = raw != -EPERM ? raw : dgram;
        fprintf(stderr, "ping: socket: %s\n", sockets_strerror(rc));
        return rc;
    }
    fprintf(stderr, "ping: no socket to send with:\n");
    if (wanted != SOCK_DGRAM)
        fprintf(stderr, "  a raw socket needs CAP_NET_RAW (EPERM)\n");
    if (wanted != SOCK_RAW)
        fprintf(stderr, "  an ICMP socket needs one of your groups in net.ipv4.ping_group_range (EACCES)\n");
    return raw;
}

/* Connected, a raw socket receives from this peer only. The kernel chooses the identifier of a datagram
 * socket, and shows it as the port. */
static int prepare(struct ping *ping)
{
    struct sockaddr_storage self;
    socklen_t len = sizeof self;
    int rc = sockets_connect(ping->fd, (struct sockaddr *)&ping->addr, ping->len);

    ping->id = (uint16_t)getpid();
    if (rc == 0 && ping->type == SOCK_DGRAM) {
        rc = sockets_getsockname(ping->fd, (struct sockaddr *)&self, &len);
        /* Both families have the port at the same place. */
        if (rc == 0)
            ping->id = ntohs(((struct sockaddr_in *)&self)->sin_port);
    }
    return rc;
}

/* RFC 1071, of an even number of bytes. */
static uint16_t checksum(const unsigned char *bytes, size_t len)
{
    uint32_t sum = 0;
    size_t i;

    for (i = 0; i + 1 < len; i += 2)
        sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void put16(unsigned char *at, uint16_t value)
{
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)(value & 0xff);
}

/* The kernel puts the checksum of ICMPv6, and of datagram sockets, in. */
static ssize_t send_request(const struct ping *ping, uint16_t seq)
{
    unsigned char packet[HEADER + sizeof DATA] = {0};

    packet[0] = ping->request;
    put16(packet + 4, ping->id);
    put16(packet + 6, seq);
    memcpy(packet + HEADER, DATA, sizeof DATA);
    put16(packet + 2, checksum(packet, sizeof packet));
    return sockets_send(ping->fd, packet, sizeof packet, 0);
}

static int is_reply(const struct ping *ping, const unsigned char *packet, size_t len, uint16_t seq)
{
    unsigned char expected[HEADER];

    /* A raw IPv4 socket, and no other, receives the IP header too. */
    if (ping->type == SOCK_RAW && ping->addr.ss_family == AF_INET) {
        size_t header = len > 0 ? (size_t)(packet[0] & 0x0f) * 4 : 0;
        if (header > len)
            return 0;
        packet += header;
        len -= header;
    }
    put16(expected + 4, ping->id);
    put16(expected + 6, seq);
    return len == HEADER + sizeof DATA && packet[0] == ping->reply && packet[1] == 0 &&
           memcmp(packet + 4, expected + 4, 4) == 0 && memcmp(packet + HEADER, DATA, sizeof DATA) == 0;
}

/* Waits for the answer to one request: 1 it came, 0 it did not, or a negative errno. Everything else that
 * comes is passed over. */
static int await_answer(const struct ping *ping, uint16_t seq, double deadline)
{
    unsigned char packet[2048];

    for (;;) {
        struct pollfd entry;
        double left = deadline - milliseconds();
        ssize_t n;

        entry.fd = ping->fd;
        entry.events = POLLIN;
        entry.revents = 0;
        n = sockets_poll(&entry, 1, left > 0 ? (int)left + 1 : 0);
        if (n == 0)
            return 0;
        if (n > 0)
            n = sockets_recv(ping->fd, packet, sizeof packet, MSG_DONTWAIT);
        if (n == -EAGAIN || n == -EINTR)
            continue;
        if (n < 0)
            return (int)n;
        if (is_reply(ping, packet, (size_t)n, seq))
            return 1;
    }
}

static int run(const struct ping *ping)
{
    const struct timespec pause = {0, 200000000};
    long answered = 0;
    long seq;

    for (seq = 1; seq <= ping->count; seq++) {
        double started = milliseconds();
        ssize_t rc = send_request(ping, (uint16_t)seq);

        if (rc > 0)
            rc = await_answer(ping, (uint16_t)seq, started + (double)ping->wait);
        if (rc < 0) {
            fprintf(stderr, "ping: %s: %s\n", ping->text, sockets_strerror((int)rc));
            return 2;
        }
        if (rc == 0)
            printf("no answer from %s: seq=%ld\n", ping->text, seq);
        else
            printf("%d bytes from %s: seq=%ld time=%.3f ms\n", (int)(HEADER + sizeof DATA), ping->text,
                   seq, milliseconds() - started);
        answered += rc > 0;
        if (seq < ping->count)
            nanosleep(&pause, NULL);
    }
    printf("%ld sent, %ld answered\n", ping->count, answered);
    return answered == ping->count ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct ping ping;
    int status;
    int rc;
    int c;

    memset(&ping, 0, sizeof ping);
    ping.count = 4;
    ping.wait = 1000;
    while ((c = getopt(argc, argv, "c:W:t:")) != -1) {
        char *end = optarg;

        if (c == 'c' && (ping.count = strtol(optarg, &end, 10)) > 0 && ping.count < 65536 && *end == '\0')
            continue;
        if (c == 'W' && (ping.wait = strtol(optarg, &end, 10)) > 0 && ping.wait < 1000000000 && *end == '\0')
            continue;
        if (c == 't' && (strcmp(optarg, "raw") == 0 || strcmp(optarg, "dgram") == 0))
            ping.type = *optarg == 'r' ? SOCK_RAW : SOCK_DGRAM;
        else
            return usage();
    }
    if (optind != argc - 1 || parse_address(&ping, argv[optind]) < 0)
        return usage();
    if (open_socket(&ping) < 0)
        return 2;
    rc = prepare(&ping);
    if (rc < 0)
        fprintf(stderr, "ping: %s: %s\n", ping.text, sockets_strerror(rc));
    status = rc < 0 ? 2 : run(&ping);
    sockets_close(ping.fd);
    return status;
}
