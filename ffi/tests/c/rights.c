/*
 * Descriptors in messages of the caller's own: taken in part, closed, or both, whatever the room; beside credentials and the
 * process; from several messages; to an address; and what no kernel has written.
 */

#include "fds.h"

/* A message with a byte of data, and room for control messages. */
static struct msghdr with_room(struct iovec *data, char *byte, void *control, size_t room)
{
    struct msghdr msg;
    memset(&msg, 0, sizeof(msg));
    data->iov_base = byte;
    data->iov_len = 1;
    msg.msg_iov = data;
    msg.msg_iovlen = 1;
    msg.msg_control = control;
    msg.msg_controllen = room;
    return msg;
}

/* The matrix of leaks: every room for control messages, from none to more than enough, at every alignment. What the
 * kernel has put there is taken in part, or not at all; the rest is closed. */
static void none_leaks(void)
{
    size_t room, offset, take;
    for (room = 0; room <= 48; room++)
        for (take = 0; take < 6; take++) {
            int pair[2], fds[6] = {-7, -7, -7, -7, -7, -7}, before, open, taken, i;
            char byte, control[64];
            struct iovec data;
            struct msghdr msg;
            snprintf(test_detail, sizeof(test_detail), "room %d, take %d", (int)room, (int)take);
            offset = (room + take) % 8;
            pair_of(SOCK_DGRAM, pair);
            send_many(pair[0], 4);
            before = open_descriptors();
            msg = with_room(&data, &byte, control + offset, room);
            SAME(sockets_recvmsg(pair[1], &msg, 0), 1);
            open = open_descriptors() - before;
            CHECK(room < CMSG_LEN(16) ? (msg.msg_flags & MSG_CTRUNC) && open < 4 : open == 4);
            taken = sockets_cmsg_take_fds(&msg, take ? fds : NULL, take);
            SAME(taken, take < (size_t)open ? (int)take : open);
            for (i = 0; i < 6; i++)
                CHECK(i < taken ? fds[i] >= 0 && sockets_cloexec(fds[i]) == 1 : fds[i] == -7);
            if (take & 1)
                SAME(sockets_cmsg_take_fds(&msg, fds + taken, 6 - (size_t)taken), open - taken), taken = open;
            SAME(sockets_cmsg_close_fds(&msg), open - taken);
            SAME(sockets_cmsg_close_fds(&msg), 0);
            SAME(sockets_cmsg_take_fds(&msg, fds, 0), 0);
            close_many(fds, (size_t)taken);
            SAME(open_descriptors(), before);
            close_both(pair);
        }
    test_detail[0] = 0;
}

