/*
 * Names of hosts and services, interfaces, and several addresses for one name: what is found, the codes of what is
 * not, and arguments that are wrong. Asks no name server.
 */

#include "test.h"

#include <net/if.h>
#include <netdb.h>

#define NUMERIC (AI_NUMERICHOST | AI_NUMERICSERV)

static struct sockets_addr found[16];

static void numbers_need_nobody(void)
{
    struct sockets_addr want = ip4("192.0.2.1", 80);
    memset(found, 0xa5, sizeof(found));
    SAME(sockets_resolve("192.0.2.1", "80", NUMERIC, AF_UNSPEC, SOCK_STREAM, found, 16, NULL, 0), 1);
    CHECK(same_addr(&found[0], &want));
    want = ip6("2001:db8::1", 65535);
    SAME(sockets_resolve("2001:db8::1", "65535", NUMERIC, AF_UNSPEC, SOCK_DGRAM, found, 16, NULL, 0), 1);
    CHECK(same_addr(&found[0], &want));
    /* Of any type, but once. */
    SAME(sockets_resolve("192.0.2.1", "80", NUMERIC, AF_UNSPEC, 0, found, 16, NULL, 0), 1);
    /* What has no room is counted. */
    SAME(sockets_resolve("192.0.2.1", NULL, NUMERIC, AF_UNSPEC, SOCK_STREAM, NULL, 0, NULL, 0), 1);
    want = ip4("0.0.0.0", 53);
    SAME(sockets_resolve(NULL, "53", NUMERIC | AI_PASSIVE, AF_INET, SOCK_DGRAM, found, 1, NULL, 0), 1);
    CHECK(same_addr(&found[0], &want));
    want = ip4("127.0.0.1", 53);
    SAME(sockets_resolve(NULL, "53", NUMERIC, AF_INET, SOCK_DGRAM, found, 1, NULL, 0), 1);
    CHECK(same_addr(&found[0], &want));
}

static void the_canonical_name(void)
{
    char name[64];
    SAME(sockets_resolve("192.0.2.1", NULL, AI_NUMERICHOST | AI_CANONNAME, AF_INET, SOCK_STREAM, found, 1, name,
                         sizeof(name)),
         1);
    CHECK(strcmp(name, "192.0.2.1") == 0);
    memset(name, 'x', sizeof(name));
    SAME(sockets_resolve("192.0.2.1", NULL, AI_NUMERICHOST | AI_CANONNAME, AF_INET, SOCK_STREAM, found, 1, name, 5), 1);
    CHECK(strcmp(name, "192.") == 0 && name[5] == 'x');
    SAME(sockets_resolve("192.0.2.1", NULL, AI_NUMERICHOST, AF_INET, SOCK_STREAM, found, 1, name, 5), 1);
    CHECK(name[0] == 0);
}

/* A code is no errno: its number is far below, and errno says something true. */
static void is_code(int rc, int want, const char *name)
{
    SAME(rc, want);
    SAME(errno, EADDRNOTAVAIL);
    CHECK(rc < -4095);
    CHECK(strcmp(sockets_err_name(rc), name) == 0);
    CHECK(strcmp(sockets_strerror(rc), "Unknown error") != 0);
}

