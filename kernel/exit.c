/*
 * The end of threads and processes: exit(2), exit_group(2), what a process leaves to its parent,
 * children, session and process group. See exit.h for the protocol with entry.c.
 *
 * A group exit kills the host process at once, so no guest instruction of it runs any more; then
 * every task ends on its own coroutine, and the last one makes the group a zombie.
 */
#include "kernel/exit.h"

#include "kernel/acct.h"
#include "kernel/trace/trace.h"

#include "fs/fdtable.h"
#include "kernel/cgroup.h"
#include "kernel/futex_pi.h"
#include "kernel/dump.h"
#include "kernel/init.h"
#include "kernel/ipc/sem.h"
#include "kernel/itimer.h"
#include "kernel/keys/key.h"
#include "kernel/lib/log.h"
#include "kernel/net/net.h"
#include "kernel/outside.h"
#include "kernel/pid.h"
#include "kernel/pid_ns.h"
#include "kernel/posix_timer.h"
#include "kernel/ptrace.h"
#include "kernel/robust.h"
#include "kernel/seccomp.h"
#include "kernel/syscall.h"

#define NR_EXIT 60

void (*tty_leader_exit_hook)(struct tgroup *leader);
void (*tty_drop_hook)(struct tgroup *tg);

static void exit_main(void *arg)
{
	task_exit(arg);
}

/* Sends a task that is not current to its end. It is not freed before the caller sleeps. */
static void end_task(struct task *t)
{
	t->sigpending_flag = true;
	if (t == current || t->embryo) /* that one ends in embryo_born */
		return;
	if (t->coro)
		sched_interrupt(t, true);
	else if (sched_start_queued(t, exit_main, t) < 0)
		klog("%d: no memory to end the task", t->tid);
}

static bool dumps_core(int sig)
{
	return sig && sig < 32 &&
	       (SIGBIT(sig) &
		       (SIGBIT(SIGQUIT) | SIGBIT(SIGILL) | SIGBIT(SIGTRAP) | SIGBIT(SIGABRT) |
			       SIGBIT(SIGBUS) | SIGBIT(SIGFPE) | SIGBIT(SIGSEGV) | SIGBIT(SIGXCPU) |
			       SIGBIT(SIGXFSZ) | SIGBIT(SIGSYS)));
}

void group_exit(struct tgroup *tg, int status)
{
	struct task *t;

	if (tg->exiting || list_empty(&tg->tasks))
		return;
	if (dumps_core(status & 0x7f))
		dump_event(DUMP_CRASH, "a process dies of a signal that dumps core");
	tg->exiting = true;
	tg->exit_status = status;
	t = list_first(&tg->tasks, struct task, tg_link);
	trace(TRACE_SIGNAL, "%d: group exit, status %#x", tg->pid, (unsigned)status);
	guest_kill(t);
	list_for_each_entry (t, &tg->tasks, tg_link)
		end_task(t);
}

void exit_other_threads(struct task *t)
{
	struct tgroup *tg = t->tg, *child;
	struct task *o;

	list_for_each_entry (o, &tg->tasks, tg_link) {
		if (o == t || o->ending)
			continue;
		o->ending = true;
		o->embryo = false; /* nothing of the old image can report any more */
		end_task(o);
	}
	wait_event_mode(&tg->threads_wait, tg->nr_tasks == 1, WAIT_UNINTERRUPTIBLE, WAIT_FOREVER);
	if (t->tid != tg->pid)
		task_set_tid(t, tg->pid);
	list_for_each_entry (child, &tg->children, sibling)
		child->parent_tid = t->tid;
}

void embryo_born(pid_t tid)
{
	struct task *t = task_find(tid);

	if (!t || !t->embryo)
		return;
	if (t->tg->execing && !t->tg->exiting) /* its first event or the exec ends it */
		return;
	t->embryo = false;
	if (!task_ending(t))
		return;
	guest_kill(t); /* a signal has ended it before it began */
	end_task(t);
}

void vfork_release(struct task *child)
{
	struct task *parent = child->vfork_parent;

	if (!parent)
		return;
	child->vfork_parent = NULL;
	parent->vforking = false;
	waitq_wake(&parent->vfork_wait, 0);
}

void kernel_guest_gone(struct task *t, int host_status)
{
	if (!task_ending(t))
		group_exit(t->tg, host_status & 0xff7f);
}

/* ---- the family ---- */

/* Who inherits tg's children: the nearest subreaper above it, else pid 1. */
static struct tgroup *find_reaper(const struct tgroup *tg)
{
	struct tgroup *p;

	for (p = tg->parent; p && !is_ns_init(p); p = p->parent) {
		if (p->pid_ns == tg->pid_ns && p->is_subreaper && !p->exiting &&
			p->state != TG_ZOMBIE)
			return p;
	}
	p = ns_init_of(tg);
	return p && p != tg ? p : init_tg;
}

