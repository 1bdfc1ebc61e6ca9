/* STICKY_TIMEOUTS leaves a timeout as it was; without it select writes what is left. */
#include "../test.h"

#include <sys/personality.h>
#include <sys/select.h>

int main(void)
{
	struct timeval tv = {0, 1000};
	unsigned old = SYS(personality(0xffffffff));

	CHECK_EQ(syscall(SYS_select, 0, NULL, NULL, NULL, &tv), 0);
	CHECK_EQ(tv.tv_usec, 0);
	SYS(personality(old | STICKY_TIMEOUTS));
	tv.tv_usec = 1000;
	CHECK_EQ(syscall(SYS_select, 0, NULL, NULL, NULL, &tv), 0);
	CHECK_EQ(tv.tv_usec, 1000);
	return 0;
}
