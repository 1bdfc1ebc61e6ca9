/* run: guest-only */
/* The host's own rt_sigreturn, reached through the stub, with forged frames: kernel selectors,
 * 32-bit code, I/O privilege, kernel addresses, bad FP state, every signal masked. The guest
 * kernel's has no part in it. Death or life of this one process. */
#include "stub.h"
#include <ucontext.h>

struct frame {
	unsigned long flags, link;
	stack_t stack;
	unsigned long
		gregs[23]; /* r8 ... r15 di si bp bx dx ax cx sp ip fl csgsfs err trap old cr2 */
	unsigned long fpstate, reserved[8];
	unsigned long mask[16];
};

enum { R8, R9, R10, R11, R12, R13, R14, R15, DI, SI, BP, BX, DX, AX, CX, SP, IP, FL, SEG };

static char stack[65536] __attribute__((aligned(64)));
static struct frame frame __attribute__((aligned(64)));

static void sigreturn_to(void)
{
	__asm__ volatile("mov %0, %%rsp\n\tmov $15, %%eax\n\tjmp *%1"
			 :
			 : "r"(&frame), "r"(stub_site())
			 : "memory");
	__builtin_unreachable();
}

static void prepare(void (*to)(void))
{
	memset(&frame, 0, sizeof frame);
	frame.flags = 6;
	frame.stack = (stack_t){.ss_sp = (void *)STUB_SLOT, .ss_size = 0x4000};
	frame.gregs[SP] = (unsigned long)(stack + sizeof stack - 64) - 8;
	frame.gregs[IP] = (unsigned long)to;
	frame.gregs[FL] = 0x202;
	frame.gregs[SEG] = 0x33 | 0x2bul << 48;
}

static void fine(void)
{
	check_served();
	_exit(4);
}

static void plain(void)
{
	prepare(fine);
	sigreturn_to();
}

/* With all signals masked natively the next trapped call kills. */
static void masked_trap(void)
{
	prepare(fine);
	frame.mask[0] = ~0ul;
	sigreturn_to();
}

static void loop(void)
{
	for (;;)
		;
}

/* Nothing can interrupt this one but its end. */
static void masked_loop(void)
{
	prepare(loop);
	frame.mask[0] = ~0ul;
	sigreturn_to();
}

static unsigned char *code32(const char *bytes, size_t len)
{
	unsigned char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	CHECK(p != MAP_FAILED);
	memcpy(p, bytes, len);
	return p;
}

static void mode32(const char *bytes, size_t len)
{
	unsigned char *p = code32(bytes, len);

	prepare(NULL);
	frame.gregs[IP] = (unsigned long)p;
	frame.gregs[SP] = (unsigned long)p + 4000;
	frame.gregs[SEG] = 0x23 | 0x2bul << 48;
	sigreturn_to();
}

/* mov $11, %eax (execve); mov $0x200000, %ebx; ... then the instruction, then exit(3) the same way
 */
static void int80_32(void)
{
	mode32("\xb8\x0b\0\0\0\xcd\x80\xb8\x01\0\0\0\xbb\x03\0\0\0\xcd\x80\x0f\x0b", 21);
}

static void sysenter_32(void)
{
	mode32("\xb8\x14\0\0\0\x89\xe5\x0f\x34\x0f\x0b", 11);
}

static void syscall_32(void)
{
	mode32("\xb8\x14\0\0\0\x89\xe5\x0f\x05\x0f\x0b", 11);
}

static void selectors(int i)
{
	static const unsigned long seg[] = {0x10, 0x08, 0x18, 0, 0xffff, 0x30, 0x4b,
		0x33 | 0x18ul << 48, 0x33 | 0xfffful << 48};

	prepare(fine);
	frame.gregs[SEG] = seg[i];
	sigreturn_to();
}

static void in_and_cli(void)
{
	__asm__ volatile("mov $0x70, %%edx\n\tin %%dx, %%al\n\tcli" : : : "rax", "rdx");
	_exit(0);
}

static void io_privilege(void)
{
	prepare(in_and_cli);
	frame.gregs[FL] = 0x3202;
	sigreturn_to();
}

static void flags(void)
{
	prepare(fine);
	frame.gregs[FL] = ~0ul;
	sigreturn_to();
}

static void addresses(int i)
{
	static const unsigned long ip[] = {0xffffffff81000000, 0x8000000000000000, 0x7ffffffff000,
		0, STUB_TEXT, STUB_TEXT + 1, STUB_SLOT};

	prepare(fine);
	frame.gregs[IP] = ip[i];
	frame.gregs[SP] = i % 2 ? 0xffff888000000000 : STUB_SLOT + 0x2000;
	sigreturn_to();
}

static void fp_state(int i)
{
	static unsigned char area[4096] __attribute__((aligned(64)));
	static const unsigned long places[] = {0xffff888000000000, 8, 0x8000000000000000, 0};

	memset(area, 0xff, sizeof area);
	prepare(fine);
	frame.flags = i % 2 ? 7 : 6;
	frame.fpstate = i < 4 ? places[i] : (unsigned long)area;
	if (i > 5) { /* the magic of an extended frame, sizes beyond everything */
		unsigned sw[] = {0x46505853, 0xffffffff, ~0u, ~0u, 0xffffffff};

		memcpy(area + 464, sw, sizeof sw);
	}
	sigreturn_to();
}

static void alternate_stack(int i)
{
	static const unsigned long sp[] = {0, 0xffff888000000000, STUB_TEXT, STUB_SLOT + 8};

	prepare(fine);
	frame.stack.ss_sp = (void *)sp[i];
	frame.stack.ss_flags = i % 2 ? SS_DISABLE : 0;
	sigreturn_to();
}

static void each(void (*fn)(int), int nr)
{
	for (int i = 0; i < nr; i++) {
		pid_t pid = test_fork();

		if (pid == 0) {
			fn(i);
			_exit(0);
		}
		int st = test_wait(pid, 0);
		CHECK(WIFSIGNALED(st) || WEXITSTATUS(st) == 4);
	}
}

static void ends_masked(int sig)
{
	struct gate g;
	pid_t pid;

	gate_init(&g);
	pid = test_fork();
	if (pid == 0) {
		gate_open(&g);
		masked_loop();
	}
	gate_wait(&g);
	SYS(kill(pid, sig));
	CHECK_KILLED(pid, sig);
}

int main(void)
{
	pid_t pid;

	SYS(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
	pid = test_fork();
	if (pid == 0)
		plain();
	CHECK_EXIT(pid, 4);
	CHECK_CHILD_KILLED(masked_trap, SIGSYS);
	CHECK_CHILD_KILLED(int80_32, SIGSYS);
	int st = test_in_child(sysenter_32);
	CHECK(WIFSIGNALED(st));
	st = test_in_child(syscall_32);
	CHECK(WIFSIGNALED(st));
	st = test_in_child(io_privilege);
	CHECK(WIFSIGNALED(st));
	st = test_in_child(flags);
	CHECK(WIFSIGNALED(st) || WEXITSTATUS(st) == 4);
	each(selectors, 9);
	each(addresses, 7);
	each(fp_state, 8);
	each(alternate_stack, 4);
	ends_masked(SIGKILL);
	ends_masked(SIGTERM);
	check_served();
	return 0;
}
