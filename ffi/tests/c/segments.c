/*
 * Datagrams that the kernel cuts and joins: every number of segments, a shorter last one, an empty one; joined ones apart
 * again; a path that refuses; rooms that are too short.
 */

#include "test.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

static unsigned char out[65536], in[65536];

static int bound_udp(struct sockets_addr *addr)
{
    int fd = OK(sockets_socket(AF_INET, SOCK_DGRAM, 0));
    *addr = ip4("127.0.0.1", 0);
    OK(sockets_bind(fd, sa(addr), addr->len));
    *addr = name_of(fd);
    return fd;
}

static void fill(void)
{
    size_t i;
    for (i = 0; i < sizeof(out); i++)
        out[i] = (unsigned char)(i * 7 + i / 251);
}

/* Receives datagrams of this size until len bytes have come: each by itself. */
static void comes_as(int fd, size_t len, size_t segment)
{
    size_t at = 0;
    do {
        size_t want = len - at < segment ? len - at : segment;
        SAME(sockets_recv(fd, in, sizeof(in), MSG_DONTWAIT), want);
        CHECK(memcmp(in, out + at, want) == 0);
        at += segment;
    } while (at < len);
    FAILS(sockets_recv(fd, in, sizeof(in), MSG_DONTWAIT), EAGAIN);
}

static void cut_by_the_kernel(void)
{
    static const size_t counts[] = {1, 2, 63, 64, 128};
    struct sockets_addr to, from;
    int fd = bound_udp(&to), sender = bound_udp(&from), room = 1 << 20;
    size_t i, odd, done = 9;
    SAME(sockets_opt_supported(IPPROTO_UDP, UDP_SEGMENT), 1);
    SAME(sockets_opt_supported(IPPROTO_UDP, UDP_GRO), 1);
    OK(sockets_setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)));
    for (i = 0; i < 5; i++)
        for (odd = 0; odd <= 100; odd += 50) {
            size_t len = counts[i] * 100 - odd;
            if (len == 0)
                continue;
            SAME(sockets_send_segments(sender, out, len, 100, 0, sa(&to), to.len), len);
            comes_as(fd, len, 100);
            SAME(sockets_send_segments_or_each(sender, out, len, 100, 0, sa(&to), to.len, &done), 1);
            SAME(done, len);
            comes_as(fd, len, 100);
        }
    FAILS(sockets_send_segments(sender, out, 129 * 100, 100, 0, sa(&to), to.len), EINVAL);
    /* Nothing of it stays with the socket. */
    SAME(sockets_sendto(sender, out, 250, 0, sa(&to), to.len), 250);
    comes_as(fd, 250, 250);
    /* No bytes are a datagram, too. */
    SAME(sockets_send_segments(sender, out, 0, 100, 0, sa(&to), to.len), 0);
    SAME(sockets_recv(fd, in, sizeof(in), MSG_DONTWAIT), 0);
    /* To the peer. */
    OK(sockets_connect(sender, sa(&to), to.len));
    SAME(sockets_send_segments(sender, out, 250, 100, 0, NULL, 0), 250);
    comes_as(fd, 250, 100);
    SAME(sockets_send_segments_or_each(sender, out, 250, 100, 0, NULL, 0, NULL), 1);
    comes_as(fd, 250, 100);
    OK(sockets_close(fd));
    OK(sockets_close(sender));
}

