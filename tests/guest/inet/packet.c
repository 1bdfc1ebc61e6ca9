/* AF_PACKET on lo: both directions of a datagram, sending with and without link header, filters,
 * statistics, the mapped ring. */
/* run: root */
#include "netns.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <poll.h>

#define LO 1

static int udp_port;

static int packet_socket(int type, int protocol)
{
	struct sockaddr_ll a = {.sll_family = AF_PACKET,
		.sll_protocol = htons((uint16_t)protocol),
		.sll_ifindex = LO};
	int fd = SYS(socket(AF_PACKET, type | SOCK_CLOEXEC, 0));

	SYS(bind(fd, (struct sockaddr *)&a, sizeof a));
	return fd;
}

static int udp_socket(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;
	int fd = SYS(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));

	SYS(bind(fd, (struct sockaddr *)&a, sizeof a));
	SYS(getsockname(fd, (struct sockaddr *)&a, &len));
	udp_port = ntohs(a.sin_port);
	SYS(connect(fd, (struct sockaddr *)&a, sizeof a));
	return fd;
}

static void udp_send(int fd, const char *text)
{
	char buf[100];

	SYS(send(fd, text, strlen(text), 0));
	CHECK_EQ(recv(fd, buf, sizeof buf, 0), strlen(text));
}

/* One packet with its auxiliary data; the link-layer address in *from. */
static ssize_t take(
	int fd, void *buf, size_t size, struct sockaddr_ll *from, struct tpacket_auxdata *aux)
{
	char control[256];
	struct iovec iov = {buf, size};
	struct msghdr m = {.msg_name = from,
		.msg_namelen = sizeof *from,
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof control};
	ssize_t n = SYS(recvmsg(fd, &m, MSG_TRUNC));

	CHECK_EQ(m.msg_namelen, sizeof *from);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c && aux; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA)
			memcpy(aux, CMSG_DATA(c), sizeof *aux);
	return n;
}

static void capture(int udp)
{
	int fd = packet_socket(SOCK_RAW, ETH_P_ALL), one = 1;
	struct tpacket_auxdata aux = {0};
	struct tpacket_stats st;
	struct sockaddr_ll from;
	socklen_t len = sizeof st;
	unsigned char buf[200];

	SYS(setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof one));
	udp_send(udp, "hello");
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(take(fd, buf, sizeof buf, &from, &aux), 14 + 20 + 8 + 5);
		CHECK_EQ(from.sll_family, AF_PACKET);
		CHECK_EQ(from.sll_pkttype, i ? PACKET_HOST : PACKET_OUTGOING);
		CHECK_EQ(from.sll_ifindex, LO);
		CHECK_EQ(from.sll_hatype, 772);
		CHECK_EQ(from.sll_halen, 6);
		CHECK_EQ(from.sll_protocol, htons(ETH_P_IP));
		CHECK_EQ(aux.tp_len, 47);
		CHECK_EQ(aux.tp_snaplen, 47);
		CHECK_EQ(aux.tp_net, 14);
		CHECK(buf[12] == 8 && buf[13] == 0 && buf[14] == 0x45 && buf[23] == 17);
		CHECK(!memcmp(buf + 42, "hello", 5));
	}
	SYS(getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &st, &len));
	CHECK_EQ(st.tp_packets, 2);
	CHECK_EQ(st.tp_drops, 0);
	SYS(setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one));
	udp_send(udp, "x");
	CHECK_EQ(take(fd, buf, 20, &from, NULL), 43);
	CHECK_EQ(from.sll_pkttype, PACKET_HOST);
	CHECK_ERR(recv(fd, buf, sizeof buf, MSG_DONTWAIT), EAGAIN);
	close(fd);
}

static void cooked_and_protocol(int udp)
{
	int fd = packet_socket(SOCK_DGRAM, ETH_P_IP), arp = packet_socket(SOCK_RAW, ETH_P_ARP);
	struct sockaddr_ll from;
	unsigned char buf[200];

	udp_send(udp, "hey");
	CHECK_EQ(take(fd, buf, sizeof buf, &from, NULL), 31); /* incoming only */
	CHECK_EQ(from.sll_pkttype, PACKET_HOST);
	CHECK_EQ(buf[0], 0x45);
	CHECK_ERR(recv(fd, buf, sizeof buf, MSG_DONTWAIT), EAGAIN);
	CHECK_ERR(recv(arp, buf, sizeof buf, MSG_DONTWAIT), EAGAIN);
	close(fd);
	close(arp);
}

