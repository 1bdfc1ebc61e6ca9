/* link: pthread */
/* One thread changes, protects and unmaps the memory another passes to calls: each call gives a
 * result or EFAULT and never a mixture that crashes. */
#include "../test.h"
#include <pthread.h>
#include <sys/uio.h>

static char *volatile page;
static volatile int stop;
static struct iovec *iov;
static char name[64];

static void *disturb(void *arg)
{
	for (int i = 0; !stop; i++) {
		mprotect(page, 4096, i % 3 ? PROT_READ | PROT_WRITE : PROT_NONE);
		iov->iov_len = i % 5 ? 100 : SIZE_MAX;
		iov->iov_base = i % 7 ? (void *)page : (void *)0xffff888000000000;
		memcpy(name, i % 2 ? "/usr" : "/etc", 5);
		if (i % 50 == 0) {
			munmap(page, 4096);
			mmap(page, 4096, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		}
	}
	return arg;
}

int main(void)
{
	static struct iovec v;
	pthread_t t;
	int p[2], null = SYS(open("/dev/null", O_WRONLY)), fd = SYS(memfd_create("x", 0));
	struct stat st;

	iov = &v;
	strcpy(name, "/usr");
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(page != MAP_FAILED);
	v = (struct iovec){page, 100};
	SYS(pipe2(p, O_NONBLOCK));
	CHECK_EQ(pthread_create(&t, NULL, disturb, NULL), 0);
	for (int i = 0; i < 600; i++) {
		long r = write(p[1], page, 100);

		CHECK(r >= 0 || errno == EFAULT || errno == EAGAIN);
		r = read(p[0], page, 4096);
		CHECK(r >= 0 || errno == EFAULT || errno == EAGAIN);
		r = writev(fd, &v, 1);
		CHECK(r >= 0 || errno == EFAULT || errno == EINVAL);
		SYS(lseek(fd, 0, SEEK_SET));
		r = readv(fd, &v, 1);
		CHECK(r >= 0 || errno == EFAULT || errno == EINVAL);
		r = stat(name, &st);
		CHECK(r == 0 || errno == ENOENT);
		r = writev(null, &v, 1);
		CHECK(r >= 0 || errno == EFAULT || errno == EINVAL);
	}
	stop = 1;
	CHECK_EQ(pthread_join(t, NULL), 0);
	return 0;
}
