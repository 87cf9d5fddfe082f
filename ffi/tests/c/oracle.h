/*
 * The kernel as the oracle: what a function of the library gives is compared with what the system call itself
 * gives for the same arguments. With sockets in a known state, and memory of every bad kind.
 */

#ifndef ORACLE_H
#define ORACLE_H

#include "test.h"

/* The sanitizer's own wrappers of these calls read *len and fds before the kernel can refuse them. */
#define KERNEL_SEES_ALL (!TEST_ASAN)

/* ---- The oracle ---- */

static int is_descriptor; /* a result >= 0 is a new descriptor: close it, do not compare it */

static inline void compare(long ours, int our_errno, long theirs, int their_errno, const char *what, const char *file,
                           int line)
{
    test_checks++;
    if (theirs < 0) {
        if (ours != -(long)their_errno || our_errno != their_errno) {
            test_fail(file, line);
            printf("%s: got %ld %s (errno %s), the system call gives %s\n", what, ours,
                   ours < 0 ? test_error(ours) : "", test_error(our_errno), test_error(their_errno));
        }
    } else if (is_descriptor ? ours < 0 : ours != theirs) {
        test_fail(file, line);
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
        compare(o_rc, o_errno, t_rc, t_errno, #ours, __FILE__, __LINE__); \
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
        compare(o_rc, o_errno, t_rc, t_errno, #ours, __FILE__, __LINE__); \
    } while (0)

#define DETAIL(format, a, b) snprintf(test_detail, sizeof(test_detail), format, a, b)

/* ---- Sockets in a state ---- */

static int companion = -1; /* the other end, or the listener's client */

static inline void discard(int fd)
{
    close(fd);
    if (companion >= 0)
        close(companion);
    companion = -1;
}

static inline int fresh(int domain, int type)
{
    return OK(socket(domain, type | SOCK_CLOEXEC, 0));
}

/* One end of a pair, with five bytes to read; nothing blocks. */
static inline int loaded(int type)
{
    int pair[2];
    OK(socketpair(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair));
    OK(send(pair[1], "12345", 5, 0));
    companion = pair[1];
    return pair[0];
}

/* A listener with a client that waits for accept. */
static inline int waiting(struct sockets_addr addr, const struct sockets_addr *client)
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

static inline int waiting_tcp(void)
{
    return waiting(ip4("127.0.0.1", 0), NULL);
}

/* ---- Memory ---- */

static unsigned char *page_end;   /* 16 good bytes before the end of the mapped world */
static void *unmapped, *no_access, *read_only;

static inline void map_memory(void)
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

static inline void name_pointers(void)
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

/* ---- Names ---- */

/* Room for an address, with more behind it that nobody may touch. */
struct room {
    socklen_t len;
    unsigned char bytes[252];
};

static inline int named(const struct sockets_addr *addr)
{
    int fd = fresh(addr->storage.ss_family, SOCK_DGRAM);
    unlink("client.sock");
    OK(bind(fd, sa(addr), addr->len));
    return fd;
}

/* A datagram from a sender of this name waits. */
static inline int sent_by(const struct sockets_addr *addr)
{
    static const char place[] = "\0receiver";
    struct sockets_addr to =
        addr->storage.ss_family == AF_INET ? ip4("127.0.0.1", 40001) : un(place, sizeof(place) - 1);
    int fd = named(&to);
    companion = named(addr);
    OK(sendto(companion, "12345", 5, 0, sa(&to), to.len));
    return fd;
}

#endif
