/* /proc/self/limits shows what setrlimit set. */
#include "proc.h"

int main(void)
{
	struct rlimit r;
	char soft[32], hard[32];

	SYS(getrlimit(RLIMIT_NOFILE, &r));
	r.rlim_cur = 77;
	SYS(setrlimit(RLIMIT_NOFILE, &r));
	CHECK_EQ(sscanf(need_value(read_file("/proc/self/limits", NULL), "Max open files"),
			 "%31s %31s", soft, hard),
		2);
	CHECK_STR(soft, "77");
	if (r.rlim_max == RLIM_INFINITY)
		CHECK_STR(hard, "unlimited");
	else
		CHECK_EQ(strtoull(hard, NULL, 10), r.rlim_max);
	return 0;
}
