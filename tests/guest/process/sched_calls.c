/* sched_getaffinity/setaffinity, policies and their limits, sched_yield, sched_getattr, getcpu. */
#include "../test.h"

int main(void)
{
	cpu_set_t set, one, back;
	struct sched_param sp = {0};
	unsigned cpu = 99999, node;
	int n = 0, first = -1;

	CPU_ZERO(&set);
	SYS(sched_getaffinity(0, sizeof set, &set));
	for (int i = 0; i < CPU_SETSIZE; i++) {
		if (CPU_ISSET(i, &set)) {
			n++;
			first = first < 0 ? i : first;
		}
	}
	CHECK(n >= 1);
	CHECK_EQ(CPU_COUNT(&set), sysconf(_SC_NPROCESSORS_ONLN));
	CPU_ZERO(&one);
	CPU_SET(first, &one);
	SYS(sched_setaffinity(0, sizeof one, &one));
	SYS(sched_getaffinity(0, sizeof back, &back));
	CHECK(CPU_EQUAL(&one, &back));
	SYS(syscall(SYS_getcpu, &cpu, &node, NULL));
	CHECK_EQ(cpu, first);
	CHECK_EQ(sched_getcpu(), first);
	pid_t pid = test_fork();
	if (pid == 0) {
		SYS(sched_getaffinity(0, sizeof back, &back));
		_exit(CPU_COUNT(&back));
	}
	CHECK_EXIT(pid, 1);
	SYS(sched_setaffinity(0, sizeof set, &set));
	CPU_ZERO(&one);
	CHECK_ERR(sched_setaffinity(0, sizeof one, &one), EINVAL);
	CHECK_ERR(syscall(SYS_sched_getaffinity, 0, 1, &back), EINVAL);
	CHECK_ERR(sched_getaffinity(0x3ffffff0, sizeof back, &back), ESRCH);

	CHECK_EQ(sched_getscheduler(0), SCHED_OTHER);
	SYS(sched_getparam(0, &sp));
	CHECK_EQ(sp.sched_priority, 0);
	CHECK_EQ(sched_get_priority_max(SCHED_FIFO), 99);
	CHECK_EQ(sched_get_priority_min(SCHED_FIFO), 1);
	CHECK_EQ(sched_get_priority_max(SCHED_OTHER), 0);
	CHECK_ERR(sched_get_priority_max(77), EINVAL);
	sp.sched_priority = 5;
	CHECK_ERR(sched_setscheduler(0, SCHED_OTHER, &sp), EINVAL);
	sp.sched_priority = 0;
	SYS(sched_setscheduler(0, SCHED_BATCH, &sp));
	CHECK_EQ(sched_getscheduler(0), SCHED_BATCH);
	SYS(sched_setscheduler(0, SCHED_OTHER, &sp));
	CHECK_ERR(sched_getscheduler(-1), EINVAL);
	SYS(sched_yield());
	return 0;
}
