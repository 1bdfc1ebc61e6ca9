/* During a handler its signal and sa_mask are blocked; SA_NODEFER lifts the first; both restored.
 */
#include "../test.h"

static volatile sig_atomic_t depth, max_depth, calls, usr2_inside;

static void mask_now(sigset_t *set)
{
	SYS(sigprocmask(SIG_BLOCK, NULL, set));
}

static void on_usr2(int sig)
{
	(void)sig;
	usr2_inside = depth;
}

static void on_usr1(int sig)
{
	sigset_t set;

	calls++;
	depth++;
	if (depth > max_depth)
		max_depth = depth;
	mask_now(&set);
	CHECK_EQ(sigismember(&set, SIGUSR2), 1);
	SYS(raise(SIGUSR2));
	if (calls < 3)
		SYS(raise(sig));
	depth--;
}

static void run(int flags, int want_depth)
{
	struct sigaction sa = {.sa_handler = on_usr1, .sa_flags = flags};
	sigset_t set;

	calls = max_depth = 0;
	usr2_inside = 99;
	sigemptyset(&sa.sa_mask);
	sigaddset(&sa.sa_mask, SIGUSR2);
	SYS(sigaction(SIGUSR1, &sa, NULL));
	SYS(raise(SIGUSR1));
	CHECK_EQ(calls, 3);
	CHECK_EQ(max_depth, want_depth);
	CHECK_EQ(usr2_inside, 0);
	mask_now(&set);
	CHECK(!sigismember(&set, SIGUSR1) && !sigismember(&set, SIGUSR2));
}

int main(void)
{
	on_signal(SIGUSR2, on_usr2, 0);
	run(0, 1);
	run(SA_NODEFER, 3);
	return 0;
}
