/* run: root */
/* fanotify: events of objects, of children, of a mount; merging, ignoring, removing; errors. */
#include "tests/guest/fanotify/fan.h"

static char name[256];

static void expect(int fan, uint64_t mask, const char *file)
{
	struct fanotify_event_metadata e = fan_next(fan, name, sizeof(name));

	CHECK_EQ(e.mask, mask);
	CHECK_STR(name, file);
	CHECK_EQ(e.pid, getpid());
	close(e.fd);
}

static void expect_nothing(int fan)
{
	char buf[64];

	CHECK_ERR(read(fan, buf, sizeof(buf)), EAGAIN);
}

static void use(const char *file)
{
	int fd = SYS(open(file, O_RDWR));
	char c;

	CHECK_EQ(write(fd, "xy", 2), 2);
	CHECK_EQ(pread(fd, &c, 1, 0), 1);
	close(fd);
}

static void objects(int fan)
{
	SYS(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN | FAN_MODIFY | FAN_CLOSE, AT_FDCWD, "a"));
	use("a");
	use("b");
	expect(fan, FAN_OPEN | FAN_MODIFY | FAN_CLOSE_WRITE, "a");
	expect_nothing(fan);
	SYS(fanotify_mark(fan, FAN_MARK_REMOVE, FAN_OPEN | FAN_MODIFY, AT_FDCWD, "a"));
	use("a");
	expect(fan, FAN_CLOSE_WRITE, "a");
	SYS(fanotify_mark(fan, FAN_MARK_FLUSH, 0, AT_FDCWD, NULL));
	use("a");
	expect_nothing(fan);
}

static void children(int fan)
{
	SYS(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN | FAN_EVENT_ON_CHILD, AT_FDCWD, "."));
	use("b");
	expect(fan, FAN_OPEN, "b");
	close(SYS(open(".", O_RDONLY)));
	expect_nothing(fan); /* no FAN_ONDIR */
	SYS(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY,
		FAN_OPEN, AT_FDCWD, "b"));
	use("b");
	use("a");
	expect(fan, FAN_OPEN, "a");
	expect_nothing(fan);
	SYS(fanotify_mark(fan, FAN_MARK_FLUSH, 0, AT_FDCWD, NULL));
}

static void errors(int fan)
{
	int file = SYS(open("a", O_RDONLY));

	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD, 0, AT_FDCWD, "a"), EINVAL);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD, "a"), EINVAL);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "none"), ENOENT);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_REMOVE, FAN_OPEN, AT_FDCWD, "a"), ENOENT);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_ONLYDIR, FAN_OPEN, AT_FDCWD, "a"),
		ENOTDIR);
	CHECK_ERR(fanotify_mark(file, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "a"), EINVAL);
	CHECK_ERR(fanotify_mark(-1, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "a"), EBADF);
	CHECK_ERR(fanotify_init(0x80000000u, O_RDONLY), EINVAL);
	close(file);
}

int main(void)
{
	int fan = fan_init(FAN_CLASS_NOTIF | FAN_NONBLOCK);

	SYS(chdir(test_tmpdir()));
	test_write_file("a", "aa", 0600);
	test_write_file("b", "bb", 0600);
	objects(fan);
	children(fan);
	errors(fan);
	close(fan);
	return 0;
}
