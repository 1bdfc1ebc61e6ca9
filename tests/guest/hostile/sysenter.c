/* sysenter and far jumps to 32-bit code: the child dies or gets an error, nobody else is hurt. */
#include "../test.h"

static void do_sysenter(void)
{
	__asm__ volatile("mov $20, %%eax\n\tmov %%rsp, %%rbp\n\tsysenter" : : : "memory");
}

static void far_jump(void)
{
	/* Through a code segment selector of 32-bit user code. */
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	CHECK(p != MAP_FAILED);
	/* mov eax, 20; int 0x80; mov eax, 1; xor ebx, ebx; int 0x80 */
	memcpy(p, "\xb8\x14\0\0\0\xcd\x80\xb8\x01\0\0\0\x31\xdb\xcd\x80\x0f\x0b", 18);
	__asm__ volatile("pushq $0x23\n\tpush %0\n\tlretq" : : "r"(p) : "memory");
}

int main(void)
{
	SYS(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
	test_in_child(do_sysenter);
	test_in_child(far_jump);
	pid_t pid = test_fork();
	if (pid == 0)
		_exit(3);
	CHECK_EXIT(pid, 3);
	return 0;
}
