/*
 * Descriptors to another process: each has an owner from the moment that it arrives. After every case as many are
 * open as before, whatever the room, the order and the error; and those that arrive are close-on-exec.
 */

#include "fds.h"

static void there_and_open(void)
{
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
    int i;
    for (i = 0; i < 3; i++) {
        int pair[2], ends[2], fds[8], flags = -1;
        size_t nfds = 8;
        char buf[16];
        pair_of(types[i], pair);
        OK(pipe(ends));
        SAME(sockets_send_fds(pair[0], "two", 3, 0, ends, 2), 3);
        SAME(sockets_recv_fds(pair[1], buf, sizeof(buf), 0, fds, &nfds, NULL, &flags), 3);
        CHECK(memcmp(buf, "two", 3) == 0);
        SAME(nfds, 2);
        SAME(flags & (MSG_TRUNC | MSG_CTRUNC), 0);
        same_file(fds[0], ends[0]);
        same_file(fds[1], ends[1]);
        /* They work. */
        SAME(write(fds[1], "x", 1), 1);
        SAME(read(ends[0], buf, 1), 1);
        close_many(fds, 2);
        /* None. */
        nfds = 8;
        SAME(sockets_send_fds(pair[0], "none", 4, 0, NULL, 0), 4);
        SAME(sockets_recv_fds(pair[1], buf, sizeof(buf), 0, fds, &nfds, NULL, NULL), 4);
        SAME(nfds, 0);
        close_both(pair);
        close_both(ends);
    }
}

/* Every number sent, every room: what has none is closed, and told. */
static void surplus_is_closed(void)
{
    static const int counts[] = {1, 2, 3, 5, 64, 65, 128, 252, 253};
    static const size_t rooms[] = {0, 1, 2, 3, 4, 7, 64, 252, 253, 254, 1000};
    size_t i, j;
    for (i = 0; i < sizeof(counts) / sizeof(*counts); i++)
        for (j = 0; j < sizeof(rooms) / sizeof(*rooms); j++) {
            int pair[2], fds[1001], flags = 0, before;
            size_t nfds = rooms[j], want = (size_t)counts[i] < rooms[j] ? (size_t)counts[i] : rooms[j];
            char buf[16];
            snprintf(test_detail, sizeof(test_detail), "%d sent, room for %d", counts[i], (int)rooms[j]);
            memset(fds, 0x7f, sizeof(fds));
            pair_of(SOCK_STREAM, pair);
            send_many(pair[0], counts[i]);
            before = open_descriptors();
            SAME(sockets_recv_fds(pair[1], buf, sizeof(buf), 0, rooms[j] ? fds : NULL, &nfds, NULL, &flags), 4);
            SAME(nfds, want);
            SAME(open_descriptors(), before + (int)want);
            SAME((flags & MSG_CTRUNC) != 0, (size_t)counts[i] > rooms[j]);
            SAME(fds[nfds], 0x7f7f7f7f);
            close_many(fds, nfds);
            close_both(pair);
        }
    test_detail[0] = 0;
}

static void the_limit_of_open_files(void)
{
    struct rlimit before, low;
    int room, free_one = OK(dup(1));
    OK(close(free_one));
    SAME(getrlimit(RLIMIT_NOFILE, &before), 0);
    low = before;
    for (room = 0; room < 4; room++) {
        int pair[2], fds[8], flags = 0;
        size_t nfds = 8;
        char buf[16];
        pair_of(SOCK_STREAM, pair);
        send_many(pair[0], 5);
        low.rlim_cur = (rlim_t)(free_one + 2 + room);
        SAME(setrlimit(RLIMIT_NOFILE, &low), 0);
        SAME(sockets_recv_fds(pair[1], buf, sizeof(buf), 0, fds, &nfds, NULL, &flags), 4);
        SAME(setrlimit(RLIMIT_NOFILE, &before), 0);
        SAME(nfds, room);
        CHECK(flags & MSG_CTRUNC);
        close_many(fds, nfds);
        close_both(pair);
    }
}