static void siginfo_child(siginfo_t *info, const struct tgroup *tg)
{
	int status = tg->exit_status;

	siginfo_kernel(info, tg->exit_signal);
	info->si_pid = tg->pid;
	info->si_uid = tg->exit_uid;
	info->si_utime = tg->usage.utime_ns / (NSEC_PER_SEC / 100);
	info->si_stime = tg->usage.stime_ns / (NSEC_PER_SEC / 100);
	info->si_code = !(status & 0x7f)     ? CLD_EXITED
			: status & WCOREFLAG ? CLD_DUMPED
					     : CLD_KILLED;
	info->si_status = status & 0x7f ? status & 0x7f : status >> 8 & 0xff;
}

/* A zombie's parent learns of it. True: it does not want to wait for it. */
static bool notify_parent(struct tgroup *tg)
{
	struct tgroup *parent = tg->parent;
	const struct abi_sigaction *a;
	bool autoreap = false, silent = tg->exit_signal <= 0;
	siginfo_t info;

	if (trace_hides(tg))
		return false;
	if (!parent || list_empty(&parent->tasks))
		return false;
	a = &list_first(&parent->tasks, struct task, tg_link)->sighand->action[SIGCHLD - 1];
	if (tg->exit_signal == SIGCHLD) {
		bool ignored = a->handler == (uaddr_t)(uintptr_t)SIG_IGN;

		autoreap = ignored || (a->flags & SA_NOCLDWAIT);
		silent = ignored;
	}
	if (!silent) {
		siginfo_child(&info, tg);
		signal_send_group(parent, tg->exit_signal, &info);
	}
	waitq_wake(&parent->wait_child, 0);
	return autoreap;
}

void exit_notify_parent(struct tgroup *tg)
{
	if (trace_hides(tg)) {
		if (trace_notify_zombie(tg))
			trace_zombie_waited(tg->leader_trace);
		return;
	}
	if (notify_parent(tg) || !tg->parent)
		tgroup_reap(tg);
}

static void hangup_if_orphaned(pid_t pgid, const struct tgroup *leaving)
{
	if (!pgrp_orphaned_without(pgid, leaving) || !pgrp_has_stopped(pgid))
		return;
	signal_send_pgrp(pgid, SIGHUP, NULL);
	signal_send_pgrp(pgid, SIGCONT, NULL);
}

static void parent_death_signal(struct tgroup *child)
{
	struct task *t;

	list_for_each_entry (t, &child->tasks, tg_link) {
		siginfo_t info;

		if (!t->pdeath_signal)
			continue;
		siginfo_user(&info, t->pdeath_signal);
		signal_send_group(child, t->pdeath_signal, &info);
	}
}

/* A thread of a process that lives on: its children go to another thread. */
static void reparent_to_sibling(struct tgroup *tg, struct task *leaving)
{
	struct tgroup *child, *next;
	struct task *t, *heir = NULL;

	list_for_each_entry (t, &tg->tasks, tg_link) {
		if (t != leaving && !t->ending)
			heir = t;
	}
	list_for_each_entry_safe (child, next, &tg->children, sibling) {
		if (child->parent_tid != leaving->tid || !heir)
			continue;
		child->parent_tid = heir->tid;
		parent_death_signal(child);
	}
}

static void reparent_children(struct tgroup *tg)
{
	struct tgroup *reaper = find_reaper(tg), *child, *next;
	struct task *heir = tgroup_task(reaper);

	list_for_each_entry_safe (child, next, &tg->children, sibling) {
		list_del(&child->sibling);
		child->parent = reaper;
		child->parent_tid = heir ? heir->tid : reaper->pid;
		child->exit_signal = SIGCHLD;
		list_add_tail(&child->sibling, &reaper->children);
		parent_death_signal(child);
		if (child->state == TG_ZOMBIE && notify_parent(child))
			tgroup_reap(child);
		else if (child->pgid != tg->pgid && child->sid == tg->sid)
			hangup_if_orphaned(child->pgid, NULL);
	}
}

void tgroup_reap(struct tgroup *tg)
{
	trace_reaped(tg);
	tgroup_unhash(tg);
}

/* The last task t of its group ends. */
static void process_exit(struct tgroup *tg, struct task *t)
{
	tg->exiting = true;
	tg->exit_uid = t->cred->uid;
	tg->exit_suid = t->cred->suid;
	tg->exit_policy = t->sched_policy;
	tg->exit_priority = t->sched_priority;
	itimers_exit(tg);
	posix_timers_exit(tg);
	sigpending_flush(&tg->pending);
	if (tg == init_tg) {
		net_end();
		machine_end(wait_status_to_exit(tg->exit_status));
		return;
	}
	if (tg->pid_ns && tg->pid_ns->init == tg)
		pid_ns_end(tg->pid_ns);
	if (tg->sid == tg->pid && tty_leader_exit_hook)
		tty_leader_exit_hook(tg);
	if (tty_drop_hook)
		tty_drop_hook(tg);
	reparent_children(tg);
	if (tg->parent && tg->parent->pgid != tg->pgid && tg->parent->sid == tg->sid)
		hangup_if_orphaned(tg->pgid, tg);
}

