/* sendfile(2), copy_file_range(2): positions, ends, errors; large copies stay equal. */
#include "tests/guest/test.h"
#include <sys/sendfile.h>

#define SIZE (3 << 20)

static ssize_t copy_range(int in, off_t *io, int out, off_t *oo, size_t n)
{
	return copy_file_range(in, io, out, oo, n, 0);
}

int main(void)
{
	int in = SYS(open("in", O_CREAT | O_RDWR, 0644)), p[2], ap;
	int out = SYS(open("out", O_CREAT | O_RDWR, 0644));
	unsigned *a = malloc(SIZE), *b = malloc(SIZE);
	off_t off = SIZE - 10, oo = 5;
	size_t done = 0;

	for (unsigned i = 0; i < SIZE / 4; i++)
		a[i] = i * 2654435761u;
	CHECK_EQ(SYS(write(in, a, SIZE)), SIZE);
	SYS(lseek(in, 0, SEEK_SET));
	while (done < SIZE) {
		ssize_t n = SYS(sendfile(out, in, NULL, SIZE - done));

		CHECK(n > 0);
		done += (size_t)n;
	}
	CHECK_EQ(SYS(sendfile(out, in, NULL, 10)), 0);
	CHECK_EQ(SYS(pread(out, b, SIZE, 0)), SIZE);
	CHECK(!memcmp(a, b, SIZE));
	CHECK_EQ(SYS(sendfile(out, in, &off, 100)), 10);
	CHECK_EQ(off, SIZE);
	CHECK_EQ(SYS(lseek(in, 0, SEEK_CUR)), SIZE);

	SYS(ftruncate(out, 0));
	off = 0;
	for (oo = 5, done = 0; done < SIZE;) {
		ssize_t n = SYS(copy_range(in, &off, out, &oo, SIZE - done));

		CHECK(n > 0);
		done += (size_t)n;
	}
	CHECK_EQ(oo, SIZE + 5);
	CHECK_EQ(SYS(pread(out, b, SIZE, 5)), SIZE);
	CHECK(!memcmp(a, b, SIZE));
	CHECK_EQ(SYS(copy_range(in, &off, out, &oo, 10)), 0);
	off = 0;
	oo = 5;
	CHECK_ERR(copy_range(in, &off, in, &oo, 10), EINVAL);
	SYS(pipe(p));
	CHECK_ERR(copy_range(p[0], NULL, out, NULL, 10), EINVAL);
	ap = SYS(open("out", O_WRONLY | O_APPEND));
	CHECK_ERR(copy_range(in, &off, ap, NULL, 10), EBADF);
	CHECK_ERR(sendfile(ap, in, &off, 10), EINVAL);
	CHECK_ERR(sendfile(in, ap, NULL, 10), EBADF);
	off = 100;
	CHECK_EQ(SYS(sendfile(p[1], in, &off, 4096)), 4096);
	CHECK_EQ(SYS(read(p[0], b, 4096)), 4096);
	CHECK(!memcmp((char *)a + 100, b, 4096));
	return 0;
}
