/* Waiting: timeouts, wake-up by another process, EINTR with SA_RESTART, epoll_pwait's mask, many.
 */
#include "../test.h"
#include <sys/epoll.h>

#define MANY 100

static void nop(int sig)
{
}

int main(void)
{
	int ep = SYS(epoll_create1(0)), fd[2], many[MANY][2];
	struct epoll_event ev = {.events = EPOLLIN}, evs[MANY];
	sigset_t none = sigset_of(0);
	int64_t t0;
	pid_t pid;

	SYS(pipe(fd));
	SYS(epoll_ctl(ep, EPOLL_CTL_ADD, fd[0], &ev));
	t0 = now_ns(CLOCK_MONOTONIC);
	CHECK_EQ(epoll_wait(ep, &ev, 1, 30), 0);
	CHECK(now_ns(CLOCK_MONOTONIC) - t0 >= 30000000);
	t0 = now_ns(CLOCK_MONOTONIC);
	CHECK_EQ(syscall(SYS_epoll_pwait2, ep, &ev, 1, &(struct timespec){0, 5000000}, NULL, 8), 0);
	CHECK(now_ns(CLOCK_MONOTONIC) - t0 >= 5000000);
	pid = test_fork();
	if (pid == 0) {
		write(fd[1], "x", 1);
		_exit(0);
	}
	CHECK_EQ(epoll_wait(ep, &ev, 1, -1), 1);
	CHECK_EXIT(pid, 0);
	read(fd[0], &(char){0}, 1);

	on_signal(SIGUSR1, nop, SA_RESTART);
	block_signal(SIGUSR1);
	raise(SIGUSR1);
	CHECK_ERR(epoll_pwait(ep, &ev, 1, -1, &none), EINTR);
	unblock_signal(SIGUSR1);
	on_signal(SIGALRM, nop, SA_RESTART);
	SYS(setitimer(ITIMER_REAL,
		&(struct itimerval){.it_value.tv_usec = 20000, .it_interval.tv_usec = 20000},
		NULL));
	CHECK_ERR(epoll_wait(ep, &ev, 1, -1), EINTR);
	SYS(setitimer(ITIMER_REAL, &(struct itimerval){}, NULL));

	for (int i = 0; i < MANY; i++) {
		SYS(pipe(many[i]));
		ev = (struct epoll_event){.events = EPOLLIN, .data.u32 = i};
		SYS(epoll_ctl(ep, EPOLL_CTL_ADD, many[i][0], &ev));
	}
	for (int i = MANY; i-- > 0;)
		CHECK_EQ(write(many[i][1], "x", 1), 1);
	int got = 0;
	char seen[MANY] = "";
	while (got < MANY) {
		int n = SYS(epoll_wait(ep, evs, 7, -1));

		CHECK(n > 0);
		for (int i = 0; i < n; i++) {
			int k = evs[i].data.u32;

			CHECK(!seen[k]);
			seen[k] = 1;
			read(many[k][0], &(char){0}, 1);
			got++;
		}
	}
	CHECK_EQ(epoll_wait(ep, evs, 7, 0), 0);
	return 0;
}
