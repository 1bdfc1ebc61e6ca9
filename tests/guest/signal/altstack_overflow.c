/* A stack overflow is a SIGSEGV that only a handler on the alternate stack can see; without it, and
 * when the alternate stack is too small to take the frame, the process dies of SIGSEGV. */
#include "../test.h"
#include <setjmp.h>

static char alt[65536] __attribute__((aligned(16)));
static sigjmp_buf env;
static volatile sig_atomic_t on_alt, hits;

static void on(int sig, siginfo_t *si, void *uc)
{
	char c;

	(void)sig, (void)uc;
	on_alt = &c >= alt && &c < alt + sizeof alt;
	CHECK(si->si_addr != NULL);
	hits++;
	siglongjmp(env, 1);
}

static int recurse(volatile int depth)
{
	volatile char block[4096];

	block[0] = (char)depth;
	if (depth < 0)
		return 0;
	return recurse(depth + 1) + block[0];
}

static void survives(void)
{
	stack_t ss = {.ss_sp = alt, .ss_size = sizeof alt};

	SYS(setrlimit(RLIMIT_STACK, &(struct rlimit){1 << 20, 1 << 20}));
	SYS(sigaltstack(&ss, NULL));
	on_siginfo(SIGSEGV, on, SA_ONSTACK);
	for (int i = 0; i < 5; i++) {
		if (sigsetjmp(env, 1) == 0)
			recurse(0);
		CHECK(on_alt);
		CHECK_EQ(hits, i + 1);
	}
}

static void dies(void)
{
	SYS(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
	SYS(setrlimit(RLIMIT_STACK, &(struct rlimit){1 << 20, 1 << 20}));
	on_siginfo(SIGSEGV, on, 0);
	recurse(0);
}

int main(void)
{
	CHECK_CHILD(survives);
	CHECK_CHILD_KILLED(dies, SIGSEGV);
	return 0;
}
