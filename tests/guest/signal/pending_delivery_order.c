/* Several signals unblocked at once: each handler sees the proper mask, all have run on return. */
#include "../test.h"

static volatile int seen[10], n;

static void on(int sig)
{
	sigset_t set;

	SYS(sigprocmask(SIG_BLOCK, NULL, &set));
	CHECK(sigismember(&set, sig));
	seen[n++] = sig;
}

int main(void)
{
	int sigs[] = {SIGHUP, SIGINT, SIGUSR1, SIGUSR2, SIGTERM};
	sigset_t set, old;

	sigemptyset(&set);
	for (int i = 0; i < 5; i++) {
		on_signal(sigs[i], on, 0);
		sigaddset(&set, sigs[i]);
	}
	SYS(sigprocmask(SIG_BLOCK, &set, &old));
	for (int i = 4; i >= 0; i--)
		SYS(kill(getpid(), sigs[i]));
	CHECK_EQ(n, 0);
	SYS(sigprocmask(SIG_SETMASK, &old, NULL));
	CHECK_EQ(n, 5);
	/* Frames are stacked lowest first, so the highest number runs first. */
	for (int i = 0; i < 5; i++)
		CHECK_EQ(seen[i], sigs[4 - i]);
	return 0;
}
