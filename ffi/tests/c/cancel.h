/*
 * What the tests of pthread_cancel(3) share: a thread that blocks in a call of the library, and is cancelled there.
 */

#ifndef CANCEL_H
#define CANCEL_H

#include "test.h"

/* A frame that is unwound: the address sanitizer does not see its end, and would take what the thread has
 * on its stack afterwards for an error (also where the libc call itself is cancelled). */
#if TEST_ASAN
#define UNWOUND __attribute__((no_sanitize_address))
#else
#define UNWOUND
#endif

struct victim {
    pthread_t thread;
    volatile pid_t tid;
    int fd;
    int (*call)(struct victim *);
    struct sockets_addr addr;
    char *buf;
    size_t len;
    int cleaned, rc;
    volatile int returned;
};

static inline void clean_up(void *arg)
{
    struct victim *it = (struct victim *)arg;
    it->cleaned++;
}

UNWOUND static inline void *victim_main(void *arg)
{
    struct victim *it = (struct victim *)arg;
    pthread_cleanup_push(clean_up, it);
    it->tid = thread_id();
    it->rc = it->call(it);
    it->returned = 1;
    pthread_testcancel();
    pthread_cleanup_pop(0);
    return NULL;
}

static inline void start(struct victim *it, int fd, int (*call)(struct victim *), long number)
{
    it->fd = fd;
    it->call = call;
    it->tid = 0;
    it->cleaned = it->returned = 0;
    it->rc = 12345;
    SAME(pthread_create(&it->thread, NULL, victim_main, it), 0);
    while (it->tid == 0)
        sched_yield();
    wait_blocked(it->tid, number);
}

static inline void cancel(struct victim *it)
{
    void *result = NULL;
    SAME(pthread_cancel(it->thread), 0);
    SAME(pthread_join(it->thread, &result), 0);
    CHECK(result == PTHREAD_CANCELED);
    SAME(it->cleaned, 1);
}

/* Cancelled inside the call. */
static inline void cancelled(int fd, int (*call)(struct victim *), long number, struct victim *it)
{
    start(it, fd, call, number);
    cancel(it);
    SAME(it->returned, 0);
}

/* A listener whose queue is full. */
static inline int full_listener(struct sockets_addr *addr, int *filler)
{
    int listener = listener_at(addr, SOCK_STREAM, 0);
    *filler = connected_to(addr, SOCK_STREAM);
    return listener;
}

#endif
