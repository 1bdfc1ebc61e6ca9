/* CLONE_CLEAR_SIGHAND resets handlers but keeps ignored signals ignored. */
#include "../test.h"
#include <linux/sched.h>

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif

static void nothing(int sig)
{
	(void)sig;
}

int main(void)
{
	struct clone_args a = {.exit_signal = SIGCHLD, .flags = CLONE_CLEAR_SIGHAND};
	struct sigaction sa;

	on_signal(SIGUSR1, nothing, 0);
	signal(SIGUSR2, SIG_IGN);
	pid_t pid = SYS(syscall(SYS_clone3, &a, sizeof a));
	if (pid == 0) {
		SYS(sigaction(SIGUSR1, NULL, &sa));
		CHECK(sa.sa_handler == SIG_DFL);
		SYS(sigaction(SIGUSR2, NULL, &sa));
		CHECK(sa.sa_handler == SIG_IGN);
		_exit(0);
	}
	CHECK_EXIT(pid, 0);
	a.flags = CLONE_CLEAR_SIGHAND | CLONE_SIGHAND | CLONE_VM;
	CHECK_ERR(syscall(SYS_clone3, &a, sizeof a), EINVAL);
	return 0;
}
