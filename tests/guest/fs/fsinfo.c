/* sysfs(2) numbers the filesystem types; ustat(2) finds a mounted device by its number. */
#include "../test.h"

#include <sys/statfs.h>

struct ustat_buf {
	int tfree;
	unsigned long tinode;
	char fname[6], fpack[6];
};

int main(void)
{
	char name[64];
	struct ustat_buf u;
	struct stat st;
	long nr, i;

	nr = syscall(SYS_sysfs, 3);
	if (nr < 0 && errno == ENOSYS)
		SKIP("no sysfs(2)");
	CHECK(nr > 0);
	i = SYS(syscall(SYS_sysfs, 1, "proc"));
	CHECK(i < nr);
	SYS(syscall(SYS_sysfs, 2, i, name));
	CHECK_STR(name, "proc");
	CHECK_ERR(syscall(SYS_sysfs, 1, "no such type"), EINVAL);
	CHECK_ERR(syscall(SYS_sysfs, 1, (char *)8), EFAULT);
	CHECK_ERR(syscall(SYS_sysfs, 2, nr, name), EINVAL);
	CHECK_ERR(syscall(SYS_sysfs, 2, i, (char *)8), EFAULT);
	CHECK_ERR(syscall(SYS_sysfs, 4), EINVAL);

	SYS(stat("/proc", &st));
	memset(&u, 0xff, sizeof u);
	SYS(syscall(SYS_ustat, (unsigned)st.st_dev, &u));
	CHECK_EQ(u.tfree, 0);
	CHECK_ERR(syscall(SYS_ustat, (unsigned)st.st_dev, (void *)8), EFAULT);
	CHECK_ERR(syscall(SYS_ustat, 0xfffffu, &u), EINVAL);
	return 0;
}
