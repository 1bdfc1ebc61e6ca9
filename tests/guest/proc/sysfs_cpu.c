/* /sys/devices/system/cpu says how many processors there are. */
#include "proc.h"

#include <sys/sysinfo.h>

int main(void)
{
	char want[32];
	unsigned n = (unsigned)get_nprocs_conf();

	if (access("/sys/devices/system/cpu/online", R_OK) < 0)
		FAIL("no /sys/devices/system/cpu/online");
	snprintf(want, sizeof want, n > 1 ? "0-%u\n" : "0\n", n - 1);
	CHECK_STR(read_file("/sys/devices/system/cpu/present", NULL), want);
	CHECK(dir_has("/sys/devices/system/cpu", "cpu0"));
	CHECK_ERR(open("/sys/devices/system/cpu/cpu99999", O_RDONLY), ENOENT);
	return 0;
}
