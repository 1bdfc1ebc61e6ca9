/* /proc/self/fdinfo shows position and flags of an open file. */
#include "proc.h"

int main(void)
{
	char path[64];
	const char *t;
	int fd = SYS(open("/proc/self/exe", O_RDONLY | O_NONBLOCK | O_CLOEXEC));

	SYS(lseek(fd, 1234, SEEK_SET));
	snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
	t = read_file(path, NULL);
	CHECK_EQ(atoi(need_value(t, "pos:")), 1234);
	CHECK_EQ(strtol(need_value(t, "flags:"), NULL, 8) & (O_NONBLOCK | O_CLOEXEC | O_ACCMODE),
		O_NONBLOCK | O_CLOEXEC);
	need_value(t, "mnt_id:");
	SYS(close(fd));
	CHECK_ERR(open(path, O_RDONLY), ENOENT);
	return 0;
}
