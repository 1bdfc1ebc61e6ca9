/*
 * The socket calls: they unpack arguments, copy addresses, vectors and control messages between
 * guest and kernel, and call the sock's family (kernel/net/). What may be partly done when an
 * error strikes follows Linux: a connection or descriptor is undone, a received message is not.
 * socket(2) and the pages it points to; recvmmsg(2), sendmmsg(2).
 */
#include "fs/fdtable.h"
#include "kernel/abi_net.h"
#include "kernel/cred.h"
#include "kernel/lib/log.h"
#include "kernel/net/ctl.h"
#include "kernel/net/socket.h"
#include "kernel/os.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "kernel/uaccess.h"

#define MMSG_MAX 1024u
#define OPT_QUESTION 4u /* bytes an option may be asked with */

static_assert(SOCK_NONBLOCK == O_NONBLOCK && SOCK_CLOEXEC == O_CLOEXEC, "flags are passed on");

/* The sock behind a descriptor; *f gets a reference for as long as sk is used. */
static int sock_from_fd(int fd, struct file **f, struct sock **sk)
{
	*f = fd_file(fd);
	if (!*f)
		return -EBADF;
	*sk = sock_of_file(*f);
	if (*sk) {
		sock_enter(*sk);
		return 0;
	}
	file_put(*f);
	return -ENOTSOCK;
}

static u32 nonblock_flag(const struct file *f)
{
	return f->flags & O_NONBLOCK ? MSG_DONTWAIT : 0;
}

/* ---- addresses ---- */

static int addr_from_user(struct sock_addr *a, uaddr_t addr, u64 len)
{
	if ((int)len < 0 || (u32)len > sizeof(a->ss))
		return -EINVAL;
	memset(a, 0, sizeof(*a));
	a->len = (u32)len;
	return a->len ? copy_from_user(a->bytes, addr, a->len) : 0;
}

/* Copies as much as the guest has room for and says how long the address is. */
static int addr_to_user(const struct sock_addr *a, uaddr_t addr, uaddr_t len_ptr)
{
	s32 room;
	u32 n;
	int err = copy_from_user(&room, len_ptr, sizeof(room));

	if (err < 0)
		return err;
	if (room < 0)
		return -EINVAL;
	n = MIN((u32)room, a->len);
	if (n && copy_to_user(addr, a->bytes, n) < 0)
		return -EFAULT;
	return put_user_u32(len_ptr, a->len);
}

/* ---- making sockets ---- */

/* A file for sk (whose reference is taken) in a descriptor, with SOCK_NONBLOCK and SOCK_CLOEXEC. */
static int install_sock(struct sock *sk, int flags)
{
	struct file *f;
	int fd = sock_open_file(sk, (u32)flags & O_NONBLOCK, &f);

	if (fd < 0)
		return fd;
	fd = fd_install(f, 0, flags & SOCK_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}

SYSCALL_DEFINE3(socket, int, family, int, type, int, protocol)
{
	struct sock *sk;
	int flags = type & ~ABI_SOCK_TYPE_MASK, err;

	if (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK))
		return -EINVAL;
	err = sock_create(family, type & ABI_SOCK_TYPE_MASK, protocol, &sk);
	if (err < 0)
		return err;
	return install_sock(sk, flags);
}

static int make_pair(int family, int type, int protocol, struct sock *sk[2])
{
	int err = sock_create(family, type, protocol, &sk[0]);

	if (err < 0)
		return err;
	err = sock_create(family, type, protocol, &sk[1]);
	if (err < 0)
		goto out_first;
	err = sk[0]->ops->pair ? sk[0]->ops->pair(sk[0], sk[1]) : -EOPNOTSUPP;
	if (!err)
		return 0;
	sk[1]->ops->release(sk[1]);
	sock_put(sk[1]);
out_first:
	sk[0]->ops->release(sk[0]);
	sock_put(sk[0]);
	return err;
}

SYSCALL_DEFINE4(socketpair, int, family, int, type, int, protocol, uaddr_t, sv)
{
	int flags = type & ~ABI_SOCK_TYPE_MASK, err;
	struct sock *sk[2];
	s32 fd[2];

	if (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK))
		return -EINVAL;
	err = make_pair(family, type & ABI_SOCK_TYPE_MASK, protocol, sk);
	if (err < 0)
		return err;
	fd[0] = install_sock(sk[0], flags);
	if (fd[0] < 0) {
		sk[1]->ops->release(sk[1]);
		sock_put(sk[1]);
		return fd[0];
	}
	fd[1] = install_sock(sk[1], flags);
	err = fd[1] < 0 ? fd[1] : copy_to_user(sv, fd, sizeof(fd));
	if (err < 0) {
		fd_close(fd[0]);
		if (fd[1] >= 0)
			fd_close(fd[1]);
	}
	return err;
}

