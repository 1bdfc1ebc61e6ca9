/* shm_open on /dev/shm: two processes map the same object by name. */
#include "../test.h"

int main(void)
{
	char name[64];

	snprintf(name, sizeof name, "/gtest-%d", getpid());
	int fd = SYS(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600));
	CHECK_ERR(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
	SYS(ftruncate(fd, 4096));
	int *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	pid_t pid = test_fork();
	if (pid == 0) {
		int own = SYS(shm_open(name, O_RDWR, 0));
		int *q = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, own, 0);

		CHECK(q != MAP_FAILED);
		*q = 4321;
		_exit(0);
	}
	CHECK_EXIT(pid, 0);
	CHECK_EQ(*p, 4321);
	SYS(shm_unlink(name));
	CHECK_ERR(shm_open(name, O_RDWR, 0), ENOENT);
	CHECK_EQ(*p, 4321);
	return 0;
}
