/* run: guest-only */
/* Processes of the host have no number in here (on the host they do): for every one that a process
 * could have, nothing can be signalled, traced, read, or asked about. */
#include "../test.h"
#include <linux/perf_event.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

static bool is_guest(pid_t pid)
{
	return pid == 1 || pid == getpid() || pid == getppid();
}

int main(void)
{
	static char buf[64];
	struct iovec local = {buf, sizeof buf}, remote = {(void *)0x400000, sizeof buf};
	struct perf_event_attr attr = {.size = sizeof attr, .type = 1};
	cpu_set_t cpus;
	siginfo_t info = {.si_code = SI_QUEUE};
	int tried = 0;

	for (pid_t pid = 1; pid < 4194304; pid += pid < 40000 ? 1 : 4099) {
		if (is_guest(pid))
			continue;
		tried++;
		CHECK_ERR(kill(pid, 0), ESRCH);
		if (tried % 16)
			continue;
		CHECK_ERR(kill(pid, SIGKILL), ESRCH);
		CHECK_ERR(kill(-pid, SIGKILL), ESRCH);
		CHECK_ERR(syscall(SYS_tkill, pid, SIGKILL), ESRCH);
		CHECK_ERR(syscall(SYS_tgkill, pid, pid, SIGKILL), ESRCH);
		CHECK_ERR(syscall(SYS_rt_sigqueueinfo, pid, SIGKILL, &info), ESRCH);
		CHECK_ERR(ptrace(PTRACE_ATTACH, pid, 0, 0), ESRCH);
		CHECK_ERR(ptrace(PTRACE_SEIZE, pid, 0, 0), ESRCH);
		CHECK_ERR(syscall(SYS_pidfd_open, pid, 0), ESRCH);
		CHECK_ERR(process_vm_readv(pid, &local, 1, &remote, 1, 0), ESRCH);
		CHECK_ERR(process_vm_writev(pid, &local, 1, &remote, 1, 0), ESRCH);
		CHECK_ERR(prlimit(pid, RLIMIT_NOFILE, NULL, (struct rlimit *)buf), ESRCH);
		CHECK_ERR(getpriority(PRIO_PROCESS, pid), ESRCH);
		CHECK_ERR(setpriority(PRIO_PROCESS, pid, 19), ESRCH);
		CHECK_ERR(sched_getaffinity(pid, sizeof cpus, &cpus), ESRCH);
		CHECK_ERR(getpgid(pid), ESRCH);
		CHECK_ERR(getsid(pid), ESRCH);
		CHECK(syscall(SYS_perf_event_open, &attr, pid, -1, -1, 0) == -1);
		CHECK(syscall(SYS_kcmp, pid, getpid(), 0, 0, 0) == -1);
		CHECK(syscall(SYS_move_pages, pid, 1, buf, buf, buf, 0) == -1);
		CHECK(syscall(SYS_get_robust_list, pid, buf, buf) == -1);
		snprintf(buf, sizeof buf, "/proc/%d/mem", pid);
		CHECK_ERR(open(buf, O_RDWR), ENOENT);
		/* By the descriptor of a clock, and by a lock's owner. */
		struct timespec ts;
		CHECK_ERR(syscall(SYS_clock_gettime, (~pid << 3) | 2, &ts), EINVAL);
	}
	CHECK(tried > 30000);
	return 0;
}
