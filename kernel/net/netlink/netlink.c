/*
 * AF_NETLINK sockets: ports, groups, queues, options. A request is worked on inside the send that
 * brings it; answers go to the sender's receive queue. What overflows a queue is lost, and the
 * program is told so by ENOBUFS. Requests and dumps are in request.c. netlink(7).
 */
#include "kernel/net/netlink/netlink.h"

#include "kernel/net/net_ns.h"
#include "kernel/net/netlink/request.h"
#include "kernel/task.h"

#define PROTOCOLS_MAX 32
#define OVERHEAD 512u /* charged for each queued message beyond its data, about as on Linux */

static const struct nl_proto usersock_proto = {
	.protocol = NETLINK_USERSOCK,
	.nr_groups = 32,
	.anyone_sends = true,
	.anyone_receives = true,
};

static const struct nl_proto *const protos[] = {
	&nl_route_proto,
	&nl_sock_diag_proto,
	&nl_uevent_proto,
	&usersock_proto,
};

static struct list_head all_socks = LIST_HEAD_INIT(all_socks);

/* ---- life ---- */

static const struct sock_ops netlink_ops;

bool nl_may_admin(const struct nl_sock *nls)
{
	return nls->admin && net_capable(CAP_NET_ADMIN);
}

static int netlink_create(int type, int protocol, struct sock **out)
{
	const struct nl_proto *p = NULL;
	struct nl_sock *nls;

	if (type != SOCK_RAW && type != SOCK_DGRAM)
		return -ESOCKTNOSUPPORT;
	for (size_t i = 0; i < ARRAY_SIZE(protos); i++)
		if (protos[i]->protocol == protocol)
			p = protos[i];
	if (!p)
		return -EPROTONOSUPPORT;
	nls = calloc(1, sizeof(*nls));
	if (!nls)
		return -ENOMEM;
	sock_init(&nls->sk, &netlink_ops, AF_NETLINK, type, protocol);
	nls->proto = p;
	nls->admin = net_capable(CAP_NET_ADMIN);
	list_init(&nls->queue);
	list_add_tail(&nls->all_link, &all_socks);
	*out = &nls->sk;
	return 0;
}

static void msg_free(struct nl_msg *msg)
{
	scm_fini(&msg->scm);
	free(msg);
}

static void netlink_release(struct sock *sk)
{
	struct nl_sock *nls = nl_sk(sk);

	list_del(&nls->all_link);
	nls->portid = 0;
	nls->groups = 0;
	sock_wake(sk, EPOLLOUT | EPOLLHUP);
}

static void netlink_destroy(struct sock *sk)
{
	struct nl_sock *nls = nl_sk(sk);
	struct nl_msg *msg, *tmp;

	list_for_each_entry_safe (msg, tmp, &nls->queue, link) {
		list_del(&msg->link);
		msg_free(msg);
	}
	list_del(&nls->all_link);
	free(nls->dump);
	free(nls);
}

int nl_for_each(int (*fn)(const struct nl_sock *nls, void *arg), void *arg)
{
	const struct nl_sock *nls;
	int ret = 0;

	list_for_each_entry (nls, &all_socks, all_link) {
		ret = nls->sk.net == current_net ? fn(nls, arg) : 0;
		if (ret)
			break;
	}
	return ret;
}

/* ---- ports and groups ---- */

static struct nl_sock *find(int protocol, u32 portid)
{
	struct nl_sock *nls;

	list_for_each_entry (nls, &all_socks, all_link)
		if (nls->portid == portid && nls->proto->protocol == protocol &&
			nls->sk.net == current_net)
			return nls;
	return NULL;
}

static int take_port(struct nl_sock *nls, u32 portid)
{
	if (find(nls->proto->protocol, portid))
		return -EADDRINUSE;
	nls->portid = portid;
	return 0;
}

/* The process id, or, for its second socket, a number no process has. */
static void autobind(struct nl_sock *nls)
{
	static s32 rover = -4096;
	u32 portid = (u32)current->tg->pid;

	while (take_port(nls, portid) < 0) {
		if (--rover == INT32_MIN)
			rover = -4096;
		portid = (u32)rover;
	}
}

