/* run: root */
/* SCHED_RESET_ON_FORK is shown and applied; a child's default timer slack is its parent's. */
#include "../test.h"

#include <sys/prctl.h>

static void reset_child(void)
{
	CHECK_EQ(sched_getscheduler(0), SCHED_OTHER);
}

static void kept_child(void)
{
	CHECK_EQ(sched_getscheduler(0), SCHED_BATCH);
}

static void slack_child(void)
{
	CHECK_EQ(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0), 70000);
	SYS(prctl(PR_SET_TIMERSLACK, 90000, 0, 0, 0));
	CHECK_EQ(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0), 90000);
	SYS(prctl(PR_SET_TIMERSLACK, 0, 0, 0, 0));
	CHECK_EQ(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0), 70000);
}

int main(void)
{
	struct sched_param p = {.sched_priority = 1};

	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &p) < 0)
		SKIP("no realtime policies for us");
	CHECK_EQ(sched_getscheduler(0), SCHED_FIFO | SCHED_RESET_ON_FORK);
	CHECK_CHILD(reset_child);
	p.sched_priority = 0;
	SYS(sched_setscheduler(0, SCHED_BATCH, &p));
	CHECK_EQ(sched_getscheduler(0), SCHED_BATCH);
	CHECK_CHILD(kept_child);
	SYS(sched_setscheduler(0, SCHED_OTHER, &p));

	SYS(prctl(PR_SET_TIMERSLACK, 70000, 0, 0, 0));
	CHECK_CHILD(slack_child);
	SYS(prctl(PR_SET_TIMERSLACK, 0, 0, 0, 0));
	return 0;
}
