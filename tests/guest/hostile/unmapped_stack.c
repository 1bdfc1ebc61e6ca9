/* A signal that finds no usable stack kills with SIGSEGV, whatever it was; a system call on such a
 * stack works. */
#include "../test.h"

static void nothing(int sig)
{
	(void)sig;
}

static void handled_signal(void)
{
	on_signal(SIGUSR1, nothing, 0);
	long pid = getpid();
	__asm__ volatile("xor %%esp, %%esp\n\tsyscall\n\tud2"
			 :
			 : "a"(SYS_kill), "D"(pid), "S"(SIGUSR1)
			 : "memory");
}

static void kernel_stack(void)
{
	on_signal(SIGUSR1, nothing, 0);
	long pid = getpid();
	__asm__ volatile("mov $0xffff888000001000, %%rsp\n\tsyscall\n\tud2"
			 :
			 : "a"(SYS_kill), "D"(pid), "S"(SIGUSR1)
			 : "memory");
}

static void bad_altstack(void)
{
	char *p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	stack_t ss = {.ss_sp = p, .ss_size = 65536};

	SYS(sigaltstack(&ss, NULL));
	SYS(munmap(p, 65536));
	on_signal(SIGUSR1, nothing, SA_ONSTACK);
	SYS(raise(SIGUSR1));
}

static void plain_call(void)
{
	long ret, rsp;

	__asm__ volatile("mov %%rsp, %%rbx\n\txor %%esp, %%esp\n\tsyscall\n\tmov %%rsp, %1\n\tmov "
			 "%%rbx, %%rsp"
			 : "=a"(ret), "=&r"(rsp)
			 : "a"(SYS_getppid)
			 : "rbx", "rcx", "r11", "memory");
	CHECK_EQ(ret, getppid());
	CHECK_EQ(rsp, 0);
	__asm__ volatile("mov %%rsp, %%rbx\n\txor %%esp, %%esp\n\tsyscall\n\tmov %%rbx, %%rsp"
			 : "=a"(ret)
			 : "a"(SYS_brk), "D"(0)
			 : "rbx", "rcx", "r11", "memory");
	CHECK(ret > 0);
}

static void fatal_default(void)
{
	long pid = getpid();
	__asm__ volatile("xor %%esp, %%esp\n\tsyscall\n\tud2"
			 :
			 : "a"(SYS_kill), "D"(pid), "S"(SIGTERM)
			 : "memory");
}

static void fault_handled(void)
{
	on_signal(SIGSEGV, nothing, 0);
	__asm__ volatile("xor %%esp, %%esp\n\tpush %%rax" : : : "memory");
}

int main(void)
{
	SYS(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
	CHECK_CHILD_KILLED(handled_signal, SIGSEGV);
	CHECK_CHILD_KILLED(kernel_stack, SIGSEGV);
	CHECK_CHILD_KILLED(bad_altstack, SIGSEGV);
	CHECK_CHILD_KILLED(fatal_default, SIGTERM);
	CHECK_CHILD_KILLED(fault_handled, SIGSEGV);
	CHECK_CHILD(plain_call);
	return 0;
}
