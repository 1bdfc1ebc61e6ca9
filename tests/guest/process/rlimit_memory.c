/* RLIMIT_AS and RLIMIT_DATA bound mmap and brk with ENOMEM; the process goes on. */
#include "../test.h"

static void as(void)
{
	SYS(setrlimit(RLIMIT_AS, &(struct rlimit){256 << 20, 256 << 20}));
	CHECK(mmap(NULL, 512 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	CHECK_EQ(errno, ENOMEM);
	CHECK(malloc(1 << 20));
}

static void data(void)
{
	SYS(setrlimit(RLIMIT_DATA, &(struct rlimit){64 << 20, 64 << 20}));
	char *before = sbrk(0);

	CHECK(sbrk(128 << 20) == (void *)-1);
	CHECK_EQ(errno, ENOMEM);
	CHECK(sbrk(0) == before);
	CHECK(sbrk(1 << 20) == before);
	before[0] = 1;
}

int main(void)
{
	CHECK_CHILD(as);
	CHECK_CHILD(data);
	return 0;
}