/* A path that does not cut: without checksums; too many segments; no UDP. */
static void cut_by_the_library(void)
{
    struct sockets_addr to, from;
    int fd = bound_udp(&to), sender = bound_udp(&from), on = 1, pair[2];
    size_t done = 9;
    SAME(sockets_send_segments_or_each(sender, out, 1000, 5, 0, sa(&to), to.len, &done), 0);
    SAME(done, 1000);
    comes_as(fd, 1000, 5);
    /* More than one packet can have. */
    FAILS(sockets_send_segments(sender, out, 65530, 1000, 0, sa(&to), to.len), EMSGSIZE);
    SAME(sockets_send_segments_or_each(sender, out, 65530, 1000, 0, sa(&to), to.len, &done), 0);
    SAME(done, 65530);
    comes_as(fd, 65530, 1000);
    OK(sockets_setsockopt(sender, SOL_SOCKET, SO_NO_CHECK, &on, sizeof(on)));
    CHECK(sockets_send_segments(sender, out, 250, 100, 0, sa(&to), to.len) < 0);
    CHECK(errno == EIO || errno == EINVAL);
    SAME(sockets_send_segments_or_each(sender, out, 250, 100, 0, sa(&to), to.len, &done), 0);
    SAME(done, 250);
    comes_as(fd, 250, 100);
    SAME(sockets_send_segments_or_each(sender, out, 100, 100, 0, sa(&to), to.len, NULL) >= 0, 1);
    comes_as(fd, 100, 100);
    /* The error is that of the datagrams, and what went before is counted. */
    FAILS(sockets_send_segments_or_each(sender, out, 250, 100, 0, sa(&to), 3, &done), EINVAL);
    SAME(done, 0);
    OK(sockets_close(fd));
    OK(sockets_close(sender));
    /* UDP-Lite is never cut: -EIO, as where an interface leaves the checksums to nobody. */
    fd = sockets_socket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE);
    if (fd < 0) {
        SAME(fd, -EPROTONOSUPPORT);
    } else {
        to = ip4("127.0.0.1", 0);
        OK(sockets_bind(fd, sa(&to), to.len));
        to = name_of(fd);
        FAILS(sockets_send_segments(fd, out, 250, 100, 0, sa(&to), to.len), EIO);
        SAME(sockets_send_segments_or_each(fd, out, 250, 100, 0, sa(&to), to.len, &done), 0);
        SAME(done, 250);
        comes_as(fd, 250, 100);
        OK(sockets_close(fd));
    }
    /* Anywhere else nobody looks at the message: it goes as one. */
    OK(sockets_socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
    SAME(sockets_send_segments_or_each(pair[0], out, 250, 100, 0, NULL, 0, &done), 1);
    SAME(sockets_recv(pair[1], in, sizeof(in), MSG_DONTWAIT), 250);
    close_both(pair);
}

static void bad_arguments(void)
{
    struct sockets_addr to;
    int fd = bound_udp(&to);
    volatile size_t huge = (size_t)SSIZE_MAX + 1;
    size_t done = 9;
    FAILS(sockets_send_segments(fd, out, 100, 0, 0, sa(&to), to.len), EINVAL);
    FAILS(sockets_send_segments(fd, out, 100, 65536, 0, sa(&to), to.len), EINVAL);
    FAILS(sockets_send_segments(fd, out, 100, SIZE_MAX, 0, sa(&to), to.len), EINVAL);
    FAILS(sockets_send_segments(fd, NULL, 100, 10, 0, sa(&to), to.len), EFAULT);
    FAILS(sockets_send_segments(-1, out, 100, 10, 0, sa(&to), to.len), EBADF);
    FAILS(sockets_send_segments(2, out, 100, 10, 0, sa(&to), to.len), ENOTSOCK);
    FAILS(sockets_send_segments(fd, out, 100, 10, 0, NULL, 0), EDESTADDRREQ);
    FAILS(sockets_send_segments(fd, out, 65530, 1000, 0, sa(&to), to.len), EMSGSIZE);
    FAILS(sockets_send_segments_or_each(fd, out, 100, 0, 0, sa(&to), to.len, &done), EINVAL);
    SAME(done, 0);
    FAILS(sockets_send_segments_or_each(fd, out, 100, 65536, 0, sa(&to), to.len, NULL), EINVAL);
    FAILS(sockets_send_segments_or_each(fd, out, huge, 10, 0, sa(&to), to.len, &done), EINVAL);
    FAILS(sockets_send_segments_or_each(-1, out, 100, 10, 0, sa(&to), to.len, &done), EBADF);
    FAILS(sockets_send_segments_or_each(fd, NULL, 100, 10, 0, sa(&to), to.len, &done), EFAULT);
    FAILS(sockets_recv(fd, in, sizeof(in), MSG_DONTWAIT), EAGAIN);
    OK(sockets_close(fd));
}

