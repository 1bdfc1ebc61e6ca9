/*
 * AF_PACKET sockets: copies of what devices receive and send, with the link header (SOCK_RAW) or
 * without (SOCK_DGRAM), and frames of the program's own making. A socket is a tap (netdev.h) for as
 * long as it is bound to a protocol. packet(7).
 */
#include "kernel/net/packet.h"

#include "kernel/cred.h"
#include "kernel/net/dgram.h"
#include "kernel/net/ifioctl.h"
#include "kernel/net/sock_filter.h"
#include "kernel/os.h"
#include "kernel/task.h"

static struct list_head all_socks = LIST_HEAD_INIT(all_socks);
static void link_event(struct net_listener *l, enum net_event ev, const void *obj);
static struct net_listener listener = {.fn = link_event};

struct packet_cb {
	struct sockaddr_ll from;
	u32 len, status;
	u16 mac_len;
};
static_assert(sizeof(struct packet_cb) <= sizeof(((struct skb *)0)->cb), "packet_cb fits");

static struct packet_cb *packet_cb(struct skb *skb)
{
	return (struct packet_cb *)skb->cb;
}

int packet_for_each(int (*fn)(const struct packet_sock *ps, void *arg), void *arg)
{
	struct packet_sock *ps;
	int ret = 0;

	list_for_each_entry (ps, &all_socks, all_link) {
		ret = fn(ps, arg);
		if (ret)
			break;
	}
	return ret;
}

/* ---- in ---- */

static void fill_from(struct sockaddr_ll *a, const struct netdev *dev, const struct skb *skb)
{
	*a = (struct sockaddr_ll){
		.sll_family = AF_PACKET,
		.sll_protocol = be16_of(skb->protocol),
		.sll_ifindex = dev->ifindex,
		.sll_hatype = dev->type,
		.sll_pkttype = skb->pkt_type,
	};
	if (dev->hard_header_len == ETH_HLEN && skb->tail - skb_mac(skb) >= ETH_HLEN) {
		a->sll_halen = 6;
		memcpy(a->sll_addr, skb_mac(skb) + 6, 6);
	}
}

static void queue(struct packet_sock *ps, const struct packet_info *info, const u8 *data)
{
	struct skb *copy;

	if (ps->sk.rmem >= ps->sk.rcvbuf || !(copy = skb_alloc(0, info->snaplen))) {
		ps->drops++;
		return;
	}
	memcpy(skb_put(copy, info->snaplen), data, info->snaplen);
	*packet_cb(copy) = (struct packet_cb){info->from, info->len, info->status, info->mac_len};
	copy->tstamp_ns = info->tstamp_ns;
	skb_charge_r(copy, &ps->sk);
	list_add_tail(&copy->link, &ps->rxq);
	ps->packets++;
	sock_wake(&ps->sk, EPOLLIN | EPOLLRDNORM);
}

static u32 status_of(const struct packet_sock *ps, const struct skb *skb)
{
	u32 status = TP_STATUS_USER;

	if (skb->csum == SKB_CSUM_PARTIAL)
		status |= TP_STATUS_CSUMNOTREADY;
	else if (skb->csum == SKB_CSUM_VERIFIED && skb->pkt_type != SKB_PKT_OUTGOING)
		status |= TP_STATUS_CSUM_VALID;
	if (ps->drops)
		status |= TP_STATUS_LOSING;
	return status;
}

static void packet_rcv(struct netdev_tap *tap, struct netdev *dev, const struct skb *skb)
{
	struct packet_sock *ps = container_of(tap, struct packet_sock, tap);
	struct packet_info info;
	const u8 *data = skb->data;

	if (skb->pkt_type == SKB_PKT_OUTGOING && (ps->ignore_outgoing || skb->sk == &ps->sk))
		return;
	info.mac_len = dev->hard_header_len;
	if (skb_len(skb) < info.mac_len)
		return;
	if (ps->sk.type == SOCK_DGRAM) {
		data += info.mac_len;
		info.mac_len = 0;
	}
	info.len = (u32)(skb->tail - data);
	info.snaplen = sock_filter_skb(&ps->sk, skb, data);
	if (!info.snaplen)
		return;
	fill_from(&info.from, dev, skb);
	info.status = status_of(ps, skb);
	info.tstamp_ns = skb->tstamp_ns ? skb->tstamp_ns : os_clock_ns(OS_CLOCK_REALTIME);
	if (!ps->ring) {
		queue(ps, &info, data);
	} else if (packet_ring_put(ps, &info, data)) {
		ps->packets++;
		sock_wake(&ps->sk, EPOLLIN | EPOLLRDNORM);
	} else {
		ps->drops++;
	}
}

