/*
 * Tracers, tracees and stops. A stop is the tracee's coroutine asleep in stop_here() with its
 * thread in the stub: the tracer's calls (sys_ptrace.c) change struct tracee and wake it. It ends
 * by a resume, by the tracer's end (which detaches) or by a fatal signal. ptrace(2).
 *
 * Order of things as on Linux: a stop is reported to the tracer by SIGCHLD and wait(2); a group
 * stop is complete once each traced thread has reported its own; a zombie is the tracer's to wait
 * for before it is the parent's.
 */
#include "kernel/ptrace.h"

#include "kernel/exit.h"
#include "kernel/lib/log.h"
#include "kernel/sigqueue.h"
#include "kernel/syscall.h"

#define EFLAGS_TF 0x100ul
#define SYSGOOD 0x80

/* ---- who traces whom ---- */

int trace_attach(struct task *t, struct task *tracer, bool seized, u32 options)
{
	struct tracee *tr = t->trace;

	if (!tr) {
		tr = calloc(1, sizeof(*tr));
		if (!tr)
			return -ENOMEM;
		tr->tg = tgroup_get(t->tg);
		tr->task = t;
		list_init(&tr->link);
		t->trace = tr;
	}
	tr->tid = t->tid;
	tr->tracer = tracer;
	tr->tracer_cred = cred_get(tracer->cred);
	tr->seized = seized;
	tr->options = options;
	tr->resume = RESUME_CONT;
	tr->trap_wanted = tr->notify_wanted = false;
	list_add_tail(&tr->link, &tracer->tracees);
	if (t->tid == t->tg->pid)
		t->tg->leader_trace = tr;
	return 0;
}

static void unlink_tracee(struct tracee *tr)
{
	if (!tr->tracer)
		return;
	list_del(&tr->link);
	tr->tracer = NULL;
	cred_put(tr->tracer_cred);
	tr->tracer_cred = NULL;
	if (tr->tg->leader_trace == tr)
		tr->tg->leader_trace = NULL;
	if (tr->task)
		return;
	tgroup_put(tr->tg);
	free(tr);
}

static void wake(struct tracee *tr)
{
	tr->stopped = tr->listening = false;
	tr->code = 0;
	waitq_wake(&tr->task->trace_wait, 0);
}

void trace_detach(struct tracee *tr, int sig)
{
	struct tgroup *tg = tr->tg;
	struct task *t = tr->task;
	bool zombie = tg->leader_trace == tr && tg->state == TG_ZOMBIE;

	if (!t) {
		tgroup_get(tg);
		unlink_tracee(tr);
		if (zombie)
			exit_notify_parent(tg);
		tgroup_put(tg);
		return;
	}
	trace_clear_debug_regs(t);
	unlink_tracee(tr);
	tr->resume = RESUME_CONT;
	tr->trap_wanted = tr->notify_wanted = false;
	if (!t->stop_wanted)
		signal_join_thread(t); /* a group stop holds it again */
	if (tr->stopped) {
		tr->signal = sig;
		wake(tr);
	}
	signal_wake_up(t);
}

void trace_zombie_waited(struct tracee *tr)
{
	trace_detach(tr, 0);
}

void trace_reaped(struct tgroup *tg)
{
	if (tg->leader_trace)
		unlink_tracee(tg->leader_trace);
}

int trace_clone_event(const struct task *t, u64 flags, int exit_signal)
{
	int event = (flags & CLONE_VFORK)    ? PTRACE_EVENT_VFORK
		    : exit_signal == SIGCHLD ? PTRACE_EVENT_FORK
					     : PTRACE_EVENT_CLONE;

	if (!task_traced(t) || (flags & CLONE_UNTRACED) || !(t->trace->options & 1u << event))
		return 0;
	return event;
}

