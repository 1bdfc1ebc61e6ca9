/* flock(2): belongs to the open file, is shared by fork and dup, waits, and is interrupted. */
#include "tests/guest/test.h"
#include <sys/file.h>

static void on_alarm(int sig)
{
	(void)sig;
}

int main(void)
{
	struct sigaction sa = {.sa_handler = on_alarm};
	struct itimerval soon = {.it_value = {0, 20000}};
	int a = SYS(open("f", O_CREAT | O_RDWR, 0644)), b = SYS(open("f", O_RDONLY)), p[2];
	pid_t pid;
	char c = 0;

	SYS(flock(a, LOCK_EX));
	CHECK_ERR(flock(b, LOCK_SH | LOCK_NB), EWOULDBLOCK);
	SYS(flock(dup(a), LOCK_SH)); /* the same open file: a conversion */
	SYS(flock(b, LOCK_SH | LOCK_NB));
	CHECK_ERR(flock(a, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	SYS(flock(b, LOCK_UN));
	SYS(flock(a, LOCK_EX | LOCK_NB));
	CHECK_ERR(flock(a, 77), EINVAL);
	CHECK_ERR(flock(99, LOCK_SH), EBADF);

	/* a handler without SA_RESTART ends the wait */
	SYS(sigaction(SIGALRM, &sa, NULL));
	SYS(setitimer(ITIMER_REAL, &soon, NULL));
	CHECK_ERR(flock(b, LOCK_EX), EINTR);
	alarm(TEST_WATCHDOG_S);

	/* the child waits until the parent, having inherited the lock to nobody, closes */
	SYS(pipe(p));
	pid = test_fork();
	if (!pid) {
		int own = SYS(open("f", O_RDWR));

		for (int fd = 3; fd < own; fd++)
			if (fd != p[1])
				close(fd);
		SYS(write(p[1], &c, 1));
		SYS(flock(own, LOCK_EX));
		SYS(write(p[1], "!", 1));
		_exit(0);
	}
	SYS(read(p[0], &c, 1));
	SYS(flock(a, LOCK_UN));
	SYS(read(p[0], &c, 1));
	CHECK_EQ(c, '!');
	CHECK_EQ(test_wait(pid, 0), 0);
	return 0;
}
