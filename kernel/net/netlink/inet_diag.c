/*
 * TCP, UDP and raw sockets for `ss`: what a request asks for, tried on every socket of its
 * protocol; embryonic connections and TIME_WAITs among TCP's. sock_diag(7).
 */
#include "kernel/net/netlink/diag.h"
#include "kernel/net/tcp.h"

#define STATE_CLOSE 7 /* an unconnected socket without states */

struct query {
	int family;   /* AF_UNSPEC: both */
	int protocol; /* IPPROTO_* */
	u8 raw_protocol;
	u32 ext, states;
	struct inet_diag_sockid id;
	const struct nlattr *filter; /* NULL: none */
};

/* A socket, or what stands for a connection without one. */
struct subject {
	const struct inet_sock *is; /* NULL: none */
	const struct tcp_sock *tp;  /* NULL: not TCP, or no socket */
	const struct inet_tuple *tuple;
	u16 sport, dport;
	u8 state, timer, retrans;
	u64 when_ns, ino;
	u32 rx, tx, uid, mark;
};

/* ---- describing ---- */

static void put_addr_words(const struct inet_tuple *t, const struct ip_addr *a, be32 out[4])
{
	if (t->v6)
		memcpy(out, a->b, 16);
	else
		out[0] = ip_addr_to_v4(a);
}

static void put_tcp(struct nl_buf *b, const struct subject *s, u32 ext)
{
	struct tcp_info info;

	if (ext & 1u << (INET_DIAG_INFO - 1)) {
		tcp_get_info(s->tp, &info);
		nl_put(b, INET_DIAG_INFO, &info, sizeof(info));
	}
	if (ext & 1u << (INET_DIAG_CONG - 1))
		nl_put_str(b, INET_DIAG_CONG, s->tp->cong.ops->name);
}

static void put_options(struct nl_buf *b, const struct inet_sock *is, bool admin)
{
	struct inet_diag_sockopt o = {
		.recverr = inet_bit(is, INET_RECVERR),
		.is_icsk = is->proto == &tcp_proto,
		.freebind = inet_bit(is, INET_FREEBIND),
		.hdrincl = inet_bit(is, INET_HDRINCL),
		.mc_loop = inet_bit(is, INET_MC_LOOP),
		.transparent = inet_bit(is, INET_TRANSPARENT),
		.mc_all = inet_bit(is, INET_MC_ALL),
		.nodefrag = inet_bit(is, INET_NODEFRAG),
		.bind_address_no_port = inet_bit(is, INET_BIND_NO_PORT),
	};

	nl_put(b, INET_DIAG_SOCKOPT, &o, sizeof(o));
	if (admin)
		nl_put_u32(b, INET_DIAG_MARK, is->sk.mark);
}

static void put_socket_attrs(struct nl_buf *b, const struct subject *s, u32 ext, bool admin)
{
	const struct sock *sk = &s->is->sk;

	nl_put_u8(b, INET_DIAG_SHUTDOWN, (u8)sk->shutdown);
	if (ext & 1u << (INET_DIAG_TOS - 1))
		nl_put_u8(b, INET_DIAG_TOS, s->is->tos);
	if (s->tuple->v6) {
		if (ext & 1u << (INET_DIAG_TCLASS - 1))
			nl_put_u8(b, INET_DIAG_TCLASS, s->is->tclass6);
		if (s->state == TCP_LISTEN || s->state == STATE_CLOSE)
			nl_put_u8(b, INET_DIAG_SKV6ONLY, s->tuple->v6only);
	}
	if (ext & 1u << (INET_DIAG_MEMINFO - 1)) {
		struct inet_diag_meminfo m = {.idiag_rmem = sk->rmem, .idiag_tmem = sk->wmem};

		nl_put(b, INET_DIAG_MEMINFO, &m, sizeof(m));
	}
	if (ext & 1u << (INET_DIAG_SKMEMINFO - 1))
		diag_put_meminfo(b, INET_DIAG_SKMEMINFO, sk, s->is->drops);
	if (sk->type == SOCK_RAW)
		nl_put_u8(b, INET_DIAG_PROTOCOL, (u8)sk->protocol);
	put_options(b, s->is, admin);
	if (s->tp)
		put_tcp(b, s, ext);
}

static void put_subject(struct nl_buf *b, const struct nlmsghdr *h, const struct query *q,
	const struct subject *s, bool admin)
{
	struct inet_diag_msg m = {
		.idiag_family = s->tuple->v6 ? AF_INET6 : AF_INET,
		.idiag_state = s->state,
		.idiag_timer = s->timer,
		.idiag_retrans = s->retrans,
		.idiag_expires = (u32)(s->when_ns / NSEC_PER_MSEC),
		.idiag_rqueue = s->rx,
		.idiag_wqueue = s->tx,
		.idiag_uid = s->uid,
		.idiag_inode = (u32)s->ino,
		.id = {.idiag_sport = be16_of(s->sport),
			.idiag_dport = be16_of(s->dport),
			.idiag_if = (u32)s->tuple->bound_if},
	};
	u32 at;

	put_addr_words(s->tuple, &s->tuple->laddr, m.id.idiag_src);
	put_addr_words(s->tuple, &s->tuple->raddr, m.id.idiag_dst);
	diag_cookie(s->is ? s->is->sk.ino : 0, m.id.idiag_cookie);
	at = nl_begin(b, h, &m, sizeof(m));
	if (s->is)
		put_socket_attrs(b, s, q->ext, admin);
	nl_end(b, at);
}

