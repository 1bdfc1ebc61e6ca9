/* run: fast-path */
/* A program may rewrite the code of a call it has made many times, and run copies of it. */
#include "../test.h"

/* mov $110, %eax (getppid); syscall; ret */
long call_getppid(void);
__asm__(".text\n"
	".balign 4096\n"
	".globl call_getppid\n"
	"call_getppid:\n"
	"	mov $110, %eax\n"
	"	syscall\n"
	"	ret\n"
	".balign 4096\n");

int main(void)
{
	static const unsigned char getpid_code[] = {0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3};
	void *page = (void *)call_getppid;
	pid_t parent = getppid(), pid = getpid();
	long (*copy)(void);

	for (int i = 0; i < 2000; i++)
		CHECK_EQ(call_getppid(), parent);
	copy = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(copy != MAP_FAILED);
	memcpy((void *)copy, page, 4096);
	for (int i = 0; i < 2000; i++)
		CHECK_EQ(copy(), parent);
	SYS(mprotect(page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC));
	memcpy(page, getpid_code, sizeof(getpid_code));
	for (int i = 0; i < 2000; i++)
		CHECK_EQ(call_getppid(), pid);
	SYS(mprotect(page, 4096, PROT_READ | PROT_EXEC));
	for (int i = 0; i < 2000; i++)
		CHECK_EQ(call_getppid(), pid);
	/* Only the syscall instruction itself, as a jump into the middle would find it. */
	for (int i = 0; i < 100; i++) {
		long ret;

		__asm__ volatile("call *%1"
				 : "=a"(ret)
				 : "r"((char *)page + 5), "0"(SYS_getpid)
				 : "rcx", "r11", "memory");
		CHECK_EQ(ret, pid);
	}
	pid_t child = test_fork();
	if (child == 0) {
		CHECK_EQ(call_getppid(), getpid());
		_exit(0);
	}
	CHECK_EXIT(child, 0);
	return 0;
}