/* ---- names and connections ---- */

SYSCALL_DEFINE3(bind, int, fd, uaddr_t, addr, u64, len)
{
	struct sock_addr a;
	struct sock *sk;
	struct file *f;
	int err = sock_from_fd(fd, &f, &sk);

	if (err < 0)
		return err;
	err = addr_from_user(&a, addr, len);
	if (!err)
		err = sk->ops->bind ? sk->ops->bind(sk, &a) : -EOPNOTSUPP;
	trace(TRACE_NET, "bind socket:[%llu]: %d", (unsigned long long)sk->ino, err);
	file_put(f);
	return err;
}

SYSCALL_DEFINE3(connect, int, fd, uaddr_t, addr, u64, len)
{
	struct sock_addr a;
	struct sock *sk;
	struct file *f;
	int err = sock_from_fd(fd, &f, &sk);

	if (err < 0)
		return err;
	err = addr_from_user(&a, addr, len);
	if (!err)
		err = sk->ops->connect ? sk->ops->connect(sk, &a, nonblock_flag(f)) : -EOPNOTSUPP;
	trace(TRACE_NET, "connect socket:[%llu]: %d", (unsigned long long)sk->ino, err);
	file_put(f);
	return err;
}

SYSCALL_DEFINE2(listen, int, fd, int, backlog)
{
	struct sock *sk;
	struct file *f;
	int err = sock_from_fd(fd, &f, &sk);

	if (err < 0)
		return err;
	err = sk->ops->listen ? sk->ops->listen(sk, backlog) : -EOPNOTSUPP;
	file_put(f);
	return err;
}

/* The address of a connection just accepted; the peer may have gone already. */
static int accepted_name(struct sock *sk, uaddr_t addr, uaddr_t len_ptr)
{
	struct sock_addr a = {0};
	int err;

	if (!addr)
		return 0;
	err = sk->ops->getname ? sk->ops->getname(sk, &a, true) : -EOPNOTSUPP;
	if (err < 0)
		return -ECONNABORTED;
	return addr_to_user(&a, addr, len_ptr);
}

static int do_accept(struct sock *sk, u32 msg_flags, uaddr_t addr, uaddr_t len_ptr, int flags)
{
	struct sock *child;
	struct file *f;
	int err;

	if (!sk->ops->accept)
		return -EOPNOTSUPP;
	err = fd_room();
	if (!err)
		err = sk->ops->accept(sk, msg_flags, &child);
	if (!err)
		err = sock_open_file(child, (u32)flags & O_NONBLOCK, &f);
	if (err < 0)
		return err;
	err = accepted_name(child, addr, len_ptr);
	if (!err)
		err = fd_install(f, 0, flags & SOCK_CLOEXEC);
	if (err < 0)
		file_put(f);
	return err;
}

SYSCALL_DEFINE4(accept4, int, fd, uaddr_t, addr, uaddr_t, len_ptr, int, flags)
{
	struct sock *sk;
	struct file *f;
	int err;

	if (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK))
		return -EINVAL;
	err = sock_from_fd(fd, &f, &sk);
	if (err < 0)
		return err;
	err = do_accept(sk, nonblock_flag(f), addr, len_ptr, flags);
	file_put(f);
	return err;
}

SYSCALL_DEFINE3(accept, int, fd, uaddr_t, addr, uaddr_t, len_ptr)
{
	return sys_accept4(fd, addr, len_ptr, 0);
}

static int get_name(int fd, uaddr_t addr, uaddr_t len_ptr, bool peer)
{
	struct sock_addr a = {0};
	struct sock *sk;
	struct file *f;
	int err = sock_from_fd(fd, &f, &sk);

	if (err < 0)
		return err;
	err = sk->ops->getname ? sk->ops->getname(sk, &a, peer) : -EOPNOTSUPP;
	if (!err)
		err = addr_to_user(&a, addr, len_ptr);
	file_put(f);
	return err;
}

