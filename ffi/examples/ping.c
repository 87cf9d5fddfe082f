/*
 * ping over a raw socket or, without the privilege for one, over an unprivileged ICMP socket.
 *
 *     cc -Iinclude ffi/examples/ping.c target/release/libsockets.a -o ping
 *     ./ping 127.0.0.1
 *     ./ping -c 3 -i 200 -s 1400 ::1
 *
 * The time of arrival is the kernel's (SO_TIMESTAMPNS), that of sending too (SO_TIMESTAMPING, by the error queue) where the
 * driver takes one, else this program's.
 *
 * The same program in Rust: examples/ping/.
 */
#define _DEFAULT_SOURCE

#include "ping_socket.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>

static const char USAGE[] =
    "usage: ping [-c COUNT] [-i MILLISECONDS] [-s BYTES] [-T TTL] [-W MILLISECONDS] [-w SECONDS]\n"
    "            [-t raw|dgram] ADDRESS\n"
    "\n"
    "  ADDRESS  an IPv4 or IPv6 address\n"
    "  -c COUNT how many requests to send, up to 65535 (4)\n"
    "  -i MILLISECONDS  the time from one request to the next (1000)\n"
    "  -s BYTES how much data a request has, up to 65507 (24)\n"
    "  -T TTL   the time to live, or hop limit, of the requests (the system's)\n"
    "  -W MILLISECONDS  how long to wait for each answer (1000)\n"
    "  -w SECONDS  the end of it all, whatever has been sent and answered by then\n"
    "  -t TYPE  the socket: raw needs CAP_NET_RAW, dgram a group in net.ipv4.ping_group_range;\n"
    "           as if not given: raw, and dgram if that is refused\n"
    "\n"
    "exit status: 0 all requests were answered, 1 not all, 2 bad usage or a call failed\n";

#define HEADER 8
#define LONGEST 65535

static unsigned char packet[LONGEST];
static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

static int usage(void)
{
    fputs(USAGE, stderr);
    return 2;
}

static int64_t nanoseconds(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* RFC 1071. */
static uint16_t checksum(const unsigned char *bytes, size_t len)
{
    uint32_t sum = 0;
    size_t i;

    for (i = 0; i < len; i += 2)
        sum += (uint32_t)bytes[i] << 8 | (i + 1 < len ? bytes[i + 1] : 0);
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void put16(unsigned char *at, uint16_t value)
{
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)(value & 0xff);
}

/* The request that an echo of this type is about; or nothing. */
static struct request *find(const struct ping *ping, const unsigned char *echo, size_t len, int type)
{
    long seq;

    if (len < HEADER || echo[0] != type || echo[1] != 0 || (echo[4] << 8 | echo[5]) != ping->id)
        return NULL;
    seq = echo[6] << 8 | echo[7];
    return seq >= 1 && seq <= ping->transmitted ? &ping->requests[seq - 1] : NULL;
}

/* Empties the error queue. Was there an error in it? */
static int take_errors(struct ping *ping)
{
    struct sockets_error_event event;
    unsigned char quoted[HEADER];
    char who[INET6_ADDRSTRLEN] = "somebody";
    struct request *about;
    ssize_t n;
    int found = 0;

    while ((n = sockets_recv_error(ping->fd, quoted, sizeof quoted, &event)) >= 0) {
        if (event.kind == SOCKETS_EVENT_TIMESTAMP) {
            if ((long)event.key < ping->sent)
                ping->requests[ping->keys[event.key]].kernel = (int64_t)event.software;
            continue;
        }
        found = 1;
        /* A raw socket gets the errors of every ping of this machine to this address. */
        about = find(ping, quoted, (size_t)n, ping->request);
        if (about == NULL)
            continue;
        if (event.offender.storage.ss_family == AF_INET)
            inet_ntop(AF_INET, &((struct sockaddr_in *)&event.offender.storage)->sin_addr, who, sizeof who);
        else if (event.offender.storage.ss_family == AF_INET6)
            inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&event.offender.storage)->sin6_addr, who, sizeof who);
        printf("From %s icmp_seq=%ld %s (type %d, code %d)\n", who, (long)(about - ping->requests) + 1,
               sockets_strerror(-event.error), event.type, event.code);
        about->is_settled = 1;
        ping->errors++;
    }
    return found;
}

