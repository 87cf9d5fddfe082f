/*
 * Addresses of each family: what is made is the structure that the C compiler lays out, what is read is what was
 * made, every length that is too short is refused, and nothing is written then.
 */

#include "test.h"

#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <net/if.h>

#define PROTOCOL 0x88b5 /* for experiments (IEEE 802) */

static const unsigned char mac[6] = {2, 0, 0, 0, 0, 1};

/* The first len bytes are these, and zeros follow. */
static void is(const struct sockets_addr *addr, const void *bytes, size_t len, size_t total)
{
    size_t i;
    SAME(addr->len, total);
    SAME(memcmp(&addr->storage, bytes, len), 0);
    for (i = len; i < sizeof(addr->storage); i++)
        CHECK(((const unsigned char *)&addr->storage)[i] == 0);
}

static void what_is_made_is_the_structure(void)
{
    struct sockets_addr addr;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_ll ll;
    struct sockaddr_vm vm;
    struct sockaddr_nl nl;
    memset(&in, 0, sizeof(in));
    in.sin_family = AF_INET;
    in.sin_port = htons(8080);
    SAME(inet_pton(AF_INET, "192.0.2.1", &in.sin_addr), 1);
    SAME(sockets_addr_ipv4(&in.sin_addr, 8080, &addr), 0);
    is(&addr, &in, sizeof(in), sizeof(in));

    memset(&in6, 0, sizeof(in6));
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(8080);
    in6.sin6_flowinfo = htonl(0x12345);
    in6.sin6_scope_id = 7;
    SAME(inet_pton(AF_INET6, "fe80::1", &in6.sin6_addr), 1);
    SAME(sockets_addr_ipv6(&in6.sin6_addr, 8080, 0x12345, 7, &addr), 0);
    is(&addr, &in6, sizeof(in6), sizeof(in6));

    memset(&ll, 0, sizeof(ll));
    ll.sll_family = AF_PACKET;
    ll.sll_protocol = htons(PROTOCOL);
    ll.sll_ifindex = 7;
    ll.sll_halen = 6;
    memcpy(ll.sll_addr, mac, 6);
    SAME(sockets_addr_link(7, PROTOCOL, mac, 6, &addr), 0);
    is(&addr, &ll, sizeof(ll), sizeof(ll));

    memset(&vm, 0, sizeof(vm));
    vm.svm_family = AF_VSOCK;
    vm.svm_cid = VMADDR_CID_HOST;
    vm.svm_port = 1024;
    SAME(sockets_addr_vsock(VMADDR_CID_HOST, 1024, &addr), 0);
    is(&addr, &vm, sizeof(vm), sizeof(vm));

    memset(&nl, 0, sizeof(nl));
    nl.nl_family = AF_NETLINK;
    nl.nl_pid = 4711;
    nl.nl_groups = 5;
    SAME(sockets_addr_netlink(4711, 5, &addr), 0);
    is(&addr, &nl, sizeof(nl), sizeof(nl));
}

