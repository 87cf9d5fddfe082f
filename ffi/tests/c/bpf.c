/*
 * Programs of classic BPF: read, checked, written, attached, and what is wrong with those that are none.
 */

#include "test.h"

#include <linux/filter.h>

static const char *const QUESTIONS = "       ldb [8]\n"
                                     "       jne #0x3f, drop ; a question mark\n"
                                     "       ret #-1\n"
                                     "drop:  ret #0\n";
static const char *const WRITTEN = "ldb [8]\njne #0x3f, l3\nret #0xffffffff\nl3: ret #0\n";

/* Reads a text that is no program; returns what is wrong. */
static const char *reason(const char *text)
{
    static char why[128];
    struct sock_filter insn;
    memset(&insn, 0x55, sizeof(insn));
    why[0] = 0;
    FAILS(sockets_bpf_parse(text, &insn, 1, why, sizeof(why)), EINVAL);
    SAME(insn.code, 0x5555);
    return why;
}

static void texts(void)
{
    struct sock_filter insns[8];
    char text[256], small[8], why[128];
    memset(why, 'x', sizeof(why));
    SAME(sockets_bpf_parse(QUESTIONS, insns, 8, why, sizeof(why)), 4);
    SAME(why[0], 0);
    SAME(insns[0].code, BPF_LD | BPF_B | BPF_ABS);
    SAME(insns[1].code, BPF_JMP | BPF_JEQ | BPF_K);
    SAME(insns[1].jt, 0);
    SAME(insns[1].jf, 1);
    SAME(insns[1].k, 0x3f);
    SAME(insns[2].code, BPF_RET | BPF_K);
    CHECK(insns[2].k == 0xffffffffu);
    SAME(sockets_bpf_check(insns, 4, why, sizeof(why)), 0);
    SAME(why[0], 0);
    SAME(sockets_bpf_format(insns, 4, text, sizeof(text)), (int)strlen(WRITTEN));
    CHECK(strcmp(text, WRITTEN) == 0);
    SAME(sockets_bpf_format(insns, 4, small, sizeof(small)), (int)strlen(WRITTEN));
    CHECK(strcmp(small, "ldb [8]") == 0);
    SAME(sockets_bpf_format(insns, 4, NULL, 0), (int)strlen(WRITTEN));
    /* Counted only; and what tcpdump -ddd prints. */
    SAME(sockets_bpf_parse(QUESTIONS, NULL, 0, NULL, 0), 4);
    SAME(sockets_bpf_parse("2\n48 0 0 8\n22 0 0 0\n", insns, 8, NULL, 0), 2);
    SAME(insns[1].code, BPF_RET | BPF_A);
}

static void errors(void)
{
    struct sock_filter insns[2];
    char why[128], small[5];
    CHECK(strcmp(reason("ret #0\nnop\n"), "line 2: there is no such instruction") == 0);
    CHECK(strcmp(reason("jmp out\nret #0"), "line 1: there is no such label") == 0);
    CHECK(strcmp(reason("tax"), "line 1: the last instruction is no return") == 0);
    CHECK(strcmp(reason(""), "there is no instruction") == 0);
    CHECK(strcmp(reason("1\n6 0 0\n"), "line 2: that is not a number that fits") == 0);
    CHECK(strcmp(reason("ret #0 \xff"), "line 1: that character means nothing") == 0);
    FAILS(sockets_bpf_parse("nop", NULL, 0, small, sizeof(small)), EINVAL);
    CHECK(strcmp(small, "line") == 0);
    FAILS(sockets_bpf_parse(QUESTIONS, insns, 2, why, sizeof(why)), EMSGSIZE);
    FAILS(sockets_bpf_parse(NULL, insns, 2, NULL, 0), EFAULT);
    FAILS(sockets_bpf_parse(QUESTIONS, NULL, 2, NULL, 0), EFAULT);
    FAILS(sockets_bpf_parse(QUESTIONS, NULL, 0, NULL, 1), EFAULT);
    FAILS(sockets_bpf_parse(QUESTIONS, NULL, 0, why, (size_t)-1), EINVAL);

    memset(insns, 0, sizeof(insns));
    insns[0].code = BPF_JMP | BPF_JA;
    insns[0].k = 1;
    insns[1].code = BPF_RET | BPF_K;
    FAILS(sockets_bpf_check(insns, 2, why, sizeof(why)), EINVAL);
    CHECK(strcmp(why, "instruction 0: it jumps beyond the end") == 0);
    FAILS(sockets_bpf_format(insns, 2, why, sizeof(why)), EINVAL);
    FAILS(sockets_bpf_check(insns, 0, NULL, 0), EINVAL);
    FAILS(sockets_bpf_check(NULL, 1, NULL, 0), EFAULT);
    FAILS(sockets_bpf_check(NULL, 0, NULL, 0), EINVAL);
    FAILS(sockets_bpf_format(NULL, 1, why, sizeof(why)), EFAULT);
    FAILS(sockets_bpf_format(insns + 1, 1, NULL, 1), EFAULT);
}

static void at_most_4096(void)
{
    static struct sock_filter many[4097];
    char why[128];
    size_t i;
    for (i = 0; i < 4097; i++)
        many[i].code = BPF_RET | BPF_K;
    SAME(sockets_bpf_check(many, 4096, NULL, 0), 0);
    FAILS(sockets_bpf_check(many, 4097, why, sizeof(why)), EINVAL);
    CHECK(strcmp(why, "there are more than 4096 instructions") == 0);
}

static void attached(void)
{
    struct sock_filter insns[8];
    struct sock_fprog program;
    struct sockets_addr to = ip4("127.0.0.1", 0);
    char buf[16];
    int fd = OK(sockets_socket(AF_INET, SOCK_DGRAM, 0));
    OK(sockets_bind(fd, sa(&to), to.len));
    to = name_of(fd);
    program.len = (unsigned short)OK(sockets_bpf_parse(QUESTIONS, insns, 8, NULL, 0));
    program.filter = insns;
    OK(sockets_setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)));
    SAME(sockets_sendto(fd, "no", 2, 0, sa(&to), to.len), 2);
    SAME(sockets_sendto(fd, "?yes", 4, 0, sa(&to), to.len), 4);
    wait_readable(fd);
    SAME(sockets_recv(fd, buf, sizeof(buf), 0), 4);
    CHECK(memcmp(buf, "?yes", 4) == 0);
    OK(sockets_close(fd));
}

int main(void)
{
    test_begin();
    CASE(texts);
    CASE(errors);
    CASE(at_most_4096);
    CASE(attached);
    return test_end();
}
