/* vmsplice waits for room once and then moves what fits; sendfile tells an offset it cannot store.
 */
#include "../test.h"

#include <sys/sendfile.h>

static char data[1 << 17] __attribute__((aligned(4096)));

int main(void)
{
	struct iovec v = {data, sizeof data};
	char path[128];
	off_t *off;
	int p[2], fd;
	long n;

	SYS(pipe(p));
	n = SYS(vmsplice(p[1], &v, 1, 0));
	CHECK_EQ(n, SYS(fcntl(p[0], F_GETPIPE_SZ)));
	CHECK_ERR(vmsplice(p[1], &v, 1, SPLICE_F_NONBLOCK), EAGAIN);

	snprintf(path, sizeof path, "%s/empty", test_tmpdir());
	fd = SYS(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	off = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(off != MAP_FAILED);
	CHECK_ERR(sendfile(fd, fd, off, 1), EFAULT);
	SYS(unlink(path));
	return 0;
}
