/* link: pthread */
/* Threads map, protect and unmap at the same time without disturbing each other. */
#include "../test.h"
#include <pthread.h>

static void *work(void *arg)
{
	int fd = (int)(long)arg;

	for (int i = 0; i < 300; i++) {
		size_t len = 4096 * (1 + i % 7);
		char *p =
			mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		char *q = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		CHECK(p != MAP_FAILED && q != MAP_FAILED);
		memset(p, i, len);
		__atomic_fetch_add((int *)q, 1, __ATOMIC_SEQ_CST);
		SYS(mprotect(p, len, PROT_READ));
		CHECK_EQ(p[len - 1], (char)i);
		SYS(munmap(p, len));
		SYS(munmap(q, 4096));
	}
	return NULL;
}

int main(void)
{
	pthread_t t[4];
	int fd = SYS(memfd_create("count", 0)), n;

	SYS(ftruncate(fd, 4096));
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, work, (void *)(long)fd), 0);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
	CHECK_EQ(pread(fd, &n, sizeof n, 0), sizeof n);
	CHECK_EQ(n, 1200);
	return 0;
}
