/*
 * SOL_SOCKET options, the same for every family: limits and defaults as Linux has them. Called by
 * sys_net.c. Boolean options that change nothing for the families we have are stored and reported,
 * as Linux does for AF_UNIX. socket(7).
 */
#include "kernel/net/ctl.h"
#include "kernel/net/socket.h"

#include "kernel/cred.h"
#include "kernel/net/netdev.h"
#include "kernel/net/sock_filter.h"
#include "kernel/pid_ns.h"
#include "kernel/task.h"
#include "kernel/user_ns.h"

#define SNDBUF_MIN 4608u
#define RCVBUF_MIN 2304u
#define BUF_FORCE_MAX 0x10000000u

/* Boolean options, by bit in sock->options. */
static const u8 bool_options[] = {
	SO_DEBUG,
	SO_REUSEADDR,
	SO_DONTROUTE,
	SO_BROADCAST,
	SO_KEEPALIVE,
	SO_OOBINLINE,
	SO_NO_CHECK,
	SO_REUSEPORT,
	SO_TIMESTAMP,
	SO_TIMESTAMPNS,
	SO_RXQ_OVFL,
	SO_WIFI_STATUS,
	SO_NOFCS,
	SO_SELECT_ERR_QUEUE,
	SO_PASSSEC,
};

static int bool_option_bit(int name)
{
	for (size_t i = 0; i < ARRAY_SIZE(bool_options); i++)
		if (bool_options[i] == name)
			return (int)i;
	return -1;
}

bool sock_option(const struct sock *sk, int name)
{
	int bit = bool_option_bit(name);

	return bit >= 0 && (sk->options >> bit & 1);
}

static int set_bool(struct sock *sk, int name, int v)
{
	int bit = bool_option_bit(name);

	if (bit < 0)
		return -ENOPROTOOPT;
	if (name == SO_DEBUG && v && !net_capable(CAP_NET_ADMIN))
		return -EACCES;
	if (v)
		sk->options |= 1u << bit;
	else
		sk->options &= ~(1u << bit);
	if (sk->ops->option_set)
		sk->ops->option_set(sk, name);
	return 0;
}

static u32 buf_size(int v, u32 min, u32 max)
{
	u32 n = MIN(v < 0 ? max : (u32)v, max) * 2;

	return MAX(n, min);
}

static int set_timeout(u64 *ns, uaddr_t val, u32 len)
{
	struct timeval tv;

	if (len < sizeof(tv))
		return -EINVAL;
	if (copy_from_user(&tv, val, sizeof(tv)) < 0)
		return -EFAULT;
	if (tv.tv_usec < 0 || tv.tv_usec >= 1000000)
		return -EDOM;
	if (tv.tv_sec < 0) {
		*ns = 0; /* as Linux: does not wait at all */
		return 0;
	}
	if ((tv.tv_sec == 0 && tv.tv_usec == 0) || (u64)tv.tv_sec > UINT64_MAX / NSEC_PER_SEC / 4)
		*ns = WAIT_FOREVER;
	else
		*ns = (u64)tv.tv_sec * NSEC_PER_SEC + (u64)tv.tv_usec * NSEC_PER_USEC;
	return 0;
}

static int set_linger(struct sock *sk, uaddr_t val, u32 len)
{
	struct linger l;

	if (len < sizeof(l))
		return -EINVAL;
	if (copy_from_user(&l, val, sizeof(l)) < 0)
		return -EFAULT;
	sk->linger.l_onoff = !!l.l_onoff;
	if (l.l_onoff)
		sk->linger.l_linger = l.l_linger;
	return 0;
}

/* SO_BINDTODEVICE: a name, empty for none. */
static int set_device(struct sock *sk, uaddr_t val, u32 len)
{
	char name[IFNAMSIZ] = "";
	struct netdev *dev = NULL;

	len = MIN(len, (u32)sizeof(name) - 1);
	if (len && copy_from_user(name, val, len) < 0)
		return -EFAULT;
	if (sk->bound_if && !net_capable(CAP_NET_RAW))
		return -EPERM;
	if (name[0]) {
		dev = netdev_by_name(name);
		if (!dev)
			return -ENODEV;
	}
	sk->bound_if = dev ? dev->ifindex : 0;
	return 0;
}

