/* ptrace with nonsense: errors, not crashes. */
#include "../test.h"
#include <sys/ptrace.h>

int main(void)
{
	CHECK_EQ(syscall(SYS_ptrace, PTRACE_PEEKDATA, getpid(), 0, 0), -1);
	CHECK_EQ(syscall(SYS_ptrace, PTRACE_CONT, 0x3ffffff0, 0, 0), -1);
	CHECK(errno == ESRCH || errno == ENOSYS);
	CHECK_EQ(syscall(SYS_ptrace, 0x12345, getppid(), -1, -1), -1);
	CHECK_EQ(syscall(SYS_ptrace, PTRACE_ATTACH, 0, 0, 0), -1);
	return 0;
}
