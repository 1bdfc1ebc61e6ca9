/* Hundreds of pipes filled to the brim and dropped with their data, by several processes. */
#include "../test.h"

static void hoard(void)
{
	static char buf[65536];

	for (int i = 0; i < 200; i++) {
		int p[2];

		if (pipe2(p, O_NONBLOCK))
			break;
		while (write(p[1], buf, sizeof buf) > 0)
			;
		CHECK_EQ(errno, EAGAIN);
	}
}

int main(void)
{
	for (int round = 0; round < 3; round++) {
		pid_t pids[3];

		for (int i = 0; i < 3; i++) {
			pids[i] = test_fork();
			if (pids[i] == 0) {
				hoard();
				if (i == 1)
					raise(SIGKILL);
				_exit(0);
			}
		}
		for (int i = 0; i < 3; i++)
			test_wait(pids[i], 0);
	}
	return 0;
}
