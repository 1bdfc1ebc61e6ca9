/* oom_score_adj is kept, inherited, checked; lowering it takes a capability. */
#include "proc.h"

static int write_adj(const char *text)
{
	int fd = SYS(open("/proc/self/oom_score_adj", O_WRONLY));
	ssize_t n = write(fd, text, strlen(text));
	int e = errno;

	SYS(close(fd));
	errno = e;
	return n < 0 ? -1 : 0;
}

static void child(void)
{
	CHECK_STR(read_file("/proc/self/oom_score_adj", NULL), "500\n");
}

int main(void)
{
	SYS(write_adj("500\n"));
	CHECK_STR(read_file("/proc/self/oom_score_adj", NULL), "500\n");
	CHECK_CHILD(child);
	CHECK(atoi(read_file("/proc/self/oom_score", NULL)) > 500);
	CHECK_ERR(write_adj("1001"), EINVAL);
	CHECK_ERR(write_adj("x"), EINVAL);
	if (getuid() == 0) {
		SYS(setresuid(65534, 65534, 65534));
		SYS(prctl(PR_SET_DUMPABLE, 1));
	}
	SYS(write_adj("600"));
	CHECK_ERR(write_adj("-1"), EACCES);
	CHECK_STR(read_file("/proc/self/oom_score_adj", NULL), "600\n");
	return 0;
}
