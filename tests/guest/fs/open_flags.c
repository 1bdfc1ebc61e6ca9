/* open(2): what each flag refuses and does, on files, directories, symlinks and FIFOs. */
#include "tests/guest/test.h"

int main(void)
{
	char buf[8];
	int fd, fd2;

	umask(022);
	SYS(mkdir("d", 0755));
	fd = SYS(open("f", O_CREAT | O_EXCL | O_RDWR, 0666));
	CHECK_EQ(SYS(write(fd, "hello", 5)), 5);
	struct stat st;
	SYS(fstat(fd, &st));
	CHECK_EQ(st.st_mode & 07777, 0644);
	SYS(symlink("f", "l"));
	SYS(symlink("new", "dangling"));
	CHECK_ERR(open("f", O_CREAT | O_EXCL, 0644), EEXIST);
	CHECK_ERR(open("dangling", O_CREAT | O_EXCL | O_WRONLY, 0644), EEXIST);
	CHECK_ERR(open("dangling", O_RDONLY), ENOENT);
	CHECK_ERR(open("l", O_RDONLY | O_NOFOLLOW), ELOOP);
	CHECK_ERR(open("f", O_RDONLY | O_DIRECTORY), ENOTDIR);
	CHECK_ERR(open("d", O_WRONLY), EISDIR);
	CHECK_ERR(open("d", O_RDONLY | O_CREAT, 0644), EISDIR);
	CHECK_ERR(open("d/", O_RDWR | O_CREAT | O_EXCL, 0644), EISDIR);
	CHECK_ERR(open("f/", O_RDONLY), ENOTDIR);
	CHECK_ERR(open("nope/", O_RDWR | O_CREAT, 0644), EISDIR);
	CHECK_ERR(open("f/x", O_RDONLY), ENOTDIR);
	CHECK_ERR(open("", O_RDONLY), ENOENT);
	CHECK_ERR(openat(99, "f", O_RDONLY), EBADF);
	CHECK_ERR(openat(fd, "f", O_RDONLY), ENOTDIR);
	CHECK_ERR(open((char *)1, O_RDONLY), EFAULT);

	/* truncation, append, access modes */
	fd2 = SYS(open("f", O_WRONLY | O_APPEND));
	SYS(lseek(fd2, 0, SEEK_SET));
	CHECK_EQ(SYS(write(fd2, "!!", 2)), 2);
	CHECK_EQ(SYS(pread(fd, buf, 8, 0)), 7);
	CHECK(!memcmp(buf, "hello!!", 7));
	CHECK_ERR(read(fd2, buf, 1), EBADF);
	SYS(close(SYS(open("f", O_RDONLY | O_TRUNC))));
	SYS(fstat(fd, &st));
	CHECK_EQ(st.st_size, 0);
	SYS(close(fd2));

	/* a path descriptor names, but neither reads nor writes */
	fd2 = SYS(open("l", O_PATH | O_NOFOLLOW));
	SYS(fstat(fd2, &st));
	CHECK(S_ISLNK(st.st_mode));
	CHECK_ERR(read(fd2, buf, 1), EBADF);
	CHECK_ERR(fchmod(fd2, 0600), EBADF);
	CHECK_ERR(syscall(SYS_ioctl, fd2, 0x5421, buf), EBADF);
	CHECK_EQ(SYS(readlinkat(fd2, "", buf, 8)), 1);
	SYS(close(fd2));

	/* an unnamed file, given a name later */
	fd2 = open(".", O_TMPFILE | O_RDWR, 0600);
	if (fd2 >= 0) {
		char proc[64];

		CHECK_EQ(SYS(write(fd2, "tmp", 3)), 3);
		SYS(fstat(fd2, &st));
		CHECK_EQ(st.st_nlink, 0);
		snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd2);
		SYS(linkat(AT_FDCWD, proc, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
		SYS(stat("named", &st));
		CHECK_EQ(st.st_size, 3);
		CHECK_EQ(st.st_nlink, 1);
	} else {
		CHECK(errno == EOPNOTSUPP);
	}
	CHECK_ERR(open(".", O_TMPFILE | O_RDONLY, 0600), EINVAL);

	/* flags as fcntl shows and changes them */
	fd2 = SYS(open("f", O_RDWR | O_APPEND | O_CLOEXEC | O_CREAT | O_TRUNC, 0644));
	CHECK_EQ(SYS(fcntl(fd2, F_GETFL)) & ~0100000, O_RDWR | O_APPEND);
	CHECK_EQ(SYS(fcntl(fd2, F_GETFD)), FD_CLOEXEC);
	SYS(fcntl(fd2, F_SETFL, O_NONBLOCK | O_CREAT | O_WRONLY));
	CHECK_EQ(SYS(fcntl(fd2, F_GETFL)) & ~0100000, O_RDWR | O_NONBLOCK);
	return 0;
}
