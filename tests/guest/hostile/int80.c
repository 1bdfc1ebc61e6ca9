/* 32-bit calls by int 0x80: the child gets an answer, an error or dies; the parent carries on. */
#include "../test.h"

static void calls(void)
{
	long ret;

	for (int nr = 1; nr < 30; nr++) {
		if (nr == 1 || nr == 29)
			continue;
		__asm__ volatile("int $0x80"
				 : "=a"(ret)
				 : "a"(nr), "b"(-1), "c"(-1), "d"(-1), "S"(-1), "D"(-1)
				 : "r8", "r9", "r10", "r11", "memory");
	}
}

int main(void)
{
	int st = test_in_child(calls);

	CHECK(WIFEXITED(st) || WIFSIGNALED(st));
	pid_t pid = test_fork();
	if (pid == 0)
		_exit(3);
	CHECK_EXIT(pid, 3);
	return 0;
}