SYSCALL_DEFINE3(getsockname, int, fd, uaddr_t, addr, uaddr_t, len_ptr)
{
	return get_name(fd, addr, len_ptr, false);
}

SYSCALL_DEFINE3(getpeername, int, fd, uaddr_t, addr, uaddr_t, len_ptr)
{
	return get_name(fd, addr, len_ptr, true);
}

SYSCALL_DEFINE2(shutdown, int, fd, int, how)
{
	struct sock *sk;
	struct file *f;
	int err = sock_from_fd(fd, &f, &sk);

	if (err < 0)
		return err;
	err = sk->ops->shutdown ? sk->ops->shutdown(sk, how) : -EOPNOTSUPP;
	file_put(f);
	return err;
}

/* ---- options ---- */

SYSCALL_DEFINE5(setsockopt, int, fd, int, level, int, name, uaddr_t, val, int, len)
{
	struct sock *sk;
	struct file *f;
	int err;

	if (len < 0)
		return -EINVAL;
	err = sock_from_fd(fd, &f, &sk);
	if (err < 0)
		return err;
	if (level == SOL_SOCKET)
		err = sock_setsockopt(sk, name, val, (u32)len);
	else if (sk->ops->setsockopt)
		err = sk->ops->setsockopt(sk, level, name, val, (u32)len);
	else
		err = sk->family == AF_UNIX ? -EOPNOTSUPP : -ENOPROTOOPT;
	file_put(f);
	return err;
}

static int get_option(struct sock *sk, int level, int name, void *buf, u32 size)
{
	if (level == SOL_SOCKET)
		return sock_getsockopt(sk, name, buf, size);
	if (sk->ops->getsockopt)
		return sk->ops->getsockopt(sk, level, name, buf, size);
	return sk->family == AF_UNIX ? -EOPNOTSUPP : -ENOPROTOOPT;
}

SYSCALL_DEFINE5(getsockopt, int, fd, int, level, int, name, uaddr_t, val, uaddr_t, len_ptr)
{
	struct sock *sk;
	struct file *f;
	void *buf;
	s32 len;
	u32 size;
	int err = sock_from_fd(fd, &f, &sk);

	if (err < 0)
		return err;
	buf = malloc(SOCK_OPT_MAX);
	if (!buf) {
		err = -ENOMEM;
		goto out;
	}
	err = copy_from_user(&len, len_ptr, sizeof(len));
	if (!err && len < 0)
		err = -EINVAL;
	if (err < 0)
		goto out;
	size = MIN((u32)len, SOCK_OPT_MAX);
	memset(buf, 0, OPT_QUESTION);
	err = copy_from_user(buf, val, MIN(size, OPT_QUESTION));
	if (err < 0)
		goto out;
	err = get_option(sk, level, name, buf, size);
	if (err >= 0) {
		u32 n = (u32)err;

		err = n > size ? -ERANGE : n ? copy_to_user(val, buf, n) : 0;
		if (err == 0 || err == -ERANGE) {
			if (put_user_u32(len_ptr, n) < 0)
				err = -EFAULT;
		}
	}
out:
	free(buf);
	file_put(f);
	return err;
}

/* ---- sending ---- */

SYSCALL_DEFINE6(sendto, int, fd, uaddr_t, buf, u64, len, u32, flags, uaddr_t, addr, u64, addr_len)
{
	struct sock_addr a;
	struct uio uio;
	struct sock_msg m = {.uio = &uio, .flags = flags};
	struct sock *sk;
	struct file *f;
	ssize_t ret = sock_from_fd(fd, &f, &sk);

	if (ret < 0)
		return ret;
	m.flags |= nonblock_flag(f);
	uio_user(&uio, buf, MIN(len, (u64)0x7ffff000));
	if (addr) {
		ret = addr_from_user(&a, addr, addr_len);
		m.name = &a;
	}
	if (!ret)
		ret = sock_sendmsg(sk, &m);
	file_put(f);
	return ret;
}

static int control_from_user(struct sock_msg *m, const struct msghdr *h)
{
	if (!h->msg_controllen || !h->msg_control)
		return 0;
	if (h->msg_controllen > net_ctl.optmem_max)
		return -ENOBUFS;
	m->control = malloc(h->msg_controllen);
	if (!m->control)
		return -ENOMEM;
	m->control_len = h->msg_controllen;
	return copy_from_user(m->control, (uaddr_t)h->msg_control, m->control_len);
}

