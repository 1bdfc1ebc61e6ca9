/* See tcpwire.h: a network device without ARP, whose driver is the test. */
#include "tests/unit/tcpwire.h"

#include "kernel/net/checksum.h"
#include "kernel/net/ifaddr.h"
#include "kernel/net/net.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>

u32 wire_irs, wire_iss, wire_tsval;
u16 wire_lport, wire_rport;
bool wire_ts;

static struct task *task;
static struct list_head sent = LIST_HEAD_INIT(sent);
static u32 last_tsval; /* of ours, to be echoed */
static u32 rx_off, tx_off;
static struct netdev dev;

#define OUR_IP 0xc0000201u /* 192.0.2.1 */
#define PEER_IP 0xc0000202u

static struct ip_addr addr_of(u32 v4)
{
	return ip_addr_v4(be32_of(v4));
}

static u8 stream_byte(u32 off)
{
	return (u8)(off * 7 + off / 251);
}

/* ---- lines ---- */

struct line {
	u8 flags;
	u32 seq, len;
	bool has_ack, has_win, has_urg, has_sack, has_ts, no_sack;
	u32 ack, win, urg, ecn;
	bool has_ecn;
	struct tcp_opts o;
};

static u8 flag_of(char c)
{
	static const char names[] = "FSRPU.EW";
	static const u8 bits[] = {TH_FIN, TH_SYN, TH_RST, TH_PSH, TH_URG, TH_ACK, TH_ECE, TH_CWR};
	const char *p = strchr(names, c);

	ck_assert_msg(p && *p, "flag %c", c);
	return bits[p - names];
}

static void parse_word(struct line *l, char *w, char **save)
{
	u32 *v = NULL, a, b;

	if (!strcmp(w, "ack")) {
		l->has_ack = true;
		v = &l->ack;
	} else if (!strcmp(w, "win")) {
		l->has_win = true;
		v = &l->win;
	} else if (!strcmp(w, "urg")) {
		l->has_urg = true;
		v = &l->urg;
	} else if (!strcmp(w, "ecn")) {
		l->has_ecn = true;
		v = &l->ecn;
	} else if (!strcmp(w, "sackok")) {
		l->o.sack_ok = true;
		return;
	} else if (!strcmp(w, "nosack")) {
		l->no_sack = true;
		return;
	} else if (!strcmp(w, "mss")) {
		l->o.mss = (u16)atoi(strtok_r(NULL, " ", save));
		return;
	} else if (!strcmp(w, "wscale")) {
		l->o.has_wscale = true;
		l->o.wscale = (u8)atoi(strtok_r(NULL, " ", save));
		return;
	} else if (!strcmp(w, "ts")) {
		l->o.has_ts = l->has_ts = true;
		l->o.tsval = (u32)strtoul(strtok_r(NULL, " ", save), NULL, 0);
		l->o.tsecr = (u32)strtoul(strtok_r(NULL, " ", save), NULL, 0);
		return;
	} else if (!strcmp(w, "sack")) {
		l->has_sack = true;
		return;
	} else if (sscanf(w, "%u-%u", &a, &b) == 2) {
		l->o.sack[l->o.nr_sack++] = (struct tcp_range){a, b};
		return;
	} else {
		ck_abort_msg("unknown word %s", w);
	}
	*v = (u32)strtoul(strtok_r(NULL, " ", save), NULL, 0);
}

static struct line parse_line(const char *fmt, va_list ap)
{
	char text[256], *save, *w;
	struct line l = {0};

	vsnprintf(text, sizeof(text), fmt, ap);
	for (w = strtok_r(text, " ", &save); *w; w++)
		l.flags |= flag_of(*w);
	w = strtok_r(NULL, " ", &save);
	ck_assert_ptr_nonnull(w);
	ck_assert_int_ge(sscanf(w, "%u:%u", &l.seq, &l.len), 1);
	while ((w = strtok_r(NULL, " ", &save)))
		parse_word(&l, w, &save);
	return l;
}

/* ---- the device ---- */

