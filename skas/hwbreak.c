/*
 * Hardware breakpoints of guest threads, by perf events of the host that raise SIGTRAP in the
 * thread itself. They need no privilege where perf_event_paranoid is below 3. An exec removes them.
 * perf_event_open(2).
 */
#include "skas/skas.h"

#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

static void close_slot(struct guest *g, unsigned slot)
{
	if (g->hw_break[slot])
		close(g->hw_break[slot] - 1);
	g->hw_break[slot] = 0;
}

void guest_hw_release(struct guest *g)
{
	for (unsigned i = 0; i < GUEST_HW_BREAKS; i++)
		close_slot(g, i);
}

int guest_hw_break(struct task *t, unsigned slot, const struct guest_hw_break *b)
{
	struct guest *g = t->guest;
	struct perf_event_attr a = {
		.type = PERF_TYPE_BREAKPOINT,
		.size = sizeof(a),
		.sample_period = 1,
		.sigtrap = 1,
		.remove_on_exec = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1,
		.sig_data = slot,
	};
	int fd;

	if (!g || g->proc->dead || slot >= GUEST_HW_BREAKS)
		return -ESRCH;
	close_slot(g, slot);
	if (!b)
		return 0;
	a.bp_addr = b->addr;
	a.bp_type = b->kind == GUEST_HW_EXECUTE ? HW_BREAKPOINT_X
		    : b->kind == GUEST_HW_WRITE ? HW_BREAKPOINT_W
						: HW_BREAKPOINT_RW;
	a.bp_len = b->kind == GUEST_HW_EXECUTE ? sizeof(long) : b->len;
	fd = (int)syscall(SYS_perf_event_open, &a, g->host_tid, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -errno;
	g->hw_break[slot] = fd + 1;
	return 0;
}
