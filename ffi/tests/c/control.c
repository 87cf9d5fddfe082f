/*
 * Control messages in any memory: what is written is what the macros of libc write, what is read is what they read,
 * and where they would read or write beyond the end, ours do not. Nothing is written on failure.
 */

#include "test.h"

#include <netinet/ip.h>

#define HEADER sizeof(struct cmsghdr)
/* What must not be touched around the room. */
#define EDGE 64

static struct msghdr over(void *bytes, size_t used)
{
    struct msghdr msg;
    memset(&msg, 0, sizeof(msg));
    msg.msg_control = bytes;
    msg.msg_controllen = used;
    return msg;
}

static size_t used(const struct msghdr *msg)
{
    return (size_t)msg->msg_controllen;
}

static void space_is_that_of_the_macro(void)
{
    size_t len;
    for (len = 0; len < 70; len++)
        SAME(sockets_cmsg_space(len), CMSG_SPACE(len));
    SAME(sockets_cmsg_space(253 * sizeof(int)), CMSG_SPACE(253 * sizeof(int)));
    CHECK(sockets_cmsg_space((size_t)SSIZE_MAX) == SIZE_MAX);
    CHECK(sockets_cmsg_space(SIZE_MAX) == SIZE_MAX);
    CHECK(sockets_cmsg_space((size_t)SSIZE_MAX - HEADER) >= (size_t)SSIZE_MAX);
}

/* At every alignment, two messages of every length: the bytes that the macros make of it. */
static void written_as_the_macros_write(void)
{
    size_t offset, a, b;
    char data[32];
    memset(data, 'd', sizeof(data));
    for (offset = 0; offset < 8; offset++)
        for (a = 0; a <= 17; a++)
            for (b = 0; b <= 17; b++) {
                union {
                    char bytes[2 * CMSG_SPACE(32)];
                    struct cmsghdr align;
                } theirs;
                char ours[2 * CMSG_SPACE(32) + 8];
                struct msghdr want = over(theirs.bytes, CMSG_SPACE(a) + CMSG_SPACE(b)), got = over(ours + offset, 0);
                struct cmsghdr *cmsg;
                size_t room = CMSG_SPACE(a) + CMSG_SPACE(b);
                memset(ours, 0xee, sizeof(ours));
                memset(&theirs, 0, sizeof(theirs));
                cmsg = CMSG_FIRSTHDR(&want);
                cmsg->cmsg_level = SOL_SOCKET;
                cmsg->cmsg_type = 7;
                cmsg->cmsg_len = CMSG_LEN(a);
                memcpy(CMSG_DATA(cmsg), data, a);
                cmsg = (struct cmsghdr *)(void *)((char *)cmsg + CMSG_SPACE(a));
                cmsg->cmsg_level = IPPROTO_IP;
                cmsg->cmsg_type = 8;
                cmsg->cmsg_len = CMSG_LEN(b);
                memcpy(CMSG_DATA(cmsg), data, b);
                SAME(sockets_cmsg_push(&got, room, SOL_SOCKET, 7, data, a), 0);
                SAME(used(&got), CMSG_SPACE(a));
                SAME(sockets_cmsg_push(&got, room, IPPROTO_IP, 8, data, b), 0);
                SAME(used(&got), room);
                CHECK(memcmp(ours + offset, &theirs, room) == 0);
                CHECK((unsigned char)ours[offset + room] == 0xee);
                FAILS(sockets_cmsg_push(&got, room, IPPROTO_IP, 8, NULL, 0), ENOBUFS);
            }
}

/* Room that ends anywhere: a message fits without its padding, and not with a byte less. */
static void room_that_ends_anywhere(void)
{
    unsigned char bytes[256], before[256];
    size_t room, len;
    for (len = 0; len <= 16; len++)
        for (room = 0; room <= 64; room++) {
            struct msghdr msg = over(bytes + EDGE, 0);
            memset(bytes, 0xee, sizeof(bytes));
            memcpy(before, bytes, sizeof(bytes));
            if (room < HEADER + len) {
                FAILS(sockets_cmsg_push(&msg, room, 1, 2, "0123456789abcdef", len), ENOBUFS);
                SAME(used(&msg), 0);
                CHECK(memcmp(bytes, before, sizeof(bytes)) == 0);
            } else {
                size_t end = CMSG_SPACE(len) < room ? CMSG_SPACE(len) : room;
                SAME(sockets_cmsg_push(&msg, room, 1, 2, "0123456789abcdef", len), 0);
                SAME(used(&msg), end);
                CHECK(memcmp(bytes + EDGE + HEADER, "0123456789abcdef", len) == 0);
                CHECK(memcmp(bytes, before, EDGE) == 0);
                CHECK(memcmp(bytes + EDGE + end, before, sizeof(bytes) - EDGE - end) == 0);
            }
        }
}

