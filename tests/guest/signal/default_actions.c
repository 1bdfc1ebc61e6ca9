/* Default actions: what terminates, what is ignored, what stops. */
#include "../test.h"

static void one(int sig)
{
	bool ignored = sig == SIGCHLD || sig == SIGURG || sig == SIGWINCH || sig == SIGCONT;
	bool stops = sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
	pid_t pid = test_fork();

	if (pid == 0) {
		SYS(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
		/* Its own group with the parent outside: not orphaned. */
		SYS(setpgid(0, 0));
		/* posix_spawn of glibc leaves 32 and 33 ignored in what it starts (make does that).
		 */
		syscall(SYS_rt_sigaction, sig, (unsigned long[4]){0}, NULL, 8);
		syscall(SYS_kill, getpid(), sig);
		_exit(77);
	}
	int status = test_wait(pid, WUNTRACED);
	if (stops) {
		if (!WIFSTOPPED(status) || WSTOPSIG(status) != sig)
			FAIL("signal %d: status %#x, want stop", sig, (unsigned)status);
		SYS(kill(pid, SIGCONT));
		CHECK_EXIT(pid, 77);
	} else if (ignored) {
		CHECK_EQ(status, 77 << 8);
	} else if (!WIFSIGNALED(status) || WTERMSIG(status) != sig) {
		FAIL("signal %d: status %#x, want death", sig, (unsigned)status);
	}
}

int main(void)
{
	for (int sig = 1; sig <= 64; sig++)
		one(sig);
	return 0;
}