static bool may_join(const struct nl_sock *nls)
{
	return nls->proto->anyone_receives || net_capable(CAP_NET_ADMIN);
}

static int addr_arg(const struct sock_addr *a, struct sockaddr_nl *nl)
{
	if (a->len < sizeof(*nl))
		return -EINVAL;
	memcpy(nl, a->bytes, sizeof(*nl));
	return nl->nl_family == AF_NETLINK ? 0 : -EINVAL;
}

static int netlink_bind(struct sock *sk, const struct sock_addr *a)
{
	struct nl_sock *nls = nl_sk(sk);
	struct sockaddr_nl nl;
	int err = addr_arg(a, &nl);
	u64 low = nls->proto->nr_groups >= 32 ? UINT32_MAX : (1ull << nls->proto->nr_groups) - 1;

	if (err < 0)
		return err;
	if (nl.nl_groups && !may_join(nls))
		return -EPERM;
	if (nls->portid && nl.nl_pid != nls->portid)
		return -EINVAL;
	if (!nls->portid && nl.nl_pid) {
		err = take_port(nls, nl.nl_pid);
		if (err < 0)
			return err;
	} else if (!nls->portid) {
		autobind(nls);
	}
	nls->groups = (nls->groups & ~(u64)UINT32_MAX) | (nl.nl_groups & low);
	return 0;
}

static int netlink_connect(struct sock *sk, const struct sock_addr *a, u32 msg_flags)
{
	struct nl_sock *nls = nl_sk(sk);
	struct sockaddr_nl nl;
	int err;

	if (a->len < sizeof(a->sa.sa_family))
		return -EINVAL;
	if (a->sa.sa_family == AF_UNSPEC) {
		sk->state = SOCK_UNCONNECTED;
		nls->dst_portid = nls->dst_group = 0;
		return 0;
	}
	err = addr_arg(a, &nl);
	if (err < 0)
		return err;
	if ((nl.nl_groups || nl.nl_pid) && !nls->proto->anyone_sends && !net_capable(CAP_NET_ADMIN))
		return -EPERM;
	if (!nls->portid)
		autobind(nls);
	sk->state = SOCK_CONNECTED;
	nls->dst_portid = nl.nl_pid;
	nls->dst_group = (u32)__builtin_ffs((int)nl.nl_groups);
	return 0;
}

static u32 group_mask(u32 group)
{
	return group && group <= 32 ? 1u << (group - 1) : 0;
}

static void put_name(struct sock_addr *out, u32 portid, u32 groups)
{
	struct sockaddr_nl nl = {.nl_family = AF_NETLINK, .nl_pid = portid, .nl_groups = groups};

	out->len = sizeof(nl);
	memcpy(out->bytes, &nl, sizeof(nl));
}

static int netlink_getname(struct sock *sk, struct sock_addr *out, bool peer)
{
	const struct nl_sock *nls = nl_sk(sk);

	if (peer)
		put_name(out, nls->dst_portid, group_mask(nls->dst_group));
	else
		put_name(out, nls->portid, (u32)nls->groups);
	return 0;
}

/* ---- queues ---- */

static struct nl_msg *msg_alloc(const void *data, u32 len)
{
	struct nl_msg *msg = malloc(sizeof(*msg) + len);

	if (!msg)
		return NULL;
	memset(msg, 0, sizeof(*msg));
	msg->scm.has_cred = true; /* the kernel's: 0, 0, 0 */
	msg->len = len;
	if (data)
		memcpy(msg->data, data, len);
	return msg;
}

static bool queue_full(const struct nl_sock *nls)
{
	return nls->congested || nls->sk.rmem > nls->sk.rcvbuf;
}

static void overrun(struct nl_sock *nls)
{
	if (!nl_option(nls, NETLINK_NO_ENOBUFS) && !nls->congested) {
		nls->congested = true;
		if (nls->sk.err != ENOBUFS) {
			nls->sk.err = ENOBUFS;
			sock_wake(&nls->sk, EPOLLERR);
		}
	}
}

static void enqueue(struct nl_sock *nls, struct nl_msg *msg)
{
	nls->sk.rmem += msg->len + OVERHEAD;
	list_add_tail(&msg->link, &nls->queue);
	sock_wake(&nls->sk, EPOLLIN | EPOLLRDNORM);
}

