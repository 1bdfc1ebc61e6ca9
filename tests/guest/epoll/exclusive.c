/* EPOLLEXCLUSIVE: of many instances that watch one file, what can be read wakes one, and not one
 * that nobody waits on; the end of the other side wakes all. */
#include "tests/guest/test.h"

#include <sched.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#define WAITERS 6

static int watch(int fd)
{
	struct epoll_event ev = {.events = EPOLLIN | EPOLLET | EPOLLEXCLUSIVE};
	int ep = SYS(epoll_create1(0));

	SYS(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	return ep;
}

/* Tells of each wake-up, and ends by its first or by a hang-up. */
static void waiter(int fd, int report, int ready)
{
	struct epoll_event ev;
	int ep = watch(fd);

	SYS(write(ready, "r", 1));
	CHECK_EQ(epoll_wait(ep, &ev, 1, -1), 1);
	SYS(write(report, "w", 1));
	_exit(0);
}

static char state_of(pid_t pid)
{
	char path[64], state = '?';
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	f = fopen(path, "r");
	CHECK(f && fscanf(f, "%*d (%*[^)]) %c", &state) == 1);
	fclose(f);
	return state;
}

int main(void)
{
	int data[2], report[2], ready[2], woken = 0, status;
	pid_t pids[WAITERS];
	char buf[16];

	SYS(pipe(data));
	SYS(pipe(report));
	SYS(pipe(ready));
	watch(data[0]); /* the first of all, and nobody waits on it */
	for (int i = 0; i < WAITERS; i++) {
		pids[i] = test_fork();
		if (pids[i] == 0) {
			SYS(close(data[1]));
			waiter(data[0], report[1], ready[1]);
		}
	}
	for (int i = 0; i < WAITERS; i++) {
		SYS(read(ready[0], buf, 1));
	}
	for (int i = 0; i < WAITERS; i++)
		while (state_of(pids[i]) != 'S')
			sched_yield();
	for (int round = 0; round < 3; round++) {
		SYS(write(data[1], "x", 1));
		CHECK_EQ(read(report[0], buf, sizeof buf), 1);
		woken++;
		SYS(read(data[0], buf, 1));
	}
	for (int i = 0, asleep = 0; i < WAITERS; i++) {
		asleep += state_of(pids[i]) == 'S';
		if (i == WAITERS - 1)
			CHECK_EQ(asleep, WAITERS - woken);
	}
	SYS(close(data[1]));
	for (int i = 0; i < WAITERS; i++)
		SYS(waitpid(pids[i], &status, 0));
	SYS(close(report[1]));
	while (read(report[0], buf, 1) == 1)
		woken++;
	CHECK_EQ(woken, WAITERS);
	return 0;
}