static void what_is_made_is_read(void)
{
    struct sockets_addr addr;
    unsigned char ip[16], want[16], name[108];
    uint16_t port, protocol, hatype;
    uint32_t flow, scope, cid, number, ifindex, groups;
    uint8_t pkttype;
    SAME(inet_pton(AF_INET, "192.0.2.1", want), 1);
    SAME(sockets_addr_ipv4(want, 65535, &addr), 0);
    SAME(sockets_addr_family(sa(&addr), addr.len), AF_INET);
    SAME(sockets_addr_port(sa(&addr), addr.len), 65535);
    SAME(sockets_addr_get_ipv4(sa(&addr), addr.len, ip, &port), 0);
    SAME(memcmp(ip, want, 4), 0);
    SAME(port, 65535);
    SAME(sockets_addr_get_ipv4(sa(&addr), addr.len, NULL, NULL), 0);

    SAME(inet_pton(AF_INET6, "fe80::1", want), 1);
    SAME(sockets_addr_ipv6(want, 80, 0x12345, 7, &addr), 0);
    SAME(sockets_addr_port(sa(&addr), addr.len), 80);
    SAME(sockets_addr_get_ipv6(sa(&addr), addr.len, ip, &port, &flow, &scope), 0);
    SAME(memcmp(ip, want, 16), 0);
    SAME(port, 80);
    SAME(flow, 0x12345);
    SAME(scope, 7);
    SAME(sockets_addr_get_ipv6(sa(&addr), addr.len, NULL, NULL, NULL, NULL), 0);

    SAME(sockets_addr_unix("/run/x", 6, &addr), 0);
    SAME(sockets_addr_get_unix(sa(&addr), addr.len, name, sizeof(name)), 6);
    SAME(memcmp(name, "/run/x", 6), 0);
    memset(name, 'x', sizeof(name));
    SAME(sockets_addr_get_unix(sa(&addr), addr.len, name, 3), 6);
    SAME(memcmp(name, "/rux", 4), 0);
    SAME(sockets_addr_get_unix(sa(&addr), addr.len, NULL, 0), 6);
    SAME(sockets_addr_unix("\0a\0b", 4, &addr), 0);
    SAME(sockets_addr_get_unix(sa(&addr), addr.len, name, sizeof(name)), 4);
    SAME(memcmp(name, "\0a\0b", 4), 0);
    SAME(sockets_addr_unix(NULL, 0, &addr), 0);
    SAME(sockets_addr_get_unix(sa(&addr), addr.len, name, sizeof(name)), 0);

    SAME(sockets_addr_link(7, PROTOCOL, mac, 6, &addr), 0);
    ((struct sockaddr_ll *)&addr.storage)->sll_hatype = 772;
    ((struct sockaddr_ll *)&addr.storage)->sll_pkttype = PACKET_OUTGOING;
    SAME(sockets_addr_get_link(sa(&addr), addr.len, &ifindex, &protocol, &hatype, &pkttype, name, sizeof(name)), 6);
    SAME(ifindex, 7);
    SAME(protocol, PROTOCOL);
    SAME(hatype, 772);
    SAME(pkttype, PACKET_OUTGOING);
    SAME(memcmp(name, mac, 6), 0);
    SAME(sockets_addr_get_link(sa(&addr), addr.len, NULL, NULL, NULL, NULL, NULL, 0), 6);

    SAME(sockets_addr_vsock(3, VMADDR_PORT_ANY, &addr), 0);
    SAME(sockets_addr_get_vsock(sa(&addr), addr.len, &cid, &number), 0);
    SAME(cid, 3);
    SAME(number, VMADDR_PORT_ANY);
    SAME(sockets_addr_netlink(4711, 5, &addr), 0);
    SAME(sockets_addr_get_netlink(sa(&addr), addr.len, &number, &groups), 0);
    SAME(number, 4711);
    SAME(groups, 5);
    FAILS(sockets_addr_port(sa(&addr), addr.len), EAFNOSUPPORT);
}

static int read_as(int family, const struct sockaddr *addr, socklen_t len)
{
    switch (family) {
    case AF_INET:
        return sockets_addr_get_ipv4(addr, len, NULL, NULL);
    case AF_INET6:
        return sockets_addr_get_ipv6(addr, len, NULL, NULL, NULL, NULL);
    case AF_UNIX:
        return sockets_addr_get_unix(addr, len, NULL, 0);
    case AF_PACKET:
        return sockets_addr_get_link(addr, len, NULL, NULL, NULL, NULL, NULL, 0);
    case AF_VSOCK:
        return sockets_addr_get_vsock(addr, len, NULL, NULL);
    default:
        return sockets_addr_get_netlink(addr, len, NULL, NULL);
    }
}

/* Every family, every length, every reader. */
static void too_short_or_of_another_family(void)
{
    static const int families[] = {AF_INET, AF_INET6, AF_UNIX, AF_PACKET, AF_VSOCK, AF_NETLINK};
    static const int enough[] = {16, 28, 2, 18, 16, 12};
    size_t i, j;
    for (i = 0; i < 6; i++) {
        struct sockets_addr addr;
        socklen_t len;
        memset(&addr, 0, sizeof(addr));
        addr.storage.ss_family = (sa_family_t)families[i];
        if (families[i] == AF_PACKET)
            ((struct sockaddr_ll *)&addr.storage)->sll_halen = 6;
        for (len = 2; len <= 40; len++) {
            SAME(sockets_addr_family(sa(&addr), len), families[i]);
            for (j = 0; j < 6; j++) {
                snprintf(test_detail, sizeof(test_detail), "%d as %d, %u bytes", families[i], families[j],
                         (unsigned)len);
                if (i != j)
                    FAILS(read_as(families[j], sa(&addr), len), EAFNOSUPPORT);
                else if ((int)len < enough[i])
                    FAILS(read_as(families[j], sa(&addr), len), EINVAL);
                else
                    CHECK(read_as(families[j], sa(&addr), len) >= 0);
            }
        }
    }
    test_detail[0] = 0;
}