static int get_device(const struct sock *sk, void *buf, u32 size)
{
	const struct netdev *dev = netdev_by_index(sk->bound_if);

	if (!dev)
		return 0;
	if (size < IFNAMSIZ)
		return -EINVAL;
	strcpy(buf, dev->name);
	return (int)strlen(dev->name) + 1;
}

static int set_int(struct sock *sk, int name, int v)
{
	switch (name) {
	case SO_SNDBUF:
		sk->sndbuf = buf_size(v, SNDBUF_MIN, net_ctl.wmem_max);
		sk->sndbuf_locked = true;
		sock_wake(sk, EPOLLOUT | EPOLLWRNORM);
		return 0;
	case SO_RCVBUF:
		sk->rcvbuf = buf_size(v, RCVBUF_MIN, net_ctl.rmem_max);
		sk->rcvbuf_locked = true;
		return 0;
	case SO_SNDBUFFORCE:
	case SO_RCVBUFFORCE:
		if (!net_capable(CAP_NET_ADMIN))
			return -EPERM;
		v = MAX(v, 0);
		if (name == SO_SNDBUFFORCE)
			sk->sndbuf = buf_size(v, SNDBUF_MIN, BUF_FORCE_MAX);
		else
			sk->rcvbuf = buf_size(v, RCVBUF_MIN, BUF_FORCE_MAX);
		return 0;
	case SO_RCVLOWAT:
		sk->rcvlowat = v < 0 ? INT_MAX : v ? (u32)v : 1;
		return 0;
	case SO_PRIORITY:
		if ((v < 0 || v > 6) && !net_capable(CAP_NET_ADMIN))
			return -EPERM;
		sk->priority = (u32)v;
		return 0;
	case SO_MARK:
		if (!net_capable(CAP_NET_ADMIN))
			return -EPERM;
		sk->mark = (u32)v;
		return 0;
	case SO_LOCK_FILTER:
		if (sk->filter_locked && !v)
			return -EPERM;
		sk->filter_locked = v != 0;
		return 0;
	case SO_PASSCRED:
		if (sk->family != AF_UNIX && sk->family != AF_NETLINK)
			return -EOPNOTSUPP;
		sk->passcred = v != 0;
		return 0;
	case SO_PEEK_OFF:
		if (sk->family != AF_UNIX)
			return -EOPNOTSUPP;
		if (v < -1)
			return -EINVAL;
		sk->peek_off = v;
		return 0;
	case SO_TYPE:
	case SO_PROTOCOL:
	case SO_DOMAIN:
	case SO_ERROR:
		return -ENOPROTOOPT;
	default:
		return set_bool(sk, name, v);
	}
}

int sock_setsockopt(struct sock *sk, int name, uaddr_t val, u32 len)
{
	int v;

	switch (name) {
	case SO_RCVTIMEO:
	case ABI_SO_RCVTIMEO_NEW:
		return set_timeout(&sk->rcvtimeo_ns, val, len);
	case SO_SNDTIMEO:
	case ABI_SO_SNDTIMEO_NEW:
		return set_timeout(&sk->sndtimeo_ns, val, len);
	case SO_BINDTODEVICE:
		return set_device(sk, val, len);
	case SO_ATTACH_FILTER:
		return sock_filter_attach(sk, val, len);
	}
	if (len < sizeof(v))
		return -EINVAL;
	if (copy_from_user(&v, val, sizeof(v)) < 0)
		return -EFAULT;
	if (name == SO_LINGER)
		return set_linger(sk, val, len);
	if (name == SO_DETACH_FILTER)
		return sock_filter_detach(sk);
	return set_int(sk, name, v);
}

/* ---- reading ---- */

static int get_timeout(u64 ns, void *buf, u32 size)
{
	struct timeval tv = {0, 0};

	if (ns != WAIT_FOREVER) {
		tv.tv_sec = (time_t)(ns / NSEC_PER_SEC);
		tv.tv_usec = (suseconds_t)(ns % NSEC_PER_SEC / NSEC_PER_USEC);
	}
	size = MIN(size, (u32)sizeof(tv));
	memcpy(buf, &tv, size);
	return (int)size;
}

