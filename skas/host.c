/*
 * Probes of the host: each tries the thing itself, not the kernel's version, and is run once.
 * Dangerous ones happen in a child that ends at once. Backends ask for what they need; `skiff
 * probe` prints everything. seccomp(2), ptrace(2), memfd_create(2).
 */
#include "skas/host.h"
#include "skas/skas.h"

#include "kernel/lib/types.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_KILLABLE_RECV (1ul << 5)
#define NOTIF_SET_FLAGS SECCOMP_IOW(4, u64)
#define MSEAL 462

/* Flags the host knows are complained about last: there is no filter. */
static bool filter_flags_known(unsigned long flags)
{
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, NULL) < 0 && errno == EFAULT;
}

static bool has_listener(void)
{
	u32 action = SECCOMP_RET_USER_NOTIF;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0 &&
	       filter_flags_known(SECCOMP_FILTER_FLAG_NEW_LISTENER);
}

static bool has_wait_killable(void)
{
	return filter_flags_known(SECCOMP_FILTER_FLAG_NEW_LISTENER | WAIT_KILLABLE_RECV);
}

static bool in_child(bool (*fn)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(fn() ? 0 : 1);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool child_sync_wake_up(void)
{
	struct sock_filter allow = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
	struct sock_fprog prog = {1, &allow};
	long fd;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
	return fd >= 0 && ioctl((int)fd, NOTIF_SET_FLAGS, 1ul) == 0;
}

static bool has_sync_wake_up(void)
{
	return in_child(child_sync_wake_up);
}

static bool has_mseal(void)
{
	return syscall(MSEAL, 0, 0, 0) == 0;
}

static bool has_ptrace(void)
{
	pid_t pid = fork();
	bool ok;

	if (pid == 0)
		for (;;)
			pause();
	ok = pid > 0 && ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESECCOMP) == 0;
	if (pid > 0) {
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
			;
	}
	return ok;
}

static bool has_pidfd_getfd(void)
{
	return syscall(SYS_pidfd_getfd, -1, 0, 0) < 0 && errno == EBADF;
}

static bool has_process_vm(void)
{
	char from = 1, to = 0;
	struct iovec local = {&to, 1}, remote = {&from, 1};

	return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == 1;
}

static bool has_proc_mem(void)
{
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	char from = 1, to = 0;
	bool ok = fd >= 0 && pread(fd, &to, 1, (off_t)&from) == 1 && to;

	if (fd >= 0)
		close(fd);
	return ok;
}

static bool has_memfd_exec(void)
{
	int fd = memfd_create("skiff-probe", MFD_CLOEXEC);
	struct stat st;
	bool ok = fd >= 0 && fstat(fd, &st) == 0 && (st.st_mode & 0100);

	if (fd >= 0)
		close(fd);
	return ok;
}

static bool has_breakpoints(void)
{
	int fd = hw_break_open(getpid());

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static const struct {
	const char *name;
	bool (*probe)(void);
	const char *what, *without; /* what it means, and what happens if it is missing */
} rows[HOST_FEATURE_COUNT] = {
	[HOST_LISTENER] = {"listener", has_listener, "seccomp user notification",
		"the ptrace backend is used (Linux 5.14 has it, unless a sandbox forbids it)"},
	[HOST_WAIT_KILLABLE] = {"wait-killable", has_wait_killable,
		"a received call is not cancelled by signals",
		"cancelled calls are completed in the signal's handler (Linux 5.19 has it)"},
	[HOST_SYNC_WAKE_UP] = {"sync-wake-up", has_sync_wake_up, "wake-ups that stay on one CPU",
		"calls take longer (Linux 6.6 has it)"},
	[HOST_MSEAL] = {"mseal", has_mseal, "sealed mappings",
		"the filter alone keeps a program from changing its stub (Linux 6.10 has it)"},
	[HOST_PTRACE] = {"ptrace", has_ptrace, "children can be traced",
		"no --backend=ptrace (sysctl kernel.yama.ptrace_scope must be 0 or 1)"},
	[HOST_PIDFD_GETFD] = {"pidfd-getfd", has_pidfd_getfd, "descriptors can be taken over",
		"no --backend=ptrace (Linux 5.6 has it)"},
	[HOST_PROCESS_VM] = {"process-vm", has_process_vm, "direct access to a child's memory",
		"proc-mem is used, slower (the host's kernel needs CONFIG_CROSS_MEMORY_ATTACH=y)"},
	[HOST_PROC_MEM] = {"proc-mem", has_proc_mem, "a child's memory as a file",
		"no guest debuggers nor fast path, no machine without process-vm (mount /proc)"},
	[HOST_MEMFD_EXEC] = {"memfd-exec", has_memfd_exec, "programs in memory can be executed",
		"the stub is a nameless file in /dev/shm or /tmp (sysctl vm.memfd_noexec=0)"},
	[HOST_BREAKPOINTS] = {"breakpoints", has_breakpoints,
		"hardware breakpoints for guest debuggers (confined: needs mseal)",
		"single steps, which see no reads (sysctl kernel.perf_event_paranoid=2)"},
};

static u8 known[HOST_FEATURE_COUNT]; /* 0: not probed yet, 1: no, 2: yes */

bool host_has(enum host_feature f)
{
	if (!known[f])
		known[f] = rows[f].probe() ? 2 : 1;
	return known[f] == 2;
}

bool host_lacks(enum host_feature f)
{
	return known[f] == 1;
}

int host_without(const char *list)
{
	while (*list) {
		size_t len = strcspn(list, ","), i = 0;

		while (i < HOST_FEATURE_COUNT &&
			(strlen(rows[i].name) != len || strncmp(rows[i].name, list, len)))
			i++;
		if (i == HOST_FEATURE_COUNT)
			return -EINVAL;
		known[i] = 1;
		list += len + (list[len] == ',');
	}
	return 0;
}

static void report_text(const char *path, const char *name, void (*line)(const char *text))
{
	char value[64] = "", text[160];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, value, sizeof(value) - 1);

	if (fd >= 0)
		close(fd);
	value[n > 0 ? n : 0] = '\0';
	value[strcspn(value, "\n")] = '\0';
	snprintf(text, sizeof(text), "%-14s %s", name, *value ? value : "the host has none");
	line(text);
}

void host_report(void (*line)(const char *text))
{
	const char *best = host_has(HOST_LISTENER)				 ? "notify"
			   : host_has(HOST_PTRACE) && host_has(HOST_PIDFD_GETFD) ? "ptrace"
										 : "none";
	struct utsname u;
	char text[256];

	uname(&u);
	snprintf(text, sizeof(text), "%-14s %s %s %s", "kernel", u.sysname, u.release, u.machine);
	line(text);
	for (unsigned i = 0; i < HOST_FEATURE_COUNT; i++) {
		bool has = host_has((enum host_feature)i);

		snprintf(text, sizeof(text), "%-14s %-3s %s%s%s", rows[i].name, has ? "yes" : "no",
			rows[i].what, has ? "" : ": ", has ? "" : rows[i].without);
		line(text);
	}
	report_text("/proc/sys/kernel/yama/ptrace_scope", "yama-scope", line);
	report_text("/proc/sys/vm/memfd_noexec", "memfd-noexec", line);
	report_text("/proc/sys/user/max_user_namespaces", "user-ns (max)", line);
	snprintf(text, sizeof(text), "%-14s %s", "backend", best);
	line(text);
}
