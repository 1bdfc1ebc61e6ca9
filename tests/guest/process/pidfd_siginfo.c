/* pidfd_send_signal: the siginfo must be of the signal that is sent. */
#include "../test.h"

int main(void)
{
	siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
	sigset_t set;
	int fd = (int)syscall(434, getpid(), 0);

	if (fd < 0)
		SKIP("no pidfds");
	block_signal(SIGUSR1);
	CHECK_ERR(syscall(424, fd, SIGUSR2, &info, 0), EINVAL);
	CHECK_ERR(syscall(424, fd, SIGUSR1, (void *)8, 0), EFAULT);
	SYS(syscall(424, fd, SIGUSR1, &info, 0));
	set = sigset_of(SIGUSR1);
	CHECK_EQ(sigwaitinfo(&set, &info), SIGUSR1);
	CHECK_EQ(info.si_code, SI_QUEUE);
	return 0;
}
