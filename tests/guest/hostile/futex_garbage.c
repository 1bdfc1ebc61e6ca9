/* futex with every operation, odd flags, addresses and time-outs: answers, no hang, no crash. */
#include "../test.h"

int main(void)
{
	static int word[4];
	void *addr[] = {word, (char *)word + 1, NULL, (void *)8, (void *)0xffff888000000000,
		(void *)-1, (void *)0x8000000000000000};
	struct timespec soon = {0, 1}, bad = {-1, -1};
	void *to[] = {&soon, &bad, (void *)8};

	for (int op = 0; op < 16; op++) {
		for (int flags = 0; flags < 4; flags++) {
			for (int a = 0; a < 7; a++) {
				for (int t = 0; t < 3; t++) {
					int cmd =
						op | (flags & 1 ? 128 : 0) | (flags & 2 ? 256 : 0);

					word[0] = 0;
					/* LOCK_PI with an absolute past time; WAIT with a mismatch
					 * where it would block. */
					syscall(SYS_futex, addr[a], cmd, op == 0 ? 1 : 0, to[t],
						addr[(a + 1) % 7], t);
				}
			}
		}
	}
	CHECK_ERR(syscall(SYS_futex, word, 0x70, 0, NULL, NULL, 0), ENOSYS);
	pid_t pid = test_fork();
	if (pid == 0)
		_exit(3);
	CHECK_EXIT(pid, 3);
	return 0;
}
