/* Open file descriptions are shared over fork: one offset; descriptors are not: close is private.
 */
#include "../test.h"

int main(void)
{
	int fd = SYS(memfd_create("offset", 0));
	char buf[16] = {0};

	CHECK_EQ(write(fd, "abcdefgh", 8), 8);
	SYS(lseek(fd, 0, SEEK_SET));
	pid_t pid = test_fork();
	if (pid == 0) {
		CHECK_EQ(read(fd, buf, 3), 3);
		CHECK_STR(buf, "abc");
		SYS(close(fd));
		_exit(0);
	}
	CHECK_EXIT(pid, 0);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 3);
	CHECK_EQ(read(fd, buf, 3), 3);
	CHECK_STR(buf, "def");
	return 0;
}
