/*
 * Signals: dispositions, sending, choice of the thread, masks, group stop and continue (signal(7),
 * kill(2), sigaction(2)). Delivery to the guest is signal_deliver.c, the frame signal_frame.c, the
 * queues sigqueue.c. Called by anything that signals; nothing here sleeps except group stops.
 *
 * Invariant: t->sigpending_flag is true whenever t has something to do before it may run guest code
 * (a deliverable signal, a stop, its end), and t has been woken or kicked since it became true.
 *
 * pid 1 ignores signals with default action that guest processes send it, as in a pid namespace of
 * its own. Kernel-made ones (faults, terminal, alarms) and what it sends itself do act,
 * so that a plain command run as pid 1 behaves like one.
 */
#include "kernel/signal.h"

#include "kernel/coredump.h"
#include "kernel/exit.h"
#include "kernel/guest.h"
#include "kernel/lib/log.h"
#include "kernel/pid_ns.h"
#include "kernel/posix_timer.h"
#include "kernel/ptrace.h"
#include "kernel/robust.h"
#include "kernel/signalfd.h"
#include "kernel/sigqueue.h"
#include "kernel/task.h"
#include "kernel/uaccess.h"
#include "kernel/user_ns.h"

#define SIG_STOPS (SIGBIT(SIGSTOP) | SIGBIT(SIGTSTP) | SIGBIT(SIGTTIN) | SIGBIT(SIGTTOU))
#define SIG_KERNEL_ONLY (SIGBIT(SIGKILL) | SIGBIT(SIGSTOP))
#define SIG_DEFAULT_IGNORED (SIGBIT(SIGCONT) | SIGBIT(SIGCHLD) | SIGBIT(SIGWINCH) | SIGBIT(SIGURG))
#define HANDLER_DFL 0u
#define HANDLER_IGN 1u

/* ---- dispositions ---- */

struct sighand *sighand_create(void)
{
	struct sighand *sh = calloc(1, sizeof(*sh));

	if (!sh)
		return NULL;
	sh->refs = 1;
	waitq_init(&sh->signalfd_wait);
	return sh;
}

struct sighand *sighand_copy(const struct sighand *from)
{
	struct sighand *sh = sighand_create();

	if (sh)
		memcpy(sh->action, from->action, sizeof(sh->action));
	return sh;
}

struct sighand *sighand_get(struct sighand *sh)
{
	sh->refs++;
	return sh;
}

void sighand_put(struct sighand *sh)
{
	if (sh && --sh->refs == 0) {
		signalfd_sighand_gone(sh);
		free(sh);
	}
}

bool signal_default_ignores(int sig)
{
	return SIG_DEFAULT_IGNORED & SIGBIT(sig);
}

static uaddr_t handler_of(const struct task *t, int sig)
{
	return t->sighand->action[sig - 1].handler;
}

/* Would its disposition throw the signal away? */
static bool disposition_ignores(const struct task *t, int sig)
{
	uaddr_t h = handler_of(t, sig);

	return h == HANDLER_IGN || (h == HANDLER_DFL && signal_default_ignores(sig));
}

bool signal_ignored(const struct task *t, int sig)
{
	if (task_traced(t) && sig != SIGKILL) /* its tracer wants to know */
		return false;
	return disposition_ignores(t, sig) && !((signal_mask(t) | t->real_blocked) & SIGBIT(sig));
}

static void remove_everywhere(struct tgroup *tg, sigmask_t set)
{
	struct task *t;

	sigpending_remove(&tg->pending, set);
	list_for_each_entry (t, &tg->tasks, tg_link)
		sigpending_remove(&t->pending, set);
}

void signal_set_action(struct task *t, int sig, const struct abi_sigaction *sa)
{
	t->sighand->action[sig - 1] = *sa;
	if (disposition_ignores(t, sig))
		remove_everywhere(t->tg, SIGBIT(sig));
}

