/* sigaltstack: handlers with SA_ONSTACK run on it, nested ones stay; query, EPERM, ENOMEM, EINVAL.
 */
#include "../test.h"

static char alt[65536] __attribute__((aligned(16)));
static volatile sig_atomic_t on_alt, nested_on_alt, flags_inside, eperm;

static bool here(void)
{
	char c;

	return &c >= alt && &c < alt + sizeof alt;
}

static void inner(int sig)
{
	(void)sig;
	nested_on_alt = here();
}

static void outer(int sig)
{
	stack_t ss, other = {.ss_sp = alt, .ss_size = sizeof alt};

	(void)sig;
	on_alt = here();
	SYS(sigaltstack(NULL, &ss));
	flags_inside = ss.ss_flags;
	eperm = sigaltstack(&other, NULL) == -1 && errno == EPERM;
	SYS(raise(SIGUSR2));
}

static void elsewhere(int sig)
{
	(void)sig;
	on_alt = here();
}

int main(void)
{
	stack_t ss = {.ss_sp = alt, .ss_size = sizeof alt}, old;

	SYS(sigaltstack(NULL, &old));
	CHECK_EQ(old.ss_flags, SS_DISABLE);
	SYS(sigaltstack(&ss, &old));
	SYS(sigaltstack(NULL, &old));
	CHECK(old.ss_sp == alt && old.ss_size == sizeof alt && old.ss_flags == 0);
	on_signal(SIGUSR1, outer, SA_ONSTACK);
	on_signal(SIGUSR2, inner, SA_ONSTACK);
	SYS(raise(SIGUSR1));
	CHECK(on_alt && nested_on_alt && eperm);
	CHECK_EQ(flags_inside, SS_ONSTACK);
	on_signal(SIGUSR1, elsewhere, 0);
	SYS(raise(SIGUSR1));
	CHECK(!on_alt);
	ss.ss_size = 100;
	CHECK_ERR(sigaltstack(&ss, NULL), ENOMEM);
	ss.ss_size = sizeof alt;
	ss.ss_flags = 0x40;
	CHECK_ERR(sigaltstack(&ss, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_sigaltstack, 8, NULL), EFAULT);
	ss.ss_flags = SS_DISABLE;
	SYS(sigaltstack(&ss, NULL));
	on_signal(SIGUSR1, elsewhere, SA_ONSTACK);
	SYS(raise(SIGUSR1));
	CHECK(!on_alt);
	return 0;
}
