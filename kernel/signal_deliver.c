/*
 * Delivery: what happens to a thread in the stub before it goes back to guest code. Group stops and
 * exits, default actions, frames for handlers, and the end of every -ERESTART* code (signal(7),
 * "Interruption of system calls"). Called by entry.c only, on the thread's coroutine.
 */
#include "kernel/exit.h"
#include "kernel/lib/log.h"
#include "kernel/pid_ns.h"
#include "kernel/robust.h"
#include "kernel/sigqueue.h"
#include "kernel/task.h"

#define SYSCALL_INSN 0x050f /* little endian 0f 05 */
#define NR_FUTEX 202
#define FUTEX_OP_WAIT 0
#define FUTEX_OP_WAIT_BITSET 9
#define FUTEX_OP_MASK 127

/* An interrupted call that has not been settled yet. */
struct restart {
	long code; /* -ERESTART*, 0: none */
	u64 nr;
	bool maybe_futex; /* the kick may have ended a native futex wait */
};

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

/*
 * The host restarts an interrupted FUTEX_WAIT by itself (the kick has SA_RESTART): it has put IP
 * back onto the syscall instruction. Where the guest's handler does not restart, step over it.
 */
static void settle_futex(struct task *t, struct abi_sigcontext *regs)
{
	u32 op = regs->rsi & FUTEX_OP_MASK;
	u16 insn;

	if (regs->rax != NR_FUTEX || (op != FUTEX_OP_WAIT && op != FUTEX_OP_WAIT_BITSET))
		return;
	if (guest_read(t, &insn, regs->rip, sizeof(insn)) < 0 || insn != SYSCALL_INSN)
		return;
	regs->rip += 2;
	regs->rax = -EINTR;
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
	else if (r->maybe_futex && !(sa->flags & SA_RESTART))
		settle_futex(t, regs);
	if (!r->code && t->restart_deadline_ns) {
		/* Rewound earlier for a restart with a deadline that has not run yet: it ends here.
		 */
		regs->rip += 2;
		regs->rax = -EINTR;
	}
	t->restart_deadline_ns = 0;
	r->code = 0;
	r->maybe_futex = false;
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
	sigmask_t saved = t->restore_blocked ? t->saved_blocked : t->blocked;
	sigmask_t block = sa.mask | (sa.flags & SA_NODEFER ? 0 : SIGBIT(sig));

	if (sa.flags & SA_RESETHAND)
		slot->handler = 0;
	settle_handler(t, regs, &sa, r);
	if (signal_frame_push(t, regs, info, &sa, saved) < 0) {
		force_segv(t, sig);
		return;
	}
	t->restore_blocked = false;
	signal_set_blocked(t, t->blocked | block);
	trace(TRACE_SIGNAL, "%d: handler %#llx for signal %d", t->tid,
		(unsigned long long)sa.handler, sig);
}

static bool is_stop(int sig)
{
	return sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
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
		robust_exit_group(t);
		group_exit(t->tg, sig == SIGKILL && t->tg->exit_status ? t->tg->exit_status : sig);
		return;
	}
	if (sig != SIGSTOP && pgrp_is_orphaned(t->tg->pgid))
		return;
	signal_stop_begin(t->tg, sig);
}

/* One signal off the queues. False: there was none. */
static bool deliver_one(struct task *t, struct abi_sigcontext *regs, struct restart *r)
{
	siginfo_t info;
	int sig = signal_dequeue(t, ~t->blocked, &info);
	uaddr_t handler;

	if (!sig)
		return false;
	handler = t->sighand->action[sig - 1].handler;
	if (handler == 0)
		default_action(t, &info);
	else if (handler != 1)
		run_handler(t, regs, &info, r);
	return true;
}

/*
 * A futex wait with a timeout that the kick has ended with -EINTR, and no handler ran: the guest
 * must not see that. The host has lost the call's number; a syscall instruction right behind us
 * with a futex wait's arguments has to do. A relative timeout starts anew.
 */
static void resume_futex(struct task *t, struct abi_sigcontext *regs)
{
	u32 op = regs->rsi & FUTEX_OP_MASK;
	u16 insn;

	if ((long)regs->rax != -EINTR || !regs->r10 || (regs->rdi & 3) || regs->rsi > 0xffff ||
		(op != FUTEX_OP_WAIT && op != FUTEX_OP_WAIT_BITSET))
		return;
	if (guest_read(t, &insn, regs->rip - 2, sizeof(insn)) < 0 || insn != SYSCALL_INSN)
		return;
	regs->rip -= 2;
	regs->rax = NR_FUTEX;
}

static void settle_no_handler(struct task *t, struct abi_sigcontext *regs, const struct restart *r)
{
	if (r->code)
		call_again(regs, r);
	else if (r->maybe_futex)
		resume_futex(t, regs);
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
		r.maybe_futex = !r.code && !t->kick_after_call;
		t->kick_after_call = false;
	}
	t->restart_code = 0;
	for (;;) {
		if (task_ending(t)) {
			task_exit(t);
			return -ESRCH;
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
	settle_no_handler(t, regs, &r);
	signal_recalc(t);
	t->fp_user = false;
	return 0;
}
