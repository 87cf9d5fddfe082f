/*
 * Addresses as text and back: every form, every cut, and every address that somebody hostile could have
 * made. All memory ends where a page ends, so that one byte too many is a crash.
 */

#include "test.h"

#include <net/if.h>

#define PLACE 4096
static char *in_end, *out_end; /* the end of readable, of writable memory */

static void map_memory(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *map = (char *)mmap(NULL, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(map != (char *)MAP_FAILED);
    SAME(mprotect(map + page, page, PROT_NONE) + mprotect(map + 3 * page, page, PROT_NONE), 0);
    in_end = map + page;
    out_end = map + 3 * page;
}

/* The bytes, copied to where nothing comes after. */
static const void *at_end(const void *bytes, size_t len)
{
    if (len)
        memcpy(in_end - len, bytes, len);
    return in_end - len;
}

static int format(const struct sockaddr *addr, socklen_t len, char *text, size_t size)
{
    int rc = sockets_addr_format((const struct sockaddr *)at_end(addr, len), len, out_end - size, size);
    if (size)
        memcpy(text, out_end - size, size);
    return rc;
}

static int parse(const char *text, struct sockets_addr *out)
{
    return sockets_addr_parse((const char *)at_end(text, strlen(text) + 1), out);
}

/* The text means the address, and the address has the text. */
static void is_text_of(const char *text, struct sockets_addr addr, const char *canonical)
{
    struct sockets_addr got;
    char back[600];
    snprintf(test_detail, sizeof(test_detail), "%s", text);
    memset(&got, 0x5a, sizeof(got));
    SAME(parse(text, &got), 0);
    SAME(got.len, addr.len);
    /* What is behind the length is zero, so the whole can be compared. */
    CHECK(memcmp(&got, &addr, sizeof(addr)) == 0);
    SAME(format(sa(&addr), addr.len, back, sizeof(back)), strlen(canonical));
    CHECK(strcmp(back, canonical) == 0);
    test_detail[0] = 0;
}

static struct sockets_addr scoped(struct sockets_addr addr, uint32_t scope)
{
    ((struct sockaddr_in6 *)&addr.storage)->sin6_scope_id = scope;
    return addr;
}

static struct sockets_addr other(int family, const void *data, size_t len)
{
    struct sockets_addr addr;
    memset(&addr, 0, sizeof(addr));
    addr.storage.ss_family = (sa_family_t)family;
    if (len)
        memcpy((char *)&addr.storage + sizeof(sa_family_t), data, len);
    addr.len = (socklen_t)(sizeof(sa_family_t) + len);
    return addr;
}

static void every_form(void)
{
    char loopback[64], path[120], text[200];
    struct sockets_addr none;
    unsigned index = if_nametoindex("lo");
    is_text_of("127.0.0.1:80", ip4("127.0.0.1", 80), "127.0.0.1:80");
    is_text_of("0.0.0.0:0", ip4("0.0.0.0", 0), "0.0.0.0:0");
    is_text_of("255.255.255.255:65535", ip4("255.255.255.255", 65535), "255.255.255.255:65535");
    is_text_of("[::1]:80", ip6("::1", 80), "[::1]:80");
    is_text_of("[::]:0", ip6("::", 0), "[::]:0");
    is_text_of("[2001:DB8:0:0::1]:443", ip6("2001:db8::1", 443), "[2001:db8::1]:443");
    is_text_of("[::ffff:1.2.3.4]:5", ip6("::ffff:1.2.3.4", 5), "[::ffff:1.2.3.4]:5");
    is_text_of("[fe80::1%2]:80", scoped(ip6("fe80::1", 80), 2), "[fe80::1%2]:80");
    is_text_of("[fe80::1%4294967295]:80", scoped(ip6("fe80::1", 80), UINT32_MAX), "[fe80::1%4294967295]:80");
    if (CHECK(index != 0)) {
        snprintf(loopback, sizeof(loopback), "[fe80::1%%%u]:80", index);
        is_text_of("[fe80::1%lo]:80", scoped(ip6("fe80::1", 80), index), loopback);
    }
    is_text_of("unix:/run/x.sock", un_path("/run/x.sock"), "unix:/run/x.sock");
    is_text_of("unix:relative path", un_path("relative path"), "unix:relative path");
    is_text_of("unix:", un("", 0), "unix:");
    is_text_of("unix:@", un("\0", 1), "unix:@");
    is_text_of("unix:@name", un("\0name", 5), "unix:@name");
    is_text_of("unix:@a\\x00b", un("\0a\0b", 4), "unix:@a\\x00b");
    is_text_of("unix:\\x40at", un_path("@at"), "unix:\\x40at");
    is_text_of("unix:back\\\\slash\\x0anew", un_path("back\\slash\nnew"), "unix:back\\\\slash\\x0anew");
    is_text_of("unix:\\xC3\\xA4\\xff", un_path("\xc3\xa4\xff"), "unix:\xc3\xa4\\xff");
    is_text_of("af:31:00000a00", other(31, "\0\0\n\0", 4), "af:31:00000a00");
    is_text_of("af:16:00000a00", other(16, "\0\0\n\0", 4), "af:16:00000a00");
    is_text_of("af:65535:ABcd", other(65535, "\xab\xcd", 2), "af:65535:abcd");
    is_text_of("af:17:", other(17, "", 0), "af:17:");
    memset(&none, 0, sizeof(none));
    is_text_of("af:", none, "af:");

    /* A path of 107 bytes has a NUL, one of 108 has no room for it. */
    memset(path, 'p', sizeof(path));
    memcpy(text, "unix:", 5);
    memcpy(text + 5, path, 108);
    text[5 + 108] = 0;
    is_text_of(text, un(path, 108), text);
    text[5 + 107] = 0;
    path[107] = 0;
    is_text_of(text, un(path, 108), text);
}

static void what_is_no_address(void)
{
    static const char *const bad[] = {
        "", " ", "localhost:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:80 ",
        " 127.0.0.1:80", "127.0.0.256:80", "127.1:80", "01.2.3.4:80", "0x7f.0.0.1:80", "::1", "::1:80", "[::1]",
        "[::1]:", "[::1:80", "::1]:80", "[]:80", "[::1]:65536", "[1.2.3.4]:80", "[::1]80", "[fe80::1%]:80",
        "[fe80::1%4294967296]:80", "[fe80::1%2:80", "[%lo]:80", "unix", "UNIX:/x", "unix:\\", "unix:\\n",
        "unix:\\x", "unix:\\x4", "unix:\\xg0", "unix:\\x+1", "unix:a\\x00b", "unix:\\x00a", "af", "af:16",
        "af:x:", "af:65536:", "af:-1:", "af:16:0", "af:16:0g", "af:16:00 ", "\xff\xfe", "unix:\xff",
        "af:1:\xc3\xa4"};
    struct sockets_addr out, before;
    char text[400];
    size_t i;
    memset(&out, 0x5a, sizeof(out));
    before = out;
    for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        snprintf(test_detail, sizeof(test_detail), "%s", bad[i]);
        FAILS(parse(bad[i], &out), EINVAL);
    }
    test_detail[0] = 0;
    FAILS(parse("[fe80::1%no-such-link]:80", &out), ENODEV);
    memset(text, 'p', sizeof(text));
    memcpy(text, "unix:", 5);
    text[5 + 109] = 0;
    FAILS(parse(text, &out), ENAMETOOLONG);
    text[5] = '@';
    FAILS(parse(text, &out), ENAMETOOLONG);
    memset(text, '0', sizeof(text));
    memcpy(text, "af:16:", 6);
    text[6 + 2 * 127] = 0;
    FAILS(parse(text, &out), EINVAL);
    FAILS(sockets_addr_parse(NULL, &out), EFAULT);
    FAILS(sockets_addr_parse("127.0.0.1:80", NULL), EFAULT);
    FAILS(sockets_addr_parse(NULL, NULL), EFAULT);
    CHECK(memcmp(&out, &before, sizeof(out)) == 0);
    text[6 + 2 * 126] = 0;
    SAME(parse(text, &out), 0);
    SAME(out.len, sizeof(struct sockaddr_storage));
}

