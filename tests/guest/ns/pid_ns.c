/* PID namespaces: numbers inside and outside, init's role, the end of everything with init. */
/* run: root */
#include "../test.h"

static pid_t clone_ns(int flags)
{
	return (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
}

static volatile sig_atomic_t sender = -1;

static void note_sender(int sig, siginfo_t *info, void *uc)
{
	sender = info->si_pid;
}

static void inside(int out, int go)
{
	char c;
	pid_t child;

	alarm(TEST_WATCHDOG_S);
	CHECK_EQ(getpid(), 1);
	CHECK_EQ(getppid(), 0);
	CHECK_EQ(syscall(SYS_gettid), 1);
	CHECK_EQ(getpgrp(), 0); /* the group is not in here */
	CHECK_EQ(setsid(), 1);
	CHECK_EQ(getpgrp(), 1);
	child = fork();
	if (child == 0) {
		CHECK_EQ(getpid(), 2);
		CHECK_EQ(getppid(), 1);
		CHECK_ERR(kill(3, 0), ESRCH);
		SYS(kill(1, SIGTERM)); /* no handler: init does not feel it */
		SYS(kill(1, SIGKILL));
		if (fork() == 0) { /* orphaned: goes to 1 */
			CHECK_EQ(getpid(), 3);
			while (getppid() != 1)
				sched_yield();
			_exit(33);
		}
		_exit(22);
	}
	CHECK_EQ(child, 2);
	int st, seen = 0;
	while (seen < 2) {
		pid_t got = waitpid(-1, &st, 0);
		CHECK(got == 2 || got == 3);
		CHECK_EQ(WEXITSTATUS(st), got * 11);
		seen++;
	}
	on_siginfo(SIGUSR1, note_sender, 0);
	CHECK_EQ(write(out, "r", 1), 1);
	while (sender < 0)
		sched_yield();
	CHECK_EQ(sender, 0); /* from outside */
	if (fork() == 0)
		for (;;)
			pause();
	CHECK_EQ(write(out, "x", 1), 1);
	CHECK_EQ(read(go, &c, 1), 1);
	_exit(5);
}

int main(void)
{
	int out[2], go[2];
	char c;

	SYS(pipe(out));
	SYS(pipe(go));
	pid_t pid = clone_ns(CLONE_NEWPID);
	if (pid < 0)
		SKIP("no PID namespaces here: %s", strerror(errno));
	if (pid == 0)
		inside(out[1], go[0]);
	SYS(close(out[1]));
	CHECK(pid > 1);
	CHECK_EQ(read(out[0], &c, 1), 1);
	SYS(kill(pid, SIGUSR1));
	CHECK_EQ(read(out[0], &c, 1), 1);
	char path[64], line[256];
	int outer = 0, inner = 0;
	snprintf(path, sizeof path, "/proc/%d/status", pid);
	FILE *f = fopen(path, "r");
	CHECK(f);
	while (fgets(line, sizeof line, f))
		sscanf(line, "NSpid: %d %d", &outer, &inner);
	fclose(f);
	CHECK_EQ(outer, pid);
	CHECK_EQ(inner, 1);
	CHECK_EQ(write(go[1], "g", 1), 1);
	CHECK_EXIT(pid, 5);
	CHECK_EQ(read(out[0], &c, 1), 0); /* the one that paused is gone as well */

	/* unshare is for the children; and a namespace without init takes nobody. */
	pid = test_fork();
	if (pid == 0) {
		SYS(unshare(CLONE_NEWPID));
		CHECK(getpid() > 1);
		pid_t init = test_fork();
		if (init == 0)
			_exit(getpid() == 1 ? 0 : 1);
		CHECK_EXIT(init, 0);
		CHECK_ERR(fork(), ENOMEM);
		_exit(0);
	}
	CHECK_EXIT(pid, 0);
	/* killed from outside, it dies */
	pid = clone_ns(CLONE_NEWPID);
	if (pid == 0)
		for (;;)
			pause();
	SYS(kill(pid, SIGTERM));
	SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
	return 0;
}
