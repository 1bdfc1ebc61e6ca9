/* run: guest-only */
/* The host name can be set by call and by file, and both show it (a machine's own name only). */
#include "proc.h"

#include <sys/utsname.h>

int main(void)
{
	struct utsname u;
	int fd;

	if (getuid() != 0)
		SKIP("needs root");
	SYS(sethostname("first", 5));
	CHECK_STR(read_file("/proc/sys/kernel/hostname", NULL), "first\n");
	fd = SYS(open("/proc/sys/kernel/hostname", O_WRONLY | O_TRUNC));
	CHECK_EQ(write(fd, "second\n", 7), 7);
	SYS(close(fd));
	SYS(uname(&u));
	CHECK_STR(u.nodename, "second");
	return 0;
}
