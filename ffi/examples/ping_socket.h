/*
 * ping.c, the first half: what a run is, and the socket that it has.
 */
#ifndef PING_SOCKET_H
#define PING_SOCKET_H

#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct request {
    int64_t user;   /* when it was sent, in nanoseconds since 1970, by this program's clock */
    int64_t kernel; /* and by the kernel's; 0 if it does not say */
    int64_t end;    /* when to give it up, in nanoseconds of the monotonic clock */
    int is_answered;
    int is_settled; /* an answer, an error, or the end of the wait has come */
};

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
    long count, interval, size, ttl, wait, deadline;
    struct request *requests; /* the first has sequence number 1 */
    long *keys;               /* which request the kernel counts as which send: those that failed are not counted */
    long transmitted, sent, received, duplicates, corrupted, errors;
    long round_trips;
    int64_t min, max, sum;
    double sum_of_squares;
};

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
        fprintf(stderr, "  a raw socket needs CAP_NET_RAW (EPERM): be root, or setcap cap_net_raw+ep\n");
    if (wanted != SOCK_RAW)
        fprintf(stderr, "  an ICMP socket needs one of your groups in net.ipv4.ping_group_range (EACCES): "
                        "as root, sysctl -w net.ipv4.ping_group_range='0 2147483647'\n");
    fprintf(stderr, "  in a network of its own anybody has CAP_NET_RAW: unshare -Urn\n");
    return raw;
}

static int set(const struct ping *ping, int level, int name, int value)
{
    return sockets_setsockopt(ping->fd, level, name, &value, sizeof value);
}

/* Connected, a raw socket receives from this peer only. The kernel chooses the identifier of a datagram
 * socket, and shows it as the port. */
static int prepare(struct ping *ping)
{
    const int v4 = ping->addr.ss_family == AF_INET;
    const int level = v4 ? IPPROTO_IP : IPPROTO_IPV6;
    struct sockaddr_storage self;
    socklen_t len = sizeof self;
    int rc = set(ping, SOL_SOCKET, SO_TIMESTAMPNS, 1);

    if (rc == 0)
        rc = set(ping, SOL_SOCKET, SO_TIMESTAMPING, SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE |
                 SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY);
    if (rc == 0)
        rc = set(ping, level, v4 ? IP_RECVERR : IPV6_RECVERR, 1);
    if (rc == 0)
        rc = set(ping, level, v4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT, 1);
    if (rc == 0 && ping->ttl > 0)
        rc = set(ping, level, v4 ? IP_TTL : IPV6_UNICAST_HOPS, (int)ping->ttl);
    if (rc == 0)
        rc = sockets_connect(ping->fd, (struct sockaddr *)&ping->addr, ping->len);
    ping->id = (uint16_t)getpid();
    if (rc == 0 && ping->type == SOCK_DGRAM) {
        rc = sockets_getsockname(ping->fd, (struct sockaddr *)&self, &len);
        /* Both families have the port at the same place. */
        if (rc == 0)
            ping->id = ntohs(((struct sockaddr_in *)&self)->sin_port);
    }
    return rc;
}

#endif
