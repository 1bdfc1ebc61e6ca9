/* Every catchable signal 1..64 reaches its handler once, with siginfo of kill; 9 and 19 refuse. */
#include "../test.h"

static volatile sig_atomic_t got, code;
static volatile pid_t from;

static void on(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	if (si->si_signo == sig)
		got = sig;
	code = si->si_code;
	from = si->si_pid;
}

int main(void)
{
	for (int sig = 1; sig <= 64; sig++) {
		struct sigaction sa = {.sa_sigaction = on, .sa_flags = SA_SIGINFO};

		if (sig == SIGKILL || sig == SIGSTOP) {
			CHECK_ERR(sigaction(sig, &sa, NULL), EINVAL);
			continue;
		}
		if (sig == 32 || sig == 33)
			continue;
		SYS(sigaction(sig, &sa, NULL));
		got = 0;
		SYS(kill(getpid(), sig));
		CHECK_EQ(got, sig);
		CHECK_EQ(code, SI_USER);
		CHECK_EQ(from, getpid());
		got = 0;
		SYS(raise(sig));
		CHECK_EQ(got, sig);
		CHECK_EQ(code, SI_TKILL);
	}
	CHECK_ERR(syscall(SYS_kill, getpid(), 65), EINVAL);
	CHECK_ERR(syscall(SYS_kill, getpid(), -1), EINVAL);
	SYS(kill(getpid(), 0));
	return 0;
}