static void what_is_refused(void)
{
    int pair[2], fds[MOST + 1], i;
    size_t nfds, huge = SIZE_MAX;
    char buf[16];
    memset(buf, 'b', sizeof(buf));
    for (i = 0; i <= MOST; i++)
        fds[i] = 1;
    pair_of(SOCK_STREAM, pair);
    FAILS(sockets_send_fds(pair[0], "x", 1, 0, fds, MOST + 1), EINVAL);
    FAILS(sockets_send_fds(pair[0], "x", 1, 0, fds, SIZE_MAX), EINVAL);
    FAILS(sockets_send_fds(pair[0], "x", 1, 0, NULL, 1), EFAULT);
    FAILS(sockets_send_fds(pair[0], NULL, 1, 0, fds, 1), EFAULT);
    FAILS(sockets_send_fds(pair[0], "", 0, 0, fds, 1), EINVAL);
    FAILS(sockets_send_fds(-1, "", 0, 0, fds, 1), EBADF);
    FAILS(sockets_send_fds(-1, "x", 1, 0, fds, 1), EBADF);
    FAILS(sockets_send_fds(1, "", 0, 0, fds, 1), ENOTSOCK);
    fds[2] = -1;
    FAILS(sockets_send_fds(pair[0], "x", 1, 0, fds, 3), EBADF);
    fds[2] = 4000;
    FAILS(sockets_send_fds(pair[0], "x", 1, 0, fds, 3), EBADF);
    /* Nothing was sent; and an empty message without descriptors is none of our business. */
    SAME(sockets_send_fds(pair[0], "", 0, 0, NULL, 0), 0);
    nfds = 3;
    fds[0] = 77;
    FAILS(sockets_recv_fds(pair[1], buf, sizeof(buf), 0, fds, &nfds, NULL, &i), EAGAIN);
    SAME(nfds, 3);
    SAME(fds[0], 77);
    SAME(buf[0], 'b');
    SAME(i, MOST + 1);
    FAILS(sockets_recv_fds(pair[1], buf, sizeof(buf), 0, fds, NULL, NULL, NULL), EFAULT);
    FAILS(sockets_recv_fds(pair[1], buf, sizeof(buf), 0, NULL, &nfds, NULL, NULL), EFAULT);
    FAILS(sockets_recv_fds(pair[1], buf, sizeof(buf), 0, fds, &huge, NULL, NULL), EINVAL);
    FAILS(sockets_recv_fds(-1, buf, sizeof(buf), 0, fds, &nfds, NULL, NULL), EBADF);
    SAME(huge, SIZE_MAX);
    close_both(pair);
    /* A datagram may be empty, and carries them. */
    pair_of(SOCK_DGRAM, pair);
    fds[0] = 1;
    SAME(sockets_send_fds(pair[0], "", 0, 0, fds, 1), 0);
    nfds = 2;
    SAME(sockets_recv_fds(pair[1], buf, sizeof(buf), 0, fds, &nfds, NULL, NULL), 0);
    SAME(nfds, 1);
    close_many(fds, nfds);
    close_both(pair);
}

static void peeked_ones_are_duplicates(void)
{
    int pair[2], fds[4], i;
    size_t nfds;
    char buf[16];
    pair_of(SOCK_STREAM, pair);
    send_many(pair[0], 2);
    for (i = 0; i < 3; i++) {
        nfds = 4;
        SAME(sockets_recv_fds(pair[1], buf, sizeof(buf), i < 2 ? MSG_PEEK : 0, fds, &nfds, NULL, NULL), 4);
        SAME(nfds, 2);
        close_many(fds, nfds);
    }
    close_both(pair);
}

/* Credentials, the process and the time come in front, and take no room away. */
static void in_company(void)
{
    int pair[2], fds[MOST], on = 1, flags = 0;
    size_t nfds = MOST;
    char buf[16];
    pair_of(SOCK_STREAM, pair);
    OK(sockets_setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
    OK(sockets_setsockopt(pair[1], SOL_SOCKET, SO_TIMESTAMP, &on, sizeof(on)));
    if (sockets_setsockopt(pair[1], SOL_SOCKET, SO_PASSPIDFD, &on, sizeof(on)) < 0)
        SAME(errno, ENOPROTOOPT);
    send_many(pair[0], MOST);
    SAME(sockets_recv_fds(pair[1], buf, sizeof(buf), 0, fds, &nfds, NULL, &flags), 4);
    SAME(nfds, MOST);
    SAME(flags & MSG_CTRUNC, 0);
    close_many(fds, nfds);
    close_both(pair);
}

/* Who has sent them: with and without descriptors, whatever the room for those; and nobody, where it was not asked. */
static void the_sender(void)
{
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
    int i, count, on;
    for (i = 0; i < 3; i++)
        for (on = 0; on < 2; on++)
            for (count = 0; count < 4; count++) {
                int pair[2], fds[2], flags = 0;
                size_t nfds = 2;
                char buf[16];
                struct ucred sender;
                snprintf(test_detail, sizeof(test_detail), "type %d, asked %d, %d sent", types[i], on, count);
                memset(&sender, 0x77, sizeof(sender));
                pair_of(types[i], pair);
                OK(sockets_setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
                FAILS(sockets_recv_fds(pair[1], buf, sizeof(buf), 0, fds, &nfds, &sender, &flags), EAGAIN);
                CHECK(sender.pid == 0x77777777 && sender.uid == 0x77777777u && sender.gid == 0x77777777u);
                send_many(pair[0], count);
                SAME(sockets_recv_fds(pair[1], buf, sizeof(buf), 0, fds, &nfds, &sender, &flags), 4);
                SAME(sender.pid, on ? getpid() : 0);
                CHECK(sender.uid == (on ? getuid() : (uid_t)-1));
                CHECK(sender.gid == (on ? getgid() : (gid_t)-1));
                SAME(nfds, count < 2 ? count : 2);
                SAME((flags & MSG_CTRUNC) != 0, count > 2);
                close_many(fds, nfds);
                close_both(pair);
            }
    test_detail[0] = 0;
    /* It may be a structure that stands anywhere. */
    {
        int pair[2], yes = 1;
        size_t none = 0;
        char buf[4], memory[sizeof(struct ucred) + 1];
        struct ucred sender;
        pair_of(SOCK_DGRAM, pair);
        OK(sockets_setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)));
        send_many(pair[0], 1);
        SAME(sockets_recv_fds(pair[1], buf, 4, 0, NULL, &none, (struct ucred *)(void *)(memory + 1), NULL), 4);
        memcpy(&sender, memory + 1, sizeof(sender));
        SAME(sender.pid, getpid());
        close_both(pair);
    }
}

int main(void)
{
    test_begin();
    CASE(there_and_open);
    CASE(surplus_is_closed);
    CASE(the_limit_of_open_files);
    CASE(what_is_refused);
    CASE(peeked_ones_are_duplicates);
    CASE(in_company);
    CASE(the_sender);
    return test_end();
}