int trace_child(struct task *parent, struct task *child, int event, bool wanted)
{
	struct tracee *tr = parent->trace;
	int err;

	if (!task_traced(parent) || (!event && !wanted))
		return 0;
	err = trace_attach(child, tr->tracer, tr->seized, tr->options);
	if (err < 0)
		return err;
	cred_put(child->trace->tracer_cred);
	child->trace->tracer_cred = cred_get(tr->tracer_cred);
	if (tr->seized) {
		child->trace->trap_wanted = true;
	} else {
		siginfo_t info;

		siginfo_kernel(&info, SIGSTOP);
		info.si_code = SI_USER;
		sigpending_add(&child->pending, child, &info);
	}
	child->sigpending_flag = true;
	return 0;
}

pid_t trace_tracer_tid(const struct task *t)
{
	return task_traced(t) ? t->trace->tracer->tid : 0;
}

bool trace_privileged(const struct task *t)
{
	return !task_traced(t) || cred_has(t->trace->tracer_cred, CAP_SYS_PTRACE);
}

void trace_new_tid(struct task *t, pid_t tid)
{
	if (!t->trace)
		return;
	t->trace->tid = tid;
	if (t->trace->tracer)
		t->tg->leader_trace = t->trace;
}

/* ---- telling the tracer ---- */

static void tell_tracer(const struct tracee *tr, int why, int status)
{
	struct tgroup *to = tr->tracer->tg;
	const struct abi_sigaction *sa = &tr->tracer->sighand->action[SIGCHLD - 1];
	siginfo_t info;

	waitq_wake(&to->wait_child, 0);
	if (sa->handler == (uaddr_t)(uintptr_t)SIG_IGN)
		return;
	if ((sa->flags & SA_NOCLDSTOP) && (why == CLD_TRAPPED || why == CLD_STOPPED))
		return;
	siginfo_kernel(&info, SIGCHLD);
	info.si_code = why;
	info.si_pid = tr->tid;
	info.si_uid = tr->task ? tr->task->cred->uid : tr->tg->exit_uid;
	info.si_status = status;
	signal_send_group(to, SIGCHLD, &info);
}

/* An end that nobody waits for, because the tracer ignores SIGCHLD? */
static bool tell_end(const struct tracee *tr, int status)
{
	const struct abi_sigaction *sa = &tr->tracer->sighand->action[SIGCHLD - 1];
	int sig = status & 0x7f;

	tell_tracer(tr,
		!sig		     ? CLD_EXITED
		: status & WCOREFLAG ? CLD_DUMPED
				     : CLD_KILLED,
		sig ? sig : status >> 8 & 0xff);
	return sa->handler == (uaddr_t)(uintptr_t)SIG_IGN || (sa->flags & SA_NOCLDWAIT);
}

bool trace_hides(const struct tgroup *tg)
{
	const struct tracee *tr = tg->leader_trace;

	return tr && tr->tracer->tg != tg->parent;
}

bool trace_by_parent(const struct tgroup *tg)
{
	const struct tracee *tr = tg->leader_trace;

	return tr && tr->tracer->tg == tg->parent;
}

bool trace_notify_zombie(struct tgroup *tg)
{
	return tell_end(tg->leader_trace, tg->exit_status);
}

/* ---- the end ---- */

static void let_tracees_go(struct task *t)
{
	while (!list_empty(&t->tracees)) {
		struct tracee *tr = list_first(&t->tracees, struct tracee, link);

		if (tr->task && (tr->options & PTRACE_O_EXITKILL))
			signal_send_task(tr->task, SIGKILL, NULL);
		trace_detach(tr, 0);
	}
}

void trace_exit(struct task *t, int status)
{
	struct tracee *tr = t->trace;
	bool leader = t->tid == t->tg->pid;

	let_tracees_go(t);
	if (!task_traced(t))
		return;
	tr->stopped = false;
	tr->code = 0;
	if (leader && (t->tg->execing || t->tg->exec_waits)) { /* a thread's exec takes its place */
		unlink_tracee(tr);
		return;
	}
	t->trace = NULL;
	tr->task = NULL;
	if (leader)
		return;
	tr->dead = true;
	tr->exit_status = status;
	if (tell_end(tr, status))
		unlink_tracee(tr);
}

