/*
 * Control messages by their names: the table, numbers in the size that the kernel wants them, and all that can come at
 * once.
 */

#include "test.h"

#include <linux/net_tstamp.h>
#include <linux/udp.h>
#include <netinet/ip.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif
#ifndef IP_RECVORIGDSTADDR
#define IP_RECVORIGDSTADDR 20
#endif
#ifndef IPV6_FLOWINFO
#define IPV6_FLOWINFO 11
#endif
#ifndef IPV6_RECVORIGDSTADDR
#define IPV6_RECVORIGDSTADDR 74
#endif

static struct msghdr over(void *bytes, size_t used)
{
    struct msghdr msg;
    memset(&msg, 0, sizeof(msg));
    msg.msg_control = bytes;
    msg.msg_controllen = used;
    return msg;
}

/* ---- Numbers ---- */

static void numbers_in_the_size_that_the_kernel_wants(void)
{
    struct sockets_cmsg_info info;
    size_t index, at;
    int sent = 0;
    for (index = 0; sockets_cmsg_info_at(index, &info) == 0; index++) {
        char bytes[64];
        struct msghdr msg = over(bytes, 0);
        struct sockets_cmsg cmsg;
        int value = 0;
        if (!(info.direction & SOCKETS_CMSG_SEND) || strncmp(info.type_name, "struct", 6) == 0 ||
            strcmp(info.type_name, "char[]") == 0 || strchr(info.type_name, '['))
            continue;
        snprintf(test_detail, sizeof(test_detail), "%s", info.name);
        at = 0;
        SAME(sockets_cmsg_push_int(&msg, sizeof(bytes), info.level, info.type, 200), 0);
        SAME(sockets_cmsg_next(&msg, &at, &cmsg), 1);
        SAME(cmsg.len, info.size);
        if (info.size <= 4) {
            SAME(sockets_cmsg_get_int(&msg, info.level, info.type, &value), 0);
            SAME(value, 200);
        } else {
            FAILS(sockets_cmsg_get_int(&msg, info.level, info.type, &value), EMSGSIZE);
        }
        sent++;
    }
    test_detail[0] = 0;
    CHECK(sent >= 10);
}

static void numbers_that_do_not_fit(void)
{
    char bytes[64];
    struct msghdr msg = over(bytes, 0);
    int value = 0;
    unsigned char tos = 0xb8;
    FAILS(sockets_cmsg_push_int(&msg, 64, IPPROTO_UDP, UDP_SEGMENT, 65536), EINVAL);
    FAILS(sockets_cmsg_push_int(&msg, 64, IPPROTO_UDP, UDP_SEGMENT, -1), EINVAL);
    FAILS(sockets_cmsg_push_int(&msg, 64, IPPROTO_IP, IP_TTL, 4294967296), EINVAL);
    FAILS(sockets_cmsg_push_int(&msg, 64, IPPROTO_IP, IP_TTL, -2147483649), EINVAL);
    FAILS(sockets_cmsg_push_int(NULL, 64, IPPROTO_IP, IP_TTL, 1), EFAULT);
    FAILS(sockets_cmsg_push_int(&msg, 8, IPPROTO_IP, IP_TTL, 1), ENOBUFS);
    SAME(msg.msg_controllen, 0);
    SAME(sockets_cmsg_push_int(&msg, 64, SOL_SOCKET, SO_MARK, 4294967295u), 0);
    SAME(sockets_cmsg_get_int(&msg, SOL_SOCKET, SO_MARK, &value), 0);
    SAME((unsigned)value, 4294967295u);
    /* One byte, as IP_TOS comes. */
    SAME(sockets_cmsg_push(&msg, 64, IPPROTO_IP, IP_TOS, &tos, 1), 0);
    SAME(sockets_cmsg_get_int(&msg, IPPROTO_IP, IP_TOS, &value), 0);
    SAME(value, 0xb8);
    value = 5;
    FAILS(sockets_cmsg_get(&msg, IPPROTO_IP, IP_TOS, &value, 4), EMSGSIZE);
    SAME(value, 5);
    SAME(sockets_cmsg_get(&msg, IPPROTO_IP, IP_TOS, NULL, 0), 0);
}

