/* Files about the whole machine agree with the calls that say the same. */
#include "proc.h"

#include <sys/sysinfo.h>
#include <sys/utsname.h>

static unsigned count_lines(const char *text, const char *start)
{
	unsigned n = 0;

	for (; text && *text; text = strchr(text, '\n')) {
		text += *text == '\n';
		n += !strncmp(text, start, strlen(start));
	}
	return n;
}

int main(void)
{
	struct utsname u;
	char want[256];
	double up, idle, load[3];
	int running, total, last;
	const char *t;

	SYS(uname(&u));
	snprintf(want, sizeof want, "Linux version %s ", u.release);
	t = read_file("/proc/version", NULL);
	CHECK(!strncmp(t, want, strlen(want)));
	CHECK(strstr(t, u.version));

	t = read_file("/proc/meminfo", NULL);
	CHECK(atoll(need_value(t, "MemTotal:")) > 0);
	CHECK(atoll(need_value(t, "MemFree:")) <= atoll(need_value(t, "MemTotal:")));
	need_value(t, "MemAvailable:");
	need_value(t, "SwapTotal:");

	CHECK_EQ(sscanf(read_file("/proc/uptime", NULL), "%lf %lf", &up, &idle), 2);
	CHECK(up <= now_ns(CLOCK_BOOTTIME) / 1e9 && up > now_ns(CLOCK_BOOTTIME) / 1e9 - 10);

	CHECK_EQ(sscanf(read_file("/proc/loadavg", NULL), "%lf %lf %lf %d/%d %d", &load[0],
			 &load[1], &load[2], &running, &total, &last),
		6);
	CHECK(running >= 1 && total >= running && last > 0);

	t = read_file("/proc/stat", NULL);
	CHECK_EQ(count_lines(t, "cpu") - 1, get_nprocs());
	CHECK(llabs(atoll(need_value(t, "btime")) -
		      (now_ns(CLOCK_REALTIME) - now_ns(CLOCK_BOOTTIME)) / 1000000000) <= 2);
	CHECK(atoll(need_value(t, "processes")) > 0);
	CHECK(atoll(need_value(t, "procs_running")) >= 1);
	CHECK_EQ(count_lines(read_file("/proc/cpuinfo", NULL), "processor"), get_nprocs());
	t = read_file("/proc/filesystems", NULL);
	CHECK(strstr(t, "nodev\tproc\n") && strstr(t, "nodev\ttmpfs\n"));
	CHECK(strstr(read_file("/proc/devices", NULL), "  1 mem\n"));
	CHECK(!strncmp(read_file("/proc/swaps", NULL), "Filename", 8));
	return 0;
}
