/* link: pthread */
/* execve from a thread that is not the leader: the new program has the process's pid, one thread.
 */
/* run: trap-all */
#include "../test.h"
#include <dirent.h>
#include <pthread.h>

static char *self, pid_text[32];
static struct gate never;

static void *do_exec(void *arg)
{
	char *argv[] = {self, "execed", pid_text, NULL};

	CHECK(gettid() != getpid());
	execv("/proc/self/exe", argv);
	FAIL("execv (errno %d)", errno);
	return arg;
}

static void *blocks(void *arg)
{
	gate_wait(&never);
	return arg;
}

static int count_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	int n = 0;

	CHECK(dir);
	for (struct dirent *e; (e = readdir(dir));)
		n += e->d_name[0] != '.';
	closedir(dir);
	return n;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "execed") == 0) {
		CHECK_EQ(getpid(), atoi(argv[2]));
		CHECK_EQ(gettid(), getpid());
		CHECK_EQ(count_threads(), 1);
		return 55;
	}
	self = argv[0];
	gate_init(&never);
	for (int i = 0; i < 5; i++) {
		pid_t pid = test_fork();

		if (pid == 0) {
			pthread_t t;

			snprintf(pid_text, sizeof pid_text, "%d", getpid());
			for (int j = 0; j < 3; j++)
				CHECK_EQ(pthread_create(&t, NULL, blocks, NULL), 0);
			CHECK_EQ(pthread_create(&t, NULL, do_exec, NULL), 0);
			pthread_join(t, NULL);
			FAIL("leader survived exec");
		}
		CHECK_EXIT(pid, 55);
	}
	return 0;
}
