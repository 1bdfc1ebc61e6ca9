/*
 * Options of AF_PACKET sockets: memberships, statistics, the ring. What is not here (sending rings,
 * fanout, virtio headers) is refused. packet(7).
 */
#include "kernel/net/packet.h"

struct membership { /* packet_sock->memberships */
	struct list_head link;
	struct packet_mreq mreq;
	unsigned count;
};

/* Link-layer groups and further unicast addresses need nothing: every frame of a link is seen. */
static void apply(const struct packet_mreq *m, int delta)
{
	struct netdev *dev = netdev_by_index(m->mr_ifindex);

	if (dev && m->mr_type == PACKET_MR_PROMISC)
		netdev_promisc(dev, delta);
	else if (dev && m->mr_type == PACKET_MR_ALLMULTI)
		netdev_allmulti(dev, delta);
}

static struct membership *find(const struct packet_sock *ps, const struct packet_mreq *m)
{
	struct membership *pos;

	list_for_each_entry (pos, &ps->memberships, link)
		if (pos->mreq.mr_ifindex == m->mr_ifindex && pos->mreq.mr_type == m->mr_type &&
			pos->mreq.mr_alen == m->mr_alen &&
			!memcmp(pos->mreq.mr_address, m->mr_address, m->mr_alen))
			return pos;
	return NULL;
}

static int join(struct packet_sock *ps, const struct packet_mreq *m)
{
	const struct netdev *dev = netdev_by_index(m->mr_ifindex);
	struct membership *pos = find(ps, m);

	if (!dev)
		return -ENODEV;
	if (m->mr_alen > sizeof(dev->mac) || m->mr_type > PACKET_MR_UNICAST)
		return -EINVAL;
	if (pos) {
		pos->count++;
		return 0;
	}
	pos = malloc(sizeof(*pos));
	if (!pos)
		return -ENOBUFS;
	pos->mreq = *m;
	pos->count = 1;
	list_add_tail(&pos->link, &ps->memberships);
	apply(m, 1);
	return 0;
}

static void leave(struct membership *pos)
{
	apply(&pos->mreq, -1);
	list_del(&pos->link);
	free(pos);
}

static int membership(struct packet_sock *ps, uaddr_t val, u32 len, bool add)
{
	struct packet_mreq m = {0};
	struct membership *pos;

	if (len < sizeof(m))
		return -EINVAL;
	if (copy_from_user(&m, val, sizeof(m)) < 0)
		return -EFAULT;
	if (m.mr_alen > sizeof(m.mr_address))
		return -EINVAL;
	if (add)
		return join(ps, &m);
	pos = find(ps, &m);
	if (!pos)
		return -EADDRNOTAVAIL;
	if (!--pos->count)
		leave(pos);
	return 0;
}

void packet_leave_all(struct packet_sock *ps)
{
	while (!list_empty(&ps->memberships))
		leave(list_first(&ps->memberships, struct membership, link));
}

static int set_ring(struct packet_sock *ps, uaddr_t val, u32 len)
{
	struct tpacket_req r;

	if (len < sizeof(r))
		return -EINVAL;
	if (copy_from_user(&r, val, sizeof(r)) < 0)
		return -EFAULT;
	return packet_ring_set(ps, &r);
}

static int set_int(struct packet_sock *ps, int name, int v)
{
	switch (name) {
	case PACKET_AUXDATA:
		ps->auxdata = v != 0;
		return 0;
	case PACKET_ORIGDEV:
		ps->origdev = v != 0;
		return 0;
	case PACKET_IGNORE_OUTGOING:
		if (v < 0 || v > 1)
			return -EINVAL;
		ps->ignore_outgoing = v;
		return 0;
	case PACKET_VERSION:
		if (v != TPACKET_V1 && v != TPACKET_V2)
			return -EINVAL;
		if (ps->ring)
			return -EBUSY;
		ps->version = v;
		return 0;
	case PACKET_RESERVE:
		if (v < 0 || v > 65536)
			return -EINVAL;
		if (ps->ring)
			return -EBUSY;
		ps->reserve = (u32)v;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

int packet_setsockopt(struct sock *sk, int level, int name, uaddr_t val, u32 len)
{
	struct packet_sock *ps = packet_sk(sk);
	int v;

	if (level != SOL_PACKET)
		return -ENOPROTOOPT;
	if (name == PACKET_ADD_MEMBERSHIP || name == PACKET_DROP_MEMBERSHIP)
		return membership(ps, val, len, name == PACKET_ADD_MEMBERSHIP);
	if (name == PACKET_RX_RING)
		return set_ring(ps, val, len);
	if (len < sizeof(v))
		return -EINVAL;
	if (copy_from_user(&v, val, sizeof(v)) < 0)
		return -EFAULT;
	return set_int(ps, name, v);
}

/* Reading them starts them anew. */
static int get_statistics(struct packet_sock *ps, void *buf, u32 size)
{
	struct tpacket_stats st = {.tp_packets = ps->packets + ps->drops, .tp_drops = ps->drops};

	ps->packets = ps->drops = 0;
	size = MIN(size, (u32)sizeof(st));
	memcpy(buf, &st, size);
	return (int)size;
}

int packet_getsockopt(struct sock *sk, int level, int name, void *buf, u32 size)
{
	struct packet_sock *ps = packet_sk(sk);
	int v;

	if (level != SOL_PACKET)
		return -ENOPROTOOPT;
	switch (name) {
	case PACKET_STATISTICS:
		return get_statistics(ps, buf, size);
	case PACKET_AUXDATA:
		v = ps->auxdata;
		break;
	case PACKET_ORIGDEV:
		v = ps->origdev;
		break;
	case PACKET_IGNORE_OUTGOING:
		v = ps->ignore_outgoing;
		break;
	case PACKET_VERSION:
		v = ps->version;
		break;
	case PACKET_RESERVE:
		v = (int)ps->reserve;
		break;
	case PACKET_HDRLEN: /* of the version that stands in the buffer */
		if (size < sizeof(v))
			return -EINVAL;
		memcpy(&v, buf, sizeof(v));
		v = packet_ring_header_len(v);
		if (v < 0)
			return v;
		break;
	default:
		return -ENOPROTOOPT;
	}
	size = MIN(size, (u32)sizeof(v));
	memcpy(buf, &v, size);
	return (int)size;
}
