/* run: root */
/* sched_setattr with SCHED_DEADLINE: what fits, what is kept, and that it is not inherited. */
#include "../test.h"

struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};
#define DEADLINE 6
#define RESET_ON_FORK 1

static long set(uint64_t runtime, uint64_t deadline, uint64_t period, uint64_t flags)
{
	struct attr a = {sizeof a, DEADLINE, flags, 0, 0, runtime, deadline, period};

	return syscall(SYS_sched_setattr, 0, &a, 0);
}

int main(void)
{
	struct sched_param none = {0};
	struct attr a = {0};
	pid_t pid;

	CHECK_ERR(set(1000, 30000000, 30000000, 0), EINVAL);
	CHECK_ERR(set(20000000, 10000000, 30000000, 0), EINVAL);
	CHECK_ERR(set(10000000, 30000000, 20000000, 0), EINVAL);
	CHECK_ERR(set(1ull << 63, 1ull << 63, 1ull << 63, 0), EINVAL);
	if (set(10000000, 30000000, 0, 0) < 0 && errno != EINVAL)
		SKIP("no deadlines here (errno %d)", errno);
	SYS(syscall(SYS_sched_getattr, 0, &a, sizeof a, 0));
	CHECK_EQ(a.policy, DEADLINE);
	CHECK_EQ(a.runtime, 10000000);
	CHECK_EQ(a.deadline, 30000000);
	CHECK_EQ(a.period, 30000000);
	CHECK_EQ(sched_getscheduler(0), DEADLINE);
	CHECK_ERR(fork(), EAGAIN);
	SYS(set(10000000, 20000000, 30000000, RESET_ON_FORK));
	pid = test_fork();
	if (pid == 0)
		_exit(sched_getscheduler(0) == SCHED_OTHER ? 0 : 1);
	CHECK_EXIT(pid, 0);
	SYS(sched_setscheduler(0, SCHED_OTHER, &none));
	SYS(syscall(SYS_sched_getattr, 0, &a, sizeof a, 0));
	CHECK_EQ(a.policy, SCHED_OTHER);
	CHECK_ERR(sched_setscheduler(0, DEADLINE, &none), EINVAL);
	SYS(setuid(65534));
	CHECK_ERR(set(10000000, 30000000, 30000000, 0), EPERM);
	return 0;
}
