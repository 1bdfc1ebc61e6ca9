/* A buffer on stack pages not touched yet is good for a system call, as on the host. */
#include "../test.h"

int main(void)
{
	int fd[2];
	char c = 'z';

	SYS(pipe(fd));
	CHECK_EQ(write(fd[1], &c, 1), 1);
	/* Two MiB below, with the stack pointer moved there and not one page in between touched. */
	register long ret __asm__("rax") = SYS_read;
	register long a0 __asm__("rdi") = fd[0];
	register long a2 __asm__("rdx") = 1;
	__asm__ volatile("mov %%rsp, %%rbx\n\t"
			 "sub $0x200000, %%rsp\n\t"
			 "lea 64(%%rsp), %%rsi\n\t"
			 "syscall\n\t"
			 "mov %%rbx, %%rsp"
			 : "+r"(ret)
			 : "r"(a0), "r"(a2)
			 : "rbx", "rsi", "rcx", "r11", "memory");
	CHECK_EQ(ret, 1);
	return 0;
}