void trace_free(struct task *t)
{
	struct tracee *tr = t->trace;

	if (!tr)
		return;
	unlink_tracee(tr);
	t->trace = NULL;
	tgroup_put(tr->tg);
	free(tr);
}

/* ---- stops ---- */

/* What the tracer has asked for takes effect. */
static void go_on(struct task *t)
{
	struct tracee *tr = t->trace;

	if (tr->bases_changed)
		guest_bases_set(t, t->bases);
	tr->bases_changed = false;
	if (tr->resume != RESUME_CONT && guest_trap_all(t) < 0)
		trace(TRACE_SIGNAL, "%d: local calls cannot be traced", t->tid);
}

static void report_stop(struct task *t)
{
	struct tracee *tr = t->trace;
	int status = tr->why == CLD_STOPPED ? t->tg->group_stop_sig : tr->code & 0x7f;

	trace(TRACE_SIGNAL, "%d: trace stop %#x", t->tid, (unsigned)tr->code);
	tell_tracer(tr, tr->why, status);
}

/* Stops t, if it is traced, until its tracer lets it go on. info NULL: there is none. */
static void stop_here(struct task *t, int code, int why, const siginfo_t *info, u8 op)
{
	struct tracee *tr = t->trace;

	if (!task_traced(t) || signal_fatal_pending(t))
		return;
	/* What comes from here on is not what this stop is about. */
	tr->trap_wanted = false;
	if (code >> 8 == PTRACE_EVENT_STOP)
		tr->notify_wanted = false;
	guest_bases_get(t, t->bases);
	if (!task_traced(t) || signal_fatal_pending(t))
		return;
	tr->bases_changed = false;
	tr->has_info = info;
	if (info)
		tr->info = *info;
	tr->code = code;
	tr->event = code >> 8;
	tr->why = why;
	tr->syscall_op = op;
	tr->signal = 0;
	tr->stopped = true;
	report_stop(t);
	wait_event_killable(&t->trace_wait, !tr->stopped || signal_fatal_pending(t));
	tr->stopped = tr->listening = false;
	tr->code = 0;
	if (!signal_fatal_pending(t))
		go_on(t);
	signal_recalc(t);
}

static void notify_info(const struct task *t, siginfo_t *info, int sig, int code)
{
	siginfo_kernel(info, sig);
	info->si_code = code;
	info->si_pid = t->tid;
	info->si_uid = t->cred->uid;
}

/* A stop made of an event or a call, with a siginfo that says so. */
static void stop_notify(struct task *t, int code, u64 message, u8 op)
{
	siginfo_t info;

	notify_info(t, &info, SIGTRAP, code);
	t->trace->message = message;
	stop_here(t, code, CLD_TRAPPED, &info, op);
}

void trace_event(struct task *t, int event, u64 message)
{
	if (task_traced(t) && (t->trace->options & 1u << event))
		stop_notify(t, SIGTRAP | event << 8, message, PTRACE_SYSCALL_INFO_NONE);
}

bool trace_wants_exit(const struct task *t)
{
	return task_traced(t) && (t->trace->options & PTRACE_O_TRACEEXIT);
}

void trace_exit_event(struct task *t, int status)
{
	if (!trace_wants_exit(t))
		return;
	if (guest_in_stub(t) || guest_enter_stub(t) == 0)
		trace_event(t, PTRACE_EVENT_EXIT, (u64)status);
}

void trace_exec(struct task *t, pid_t old_tid)
{
	trace_clear_debug_regs(t);
	if (!task_traced(t))
		return;
	if (t->trace->options & PTRACE_O_TRACEEXEC)
		trace_event(t, PTRACE_EVENT_EXEC, (u64)old_tid);
	else if (!t->trace->seized)
		signal_send_task(t, SIGTRAP, NULL);
}

