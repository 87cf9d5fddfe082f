/*
 * What an error says: the texts of strerror(3) and the names of the C macros, for every number; and that
 * the negative result and errno are the same number, in every thread.
 */

#include "test.h"

static void is_unknown(int number)
{
    snprintf(test_detail, sizeof(test_detail), "%d", number);
    CHECK(strcmp(sockets_strerror(number), "Unknown error") == 0);
    CHECK(sockets_err_name(number) == NULL);
    test_detail[0] = 0;
}

static void texts_and_names(void)
{
    int number, known = 0;
    for (number = 1; number <= 133; number++) {
        const char *text = sockets_strerror(number), *name = sockets_err_name(number);
        char libc[128];
        snprintf(test_detail, sizeof(test_detail), "%d", number);
        CHECK(sockets_strerror(-number) == text);
        CHECK(sockets_err_name(-number) == name);
        snprintf(libc, sizeof(libc), "%s", strerror(number));
        if (name == NULL) {
            is_unknown(number);
            CHECK(strncmp(libc, "Unknown error", 13) == 0 || strncmp(libc, "No error", 8) == 0);
            continue;
        }
        known++;
        CHECK(name[0] == 'E' && strlen(text) > 3 && strcmp(text, "Unknown error") != 0);
#ifdef __GLIBC__
        CHECK(strcmp(text, libc) == 0);
#if __GLIBC_PREREQ(2, 32)
        CHECK(strcmp(name, strerrorname_np(number)) == 0);
#endif
#endif
    }
    test_detail[0] = 0;
    /* Linux has no 41 and no 58. */
    SAME(known, 131);
    CHECK(strcmp(sockets_err_name(ECONNREFUSED), "ECONNREFUSED") == 0);
    CHECK(strcmp(sockets_err_name(-EAGAIN), "EAGAIN") == 0);
    CHECK(strcmp(sockets_strerror(-EADDRINUSE), "Address already in use") == 0);
}

static void numbers_without_a_name(void)
{
    static const int unknown[] = {41, 58, 134, 255, 256, 512, 4095, 65536 + EBADF, INT_MAX};
    size_t i;
    for (i = 0; i < sizeof(unknown) / sizeof(*unknown); i++) {
        is_unknown(unknown[i]);
        is_unknown(-unknown[i]);
    }
    is_unknown(INT_MIN);
    CHECK(strcmp(sockets_strerror(0), "Success") == 0);
    CHECK(sockets_err_name(0) == NULL);
}

static void texts_are_constant(void)
{
    const char *text = sockets_strerror(EBADF), *unknown = sockets_strerror(9999);
    char before[64];
    int number;
    snprintf(before, sizeof(before), "%s", text);
    errno = 77;
    for (number = -200; number < 200; number++)
        CHECK(sockets_strerror(number) != NULL && sockets_err_name(number) != text && errno == 77);
    CHECK(strcmp(text, before) == 0);
    CHECK(strcmp(unknown, "Unknown error") == 0);
}

/* ---- errno belongs to the thread ---- */

struct worker {
    pthread_t thread;
    int which, pipe, socket;
    long wrong;
};

static long fail_once(const struct worker *it, int *want)
{
    struct sockets_addr addr;
    switch (it->which) {
    case 0:
        *want = EBADF;
        return sockets_recv(-1, NULL, 0, 0);
    case 1:
        *want = ENOTSOCK;
        return sockets_listen(it->pipe, 1);
    case 2:
        *want = EINVAL;
        return sockets_addr_parse("nonsense", &addr);
    default:
        *want = EAGAIN;
        return sockets_recv_exact(it->socket, &addr, 1, MSG_DONTWAIT, NULL);
    }
}

static void *work(void *arg)
{
    struct worker *it = (struct worker *)arg;
    int i, want = 0;
    for (i = 0; i < 20000; i++) {
        long rc;
        errno = 0;
        rc = fail_once(it, &want);
        if (rc != -want || errno != want)
            it->wrong++;
    }
    return NULL;
}

static void threads_have_an_errno_each(void)
{
    struct worker workers[4];
    int pair[2], pipes[2], i;
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    OK(pipe(pipes));
    for (i = 0; i < 4; i++) {
        workers[i].which = i;
        workers[i].pipe = pipes[0];
        workers[i].socket = pair[0];
        workers[i].wrong = 0;
        SAME(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (i = 0; i < 4; i++) {
        SAME(pthread_join(workers[i].thread, NULL), 0);
        SAME(workers[i].wrong, 0);
    }
    close_both(pair);
    close_both(pipes);
}

/* Success leaves errno alone, as the system calls do. */
static void success_leaves_errno(void)
{
    struct sockets_addr addr;
    char text[64];
    int pair[2];
    size_t done;
    errno = 77;
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    OK(sockets_send(pair[0], "abc", 3, 0));
    OK(sockets_recv(pair[1], text, 1, 0));
    OK(sockets_recv_exact(pair[1], text, 2, 0, &done));
    OK(sockets_addr_parse("127.0.0.1:80", &addr));
    OK(sockets_addr_format(sa(&addr), addr.len, text, sizeof(text)));
    close_both(pair);
    SAME(errno, 77);
}

int main(void)
{
    test_begin();
    CASE(texts_and_names);
    CASE(numbers_without_a_name);
    CASE(texts_are_constant);
    CASE(threads_have_an_errno_each);
    CASE(success_leaves_errno);
    return test_end();
}
