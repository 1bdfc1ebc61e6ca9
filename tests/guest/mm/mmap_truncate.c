/* Beyond the end of a mapped file is SIGBUS; growing the file makes it accessible, truncation takes
 * pages away again; the tail of the last page reads zero. */
#include "../test.h"
#include <setjmp.h>

static sigjmp_buf env;

static void on(int sig)
{
	siglongjmp(env, sig);
}

static int touch(volatile char *p)
{
	int sig = sigsetjmp(env, 1);

	if (sig == 0)
		(void)*p;
	return sig;
}

int main(void)
{
	char path[] = "/tmp/gtest-mmap-XXXXXX";
	int fd = SYS(mkstemp(path));

	SYS(unlink(path));
	on_signal(SIGBUS, on, 0);
	CHECK_EQ(write(fd, "0123456789", 10), 10);
	char *p = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_EQ(touch(p), 0);
	CHECK_EQ(p[9], '9');
	CHECK_EQ(p[10], 0);
	CHECK_EQ(touch(p + 4096), SIGBUS);
	SYS(ftruncate(fd, 2 * 4096));
	CHECK_EQ(touch(p + 4096), 0);
	CHECK_EQ(p[4096], 0);
	CHECK_EQ(touch(p + 8192), SIGBUS);
	p[4096] = 7;
	SYS(ftruncate(fd, 4096));
	CHECK_EQ(touch(p + 4096), SIGBUS);
	SYS(ftruncate(fd, 3 * 4096));
	CHECK_EQ(p[4096], 0);
	CHECK_EQ(touch(p + 8192), 0);
	return 0;
}
