/*
 * Numbers that mean nothing, and calls at the wrong time: unknown families, types, protocols and flags; names
 * that are taken, foreign, too long or of another family; nobody there; no descriptor left.
 */

#include "oracle.h"

/* ---- Numbers ---- */

static void unknown_families_types_protocols_flags(void)
{
    static const int domains[] = {-1, 0, AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, 99, 9999, INT_MAX, INT_MIN};
    static const int types[] = {-1, 0, SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_RDM, SOCK_SEQPACKET, 7, 10, 0x101,
                                SOCK_DGRAM | SOCK_NONBLOCK, SOCK_DGRAM | SOCK_CLOEXEC, 0xffffff, INT_MAX};
    static const int protocols[] = {-1, 0, 1, IPPROTO_TCP, IPPROTO_UDP, 255, 256, 9999, INT_MAX};
    size_t d, t, p;
    int fd, i, how;
    is_descriptor = 1;
    for (d = 0; d < sizeof(domains) / sizeof(*domains); d++)
        for (t = 0; t < sizeof(types) / sizeof(*types); t++)
            for (p = 0; p < sizeof(protocols) / sizeof(*protocols); p++) {
                snprintf(test_detail, sizeof(test_detail), "%d, %#x, %d", domains[d], (unsigned)types[t], protocols[p]);
                TWINS(sockets_socket(domains[d], types[t], protocols[p]), socket(domains[d], types[t], protocols[p]));
            }
    for (i = 0; i < 32; i++) {
        volatile int flag = (int)(1u << i);
        DETAIL("flag %#x%s", (unsigned)flag, "");
        TWINS_ON(waiting_tcp(), sockets_accept4(fd, NULL, NULL, flag), accept4(fd, NULL, NULL, flag));
    }
    is_descriptor = 0;
    for (d = 0; d < sizeof(domains) / sizeof(*domains); d++) {
        int ours[2] = {-5, -6}, theirs[2] = {-5, -6};
        DETAIL("family %d%s", domains[d], "");
        if (domains[d] == AF_UNIX)
            continue;
        /* The kernel writes numbers also where it fails. */
        TWINS(sockets_socketpair(domains[d], SOCK_STREAM, 0, ours), socketpair(domains[d], SOCK_STREAM, 0, theirs));
        CHECK(memcmp(ours, theirs, sizeof(ours)) == 0);
    }
    fd = fresh(AF_INET, SOCK_STREAM);
    for (how = -3; how < 6; how++) {
        DETAIL("how %d%s", how, "");
        TWINS(sockets_shutdown(fd, how), shutdown(fd, how));
        TWINS_ON(loaded(SOCK_STREAM), sockets_shutdown(fd, how), shutdown(fd, how));
    }
    OK(close(fd));
    for (i = 0; i < 32; i++) {
        volatile int flag = (int)(1u << i) & ~MSG_NOSIGNAL;
        DETAIL("flag %#x%s", (unsigned)flag, "");
        if (flag == MSG_ERRQUEUE)
            continue;
        TWINS_ON(loaded(SOCK_STREAM), sockets_send(fd, "x", 1, flag), send(fd, "x", 1, flag));
        TWINS_ON(loaded(SOCK_DGRAM), sockets_send(fd, "x", 1, flag), send(fd, "x", 1, flag));
        TWINS_ON(fresh(AF_INET, SOCK_DGRAM), sockets_send(fd, "x", 1, flag), send(fd, "x", 1, flag));
        {
            char buf[8];
            TWINS_ON(loaded(SOCK_STREAM), sockets_recv(fd, buf, 5, flag), recv(fd, buf, 5, flag));
            TWINS_ON(loaded(SOCK_DGRAM), sockets_recv(fd, buf, 4, flag), recv(fd, buf, 4, flag));
        }
    }
}

/* ---- States ---- */

