/* wait4 returns the child's usage; RUSAGE_CHILDREN counts waited-for children only. */
#include "../test.h"
#include <sys/times.h>

static void burn(int ms)
{
	while (now_ns(CLOCK_PROCESS_CPUTIME_ID) < ms * 1000000LL)
		;
}

static long usec(struct timeval tv)
{
	return tv.tv_sec * 1000000 + tv.tv_usec;
}

int main(void)
{
	struct rusage ru, children;
	struct tms t;
	siginfo_t si;
	pid_t pid = test_fork();

	if (pid == 0) {
		burn(60);
		_exit(0);
	}
	SYS(waitid(P_PID, pid, &si, WEXITED | WNOWAIT));
	SYS(getrusage(RUSAGE_CHILDREN, &children));
	CHECK_EQ(usec(children.ru_utime) + usec(children.ru_stime), 0);
	memset(&ru, 0, sizeof ru);
	CHECK_EQ(wait4(pid, NULL, 0, &ru), pid);
	CHECK(usec(ru.ru_utime) + usec(ru.ru_stime) >= 50000);
	CHECK(usec(ru.ru_utime) + usec(ru.ru_stime) < 5000000);
	SYS(getrusage(RUSAGE_CHILDREN, &children));
	CHECK(usec(children.ru_utime) + usec(children.ru_stime) >= 50000);
	CHECK(times(&t) != (clock_t)-1);
	CHECK(t.tms_cutime + t.tms_cstime >= 4);
	CHECK_ERR(getrusage(55, &ru), EINVAL);
	CHECK_ERR(syscall(SYS_getrusage, RUSAGE_SELF, 8), EFAULT);
	return 0;
}