static int wire_xmit(struct netdev *d, struct skb *skb)
{
	list_add_tail(&skb->link, &sent);
	return 0;
}

static const struct netdev_ops wire_ops = {.xmit = wire_xmit};

struct ipv4 {
	u8 vihl, tos;
	u16 len, id, off;
	u8 ttl, proto;
	u16 check;
	u32 src, dst;
};

static void deliver(const u8 *tcp, u32 len, u32 ecn)
{
	struct skb *skb = skb_alloc(64, len + sizeof(struct ipv4));
	struct ipv4 *ip = skb_put(skb, sizeof(*ip));

	*ip = (struct ipv4){
		.vihl = 0x45,
		.tos = (u8)ecn,
		.len = be16_of(len + sizeof(*ip)),
		.ttl = 64,
		.proto = IPPROTO_TCP,
		.src = be32_of(PEER_IP),
		.dst = be32_of(OUR_IP),
	};
	ip->check = csum_fold(csum_add_bytes(0, ip, sizeof(*ip)));
	memcpy(skb_put(skb, len), tcp, len);
	skb->protocol = ETH_P_IP;
	skb->pkt_type = SKB_PKT_HOST;
	skb_set_mac(skb);
	netdev_rx(&dev, skb);
	fake_run_all();
}

void wire_in(const char *fmt, ...)
{
	static u8 buf[70000];
	struct tcp_hdr *h = (struct tcp_hdr *)buf;
	struct ip_addr src = addr_of(PEER_IP), dst = addr_of(OUR_IP);
	struct line l;
	u32 opt, len;
	va_list ap;

	va_start(ap, fmt);
	l = parse_line(fmt, ap);
	va_end(ap);
	if (wire_ts && !l.o.has_ts) {
		l.o.has_ts = true;
		l.o.tsval = wire_tsval;
		l.o.tsecr = last_tsval;
	}
	for (unsigned i = 0; i < l.o.nr_sack; i++) {
		l.o.sack[i].start += wire_iss;
		l.o.sack[i].end += wire_iss;
	}
	opt = tcp_opts_build(buf + sizeof(*h), &l.o, l.flags & TH_SYN);
	len = (u32)sizeof(*h) + opt;
	*h = (struct tcp_hdr){
		.source = be16_of(wire_rport),
		.dest = be16_of(wire_lport),
		.seq = be32_of(wire_irs + l.seq),
		.ack = be32_of(l.flags & TH_ACK ? wire_iss + l.ack : 0),
		.off = (u8)(len / 4 << 4),
		.flags = l.flags,
		.window = be16_of(l.has_win ? l.win : 65535),
		.urg = be16_of(l.urg),
	};
	for (u32 i = 0; i < l.len; i++)
		buf[len + i] = stream_byte(l.seq + i);
	len += l.len;
	h->check = csum_fold(csum_add_bytes(csum_pseudo(&src, &dst, len, IPPROTO_TCP), buf, len));
	deliver(buf, len, l.ecn);
}

/* ---- what we sent ---- */

struct skb *wire_take(void)
{
	fake_run_all();
	return skb_dequeue(&sent);
}

