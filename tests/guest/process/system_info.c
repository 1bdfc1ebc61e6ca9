/* uname, sysinfo, getcpu, getrandom, personality: plausible content and error codes. */
#include "../test.h"
#include <sys/personality.h>
#include <sys/random.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

int main(void)
{
	struct utsname u;
	struct sysinfo si;
	char a[64] = {0}, b[64] = {0}, host[65];

	SYS(uname(&u));
	CHECK_STR(u.sysname, "Linux");
	CHECK_STR(u.machine, "x86_64");
	CHECK(u.release[0] >= '3' && u.release[0] <= '9');
	CHECK(u.nodename[0] && u.version[0]);
	SYS(gethostname(host, sizeof host));
	CHECK_STR(host, u.nodename);
	CHECK_ERR(syscall(SYS_uname, 8), EFAULT);

	SYS(sysinfo(&si));
	CHECK(si.totalram > 0 && si.freeram <= si.totalram && si.mem_unit > 0 && si.procs > 0);
	CHECK(si.uptime >= 0);
	CHECK_ERR(syscall(SYS_sysinfo, 8), EFAULT);

	CHECK_EQ(getrandom(a, sizeof a, 0), sizeof a);
	CHECK_EQ(getrandom(b, sizeof b, GRND_NONBLOCK), sizeof b);
	CHECK(memcmp(a, b, sizeof a) != 0);
	CHECK_EQ(getrandom(a, 0, 0), 0);
	CHECK_ERR(getrandom(a, 1, 0x100), EINVAL);
	CHECK_ERR(syscall(SYS_getrandom, 8, 8, 0), EFAULT);
	char *big = malloc(1 << 20);
	CHECK_EQ(getrandom(big, 1 << 20, 0), 1 << 20);

	CHECK_EQ(personality(0xffffffff), 0);
	CHECK_EQ(personality(ADDR_NO_RANDOMIZE), 0);
	CHECK_EQ(personality(0xffffffff), ADDR_NO_RANDOMIZE);
	pid_t pid = test_fork();
	if (pid == 0)
		_exit(personality(0xffffffff) == ADDR_NO_RANDOMIZE ? 0 : 1);
	CHECK_EXIT(pid, 0);
	return 0;
}