static void bad_arguments(void)
{
    struct sockets_addr addr, before;
    unsigned char ip[16] = {0}, long_address[33] = {0};
    size_t i;
    memset(&addr, 0xa5, sizeof(addr));
    before = addr;
    FAILS(sockets_addr_ipv4(NULL, 1, &addr), EFAULT);
    FAILS(sockets_addr_ipv4(ip, 1, NULL), EFAULT);
    FAILS(sockets_addr_ipv6(NULL, 1, 0, 0, &addr), EFAULT);
    FAILS(sockets_addr_ipv6(ip, 1, 0, 0, NULL), EFAULT);
    FAILS(sockets_addr_link(1, 1, NULL, 6, &addr), EFAULT);
    FAILS(sockets_addr_link(1, 1, mac, 6, NULL), EFAULT);
    FAILS(sockets_addr_link(0x80000000u, 1, mac, 6, &addr), EINVAL);
    FAILS(sockets_addr_link(1, 1, long_address, 33, &addr), EINVAL);
    FAILS(sockets_addr_link(1, 1, long_address, SIZE_MAX, &addr), EINVAL);
    FAILS(sockets_addr_vsock(1, 1, NULL), EFAULT);
    FAILS(sockets_addr_netlink(1, 1, NULL), EFAULT);
    SAME(memcmp(&addr, &before, sizeof(addr)), 0);
    SAME(sockets_addr_link(1, 1, NULL, 0, &addr), 0);
    SAME(sockets_addr_link(1, 1, long_address, 32, &addr), 0);
    SAME(addr.len, 44);

    SAME(sockets_addr_family(NULL, 0), AF_UNSPEC);
    FAILS(sockets_addr_family(NULL, 16), EFAULT);
    FAILS(sockets_addr_family(sa(&addr), 1), EINVAL);
    FAILS(sockets_addr_family(sa(&addr), sizeof(addr.storage) + 1), EINVAL);
    FAILS(sockets_addr_family(sa(&addr), (socklen_t)-1), EINVAL);
    FAILS(sockets_addr_port(NULL, 0), EAFNOSUPPORT);
    FAILS(sockets_addr_get_unix(sa(&addr), addr.len, NULL, 0), EAFNOSUPPORT);
    SAME(sockets_addr_unix("/x", 2, &addr), 0);
    FAILS(sockets_addr_get_unix(sa(&addr), addr.len, NULL, 1), EFAULT);
    FAILS(sockets_addr_get_unix(sa(&addr), addr.len, ip, (size_t)SSIZE_MAX + 1), EINVAL);
    for (i = 0; i < sizeof(ip); i++)
        SAME(ip[i], 0);
}

/* A frame over loopback, from and to addresses of this library. */
static void a_frame(void)
{
    struct sockets_addr addr, from;
    unsigned char zero[6] = {0}, hwaddr[32];
    char text[8];
    uint32_t ifindex, lo = if_nametoindex("lo");
    uint16_t protocol;
    int a = sockets_socket(AF_PACKET, SOCK_DGRAM, 0), b;
    if (a < 0) {
        test_skip("packet", "no packet sockets");
        return;
    }
    b = OK(sockets_socket(AF_PACKET, SOCK_DGRAM, 0));
    SAME(sockets_addr_link(lo, PROTOCOL, NULL, 0, &addr), 0);
    OK(sockets_bind(b, sa(&addr), addr.len));
    addr = name_of(b);
    SAME(sockets_addr_get_link(sa(&addr), addr.len, &ifindex, &protocol, NULL, NULL, hwaddr, sizeof(hwaddr)), 6);
    SAME(ifindex, lo);
    SAME(protocol, PROTOCOL);
    SAME(sockets_addr_link(lo, PROTOCOL, zero, 6, &addr), 0);
    SAME(sockets_sendto(a, "frame", 5, 0, sa(&addr), addr.len), 5);
    wait_readable(b);
    from.len = sizeof(from.storage);
    SAME(sockets_recvfrom(b, text, sizeof(text), 0, (struct sockaddr *)&from.storage, &from.len), 5);
    SAME(memcmp(text, "frame", 5), 0);
    SAME(sockets_addr_get_link(sa(&from), from.len, &ifindex, &protocol, NULL, NULL, hwaddr, sizeof(hwaddr)), 6);
    SAME(ifindex, lo);
    SAME(protocol, PROTOCOL);
    OK(sockets_close(a));
    OK(sockets_close(b));
}

int main(void)
{
    test_begin();
    CASE(what_is_made_is_the_structure);
    CASE(what_is_made_is_read);
    CASE(too_short_or_of_another_family);
    CASE(bad_arguments);
    CASE(a_frame);
    return test_end();
}