static int put_cmsgs(struct packet_sock *ps, struct sock_msg *m, struct skb *skb)
{
	const struct packet_cb *cb = packet_cb(skb);
	struct tpacket_auxdata aux = {
		.tp_status = cb->status,
		.tp_len = cb->len,
		.tp_snaplen = skb_len(skb),
		.tp_net = cb->mac_len,
	};
	int err = dgram_put_timestamps(&ps->sk, m, skb->tstamp_ns);

	if (!err && ps->auxdata)
		err = sock_put_cmsg(m, SOL_PACKET, PACKET_AUXDATA, &aux, sizeof(aux));
	return err;
}

static ssize_t deliver(struct packet_sock *ps, struct sock_msg *m, struct skb *skb)
{
	size_t n = MIN((size_t)skb_len(skb), m->uio->left);
	ssize_t ret = (ssize_t)n;
	int err;

	if (n < skb_len(skb))
		m->out_flags |= MSG_TRUNC;
	if (n && uio_put(m->uio, skb->data, n) != (ssize_t)n)
		return -EFAULT;
	if (m->name) {
		m->name->len = sizeof(struct sockaddr_ll);
		memcpy(m->name->bytes, &packet_cb(skb)->from, sizeof(struct sockaddr_ll));
	}
	if (m->ucontrol) {
		err = put_cmsgs(ps, m, skb);
		if (err < 0)
			return err;
	}
	return m->flags & MSG_TRUNC ? (ssize_t)skb_len(skb) : ret;
}

static ssize_t packet_recvmsg(struct sock *sk, struct sock_msg *m)
{
	struct packet_sock *ps = packet_sk(sk);
	u64 deadline = sock_deadline(sk->rcvtimeo_ns, m->flags);
	struct skb *skb;
	ssize_t ret;
	int err;

	if (m->flags & MSG_OOB)
		return -EINVAL;
	for (;;) {
		if (sk->err)
			return sock_take_error(sk);
		if (!list_empty(&ps->rxq))
			break;
		if (sk->shutdown & SOCK_SHUT_RD)
			return 0;
		err = sock_wait(&sk->wait, EPOLLIN | EPOLLRDHUP, deadline);
		if (err < 0)
			return err;
	}
	skb = list_first(&ps->rxq, struct skb, link);
	if (m->flags & MSG_PEEK)
		return deliver(ps, m, skb);
	list_del(&skb->link);
	ret = deliver(ps, m, skb);
	skb_free(skb);
	return ret;
}

/* ---- out ---- */

struct target {
	struct netdev *dev;
	u16 protocol;
	const u8 *mac; /* NULL: none given */
};

static int find_target(struct packet_sock *ps, const struct sock_msg *m, struct target *t)
{
	const struct sockaddr_ll *a = m->name ? (const void *)m->name->bytes : NULL;
	int ifindex = ps->ifindex;

	t->protocol = ps->protocol;
	t->mac = NULL;
	if (a) {
		if (m->name->len < sizeof(*a) || m->name->len < 12u + a->sll_halen)
			return -EINVAL;
		if (a->sll_family != AF_PACKET && a->sll_family != AF_UNSPEC)
			return -EINVAL;
		ifindex = a->sll_ifindex;
		t->protocol = cpu16_of(a->sll_protocol);
		if (a->sll_halen >= 6)
			t->mac = a->sll_addr;
	}
	t->dev = netdev_by_index(ifindex);
	if (!t->dev)
		return -ENXIO;
	if (ps->sk.type == SOCK_DGRAM && a && t->dev->type == ARPHRD_ETHER && !t->mac)
		return -EINVAL;
	return t->dev->flags & IFF_UP ? 0 : -ENETDOWN;
}

