/*
 * Delivery: what happens to a thread in the stub before it goes back to guest code. Group stops and
 * exits, default actions, frames for handlers, and the end of every -ERESTART* code (signal(7),
 * "Interruption of system calls"). Called by entry.c only, on the thread's coroutine.
 */
#include "kernel/coredump.h"
#include "kernel/exit.h"
#include "kernel/lib/log.h"
#include "kernel/pid_ns.h"
#include "kernel/ptrace.h"
#include "kernel/robust.h"
#include "kernel/sigqueue.h"
#include "kernel/task.h"
#include "kernel/trace/trace.h"

#define SYSCALL_INSN 0x050f /* little endian 0f 05 */
#define NR_FUTEX 202
#define FUTEX_OP_WAIT 0
#define FUTEX_OP_WAIT_BITSET 9
#define FUTEX_OP_MASK 127

/* An interrupted call that has not been settled yet. */
struct restart {
	long code; /* -ERESTART*, 0: none */
	u64 nr;
};

static bool behind_syscall(struct task *t, uaddr_t ip)
{
	u16 insn;

	return guest_read(t, &insn, ip - sizeof(insn), sizeof(insn)) == 0 && insn == SYSCALL_INSN;
}

/*
 * A kick may have ended a native futex wait. The host restarts one without a timeout by itself (the
 * kick has SA_RESTART): it has put IP back onto the syscall instruction. One with a timeout has
 * given -EINTR and lost the call's number: a syscall instruction right behind us with a futex
 * wait's arguments has to do; a relative timeout starts anew. Either becomes a restart of ours.
 */
static void find_futex(struct task *t, struct abi_sigcontext *regs, struct restart *r)
{
	u32 op = regs->rsi & FUTEX_OP_MASK;

	if (op != FUTEX_OP_WAIT && op != FUTEX_OP_WAIT_BITSET)
		return;
	if (regs->rax == NR_FUTEX && behind_syscall(t, regs->rip + 2)) {
		regs->rip += 2;
		r->code = -ERESTARTSYS;
	} else if ((long)regs->rax == -EINTR && regs->r10 && !(regs->rdi & 3) &&
		   regs->rsi <= 0xffff && behind_syscall(t, regs->rip)) {
		r->code = -ERESTART_RESTARTBLOCK;
	} else {
		return;
	}
	r->nr = NR_FUTEX;
}

bool signal_call_done(struct task *t, long ret)
{
	bool interrupted = is_restart_code(ret) || ret == -EINTR;

	if (t->restore_blocked && !(interrupted && t->sigpending_flag)) {
		t->restore_blocked = false;
		signal_set_blocked(t, t->saved_blocked);
	}
	return signal_pending(t);
}

static void call_again(struct abi_sigcontext *regs, const struct restart *r)
{
	regs->rip -= 2;
	regs->rax = r->nr;
}

/* A handler is about to run on top of the interrupted call. */
static void settle_handler(struct task *t, struct abi_sigcontext *regs,
	const struct abi_sigaction *sa, struct restart *r)
{
	bool again =
		r->code == -ERESTARTNOINTR || (r->code == -ERESTARTSYS && (sa->flags & SA_RESTART));

	if (r->code && again)
		call_again(regs, r);
	else if (r->code)
		regs->rax = -EINTR;
	if (!r->code && t->restart_deadline_ns) {
		/* Rewound earlier for a restart with a deadline that has not run yet: it ends here.
		 */
		regs->rip += 2;
		regs->rax = -EINTR;
	}
	t->restart_deadline_ns = 0;
	r->code = 0;
}

static void force_segv(struct task *t, int sig)
{
	siginfo_t info;

	if (sig == SIGSEGV)
		t->sighand->action[SIGSEGV - 1].handler = 0;
	siginfo_kernel(&info, SIGSEGV);
	signal_force(t, SIGSEGV, &info);
}

static void run_handler(
	struct task *t, struct abi_sigcontext *regs, const siginfo_t *info, struct restart *r)
{
	int sig = info->si_signo;
	struct abi_sigaction *slot = &t->sighand->action[sig - 1], sa = *slot;
	sigmask_t saved = t->restore_blocked ? t->saved_blocked : signal_mask(t);
	sigmask_t block = sa.mask | (sa.flags & SA_NODEFER ? 0 : SIGBIT(sig));

	if (sa.flags & SA_RESETHAND)
		slot->handler = 0;
	settle_handler(t, regs, &sa, r);
	if (signal_frame_push(t, regs, info, &sa, saved) < 0) {
		force_segv(t, sig);
		return;
	}
	t->restore_blocked = false;
	signal_set_blocked(t, signal_mask(t) | block);
	trace(TRACE_SIGNAL, "%d: handler %#llx for signal %d", t->tid,
		(unsigned long long)sa.handler, sig);
}

