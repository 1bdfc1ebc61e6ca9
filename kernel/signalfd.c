/*
 * signalfd(2): reading takes pending signals of the *reader* that are in the file's mask. The file
 * itself has no state but the mask; waiting and polling use the caller's sighand queue.
 */
#include "kernel/signalfd.h"

#include "fs/fdtable.h"
#include "fs/vfs.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

#include <stdio.h>

struct abi_signalfd_siginfo {
	u32 signo;
	s32 sig_errno, code;
	u32 pid, uid;
	s32 fd;
	u32 tid, band, overrun, trapno;
	s32 status, sigint;
	u64 ptr, utime, stime, addr;
	u16 addr_lsb, pad2;
	s32 syscall;
	u64 call_addr;
	u32 arch;
	u8 pad[28];
};
static_assert(sizeof(struct abi_signalfd_siginfo) == 128, "struct signalfd_siginfo");

struct signalfd {
	sigmask_t mask;
};

static void convert(const siginfo_t *si, struct abi_signalfd_siginfo *out)
{
	memset(out, 0, sizeof(*out));
	out->signo = si->si_signo;
	out->sig_errno = si->si_errno;
	out->code = si->si_code;
	if (si->si_code == SI_TIMER) {
		out->tid = si->si_timerid;
		out->overrun = si->si_overrun;
		out->ptr = (uintptr_t)si->si_value.sival_ptr;
		out->sigint = si->si_value.sival_int;
		return;
	}
	if (si->si_code > 0 && (si->si_signo == SIGSEGV || si->si_signo == SIGBUS ||
				       si->si_signo == SIGILL || si->si_signo == SIGFPE)) {
		out->addr = (uintptr_t)si->si_addr;
		return;
	}
	if (si->si_code > 0 && si->si_signo == SIGIO) {
		out->band = si->si_band;
		out->fd = si->si_fd;
		return;
	}
	out->pid = si->si_pid;
	out->uid = si->si_uid;
	if (si->si_signo == SIGCHLD && si->si_code > 0) {
		out->status = si->si_status;
		out->utime = si->si_utime;
		out->stime = si->si_stime;
	} else if (si->si_code < 0) {
		out->ptr = (uintptr_t)si->si_value.sival_ptr;
		out->sigint = si->si_value.sival_int;
	}
}

static bool readable(const struct signalfd *s)
{
	return signal_pending_set(current) & s->mask;
}

static ssize_t signalfd_read(struct file *f, struct uio *to, u64 *pos)
{
	struct signalfd *s = f->priv;
	struct abi_signalfd_siginfo out;
	siginfo_t info;
	ssize_t total = 0;

	if (to->left < sizeof(out))
		return -EINVAL;
	while (to->left >= sizeof(out)) {
		if (!signal_dequeue(current, s->mask, &info)) {
			if (total)
				break;
			if (f->flags & O_NONBLOCK)
				return -EAGAIN;
			if (wait_event(&current->sighand->signalfd_wait, readable(s)))
				return -ERESTARTSYS;
			continue;
		}
		convert(&info, &out);
		if (uio_put(to, &out, sizeof(out)) != sizeof(out))
			return total ? total : -EFAULT;
		total += sizeof(out);
	}
	return total;
}

static u32 signalfd_poll(struct file *f, struct poll_table *pt)
{
	if (!current || !current->sighand)
		return 0;
	poll_wait(pt, &current->sighand->signalfd_wait);
	return readable(f->priv) ? EPOLLIN : 0;
}

static void signalfd_release(struct file *f)
{
	free(f->priv);
}

static int signalfd_fdinfo(struct file *f, char *buf, size_t size)
{
	struct signalfd *s = f->priv;

	return snprintf(buf, size, "sigmask:\t%016llx\n", (unsigned long long)s->mask);
}

void signalfd_sighand_gone(struct sighand *sh)
{
	struct list_head *q = &sh->signalfd_wait.waiters;

	while (!list_empty(q))
		waitq_del(list_first(q, struct waiter, link));
}

static const struct file_ops signalfd_ops = {
	.release = signalfd_release,
	.read = signalfd_read,
	.poll = signalfd_poll,
	.show_fdinfo = signalfd_fdinfo,
	.stream = true,
	.poll_notify = true,
};

static long signalfd_change(int fd, sigmask_t mask)
{
	struct file *f = fd_file(fd);

	if (!f)
		return -EBADF;
	if (f->ops != &signalfd_ops) {
		file_put(f);
		return -EINVAL;
	}
	((struct signalfd *)f->priv)->mask = mask;
	waitq_wake(&current->sighand->signalfd_wait, EPOLLIN);
	file_put(f);
	return fd;
}

static long do_signalfd(int fd, uaddr_t umask, size_t size, u32 flags)
{
	struct signalfd *s;
	struct file *f;
	sigmask_t mask;
	int ret;

	if (size != sizeof(mask) || flags & ~(u32)(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	if (copy_from_user(&mask, umask, sizeof(mask)))
		return -EFAULT;
	mask &= ~(SIGBIT(SIGKILL) | SIGBIT(SIGSTOP));
	if (fd != -1)
		return signalfd_change(fd, mask);
	s = malloc(sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->mask = mask;
	ret = file_anon(
		"anon_inode:[signalfd]", &signalfd_ops, s, O_RDWR | (flags & O_NONBLOCK), 0600, &f);
	if (ret) {
		free(s);
		return ret;
	}
	ret = fd_install(f, 0, flags & O_CLOEXEC);
	if (ret < 0)
		file_put(f);
	return ret;
}

SYSCALL_DEFINE3(signalfd, int, fd, uaddr_t, mask, size_t, size)
{
	return do_signalfd(fd, mask, size, 0);
}

SYSCALL_DEFINE4(signalfd4, int, fd, uaddr_t, mask, size_t, size, u32, flags)
{
	return do_signalfd(fd, mask, size, flags);
}