void wire_out(const char *fmt, ...)
{
	struct skb *skb = wire_take();
	const struct tcp_hdr *h;
	struct tcp_opts o;
	struct line l;
	u32 hlen, len, seq;
	va_list ap;

	va_start(ap, fmt);
	l = parse_line(fmt, ap);
	va_end(ap);
	ck_assert_msg(skb != NULL, "nothing was sent, expected %s", fmt);
	h = (const struct tcp_hdr *)(skb_net(skb) + sizeof(struct ipv4));
	hlen = (u32)(h->off >> 4) * 4;
	len = (u32)(skb->tail - (const u8 *)h) - hlen;
	tcp_opts_parse(&o, (const u8 *)(h + 1), hlen - (u32)sizeof(*h), h->flags & TH_SYN);
	if (o.has_ts)
		last_tsval = o.tsval;
	if ((h->flags & TH_SYN) && !(l.flags & TH_ACK))
		wire_iss = cpu32_of(h->seq);
	if ((h->flags & TH_SYN) && (l.flags & TH_ACK) && !wire_iss)
		wire_iss = cpu32_of(h->seq);
	wire_lport = cpu16_of(h->source);
	seq = cpu32_of(h->seq) - wire_iss;
	ck_assert_msg((h->flags & ~TH_PSH) == (l.flags & ~TH_PSH) &&
			      ((h->flags & TH_RST) || seq == l.seq) && len == l.len,
		"sent flags %02x seq %u:%u ack %u, expected %s", h->flags, seq, len,
		cpu32_of(h->ack) - wire_irs, fmt);
	if (l.has_ack)
		ck_assert_uint_eq(cpu32_of(h->ack) - wire_irs, l.ack);
	if (l.has_ecn)
		ck_assert_uint_eq(skb_net(skb)[1] & 3, l.ecn);
	if (l.has_win)
		ck_assert_uint_eq(cpu16_of(h->window), l.win);
	if (l.has_urg)
		ck_assert_uint_eq(cpu16_of(h->urg), l.urg);
	if (l.o.mss)
		ck_assert_uint_eq(o.mss, l.o.mss);
	if (l.o.sack_ok)
		ck_assert(o.sack_ok);
	if (l.no_sack)
		ck_assert_uint_eq(o.nr_sack, 0);
	if (l.has_sack) {
		ck_assert_uint_eq(o.nr_sack, l.o.nr_sack);
		for (unsigned i = 0; i < o.nr_sack; i++) {
			ck_assert_uint_eq(o.sack[i].start - wire_irs, l.o.sack[i].start);
			ck_assert_uint_eq(o.sack[i].end - wire_irs, l.o.sack[i].end);
		}
	}
	for (u32 i = 0; i < len; i++)
		ck_assert_uint_eq(((const u8 *)h)[hlen + i], stream_byte(seq + i));
	skb_free(skb);
}

void wire_quiet(void)
{
	fake_run_all();
	if (list_empty(&sent))
		return;
	wire_out("U 4242424242 win 1"); /* fails, and says what it was */
}

void wire_flush(void)
{
	struct skb *skb;

	while ((skb = wire_take()))
		skb_free(skb);
}

unsigned wire_count(void)
{
	struct skb *skb;
	unsigned n = 0;

	fake_run_all();
	list_for_each_entry (skb, &sent, link)
		n++;
	return n;
}

/* ---- sockets ---- */

struct netdev *const wire_dev = &dev;

void wire_setup(void)
{
	struct ifaddr a = {.addr = addr_of(OUR_IP), .prefix_len = 24, .flags = IFA_F_PERMANENT};

	task = fake_task_create();
	current = task;
	ck_assert_int_eq(net_init(), 0);
	memset(&dev, 0, sizeof(dev));
	strcpy(dev.name, "wire0");
	dev.ops = &wire_ops;
	dev.flags = IFF_NOARP;
	dev.type = ARPHRD_NONE;
	dev.mtu = 1500;
	dev.min_mtu = 68;
	dev.max_mtu = 65535;
	dev.features = NETDEV_CSUM | NETDEV_TSO4;
	dev.carrier = true;
	ck_assert_int_eq(netdev_register(&dev), 0);
	ck_assert_int_eq(netdev_set_up(&dev, true), 0);
	a.valid_s = a.preferred_s = UINT32_MAX;
	ck_assert_int_eq(ifaddr_add(&dev, &a, NULL), 0);
	fake_advance(NSEC_PER_SEC);
	wire_flush();
	wire_irs = 1000000;
	wire_iss = 0;
	wire_rport = 2000;
	wire_ts = false;
	wire_tsval = 1000;
	rx_off = tx_off = 1;
}

void wire_teardown(void)
{
	fake_run_all();
	wire_flush();
	tcp_tw_purge();
	wire_flush();
	ck_assert_uint_eq(tcp_nr_socks, 0);
	ck_assert_uint_eq(tcp_nr_reqs, 0);
	ck_assert_uint_eq(tcp_nr_tw, 0);
	ck_assert_uint_eq(tcp_table.nr, 0);
	netdev_unregister(&dev);
	net_fini();
	fake_task_destroy(task);
	fake_fini();
	ck_assert_uint_eq(skb_stats.live, 0);
}

