/*
 * Bad input: for every function and every kind of bad argument, the result is what the system call itself
 * gives for the same arguments (the negative number, and errno the same), and what the call does not
 * write, the function does not write. The kernel is the oracle: each row runs both.
 */

#include "test.h"

/* The sanitizer's own wrappers of these calls read *len and fds before the kernel can refuse them. */
#define KERNEL_SEES_ALL (!TEST_ASAN)

/* ---- The oracle ---- */

static int is_descriptor; /* a result >= 0 is a new descriptor: close it, do not compare it */

static void compare(long ours, int our_errno, long theirs, int their_errno, const char *what, int line)
{
    test_checks++;
    if (theirs < 0) {
        if (ours != -(long)their_errno || our_errno != their_errno) {
            test_fail(__FILE__, line);
            printf("%s: got %ld %s (errno %s), the system call gives %s\n", what, ours,
                   ours < 0 ? test_error(ours) : "", test_error(our_errno), test_error(their_errno));
        }
    } else if (is_descriptor ? ours < 0 : ours != theirs) {
        test_fail(__FILE__, line);
        printf("%s: got %ld %s, the system call gives %ld\n", what, ours, test_error(ours), theirs);
    }
    if (is_descriptor && ours >= 0)
        close((int)ours);
    if (is_descriptor && theirs >= 0)
        close((int)theirs);
}

