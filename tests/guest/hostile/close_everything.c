/* close_range over all descriptors, then fork, exec, file mappings and brk: none of them depended
 * on a descriptor the program could close. */
#include "../test.h"

int main(void)
{
	SYS(syscall(SYS_close_range, 3, ~0u, 0));
	for (int fd = 3; fd < 1024; fd++)
		CHECK_ERR(close(fd), EBADF);
	pid_t pid = test_fork();
	if (pid == 0) {
		if (syscall(SYS_close_range, 0, ~0u, 0))
			_exit(2);
		pid_t child = fork();
		if (child == 0) {
			execl("/bin/true", "true", (char *)NULL);
			_exit(3);
		}
		int st;
		if (waitpid(child, &st, 0) != child || st)
			_exit(4);
		int fd = open("/proc/self/exe", O_RDONLY);
		if (fd != 0)
			_exit(5);
		char *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
		if (p == MAP_FAILED || p[1] != 'E')
			_exit(6);
		if (sbrk(1 << 20) == (void *)-1)
			_exit(7);
		_exit(0);
	}
	CHECK_EXIT(pid, 0);
	CHECK_ERR(syscall(SYS_close_range, 5, 4, 0), EINVAL);
	CHECK_ERR(syscall(SYS_close_range, 0, 1, 0x100), EINVAL);
	return 0;
}
