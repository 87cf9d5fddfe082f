/*
 * Lengths that are too short, too long, or none: of buffers, of addresses in and out, of options. The result is
 * that of the system call, and so is every byte that is written or not.
 */

#include "oracle.h"

static void lengths_of_buffers(void)
{
    static const size_t lengths[] = {0, 1, 4, 5, 6, 16, (size_t)SSIZE_MAX, (size_t)SSIZE_MAX + 1, SIZE_MAX};
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
    size_t i, t;
    for (t = 0; t < 3; t++) {
        for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
            volatile size_t len = lengths[i];
            unsigned char ours[32], theirs[32];
            DETAIL("type %d, length %lu", types[t], (unsigned long)len);
            memset(page_end, 'p', 16);
            TWINS_ON(loaded(types[t]), sockets_send(fd, page_end, len, 0), send(fd, page_end, len, 0));
            TWINS_ON(loaded(types[t]), sockets_sendto(fd, page_end, len, 0, NULL, 0), send(fd, page_end, len, 0));
            TWINS_ON(loaded(types[t]), sockets_recv(fd, page_end, len, 0), recv(fd, page_end, len, 0));
            memset(page_end, 'p', 16);
            TWINS_ON(loaded(types[t]), sockets_recv(fd, page_end, len, MSG_TRUNC),
                     recv(fd, page_end, len, MSG_TRUNC));
            memset(page_end, 'p', 16);
            TWINS_ON(loaded(types[t]), sockets_recvfrom(fd, page_end, len, MSG_PEEK, NULL, NULL),
                     recv(fd, page_end, len, MSG_PEEK));
            if (len > 16)
                continue;
            /* What is written, and what is not. */
            memset(ours, '#', sizeof(ours));
            memset(theirs, '#', sizeof(theirs));
            TWINS_ON(loaded(types[t]), sockets_recv(fd, ours, len, 0), recv(fd, theirs, len, 0));
            CHECK(memcmp(ours, theirs, sizeof(ours)) == 0);
        }
    }
    FAILS(sockets_poll(NULL, (nfds_t)-1, 0), EINVAL);
}

static const socklen_t address_lengths[] = {0,  1,  2,  3,   4,   7,   8,   15,  16,  17,  23, 24,
                                            27, 28, 29, 109, 110, 111, 127, 128, 129, 130, 4096};
#define ADDRESS_LENGTHS (sizeof(address_lengths) / sizeof(*address_lengths))

static socklen_t address_length(size_t i)
{
    if (i < ADDRESS_LENGTHS)
        return address_lengths[i];
    return i == ADDRESS_LENGTHS ? (socklen_t)INT_MAX : i == ADDRESS_LENGTHS + 1 ? (socklen_t)INT_MIN : (socklen_t)-1;
}

static void lengths_of_addresses_in(void)
{
    /* Longer than the longest length that the kernel looks at. */
    char room[4096];
    int families[] = {AF_INET, AF_INET6, AF_UNIX}, f;
    size_t i;
    for (f = 0; f < 3; f++) {
        struct sockets_addr addr = families[f] == AF_INET    ? ip4("127.0.0.1", 0)
                                   : families[f] == AF_INET6 ? ip6("::1", 0)
                                                             : un("\0bad", 4);
        const struct sockaddr *p = (const struct sockaddr *)room;
        memset(room, 0, sizeof(room));
        memcpy(room, &addr.storage, sizeof(addr.storage));
        for (i = 0; i < ADDRESS_LENGTHS + 3; i++) {
            socklen_t len = address_length(i);
            DETAIL("family %d, length %ld", families[f], (long)(int)len);
            TWINS_ON(fresh(families[f], SOCK_STREAM), sockets_bind(fd, p, len), bind(fd, p, len));
            TWINS_ON(fresh(families[f], SOCK_DGRAM), sockets_connect(fd, p, len), connect(fd, p, len));
            TWINS_ON(fresh(families[f], SOCK_DGRAM), sockets_connect_timeout(fd, p, len, 1000),
                     connect(fd, p, len));
            TWINS_ON(fresh(families[f], SOCK_DGRAM), sockets_sendto(fd, "x", 1, 0, p, len),
                     sendto(fd, "x", 1, 0, p, len));
        }
    }
}