/* Our call, and the system's with the same arguments. */
#define TWINS(ours, theirs) \
    do { \
        long o_rc, t_rc; \
        int o_errno, t_errno; \
        errno = 0; \
        o_rc = (long)(ours); \
        o_errno = errno; \
        errno = 0; \
        t_rc = (long)(theirs); \
        t_errno = errno; \
        compare(o_rc, o_errno, t_rc, t_errno, #ours, __LINE__); \
    } while (0)

/* The same, each with an fd from `make`, closed afterwards. */
#define TWINS_ON(make, ours, theirs) \
    do { \
        long o_rc, t_rc; \
        int o_errno, t_errno, fd; \
        fd = make; \
        errno = 0; \
        o_rc = (long)(ours); \
        o_errno = errno; \
        discard(fd); \
        fd = make; \
        errno = 0; \
        t_rc = (long)(theirs); \
        t_errno = errno; \
        discard(fd); \
        compare(o_rc, o_errno, t_rc, t_errno, #ours, __LINE__); \
    } while (0)

#define DETAIL(format, a, b) snprintf(test_detail, sizeof(test_detail), format, a, b)

/* ---- Sockets in a state ---- */

static int companion = -1; /* the other end, or the listener's client */

static void discard(int fd)
{
    close(fd);
    if (companion >= 0)
        close(companion);
    companion = -1;
}

static int fresh(int domain, int type)
{
    return OK(socket(domain, type | SOCK_CLOEXEC, 0));
}

/* One end of a pair, with five bytes to read; nothing blocks. */
static int loaded(int type)
{
    int pair[2];
    OK(socketpair(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair));
    OK(send(pair[1], "12345", 5, 0));
    companion = pair[1];
    return pair[0];
}

/* A listener with a client that waits for accept. */
static int waiting(struct sockets_addr addr, const struct sockets_addr *client)
{
    int fd = fresh(addr.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK);
    unlink("client.sock");
    OK(bind(fd, sa(&addr), addr.len));
    OK(listen(fd, 4));
    OK(getsockname(fd, (struct sockaddr *)&addr.storage, &addr.len));
    companion = fresh(addr.storage.ss_family, SOCK_STREAM);
    if (client)
        OK(bind(companion, sa(client), client->len));
    OK(connect(companion, sa(&addr), addr.len));
    return fd;
}

static int waiting_tcp(void)
{
    return waiting(ip4("127.0.0.1", 0), NULL);
}

/* ---- Memory ---- */

static unsigned char *page_end;   /* 16 good bytes before the end of the mapped world */
static void *unmapped, *no_access, *read_only;

static void map_memory(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *map = (char *)mmap(NULL, 6 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(map != (char *)MAP_FAILED);
    page_end = (unsigned char *)map + page - 16;
    no_access = map + page;
    SAME(mprotect(no_access, page, PROT_NONE), 0);
    read_only = map + 3 * page;
    /* As an address, this is AF_INET, and as a length, more than none. */
    *(sa_family_t *)read_only = AF_INET;
    SAME(mprotect(read_only, page, PROT_READ), 0);
    unmapped = map + 5 * page;
    SAME(munmap(unmapped, page), 0);
}

struct bad {
    const char *name;
    void *pointer;
};

static struct bad bad_pointers[6];
static size_t n_bad, n_bad_to_read; /* the last one can be read */

static void name_pointers(void)
{
    static const char *names[] = {"NULL", "1", "unmapped", "no access", "the last page", "read-only"};
    size_t i;
    for (i = 0; i < 6; i++)
        bad_pointers[i].name = names[i];
    bad_pointers[1].pointer = (void *)1;
    bad_pointers[2].pointer = unmapped;
    bad_pointers[3].pointer = no_access;
    bad_pointers[4].pointer = (void *)~(uintptr_t)4095;
    bad_pointers[5].pointer = read_only;
    n_bad = 6;
    n_bad_to_read = 5;
}

/* ---- Descriptors ---- */

static long raw_int(int fd, unsigned long request)
{
    int value = 0;
    return ioctl(fd, request, &value) < 0 ? -1 : value;
}

static long raw_flag(int fd, int command, int flag)
{
    int flags = fcntl(fd, command);
    return flags < 0 ? -1 : (flags & flag) != 0;
}

/* Every function that takes a descriptor, but those that close it. */
static void with_descriptor(int fd)
{
    struct sockets_addr addr = ip4("127.0.0.1", 9), room;
    char buf[8] = "1234567";
    int value = 1;
    size_t done = 77;
    socklen_t len = sizeof(value);
    struct sockaddr *name = (struct sockaddr *)&room.storage;
    room.len = sizeof(room.storage);

    TWINS(sockets_bind(fd, sa(&addr), addr.len), bind(fd, sa(&addr), addr.len));
    TWINS(sockets_connect(fd, sa(&addr), addr.len), connect(fd, sa(&addr), addr.len));
    TWINS(sockets_disconnect(fd), connect(fd, sa(&addr), addr.len));
    TWINS(sockets_getsockname(fd, name, &room.len), getsockname(fd, name, &room.len));
    TWINS(sockets_getpeername(fd, name, &room.len), getpeername(fd, name, &room.len));
    TWINS(sockets_listen(fd, 1), listen(fd, 1));
    TWINS(sockets_accept(fd, NULL, NULL), accept(fd, NULL, NULL));
    TWINS(sockets_accept4(fd, name, &room.len, 0), accept4(fd, name, &room.len, 0));
    TWINS(sockets_send(fd, buf, 1, 0), send(fd, buf, 1, 0));
    TWINS(sockets_sendto(fd, buf, 1, 0, sa(&addr), addr.len), sendto(fd, buf, 1, 0, sa(&addr), addr.len));
    TWINS(sockets_recv(fd, buf, 1, 0), recv(fd, buf, 1, 0));
    TWINS(sockets_recvfrom(fd, buf, 1, 0, name, &room.len), recvfrom(fd, buf, 1, 0, name, &room.len));
    TWINS(sockets_shutdown(fd, SHUT_RD), shutdown(fd, SHUT_RD));
    TWINS(sockets_nonblocking(fd), raw_flag(fd, F_GETFL, O_NONBLOCK));
    TWINS(sockets_set_nonblocking(fd, 0), ioctl(fd, FIONBIO, &len) < 0 ? -1 : 0);
    TWINS(sockets_cloexec(fd), raw_flag(fd, F_GETFD, FD_CLOEXEC));
    TWINS(sockets_set_cloexec(fd, 1), ioctl(fd, FIOCLEX));
    TWINS(sockets_fionread(fd), raw_int(fd, FIONREAD));
    TWINS(sockets_siocoutq(fd), raw_int(fd, TIOCOUTQ));
    TWINS(sockets_sockatmark(fd), sockatmark(fd));
    TWINS(sockets_getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &len),
          getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &len));
    TWINS(sockets_setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, len),
          setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, len));
    TWINS(sockets_connect_timeout(fd, sa(&addr), addr.len, 1000), connect(fd, sa(&addr), addr.len));
    TWINS(sockets_send_all(fd, buf, 1, 0, &done), send(fd, buf, 1, 0));
    SAME(done, 0);
    done = 77;
    TWINS(sockets_recv_exact(fd, buf, 1, 0, &done), recv(fd, buf, 1, 0));
    SAME(done, 0);
    is_descriptor = 1;
    TWINS(sockets_dup(fd), fcntl(fd, F_DUPFD_CLOEXEC, 0));
    is_descriptor = 0;
    /* Nothing was written. */
    CHECK(room.len == sizeof(room.storage) && strcmp(buf, "1234567") == 0);
}

