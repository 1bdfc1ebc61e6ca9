/* alarm: seconds left of the old one, SIGALRM after the time, kills by default, survives exec. */
#include "../test.h"

static void dies(void)
{
	SYS(setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 2000}}, NULL));
	for (;;)
		pause();
}

static void over_exec(void)
{
	SYS(setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 300000}}, NULL));
	execl("/bin/sleep", "sleep", "1000", (char *)NULL);
}

int main(void)
{
	CHECK(alarm(50) > 0);
	CHECK_EQ(alarm(60), 50);
	struct itimerval it;
	SYS(getitimer(ITIMER_REAL, &it));
	CHECK(it.it_value.tv_sec >= 58);
	CHECK_EQ(alarm(0), 60);
	CHECK_EQ(alarm(TEST_WATCHDOG_S), 0);
	CHECK_CHILD_KILLED(dies, SIGALRM);
	CHECK_CHILD_KILLED(over_exec, SIGALRM);
	return 0;
}
