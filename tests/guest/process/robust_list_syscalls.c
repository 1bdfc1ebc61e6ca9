/* set_robust_list and get_robust_list: own list, size check, another task's permission. */
#include "../test.h"
#include <linux/futex.h>

int main(void)
{
	struct robust_list_head head = {.list = {&head.list}}, *got = NULL;
	size_t len = 0;

	SYS(syscall(SYS_get_robust_list, 0, &got, &len));
	CHECK_EQ(len, sizeof head);
	CHECK(got != NULL);
	CHECK_ERR(syscall(SYS_set_robust_list, &head, sizeof head - 1), EINVAL);
	SYS(syscall(SYS_set_robust_list, &head, sizeof head));
	SYS(syscall(SYS_get_robust_list, getpid(), &got, &len));
	CHECK(got == &head);
	CHECK_ERR(syscall(SYS_get_robust_list, 0, NULL, &len), EFAULT);
	CHECK_ERR(syscall(SYS_get_robust_list, 0x3ffffff0, &got, &len), ESRCH);
	SYS(syscall(SYS_set_robust_list, NULL, sizeof head));
	return 0;
}