static void unix_names(void)
{
    struct sockets_addr out, want, before;
    char name[200];
    size_t len;
    memset(name, 'n', sizeof(name));
    for (len = 0; len <= 108; len++) {
        memset(&out, 0x5a, sizeof(out));
        SAME(sockets_addr_unix(at_end(name, len), len, &out), 0);
        want = un(name, len);
        if (len > 0 && len < 108)
            want.len++; /* the NUL */
        CHECK(memcmp(&out, &want, sizeof(out)) == 0);
    }
    name[0] = 0;
    for (len = 1; len <= 108; len++) {
        memset(&out, 0x5a, sizeof(out));
        SAME(sockets_addr_unix(at_end(name, len), len, &out), 0);
        want = un(name, len);
        CHECK(memcmp(&out, &want, sizeof(out)) == 0);
    }
    SAME(sockets_addr_unix(NULL, 0, &out), 0);
    want = un("", 0);
    CHECK(memcmp(&out, &want, sizeof(out)) == 0);

    memset(&out, 0x5a, sizeof(out));
    before = out;
    FAILS(sockets_addr_unix(at_end(name, 109), 109, &out), ENAMETOOLONG);
    name[0] = 'n';
    FAILS(sockets_addr_unix(at_end(name, 109), 109, &out), ENAMETOOLONG);
    /* A length that cannot be: nothing is read. */
    FAILS(sockets_addr_unix(at_end(name, 16), 4096, &out), ENAMETOOLONG);
    FAILS(sockets_addr_unix(at_end(name, 16), SSIZE_MAX, &out), ENAMETOOLONG);
    FAILS(sockets_addr_unix(at_end(name, 16), SIZE_MAX, &out), ENAMETOOLONG);
    FAILS(sockets_addr_unix("em\0bedded", 9, &out), EINVAL);
    FAILS(sockets_addr_unix("end\0", 4, &out), EINVAL);
    FAILS(sockets_addr_unix(NULL, 5, &out), EFAULT);
    FAILS(sockets_addr_unix("x", 1, NULL), EFAULT);
    CHECK(memcmp(&out, &before, sizeof(out)) == 0);
}