/* The frame of len bytes from the program, its link header in place. */
static int build(struct packet_sock *ps, struct sock_msg *m, const struct target *t, u32 len,
	struct skb **out)
{
	struct skb *skb = skb_alloc(SKB_HEADROOM, len);

	if (!skb)
		return -ENOBUFS;
	if (len && uio_get(m->uio, skb_put(skb, len), len) != (ssize_t)len) {
		skb_free(skb);
		return -EFAULT;
	}
	skb->protocol = t->protocol;
	skb->mark = ps->sk.mark;
	skb->priority = ps->sk.priority;
	if (ps->sk.type == SOCK_DGRAM) {
		skb_set_net(skb);
		if (t->dev->ops->header &&
			t->dev->ops->header(t->dev, skb, t->protocol, t->mac) < 0) {
			skb_free(skb);
			return -ENOBUFS;
		}
	} else {
		if (!skb->protocol && len >= ETH_HLEN)
			skb->protocol = (u16)(skb->data[12] << 8 | skb->data[13]);
		skb->net_off = skb_headroom(skb) + MIN(len, (u32)t->dev->hard_header_len);
	}
	skb->trans_off = skb->net_off;
	*out = skb;
	return 0;
}

static ssize_t packet_sendmsg(struct sock *sk, struct sock_msg *m)
{
	struct packet_sock *ps = packet_sk(sk);
	size_t len = m->uio->left, room;
	struct target t = {NULL};
	struct skb *skb;
	int err = dgram_wait_sndbuf(sk, m->flags);

	if (!err)
		err = find_target(ps, m, &t);
	if (err < 0)
		return err;
	room = t.dev->mtu;
	if (sk->type == SOCK_RAW) {
		room += t.dev->hard_header_len;
		if (len < t.dev->hard_header_len)
			return -EINVAL;
	}
	if (len > room)
		return -EMSGSIZE;
	err = build(ps, m, &t, (u32)len, &skb);
	if (err < 0)
		return err;
	skb_charge_w(skb, sk);
	err = netdev_xmit(t.dev, skb);
	return err < 0 ? err : (ssize_t)len;
}

/* ---- binding ---- */

static void unhook(struct packet_sock *ps)
{
	if (ps->hooked)
		netdev_tap_del(&ps->tap);
	ps->hooked = false;
}

static void hook(struct packet_sock *ps)
{
	struct netdev *dev = ps->bound ? netdev_by_index(ps->ifindex) : NULL;

	unhook(ps);
	if (!ps->protocol || (ps->bound && (!dev || !(dev->flags & IFF_UP))))
		return;
	ps->tap.dev = dev;
	ps->tap.protocol = ps->protocol;
	ps->tap.fn = packet_rcv;
	netdev_tap_add(&ps->tap);
	ps->hooked = true;
}

static void report_down(struct packet_sock *ps)
{
	ps->sk.err = ENETDOWN;
	sock_wake(&ps->sk, EPOLLERR);
}

static int packet_bind(struct sock *sk, const struct sock_addr *a)
{
	struct packet_sock *ps = packet_sk(sk);
	const struct sockaddr_ll *ll = (const void *)a->bytes;
	const struct netdev *dev = NULL;

	if (a->len < sizeof(*ll) || ll->sll_family != AF_PACKET)
		return -EINVAL;
	if (ll->sll_ifindex) {
		dev = netdev_by_index(ll->sll_ifindex);
		if (!dev)
			return -ENODEV;
	}
	ps->ifindex = ll->sll_ifindex;
	ps->bound = dev != NULL;
	if (ll->sll_protocol)
		ps->protocol = cpu16_of(ll->sll_protocol);
	hook(ps);
	if (dev && !(dev->flags & IFF_UP))
		report_down(ps);
	return 0;
}

static int packet_getname(struct sock *sk, struct sock_addr *out, bool peer)
{
	const struct packet_sock *ps = packet_sk(sk);
	const struct netdev *dev = netdev_by_index(ps->ifindex);
	struct sockaddr_ll ll = {.sll_family = AF_PACKET,
		.sll_ifindex = ps->ifindex,
		.sll_protocol = be16_of(ps->protocol)};

	if (peer)
		return -EOPNOTSUPP;
	if (dev) {
		ll.sll_hatype = dev->type;
		ll.sll_halen = 6;
		memcpy(ll.sll_addr, dev->mac, 6);
	}
	out->len = offsetof(struct sockaddr_ll, sll_addr) + ll.sll_halen;
	memcpy(out->bytes, &ll, out->len);
	return 0;
}

