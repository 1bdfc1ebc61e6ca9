/* Signal-delivery-stops: every signal is seen, ignored ones too; it can be dropped, changed or
 * passed on; siginfo and mask can be read and set. */
#include "ptrace.h"

static volatile sig_atomic_t got, value;

static void handler(int sig, siginfo_t *info, void *uc)
{
	got = sig;
	value = info->si_value.sival_int;
}

static void child(void)
{
	on_siginfo(SIGUSR1, handler, 0);
	on_siginfo(SIGUSR2, handler, 0);
	signal(SIGCHLD, SIG_IGN);
	raise(SIGUSR1); /* dropped */
	if (got)
		_exit(1);
	raise(SIGUSR1); /* becomes SIGUSR2 */
	if (got != SIGUSR2)
		_exit(2);
	sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 5}); /* value changed */
	if (got != SIGUSR1 || value != 77)
		_exit(3);
	raise(SIGCHLD);
	block_signal(SIGUSR2);
	raise(SIGUSR2);
	raise(SIGCHLD); /* the tracer unblocks */
	if (got != SIGUSR2)
		_exit(4);
	raise(SIGTERM);
	_exit(5);
}

static void peek(pid_t pid)
{
	struct __ptrace_peeksiginfo_args a = {0, 0, 4};
	siginfo_t info[4];

	CHECK_EQ(PT(PTRACE_PEEKSIGINFO, pid, &a, info), 1);
	CHECK_EQ(info[0].si_signo, SIGUSR2);
	a.off = 1;
	CHECK_EQ(PT(PTRACE_PEEKSIGINFO, pid, &a, info), 0);
}

int main(void)
{
	pid_t pid = traced_child(child);
	siginfo_t info;
	uint64_t mask;

	PT_ERR(PTRACE_CONT, pid, 0, 65, EIO);
	PT(PTRACE_CONT, pid, 0, 0);
	CHECK_STOP(pid, SIGUSR1);
	PT(PTRACE_GETSIGINFO, pid, 0, &info);
	CHECK(info.si_signo == SIGUSR1 && info.si_code == SI_TKILL && info.si_pid == pid);
	PT(PTRACE_CONT, pid, 0, 0);
	CHECK_STOP(pid, SIGUSR1);
	PT(PTRACE_CONT, pid, 0, SIGUSR2);
	CHECK_STOP(pid, SIGUSR1);
	PT(PTRACE_GETSIGINFO, pid, 0, &info);
	CHECK_EQ(info.si_value.sival_int, 5);
	info.si_value.sival_int = 77;
	PT(PTRACE_SETSIGINFO, pid, 0, &info);
	PT(PTRACE_CONT, pid, 0, SIGUSR1);
	CHECK_STOP(pid, SIGCHLD);
	PT(PTRACE_CONT, pid, 0, SIGCHLD);
	CHECK_STOP(pid, SIGCHLD);
	PT(PTRACE_GETSIGMASK, pid, 8, &mask);
	CHECK_EQ(mask, 1ull << (SIGUSR2 - 1));
	PT_ERR(PTRACE_GETSIGMASK, pid, 4, &mask, EINVAL);
	peek(pid);
	mask = 0;
	PT(PTRACE_SETSIGMASK, pid, 8, &mask);
	PT(PTRACE_CONT, pid, 0, 0);
	CHECK_STOP(pid, SIGUSR2);
	PT(PTRACE_CONT, pid, 0, SIGUSR2);
	CHECK_STOP(pid, SIGTERM);
	PT(PTRACE_CONT, pid, 0, SIGTERM);
	CHECK_KILLED(pid, SIGTERM);
	return 0;
}
