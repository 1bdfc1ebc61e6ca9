/*
 * Guest memory through process_vm_readv(2)/process_vm_writev(2), or through proc_mem.c where the
 * host refuses those. A process with a live leader is addressed by its pid (which cannot be reused
 * before we reap it), else by the thread's own tid. Protections are honoured as for the guest's own
 * access; addresses are never dereferenced here.
 */
#include "skas/skas.h"

#include "kernel/lib/log.h"
#include "skas/host.h"

#include <sys/uio.h>

pid_t guest_mem_pid(const struct guest *g)
{
	if (!g || g->proc->dead)
		return -1;
	return g->proc->leader_gone ? g->host_tid : g->proc->pid;
}

ssize_t guest_mem_readv(const struct guest *g, const struct iovec *local, unsigned nr_local,
	const struct iovec *remote, unsigned nr_remote)
{
	pid_t pid = guest_mem_pid(g);

	if (!host_has(HOST_PROCESS_VM))
		return proc_mem_copy(pid, local, nr_local, remote, nr_remote, false);
	return process_vm_readv(pid, local, nr_local, remote, nr_remote, 0);
}

ssize_t guest_mem_writev(const struct guest *g, const struct iovec *local, unsigned nr_local,
	const struct iovec *remote, unsigned nr_remote)
{
	pid_t pid = guest_mem_pid(g);

	if (!host_has(HOST_PROCESS_VM))
		return proc_mem_copy(pid, local, nr_local, remote, nr_remote, true);
	return process_vm_writev(pid, local, nr_local, remote, nr_remote, 0);
}

ssize_t guest_read_some(struct task *t, void *dst, uaddr_t src, size_t len)
{
	struct iovec local = {dst, len}, remote = {(void *)src, len};
	ssize_t n;

	if (!len)
		return 0;
	if (src >= USER_ADDR_MAX)
		return -EFAULT;
	n = guest_mem_readv(t->guest, &local, 1, &remote, 1);
	return n <= 0 ? -EFAULT : n;
}

ssize_t guest_write_some(struct task *t, uaddr_t dst, const void *src, size_t len)
{
	struct iovec local = {(void *)src, len}, remote = {(void *)dst, len};
	ssize_t n;

	if (!len)
		return 0;
	if (dst >= USER_ADDR_MAX)
		return -EFAULT;
	n = guest_mem_writev(t->guest, &local, 1, &remote, 1);
	return n <= 0 ? -EFAULT : n;
}

int guest_read(struct task *t, void *dst, uaddr_t src, size_t len)
{
	return guest_read_some(t, dst, src, len) == (ssize_t)len ? 0 : -EFAULT;
}

int guest_write(struct task *t, uaddr_t dst, const void *src, size_t len)
{
	return guest_write_some(t, dst, src, len) == (ssize_t)len ? 0 : -EFAULT;
}

ssize_t guest_readv(struct task *t, void *dst, size_t len, const struct iovec *uiov, unsigned nr)
{
	struct iovec local = {dst, len};
	ssize_t n = guest_mem_readv(t->guest, &local, 1, uiov, nr);

	return n <= 0 ? -EFAULT : n;
}

ssize_t guest_writev(
	struct task *t, const void *src, size_t len, const struct iovec *uiov, unsigned nr)
{
	struct iovec local = {(void *)src, len};
	ssize_t n = guest_mem_writev(t->guest, &local, 1, uiov, nr);

	return n <= 0 ? -EFAULT : n;
}

int guest_write_pieces(struct task *t, const struct guest_piece *p, unsigned nr)
{
	struct iovec local[GUEST_PIECES_MAX], remote[GUEST_PIECES_MAX];
	ssize_t total = 0;

	BUG_ON(nr > ARRAY_SIZE(local));
	for (unsigned i = 0; i < nr; i++) {
		local[i] = (struct iovec){(void *)p[i].src, p[i].len};
		remote[i] = (struct iovec){(void *)p[i].dst, p[i].len};
		total += (ssize_t)p[i].len;
	}
	return guest_mem_writev(t->guest, local, nr, remote, nr) == total ? 0 : -EFAULT;
}
