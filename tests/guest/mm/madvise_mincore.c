/* madvise DONTNEED zeroes private memory, DONTFORK and WIPEONFORK act at fork, mincore counts
 * pages. */
#include "../test.h"

int main(void)
{
	int prot = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS;
	char *p = mmap(NULL, 4 * 4096, prot, flags, -1, 0),
	     *wipe = mmap(NULL, 4096, prot, flags, -1, 0);
	char *gone = mmap(NULL, 4096, prot, flags, -1, 0);
	unsigned char vec[4];

	CHECK(p != MAP_FAILED && wipe != MAP_FAILED && gone != MAP_FAILED);
	madvise(p, 4 * 4096, MADV_NOHUGEPAGE);
	memset(p, 5, 8192);
	SYS(mincore(p, 4 * 4096, vec));
	CHECK((vec[0] & 1) && (vec[1] & 1) && !(vec[2] & 1) && !(vec[3] & 1));
	SYS(madvise(p, 4096, MADV_DONTNEED));
	CHECK_EQ(p[0], 0);
	CHECK_EQ(p[4096], 5);
	CHECK_ERR(madvise(p + 1, 4096, MADV_DONTNEED), EINVAL);
	CHECK_ERR(madvise(p, 4096, 9999), EINVAL);
	CHECK_ERR(mincore(p + 1, 4096, vec), EINVAL);
	CHECK_ERR(syscall(SYS_mincore, p, 4096, 8), EFAULT);

	*wipe = *gone = 1;
	SYS(madvise(wipe, 4096, MADV_WIPEONFORK));
	SYS(madvise(gone, 4096, MADV_DONTFORK));
	pid_t pid = test_fork();
	if (pid == 0) {
		CHECK_EQ(*wipe, 0);
		CHECK_ERR(mincore(gone, 4096, vec), ENOMEM);
		_exit(0);
	}
	CHECK_EXIT(pid, 0);
	CHECK(*wipe == 1 && *gone == 1);
	return 0;
}