static void sending(void)
{
	int fd = packet_socket(SOCK_RAW, 0x88b5), dgram = packet_socket(SOCK_DGRAM, 0x88b5);
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				   .sll_protocol = htons(0x88b5),
				   .sll_ifindex = LO,
				   .sll_halen = 6},
			   from;
	unsigned char frame[18] = {[12] = 0x88, 0xb5, 'a', 'b', 'c', 'd'}, buf[100];
	socklen_t len = sizeof to;

	SYS(send(fd, frame, sizeof frame, 0));
	CHECK_EQ(take(fd, buf, sizeof buf, &from, NULL), sizeof frame);
	CHECK(!memcmp(buf, frame, sizeof frame));
	CHECK_EQ(take(dgram, buf, sizeof buf, &from, NULL), 4);
	CHECK(!memcmp(buf, "abcd", 4));
	SYS(sendto(dgram, "wxyz", 4, 0, (struct sockaddr *)&to, sizeof to));
	CHECK_EQ(take(fd, buf, sizeof buf, &from, NULL), 18);
	CHECK(!memcmp(buf + 12, "\x88\xb5wxyz", 6));
	CHECK_EQ(ntohs(from.sll_protocol), 0x88b5);

	SYS(getsockname(fd, (struct sockaddr *)&to, &len));
	CHECK_EQ(len, 18);
	CHECK_EQ(to.sll_ifindex, LO);
	CHECK_EQ(to.sll_hatype, 772);
	to.sll_ifindex = 12345;
	CHECK_ERR(sendto(fd, frame, sizeof frame, 0, (struct sockaddr *)&to, sizeof to), ENXIO);
	CHECK_ERR(bind(fd, (struct sockaddr *)&to, sizeof to), ENODEV);
	CHECK_ERR(send(fd, frame, 10, 0), EINVAL);
	CHECK_ERR(getpeername(fd, (struct sockaddr *)&to, &len), EOPNOTSUPP);
	close(fd);
	close(dgram);
}

static void attach(int fd, struct sock_filter *f, int nr)
{
	struct sock_fprog p = {(unsigned short)nr, f};

	SYS(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &p, sizeof p));
}

static void filters(int udp)
{
	/* incoming UDP to our port, the first 42 bytes of it */
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_HOST, 0, 8),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)(SKF_AD_OFF + SKF_AD_PROTOCOL)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 6),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 17, 0, 4),
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 14),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 16),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)udp_port, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 42),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_filter first_is_x[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 8), /* behind the UDP header */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 'x', 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 10),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_filter bad[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0)};
	struct sock_fprog bad_prog = {1, bad};
	int fd = packet_socket(SOCK_RAW, ETH_P_ALL), one = 1, zero = 0, other = udp_socket();
	struct sockaddr_ll from;
	unsigned char buf[200];

	f[8].k = (unsigned)udp_port;
	attach(fd, f, sizeof f / sizeof f[0]);
	udp_send(udp, "not for it");
	udp_send(other, "for it");
	CHECK_EQ(take(fd, buf, sizeof buf, &from, NULL), 42);
	CHECK_EQ(from.sll_pkttype, PACKET_HOST);
	CHECK_ERR(recv(fd, buf, sizeof buf, MSG_DONTWAIT), EAGAIN);
	CHECK_ERR(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &bad_prog, sizeof bad_prog), EINVAL);
	SYS(setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &one, sizeof one));
	CHECK_ERR(setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &one, sizeof one), ENOENT);
	close(fd);

	attach(other, first_is_x, 4);
	SYS(send(other, "no", 2, 0));
	SYS(send(other, "xyzzy", 5, 0));
	CHECK_EQ(recv(other, buf, sizeof buf, 0), 2); /* cut by the filter */
	CHECK(!memcmp(buf, "xy", 2));
	CHECK_ERR(recv(other, buf, sizeof buf, MSG_DONTWAIT), EAGAIN);
	SYS(setsockopt(other, SOL_SOCKET, SO_LOCK_FILTER, &one, sizeof one));
	CHECK_ERR(setsockopt(other, SOL_SOCKET, SO_DETACH_FILTER, &one, sizeof one), EPERM);
	CHECK_ERR(setsockopt(other, SOL_SOCKET, SO_LOCK_FILTER, &zero, sizeof zero), EPERM);
	close(other);
}