static void codes_are_no_errno(void)
{
    is_code(sockets_resolve("no number", "80", NUMERIC, AF_UNSPEC, SOCK_STREAM, found, 16, NULL, 0), SOCKETS_EAI_NONAME,
            "EAI_NONAME");
    is_code(sockets_resolve(NULL, NULL, 0, AF_UNSPEC, SOCK_STREAM, found, 16, NULL, 0), SOCKETS_EAI_NONAME, "EAI_NONAME");
    is_code(sockets_resolve("192.0.2.1", "80", NUMERIC, AF_UNIX, SOCK_STREAM, found, 16, NULL, 0), SOCKETS_EAI_FAMILY,
            "EAI_FAMILY");
    is_code(sockets_resolve("192.0.2.1", "80", NUMERIC, AF_INET, 99, found, 16, NULL, 0), SOCKETS_EAI_SOCKTYPE,
            "EAI_SOCKTYPE");
    is_code(sockets_resolve("192.0.2.1", "80", 1 << 30, AF_INET, SOCK_STREAM, found, 16, NULL, 0), SOCKETS_EAI_BADFLAGS,
            "EAI_BADFLAGS");
#ifdef AI_IDN
    is_code(sockets_resolve("a\342\222\210b", "80", AI_IDN, AF_INET, SOCK_STREAM, found, 16, NULL, 0), SOCKETS_EAI_IDN_ENCODE,
            "EAI_IDN_ENCODE");
#endif
    is_code(sockets_resolve("192.0.2.1", "no-such-service", AI_NUMERICHOST, AF_INET, SOCK_STREAM, found, 16, NULL, 0),
            SOCKETS_EAI_SERVICE, "EAI_SERVICE");
    SAME(SOCKETS_EAI_NONAME, -5000 + EAI_NONAME);
    SAME(SOCKETS_EAI_AGAIN, -5000 + EAI_AGAIN);
    SAME(SOCKETS_EAI_OVERFLOW, -5000 + EAI_OVERFLOW);
    SAME(SOCKETS_EAI_MEMORY, -5000 + EAI_MEMORY);
    CHECK(sockets_err_name(-5011) == NULL);
}

static void addresses_have_names(void)
{
    struct sockets_addr addr = ip4("192.0.2.1", 80);
    char host[NI_MAXHOST], service[NI_MAXSERV];
    int flags = NI_NUMERICHOST | NI_NUMERICSERV;
    SAME(sockets_getnameinfo(sa(&addr), addr.len, host, sizeof(host), service, sizeof(service), flags), 0);
    CHECK(strcmp(host, "192.0.2.1") == 0 && strcmp(service, "80") == 0);
    SAME(sockets_getnameinfo(sa(&addr), addr.len, NULL, 0, service, 3, flags), 0);
    SAME(sockets_getnameinfo(sa(&addr), addr.len, host, 10, NULL, 0, flags), 0);
    memset(host, 'x', sizeof(host));
    is_code(sockets_getnameinfo(sa(&addr), addr.len, host, 9, NULL, 0, flags), SOCKETS_EAI_OVERFLOW, "EAI_OVERFLOW");
    CHECK(host[0] == 'x');
    is_code(sockets_getnameinfo(NULL, 0, host, sizeof(host), NULL, 0, flags), SOCKETS_EAI_FAMILY, "EAI_FAMILY");
    FAILS(sockets_getnameinfo(NULL, 16, host, sizeof(host), NULL, 0, flags), EFAULT);
    FAILS(sockets_getnameinfo(sa(&addr), 1, host, sizeof(host), NULL, 0, flags), EINVAL);
    FAILS(sockets_getnameinfo(sa(&addr), 129, host, sizeof(host), NULL, 0, flags), EINVAL);
    FAILS(sockets_getnameinfo(sa(&addr), addr.len, NULL, 5, NULL, 0, flags), EFAULT);
#ifdef __GLIBC__
    /* What is behind the length is not the address. */
    addr = un("/run/x.sock", 11);
    SAME(sockets_getnameinfo(sa(&addr), 2 + 4, host, sizeof(host), service, sizeof(service), flags), 0);
    CHECK(strcmp(service, "/run") == 0);
    SAME(sockets_getnameinfo(sa(&addr), 2, host, sizeof(host), service, sizeof(service), flags), 0);
    CHECK(service[0] == 0);
#endif
}

