/* run: root */
/* A bind mount inside a shared mount is not repeated in itself; umount2's MNT_EXPIRE; no mount on a
 * link of /proc/PID/fd. */
#include "tests/guest/test.h"
#include <sys/mount.h>

int main(void)
{
	struct stat st;
	char link[64];
	int fd;

	if (geteuid() || unshare(CLONE_NEWNS) < 0)
		SKIP("needs a mount namespace");
	SYS(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	SYS(mkdir("m", 0755));
	SYS(mount("t", "m", "tmpfs", 0, NULL));
	SYS(mount(NULL, "m", NULL, MS_SHARED, NULL));
	SYS(mkdir("m/in", 0755));
	SYS(mkdir("m/x", 0755));
	SYS(mount("m", "m/in", NULL, MS_BIND, NULL));
	SYS(stat("m/in/x", &st));
	CHECK_ERR(stat("m/in/in/x", &st), ENOENT);
	SYS(mount("t", "m/x", "tmpfs", 0, NULL)); /* this is: they are peers */
	SYS(mkdir("m/x/new", 0755));
	SYS(stat("m/in/x/new", &st));
	SYS(umount("m/x"));
	SYS(umount("m/in"));

	CHECK_ERR(umount2("m", MNT_EXPIRE | MNT_DETACH), EINVAL);
	CHECK_ERR(umount2("m", MNT_EXPIRE), EAGAIN);
	SYS(stat("m/x", &st)); /* somebody has been here */
	CHECK_ERR(umount2("m", MNT_EXPIRE), EAGAIN);
	SYS(umount2("m", MNT_EXPIRE));
	CHECK_ERR(umount2("m", MNT_EXPIRE), EINVAL);

	SYS(close(SYS(open("a", O_CREAT | O_RDWR, 0600))));
	fd = SYS(open("a", O_RDONLY));
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	fd = SYS(open(link, O_PATH | O_NOFOLLOW));
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	CHECK(mount("a", link, NULL, MS_BIND, NULL) == -1);
	return 0;
}
