/*
 * The table of options: each one is found by its name, and what getsockopt(2) and setsockopt(2) say of it through
 * the library is what libc's own say; its value as text; bad arguments.
 */

#include "test.h"

/* Enough for every value, and for the 4096 instructions of a filter. */
#define ROOM 32768

static int open_sample(const struct sockets_opt *option)
{
    return OK(sockets_socket(option->domain, option->socktype, option->protocol));
}

/* The two answer alike: the same error or the same bytes. */
static void reads_as_libc(int fd, const struct sockets_opt *option)
{
    static unsigned char ours[ROOM], theirs[ROOM];
    socklen_t room = option->max_size < ROOM / 8 ? (socklen_t)option->max_size : ROOM / 8;
    socklen_t our_len = room, their_len = room;
    int rc, want;
    memset(ours, 0, sizeof(ours));
    memset(theirs, 0, sizeof(theirs));
    want = getsockopt(fd, option->level, option->number, theirs, &their_len) == 0 ? 0 : -errno;
    rc = sockets_getsockopt(fd, option->level, option->number, ours, &our_len);
    SAME(rc, want);
    SAME(our_len, their_len);
    /* The clock has moved on in between. */
    if (option->kind != SOCKETS_OPT_STRUCT && strcmp(option->name, "TCP_TIMESTAMP") != 0)
        SAME(memcmp(ours, theirs, sizeof(ours)), 0);
}

/* Zeros, on a socket that nobody has: one may succeed and not twice, so each has its own. */
static void sets_as_libc(const struct sockets_opt *option)
{
    unsigned char zeros[512];
    socklen_t len = option->max_size < sizeof(zeros) ? (socklen_t)option->max_size : (socklen_t)sizeof(zeros);
    int a = open_sample(option), b, want;
    memset(zeros, 0, sizeof(zeros));
    want = setsockopt(a, option->level, option->number, zeros, len) == 0 ? 0 : -errno;
    OK(sockets_close(a));
    b = open_sample(option);
    SAME(sockets_setsockopt(b, option->level, option->number, zeros, len), want);
    OK(sockets_close(b));
}

static void is_text(const char *text, size_t size, int may_be_empty)
{
    size_t len = strnlen(text, size);
    CHECK(len < size - 1);
    CHECK(may_be_empty || len > 0);
}

static void has_text(int fd, const struct sockets_opt *option)
{
    char text[8192];
    int rc = sockets_opt_format(fd, option->level, option->number, text, sizeof(text));
    if (option->access & SOCKETS_OPT_GET) {
        if (rc < 0) {
            /* Only for what it says that it needs. */
            CHECK(option->needs[0] != 0);
            SAME(errno, -rc);
        } else {
            SAME(strlen(text), rc);
            CHECK(rc > 0 && (size_t)rc < sizeof(text));
        }
    }
}

/* Every option, by its name. */
static void each_one_by_name(void)
{
    struct sockets_opt option, found;
    size_t index;
    int rc, readable = 0, settable = 0;
    for (index = 0; (rc = sockets_opt_at(index, &option)) == 0; index++) {
        int fd;
        snprintf(test_detail, sizeof(test_detail), "%s", option.name);
        is_text(option.name, sizeof(option.name), 0);
        is_text(option.level_name, sizeof(option.level_name), 0);
        is_text(option.type_name, sizeof(option.type_name), 0);
        is_text(option.needs, sizeof(option.needs), 1);
        is_text(option.since, sizeof(option.since), 1);
        SAME(option.needs[0] != 0, option.needs_errno != 0);
        CHECK(option.kind >= SOCKETS_OPT_BOOL && option.kind <= SOCKETS_OPT_BYTES);
        CHECK(option.access >= SOCKETS_OPT_GET && option.access <= SOCKETS_OPT_SET + SOCKETS_OPT_ASK);
        CHECK(option.min_size <= option.max_size && option.max_size > 0);
        memset(&found, 0xff, sizeof(found));
        SAME(sockets_opt_find(option.level, option.name, &found), 0);
        SAME(memcmp(&found, &option, sizeof(found)), 0);
        SAME(sockets_opt_find(-1, option.name, &found), 0);
        CHECK(strcmp(found.name, option.name) == 0);
        CHECK(sockets_opt_supported(option.level, option.number) >= 0);
        fd = sockets_socket(option.domain, option.socktype, option.protocol);
        if (fd < 0) {
            /* A kernel without the family, which the table says. */
            SAME(-fd, option.needs_errno);
            SAME(sockets_opt_supported(option.level, option.number), 0);
        } else {
            reads_as_libc(fd, &option);
            has_text(fd, &option);
            sets_as_libc(&option);
            OK(sockets_close(fd));
        }
        readable += (option.access & SOCKETS_OPT_GET) != 0;
        settable += (option.access & SOCKETS_OPT_SET) != 0;
    }
    test_detail[0] = 0;
    SAME(rc, -ENOENT);
    /* As many as the README says, and more. */
    CHECK(index >= 250 && readable >= 200 && settable >= 200);
}