static void cut_like_snprintf(void)
{
    static const char whole[] = "[2001:db8::dead:beef%7]:65535";
    struct sockets_addr addr = scoped(ip6("2001:db8::dead:beef", 65535), 7);
    char got[64], want[64];
    size_t size;
    for (size = 0; size < sizeof(got); size++) {
        memset(got, '#', sizeof(got));
        memset(want, '#', sizeof(want));
        snprintf(want, size, "%s", whole);
        SAME(sockets_addr_format(sa(&addr), addr.len, got, size), sizeof(whole) - 1);
        CHECK(memcmp(got, want, sizeof(got)) == 0);
        /* And up to the last byte that there is. */
        memset(got, '#', sizeof(got));
        SAME(format(sa(&addr), addr.len, got, size), sizeof(whole) - 1);
        CHECK(strncmp(got, want, size) == 0);
    }
    SAME(sockets_addr_format(sa(&addr), addr.len, NULL, 0), sizeof(whole) - 1);
    SAME(sockets_addr_format(NULL, 0, got, sizeof(got)), 3);
    CHECK(strcmp(got, "af:") == 0);

    memset(got, '#', sizeof(got));
    memcpy(want, got, sizeof(want));
    FAILS(sockets_addr_format(sa(&addr), addr.len, NULL, 1), EFAULT);
    FAILS(sockets_addr_format(NULL, 16, got, sizeof(got)), EFAULT);
    FAILS(sockets_addr_format(sa(&addr), 1, got, sizeof(got)), EINVAL);
    FAILS(sockets_addr_format((const struct sockaddr *)at_end(&addr, 16), sizeof(struct sockaddr_storage) + 1, got,
                              sizeof(got)),
          EINVAL);
    FAILS(sockets_addr_format((const struct sockaddr *)at_end(&addr, 16), (socklen_t)-1, got, sizeof(got)), EINVAL);
    FAILS(sockets_addr_format(sa(&addr), addr.len, got, (size_t)SSIZE_MAX + 1), EINVAL);
    FAILS(sockets_addr_format(sa(&addr), addr.len, got, SIZE_MAX), EINVAL);
    CHECK(memcmp(got, want, sizeof(got)) == 0);
}

