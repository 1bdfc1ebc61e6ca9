/* The trap flag gives a SIGTRAP/TRAP_TRACE after each instruction until the handler clears it. */
#include "../test.h"
#include <ucontext.h>

static volatile int steps, code;

static void on(int sig, siginfo_t *si, void *uc)
{
	ucontext_t *u = uc;

	(void)sig;
	code = si->si_code;
	if (++steps == 10)
		u->uc_mcontext.gregs[REG_EFL] &= ~0x100l;
}

int main(void)
{
	on_siginfo(SIGTRAP, on, 0);
	__asm__ volatile("sub $128, %%rsp\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\t"
			 "nop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop"
			 "\n\tnop\n\t"
			 "add $128, %%rsp"
			 :
			 :
			 : "memory", "cc");
	CHECK_EQ(steps, 10);
	CHECK_EQ(code, TRAP_TRACE);
	return 0;
}
