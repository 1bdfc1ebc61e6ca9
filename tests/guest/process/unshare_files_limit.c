/* run: root */
/* unshare(CLONE_FILES) copies no table that is larger than /proc/sys/fs/nr_open by now. */
#include "../test.h"

static void setting(const char *value)
{
	int fd = SYS(open("/proc/sys/fs/nr_open", O_WRONLY));

	CHECK_EQ(write(fd, value, strlen(value)), strlen(value));
	close(fd);
}

static char stack[65536];

static int sharer(void *arg)
{
	long ret;

	setting("64");
	ret = unshare(CLONE_FILES) < 0 ? errno : 0;
	setting(arg);
	CHECK_EQ(ret, EMFILE);
	close(100);
	SYS(unshare(CLONE_FILES));
	return 0;
}

int main(void)
{
	char before[32] = "";
	pid_t pid;
	int fd = SYS(open("/proc/sys/fs/nr_open", O_RDONLY));

	CHECK(read(fd, before, sizeof before - 1) > 0);
	SYS(dup2(fd, 100));
	pid = SYS(clone(sharer, stack + sizeof stack, CLONE_FILES | SIGCHLD, before));
	CHECK_EXIT(pid, 0);
	return 0;
}
