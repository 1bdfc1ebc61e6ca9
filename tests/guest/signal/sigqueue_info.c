/* rt_sigqueueinfo and rt_tgsigqueueinfo carry the caller's siginfo; forged codes to others fail. */
#include "../test.h"

/* To others a siginfo may not pose as kill's or the kernel's. */
static void to_parent(void)
{
	int codes[] = {SI_USER, SI_TKILL, SI_KERNEL};
	siginfo_t si;

	memset(&si, 0, sizeof si);
	for (int i = 0; i < 3; i++) {
		si.si_code = codes[i];
		CHECK_ERR(syscall(SYS_rt_sigqueueinfo, getppid(), 0, &si), EPERM);
	}
}

int main(void)
{
	sigset_t set = sigset_of(SIGRTMIN + 3);
	siginfo_t si, got;

	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	memset(&si, 0, sizeof si);
	si.si_signo = 999;
	si.si_code = -77;
	si.si_pid = 4242;
	si.si_uid = 2424;
	si.si_value.sival_ptr = (void *)0x1122334455667788;
	SYS(syscall(SYS_rt_sigqueueinfo, getpid(), SIGRTMIN + 3, &si));
	CHECK_EQ(sigwaitinfo(&set, &got), SIGRTMIN + 3);
	CHECK_EQ(got.si_signo, SIGRTMIN + 3);
	CHECK_EQ(got.si_code, -77);
	CHECK_EQ(got.si_pid, 4242);
	CHECK_EQ(got.si_uid, 2424);
	CHECK_EQ((long)got.si_value.sival_ptr, 0x1122334455667788);

	SYS(syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), SIGRTMIN + 3, &si));
	CHECK_EQ(sigwaitinfo(&set, &got), SIGRTMIN + 3);
	/* To oneself even kernel codes are allowed. */
	si.si_code = SI_USER;
	SYS(syscall(SYS_rt_sigqueueinfo, getpid(), SIGRTMIN + 3, &si));
	CHECK_EQ(sigwaitinfo(&set, &got), SIGRTMIN + 3);
	CHECK_CHILD(to_parent);
	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, getpid(), SIGRTMIN, 8), EFAULT);
	CHECK_ERR(syscall(SYS_rt_tgsigqueueinfo, 0, gettid(), SIGRTMIN, &si), EINVAL);
	si.si_code = SI_QUEUE;
	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, 0x3ffffff0, SIGRTMIN, &si), ESRCH);
	return 0;
}
