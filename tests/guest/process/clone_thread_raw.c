/* A thread made by raw clone: same pid, own tid, no SIGCHLD, not waitable, CLONE_SETTLS works. */
#include "../test.h"
#include <asm/prctl.h>
#include <linux/futex.h>

static char stack[65536] __attribute__((aligned(16)));
static unsigned long tls[64];
static volatile int clear = 1;
static volatile pid_t tid, tgid;
static volatile unsigned long fs_value;

static int thread(void *arg)
{
	unsigned long v;

	(void)arg;
	__asm__ volatile("mov %%fs:0, %0" : "=r"(v));
	fs_value = v;
	__asm__ volatile("syscall" : "=a"(v) : "a"(SYS_getpid) : "rcx", "r11", "memory");
	tgid = v;
	__asm__ volatile("syscall" : "=a"(v) : "a"(SYS_gettid) : "rcx", "r11", "memory");
	tid = v;
	for (;;)
		__asm__ volatile("syscall"
				 : "=a"(v)
				 : "a"(SYS_exit), "D"(0)
				 : "rcx", "r11", "memory");
	return 0;
}

int main(void)
{
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
		    CLONE_SYSVSEM | CLONE_SETTLS | CLONE_CHILD_CLEARTID | CLONE_PARENT_SETTID;
	pid_t parent_tid = 0, ret;

	tls[0] = 0x1122334455667788;
	ret = SYS(clone(thread, stack + sizeof stack, flags, NULL, &parent_tid, tls, &clear));
	while (clear != 0)
		syscall(SYS_futex, &clear, FUTEX_WAIT, clear, NULL, NULL, 0);
	CHECK_EQ(parent_tid, ret);
	CHECK_EQ(tid, ret);
	CHECK_EQ(tgid, getpid());
	CHECK(tid != getpid());
	CHECK_EQ(fs_value, 0x1122334455667788);
	CHECK_ERR(waitpid(-1, NULL, __WALL), ECHILD);
	return 0;
}
