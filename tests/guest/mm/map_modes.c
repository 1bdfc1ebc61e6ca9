/* A mapping gets no more access than its file was opened with; a bad type is told before that. */
#include "../test.h"

int main(void)
{
	char path[128];
	int zero, fd;
	char *p;

	zero = SYS(open("/dev/zero", O_RDONLY | O_CLOEXEC));
	p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, zero, 0);
	CHECK(p != MAP_FAILED);
	CHECK_ERR(mprotect(p, 4096, PROT_READ | PROT_WRITE), EACCES);
	p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, zero, 0);
	CHECK(p != MAP_FAILED);
	SYS(mprotect(p, 4096, PROT_READ | PROT_WRITE));
	*p = 1;

	snprintf(path, sizeof path, "%s/f", test_tmpdir());
	fd = SYS(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	CHECK_ERR((long)mmap(NULL, 4096, PROT_READ, 0, fd, 0), EINVAL);
	CHECK_ERR((long)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0), EACCES);
	CHECK_ERR((long)mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0), EACCES);
	SYS(unlink(path));
	return 0;
}