int signal_exec(struct task *t)
{
	struct sighand *sh = t->sighand;

	if (sh->refs > 1) {
		sh = sighand_copy(sh);
		if (!sh)
			return -ENOMEM;
		sighand_put(t->sighand);
		t->sighand = sh;
	}
	for (int i = 0; i < ABI_NSIG; i++) {
		struct abi_sigaction *a = &sh->action[i];
		uaddr_t keep = a->handler == HANDLER_IGN ? HANDLER_IGN : HANDLER_DFL;

		*a = (struct abi_sigaction){.handler = keep};
	}
	t->altstack = (struct abi_sigaltstack){.flags = SS_DISABLE};
	posix_timers_exit(t->tg);
	return 0;
}

/* ---- pending ---- */

void siginfo_kernel(siginfo_t *info, int sig)
{
	memset(info, 0, sizeof(*info));
	info->si_signo = sig;
	info->si_code = SI_KERNEL;
}

void siginfo_user(siginfo_t *info, int sig)
{
	memset(info, 0, sizeof(*info));
	info->si_signo = sig;
	info->si_code = SI_USER;
	if (current) {
		info->si_pid = current->tg->pid;
		info->si_uid = current->cred->uid; /* both are translated for the receiver */
	}
}

bool signal_pending(const struct task *t)
{
	return t->sigpending_flag || task_ending(t);
}

bool signal_fatal_pending(const struct task *t)
{
	return task_ending(t) || (t->pending.set & SIGBIT(SIGKILL));
}

sigmask_t signal_pending_set(const struct task *t)
{
	return t->pending.set | t->tg->pending.set;
}

void signal_recalc(struct task *t)
{
	t->sigpending_flag = t->stop_wanted || task_ending(t) || trace_trap_due(t) ||
			     coredump_parks(t) || (signal_pending_set(t) & ~signal_mask(t));
}

void signal_kick(struct task *t)
{
	if (t->kicked || !t->started || !t->guest)
		return;
	t->kicked = true;
	guest_kick(t);
}

/* t has something to do in the kernel: end its sleep, or fetch it from guest code. */
void signal_wake_up(struct task *t)
{
	t->sigpending_flag = true;
	if (t->coro)
		sched_interrupt(t, false);
	else
		signal_kick(t);
}

/* Before a decision on what the threads of tg block. */
static void masks_are_asked(struct tgroup *tg)
{
	struct task *t;

	list_for_each_entry (t, &tg->tasks, tg_link)
		if (t->mask_at)
			guest_mask_asked(t);
}

/* Shared signals that t no longer takes are for the threads that do. */
static void retarget_shared(struct task *t, sigmask_t newly_blocked)
{
	sigmask_t m = t->tg->pending.set & newly_blocked;
	struct task *o;

	if (!m)
		return;
	masks_are_asked(t->tg);
	list_for_each_entry (o, &t->tg->tasks, tg_link) {
		if (o == t || task_ending(o) || !(m & ~signal_mask(o)))
			continue;
		signal_wake_up(o);
		m &= signal_mask(o);
		if (!m)
			return;
	}
}

sigmask_t signal_mask(const struct task *t)
{
	return t->mask_at ? *t->mask_at & ~SIG_KERNEL_ONLY : t->blocked;
}

static void set_mask(struct task *t, sigmask_t m)
{
	if (t->mask_at)
		*t->mask_at = m;
	else
		t->blocked = m;
}

void signal_set_blocked(struct task *t, sigmask_t m)
{
	sigmask_t old = signal_mask(t);

	set_mask(t, m & ~SIG_KERNEL_ONLY);
	if (t->sigpending_flag && t->tg->nr_tasks > 1)
		retarget_shared(t, m & ~old);
	signal_recalc(t);
}

void signal_mask_move(struct task *t, volatile sigmask_t *at)
{
	sigmask_t m = signal_mask(t);

	t->mask_at = at;
	set_mask(t, m);
}

void signal_mask_changed(struct task *t)
{
	retarget_shared(t, signal_mask(t));
	signal_recalc(t);
}

int signal_set_user_mask(uaddr_t mask, size_t sigsetsize)
{
	sigmask_t m;

	if (!mask)
		return 0;
	if (sigsetsize != sizeof(m))
		return -EINVAL;
	if (copy_from_user(&m, mask, sizeof(m)) < 0)
		return -EFAULT;
	current->saved_blocked = signal_mask(current);
	current->restore_blocked = true;
	signal_set_blocked(current, m);
	return 0;
}

