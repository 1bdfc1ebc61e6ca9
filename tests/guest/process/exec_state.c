/* What exec keeps (ids, cwd, umask, ignored signals, mask, pending, alarm, nice, rlimits) and what
 * it resets (handlers, altstack, mappings, itimer stays, POSIX timers go, name changes). */
#include "../test.h"
#include <sys/prctl.h>

static void nothing(int sig)
{
	(void)sig;
}

static void after(char **argv)
{
	struct sigaction sa;
	struct rlimit rl;
	sigset_t set;
	stack_t ss;
	char name[16] = {0}, cwd[64];
	struct itimerspec its;
	unsigned char vec;

	CHECK_EQ(getpid(), atoi(argv[2]));
	CHECK_EQ(getppid(), atoi(argv[3]));
	CHECK_EQ(getpgrp(), getpid());
	CHECK(getcwd(cwd, sizeof cwd));
	CHECK_STR(cwd, "/usr");
	CHECK_EQ(umask(0), 051);
	SYS(sigaction(SIGUSR1, NULL, &sa));
	CHECK(sa.sa_handler == SIG_DFL);
	SYS(sigaction(SIGUSR2, NULL, &sa));
	CHECK(sa.sa_handler == SIG_IGN);
	SYS(sigprocmask(SIG_BLOCK, NULL, &set));
	CHECK(sigismember(&set, SIGWINCH) && sigismember(&set, SIGURG));
	SYS(sigpending(&set));
	CHECK(sigismember(&set, SIGURG) && !sigismember(&set, SIGWINCH));
	SYS(sigaltstack(NULL, &ss));
	CHECK(ss.ss_flags & SS_DISABLE);
	SYS(getrlimit(RLIMIT_NOFILE, &rl));
	CHECK_EQ(rl.rlim_cur, 99);
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 3);
	SYS(prctl(PR_GET_NAME, name));
	CHECK(strcmp(name, "renamed") != 0);
	CHECK(alarm(0) > 0);
	CHECK_ERR(timer_gettime((timer_t)0, &its), EINVAL);
	CHECK_ERR(mincore((void *)0x7e0000000000, 4096, &vec), ENOMEM);
}

int main(int argc, char **argv)
{
	char self[16], parent[16];
	static char alt[65536];
	stack_t ss = {.ss_sp = alt, .ss_size = sizeof alt};
	timer_t timer;
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};

	if (argc == 4) {
		after(argv);
		return 0;
	}
	pid_t pid = test_fork();
	if (pid != 0) {
		CHECK_EXIT(pid, 0);
		return 0;
	}
	SYS(setpgid(0, 0));
	SYS(chdir("/usr"));
	umask(051);
	on_signal(SIGUSR1, nothing, 0);
	signal(SIGUSR2, SIG_IGN);
	block_signal(SIGURG);
	block_signal(SIGWINCH);
	SYS(raise(SIGURG));
	on_signal(SIGURG, nothing, 0);
	SYS(raise(SIGURG));
	SYS(sigaltstack(&ss, NULL));
	SYS(setrlimit(RLIMIT_NOFILE, &(struct rlimit){99, 99}));
	SYS(setpriority(PRIO_PROCESS, 0, 3));
	SYS(prctl(PR_SET_NAME, "renamed"));
	SYS(syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &timer));
	CHECK(mmap((void *)0x7e0000000000, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		      -1, 0) != MAP_FAILED);
	snprintf(self, sizeof self, "%d", getpid());
	snprintf(parent, sizeof parent, "%d", getppid());
	execl("/proc/self/exe", "x", "execed", self, parent, (char *)NULL);
	FAIL("exec (errno %d)", errno);
}
