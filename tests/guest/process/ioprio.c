/* I/O priorities are checked, kept and inherited. */
#include "../test.h"

#define PRIO(class, level) ((class) << 13 | (level))

static long set(int which, int who, int prio)
{
	return syscall(SYS_ioprio_set, which, who, prio);
}

static long get(int which, int who)
{
	return syscall(SYS_ioprio_get, which, who);
}

static void child(void)
{
	CHECK_EQ(get(1, 0), PRIO(2, 3));
	SYS(set(1, 0, PRIO(3, 0)));
	CHECK_EQ(get(1, 0), PRIO(3, 0));
	CHECK_EQ(get(1, getppid()), PRIO(2, 3));
}

int main(void)
{
	if (get(1, 0) < 0 && errno == ENOSYS)
		SKIP("no I/O priorities");
	SYS(set(1, 0, PRIO(2, 3)));
	CHECK_EQ(get(1, 0), PRIO(2, 3));
	CHECK_EQ(get(1, getpid()), PRIO(2, 3));
	CHECK_CHILD(child);
	CHECK_ERR(set(1, 0, PRIO(0, 1)), EINVAL);
	CHECK_ERR(set(1, 0, PRIO(7, 0)), EINVAL);
	CHECK_ERR(set(9, 0, PRIO(2, 0)), EINVAL);
	CHECK_ERR(get(9, 0), EINVAL);
	CHECK_ERR(get(1, 0x3fffffff), ESRCH);
	if (getpgrp() != getpid())
		SYS(setpgid(0, 0));
	SYS(set(2, 0, PRIO(2, 6)));
	CHECK_EQ(get(2, 0), PRIO(2, 6));
	return 0;
}
