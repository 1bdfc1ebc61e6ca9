/* membarrier's query and private expedited command; rseq registered by libc refuses a second one.
 */
/* run: trap-all */
#include "../test.h"
#include <linux/membarrier.h>

int main(void)
{
	long cmds = syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
	static char area[64] __attribute__((aligned(32)));

	if (cmds < 0 && errno == ENOSYS)
		SKIP("no membarrier");
	CHECK(cmds > 0);
	CHECK_ERR(syscall(SYS_membarrier, 1 << 30, 0, 0), EINVAL);
	CHECK_ERR(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0), EPERM);
	SYS(syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
	SYS(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
	CHECK_ERR(syscall(SYS_rseq, area, 32, 0, 0x11111111), EINVAL);
	return 0;
}
