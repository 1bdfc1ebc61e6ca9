/* PTRACE_SINGLESTEP stops after each instruction, over calls and into handlers, and leaves no trap
 * flag behind. */
#include "ptrace.h"

static volatile unsigned long flags, handler_flags;
static volatile sig_atomic_t handled;
static int word;

static unsigned long eflags(void)
{
	unsigned long f;

	__asm__ volatile("pushfq; pop %0" : "=r"(f));
	return f;
}

static void handler(int sig)
{
	handler_flags = eflags();
	handled = 1;
}

extern char code[], after[];

static void child(void)
{
	unsigned long a = 0;

	signal(SIGUSR1, handler);
	__asm__ volatile(
		"int3\n.globl code\ncode: inc %0\n\tinc %0\n\tmov $39, %%eax\n\tsyscall\n\t"
		"mov $202, %%eax\n\tmov %1, %%rdi\n\tmov $1, %%esi\n\tmov $1, %%edx\n\t"
		"syscall\n\tinc %0\n.globl after\nafter: nop"
		: "+r"(a)
		: "r"(&word)
		: "rax", "rcx", "rdx", "rsi", "rdi", "r10", "r11", "memory");
	flags = eflags();
	if (a != 3 || flags & 0x100)
		_exit(1);
	raise(SIGUSR1);
	_exit(handled && !(handler_flags & 0x100) ? 0 : 2);
}

static void step(pid_t pid, int sig)
{
	siginfo_t info;

	PT(PTRACE_SINGLESTEP, pid, 0, sig);
	CHECK_STOP(pid, SIGTRAP);
	PT(PTRACE_GETSIGINFO, pid, 0, &info);
	CHECK_EQ(info.si_signo, SIGTRAP);
	CHECK(!(regs_of(pid).eflags & 0x100));
}

int main(void)
{
	pid_t pid = traced_child(child);
	int n;

	PT(PTRACE_CONT, pid, 0, 0);
	CHECK_STOP(pid, SIGTRAP);
	CHECK_EQ(regs_of(pid).rip, (uintptr_t)code);
	for (n = 0; regs_of(pid).rip != (uintptr_t)after; n++)
		step(pid, 0);
	CHECK_EQ(n, 10);
	PT(PTRACE_CONT, pid, 0, 0);
	CHECK_STOP(pid, SIGUSR1);
	step(pid, SIGUSR1);
	CHECK_EQ(regs_of(pid).rip, (uintptr_t)handler);
	PT(PTRACE_CONT, pid, 0, 0);
	CHECK_EXIT(pid, 0);
	return 0;
}
