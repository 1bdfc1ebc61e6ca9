/* PEEK and POKE of data, text and the user area; general, FP and vector registers, seen and changed
 * by the tracee. */
#include "ptrace.h"

static volatile long data = 0x1122334455667788;
static const volatile long constant = 5;

__attribute__((noinline)) static int answer(void)
{
	int v;

	__asm__ volatile(".globl patch_me\npatch_me: mov $1, %0" : "=r"(v));
	return v;
}
extern char patch_me[];

static void child(void)
{
	unsigned long r12 = 1, xmm[2] = {1, 2};

	if (data != 42 || constant != 6 || answer() != 2)
		_exit(1);
	__asm__ volatile("movdqu %1, %%xmm7\n\tmov $7, %%r12\n\tint3\n\tmov %%r12, %0\n\t"
			 "movdqu %%xmm7, %1"
			 : "=&r"(r12), "+m"(xmm)
			 :
			 : "r12", "xmm7", "memory");
	_exit(r12 == 1234 && xmm[0] == 3 && xmm[1] == 4 ? 0 : 2);
}

static void patch(pid_t pid)
{
	long word = peek_word(pid, patch_me);
	unsigned char *p = memchr(&word, 1, sizeof(word)); /* the immediate */

	CHECK(p);
	*p = 2;
	PT(PTRACE_POKETEXT, pid, patch_me, word);
	CHECK_EQ(peek_word(pid, patch_me), word);
}

static void set_vector(pid_t pid)
{
	static char x[16384];
	struct iovec iov = {x, sizeof(x)};
	struct user_fpregs_struct fp;
	unsigned long v[2] = {3, 4};

	PT(PTRACE_GETFPREGS, pid, 0, &fp);
	CHECK_EQ(fp.xmm_space[7 * 4], 1);
	CHECK_EQ(fp.xmm_space[7 * 4 + 2], 2);
	PT(PTRACE_GETREGSET, pid, NT_X86_XSTATE, &iov);
	CHECK(iov.iov_len > 512 && iov.iov_len < sizeof(x));
	CHECK(memcmp(x + 160 + 7 * 16, &fp.xmm_space[7 * 4], 16) == 0);
	CHECK_EQ(x[464] & 3, 3); /* XCR0 */
	memcpy(x + 160 + 7 * 16, v, sizeof(v));
	x[512] |= 2;
	PT(PTRACE_SETREGSET, pid, NT_X86_XSTATE, &iov);
	PT(PTRACE_GETFPREGS, pid, 0, &fp);
	CHECK_EQ(fp.xmm_space[7 * 4], 3);
	PT(PTRACE_SETFPREGS, pid, 0, &fp);
	iov.iov_len = 8;
	PT_ERR(PTRACE_SETREGSET, pid, NT_X86_XSTATE, &iov, errno);
}

static void set_registers(pid_t pid)
{
	struct user_regs_struct r = regs_of(pid), s;
	struct iovec iov = {&s, sizeof(s)};
	long word;

	CHECK_EQ(r.r12, 7);
	CHECK_EQ(r.orig_rax, -1);
	CHECK(r.fs_base && r.cs == 0x33 && r.ss == 0x2b);
	PT(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov);
	CHECK_EQ(iov.iov_len, sizeof(s));
	CHECK(memcmp(&r, &s, sizeof(r)) == 0);
	PT(PTRACE_PEEKUSER, pid, offsetof(struct user, regs.rip), &word);
	CHECK_EQ(word, r.rip);
	CHECK_EQ(peek_word(pid, (char *)r.rip - 1) & 0xff, 0xcc);
	r.cs = 0;
	PT_ERR(PTRACE_SETREGS, pid, 0, &r, EIO);
	r.cs = 0x33;
	r.r12 = 99;
	PT(PTRACE_SETREGS, pid, 0, &r);
	PT(PTRACE_POKEUSER, pid, offsetof(struct user, regs.r12), 1234);
	CHECK_EQ(regs_of(pid).r12, 1234);
	PT_ERR(PTRACE_PEEKUSER, pid, 3, &word, EIO);
	PT_ERR(PTRACE_PEEKUSER, pid, sizeof(struct user) + 64, &word, EIO);
	PT_ERR(PTRACE_PEEKDATA, pid, 8, &word, EIO);
	PT_ERR(PTRACE_POKEDATA, pid, 8, 1, EIO);
}

int main(void)
{
	pid_t pid = traced_child(child);

	CHECK_EQ(tracer_of(pid), getpid());
	CHECK_EQ(peek_word(pid, (void *)&data), 0x1122334455667788);
	PT(PTRACE_POKEDATA, pid, &data, 42);
	CHECK_EQ(peek_word(pid, (void *)&constant), 5);
	PT(PTRACE_POKETEXT, pid, &constant, 6);
	CHECK_EQ(constant, 5);
	patch(pid);
	PT(PTRACE_CONT, pid, 0, 0);
	CHECK_STOP(pid, SIGTRAP);
	set_registers(pid);
	set_vector(pid);
	PT(PTRACE_CONT, pid, 0, 0);
	CHECK_EXIT(pid, 0);
	return 0;
}
