/*
 * Transport of the default backend: seccomp user notification. One listener serves every guest
 * process of the machine. seccomp_unotify(2).
 */
#include "skas/skas.h"

#include "kernel/lib/log.h"

#include <linux/capability.h>
#include <linux/futex.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif

static struct os_watch listener = {.hfd = -1};
static cpu_set_t own_cpus; /* skiff's, as it was started */

/* ---- the first process: a child that shares our memory and descriptors until it execs, so that
 * the listener it creates appears in our table ---- */

struct spawn {
	struct sock_fprog prog;
	int stub_fd;
	void (*first_exec)(int fd);
	volatile int listener; /* 0 until known, else fd + 1 or -errno; a futex word */
};

static void spawn_report(struct spawn *s, int value)
{
	s->listener = value;
	syscall(SYS_futex, &s->listener, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void drop_capabilities(void)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2] = {{0}};

	/* Nor by exec as root, which would also reset the personality. */
	syscall(SYS_prctl, PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, 0, 0, 0);
	syscall(SYS_capset, &h, d);
}

static int spawn_child(void *arg)
{
	struct spawn *s = arg;
	u64 none = 0;
	long fd;

	/* Plain system calls only: errno and libc state are shared with the parent. */
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
	syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	syscall(SYS_setsid);
	drop_capabilities();
	if (syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		goto fail;
	fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
		&s->prog);
	if (fd < 0)
		goto fail;
	spawn_report(s, (int)fd + 1);
	s->first_exec(s->stub_fd);
fail:
	spawn_report(s, -errno);
	syscall(SYS_exit, 1);
	return 1;
}

/* The page of the stub in our own address space, for the one exec that must come from it. */
static int map_stub(int stub_fd)
{
	void *p = mmap((void *)STUB_BASE, STUB_END - STUB_BASE, PROT_READ | PROT_EXEC,
		MAP_PRIVATE | MAP_FIXED_NOREPLACE, stub_fd, 0x1000);

	return p == (void *)STUB_BASE ? 0 : p == MAP_FAILED ? -errno : -EEXIST;
}

static void notify_ready(struct os_watch *w, short revents);

static int listener_setup(int fd)
{
	ioctl(fd, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	listener = (struct os_watch){.hfd = fd, .events = POLLIN, .ready = notify_ready};
	os_watch_direct(&listener);
	return 0;
}

static pid_t notify_spawn(int stub_fd, uaddr_t first_exec)
{
	static char stack[16384] __attribute__((aligned(16)));
	static struct spawn s;
	int err;
	pid_t pid;

	sched_getaffinity(0, sizeof(own_cpus), &own_cpus);
	err = map_stub(stub_fd);
	if (err < 0)
		return err;
	s = (struct spawn){.stub_fd = stub_fd, .first_exec = (void (*)(int))first_exec};
	filter_build(&s.prog, SECCOMP_RET_USER_NOTIF);
	pid = clone(spawn_child, stack + sizeof(stack), CLONE_VM | CLONE_FILES | SIGCHLD, &s);
	if (pid < 0)
		return -errno;
	while (s.listener == 0)
		syscall(SYS_futex, &s.listener, FUTEX_WAIT, 0, NULL, NULL, 0);
	if (s.listener < 0) {
		waitpid(pid, NULL, 0);
		return s.listener;
	}
	err = listener_setup(s.listener - 1);
	return err < 0 ? err : pid;
}

/* ---- calls ---- */

/* -ENOENT: the caller died in between, or nobody is left that could call; then reaping sees to the
 * rest. */
static void receive_failed(struct os_watch *w)
{
	struct pollfd p = {w->hfd, POLLIN, 0};

	if (poll(&p, 1, 0) > 0 && (p.revents & POLLHUP))
		os_watch_direct(NULL);
}

static void notify_ready(struct os_watch *w, short revents)
{
	static struct seccomp_notif req;
	struct skas_call c;
	long err;

	memset(&req, 0, sizeof(req));
	err = os_wait_ioctl(w->hfd, SECCOMP_IOCTL_NOTIF_RECV, &req);
	if (err == -EINTR) /* the loop has other work */
		return;
	if (err < 0) {
		receive_failed(w);
		return;
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
}

static void respond(struct guest *g, s64 val, int error, u32 flags)
{
	struct seccomp_notif_resp resp = {
		.id = g->cookie, .val = val, .error = error, .flags = flags};

	if (ioctl(listener.hfd, SECCOMP_IOCTL_NOTIF_SEND, &resp) < 0 && errno != ENOENT)
		klog("seccomp answer: %s", strerror(errno));
}

static void notify_answer(struct guest *g, long ret)
{
	if (ret < 0 && ret >= -4095)
		respond(g, 0, (int)ret, 0);
	else
		respond(g, ret, 0, 0);
}

static void notify_go_on(struct guest *g)
{
	respond(g, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}

/*
 * ADDFD is the one operation whose wake-ups do not stay on our CPU by themselves: it wakes the
 * guest thread to install the descriptor, and that wakes us. With an idle CPU beside, both would go
 * there, at ten times the cost of all the rest; so both are bound to this CPU meanwhile.
 */
struct binding {
	cpu_set_t here;
	bool bound;
};

static void bind_both(struct binding *b, const struct guest *g)
{
	int cpu = sched_getcpu();

	b->bound = cpu >= 0 && cpu < CPU_SETSIZE && CPU_COUNT(&own_cpus) > 1 &&
		   (!g->cpus_len || (g->cpus[cpu / 8] >> cpu % 8 & 1));
	if (!b->bound)
		return;
	CPU_ZERO(&b->here);
	CPU_SET(cpu, &b->here);
	sched_setaffinity(0, sizeof(b->here), &b->here);
	sched_setaffinity(g->host_tid, sizeof(b->here), &b->here);
}

static void unbind_both(const struct binding *b, const struct guest *g)
{
	if (!b->bound)
		return;
	sched_setaffinity(0, sizeof(own_cpus), &own_cpus);
	if (g->cpus_len)
		sched_setaffinity(g->host_tid, g->cpus_len, (const cpu_set_t *)g->cpus);
	else
		sched_setaffinity(g->host_tid, sizeof(own_cpus), &own_cpus);
}

static int notify_give_fd(struct guest *g, int hfd)
{
	struct seccomp_notif_addfd a = {
		.id = g->cookie, .srcfd = (u32)hfd, .newfd_flags = O_CLOEXEC};
	struct binding b;
	int fd;

	bind_both(&b, g);
	fd = ioctl(listener.hfd, SECCOMP_IOCTL_NOTIF_ADDFD, &a);
	if (fd < 0)
		fd = -errno;
	unbind_both(&b, g);
	return fd;
}

static int notify_probe(char *why, size_t size)
{
	u32 action = SECCOMP_RET_USER_NOTIF;

	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0)
		return 0;
	snprintf(
		why, size, "the host has no seccomp user notification (needs Linux 5.19 or later)");
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