static ssize_t do_sendmsg(struct sock *sk, uaddr_t msg, u32 flags)
{
	struct sock_addr a;
	struct uio uio;
	struct sock_msg m = {.uio = &uio, .flags = flags};
	struct iovec *array = NULL;
	struct msghdr h;
	ssize_t ret;

	if (copy_from_user(&h, msg, sizeof(h)) < 0)
		return -EFAULT;
	if (h.msg_iovlen > UIO_MAXIOV)
		return -EMSGSIZE;
	if (h.msg_name && h.msg_namelen) {
		ret = addr_from_user(&a, (uaddr_t)h.msg_name,
			(s32)h.msg_namelen < 0 ? h.msg_namelen
					       : MIN((u64)h.msg_namelen, sizeof(a.ss)));
		if (ret < 0)
			return ret;
		m.name = &a;
	}
	ret = uio_user_vec(&uio, (uaddr_t)h.msg_iov, h.msg_iovlen, &array);
	if (ret < 0)
		return ret;
	ret = control_from_user(&m, &h);
	if (!ret)
		ret = sock_sendmsg(sk, &m);
	free(m.control);
	free(array);
	return ret;
}

SYSCALL_DEFINE3(sendmsg, int, fd, uaddr_t, msg, u32, flags)
{
	struct sock *sk;
	struct file *f;
	ssize_t ret;

	if (flags & ABI_MSG_CMSG_COMPAT)
		return -EINVAL;
	ret = sock_from_fd(fd, &f, &sk);
	if (ret < 0)
		return ret;
	ret = do_sendmsg(sk, msg, flags | nonblock_flag(f));
	file_put(f);
	return ret;
}

SYSCALL_DEFINE4(sendmmsg, int, fd, uaddr_t, vec, u32, vlen, u32, flags)
{
	struct sock *sk;
	struct file *f;
	ssize_t ret;
	u32 i;

	if (flags & ABI_MSG_CMSG_COMPAT)
		return -EINVAL;
	ret = sock_from_fd(fd, &f, &sk);
	if (ret < 0)
		return ret;
	vlen = MIN(vlen, MMSG_MAX);
	for (i = 0; i < vlen; i++) {
		uaddr_t at = vec + i * sizeof(struct mmsghdr);

		ret = do_sendmsg(sk, at, flags | nonblock_flag(f));
		if (ret >= 0)
			ret = put_user_u32(at + offsetof(struct mmsghdr, msg_len), (u32)ret);
		if (ret < 0)
			break;
	}
	file_put(f);
	return i ? (ssize_t)i : ret;
}

/* ---- receiving ---- */

SYSCALL_DEFINE6(
	recvfrom, int, fd, uaddr_t, buf, u64, len, u32, flags, uaddr_t, addr, uaddr_t, len_ptr)
{
	struct sock_addr a = {0};
	struct uio uio;
	struct sock_msg m = {.uio = &uio, .flags = flags, .name = addr ? &a : NULL};
	struct sock *sk;
	struct file *f;
	ssize_t ret = sock_from_fd(fd, &f, &sk);
	int err;

	if (ret < 0)
		return ret;
	m.flags |= nonblock_flag(f);
	uio_user(&uio, buf, MIN(len, (u64)0x7ffff000));
	ret = sock_recvmsg(sk, &m);
	if (ret >= 0 && addr) {
		err = addr_to_user(&a, addr, len_ptr);
		if (err < 0)
			ret = err;
	}
	file_put(f);
	return ret;
}

/* The fields of the guest's msghdr that a receive sets. */
static int msghdr_to_user(uaddr_t msg, const struct msghdr *h, const struct sock_msg *m)
{
	size_t used = m->ucontrol - (uaddr_t)h->msg_control;
	int err = 0;

	if (m->name)
		err = addr_to_user(
			m->name, (uaddr_t)h->msg_name, msg + offsetof(struct msghdr, msg_namelen));
	if (!err)
		err = put_user_u32(msg + offsetof(struct msghdr, msg_flags),
			m->out_flags | (m->flags & MSG_CMSG_CLOEXEC));
	if (!err)
		err = put_user_u64(
			msg + offsetof(struct msghdr, msg_controllen), h->msg_control ? used : 0);
	return err;
}

