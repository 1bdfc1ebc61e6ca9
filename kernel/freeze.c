/* Freezing the machine (freeze.h): a kick fetches each thread that runs into the kernel. */
#include "kernel/freeze.h"

#include "kernel/task.h"

u32 machine_frozen;
static struct waitq thaw_wait = WAITQ_INIT(thaw_wait);

void freeze_hold(u32 who)
{
	machine_frozen |= who;
}

void freeze_process(struct tgroup *tg)
{
	struct task *t;

	list_for_each_entry (t, &tg->tasks, tg_link)
		if (t->started && !t->coro)
			signal_kick(t);
}

void freeze_release(u32 who)
{
	machine_frozen &= ~who;
	if (!machine_frozen)
		waitq_wake(&thaw_wait, 0);
}

void freeze_release_held(void)
{
	struct tgroup *tg;

	list_for_each_entry (tg, &all_tgroups, all_link)
		tg->held = false;
	waitq_wake(&thaw_wait, 0);
}

void machine_freeze(void)
{
	struct tgroup *tg;

	freeze_hold(FREEZE_PAUSE);
	list_for_each_entry (tg, &all_tgroups, all_link)
		freeze_process(tg);
}

void machine_thaw(void)
{
	freeze_release(FREEZE_PAUSE);
}

void freeze_wait(void)
{
	wait_event_killable(&thaw_wait, !machine_frozen && !current->tg->held);
}
