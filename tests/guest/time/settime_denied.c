/* Setting clocks: EINVAL for nonsense whoever asks, EPERM for an unprivileged user. */
#include "../test.h"

static void unprivileged(void)
{
	struct timespec ts;

	if (getuid() == 0)
		SYS(setresuid(65534, 65534, 65534));
	SYS(clock_gettime(CLOCK_REALTIME, &ts));
	CHECK_ERR(clock_settime(CLOCK_REALTIME, &ts), EPERM);
}

int main(void)
{
	struct timespec bad = {0, -1}, ts = {1, 0};

	CHECK_ERR(clock_settime(CLOCK_REALTIME, &bad), EINVAL);
	CHECK_ERR(clock_settime(CLOCK_MONOTONIC, &ts), EINVAL);
	CHECK_ERR(clock_settime(77, &ts), EINVAL);
	CHECK_CHILD(unprivileged);
	return 0;
}
