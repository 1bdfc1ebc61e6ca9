/*
 * Memory of another process: process_vm_readv(2), process_vm_writev(2). Data goes through a bounce
 * buffer; a fault on either side ends the transfer with what has been moved whole.
 */
#include "kernel/os.h"
#include "kernel/pid.h"
#include "kernel/pid_ns.h"
#include "kernel/ptrace.h"
#include "kernel/syscall.h"
#include "kernel/uaccess.h"
#include "kernel/user_ns.h"

#define BOUNCE 65536ul

#define BIRTH_POLL_NS NSEC_PER_MSEC

/* A process just cloned has no memory that could be named until its first event. */
static long wait_for_birth(int pid, struct task **t)
{
	struct tgroup *tg;

	while (!(*t)->started) {
		u64 until = os_clock_ns(OS_CLOCK_MONOTONIC) + BIRTH_POLL_NS;

		if (sched_sleep(WAIT_INTERRUPTIBLE, until) == -EINTR)
			return -ERESTARTNOINTR;
		tg = tgroup_find_any(pid);
		*t = tg ? tgroup_task(tg) : NULL;
		if (!*t || !(*t)->mm)
			return -ESRCH;
	}
	return 0;
}

static long find_target(int pid, struct task **out)
{
	struct tgroup *tg = tgroup_find_any(pid);
	struct task *t = tg ? tgroup_task(tg) : NULL;

	if (!t || !t->mm)
		return -ESRCH;
	if (!trace_may_access(t, TRACE_ATTACH_REAL))
		return -EPERM;
	*out = t;
	return wait_for_birth(pid, out);
}

static ssize_t move(
	struct task *t, uaddr_t addr, struct uio *local, void *buf, size_t len, bool write)
{
	ssize_t n;

	if (write) {
		n = uio_get(local, buf, len);
		return n <= 0 ? n : guest_write_some(t, addr, buf, n);
	}
	n = guest_read_some(t, buf, addr, len);
	return n <= 0 ? n : uio_put(local, buf, n);
}

/* One remote segment; *done counts on. 0, or the error that ended it. */
static long move_segment(struct task *t, const struct iovec *remote, struct uio *local, void *buf,
	bool write, size_t *done)
{
	uaddr_t addr = (uaddr_t)(uintptr_t)remote->iov_base;
	size_t left = remote->iov_len;

	while (left && local->left) {
		size_t len = MIN(MIN(left, local->left), BOUNCE);
		ssize_t n = move(t, addr, local, buf, len, write);

		if (n < 0)
			return n;
		*done += n;
		if ((size_t)n < len)
			return -EFAULT;
		addr += n;
		left -= n;
	}
	return 0;
}

static long transfer(
	struct task *t, struct uio *local, const struct iovec *remote, unsigned nr, bool write)
{
	void *buf = malloc(BOUNCE);
	size_t done = 0;
	long err = 0;

	if (!buf)
		return -ENOMEM;
	for (unsigned i = 0; i < nr && !err && local->left; i++)
		err = move_segment(t, &remote[i], local, buf, write, &done);
	free(buf);
	return done ? (long)done : err;
}

static long process_vm_rw(const u64 *a, bool write)
{
	struct iovec *larr = NULL, *remote = NULL;
	struct uio local;
	struct task *t;
	long ret;

	if (a[5] || a[2] > IOV_MAX || a[4] > IOV_MAX)
		return -EINVAL;
	ret = uio_user_vec(&local, a[1], a[2], &larr);
	if (ret < 0)
		return ret;
	remote = calloc(a[4] + 1, sizeof(*remote));
	if (!remote)
		ret = -ENOMEM;
	else if (copy_from_user(remote, a[3], a[4] * sizeof(*remote)) < 0)
		ret = -EFAULT;
	if (!ret && task_wait_started((int)a[0]) < 0)
		ret = -EINTR;
	if (!ret)
		ret = find_target((int)a[0], &t);
	if (!ret)
		ret = transfer(t, &local, remote, a[4], write);
	free(remote);
	free(larr);
	return ret;
}

SYSCALL_DEFINE6(
	process_vm_readv, int, pid, uaddr_t, lvec, u64, lcnt, uaddr_t, rvec, u64, rcnt, u64, flags)
{
	return process_vm_rw((u64[]){(u64)pid_in(pid), lvec, lcnt, rvec, rcnt, flags}, false);
}

SYSCALL_DEFINE6(
	process_vm_writev, int, pid, uaddr_t, lvec, u64, lcnt, uaddr_t, rvec, u64, rcnt, u64, flags)
{
	return process_vm_rw((u64[]){(u64)pid_in(pid), lvec, lcnt, rvec, rcnt, flags}, true);
}
