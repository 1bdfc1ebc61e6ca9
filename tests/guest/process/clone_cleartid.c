/* CLONE_CHILD_CLEARTID and set_tid_address: at exit the word is zeroed and a futex waiter woken. */
#include "../test.h"
#include <linux/futex.h>

static char stack[65536] __attribute__((aligned(16)));
static volatile int word = 77;
static int moved = 88;

static int plain(void *arg)
{
	(void)arg;
	return 0;
}

static int moves(void *arg)
{
	(void)arg;
	return syscall(SYS_set_tid_address, &moved) == syscall(SYS_gettid) ? 0 : 1;
}

static void wait_zero(volatile int *p)
{
	int v;

	while ((v = __atomic_load_n(p, __ATOMIC_SEQ_CST)) != 0) {
		long r = syscall(SYS_futex, p, FUTEX_WAIT, v, NULL, NULL, 0);

		CHECK(r == 0 || errno == EAGAIN || errno == EINTR);
	}
}

int main(void)
{
	int flags = CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD;
	pid_t pid = SYS(clone(plain, stack + sizeof stack, flags, NULL, NULL, NULL, &word));

	wait_zero(&word);
	CHECK_EXIT(pid, 0);
	word = 99;
	pid = SYS(clone(moves, stack + sizeof stack, flags, NULL, NULL, NULL, &word));
	wait_zero(&moved);
	CHECK_EXIT(pid, 0);
	CHECK_EQ(word, 99);
	return 0;
}
