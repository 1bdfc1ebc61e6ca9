/*
 * Transport of the default backend: seccomp user notification. One listener serves every guest
 * process of the machine. seccomp_unotify(2).
 */
#include "skas/home.h"
#include "skas/host.h"
#include "skas/skas.h"

#include "kernel/lib/log.h"
#include "skas/spawn.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif

static int listener = -1;

static unsigned long install_flags;

static int install(struct sock_fprog *filter)
{
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, install_flags, filter);
}

static bool notify_receive(bool block);

void notify_sync_wakeups(bool on)
{
	if (!host_lacks(HOST_SYNC_WAKE_UP))
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS,
			on ? SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP : 0);
}

static pid_t notify_spawn(int stub_fd, uaddr_t first_exec)
{
	struct sock_fprog filter;
	struct spawn_options o = {
		.stub_fd = stub_fd,
		.first_exec = (void (*)(int))first_exec,
		.filter = &filter,
		.install = install,
	};
	pid_t pid;

	calls_cancelled = !host_has(HOST_WAIT_KILLABLE);
	install_flags = SECCOMP_FILTER_FLAG_NEW_LISTENER |
			(calls_cancelled ? 0 : SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
	filter_build(&filter, SECCOMP_RET_USER_NOTIF);
	pid = spawn_first(&o, &listener);
	if (pid < 0)
		return pid;
	notify_sync_wakeups(true);
	os_watch_direct(notify_receive);
	return pid;
}

/* ---- calls ---- */

static bool waiting(short events)
{
	struct pollfd p = {listener, POLLIN, 0};

	return poll(&p, 1, 0) > 0 && (p.revents & events);
}

static bool notify_receive(bool block)
{
	static struct seccomp_notif req;
	struct skas_call c;
	long err;

	if (quiet_run())
		return true;
	if (!block && !waiting(POLLIN))
		return false;
	if (block && spin_poll(listener))
		return true;
	memset(&req, 0, sizeof(req));
	err = os_wait_ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &req);
	if (err < 0) {
		/* -EINTR: the loop has other work. -ENOENT: the caller died in between, or nobody
		 * is left that could call; then reaping sees to the rest. */
		home_meeting_tick();
		if (err != -EINTR && waiting(POLLHUP))
			os_watch_direct(NULL);
		return false;
	}
	c = (struct skas_call){
		.host_tid = (pid_t)req.pid,
		.cookie = req.id,
		.nr = (u32)req.data.nr,
		.ip = req.data.instruction_pointer,
	};
	for (int i = 0; i < 6; i++)
		c.args[i] = req.data.args[i];
	skas_event(&c);
	return true;
}

static int respond(struct guest *g, s64 val, int error, u32 flags)
{
	struct seccomp_notif_resp resp = {
		.id = g->cookie, .val = val, .error = error, .flags = flags};

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp) == 0)
		return 0;
	if (errno != ENOENT)
		klog("seccomp answer: %s", strerror(errno));
	return -errno;
}

static int notify_answer(struct guest *g, long ret)
{
	if (ret < 0 && ret >= -4095)
		return respond(g, 0, (int)ret, 0);
	return respond(g, ret, 0, 0);
}

static void notify_go_on(struct guest *g)
{
	respond(g, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}

/*
 * ADDFD is the one operation whose wake-ups do not stay on our CPU by themselves: it wakes the
 * guest thread to install the descriptor, and that wakes us. With an idle CPU beside, both would go
 * there, at ten times the cost of all the rest; so both are bound to one CPU for a while. Not while
 * skiff polls, for then it needs that CPU.
 */
static int notify_give_fd(struct guest *g, int hfd)
{
	struct seccomp_notif_addfd a = {
		.id = g->cookie, .srcfd = (u32)hfd, .newfd_flags = O_CLOEXEC};
	int fd;

	home_meet(g);
	fd = ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &a);
	if (fd < 0)
		fd = -errno;
	if (spinning())
		home_part();
	return fd;
}

static int notify_probe(char *why, size_t size)
{
	if (host_has(HOST_LISTENER))
		return 0;
	snprintf(why, size, "the host has no seccomp user notification (see: skiff probe)");
	return -ENOSYS;
}

const struct guest_ops notify_ops = {
	.name = "notify",
	.probe = notify_probe,
	.spawn = notify_spawn,
	.answer = notify_answer,
	.go_on = notify_go_on,
	.give_fd = notify_give_fd,
};
