/*
 * Hosts without WAIT_KILLABLE_RECV (before Linux 5.19) cancel a call that the kernel has received
 * when a signal arrives: the kick, or a stop of the whole process from outside. The call begins
 * anew after the kick's handler, or after the stop. What the kernel has done meanwhile must not be
 * lost, nor done twice:
 *
 * - A kick reported amid a call is acknowledged at once; the call then comes again and is taken for
 *   the one in progress. The kernel wanted the kick, so it is sent again once there is a result.
 * - With a kick on its way an answer would get lost on the host. So none is given: the thread will
 *   report the kick with its registers set to repeat the call, and those get the result.
 * - An answer that finds nobody waits until the same call comes again.
 *
 * Nothing here is in use where calls_cancelled is false. seccomp_unotify(2).
 */
#include "skas/skas.h"

bool calls_cancelled;

void cancel_kick_sent(struct guest *g)
{
	g->kicks++;
}

static bool same_call(const struct skas_call *a, const struct skas_call *b)
{
	return a->nr == b->nr && a->ip == b->ip && !memcmp(a->args, b->args, sizeof(a->args));
}

static bool is_kick(const struct skas_call *c)
{
	return c->nr == STUB_HYPERCALL && c->args[0] == STUB_KICK && c->ip >= STUB_BASE + 2 &&
	       c->ip <= STUB_END;
}

bool cancel_event(struct guest *g, const struct skas_call *c)
{
	bool again = same_call(&g->last, c);

	if (g->run != RUN_NATIVE && g->run != RUN_UNBORN) {
		if (again)
			return true; /* the cookie is new, all else goes on */
		if (g->run != RUN_PLAIN || !is_kick(c))
			return false;
		g->kicks -= g->kicks > 0;
		g->kick_owed = true;
		backend->answer(g, 0);
		return true;
	}
	if (is_kick(c)) {
		g->kicks -= g->kicks > 0;
		g->last.nr = 0;
		g->last.ip = 0;
		return false;
	}
	if (g->late)
		return true; /* the kick is about to cancel it */
	if (g->lost && again) {
		g->lost = false;
		cancel_answer(g, g->late_result);
		return true;
	}
	g->lost = false;
	g->last = *c;
	return false;
}

void cancel_fix_regs(struct guest *g)
{
	if (!g->late)
		return;
	g->late = false;
	if (g->regs.rip + 2 != g->late_ip || g->regs.rax != g->late_nr)
		return;
	g->regs.rip += 2;
	g->regs.rax = (u64)g->late_result;
}

void cancel_answer(struct guest *g, long ret)
{
	if (g->kick_owed) {
		g->kick_owed = false;
		if (syscall_tgkill(g->proc->pid, g->host_tid, STUB_KICK_SIGNAL) == 0)
			g->kicks++;
	}
	g->late_result = ret;
	if (g->kicks) {
		g->late = true;
		g->late_ip = g->last.ip;
		g->late_nr = g->last.nr;
	} else if (backend->answer(g, ret) == -ENOENT) {
		g->lost = true;
	}
}