int signal_dequeue(struct task *t, sigmask_t set, siginfo_t *info)
{
	int sig = sigpending_take(&t->pending, set, info);

	if (!sig)
		sig = sigpending_take(&t->tg->pending, set, info);
	signal_recalc(t);
	return sig;
}

/* ---- group stop and continue ---- */

void signal_notify_stop(struct tgroup *tg, int code, int status)
{
	struct tgroup *parent = tg->parent;
	struct task *t = tg->leader, *p;
	siginfo_t info;

	if (!parent || list_empty(&tg->tasks))
		return;
	waitq_wake(&parent->wait_child, 0);
	if (list_empty(&parent->tasks))
		return;
	p = list_first(&parent->tasks, struct task, tg_link);
	if (!t)
		t = list_first(&tg->tasks, struct task, tg_link);
	if (handler_of(p, SIGCHLD) == HANDLER_IGN ||
		(p->sighand->action[SIGCHLD - 1].flags & SA_NOCLDSTOP))
		return;
	siginfo_kernel(&info, SIGCHLD);
	info.si_code = code;
	info.si_pid = tg->pid;
	info.si_uid = t->cred->uid;
	info.si_status = status;
	signal_send_group(parent, SIGCHLD, &info);
}

static void stop_complete(struct tgroup *tg)
{
	if (tg->nr_to_stop || tg->state != TG_ALIVE || tg->exiting)
		return;
	tg->state = TG_STOPPED;
	tg->stop_sig = tg->group_stop_sig;
	tg->continued_event = false;
	if (!trace_by_parent(tg)) /* else each thread's stop has told it */
		signal_notify_stop(tg, CLD_STOPPED, tg->group_stop_sig);
}

void signal_join_thread(struct task *t)
{
	if (!t->tg->nr_to_stop && t->tg->state != TG_STOPPED)
		return;
	t->stop_wanted = true;
	t->sigpending_flag = true;
	t->tg->nr_to_stop++;
}

void signal_leave_thread(struct task *t)
{
	if (!t->stop_wanted)
		return;
	t->stop_wanted = false;
	t->tg->nr_to_stop--;
	stop_complete(t->tg);
}

void signal_stop_begin(struct tgroup *tg, int sig)
{
	struct task *t;

	if (tg->nr_to_stop)
		return;
	if (tg->state == TG_ALIVE)
		tg->group_stop_sig = sig;
	list_for_each_entry (t, &tg->tasks, tg_link) {
		if (t->ending || t->stopped)
			continue;
		t->stop_wanted = true;
		tg->nr_to_stop++;
		if (t == current)
			continue;
		if (task_trace_stopped(t))
			trace_group_changed(t);
		else
			signal_wake_up(t);
	}
}

void signal_stop_here(struct task *t)
{
	t->stopped = true;
	signal_leave_thread(t);
	trace(TRACE_SIGNAL, "%d: stopped by %d", t->tid, t->tg->group_stop_sig);
	wait_event_killable(&t->tg->stop_wait, !t->stopped || signal_fatal_pending(t));
	t->stopped = false;
	signal_recalc(t);
}

/* SIGCONT has been sent, whatever becomes of the signal itself. */
static void continue_group(struct tgroup *tg)
{
	bool was_stopped = tg->state == TG_STOPPED;
	struct task *t;

	list_for_each_entry (t, &tg->tasks, tg_link)
		trace_group_changed(t);
	if (!was_stopped && !tg->nr_to_stop)
		return;
	tg->state = TG_ALIVE;
	tg->nr_to_stop = 0;
	tg->stop_sig = 0;
	list_for_each_entry (t, &tg->tasks, tg_link) {
		t->stop_wanted = false;
		t->stopped = false;
		signal_recalc(t);
	}
	waitq_wake(&tg->stop_wait, 0);
	if (was_stopped) {
		tg->continued_event = true;
		signal_notify_stop(tg, CLD_CONTINUED, SIGCONT);
	}
}

/* ---- sending ---- */

