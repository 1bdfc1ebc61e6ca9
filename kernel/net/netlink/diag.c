/* NETLINK_SOCK_DIAG: which family a request is for; netlink's own sockets. sock_diag(7). */
#include "kernel/net/netlink/diag.h"

#include <linux/netlink_diag.h>

void diag_put_meminfo(struct nl_buf *b, u16 type, const struct sock *sk, u64 drops)
{
	u32 m[SK_MEMINFO_VARS] = {
		[SK_MEMINFO_RMEM_ALLOC] = sk->rmem,
		[SK_MEMINFO_RCVBUF] = sk->rcvbuf,
		[SK_MEMINFO_WMEM_ALLOC] = sk->wmem,
		[SK_MEMINFO_SNDBUF] = sk->sndbuf,
		[SK_MEMINFO_DROPS] = (u32)drops,
	};

	nl_put(b, type, m, sizeof(m));
}

static int diag_rcv(struct nl_req *r)
{
	const struct sock_diag_req *q = nl_req_data(r);

	if (r->h->nlmsg_type == TCPDIAG_GETSOCK)
		return inet_diag_rcv_old(r);
	if (r->h->nlmsg_type == DCCPDIAG_GETSOCK)
		return -ENOENT;
	if (r->h->nlmsg_type != SOCK_DIAG_BY_FAMILY && r->h->nlmsg_type != SOCK_DESTROY)
		return -EINVAL;
	if (nl_req_len(r) < sizeof(*q))
		return -EINVAL;
	switch (q->sdiag_family) {
	case AF_INET:
	case AF_INET6:
		return inet_diag_rcv(r);
	case AF_UNIX:
		return r->h->nlmsg_type == SOCK_DESTROY ? -EOPNOTSUPP : unix_diag_rcv(r);
	case AF_NETLINK:
		return r->h->nlmsg_type == SOCK_DESTROY ? -EOPNOTSUPP : netlink_diag_rcv(r);
	default:
		return q->sdiag_family >= ABI_AF_MAX ? -EINVAL : -ENOENT;
	}
}

const struct nl_proto nl_sock_diag_proto = {
	.protocol = NETLINK_SOCK_DIAG,
	.nr_groups = SKNLGRP_MAX,
	.anyone_receives = true,
	.rcv = diag_rcv,
};

/* ---- AF_NETLINK ---- */

struct walk {
	struct nl_dump *d;
	struct nl_buf *b;
	const struct netlink_diag_req *q;
	u64 i;
};

static u32 flags_of(const struct nl_sock *nls)
{
	static const struct {
		int option;
		u32 flag;
	} table[] = {{NETLINK_PKTINFO, NDIAG_FLAG_PKTINFO},
		{NETLINK_BROADCAST_ERROR, NDIAG_FLAG_BROADCAST_ERROR},
		{NETLINK_NO_ENOBUFS, NDIAG_FLAG_NO_ENOBUFS},
		{NETLINK_LISTEN_ALL_NSID, NDIAG_FLAG_LISTEN_ALL_NSID},
		{NETLINK_CAP_ACK, NDIAG_FLAG_CAP_ACK}};
	u32 flags = nls->dump ? NDIAG_FLAG_CB_RUNNING : 0;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (nl_option(nls, table[i].option))
			flags |= table[i].flag;
	return flags;
}

static int put_socket(const struct nl_sock *nls, void *arg)
{
	struct walk *w = arg;
	struct netlink_diag_msg m = {
		.ndiag_family = AF_NETLINK,
		.ndiag_type = (u8)nls->sk.type,
		.ndiag_protocol = (u8)nls->proto->protocol,
		.ndiag_state = nls->sk.state == SOCK_CONNECTED,
		.ndiag_portid = nls->portid,
		.ndiag_dst_portid = nls->dst_portid,
		.ndiag_dst_group = nls->dst_group,
		.ndiag_ino = (u32)nls->sk.ino,
	};
	struct nlmsghdr h = w->d->h;
	u32 at = w->b->len;

	if (w->i++ < w->d->pos)
		return 0;
	if (w->q->sdiag_protocol == NDIAG_PROTO_ALL || w->q->sdiag_protocol == m.ndiag_protocol) {
		h.nlmsg_type = SOCK_DIAG_BY_FAMILY;
		diag_cookie(nls->sk.ino, m.ndiag_cookie);
		nl_begin(w->b, &h, &m, sizeof(m));
		if (w->q->ndiag_show & NDIAG_SHOW_GROUPS)
			nl_put(w->b, NETLINK_DIAG_GROUPS, &nls->groups, sizeof(nls->groups));
		if (w->q->ndiag_show & NDIAG_SHOW_MEMINFO)
			diag_put_meminfo(w->b, NETLINK_DIAG_MEMINFO, &nls->sk, 0);
		if (w->q->ndiag_show & NDIAG_SHOW_FLAGS)
			nl_put_u32(w->b, NETLINK_DIAG_FLAGS, flags_of(nls));
		nl_end(w->b, at);
	}
	if (nl_dump_full(w->d, w->b, at))
		return 1;
	w->d->pos = w->i;
	return 0;
}

static int dump(struct nl_dump *d, struct nl_buf *b)
{
	struct walk w = {.d = d, .b = b, .q = nl_req_data(&d->req)};

	return nl_for_each(put_socket, &w);
}

int netlink_diag_rcv(struct nl_req *r)
{
	if (nl_req_len(r) < sizeof(struct netlink_diag_req))
		return -EINVAL;
	return r->h->nlmsg_flags & NLM_F_DUMP ? nl_dump_start(r, dump) : -EOPNOTSUPP;
}
