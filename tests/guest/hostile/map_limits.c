/* More mappings than allowed: ENOMEM, and fork, exit and exec of such a process work. */
#include "../test.h"

int main(void)
{
	pid_t pid = test_fork();

	if (pid == 0) {
		int n = 0;
		char *base = mmap(NULL, 80000 * 8192ul, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		CHECK(base != MAP_FAILED);
		while (n < 79999 && mprotect(base + n * 8192ul, 4096, PROT_READ) == 0)
			n++;
		CHECK(n > 1000);
		/* Leave room for what exit and fork of libc need. */
		SYS(munmap(base, 2000 * 8192ul));
		pid_t child = test_fork();
		if (child == 0) {
			execl("/bin/true", "true", (char *)NULL);
			_exit(1);
		}
		CHECK_EXIT(child, 0);
		_exit(0);
	}
	CHECK_EXIT(pid, 0);
	return 0;
}
