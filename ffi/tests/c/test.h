/*
 * What the C tests share: checks that say what they got and wanted, cases that leak no descriptor, a
 * deadline, and the few sockets that every test needs. Compiles as C99 and as C++98.
 */

#ifndef TEST_H
#define TEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* accept4, pthread_tryjoin_np, SOCK_CLOEXEC and the like */
#endif

#include <sockets.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Is this compiled with the address sanitizer? */
#if defined(__SANITIZE_ADDRESS__)
#define TEST_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TEST_ASAN 1
#endif
#endif
#ifndef TEST_ASAN
#define TEST_ASAN 0
#endif

/* ---- Checks ---- */

static int test_checks;
static int test_failures;
static const char *test_case = "(none)";
/* Which of many similar checks this is; empty where the line says it. */
static char test_detail[128];

static inline const char *test_error(long rc)
{
    const char *name = sockets_err_name((int)rc);
    return name ? name : "no error";
}

static inline void test_fail(const char *file, int line)
{
    printf("%s:%d: in %s: %s%s", file, line, test_case, test_detail, test_detail[0] ? ": " : "");
    if (++test_failures >= 40) {
        printf("too many failures\n");
        _exit(1);
    }
}

static inline int test_true(int ok, const char *what, const char *file, int line)
{
    test_checks++;
    if (!ok) {
        int error = errno;
        test_fail(file, line);
        printf("%s is false (errno %s)\n", what, test_error(error));
    }
    return ok;
}

static inline long test_same(long got, long want, const char *what, const char *file, int line)
{
    test_checks++;
    if (got != want) {
        int error = errno;
        test_fail(file, line);
        printf("%s: got %ld (errno %s), want %ld\n", what, got, test_error(error), want);
    }
    return got;
}

/* A result that must be this error: the negative number, and errno the same. */
static inline void test_error_is(long rc, int error, int want, const char *what, const char *file,
                                 int line)
{
    test_checks++;
    if (rc != -(long)want || error != want) {
        test_fail(file, line);
        printf("%s: got %ld %s (errno %d %s), want -%d %s\n", what, rc, rc < 0 ? test_error(rc) : "",
               error, test_error(error), want, test_error(want));
    }
}

/* A result that must not be an error; without it the case has no sense, so the program ends. */
static inline int test_must(long rc, const char *what, const char *file, int line)
{
    test_checks++;
    if (rc < 0) {
        int error = errno;
        test_fail(file, line);
        printf("%s: got %ld (errno %s), want success\n", what, rc, test_error(error));
        _exit(1);
    }
    return (int)rc;
}