/* Traffic class and flow label: in host order here, as in sockets_addr_ipv6(), in network order on the wire. */
static void flow_information(void)
{
    struct sockets_addr addr = ip6("::1", 0);
    char bytes[64], data[4];
    struct msghdr msg = over(bytes, 0);
    struct sockets_cmsg cmsg;
    struct iovec piece;
    size_t at = 0;
    int fd, value = 0, class_of_traffic = 0x2c, on = 1;
    SAME(sockets_cmsg_push_int(&msg, 64, IPPROTO_IPV6, IPV6_FLOWINFO, 0x0abcdef1), 0);
    SAME(sockets_cmsg_next(&msg, &at, &cmsg), 1);
    SAME(cmsg.len, 4);
    CHECK(memcmp(cmsg.data, "\x0a\xbc\xde\xf1", 4) == 0);
    SAME(sockets_cmsg_get_int(&msg, IPPROTO_IPV6, IPV6_FLOWINFO, &value), 0);
    SAME(value, 0x0abcdef1);
    if (!have_ipv6()) {
        test_skip("ipv6", "no ::1");
        return;
    }
    fd = OK(sockets_socket(AF_INET6, SOCK_DGRAM, 0));
    OK(sockets_bind(fd, sa(&addr), addr.len));
    addr = name_of(fd);
    OK(sockets_setsockopt(fd, IPPROTO_IPV6, IPV6_FLOWINFO, &on, sizeof(on)));
    OK(sockets_setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &class_of_traffic, sizeof(class_of_traffic)));
    OK(sockets_sendto(fd, "x", 1, 0, sa(&addr), addr.len));
    msg = over(bytes, sizeof(bytes));
    piece.iov_base = data;
    piece.iov_len = sizeof(data);
    msg.msg_iov = &piece;
    msg.msg_iovlen = 1;
    SAME(sockets_recvmsg(fd, &msg, 0), 1);
    SAME(sockets_cmsg_get_int(&msg, IPPROTO_IPV6, IPV6_FLOWINFO, &value), 0);
    SAME(value >> 20, 0x2c);
    OK(sockets_close(fd));
}

/* ---- Names ---- */

static void each_one_by_name(void)
{
    struct sockets_cmsg_info info, found;
    size_t index;
    int rc;
    for (index = 0; (rc = sockets_cmsg_info_at(index, &info)) == 0; index++) {
        const char *name = sockets_cmsg_name(info.level, info.type);
        snprintf(test_detail, sizeof(test_detail), "%s", info.name);
        CHECK(strnlen(info.name, 32) < 31 && info.name[0]);
        CHECK(strnlen(info.level_name, 24) < 23 && info.level_name[0]);
        CHECK(strnlen(info.type_name, 40) < 39 && info.type_name[0]);
        CHECK(info.direction >= 1 && info.direction <= 3 && info.size > 0);
        memset(&found, 0xff, sizeof(found));
        SAME(sockets_cmsg_info_find(info.name, &found), 0);
        SAME(memcmp(&found, &info, sizeof(found)), 0);
        CHECK(name != NULL);
        if (name && strcmp(name, info.name) != 0) {
            /* Two names for a number: this one is only sent, the other received. */
            SAME(info.direction, SOCKETS_CMSG_SEND);
            SAME(sockets_cmsg_info_find(name, &found), 0);
            SAME(found.type, info.type);
            CHECK(found.direction & SOCKETS_CMSG_RECV);
        }
    }
    test_detail[0] = 0;
    SAME(rc, -ENOENT);
    CHECK(index >= 50);
    CHECK(strcmp(sockets_cmsg_name(SOL_SOCKET, SCM_RIGHTS), "SCM_RIGHTS") == 0);
    CHECK(strcmp(sockets_cmsg_name(IPPROTO_IP, IP_PKTINFO), "IP_PKTINFO") == 0);
    CHECK(sockets_cmsg_name(4711, 1) == NULL);
    memset(&info, 0xa5, sizeof(info));
    found = info;
    FAILS(sockets_cmsg_info_at(SIZE_MAX, &info), ENOENT);
    FAILS(sockets_cmsg_info_at(0, NULL), EFAULT);
    FAILS(sockets_cmsg_info_find(NULL, &info), EFAULT);
    FAILS(sockets_cmsg_info_find("IP_TTL", NULL), EFAULT);
    FAILS(sockets_cmsg_info_find("ip_ttl", &info), ENOENT);
    SAME(memcmp(&info, &found, sizeof(info)), 0);
}

/* ---- All at once ---- */

static void ask_for(int fd, int level, const int *options, size_t count)
{
    int on = 1;
    size_t i;
    for (i = 0; i < count; i++)
        OK(sockets_setsockopt(fd, level, options[i], &on, sizeof(on)));
}

#define ASK_FOR(fd, level, options) ask_for(fd, level, options, sizeof(options) / sizeof(*options))

/* Options that are all on: everything comes, and nothing is cut, in the room that the sum of the spaces is. Nor is it with
 * a word less, and that is told. */
