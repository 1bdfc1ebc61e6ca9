/*
 * process_vm_readv(2), process_vm_writev(2): copies between the caller's memory and another guest
 * process's, through a buffer of ours. Who may is decided as for /proc/PID/mem. A transfer ends at
 * the first remote address that faults; what was moved before counts.
 */
#include "fs/proc/proc.h"
#include "kernel/pid.h"
#include "kernel/syscall.h"
#include "kernel/uaccess.h"

struct transfer {
	struct task *peer;
	struct uio local;
	char *buf;
	bool write;
};

static ssize_t move_some(struct transfer *x, uaddr_t remote, size_t len)
{
	ssize_t n;

	if (x->write) {
		n = uio_get(&x->local, x->buf, len);
		return n > 0 ? guest_write_some(x->peer, remote, x->buf, (size_t)n) : n;
	}
	n = guest_read_some(x->peer, x->buf, remote, len);
	return n > 0 ? uio_put(&x->local, x->buf, (size_t)n) : n;
}

static ssize_t move_segment(struct transfer *x, const struct iovec *v)
{
	uaddr_t at = (uaddr_t)(uintptr_t)v->iov_base;
	size_t done = 0;

	while (done < v->iov_len && x->local.left) {
		size_t len = MIN(MIN(v->iov_len - done, IO_BUFFER_SIZE), x->local.left);
		ssize_t n = move_some(x, at + done, len);

		if (n <= 0)
			return done ? (ssize_t)done : -EFAULT;
		done += (size_t)n;
		if ((size_t)n < len)
			break;
	}
	return (ssize_t)done;
}

static ssize_t move_all(struct transfer *x, const struct iovec *remote, u64 nr)
{
	size_t done = 0;

	for (u64 i = 0; i < nr && x->local.left; i++) {
		size_t want = MIN(remote[i].iov_len, x->local.left);
		ssize_t n = move_segment(x, &remote[i]);

		if (n < 0)
			return done ? (ssize_t)done : n;
		done += (size_t)n;
		if ((size_t)n < want)
			break;
	}
	return (ssize_t)done;
}

static ssize_t with_peer(struct transfer *x, pid_t pid, const struct iovec *remote, u64 nr)
{
	ssize_t ret;

	x->peer = task_find(pid);
	if (!x->peer || !x->peer->mm)
		return -ESRCH;
	if (!proc_may_access(x->peer))
		return -EPERM;
	x->buf = io_buffer_get();
	if (!x->buf)
		return -ENOMEM;
	ret = move_all(x, remote, nr);
	io_buffer_put(x->buf);
	return ret;
}

static ssize_t process_vm(bool write, pid_t pid, const u64 lv[2], const u64 rv[2])
{
	struct transfer x = {.write = write};
	struct iovec *local = NULL, *remote = NULL;
	ssize_t ret = uio_user_vec(&x.local, lv[0], lv[1], &local);

	if (ret == 0 && rv[1] > 1024)
		ret = -EINVAL;
	if (ret == 0 && rv[1]) {
		remote = malloc(rv[1] * sizeof(*remote));
		ret = remote ? copy_from_user(remote, rv[0], rv[1] * sizeof(*remote)) : -ENOMEM;
	}
	if (ret == 0)
		ret = with_peer(&x, pid, remote, rv[1]);
	free(local);
	free(remote);
	return ret;
}

SYSCALL_DEFINE6(process_vm_readv, int, pid, uaddr_t, lvec, u64, nr_local, uaddr_t, rvec, u64,
	nr_remote, u64, flags)
{
	if (flags)
		return -EINVAL;
	return process_vm(false, pid, (u64[]){lvec, nr_local}, (u64[]){rvec, nr_remote});
}

SYSCALL_DEFINE6(process_vm_writev, int, pid, uaddr_t, lvec, u64, nr_local, uaddr_t, rvec, u64,
	nr_remote, u64, flags)
{
	if (flags)
		return -EINVAL;
	return process_vm(true, pid, (u64[]){lvec, nr_local}, (u64[]){rvec, nr_remote});
}
