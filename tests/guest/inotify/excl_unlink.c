/* IN_EXCL_UNLINK: no events of files that have lost their name; fdinfo shows the watch's flags. */
#include "../test.h"

#include <sys/inotify.h>

static int next_event(int fd, struct inotify_event *e)
{
	char buf[4096] __attribute__((aligned(8)));
	ssize_t n = read(fd, buf, sizeof buf);

	if (n > 0)
		memcpy(e, buf, sizeof *e);
	return n > 0;
}

static void check(const char *dir, uint32_t flags, int after_unlink)
{
	struct inotify_event e;
	int fd = SYS(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)), file;
	char path[128], info[256] = "", want[32];
	int fdinfo;

	snprintf(path, sizeof path, "%s/f", dir);
	file = SYS(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	SYS(inotify_add_watch(fd, dir, IN_MODIFY | flags));
	snprintf(want, sizeof want, "/proc/self/fdinfo/%d", fd);
	fdinfo = SYS(open(want, O_RDONLY | O_CLOEXEC));
	CHECK(read(fdinfo, info, sizeof info - 1) > 0);
	snprintf(want, sizeof want, "mask:%x ", IN_MODIFY | flags);
	CHECK(strstr(info, want));
	CHECK_EQ(write(file, "x", 1), 1);
	CHECK(next_event(fd, &e));
	CHECK_EQ(e.mask, IN_MODIFY);
	SYS(unlink(path));
	CHECK_EQ(write(file, "x", 1), 1);
	CHECK_EQ(next_event(fd, &e), after_unlink);
	SYS(close(file));
	SYS(close(fdinfo));
	SYS(close(fd));
}

int main(void)
{
	const char *dir = test_tmpdir();

	check(dir, 0, 1);
	check(dir, IN_EXCL_UNLINK, 0);
	SYS(rmdir(dir));
	return 0;
}
