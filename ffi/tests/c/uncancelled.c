/*
 * pthread_cancel(3) where a function says that it is no cancellation point, or the thread does not allow it: the
 * function comes to its end first.
 */

#include "cancel.h"

#include <netdb.h>

UNWOUND static int call_connect_timeout(struct victim *it)
{
    return sockets_connect_timeout(it->fd, sa(&it->addr), it->addr.len, 150);
}

static void connect_timeout_comes_to_its_end(void)
{
    struct sockets_addr addrs[2];
    int i;
    addrs[0] = ip4("127.0.0.1", 0);
    addrs[1] = un("\0full", 5);
    for (i = 0; i < 2; i++) {
        struct victim it;
        struct timeval timeout;
        socklen_t len = sizeof(timeout);
        int filler, listener = full_listener(&addrs[i], &filler);
        int fd = OK(sockets_socket(addrs[i].storage.ss_family, SOCK_STREAM, 0));
        it.addr = addrs[i];
        start(&it, fd, call_connect_timeout, CALL_PPOLL);
        cancel(&it);
        /* It returned, and the cancellation came behind it. */
        SAME(it.returned, 1);
        SAME(it.rc, -ETIMEDOUT);
        SAME(sockets_nonblocking(fd), 0);
        SAME(getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, &len), 0);
        CHECK(timeout.tv_sec == 0 && timeout.tv_usec == 0);
        OK(sockets_close(fd));
        OK(sockets_close(filler));
        OK(sockets_close(listener));
    }
}

UNWOUND static int call_connect_any(struct victim *it)
{
    return sockets_connect_any(&it->addr, 1, SOCK_STREAM, 150, -1, NULL, NULL, NULL);
}

static void connect_any_comes_to_its_end(void)
{
    struct victim it;
    struct sockets_addr addr = ip4("127.0.0.1", 0);
    int filler, listener = full_listener(&addr, &filler);
    it.addr = addr;
    start(&it, -1, call_connect_any, CALL_PPOLL);
    cancel(&it);
    SAME(it.returned, 1);
    SAME(it.rc, -ETIMEDOUT);
    OK(sockets_close(filler));
    OK(sockets_close(listener));
}

/* What makes sockets, or asks the C library, goes past cancellation points on its way. */
UNWOUND static int call_names(struct victim *it)
{
    static struct sockets_ifaddr all[4];
    struct sockets_addr addr = ip4("127.0.0.1", 80);
    char text[64];
    pthread_cancel(pthread_self());
    OK(sockets_if_nametoindex("lo"));
    OK(sockets_addr_parse("[fe80::1%lo]:80", &it->addr));
    OK(sockets_getifaddrs(all, 4));
    OK(sockets_opt_supported(SOL_SOCKET, SO_TYPE));
    OK(sockets_opt_format(it->fd, SOL_SOCKET, SO_TYPE, text, sizeof(text)));
    OK(sockets_resolve("127.0.0.1", "80", 0, AF_INET, SOCK_STREAM, &it->addr, 1, NULL, 0));
    OK(sockets_getnameinfo(sa(&addr), addr.len, text, sizeof(text), NULL, 0, NI_NUMERICHOST));
    FAILS(sockets_bind_any(NULL, 0, SOCK_STREAM, NULL, NULL, NULL), EADDRNOTAVAIL);
    return 0;
}

static void names_come_to_their_end(void)
{
    struct victim it;
    void *result = NULL;
    int pair[2];
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    it.fd = pair[0];
    it.call = call_names;
    it.cleaned = it.returned = 0;
    SAME(pthread_create(&it.thread, NULL, victim_main, &it), 0);
    SAME(pthread_join(it.thread, &result), 0);
    CHECK(result == PTHREAD_CANCELED);
    SAME(it.returned, 1);
    close_both(pair);
}

/* A pending cancellation waits until the thread allows it, as with the call itself. */
UNWOUND static int call_disabled(struct victim *it)
{
    char byte;
    int before, rc;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    rc = (int)sockets_recv(it->fd, &byte, 1, 0);
    /* The helper leaves the state as it found it. */
    rc += sockets_connect_timeout(-1, NULL, 0, 1) == -EBADF ? 0 : 100;
    rc += (int)sockets_recv(it->fd, &byte, 1, MSG_DONTWAIT) == -EAGAIN ? 0 : 1000;
    pthread_setcancelstate(before, NULL);
    return rc;
}

static void the_state_is_respected(void)
{
    struct victim it;
    void *result = NULL;
    int pair[2];
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    start(&it, pair[0], call_disabled, CALL_RECV);
    SAME(pthread_cancel(it.thread), 0);
    OK(sockets_send(pair[1], "x", 1, 0));
    SAME(pthread_join(it.thread, &result), 0);
    CHECK(result == PTHREAD_CANCELED);
    SAME(it.returned, 1);
    SAME(it.rc, 1);
    close_both(pair);
}

int main(void)
{
    test_begin();
    CASE(connect_timeout_comes_to_its_end);
    CASE(connect_any_comes_to_its_end);
    CASE(names_come_to_their_end);
    CASE(the_state_is_respected);
    return test_end();
}
