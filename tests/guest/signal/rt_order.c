/* sigtimedwait takes the lowest signal first and standard before realtime. */
#include "../test.h"

int main(void)
{
	int send[] = {40, SIGTERM, 35, 40, SIGUSR1, 64, 36},
	    want[] = {SIGUSR1, SIGTERM, 35, 36, 40, 40, 64};
	struct timespec zero = {0, 0};
	sigset_t set;
	siginfo_t si;

	sigfillset(&set);
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	for (size_t i = 0; i < sizeof send / sizeof *send; i++)
		SYS(sigqueue(getpid(), send[i], (union sigval){.sival_int = send[i]}));
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		CHECK_EQ(sigtimedwait(&set, &si, &zero), want[i]);
		CHECK_EQ(si.si_signo, want[i]);
		CHECK_EQ(si.si_value.sival_int, want[i]);
	}
	CHECK_ERR(sigtimedwait(&set, &si, &zero), EAGAIN);
	return 0;
}
