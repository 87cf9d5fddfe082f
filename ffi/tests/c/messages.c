/*
 * sendmsg(2) and recvmsg(2): the same as libc's own on good and bad input, and what ours add: no SIGPIPE, and
 * close-on-exec. No address where there is none, no byte written behind the room, everything cut is told.
 */

#include "oracle.h"

/* A message of pieces, an address and control messages, with room that nobody may write behind. */
struct letter {
    struct msghdr msg;
    struct iovec pieces[3];
    struct room name;
    unsigned char data[3][8];
    unsigned char control[128];
};

/* Three pieces of 4 bytes each, room for an address of len bytes and for control messages of size. */
static struct msghdr *letter(struct letter *it, socklen_t len, size_t size)
{
    int i;
    memset(it, 0x5a, sizeof(*it));
    memset(&it->msg, 0, sizeof(it->msg));
    for (i = 0; i < 3; i++) {
        it->pieces[i].iov_base = it->data[i];
        it->pieces[i].iov_len = 4;
    }
    it->msg.msg_iov = it->pieces;
    it->msg.msg_iovlen = 3;
    it->msg.msg_name = it->name.bytes;
    it->msg.msg_namelen = len;
    it->msg.msg_control = it->control;
    it->msg.msg_controllen = size;
    return &it->msg;
}

static void pieces_and_addresses(void)
{
    struct sockets_addr addrs[3], from;
    int i;
    addrs[0] = ip4("127.0.0.1", 0);
    addrs[1] = ip6("::1", 0);
    addrs[2] = un("\0there", 6);
    for (i = 0; i < 3; i++) {
        struct letter out, in;
        int a, b;
        if (i == 1 && !have_ipv6()) {
            test_skip("ipv6", "no ::1");
            continue;
        }
        a = fresh(addrs[i].storage.ss_family, SOCK_DGRAM);
        b = fresh(addrs[i].storage.ss_family, SOCK_DGRAM);
        from = i == 2 ? un("\0here", 5) : addrs[i];
        OK(sockets_bind(a, sa(&from), from.len));
        OK(sockets_bind(b, sa(&addrs[i]), addrs[i].len));
        from = name_of(a);
        addrs[i] = name_of(b);
        letter(&out, 0, 0);
        memcpy(out.data[0], "one.", 4);
        memcpy(out.data[1], "two.", 4);
        memcpy(out.data[2], "3.", 2);
        out.pieces[2].iov_len = 2;
        out.msg.msg_name = &addrs[i].storage;
        out.msg.msg_namelen = addrs[i].len;
        SAME(sockets_sendmsg(a, &out.msg, 0), 10);
        SAME(sockets_recvmsg(b, letter(&in, 128, 128), 0), 10);
        CHECK(memcmp(in.data[0], "one.ZZZZ", 8) == 0);
        CHECK(memcmp(in.data[1], "two.ZZZZ", 8) == 0);
        CHECK(memcmp(in.data[2], "3.ZZZZZZ", 8) == 0);
        SAME(in.msg.msg_namelen, from.len);
        CHECK(memcmp(in.name.bytes, &from.storage, from.len) == 0);
        SAME(in.name.bytes[from.len], 0x5a);
        SAME(in.msg.msg_controllen, 0);
        /* MSG_CMSG_CLOEXEC comes back. */
        SAME(in.msg.msg_flags & ~MSG_CMSG_CLOEXEC, 0);
        OK(sockets_close(a));
        OK(sockets_close(b));
    }
}

/* A connected stream names nobody, and neither does a sender without a name: the room is as it was. */
static void nobody_is_no_address(void)
{
    struct letter in;
    int kind, pair[2];
    for (kind = 0; kind < 3; kind++) {
        if (kind == 0)
            tcp_pair(pair);
        else
            OK(sockets_socketpair(AF_UNIX, kind == 1 ? SOCK_STREAM : SOCK_DGRAM, 0, pair));
        OK(sockets_send(pair[0], "abcd", 4, 0));
        SAME(sockets_recvmsg(pair[1], letter(&in, 128, 0), 0), 4);
        SAME(in.msg.msg_namelen, 0);
        SAME(in.name.bytes[0], 0x5a);
        close_both(pair);
    }
}

