/* A file of proc read in pieces is one text; read again from the start it is a new one. */
#include "proc.h"

int main(void)
{
	char a[8192], b[8192];
	int fd = SYS(open("/proc/self/status", O_RDONLY));
	ssize_t n = 0, r, m;

	while ((r = SYS(read(fd, a + n, 7))) > 0)
		n += r;
	a[n] = '\0';
	CHECK(n > 100);
	need_value(a, "nonvoluntary_ctxt_switches:");
	SYS(prctl(PR_SET_NAME, "renamed"));
	SYS(lseek(fd, 0, SEEK_SET));
	m = SYS(read(fd, b, sizeof b - 1));
	b[m] = '\0';
	CHECK_STR(need_value(b, "Name:"), "renamed");
	m = SYS(pread(fd, b, 4, 1));
	CHECK_EQ(m, 4);
	CHECK(!memcmp(b, "ame:", 4));
	CHECK_EQ(pread(fd, b, 4, 1 << 20), 0);
	SYS(close(fd));
	return 0;
}
