/*
 * pidfds: pidfd_open(2), pidfd_send_signal(2), pidfd_getfd(2). The file holds a reference to the
 * thread group, which stays valid (as a zombie, or unhashed) after the process is gone.
 */
#include "kernel/pidfd.h"

#include "fs/fdtable.h"
#include "fs/proc/proc.h"
#include "kernel/pid.h"
#include "kernel/pid_ns.h"
#include "kernel/ptrace.h"
#include "kernel/syscall.h"
#include "kernel/sys_signal.h"
#include "kernel/user_ns.h"

#include <stdio.h>

static void pidfd_release(struct file *f)
{
	tgroup_put(f->priv);
}

static bool reaped(const struct tgroup *tg)
{
	return list_empty(&tg->all_link);
}

static u32 pidfd_poll(struct file *f, struct poll_table *pt)
{
	struct tgroup *tg = f->priv;

	poll_wait(pt, &tg->exit_wait);
	if (reaped(tg))
		return EPOLLIN | EPOLLRDNORM | EPOLLHUP;
	return tg->state == TG_ZOMBIE ? EPOLLIN | EPOLLRDNORM : 0;
}

static int pidfd_show_fdinfo(struct file *f, char *buf, size_t size)
{
	const struct tgroup *tg = f->priv;
	int pid = reaped(tg) ? -1 : pid_out(tg->pid);

	return snprintf(buf, size, "Pid:\t%d\nNSpid:\t%d\n", pid, pid);
}

/* ---- PIDFD_GET_INFO ---- */

#define IOC_TYPE_NR(cmd) ((cmd)&0xffff)
#define IOC_SIZE(cmd) ((cmd) >> 16 & 0x3fff)
#define PIDFD_GET_INFO_TYPE_NR 0xff0bu
#define INFO_PID 1u
#define INFO_CREDS 2u
#define INFO_EXIT 8u /* only once it has been waited for */

struct abi_pidfd_info {
	u64 mask, cgroupid;
	u32 pid, tgid, ppid;
	u32 ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	s32 exit_code;
};
static_assert(sizeof(struct abi_pidfd_info) == 64, "struct pidfd_info");

/* Who it is, as long as it is anybody. */
static int info_fill(struct abi_pidfd_info *info, const struct tgroup *tg)
{
	const struct task *t = tgroup_task(tg);
	const struct cred *c = t ? t->cred : NULL;

	if (!c || reaped(tg) || !pid_out(tg->pid))
		return -ESRCH;
	info->mask |= INFO_PID | INFO_CREDS;
	info->pid = info->tgid = (u32)pid_out(tg->pid);
	info->ppid = tg->parent ? (u32)pid_out(tg->parent->pid) : 0;
	info->ruid = uid_out(c->uid);
	info->euid = uid_out(c->euid);
	info->suid = uid_out(c->suid);
	info->fsuid = uid_out(c->fsuid);
	info->rgid = gid_out(c->gid);
	info->egid = gid_out(c->egid);
	info->sgid = gid_out(c->sgid);
	info->fsgid = gid_out(c->fsgid);
	return 0;
}

static long pidfd_ioctl(struct file *f, u32 cmd, uaddr_t arg)
{
	const struct tgroup *tg = f->priv;
	struct abi_pidfd_info info = {0};
	u64 wanted;
	int err;

	if (IOC_TYPE_NR(cmd) != PIDFD_GET_INFO_TYPE_NR || IOC_SIZE(cmd) < sizeof(info))
		return -ENOTTY;
	if (!arg)
		return -EINVAL;
	if (copy_from_user(&wanted, arg, sizeof(wanted)))
		return -EFAULT;
	if ((wanted & INFO_EXIT) && reaped(tg)) {
		info.mask |= INFO_EXIT;
		info.exit_code = tg->exit_status;
	}
	err = info_fill(&info, tg);
	if (err < 0 && !(info.mask & INFO_EXIT))
		return err;
	return copy_to_user(arg, &info, sizeof(info));
}

