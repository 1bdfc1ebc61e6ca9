/*
 * Entry from guest processes: every event of a guest thread runs here on a coroutine of its own and
 * ends by an answer (plain calls), by a resume (everything in the stub) or by the task's end.
 */
#include "kernel/exit.h"
#include "kernel/fork.h"
#include "kernel/freeze.h"
#include "kernel/lib/log.h"
#include "kernel/os.h"
#include "kernel/ptrace.h"
#include "kernel/seccomp.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "kernel/trace/trace.h"

/* A call that the host would have run, had the process not been made to trap all. */
static long local_call(struct task *t, int local)
{
	return local < 0 ? local : guest_call_local(t, t->event.nr, t->event.args);
}

static bool is_error(long ret)
{
	return ret < 0 && ret > -4000; /* beyond: SYSCALL_NO_RESULT and the like */
}

static void watch_begin(struct task *t)
{
	t->call_start_ns = os_clock_ns(OS_CLOCK_MONOTONIC);
	if (trace_mask & (1u << TRACE_SYSCALL))
		calltrace_begin(t);
}

static void watch_end(struct task *t, long ret)
{
	u64 took_ns = os_clock_ns(OS_CLOCK_MONOTONIC) - t->call_start_ns;

	if (t->event.nr < NR_SYSCALLS)
		syscall_stats[t->event.nr].time_ns += took_ns;
	calltrace_end(t, ret, took_ns);
}

static long entry_dispatch(struct task *t)
{
	int local = 0;
	bool watched;
	long ret;

	t->nr_calls++;
	if (__builtin_expect(t->seccomp_mode, 0) && !seccomp_allows(t, &ret))
		return ret;
	if (t->event.kind == GUEST_TRAP || (t->trace && guest_in_stub(t)))
		local = guest_call_is_local(t->event.nr, t->event.args);
	watched = syscall_timing || trace_mask & (1u << TRACE_SYSCALL);
	if (__builtin_expect(watched, 0))
		watch_begin(t);
	ret = local ? local_call(t, local) : syscall_dispatch(t->event.nr, t->event.args);
	if (t->event.nr < NR_SYSCALLS) {
		syscall_stats[t->event.nr].calls++;
		syscall_stats[t->event.nr].errors += is_error(ret);
	}
	if (__builtin_expect(watched, 0))
		watch_end(t, ret);
	return ret;
}

/* In the stub: the stops of a traced thread around its call. */
static long traced_call(struct task *t)
{
	struct abi_sigcontext *regs;
	long ret;

	if (trace_call_enter(t)) {
		ret = entry_dispatch(t);
	} else {
		regs = guest_regs(t);
		ret = regs ? (long)regs->rax : -EFAULT;
	}
	return task_ending(t) ? ret : trace_call_exit(t, ret);
}

static void finish_in_stub(struct task *t, long ret, bool from_call)
{
	struct abi_sigcontext *regs = guest_regs(t);

	if (!regs) {
		group_exit(t->tg, SIGSEGV);
		task_exit(t);
		return;
	}
	if (from_call)
		regs->rax = (u64)ret;
	if (signal_deliver(t, regs, ret, from_call) == 0)
		guest_resume(t);
}

static void entry_plain(struct task *t)
{
	bool traced;
	long ret;

	if (t->event.hot)
		guest_speed_up(t);
	traced = trace_wants_calls(t) && guest_enter_stub(t) == 0;
	ret = traced ? traced_call(t) : entry_dispatch(t);
	if (!traced && trace_wants_calls(t) && guest_in_stub(t) && !task_ending(t))
		ret = trace_call_exit(t, ret); /* it has stopped in a filter */
	if (__builtin_expect(machine_frozen, 0))
		freeze_wait();
	if (task_ending(t)) {
		task_exit(t);
		return;
	}
	if (guest_in_stub(t)) { /* brought there by guest_enter_stub */
		finish_in_stub(t, ret, ret != SYSCALL_NO_RESULT);
		return;
	}
	if (signal_call_done(t, ret)) {
		t->restart_code = is_restart_code(ret) ? ret : 0;
		signal_kick(t);
	}
	t->kick_after_call = t->kicked;
	guest_answer(t, is_restart_code(ret) ? -EINTR : ret);
}

static void entry_stub(struct task *t)
{
	enum guest_event_kind kind = t->event.kind;
	struct abi_sigcontext *regs = guest_regs(t);
	long ret = 0;

	if (t->trace && regs)
		trace_enter(t, regs);
	switch (kind) {
	case GUEST_TRAP:
		ret = task_traced(t) && regs ? traced_call(t) : entry_dispatch(t);
		break;
	case GUEST_FAULT:
		if (t->trace && trace_debug_trap(t, &t->event.info))
			break;
		signal_force(t, t->event.info.si_signo, &t->event.info);
		break;
	case GUEST_KICK:
		t->kicked = false;
		break;
	case GUEST_START:
		ret = fork_child_start(t);
		break;
	default:
		BUG_ON(true);
	}
	if (__builtin_expect(machine_frozen, 0)) {
		if (ret == SYSCALL_RESUMED) /* it runs already: fetch it */
			signal_kick(t);
		else
			freeze_wait();
	}
	if (task_ending(t)) {
		task_exit(t);
		return;
	}
	if (ret == SYSCALL_RESUMED)
		return;
	finish_in_stub(t, ret, kind == GUEST_TRAP && ret != SYSCALL_NO_RESULT);
}

static void entry(void *arg)
{
	struct task *t = arg;

	if (t->event.kind == GUEST_CALL)
		entry_plain(t);
	else
		entry_stub(t);
}

void kernel_guest_event(struct task *t, const struct guest_event *ev)
{
	if (task_ending(t)) {
		if (!t->embryo)
			return;
		if (t->tg->exiting) /* a signal, before there was a host process to kill */
			guest_kill(t);
	}
	t->embryo = false;
	if (!t->started)
		task_started(t);
	BUG_ON(t->coro);
	if (ev->kind == GUEST_KICK || ev->kind == GUEST_START)
		t->event.kind = ev->kind; /* the call before it may have to be restarted */
	else
		t->event = *ev;
	if (sched_start(t, entry, t) == 0)
		return;
	if (ev->kind == GUEST_CALL)
		guest_answer(t, -ENOMEM);
	else
		guest_kill(t);
}
