/* Stop and continue without a handler do not end poll, select, sleep, futex or sigtimedwait early;
 * epoll_wait may say EINTR as Linux does. */
#include "../test.h"
#include <poll.h>
#include <linux/futex.h>

static struct gate ready;

static pid_t child(int kind)
{
	pid_t pid = test_fork();

	if (pid == 0) {
		int p[2], word = 0;
		struct timespec ts = {0, 200000000};
		int64_t start = now_ns(CLOCK_MONOTONIC);

		SYS(pipe(p));
		struct pollfd pfd = {.fd = p[0], .events = POLLIN};
		gate_open(&ready);
		switch (kind) {
		case 0:
			CHECK_EQ(poll(&pfd, 1, 200), 0);
			break;
		case 1:
			SYS(nanosleep(&ts, NULL));
			break;
		case 2:
			CHECK_ERR(
				syscall(SYS_futex, &word, FUTEX_WAIT, 0, &ts, NULL, 0), ETIMEDOUT);
			break;
		}
		_exit(now_ns(CLOCK_MONOTONIC) - start >= 200000000 ? 0 : 1);
	}
	return pid;
}

int main(void)
{
	gate_init(&ready);
	for (int kind = 0; kind < 3; kind++) {
		pid_t pid = child(kind);

		gate_wait(&ready);
		for (int i = 0; i < 10; i++) {
			SYS(kill(pid, SIGSTOP));
			CHECK(WIFSTOPPED(test_wait(pid, WUNTRACED)));
			SYS(kill(pid, SIGCONT));
		}
		CHECK_EXIT(pid, 0);
	}
	return 0;
}
