/*
 * The ring for receiving, on loopback: frames, blocks that are held, a ring that is full, dimensions that cannot be.
 */

#include "test.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>

#define PAGE 4096u

static int packet_socket(void)
{
    return OK(sockets_socket(AF_PACKET, SOCK_RAW, 0));
}

/* IPv4 on loopback, without what goes out. */
static void bind_lo(int fd)
{
    struct sockaddr_ll lo;
    int on = 1;
    memset(&lo, 0, sizeof(lo));
    lo.sll_family = AF_PACKET;
    lo.sll_protocol = htons(ETH_P_IP);
    lo.sll_ifindex = (int)if_nametoindex("lo");
    OK(sockets_setsockopt(fd, SOL_PACKET, 23 /* PACKET_IGNORE_OUTGOING */, &on, sizeof(on)));
    OK(sockets_bind(fd, (struct sockaddr *)&lo, sizeof(lo)));
}

/* Sends datagrams of this many bytes, which say their number, to a socket that nobody reads. */
static void flood(unsigned count, size_t len)
{
    struct sockets_addr to = ip4("127.0.0.1", 0);
    unsigned char data[2000];
    unsigned n;
    int fd = OK(sockets_socket(AF_INET, SOCK_DGRAM, 0));
    OK(sockets_bind(fd, sa(&to), to.len));
    OK(sockets_getsockname(fd, (struct sockaddr *)&to.storage, &to.len));
    for (n = 0; n < count; n++) {
        memset(data, (int)n, len);
        SAME(sockets_sendto(fd, data, len, 0, sa(&to), to.len), len);
    }
    OK(sockets_close(fd));
}

/* The next block with a frame in it. */
static struct sockets_ring_block await_block(struct sockets_ring *ring, int fd)
{
    struct sockets_ring_block block;
    for (;;) {
        while (OK(sockets_ring_next_block(ring, &block)) == 0)
            wait_readable(fd);
        if (block.frames > 0)
            return block;
        OK(sockets_ring_release(&block));
    }
}

static void frames_are_where_the_kernel_has_put_them(void)
{
    struct sockets_ring ring;
    struct sockets_ring_frame frame;
    unsigned seen = 0;
    int fd = packet_socket();
    OK(sockets_ring_open(&ring, fd, PAGE, 4, 10));
    /* Not bound: nothing is captured. */
    flood(1, 8);
    bind_lo(fd);
    flood(6, 1000);
    while (seen < 6) {
        struct sockets_ring_block block = await_block(&ring, fd);
        CHECK(block.status & TP_STATUS_USER);
        while (OK(sockets_ring_next_frame(&block, &frame)) == 1) {
            const unsigned char *data = (const unsigned char *)frame.data;
            const struct sockaddr_ll *from = (const struct sockaddr_ll *)(const void *)frame.addr;
            SAME(frame.len, ETH_HLEN + 28 + 1000);
            SAME(frame.true_len, frame.len);
            SAME(frame.network, ETH_HLEN);
            SAME(data[frame.network], 0x45);
            SAME(data[frame.len - 1], seen);
            SAME(frame.addrlen, sizeof(*from));
            SAME(from->sll_family, AF_PACKET);
            SAME(from->sll_ifindex, if_nametoindex("lo"));
            SAME(from->sll_pkttype, PACKET_HOST);
            CHECK(frame.sec > 1600000000u && frame.nsec < 1000000000u);
            seen++;
        }
        OK(sockets_ring_release(&block));
        FAILS(sockets_ring_release(&block), EINVAL);
        FAILS(sockets_ring_next_frame(&block, &frame), EINVAL);
    }
    OK(sockets_ring_close(&ring));
    FAILS(sockets_ring_close(&ring), EINVAL);
    OK(sockets_close(fd));
}

static void a_block_in_use_is_not_given_out_again(void)
{
    struct sockets_ring ring;
    struct sockets_ring_block first, second, none;
    struct tpacket_stats_v3 statistics;
    socklen_t len = sizeof(statistics);
    int fd = packet_socket();
    OK(sockets_ring_open(&ring, fd, PAGE, 2, 10));
    bind_lo(fd);
    flood(20, 1000);
    first = await_block(&ring, fd);
    second = await_block(&ring, fd);
    SAME(second.sequence, first.sequence + 1);
    SAME(sockets_ring_next_block(&ring, &none), 0);
    OK(sockets_ring_release(&second));
    SAME(sockets_ring_next_block(&ring, &none), 0);
    OK(sockets_getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &len));
    SAME(statistics.tp_packets, 20);
    CHECK(statistics.tp_drops > 0 && statistics.tp_freeze_q_cnt > 0);
    OK(sockets_ring_release(&first));
    /* It goes on. */
    flood(1, 1000);
    first = await_block(&ring, fd);
    OK(sockets_ring_release(&first));
    /* The memory stays when the socket is gone. */
    OK(sockets_close(fd));
    SAME(sockets_ring_next_block(&ring, &none), 0);
    OK(sockets_ring_close(&ring));
}

