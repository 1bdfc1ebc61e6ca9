/* sigprocmask: block, unblock, set; KILL and STOP cannot be blocked; bad how and pointers. */
#include "../test.h"

int main(void)
{
	sigset_t set, old;
	unsigned long raw = ~0ul, back = 0;

	sigfillset(&set);
	SYS(sigprocmask(SIG_SETMASK, &set, NULL));
	SYS(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &raw, NULL, 8));
	SYS(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &back, 8));
	CHECK_EQ(back, ~0ul & ~(1ul << (SIGKILL - 1)) & ~(1ul << (SIGSTOP - 1)));
	set = sigset_of(SIGTERM);
	SYS(sigprocmask(SIG_UNBLOCK, &set, &old));
	CHECK(sigismember(&old, SIGTERM));
	SYS(sigprocmask(SIG_BLOCK, NULL, &old));
	CHECK(!sigismember(&old, SIGTERM) && sigismember(&old, SIGUSR1));
	/* how is looked at only when a set is given. */
	SYS(sigprocmask(999, NULL, &old));
	CHECK_ERR(sigprocmask(999, &set, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, 16), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigprocmask, SIG_BLOCK, 8, NULL, 8), EFAULT);
	CHECK_ERR(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, 8, 8), EFAULT);
	raw = 0;
	SYS(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &raw, NULL, 8));
	SYS(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &back, 8));
	CHECK_EQ(back, 0);
	return 0;
}
