/* ptrace requests in random order, with random numbers and bad pointers, on threads that run,
 * sleep, step and die: errors or stops, and in the end everybody can be killed and waited for. */
#include "../ptrace/ptrace.h"

#define VICTIMS 4
#define ROUNDS 4000

static unsigned long seed = 12345;

static unsigned long rnd(unsigned long n)
{
	seed = seed * 6364136223846793005ul + 1442695040888963407ul;
	return (seed >> 33) % n;
}

static pid_t victim(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		for (int i = 0;; i++) {
			if (i % 64 == 0 && fork() == 0)
				_exit(0);
			waitpid(-1, NULL, WNOHANG);
			getppid();
			sched_yield();
		}
	}
	CHECK(pid > 0);
	return pid;
}

static const int requests[] = {PTRACE_PEEKTEXT, PTRACE_PEEKUSER, PTRACE_CONT, PTRACE_SINGLESTEP,
	PTRACE_GETREGS, PTRACE_GETFPREGS, PTRACE_ATTACH, PTRACE_DETACH, PTRACE_SYSCALL,
	PTRACE_SETOPTIONS, PTRACE_GETEVENTMSG, PTRACE_GETSIGINFO, PTRACE_GETREGSET, PTRACE_SEIZE,
	PTRACE_INTERRUPT, PTRACE_LISTEN, PTRACE_PEEKSIGINFO, PTRACE_GETSIGMASK, 31 /* SYSEMU */,
	0x420e /* GET_SYSCALL_INFO */, PTRACE_KILL, 0x7777};

static unsigned long argument(void *buf)
{
	switch (rnd(6)) {
	case 0:
		return (unsigned long)buf;
	case 1:
		return rnd(512);
	case 2:
		return 1ul << rnd(64);
	case 3:
		return -rnd(64);
	case 4:
		return 0xffff800000000000ul + rnd(1 << 20);
	default:
		return 0;
	}
}

int main(void)
{
	static char buf[65536];
	struct iovec iov = {buf, sizeof(buf)};
	pid_t pid[VICTIMS], got;
	int st;

	for (int i = 0; i < VICTIMS; i++)
		pid[i] = victim();
	for (int n = 0; n < ROUNDS; n++) {
		int i = rnd(VICTIMS), req = requests[rnd(sizeof(requests) / sizeof(requests[0]))];
		unsigned long data = argument(req == PTRACE_GETREGSET ? (void *)&iov : buf);

		if (req == PTRACE_KILL && rnd(20))
			continue;
		syscall(SYS_ptrace, req, pid[i], argument(buf), data);
		iov = (struct iovec){buf, sizeof(buf)};
		if (rnd(8) == 0)
			kill(pid[i], rnd(2) ? SIGSTOP : SIGCONT);
		while ((got = waitpid(-1, &st, WNOHANG | __WALL | WUNTRACED)) > 0)
			for (int k = 0; k < VICTIMS; k++)
				if (got == pid[k] && !WIFSTOPPED(st))
					pid[k] = victim();
	}
	for (int i = 0; i < VICTIMS; i++)
		kill(pid[i], SIGKILL);
	while ((got = waitpid(-1, &st, __WALL)) > 0)
		if (WIFSTOPPED(st))
			kill(got, SIGKILL);
	CHECK_EQ(errno, ECHILD);
	return 0;
}
