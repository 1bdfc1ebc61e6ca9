/*
 * Threads that start without a report. Their creator tells the host tid, and a thread's first event
 * may come before that: it is kept here until the event loop finds out whose it is.
 *
 * The tid is a guest's word; it is believed if it names a thread of the same host process that
 * nobody else is, so that a lie can only harm the liar's own process.
 */
#include "skas/skas.h"

#include "kernel/lib/log.h"

#include <signal.h>

#define MAX_EARLY 64

static struct skas_call early[MAX_EARLY];
static unsigned nr_early, nr_expected;

void quiet_expect(void)
{
	nr_expected++;
}

int quiet_adopt(struct guest *g, pid_t host_tid)
{
	if (guest_find(host_tid)) {
		skas_kill_process(g->proc, "forged thread");
		return -ESRCH;
	}
	/* Ended already, as only happens when its whole process does; a liar's thread stays
	 * unknown. */
	if (syscall_tgkill(g->proc->pid, host_tid, 0) < 0)
		return -ESRCH;
	guest_set_tid(g, host_tid);
	return 0;
}

void quiet_settled(void)
{
	nr_expected--;
}

bool quiet_keep(const struct skas_call *c)
{
	if (!nr_expected || nr_early == MAX_EARLY)
		return false;
	early[nr_early++] = *c;
	return true;
}

bool quiet_run(void)
{
	for (unsigned i = 0; i < nr_early; i++) {
		struct skas_call c = early[i];

		if (nr_expected && !guest_find(c.host_tid))
			continue;
		early[i] = early[--nr_early];
		skas_event(&c);
		return true;
	}
	return false;
}