struct sock *wire_socket(void)
{
	struct sock *sk;

	ck_assert_int_eq(inet_sock_create(AF_INET, &tcp_proto, IPPROTO_TCP, &sk), 0);
	return sk;
}

static struct sock_addr sock_addr_of(u32 ip, u16 port)
{
	struct sock_addr a = {.len = sizeof(struct sockaddr_in)};
	struct sockaddr_in in = {
		.sin_family = AF_INET, .sin_port = be16_of(port), .sin_addr.s_addr = be32_of(ip)};

	memcpy(a.bytes, &in, sizeof(in));
	return a;
}

struct sock *wire_listen(int backlog)
{
	struct sock *sk = wire_socket();
	struct sock_addr a = sock_addr_of(OUR_IP, 8080);

	ck_assert_int_eq(sk->ops->bind(sk, &a), 0);
	ck_assert_int_eq(sk->ops->listen(sk, backlog), 0);
	wire_lport = 8080;
	return sk;
}

int wire_start_connect(struct sock *sk)
{
	struct sock_addr a = sock_addr_of(PEER_IP, wire_rport);

	return sk->ops->connect(sk, &a, MSG_DONTWAIT);
}

struct sock *wire_connect(void)
{
	struct sock *sk = wire_socket();

	ck_assert_int_eq(wire_start_connect(sk), -EINPROGRESS);
	return sk;
}

struct sock *wire_established(void)
{
	struct sock *sk = wire_connect();

	wire_out("S 0");
	wire_in("S. 0 ack 1 mss 1000 sackok wscale 7%s", wire_ts ? " ts 1000 1" : "");
	wire_out(". 1 ack 1");
	ck_assert_int_eq(wire_start_connect(sk), 0);
	wire_quiet();
	return sk;
}

struct sock *wire_accept(struct sock *l)
{
	struct sock *sk;

	return l->ops->accept(l, MSG_DONTWAIT, &sk) < 0 ? NULL : sk;
}

ssize_t wire_send(struct sock *sk, size_t len, u32 flags)
{
	u8 *buf = malloc(len);
	struct uio uio;
	struct sock_msg m = {.uio = &uio, .flags = flags | MSG_DONTWAIT | MSG_NOSIGNAL};
	ssize_t n;

	for (size_t i = 0; i < len; i++)
		buf[i] = stream_byte(tx_off + (u32)i);
	uio_kernel(&uio, buf, len);
	n = sock_sendmsg(sk, &m);
	if (n > 0)
		tx_off += (u32)n;
	free(buf);
	return n;
}

ssize_t wire_recv(struct sock *sk, size_t len, u32 flags)
{
	u8 *buf = malloc(len + 1);
	struct uio uio;
	struct sock_msg m = {.uio = &uio, .flags = flags | MSG_DONTWAIT};
	ssize_t n;

	uio_kernel(&uio, buf, len);
	n = sock_recvmsg(sk, &m);
	for (ssize_t i = 0; i < n && !(flags & MSG_OOB); i++)
		ck_assert_uint_eq(buf[i], stream_byte(rx_off + (u32)i));
	if (n > 0 && !(flags & (MSG_PEEK | MSG_OOB)))
		rx_off += (u32)n;
	free(buf);
	return n;
}

void wire_close(struct sock *sk)
{
	sk->ops->release(sk);
	sock_put(sk);
}

u32 wire_poll(struct sock *sk)
{
	return sk->ops->poll(sk, NULL);
}

void wire_setopt(struct sock *sk, int level, int name, int v)
{
	memcpy(FAKE_PTR(0), &v, sizeof(v));
	if (level == SOL_SOCKET)
		ck_assert_int_eq(sock_setsockopt(sk, name, FAKE_BUF(0), sizeof(v)), 0);
	else
		ck_assert_int_eq(sk->ops->setsockopt(sk, level, name, FAKE_BUF(0), sizeof(v)), 0);
}
