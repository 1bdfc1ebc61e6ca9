/* A fork bomb under RLIMIT_NPROC ends in EAGAIN; the parent lives and reaps all. */
#include "../test.h"
#include <sys/prctl.h>

static volatile int *forks, *refused;

static void bomb(int depth)
{
	for (int i = 0; i < 6; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			alarm(TEST_WATCHDOG_S);
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (depth < 6)
				bomb(depth + 1);
			for (;;)
				pause();
		}
		if (pid < 0) {
			if (errno == EAGAIN)
				__atomic_fetch_add(refused, 1, __ATOMIC_SEQ_CST);
			return;
		}
		if (__atomic_add_fetch(forks, 1, __ATOMIC_SEQ_CST) > 400)
			return;
	}
}

int main(void)
{
	forks = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(forks != MAP_FAILED);
	refused = forks + 16;
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	pid_t pid = test_fork();
	if (pid == 0) {
		SYS(setpgid(0, 0));
		if (getuid() == 0)
			SYS(setresuid(54322, 54322, 54322));
		SYS(setrlimit(RLIMIT_NPROC, &(struct rlimit){60, 60}));
		bomb(0);
		for (;;)
			pause();
	}
	setpgid(pid, pid);
	while (*refused < 3)
		sched_yield();
	CHECK(*forks < 400);
	while (kill(-pid, SIGKILL) == 0 || errno == EPERM) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		sched_yield();
	}
	CHECK_EQ(errno, ESRCH);
	while (wait(NULL) > 0)
		;
	CHECK_EQ(errno, ECHILD);
	return 0;
}
