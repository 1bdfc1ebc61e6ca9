/* What a user without capabilities may not do: change ids, groups, raise limits, signal others. */
#include "../test.h"
#include <grp.h>

static void as_user(void)
{
	gid_t g = 1;
	struct rlimit rl;

	bool root = getuid() == 0;

	if (root) {
		SYS(setgroups(0, NULL));
		SYS(setresgid(65534, 65534, 65534));
		SYS(setresuid(65534, 65534, 65534));
	}
	uid_t u = getuid();
	CHECK_ERR(setuid(0), EPERM);
	CHECK_ERR(setresuid(u, u, u + 1), EPERM);
	CHECK_ERR(setgid(0), EPERM);
	CHECK_ERR(setgroups(1, &g), EPERM);
	CHECK_ERR(chroot("/"), EPERM);
	CHECK_ERR(sethostname("x", 1), EPERM);
	if (root) /* else pid 1 of a guest may be one's own */
		CHECK_ERR(kill(1, 0), EPERM);
	CHECK_ERR(setpriority(PRIO_PROCESS, 0, -5), EACCES);
	CHECK_ERR(mknod("/tmp/gtest-dev", S_IFCHR | 0600, 0x103), EPERM);
	SYS(getrlimit(RLIMIT_NOFILE, &rl));
	rl.rlim_max = rl.rlim_cur = 64;
	SYS(setrlimit(RLIMIT_NOFILE, &rl));
	rl.rlim_max = 65;
	CHECK_ERR(setrlimit(RLIMIT_NOFILE, &rl), EPERM);
	CHECK_ERR(syscall(SYS_settimeofday, &(struct timeval){0, 0}, NULL), EPERM);
	CHECK_ERR(syscall(SYS_umount2, "/", 0), EPERM);
	SYS(setuid(u));
	SYS(setresuid(u, u, u));
}

int main(void)
{
	CHECK_CHILD(as_user);
	return 0;
}
