/* run: guest-only */
/* mount(2), umount2(2): tmpfs, bind, read-only, move, busy, lazy. */
#include "tests/guest/test.h"
#include <sys/mount.h>
#include <sys/statfs.h>

int main(void)
{
	struct statfs sf;
	struct stat st;
	int fd;

	SYS(mkdir("m", 0755));
	SYS(mkdir("n", 0755));
	SYS(close(SYS(open("m/below", O_CREAT | O_WRONLY, 0644))));
	SYS(mount("t", "m", "tmpfs", 0, "size=64k,mode=700"));
	CHECK_ERR(stat("m/below", &st), ENOENT);
	SYS(stat("m", &st));
	CHECK_EQ(st.st_mode & 07777, 0700);
	SYS(statfs("m", &sf));
	CHECK_EQ(sf.f_type, 0x01021994);
	CHECK_EQ(sf.f_blocks * (unsigned long)sf.f_bsize, 65536);
	fd = SYS(open("m/f", O_CREAT | O_RDWR, 0644));
	CHECK_ERR(rmdir("m"), EBUSY);
	CHECK_ERR(rename("m", "x"), EBUSY);
	CHECK_ERR(rename("m/f", "f"), EXDEV);
	CHECK_ERR(link("m/f", "f"), EXDEV);
	CHECK_ERR(umount("m"), EBUSY);
	SYS(close(fd));

	SYS(mount("m", "n", NULL, MS_BIND, NULL));
	SYS(stat("n/f", &st));
	SYS(mount(NULL, "n", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
	CHECK_ERR(open("n/f", O_WRONLY), EROFS);
	CHECK_ERR(open("n/new", O_CREAT | O_WRONLY, 0644), EROFS);
	CHECK_ERR(unlink("n/f"), EROFS);
	CHECK_ERR(chmod("n/f", 0600), EROFS);
	CHECK_ERR(access("n/f", W_OK), EROFS);
	SYS(close(SYS(open("m/f", O_WRONLY))));
	SYS(umount("n"));
	CHECK_ERR(umount("n"), EINVAL);

	SYS(mount("m", "n", NULL, MS_MOVE, NULL));
	SYS(stat("n/f", &st));
	SYS(stat("m/below", &st));
	SYS(chdir("n"));
	CHECK_ERR(umount("../n"), EBUSY);
	SYS(umount2("../n", MNT_DETACH));
	SYS(stat("f", &st)); /* the detached mount lives while we are in it */
	SYS(chdir("/"));
	CHECK_ERR(mount("x", "/none", "tmpfs", 0, NULL), ENOENT);
	CHECK_ERR(mount("x", "/", "nofs", 0, NULL), ENODEV);
	return 0;
}
