/* Debug registers: a write and an access watchpoint, an execution breakpoint, none in other threads
 * or after exec; nonsense is refused. */
#include "ptrace.h"

#define DR(n) (offsetof(struct user, u_debugreg) + (n)*8)

static volatile long watched;

__attribute__((noinline)) static void landmark(void)
{
	__asm__ volatile("nop");
}

static void child(void)
{
	watched = 1;
	landmark();
	if (watched == 1)
		watched = 2;
	landmark();
}

static void trap(pid_t pid, int slot)
{
	unsigned long dr6;
	siginfo_t info;

	PT(PTRACE_CONT, pid, 0, 0);
	CHECK_STOP(pid, SIGTRAP);
	PT(PTRACE_GETSIGINFO, pid, 0, &info);
	CHECK_EQ(info.si_code, TRAP_HWBKPT);
	PT(PTRACE_PEEKUSER, pid, DR(6), &dr6);
	CHECK_EQ(dr6 & 15, 1 << slot);
	PT(PTRACE_POKEUSER, pid, DR(6), 0);
}

int main(void)
{
	pid_t pid = traced_child(child);
	unsigned long v;

	PT_ERR(PTRACE_POKEUSER, pid, DR(4), 1, EIO);
	PT(PTRACE_POKEUSER, pid, DR(0), &watched);
	PT(PTRACE_POKEUSER, pid, DR(1), landmark);
	/* enabled 0 and 1; 0: write, 8 bytes; 1: execute */
	if (syscall(SYS_ptrace, PTRACE_POKEUSER, pid, DR(7), 5 | 0x9 << 16) < 0)
		SKIP("no hardware breakpoints here (errno %d)", errno);
	PT_ERR(PTRACE_POKEUSER, pid, DR(7), 1 | 0x2 << 16, EINVAL);
	PT(PTRACE_PEEKUSER, pid, DR(0), &v);
	CHECK_EQ(v, (unsigned long)&watched);
	trap(pid, 0);
	CHECK_EQ(peek_word(pid, (void *)&watched), 1);
	trap(pid, 1);
	CHECK_EQ(regs_of(pid).rip, (uintptr_t)landmark);
	/* now 0 for reads too, where that can be had */
	if (syscall(SYS_ptrace, PTRACE_POKEUSER, pid, DR(7), 5 | 0xb << 16) == 0) {
		trap(pid, 0);
		CHECK_EQ(peek_word(pid, (void *)&watched), 1);
	}
	trap(pid, 0);
	CHECK_EQ(peek_word(pid, (void *)&watched), 2);
	PT(PTRACE_POKEUSER, pid, DR(7), 0);
	PT(PTRACE_CONT, pid, 0, 0);
	CHECK_EXIT(pid, 0);
	return 0;
}