static void interfaces(void)
{
    struct sockets_ifaddr all[64];
    struct sockets_addr loopback = ip4("127.0.0.1", 0);
    char name[IF_NAMESIZE];
    int n = OK(sockets_getifaddrs(all, 64)), lo = OK(sockets_if_nametoindex("lo")), i, hardware = 0, found_it = 0;
    SAME(lo, if_nametoindex("lo"));
    SAME(sockets_if_indextoname((unsigned)lo, name), 0);
    CHECK(strcmp(name, "lo") == 0);
    SAME(sockets_getifaddrs(NULL, 0), n);
    CHECK(n >= 2 && n <= 64);
    for (i = 0; i < n; i++) {
        if (strcmp(all[i].name, "lo") != 0)
            continue;
        SAME(all[i].index, lo);
        CHECK(all[i].flags & IFF_LOOPBACK);
        if (all[i].addr.storage.ss_family == AF_PACKET)
            hardware += sockets_addr_get_link(sa(&all[i].addr), all[i].addr.len, NULL, NULL, NULL, NULL, NULL, 0) == 6;
        if (same_addr(&all[i].addr, &loopback)) {
            struct sockets_addr mask = ip4("255.0.0.0", 0);
            CHECK(same_addr(&all[i].netmask, &mask));
            found_it++;
        }
    }
    CHECK(hardware == 1 && found_it == 1);
    FAILS(sockets_if_nametoindex("no-such-dev"), ENODEV);
    FAILS(sockets_if_nametoindex("lo:1"), ENODEV);
    FAILS(sockets_if_nametoindex(""), ENODEV);
    FAILS(sockets_if_nametoindex(NULL), EFAULT);
    FAILS(sockets_if_indextoname(4711, name), ENXIO);
    FAILS(sockets_if_indextoname(0, name), ENXIO);
    FAILS(sockets_if_indextoname((unsigned)lo, NULL), EFAULT);
    FAILS(sockets_getifaddrs(NULL, 1), EFAULT);
    FAILS(sockets_getifaddrs(all, SIZE_MAX), EINVAL);
}

/* An address with a label is one of its interface. */
static void an_alias(void)
{
    static struct sockets_ifaddr all[64];
    struct sockets_addr alias = ip4("192.0.2.9", 0);
    struct ifreq request;
    int fd = OK(sockets_socket(AF_INET, SOCK_DGRAM, 0)), n, i, found_it = 0;
    memset(&request, 0, sizeof(request));
    strcpy(request.ifr_name, "lo:1");
    memcpy(&request.ifr_addr, &alias.storage, alias.len);
    SAME(ioctl(fd, SIOCSIFADDR, &request), 0);
    n = OK(sockets_getifaddrs(all, 64));
    for (i = 0; i < n; i++) {
        if (strcmp(all[i].name, "lo:1") != 0)
            continue;
        SAME(all[i].index, if_nametoindex("lo"));
        CHECK(same_addr(&all[i].addr, &alias));
        found_it++;
    }
    SAME(found_it, 1);
    memset(&request.ifr_addr, 0, sizeof(request.ifr_addr));
    request.ifr_addr.sa_family = AF_INET;
    SAME(ioctl(fd, SIOCSIFADDR, &request), 0);
    OK(sockets_close(fd));
}

static int calls;

static int no_delay(int fd, void *arg)
{
    int on = 1;
    calls++;
    return arg ? sockets_setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) : -ENOTTY;
}

static int result_of(int fd, void *arg)
{
    (void)fd;
    return *(int *)arg;
}

/* A result that is no errno is an error all the same. */
static void odd_results(const struct sockets_addr *addr)
{
    int odd[4] = {-200, SOCKETS_EAI_NONAME, -1000000, INT_MIN}, i, error;
    for (i = 0; i < 4; i++) {
        FAILS(sockets_connect_any(addr, 1, SOCK_STREAM, -1, -1, result_of, &odd[i], &error), EINVAL);
        SAME(error, EINVAL);
        FAILS(sockets_bind_any(addr, 1, SOCK_STREAM, result_of, &odd[i], NULL), EINVAL);
    }
}

