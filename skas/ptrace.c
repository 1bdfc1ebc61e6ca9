/*
 * Transport of the ptrace backend, for hosts without usable seccomp notification: the filter's
 * RET_TRACE stops a thread at its call, and skiff, tracer of every guest thread, reads and writes
 * its registers there. Real signals (the stub's SIGSYS, faults, the kick) pass through their
 * delivery stops untouched. A stop is answered with the registers of that moment; no state of a
 * thread is kept here, so nothing is to be undone when one dies. ptrace(2), seccomp(2).
 */
#include "skas/home.h"
#include "skas/host.h"
#include "skas/skas.h"

#include "kernel/lib/log.h"
#include "skas/spawn.h"

#include <asm/unistd.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPTIONS (PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP)
#define QUEUE_MAX 64

/* A change of state that wait4(2) has told of and nobody has looked at. */
struct stop {
	pid_t tid;
	int status;
	struct rusage ru; /* of one that has ended */
};

static struct stop queue[QUEUE_MAX];
static unsigned queue_first, queue_nr;

/* The registers of the stop looked at last: an answer given at once need not read them again. */
static struct user_regs_struct regs;
static pid_t regs_of;

/* One, and a spare: no process can be made once skiff is confined. */
static struct donor {
	pid_t pid; /* 0: not started, or it has ended */
	int event; /* tells that it is ready; -1 once it has */
} donors[2];

/* ---- answers. A thread that was killed meanwhile is no error: its end will be told. ---- */

static void go(pid_t tid, int sig)
{
	ptrace(PTRACE_CONT, tid, 0, sig);
}

static bool get_regs(pid_t tid)
{
	struct iovec iov = {&regs, sizeof(regs)};

	regs_of = 0;
	if (ptrace(PTRACE_GETREGSET, tid, 1 /* NT_PRSTATUS */, &iov) < 0)
		return false;
	regs_of = tid;
	return true;
}

/* A call number of -1 makes the host skip the call and leave the result to us. The registers behind
 * orig_rax are as they were. */
static int ptrace_answer(struct guest *g, long ret)
{
	struct iovec iov = {&regs, offsetof(struct user_regs_struct, rip)};

	home_resume(g);
	if (regs_of != g->host_tid && !get_regs(g->host_tid))
		return -ESRCH;
	regs.rax = (u64)ret;
	regs.orig_rax = (u64)-1;
	ptrace(PTRACE_SETREGSET, g->host_tid, 1, &iov);
	regs_of = 0;
	go(g->host_tid, 0);
	return 0;
}

/* The host looks at the filter again but asks nobody twice. */
static void ptrace_go_on(struct guest *g)
{
	regs_of = 0;
	home_resume(g);
	go(g->host_tid, 0);
}

/* ---- stops ---- */

static void arrived(struct guest *g)
{
	if (g)
		home_call(g);
}

static void call_stop(pid_t tid)
{
	struct skas_call c;

	if (!get_regs(tid))
		return;
	c = (struct skas_call){
		.host_tid = tid,
		.nr = (u32)regs.orig_rax,
		.ip = regs.rip,
		.args = {regs.rdi, regs.rsi, regs.rdx, regs.r10, regs.r8, regs.r9},
	};
	if (c.nr != STUB_HYPERCALL || c.args[0] == STUB_TRAP)
		arrived(guest_find(tid));
	skas_event(&c);
}

/*
 * A new thread's first stop, or a group stop: somebody on the host sent SIGSTOP or the like, and
 * the thread stays stopped until SIGCONT, which makes it report again.
 */
static void trap_stop(pid_t tid, int sig)
{
	if (sig == SIGTRAP)
		go(tid, 0);
	else
		ptrace(PTRACE_LISTEN, tid, 0, 0);
}

/* Without donors no process of the machine could map a file, nor say why. */
static void donor_ended(pid_t pid)
{
	bool ours = false, left = false;

	for (unsigned i = 0; i < ARRAY_SIZE(donors); i++) {
		ours |= donors[i].pid == pid;
		if (donors[i].pid == pid)
			donors[i].pid = 0;
		left |= donors[i].pid != 0;
	}
	if (!ours || left)
		return;
	klog("the host has killed the processes that hand over descriptors: no machine without");
	os_panic();
}

static void dispatch(const struct stop *s)
{
	if (!WIFSTOPPED(s->status)) {
		donor_ended(s->tid);
		skas_reaped(s->tid, s->status, &s->ru);
		return;
	}
	switch (s->status >> 16) {
	case PTRACE_EVENT_SECCOMP:
		call_stop(s->tid);
		break;
	case PTRACE_EVENT_STOP:
		trap_stop(s->tid, WSTOPSIG(s->status));
		break;
	default:
		go(s->tid, WSTOPSIG(s->status));
	}
}

/*
 * wait4 prefers the older children, and one that calls without end would be all it ever tells of.
 * So whoever is stopped now is put into the queue before the first of them goes on.
 */
static bool drain(void)
{
	while (queue_nr < QUEUE_MAX) {
		struct stop *s = &queue[(queue_first + queue_nr) % QUEUE_MAX];

		s->tid = wait4(-1, &s->status, WNOHANG | __WALL, &s->ru);
		if (s->tid <= 0)
			break;
		queue_nr++;
	}
	return queue_nr;
}