static const struct file_ops pidfd_ops = {
	.release = pidfd_release,
	.ioctl = pidfd_ioctl,
	.poll = pidfd_poll,
	.show_fdinfo = pidfd_show_fdinfo,
	.stream = true,
	.poll_notify = true,
};

int pidfd_install(struct tgroup *tg, u32 flags)
{
	struct file *f;
	int err = file_anon("anon_inode:[pidfd]", &pidfd_ops, tg, O_RDWR | flags, 0600, &f);

	if (err < 0)
		return err;
	tgroup_get(tg);
	err = fd_install(f, 0, true);
	if (err < 0)
		file_put(f);
	return err;
}

struct tgroup *pidfd_tgroup(int fd, bool *nonblock)
{
	struct file *f = fd_file(fd);
	struct tgroup *tg = NULL;

	if (!f)
		return NULL;
	if (f->ops == &pidfd_ops) {
		tg = tgroup_get(f->priv);
		if (nonblock)
			*nonblock = f->flags & O_NONBLOCK;
	}
	file_put(f);
	return tg;
}

SYSCALL_DEFINE2(pidfd_open, int, pid, u32, flags)
{
	struct tgroup *tg;

	if (pid <= 0 || (flags & ~(u32)O_NONBLOCK))
		return -EINVAL;
	pid = pid_in(pid);
	tg = tgroup_find(pid);
	if (!tg)
		return task_find(pid) ? -ENOENT : -ESRCH;
	return pidfd_install(tg, flags);
}

static long send_signal(struct tgroup *tg, int sig, uaddr_t uinfo)
{
	siginfo_t info;
	long err;

	if (sig < 0 || sig > ABI_NSIG)
		return -EINVAL;
	if (uinfo) {
		s32 signo;

		if (copy_from_user(&signo, uinfo, sizeof(signo)))
			return -EFAULT;
		if (signo != sig)
			return -EINVAL;
		err = siginfo_from_user(&info, uinfo, sig, tg->pid);
		if (err < 0)
			return err;
	} else {
		siginfo_user(&info, sig);
	}
	if (reaped(tg))
		return -ESRCH;
	err = signal_permission(tg, sig);
	if (err < 0 || !sig)
		return err;
	return signal_send_group(tg, sig, &info);
}

/* A descriptor of /proc/PID serves as well. */
static struct tgroup *process_of_directory(int fd)
{
	struct file *f = fd_file(fd);
	struct tgroup *tg = f ? proc_dir_process(f) : NULL;

	if (f)
		file_put(f);
	return tg;
}

SYSCALL_DEFINE4(pidfd_send_signal, int, fd, int, sig, uaddr_t, uinfo, u32, flags)
{
	struct tgroup *tg;
	long ret;

	if (flags)
		return -EINVAL;
	tg = pidfd_tgroup(fd, NULL);
	if (!tg)
		tg = process_of_directory(fd);
	if (!tg)
		return -EBADF;
	ret = send_signal(tg, sig, uinfo);
	tgroup_put(tg);
	return ret;
}

static long get_fd(const struct tgroup *tg, int fd)
{
	struct task *t = tgroup_task(tg);
	struct file *f;
	int ret;

	if (!t || !t->files)
		return -ESRCH;
	if (!trace_may_access(t, TRACE_ATTACH_REAL))
		return -EPERM;
	if (fd < 0 || (unsigned)fd >= t->files->nr || !t->files->slots[fd].file)
		return -EBADF;
	f = file_get(t->files->slots[fd].file);
	ret = fd_install(f, 0, true);
	if (ret < 0)
		file_put(f);
	return ret;
}

SYSCALL_DEFINE3(pidfd_getfd, int, pidfd, int, fd, u32, flags)
{
	struct tgroup *tg;
	long ret;

	if (flags)
		return -EINVAL;
	tg = pidfd_tgroup(pidfd, NULL);
	if (!tg)
		return -EBADF;
	ret = get_fd(tg, fd);
	tgroup_put(tg);
	return ret;
}