/* A device a socket is bound to goes down or away. */
static void link_event(struct net_listener *l, enum net_event ev, const void *obj)
{
	const struct netdev *dev = obj;
	struct packet_sock *ps;

	if (ev != NET_LINK_CHANGED && ev != NET_LINK_GONE)
		return;
	list_for_each_entry (ps, &all_socks, all_link) {
		if (!ps->bound || ps->ifindex != dev->ifindex)
			continue;
		if (ev == NET_LINK_GONE) {
			unhook(ps);
			ps->ifindex = -1;
			report_down(ps);
		} else if (ps->hooked && !(dev->flags & IFF_UP)) {
			unhook(ps);
			report_down(ps);
		} else if (!ps->hooked && (dev->flags & IFF_UP)) {
			hook(ps);
		}
	}
}

/* ---- life and the rest ---- */

static u32 packet_poll(struct sock *sk, struct poll_table *pt)
{
	struct packet_sock *ps = packet_sk(sk);
	u32 mask = 0;

	poll_wait(pt, &sk->wait);
	if (sk->err)
		mask |= EPOLLERR;
	if (!list_empty(&ps->rxq) || (ps->ring && packet_ring_readable(ps)))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (sk->wmem < sk->sndbuf)
		mask |= EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;
	return mask;
}

static long packet_ioctl(struct sock *sk, u32 cmd, uaddr_t arg)
{
	const struct packet_sock *ps = packet_sk(sk);

	switch (cmd) {
	case SIOCINQ:
		return put_user_u32(arg,
			list_empty(&ps->rxq) ? 0 : skb_len(list_first(&ps->rxq, struct skb, link)));
	case SIOCOUTQ:
		return put_user_u32(arg, sk->wmem);
	default:
		return inet4_ioctl(cmd, arg);
	}
}

static int packet_mmap_hfd(struct sock *sk, bool shared_write)
{
	return packet_ring_hfd(packet_sk(sk), shared_write);
}

static void packet_release(struct sock *sk)
{
	struct packet_sock *ps = packet_sk(sk);

	sk->shutdown = SOCK_SHUT_BOTH;
	list_del(&ps->all_link); /* first: what follows makes link events */
	if (list_empty(&all_socks))
		net_unlisten(&listener);
	unhook(ps);
	packet_leave_all(ps);
	packet_ring_free(ps);
	skb_purge(&ps->rxq);
}

static void packet_destroy(struct sock *sk)
{
	free(sk);
}

static const struct sock_ops packet_ops = {
	.release = packet_release,
	.destroy = packet_destroy,
	.bind = packet_bind,
	.getname = packet_getname,
	.sendmsg = packet_sendmsg,
	.recvmsg = packet_recvmsg,
	.poll = packet_poll,
	.ioctl = packet_ioctl,
	.setsockopt = packet_setsockopt,
	.getsockopt = packet_getsockopt,
	.mmap_hfd = packet_mmap_hfd,
};

static int packet_create(int type, int protocol, struct sock **out)
{
	struct packet_sock *ps;

	if (!net_capable(CAP_NET_RAW))
		return -EPERM;
	if (type != SOCK_RAW && type != SOCK_DGRAM)
		return -ESOCKTNOSUPPORT;
	ps = calloc(1, sizeof(*ps));
	if (!ps)
		return -ENOMEM;
	sock_init(&ps->sk, &packet_ops, AF_PACKET, type, protocol);
	ps->protocol = cpu16_of((u16)protocol);
	ps->uid = current ? current->cred->euid : 0;
	list_init(&ps->rxq);
	list_init(&ps->memberships);
	if (list_empty(&all_socks))
		net_listen(&listener);
	list_add_tail(&ps->all_link, &all_socks);
	hook(ps);
	*out = &ps->sk;
	return 0;
}

const struct sock_family packet_family = {
	.family = AF_PACKET,
	.create = packet_create,
};
