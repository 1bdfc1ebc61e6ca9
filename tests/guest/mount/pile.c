/* run: root */
/* A shared mount bound onto itself: every mount of the pile gets one copy beneath what lies on it,
 * so that each bind doubles their number, and each umount takes half of them away. */
#include "tests/guest/test.h"
#include <sys/mount.h>

static int whole, inner; /* the root that sees all mounts, the one that is piled upon */

static void set_root(int dir)
{
	SYS(fchdir(dir));
	SYS(chroot("."));
}

static int count_mounts(void)
{
	int fd, lines = 0;
	char buf[4096];
	ssize_t n;

	set_root(whole);
	fd = SYS(open("/proc/self/mountinfo", O_RDONLY));
	while ((n = SYS(read(fd, buf, sizeof buf))) > 0)
		for (ssize_t i = 0; i < n; i++)
			lines += buf[i] == '\n';
	SYS(close(fd));
	set_root(inner);
	return lines;
}

int main(void)
{
	int before;

	if (geteuid() || unshare(CLONE_NEWNS) < 0)
		SKIP("needs a mount namespace");
	SYS(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	SYS(mkdir("m", 0755));
	SYS(mount("t", "m", "tmpfs", 0, NULL));
	SYS(mount(NULL, "m", NULL, MS_SHARED, NULL));
	whole = SYS(open("/", O_PATH | O_DIRECTORY));
	inner = SYS(open("m", O_PATH | O_DIRECTORY));
	set_root(inner);
	before = count_mounts();
	for (int i = 0; i < 7; i++) {
		SYS(mount("/", "/", NULL, MS_BIND, NULL));
		CHECK_EQ(count_mounts(), before - 1 + (2 << i));
	}
	SYS(umount("/"));
	CHECK_EQ(count_mounts(), before);
	SYS(mkdir("/a", 0755));
	SYS(umount("/"));
	CHECK_EQ(count_mounts(), before);
	CHECK_ERR(mkdir("/b", 0755), EROFS);
	return 0;
}
