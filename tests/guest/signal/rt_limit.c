/* RLIMIT_SIGPENDING bounds queued realtime signals with EAGAIN; kill() still gets through. */
#include "../test.h"

int main(void)
{
	sigset_t set = sigset_of(SIGRTMIN);
	struct timespec zero = {0, 0};
	int sent = 0, got = 0;
	long r;

	SYS(setrlimit(RLIMIT_SIGPENDING, &(struct rlimit){20, 20}));
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	while ((r = sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = sent})) == 0 &&
		sent < 1000)
		sent++;
	CHECK_EQ(errno, EAGAIN);
	CHECK(sent <= 20);
	siginfo_t si;
	while (sigtimedwait(&set, &si, &zero) == SIGRTMIN)
		CHECK_EQ(si.si_value.sival_int, got++);
	CHECK_EQ(got, sent);
	return 0;
}