static void what_is_refused(void)
{
    struct sockets_ring ring, second;
    struct sockets_ring_block block;
    struct sockets_ring_frame frame;
    int fd = packet_socket();
    int udp = OK(sockets_socket(AF_INET, SOCK_DGRAM, 0));
    FAILS(sockets_ring_open(&ring, fd, 0, 4, 0), EINVAL);
    FAILS(sockets_ring_open(&ring, fd, PAGE, 0, 0), EINVAL);
    FAILS(sockets_ring_open(&ring, fd, PAGE - 1, 4, 0), EINVAL);
    FAILS(sockets_ring_open(&ring, fd, PAGE, 4, 65536), EINVAL);
    FAILS(sockets_ring_open(NULL, fd, PAGE, 4, 0), EFAULT);
    FAILS(sockets_ring_open(&ring, -1, PAGE, 4, 0), EBADF);
    FAILS(sockets_ring_open(&ring, udp, PAGE, 4, 0), ENOPROTOOPT);
    OK(sockets_ring_open(&ring, fd, PAGE, 4, 65535));
    FAILS(sockets_ring_open(&second, fd, PAGE, 4, 0), EBUSY);
    FAILS(sockets_ring_next_block(NULL, &block), EFAULT);
    FAILS(sockets_ring_next_block(&ring, NULL), EFAULT);
    FAILS(sockets_ring_next_frame(NULL, &frame), EFAULT);
    FAILS(sockets_ring_next_frame(&block, NULL), EFAULT);
    FAILS(sockets_ring_release(NULL), EFAULT);
    FAILS(sockets_ring_close(NULL), EFAULT);
    OK(sockets_ring_close(&ring));
    FAILS(sockets_ring_next_block(&ring, &block), EINVAL);
    OK(sockets_close(udp));
    OK(sockets_close(fd));
}

/* A block in memory of the test's own, whose frame says what it likes. */
static void offsets_lead_nowhere_else(void)
{
    static const uint32_t numbers[] = {0, 1, 47, 48, 52, 4000, 4024, 4048, 4096, 0x7fffffff, 0xfffffff0u, 0xffffffffu};
    const unsigned count = sizeof(numbers) / sizeof(numbers[0]);
    char *page = (char *)mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned first, next, length;
    CHECK(page != (char *)MAP_FAILED);
    for (first = 0; first < count; first++)
        for (next = 0; next < count; next++)
            for (length = 0; length < count; length++) {
                struct sockets_ring ring;
                struct sockets_ring_block block;
                struct sockets_ring_frame frame;
                struct tpacket_block_desc *desc = (struct tpacket_block_desc *)(void *)page;
                unsigned frames = 0;
                memset(page, 0, PAGE);
                memset(&ring, 0, sizeof(ring));
                ring.map = page;
                ring.size = ring.block_size = PAGE;
                ring.blocks = 1;
                desc->hdr.bh1.num_pkts = 0xffffffffu;
                desc->hdr.bh1.offset_to_first_pkt = numbers[first];
                if (numbers[first] >= 48 && numbers[first] <= 4048 && numbers[first] % 4 == 0) {
                    struct tpacket3_hdr *head = (struct tpacket3_hdr *)(void *)(page + numbers[first]);
                    head->tp_next_offset = numbers[next];
                    head->tp_snaplen = numbers[length];
                    head->tp_mac = (uint16_t)numbers[length];
                }
                desc->hdr.bh1.block_status = TP_STATUS_USER;
                SAME(sockets_ring_next_block(&ring, &block), 1);
                while (sockets_ring_next_frame(&block, &frame) == 1 && frames < 100) {
                    const char *data = (const char *)frame.data;
                    CHECK(data >= page && frame.len <= PAGE && data + frame.len <= page + PAGE);
                    CHECK((const char *)frame.addr >= page && (const char *)frame.addr + frame.addrlen <= page + PAGE);
                    CHECK(frame.network <= frame.len);
                    frames++;
                }
                CHECK(frames < 100);
                OK(sockets_ring_release(&block));
                /* One that would begin behind the end. */
                ring.next = 1;
                FAILS(sockets_ring_next_block(&ring, &block), EINVAL);
            }
    munmap(page, PAGE);
}

int main(void)
{
    int fd;
    test_begin();
    CASE(offsets_lead_nowhere_else);
    fd = sockets_socket(AF_PACKET, SOCK_RAW, 0);
    if (fd == -EPERM) {
        test_skip("packet", "socket(AF_PACKET, SOCK_RAW): EPERM");
    } else {
        OK(sockets_close(fd));
        CASE(frames_are_where_the_kernel_has_put_them);
        CASE(a_block_in_use_is_not_given_out_again);
        CASE(what_is_refused);
    }
    return test_end();
}