/* The bytes of a message may come from anywhere, also from where it goes. */
static void data_in_the_room(void)
{
    char bytes[128];
    struct msghdr msg = over(bytes, 0);
    struct sockets_cmsg cmsg;
    size_t at = 0;
    memset(bytes, 0, sizeof(bytes));
    memcpy(bytes + 4, "moved", 5);
    SAME(sockets_cmsg_push(&msg, sizeof(bytes), 1, 2, bytes + 4, 5), 0);
    SAME(sockets_cmsg_next(&msg, &at, &cmsg), 1);
    SAME(cmsg.len, 5);
    CHECK(memcmp(cmsg.data, "moved", 5) == 0);
}

static void bad_arguments_to_push(void)
{
    char bytes[64];
    struct msghdr msg = over(bytes, 0), before = msg;
    volatile size_t too_long = (size_t)SSIZE_MAX + 1;
    FAILS(sockets_cmsg_push(NULL, 64, 1, 2, "x", 1), EFAULT);
    FAILS(sockets_cmsg_push(&msg, 64, 1, 2, NULL, 1), EFAULT);
    FAILS(sockets_cmsg_push(&msg, too_long, 1, 2, "x", 1), EINVAL);
    FAILS(sockets_cmsg_push(&msg, 64, 1, 2, "x", too_long), EINVAL);
    FAILS(sockets_cmsg_push(&msg, 64, 1, 2, "x", SIZE_MAX), EINVAL);
    FAILS(sockets_cmsg_push(&msg, 64, 1, 2, "x", (size_t)SSIZE_MAX), ENOBUFS);
    FAILS(sockets_cmsg_push(&msg, 64, 1, 2, "x", (size_t)SSIZE_MAX - HEADER), ENOBUFS);
    CHECK(memcmp(&msg, &before, sizeof(msg)) == 0);
    msg = over(NULL, 0);
    FAILS(sockets_cmsg_push(&msg, 64, 1, 2, "x", 1), EFAULT);
    FAILS(sockets_cmsg_push(&msg, 0, 1, 2, "x", 1), ENOBUFS);
    /* Lengths that lie. */
    msg = over(bytes, 65);
    FAILS(sockets_cmsg_push(&msg, 64, 1, 2, "x", 1), EINVAL);
    msg = over(bytes, (size_t)-1);
    FAILS(sockets_cmsg_push(&msg, 64, 1, 2, "x", 1), EINVAL);
    /* Not where a message can begin: it goes to the next word. */
    msg = over(bytes, 1);
    SAME(sockets_cmsg_push(&msg, 64, 1, 2, "x", 1), 0);
    SAME(used(&msg), sizeof(size_t) + CMSG_SPACE(1));
}

/* ---- Reading ---- */

/* Every message of bytes, twice: by ours, and by a walker that is slow and obvious. */
static void walk_both(const unsigned char *bytes, size_t len)
{
    struct msghdr msg = over((void *)(uintptr_t)bytes, len);
    struct sockets_cmsg cmsg;
    size_t at = 0, here = 0, steps = 0;
    for (;;) {
        struct cmsghdr header;
        size_t data;
        int rc = sockets_cmsg_next(&msg, &at, &cmsg);
        if (here + HEADER > len) {
            SAME(rc, 0);
            break;
        }
        memcpy(&header, bytes + here, HEADER);
        if (header.cmsg_len < HEADER) {
            SAME(rc, 0);
            break;
        }
        SAME(rc, 1);
        data = (size_t)header.cmsg_len - HEADER;
        SAME(cmsg.level, header.cmsg_level);
        SAME(cmsg.type, header.cmsg_type);
        SAME(cmsg.is_cut, data > len - here - HEADER);
        if (cmsg.is_cut)
            data = len - here - HEADER;
        CHECK(cmsg.data == bytes + here + HEADER);
        SAME(cmsg.len, data);
        here += (HEADER + data + sizeof(size_t) - 1) / sizeof(size_t) * sizeof(size_t);
        SAME(at, here);
        if (rc != 1 || ++steps > 100)
            break;
    }
}