static bool is_stop(int sig)
{
	return sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

/* The fatal default action. A SIGKILL of ours stands for the signal that exit_status names. */
static void die(struct task *t, const siginfo_t *info)
{
	int status = info->si_signo;

	if (status == SIGKILL && (t->tg->exit_status || t->tg->ends_singly))
		status = t->tg->exit_status;
	else if (coredump_wanted(t, status) && coredump_write(t, info))
		status |= WCOREFLAG;
	trace_exit_event(t, status);
	if (t->tg->ends_singly)
		thread_exit(t, status);
	else
		group_end(t->tg, t, status);
}

static void default_action(struct task *t, const siginfo_t *info)
{
	int sig = info->si_signo;

	if (signal_default_ignores(sig))
		return;
	if (t->tg == init_tg && (signal_from_inside(t->tg, info) || is_stop(sig)))
		return;
	if (t->tg != init_tg && is_ns_init(t->tg) && info->si_code <= 0 && sig != SIGKILL &&
		sig != SIGSTOP)
		return;
	if (!is_stop(sig)) {
		die(t, info);
		return;
	}
	if (sig != SIGSTOP && pgrp_is_orphaned(t->tg->pgid))
		return;
	signal_stop_begin(t->tg, sig);
}

/* A tracer sees an interrupted call by its number and restart code, and may change its mind. */
static void show_call(
	struct task *t, struct abi_sigcontext *regs, const struct restart *r, bool from_call)
{
	t->orig_rax = r->code || from_call ? (s64)r->nr : -1;
	if (r->code)
		regs->rax = (u64)r->code;
}

static void reread_call(struct task *t, const struct abi_sigcontext *regs, struct restart *r)
{
	bool again = t->orig_rax >= 0 && is_restart_code((long)regs->rax);

	r->nr = (u64)t->orig_rax;
	r->code = again ? (long)regs->rax : 0;
}

static void trace_stop(struct task *t, struct abi_sigcontext *regs, struct restart *r)
{
	if (trace_trap_due(t))
		trace_trap(t);
	else
		trace_group_stop(t);
	reread_call(t, regs, r);
}

/* One signal off the queues. False: there was none. */
static bool deliver_one(struct task *t, struct abi_sigcontext *regs, struct restart *r)
{
	siginfo_t info;
	int sig = signal_dequeue(t, ~signal_mask(t), &info);
	uaddr_t handler;

	if (!sig)
		return false;
	if (task_traced(t) && sig != SIGKILL) {
		sig = trace_signal(t, &info);
		reread_call(t, regs, r);
		if (!sig)
			return true;
	}
	calltrace_signal(t, &info);
	handler = t->sighand->action[sig - 1].handler;
	if (handler == 0)
		default_action(t, &info);
	else if (handler != 1)
		run_handler(t, regs, &info, r);
	if (handler > 1 && task_traced(t))
		trace_handler(t);
	return true;
}

static void settle_no_handler(struct abi_sigcontext *regs, const struct restart *r)
{
	if (r->code)
		call_again(regs, r);
}

int signal_deliver(struct task *t, struct abi_sigcontext *regs, long ret, bool from_call)
{
	struct restart r = {.nr = t->event.nr};

	if (from_call) {
		signal_call_done(t, ret);
		r.code = is_restart_code(ret) ? ret : 0;
	} else if (t->event.kind == GUEST_KICK) {
		t->kicked = false;
		r.code = t->restart_code;
		if (!r.code && !t->kick_after_call)
			find_futex(t, regs, &r);
		t->kick_after_call = false;
	}
	t->restart_code = 0;
	show_call(t, regs, &r, from_call);
	for (;;) {
		if (task_ending(t)) {
			task_exit(t);
			return -ESRCH;
		}
		if (coredump_parks(t)) {
			coredump_park(t);
			continue;
		}
		if (trace_trap_due(t) || (t->stop_wanted && task_traced(t))) {
			trace_stop(t, regs, &r);
			continue;
		}
		if (t->stop_wanted) {
			signal_stop_here(t);
			continue;
		}
		if (t->sigpending_flag && deliver_one(t, regs, &r))
			continue;
		if (!t->restore_blocked)
			break;
		t->restore_blocked = false;
		signal_set_blocked(t, t->saved_blocked);
	}
	settle_no_handler(regs, &r);
	signal_recalc(t);
	t->fp_user = false;
	if (t->trace)
		trace_leave(t, regs);
	return 0;
}
