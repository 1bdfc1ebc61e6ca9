/* A system call changes rax, rcx and r11 only: every other register, flags and the red zone stay.
 */
#include "../test.h"

static void once(long nr, long want)
{
	unsigned long in[12], out[12], *from = in, *to = out;
	long ret;

	for (int i = 0; i < 12; i++)
		in[i] = 0x1111111111111111ul * (i + 1);
	in[3] = in[4] = (unsigned long)-1;
	__asm__ volatile("sub $128, %%rsp\n\tpush %%rbp\n\t"
			 "push %[in]\n\t"
			 "push %[out]\n\t"
			 "mov %[in], %%rbp\n\t"
			 "mov 0(%%rbp), %%rbx\n\tmov 16(%%rbp), %%rdx\n\t"
			 "mov 24(%%rbp), %%rdi\n\tmov 32(%%rbp), %%rsi\n\t"
			 "mov 40(%%rbp), %%r8\n\tmov 48(%%rbp), %%r9\n\tmov 56(%%rbp), %%r10\n\t"
			 "mov 64(%%rbp), %%r12\n\tmov 72(%%rbp), %%r13\n\tmov 80(%%rbp), %%r14\n\t"
			 "mov 88(%%rbp), %%r15\n\t"
			 "mov $0x55aa, %%rbp\n\t"
			 "movq $0x77, -8(%%rsp)\n\tmovq $0x78, -128(%%rsp)\n\t"
			 "syscall\n\t"
			 "cmp $0x55aa, %%rbp\n\tje 1f\n\tud2\n1:\n\t"
			 "mov -8(%%rsp), %%rbp\n\tcmp $0x77, %%rbp\n\tje 1f\n\tud2\n1:\n\t"
			 "mov -128(%%rsp), %%rbp\n\tcmp $0x78, %%rbp\n\tje 1f\n\tud2\n1:\n\t"
			 "pop %%rbp\n\t"
			 "mov %%rbx, 0(%%rbp)\n\tmov %%rdx, 16(%%rbp)\n\tmov %%rdi, 24(%%rbp)\n\t"
			 "mov %%rsi, 32(%%rbp)\n\tmov %%r8, 40(%%rbp)\n\tmov %%r9, 48(%%rbp)\n\t"
			 "mov %%r10, 56(%%rbp)\n\tmov %%r12, 64(%%rbp)\n\tmov %%r13, 72(%%rbp)\n\t"
			 "mov %%r14, 80(%%rbp)\n\tmov %%r15, 88(%%rbp)\n\t"
			 "pop %%rbp\n\t"
			 "pop %%rbp\n\tadd $128, %%rsp\n\t"
			 : "=a"(ret), [in] "+c"(from), [out] "+d"(to)
			 : "a"(nr)
			 : "rbx", "rdi", "rsi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
			 "r15", "memory", "cc");
	CHECK_EQ(ret, want);
	for (int i = 0; i < 12; i++)
		if (i != 1)
			CHECK_EQ(out[i], in[i]);
}

int main(void)
{
	once(SYS_close, -EBADF);
	once(SYS_brk + 5000, -ENOSYS);
	once(SYS_munmap, -EINVAL);
	once(SYS_rt_sigpending, -EINVAL);
	once(SYS_kill, -EINVAL);
	return 0;
}
