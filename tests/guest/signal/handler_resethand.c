/* SA_RESETHAND: the second signal meets the default action; the flags stay visible meanwhile. */
#include "../test.h"

static volatile sig_atomic_t calls;

static void on(int sig)
{
	struct sigaction sa;

	calls++;
	SYS(sigaction(sig, NULL, &sa));
	CHECK(sa.sa_handler == SIG_DFL);
}

static void twice(void)
{
	on_signal(SIGUSR1, on, SA_RESETHAND);
	SYS(raise(SIGUSR1));
	CHECK_EQ(calls, 1);
	SYS(raise(SIGUSR1));
}

int main(void)
{
	CHECK_CHILD_KILLED(twice, SIGUSR1);
	return 0;
}
