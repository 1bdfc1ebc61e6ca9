/* run: guest-only */
/* Bind mounts of a shared root double with each: it ends in an error, and soon. */
#include "../test.h"

#include <sched.h>
#include <sys/mount.h>

int main(void)
{
	int64_t start = now_ns(CLOCK_MONOTONIC);
	int i;

	SYS(unshare(CLONE_NEWNS));
	SYS(mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL));
	for (i = 0; i < 14 && mount("/", "/", NULL, MS_BIND, NULL) == 0; i++)
		;
	CHECK(i > 0);
	CHECK(now_ns(CLOCK_MONOTONIC) - start < 15 * 1000000000ll);
	SYS(umount2("/", MNT_DETACH) == 0 || errno == EINVAL || errno == EBUSY ? 0 : -1);
	return 0;
}
