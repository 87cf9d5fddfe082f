/*
 * Answers from the address that was asked: IPv4, IPv6, and IPv4 on an IPv6 socket; link-local addresses, groups; and
 * nothing where nobody says.
 */

#include "test.h"

#include <net/if.h>

#ifndef IP_RECVORIGDSTADDR
#define IP_RECVORIGDSTADDR 20
#endif

static struct sockaddr *out(struct sockets_addr *addr)
{
    addr->len = sizeof(addr->storage);
    return (struct sockaddr *)&addr->storage;
}

/* Gives the loopback interface one more address, and waits until it can be used. */
static void add_address(const char *text, unsigned int prefix)
{
    struct sockets_addr addr = ip6(text, 0);
    long until = milliseconds() + 5000;
    int rc;
    struct {
        struct in6_addr addr;
        uint32_t prefix;
        int index;
    } request;
    int fd = OK(sockets_socket(AF_INET6, SOCK_DGRAM, 0));
    memset(&request, 0, sizeof(request));
    SAME(inet_pton(AF_INET6, text, &request.addr), 1);
    request.prefix = prefix;
    request.index = (int)if_nametoindex("lo");
    if (ioctl(fd, SIOCSIFADDR, &request) < 0)
        SAME(errno, EEXIST);
    if (prefix == 64)
        ((struct sockaddr_in6 *)&addr.storage)->sin6_scope_id = (uint32_t)request.index;
    while ((rc = sockets_bind(fd, sa(&addr), addr.len)) == -EADDRNOTAVAIL && milliseconds() < until)
        sched_yield();
    SAME(rc, 0);
    OK(sockets_close(fd));
}

static int bound(const struct sockets_addr *addr)
{
    int fd = OK(sockets_socket(addr->storage.ss_family, SOCK_DGRAM, 0));
    OK(sockets_bind(fd, sa(addr), addr->len));
    return fd;
}

static int same_ip(const struct sockets_addr *a, const struct sockets_addr *b)
{
    unsigned char x[16], y[16];
    if (a->storage.ss_family != b->storage.ss_family)
        return 0;
    if (a->storage.ss_family == AF_INET)
        return sockets_addr_get_ipv4(sa(a), a->len, x, NULL) == 0 &&
               sockets_addr_get_ipv4(sa(b), b->len, y, NULL) == 0 && memcmp(x, y, 4) == 0;
    return sockets_addr_get_ipv6(sa(a), a->len, x, NULL, NULL, NULL) == 0 &&
           sockets_addr_get_ipv6(sa(b), b->len, y, NULL, NULL, NULL) == 0 && memcmp(x, y, 16) == 0;
}

/* A client that hears nobody but whom it asks; a server that is bound to everything. */
static void ask(int server, struct sockets_addr asked)
{
    struct sockets_addr from, any;
    struct sockets_pktinfo info;
    struct pollfd entry;
    char buf[16];
    int client;
    SAME(sockets_addr_port(sa(&asked), asked.len), 0);
    any = name_of(server);
    ((struct sockaddr_in *)&asked.storage)->sin_port = htons((uint16_t)sockets_addr_port(sa(&any), any.len));
    client = connected_to(&asked, SOCK_DGRAM);
    OK(sockets_send(client, "who?", 4, 0));
    memset(&info, 0xee, sizeof(info));
    SAME(sockets_recvfrom_pktinfo(server, buf, sizeof(buf), 0, out(&from), &from.len, &info), 4);
    CHECK(same_ip(&info.local, &asked));
    CHECK(same_ip(&info.destination, &asked));
    SAME(sockets_addr_port(sa(&info.local), info.local.len), 0);
    SAME(info.ifindex, if_nametoindex("lo"));
    SAME(info.msg_flags & (MSG_TRUNC | MSG_CTRUNC), 0);
    SAME(sockets_sendto_pktinfo(server, "me!", 3, 0, sa(&from), from.len, &info), 3);
    entry.fd = client;
    entry.events = POLLIN;
    if (SAME(sockets_poll(&entry, 1, 5000), 1) == 1)
        SAME(sockets_recv(client, buf, sizeof(buf), 0), 3);
    /* Only the address, as a caller writes it. */
    memset(&info, 0, sizeof(info));
    info.local = asked;
    SAME(sockets_sendto_pktinfo(server, "me!", 3, 0, sa(&from), from.len, &info), 3);
    SAME(sockets_recv(client, buf, sizeof(buf), 0), 3);
    OK(sockets_close(client));
}