#define CHECK(ok) test_true((ok) ? 1 : 0, #ok, __FILE__, __LINE__)
#define SAME(got, want) test_same((long)(got), (long)(want), #got, __FILE__, __LINE__)
/* The call fails with this error. */
#define FAILS(call, want) \
    do { \
        long test_rc; \
        errno = 0; \
        test_rc = (long)(call); \
        test_error_is(test_rc, errno, (want), #call, __FILE__, __LINE__); \
    } while (0)
/* The call succeeds; gives its value as an int. */
#define OK(call) test_must((long)(call), #call, __FILE__, __LINE__)

/* ---- Cases ---- */

static inline int open_descriptors(void)
{
    int fd, n = 0;
    struct rlimit limit;
    int end = 1024;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 1024)
        end = (int)limit.rlim_cur;
    for (fd = 0; fd < end; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            n++;
    return n;
}

static inline void test_case_run(const char *name, void (*body)(void))
{
    int before = open_descriptors();
    test_case = name;
    test_detail[0] = 0;
    body();
    SAME(open_descriptors(), before);
    test_case = "(none)";
}

#define CASE(name) test_case_run(#name, name)

static inline void test_alarm(int signal)
{
    static const char text[] = "\nthe deadline has passed; in case: ";
    ssize_t n = write(1, text, sizeof(text) - 1);
    (void)signal;
    n = write(1, test_case, strlen(test_case));
    n = write(1, "\n", 1);
    (void)n;
    _exit(3);
}

static inline void test_begin(void)
{
    struct sigaction action;
    /* What was said is there also after a crash, and once only after a fork. */
    setvbuf(stdout, NULL, _IONBF, 0);
    memset(&action, 0, sizeof(action));
    action.sa_handler = test_alarm;
    sigaction(SIGALRM, &action, NULL);
    alarm(40);
}

static inline int test_end(void)
{
    if (test_failures == 0)
        printf("passed %d checks\n", test_checks);
    else
        printf("%d of %d checks failed\n", test_failures, test_checks);
    return test_failures != 0;
}

/* What this machine does not have: the test of it is skipped, and says so. */
static inline void test_skip(const char *need, const char *reason)
{
    printf("SKIP %s: %s\n", need, reason);
}

/* ---- Addresses ---- */

static inline const struct sockaddr *sa(const struct sockets_addr *addr)
{
    return (const struct sockaddr *)&addr->storage;
}

static inline struct sockets_addr ip4(const char *host, int port)
{
    struct sockets_addr addr;
    struct sockaddr_in *in = (struct sockaddr_in *)&addr.storage;
    memset(&addr, 0, sizeof(addr));
    in->sin_family = AF_INET;
    in->sin_port = htons((uint16_t)port);
    SAME(inet_pton(AF_INET, host, &in->sin_addr), 1);
    addr.len = sizeof(*in);
    return addr;
}

static inline struct sockets_addr ip6(const char *host, int port)
{
    struct sockets_addr addr;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&addr.storage;
    memset(&addr, 0, sizeof(addr));
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons((uint16_t)port);
    SAME(inet_pton(AF_INET6, host, &in6->sin6_addr), 1);
    addr.len = sizeof(*in6);
    return addr;
}

/* A Unix address with exactly these bytes of sun_path. */
static inline struct sockets_addr un(const void *name, size_t len)
{
    struct sockets_addr addr;
    struct sockaddr_un *un = (struct sockaddr_un *)&addr.storage;
    memset(&addr, 0, sizeof(addr));
    un->sun_family = AF_UNIX;
    if (len)
        memcpy((char *)un + offsetof(struct sockaddr_un, sun_path), name, len);
    addr.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    return addr;
}

/* A path: with its NUL. */
static inline struct sockets_addr un_path(const char *path)
{
    return un(path, strlen(path) + 1);
}

static inline struct sockets_addr name_of(int fd)
{
    struct sockets_addr addr;
    memset(&addr, 0, sizeof(addr));
    addr.len = sizeof(addr.storage);
    OK(sockets_getsockname(fd, (struct sockaddr *)&addr.storage, &addr.len));
    return addr;
}

static inline struct sockets_addr peer_of(int fd)
{
    struct sockets_addr addr;
    memset(&addr, 0, sizeof(addr));
    addr.len = sizeof(addr.storage);
    OK(sockets_getpeername(fd, (struct sockaddr *)&addr.storage, &addr.len));
    return addr;
}

static inline int same_addr(const struct sockets_addr *a, const struct sockets_addr *b)
{
    return a->len == b->len && memcmp(&a->storage, &b->storage, a->len) == 0;
}

/* ---- Sockets ---- */

static inline int have_ipv6(void)
{
    struct sockets_addr any = ip6("::1", 0);
    int fd = sockets_socket(AF_INET6, SOCK_DGRAM, 0), ok;
    if (fd < 0)
        return 0;
    ok = sockets_bind(fd, sa(&any), any.len) == 0;
    OK(sockets_close(fd));
    return ok;
}

/* A listener at this address; tells which it became. */
static inline int listener_at(struct sockets_addr *addr, int type, int backlog)
{
    int fd = OK(sockets_socket(addr->storage.ss_family, type, 0));
    OK(sockets_bind(fd, sa(addr), addr->len));
    OK(sockets_listen(fd, backlog));
    *addr = name_of(fd);
    return fd;
}

static inline int connected_to(const struct sockets_addr *addr, int type)
{
    int fd = OK(sockets_socket(addr->storage.ss_family, type, 0));
    OK(sockets_connect(fd, sa(addr), addr->len));
    return fd;
}

/* A TCP connection over loopback. */
static inline void tcp_pair(int pair[2])
{
    struct sockets_addr addr = ip4("127.0.0.1", 0);
    int listener = listener_at(&addr, SOCK_STREAM, 1);
    pair[0] = connected_to(&addr, SOCK_STREAM);
    pair[1] = OK(sockets_accept(listener, NULL, NULL));
    OK(sockets_close(listener));
}

static inline void close_both(const int pair[2])
{
    SAME(sockets_close(pair[0]), 0);
    SAME(sockets_close(pair[1]), 0);
}

/* Waits until there is something to read. */
static inline void wait_readable(int fd)
{
    struct pollfd entry;
    entry.fd = fd;
    entry.events = POLLIN;
    entry.revents = 0;
    SAME(sockets_poll(&entry, 1, 10000), 1);
}

/* ---- Threads that block ---- */

static inline long milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The number of the call that a thread of this process sleeps in; -1 if it does not sleep. */
static inline long sleeps_in(pid_t tid)
{
    char path[64], text[256];
    FILE *file;
    long call = -1;
    snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", (int)tid);
    file = fopen(path, "r");
    if (file) {
        if (fgets(text, sizeof(text), file) && text[0] >= '0' && text[0] <= '9')
            call = strtol(text, NULL, 10);
        fclose(file);
    }
    return call;
}

/* Waits until a thread of this process sleeps in this system call. */
static inline void wait_blocked(pid_t tid, long call)
{
    long until = milliseconds() + 5000;
    while (milliseconds() < until) {
        if (sleeps_in(tid) == call)
            return;
        sched_yield();
    }
    CHECK(!"the thread blocks in the call");
}

static inline pid_t thread_id(void)
{
    return (pid_t)syscall(SYS_gettid);
}

/* The system calls behind the functions. */
#define CALL_RECV SYS_recvfrom
#define CALL_RECVMSG SYS_recvmsg
#define CALL_RECVMMSG SYS_recvmmsg
#define CALL_SEND SYS_sendto
#define CALL_SENDMSG SYS_sendmsg
#define CALL_SENDMMSG SYS_sendmmsg
#define CALL_ACCEPT SYS_accept4
#define CALL_CONNECT SYS_connect
#ifdef SYS_poll
#define CALL_POLL SYS_poll
#else
#define CALL_POLL SYS_ppoll
#endif
#define CALL_PPOLL SYS_ppoll

#endif
