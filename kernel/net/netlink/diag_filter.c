/*
 * The filters that `ss` sends with a request: a program of conditional jumps forward, sock_diag(7),
 * linux/inet_diag.h. An operation jumps by "yes" or "no" bytes; landing exactly behind the last
 * accepts, further rejects. Every operation is checked against the end before it is looked at.
 */
#include "kernel/net/netlink/diag.h"

/* Bytes of the operation at op, of which len are there; 0: not one, or not all of it. */
static size_t op_size(const struct inet_diag_bc_op *op, size_t len)
{
	const struct inet_diag_hostcond *cond = (const void *)(op + 1);
	size_t size = sizeof(*op);

	if (len < size)
		return 0;
	switch (op->code) {
	case INET_DIAG_BC_NOP:
	case INET_DIAG_BC_JMP:
	case INET_DIAG_BC_AUTO:
		break;
	case INET_DIAG_BC_S_COND:
	case INET_DIAG_BC_D_COND:
		size += sizeof(*cond);
		if (len < size)
			return 0;
		if (cond->family == AF_INET || cond->family == AF_INET6)
			size += cond->family == AF_INET ? 4 : 16;
		else if (cond->family != AF_UNSPEC)
			return 0;
		if (cond->prefix_len > 8 * (size - sizeof(*op) - sizeof(*cond)))
			return 0;
		break;
	case INET_DIAG_BC_S_GE:
	case INET_DIAG_BC_S_LE:
	case INET_DIAG_BC_S_EQ:
	case INET_DIAG_BC_D_GE:
	case INET_DIAG_BC_D_LE:
	case INET_DIAG_BC_D_EQ:
		size += sizeof(*op); /* the port is the "no" of a second one */
		break;
	case INET_DIAG_BC_DEV_COND:
		size += sizeof(u32);
		break;
	case INET_DIAG_BC_MARK_COND:
		size += sizeof(struct inet_diag_markcond);
		break;
	default:
		return 0;
	}
	return len < size ? 0 : size;
}

int diag_filter_check(const void *code, size_t len)
{
	const u8 *p = code;

	while (len) {
		const struct inet_diag_bc_op *op = (const void *)p;
		size_t size = op_size(op, len);

		if (!size || op->yes < size || op->yes > len || (op->yes & 3))
			return -EINVAL;
		if (op->code != INET_DIAG_BC_NOP &&
			(op->no < size || op->no > len + 4 || (op->no & 3)))
			return -EINVAL;
		p += op->yes;
		len -= op->yes;
	}
	return 0;
}

static bool host_fits(const struct inet_diag_hostcond *c, const struct ip_addr *a, u16 port)
{
	struct ip_addr want;
	be32 v4;

	if (c->port != -1 && c->port != port)
		return false;
	if (c->family == AF_UNSPEC || (!c->prefix_len && c->family == ip_addr_family(a)))
		return true;
	if (c->family == AF_INET) {
		memcpy(&v4, c->addr, sizeof(v4));
		want = ip_addr_v4(v4);
	} else {
		want = ip_addr_v6(c->addr);
	}
	return ip_addr_match(a, &want, c->prefix_len);
}

static bool holds(const struct inet_diag_bc_op *op, const struct diag_subject *s)
{
	u32 words[2] = {0};

	switch (op->code) {
	case INET_DIAG_BC_JMP:
		return false;
	case INET_DIAG_BC_S_GE:
		return s->sport >= op[1].no;
	case INET_DIAG_BC_S_LE:
		return s->sport <= op[1].no;
	case INET_DIAG_BC_S_EQ:
		return s->sport == op[1].no;
	case INET_DIAG_BC_D_GE:
		return s->dport >= op[1].no;
	case INET_DIAG_BC_D_LE:
		return s->dport <= op[1].no;
	case INET_DIAG_BC_D_EQ:
		return s->dport == op[1].no;
	case INET_DIAG_BC_AUTO:
		return !s->user_bound;
	case INET_DIAG_BC_S_COND:
		return host_fits((const void *)(op + 1), &s->tuple->laddr, s->sport);
	case INET_DIAG_BC_D_COND:
		return host_fits((const void *)(op + 1), &s->tuple->raddr, s->dport);
	case INET_DIAG_BC_DEV_COND:
		memcpy(words, op + 1, sizeof(u32));
		return (u32)s->tuple->bound_if == words[0];
	case INET_DIAG_BC_MARK_COND:
		memcpy(words, op + 1, sizeof(words));
		return (s->mark & words[1]) == words[0];
	default:
		return true;
	}
}

bool diag_filter_run(const void *code, size_t len, const struct diag_subject *s)
{
	const u8 *p = code;

	while (len) {
		const struct inet_diag_bc_op *op = (const void *)p;
		size_t step;

		if (!op_size(op, len))
			return false; /* a jump into the middle of something */
		step = holds(op, s) ? op->yes : op->no;
		if (step < sizeof(*op) || step > len)
			return false;
		p += step;
		len -= step;
	}
	return true;
}
