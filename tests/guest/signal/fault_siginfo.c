/* Synchronous faults: signal number, si_code and si_addr of SEGV, BUS, FPE, ILL, TRAP. */
#include "../test.h"
#include <setjmp.h>
#include <ucontext.h>

static sigjmp_buf env;
static volatile int sig, code;
static void *volatile addr;
static volatile long trapno, err, cr2;

static void on(int s, siginfo_t *si, void *uc)
{
	ucontext_t *u = uc;

	sig = s;
	code = si->si_code;
	addr = si->si_addr;
	trapno = u->uc_mcontext.gregs[REG_TRAPNO];
	err = u->uc_mcontext.gregs[REG_ERR];
	cr2 = u->uc_mcontext.gregs[REG_CR2];
	siglongjmp(env, 1);
}

#define FAULT(code_) \
	do { \
		sig = 0; \
		if (sigsetjmp(env, 1) == 0) { \
			code_; \
			FAIL("no fault: %s", #code_); \
		} \
	} while (0)

static volatile int zero;

int main(void)
{
	int sigs[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
	char *page = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	volatile char *null = (char *)(uintptr_t)zero;

	for (int i = 0; i < 5; i++)
		on_siginfo(sigs[i], on, 0);
	CHECK(page != MAP_FAILED);

	FAULT(null[16] = 1);
	CHECK_EQ(sig, SIGSEGV);
	CHECK_EQ(code, SEGV_MAPERR);
	CHECK(addr == (void *)16);
	CHECK_EQ(trapno, 14);
	CHECK_EQ(err & 7, 6);
	CHECK_EQ(cr2, 16);

	CHECK_EQ(*(volatile char *)page, 0);
	FAULT(*(volatile char *)(page + 100) = 1);
	CHECK_EQ(sig, SIGSEGV);
	CHECK_EQ(code, SEGV_ACCERR);
	CHECK(addr == page + 100);
	CHECK_EQ(err & 7, 7);

	/* A non-canonical address is a general protection fault without address. */
	FAULT(*(volatile char *)(0x8000000000000000ul + (uintptr_t)zero) = 1);
	CHECK_EQ(sig, SIGSEGV);
	CHECK_EQ(code, SI_KERNEL);
	CHECK(addr == NULL);
	CHECK_EQ(trapno, 13);

	FAULT(__asm__ volatile("hlt"));
	CHECK_EQ(sig, SIGSEGV);
	CHECK_EQ(code, SI_KERNEL);

	FAULT(__asm__ volatile("ud2"));
	CHECK_EQ(sig, SIGILL);
	CHECK_EQ(code, ILL_ILLOPN);
	CHECK(addr != NULL);

	FAULT(__asm__ volatile("xor %%edx, %%edx\n\tmov $1, %%eax\n\tdivl %0"
			       :
			       : "m"(zero)
			       : "eax", "edx"));
	CHECK_EQ(sig, SIGFPE);
	CHECK_EQ(code, FPE_INTDIV);
	CHECK(addr != NULL);

	FAULT(__asm__ volatile("int3"));
	CHECK_EQ(sig, SIGTRAP);
	CHECK_EQ(code, SI_KERNEL);

	FAULT(((void (*)(void))page)());
	CHECK_EQ(sig, SIGSEGV);
	CHECK_EQ(code, SEGV_ACCERR);
	CHECK(addr == page);

	int fd = SYS(memfd_create("short", 0));
	SYS(ftruncate(fd, 4096));
	char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED);
	FAULT(*(volatile char *)(map + 4096) = 1);
	CHECK_EQ(sig, SIGBUS);
	CHECK_EQ(code, BUS_ADRERR);
	CHECK(addr == map + 4096);
	return 0;
}