static void ipv4(void)
{
    struct sockets_addr any = ip4("0.0.0.0", 0);
    int server = bound(&any);
    SAME(sockets_set_pktinfo(server, 1), 0);
    ask(server, ip4("127.0.0.1", 0));
    ask(server, ip4("127.0.0.9", 0));
    ask(server, ip4("127.255.0.1", 0));
    OK(sockets_close(server));
}

static void ipv6_and_both(void)
{
    struct sockets_addr any = ip6("::", 0), scoped = ip6("fe80::9", 0);
    int server, only, on = 1, value = 9;
    socklen_t len = sizeof(value);
    if (!have_ipv6()) {
        test_skip("ipv6", "no ::1");
        return;
    }
    add_address("fd00::9", 128);
    add_address("fe80::9", 64);
    server = bound(&any);
    SAME(sockets_set_pktinfo(server, 1), 0);
    ask(server, ip6("::1", 0));
    ask(server, ip6("fd00::9", 0));
    ((struct sockaddr_in6 *)&scoped.storage)->sin6_scope_id = if_nametoindex("lo");
    ask(server, scoped);
    /* IPv4 comes to the same socket. */
    ask(server, ip4("127.0.0.1", 0));
    ask(server, ip4("127.0.0.9", 0));
    SAME(sockets_getsockopt(server, IPPROTO_IP, IP_PKTINFO, &value, &len), 0);
    SAME(value, 1);
    SAME(sockets_set_pktinfo(server, 0), 0);
    SAME(sockets_getsockopt(server, IPPROTO_IP, IP_PKTINFO, &value, &len), 0);
    SAME(value, 0);
    OK(sockets_close(server));
    /* Not where it cannot. */
    only = OK(sockets_socket(AF_INET6, SOCK_DGRAM, 0));
    OK(sockets_setsockopt(only, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)));
    OK(sockets_bind(only, sa(&any), any.len));
    SAME(sockets_set_pktinfo(only, 1), 0);
    SAME(sockets_getsockopt(only, IPPROTO_IP, IP_PKTINFO, &value, &len), 0);
    SAME(value, 0);
    SAME(sockets_getsockopt(only, IPPROTO_IPV6, IPV6_RECVPKTINFO, &value, &len), 0);
    SAME(value, 1);
    ask(only, ip6("::1", 0));
    OK(sockets_close(only));
}

static void turn_on(int fd, int level, int name, int value)
{
    OK(sockets_setsockopt(fd, level, name, &value, sizeof(value)));
}