int trace_signal(struct task *t, siginfo_t *info)
{
	struct tracee *tr = t->trace;
	int sig;

	stop_here(t, info->si_signo, CLD_TRAPPED, info, PTRACE_SYSCALL_INFO_NONE);
	if (signal_fatal_pending(t))
		return 0;
	sig = tr->signal;
	if (!sig)
		return 0;
	if (sig == tr->info.si_signo) {
		*info = tr->info;
	} else {
		siginfo_kernel(info, sig);
		info->si_code = SI_USER;
		if (tr->tracer) {
			info->si_pid = tr->tracer->tg->pid;
			info->si_uid = tr->tracer->cred->uid;
		}
	}
	if (signal_mask(t) & SIGBIT(sig)) {
		sigpending_add(&t->pending, t, info);
		return 0;
	}
	return sig;
}

bool trace_trap_due(const struct task *t)
{
	return task_traced(t) && (t->trace->trap_wanted || t->trace->notify_wanted);
}

static void event_stop(struct task *t, int sig)
{
	int code = sig | PTRACE_EVENT_STOP << 8;
	siginfo_t info;

	notify_info(t, &info, sig, code);
	t->trace->message = 0;
	stop_here(t, code, CLD_STOPPED, &info, PTRACE_SYSCALL_INFO_NONE);
}

static bool group_stops(const struct tgroup *tg)
{
	return tg->state == TG_STOPPED || tg->nr_to_stop;
}

void trace_trap(struct task *t)
{
	bool group = group_stops(t->tg);

	if (!t->trace->seized) { /* attached to while stopped */
		t->trace->trap_wanted = t->trace->notify_wanted = false;
		return;
	}
	signal_leave_thread(t);
	event_stop(t, group ? t->tg->group_stop_sig : SIGTRAP);
}

void trace_group_stop(struct task *t)
{
	int sig = t->tg->group_stop_sig;

	signal_leave_thread(t);
	if (t->trace->seized)
		event_stop(t, sig);
	else
		stop_here(t, sig, CLD_STOPPED, NULL, PTRACE_SYSCALL_INFO_NONE);
}

void trace_group_changed(struct task *t)
{
	struct tracee *tr = t->trace;

	if (!task_traced(t) || !tr->seized)
		return;
	tr->notify_wanted = true;
	if (tr->stopped && tr->listening)
		wake(tr);
	else if (!tr->stopped)
		signal_wake_up(t);
}

/* ---- single steps ---- */

bool trace_steps(const struct task *t)
{
	return task_traced(t) &&
	       (t->trace->resume == RESUME_STEP || t->trace->resume == RESUME_SYSEMU_STEP);
}

void trace_handler(struct task *t)
{
	if (trace_steps(t))
		stop_notify(t, SIGTRAP, 0, PTRACE_SYSCALL_INFO_NONE);
}

void trace_enter(struct task *t, struct abi_sigcontext *regs)
{
	struct tracee *tr = t->trace;

	if (tr->stepping)
		regs->eflags &= ~EFLAGS_TF;
	tr->stepping = false;
}

/* Does the next instruction load the flags, so that the trap flag is the guest's afterwards? */
static bool loads_flags(struct task *t, uaddr_t ip)
{
	static const u8 prefixes[] = {
		0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3};
	u8 code[15];
	ssize_t n = guest_read_some(t, code, ip, sizeof(code));

	for (ssize_t i = 0; i < n; i++) {
		if (code[i] == 0x9d || code[i] == 0xcf)
			return true;
		if (!memchr(prefixes, code[i], sizeof(prefixes)) && (code[i] & 0xf0) != 0x40)
			return false;
	}
	return false;
}

