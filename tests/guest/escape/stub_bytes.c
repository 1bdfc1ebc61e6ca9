/* run: guest-only */
/* A jump to every byte of the stub, with registers that would make the most of it: pointers to a
 * forged slot full of orders, to forged frames, to paths, and numbers of powerful calls. Each child
 * dies or gets an error. */
#include "stub.h"

#define PARALLEL 12
#define SLOT_SIZE 0x4000ul

static char area[4 * SLOT_SIZE] __attribute__((aligned(0x4000)));

/* As the stub would find it below its stack pointer. */
static void forge_slot(void)
{
	static const long calls[][7] = {
		{SYS_openat, AT_FDCWD, (long)"/etc/passwd", O_RDWR},
		{SYS_execveat, AT_FDCWD, (long)"/bin/true", 0, 0, 0},
		{SYS_clone, CLONE_NEWUSER | SIGCHLD},
		{SYS_kill, -1, SIGKILL},
		{SYS_socket, 2, 1, 0},
		{SYS_ptrace, 16, 1},
	};
	long *order = (long *)(area + 2 * SLOT_SIZE);

	for (int i = 0; i < 16; i++)
		memcpy(order + 7 * i, calls[i % 6], sizeof calls[0]);
}

struct regs {
	long rax, rdi, rsi, rdx, r10, rbx, rbp;
};

static void jump(unsigned long addr, const struct regs *r, long rsp)
{
	__asm__ volatile("mov %[addr], %%r15\n\t"
			 "mov %[rsp], %%r14\n\t"
			 "mov %[regs], %%r13\n\t"
			 "mov 0(%%r13), %%rax\n\tmov 8(%%r13), %%rdi\n\tmov 16(%%r13), %%rsi\n\t"
			 "mov 24(%%r13), %%rdx\n\tmov 32(%%r13), %%r10\n\tmov 40(%%r13), %%rbx\n\t"
			 "mov 48(%%r13), %%rbp\n\txor %%r8d, %%r8d\n\txor %%r9d, %%r9d\n\t"
			 "mov %%r14, %%rsp\n\t"
			 "jmp *%%r15"
			 :
			 : [addr] "r"(addr), [rsp] "r"(rsp), [regs] "r"(r)
			 : "memory");
}

static void child(unsigned long addr, int set)
{
	long slot = (long)area + 2 * (long)SLOT_SIZE, top = slot + (long)SLOT_SIZE;
	const struct regs sets[] = {
		{SYS_execveat, AT_FDCWD, (long)"/bin/true", 0, 0, slot, slot},
		{STUB_CALL, 3, slot + 0x400, 0, -1, 56, top},
		{SYS_clone, CLONE_NEWUSER | CLONE_NEWNS | SIGCHLD, 0, 0, 0, slot, slot + 0x100},
		{SYS_openat, AT_FDCWD, (long)"/etc/passwd", O_RDWR, 0, -1, STUB_SLOT},
	};

	/* Short: a jump into an idle loop must not hold up the test. */
	setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 300000}}, NULL);
	jump(addr, &sets[set], set == 3 ? (long)STUB_SLOT + 0x2000 : top - 0x800);
	_exit(0);
}

static void reap(void)
{
	int st;

	CHECK(waitpid(-1, &st, 0) > 0);
	CHECK(WIFSIGNALED(st) || WIFEXITED(st));
}

int main(void)
{
	const unsigned char *text = (const unsigned char *)STUB_TEXT;
	unsigned long used = STUB_TEXT_END - STUB_TEXT;
	int running = 0, n = 0;

	while (used && !text[used - 1])
		used--;
	SYS(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
	forge_slot();
	for (unsigned long off = 0; off < used + 8; off++, n++) {
		/* All of them where there is a system call, each in turn elsewhere. */
		bool call = (text[off] == 0x0f && text[off + 1] == 5) || text[off] == 0xb8;

		for (int set = call ? 0 : n % 4; set < 4; set += call ? 1 : 4) {
			pid_t pid = test_fork();

			if (pid == 0)
				child(STUB_TEXT + off, set);
			if (++running > PARALLEL) {
				reap();
				running--;
			}
		}
	}
	while (running--)
		reap();
	check_served();
	return 0;
}
