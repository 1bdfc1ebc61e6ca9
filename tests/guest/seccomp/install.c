/* Who may install which program; synchronising threads; what the kernel can do. */
/* link: pthread */
#include "filter.h"

#include <pthread.h>

static long try(struct sock_filter *code, unsigned short len)
{
	return install(code, len, 0);
}

static void programs(void)
{
	struct sock_filter fine[] = {RET(SECCOMP_RET_ALLOW)};
	struct sock_filter no_return[] = {LOAD(nr)};
	struct sock_filter far[] = {BPF_JUMP(BPF_JMP | BPF_JA, 5, 0, 0), RET(SECCOMP_RET_ALLOW)};
	struct sock_filter odd[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), RET(0)};
	struct sock_filter beyond[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), RET(0)};
	struct sock_filter half[] = {BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0), RET(0)};
	struct sock_filter zero[] = {BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), RET(0)};
	struct sock_filter shift[] = {BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32), RET(0)};
	struct sock_filter mem[] = {BPF_STMT(BPF_ST, 16), RET(0)};
	struct sock_fprog prog = {1, fine};

	CHECK_ERR(try(no_return, 1), EINVAL);
	CHECK_ERR(try(far, 2), EINVAL);
	CHECK_ERR(try(odd, 2), EINVAL);
	CHECK_ERR(try(beyond, 2), EINVAL);
	CHECK_ERR(try(half, 2), EINVAL);
	CHECK_ERR(try(zero, 2), EINVAL);
	CHECK_ERR(try(shift, 2), EINVAL);
	CHECK_ERR(try(mem, 2), EINVAL);
	CHECK_ERR(try(fine, 0), EINVAL);
	CHECK_ERR(try((void *)8, 1), EFAULT);
	CHECK_ERR(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 1u << 30, &prog), EINVAL);
	CHECK_ERR(syscall(SYS_seccomp, 99, 0, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL), EINVAL);
	SYS(try(fine, 1));
	CHECK_ERR(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT), EINVAL);
}

static void actions(void)
{
	unsigned known[] = {SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP,
		SECCOMP_RET_ERRNO, SECCOMP_RET_TRACE, SECCOMP_RET_LOG, SECCOMP_RET_ALLOW};
	unsigned bad = 0x12340000;

	for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
		SYS(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &known[i]));
	CHECK_ERR(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &bad), EOPNOTSUPP);
}

static void privilege(void)
{
	struct sock_filter fine[] = {RET(SECCOMP_RET_ALLOW)};
	struct sock_fprog prog = {1, fine};

	if (geteuid() == 0)
		SYS(setuid(4321));
	CHECK_ERR(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog), EACCES);
	SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	SYS(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog));
}

static struct gate installed, up;

static void *waiting(void *arg)
{
	gate_open(&up);
	gate_wait(&installed);
	CHECK_ERR(syscall(SYS_getppid), 66);
	return NULL;
}

static void synchronise(void)
{
	struct sock_filter code[] = {
		LOAD(nr), IF_EQ(SYS_getppid), RET(SECCOMP_RET_ERRNO | 66), RET(SECCOMP_RET_ALLOW)};
	pthread_t t;

	gate_init(&installed);
	gate_init(&up);
	CHECK_EQ(pthread_create(&t, NULL, waiting, NULL), 0);
	gate_wait(&up);
	CHECK_EQ(install(code, 4, SECCOMP_FILTER_FLAG_TSYNC), 0);
	gate_open(&installed);
	CHECK_EQ(pthread_join(t, NULL), 0);
}

static volatile pid_t other_tid;

static void *own_filter(void *arg)
{
	other_tid = (pid_t)syscall(SYS_gettid);
	install_for(SYS_getppid, SECCOMP_RET_ERRNO | 66);
	gate_open(&up);
	gate_wait(&installed);
	return NULL;
}

static void cannot_synchronise(void)
{
	struct sock_filter fine[] = {RET(SECCOMP_RET_ALLOW)};
	pthread_t t;

	gate_init(&installed);
	gate_init(&up);
	CHECK_EQ(pthread_create(&t, NULL, own_filter, NULL), 0);
	gate_wait(&up);
	CHECK_EQ(install(fine, 1, SECCOMP_FILTER_FLAG_TSYNC), other_tid);
	gate_open(&installed);
	CHECK_EQ(pthread_join(t, NULL), 0);
}

int main(void)
{
	CHECK_CHILD(programs);
	CHECK_CHILD(actions);
	CHECK_CHILD(privilege);
	CHECK_CHILD(synchronise);
	CHECK_CHILD(cannot_synchronise);
	return 0;
}
