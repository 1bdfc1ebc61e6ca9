/*
 * Requests of netlink: taken one by one out of what a program has sent, given to the protocol,
 * acknowledged; and dumps, made a piece at a time while the program reads. netlink(7).
 */
#include "kernel/net/netlink/request.h"

u32 nl_dump_generation;

int nl_req_parse(struct nl_req *r, size_t header_len, const struct nlattr **tb, unsigned max,
	const u8 *min_len)
{
	size_t skip = NLMSG_ALIGN(header_len);

	if (nl_req_len(r) < header_len)
		return nl_refuse(r, -EINVAL, "Invalid header for the request");
	return nl_parse((const u8 *)nl_req_data(r) + skip,
		nl_req_len(r) > skip ? nl_req_len(r) - skip : 0, tb, max, min_len, &r->ext);
}

int nl_refuse(struct nl_req *r, int err, const char *msg)
{
	r->ext.msg = msg;
	return err;
}

int nl_refuse_attr(struct nl_req *r, int err, const struct nlattr *a, const char *msg)
{
	r->ext.bad = a;
	return nl_refuse(r, err, msg);
}

/* ---- acknowledgements ---- */

static void put_ext(struct nl_buf *b, const struct nl_req *r)
{
	if (r->ext.msg)
		nl_put_str(b, NLMSGERR_ATTR_MSG, r->ext.msg);
	if (r->ext.bad)
		nl_put_u32(b, NLMSGERR_ATTR_OFFS, (u32)((const u8 *)r->ext.bad - (const u8 *)r->h));
}

static void acknowledge(const struct nl_req *r, int err)
{
	bool capped = !err || nl_option(r->nls, NETLINK_CAP_ACK);
	bool ext = nl_option(r->nls, NETLINK_EXT_ACK) && (r->ext.msg || r->ext.bad);
	struct nlmsghdr h = {.nlmsg_type = NLMSG_ERROR,
		.nlmsg_seq = r->h->nlmsg_seq,
		.nlmsg_pid = r->nls->portid,
		.nlmsg_flags = (u16)((capped ? NLM_F_CAPPED : 0) | (ext ? NLM_F_ACK_TLVS : 0))};
	struct nl_buf b = {0};
	u32 at = nl_begin(&b, &h, &err, sizeof(err));

	nl_append(&b, r->h, capped ? NLMSG_HDRLEN : r->h->nlmsg_len);
	if (ext)
		put_ext(&b, r);
	nl_end(&b, at);
	nl_reply(r->nls, &b);
}

void nl_requests(struct nl_sock *nls, const void *data, size_t len)
{
	const u8 *p = data;

	while (len >= NLMSG_HDRLEN) {
		struct nl_req r = {.nls = nls, .h = (const void *)p};
		size_t step;
		int err = 0;

		if (r.h->nlmsg_len < NLMSG_HDRLEN || r.h->nlmsg_len > len)
			break;
		step = MIN((size_t)NLMSG_ALIGN(r.h->nlmsg_len), len);
		if ((r.h->nlmsg_flags & NLM_F_REQUEST) && r.h->nlmsg_type >= NLMSG_MIN_TYPE)
			err = nls->proto->rcv(&r);
		if (err < 0 || (!err && (r.h->nlmsg_flags & NLM_F_ACK)))
			acknowledge(&r, err);
		p += step;
		len -= step;
	}
}

/* ---- dumps ---- */

int nl_dump_start(struct nl_req *r, int (*fn)(struct nl_dump *d, struct nl_buf *b))
{
	struct nl_dump *d;

	if (r->nls->dump)
		return -EBUSY;
	d = calloc(1, sizeof(*d) + r->h->nlmsg_len);
	if (!d)
		return -ENOMEM;
	memcpy(d->request, r->h, r->h->nlmsg_len);
	d->req.nls = r->nls;
	d->req.h = (const void *)d->request;
	d->fn = fn;
	d->h.nlmsg_seq = r->h->nlmsg_seq;
	d->h.nlmsg_pid = r->nls->portid;
	d->h.nlmsg_flags = NLM_F_MULTI;
	d->generation = nl_dump_generation;
	r->nls->dump = d;
	nl_dump_continue(r->nls);
	return NL_NO_ACK;
}

bool nl_dump_full(struct nl_dump *d, struct nl_buf *b, u32 at)
{
	if (b->len <= d->limit || !at)
		return false;
	b->len = at;
	return true;
}

static void finish(struct nl_dump *d, struct nl_buf *b, int err)
{
	struct nlmsghdr h = d->h;
	u32 at;

	h.nlmsg_type = NLMSG_DONE;
	at = nl_begin(b, &h, &err, sizeof(err));
	if (d->req.ext.msg && nl_option(d->req.nls, NETLINK_EXT_ACK)) {
		if (!b->failed)
			((struct nlmsghdr *)(b->data + at))->nlmsg_flags |= NLM_F_ACK_TLVS;
		put_ext(b, &d->req);
	}
	nl_end(b, at);
}

void nl_dump_continue(struct nl_sock *nls)
{
	struct nl_dump *d = nls->dump;
	struct nl_buf b = {0};
	int ret;

	if (nls->sk.rmem >= nls->sk.rcvbuf)
		return; /* goes on when the program has read */
	d->limit = MAX(nls->max_recv_len, NL_DUMP_MIN);
	if (d->generation != nl_dump_generation)
		d->h.nlmsg_flags |= NLM_F_DUMP_INTR;
	ret = d->fn(d, &b);
	if (ret <= 0) {
		finish(d, &b, ret);
		nls->dump = NULL;
	}
	nl_reply(nls, &b);
	if (ret <= 0)
		free(d);
}
