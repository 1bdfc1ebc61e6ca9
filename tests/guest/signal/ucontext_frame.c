/* The signal frame: 16-byte aligned, below the red zone, with segment selectors, the altstack and
 * an fpstate that shows the interrupted SSE registers and takes changes. */
#include "../test.h"
#include <ucontext.h>

static char alt[65536];
static volatile int ok;

static void on(int sig, siginfo_t *si, void *uc)
{
	ucontext_t *u = uc;
	struct _libc_fpstate *fp = u->uc_mcontext.fpregs;
	uint64_t v;

	(void)sig;
	CHECK_EQ((uintptr_t)__builtin_frame_address(0) % 16, 0);
	CHECK((uintptr_t)si > (uintptr_t)__builtin_frame_address(0));
	CHECK_EQ(u->uc_mcontext.gregs[REG_CSGSFS] & 0xffff, 0x33);
	CHECK(u->uc_stack.ss_sp == alt && u->uc_stack.ss_size == sizeof alt);
	CHECK(fp != NULL);
	CHECK_EQ((uintptr_t)fp % 64, 0);
	memcpy(&v, &fp->_xmm[5], 8);
	CHECK_EQ(v, 0x1122334455667788);
	v = 0x99aabbccddeeff00;
	memcpy(&fp->_xmm[5], &v, 8);
	CHECK_EQ(u->uc_mcontext.gregs[REG_RBX], 0x5544332211);
	u->uc_mcontext.gregs[REG_RBX] = 0x77;
	ok = 1;
}

int main(void)
{
	stack_t ss = {.ss_sp = alt, .ss_size = sizeof alt};
	uint64_t x = 0x1122334455667788, rbx = 0x5544332211;
	long ret;

	SYS(sigaltstack(&ss, NULL));
	on_siginfo(SIGUSR1, on, 0);
	__asm__ volatile("movq %[x], %%xmm5\n\tsub $128, %%rsp\n\tsyscall\n\tadd $128, %%rsp\n\t"
			 "movq %%xmm5, %[x]\n\t"
			 : [x] "+r"(x), "=a"(ret), "+b"(rbx)
			 : "a"(SYS_kill), "D"(getpid()), "S"(SIGUSR1)
			 : "rcx", "r11", "xmm5", "memory");
	CHECK_EQ(ret, 0);
	CHECK(ok);
	CHECK_EQ(x, 0x99aabbccddeeff00);
	CHECK_EQ(rbx, 0x77);
	return 0;
}