static unsigned long seed = 12345;

static unsigned char random_byte(void)
{
    seed = seed * 6364136223846793005ul + 1442695040888963407ul;
    return (unsigned char)(seed >> 33);
}

/* Bytes of every kind at every alignment, at the very end of an allocation, so that the sanitizers see more. */
static void hostile_bytes(void)
{
    int round;
    for (round = 0; round < 4000; round++) {
        size_t offset = (size_t)round % 8, len = random_byte() % 96u, i;
        unsigned char *memory = (unsigned char *)malloc(offset + len + 1), *bytes = memory + 1;
        unsigned char *start;
        memory = (unsigned char *)realloc(memory, offset + len ? offset + len : 1);
        bytes = memory + offset;
        start = bytes;
        for (i = 0; i < len; i++)
            bytes[i] = random_byte();
        /* Lengths that are short often enough to go on. */
        for (i = 0; i + HEADER <= len; i += sizeof(size_t)) {
            size_t claimed = random_byte() % 48u;
            if (random_byte() % 8 == 0)
                claimed = SIZE_MAX - claimed;
            if (random_byte() % 4)
                memcpy(start + i, &claimed, sizeof(claimed));
        }
        walk_both(start, len);
        {
            /* All the readers: none reads beyond the end, none writes on failure. */
            struct msghdr msg = over(start, len);
            int value = 77;
            int fds[4] = {5, 5, 5, 5};
            int rc = sockets_cmsg_get(&msg, IPPROTO_IP, IP_TTL, &value, sizeof(value));
            CHECK(rc == 0 || value == 77);
            value = 77;
            rc = sockets_cmsg_get_int(&msg, IPPROTO_IP, IP_TTL, &value);
            CHECK(rc == 0 || value == 77);
            rc = sockets_cmsg_take_fds(&msg, fds, 0);
            SAME(rc, 0);
            SAME(fds[0], 5);
        }
        free(memory);
    }
}

static void lengths_that_lie(void)
{
    static const size_t lies[] = {0, 1, HEADER - 1, HEADER, HEADER + 4, HEADER + 8, HEADER + 9, 40, 41, 4096,
                                  INT_MAX, (size_t)SSIZE_MAX, SIZE_MAX - 8, SIZE_MAX - 7, SIZE_MAX};
    size_t i, len;
    for (i = 0; i < sizeof(lies) / sizeof(*lies); i++)
        for (len = 0; len <= 40; len++) {
            unsigned char *bytes = (unsigned char *)calloc(1, len ? len : 1);
            size_t claimed = lies[i];
            memcpy(bytes, &claimed, len < sizeof(claimed) ? len : sizeof(claimed));
            walk_both(bytes, len);
            free(bytes);
        }
}

