/* /proc/PID/mem reads and writes a process's memory, as far as there is any. */
#include "proc.h"

static volatile char secret[16] = "before";

int main(void)
{
	char path[64], buf[16];
	struct gate up, go;
	pid_t child;
	void *hole;
	int fd;

	fd = SYS(open("/proc/self/mem", O_RDWR));
	CHECK_EQ(pread(fd, buf, 6, (off_t)(uintptr_t)secret), 6);
	CHECK(!memcmp(buf, "before", 6));
	CHECK_EQ(pwrite(fd, "behind", 6, (off_t)(uintptr_t)secret), 6);
	CHECK(!memcmp((char *)secret, "behind", 6));
	hole = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(hole != MAP_FAILED);
	SYS(munmap((char *)hole + 4096, 4096));
	CHECK_ERR(pread(fd, buf, 6, (off_t)(uintptr_t)hole + 4096), EIO);
	CHECK_EQ(pread(fd, buf, 8, (off_t)(uintptr_t)hole + 4092), 4);
	SYS(mprotect(hole, 4096, PROT_READ)); /* no protection against a debugger */
	CHECK_EQ(pwrite(fd, "forced", 6, (off_t)(uintptr_t)hole + 10), 6);
	CHECK(!memcmp((char *)hole + 10, "forced", 6));
	CHECK_ERR(pwrite(fd, "forced", 6, (off_t)(uintptr_t)hole + 4096), EIO);
	SYS(lseek(fd, (off_t)(uintptr_t)secret, SEEK_SET));
	CHECK_EQ(read(fd, buf, 3), 3);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), (uintptr_t)secret + 3);
	SYS(close(fd));

	gate_init(&up);
	gate_init(&go);
	child = test_fork();
	if (child == 0) {
		memcpy((char *)secret, "child's", 7);
		gate_open(&up);
		gate_wait(&go);
		_exit(secret[0] == 'C' ? 0 : 1);
	}
	gate_wait(&up);
	snprintf(path, sizeof path, "/proc/%d/mem", child);
	fd = SYS(open(path, O_RDWR));
	CHECK_EQ(pread(fd, buf, 7, (off_t)(uintptr_t)secret), 7);
	CHECK(!memcmp(buf, "child's", 7));
	CHECK_EQ(pwrite(fd, "C", 1, (off_t)(uintptr_t)secret), 1);
	CHECK(!memcmp((char *)secret, "behind", 6));
	gate_open(&go);
	CHECK_EXIT(child, 0);
	CHECK_EQ(pread(fd, buf, 7, (off_t)(uintptr_t)secret), 0); /* its memory is gone */
	return 0;
}
