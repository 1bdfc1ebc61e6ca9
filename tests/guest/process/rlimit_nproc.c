/* RLIMIT_NPROC: fork and thread creation give EAGAIN at the limit for an unprivileged user. */
#include "../test.h"

static void exact(void)
{
	struct gate hold;
	pid_t pids[16];
	int n;

	gate_init(&hold);
	SYS(setresuid(54321, 54321, 54321));
	SYS(setrlimit(RLIMIT_NPROC, &(struct rlimit){5, 5}));
	for (n = 0; n < 16; n++) {
		pids[n] = fork();
		if (pids[n] == 0) {
			gate_wait(&hold);
			_exit(0);
		}
		if (pids[n] < 0)
			break;
	}
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(n, 4);
	gate_open(&hold);
	SYS(wait(NULL));
	pids[n] = fork();
	if (pids[n] == 0)
		_exit(0);
	CHECK(pids[n] > 0);
	SYS(wait(NULL));
	for (int i = 0; i < 3; i++) {
		gate_open(&hold);
		SYS(wait(NULL));
	}
}

static void one(void)
{
	SYS(setrlimit(RLIMIT_NPROC, &(struct rlimit){1, 1}));
	CHECK_ERR(fork(), EAGAIN);
	CHECK_ERR(vfork(), EAGAIN);
}

int main(void)
{
	if (getuid() == 0)
		CHECK_CHILD(exact);
	else
		CHECK_CHILD(one);
	return 0;
}
