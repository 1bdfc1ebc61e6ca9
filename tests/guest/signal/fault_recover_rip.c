/* A handler repairs the fault by changing RIP and registers in the ucontext, 1000 times. */
#include "../test.h"
#include <ucontext.h>

extern char after_fault[];

static void on(int sig, siginfo_t *si, void *uc)
{
	greg_t *r = ((ucontext_t *)uc)->uc_mcontext.gregs;

	(void)sig, (void)si;
	r[REG_RIP] = (greg_t)after_fault;
	r[REG_RAX] = 0x1234567890;
	r[REG_R15] = r[REG_R14] + 1;
}

static void __attribute__((noinline)) once(long i)
{
	unsigned long rax = 0, r15 = 0;

	__asm__ volatile("mov %[i], %%r14\n\t"
			 "xor %%eax, %%eax\n\t"
			 "mov (%%rax), %%rax\n\t"
			 "ud2\n"
			 "after_fault:\n\t"
			 "mov %%rax, %[rax]\n\tmov %%r15, %[r15]\n\t"
			 : [rax] "=r"(rax), [r15] "=r"(r15)
			 : [i] "r"(i)
			 : "rax", "r14", "r15", "memory");
	CHECK_EQ(rax, 0x1234567890);
	CHECK_EQ(r15, i + 1);
}

int main(void)
{
	on_siginfo(SIGSEGV, on, 0);
	for (long i = 0; i < 1000; i++)
		once(i);
	return 0;
}
