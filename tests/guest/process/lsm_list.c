/* lsm_list_modules: capabilities are always in force; sizes and flags are checked. */
#include "../test.h"

#ifndef SYS_lsm_list_modules
#define SYS_lsm_list_modules 461
#endif

int main(void)
{
	uint64_t ids[64];
	uint32_t size = sizeof ids, small = 0;
	long n = syscall(SYS_lsm_list_modules, ids, &size, 0), found = 0;

	if (n < 0 && errno == ENOSYS)
		SKIP("no lsm_list_modules");
	CHECK(n > 0);
	CHECK_EQ(size, n * 8);
	for (long i = 0; i < n; i++)
		found += ids[i] == 100;
	CHECK_EQ(found, 1);
	CHECK_ERR(syscall(SYS_lsm_list_modules, ids, &small, 0), E2BIG);
	CHECK_EQ(small, n * 8);
	CHECK_ERR(syscall(SYS_lsm_list_modules, ids, &size, 1), EINVAL);
	CHECK_ERR(syscall(SYS_lsm_list_modules, ids, NULL, 0), EFAULT);
	CHECK_ERR(syscall(SYS_lsm_list_modules, NULL, &size, 0), EFAULT);
	return 0;
}
