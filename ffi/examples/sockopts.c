/*
 * All options of a socket, as a table: of a new one of any kind, or of one that this program inherits.
 *
 *     cc -Iinclude ffi/examples/sockopts.c target/release/libsockets.a -o sockopts
 *     ./sockopts tcp
 *     ./sockopts -a udp6
 *     ./sockopts -f 3 3<>/dev/udp/127.0.0.1/53      (bash makes the socket)
 *
 * The same program in Rust: examples/sockopts.rs. Both print the same.
 */
#define _POSIX_C_SOURCE 200112L

#include "sockets.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char USAGE[] =
    "usage: sockopts [-a] KIND\n"
    "       sockopts [-a] -f DESCRIPTOR\n"
    "       sockopts [-a] DOMAIN TYPE PROTOCOL\n"
    "\n"
    "  KIND  tcp tcp6 udp udp6 unix unix-dgram unix-seqpacket icmp icmp6 raw raw6\n"
    "  -f    a descriptor that this program inherits: 0 is standard input\n"
    "  -a    also the options that the socket does not have, and why; and those that can only be set\n"
    "  DOMAIN TYPE PROTOCOL  the arguments of socket(2), as numbers\n"
    "\n"
    "The second column says of an option that can be set whether it is as a new socket of the kind has it.\n"
    "\n"
    "exit status: 0 done, 1 a call failed, 2 bad usage\n";

/* The arguments of socket(2) for each kind. */
static const struct kind {
    const char *name;
    int domain, type, protocol;
} KINDS[] = {
    {"tcp", AF_INET, SOCK_STREAM, IPPROTO_TCP},    {"tcp6", AF_INET6, SOCK_STREAM, IPPROTO_TCP},
    {"udp", AF_INET, SOCK_DGRAM, IPPROTO_UDP},     {"udp6", AF_INET6, SOCK_DGRAM, IPPROTO_UDP},
    {"unix", AF_UNIX, SOCK_STREAM, 0},             {"unix-dgram", AF_UNIX, SOCK_DGRAM, 0},
    {"unix-seqpacket", AF_UNIX, SOCK_SEQPACKET, 0}, {"icmp", AF_INET, SOCK_DGRAM, IPPROTO_ICMP},
    {"icmp6", AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6}, {"raw", AF_INET, SOCK_RAW, IPPROTO_ICMP},
    {"raw6", AF_INET6, SOCK_RAW, IPPROTO_ICMPV6},
};

static int usage(void)
{
    fputs(USAGE, stderr);
    return 2;
}

static int failed(const char *call, int rc)
{
    fprintf(stderr, "sockopts: %s: %s: %s\n", call, sockets_err_name(rc), sockets_strerror(rc));
    return 1;
}

static int number(const char *text, int *value)
{
    char *end;
    long n = strtol(text, &end, 10);
    *value = (int)n;
    return *text && !*end && n == *value;
}

/* The value of an option as text, or an error. The text is good until the next call. */
static int value_of(int fd, const struct sockets_opt *option, const char **value)
{
    static char text[2][16384];
    static int turn;
    char *place = text[turn = !turn];
    int rc = sockets_opt_format(fd, option->level, option->number, place, sizeof text[0]);
    *value = place;
    return rc;
}

static void row(const struct sockets_opt *option, const char *state, const char *value)
{
    static char level[sizeof option->level_name];
    if (strcmp(level, option->level_name) != 0) {
        strcpy(level, option->level_name);
        printf("%s\n", level);
    }
    printf("  %-30s %-18s %s\n", option->name, state, value);
}

static void print(int fd, int fresh, const struct sockets_opt *option, int all)
{
    const char *value, *other;
    char type[64];
    int rc;
    if (!(option->access & SOCKETS_OPT_GET)) {
        snprintf(type, sizeof type, "(%s)", option->type_name);
        if (all)
            row(option, option->access & SOCKETS_OPT_ASK ? "ask for it" : "set only", type);
        return;
    }
    rc = value_of(fd, option, &value);
    if (rc >= 0 && !(option->access & SOCKETS_OPT_SET))
        row(option, "read only", value);
    else if (rc >= 0)
        row(option, value_of(fresh, option, &other) >= 0 && strcmp(value, other) == 0 ? "default" : "set", value);
    else if (all)
        row(option, -rc == option->needs_errno ? option->needs : "not of this socket", sockets_err_name(rc));
}

static int print_all(int fd, int fresh, int all)
{
    struct sockets_opt option;
    size_t index;
    for (index = 0; sockets_opt_at(index, &option) == 0; index++)
        print(fd, fresh, &option, all);
    return fflush(stdout) == 0 ? 0 : 1;
}

/* A new socket of the same kind, for its defaults. */
static int fresh_like(int fd)
{
    static const char *const names[3] = {"SO_DOMAIN", "SO_TYPE", "SO_PROTOCOL"};
    struct sockets_opt option;
    int values[3], i;
    for (i = 0; i < 3; i++) {
        socklen_t len = sizeof values[i];
        int rc = sockets_opt_find(SOL_SOCKET, names[i], &option);
        if (rc == 0)
            rc = sockets_getsockopt(fd, option.level, option.number, &values[i], &len);
        if (rc < 0)
            return rc;
    }
    return sockets_socket(values[0], values[1], values[2]);
}

static int show_inherited(int fd, int all)
{
    int fresh = fresh_like(fd), rc;
    if (fresh < 0)
        return failed("getsockopt", fresh);
    rc = print_all(fd, fresh, all);
    sockets_close(fresh);
    return rc;
}

static int show_new(int domain, int type, int protocol, int all)
{
    int fd = sockets_socket(domain, type, protocol), rc;
    if (fd < 0)
        return failed("socket", fd);
    rc = print_all(fd, fd, all);
    sockets_close(fd);
    return rc;
}

int main(int argc, char **argv)
{
    int all = argc > 1 && strcmp(argv[1], "-a") == 0, numbers[3];
    size_t i;
    argv += 1 + all;
    argc -= 1 + all;
    if (argc == 2 && strcmp(argv[0], "-f") == 0 && number(argv[1], &numbers[0]) && numbers[0] >= 0)
        return show_inherited(numbers[0], all);
    if (argc == 3 && number(argv[0], &numbers[0]) && number(argv[1], &numbers[1]) && number(argv[2], &numbers[2]))
        return show_new(numbers[0], numbers[1], numbers[2], all);
    for (i = 0; argc == 1 && i < sizeof KINDS / sizeof *KINDS; i++)
        if (strcmp(argv[0], KINDS[i].name) == 0)
            return show_new(KINDS[i].domain, KINDS[i].type, KINDS[i].protocol, all);
    return usage();
}
