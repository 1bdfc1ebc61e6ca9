/* What filters do to calls: errors, kills, SIGSYS, order of several, inheritance, native calls. */
/* link: pthread */
#include "filter.h"

#include <pthread.h>
#include <ucontext.h>

static void inherited(void)
{
	CHECK_ERR(syscall(SYS_getppid), 98);
}

static void errors(void)
{
	char line[128];
	int mode = -1, filters = -1;

	install_for(SYS_getppid, SECCOMP_RET_ERRNO | 99);
	CHECK_ERR(syscall(SYS_getppid), 99);
	CHECK_EQ(prctl(PR_GET_SECCOMP), 2);
	install_for(SYS_getppid, SECCOMP_RET_ERRNO | 98); /* the later of equals */
	CHECK_ERR(syscall(SYS_getppid), 98);
	install_for(SYS_getppid, SECCOMP_RET_LOG);
	CHECK_ERR(syscall(SYS_getppid), 98);
	install_for(SYS_geteuid, SECCOMP_RET_ERRNO); /* error 0 */
	CHECK_EQ(syscall(SYS_geteuid), 0);
	FILE *f = fopen("/proc/self/status", "r");
	while (fgets(line, sizeof line, f)) {
		sscanf(line, "Seccomp: %d", &mode);
		sscanf(line, "Seccomp_filters: %d", &filters);
	}
	fclose(f);
	CHECK_EQ(mode, 2);
	CHECK(filters == 4 || filters == -1);
	CHECK_CHILD(inherited);
}

/* Calls that only concern the address space are subject to it too, and arguments are seen. */
static void local_calls(void)
{
	struct sock_filter code[] = {LOAD(nr), IF_EQ(SYS_munmap), RET(SECCOMP_RET_ERRNO | 77),
		IF_EQ(SYS_mprotect), BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0), RET(SECCOMP_RET_ALLOW),
		LOAD(args[2]), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1),
		RET(SECCOMP_RET_ERRNO | 78), RET(SECCOMP_RET_ALLOW)};
	char *p = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	SYS(install(code, 10, 0));
	CHECK_ERR(munmap(p, 4096), 77);
	CHECK_ERR(mprotect(p, 4096, PROT_READ | PROT_EXEC), 78);
	SYS(mprotect(p, 4096, PROT_READ | PROT_WRITE));
	*p = 1;
	p = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p != MAP_FAILED);
}

static void kill_process(void)
{
	install_for(SYS_getppid, SECCOMP_RET_KILL_PROCESS);
	syscall(SYS_getppid);
}

static void unknown_action(void)
{
	install_for(SYS_getppid, 0x12340000);
	syscall(SYS_getppid);
}

static void kill_only_thread(void)
{
	install_for(SYS_getppid, SECCOMP_RET_KILL_THREAD);
	syscall(SYS_getppid);
}

static void *dying(void *arg)
{
	install_for(SYS_getppid, SECCOMP_RET_KILL_THREAD);
	syscall(SYS_getppid);
	_exit(1);
}

static void kill_thread(void)
{
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, dying, NULL), 0);
	CHECK_EQ(pthread_join(t, NULL), 0); /* it is gone, we are not */
	CHECK(syscall(SYS_getppid) > 0);
}

static volatile int seen_nr, seen_arch, seen_errno, seen_code;

static void on_sigsys(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	seen_nr = info->si_syscall;
	seen_arch = (int)info->si_arch;
	seen_errno = info->si_errno;
	seen_code = info->si_code;
	CHECK_EQ(uc->uc_mcontext.gregs[REG_RAX], seen_nr);
	CHECK(info->si_call_addr == (void *)uc->uc_mcontext.gregs[REG_RIP]);
	uc->uc_mcontext.gregs[REG_RAX] = 4242;
}

static void trap(void)
{
	char *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	on_siginfo(SIGSYS, on_sigsys, 0);
	install_for(SYS_getppid, SECCOMP_RET_TRAP | 55);
	CHECK_EQ(syscall(SYS_getppid), 4242);
	CHECK_EQ(seen_nr, SYS_getppid);
	CHECK_EQ((unsigned)seen_arch, AUDIT_ARCH_X86_64);
	CHECK_EQ(seen_errno, 55);
	CHECK_EQ(seen_code, 1); /* SYS_SECCOMP */
	install_for(SYS_munmap, SECCOMP_RET_TRAP);
	CHECK_EQ(syscall(SYS_munmap, p, 4096), 4242);
	CHECK_EQ(seen_nr, SYS_munmap);
	install_for(SYS_gettid, SECCOMP_RET_TRACE); /* nobody traces */
	CHECK_ERR(syscall(SYS_gettid), ENOSYS);
}

static void trap_unhandled(void)
{
	install_for(SYS_getppid, SECCOMP_RET_TRAP);
	syscall(SYS_getppid);
}

static void survives_exec(void)
{
	install_for(SYS_chdir, SECCOMP_RET_ERRNO | ENOTTY);
	execl("/bin/sh", "sh", "-c", "cd / 2>/dev/null || exit 0; exit 1", NULL);
	_exit(9);
}

static void strict(void)
{
	SYS(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
	syscall(SYS_write, 1, "", 0);
	syscall(SYS_exit, 0);
}

static void strict_kills(void)
{
	SYS(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
	syscall(SYS_getpid);
}

static void strict_kills_local(void)
{
	SYS(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
	syscall(SYS_sched_yield);
}

int main(void)
{
	CHECK_CHILD(errors);
	CHECK_CHILD(local_calls);
	CHECK_CHILD_KILLED(kill_process, SIGSYS);
	CHECK_CHILD_KILLED(unknown_action, SIGSYS);
	CHECK_CHILD_KILLED(kill_only_thread, SIGSYS);
	CHECK_CHILD(kill_thread);
	CHECK_CHILD(trap);
	CHECK_CHILD_KILLED(trap_unhandled, SIGSYS);
	CHECK_CHILD(survives_exec);
	CHECK_CHILD(strict);
	CHECK_CHILD_KILLED(strict_kills, SIGKILL);
	CHECK_CHILD_KILLED(strict_kills_local, SIGKILL);
	return 0;
}
