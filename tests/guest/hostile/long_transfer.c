/* A process that moves a gigabyte in one call does not keep another from its calls, and can be
 * killed in the middle of it. */
#include "tests/guest/test.h"
#include <sys/sendfile.h>

#define SIZE (1ul << 30)

int main(void)
{
	int fd = SYS(open("big", O_CREAT | O_RDWR, 0600)), null, p[2], status;
	char c = 0;
	pid_t pid;

	SYS(ftruncate(fd, SIZE));
	SYS(pipe(p));
	pid = test_fork();
	if (!pid) {
		null = SYS(open("/dev/null", O_WRONLY));
		SYS(write(p[1], &c, 1));
		for (;;)
			SYS(sendfile(null, fd, &(off_t){0}, SIZE));
	}
	SYS(read(p[0], &c, 1));
	for (int i = 0; i < 200; i++)
		SYS(syscall(SYS_getppid));
	SYS(kill(pid, SIGKILL));
	CHECK_EQ(SYS(waitpid(pid, &status, 0)), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return 0;
}
