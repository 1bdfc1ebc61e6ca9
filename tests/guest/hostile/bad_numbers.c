/* Unknown and x32 call numbers give ENOSYS with any arguments. */
#include "../test.h"

int main(void)
{
	long numbers[] = {-1, -2, 600, 1000, 4096, 0x7fff, 0x10000, 0x12345678, 0x7fffffff, INT_MIN,
		0x7fffffffffffffff, 400, 423};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		CHECK_ERR(syscall(numbers[i], 0, 0, 0, 0, 0, 0), ENOSYS);
		CHECK_ERR(syscall(numbers[i], -1, -1, -1, -1, -1, -1), ENOSYS);
	}
	for (long nr = 0; nr < 600; nr += 13) {
		errno = 0;
		long r = syscall(0x40000000 | nr, -1, -1, -1, -1, -1, -1);
		CHECK_EQ(r, -1);
		CHECK_EQ(errno, ENOSYS);
	}
	for (int i = 0; i < 2000; i++)
		CHECK_ERR(syscall(5000 + i), ENOSYS);
	return 0;
}