static int get_peercred(struct sock *sk, void *buf, u32 size)
{
	struct ucred uc = {0, (uid_t)-1, (gid_t)-1};
	const struct cred *c = sk->ops->peercred ? sk->ops->peercred(sk, &uc.pid) : NULL;

	if (c) {
		uc.pid = pid_out(uc.pid);
		uc.uid = uid_out(c->euid);
		uc.gid = gid_out(c->egid);
	}
	size = MIN(size, (u32)sizeof(uc));
	memcpy(buf, &uc, size);
	return (int)size;
}

/* The length needed is returned, with -ERANGE as a separate case in sys_net.c, when size is less.
 */
static int get_peergroups(struct sock *sk, void *buf, u32 size)
{
	pid_t pid;
	const struct cred *c = sk->ops->peercred ? sk->ops->peercred(sk, &pid) : NULL;
	u32 need;

	if (!c)
		return -ENODATA;
	need = c->nr_groups * (u32)sizeof(u32);
	if (need && need <= size)
		memcpy(buf, c->groups, need);
	return (int)need;
}

static int get_peername(struct sock *sk, void *buf, u32 size)
{
	struct sock_addr a = {0};
	int err = sk->ops->getname(sk, &a, true);

	if (err < 0)
		return -ENOTCONN;
	if (a.len < size)
		return -EINVAL;
	memcpy(buf, a.bytes, size);
	return (int)size;
}

static int get_int(struct sock *sk, int name, int *v)
{
	int bit;

	switch (name) {
	case SO_TYPE:
		*v = sk->type;
		break;
	case SO_DOMAIN:
		*v = sk->family;
		break;
	case SO_PROTOCOL:
		*v = sk->protocol;
		break;
	case SO_ERROR:
		*v = -sock_take_error(sk);
		break;
	case SO_ACCEPTCONN:
		*v = sk->state == SOCK_LISTENING;
		break;
	case SO_SNDBUF:
		*v = (int)sk->sndbuf;
		break;
	case SO_RCVBUF:
		*v = (int)sk->rcvbuf;
		break;
	case SO_RCVLOWAT:
		*v = (int)sk->rcvlowat;
		break;
	case SO_SNDLOWAT:
		*v = 1;
		break;
	case SO_PRIORITY:
		*v = (int)sk->priority;
		break;
	case SO_MARK:
		*v = (int)sk->mark;
		break;
	case SO_PASSCRED:
		*v = sk->passcred;
		break;
	case SO_LOCK_FILTER:
		*v = sk->filter_locked;
		break;
	case SO_PEEK_OFF:
		if (sk->family != AF_UNIX)
			return -EOPNOTSUPP;
		*v = sk->peek_off;
		break;
	default:
		bit = bool_option_bit(name);
		if (bit < 0)
			return -ENOPROTOOPT;
		*v = sk->options >> bit & 1;
	}
	return 0;
}

int sock_getsockopt(struct sock *sk, int name, void *buf, u32 size)
{
	int v = 0, err;

	switch (name) {
	case SO_RCVTIMEO:
	case ABI_SO_RCVTIMEO_NEW:
		return get_timeout(sk->rcvtimeo_ns, buf, size);
	case SO_SNDTIMEO:
	case ABI_SO_SNDTIMEO_NEW:
		return get_timeout(sk->sndtimeo_ns, buf, size);
	case SO_BINDTODEVICE:
		return get_device(sk, buf, size);
	case SO_PEERCRED:
		return get_peercred(sk, buf, size);
	case SO_PEERGROUPS:
		return get_peergroups(sk, buf, size);
	case SO_PEERNAME:
		return get_peername(sk, buf, size);
	case SO_LINGER:
		size = MIN(size, (u32)sizeof(sk->linger));
		memcpy(buf, &sk->linger, size);
		return (int)size;
	case SO_COOKIE:
		if (size < sizeof(sk->ino))
			return -EINVAL;
		memcpy(buf, &sk->ino, sizeof(sk->ino));
		return sizeof(sk->ino);
	}
	err = get_int(sk, name, &v);
	if (err < 0)
		return err;
	size = MIN(size, (u32)sizeof(v));
	memcpy(buf, &v, size);
	return (int)size;
}