static void unix_filter(void)
{
	struct sock_filter even[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 100),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	char buf[10];
	int sv[2];

	SYS(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, sv));
	attach(sv[1], even, 5);
	SYS(send(sv[0], "odd", 3, 0));
	SYS(send(sv[0], "even", 4, 0));
	CHECK_EQ(recv(sv[1], buf, sizeof buf, 0), 4);
	close(sv[0]);
	close(sv[1]);
}

static void ring(int udp)
{
	struct tpacket_req r = {
		.tp_block_size = 8192, .tp_block_nr = 2, .tp_frame_size = 2048, .tp_frame_nr = 8};
	int fd = SYS(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)), v = TPACKET_V2;
	struct sockaddr_ll a = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = LO};
	struct pollfd p = {.fd = fd, .events = POLLIN};
	socklen_t len = sizeof v;
	struct tpacket2_hdr *h;
	struct tpacket_stats st;
	char *mem, text[16];

	SYS(getsockopt(fd, SOL_PACKET, PACKET_HDRLEN, &v, &len));
	CHECK_EQ(v, sizeof *h);
	v = TPACKET_V2;
	SYS(setsockopt(fd, SOL_PACKET, PACKET_VERSION, &v, sizeof v));
	r.tp_frame_nr = 7;
	CHECK_ERR(setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &r, sizeof r), EINVAL);
	r.tp_frame_nr = 8;
	SYS(setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &r, sizeof r));
	mem = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(mem != MAP_FAILED);
	SYS(bind(fd, (struct sockaddr *)&a, sizeof a));
	CHECK_EQ(poll(&p, 1, 0), 0);
	for (int i = 0; i < 10; i++) { /* two more than there are frames */
		snprintf(text, sizeof text, "packet %d", i);
		udp_send(udp, text);
	}
	CHECK_EQ(poll(&p, 1, 1000), 1);
	for (int i = 0; i < 8; i++) {
		h = (void *)(mem + i * 2048);
		snprintf(text, sizeof text, "packet %d", i);
		CHECK(h->tp_status & TP_STATUS_USER);
		CHECK_EQ(h->tp_len, 42 + 8);
		CHECK_EQ(h->tp_snaplen, 42 + 8);
		CHECK_EQ(h->tp_net, h->tp_mac + 14);
		CHECK(!memcmp((char *)h + h->tp_mac + 42, text, 8));
		CHECK_EQ(
			((struct sockaddr_ll *)((char *)h + TPACKET_ALIGN(sizeof *h)))->sll_ifindex,
			LO);
		CHECK(h->tp_sec > 1000000000);
	}
	len = sizeof st;
	SYS(getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &st, &len));
	CHECK_EQ(st.tp_packets, 10);
	CHECK_EQ(st.tp_drops, 2);
	for (int i = 0; i < 8; i++)
		((struct tpacket2_hdr *)(mem + i * 2048))->tp_status = TP_STATUS_KERNEL;
	CHECK_EQ(poll(&p, 1, 0), 0);
	udp_send(udp, "again");
	CHECK(((struct tpacket2_hdr *)mem)->tp_status & TP_STATUS_USER);
	CHECK_EQ(poll(&p, 1, 0), 1);
	SYS(munmap(mem, 16384));
	close(fd);
}

static void proc_file(void)
{
	int fd = packet_socket(SOCK_RAW, 0x88b5);
	char line[200] = "";
	unsigned proto, iface, running, type;
	FILE *f = fopen("/proc/net/packet", "r");

	CHECK(f && fgets(line, sizeof line, f) && fgets(line, sizeof line, f));
	CHECK_EQ(sscanf(line, "%*s %*d %u %x %u %u", &type, &proto, &iface, &running), 4);
	CHECK(type == SOCK_RAW && proto == 0x88b5 && iface == LO && running == 1);
	fclose(f);
	close(fd);
}

int main(void)
{
	int udp;

	own_network();
	udp = udp_socket();
	capture(udp);
	cooked_and_protocol(udp);
	sending();
	filters(udp);
	unix_filter();
	ring(udp);
	proc_file();
	CHECK_ERR(socket(AF_PACKET, SOCK_STREAM, 0), ESOCKTNOSUPPORT);
	SYS(setresuid(65534, 65534, 65534));
	CHECK_ERR(socket(AF_PACKET, SOCK_RAW, 0), EPERM);
	return 0;
}
