/* wait statuses: exit codes are cut to 8 bits, each fatal signal shows itself and no core bit. */
#include "../test.h"

static int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL,
	SIGUSR1, SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM, SIGSTKFLT, SIGXCPU, SIGXFSZ,
	SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGSYS, 34, 50, 64};

int main(void)
{
	int codes[] = {0, 1, 127, 128, 255, 256, 257, -1};

	SYS(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		pid_t pid = test_fork();

		if (pid == 0)
			_exit(codes[i]);
		CHECK_EQ(test_wait(pid, 0), (codes[i] & 255) << 8);
	}
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		pid_t pid = test_fork();

		if (pid == 0) {
			syscall(SYS_kill, getpid(), signals[i]);
			_exit(1);
		}
		CHECK_EQ(test_wait(pid, 0), signals[i]);
	}
	return 0;
}