/* Both write the same bytes, and the same length, into the same room. */
#define SAME_ROOM(make, length, ours, theirs) \
    do { \
        struct room a, b; \
        struct room *room = &a; \
        memset(&a, 0x5a, sizeof(a)); \
        memset(&b, 0x5a, sizeof(b)); \
        a.len = b.len = (length); \
        TWINS_ON(make, (room = &a, ours), (room = &b, theirs)); \
        CHECK(memcmp(&a, &b, sizeof(a)) == 0); \
    } while (0)

#define ADDR ((struct sockaddr *)room->bytes)

static void lengths_of_addresses_out(void)
{
    struct sockets_addr names[3], listener = un("\0listener", 9);
    char buf[8];
    size_t i, n;
    names[0] = ip4("127.0.0.1", 40000);
    names[1] = un_path("client.sock");
    names[2] = un("\0client", 7);
    for (n = 0; n < 3; n++) {
        for (i = 0; i < ADDRESS_LENGTHS + 3; i++) {
            socklen_t len = address_length(i);
            DETAIL("name %d, length %ld", (int)n, (long)(int)len);
            SAME_ROOM(named(&names[n]), len, sockets_getsockname(fd, ADDR, &room->len),
                      getsockname(fd, ADDR, &room->len));
            SAME_ROOM(sent_by(&names[n]), len, sockets_recvfrom(fd, buf, 8, 0, ADDR, &room->len),
                      recvfrom(fd, buf, 8, 0, ADDR, &room->len));
            if (names[n].storage.ss_family != AF_UNIX)
                continue;
            is_descriptor = 1;
            SAME_ROOM(waiting(listener, &names[n]), len, sockets_accept(fd, ADDR, &room->len),
                      accept(fd, ADDR, &room->len));
            SAME_ROOM(waiting(listener, &names[n]), len, sockets_accept4(fd, ADDR, &room->len, 0),
                      accept4(fd, ADDR, &room->len, 0));
            is_descriptor = 0;
            SAME_ROOM(waiting(listener, &names[n]), len, sockets_getpeername(companion, ADDR, &room->len),
                      getpeername(companion, ADDR, &room->len));
        }
    }
    unlink("client.sock");
}

static void lengths_and_values_of_options(void)
{
    static const int options[][2] = {{SOL_SOCKET, SO_TYPE},       {SOL_SOCKET, SO_LINGER},
                                     {SOL_SOCKET, SO_RCVTIMEO},   {SOL_SOCKET, SO_RCVBUF},
                                     {IPPROTO_IP, IP_TTL},        {IPPROTO_TCP, TCP_NODELAY},
                                     {IPPROTO_TCP, TCP_KEEPIDLE}, {IPPROTO_TCP, TCP_CONGESTION},
                                     {IPPROTO_TCP, TCP_INFO},     {SOL_SOCKET, 9999},
                                     {9999, 1},                   {-1, -1}};
    static const int values[] = {INT_MIN, -1, 0, 1, 255, 256, 70000, INT_MAX};
    size_t o, i, v;
    for (o = 0; o < sizeof(options) / sizeof(*options); o++) {
        int level = options[o][0], name = options[o][1];
        static const socklen_t lengths[] = {0, 1, 2, 3, 4, 5, 8, 16, 17, 200, (socklen_t)INT_MAX, (socklen_t)-1};
        for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
            DETAIL("option %d, length %ld", (int)o, (long)(int)lengths[i]);
            if (level != IPPROTO_TCP || name != TCP_INFO) /* its times differ */
                SAME_ROOM(fresh(AF_INET, SOCK_STREAM), lengths[i],
                          sockets_getsockopt(fd, level, name, room->bytes, &room->len),
                          getsockopt(fd, level, name, room->bytes, &room->len));
            for (v = 0; v < sizeof(values) / sizeof(*values); v++) {
                int value[64];
                memset(value, 0, sizeof(value));
                value[0] = values[v];
                if (lengths[i] > sizeof(value) && (int)lengths[i] > 0 && v > 0)
                    continue; /* the kernel reads what it needs, once is enough */
                TWINS_ON(fresh(AF_INET, SOCK_STREAM), sockets_setsockopt(fd, level, name, value, lengths[i]),
                         setsockopt(fd, level, name, value, lengths[i]));
            }
        }
    }
}

int main(void)
{
    test_begin();
    map_memory();
    CASE(lengths_of_buffers);
    CASE(lengths_of_addresses_in);
    CASE(lengths_of_addresses_out);
    CASE(lengths_and_values_of_options);
    return test_end();
}
