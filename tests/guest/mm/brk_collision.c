/* brk does not grow over an existing mapping. */
#include "../test.h"

int main(void)
{
	char *start = (char *)syscall(SYS_brk, 0);
	char *block = (char *)(((uintptr_t)start + (1 << 20)) & ~4095ul);

	char *p = mmap(block, 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (p != block)
		SKIP("no room next to the break");
	*p = 42;
	CHECK_EQ(syscall(SYS_brk, start + (2 << 20)), (long)start);
	CHECK_EQ(*p, 42);
	CHECK_EQ(syscall(SYS_brk, start + 4096), (long)start + 4096);
	return 0;
}
