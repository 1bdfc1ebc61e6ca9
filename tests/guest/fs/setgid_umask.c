/* Whether a new file in a set-group-ID directory may have the bit itself is judged by the mode
 * asked for, before the umask: open, mknod, O_TMPFILE, mkdir. inode(7). */
#include "tests/guest/test.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUP 4711

static mode_t mode_of(const char *name, gid_t *gid)
{
	struct stat st;

	CHECK(stat(name, &st) == 0);
	*gid = st.st_gid;
	return st.st_mode & 07777;
}

static void try(mode_t mask)
{
	gid_t gid;
	int fd;

	umask(mask);
	fd = SYS(open("made", O_CREAT | O_EXCL | O_RDWR, 02777));
	close(fd);
	CHECK(mode_of("made", &gid) == (0777u & ~mask) && gid == GROUP);
	SYS(unlink("made"));
	SYS(mknod("made", S_IFREG | 02777, 0));
	CHECK(mode_of("made", &gid) == (0777u & ~mask) && gid == GROUP);
	SYS(unlink("made"));
	SYS(mkdir("dir", 0777));
	CHECK(mode_of("dir", &gid) == (02000 | (0777u & ~mask)) && gid == GROUP);
	SYS(rmdir("dir"));
	/* without the group's execute bit it marks no program */
	fd = SYS(open("made", O_CREAT | O_EXCL | O_RDWR, 02767));
	close(fd);
	CHECK(mode_of("made", &gid) == (02767u & ~mask) && gid == GROUP);
	SYS(unlink("made"));
	fd = open(".", O_TMPFILE | O_RDWR, 02777);
	if (fd >= 0) {
		struct stat st;

		CHECK(fstat(fd, &st) == 0 && (st.st_mode & 07777) == (0777u & ~mask));
		close(fd);
	}
}

int main(void)
{
	char dir[] = "/tmp/setgid.XXXXXX";

	if (geteuid() != 0)
		SKIP("needs root");
	CHECK(mkdtemp(dir) && chdir(dir) == 0);
	SYS(chown(".", 0, GROUP));
	SYS(chmod(".", 02777));
	SYS(setgroups(0, NULL));
	SYS(setegid(65534));
	SYS(seteuid(65534));
	try(0);
	try(S_IXGRP);
	try(077);
	SYS(seteuid(0));
	SYS(rmdir(dir));
	return 0;
}
