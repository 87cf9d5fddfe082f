/*
 * pthread_cancel(3): a thread that blocks in the library is cancelled as in the system call itself. Its
 * cleanup handlers run, it can be joined, nothing leaks, and the process lives, however the library was
 * compiled.
 */

#include "cancel.h"

UNWOUND static int call_recv(struct victim *it)
{
    char buf[64];
    return (int)sockets_recv(it->fd, buf, sizeof(buf), 0);
}

UNWOUND static int call_recvfrom(struct victim *it)
{
    char buf[64];
    it->addr.len = sizeof(it->addr.storage);
    return (int)sockets_recvfrom(it->fd, buf, sizeof(buf), 0, (struct sockaddr *)&it->addr.storage,
                                 &it->addr.len);
}

UNWOUND static int call_accept(struct victim *it)
{
    it->addr.len = sizeof(it->addr.storage);
    return sockets_accept(it->fd, (struct sockaddr *)&it->addr.storage, &it->addr.len);
}

UNWOUND static int call_accept4(struct victim *it)
{
    return sockets_accept4(it->fd, NULL, NULL, SOCK_NONBLOCK);
}

UNWOUND static int call_connect(struct victim *it)
{
    return sockets_connect(it->fd, sa(&it->addr), it->addr.len);
}

UNWOUND static int call_send(struct victim *it)
{
    return (int)sockets_send(it->fd, it->buf, it->len, 0);
}

UNWOUND static int call_sendto(struct victim *it)
{
    return (int)sockets_sendto(it->fd, it->buf, it->len, 0, NULL, 0);
}

UNWOUND static int call_send_all(struct victim *it)
{
    size_t done;
    return sockets_send_all(it->fd, it->buf, it->len, 0, &done);
}

UNWOUND static int call_recv_exact(struct victim *it)
{
    size_t done;
    return sockets_recv_exact(it->fd, it->buf, it->len, 0, &done);
}

/* A message of all that there is. */
static struct mmsghdr message_of(struct victim *it, struct iovec *data)
{
    struct mmsghdr msg;
    memset(&msg, 0, sizeof(msg));
    data->iov_base = it->buf;
    data->iov_len = it->len;
    msg.msg_hdr.msg_iov = data;
    msg.msg_hdr.msg_iovlen = 1;
    return msg;
}

UNWOUND static int call_recvmsg(struct victim *it)
{
    struct iovec data;
    struct mmsghdr msg = message_of(it, &data);
    return (int)sockets_recvmsg(it->fd, &msg.msg_hdr, 0);
}

UNWOUND static int call_recvmmsg(struct victim *it)
{
    struct iovec data;
    struct mmsghdr msg = message_of(it, &data);
    return sockets_recvmmsg(it->fd, &msg, 1, 0, NULL);
}

UNWOUND static int call_recv_fds(struct victim *it)
{
    int fds[4];
    size_t nfds = 4;
    return (int)sockets_recv_fds(it->fd, it->buf, it->len, 0, fds, &nfds, NULL, NULL);
}

UNWOUND static int call_sendmsg(struct victim *it)
{
    struct iovec data;
    struct mmsghdr msg = message_of(it, &data);
    return (int)sockets_sendmsg(it->fd, &msg.msg_hdr, 0);
}

UNWOUND static int call_sendmmsg(struct victim *it)
{
    struct iovec data;
    struct mmsghdr msg = message_of(it, &data);
    return sockets_sendmmsg(it->fd, &msg, 1, 0);
}

UNWOUND static int call_send_fds(struct victim *it)
{
    int fds[1] = {1};
    return (int)sockets_send_fds(it->fd, it->buf, it->len, 0, fds, 1);
}

UNWOUND static int call_poll(struct victim *it)
{
    struct pollfd entry;
    entry.fd = it->fd;
    entry.events = POLLIN;
    return sockets_poll(&entry, 1, -1);
}

static void receiving(void)
{
    struct victim it;
    char buf[64];
    int pair[2], i;
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    for (i = 0; i < 100; i++)
        cancelled(pair[0], call_recv, CALL_RECV, &it);
    cancelled(pair[0], call_recvfrom, CALL_RECV, &it);
    cancelled(pair[0], call_poll, CALL_POLL, &it);
    it.buf = buf;
    it.len = sizeof(buf);
    cancelled(pair[0], call_recv_exact, CALL_RECV, &it);
    cancelled(pair[0], call_recvmsg, CALL_RECVMSG, &it);
    cancelled(pair[0], call_recvmmsg, CALL_RECVMMSG, &it);
    cancelled(pair[0], call_recv_fds, CALL_RECVMSG, &it);
    /* In its second round. */
    OK(sockets_send(pair[1], "some", 4, 0));
    cancelled(pair[0], call_recv_exact, CALL_RECV, &it);
    CHECK(memcmp(buf, "some", 4) == 0);
    /* The socket is as it was. */
    OK(sockets_send(pair[1], "x", 1, 0));
    SAME(sockets_recv(pair[0], buf, sizeof(buf), 0), 1);
    close_both(pair);
}

static void sending(void)
{
    struct victim it;
    char byte;
    int pair[2];
    it.len = 1 << 22;
    it.buf = (char *)calloc(1, it.len);
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    cancelled(pair[0], call_send, CALL_SEND, &it);
    cancelled(pair[0], call_sendto, CALL_SEND, &it);
    cancelled(pair[0], call_send_all, CALL_SEND, &it);
    cancelled(pair[0], call_sendmsg, CALL_SENDMSG, &it);
    cancelled(pair[0], call_sendmmsg, CALL_SENDMMSG, &it);
    cancelled(pair[0], call_send_fds, CALL_SENDMSG, &it);
    close_both(pair);
    /* In its second round, as something is read after the first. */
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    start(&it, pair[0], call_send_all, CALL_SEND);
    SAME(sockets_recv(pair[1], &byte, 1, 0), 1);
    wait_blocked(it.tid, CALL_SEND);
    cancel(&it);
    SAME(it.returned, 0);
    close_both(pair);
    free(it.buf);
}

static void accepting(void)
{
    struct victim it;
    struct sockets_addr addr = ip4("127.0.0.1", 0);
    int listener = listener_at(&addr, SOCK_STREAM, 1), client, i;
    for (i = 0; i < 100; i++)
        cancelled(listener, call_accept, CALL_ACCEPT, &it);
    cancelled(listener, call_accept4, CALL_ACCEPT, &it);
    client = connected_to(&addr, SOCK_STREAM);
    OK(sockets_close(OK(sockets_accept(listener, NULL, NULL))));
    OK(sockets_close(client));
    OK(sockets_close(listener));
}

static void connecting(void)
{
    struct sockets_addr addrs[2];
    int i;
    addrs[0] = ip4("127.0.0.1", 0);
    addrs[1] = un("\0full", 5);
    for (i = 0; i < 2; i++) {
        struct victim it;
        int filler, listener = full_listener(&addrs[i], &filler);
        int fd = OK(sockets_socket(addrs[i].storage.ss_family, SOCK_STREAM, 0));
        it.addr = addrs[i];
        cancelled(fd, call_connect, CALL_CONNECT, &it);
        OK(sockets_close(fd));
        OK(sockets_close(filler));
        OK(sockets_close(listener));
    }
}

int main(void)
{
    test_begin();
    CASE(receiving);
    CASE(sending);
    CASE(accepting);
    CASE(connecting);
    return test_end();
}