static void numbers_that_are_no_descriptor(void)
{
    int numbers[6], i;
    numbers[0] = -1;
    numbers[1] = -7;
    numbers[2] = INT_MIN;
    numbers[3] = INT_MAX;
    numbers[4] = 4000;
    numbers[5] = dup(1);
    close(numbers[5]);
    for (i = 0; i < 6; i++) {
        DETAIL("fd %d%s", numbers[i], "");
        with_descriptor(numbers[i]);
        FAILS(sockets_close(numbers[i]), EBADF);
        FAILS(sockets_abort(numbers[i]), EBADF);
        FAILS(sockets_recv(numbers[i], NULL, 0, 0), EBADF);
    }
}

static void descriptors_that_are_no_socket(void)
{
    int fds[4], i;
    OK(pipe(fds));
    fds[2] = OK(open("file", O_RDWR | O_CREAT, 0600));
    fds[3] = OK(open(".", O_RDONLY));
    for (i = 0; i < 4; i++) {
        DETAIL("%s%s", i < 2 ? "pipe" : i == 2 ? "file" : "directory", "");
        SAME(fcntl(fds[i], F_SETFL, fcntl(fds[i], F_GETFL) | O_NONBLOCK), 0);
        with_descriptor(fds[i]);
        OK(close(fds[i]));
    }
    unlink("file");
}

/* ---- Pointers ---- */

static void pointers_to_read(void)
{
    struct sockets_addr addr = ip4("127.0.0.1", 0);
    size_t i;
    for (i = 0; i < n_bad_to_read; i++) {
        const struct sockaddr *bad = (const struct sockaddr *)bad_pointers[i].pointer;
        const void *p = bad_pointers[i].pointer;
        DETAIL("%s%s", bad_pointers[i].name, "");
        TWINS_ON(fresh(AF_INET, SOCK_STREAM), sockets_bind(fd, bad, 16), bind(fd, bad, 16));
        TWINS_ON(fresh(AF_INET, SOCK_STREAM), sockets_connect(fd, bad, 16), connect(fd, bad, 16));
        TWINS_ON(fresh(AF_INET, SOCK_STREAM), sockets_connect_timeout(fd, bad, 16, 100),
                 connect(fd, bad, 16));
        TWINS_ON(loaded(SOCK_STREAM), sockets_send(fd, p, 5, 0), send(fd, p, 5, 0));
        TWINS_ON(loaded(SOCK_DGRAM), sockets_send(fd, p, 5, 0), send(fd, p, 5, 0));
        TWINS_ON(loaded(SOCK_STREAM), sockets_send(fd, p, 0, 0), send(fd, p, 0, 0));
        TWINS_ON(loaded(SOCK_STREAM), sockets_send_all(fd, p, 5, 0, NULL), send(fd, p, 5, 0));
        TWINS_ON(fresh(AF_INET, SOCK_DGRAM), sockets_sendto(fd, p, 5, 0, sa(&addr), addr.len),
                 sendto(fd, p, 5, 0, sa(&addr), addr.len));
        TWINS_ON(fresh(AF_INET, SOCK_DGRAM), sockets_sendto(fd, "x", 1, 0, bad, 16),
                 sendto(fd, "x", 1, 0, bad, 16));
        TWINS_ON(fresh(AF_INET, SOCK_STREAM), sockets_setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, p, 4),
                 setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, p, 4));
        FAILS(sockets_setsockopt(2, 0, 0, p, 4), ENOTSOCK);
    }
    /* The last good bytes before the end of the mapped memory. */
    memset(page_end, 'x', 16);
    TWINS_ON(loaded(SOCK_STREAM), sockets_send(fd, page_end, 16, 0), send(fd, page_end, 16, 0));
    TWINS_ON(loaded(SOCK_STREAM), sockets_send(fd, page_end, 17, 0), send(fd, page_end, 17, 0));
    TWINS_ON(loaded(SOCK_STREAM), sockets_send_all(fd, page_end, 16, 0, NULL) == 0 ? 16 : -1, 16);
}