/* ---- Joined ---- */

static struct msghdr with_room(struct iovec *data, size_t len, char *control, size_t room)
{
    struct msghdr msg;
    memset(&msg, 0, sizeof(msg));
    data->iov_base = in;
    data->iov_len = len;
    msg.msg_iov = data;
    msg.msg_iovlen = 1;
    msg.msg_control = control;
    msg.msg_controllen = room;
    return msg;
}

static void joined_apart_again(size_t segment)
{
    static const size_t lengths[] = {0, 1, 999, 1000, 1001, 2500, 64000};
    static const size_t rooms[] = {65536, 2500, 2200, 1000, 10};
    struct sockets_addr to, from;
    int fd = bound_udp(&to), sender = bound_udp(&from), on = 1;
    size_t i, j;
    OK(sockets_setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof(on)));
    for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++)
        for (j = 0; j < sizeof(rooms) / sizeof(*rooms); j++) {
            struct iovec data, datagrams[129];
            char control[64];
            struct msghdr msg = with_room(&data, rooms[j], control, sizeof(control));
            size_t seen = 0, len = lengths[i], got;
            int count, k;
            snprintf(test_detail, sizeof(test_detail), "%d bytes by %d, room for %d", (int)len, (int)segment, (int)rooms[j]);
            SAME(sockets_send_segments(sender, out, len, segment, 0, sa(&to), to.len), len);
            /* With MSG_TRUNC the true length comes, which is more than there is. */
            SAME(sockets_recvmsg(fd, &msg, MSG_DONTWAIT | MSG_TRUNC), len);
            SAME((msg.msg_flags & MSG_TRUNC) != 0, len > rooms[j]);
            got = len < rooms[j] ? len : rooms[j];
            count = sockets_segments(&msg, len, datagrams, 129);
            SAME(count, got == 0 ? 1 : (got + segment - 1) / segment);
            for (k = 0; k < count; k++) {
                size_t want = got - seen < segment ? got - seen : segment;
                CHECK(datagrams[k].iov_base == in + seen);
                SAME(datagrams[k].iov_len, want);
                CHECK(memcmp(datagrams[k].iov_base, out + seen, want) == 0);
                seen += want;
            }
            SAME(seen, got);
        }
    test_detail[0] = 0;
    OK(sockets_close(fd));
    OK(sockets_close(sender));
}

/* Up to 64, and up to 128. */
static void joined_ones_apart_again(void)
{
    joined_apart_again(1000);
    joined_apart_again(500);
}

