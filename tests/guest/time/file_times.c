/* Time stamps of files come from the realtime clock: between two readings of the coarse clock. */
#include "../test.h"

int main(void)
{
	char path[] = "/tmp/gtest-time-XXXXXX";
	struct stat st;
	int64_t before = now_ns(CLOCK_REALTIME_COARSE), m;
	int fd = SYS(mkstemp(path));

	CHECK_EQ(write(fd, "x", 1), 1);
	SYS(fstat(fd, &st));
	int64_t after = now_ns(CLOCK_REALTIME);
	m = st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec;
	CHECK(m >= before - 10000000 && m <= after);
	struct timespec set[2] = {{1000, 5}, {2000, 7}};
	SYS(futimens(fd, set));
	SYS(fstat(fd, &st));
	CHECK(st.st_atim.tv_sec == 1000 && st.st_atim.tv_nsec == 5);
	CHECK(st.st_mtim.tv_sec == 2000 && st.st_mtim.tv_nsec == 7);
	m = st.st_ctim.tv_sec * 1000000000LL + st.st_ctim.tv_nsec;
	CHECK(m >= before - 10000000);
	SYS(unlink(path));
	return 0;
}
