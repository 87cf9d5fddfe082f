/*
 * Raw sockets: ICMP and ICMPv6 echo over loopback, an IPv4 header made by hand, and EPERM for those who
 * may not.
 */

#include "test.h"

#include <linux/capability.h>

static uint16_t checksum(const unsigned char *bytes, size_t len)
{
    uint32_t sum = 0;
    size_t i;
    for (i = 0; i < len; i++)
        sum += (uint32_t)bytes[i] << (i % 2 ? 0 : 8);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void put16(unsigned char *at, unsigned value)
{
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)value;
}

#define ID 0x1234
#define TEXT "sixteen bytes..."

/* An echo request with this type: id, sequence number 1, 16 bytes. */
static void echo_request(unsigned char packet[24], int type)
{
    memset(packet, 0, 24);
    packet[0] = (unsigned char)type;
    put16(packet + 4, ID);
    put16(packet + 6, 1);
    memcpy(packet + 8, TEXT, 16);
}

/* Receives until the reply comes: loopback shows the request, too. */
static void await_reply(int fd, size_t header, int type, const struct sockets_addr *want)
{
    int tries;
    for (tries = 0; tries < 10; tries++) {
        unsigned char packet[256];
        struct sockets_addr from;
        long n;
        memset(&from, 0, sizeof(from));
        from.len = sizeof(from.storage);
        wait_readable(fd);
        n = sockets_recvfrom(fd, packet, sizeof(packet), 0, (struct sockaddr *)&from.storage, &from.len);
        if (n != (long)header + 24 || packet[header] != type)
            continue;
        SAME(packet[header + 4] << 8 | packet[header + 5], ID);
        SAME(packet[header + 7], 1);
        CHECK(memcmp(packet + header + 8, TEXT, 16) == 0);
        CHECK(same_addr(&from, want));
        return;
    }
    CHECK(!"an echo reply comes");
}

static void icmp_echo(void)
{
    struct sockets_addr to = ip4("127.0.0.1", 0);
    unsigned char packet[24];
    int fd = OK(sockets_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)), connected;
    SAME(sockets_cloexec(fd), 1);
    echo_request(packet, 8);
    put16(packet + 2, checksum(packet, sizeof(packet)));
    SAME(sockets_sendto(fd, packet, sizeof(packet), 0, sa(&to), to.len), 24);
    /* What is received begins with the IPv4 header. */
    await_reply(fd, 20, 0, &to);
    OK(sockets_close(fd));

    connected = OK(sockets_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
    SAME(sockets_bind(connected, sa(&to), to.len), 0);
    SAME(sockets_connect(connected, sa(&to), to.len), 0);
    SAME(sockets_send(connected, packet, sizeof(packet), 0), 24);
    await_reply(connected, 20, 0, &to);
    OK(sockets_close(connected));
}

static void icmpv6_echo(void)
{
    struct sockets_addr to = ip6("::1", 0);
    unsigned char packet[24];
    int fd = OK(sockets_socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6));
    /* The kernel makes the checksum, and gives no header. */
    echo_request(packet, 128);
    SAME(sockets_sendto(fd, packet, sizeof(packet), 0, sa(&to), to.len), 24);
    await_reply(fd, 0, 129, &to);
    OK(sockets_close(fd));
}

static void header_made_by_hand(void)
{
    struct sockets_addr to = ip4("127.0.0.1", 0), sender = ip4("127.1.2.3", 4242), from;
    unsigned char packet[20 + 8 + 5], buf[32];
    int port, udp = OK(sockets_socket(AF_INET, SOCK_DGRAM, 0));
    int fd = OK(sockets_socket(AF_INET, SOCK_RAW, IPPROTO_RAW));
    OK(sockets_bind(udp, sa(&to), to.len));
    to = name_of(udp);
    port = ntohs(((struct sockaddr_in *)&to.storage)->sin_port);

    memset(packet, 0, sizeof(packet));
    packet[0] = 0x45;
    put16(packet + 2, sizeof(packet));
    packet[8] = 9; /* ttl */
    packet[9] = IPPROTO_UDP;
    memcpy(packet + 12, &((struct sockaddr_in *)&sender.storage)->sin_addr, 4);
    memcpy(packet + 16, &((struct sockaddr_in *)&to.storage)->sin_addr, 4);
    put16(packet + 20, 4242);
    put16(packet + 22, (unsigned)port);
    put16(packet + 24, 8 + 5); /* the length; without a checksum */
    memcpy(packet + 28, "hello", 5);
    SAME(sockets_sendto(fd, packet, sizeof(packet), 0, sa(&to), to.len), sizeof(packet));

    wait_readable(udp);
    memset(&from, 0, sizeof(from));
    from.len = sizeof(from.storage);
    SAME(sockets_recvfrom(udp, buf, sizeof(buf), 0, (struct sockaddr *)&from.storage, &from.len), 5);
    CHECK(memcmp(buf, "hello", 5) == 0);
    CHECK(same_addr(&from, &sender));
    /* Such a socket only sends. */
    FAILS(sockets_recv(fd, buf, sizeof(buf), MSG_DONTWAIT), EAGAIN);
    OK(sockets_close(udp));
    OK(sockets_close(fd));
}

static void eperm_without_the_capability(void)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        struct __user_cap_header_struct header;
        struct __user_cap_data_struct data[2];
        int before = test_failures;
        memset(&header, 0, sizeof(header));
        memset(data, 0, sizeof(data));
        header.version = _LINUX_CAPABILITY_VERSION_3;
        SAME(syscall(SYS_capset, &header, data), 0);
        FAILS(sockets_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), EPERM);
        FAILS(sockets_socket(AF_INET, SOCK_RAW, IPPROTO_RAW), EPERM);
        FAILS(sockets_socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6), EPERM);
        FAILS(sockets_socket(AF_PACKET, SOCK_RAW, 0), EPERM);
        FAILS(sockets_socket(AF_PACKET, SOCK_DGRAM, 0), EPERM);
        OK(sockets_close(OK(sockets_socket(AF_INET, SOCK_DGRAM, 0))));
        _exit(test_failures != before);
    }
    SAME(waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
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
        CASE(icmp_echo);
        CASE(header_made_by_hand);
        if (have_ipv6())
            CASE(icmpv6_echo);
        else
            test_skip("ipv6", "there is no ::1");
    }
    CASE(eperm_without_the_capability);
    return test_end();
}
