/* A megabyte of arguments and thousands of environment strings arrive unharmed. */
#include "../test.h"

#define N 8000
#define LEN 128

extern char **environ;

static void fill(char *s, int i)
{
	memset(s, 'a' + i % 26, LEN - 1);
	snprintf(s, 16, "%06d", i);
	s[6] = '_';
	s[LEN - 1] = 0;
}

int main(int argc, char **argv)
{
	static char *args[N + 1], *env[N + 1];
	char want[LEN];

	if (argc == N) {
		for (int i = 0; i < N; i++) {
			fill(want, i);
			CHECK_STR(argv[i], want);
			if (i % 8 == 0)
				CHECK_STR(environ[i / 8], want);
		}
		CHECK(environ[N / 8] == NULL);
		return 0;
	}
	for (int i = 0; i < N; i++) {
		args[i] = malloc(LEN);
		fill(args[i], i);
		if (i % 8 == 0)
			env[i / 8] = args[i];
	}
	pid_t pid = test_fork();
	if (pid == 0) {
		execve("/proc/self/exe", args, env);
		FAIL("exec (errno %d)", errno);
	}
	CHECK_EXIT(pid, 0);
	return 0;
}
