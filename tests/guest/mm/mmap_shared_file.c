/* A shared file mapping and read/write see each other at once, in one process and between two. */
#include "../test.h"

int main(void)
{
	char path[] = "/tmp/gtest-mmap-XXXXXX", buf[16] = {0};
	int fd = SYS(mkstemp(path));

	SYS(ftruncate(fd, 8192));
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	strcpy(p + 100, "by memory");
	CHECK_EQ(pread(fd, buf, 9, 100), 9);
	CHECK_STR(buf, "by memory");
	CHECK_EQ(pwrite(fd, "by write", 9, 5000), 9);
	CHECK_STR(p + 5000, "by write");

	struct gate go, done;
	gate_init(&go);
	gate_init(&done);
	pid_t pid = test_fork();
	if (pid == 0) {
		int own = SYS(open(path, O_RDWR));
		char *q = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, own, 0);

		CHECK(q != MAP_FAILED);
		CHECK_STR(q + 100, "by memory");
		gate_wait(&go);
		CHECK_STR(q + 200, "parent");
		strcpy(q + 300, "child");
		strcpy(p + 400, "inherited");
		gate_open(&done);
		_exit(0);
	}
	strcpy(p + 200, "parent");
	gate_open(&go);
	gate_wait(&done);
	CHECK_STR(p + 300, "child");
	CHECK_STR(p + 400, "inherited");
	CHECK_EXIT(pid, 0);
	SYS(msync(p, 8192, MS_SYNC));
	SYS(msync(p, 4096, MS_ASYNC));
	CHECK_ERR(msync(p, 4096, MS_SYNC | MS_ASYNC), EINVAL);
	CHECK_ERR(msync(p + 1, 4096, MS_SYNC), EINVAL);
	SYS(munmap(p, 8192));
	CHECK_ERR(msync(p, 4096, MS_SYNC), ENOMEM);
	CHECK_EQ(pread(fd, buf, 6, 300), 6);
	CHECK_STR(buf, "child");
	SYS(unlink(path));
	return 0;
}
