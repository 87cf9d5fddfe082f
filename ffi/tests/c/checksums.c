/*
 * Checksums: against a loop in C, in pieces, with pseudo-headers, after a change, and with bad arguments.
 */

#include "test.h"

#include <limits.h>

/* RFC 1071, byte by byte; in network byte order. */
static int naive(const unsigned char *bytes, size_t len)
{
    uint32_t sum = 0;
    size_t i;
    for (i = 0; i < len; i++)
        sum += (uint32_t)bytes[i] << (i % 2 ? 0 : 8);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return htons((uint16_t)~sum);
}

static unsigned char data[1500];

static void fill(void)
{
    unsigned seed = 7;
    size_t i;
    for (i = 0; i < sizeof(data); i++) {
        seed = seed * 1664525u + 1013904223u;
        data[i] = seed >> 30 ? (unsigned char)(seed >> 24) : 0xff;
    }
}

static struct iovec piece(const void *base, size_t len)
{
    struct iovec iov;
    iov.iov_base = (void *)(size_t)base;
    iov.iov_len = len;
    return iov;
}

static void bytes_and_pieces(void)
{
    size_t len;
    for (len = 0; len < 300; len++) {
        struct iovec iov[3];
        size_t a = len / 3, b = len / 2 - a;
        iov[0] = piece(data + 1, a);
        iov[1] = piece(data + 1 + a, b);
        iov[2] = piece(data + 1 + a + b, len - a - b);
        SAME(sockets_checksum(data + 1, len), naive(data + 1, len));
        SAME(sockets_checksum_iov(iov, 3), naive(data + 1, len));
    }
    SAME(sockets_checksum(data, sizeof(data)), naive(data, sizeof(data)));
    SAME(sockets_checksum(NULL, 0), 0xffff);
    SAME(sockets_checksum_iov(NULL, 0), 0xffff);
}

static void pseudo_headers(void)
{
    unsigned char whole[40 + 101], field[8];
    struct iovec iov[2];
    uint16_t check;
    /* UDP over IPv4: source, destination, 0, protocol, length; then what has 101 bytes. */
    memcpy(whole, data, 8);
    whole[8] = 0;
    whole[9] = IPPROTO_UDP;
    whole[10] = 0;
    whole[11] = 101;
    memcpy(whole + 12, data + 100, 101);
    iov[0] = piece(data + 100, 7);
    iov[1] = piece(data + 107, 94);
    SAME(sockets_checksum_pseudo(AF_INET, data, data + 4, IPPROTO_UDP, iov, 2), naive(whole, 12 + 101));
    /* ICMPv6. */
    memcpy(whole, data, 32);
    memset(whole + 32, 0, 8);
    whole[35] = 101;
    whole[39] = IPPROTO_ICMPV6;
    memcpy(whole + 40, data + 100, 101);
    SAME(sockets_checksum_pseudo(AF_INET6, data, data + 16, IPPROTO_ICMPV6, iov, 2), naive(whole, 40 + 101));
    /* With the field filled it is 0. */
    memset(field, 0, sizeof(field));
    field[0] = 128;
    iov[0] = piece(field, sizeof(field));
    check = (uint16_t)sockets_checksum_pseudo(AF_INET6, data, data + 16, IPPROTO_ICMPV6, iov, 1);
    memcpy(field + 2, &check, 2);
    SAME(sockets_checksum_pseudo(AF_INET6, data, data + 16, IPPROTO_ICMPV6, iov, 1), 0);
    SAME(sockets_checksum_udp(0), 0xffff);
    SAME(sockets_checksum_udp(0x1234), 0x1234);
}

static void replaced(void)
{
    unsigned char packet[64];
    size_t at;
    for (at = 0; at + 4 <= sizeof(packet); at += 2) {
        uint16_t check, before, after = 0x5aa5;
        uint32_t before32, after32 = 0xfffe0001u;
        memcpy(packet, data, sizeof(packet));
        check = (uint16_t)sockets_checksum(packet, sizeof(packet));
        memcpy(&before, packet + at, 2);
        memcpy(packet + at, &after, 2);
        check = sockets_checksum_replace(check, before, after);
        SAME(check, naive(packet, sizeof(packet)));
        memcpy(&before32, packet + at, 4);
        memcpy(packet + at, &after32, 4);
        check = sockets_checksum_replace32(check, before32, after32);
        SAME(check, naive(packet, sizeof(packet)));
    }
}

static void bad_arguments(void)
{
    static char big[65536];
    struct iovec iov[2];
    iov[0] = piece(data, 8);
    iov[1] = piece(NULL, 0);
    SAME(sockets_checksum_iov(iov, 2), naive(data, 8));
    FAILS(sockets_checksum(NULL, 1), EFAULT);
    FAILS(sockets_checksum(data, (size_t)SSIZE_MAX + 1), EINVAL);
    FAILS(sockets_checksum_iov(NULL, 1), EFAULT);
    FAILS(sockets_checksum_iov(iov, -1), EINVAL);
    FAILS(sockets_checksum_iov(iov, 1025), EINVAL);
    iov[1] = piece(NULL, 1);
    FAILS(sockets_checksum_iov(iov, 2), EFAULT);
    iov[1] = piece(data, (size_t)-1);
    FAILS(sockets_checksum_iov(iov, 2), EINVAL);
    FAILS(sockets_checksum_pseudo(AF_UNIX, data, data, IPPROTO_UDP, iov, 1), EAFNOSUPPORT);
    FAILS(sockets_checksum_pseudo(AF_INET, NULL, data, IPPROTO_UDP, iov, 1), EFAULT);
    FAILS(sockets_checksum_pseudo(AF_INET6, data, NULL, IPPROTO_UDP, iov, 1), EFAULT);
    FAILS(sockets_checksum_pseudo(AF_INET, data, data, 256, iov, 1), EINVAL);
    FAILS(sockets_checksum_pseudo(AF_INET, data, data, -1, iov, 1), EINVAL);
    iov[1] = piece(big, sizeof(big) - 8);
    FAILS(sockets_checksum_pseudo(AF_INET, data, data, IPPROTO_UDP, iov, 2), EMSGSIZE);
    CHECK(sockets_checksum_pseudo(AF_INET6, data, data, IPPROTO_UDP, iov, 2) >= 0);
}

int main(void)
{
    test_begin();
    fill();
    CASE(bytes_and_pieces);
    CASE(pseudo_headers);
    CASE(replaced);
    CASE(bad_arguments);
    return test_end();
}
