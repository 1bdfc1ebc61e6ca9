/* MAP_SHARED|MAP_ANONYMOUS memory is one across forks, and gone for others after munmap. */
#include "../test.h"

int main(void)
{
	volatile int *p =
		mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	for (int i = 0; i < 8; i++) {
		pid_t pid = test_fork();

		if (pid == 0) {
			for (int n = 0; n < 10000; n++)
				__atomic_fetch_add(&p[0], 1, __ATOMIC_SEQ_CST);
			p[1000 + i * 4096] = i;
			pid_t grand = test_fork();
			if (grand == 0) {
				p[2000 + i * 4096] = i + 100;
				_exit(0);
			}
			CHECK_EXIT(grand, 0);
			SYS(munmap((void *)p, 1 << 20));
			_exit(0);
		}
	}
	for (int i = 0; i < 8; i++) {
		int st;

		CHECK(wait(&st) > 0);
		CHECK_EQ(st, 0);
	}
	CHECK_EQ(p[0], 80000);
	for (int i = 0; i < 8; i++)
		CHECK(p[1000 + i * 4096] == i && p[2000 + i * 4096] == i + 100);
	return 0;
}
