/* brk: grows and shrinks, new memory is zero, regrown memory is zero again, impossible requests
 * fail. */
#include "../test.h"

int main(void)
{
	char *start = (char *)syscall(SYS_brk, 0), *end;

	CHECK(start != NULL);
	CHECK_EQ(syscall(SYS_brk, start + 100000), (long)start + 100000);
	for (int i = 0; i < 100000; i++) {
		CHECK_EQ(start[i], 0);
		start[i] = 1;
	}
	CHECK_EQ(syscall(SYS_brk, start), (long)start);
	CHECK_EQ(syscall(SYS_brk, start + 16384), (long)start + 16384);
	end = (char *)(((uintptr_t)start + 4095) & ~4095ul);
	for (char *p = end; p < start + 16384; p++)
		CHECK_EQ(*p, 0);
	/* Too far or below the start: the break stays and is returned. */
	CHECK_EQ(syscall(SYS_brk, (char *)0x7ffffffff000), (long)start + 16384);
	CHECK_EQ(syscall(SYS_brk, -1), (long)start + 16384);
	CHECK_EQ(syscall(SYS_brk, 4096), (long)start + 16384);
	pid_t pid = test_fork();
	if (pid == 0) {
		CHECK_EQ(syscall(SYS_brk, 0), (long)start + 16384);
		CHECK_EQ(syscall(SYS_brk, start + 200000), (long)start + 200000);
		start[199999] = 3;
		_exit(0);
	}
	CHECK_EXIT(pid, 0);
	CHECK_EQ(syscall(SYS_brk, 0), (long)start + 16384);
	CHECK_EQ(syscall(SYS_brk, start + (64 << 20)), (long)start + (64 << 20));
	start[(64 << 20) - 1] = 1;
	return 0;
}
