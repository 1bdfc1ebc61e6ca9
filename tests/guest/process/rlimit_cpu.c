/* RLIMIT_CPU: SIGXCPU at the soft limit, SIGKILL at the hard one. */
#include "../test.h"

static void burn(void)
{
	SYS(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
	SYS(setrlimit(RLIMIT_CPU, &(struct rlimit){1, 2}));
	for (volatile int i = 0;; i++)
		;
}

static void burn_ignoring(void)
{
	signal(SIGXCPU, SIG_IGN);
	SYS(setrlimit(RLIMIT_CPU, &(struct rlimit){1, 2}));
	for (volatile int i = 0;; i++)
		;
}

int main(void)
{
	CHECK_CHILD_KILLED(burn, SIGXCPU);
	CHECK_CHILD_KILLED(burn_ignoring, SIGKILL);
	return 0;
}
