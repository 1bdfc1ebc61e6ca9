/* Anonymous mmap: zeroed, aligned, hints, MAP_FIXED replaces, NOREPLACE refuses, partial munmap. */
#include "../test.h"
#include <setjmp.h>

static sigjmp_buf env;

static void on(int sig)
{
	siglongjmp(env, sig);
}

static bool readable(volatile char *p)
{
	if (sigsetjmp(env, 1))
		return false;
	(void)*p;
	return true;
}

int main(void)
{
	int prot = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS;
	char *p = mmap(NULL, 10 * 4096, prot, flags, -1, 0), *q;

	on_signal(SIGSEGV, on, 0);
	CHECK(p != MAP_FAILED);
	CHECK_EQ((uintptr_t)p % 4096, 0);
	for (int i = 0; i < 40960; i++)
		CHECK_EQ(p[i], 0);
	memset(p, 1, 40960);
	q = mmap(p + 4096, 4096, prot, flags | MAP_FIXED, -1, 0);
	CHECK(q == p + 4096);
	CHECK(p[4095] == 1 && p[4096] == 0 && p[8192] == 1);
	q = mmap(p, 4096, prot, flags | MAP_FIXED_NOREPLACE, -1, 0);
	CHECK(q == MAP_FAILED && errno == EEXIST);
	SYS(munmap(p + 2 * 4096, 3 * 4096));
	CHECK(readable(p + 4096) && !readable(p + 2 * 4096) && !readable(p + 4 * 4096) &&
		readable(p + 5 * 4096));
	q = mmap(p + 2 * 4096, 4096, prot, flags | MAP_FIXED_NOREPLACE, -1, 0);
	CHECK(q == p + 2 * 4096);
	/* munmap of nothing is fine; odd addresses and lengths are not. */
	SYS(munmap(p + 3 * 4096, 4096));
	CHECK_ERR(munmap(p + 1, 4096), EINVAL);
	CHECK_ERR(munmap(p, 0), EINVAL);
	SYS(munmap(p, 10 * 4096 - 100));
	CHECK(!readable(p + 9 * 4096));
	/* A hint is taken where free, ignored where not. */
	q = mmap(p, 4096, prot, flags, -1, 0);
	CHECK(q == p);
	q = mmap(p, 4096, prot, flags, -1, 0);
	CHECK(q != MAP_FAILED && q != p);
	q = mmap(NULL, 1ul << 36, PROT_NONE, flags | MAP_NORESERVE, -1, 0);
	CHECK(q != MAP_FAILED);
	SYS(munmap(q, 1ul << 36));
	q = mmap(NULL, 4096, prot, flags | MAP_32BIT, -1, 0);
	CHECK(q != MAP_FAILED && (uintptr_t)q < 1ul << 32);
	return 0;
}
