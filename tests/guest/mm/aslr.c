/* Stack, heap, libraries and (for PIE) the program lie elsewhere at each exec; not with
 * ADDR_NO_RANDOMIZE. */
#include "../test.h"
#include <sys/personality.h>

struct where {
	void *stack, *heap, *map, *text;
};

static struct where run(bool fixed)
{
	int fd[2];
	char num[16];
	struct where w;

	SYS(pipe(fd));
	pid_t pid = test_fork();
	if (pid == 0) {
		if (fixed)
			personality(ADDR_NO_RANDOMIZE);
		snprintf(num, sizeof num, "%d", fd[1]);
		execl("/proc/self/exe", "x", num, (char *)NULL);
		_exit(1);
	}
	CHECK_EXIT(pid, 0);
	CHECK_EQ(read(fd[0], &w, sizeof w), sizeof w);
	SYS(close(fd[0]));
	SYS(close(fd[1]));
	return w;
}

int main(int argc, char **argv)
{
	if (argc == 2) {
		struct where w = {&argc, sbrk(0),
			mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
			(void *)main};

		return write(atoi(argv[1]), &w, sizeof w) != sizeof w;
	}
	struct where a = run(false), b = run(false);
	int fd = open("/proc/sys/kernel/randomize_va_space", O_RDONLY);
	char c = '0';
	if (fd >= 0)
		(void)!read(fd, &c, 1);
	if (c != '2')
		SKIP("the host does not randomise");
	CHECK(a.stack != b.stack && a.heap != b.heap && a.map != b.map && a.text != b.text);
	a = run(true), b = run(true);
	CHECK(a.map == b.map && a.text == b.text && a.heap == b.heap);
	return 0;
}
