/*
 * Bad descriptors and bad pointers: for every function that takes one, the result is what the system call
 * itself gives for the same arguments, the negative number, and errno the same. Never a crash.
 */

#include "oracle.h"

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
    struct mmsghdr msg;
    int fds[1] = {1};
    size_t nfds = 1;
    room.len = sizeof(room.storage);
    memset(&msg, 0, sizeof(msg));

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
    TWINS(sockets_sendmsg(fd, &msg.msg_hdr, 0), sendmsg(fd, &msg.msg_hdr, 0));
    TWINS(sockets_recvmsg(fd, &msg.msg_hdr, 0), recvmsg(fd, &msg.msg_hdr, 0));
    TWINS(sockets_sendmmsg(fd, &msg, 1, 0), sendmmsg(fd, &msg, 1, 0));
    TWINS(sockets_recvmmsg(fd, &msg, 1, 0, NULL), recvmmsg(fd, &msg, 1, 0, NULL));
    TWINS(sockets_send_fds(fd, buf, 1, 0, fds, 1), send(fd, buf, 1, 0));
    TWINS(sockets_recv_fds(fd, buf, 1, 0, fds, &nfds, NULL, NULL), recv(fd, buf, 1, 0));
    CHECK(nfds == 1 && fds[0] == 1);
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

int main(void)
{
    test_begin();
    map_memory();
    name_pointers();
    CASE(numbers_that_are_no_descriptor);
    CASE(descriptors_that_are_no_socket);
    CASE(pointers_to_read);
    CASE(pointers_to_write);
    return test_end();
}