/* Does pid 1's protection hold against a signal with this origin? */
bool signal_from_inside(const struct tgroup *tg, const siginfo_t *info)
{
	switch (info->si_code) {
	case SI_TIMER:
	case SI_MESGQ:
	case SI_SIGIO:
		return false;
	default:
		if (tg != init_tg && current && !pid_ns_contains(tg->pid_ns, pid_ns_current()))
			return false; /* an ancestor's signal counts if it cannot be ignored */
		return info->si_code <= 0 && info->si_pid != tg->pid;
	}
}

/* Does an init without a handler feel it all the same? The machine's: what the kernel sends, stops
 * apart; another's: SIGKILL and SIGSTOP from outside, and what the kernel sends. */
static bool overrides_init(const struct tgroup *tg, const siginfo_t *info)
{
	int sig = info->si_signo;

	if (signal_from_inside(tg, info))
		return false;
	if (tg == init_tg)
		return !(SIG_STOPS & SIGBIT(sig));
	return info->si_code > 0 || sig == SIGKILL || sig == SIGSTOP;
}

/* Ids in a siginfo as the receiver knows them. */
static void translate_ids(siginfo_t *info, const struct task *to)
{
	const struct user_ns *users = to->cred->user_ns;
	bool child = info->si_signo == SIGCHLD && info->si_code > 0;

	if (!child && info->si_code != SI_USER && info->si_code != SI_TKILL &&
		info->si_code != SI_QUEUE && info->si_code != SI_MESGQ)
		return;
	info->si_pid = pid_in_ns(task_pid_ns(to), info->si_pid);
	if (users)
		info->si_uid = id_map_show(&users->uids, info->si_uid);
}

/* Side effects of sending, and whether the signal is to be queued at all. */
static bool send_prepare(struct tgroup *tg, struct task *t, const siginfo_t *info)
{
	int sig = info->si_signo;

	masks_are_asked(tg);
	if (tg->exiting)
		return false;
	if (SIG_STOPS & SIGBIT(sig))
		remove_everywhere(tg, SIGBIT(SIGCONT));
	if (sig == SIGCONT) {
		remove_everywhere(tg, SIG_STOPS);
		continue_group(tg);
	}
	if (is_ns_init(tg) && !task_traced(t) && handler_of(t, sig) == HANDLER_DFL &&
		!((signal_mask(t) | t->real_blocked) & SIGBIT(sig)) && !overrides_init(tg, info))
		return false;
	return !signal_ignored(t, sig);
}

static bool takes(const struct task *t, int sig)
{
	if (t->ending || (signal_mask(t) & SIGBIT(sig)))
		return false;
	return sig == SIGKILL || !(t->stopped || task_trace_stopped(t));
}

/* A thread for a process-directed signal: one without other signals first. */
static struct task *choose_thread(struct tgroup *tg, int sig)
{
	struct task *t, *second = NULL;

	if (tg->leader && takes(tg->leader, sig))
		return tg->leader;
	list_for_each_entry (t, &tg->tasks, tg_link) {
		if (!takes(t, sig))
			continue;
		if (!t->sigpending_flag)
			return t;
		second = t;
	}
	return second;
}

static bool is_fatal(const struct task *t, int sig)
{
	if (sig == SIGKILL || task_traced(t) || coredump_wanted(t, sig))
		return sig == SIGKILL;
	return handler_of(t, sig) == HANDLER_DFL &&
	       !((SIG_STOPS | SIG_DEFAULT_IGNORED) & SIGBIT(sig)) &&
	       !(t->real_blocked & SIGBIT(sig));
}

void signal_end_task(struct task *t)
{
	t->pending.set |= SIGBIT(SIGKILL);
	t->sigpending_flag = true;
	if (t->coro)
		sched_interrupt(t, true);
	else
		signal_kick(t);
}

/*
 * Ends the group at once. Only where a thread holds robust locks, it is sent through the stub with
 * a SIGKILL to hand them on first (robust.c).
 */
static void send_fatal(struct tgroup *tg, struct task *t, int sig)
{
	if (tg->ends_singly || !robust_held(tg)) {
		group_end(tg, NULL, sig);
		return;
	}
	tg->exit_status = sig;
	signal_end_task(t);
}