static void pointers_to_write(void)
{
    size_t i, j;
    for (i = 0; i < n_bad; i++) {
        void *p = bad_pointers[i].pointer;
        struct sockaddr *bad = (struct sockaddr *)p;
        socklen_t len;
        char buf[8];
        DETAIL("%s%s", bad_pointers[i].name, "");
        TWINS(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, (int *)p), socketpair(AF_UNIX, SOCK_STREAM, 0, (int *)p));
        TWINS_ON(loaded(SOCK_STREAM), sockets_recv(fd, p, 5, 0), recv(fd, p, 5, 0));
        TWINS_ON(loaded(SOCK_DGRAM), sockets_recv(fd, p, 5, 0), recv(fd, p, 5, 0));
        TWINS_ON(loaded(SOCK_STREAM), sockets_recv(fd, p, 0, 0), recv(fd, p, 0, 0));
        TWINS_ON(loaded(SOCK_STREAM), sockets_recv_exact(fd, p, 5, 0, NULL), recv(fd, p, 5, 0));
        TWINS_ON(loaded(SOCK_DGRAM), sockets_recvfrom(fd, p, 5, 0, NULL, NULL), recv(fd, p, 5, 0));
        TWINS_ON(fresh(AF_INET, SOCK_STREAM), (len = 4, sockets_getsockopt(fd, SOL_SOCKET, SO_TYPE, p, &len)),
                 (len = 4, getsockopt(fd, SOL_SOCKET, SO_TYPE, p, &len)));
        TWINS_ON(fresh(AF_INET, SOCK_STREAM), (len = 16, sockets_getsockname(fd, bad, &len)),
                 (len = 16, getsockname(fd, bad, &len)));
        TWINS_ON(loaded(SOCK_STREAM), (len = 16, sockets_getpeername(fd, bad, &len)),
                 (len = 16, getpeername(fd, bad, &len)));
        TWINS_ON(waiting_tcp(), (len = 16, sockets_recvfrom(companion, buf, 8, MSG_DONTWAIT, bad, &len)),
                 (len = 16, recvfrom(companion, buf, 8, MSG_DONTWAIT, bad, &len)));
        /* A NULL address is not wanted, and that is no error. */
        is_descriptor = 1;
        TWINS_ON(waiting_tcp(), (len = 16, sockets_accept(fd, bad, &len)), (len = 16, accept(fd, bad, &len)));
        TWINS_ON(waiting_tcp(), (len = 16, sockets_accept4(fd, bad, &len, 0)),
                 (len = 16, accept4(fd, bad, &len, 0)));
        is_descriptor = 0;
        if (KERNEL_SEES_ALL) {
            struct pollfd *entries = (struct pollfd *)p;
            TWINS(sockets_poll(entries, 1, 0), poll(entries, 1, 0));
            TWINS(sockets_poll(entries, 0, 0), poll(entries, 0, 0));
        }
        for (j = 0; KERNEL_SEES_ALL && j < n_bad; j++) {
            /* The length is bad; the value bad or good. */
            socklen_t *bad_len = (socklen_t *)bad_pointers[j].pointer;
            struct sockaddr_storage good;
            struct sockaddr *to = i == 0 ? (struct sockaddr *)&good : bad;
            DETAIL("value %s, length %s", i == 0 ? "good" : bad_pointers[i].name, bad_pointers[j].name);
            TWINS_ON(fresh(AF_INET, SOCK_STREAM), sockets_getsockname(fd, to, bad_len), getsockname(fd, to, bad_len));
            TWINS_ON(loaded(SOCK_STREAM), sockets_getpeername(fd, to, bad_len), getpeername(fd, to, bad_len));
            TWINS_ON(fresh(AF_INET, SOCK_STREAM), sockets_getsockopt(fd, SOL_SOCKET, SO_TYPE, to, bad_len),
                     getsockopt(fd, SOL_SOCKET, SO_TYPE, to, bad_len));
            TWINS_ON(loaded(SOCK_DGRAM), sockets_recvfrom(fd, buf, 5, 0, to, bad_len),
                     recvfrom(fd, buf, 5, 0, to, bad_len));
            is_descriptor = 1;
            TWINS_ON(waiting_tcp(), sockets_accept(fd, to, bad_len), accept(fd, to, bad_len));
            TWINS_ON(waiting_tcp(), sockets_accept4(fd, to, bad_len, 0), accept4(fd, to, bad_len, 0));
            is_descriptor = 0;
        }
    }
    /* Room up to the last mapped byte, and one byte more than there is. */
    DETAIL("%s%s", "the end of the page", "");
    TWINS_ON(loaded(SOCK_STREAM), sockets_recv(fd, page_end + 11, 5, 0), recv(fd, page_end + 11, 5, 0));
    TWINS_ON(loaded(SOCK_STREAM), sockets_recv(fd, page_end + 12, 5, 0), recv(fd, page_end + 12, 5, 0));
    TWINS_ON(loaded(SOCK_STREAM), sockets_recv_exact(fd, page_end + 11, 5, 0, NULL), 0);
}

