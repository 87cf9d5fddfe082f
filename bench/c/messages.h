/* The rows with control messages and batches: bench/src/messages.rs in C, with headers that are kept where one would
 * keep them. Included by rows.c, after its setup. */

/* One control message, aligned. */
#define CONTROL(size)                                                                              \
    union {                                                                                        \
        struct cmsghdr align;                                                                      \
        char bytes[CMSG_SPACE(size)];                                                              \
    }

static void udp_pair(int *a, int *b, struct sockaddr_storage *to, socklen_t *tolen)
{
    struct sockaddr_storage from;
    socklen_t fromlen;
    *a = bound(AF_INET, SOCK_DGRAM, &from, &fromlen);
    *b = bound(AF_INET, SOCK_DGRAM, to, tolen);
}

static void pktinfo(long count)
{
    char out[64] = { 0 }, in[64];
    struct sockaddr_storage to, from;
    socklen_t tolen;
    int a, b, on = 1;
    udp_pair(&a, &b, &to, &tolen);
    CHECK(setsockopt(b, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) == 0);
    uint32_t source = htonl(INADDR_LOOPBACK), loopback = source;
    OPAQUE(tolen);
    OPAQUE(source);
    while (count-- > 0) {
        CONTROL(sizeof(struct in_pktinfo)) sent, got;
        struct iovec piece = { out, sizeof out };
        struct msghdr msg = { .msg_name = &to, .msg_namelen = tolen, .msg_iov = &piece, .msg_iovlen = 1,
                              .msg_control = sent.bytes, .msg_controllen = sizeof sent.bytes };
        struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
        cmsg->cmsg_level = IPPROTO_IP;
        cmsg->cmsg_type = IP_PKTINFO;
        cmsg->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
        struct in_pktinfo info = { .ipi_spec_dst.s_addr = source };
        memcpy(CMSG_DATA(cmsg), &info, sizeof info);
        CHECK(CALL(sendmsg)(a, &msg, NOSIGNAL) == sizeof out);

        piece = (struct iovec){ in, sizeof in };
        msg = (struct msghdr){ .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &piece,
                               .msg_iovlen = 1, .msg_control = got.bytes,
                               .msg_controllen = sizeof got.bytes };
        CHECK(CALL(recvmsg)(b, &msg, MSG_CMSG_CLOEXEC) == sizeof in);
        for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg))
            if (cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_PKTINFO)
                break;
        CHECK(cmsg);
        CHECK(cmsg->cmsg_len >= CMSG_LEN(sizeof info));
        memcpy(&info, CMSG_DATA(cmsg), sizeof info);
        CHECK(info.ipi_addr.s_addr == loopback);
    }
}

static void scm_rights(long count)
{
    char out[1] = { 'x' }, in[1];
    int fds[2], file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    CHECK(file >= 0);
    pair(fds);
    int a = fds[0], b = fds[1];
    while (count-- > 0) {
        CONTROL(sizeof(int)) sent, got;
        struct iovec piece = { out, sizeof out };
        struct msghdr msg = { .msg_iov = &piece, .msg_iovlen = 1, .msg_control = sent.bytes,
                              .msg_controllen = sizeof sent.bytes };
        struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        cmsg->cmsg_len = CMSG_LEN(sizeof file);
        memcpy(CMSG_DATA(cmsg), &file, sizeof file);
        CHECK(CALL(sendmsg)(a, &msg, NOSIGNAL) == sizeof out);

        piece = (struct iovec){ in, sizeof in };
        msg = (struct msghdr){ .msg_iov = &piece, .msg_iovlen = 1, .msg_control = got.bytes,
                               .msg_controllen = sizeof got.bytes };
        CHECK(CALL(recvmsg)(b, &msg, MSG_CMSG_CLOEXEC) == sizeof in);
        for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg))
            if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS)
                break;
        CHECK(cmsg);
        CHECK(cmsg->cmsg_len >= CMSG_LEN(sizeof(int)));
        int received;
        memcpy(&received, CMSG_DATA(cmsg), sizeof received);
        CHECK(CALL(close)(received) == 0);
    }
}

enum { SLOTS = 32, EACH = 64 };

struct batch {
    struct mmsghdr out[SLOTS], in[SLOTS];
    struct iovec pieces[SLOTS], rooms[SLOTS];
    struct sockaddr_in names[SLOTS];
    CONTROL(sizeof(struct in_pktinfo)) control[SLOTS];
    char data[EACH], into[SLOTS][EACH];
};

/* Setup: headers that are laid out once. */
static void lay_out(struct batch *batch, struct sockaddr_storage *to, socklen_t tolen, int with_control)
{
    memset(batch, 0, sizeof *batch);
    for (int i = 0; i < SLOTS; i++) {
        batch->pieces[i] = (struct iovec){ batch->data, EACH };
        batch->out[i].msg_hdr = (struct msghdr){ .msg_name = to, .msg_namelen = tolen,
                                                 .msg_iov = &batch->pieces[i], .msg_iovlen = 1 };
        batch->rooms[i] = (struct iovec){ batch->into[i], EACH };
        batch->in[i].msg_hdr = (struct msghdr){ .msg_name = &batch->names[i],
                                                .msg_namelen = sizeof batch->names[i],
                                                .msg_iov = &batch->rooms[i], .msg_iovlen = 1 };
        if (with_control) {
            batch->in[i].msg_hdr.msg_control = batch->control[i].bytes;
            batch->in[i].msg_hdr.msg_controllen = sizeof batch->control[i].bytes;
        }
    }
}

