/* A registration lasts until the last descriptor of the file is closed, also across fork and dup.
 */
#include "../test.h"
#include <sys/epoll.h>

int main(void)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.u32 = 7}, out;
	int ep = SYS(epoll_create1(0)), fd[2], d;
	uint32_t first;
	struct gate g;
	pid_t pid;

	SYS(pipe(fd));
	SYS(epoll_ctl(ep, EPOLL_CTL_ADD, fd[0], &ev));
	d = SYS(dup(fd[0]));
	ev.data.u32 = 8;
	SYS(epoll_ctl(ep, EPOLL_CTL_ADD, d, &ev)); /* same file, another descriptor */
	write(fd[1], "x", 1);
	CHECK_EQ(epoll_wait(ep, &out, 1, 0), 1);
	first = out.data.u32;
	CHECK_EQ(epoll_wait(ep, &out, 1, 0), 1); /* the other one gets its turn */
	CHECK_EQ(first + out.data.u32, 15);
	close(fd[0]);
	CHECK_EQ(epoll_wait(ep, (struct epoll_event[4]){}, 4, 0), 2);
	close(d);
	CHECK_EQ(epoll_wait(ep, &out, 1, 0), 0);
	close(fd[1]);

	SYS(pipe(fd));
	gate_init(&g);
	SYS(epoll_ctl(ep, EPOLL_CTL_ADD, fd[0], &ev));
	pid = test_fork();
	if (pid == 0) {
		gate_wait(&g);
		_exit(0);
	}
	close(fd[0]);
	write(fd[1], "x", 1);
	CHECK_EQ(epoll_wait(ep, &out, 1, 0), 1); /* the child has it still */
	gate_open(&g);
	CHECK_EXIT(pid, 0);
	CHECK_EQ(epoll_wait(ep, &out, 1, 0), 0);
	return 0;
}
