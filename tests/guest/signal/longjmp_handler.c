/* siglongjmp out of handlers, many times: the mask and the alternate stack are usable again. */
#include "../test.h"
#include <setjmp.h>

static sigjmp_buf env;
static char alt[65536];

static void on(int sig)
{
	siglongjmp(env, sig);
}

int main(void)
{
	stack_t ss = {.ss_sp = alt, .ss_size = sizeof alt};
	volatile int loops = 0;
	sigset_t set;

	SYS(sigaltstack(&ss, NULL));
	for (int round = 0; round < 2; round++) {
		on_signal(SIGUSR1, on, round ? SA_ONSTACK : 0);
		for (loops = 0; loops < 500; loops++) {
			int r = sigsetjmp(env, 1);

			if (r == 0) {
				SYS(raise(SIGUSR1));
				FAIL("raise returned");
			}
			CHECK_EQ(r, SIGUSR1);
		}
	}
	SYS(sigprocmask(SIG_BLOCK, NULL, &set));
	CHECK(!sigismember(&set, SIGUSR1));
	return 0;
}
