/* stat, statx, statfs, access agree with each other and refuse nonsense. */
#include "tests/guest/test.h"
#include <sys/statfs.h>

int main(void)
{
	struct statx x;
	struct stat st;
	struct statfs sf, sf2;
	int fd = SYS(open("f", O_CREAT | O_RDWR, 0640));

	SYS(write(fd, "12345", 5));
	SYS(stat("f", &st));
	SYS(statx(AT_FDCWD, "f", 0, STATX_ALL, &x));
	CHECK_EQ(x.stx_ino, st.st_ino);
	CHECK_EQ(x.stx_size, 5);
	CHECK_EQ(x.stx_mode, st.st_mode);
	CHECK_EQ(x.stx_mtime.tv_sec, st.st_mtim.tv_sec);
	CHECK_EQ(x.stx_mtime.tv_nsec, st.st_mtim.tv_nsec);
	CHECK_EQ(x.stx_mask & STATX_BASIC_STATS, STATX_BASIC_STATS);
	SYS(statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &x));
	CHECK_EQ(x.stx_ino, st.st_ino);
	SYS(fstatat(AT_FDCWD, "", &st, AT_EMPTY_PATH));
	CHECK(S_ISDIR(st.st_mode));
	SYS(symlink("f", "l"));
	SYS(statx(AT_FDCWD, "l", AT_SYMLINK_NOFOLLOW, STATX_TYPE, &x));
	CHECK(S_ISLNK(x.stx_mode));
	CHECK_ERR(statx(AT_FDCWD, "f", 0x10000, STATX_ALL, &x), EINVAL);
	CHECK_ERR(statx(AT_FDCWD, "f", 0, 0x80000000u, &x), EINVAL);
	CHECK_ERR(fstatat(AT_FDCWD, "f", &st, 0x10000), EINVAL);
	CHECK_ERR(syscall(SYS_newfstatat, AT_FDCWD, "f", 8, 0), EFAULT);
	CHECK_ERR(fstat(99, &st), EBADF);
	SYS(statfs(".", &sf));
	SYS(fstatfs(fd, &sf2));
	CHECK_EQ(sf.f_type, sf2.f_type);
	CHECK(sf.f_bsize > 0 && sf.f_namelen >= 255);
	SYS(access("f", F_OK));
	CHECK_ERR(access("f", 8), EINVAL);
	CHECK_ERR(access("none", F_OK), ENOENT);
	CHECK_ERR(access("f/x", F_OK), ENOTDIR);
	SYS(syscall(SYS_faccessat2, AT_FDCWD, "l", F_OK, AT_SYMLINK_NOFOLLOW | AT_EACCESS));
	return 0;
}