/* ---- Lengths ---- */

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

struct room {
    socklen_t len;
    unsigned char bytes[252];
};

#define ADDR ((struct sockaddr *)room->bytes)

static int named(const struct sockets_addr *addr)
{
    int fd = fresh(addr->storage.ss_family, SOCK_DGRAM);
    unlink("client.sock");
    OK(bind(fd, sa(addr), addr->len));
    return fd;
}

/* A datagram from a sender of this name waits. */
static int sent_by(const struct sockets_addr *addr)
{
    static const char place[] = "\0receiver";
    struct sockets_addr to =
        addr->storage.ss_family == AF_INET ? ip4("127.0.0.1", 40001) : un(place, sizeof(place) - 1);
    int fd = named(&to);
    companion = named(addr);
    OK(sendto(companion, "12345", 5, 0, sa(&to), to.len));
    return fd;
}

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

int main(void)
{
    test_begin();
    map_memory();
    name_pointers();
    CASE(numbers_that_are_no_descriptor);
    CASE(descriptors_that_are_no_socket);
    CASE(pointers_to_read);
    CASE(pointers_to_write);
    CASE(lengths_of_buffers);
    CASE(lengths_of_addresses_in);
    CASE(lengths_of_addresses_out);
    CASE(lengths_and_values_of_options);
    CASE(unknown_families_types_protocols_flags);
    CASE(addresses_that_cannot_be_had);
    CASE(unix_paths);
    CASE(peer_with_an_unterminated_path);
    CASE(sender_without_a_name);
    CASE(no_descriptor_left);
    return test_end();
}
