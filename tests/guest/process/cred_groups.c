/* run: root */
/* setgroups/getgroups: order kept or sorted, sizes, limits, inheritance, effect on file access. */
#include "../test.h"
#include <grp.h>

static char path[128];

static void denied(void)
{
	SYS(setgroups(0, NULL));
	SYS(setresgid(3000, 3000, 3000));
	SYS(setresuid(3000, 3000, 3000));
	CHECK_ERR(open(path, O_RDONLY), EACCES);
}

static void by_group(void)
{
	gid_t g[] = {4000, 2000};

	SYS(setgroups(2, g));
	SYS(setresgid(3000, 3000, 3000));
	SYS(setresuid(3000, 3000, 3000));
	SYS(open(path, O_RDONLY));
	CHECK_ERR(open(path, O_RDWR), EACCES);
}

int main(void)
{
	static gid_t many[70000], back[65536];
	gid_t set[] = {5, 3, 9};

	SYS(setgroups(3, set));
	CHECK_EQ(getgroups(0, NULL), 3);
	CHECK_ERR(getgroups(2, back), EINVAL);
	CHECK_EQ(getgroups(65536, back), 3);
	int sum = 0;
	for (int i = 0; i < 3; i++)
		sum += back[i] * back[i];
	CHECK_EQ(sum, 25 + 9 + 81);
	pid_t pid = test_fork();
	if (pid == 0)
		_exit(getgroups(0, NULL));
	CHECK_EXIT(pid, 3);
	for (int i = 0; i < 70000; i++)
		many[i] = i;
	CHECK_ERR(setgroups(65537, many), EINVAL);
	SYS(setgroups(65536, many));
	CHECK_EQ(getgroups(0, NULL), 65536);
	CHECK_ERR(syscall(SYS_setgroups, 3, 8), EFAULT);
	SYS(setgroups(0, NULL));
	CHECK_EQ(getgroups(0, NULL), 0);

	snprintf(path, sizeof path, "%s/f", test_tmpdir());
	test_write_file(path, "x", 0640);
	SYS(chown(path, 0, 2000));
	CHECK_CHILD(denied);
	CHECK_CHILD(by_group);
	SYS(unlink(path));
	*strrchr(path, '/') = 0;
	SYS(rmdir(path));
	return 0;
}