static void come_at_once(int from_family, int to_family)
{
    static const int of_socket[] = {SO_TIMESTAMPNS, SO_RXQ_OVFL}, of_udp[] = {UDP_GRO};
    static const int of_ip[] = {IP_PKTINFO, IP_RECVORIGDSTADDR, IP_RECVTOS, IP_RECVTTL};
    static const int of_ipv6[] = {IPV6_RECVPKTINFO, IPV6_RECVORIGDSTADDR, IPV6_RECVTCLASS, IPV6_RECVHOPLIMIT};
    static const char *const of_v4[] = {"SCM_TIMESTAMPNS", "SCM_TIMESTAMPING", "UDP_GRO", "IP_PKTINFO",
                                        "IP_ORIGDSTADDR", "IP_TOS", "IP_TTL"};
    static const char *const of_v6[] = {"SCM_TIMESTAMPNS", "SCM_TIMESTAMPING", "UDP_GRO", "IPV6_PKTINFO",
                                        "IPV6_ORIGDSTADDR", "IPV6_TCLASS", "IPV6_HOPLIMIT"};
    const char *const *wanted = from_family == AF_INET ? of_v4 : of_v6;
    struct sockets_addr to = to_family == AF_INET ? ip4("127.0.0.1", 0) : ip6("::", 0);
    int stamps = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE, tos = 1, round, i;
    int sender = OK(sockets_socket(from_family, SOCK_DGRAM, 0)), fd = OK(sockets_socket(to_family, SOCK_DGRAM, 0));
    static char data[4000], got[4000];
    size_t room = 0;
    OK(sockets_bind(fd, sa(&to), to.len));
    to = name_of(fd);
    i = sockets_addr_port(sa(&to), to.len);
    to = from_family == AF_INET ? ip4("127.0.0.1", i) : ip6("::1", i);
    OK(sockets_connect(sender, sa(&to), to.len));
    ASK_FOR(fd, SOL_SOCKET, of_socket);
    OK(sockets_setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof(stamps)));
    ASK_FOR(fd, IPPROTO_UDP, of_udp);
    ASK_FOR(fd, IPPROTO_IP, of_ip);
    if (to_family == AF_INET6)
        ASK_FOR(fd, IPPROTO_IPV6, of_ipv6);
    if (from_family == AF_INET)
        OK(sockets_setsockopt(sender, IPPROTO_IP, IP_TOS, &tos, sizeof(tos)));
    else
        OK(sockets_setsockopt(sender, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos)));
    /* The first that come may have no time: the kernel is not ready at once. */
    for (round = 0; round < 1000; round++) {
        char control[512];
        struct iovec piece;
        struct msghdr msg = over(control, sizeof(control));
        int found = 0, value = 0;
        piece.iov_base = got;
        piece.iov_len = sizeof(got);
        msg.msg_iov = &piece;
        msg.msg_iovlen = 1;
        SAME(sockets_send_segments(sender, data, 2500, 1000, 0, NULL, 0), 2500);
        if (room)
            msg.msg_controllen = room - sizeof(size_t);
        SAME(sockets_recvmsg(fd, &msg, 0), 2500);
        if (room) {
            CHECK(msg.msg_flags & MSG_CTRUNC);
            break;
        }
        SAME(msg.msg_flags & (MSG_CTRUNC | MSG_TRUNC), 0);
        if (sockets_cmsg_get(&msg, SOL_SOCKET, SCM_TIMESTAMPING, NULL, 0) < 0)
            continue;
        for (i = 0; i < 7; i++) {
            struct sockets_cmsg cmsg;
            size_t at = 0;
            snprintf(test_detail, sizeof(test_detail), "%s", wanted[i]);
            found = 0;
            while (sockets_cmsg_next(&msg, &at, &cmsg) > 0)
                found += strcmp(sockets_cmsg_name(cmsg.level, cmsg.type), wanted[i]) == 0;
            SAME(found, 1);
        }
        test_detail[0] = 0;
        SAME(sockets_cmsg_get_int(&msg, IPPROTO_UDP, UDP_GRO, &value), 0);
        SAME(value, 1000);
        SAME(sockets_cmsg_get_int(&msg, from_family == AF_INET ? (int)IPPROTO_IP : (int)IPPROTO_IPV6,
                                  from_family == AF_INET ? (int)IP_TOS : (int)IPV6_TCLASS, &value), 0);
        SAME(value, 1); /* ECT(1): the mark of congestion came with the rest */
        room = (size_t)msg.msg_controllen;
    }
    CHECK(room > 0 && round < 1000);
    OK(sockets_close(sender));
    OK(sockets_close(fd));
}

static void everything_comes_at_once(void)
{
    come_at_once(AF_INET, AF_INET);
    if (!have_ipv6()) {
        test_skip("ipv6", "no ::1");
        return;
    }
    come_at_once(AF_INET6, AF_INET6);
    /* IPv4 on a socket of both. */
    come_at_once(AF_INET, AF_INET6);
}

int main(void)
{
    test_begin();
    CASE(numbers_in_the_size_that_the_kernel_wants);
    CASE(numbers_that_do_not_fit);
    CASE(flow_information);
    CASE(each_one_by_name);
    CASE(everything_comes_at_once);
    return test_end();
}
