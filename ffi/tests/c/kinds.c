/*
 * Control messages by their names: the table, and numbers in the size that the kernel wants them.
 */

#include "test.h"

#include <linux/udp.h>
#include <netinet/ip.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
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

int main(void)
{
    test_begin();
    CASE(numbers_in_the_size_that_the_kernel_wants);
    CASE(numbers_that_do_not_fit);
    CASE(each_one_by_name);
    return test_end();
}
