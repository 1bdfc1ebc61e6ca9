/* run: root */
/* setresuid and friends as root: real, effective, saved, fs ids; leaving root is for good. */
#include "../test.h"
#include <sys/fsuid.h>

static void check(uid_t r, uid_t e, uid_t s)
{
	uid_t a, b, c;

	SYS(getresuid(&a, &b, &c));
	CHECK_EQ(a, r);
	CHECK_EQ(b, e);
	CHECK_EQ(c, s);
	CHECK_EQ(getuid(), r);
	CHECK_EQ(geteuid(), e);
	CHECK_EQ(setfsuid(-1), e);
}

static void temporary(void)
{
	SYS(setresuid(-1, 1000, -1));
	check(0, 1000, 0);
	CHECK_ERR(setuid(2000), EPERM);
	SYS(seteuid(0));
	check(0, 0, 0);
	SYS(setreuid(1000, 2000));
	check(1000, 2000, 2000);
	SYS(setreuid(2000, 1000));
	check(2000, 1000, 1000);
	CHECK_ERR(setresuid(0, 0, 0), EPERM);
}

static void for_good(void)
{
	SYS(setuid(1000));
	check(1000, 1000, 1000);
	CHECK_ERR(setuid(0), EPERM);
	CHECK_ERR(seteuid(0), EPERM);
	CHECK_ERR(setgid(77), EPERM);
	CHECK_ERR(setreuid(-1, 0), EPERM);
	SYS(setresuid(-1, -1, -1));
}

static void saved(void)
{
	SYS(setresuid(1000, 1000, 2000));
	SYS(seteuid(2000));
	check(1000, 2000, 2000);
	SYS(setuid(1000));
	check(1000, 1000, 2000);
	CHECK_ERR(setuid(3000), EPERM);
	CHECK_EQ(setfsuid(2000), 1000);
	CHECK_EQ(setfsuid(-1), 2000);
	CHECK_EQ(setfsuid(3000), 2000);
	CHECK_EQ(setfsuid(-1), 2000);
}

static void groups(void)
{
	gid_t a, b, c;

	SYS(setresgid(10, 20, 30));
	SYS(getresgid(&a, &b, &c));
	CHECK(a == 10 && b == 20 && c == 30);
	SYS(setgid(40));
	SYS(getresgid(&a, &b, &c));
	CHECK(a == 40 && b == 40 && c == 40);
	SYS(setregid(50, 60));
	SYS(getresgid(&a, &b, &c));
	CHECK(a == 50 && b == 60 && c == 60);
}

int main(void)
{
	CHECK_CHILD(temporary);
	CHECK_CHILD(for_good);
	CHECK_CHILD(saved);
	CHECK_CHILD(groups);
	CHECK_EQ(getuid(), 0);
	return 0;
}