static void dequeue(struct nl_sock *nls, struct nl_msg *msg)
{
	list_del(&msg->link);
	nls->sk.rmem -= msg->len + OVERHEAD;
	if (list_empty(&nls->queue))
		nls->congested = false;
	sock_wake(&nls->sk, EPOLLOUT);
}

int nl_reply(struct nl_sock *nls, struct nl_buf *b)
{
	struct nl_msg *msg = NULL;
	int err = 0;

	if (queue_full(nls))
		overrun(nls);
	else if (!b->failed)
		msg = msg_alloc(b->data, b->len);
	if (msg)
		enqueue(nls, msg);
	else
		err = -ENOBUFS;
	nl_buf_free(b);
	return err;
}

int nl_sock_of_file(const struct file *f, struct nl_sock **out)
{
	struct sock *sk = sock_of_file(f);

	if (!sk)
		return -ENOTSOCK;
	if (sk->ops != &netlink_ops)
		return -EINVAL;
	*out = nl_sk(sock_get(sk));
	return 0;
}

void nl_tell(struct nl_sock *nls, const void *data, u32 len)
{
	struct nl_msg *msg = queue_full(nls) ? NULL : msg_alloc(data, len);

	if (msg)
		enqueue(nls, msg);
	else
		overrun(nls);
}

static bool is_member(const struct nl_sock *nls, int protocol, unsigned group)
{
	return nls->sk.net == current_net && nls->proto->protocol == protocol &&
	       (nls->groups >> (group - 1) & 1);
}

bool nl_has_listeners(int protocol, unsigned group)
{
	const struct nl_sock *nls;

	list_for_each_entry (nls, &all_socks, all_link)
		if (is_member(nls, protocol, group))
			return true;
	return false;
}

/* One copy of data for each member but except. The number of members. */
static unsigned broadcast(
	int protocol, unsigned group, const struct nl_msg *from, const struct nl_sock *except)
{
	struct nl_sock *nls;
	unsigned nr = 0;

	list_for_each_entry (nls, &all_socks, all_link) {
		struct nl_msg *msg;

		if (nls == except || !is_member(nls, protocol, group))
			continue;
		nr++;
		msg = queue_full(nls) ? NULL : msg_alloc(from->data, from->len);
		if (!msg) {
			overrun(nls);
			continue;
		}
		msg->portid = from->portid;
		msg->group = group;
		msg->scm.cred = from->scm.cred;
		enqueue(nls, msg);
	}
	return nr;
}

void nl_multicast(int protocol, unsigned group, struct nl_buf *b, const struct nl_sock *except)
{
	struct nl_msg *msg = b->failed ? NULL : msg_alloc(b->data, b->len);

	if (msg) {
		broadcast(protocol, group, msg, except);
		msg_free(msg);
	}
	nl_buf_free(b);
}

/* ---- sending ---- */

/* From one program to another; waits for room. Takes msg. */
static int unicast(struct nl_sock *from, u32 portid, struct nl_msg *msg, u64 deadline)
{
	struct nl_sock *to;
	int err = 0;

	while (!err) {
		to = find(from->proto->protocol, portid);
		if (!to || (to->sk.state == SOCK_CONNECTED && to->dst_portid != from->portid)) {
			err = -ECONNREFUSED;
		} else if (!queue_full(to)) {
			enqueue(to, msg);
			return 0;
		} else {
			sock_get(&to->sk);
			err = sock_wait(&to->sk.wait, EPOLLOUT, deadline);
			sock_put(&to->sk);
		}
	}
	msg_free(msg);
	return err;
}

static int send_to(struct nl_sock *nls, u32 portid, u32 group, struct nl_msg *msg, u64 deadline)
{
	int err;

	if (group) {
		unsigned nr = group <= nls->proto->nr_groups
				      ? broadcast(nls->proto->protocol, group, msg, nls)
				      : 0;

		if (!nr && !portid) {
			msg_free(msg);
			return -ESRCH;
		}
	}
	if (portid)
		return unicast(nls, portid, msg, deadline);
	err = group ? 0 : nls->proto->rcv ? 0 : -ECONNREFUSED;
	if (!err && !group)
		nl_requests(nls, msg->data, msg->len);
	msg_free(msg);
	return err;
}

