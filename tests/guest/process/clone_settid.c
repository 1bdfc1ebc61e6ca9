/* CLONE_PARENT_SETTID, CLONE_CHILD_SETTID and CLONE_CHILD_CLEARTID with its futex wake. */
#include "../test.h"
#include <linux/futex.h>

struct shared {
	volatile pid_t parent_tid, child_tid, clear_tid;
};

int main(void)
{
	struct shared *s =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	static volatile pid_t private_tid;

	CHECK(s != MAP_FAILED);
	pid_t pid = SYS(syscall(SYS_clone, CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD, 0,
		&s->parent_tid, &s->child_tid, 0));
	if (pid == 0)
		_exit(s->child_tid == syscall(SYS_getpid) && s->parent_tid == s->child_tid ? 0 : 1);
	CHECK_EQ(s->parent_tid, pid);
	CHECK_EXIT(pid, 0);
	CHECK_EQ(s->child_tid, pid);

	/* Without shared memory only the child's copy is written. */
	pid = SYS(syscall(SYS_clone, CLONE_CHILD_SETTID | SIGCHLD, 0, 0, &private_tid, 0));
	if (pid == 0)
		_exit(private_tid == syscall(SYS_getpid) ? 0 : 1);
	CHECK_EXIT(pid, 0);
	CHECK_EQ(private_tid, 0);
	return 0;
}
