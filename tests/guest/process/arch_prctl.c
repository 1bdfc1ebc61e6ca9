/* arch_prctl: GET_FS agrees with the thread pointer, SET_GS works and survives a system call. */
#include "../test.h"
#include <asm/prctl.h>

int main(void)
{
	static unsigned long block[4] = {0xabcdef};
	unsigned long fs = 0, gs = 0, self, v;

	SYS(syscall(SYS_arch_prctl, ARCH_GET_FS, &fs));
	__asm__("mov %%fs:0x10, %0" : "=r"(self));
	CHECK_EQ(fs, self);
	SYS(syscall(SYS_arch_prctl, ARCH_SET_GS, block));
	SYS(syscall(SYS_arch_prctl, ARCH_GET_GS, &gs));
	CHECK_EQ(gs, (unsigned long)block);
	getppid();
	__asm__ volatile("mov %%gs:0, %0" : "=r"(v));
	CHECK_EQ(v, 0xabcdef);
	pid_t pid = test_fork();
	if (pid == 0) {
		__asm__ volatile("mov %%gs:0, %0" : "=r"(v));
		_exit(v == 0xabcdef ? 0 : 1);
	}
	CHECK_EXIT(pid, 0);
	CHECK_ERR(syscall(SYS_arch_prctl, ARCH_SET_GS, 0xffff800000000000), EPERM);
	CHECK_ERR(syscall(SYS_arch_prctl, ARCH_GET_FS, 8), EFAULT);
	CHECK_ERR(syscall(SYS_arch_prctl, 0x9999, 0), EINVAL);
	return 0;
}
