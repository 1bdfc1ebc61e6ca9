/* /proc/PID/timers lists POSIX timers as they were created. */
#include "proc.h"

int main(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	timer_t id;
	const char *t;
	char want[64];

	if (access("/proc/self/timers", R_OK) < 0)
		SKIP("this kernel has no /proc/PID/timers");
	CHECK_STR(read_file("/proc/self/timers", NULL), "");
	ev.sigev_value.sival_int = 0x1234;
	SYS(timer_create(CLOCK_MONOTONIC, &ev, &id));
	t = read_file("/proc/self/timers", NULL);
	need_value(t, "ID:");
	CHECK(!strncmp(need_value(t, "signal:"), "10/", 3));
	CHECK_EQ(
		strtoull(strchr(need_value(t, "signal:"), '/') + 1, NULL, 16) & 0xffffffff, 0x1234);
	snprintf(want, sizeof want, "signal/pid.%d", getpid());
	CHECK_STR(need_value(t, "notify:"), want);
	CHECK_STR(need_value(t, "ClockID:"), "1");
	SYS(timer_delete(id));
	CHECK_STR(read_file("/proc/self/timers", NULL), "");
	return 0;
}