/* The n-th of a fixed sequence of numbers. */
static unsigned next_number(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

/* Any bytes at all: they have a text, which is complete and parses to an address of the same text. */
static void anything(unsigned char *bytes, size_t len, int family)
{
    char text[1024], again[1024];
    struct sockets_addr back;
    int n, rc;
    sa_family_t stored = (sa_family_t)family;
    if (len >= sizeof(stored))
        memcpy(bytes, &stored, sizeof(stored));
    snprintf(test_detail, sizeof(test_detail), "family %d, length %lu", family, (unsigned long)len);
    n = format((const struct sockaddr *)bytes, (socklen_t)len, text, sizeof(text));
    if (len == 1) {
        SAME(n, -EINVAL);
        return;
    }
    if (!CHECK(n > 0 && (size_t)n < sizeof(text) && strlen(text) == (size_t)n))
        return;
    rc = parse(text, &back);
    if (family == AF_UNIX && len > sizeof(struct sockaddr_un)) {
        /* No kernel has such a name, and no address can be made of it. */
        CHECK(rc == 0 || rc == -ENAMETOOLONG);
        return;
    }
    SAME(rc, 0);
    SAME(format(sa(&back), back.len, again, sizeof(again)), n);
    CHECK(strcmp(text, again) == 0);
    /* getsockname(2) leaves out the zeros behind the hardware address of a packet socket. */
    if (strncmp(text, "link:", 5) == 0)
        CHECK(back.len >= len && memcmp(&back.storage, bytes, len) == 0);
    else if (family != AF_INET && family != AF_INET6 && family != AF_UNIX)
        CHECK(back.len == len && memcmp(&back.storage, bytes, len) == 0);
    if (family == AF_UNIX && len > 2 && bytes[2] == 0)
        CHECK(back.len == len && memcmp(&back.storage, bytes, len) == 0);
}

static void hostile_addresses(void)
{
    static const int families[] = {AF_UNSPEC, AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, 40, 99, 65535};
    unsigned char bytes[128];
    unsigned state = 1;
    size_t len, f, i;
    int fill;
    for (f = 0; f < sizeof(families) / sizeof(*families); f++)
        for (len = 0; len <= sizeof(bytes); len++)
            for (fill = 0; fill < 6; fill++) {
                for (i = 0; i < sizeof(bytes); i++)
                    bytes[i] = (unsigned char)(fill == 0   ? 0
                                               : fill == 1 ? 255
                                               : fill == 2 ? 'a'
                                               : fill == 3 ? '\\'
                                                           : next_number(&state));
                if (fill == 5)
                    bytes[2] = 0; /* abstract */
                anything(bytes, len, families[f]);
            }
}

int main(void)
{
    test_begin();
    map_memory();
    CASE(every_form);
    CASE(what_is_no_address);
    CASE(unix_names);
    CASE(cut_like_snprintf);
    CASE(hostile_addresses);
    return test_end();
}
