/* A SIGSEGV sent by kill is an ordinary signal: it can be ignored, blocked and handled. */
#include "../test.h"

static volatile sig_atomic_t got;

static void on(int sig)
{
	got = sig;
}

int main(void)
{
	int sigs[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};

	for (int i = 0; i < 6; i++) {
		signal(sigs[i], SIG_IGN);
		SYS(kill(getpid(), sigs[i]));
		block_signal(sigs[i]);
		on_signal(sigs[i], on, 0);
		got = 0;
		SYS(kill(getpid(), sigs[i]));
		CHECK_EQ(got, 0);
		unblock_signal(sigs[i]);
		CHECK_EQ(got, sigs[i]);
	}
	return 0;
}