static int destination(struct nl_sock *nls, const struct sock_addr *name, u32 *portid, u32 *group)
{
	struct sockaddr_nl nl;
	int err;

	*portid = nls->dst_portid;
	*group = nls->dst_group;
	if (!name || !name->len)
		return 0;
	err = addr_arg(name, &nl);
	if (err < 0)
		return err;
	*portid = nl.nl_pid;
	*group = (u32)__builtin_ffs((int)nl.nl_groups);
	if ((*portid || *group) && !nls->proto->anyone_sends && !net_capable(CAP_NET_ADMIN))
		return -EPERM;
	return 0;
}

static ssize_t netlink_sendmsg(struct sock *sk, struct sock_msg *m)
{
	struct nl_sock *nls = nl_sk(sk);
	size_t len = m->uio->left;
	u32 portid, group;
	struct nl_msg *msg;
	struct scm scm;
	int err;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (!len)
		return -ENODATA;
	err = scm_send(m, &scm);
	if (err < 0)
		return err;
	scm_fini(&scm); /* files do not travel here */
	err = destination(nls, m->name, &portid, &group);
	if (err < 0)
		return err;
	if (!nls->portid)
		autobind(nls);
	if (len > sk->sndbuf - 32)
		return -EMSGSIZE;
	msg = msg_alloc(NULL, (u32)len);
	if (!msg)
		return -ENOBUFS;
	msg->portid = nls->portid;
	msg->scm.cred = scm.cred;
	if (uio_get(m->uio, msg->data, len) != (ssize_t)len) {
		msg_free(msg);
		return -EFAULT;
	}
	err = send_to(nls, portid, group, msg, sock_deadline(sk->sndtimeo_ns, m->flags));
	return err < 0 ? err : (ssize_t)len;
}

/* ---- receiving ---- */

static int wait_message(struct nl_sock *nls, struct sock_msg *m, struct nl_msg **out)
{
	u64 deadline = sock_deadline(nls->sk.rcvtimeo_ns, m->flags);
	int err;

	while (list_empty(&nls->queue)) {
		if (nls->sk.err)
			return sock_take_error(&nls->sk);
		err = sock_wait(&nls->sk.wait, EPOLLIN, deadline);
		if (err < 0)
			return err;
	}
	if (nls->sk.err)
		return sock_take_error(&nls->sk);
	*out = list_first(&nls->queue, struct nl_msg, link);
	return 0;
}

static int put_control(struct nl_sock *nls, struct sock_msg *m, struct nl_msg *msg)
{
	struct nl_pktinfo info = {.group = msg->group};
	int err = 0;

	if (nl_option(nls, NETLINK_PKTINFO))
		err = sock_put_cmsg(m, SOL_NETLINK, NETLINK_PKTINFO, &info, sizeof(info));
	if (!err)
		err = scm_recv(&nls->sk, m, &msg->scm, true);
	return err;
}

static ssize_t netlink_recvmsg(struct sock *sk, struct sock_msg *m)
{
	struct nl_sock *nls = nl_sk(sk);
	bool peek = m->flags & MSG_PEEK;
	struct nl_msg *msg = NULL;
	size_t n;
	ssize_t ret;
	int err;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	nls->max_recv_len = MAX(nls->max_recv_len, (u32)MIN(m->uio->left, (size_t)NL_DUMP_MAX));
	err = wait_message(nls, m, &msg);
	if (err < 0)
		return err;
	if (!peek)
		dequeue(nls, msg);
	n = MIN((size_t)msg->len, m->uio->left);
	if (n < msg->len)
		m->out_flags |= MSG_TRUNC;
	ret = n && uio_put(m->uio, msg->data, n) != (ssize_t)n ? -EFAULT : 0;
	if (m->name)
		put_name(m->name, msg->portid, group_mask(msg->group));
	if (!ret)
		ret = put_control(nls, m, msg);
	if (!ret)
		ret = (ssize_t)(m->flags & MSG_TRUNC ? msg->len : n);
	if (!peek)
		msg_free(msg);
	if (nls->dump && sk->rmem <= sk->rcvbuf / 2)
		nl_dump_continue(nls);
	return ret;
}

