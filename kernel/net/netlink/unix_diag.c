/* AF_UNIX sockets for `ss -x`: states, names, peers, queues. sock_diag(7). */
#include "kernel/net/netlink/diag.h"
#include "kernel/net/unix.h"

#include <linux/unix_diag.h>

enum { STATE_CONNECTED = 1, STATE_UNCONNECTED = 7, STATE_LISTENING = 10 }; /* as TCP's */

static u8 state_of(const struct unix_sock *u)
{
	if (u->sk.state == SOCK_LISTENING)
		return STATE_LISTENING;
	return u->sk.state == SOCK_CONNECTED || u->embryo ? STATE_CONNECTED : STATE_UNCONNECTED;
}

static void put_name(struct nl_buf *b, const struct unix_addr *a)
{
	u32 off = offsetof(struct sockaddr_un, sun_path);

	if (a)
		nl_put(b, UNIX_DIAG_NAME, a->un.sun_path, a->len - off);
}

static void put_vfs(struct nl_buf *b, const struct unix_sock *u)
{
	struct unix_diag_vfs v;

	if (!u->inode)
		return;
	v.udiag_vfs_ino = (u32)u->inode->ino;
	v.udiag_vfs_dev = (u32)u->inode->sb->dev;
	nl_put(b, UNIX_DIAG_VFS, &v, sizeof(v));
}

/* Who waits to be accepted. */
static void put_pending(struct nl_buf *b, const struct unix_sock *u)
{
	const struct unix_sock *child;
	u32 at;

	if (u->sk.state != SOCK_LISTENING)
		return;
	at = nl_nest(b, UNIX_DIAG_ICONS); /* an array, not attributes */
	list_for_each_entry (child, &u->acceptq, accept_link) {
		u32 ino = child->peer ? (u32)child->peer->sk.ino : 0;

		nl_append(b, &ino, sizeof(ino));
	}
	nl_nest_end(b, at);
}

static void put_queues(struct nl_buf *b, const struct unix_sock *u)
{
	struct unix_diag_rqlen q = {(u32)u->queued_len, (u32)u->wmem};

	if (u->sk.state == SOCK_LISTENING)
		q = (struct unix_diag_rqlen){u->nr_accept, u->backlog};
	nl_put(b, UNIX_DIAG_RQLEN, &q, sizeof(q));
}

static void put_socket(
	struct nl_buf *b, const struct nlmsghdr *from, const struct unix_sock *u, u32 show)
{
	struct unix_diag_msg m = {.udiag_family = AF_UNIX,
		.udiag_type = (u8)u->sk.type,
		.udiag_state = state_of(u),
		.udiag_ino = u->embryo ? 0 : (u32)u->sk.ino};
	struct nlmsghdr h = *from;
	u32 at;

	h.nlmsg_type = SOCK_DIAG_BY_FAMILY;
	diag_cookie(u->sk.ino, m.udiag_cookie);
	at = nl_begin(b, &h, &m, sizeof(m));
	if (show & UDIAG_SHOW_NAME)
		put_name(b, u->addr);
	if (show & UDIAG_SHOW_VFS)
		put_vfs(b, u);
	if ((show & UDIAG_SHOW_PEER) && u->peer && !u->peer->dead)
		nl_put_u32(b, UNIX_DIAG_PEER, (u32)u->peer->sk.ino);
	if (show & UDIAG_SHOW_ICONS)
		put_pending(b, u);
	if (show & UDIAG_SHOW_RQLEN)
		put_queues(b, u);
	if (show & UDIAG_SHOW_MEMINFO)
		diag_put_meminfo(b, UNIX_DIAG_MEMINFO, &u->sk, 0);
	if ((show & UDIAG_SHOW_UID) && u->sk.file)
		nl_put_u32(b, UNIX_DIAG_UID, u->sk.file->inode->uid);
	nl_put_u8(b, UNIX_DIAG_SHUTDOWN, (u8)u->sk.shutdown);
	nl_end(b, at);
}

struct walk {
	struct nl_dump *d; /* NULL: look for the one the request names */
	struct nl_buf *b;
	const struct unix_diag_req *q;
	const struct nlmsghdr *h;
	u64 i;
};

static int visit(const struct unix_info *info, void *arg)
{
	const struct unix_sock *u = info->sock;
	struct walk *w = arg;
	u32 at = w->b->len;

	if (!w->d) {
		if (u->sk.ino != w->q->udiag_ino)
			return 0;
		if (!diag_cookie_fits(u->sk.ino, w->q->udiag_cookie))
			return -ESTALE;
		put_socket(w->b, w->h, u, w->q->udiag_show);
		return 1;
	}
	if (w->i++ < w->d->pos)
		return 0;
	if (w->q->udiag_states >> state_of(u) & 1)
		put_socket(w->b, w->h, u, w->q->udiag_show);
	if (nl_dump_full(w->d, w->b, at))
		return 1;
	w->d->pos = w->i;
	return 0;
}

static int dump(struct nl_dump *d, struct nl_buf *b)
{
	struct walk w = {.d = d, .b = b, .q = nl_req_data(&d->req), .h = &d->h};

	return unix_for_each(visit, &w);
}

int unix_diag_rcv(struct nl_req *r)
{
	const struct unix_diag_req *q = nl_req_data(r);
	struct nlmsghdr h = {.nlmsg_seq = r->h->nlmsg_seq, .nlmsg_pid = r->nls->portid};
	struct nl_buf b = {0};
	struct walk w = {.b = &b, .q = q, .h = &h};
	int ret;

	if (nl_req_len(r) < sizeof(*q))
		return -EINVAL;
	if (r->h->nlmsg_flags & NLM_F_DUMP)
		return nl_dump_start(r, dump);
	if (!q->udiag_ino)
		return -EINVAL;
	ret = unix_for_each(visit, &w);
	if (ret <= 0)
		return ret ? ret : -ENOENT;
	return nl_reply(r->nls, &b);
}
