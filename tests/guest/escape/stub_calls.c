/* run: guest-only */
/* Every system call number made from the stub's page: death, unless it is one of the few that touch
 * only the caller's own address space. Never is there a descriptor to work on. */
#include "stub.h"

/* What the filter lets the stub do by itself; see skas/filter.c. */
static const int harmless[] = {SYS_close, SYS_mmap, SYS_mprotect, SYS_munmap, SYS_rt_sigaction,
	SYS_rt_sigreturn, SYS_mremap, SYS_msync, SYS_madvise, SYS_sigaltstack, SYS_personality,
	SYS_mlock, SYS_munlock, SYS_mlockall, SYS_munlockall, SYS_futex, SYS_set_tid_address,
	SYS_exit_group, SYS_mlock2, SYS_close_range, 462, SYS_sched_yield, SYS_mincore,
	SYS_gettimeofday, SYS_arch_prctl, SYS_time, SYS_restart_syscall, SYS_clock_gettime,
	SYS_clock_getres, SYS_getcpu, SYS_membarrier, SYS_pkey_mprotect, SYS_pkey_alloc,
	SYS_pkey_free, SYS_rseq, SYS_set_robust_list, 449, 454, 455, 456};

static bool is_harmless(int nr)
{
	for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
		if (harmless[i] == nr)
			return true;
	return false;
}

static const long values[][6] = {
	{0, 0, 0, 0, 0, 0},
	{-1, -1, -1, -1, -1, -1},
	{SIGCHLD, 0, 0, 0, 0, 0},
	{AT_FDCWD, (long)"/bin/true", O_RDWR, 0, AT_EMPTY_PATH, 0},
	{2, SIGKILL, 2, 3, 4, 5},
};
#define NR_VALUES (sizeof values / sizeof *values)

/* A call that should kill but returns is the failure. */
static void expect_death(long nr, const long *v)
{
	pid_t pid = test_fork();
	int st;

	if (pid == 0) {
		STUB(nr, v[0], v[1], v[2], v[3], v[4], v[5]);
		_exit(0);
	}
	st = test_wait(pid, 0);
	if (!WIFSIGNALED(st))
		FAIL("call %ld from the stub: status %#x", nr, (unsigned)st);
}

static void no_descriptors(void)
{
	for (int fd = 0; fd < 1024; fd++) {
		CHECK_EQ(STUB(SYS_mmap, 0, 4096, PROT_READ, MAP_PRIVATE, fd, 0), -EBADF);
		CHECK_EQ(STUB(SYS_close, fd, 0, 0, 0, 0, 0), -EBADF);
	}
	CHECK(STUB(SYS_close_range, 0, ~0u, 0, 0, 0, 0) == 0);
	check_served();
}

/* Handlers are only the stub's own business: without them the process dies of its next call. */
static void own_handler(void)
{
	long none[4] = {0};

	CHECK_EQ(STUB(SYS_rt_sigaction, SIGSYS, none, 0, 8, 0, 0), 0);
	syscall(SYS_brk, 0);
}

int main(void)
{
	const long odd[] = {600, 4096, STUB_CALL + 2, 0x40000000 + SYS_execve, 0x40000000 + 520, -1,
		0x7fffffff};
	unsigned n = 0;

	SYS(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
	for (int nr = 0; nr < 480; nr++)
		if (!is_harmless(nr) && nr != 335 && nr != 336) /* u(ret)probe pass every filter */
			expect_death(nr, values[n++ % NR_VALUES]);
	/* The ones with reach, with everything. */
	const int reach[] = {SYS_clone, SYS_execveat, SYS_execve, SYS_exit, SYS_seccomp,
		SYS_pidfd_open, SYS_pidfd_getfd, SYS_prctl, SYS_tgkill, SYS_kill, SYS_openat,
		SYS_ptrace, SYS_unshare, STUB_CALL, STUB_CALL + 1};
	for (size_t i = 0; i < sizeof reach / sizeof *reach; i++)
		for (size_t v = 0; v < NR_VALUES; v++)
			expect_death(reach[i], values[v]);
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		pid_t pid = test_fork();

		if (pid == 0)
			_exit(STUB(odd[i], 0, 0, 0, 0, 0, 0) == -ENOSYS ? 0 : 1);
		int st = test_wait(pid, 0);
		CHECK(WIFSIGNALED(st) || st == 0);
	}
	CHECK_CHILD(no_descriptors);
	CHECK_CHILD_KILLED(own_handler, SIGSYS);
	check_served();
	return 0;
}
