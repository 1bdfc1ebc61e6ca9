/* link(2), symlink(2), unlink(2): counts, errors, and files without a name. */
#include "tests/guest/test.h"

int main(void)
{
	char buf[PATH_MAX], target[PATH_MAX + 1];
	struct stat st;
	int fd;

	fd = SYS(open("f", O_CREAT | O_RDWR, 0644));
	SYS(write(fd, "data", 4));
	SYS(link("f", "g"));
	SYS(fstat(fd, &st));
	CHECK_EQ(st.st_nlink, 2);
	CHECK_ERR(link("f", "g"), EEXIST);
	CHECK_ERR(link("none", "x"), ENOENT);
	SYS(mkdir("d", 0755));
	CHECK_ERR(link("d", "x"), EPERM);
	SYS(unlink("f"));
	SYS(unlink("g"));
	CHECK_ERR(unlink("g"), ENOENT);
	CHECK_ERR(unlink("d"), EISDIR);
	SYS(fstat(fd, &st));
	CHECK_EQ(st.st_nlink, 0);
	CHECK_EQ(SYS(pread(fd, buf, 10, 0)), 4);
	SYS(pwrite(fd, "more", 4, 4));
	CHECK_EQ(SYS(pread(fd, buf, 10, 0)), 8);
	snprintf(buf, sizeof(buf), "/proc/self/fd/%d", fd);
	CHECK_ERR(linkat(AT_FDCWD, buf, AT_FDCWD, "again", AT_SYMLINK_FOLLOW), ENOENT);

	/* a link to a link, and to what it points to */
	SYS(symlink("d", "l"));
	SYS(linkat(AT_FDCWD, "l", AT_FDCWD, "l2", 0));
	SYS(lstat("l2", &st));
	CHECK(S_ISLNK(st.st_mode));
	CHECK_EQ(st.st_nlink, 2);
	CHECK_EQ(st.st_size, 1);
	CHECK_ERR(linkat(AT_FDCWD, "l", AT_FDCWD, "l3", AT_SYMLINK_FOLLOW), EPERM);
	CHECK_EQ(SYS(readlink("l", buf, 1)), 1);
	CHECK_ERR(readlink("d", buf, 10), EINVAL);
	CHECK_ERR(readlink("l", buf, 0), EINVAL);
	CHECK_ERR(readlink("", buf, 10), ENOENT);
	CHECK_ERR(symlink("", "x"), ENOENT);
	CHECK_ERR(symlink("x", "l"), EEXIST);
	memset(target, 't', sizeof(target));
	target[PATH_MAX - 1] = 0;
	SYS(symlink(target, "long"));
	CHECK_EQ(SYS(readlink("long", buf, sizeof(buf))), PATH_MAX - 1);

	/* directories count their children's ".." */
	SYS(stat("d", &st));
	nlink_t before = st.st_nlink;
	SYS(mkdir("d/e", 0755));
	SYS(stat("d", &st));
	CHECK(before == 1 || st.st_nlink == before + 1);
	CHECK_ERR(rmdir("d"), ENOTEMPTY);
	CHECK_ERR(rmdir("d/."), EINVAL);
	CHECK_ERR(rmdir("l"), ENOTDIR);
	SYS(rmdir("d/e/"));
	SYS(rmdir("d"));
	return 0;
}
