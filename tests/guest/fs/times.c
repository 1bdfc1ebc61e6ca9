/* Time stamps: what moves them, and utimensat(2). */
#include "tests/guest/test.h"

static struct stat st;

static void look(const char *name)
{
	SYS(lstat(name, &st));
}

static bool before(struct timespec a, struct timespec b)
{
	return a.tv_sec < b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec < b.tv_nsec);
}

int main(void)
{
	struct timespec past[2] = {{1000000, 5}, {2000000, 7}}, now;
	int fd = SYS(open("f", O_CREAT | O_RDWR, 0644));
	char c;

	SYS(mkdir("d", 0755));
	SYS(futimens(fd, past));
	look("f");
	CHECK_EQ(st.st_atim.tv_sec, 1000000);
	CHECK_EQ(st.st_atim.tv_nsec, 5);
	CHECK_EQ(st.st_mtim.tv_sec, 2000000);
	SYS(clock_gettime(CLOCK_REALTIME, &now));
	CHECK(llabs((long long)now.tv_sec - st.st_ctim.tv_sec) < 100);

	past[0].tv_nsec = UTIME_OMIT;
	past[1].tv_nsec = UTIME_NOW;
	SYS(utimensat(AT_FDCWD, "f", past, 0));
	look("f");
	CHECK_EQ(st.st_atim.tv_sec, 1000000);
	CHECK(llabs((long long)now.tv_sec - st.st_mtim.tv_sec) < 100);
	past[0].tv_nsec = -1;
	CHECK_ERR(utimensat(AT_FDCWD, "f", past, 0), EINVAL);
	CHECK_ERR(utimensat(AT_FDCWD, "none", NULL, 0), ENOENT);

	/* writing moves mtime and ctime; chmod ctime only */
	past[0] = past[1] = (struct timespec){1000, 0};
	SYS(futimens(fd, past));
	SYS(write(fd, "x", 1));
	look("f");
	CHECK(st.st_mtim.tv_sec > 1000);
	CHECK_EQ(st.st_atim.tv_sec, 1000);
	SYS(futimens(fd, past));
	struct timespec ctime = st.st_ctim;
	SYS(chmod("f", 0600));
	look("f");
	CHECK_EQ(st.st_mtim.tv_sec, 1000);
	CHECK(!before(st.st_ctim, ctime));
	SYS(ftruncate(fd, 0));
	look("f");
	CHECK(st.st_mtim.tv_sec > 1000);

	/* relatime: a read moves an access time older than the change */
	SYS(write(fd, "y", 1));
	past[0] = past[1] = (struct timespec){2000, 0};
	SYS(futimens(fd, past));
	CHECK_EQ(SYS(pread(fd, &c, 1, 0)), 1);
	look("f");
	CHECK(st.st_atim.tv_sec == 2000 || st.st_atim.tv_sec > 1000000000);

	/* entries move their directory */
	SYS(utimensat(AT_FDCWD, "d", past, 0));
	SYS(close(SYS(open("d/x", O_CREAT | O_WRONLY, 0644))));
	look("d");
	CHECK(st.st_mtim.tv_sec > 2000);
	SYS(utimensat(AT_FDCWD, "d", past, 0));
	SYS(unlink("d/x"));
	look("d");
	CHECK(st.st_mtim.tv_sec > 2000);

	/* a link's own times */
	SYS(symlink("f", "l"));
	SYS(utimensat(AT_FDCWD, "l", past, AT_SYMLINK_NOFOLLOW));
	look("l");
	CHECK_EQ(st.st_mtim.tv_sec, 2000);
	return 0;
}