/* Everything that can come beside it, and it is there. */
static void in_company(void)
{
    struct sockets_addr any = ip6("::", 0);
    int server;
    if (!have_ipv6()) {
        test_skip("ipv6", "no ::1");
        return;
    }
    server = bound(&any);
    turn_on(server, SOL_SOCKET, SO_TIMESTAMPNS, 1);
    turn_on(server, SOL_SOCKET, SO_TIMESTAMPING, 1 << 3 | 1 << 4); /* SOF_TIMESTAMPING_RX_SOFTWARE, _SOFTWARE */
    turn_on(server, SOL_SOCKET, SO_RXQ_OVFL, 1);
    turn_on(server, IPPROTO_UDP, 104, 1); /* UDP_GRO */
    turn_on(server, IPPROTO_IP, IP_RECVTTL, 1);
    turn_on(server, IPPROTO_IP, IP_RECVTOS, 1);
    turn_on(server, IPPROTO_IP, IP_RECVORIGDSTADDR, 1);
    turn_on(server, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
    turn_on(server, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
    SAME(sockets_set_pktinfo(server, 1), 0);
    ask(server, ip6("::1", 0));
    ask(server, ip4("127.0.0.9", 0));
    OK(sockets_close(server));
}

/* A group is not an address to answer from. */
static void a_group(void)
{
    struct sockets_addr any = ip4("0.0.0.0", 0), group = ip4("239.1.2.3", 0), local = ip4("127.0.0.1", 0), from;
    struct sockets_pktinfo info;
    struct ip_mreqn join;
    int server = bound(&any), client = bound(&local);
    char buf[16];
    SAME(sockets_set_pktinfo(server, 1), 0);
    memset(&join, 0, sizeof(join));
    join.imr_multiaddr = ((struct sockaddr_in *)&group.storage)->sin_addr;
    join.imr_ifindex = (int)if_nametoindex("lo");
    OK(sockets_setsockopt(server, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof(join)));
    OK(sockets_setsockopt(client, IPPROTO_IP, IP_MULTICAST_IF, &join, sizeof(join)));
    any = name_of(server);
    ((struct sockaddr_in *)&group.storage)->sin_port = htons((uint16_t)sockets_addr_port(sa(&any), any.len));
    OK(sockets_sendto(client, "all?", 4, 0, sa(&group), group.len));
    SAME(sockets_recvfrom_pktinfo(server, buf, sizeof(buf), 0, out(&from), &from.len, &info), 4);
    CHECK(same_ip(&info.destination, &group));
    CHECK(same_ip(&info.local, &local));
    SAME(sockets_sendto_pktinfo(server, "me!", 3, 0, sa(&from), from.len, &info), 3);
    SAME(sockets_recvfrom(client, buf, sizeof(buf), 0, out(&from), &from.len), 3);
    CHECK(same_ip(&from, &local));
    /* Of IPv6 there is no such answer: only the interface is named. */
    if (have_ipv6()) {
        struct sockets_addr any6 = ip6("::", 0), one = ip6("::1", 0);
        int fd = bound(&any6);
        memset(&info, 0, sizeof(info));
        info.destination = ip6("ff02::1", 0);
        info.ifindex = if_nametoindex("lo");
        any6 = name_of(fd);
        ((struct sockaddr_in6 *)&one.storage)->sin6_port = ((struct sockaddr_in6 *)&any6.storage)->sin6_port;
        SAME(sockets_sendto_pktinfo(fd, "x", 1, 0, sa(&one), one.len, &info), 1);
        info.ifindex = 4711;
        FAILS(sockets_sendto_pktinfo(fd, "x", 1, 0, sa(&one), one.len, &info), ENODEV);
        OK(sockets_close(fd));
    }
    OK(sockets_close(server));
    OK(sockets_close(client));
}

/* Without the option, and on sockets that have no such thing. */
static void nobody_says(void)
{
    struct sockets_addr addr = ip4("127.0.0.1", 0), from;
    struct sockets_pktinfo info;
    int fd = bound(&addr), pair[2], fds[1] = {1}, before;
    char buf[4];
    addr = name_of(fd);
    OK(sockets_sendto(fd, "123456", 6, 0, sa(&addr), addr.len));
    memset(&info, 0xee, sizeof(info));
    SAME(sockets_recvfrom_pktinfo(fd, buf, sizeof(buf), 0, out(&from), &from.len, &info), 4);
    CHECK(info.local.len == 0 && info.destination.len == 0 && info.ifindex == 0);
    CHECK(info.msg_flags & MSG_TRUNC);
    SAME(from.len, 16);
    /* As sendto. */
    SAME(sockets_sendto_pktinfo(fd, "12", 2, 0, sa(&addr), addr.len, &info), 2);
    SAME(sockets_sendto_pktinfo(fd, "34", 2, 0, sa(&addr), addr.len, NULL), 2);
    SAME(sockets_recvfrom_pktinfo(fd, buf, sizeof(buf), 0, NULL, NULL, &info), 2);
    /* An address that is cut, as recvfrom cuts it. */
    memset(&from, 0xee, sizeof(from));
    from.len = 8;
    SAME(sockets_recvfrom_pktinfo(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from.storage, &from.len, &info), 2);
    SAME(from.len, 16);
    CHECK(memcmp(&from.storage, &addr.storage, 8) == 0);
    SAME(((unsigned char *)&from.storage)[8], 0xee);
    OK(sockets_close(fd));

    OK(sockets_socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
    FAILS(sockets_set_pktinfo(pair[0], 1), EAFNOSUPPORT);
    OK(sockets_send_fds(pair[0], "x", 1, 0, fds, 1));
    before = open_descriptors();
    SAME(sockets_recvfrom_pktinfo(pair[1], buf, sizeof(buf), 0, out(&from), &from.len, &info), 1);
    SAME(open_descriptors(), before);
    CHECK(info.local.len == 0 && from.len == 0);
    close_both(pair);
}

static void bad_arguments(void)
{
    struct sockets_addr addr = ip4("127.0.0.1", 0), from;
    struct sockets_pktinfo info, before;
    int fd = bound(&addr);
    char buf[4];
    addr = name_of(fd);
    memset(&info, 0xee, sizeof(info));
    before = info;
    FAILS(sockets_set_pktinfo(-1, 1), EBADF);
    FAILS(sockets_set_pktinfo(2, 1), ENOTSOCK);
    FAILS(sockets_recvfrom_pktinfo(fd, buf, 4, MSG_DONTWAIT, out(&from), &from.len, &info), EAGAIN);
    SAME(from.len, sizeof(from.storage));
    FAILS(sockets_recvfrom_pktinfo(fd, buf, 4, 0, out(&from), &from.len, NULL), EFAULT);
    FAILS(sockets_recvfrom_pktinfo(fd, buf, 4, 0, out(&from), NULL, &info), EFAULT);
    FAILS(sockets_recvfrom_pktinfo(-1, buf, 4, 0, out(&from), &from.len, &info), EBADF);
    from.len = (socklen_t)-1;
    FAILS(sockets_recvfrom_pktinfo(fd, buf, 4, 0, (struct sockaddr *)&from.storage, &from.len, &info), EINVAL);
    SAME(memcmp(&info, &before, sizeof(info)), 0);
    memset(&info, 0, sizeof(info));
    FAILS(sockets_sendto_pktinfo(-1, "x", 1, 0, sa(&addr), addr.len, &info), EBADF);
    FAILS(sockets_sendto_pktinfo(fd, NULL, 1, 0, sa(&addr), addr.len, &info), EFAULT);
    FAILS(sockets_sendto_pktinfo(fd, "x", 1, 0, NULL, 0, &info), EDESTADDRREQ);
    info.local = un("name", 4);
    FAILS(sockets_sendto_pktinfo(fd, "x", 1, 0, sa(&addr), addr.len, &info), EAFNOSUPPORT);
    info.local = ip4("127.0.0.1", 0);
    info.local.len = 3;
    FAILS(sockets_sendto_pktinfo(fd, "x", 1, 0, sa(&addr), addr.len, &info), EINVAL);
    info.local.len = (socklen_t)-1;
    SAME(sockets_sendto_pktinfo(fd, "x", 1, 0, sa(&addr), addr.len, &info), 1);
    info.local = ip4("192.0.2.1", 0);
    CHECK(sockets_sendto_pktinfo(fd, "x", 1, 0, sa(&addr), addr.len, &info) < 0);
    info.local = ip4("169.254.0.1", 0);
    info.ifindex = UINT_MAX;
    FAILS(sockets_sendto_pktinfo(fd, "x", 1, 0, sa(&addr), addr.len, &info), EINVAL);
    OK(sockets_close(fd));
}

int main(void)
{
    test_begin();
    CASE(ipv4);
    CASE(ipv6_and_both);
    CASE(in_company);
    CASE(a_group);
    CASE(nobody_says);
    CASE(bad_arguments);
    return test_end();
}