static void addresses_that_cannot_be_had(void)
{
    struct sockets_addr addr = ip4("127.0.0.1", 0), other = ip4("192.0.2.1", 0), v6 = ip6("::1", 0);
    int listener = listener_at(&addr, SOCK_STREAM, 1), fd = fresh(AF_INET, SOCK_STREAM);
    char text[64];
    size_t n;
    FAILS(sockets_bind(fd, sa(&addr), addr.len), EADDRINUSE);
    FAILS(sockets_bind(fd, sa(&other), other.len), EADDRNOTAVAIL);
    FAILS(sockets_bind(fd, sa(&v6), v6.len), EAFNOSUPPORT);
    FAILS(sockets_connect(fd, sa(&v6), v6.len), EAFNOSUPPORT);
    FAILS(sockets_sendto(fd, "x", 1, 0, NULL, 0), EPIPE);
    other = ip4("192.0.2.1", 9);
    FAILS(sockets_connect(fd, sa(&other), other.len), ENETUNREACH);
    FAILS(sockets_connect_timeout(fd, sa(&other), other.len, 1000), ENETUNREACH);
    OK(sockets_close(listener));
    FAILS(sockets_connect(fd, sa(&addr), addr.len), ECONNREFUSED);
    OK(sockets_close(fd));
    for (n = 0; n < 2; n++) {
        /* A listener and a datagram socket that are not what the call wants. */
        fd = fresh(AF_INET, n ? SOCK_STREAM : SOCK_DGRAM);
        FAILS(sockets_accept(fd, NULL, NULL), n ? EINVAL : EOPNOTSUPP);
        if (n == 0)
            FAILS(sockets_listen(fd, 1), EOPNOTSUPP);
        else
            FAILS(sockets_recv(fd, text, 1, 0), ENOTCONN);
        OK(sockets_close(fd));
    }
}

static void unix_paths(void)
{
    char path[120];
    struct sockets_addr addr;
    int fd, n;
    memset(path, 'p', sizeof(path));
    for (n = 107; n <= 109; n++) {
        char text[200];
        struct sockets_addr name;
        fd = fresh(AF_UNIX, SOCK_STREAM);
        addr = un(path, (size_t)n);
        if (n == 109) {
            FAILS(sockets_bind(fd, sa(&addr), addr.len), EINVAL);
            OK(close(fd));
            continue;
        }
        SAME(sockets_bind(fd, sa(&addr), addr.len), 0);
        name = name_of(fd);
        SAME(name.len, 2 + n + 1);
        CHECK(memcmp(&name.storage, &addr.storage, addr.len) == 0);
        /* Over the reported length, which with 108 bytes is more than sizeof(struct sockaddr_un). */
        SAME(sockets_addr_format(sa(&name), name.len, text, sizeof(text)), 5 + n);
        CHECK(memcmp(text, "unix:ppp", 8) == 0 && strlen(text) == (size_t)(5 + n));
        /* A socket that has a name already, and a path that exists. */
        name = un_path("another");
        FAILS(sockets_bind(fd, sa(&name), name.len), EINVAL);
        OK(close(fd));
        fd = fresh(AF_UNIX, SOCK_STREAM);
        FAILS(sockets_bind(fd, sa(&addr), addr.len), EADDRINUSE);
        FAILS(sockets_connect(fd, sa(&addr), addr.len), ECONNREFUSED);
        FAILS(sockets_connect_timeout(fd, sa(&addr), addr.len, 1000), ECONNREFUSED);
        OK(close(fd));
        path[n] = 0;
        SAME(unlink(path), 0);
        path[n] = 'p';
    }
    /* Embedded NUL: the kernel takes what is before it. The function hands it over as it is. */
    fd = fresh(AF_UNIX, SOCK_STREAM);
    addr = un("em\0bedded", 9);
    SAME(sockets_bind(fd, sa(&addr), addr.len), 0);
    SAME(unlink("em"), 0);
    OK(close(fd));
    fd = fresh(AF_UNIX, SOCK_STREAM);
    addr = un_path("no/such/directory");
    FAILS(sockets_bind(fd, sa(&addr), addr.len), ENOENT);
    FAILS(sockets_connect(fd, sa(&addr), addr.len), ENOENT);
    addr = un_path("file");
    OK(close(OK(open("file", O_RDWR | O_CREAT, 0600))));
    FAILS(sockets_connect(fd, sa(&addr), addr.len), ECONNREFUSED);
    FAILS(sockets_bind(fd, sa(&addr), addr.len), EADDRINUSE);
    unlink("file");
    FAILS(sockets_disconnect(fd), EINVAL);
    OK(close(fd));
    /* Another type listens there. */
    addr = un_path("types");
    {
        int listener = listener_at(&addr, SOCK_STREAM, 1);
        fd = fresh(AF_UNIX, SOCK_SEQPACKET);
        FAILS(sockets_connect(fd, sa(&addr), addr.len), EPROTOTYPE);
        OK(close(fd));
        OK(close(listener));
        SAME(unlink("types"), 0);
    }
}

