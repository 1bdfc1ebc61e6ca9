/* Realtime signals queue: every one arrives, in order per number, lowest number first, with its
 * value; standard signals collapse to one. */
#include "../test.h"

static volatile int order[64], values[64], n;

static void on(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	CHECK_EQ(si->si_code, SI_QUEUE);
	CHECK_EQ(si->si_pid, getpid());
	CHECK_EQ(si->si_uid, getuid());
	order[n] = sig;
	values[n++] = si->si_value.sival_int;
}

static volatile sig_atomic_t usr1;

static void count(int sig)
{
	(void)sig;
	usr1++;
}

int main(void)
{
	sigset_t all, old;

	for (int i = 0; i < 3; i++) {
		struct sigaction sa = {.sa_sigaction = on, .sa_flags = SA_SIGINFO};

		sigfillset(&sa.sa_mask);
		SYS(sigaction(SIGRTMIN + i, &sa, NULL));
	}
	on_signal(SIGUSR1, count, 0);
	sigfillset(&all);
	SYS(sigprocmask(SIG_BLOCK, &all, &old));
	for (int i = 0; i < 10; i++) {
		for (int j = 2; j >= 0; j--)
			SYS(sigqueue(
				getpid(), SIGRTMIN + j, (union sigval){.sival_int = 100 * j + i}));
		SYS(kill(getpid(), SIGUSR1));
	}
	CHECK_EQ(n, 0);
	SYS(sigprocmask(SIG_SETMASK, &old, NULL));
	CHECK_EQ(n, 30);
	CHECK_EQ(usr1, 1);
	for (int i = 0; i < 30; i++)
		CHECK_EQ(order[i], SIGRTMIN + values[i] / 100);
	for (int j = 0; j < 3; j++) {
		int next = 0;

		for (int i = 0; i < 30; i++)
			if (order[i] == SIGRTMIN + j)
				CHECK_EQ(values[i], 100 * j + next++);
		CHECK_EQ(next, 10);
	}
	return 0;
}
