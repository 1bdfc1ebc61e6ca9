/* mremap: grow, shrink, move, fixed; contents travel; a file mapping keeps its file; errors. */
#include "../test.h"

int main(void)
{
	int prot = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS;
	char *p = mmap(NULL, 4 * 4096, prot, flags, -1, 0), *q, *r;

	CHECK(p != MAP_FAILED);
	for (int i = 0; i < 4; i++)
		p[i * 4096] = (char)(i + 1);
	q = mremap(p, 4 * 4096, 1000 * 4096, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(q[i * 4096], i + 1);
	CHECK_EQ(q[999 * 4096], 0);
	q[999 * 4096] = 9;
	CHECK(mremap(q, 1000 * 4096, 2 * 4096, 0) == q);
	CHECK_EQ(q[4096], 2);
	r = mmap(NULL, 4 * 4096, PROT_NONE, flags, -1, 0);
	CHECK(r != MAP_FAILED);
	CHECK(mremap(q, 2 * 4096, 2 * 4096, MREMAP_MAYMOVE | MREMAP_FIXED, r) == r);
	CHECK(r[0] == 1 && r[4096] == 2);
	unsigned char vec;
	CHECK_ERR(mincore(q, 4096, &vec), ENOMEM);
	/* No room to grow in place. */
	CHECK(mremap(r, 2 * 4096, 3 * 4096, 0) == MAP_FAILED && errno == ENOMEM);
	CHECK(mremap(r + 1, 4096, 4096, 0) == MAP_FAILED && errno == EINVAL);
	CHECK(mremap(q, 4096, 8192, MREMAP_MAYMOVE) == MAP_FAILED && errno == EFAULT);
	CHECK(mremap(r, 4096, 0, 0) == MAP_FAILED && errno == EINVAL);

	int fd = SYS(memfd_create("f", 0));
	SYS(ftruncate(fd, 3 * 4096));
	CHECK_EQ(pwrite(fd, "late", 4, 8192), 4);
	p = mmap(NULL, 4096, prot, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	p = mremap(p, 4096, 3 * 4096, MREMAP_MAYMOVE);
	CHECK(p != MAP_FAILED);
	CHECK(memcmp(p + 8192, "late", 4) == 0);
	return 0;
}
