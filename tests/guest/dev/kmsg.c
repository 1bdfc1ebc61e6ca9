/* run: guest-only */
/* What is written to /dev/kmsg is read from there and by syslog(2). */
#include "../test.h"

#include <sys/klog.h>

int main(void)
{
	static char buf[1 << 18];
	char line[4096];
	bool found = false;
	ssize_t n;
	int fd;

	if (getuid() != 0)
		SKIP("needs root");
	fd = SYS(open("/dev/kmsg", O_RDWR | O_NONBLOCK));
	CHECK_EQ(write(fd, "<3>skiff test line\n", 19), 19);
	while ((n = read(fd, line, sizeof line - 1)) > 0) {
		line[n] = '\0';
		found |= strstr(line, ",-;skiff test line\n") && atoi(line) == (1 << 3 | 3);
	}
	CHECK(n < 0 && errno == EAGAIN);
	CHECK(found);
	n = SYS(klogctl(3, buf, sizeof buf - 1));
	buf[n] = '\0';
	CHECK(strstr(buf, "] skiff test line\n"));
	CHECK(klogctl(10, NULL, 0) > 0);
	CHECK_ERR(klogctl(99, NULL, 0), EINVAL);
	SYS(klogctl(5, NULL, 0));
	n = SYS(klogctl(3, buf, sizeof buf - 1));
	CHECK_EQ(n, 0);
	return 0;
}