static u32 netlink_poll(struct sock *sk, struct poll_table *pt)
{
	struct nl_sock *nls = nl_sk(sk);
	u32 mask = EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;

	poll_wait(pt, &sk->wait);
	if (sk->err)
		mask |= EPOLLERR;
	if (!list_empty(&nls->queue))
		mask |= EPOLLIN | EPOLLRDNORM;
	return mask;
}

/* ---- options ---- */

bool nl_option(const struct nl_sock *nls, int name)
{
	return nls->options >> name & 1;
}

static int set_membership(struct nl_sock *nls, u32 group, bool join)
{
	u64 bit;

	if (!may_join(nls))
		return -EPERM;
	if (!group || group > nls->proto->nr_groups)
		return -EINVAL;
	bit = 1ull << (group - 1);
	if (join && !nls->portid)
		autobind(nls);
	nls->groups = join ? nls->groups | bit : nls->groups & ~bit;
	return 0;
}

static int netlink_setsockopt(struct sock *sk, int level, int name, uaddr_t val, u32 len)
{
	struct nl_sock *nls = nl_sk(sk);
	u32 v = 0;

	if (level != SOL_NETLINK)
		return -ENOPROTOOPT;
	if (len >= sizeof(v) && copy_from_user(&v, val, sizeof(v)) < 0)
		return -EFAULT;
	switch (name) {
	case NETLINK_ADD_MEMBERSHIP:
	case NETLINK_DROP_MEMBERSHIP:
		return set_membership(nls, v, name == NETLINK_ADD_MEMBERSHIP);
	case NETLINK_LISTEN_ALL_NSID:
		if (!net_capable(CAP_NET_ADMIN))
			return -EPERM;
		/* fall through */
	case NETLINK_PKTINFO:
	case NETLINK_BROADCAST_ERROR:
	case NETLINK_NO_ENOBUFS:
	case NETLINK_CAP_ACK:
	case NETLINK_EXT_ACK:
	case NETLINK_GET_STRICT_CHK:
		break;
	default:
		return -ENOPROTOOPT;
	}
	nls->options = v ? nls->options | 1u << name : nls->options & ~(1u << name);
	if (name == NETLINK_NO_ENOBUFS && v) {
		nls->congested = false;
		sock_wake(sk, EPOLLOUT);
	}
	return 0;
}

static int netlink_getsockopt(struct sock *sk, int level, int name, void *buf, u32 size)
{
	const struct nl_sock *nls = nl_sk(sk);
	u32 v, need = (u32)ALIGN_UP((nls->proto->nr_groups + 7) / 8, 4u);

	if (level != SOL_NETLINK)
		return -ENOPROTOOPT;
	switch (name) {
	case NETLINK_LIST_MEMBERSHIPS:
		if (need <= size)
			memcpy(buf, &nls->groups, need);
		else
			memcpy(buf, &nls->groups, ALIGN_DOWN(size, 4u));
		return (int)need;
	case NETLINK_PKTINFO:
	case NETLINK_BROADCAST_ERROR:
	case NETLINK_NO_ENOBUFS:
	case NETLINK_LISTEN_ALL_NSID:
	case NETLINK_CAP_ACK:
	case NETLINK_EXT_ACK:
	case NETLINK_GET_STRICT_CHK:
		if (size < sizeof(v))
			return -EINVAL;
		v = nl_option(nls, name);
		memcpy(buf, &v, sizeof(v));
		return sizeof(v);
	default:
		return -ENOPROTOOPT;
	}
}

static const struct sock_ops netlink_ops = {
	.release = netlink_release,
	.destroy = netlink_destroy,
	.bind = netlink_bind,
	.connect = netlink_connect,
	.getname = netlink_getname,
	.sendmsg = netlink_sendmsg,
	.recvmsg = netlink_recvmsg,
	.poll = netlink_poll,
	.setsockopt = netlink_setsockopt,
	.getsockopt = netlink_getsockopt,
};

const struct sock_family netlink_family = {
	.family = AF_NETLINK,
	.create = netlink_create,
};