/* The kernel puts the checksum of ICMPv6, and of datagram sockets, in. */
static void send_request(struct ping *ping)
{
    struct request *request = &ping->requests[ping->transmitted++];
    const size_t len = HEADER + (size_t)ping->size;
    ssize_t rc;
    size_t i;

    memset(packet, 0, HEADER);
    packet[0] = ping->request;
    put16(packet + 4, ping->id);
    put16(packet + 6, (uint16_t)ping->transmitted);
    for (i = HEADER; i < len; i++)
        packet[i] = (unsigned char)(i & 0xff);
    put16(packet + 2, checksum(packet, len));
    request->end = nanoseconds(CLOCK_MONOTONIC) + ping->wait * (int64_t)1000000;
    request->user = nanoseconds(CLOCK_REALTIME);
    rc = sockets_send(ping->fd, packet, len, 0);
    /* The error of an earlier request: this one has not been sent yet. */
    if (rc < 0 && take_errors(ping))
        rc = sockets_send(ping->fd, packet, len, 0);
    if (rc >= 0) {
        ping->keys[ping->sent++] = ping->transmitted - 1;
        return;
    }
    printf("not sent to %s: icmp_seq=%ld %s\n", ping->text, ping->transmitted, sockets_strerror((int)rc));
    request->is_settled = 1;
    ping->errors++;
}

static void count_round_trip(struct ping *ping, int64_t took)
{
    ping->min = ping->round_trips == 0 || took < ping->min ? took : ping->min;
    ping->max = took > ping->max ? took : ping->max;
    ping->sum += took;
    ping->sum_of_squares += (double)took * (double)took;
    ping->round_trips++;
}

/* One packet. Everything that is no answer to one of the requests is passed over. */
static void receive(struct ping *ping)
{
    const int v4 = ping->addr.ss_family == AF_INET;
    union {
        struct cmsghdr align;
        char bytes[256];
    } room;
    struct iovec piece = {packet, sizeof packet};
    struct msghdr msg;
    struct timespec stamp;
    struct request *request;
    const unsigned char *echo = packet;
    int64_t arrived, took;
    ssize_t n;
    long i;
    int ttl = 0;

    memset(&msg, 0, sizeof msg);
    msg.msg_iov = &piece;
    msg.msg_iovlen = 1;
    msg.msg_control = &room;
    msg.msg_controllen = sizeof room;
    n = sockets_recvmsg(ping->fd, &msg, MSG_DONTWAIT);
    arrived = nanoseconds(CLOCK_REALTIME);
    /* The time of sending has come before the answer, or not at all. */
    if (n < 0 && n != -EAGAIN && n != -EINTR && !take_errors(ping)) {
        printf("error without a sender: %s\n", sockets_strerror((int)n));
        ping->errors++;
    }
    take_errors(ping);
    if (n < 0)
        return;
    if (sockets_cmsg_get(&msg, SOL_SOCKET, SCM_TIMESTAMPNS, &stamp, sizeof stamp) >= 0)
        arrived = (int64_t)stamp.tv_sec * 1000000000 + stamp.tv_nsec;
    if (sockets_cmsg_get_int(&msg, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_TTL : IPV6_HOPLIMIT, &ttl) < 0)
        ttl = 0;
    /* A raw IPv4 socket, and no other, receives the IP header too. */
    if (ping->type == SOCK_RAW && v4) {
        const ssize_t header = n > 0 ? (packet[0] & 0x0f) * 4 : 0;
        if (header > n)
            return;
        echo += header;
        n -= header;
    }
    request = find(ping, echo, (size_t)n, ping->reply);
    if (request == NULL)
        return;
    printf("%ld bytes from %s: icmp_seq=%ld ttl=%d", (long)n, ping->text, (long)(request - ping->requests) + 1, ttl);
    for (i = HEADER; i < n && echo[i] == (unsigned char)(i & 0xff); i++)
        ;
    if (n != HEADER + ping->size || i < n) {
        printf(" (other data than was sent)\n");
        ping->corrupted++;
        return;
    }
    /* A time that is not between the two others is of another packet, or somebody has set the clock. */
    took = arrived - (request->kernel >= request->user && request->kernel <= arrived ? request->kernel : request->user);
    took = took > 0 ? took : 0;
    count_round_trip(ping, took);
    printf(" time=%.3f ms%s%s\n", (double)took / 1e6, request->is_answered ? " (DUP!)" : "",
           request->is_settled && !request->is_answered ? " (late)" : "");
    ping->duplicates += request->is_answered;
    ping->received += !request->is_answered;
    request->is_answered = request->is_settled = 1;
}

/* Sends what is due and gives up what is overdue; returns when the next of both is, or 0 when there is nothing left to wait for. */
static int64_t work(struct ping *ping, int64_t now, int64_t *next)
{
    int64_t event = 0;
    long i;

    if (ping->transmitted < ping->count && now >= *next) {
        send_request(ping);
        *next = now + ping->interval * (int64_t)1000000;
    }
    if (ping->transmitted < ping->count)
        event = *next;
    for (i = 0; i < ping->transmitted; i++) {
        struct request *request = &ping->requests[i];
        if (!request->is_settled && now >= request->end) {
            printf("no answer from %s: icmp_seq=%ld\n", ping->text, i + 1);
            request->is_settled = 1;
        }
        if (!request->is_settled && (event == 0 || request->end < event))
            event = request->end;
    }
    return event;
}