static ssize_t do_recvmsg(struct sock *sk, uaddr_t msg, u32 flags)
{
	struct sock_addr a = {0};
	struct uio uio;
	struct sock_msg m = {.uio = &uio, .flags = flags};
	struct iovec *array = NULL;
	struct msghdr h;
	ssize_t ret;
	int err;

	if (copy_from_user(&h, msg, sizeof(h)) < 0)
		return -EFAULT;
	if (h.msg_iovlen > UIO_MAXIOV)
		return -EMSGSIZE;
	if (h.msg_name) {
		if ((s32)h.msg_namelen < 0)
			return -EINVAL;
		m.name = &a;
	}
	m.ucontrol = (uaddr_t)h.msg_control;
	m.ucontrol_left = h.msg_control ? h.msg_controllen : 0;
	ret = uio_user_vec(&uio, (uaddr_t)h.msg_iov, h.msg_iovlen, &array);
	if (ret < 0)
		return ret;
	ret = sock_recvmsg(sk, &m);
	if (ret >= 0) {
		err = msghdr_to_user(msg, &h, &m);
		if (err < 0)
			ret = err;
	}
	free(array);
	return ret;
}

SYSCALL_DEFINE3(recvmsg, int, fd, uaddr_t, msg, u32, flags)
{
	struct sock *sk;
	struct file *f;
	ssize_t ret;

	if (flags & ABI_MSG_CMSG_COMPAT)
		return -EINVAL;
	ret = sock_from_fd(fd, &f, &sk);
	if (ret < 0)
		return ret;
	ret = do_recvmsg(sk, msg, flags | nonblock_flag(f));
	file_put(f);
	return ret;
}

/* Receives up to vlen messages, the time limit being looked at between them as on Linux. */
static long recv_many(struct sock *sk, uaddr_t vec, u32 vlen, u32 flags, u64 deadline)
{
	ssize_t ret = 0;
	u32 i;

	if (sk->err)
		return sock_take_error(sk);
	for (i = 0; i < vlen;) {
		uaddr_t at = vec + i * sizeof(struct mmsghdr);

		ret = do_recvmsg(sk, at, flags & ~MSG_WAITFORONE);
		if (ret >= 0)
			ret = put_user_u32(at + offsetof(struct mmsghdr, msg_len), (u32)ret);
		if (ret < 0)
			break;
		i++;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		if (deadline != WAIT_FOREVER && os_clock_ns(OS_CLOCK_MONOTONIC) >= deadline)
			break;
	}
	if (i == 0)
		return ret;
	if (ret < 0 && ret != -EAGAIN && ret != -ERESTARTSYS && ret != -EINTR)
		sk->err = (int)-ret; /* reported by the next call */
	return (long)i;
}

SYSCALL_DEFINE5(recvmmsg, int, fd, uaddr_t, vec, u32, vlen, u32, flags, uaddr_t, timeout)
{
	u64 deadline = WAIT_FOREVER, now;
	struct timespec ts;
	struct sock *sk;
	struct file *f;
	long ret;

	if (flags & ABI_MSG_CMSG_COMPAT)
		return -EINVAL;
	if (timeout) {
		if (copy_from_user(&ts, timeout, sizeof(ts)) < 0)
			return -EFAULT;
		if (ts.tv_sec < 0 || ts.tv_nsec < 0 || ts.tv_nsec >= (long)NSEC_PER_SEC)
			return -EINVAL;
		if ((u64)ts.tv_sec < UINT64_MAX / NSEC_PER_SEC / 4)
			deadline = os_clock_ns(OS_CLOCK_MONOTONIC) + (u64)ts.tv_sec * NSEC_PER_SEC +
				   (u64)ts.tv_nsec;
	}
	ret = sock_from_fd(fd, &f, &sk);
	if (ret < 0)
		return ret;
	ret = recv_many(sk, vec, MIN(vlen, MMSG_MAX), flags | nonblock_flag(f), deadline);
	file_put(f);
	if (ret >= 0 && timeout && deadline != WAIT_FOREVER) {
		now = os_clock_ns(OS_CLOCK_MONOTONIC);
		now = deadline > now ? deadline - now : 0;
		ts.tv_sec = (time_t)(now / NSEC_PER_SEC);
		ts.tv_nsec = (long)(now % NSEC_PER_SEC);
		if (copy_to_user(timeout, &ts, sizeof(ts)) < 0)
			ret = -EFAULT;
	}
	return ret;
}