static void text_is_for_people(void)
{
    int fd = OK(sockets_socket(AF_INET, SOCK_STREAM, 0)), on = 1;
    struct timeval time;
    char text[64];
    time.tv_sec = 1;
    time.tv_usec = 500000;
    OK(sockets_setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)));
    OK(sockets_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time)));
    SAME(sockets_opt_format(fd, SOL_SOCKET, SO_KEEPALIVE, text, sizeof(text)), 4);
    CHECK(strcmp(text, "true") == 0);
    OK(sockets_opt_format(fd, SOL_SOCKET, SO_RCVTIMEO, text, sizeof(text)));
    CHECK(text[0] == '1' && text[strlen(text) - 1] == 's');
    OK(sockets_opt_format(fd, SOL_SOCKET, SO_SNDTIMEO, text, sizeof(text)));
    CHECK(strcmp(text, "none") == 0);
    OK(sockets_opt_format(fd, SOL_SOCKET, SO_PROTOCOL, text, sizeof(text)));
    CHECK(strcmp(text, "IPPROTO_TCP") == 0);
    OK(sockets_close(fd));
}

/* Like snprintf: cut at every length, and the length is that of the whole. */
static void text_is_cut(void)
{
    int fd = OK(sockets_socket(AF_INET, SOCK_STREAM, 0));
    size_t size;
    SAME(sockets_opt_format(fd, SOL_SOCKET, SO_TYPE, NULL, 0), 11);
    for (size = 1; size <= 16; size++) {
        char text[17];
        size_t kept = size > 11 ? 11 : size - 1;
        memset(text, 'x', sizeof(text));
        SAME(sockets_opt_format(fd, SOL_SOCKET, SO_TYPE, text, size), 11);
        SAME(strncmp(text, "SOCK_STREAM", kept), 0);
        SAME(text[kept], 0);
        SAME(text[size], 'x');
    }
    OK(sockets_close(fd));
}

static void same_names_have_a_level(void)
{
    struct sockets_opt option;
    SAME(sockets_opt_find(IPPROTO_IP, "MCAST_JOIN_GROUP", &option), 0);
    SAME(option.level, IPPROTO_IP);
    SAME(sockets_opt_find(IPPROTO_IPV6, "MCAST_JOIN_GROUP", &option), 0);
    SAME(option.level, IPPROTO_IPV6);
    FAILS(sockets_opt_find(IPPROTO_TCP, "MCAST_JOIN_GROUP", &option), ENOENT);
    SAME(sockets_opt_find(-1, "TCP_NODELAY", &option), 0);
    SAME(option.number, TCP_NODELAY);
    SAME(option.access, SOCKETS_OPT_GET | SOCKETS_OPT_SET);
    SAME(option.kind, SOCKETS_OPT_BOOL);
    CHECK(option.low > option.high);
    SAME(sockets_opt_find(-1, "IP_TTL", &option), 0);
    SAME(option.low, 1);
    SAME(option.high, 255);
    SAME(sockets_opt_supported(IPPROTO_TCP, TCP_NODELAY), 1);
}

static void bad_arguments(void)
{
    struct sockets_opt option, before;
    int pair[2];
    char text[8];
    memset(&option, 0xa5, sizeof(option));
    before = option;
    FAILS(sockets_opt_at(SIZE_MAX, &option), ENOENT);
    FAILS(sockets_opt_at(0, NULL), EFAULT);
    FAILS(sockets_opt_find(-1, NULL, &option), EFAULT);
    FAILS(sockets_opt_find(-1, "IP_TTL", NULL), EFAULT);
    FAILS(sockets_opt_find(-1, "", &option), ENOENT);
    FAILS(sockets_opt_find(-1, "ip_ttl", &option), ENOENT);
    FAILS(sockets_opt_find(-1, "IP_TTL ", &option), ENOENT);
    FAILS(sockets_opt_find(IPPROTO_IPV6, "IP_TTL", &option), ENOENT);
    SAME(memcmp(&option, &before, sizeof(option)), 0);
    FAILS(sockets_opt_supported(4711, 1), ENOENT);
    FAILS(sockets_opt_supported(-1, -1), ENOENT);

    OK(pipe(pair));
    FAILS(sockets_opt_format(-1, SOL_SOCKET, SO_TYPE, text, sizeof(text)), EBADF);
    FAILS(sockets_opt_format(INT_MIN, SOL_SOCKET, SO_TYPE, text, sizeof(text)), EBADF);
    FAILS(sockets_opt_format(1000, SOL_SOCKET, SO_TYPE, text, sizeof(text)), EBADF);
    FAILS(sockets_opt_format(pair[0], SOL_SOCKET, SO_TYPE, text, sizeof(text)), ENOTSOCK);
    close_both(pair);
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    FAILS(sockets_opt_format(pair[0], SOL_SOCKET, 4711, text, sizeof(text)), ENOENT);
    FAILS(sockets_opt_format(pair[0], SOL_SOCKET, SO_SNDBUFFORCE, text, sizeof(text)), EOPNOTSUPP);
    FAILS(sockets_opt_format(pair[0], IPPROTO_TCP, TCP_NODELAY, text, sizeof(text)), EOPNOTSUPP);
    FAILS(sockets_opt_format(pair[0], SOL_SOCKET, SO_TYPE, NULL, 1), EFAULT);
    FAILS(sockets_opt_format(pair[0], SOL_SOCKET, SO_TYPE, text, (size_t)SSIZE_MAX + 1), EINVAL);
    close_both(pair);
}

int main(void)
{
    test_begin();
    CASE(each_one_by_name);
    CASE(text_is_for_people);
    CASE(text_is_cut);
    CASE(same_names_have_a_level);
    CASE(bad_arguments);
    return test_end();
}
