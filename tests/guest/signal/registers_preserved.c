/* A busy loop holding known values in all registers and flags is interrupted hundreds of times;
 * nothing changes behind its back. */
#include "../test.h"

static volatile int ticks;

static void on(int sig)
{
	(void)sig;
	ticks++;
}

int main(void)
{
	struct itimerval it = {{0, 500}, {0, 500}};
	long bad = 0, iterations = 0;
	register volatile int *count __asm__("r15") = &ticks;

	on_signal(SIGALRM, on, 0);
	SYS(setitimer(ITIMER_REAL, &it, NULL));
	__asm__ volatile(
		"sub $128, %%rsp\n\tpush %%rbp\n\t"
		"mov $0x1111111111111111, %%rax\n\tmov $0x2222222222222222, %%rbx\n\t"
		"mov $0x3333333333333333, %%rcx\n\tmov $0x4444444444444444, %%rdx\n\t"
		"mov $0x5555555555555555, %%r8\n\tmov $0x6666666666666666, %%r9\n\t"
		"mov $0x7777777777777777, %%r10\n\tmov $0x8888888888888888, %%r11\n\t"
		"mov $0x9999999999999999, %%r12\n\tmov $0xaaaaaaaaaaaaaaaa, %%r13\n\t"
		"mov $0xbbbbbbbbbbbbbbbb, %%rbp\n\t"
		"movq $0x4321, -8(%%rsp)\n\tmovq $0x8765, -120(%%rsp)\n\t"
		"xor %%edi, %%edi\n\txor %%esi, %%esi\n"
		"2:\tinc %%rdi\n\t"
		"mov $0x1111111111111111, %%r14\n\tcmp %%rax, %%r14\n\tjne 3f\n\t"
		"mov $0x2222222222222222, %%r14\n\tcmp %%rbx, %%r14\n\tjne 3f\n\t"
		"mov $0x3333333333333333, %%r14\n\tcmp %%rcx, %%r14\n\tjne 3f\n\t"
		"mov $0x4444444444444444, %%r14\n\tcmp %%rdx, %%r14\n\tjne 3f\n\t"
		"mov $0x5555555555555555, %%r14\n\tcmp %%r8, %%r14\n\tjne 3f\n\t"
		"mov $0x6666666666666666, %%r14\n\tcmp %%r9, %%r14\n\tjne 3f\n\t"
		"mov $0x7777777777777777, %%r14\n\tcmp %%r10, %%r14\n\tjne 3f\n\t"
		"mov $0x8888888888888888, %%r14\n\tcmp %%r11, %%r14\n\tjne 3f\n\t"
		"mov $0x9999999999999999, %%r14\n\tcmp %%r12, %%r14\n\tjne 3f\n\t"
		"mov $0xaaaaaaaaaaaaaaaa, %%r14\n\tcmp %%r13, %%r14\n\tjne 3f\n\t"
		"mov $0xbbbbbbbbbbbbbbbb, %%r14\n\tcmp %%rbp, %%r14\n\tjne 3f\n\t"
		"cmpq $0x4321, -8(%%rsp)\n\tjne 3f\n\tcmpq $0x8765, -120(%%rsp)\n\tjne 3f\n\t"
		"cmpl $300, (%%r15)\n\tjl 2b\n\tjmp 4f\n"
		"3:\tmov $1, %%esi\n"
		"4:\tpop %%rbp\n\tadd $128, %%rsp\n\t"
		: "=&S"(bad), "=&D"(iterations)
		: "r"(count)
		: "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
		"memory", "cc");
	(void)iterations;
	CHECK_EQ(bad, 0);
	return 0;
}