/* The signal is queued: somebody has to take it. t is NULL for a process-directed one. */
static void send_complete(struct tgroup *tg, struct task *t, int sig)
{
	waitq_wake(&list_first(&tg->tasks, struct task, tg_link)->sighand->signalfd_wait, POLLIN);
	if (!t)
		t = choose_thread(tg, sig);
	else if (!takes(t, sig))
		t = NULL;
	if (!t)
		return;
	if (is_fatal(t, sig))
		send_fatal(tg, t, sig);
	else
		signal_wake_up(t);
}

static int send(struct tgroup *tg, struct task *t, int sig, const siginfo_t *info)
{
	struct task *any;
	siginfo_t own;
	int ret;

	if (list_empty(&tg->tasks) || sig < 1 || sig > ABI_NSIG)
		return 0;
	any = t ? t : list_first(&tg->tasks, struct task, tg_link);
	if (!info) {
		siginfo_kernel(&own, sig);
		info = &own;
	}
	BUG_ON(info->si_signo != sig);
	trace(TRACE_SIGNAL, "%d: %s gets signal %d, code %d", t ? t->tid : tg->pid,
		t ? "thread" : "process", sig, info->si_code);
	if (!send_prepare(tg, any, info))
		return 0;
	if (tg->pid_ns || any->cred->user_ns) {
		if (info != &own)
			own = *info;
		info = &own;
		translate_ids(&own, any);
	}
	ret = sigpending_add(t ? &t->pending : &tg->pending, any, info);
	if (ret == 0)
		send_complete(tg, t, sig);
	return ret;
}

int signal_send_task(struct task *t, int sig, const siginfo_t *info)
{
	return send(t->tg, t, sig, info);
}

int signal_send_group(struct tgroup *tg, int sig, const siginfo_t *info)
{
	return send(tg, NULL, sig, info);
}

int signal_send_pgrp(pid_t pgid, int sig, const siginfo_t *info)
{
	struct tgroup *tg;
	int n = 0;

	list_for_each_entry (tg, &all_tgroups, all_link) {
		if (tg->pgid != pgid || tg->state == TG_ZOMBIE)
			continue;
		signal_send_group(tg, sig, info);
		n++;
	}
	return n;
}

int signal_send_queue(struct sigqueue *q, struct task *t, struct tgroup *tg)
{
	struct task *any = t;
	struct sigpending *p;

	if (!any && list_empty(&tg->tasks))
		return 0;
	if (!any)
		any = list_first(&tg->tasks, struct task, tg_link);
	if (!list_empty(&q->link))
		return 1;
	if (!send_prepare(tg, any, &q->info))
		return -EAGAIN;
	p = t ? &t->pending : &tg->pending;
	list_add_tail(&q->link, &p->queue);
	p->set |= SIGBIT(q->info.si_signo);
	send_complete(tg, t, q->info.si_signo);
	return 0;
}

void signal_force(struct task *t, int sig, const siginfo_t *info)
{
	struct abi_sigaction *a = &t->sighand->action[sig - 1];
	sigmask_t bit = SIGBIT(sig);

	if ((signal_mask(t) & bit) || a->handler == HANDLER_IGN) {
		a->handler = HANDLER_DFL;
		set_mask(t, signal_mask(t) & ~bit);
		t->real_blocked &= ~bit;
	}
	signal_send_task(t, sig, info);
	signal_recalc(t);
}

int signal_permission(const struct tgroup *tg, int sig)
{
	const struct cred *me = current->cred;
	const struct user_ns *users = &init_user_ns;
	u32 uid = tg->exit_uid, suid = tg->exit_suid;

	if (!list_empty(&tg->tasks)) {
		const struct task *t = list_first(&tg->tasks, struct task, tg_link);

		uid = t->cred->uid;
		suid = t->cred->suid;
		if (t->cred->user_ns)
			users = t->cred->user_ns;
	}
	if (tg == current->tg || me->euid == suid || me->euid == uid || me->uid == suid ||
		me->uid == uid || ns_capable(users, CAP_KILL))
		return 0;
	return sig == SIGCONT && tg->sid == current->tg->sid ? 0 : -EPERM;
}
