/* ITIMER_VIRTUAL and ITIMER_PROF tick with CPU time: a busy loop gets them, at no earlier CPU time.
 */
#include "../test.h"

static volatile sig_atomic_t ticks, which;

static void on(int sig)
{
	which = sig;
	ticks++;
}

static void run(int timer, int sig)
{
	struct itimerval it = {{0, 20000}, {0, 20000}}, zero = {{0, 0}, {0, 0}};

	on_signal(sig, on, 0);
	ticks = 0;
	int64_t start = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	SYS(setitimer(timer, &it, NULL));
	while (ticks < 3)
		;
	CHECK_EQ(which, sig);
	CHECK(now_ns(CLOCK_PROCESS_CPUTIME_ID) - start >= 20000000);
	SYS(setitimer(timer, &zero, NULL));
}

int main(void)
{
	run(ITIMER_VIRTUAL, SIGVTALRM);
	run(ITIMER_PROF, SIGPROF);
	return 0;
}