void trace_leave(struct task *t, struct abi_sigcontext *regs)
{
	struct tracee *tr = t->trace;

	if (!(trace_steps(t) || tr->emulated) || (regs->eflags & EFLAGS_TF))
		return;
	regs->eflags |= EFLAGS_TF;
	tr->trap_due = true;
	tr->stepping = !loads_flags(t, regs->rip);
}

/* ---- calls ---- */

bool trace_wants_calls(const struct task *t)
{
	return task_traced(t) && t->trace->resume != RESUME_CONT;
}

static void call_stop(struct task *t, u8 op)
{
	struct tracee *tr = t->trace;
	int code = SIGTRAP | (tr->options & PTRACE_O_TRACESYSGOOD ? SYSGOOD : 0);
	siginfo_t info;

	stop_notify(t, code,
		op == PTRACE_SYSCALL_INFO_ENTRY ? PTRACE_EVENTMSG_SYSCALL_ENTRY
						: PTRACE_EVENTMSG_SYSCALL_EXIT,
		op);
	if (!tr->signal || signal_fatal_pending(t))
		return;
	siginfo_user(&info, tr->signal);
	signal_send_task(t, tr->signal, &info);
}

/* The call as the tracer has left it. False: it is not to be made. */
static bool call_after_stop(struct task *t, const struct abi_sigcontext *regs)
{
	if (signal_fatal_pending(t) || t->orig_rax == -1)
		return false;
	t->event.nr = (u64)t->orig_rax;
	memcpy(t->event.args,
		(u64[]){regs->rdi, regs->rsi, regs->rdx, regs->r10, regs->r8, regs->r9},
		sizeof(t->event.args));
	return true;
}

bool trace_seccomp(struct task *t, u64 data, long *ret)
{
	struct abi_sigcontext *regs;

	*ret = -ENOSYS;
	if (!task_traced(t) || !(t->trace->options & PTRACE_O_TRACESECCOMP))
		return false;
	if (!guest_in_stub(t) && guest_enter_stub(t) < 0)
		return false;
	regs = guest_regs(t);
	if (!regs)
		return false;
	t->orig_rax = (s64)t->event.nr;
	regs->rax = (u64)-ENOSYS;
	stop_notify(t, SIGTRAP | PTRACE_EVENT_SECCOMP << 8, data, PTRACE_SYSCALL_INFO_SECCOMP);
	*ret = (long)regs->rax;
	return call_after_stop(t, regs);
}

bool trace_call_enter(struct task *t)
{
	struct abi_sigcontext *regs = guest_regs(t);
	struct tracee *tr = t->trace;
	bool emulated;

	t->orig_rax = (s64)t->event.nr;
	regs->rax = (u64)-ENOSYS;
	if (tr->resume == RESUME_CONT || tr->resume == RESUME_STEP)
		return true;
	emulated = tr->resume == RESUME_SYSEMU || tr->resume == RESUME_SYSEMU_STEP;
	call_stop(t, PTRACE_SYSCALL_INFO_ENTRY);
	return !emulated && call_after_stop(t, regs);
}

/* As Linux does for a step over a system call. */
static void step_over_call(struct task *t, const struct abi_sigcontext *regs)
{
	siginfo_t info;

	siginfo_kernel(&info, SIGTRAP);
	info.si_code = TRAP_BRKPT;
	info.si_addr = (void *)(uintptr_t)regs->rip;
	signal_force(t, SIGTRAP, &info);
}

long trace_call_exit(struct task *t, long ret)
{
	struct abi_sigcontext *regs = guest_regs(t);
	struct tracee *tr = t->trace;
	bool no_result = ret == SYSCALL_NO_RESULT;

	if (!regs || !task_traced(t))
		return ret;
	if (!no_result)
		regs->rax = (u64)ret;
	if (tr->resume == RESUME_SYSCALL)
		call_stop(t, PTRACE_SYSCALL_INFO_EXIT);
	else if (tr->resume == RESUME_STEP)
		step_over_call(t, regs);
	return no_result ? ret : (long)regs->rax;
}
