/* The events of files in a watched directory, in order, with names, cookies and IN_ISDIR. */
#include "../test.h"
#include <sys/inotify.h>
#include <sys/ioctl.h>

static int in;
static char dir[200], queue[8192];
static size_t have, at;
static uint32_t last_cookie;

static const char *path(const char *name)
{
	static char p[4][300];
	static int i;

	i = (i + 1) % 4;
	snprintf(p[i], sizeof p[i], "%s/%s", dir, name);
	return p[i];
}

static void expect(int wd, uint32_t mask, const char *name)
{
	struct inotify_event *e;

	if (at >= have) {
		have = SYS(read(in, queue, sizeof queue));
		at = 0;
	}
	e = (struct inotify_event *)(queue + at);
	if (e->wd != wd || e->mask != mask || strcmp(e->len ? e->name : "", name))
		FAIL("got wd %d mask %#x name %s, want wd %d mask %#x name %s", e->wd, e->mask,
			e->len ? e->name : "", wd, mask, name);
	last_cookie = e->cookie;
	at += sizeof *e + e->len;
}

static void expect_nothing(void)
{
	CHECK_EQ(at, have);
	CHECK_ERR(read(in, queue, sizeof queue), EAGAIN);
}

int main(void)
{
	uint32_t cookie;
	int wd, fd, wf, n;

	strcpy(dir, test_tmpdir());
	in = SYS(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
	wd = SYS(inotify_add_watch(in, dir, IN_ALL_EVENTS & ~IN_ACCESS));
	expect_nothing();
	fd = SYS(open(path("a"), O_CREAT | O_RDWR, 0600));
	expect(wd, IN_CREATE, "a");
	expect(wd, IN_OPEN, "a");
	write(fd, "x", 1);
	write(fd, "y", 1); /* merges with the one before */
	SYS(ioctl(in, FIONREAD, &n));
	CHECK_EQ(n, 32);
	expect(wd, IN_MODIFY, "a");
	SYS(fchmod(fd, 0644));
	expect(wd, IN_ATTRIB, "a");
	close(fd);
	expect(wd, IN_CLOSE_WRITE, "a");
	close(SYS(open(path("a"), O_RDONLY)));
	expect(wd, IN_OPEN, "a");
	expect(wd, IN_CLOSE_NOWRITE, "a");
	SYS(rename(path("a"), path("b")));
	expect(wd, IN_MOVED_FROM, "a");
	cookie = last_cookie;
	CHECK(cookie != 0);
	expect(wd, IN_MOVED_TO, "b");
	CHECK_EQ(last_cookie, cookie);
	SYS(mkdir(path("sub"), 0700));
	expect(wd, IN_CREATE | IN_ISDIR, "sub");
	SYS(rmdir(path("sub")));
	expect(wd, IN_DELETE | IN_ISDIR, "sub");
	SYS(truncate(path("b"), 0));
	expect(wd, IN_MODIFY, "b");
	expect_nothing();

	SYS(inotify_rm_watch(in, wd));
	expect(wd, IN_IGNORED, "");
	CHECK_ERR(inotify_rm_watch(in, wd), EINVAL);
	wf = SYS(inotify_add_watch(in, path("b"), IN_DELETE_SELF | IN_ATTRIB | IN_MOVE_SELF));
	CHECK(wf > wd);
	SYS(rename(path("b"), path("c")));
	expect(wf, IN_MOVE_SELF, "");
	SYS(unlink(path("c")));
	expect(wf, IN_ATTRIB, "");
	expect(wf, IN_DELETE_SELF, "");
	expect(wf, IN_IGNORED, "");
	expect_nothing();

	wd = SYS(inotify_add_watch(in, dir, IN_CREATE | IN_ONESHOT));
	CHECK_EQ(inotify_add_watch(in, dir, IN_DELETE | IN_MASK_ADD), wd);
	CHECK_ERR(inotify_add_watch(in, dir, IN_DELETE | IN_MASK_CREATE), EEXIST);
	test_write_file(path("d"), "", 0600);
	expect(wd, IN_CREATE, "d");
	expect(wd, IN_IGNORED, "");
	SYS(unlink(path("d")));
	expect_nothing();

	wd = SYS(inotify_add_watch(in, dir, IN_DELETE_SELF));
	SYS(rmdir(dir));
	expect(wd, IN_DELETE_SELF, "");
	expect(wd, IN_IGNORED, "");
	CHECK_ERR(inotify_add_watch(in, dir, IN_CREATE), ENOENT);
	CHECK_ERR(inotify_add_watch(in, "/", 0), EINVAL);
	CHECK_ERR(inotify_add_watch(in, "/proc/self/exe", IN_CREATE | IN_ONLYDIR), ENOTDIR);
	CHECK_ERR(inotify_add_watch(0, "/", IN_CREATE), EINVAL);
	return 0;
}