/* Credentials first, descriptors second; a part taken; then from the start again. */
static void behind_credentials(void)
{
    int pair[2], fds[3], on = 1;
    char byte, control[128];
    struct iovec data;
    struct msghdr msg;
    struct sockets_cmsg cmsg;
    struct ucred sender;
    size_t at = 0;
    pair_of(SOCK_STREAM, pair);
    OK(sockets_setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
    send_many(pair[0], 3);
    msg = with_room(&data, &byte, control, sizeof(control));
    SAME(sockets_recvmsg(pair[1], &msg, 0), 1);
    SAME(sockets_cmsg_get(&msg, SOL_SOCKET, SCM_CREDENTIALS, &sender, sizeof(sender)), 0);
    SAME(sender.pid, getpid());
    SAME(sockets_cmsg_take_fds(&msg, fds, 1), 1);
    SAME(sockets_cmsg_next(&msg, &at, &cmsg), 1);
    SAME(cmsg.type, SCM_CREDENTIALS);
    SAME(sockets_cmsg_next(&msg, &at, &cmsg), 1);
    SAME(cmsg.type, SCM_RIGHTS);
    SAME(cmsg.len, 12);
    SAME(memcmp(cmsg.data, "\xff\xff\xff\xff", 4), 0);
    SAME(sockets_cmsg_next(&msg, &at, &cmsg), 0);
    SAME(sockets_cmsg_take_fds(&msg, fds + 1, 1), 1);
    SAME(sockets_cmsg_close_fds(&msg), 1);
    close_many(fds, 2);
    close_both(pair);
}

static void the_sending_process(void)
{
    int pair[2], on = 1, pidfd;
    char byte, control[64];
    struct iovec data;
    struct msghdr msg;
    pair_of(SOCK_DGRAM, pair);
    if (sockets_setsockopt(pair[1], SOL_SOCKET, SO_PASSPIDFD, &on, sizeof(on)) == 0) {
        send_many(pair[0], 2);
        msg = with_room(&data, &byte, control, sizeof(control));
        SAME(sockets_recvmsg(pair[1], &msg, 0), 1);
        pidfd = OK(sockets_cmsg_take_pidfd(&msg));
        SAME(sockets_cloexec(pidfd), 1);
        OK(close(pidfd));
        FAILS(sockets_cmsg_take_pidfd(&msg), ENOENT);
        SAME(sockets_cmsg_close_fds(&msg), 2);
        /* Nobody takes it. */
        send_many(pair[0], 2);
        msg = with_room(&data, &byte, control, sizeof(control));
        SAME(sockets_recvmsg(pair[1], &msg, 0), 1);
        SAME(sockets_cmsg_close_fds(&msg), 3);
    }
    close_both(pair);
}

/* Messages that no kernel has written: -1, lengths that are no multiple, errors instead of a descriptor. */
static void numbers_that_are_no_descriptor(void)
{
    char control[128];
    int numbers[5] = {-1, 0, -1, -22, 0}, fds[5], error = -ESRCH;
    struct msghdr msg;
    memset(&msg, 0, sizeof(msg));
    msg.msg_control = control;
    numbers[1] = OK(dup(1));
    numbers[4] = OK(dup(1));
    SAME(sockets_cmsg_push(&msg, sizeof(control), SOL_SOCKET, SCM_RIGHTS, numbers, 3), 0);
    SAME(sockets_cmsg_push(&msg, sizeof(control), SOL_SOCKET, SCM_RIGHTS, numbers, 8 + 3), 0);
    SAME(sockets_cmsg_push(&msg, sizeof(control), IPPROTO_IP, SCM_RIGHTS, numbers, 20), 0);
    SAME(sockets_cmsg_push(&msg, sizeof(control), SOL_SOCKET, SCM_RIGHTS, numbers + 2, 12), 0);
    SAME(sockets_cmsg_take_fds(&msg, fds, 5), 2);
    SAME(fds[0], numbers[1]);
    SAME(fds[1], numbers[4]);
    SAME(sockets_cmsg_close_fds(&msg), 0);
    close_many(fds, 2);
    /* One that is closed already is counted, and that is all; in no build does the process end. */
    msg.msg_controllen = 0;
    SAME(sockets_cmsg_push(&msg, sizeof(control), SOL_SOCKET, SCM_RIGHTS, fds, 4), 0);
    SAME(sockets_cmsg_push(&msg, sizeof(control), SOL_SOCKET, SCM_PIDFD, &error, 4), 0);
    SAME(sockets_cmsg_close_fds(&msg), 1);
    FAILS(sockets_cmsg_take_pidfd(&msg), ESRCH);
    FAILS(sockets_cmsg_take_pidfd(&msg), ENOENT);
}

/* Several messages of descriptors in one send arrive as one. */
static void several_come_as_one(void)
{
    int pair[2], ends[2], fds[8], i;
    char byte = 'x', control[128];
    struct iovec data;
    struct msghdr msg;
    struct sockets_cmsg cmsg;
    size_t at = 0;
    pair_of(SOCK_STREAM, pair);
    OK(pipe(ends));
    msg = with_room(&data, &byte, control, 0);
    SAME(sockets_cmsg_push(&msg, sizeof(control), SOL_SOCKET, SCM_RIGHTS, &ends[0], sizeof(int)), 0);
    SAME(sockets_cmsg_push(&msg, sizeof(control), SOL_SOCKET, SCM_RIGHTS, ends, sizeof(ends)), 0);
    SAME(sockets_cmsg_push(&msg, sizeof(control), SOL_SOCKET, SCM_RIGHTS, NULL, 0), 0);
    SAME(sockets_sendmsg(pair[0], &msg, 0), 1);
    msg = with_room(&data, &byte, control, sizeof(control));
    SAME(sockets_recvmsg(pair[1], &msg, 0), 1);
    SAME(sockets_cmsg_next(&msg, &at, &cmsg), 1);
    SAME(cmsg.len, 3 * sizeof(int));
    SAME(sockets_cmsg_next(&msg, &at, &cmsg), 0);
    SAME(sockets_cmsg_take_fds(&msg, fds, 8), 3);
    for (i = 0; i < 3; i++)
        same_file(fds[i], ends[i == 2]);
    close_many(fds, 3);
    /* Together more than there may be: nothing is sent. */
    {
        int many[127];
        char room[CMSG_SPACE(sizeof(many)) * 2];
        for (i = 0; i < 127; i++)
            many[i] = ends[0];
        msg = with_room(&data, &byte, room, 0);
        SAME(sockets_cmsg_push(&msg, sizeof(room), SOL_SOCKET, SCM_RIGHTS, many, sizeof(many)), 0);
        SAME(sockets_cmsg_push(&msg, sizeof(room), SOL_SOCKET, SCM_RIGHTS, many, sizeof(many)), 0);
        FAILS(sockets_sendmsg(pair[0], &msg, 0), EINVAL);
        FAILS(sockets_recv(pair[1], &byte, 1, 0), EAGAIN);
    }
    close_both(ends);
    close_both(pair);
}

/* Without a connection. */
static void to_an_address(void)
{
    struct sockets_addr to = un("\0to", 3);
    int a = OK(sockets_socket(AF_UNIX, SOCK_DGRAM, 0)), b = OK(sockets_socket(AF_UNIX, SOCK_DGRAM, 0)), fds[2];
    char byte = 'x', control[64];
    struct sockaddr_storage from;
    struct iovec data;
    struct msghdr msg = with_room(&data, &byte, control, 0);
    OK(sockets_bind(b, sa(&to), to.len));
    msg.msg_name = &to.storage;
    msg.msg_namelen = to.len;
    SAME(sockets_cmsg_push(&msg, sizeof(control), SOL_SOCKET, SCM_RIGHTS, &a, sizeof(a)), 0);
    SAME(sockets_sendmsg(a, &msg, 0), 1);
    msg = with_room(&data, &byte, control, sizeof(control));
    msg.msg_name = &from;
    msg.msg_namelen = sizeof(from);
    SAME(sockets_recvmsg(b, &msg, 0), 1);
    SAME(msg.msg_namelen, 0);
    SAME(sockets_cmsg_take_fds(&msg, fds, 2), 1);
    same_file(fds[0], a);
    OK(sockets_close(fds[0]));
    OK(sockets_close(a));
    OK(sockets_close(b));
}

/* Received without room for them, or not received at all: nobody has them. */
static void who_does_not_ask_gets_none(void)
{
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
    int i;
    for (i = 0; i < 3; i++) {
        int pair[2], before, j;
        char buf[4];
        struct iovec data;
        struct msghdr msg = with_room(&data, buf, NULL, 0);
        data.iov_len = sizeof(buf);
        pair_of(types[i], pair);
        for (j = 0; j < 4; j++)
            send_many(pair[0], 3);
        before = open_descriptors();
        SAME(sockets_recv(pair[1], buf, 4, 0), 4);
        SAME(sockets_recvfrom(pair[1], buf, 4, 0, NULL, NULL), 4);
        SAME(sockets_recvmsg(pair[1], &msg, 0), 4);
        CHECK(msg.msg_flags & MSG_CTRUNC);
        SAME(sockets_cmsg_close_fds(&msg), 0);
        SAME(open_descriptors(), before);
        close_both(pair);
    }
}

int main(void)
{
    test_begin();
    CASE(none_leaks);
    CASE(behind_credentials);
    CASE(the_sending_process);
    CASE(several_come_as_one);
    CASE(to_an_address);
    CASE(who_does_not_ask_gets_none);
    CASE(numbers_that_are_no_descriptor);
    return test_end();
}