/* A path of 108 bytes reports 111, and writes no more than the room. */
static void a_path_that_fills_its_room(void)
{
    char path[109];
    struct sockets_addr client;
    struct letter in;
    int fd;
    memset(path, 'c', sizeof(path));
    path[108] = 0;
    client = un(path, 108);
    unlink(path);
    fd = sent_by(&client);
    SAME(sockets_recvmsg(fd, letter(&in, sizeof(struct sockaddr_un), 0), 0), 5);
    SAME(in.msg.msg_namelen, 111);
    CHECK(memcmp(in.name.bytes, &client.storage, 110) == 0);
    SAME(in.name.bytes[110], 0x5a);
    discard(fd);
    unlink(path);
}

/* The same bytes, lengths and flags as libc's own, for every room. */
static void rooms(void)
{
    static const socklen_t lengths[] = {0, 1, 2, 8, 15, 16, 17, 28, 110, 111, 128, 200, (socklen_t)INT_MAX, (socklen_t)-1};
    static const size_t sizes[] = {0, 1, 15, 16, 17, 20, 24, 28, 32, 40, 64, 128};
    static const int flags[] = {0, MSG_PEEK, MSG_TRUNC, MSG_DONTWAIT, MSG_WAITALL, MSG_ERRQUEUE};
    struct sockets_addr client = ip4("127.0.0.1", 40000);
    size_t i, j, k;
    for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++)
        for (j = 0; j < sizeof(sizes) / sizeof(*sizes); j++)
            for (k = 0; k < sizeof(flags) / sizeof(*flags); k++) {
                struct letter ours, theirs;
                int fd, on = 1, cloexec = MSG_CMSG_CLOEXEC;
                long rc, want;
                int error, wanted;
                DETAIL("room %ld, control %ld", (long)(int)lengths[i], (long)sizes[j]);
                letter(&ours, lengths[i], sizes[j]);
                letter(&theirs, lengths[i], sizes[j]);
                ours.pieces[1].iov_len = theirs.pieces[1].iov_len = 0;
                ours.pieces[2].iov_len = theirs.pieces[2].iov_len = 0;
                fd = sent_by(&client);
                OK(setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)));
                OK(setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &on, sizeof(on)));
                errno = 0;
                rc = (long)sockets_recvmsg(fd, &ours.msg, flags[k]);
                error = errno;
                discard(fd);
                fd = sent_by(&client);
                OK(setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)));
                OK(setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &on, sizeof(on)));
                errno = 0;
                want = (long)recvmsg(fd, &theirs.msg, flags[k] | cloexec);
                wanted = errno;
                discard(fd);
                compare(rc, error, want, wanted, "recvmsg", __FILE__, __LINE__);
                SAME(ours.msg.msg_namelen, theirs.msg.msg_namelen);
                SAME(ours.msg.msg_controllen, theirs.msg.msg_controllen);
                SAME(ours.msg.msg_flags, theirs.msg.msg_flags);
                CHECK(memcmp(&ours.name, &theirs.name, sizeof(ours.name)) == 0);
                CHECK(memcmp(ours.data, theirs.data, sizeof(ours.data)) == 0);
                CHECK(memcmp(ours.control, theirs.control, sizeof(ours.control)) == 0);
            }
    test_detail[0] = 0;
}

