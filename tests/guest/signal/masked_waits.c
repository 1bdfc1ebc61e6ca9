/* ppoll, pselect6, epoll_pwait swap the mask atomically: a pending signal interrupts at once, data
 * that is ready wins or the handler runs, the old mask comes back. */
#include "../test.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

static volatile sig_atomic_t got;

static void on(int sig)
{
	(void)sig;
	got++;
}

static void check_mask(void)
{
	sigset_t set;

	SYS(sigprocmask(SIG_BLOCK, NULL, &set));
	CHECK(sigismember(&set, SIGUSR1));
}

int main(void)
{
	int p[2], ep = SYS(epoll_create1(0));
	sigset_t none;
	struct epoll_event ev = {.events = EPOLLIN};
	fd_set fds;

	SYS(pipe(p));
	SYS(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev));
	struct pollfd pfd = {.fd = p[0], .events = POLLIN};
	sigemptyset(&none);
	on_signal(SIGUSR1, on, SA_RESTART);
	block_signal(SIGUSR1);

	SYS(raise(SIGUSR1));
	CHECK_EQ(poll(&pfd, 1, 0), 0);
	CHECK_EQ(got, 0);
	CHECK_ERR(ppoll(&pfd, 1, NULL, &none), EINTR);
	CHECK_EQ(got, 1);
	check_mask();

	SYS(raise(SIGUSR1));
	FD_ZERO(&fds);
	FD_SET(p[0], &fds);
	CHECK_ERR(pselect(p[0] + 1, &fds, NULL, NULL, NULL, &none), EINTR);
	CHECK_EQ(got, 2);
	check_mask();

	SYS(raise(SIGUSR1));
	CHECK_ERR(epoll_pwait(ep, &ev, 1, -1, &none), EINTR);
	CHECK_EQ(got, 3);
	check_mask();

	/* A time-out of zero still looks at nothing but the descriptors. */
	CHECK_EQ(ppoll(&pfd, 1, &(struct timespec){0, 0}, &none), 0);
	check_mask();
	CHECK_EQ(write(p[1], "x", 1), 1);
	CHECK_EQ(ppoll(&pfd, 1, NULL, &none), 1);
	CHECK_EQ(epoll_pwait(ep, &ev, 1, -1, &none), 1);
	check_mask();
	CHECK_EQ(got, 3);
	return 0;
}
