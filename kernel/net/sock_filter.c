/*
 * Filters of sockets: classic BPF programs (kernel/bpf.c) that decide which packets a socket gets,
 * and how much of each. Run by packet, UDP, raw, ping, TCP and AF_UNIX datagram sockets before a
 * packet is queued. socket(7).
 */
#include "kernel/net/sock_filter.h"

#include "kernel/net/netdev.h"
#include "kernel/os.h"

struct sock_prog { /* shared by a listener and what it accepts */
	unsigned refs;
	struct sock_filter insns[];
};

int sock_filter_attach(struct sock *sk, uaddr_t val, u32 len)
{
	struct sock_fprog fp;
	struct sock_prog *p;
	size_t size;
	int err;

	if (len != sizeof(fp))
		return -EINVAL;
	if (copy_from_user(&fp, val, sizeof(fp)) < 0)
		return -EFAULT;
	if (sk->filter_locked)
		return -EPERM;
	if (!fp.len || fp.len > BPF_MAXINSNS)
		return -EINVAL;
	size = fp.len * sizeof(struct sock_filter);
	p = malloc(sizeof(*p) + size);
	if (!p)
		return -ENOMEM;
	err = copy_from_user(p->insns, (uaddr_t)fp.filter, size);
	if (!err)
		err = bpf_check_packet(p->insns, fp.len);
	if (err < 0) {
		free(p);
		return err;
	}
	p->refs = 1;
	sock_filter_free(sk);
	sk->filter = p;
	return 0;
}

int sock_filter_detach(struct sock *sk)
{
	if (sk->filter_locked)
		return -EPERM;
	if (!sk->filter)
		return -ENOENT;
	sock_filter_free(sk);
	return 0;
}

void sock_filter_inherit(struct sock *child, const struct sock *parent)
{
	child->filter = parent->filter;
	child->filter_locked = parent->filter_locked;
	if (child->filter)
		child->filter->refs++;
}

void sock_filter_free(struct sock *sk)
{
	if (sk->filter && !--sk->filter->refs)
		free(sk->filter);
	sk->filter = NULL;
}

static u32 random_number(void)
{
	u32 r;

	os_random(&r, sizeof(r));
	return r;
}

u32 sock_filter_skb(const struct sock *sk, const struct skb *skb, const u8 *data)
{
	struct bpf_packet p = {
		.data = data,
		.len = (u32)(skb->tail - data),
		.head = skb->head,
		.mac = skb_mac(skb),
		.net = skb_net(skb),
		.protocol = skb->protocol,
		.pkt_type = skb->pkt_type,
		.mark = skb->mark,
	};

	if (!sk->filter)
		return p.len;
	if (skb->dev) {
		p.ifindex = (u32)skb->dev->ifindex;
		p.hatype = skb->dev->type;
	}
	if (skb_trans(skb) > data && skb_trans(skb) <= skb->tail)
		p.pay_offset = (u32)(skb_trans(skb) - data);
	p.random = random_number();
	return MIN(bpf_run_packet(sk->filter->insns, &p), p.len);
}

u32 sock_filter_data(const struct sock *sk, const u8 *data, u32 len)
{
	struct bpf_packet p = {.data = data, .len = len, .head = data, .random = 0};

	if (!sk->filter)
		return len;
	p.random = random_number();
	return MIN(bpf_run_packet(sk->filter->insns, &p), len);
}
