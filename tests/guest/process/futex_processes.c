/* A shared futex wakes across processes: 2 x 2000 turns of ping-pong, and WAKE of all sleepers. */
#include "../test.h"
#include <linux/futex.h>

static volatile int *word;

static void wait_for(int value)
{
	int v;

	while ((v = __atomic_load_n(word, __ATOMIC_SEQ_CST)) != value)
		if (syscall(SYS_futex, word, FUTEX_WAIT, v, NULL, NULL, 0))
			CHECK(errno == EAGAIN || errno == EINTR);
}

static void set(int value)
{
	__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
	SYS(syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0));
}

int main(void)
{
	word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(word != MAP_FAILED);
	pid_t pid = test_fork();
	for (int i = 0; i < 2000; i++) {
		wait_for(pid == 0 ? 1 : 0);
		set(pid == 0 ? 0 : 1);
	}
	if (pid == 0)
		_exit(0);
	CHECK_EXIT(pid, 0);

	pid_t pids[8];
	*word = 2;
	for (int i = 0; i < 8; i++) {
		pids[i] = test_fork();
		if (pids[i] == 0) {
			wait_for(3);
			_exit(0);
		}
	}
	set(3);
	for (int i = 0; i < 8; i++)
		CHECK_EXIT(pids[i], 0);
	return 0;
}
