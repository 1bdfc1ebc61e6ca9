/*
 * Local calls in a process that traps all: a second seccomp filter on top of the machine's sends
 * every call of guest code to the stub, and the kernel has the host make the local ones there.
 * What cannot wait is an order. What can (futexes) must end by a signal, which no order does: the
 * thread leaves the stub with its own signal mask to a syscall instruction on the stub's page and
 * comes back by the fault behind it, or by a kick. seccomp(2), futex(2).
 */
#include "skas/skas.h"

#include "kernel/lib/log.h"
#include "kernel/signal.h"

#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/futex.h>
#include <linux/seccomp.h>

#define NR_FUTEX_WAITV 449
#define NR_FUTEX_WAIT 455
#define EFLAGS_TF 0x100ul

bool guest_traps_all(const struct task *t)
{
	return t->guest->proc->traps_all;
}

int guest_trap_all(struct task *t)
{
	struct host_process *p = t->guest->proc;
	long ret;

	if (p->traps_all)
		return 0;
	p->traps_all = true; /* no call through a door begins any more */
	fast_stop(t);
	ret = guest_order(t, __NR_seccomp, SECCOMP_SET_MODE_FILTER,
		SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH,
		skas_stub_header()->trap_all, 0, 0, 0);
	if (t->guest->proc == p)
		p->traps_all = ret >= 0;
	return (int)MIN(ret, 0);
}

int guest_call_is_local(u64 nr, const u64 args[6])
{
	struct seccomp_data d = {.nr = (int)nr, .arch = AUDIT_ARCH_X86_64};
	u32 verdict;

	memcpy(d.args, args, sizeof(d.args)); /* instruction_pointer 0 is guest code */
	verdict = filter_verdict(&d);
	switch (verdict & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		return 1;
	case SECCOMP_RET_ERRNO:
		return -(int)(verdict & SECCOMP_RET_DATA);
	default:
		return 0;
	}
}

static bool may_wait(u64 nr, const u64 args[6])
{
	u32 op = (u32)args[1] & FUTEX_CMD_MASK;

	if (nr == __NR_futex)
		return op == FUTEX_WAIT || op == FUTEX_WAIT_BITSET;
	return nr == NR_FUTEX_WAITV || nr == NR_FUTEX_WAIT || nr == __NR_restart_syscall;
}

/* Registers with which the thread makes the call. */
static void enter_regs(struct abi_sigcontext *regs, u64 nr, const u64 args[6])
{
	regs->rax = nr;
	regs->rdi = args[0];
	regs->rsi = args[1];
	regs->rdx = args[2];
	regs->r10 = args[3];
	regs->r8 = args[4];
	regs->r9 = args[5];
	regs->rip = skas_stub_header()->local_call;
	regs->eflags &= ~EFLAGS_TF;
}

/* Until the thread is back, which a signal makes sure of by a kick: was there one? */
static bool wait_for_return(struct task *t)
{
	struct guest *g = t->guest;
	enum wait_mode mode = WAIT_INTERRUPTIBLE;
	bool kicked = false;

	while (!g->order_done && !g->proc->dead && !g->exited) {
		if (sched_sleep(mode, WAIT_FOREVER) != -EINTR)
			continue;
		guest_kick(t);
		kicked = true;
		mode = WAIT_UNINTERRUPTIBLE;
	}
	return kicked;
}

/* What the registers say about the call. The host rewinds to the syscall instruction what a signal
 * ended before it had waited, or is to be restarted; with a timeout it answers -EINTR. */
static long outcome(struct task *t, bool kicked)
{
	const struct abi_sigcontext *regs = &t->guest->regs;
	u64 site = skas_stub_header()->local_call;

	if (regs->rip == site + STUB_SYSCALL_LEN)
		return kicked && (long)regs->rax == -EINTR ? -ERESTART_RESTARTBLOCK
							   : (long)regs->rax;
	if (regs->rip != site)
		skas_kill_process(t->guest->proc, "left a local call elsewhere");
	return -ERESTARTSYS;
}

static long call_waiting(struct task *t, u64 nr, const u64 args[6])
{
	struct guest *g = t->guest;
	struct abi_sigcontext saved = g->regs;
	bool kicked;
	long ret;

	enter_regs(&g->regs, nr, args);
	g->waiter = sched_self();
	g->order_done = false;
	g->local_call = true;
	guest_leave_stub(g);
	kicked = wait_for_return(t);
	g->waiter = NULL;
	g->local_call = false;
	if (!g->order_done)
		return -ESRCH;
	if (kicked && g->result != STUB_KICK) { /* it is still to come, behind this call */
		t->kicked = true;
		t->kick_after_call = true;
	}
	ret = outcome(t, kicked);
	saved.fpstate = g->regs.fpstate;
	g->regs = saved;
	return ret;
}

long guest_call_local(struct task *t, u64 nr, const u64 args[6])
{
	might_sleep();
	if (may_wait(nr, args))
		return call_waiting(t, nr, args);
	return guest_order(t, nr, args[0], args[1], args[2], args[3], args[4], args[5]);
}