static void what_is_cut_is_told(void)
{
    struct letter in;
    int pair[2], on = 1;
    OK(sockets_socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
    OK(setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
    OK(sockets_send(pair[0], "0123456789abcdef", 16, 0));
    SAME(sockets_recvmsg(pair[1], letter(&in, 0, 0), MSG_PEEK), 12);
    CHECK(in.msg.msg_flags & MSG_TRUNC);
    CHECK(in.msg.msg_flags & MSG_CTRUNC);
    /* The true length. */
    SAME(sockets_recvmsg(pair[1], letter(&in, 0, 128), MSG_TRUNC), 16);
    CHECK(in.msg.msg_flags & MSG_TRUNC);
    CHECK(!(in.msg.msg_flags & MSG_CTRUNC));
    close_both(pair);
}

static void bad_pointers_and_descriptors(void)
{
    static const size_t counts[] = {0, 1, 3, 1024, 1025, (size_t)SSIZE_MAX, SIZE_MAX};
    size_t i, j;
    struct letter it;
    if (!KERNEL_SEES_ALL)
        return; /* the sanitizer's own wrappers look into the structure */
    FAILS(sockets_sendmsg(-1, letter(&it, 0, 0), 0), EBADF);
    FAILS(sockets_recvmsg(-1, letter(&it, 0, 0), 0), EBADF);
    FAILS(sockets_sendmsg(2, letter(&it, 0, 0), 0), ENOTSOCK);
    FAILS(sockets_recvmsg(2, letter(&it, 0, 0), 0), ENOTSOCK);
    for (i = 0; i < n_bad; i++) {
        void *bad = bad_pointers[i].pointer;
        struct msghdr *header = (struct msghdr *)bad;
        DETAIL("%s%s", bad_pointers[i].name, "");
        TWINS_ON(loaded(SOCK_DGRAM), sockets_recvmsg(fd, header, 0), recvmsg(fd, header, 0));
        TWINS_ON(loaded(SOCK_DGRAM), sockets_sendmsg(fd, header, 0), sendmsg(fd, header, MSG_NOSIGNAL));
        for (j = 0; j < 4; j++) {
            /* One part of the message is bad. */
            letter(&it, j == 1 ? 16 : 0, j == 2 ? 64 : 0);
            if (j == 0)
                it.msg.msg_iov = (struct iovec *)bad;
            else if (j == 1)
                it.msg.msg_name = bad;
            else if (j == 2)
                it.msg.msg_control = bad;
            else
                it.pieces[1].iov_base = bad;
            DETAIL("%s, part %ld", bad_pointers[i].name, (long)j);
            TWINS_ON(loaded(SOCK_DGRAM), sockets_recvmsg(fd, &it.msg, 0), recvmsg(fd, &it.msg, 0));
            TWINS_ON(loaded(SOCK_DGRAM), sockets_sendmsg(fd, &it.msg, 0), sendmsg(fd, &it.msg, MSG_NOSIGNAL));
        }
    }
    for (i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
        DETAIL("%ld pieces%s", (long)counts[i], "");
        letter(&it, 0, 0);
        if (counts[i] > 3 && counts[i] <= 1024)
            continue;
        it.msg.msg_iovlen = counts[i];
        TWINS_ON(loaded(SOCK_STREAM), sockets_recvmsg(fd, &it.msg, 0), recvmsg(fd, &it.msg, 0));
        TWINS_ON(loaded(SOCK_STREAM), sockets_sendmsg(fd, &it.msg, 0), sendmsg(fd, &it.msg, MSG_NOSIGNAL));
        letter(&it, 0, 0);
        it.msg.msg_controllen = counts[i];
        TWINS_ON(loaded(SOCK_STREAM), sockets_sendmsg(fd, &it.msg, 0), sendmsg(fd, &it.msg, MSG_NOSIGNAL));
        letter(&it, 0, 0);
        it.pieces[0].iov_len = counts[i];
        TWINS_ON(loaded(SOCK_DGRAM), sockets_sendmsg(fd, &it.msg, 0), sendmsg(fd, &it.msg, MSG_NOSIGNAL));
    }
    test_detail[0] = 0;
}

static void unknown_flags(void)
{
    int i;
    for (i = 0; i < 32; i++) {
        volatile int flag = (int)(1u << i) & ~MSG_NOSIGNAL;
        struct letter it;
        DETAIL("flag %#x%s", (unsigned)flag, "");
        TWINS_ON(loaded(SOCK_DGRAM), sockets_recvmsg(fd, letter(&it, 0, 0), flag), recvmsg(fd, letter(&it, 0, 0), flag));
        TWINS_ON(loaded(SOCK_DGRAM), sockets_sendmsg(fd, letter(&it, 0, 0), flag),
                 sendmsg(fd, letter(&it, 0, 0), flag | MSG_NOSIGNAL));
    }
    test_detail[0] = 0;
}

/* Packet sockets, which do not know MSG_CMSG_CLOEXEC. */
static void packet_sockets(void)
{
    struct sockets_addr to = ip4("127.0.0.1", 9);
    int fd = sockets_socket(AF_PACKET, SOCK_DGRAM, htons(0x0800)), udp, i;
    struct pollfd entry;
    if (fd < 0) {
        test_skip("packet", "no packet sockets");
        return;
    }
    udp = fresh(AF_INET, SOCK_DGRAM);
    for (i = 0; i < 2; i++) {
        struct letter in;
        struct mmsghdr many;
        OK(sockets_sendto(udp, "frame", 5, 0, sa(&to), to.len));
        entry.fd = fd;
        entry.events = POLLIN;
        SAME(sockets_poll(&entry, 1, 5000), 1);
        memset(&many, 0, sizeof(many));
        many.msg_hdr = *letter(&in, 128, 128);
        if (i == 0)
            SAME(sockets_recvmsg(fd, &many.msg_hdr, MSG_DONTWAIT), 12);
        else
            SAME(sockets_recvmmsg(fd, &many, 1, MSG_DONTWAIT, NULL), 1);
        SAME(((struct sockaddr *)in.name.bytes)->sa_family, AF_PACKET);
        SAME(many.msg_hdr.msg_flags & MSG_TRUNC, MSG_TRUNC);
        /* What is wrong with anybody is wrong here, too. */
        many.msg_hdr.msg_namelen = (socklen_t)-1;
        FAILS(sockets_recvmsg(fd, &many.msg_hdr, MSG_DONTWAIT), EINVAL);
    }
    OK(sockets_close(fd));
    OK(sockets_close(udp));
}

/* A closed peer: -EPIPE, and nobody dies. */
static void no_sigpipe(void)
{
    struct sigaction action;
    int pair[2], fds[1] = {1};
    struct mmsghdr many[2];
    struct letter it;
    SAME(sigaction(SIGPIPE, NULL, &action), 0);
    CHECK(action.sa_handler == SIG_DFL);
    OK(sockets_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    OK(sockets_close(pair[1]));
    memset(many, 0, sizeof(many));
    many[0].msg_hdr = many[1].msg_hdr = *letter(&it, 0, 0);
    many[0].msg_hdr.msg_control = many[1].msg_hdr.msg_control = NULL;
    FAILS(sockets_sendmsg(pair[0], letter(&it, 0, 0), 0), EPIPE);
    FAILS(sockets_sendmmsg(pair[0], many, 2, 0), EPIPE);
    FAILS(sockets_send_fds(pair[0], "x", 1, 0, fds, 1), EPIPE);
    OK(sockets_close(pair[0]));
}

int main(void)
{
    test_begin();
    map_memory();
    name_pointers();
    CASE(pieces_and_addresses);
    CASE(nobody_is_no_address);
    CASE(a_path_that_fills_its_room);
    CASE(rooms);
    CASE(what_is_cut_is_told);
    CASE(bad_pointers_and_descriptors);
    CASE(unknown_flags);
    CASE(packet_sockets);
    CASE(no_sigpipe);
    return test_end();
}
