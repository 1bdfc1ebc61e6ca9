/* run: root */
/* name_to_handle_at(2), open_by_handle_at(2). */
#include "tests/guest/test.h"
#include <sys/mount.h>

struct handle {
	unsigned bytes;
	int type;
	unsigned char data[128];
};

static long name(int dfd, const char *path, struct handle *h, int *mnt, int flags)
{
	return syscall(SYS_name_to_handle_at, dfd, path, h, mnt, flags);
}

static long open_handle(int fd, struct handle *h, int flags)
{
	return syscall(SYS_open_by_handle_at, fd, h, flags);
}

int main(void)
{
	struct handle h = {.bytes = 128}, h2 = {.bytes = 128}, link = {.bytes = 128};
	char text[8] = "";
	int mnt, mnt2, fd, dir;

	if (geteuid() || unshare(CLONE_NEWNS) < 0)
		SKIP("needs a mount namespace");
	SYS(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	SYS(mkdir("m", 0755));
	SYS(mount("t", "m", "tmpfs", 0, NULL));
	SYS(chdir("m"));
	fd = SYS(open("f", O_CREAT | O_WRONLY, 0600));
	CHECK_EQ(write(fd, "hello", 5), 5);
	SYS(name(AT_FDCWD, "f", &h, &mnt, 0));
	SYS(name(fd, "", &h2, &mnt2, AT_EMPTY_PATH));
	SYS(close(fd));
	CHECK_EQ(mnt, mnt2);
	CHECK_EQ(h.bytes, h2.bytes);
	CHECK(!memcmp(h.data, h2.data, h.bytes));
	SYS(rename("f", "g")); /* another name, the same file */
	fd = SYS(open_handle(AT_FDCWD, &h, O_RDONLY));
	CHECK_EQ(read(fd, text, 8), 5);
	CHECK_STR(text, "hello");
	SYS(close(fd));
	dir = SYS(open(".", O_PATH));
	fd = SYS(open_handle(SYS(open(".", O_RDONLY)), &h, O_RDWR));
	SYS(close(fd));

	SYS(symlink("g", "l"));
	SYS(name(AT_FDCWD, "l", &link, &mnt, 0));
	CHECK_ERR(open_handle(AT_FDCWD, &link, O_RDONLY), ELOOP);
	link.bytes = 128;
	SYS(name(AT_FDCWD, "l", &link, &mnt, AT_SYMLINK_FOLLOW));
	CHECK(!memcmp(h.data, link.data, h.bytes));

	h2.bytes = 0;
	CHECK_ERR(name(AT_FDCWD, "g", &h2, &mnt, 0), EOVERFLOW);
	CHECK_EQ(h2.bytes, h.bytes);
	h2.bytes = 129;
	CHECK_ERR(name(AT_FDCWD, "g", &h2, &mnt, 0), EINVAL);
	CHECK_ERR(open_handle(AT_FDCWD, &h2, 0), EINVAL);
	h2.bytes = 128;
	CHECK_ERR(name(AT_FDCWD, "g", &h2, &mnt, 1 << 20), EINVAL);
	CHECK_ERR(name(-1, "g", &h2, &mnt, 0), EBADF);
	CHECK_ERR(name(dir, "none", &h2, &mnt, 0), ENOENT);
	CHECK_ERR(name(AT_FDCWD, "g", NULL, &mnt, 0), EFAULT);
	CHECK_ERR(open_handle(-1, &h, 0), EBADF);
	CHECK_ERR(open_handle(SYS(open("/dev/null", O_RDONLY)), &h, 0), ESTALE);
	SYS(unlink("g"));
	SYS(unlink("l"));
	CHECK_ERR(open_handle(AT_FDCWD, &h, O_RDONLY), ESTALE);
	SYS(setresuid(1, 1, 1));
	CHECK_ERR(open_handle(AT_FDCWD, &h, O_RDONLY), EPERM);
	return 0;
}