/* ---- walking ---- */

struct walk {
	int (*fn)(const struct subject *s, void *arg);
	void *arg;
	const struct query *q;
};

static int visit_tcp(const struct tcp_entry *e, void *arg)
{
	struct walk *w = arg;
	struct subject s = {
		.is = e->tp ? &e->tp->inet : NULL,
		.tp = e->tp,
		.tuple = e->tuple,
		.sport = e->tuple->lport,
		.dport = e->tuple->rport,
		.state = (u8)e->state,
		.timer = e->timer,
		.retrans = e->retrans,
		.when_ns = e->when_ns,
		.ino = e->ino,
		.rx = e->rx_queue,
		.tx = e->tx_queue,
		.uid = e->uid,
		.mark = e->mark,
	};

	if (e->state == TCP_CLOSE)
		return 0; /* bound and no more */
	if (e->tp && e->state == TCP_LISTEN)
		s.tx = e->tp->listen->backlog;
	return w->fn(&s, w->arg);
}

static int visit_dgram(struct inet_sock *is, void *arg)
{
	struct walk *w = arg;
	bool raw = is->sk.type == SOCK_RAW, connected = !ip_addr_is_any(&is->tuple.raddr);
	struct subject s = {
		.is = is,
		.tuple = &is->tuple,
		.sport = raw ? (u16)is->sk.protocol : is->tuple.lport,
		.dport = is->tuple.rport,
		.state = connected ? TCP_ESTABLISHED : STATE_CLOSE,
		.ino = is->sk.file ? is->sk.ino : 0,
		.rx = is->sk.rmem,
		.tx = is->sk.wmem,
		.uid = is->uid,
		.mark = is->sk.mark,
	};

	if (!raw && !is->tuple.lport)
		return 0;
	if (raw && w->q->raw_protocol && is->sk.protocol != w->q->raw_protocol)
		return 0;
	return w->fn(&s, w->arg);
}

static int for_each(struct walk *w)
{
	switch (w->q->protocol) {
	case IPPROTO_TCP:
		return tcp_for_each(visit_tcp, w);
	case IPPROTO_UDP:
		return inet_for_each(&udp_proto, visit_dgram, w);
	case IPPROTO_RAW:
		return inet_for_each(&raw_proto, visit_dgram, w);
	default:
		return -ENOENT;
	}
}

/* ---- requests ---- */

static int parse_attrs(struct nl_req *r, size_t header, struct query *q)
{
	const struct nlattr *tb[INET_DIAG_REQ_MAX + 1];
	int err = nl_req_parse(r, header, tb, INET_DIAG_REQ_MAX, NULL);

	if (err < 0)
		return err;
	if (tb[INET_DIAG_REQ_PROTOCOL] && nl_len(tb[INET_DIAG_REQ_PROTOCOL]) >= sizeof(u32))
		q->protocol = (int)nl_u32(tb[INET_DIAG_REQ_PROTOCOL]);
	q->filter = tb[INET_DIAG_REQ_BYTECODE];
	if (q->filter && (nl_len(q->filter) < sizeof(struct inet_diag_bc_op) ||
				 diag_filter_check(nl_data(q->filter), nl_len(q->filter)) < 0))
		return nl_refuse_attr(r, -EINVAL, q->filter, "Invalid filter");
	return 0;
}

static int parse_query(struct nl_req *r, struct query *q)
{
	memset(q, 0, sizeof(*q));
	if (r->h->nlmsg_type == TCPDIAG_GETSOCK) {
		const struct inet_diag_req *old = nl_req_data(r);

		if (nl_req_len(r) < sizeof(*old))
			return -EINVAL;
		q->protocol = IPPROTO_TCP;
		q->ext = old->idiag_ext;
		q->states = old->idiag_states;
		q->id = old->id;
		return parse_attrs(r, sizeof(*old), q);
	} else {
		const struct inet_diag_req_v2 *v2 = nl_req_data(r);

		if (nl_req_len(r) < sizeof(*v2))
			return -EINVAL;
		q->family = v2->sdiag_family;
		q->protocol = v2->sdiag_protocol;
		q->raw_protocol = v2->pad;
		q->ext = v2->idiag_ext;
		q->states = v2->idiag_states;
		q->id = v2->id;
		return parse_attrs(r, sizeof(*v2), q);
	}
}

