/* Children make thousands of random calls with random arguments; whatever becomes of them, the
 * machine goes on. Calls that would stop the clock or the machine itself are left out. */
#include "../test.h"

static unsigned long seed;

static unsigned long next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static bool forbidden(long nr)
{
	if (nr == 335 || nr == 336) /* uretprobe, uprobe: SIGILL outside their trampoline */
		return true;
	switch (nr) {
	case SYS_kill:
	case SYS_tkill:
	case SYS_tgkill:
	case SYS_rt_sigqueueinfo:
	case SYS_rt_tgsigqueueinfo:
	case SYS_fork:
	case SYS_vfork:
	case SYS_clone:
	case SYS_clone3:
	case SYS_reboot:
	case SYS_pidfd_send_signal:
	case SYS_setitimer:
	case SYS_alarm:
	case SYS_settimeofday:
	case SYS_clock_settime:
	case SYS_clock_adjtime:
	case SYS_adjtimex:
	case SYS_kexec_load:
	case SYS_init_module:
	case SYS_finit_module:
	case SYS_delete_module:
	case SYS_sethostname:
	case SYS_setdomainname:
	case SYS_swapon:
	case SYS_swapoff:
	case SYS_unlink:
	case SYS_rename:
	case SYS_rmdir:
	case SYS_umount2:
	case SYS_mount:
	case SYS_pivot_root:
	case SYS_ioperm:
	case SYS_iopl:
	case SYS_syslog:
	case SYS_acct:
	case SYS_vhangup:
	case SYS_quotactl:
	case SYS_mlockall:
	case SYS_sched_setscheduler:
	case SYS_sched_setattr:
	case SYS_sync:
	case SYS_ptrace:
		return true;
	}
	return false;
}

static char *scratch; /* its end is the end of mapped memory */

static unsigned long argument(void)
{
	unsigned long r = next();

	switch (r % 12) {
	case 0:
		return 0;
	case 1:
		return -1ul;
	case 2:
		return (unsigned long)scratch + (r >> 8) % 60000;
	case 3:
		return (r >> 8) % 64;
	case 4:
		return (unsigned long)scratch + 65536 - (r >> 8) % 16;
	case 5:
		return 4096 * ((r >> 8) % 32);
	case 6:
		return r;
	case 7:
		return 0xffff888000000000 + (r >> 40);
	case 8:
		return 0xc0000 + (r >> 8) % 0x10000;
	case 9:
		return 1ul << ((r >> 8) % 64);
	case 10:
		return SSIZE_MAX;
	default:
		return 3 + (r >> 8) % 6;
	}
}

static void child(int n)
{
	scratch = mmap(
		NULL, 65536 + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(scratch != MAP_FAILED);
	SYS(mprotect(scratch + 65536, 4096, PROT_NONE));
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){1 << 20, 1 << 20});
	setrlimit(RLIMIT_AS, &(struct rlimit){1ul << 31, 1ul << 31});
	setrlimit(RLIMIT_NPROC, &(struct rlimit){0, 0});
	if (getuid() == 0)
		SYS(setresuid(54323, 54323, 54323));
	SYS(chdir("/proc/self"));
	seed = 0x9e3779b97f4a7c15ul * (n + 1);
	setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 100000}}, NULL);
	for (int i = 0; i < 3000; i++) {
		long nr = next() % 452;
		unsigned long a[6];

		for (int j = 0; j < 6; j++)
			a[j] = argument();
		if (!forbidden(nr))
			syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	}
	_exit(0);
}

int main(void)
{
	SYS(chdir("/"));
	for (int n = 0; n < 25; n++) {
		int null = SYS(open("/dev/null", O_RDWR | O_CLOEXEC));
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (pid == 0) {
			SYS(dup2(null, 0));
			SYS(dup2(null, 1));
			SYS(dup2(null, 2));
			SYS(setsid());
			child(n);
		}
		SYS(close(null));
		/* A child that stopped itself or blocks all signals is ended by force. */
		int64_t end = now_ns(CLOCK_MONOTONIC) + 400000000;
		int st = 0;
		while (waitpid(pid, &st, WNOHANG) == 0) {
			if (now_ns(CLOCK_MONOTONIC) > end)
				SYS(kill(pid, SIGKILL));
			sched_yield();
		}
	}
	pid_t pid = test_fork();
	if (pid == 0)
		_exit(3);
	CHECK_EXIT(pid, 3);
	return 0;
}
