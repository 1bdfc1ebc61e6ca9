/* An empty argv becomes {""} (Linux 5.18 and later); a NULL argv or envp counts as empty. */
#include "../test.h"

extern char **environ;

int main(int argc, char **argv)
{
	if (argc == 0 || !argv[0][0]) {
		CHECK_EQ(argc, 1);
		CHECK(argv[1] == NULL);
		CHECK(environ[0] == NULL);
		return 0;
	}
	for (int i = 0; i < 2; i++) {
		pid_t pid = test_fork();

		if (pid == 0) {
			char *none[] = {NULL};

			syscall(SYS_execve, "/proc/self/exe", i ? none : NULL, i ? none : NULL);
			FAIL("exec (errno %d)", errno);
		}
		CHECK_EXIT(pid, 0);
	}
	return 0;
}