static void bad_arguments_to_readers(void)
{
    char bytes[64] = "";
    struct msghdr msg = over(bytes, (size_t)SSIZE_MAX + 1), good = over(bytes, 0);
    struct sockets_cmsg cmsg;
    size_t at = 0;
    int value = 77, fds[1];
    FAILS(sockets_cmsg_next(NULL, &at, &cmsg), EFAULT);
    FAILS(sockets_cmsg_next(&good, NULL, &cmsg), EFAULT);
    FAILS(sockets_cmsg_next(&good, &at, NULL), EFAULT);
    FAILS(sockets_cmsg_next(&msg, &at, &cmsg), EINVAL);
    FAILS(sockets_cmsg_get(NULL, 0, 2, &value, 4), EFAULT);
    FAILS(sockets_cmsg_get(&good, 0, 2, NULL, 4), EFAULT);
    FAILS(sockets_cmsg_get(&good, 0, 2, &value, 4), ENOENT);
    FAILS(sockets_cmsg_get(&good, 0, 2, &value, (size_t)SSIZE_MAX + 1), EINVAL);
    FAILS(sockets_cmsg_get(&msg, 0, 2, &value, 4), EINVAL);
    FAILS(sockets_cmsg_get_int(NULL, 0, 2, &value), EFAULT);
    FAILS(sockets_cmsg_get_int(&good, 0, 2, NULL), EFAULT);
    FAILS(sockets_cmsg_get_int(&good, 0, 2, &value), ENOENT);
    FAILS(sockets_cmsg_take_fds(NULL, fds, 1), EFAULT);
    FAILS(sockets_cmsg_take_fds(&good, NULL, 1), EFAULT);
    FAILS(sockets_cmsg_take_fds(&good, fds, SIZE_MAX), EINVAL);
    FAILS(sockets_cmsg_take_fds(&msg, fds, 1), EINVAL);
    FAILS(sockets_cmsg_take_pidfd(NULL), EFAULT);
    FAILS(sockets_cmsg_take_pidfd(&good), ENOENT);
    FAILS(sockets_cmsg_close_fds(&msg), EINVAL);
    SAME(sockets_cmsg_close_fds(NULL), 0);
    msg = over(NULL, 8);
    FAILS(sockets_cmsg_next(&msg, &at, &cmsg), EFAULT);
    FAILS(sockets_cmsg_close_fds(&msg), EFAULT);
    msg = over(NULL, 0);
    SAME(sockets_cmsg_next(&msg, &at, &cmsg), 0);
    SAME(sockets_cmsg_take_fds(&msg, NULL, 0), 0);
    at = SIZE_MAX;
    SAME(sockets_cmsg_next(&good, &at, &cmsg), 0);
    SAME(at, SIZE_MAX);
    SAME(value, 77);
}

/* What was written goes through the kernel, and what comes is read. */
static void through_the_kernel(void)
{
    char bytes[128], buf[8];
    struct sockets_addr addr = ip4("127.0.0.1", 0);
    int fd = OK(sockets_socket(AF_INET, SOCK_DGRAM, 0)), on = 1, value = 0;
    struct in_pktinfo info;
    struct iovec data;
    struct msghdr msg = over(bytes + 3, 0);
    struct sockets_cmsg cmsg;
    size_t at = 0;
    OK(sockets_bind(fd, sa(&addr), addr.len));
    addr = name_of(fd);
    OK(sockets_setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)));
    OK(sockets_setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &on, sizeof(on)));
    OK(sockets_setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof(on)));
    data.iov_base = buf;
    data.iov_len = sizeof(buf);
    msg.msg_iov = &data;
    msg.msg_iovlen = 1;
    msg.msg_name = &addr.storage;
    msg.msg_namelen = addr.len;
    SAME(sockets_cmsg_push_int(&msg, 125, IPPROTO_IP, IP_TTL, 7), 0);
    SAME(sockets_cmsg_push_int(&msg, 125, IPPROTO_IP, IP_TOS, 0x10), 0);
    SAME(sockets_sendmsg(fd, &msg, 0), sizeof(buf));
    msg.msg_controllen = 125;
    SAME(sockets_recvmsg(fd, &msg, 0), sizeof(buf));
    SAME(sockets_cmsg_get_int(&msg, IPPROTO_IP, IP_TTL, &value), 0);
    SAME(value, 7);
    SAME(sockets_cmsg_get_int(&msg, IPPROTO_IP, IP_TOS, &value), 0);
    SAME(value, 0x10);
    SAME(sockets_cmsg_get(&msg, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info)), 0);
    SAME(ntohl(info.ipi_addr.s_addr), INADDR_LOOPBACK);
    while (sockets_cmsg_next(&msg, &at, &cmsg) > 0) {
        CHECK(sockets_cmsg_name(cmsg.level, cmsg.type) != NULL);
        value++;
    }
    SAME(value, 0x10 + 3);
    OK(sockets_close(fd));
}

int main(void)
{
    test_begin();
    CASE(space_is_that_of_the_macro);
    CASE(written_as_the_macros_write);
    CASE(room_that_ends_anywhere);
    CASE(data_in_the_room);
    CASE(bad_arguments_to_push);
    CASE(hostile_bytes);
    CASE(lengths_that_lie);
    CASE(bad_arguments_to_readers);
    CASE(through_the_kernel);
    return test_end();
}
