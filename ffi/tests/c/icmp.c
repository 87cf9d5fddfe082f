/*
 * Which types of ICMP are received: of a request and its answer, the one that passes.
 */

#include "test.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

/* Sends two echo requests; the answers come, and the requests do not. */
static void only_answers(int protocol, const struct sockets_addr *to, int request, int answer, size_t header)
{
    unsigned char packet[8], got[256];
    uint8_t types[2];
    uint16_t check;
    int i, fd = OK(sockets_socket(to->storage.ss_family, SOCK_RAW, protocol));
    types[0] = types[1] = (uint8_t)answer;
    OK(sockets_icmp_pass(fd, types, 2));
    for (i = 1; i <= 2; i++) {
        memset(packet, 0, sizeof(packet));
        packet[0] = (unsigned char)request;
        packet[7] = (unsigned char)i;
        check = (uint16_t)sockets_checksum(packet, sizeof(packet));
        memcpy(packet + 2, &check, 2);
        SAME(sockets_sendto(fd, packet, sizeof(packet), 0, sa(to), to->len), 8);
    }
    for (i = 1; i <= 2; i++) {
        wait_readable(fd);
        SAME(sockets_recv(fd, got, sizeof(got), 0), (long)header + 8);
        SAME(got[header], answer);
        SAME(got[header + 7], i);
    }
    /* Nothing passes. */
    OK(sockets_icmp_pass(fd, NULL, 0));
    SAME(sockets_sendto(fd, packet, sizeof(packet), 0, sa(to), to->len), 8);
    FAILS(sockets_recv(fd, got, sizeof(got), MSG_DONTWAIT), EAGAIN);
    OK(sockets_close(fd));
}

static void over_ipv4(void)
{
    struct sockets_addr to = ip4("127.0.0.1", 0);
    only_answers(IPPROTO_ICMP, &to, ICMP_ECHO, ICMP_ECHOREPLY, 20);
}

static void over_ipv6(void)
{
    struct sockets_addr to = ip6("::1", 0);
    only_answers(IPPROTO_ICMPV6, &to, ICMP6_ECHO_REQUEST, ICMP6_ECHO_REPLY, 0);
}

static void other_raw_sockets(void)
{
    uint8_t type = 0;
    int fd = OK(sockets_socket(AF_INET, SOCK_RAW, IPPROTO_UDP));
    FAILS(sockets_icmp_pass(fd, &type, 1), EOPNOTSUPP);
    OK(sockets_close(fd));
}

static void bad_arguments(void)
{
    uint8_t type = 0;
    int fd = OK(sockets_socket(AF_INET, SOCK_DGRAM, 0)), local = OK(sockets_socket(AF_UNIX, SOCK_DGRAM, 0));
    FAILS(sockets_icmp_pass(-1, &type, 1), EBADF);
    FAILS(sockets_icmp_pass(fd, NULL, 1), EFAULT);
    FAILS(sockets_icmp_pass(fd, &type, (size_t)-1), EINVAL);
    FAILS(sockets_icmp_pass(fd, &type, 1), ENOPROTOOPT);
    FAILS(sockets_icmp_pass(local, &type, 1), EAFNOSUPPORT);
    OK(sockets_close(fd));
    OK(sockets_close(local));
}

int main(void)
{
    int fd;
    test_begin();
    fd = sockets_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    if (fd == -EPERM) {
        test_skip("raw", "socket(AF_INET, SOCK_RAW): EPERM");
    } else {
        OK(sockets_close(fd));
        CASE(over_ipv4);
        CASE(other_raw_sockets);
        if (have_ipv6())
            CASE(over_ipv6);
        else
            test_skip("ipv6", "there is no ::1");
    }
    CASE(bad_arguments);
    return test_end();
}
