/* 60 handlers nested on one stack, each interrupting the one before; all unwind in order. */
#include "../test.h"

static volatile int trace[200], n;

static void on(int sig)
{
	trace[n++] = sig;
	if (sig < 64) {
		int next = sig + 1;

		while (next == 32 || next == 33)
			next++;
		SYS(raise(next));
	}
	trace[n++] = -sig;
}

int main(void)
{
	int count = 0;

	for (int sig = SIGUSR1; sig <= 64; sig++)
		if (sig != SIGSTOP && sig != 32 && sig != 33)
			on_signal(sig, on, 0);
	/* 20..31 and 34..64, entered from 20. */
	SYS(raise(SIGTSTP));
	for (int sig = SIGTSTP; sig <= 64; sig++)
		if (sig != 32 && sig != 33)
			CHECK_EQ(trace[count++], sig);
	CHECK_EQ(n, 2 * count);
	for (int i = 0; i < count; i++)
		CHECK_EQ(trace[n - 1 - i], -trace[i]);
	return 0;
}