/* Several of each in one call: every message has a size of its own, or none, and an address. */
static void in_a_batch(void)
{
    static const size_t sizes[] = {1000, 0, 300};
    static const size_t lengths[] = {2500, 40, 2500};
    static const int counts[] = {3, 1, 9};
    static struct mmsghdr outgoing[3], incoming[4];
    static struct iovec out_iov[3], in_iov[4];
    static struct sockaddr_storage names[4];
    static char out_control[3][64], in_control[4][64], room[4][4096];
    struct sockets_addr to, from;
    int fd = bound_udp(&to), sender = bound_udp(&from), on = 1, i, k, round;
    unsigned int done = 9;
    OK(sockets_setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof(on)));
    SAME(sockets_mmsg_prepare(outgoing, 3, out_iov, NULL, 0, NULL, out_control, sizeof(out_control[0])), 0);
    for (i = 0; i < 3; i++) {
        struct msghdr *msg = &outgoing[i].msg_hdr;
        out_iov[i].iov_base = out + i;
        out_iov[i].iov_len = lengths[i];
        msg->msg_name = &to.storage;
        msg->msg_namelen = to.len;
        msg->msg_controllen = 0;
        if (sizes[i])
            SAME(sockets_cmsg_push_int(msg, sizeof(out_control[i]), IPPROTO_UDP, UDP_SEGMENT, (int64_t)sizes[i]), 0);
    }
    SAME(sockets_mmsg_prepare(incoming, 4, in_iov, room, sizeof(room[0]), names, in_control, sizeof(in_control[0])), 0);
    for (round = 0; round < 3; round++) {
        SAME(sockets_sendmmsg_all(sender, outgoing, 3, 0, &done), 0);
        SAME(done, 3);
        SAME(sockets_recvmmsg(fd, incoming, 4, MSG_DONTWAIT, NULL), 3);
        for (i = 0; i < 3; i++) {
            struct iovec datagrams[16];
            size_t seen = 0;
            SAME(incoming[i].msg_len, lengths[i]);
            SAME(incoming[i].msg_hdr.msg_namelen, from.len);
            CHECK(memcmp(&names[i], &from.storage, from.len) == 0);
            SAME(incoming[i].msg_hdr.msg_flags & (MSG_TRUNC | MSG_CTRUNC), 0);
            SAME(sockets_segments(&incoming[i].msg_hdr, incoming[i].msg_len, datagrams, 16), counts[i]);
            for (k = 0; k < counts[i]; k++) {
                SAME(datagrams[k].iov_len, k + 1 < counts[i] ? sizes[i] : lengths[i] - seen);
                CHECK(memcmp(datagrams[k].iov_base, out + i + seen, datagrams[k].iov_len) == 0);
                seen += datagrams[k].iov_len;
            }
        }
        SAME(sockets_mmsg_restore(incoming, 3, sizeof(in_control[0])), 0);
    }
    OK(sockets_close(fd));
    OK(sockets_close(sender));
}

/* Messages that no kernel has written, and every room. */
static void segments_of_anything(void)
{
    static const int sizes[] = {INT_MIN, -1, 0, 1, 3, 10, 11, INT_MAX};
    static const int counts[] = {1, 1, 1, 10, 4, 1, 1, 1};
    struct iovec data, datagrams[12], before;
    char control[64];
    struct msghdr msg = with_room(&data, 10, control, 0);
    volatile size_t huge = SIZE_MAX;
    size_t i, room;
    for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
        for (room = 0; room <= 11; room++) {
            size_t k, seen = 0;
            memset(datagrams, 0xee, sizeof(datagrams));
            before = datagrams[11];
            msg.msg_controllen = 0;
            SAME(sockets_cmsg_push_int(&msg, sizeof(control), IPPROTO_UDP, UDP_GRO, sizes[i]), 0);
            SAME(sockets_segments(&msg, SIZE_MAX, room ? datagrams : NULL, room), counts[i]);
            for (k = 0; k < room && k < (size_t)counts[i]; k++) {
                CHECK(datagrams[k].iov_base == in + seen);
                CHECK(datagrams[k].iov_len > 0);
                seen += datagrams[k].iov_len;
            }
            CHECK(room < (size_t)counts[i] || seen == 10);
            for (; k < 12; k++)
                CHECK(datagrams[k].iov_base == before.iov_base && datagrams[k].iov_len == before.iov_len);
        }
    FAILS(sockets_segments(NULL, 10, datagrams, 12), EFAULT);
    FAILS(sockets_segments(&msg, 10, NULL, 1), EFAULT);
    FAILS(sockets_segments(&msg, 10, datagrams, huge), EINVAL);
    data.iov_len = (size_t)SSIZE_MAX + 1;
    FAILS(sockets_segments(&msg, 10, datagrams, 12), EINVAL);
    msg.msg_iovlen = 2;
    FAILS(sockets_segments(&msg, 10, datagrams, 12), EINVAL);
    msg.msg_iov = NULL;
    FAILS(sockets_segments(&msg, 10, datagrams, 12), EFAULT);
    CHECK(datagrams[11].iov_base == before.iov_base && datagrams[11].iov_len == before.iov_len);
}

int main(void)
{
    test_begin();
    fill();
    CASE(cut_by_the_kernel);
    CASE(cut_by_the_library);
    CASE(bad_arguments);
    CASE(joined_ones_apart_again);
    CASE(in_a_batch);
    CASE(segments_of_anything);
    return test_end();
}
