/* ppoll and pselect with a mask: a signal blocked outside ends the wait; poll restarts after none.
 */
#include "../test.h"
#include <poll.h>
#include <sys/select.h>

static volatile int hits;

static void on_usr1(int sig)
{
	hits++;
}

static void stopped_and_continued(void)
{
	struct pollfd p;
	int fd[2];
	pid_t pid;

	SYS(pipe(fd));
	pid = test_fork();
	if (pid == 0) {
		p = (struct pollfd){fd[0], POLLIN, 0};
		CHECK_EQ(poll(&p, 1, 10000), 1); /* not EINTR */
		_exit(0);
	}
	SYS(kill(pid, SIGSTOP));
	CHECK(WIFSTOPPED(test_wait(pid, WUNTRACED)));
	SYS(kill(pid, SIGCONT));
	CHECK_EQ(write(fd[1], "x", 1), 1);
	CHECK_EXIT(pid, 0);
}

int main(void)
{
	struct timespec ts = {5, 0};
	sigset_t none = sigset_of(0), now;
	fd_set in;
	int fd[2];
	struct pollfd p;

	SYS(pipe(fd));
	p = (struct pollfd){fd[0], POLLIN, 0};
	on_signal(SIGUSR1, on_usr1, SA_RESTART);
	block_signal(SIGUSR1);
	raise(SIGUSR1);
	CHECK_EQ(hits, 0);
	CHECK_ERR(ppoll(&p, 1, &ts, &none), EINTR);
	CHECK_EQ(hits, 1);
	SYS(sigprocmask(SIG_BLOCK, NULL, &now));
	CHECK(sigismember(&now, SIGUSR1));
	raise(SIGUSR1);
	FD_ZERO(&in);
	FD_SET(fd[0], &in);
	CHECK_ERR(pselect(fd[0] + 1, &in, NULL, NULL, &ts, &none), EINTR);
	CHECK_EQ(hits, 2);
	/* ready at once: the pending signal waits on */
	CHECK_EQ(write(fd[1], "x", 1), 1);
	CHECK_EQ(ppoll(&p, 1, NULL, NULL), 1);
	raise(SIGUSR1);
	CHECK_EQ(hits, 2);
	unblock_signal(SIGUSR1);
	CHECK_EQ(hits, 3);
	CHECK_ERR(syscall(SYS_ppoll, &p, 1, NULL, &none, 3), EINVAL);
	CHECK_ERR(syscall(SYS_ppoll, &p, 1, &(struct timespec){0, 1000000000}, NULL, 8), EINVAL);
	stopped_and_continued();
	return 0;
}
