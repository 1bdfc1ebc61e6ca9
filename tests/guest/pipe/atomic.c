/* Writes of at most PIPE_BUF bytes by several processes do not mix. */
#include "../test.h"

#define WRITERS 4
#define ROUNDS 200

int main(void)
{
	static char rec[PIPE_BUF];
	int fd[2], seen[WRITERS] = {0};
	pid_t pid[WRITERS];

	SYS(pipe(fd));
	for (int w = 0; w < WRITERS; w++) {
		pid[w] = test_fork();
		if (pid[w] == 0) {
			memset(rec, 'A' + w, sizeof rec);
			for (int i = 0; i < ROUNDS; i++)
				CHECK_EQ(write(fd[1], rec, sizeof rec), sizeof rec);
			_exit(0);
		}
	}
	close(fd[1]);
	for (;;) {
		size_t have = 0;
		ssize_t n = 0;

		while (have < sizeof rec && (n = read(fd[0], rec + have, sizeof rec - have)) > 0)
			have += n;
		if (!have)
			break;
		CHECK_EQ(have, sizeof rec);
		for (size_t i = 1; i < sizeof rec; i++)
			CHECK_EQ(rec[i], rec[0]);
		seen[rec[0] - 'A']++;
	}
	for (int w = 0; w < WRITERS; w++) {
		CHECK_EQ(seen[w], ROUNDS);
		CHECK_EXIT(pid[w], 0);
	}
	return 0;
}
