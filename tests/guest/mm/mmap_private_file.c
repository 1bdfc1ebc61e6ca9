/* A private file mapping shows the file, keeps writes to itself, survives close and unlink. */
#include "../test.h"

int main(void)
{
	char path[] = "/tmp/gtest-mmap-XXXXXX", buf[8192], back[8192];
	int fd = SYS(mkstemp(path));

	for (int i = 0; i < 8192; i++)
		buf[i] = (char)(i / 16);
	CHECK_EQ(write(fd, buf, 8000), 8000);
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	char *q = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 4096);
	CHECK(p != MAP_FAILED && q != MAP_FAILED);
	SYS(unlink(path));
	CHECK(memcmp(p, buf, 8000) == 0);
	CHECK(memcmp(q, buf + 4096, 8000 - 4096) == 0);
	for (int i = 8000; i < 8192; i++)
		CHECK_EQ(p[i], 0);
	memset(p, 'x', 100);
	p[8100] = 'y';
	CHECK_EQ(pread(fd, back, 8192, 0), 8000);
	CHECK(memcmp(back, buf, 8000) == 0);
	SYS(close(fd));
	CHECK_EQ(p[50], 'x');
	CHECK_EQ(p[5000], buf[5000]);
	pid_t pid = test_fork();
	if (pid == 0) {
		CHECK(p[50] == 'x' && p[5000] == buf[5000]);
		p[50] = 'c';
		_exit(0);
	}
	CHECK_EXIT(pid, 0);
	CHECK_EQ(p[50], 'x');
	return 0;
}
