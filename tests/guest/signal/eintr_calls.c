/* Without SA_RESTART a handler makes blocking calls fail with EINTR; some do even with it. A fast
 * interval timer interrupts them, so no call can be missed. */
#include "../test.h"
#include <linux/futex.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>

static volatile sig_atomic_t ticks;

static void on(int sig)
{
	(void)sig;
	ticks++;
}

static void all(bool restart)
{
	int fd[2], sv[2], word = 0;
	char c, big[4096];
	struct pollfd p;
	fd_set set;
	struct timespec ts = {1000, 0};
	struct epoll_event ev;
	struct itimerval it = {{0, 1500}, {0, 1500}};

	SYS(pipe(fd));
	SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	int ep = SYS(epoll_create1(0));
	p = (struct pollfd){.fd = fd[0], .events = POLLIN};
	on_signal(SIGALRM, on, restart ? SA_RESTART : 0);
	SYS(setitimer(ITIMER_REAL, &it, NULL));
	/* Never restarted. */
	CHECK_ERR(poll(&p, 1, -1), EINTR);
	FD_ZERO(&set);
	FD_SET(fd[0], &set);
	CHECK_ERR(select(fd[0] + 1, &set, NULL, NULL, NULL), EINTR);
	CHECK_ERR(epoll_wait(ep, &ev, 1, -1), EINTR);
	CHECK_ERR(nanosleep(&ts, &ts), EINTR);
	CHECK(ts.tv_sec >= 990 && ts.tv_sec < 1000);
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){1000, 0}, NULL), EINTR);
	CHECK_EQ(clock_nanosleep(
			 CLOCK_MONOTONIC, TIMER_ABSTIME, &(struct timespec){1L << 40, 0}, NULL),
		EINTR);
	CHECK_ERR(pause(), EINTR);
	if (!restart) {
		CHECK_ERR(read(fd[0], &c, 1), EINTR);
		CHECK_ERR(recv(sv[0], &c, 1, 0), EINTR);
		CHECK_ERR(syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0), EINTR);
		memset(big, 0, sizeof big);
		SYS(fcntl(fd[1], F_SETFL, O_NONBLOCK));
		while (write(fd[1], big, sizeof big) > 0)
			;
		SYS(fcntl(fd[1], F_SETFL, 0));
		CHECK_ERR(write(fd[1], big, 1), EINTR);
		pid_t pid = test_fork();
		if (pid == 0) {
			for (;;)
				pause();
		}
		CHECK_ERR(waitpid(pid, NULL, 0), EINTR);
		siginfo_t si;
		CHECK_ERR(waitid(P_PID, pid, &si, WEXITED), EINTR);
		SYS(kill(pid, SIGKILL));
		CHECK_KILLED(pid, SIGKILL);
	}
	CHECK(ticks > 0);
}

static void plain(void)
{
	all(false);
}

static void restarting(void)
{
	all(true);
}

int main(void)
{
	CHECK_CHILD(plain);
	CHECK_CHILD(restarting);
	return 0;
}