static bool ptrace_receive(bool block)
{
	struct stop s;
	long ret;

	if (quiet_run())
		return true;
	if (queue_nr || (!block && drain())) {
		s = queue[queue_first];
		queue_first = (queue_first + 1) % QUEUE_MAX;
		queue_nr--;
		dispatch(&s);
		return true;
	}
	if (!block)
		return false;
	ret = os_wait_child(&s.status, &s.ru);
	if (ret < 0) {
		home_tick();
		if (ret == -ECHILD)
			os_watch_direct(NULL);
		return false;
	}
	s.tid = (pid_t)ret;
	drain();
	dispatch(&s);
	return true;
}

/* ---- descriptors ----
 *
 * The host has no call that puts a descriptor into another process, but pidfd_getfd(2) takes one
 * out of it. A donor is a process without privilege that shares skiff's descriptors and nothing
 * else; guest processes are allowed to take from it, one descriptor each time, as ordered.
 */

static void donate(pid_t parent, int event)
{
	u64 all = ~0ull;

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, 8);
	spawn_die_with(parent);
	syscall(SYS_prctl, PR_SET_PTRACER, parent, 0, 0, 0); /* and its descendants */
	spawn_drop_privilege();
	eventfd_write(event, 1);
	for (;;)
		syscall(SYS_pause);
}

static int donor_start(struct donor *d)
{
	pid_t self = getpid();

	d->event = eventfd(0, EFD_CLOEXEC);
	if (d->event < 0)
		return -errno;
	d->pid = (pid_t)syscall(SYS_clone, CLONE_FILES, 0, 0, 0, 0);
	if (d->pid == 0)
		donate(self, d->event);
	if (d->pid > 0)
		return 0;
	d->pid = 0;
	return -errno;
}

/* Starts long before it is needed, so there is nothing to wait for but in a hurry. */
static int donor_ready(struct donor *d)
{
	struct pollfd p[2] = {{.events = POLLIN}, {.events = POLLIN}};

	if (d->event < 0)
		return 0;
	p[0].fd = d->event;
	p[1].fd = (int)syscall(SYS_pidfd_open, d->pid, 0);
	if (p[1].fd < 0)
		return -errno;
	while (poll(p, 2, -1) < 0 && errno == EINTR)
		;
	close(p[1].fd);
	if (!p[0].revents) /* killed: dispatch() will hear of it */
		return -ESRCH;
	close(d->event);
	d->event = -1;
	return 0;
}

static int take_from(const struct guest *g, pid_t donor, int hfd)
{
	struct guest_order take[2] = {{.nr = __NR_pidfd_getfd}, {.nr = __NR_close}};
	long pidfd = guest_order(g->task, __NR_pidfd_open, (u64)donor, 0, 0, 0, 0, 0);

	if (pidfd < 0)
		return (int)pidfd;
	take[0].args[0] = take[1].args[0] = (u64)pidfd;
	take[0].args[1] = (u64)hfd;
	return (int)guest_orders(g->task, take, 2);
}

static int ptrace_give_fd(struct guest *g, int hfd)
{
	int ret = -ESRCH;

	for (unsigned i = 0; i < ARRAY_SIZE(donors) && ret == -ESRCH && !g->proc->dead; i++)
		if (donors[i].pid && donor_ready(&donors[i]) == 0)
			ret = take_from(g, donors[i].pid, hfd);
	return ret;
}

/* ---- start ---- */

static int install(struct sock_fprog *filter)
{
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, filter);
}

static int attach(pid_t pid)
{
	return ptrace(PTRACE_SEIZE, pid, 0, OPTIONS) < 0 ? -errno : 0;
}

static pid_t ptrace_spawn(int stub_fd, uaddr_t first_exec)
{
	/* Stops wake wait4 without it, and ends are told there too. */
	struct sigaction sa = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDSTOP};
	struct sock_fprog filter;
	struct spawn_options o = {
		.stub_fd = stub_fd,
		.first_exec = (void (*)(int))first_exec,
		.filter = &filter,
		.install = install,
		.attach = attach,
	};
	pid_t pid;
	int unused, err;

	sigaction(SIGCHLD, &sa, NULL);
	for (unsigned i = 0; i < ARRAY_SIZE(donors); i++) {
		err = donor_start(&donors[i]);
		if (err < 0)
			return err;
	}
	filter_build(&filter, SECCOMP_RET_TRACE);
	pid = spawn_first(&o, &unused);
	if (pid > 0) {
		home_settle();
		os_watch_direct(ptrace_receive);
	}
	return pid;
}

static int ptrace_probe(char *why, size_t size)
{
	if (host_has(HOST_PTRACE) && host_has(HOST_PIDFD_GETFD))
		return 0;
	snprintf(why, size,
		"the host lets skiff trace no children, or hand them no descriptors"
		" (see: skiff probe)");
	return -ENOSYS;
}

static void ptrace_end(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(donors); i++)
		if (donors[i].pid)
			kill(donors[i].pid, SIGKILL);
}

const struct guest_ops ptrace_ops = {
	.name = "ptrace",
	.probe = ptrace_probe,
	.reaps = true,
	.clone_flags = CLONE_PTRACE,
	.spawn = ptrace_spawn,
	.answer = ptrace_answer,
	.go_on = ptrace_go_on,
	.give_fd = ptrace_give_fd,
	.end = ptrace_end,
};
