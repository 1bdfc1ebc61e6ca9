/* A process is shown asleep only while it waits, not between two of its calls: what a parent that
 * waits for State S builds on. */
#include "tests/guest/test.h"

static char state_of(pid_t pid)
{
	char path[64], text[512], *p;
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = SYS(open(path, O_RDONLY));
	n = SYS(read(fd, text, sizeof(text) - 1));
	SYS(close(fd));
	text[n] = 0;
	p = strrchr(text, ')');
	CHECK(p);
	return p[2];
}

static void sleeper(volatile int *asleep)
{
	for (int i = 0; i < 20; i++)
		syscall(SYS_getppid);
	*asleep = 1;
	pause();
	_exit(0);
}

int main(void)
{
	volatile int *asleep =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(asleep != MAP_FAILED);
	for (int i = 0; i < 100; i++) {
		pid_t pid;

		*asleep = 0;
		pid = test_fork();
		if (pid == 0)
			sleeper(asleep);
		while (state_of(pid) != 'S')
			;
		CHECK(*asleep);
		SYS(kill(pid, SIGKILL));
		CHECK_KILLED(pid, SIGKILL);
	}
	return 0;
}