/* In the words of iputils. */
static void print_statistics(const struct ping *ping, int64_t took)
{
    const long sent = ping->transmitted;
    const double average = ping->round_trips ? (double)ping->sum / (double)ping->round_trips : 0;
    double variance, root;
    int i;

    printf("\n--- %s ping statistics ---\n%ld packets transmitted, %ld received", ping->text, sent, ping->received);
    if (ping->duplicates)
        printf(", +%ld duplicates", ping->duplicates);
    if (ping->corrupted)
        printf(", +%ld corrupted", ping->corrupted);
    if (ping->errors)
        printf(", +%ld errors", ping->errors);
    printf(", %g%% packet loss, time %ldms\n", sent ? (double)(sent - ping->received) * 100 / (double)sent : 0,
           (long)(took / 1000000));
    if (ping->round_trips == 0)
        return;
    variance = ping->sum_of_squares / (double)ping->round_trips - average * average;
    /* Newton's, so that no libm is needed. */
    root = (double)(ping->max - ping->min) + 1;
    for (i = 0; i < 64; i++)
        root = (root + (variance > 0 ? variance : 0) / root) / 2;
    printf("rtt min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms\n", (double)ping->min / 1e6, average / 1e6,
           (double)ping->max / 1e6, root / 1e6);
}

static int run(struct ping *ping)
{
    const int64_t started = nanoseconds(CLOCK_MONOTONIC);
    const int64_t end = ping->deadline > 0 ? started + ping->deadline * (int64_t)1000000000 : INT64_MAX;
    int64_t next = started;

    printf("PING %s: %ld bytes of data, %ld with the ICMP header.\n", ping->text, ping->size, HEADER + ping->size);
    while (!interrupted) {
        const int64_t now = nanoseconds(CLOCK_MONOTONIC);
        int64_t event;
        struct pollfd entry = {0, POLLIN, 0};
        int rc;

        if (now >= end || (event = work(ping, now, &next)) == 0)
            break;
        event = (event < end ? event : end) - now;
        entry.fd = ping->fd;
        rc = sockets_poll(&entry, 1, event > 0 ? (int)(event / 1000000) + 1 : 0);
        if (rc < 0 && rc != -EINTR) {
            fprintf(stderr, "ping: poll: %s\n", sockets_strerror(rc));
            return 2;
        }
        if (rc > 0)
            receive(ping);
    }
    print_statistics(ping, nanoseconds(CLOCK_MONOTONIC) - started);
    return ping->received == ping->count ? 0 : 1;
}

/* A number from least to most; or none of them. */
static int parse(const char *text, long least, long most, long *out)
{
    char *end;

    *out = strtol(text, &end, 10);
    return *text != '\0' && *end == '\0' && *out >= least && *out <= most;
}

int main(int argc, char **argv)
{
    struct ping ping;
    struct sigaction action;
    int status;
    int rc;
    int c;

    memset(&ping, 0, sizeof ping);
    ping.count = 4;
    ping.interval = ping.wait = 1000;
    ping.size = 24;
    while ((c = getopt(argc, argv, "c:i:s:T:W:w:t:")) != -1) {
        if ((c == 'c' && parse(optarg, 1, 65535, &ping.count)) ||
            (c == 'i' && parse(optarg, 0, 999999999, &ping.interval)) ||
            (c == 's' && parse(optarg, 0, 65507, &ping.size)) || (c == 'T' && parse(optarg, 1, 255, &ping.ttl)) ||
            (c == 'W' && parse(optarg, 1, 999999999, &ping.wait)) ||
            (c == 'w' && parse(optarg, 1, 999999999, &ping.deadline)))
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
    ping.requests = calloc((size_t)ping.count, sizeof *ping.requests);
    ping.keys = calloc((size_t)ping.count, sizeof *ping.keys);
    memset(&action, 0, sizeof action);
    action.sa_handler = interrupt;
    sigaction(SIGINT, &action, NULL);
    rc = ping.requests == NULL || ping.keys == NULL ? -ENOMEM : prepare(&ping);
    if (rc < 0)
        fprintf(stderr, "ping: %s: %s\n", ping.text, sockets_strerror(rc));
    status = rc < 0 ? 2 : run(&ping);
    sockets_close(ping.fd);
    free(ping.requests);
    free(ping.keys);
    return status;
}