static bool wanted(const struct query *q, const struct subject *s)
{
	struct diag_subject d = {.tuple = s->tuple,
		.sport = s->sport,
		.dport = s->dport,
		.mark = s->mark,
		.user_bound = s->is && s->is->port_bound};

	if (q->family && s->tuple->v6 != (q->family == AF_INET6))
		return false;
	if (!(q->states >> s->state & 1))
		return false;
	if (q->id.idiag_sport && q->id.idiag_sport != be16_of(s->sport))
		return false;
	if (q->id.idiag_dport && q->id.idiag_dport != be16_of(s->dport))
		return false;
	return !q->filter || diag_filter_run(nl_data(q->filter), nl_len(q->filter), &d);
}

struct dumping {
	struct nl_dump *d;
	struct nl_buf *b;
	const struct query *q;
	struct nlmsghdr h;
	bool admin;
	u64 i;
};

static int dump_one(const struct subject *s, void *arg)
{
	struct dumping *w = arg;
	u32 at = w->b->len;

	if (w->i++ < w->d->pos)
		return 0;
	if (wanted(w->q, s))
		put_subject(w->b, &w->h, w->q, s, w->admin);
	if (nl_dump_full(w->d, w->b, at))
		return 1;
	w->d->pos = w->i;
	return 0;
}

static int dump(struct nl_dump *d, struct nl_buf *b)
{
	struct query q;
	struct dumping w = {.d = d, .b = b, .q = &q, .h = d->h, .admin = nl_may_admin(d->req.nls)};
	struct walk walk = {.fn = dump_one, .arg = &w, .q = &q};
	int err = parse_query(&d->req, &q);

	w.h.nlmsg_type = d->req.h->nlmsg_type;
	return err < 0 ? err : for_each(&walk);
}

/* ---- one socket, by its addresses ---- */

struct exact {
	const struct query *q;
	struct nl_req *r;
	struct nl_buf b;
	struct tcp_sock *kill; /* SOCK_DESTROY: what was found */
};

static bool same_id(const struct query *q, const struct subject *s)
{
	be32 src[4] = {0}, dst[4] = {0};
	size_t len = s->tuple->v6 ? 16 : 4;

	put_addr_words(s->tuple, &s->tuple->laddr, src);
	put_addr_words(s->tuple, &s->tuple->raddr, dst);
	return s->tuple->v6 == (q->family == AF_INET6) && q->id.idiag_sport == be16_of(s->sport) &&
	       q->id.idiag_dport == be16_of(s->dport) && !memcmp(src, q->id.idiag_src, len) &&
	       !memcmp(dst, q->id.idiag_dst, len);
}

static int find_one(const struct subject *s, void *arg)
{
	struct exact *e = arg;
	struct nlmsghdr h = {.nlmsg_type = e->r->h->nlmsg_type,
		.nlmsg_seq = e->r->h->nlmsg_seq,
		.nlmsg_pid = e->r->nls->portid};

	if (!same_id(e->q, s))
		return 0;
	if (!diag_cookie_fits(s->is ? s->is->sk.ino : 0, e->q->id.idiag_cookie))
		return -ESTALE;
	e->kill = (struct tcp_sock *)s->tp;
	put_subject(&e->b, &h, e->q, s, nl_may_admin(e->r->nls));
	return 1;
}

/* `ss -K`: the connection is reset, and its owner gets ECONNABORTED. */
static int destroy(struct exact *e)
{
	struct tcp_sock *tp = e->kill;

	nl_buf_free(&e->b);
	if (!nl_may_admin(e->r->nls))
		return -EPERM;
	if (!tp || tp->state == TCP_LISTEN || tp->parent)
		return -EOPNOTSUPP;
	if (tcp_synchronized(tp))
		tcp_send_rst(tp);
	tcp_done(tp, ECONNABORTED);
	return 0;
}

int inet_diag_rcv(struct nl_req *r)
{
	struct query q;
	struct exact e = {.q = &q, .r = r};
	struct walk walk = {.fn = find_one, .arg = &e, .q = &q};
	int ret = parse_query(r, &q);

	if (ret < 0)
		return ret;
	if (r->h->nlmsg_type != SOCK_DESTROY && (r->h->nlmsg_flags & NLM_F_DUMP))
		return nl_dump_start(r, dump);
	ret = for_each(&walk);
	if (ret <= 0)
		return ret ? ret : -ENOENT;
	return r->h->nlmsg_type == SOCK_DESTROY ? destroy(&e) : nl_reply(r->nls, &e.b);
}

int inet_diag_rcv_old(struct nl_req *r)
{
	struct query q;
	int err = parse_query(r, &q);

	if (err < 0)
		return err;
	return r->h->nlmsg_flags & NLM_F_DUMP ? nl_dump_start(r, dump) : -EOPNOTSUPP;
}