static void batch_32(long count)
{
    static struct batch batch;
    struct sockaddr_storage to, from;
    socklen_t tolen, fromlen = sizeof from;
    int a, b;
    udp_pair(&a, &b, &to, &tolen);
    CHECK(getsockname(a, (struct sockaddr *)&from, &fromlen) == 0);
    in_port_t port = ntohs(((struct sockaddr_in *)&from)->sin_port);
    lay_out(&batch, &to, tolen, 0);
    while (count-- > 0) {
        CHECK(CALL(sendmmsg)(a, batch.out, SLOTS, NOSIGNAL) == SLOTS);
        for (int i = 0; i < SLOTS; i++)
            batch.in[i].msg_hdr.msg_namelen = sizeof batch.names[i];
        CHECK(CALL(recvmmsg)(b, batch.in, SLOTS, MSG_DONTWAIT | MSG_CMSG_CLOEXEC, NULL) == SLOTS);
        for (int i = 0; i < SLOTS; i++) {
            CHECK(batch.in[i].msg_len == EACH);
            CHECK(ntohs(batch.names[i].sin_port) == port);
        }
    }
}

static void batch_32_pktinfo(long count)
{
    static struct batch batch;
    struct sockaddr_storage to;
    socklen_t tolen;
    int a, b, on = 1;
    udp_pair(&a, &b, &to, &tolen);
    CHECK(setsockopt(b, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) == 0);
    lay_out(&batch, &to, tolen, 1);
    while (count-- > 0) {
        CHECK(CALL(sendmmsg)(a, batch.out, SLOTS, NOSIGNAL) == SLOTS);
        for (int i = 0; i < SLOTS; i++) {
            batch.in[i].msg_hdr.msg_namelen = sizeof batch.names[i];
            batch.in[i].msg_hdr.msg_controllen = sizeof batch.control[i].bytes;
        }
        CHECK(CALL(recvmmsg)(b, batch.in, SLOTS, MSG_DONTWAIT | MSG_CMSG_CLOEXEC, NULL) == SLOTS);
        for (int i = 0; i < SLOTS; i++) {
            struct msghdr *msg = &batch.in[i].msg_hdr;
            struct cmsghdr *cmsg;
            struct in_pktinfo info;
            for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg))
                if (cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_PKTINFO)
                    break;
            CHECK(cmsg);
            CHECK(cmsg->cmsg_len >= CMSG_LEN(sizeof info));
            memcpy(&info, CMSG_DATA(cmsg), sizeof info);
            CHECK(info.ipi_addr.s_addr == htonl(INADDR_LOOPBACK));
        }
    }
}

static void gso_gro(long count)
{
    char out[32 * EACH] = { 0 }, in[32 * EACH];
    struct sockaddr_storage to, from;
    socklen_t tolen;
    int a, b, on = 1;
    uint16_t size = EACH;
    udp_pair(&a, &b, &to, &tolen);
    CHECK(setsockopt(b, IPPROTO_UDP, UDP_GRO, &on, sizeof on) == 0);
    OPAQUE(tolen);
    OPAQUE(size);
    while (count-- > 0) {
        CONTROL(sizeof(uint16_t)) sent;
        CONTROL(sizeof(int)) got;
        struct iovec piece = { out, sizeof out };
        struct msghdr msg = { .msg_name = &to, .msg_namelen = tolen, .msg_iov = &piece, .msg_iovlen = 1,
                              .msg_control = sent.bytes, .msg_controllen = sizeof sent.bytes };
        struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
        cmsg->cmsg_level = IPPROTO_UDP;
        cmsg->cmsg_type = UDP_SEGMENT;
        cmsg->cmsg_len = CMSG_LEN(sizeof size);
        memcpy(CMSG_DATA(cmsg), &size, sizeof size);
        CHECK(CALL(sendmsg)(a, &msg, NOSIGNAL) == sizeof out);

        piece = (struct iovec){ in, sizeof in };
        msg = (struct msghdr){ .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &piece,
                               .msg_iovlen = 1, .msg_control = got.bytes,
                               .msg_controllen = sizeof got.bytes };
        CHECK(CALL(recvmsg)(b, &msg, MSG_CMSG_CLOEXEC) == sizeof in);
        for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg))
            if (cmsg->cmsg_level == IPPROTO_UDP && cmsg->cmsg_type == UDP_GRO)
                break;
        CHECK(cmsg);
        CHECK(cmsg->cmsg_len >= CMSG_LEN(sizeof(int)));
        int segment;
        memcpy(&segment, CMSG_DATA(cmsg), sizeof segment);
        CHECK(segment == EACH);
    }
}
