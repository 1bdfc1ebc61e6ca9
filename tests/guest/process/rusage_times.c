/* getrusage, times, clock(): CPU use grows with work, threads count in, faults are counted. */
#include "../test.h"
#include <sys/times.h>

static long usec(struct timeval tv)
{
	return tv.tv_sec * 1000000 + tv.tv_usec;
}

int main(void)
{
	struct rusage a, b, t;
	struct tms tms;

	SYS(getrusage(RUSAGE_SELF, &a));
	char *p = mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p != MAP_FAILED);
	madvise(p, 8 << 20, MADV_NOHUGEPAGE);
	for (int i = 0; i < 8 << 20; i += 4096)
		p[i] = 1;
	while (now_ns(CLOCK_PROCESS_CPUTIME_ID) < 60000000)
		;
	SYS(getrusage(RUSAGE_SELF, &b));
	SYS(getrusage(RUSAGE_THREAD, &t));
	CHECK(usec(b.ru_utime) + usec(b.ru_stime) >= 50000);
	CHECK(usec(t.ru_utime) + usec(t.ru_stime) >= 50000);
	CHECK(b.ru_minflt - a.ru_minflt >= 1000);
	CHECK(b.ru_maxrss >= 8 << 10);
	CHECK(times(&tms) > 0);
	CHECK(tms.tms_utime + tms.tms_stime >= 4);
	CHECK_EQ(tms.tms_cutime + tms.tms_cstime, 0);
	CHECK(times(NULL) > 0);
	CHECK_ERR(syscall(SYS_times, 8), EFAULT);
	CHECK(clock() >= 50000);
	return 0;
}