static void the_first_that_works(void)
{
    struct sockets_addr addrs[3];
    int errors[3] = {7, 7, 7}, on = 0, fd, delay, holder;
    socklen_t len = sizeof(on);
    int listener;
    addrs[2] = ip4("127.0.0.1", 0);
    listener = listener_at(&addrs[2], SOCK_STREAM, 4);
    /* Bound and not listening: refused. */
    addrs[0] = ip4("127.0.0.1", 0);
    holder = OK(sockets_socket(AF_INET, SOCK_STREAM, 0));
    OK(sockets_bind(holder, sa(&addrs[0]), addrs[0].len));
    addrs[0] = name_of(holder);
    addrs[1] = addrs[0];
    for (delay = -1; delay <= 250; delay += 251) {
        calls = 0;
        fd = OK(sockets_connect_any(addrs, 3, SOCK_STREAM, 10000, delay, no_delay, &on, errors));
        SAME(calls, 3);
        SAME(errors[0] | errors[1] | errors[2], 0);
        addrs[1] = peer_of(fd);
        CHECK(same_addr(&addrs[1], &addrs[2]));
        addrs[1] = addrs[0];
        OK(sockets_getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &len));
        SAME(on, 1);
        SAME(sockets_nonblocking(fd), 0);
        SAME(sockets_cloexec(fd), 1);
        OK(sockets_close(fd));
    }
    FAILS(sockets_connect_any(addrs, 2, SOCK_STREAM, -1, -1, NULL, NULL, errors), ECONNREFUSED);
    SAME(errors[0], ECONNREFUSED);
    SAME(errors[1], ECONNREFUSED);
    FAILS(sockets_connect_any(addrs + 2, 1, SOCK_STREAM, -1, -1, no_delay, NULL, errors), ENOTTY);
    SAME(errors[0], ENOTTY);
    OK(sockets_close(listener));
    odd_results(&addrs[0]);

    /* The first is taken, the second is not of this machine. */
    addrs[1] = ip4("192.0.2.1", 0);
    addrs[2] = ip4("127.0.0.1", 0);
    fd = OK(sockets_bind_any(addrs, 3, SOCK_STREAM, NULL, NULL, errors));
    OK(sockets_close(fd));
    FAILS(sockets_bind_any(addrs, 2, SOCK_STREAM, NULL, NULL, errors), EADDRNOTAVAIL);
    SAME(errors[0], EADDRINUSE);
    SAME(errors[1], EADDRNOTAVAIL);
    OK(sockets_close(holder));
}

static void bad_arguments(void)
{
    struct sockets_addr addr = ip4("127.0.0.1", 1), odd = addr;
    odd.len = sizeof(odd.storage) + 1;
    FAILS(sockets_connect_any(NULL, 0, SOCK_STREAM, -1, -1, NULL, NULL, NULL), EADDRNOTAVAIL);
    FAILS(sockets_connect_any(NULL, 1, SOCK_STREAM, -1, -1, NULL, NULL, NULL), EFAULT);
    FAILS(sockets_connect_any(&addr, SIZE_MAX, SOCK_STREAM, -1, -1, NULL, NULL, NULL), EINVAL);
    FAILS(sockets_connect_any(&addr, 1, SOCK_STREAM, -2, -1, NULL, NULL, NULL), EINVAL);
    FAILS(sockets_connect_any(&addr, 1, SOCK_STREAM, -1, -2, NULL, NULL, NULL), EINVAL);
    FAILS(sockets_connect_any(&odd, 1, SOCK_STREAM, -1, -1, NULL, NULL, NULL), EINVAL);
    FAILS(sockets_connect_any(&addr, 1, 99, -1, -1, NULL, NULL, NULL), EINVAL);
    FAILS(sockets_bind_any(NULL, 0, SOCK_STREAM, NULL, NULL, NULL), EADDRNOTAVAIL);
    FAILS(sockets_bind_any(NULL, 1, SOCK_STREAM, NULL, NULL, NULL), EFAULT);
    FAILS(sockets_resolve("1", "1", NUMERIC, AF_INET, SOCK_STREAM, NULL, 1, NULL, 0), EFAULT);
    FAILS(sockets_resolve("1", "1", NUMERIC, AF_INET, SOCK_STREAM, found, SIZE_MAX, NULL, 0), EINVAL);
    FAILS(sockets_resolve("1", "1", NUMERIC, AF_INET, SOCK_STREAM, found, 1, NULL, 1), EFAULT);
    FAILS(sockets_resolve("1", "1", NUMERIC, AF_INET, SOCK_STREAM, found, 1, (char *)found, (size_t)SSIZE_MAX + 1), EINVAL);
}

int main(void)
{
    test_begin();
    CASE(numbers_need_nobody);
    CASE(the_canonical_name);
    CASE(codes_are_no_errno);
    CASE(addresses_have_names);
    CASE(interfaces);
    CASE(an_alias);
    CASE(the_first_that_works);
    CASE(bad_arguments);
    return test_end();
}