/* A peer whose path fills sun_path, without a NUL: all 108 bytes arrive, and not one more is written. */
static void peer_with_an_unterminated_path(void)
{
    char path[109];
    struct sockets_addr client, listener = un("\0listener", 9);
    struct room room;
    int fd, taken, type;
    memset(path, 'c', sizeof(path));
    path[108] = 0;
    client = un(path, 108);
    for (type = 0; type < 2; type++) {
        char buf[8];
        unlink(path);
        memset(&room, 0x5a, sizeof(room));
        room.len = sizeof(struct sockaddr_un);
        if (type == 0) {
            fd = waiting(listener, &client);
            taken = OK(sockets_accept(fd, (struct sockaddr *)room.bytes, &room.len));
            SAME(room.len, 111);
            CHECK(memcmp(room.bytes, &client.storage, 110) == 0);
            SAME(room.bytes[110], 0x5a);
            memset(&room, 0x5a, sizeof(room));
            room.len = sizeof(struct sockaddr_un);
            SAME(sockets_getpeername(taken, (struct sockaddr *)room.bytes, &room.len), 0);
            OK(close(taken));
        } else {
            fd = sent_by(&client);
            SAME(sockets_recvfrom(fd, buf, 8, 0, (struct sockaddr *)room.bytes, &room.len), 5);
        }
        SAME(room.len, 111);
        CHECK(memcmp(room.bytes, &client.storage, 110) == 0);
        SAME(room.bytes[110], 0x5a);
        discard(fd);
    }
    SAME(unlink(path), 0);
}

static void sender_without_a_name(void)
{
    struct sockets_addr to = un("\0nameless", 9);
    struct room room;
    int fd = named(&to), from = fresh(AF_UNIX, SOCK_DGRAM);
    char buf[8];
    OK(sockets_sendto(from, "x", 1, 0, sa(&to), to.len));
    memset(&room, 0x5a, sizeof(room));
    room.len = 110;
    SAME(sockets_recvfrom(fd, buf, 8, 0, (struct sockaddr *)room.bytes, &room.len), 1);
    SAME(room.len, 0);
    SAME(room.bytes[0], 0x5a);
    OK(close(fd));
    OK(close(from));
}

static void no_descriptor_left(void)
{
    struct rlimit before, low;
    struct sockets_addr addr = ip4("127.0.0.1", 0);
    int listener = listener_at(&addr, SOCK_STREAM, 2), client = connected_to(&addr, SOCK_STREAM), pair[2];
    int taken, free_one = OK(dup(1));
    OK(close(free_one));
    SAME(getrlimit(RLIMIT_NOFILE, &before), 0);
    low = before;
    low.rlim_cur = (rlim_t)free_one;
    SAME(setrlimit(RLIMIT_NOFILE, &low), 0);
    FAILS(sockets_accept(listener, NULL, NULL), EMFILE);
    FAILS(sockets_accept4(listener, NULL, NULL, 0), EMFILE);
    FAILS(sockets_socket(AF_INET, SOCK_STREAM, 0), EMFILE);
    pair[0] = pair[1] = -9;
    FAILS(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, pair), EMFILE);
    CHECK(pair[0] == -9 && pair[1] == -9);
    FAILS(sockets_dup(listener), EMFILE);
    SAME(setrlimit(RLIMIT_NOFILE, &before), 0);
    /* The connection was kept. */
    taken = OK(sockets_accept(listener, NULL, NULL));
    OK(sockets_send(taken, "!", 1, 0));
    OK(close(taken));
    OK(close(client));
    OK(close(listener));
}

/* An attempt that somebody else has begun is not ours to finish: its address may be another. */
static void an_attempt_that_goes_on(void)
{
    struct sockets_addr full = ip4("127.0.0.1", 0), other = ip4("127.0.0.1", 0);
    int listener = listener_at(&full, SOCK_STREAM, 0), filler = connected_to(&full, SOCK_STREAM);
    int roomy = listener_at(&other, SOCK_STREAM, 4), fd = OK(sockets_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    FAILS(sockets_connect(fd, sa(&full), full.len), EINPROGRESS);
    FAILS(sockets_connect_timeout(fd, sa(&other), other.len, 5000), EALREADY);
    /* It goes on, and the flag is what it was. */
    FAILS(sockets_connect(fd, sa(&full), full.len), EALREADY);
    SAME(sockets_nonblocking(fd), 1);
    OK(close(fd));
    OK(close(roomy));
    OK(close(filler));
    OK(close(listener));
}

int main(void)
{
    test_begin();
    CASE(unknown_families_types_protocols_flags);
    CASE(addresses_that_cannot_be_had);
    CASE(unix_paths);
    CASE(peer_with_an_unterminated_path);
    CASE(sender_without_a_name);
    CASE(no_descriptor_left);
    CASE(an_attempt_that_goes_on);
    return test_end();
}
