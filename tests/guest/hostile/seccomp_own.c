/* A program that installs a filter, strict mode or syscall user dispatch: refused, or as on Linux;
 * either way it cannot break out of or take down anything but itself. */
#include "../test.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

static void filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 99),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {4, code};

	SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0) {
		CHECK_ERR(syscall(SYS_getppid), 99);
		CHECK(getpid() > 0);
	} else {
		CHECK(errno == EINVAL || errno == ENOSYS);
	}
}

static void strict(void)
{
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0) {
		syscall(SYS_write, 1, "", 0);
		syscall(SYS_exit, 0);
	}
	CHECK(errno == EINVAL || errno == ENOSYS);
}

static char selector;

static void dispatch(void)
{
	/* PR_SET_SYSCALL_USER_DISPATCH */
	if (prctl(59, 1, 0, 0, &selector) == 0) {
		selector = 1;
		syscall(SYS_getppid);
		_exit(0);
	}
	CHECK(errno == EINVAL || errno == ENOSYS);
}

int main(void)
{
	CHECK_CHILD(filter);
	CHECK_CHILD(strict);
	int st = test_in_child(dispatch);
	CHECK(st == 0 || (WIFSIGNALED(st) && WTERMSIG(st) == SIGSYS));
	return 0;
}
