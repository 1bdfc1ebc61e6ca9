/* SIGSTOP halts a computing and a blocked process; SIGCONT resumes both with no work lost; a
 * pending stop is cancelled by SIGCONT and the reverse; SIGCONT's handler runs. */
#include "../test.h"

static volatile long *counter;

static void on(int sig)
{
	(void)sig;
	_exit(12);
}

static void computing(void)
{
	pid_t pid = test_fork();

	if (pid == 0)
		for (;;)
			++*counter;
	while (*counter < 1000)
		sched_yield();
	for (int i = 0; i < 10; i++) {
		SYS(kill(pid, SIGSTOP));
		CHECK(WIFSTOPPED(test_wait(pid, WUNTRACED)));
		long a = *counter;
		for (int j = 0; j < 100; j++)
			sched_yield();
		CHECK_EQ(*counter, a);
		SYS(kill(pid, SIGCONT));
		while (*counter == a)
			sched_yield();
		CHECK(WIFCONTINUED(test_wait(pid, WCONTINUED)));
	}
	SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
}

static void blocked(void)
{
	struct gate g;

	gate_init(&g);
	pid_t pid = test_fork();
	if (pid == 0) {
		char c;

		/* No EINTR: there is no handler. */
		_exit(read(g.fd[0], &c, 1) == 1 ? 5 : 1);
	}
	for (int i = 0; i < 5; i++) {
		SYS(kill(pid, SIGSTOP));
		CHECK(WIFSTOPPED(test_wait(pid, WUNTRACED)));
		SYS(kill(pid, SIGCONT));
		CHECK(WIFCONTINUED(test_wait(pid, WCONTINUED)));
	}
	SYS(kill(pid, SIGSTOP));
	CHECK(WIFSTOPPED(test_wait(pid, WUNTRACED)));
	gate_open(&g);
	CHECK_EQ(waitpid(pid, NULL, WNOHANG), 0);
	SYS(kill(pid, SIGCONT));
	CHECK_EXIT(pid, 5);
}

static void cancels(void)
{
	sigset_t set, pending;

	sigfillset(&set);
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	SYS(raise(SIGTSTP));
	SYS(raise(SIGTTIN));
	SYS(raise(SIGCONT));
	SYS(sigpending(&pending));
	CHECK(!sigismember(&pending, SIGTSTP) && !sigismember(&pending, SIGTTIN));
	CHECK(sigismember(&pending, SIGCONT));
	SYS(raise(SIGTSTP));
	SYS(sigpending(&pending));
	CHECK(sigismember(&pending, SIGTSTP) && !sigismember(&pending, SIGCONT));
}

static void handler(void)
{
	pid_t pid = test_fork();

	if (pid == 0) {
		on_signal(SIGCONT, on, 0);
		SYS(raise(SIGSTOP));
		for (;;)
			pause();
	}
	CHECK(WIFSTOPPED(test_wait(pid, WUNTRACED)));
	SYS(kill(pid, SIGCONT));
	CHECK_EXIT(pid, 12);
}

int main(void)
{
	counter = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(counter != MAP_FAILED);
	computing();
	blocked();
	CHECK_CHILD(cancels);
	handler();
	return 0;
}