/* ---- the task ---- */

static void release_resources(struct task *t)
{
	struct files *files = t->files;
	struct fs_ctx *fs = t->fs;

	if (files)
		files_put(files); /* t->files serves as lock owner meanwhile */
	t->files = NULL;
	t->fs = NULL;
	if (fs)
		fs_ctx_put(fs);
	nsset_put(t->ns);
	t->ns = NULL;
	seccomp_exit(t);
	sem_undo_exit(t);
	key_task_exit(t);
	mm_put(t->mm);
	t->mm = NULL;
}

/* A thread of a group that lives on: lets its exit(2) happen natively. */
static void finish_native_exit(struct task *t)
{
	if ((t->event.kind == GUEST_CALL || t->event.kind == GUEST_TRAP) && t->event.nr == NR_EXIT)
		guest_answer_exit(t);
}

void task_exit(struct task *t)
{
	struct tgroup *tg = tgroup_get(t->tg);
	bool last;

	BUG_ON(t != current);
	t->ending = true;
	if (tg->nr_tasks == 1)
		acct_process(t);
	if (tg->nr_tasks == 1)
		group_exit(tg, t->exit_code);
	calltrace_exited(t, tg->exiting ? tg->exit_status : t->exit_code);
	signal_leave_thread(t);
	trace_exit(t, tg->exiting ? tg->exit_status : t->tg->execing ? 0 : t->exit_code);
	release_resources(t);
	vfork_release(t);
	last = tg->nr_tasks == 1;
	if (!tg->exiting) {
		if (last)
			tg->exit_status = t->exit_code;
		finish_native_exit(t);
	}
	if (last)
		process_exit(tg, t);
	else if (!tg->exiting)
		reparent_to_sibling(tg, t);
	t->state = TASK_DEAD;
	sighand_put(t->sighand);
	cred_put(t->cred);
	futex_pi_exit(t);
	task_free(t);
	waitq_wake(&tg->threads_wait, 0);
	if (last && tg != init_tg) {
		tg->state = TG_ZOMBIE;
		cgroup_process_gone(tg);
		if (tg->outside)
			outside_ended(tg);
		exit_notify_parent(tg);
		waitq_wake(&tg->exit_wait, POLLIN);
	}
	tgroup_put(tg);
}

/* ---- calls ---- */

void thread_exit(struct task *t, int status)
{
	if (t->tg->nr_tasks == 1) {
		group_exit(t->tg, status);
		return;
	}
	if (!guest_in_stub(t) && guest_enter_stub(t) < 0)
		return;
	robust_exit_thread(t);
	t->event.kind = GUEST_TRAP; /* it ends as by exit(2) */
	t->event.nr = NR_EXIT;
	t->exit_code = status;
	t->ending = true;
}

static bool stops_wanted(const struct tgroup *tg, const struct task *self)
{
	const struct task *t;

	list_for_each_entry (t, &tg->tasks, tg_link)
		if (t != self && !t->ending && trace_wants_exit(t))
			return true;
	return false;
}

/* The SIGKILL stands for tg->exit_status. */
static void end_singly(struct tgroup *tg, struct task *self, int status)
{
	struct task *t;

	tg->ends_singly = true;
	tg->exit_status = status;
	list_for_each_entry (t, &tg->tasks, tg_link)
		if (t != self)
			signal_end_task(t);
}

int exit_others_seen(struct task *t)
{
	struct tgroup *tg = t->tg;
	int err;

	if (!stops_wanted(tg, t))
		return 0;
	tg->exec_waits = true;
	end_singly(tg, t, 0);
	err = wait_event_killable(&tg->threads_wait, tg->nr_tasks == 1);
	tg->exec_waits = false;
	if (!err)
		tg->ends_singly = false;
	return err;
}

void group_end(struct tgroup *tg, struct task *self, int status)
{
	if (!tg->exiting && !tg->ends_singly && stops_wanted(tg, self)) {
		end_singly(tg, self, status);
		if (self)
			thread_exit(self, status);
		return;
	}
	if (self)
		robust_exit_group(self);
	group_exit(tg, status);
}

SYSCALL_DEFINE1(exit, int, code)
{
	struct task *t = current;
	long err = robust_exit_thread(t);

	if (err < 0)
		return err;
	trace_exit_event(t, (code & 0xff) << 8);
	t->exit_code = (code & 0xff) << 8;
	t->ending = true;
	return 0;
}

SYSCALL_DEFINE1(exit_group, int, code)
{
	trace_exit_event(current, (code & 0xff) << 8);
	group_end(current->tg, current, (code & 0xff) << 8);
	return 0;
}
