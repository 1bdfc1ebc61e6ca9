/* SS_AUTODISARM: the alternate stack is disarmed inside the handler and armed again after it. */
#include "../test.h"

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

static char alt[65536] __attribute__((aligned(16))), second[65536] __attribute__((aligned(16)));
static volatile sig_atomic_t flags, changed;

static void on(int sig)
{
	stack_t ss;

	(void)sig;
	SYS(sigaltstack(NULL, &ss));
	flags = ss.ss_flags;
	ss = (stack_t){.ss_sp = second, .ss_size = sizeof second};
	changed = sigaltstack(&ss, NULL) == 0;
}

int main(void)
{
	stack_t ss = {.ss_sp = alt, .ss_size = sizeof alt, .ss_flags = (int)SS_AUTODISARM};

	SYS(sigaltstack(&ss, NULL));
	on_signal(SIGUSR1, on, SA_ONSTACK);
	SYS(raise(SIGUSR1));
	CHECK_EQ(flags, SS_DISABLE);
	CHECK(changed);
	SYS(sigaltstack(NULL, &ss));
	CHECK(ss.ss_sp == alt);
	CHECK_EQ((unsigned)ss.ss_flags, SS_AUTODISARM);
	return 0;
}
