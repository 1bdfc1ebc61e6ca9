/*
 * The allow-list of system calls of the kernel process (isolation.h): what arch-um, skas and libc
 * under them need once the machine runs. All else fails with EPERM. Calls without an entry in
 * `checked` are allowed whatever their arguments: the host answers those from a bitmap, at no cost.
 */
#include "arch-um/isolation.h"

#include "arch-um/loop.h"
#include "skas/skas.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NR_setxattrat 463
#define NR_getxattrat 464
#define NR_listxattrat 465
#define NR_removexattrat 466
#define NR_fchmodat2 452

static const u16 plain[] = {
	/* guest processes: their memory, state and signals */
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_wait4,
	SYS_waitid,
	SYS_kill,
	SYS_tgkill,
	SYS_get_robust_list,
	SYS_sched_setaffinity,
	SYS_sched_getaffinity,
	SYS_setpriority,
	SYS_getpriority,
	SYS_prlimit64,
	SYS_pidfd_open,
	SYS_pidfd_getfd,
	SYS_pidfd_send_signal,
	SYS_getcpu,
	SYS_sched_yield,
	/* files */
	SYS_read,
	SYS_write,
	SYS_readv,
	SYS_writev,
	SYS_pread64,
	SYS_pwrite64,
	SYS_preadv,
	SYS_pwritev,
	SYS_close,
	SYS_close_range,
	SYS_fstat,
	SYS_newfstatat,
	SYS_statx,
	SYS_lseek,
	SYS_openat,
	SYS_openat2,
	SYS_open,
	SYS_stat,
	SYS_lstat,
	SYS_access,
	SYS_readlink,
	SYS_readlinkat,
	SYS_getdents64,
	SYS_mkdirat,
	SYS_mknodat,
	SYS_symlinkat,
	SYS_linkat,
	SYS_unlinkat,
	SYS_unlink,
	SYS_rmdir,
	SYS_rename,
	SYS_renameat,
	SYS_renameat2,
	SYS_fchmod,
	SYS_fchmodat,
	NR_fchmodat2,
	SYS_fchown,
	SYS_fchownat,
	SYS_utimensat,
	SYS_faccessat,
	SYS_faccessat2,
	SYS_fstatfs,
	SYS_statfs,
	SYS_ftruncate,
	SYS_fallocate,
	SYS_fsync,
	SYS_fdatasync,
	SYS_syncfs,
	SYS_sync_file_range,
	SYS_fadvise64,
	SYS_copy_file_range,
	SYS_sendfile,
	SYS_splice,
	SYS_memfd_create,
	SYS_umask,
	SYS_flock,
	SYS_name_to_handle_at,
	SYS_getxattr,
	SYS_lgetxattr,
	SYS_fgetxattr,
	SYS_setxattr,
	SYS_lsetxattr,
	SYS_fsetxattr,
	SYS_listxattr,
	SYS_llistxattr,
	SYS_flistxattr,
	SYS_removexattr,
	SYS_lremovexattr,
	SYS_fremovexattr,
	NR_setxattrat,
	NR_getxattrat,
	NR_listxattrat,
	NR_removexattrat,
	SYS_dup,
	SYS_fcntl,
	SYS_dup2,
	SYS_dup3,
	SYS_pipe2,
	SYS_eventfd2,
	SYS_mkdir,
	SYS_getcwd,
	SYS_ioctl,
	/* the event loop and its sockets */
	SYS_poll,
	SYS_ppoll,
	SYS_epoll_create1,
	SYS_epoll_ctl,
	SYS_epoll_wait,
	SYS_epoll_pwait,
	SYS_pause,
	SYS_timer_create,
	SYS_timer_settime,
	SYS_timer_gettime,
	SYS_timer_delete,
	SYS_timerfd_create,
	SYS_timerfd_settime,
	SYS_signalfd4,
	SYS_accept4,
	SYS_recvfrom,
	SYS_recvmsg,
	SYS_recvmmsg,
	SYS_sendto,
	SYS_sendmsg,
	SYS_sendmmsg,
	SYS_shutdown,
	SYS_getsockopt,
	SYS_setsockopt,
	SYS_getsockname,
	SYS_getpeername,
	/* memory and threads of our own */
	SYS_munmap,
	SYS_mremap,
	SYS_madvise,
	SYS_brk,
	SYS_futex,
	SYS_set_robust_list,
	SYS_rseq,
	SYS_exit,
	SYS_exit_group,
	SYS_gettid,
	SYS_getpid,
	SYS_getppid,
	SYS_getuid,
	SYS_geteuid,
	SYS_getgid,
	SYS_getegid,
	SYS_rt_sigaction,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_sigaltstack,
	SYS_restart_syscall,
	SYS_clock_gettime,
	SYS_clock_getres,
	SYS_clock_nanosleep,
	SYS_nanosleep,
	SYS_gettimeofday,
	SYS_getrandom,
	SYS_getrusage,
	SYS_sysinfo,
	SYS_uname,
	SYS_getrlimit,
	SYS_setrlimit,
	SYS_times,
	SYS_membarrier,
	SYS_set_tid_address,
	SYS_timerfd_gettime,
	SYS_getitimer,
	SYS_setitimer,
};

/* Allowed if (argument & mask) == value. */
static const struct checked {
	u16 nr;
	u8 arg;
	u32 mask, value;
} checked[] = {
	{SYS_mmap, 2, PROT_EXEC, 0}, /* no code but ours */
	{SYS_mprotect, 2, PROT_EXEC, 0},
	{SYS_clone, 0, CLONE_THREAD | CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET, CLONE_THREAD},
	{SYS_socketpair, 0, ~0u, AF_UNIX},
	{SYS_prctl, 0, ~0u, PR_SET_NAME},
};

#define FILTER_MAX (2 * ARRAY_SIZE(plain) + 6 * ARRAY_SIZE(checked) + 40)

struct builder {
	struct sock_filter f[FILTER_MAX];
	unsigned short n;
};

static void emit(struct builder *b, struct sock_filter insn)
{
	if (b->n < FILTER_MAX)
		b->f[b->n++] = insn;
}

static void allow_if(struct builder *b, u32 nr)
{
	emit(b, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1));
	emit(b, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
}

static void load_arg(struct builder *b, unsigned arg, unsigned word)
{
	emit(b, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			(u32)(offsetof(struct seccomp_data, args[arg]) + 4 * word)));
}

static void allow_checked(struct builder *b, const struct checked *c)
{
	emit(b, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, c->nr, 0, 5));
	load_arg(b, c->arg, 0);
	emit(b, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, c->mask));
	emit(b, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, c->value, 0, 1));
	emit(b, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	emit(b, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
}

/* Hardware breakpoints of guest threads (skas/hwbreak.c), and no other event: on any CPU, in no
 * group. */
static void allow_breakpoints(struct builder *b)
{
	u64 attr = (u64)(uintptr_t)hw_break_attr();
	const struct {
		u8 arg, word;
		u32 value;
	} want[] = {{0, 0, (u32)attr}, {0, 1, (u32)(attr >> 32)}, {2, 0, ~0u}, {3, 0, ~0u},
		{4, 0, PERF_FLAG_FD_CLOEXEC}, {4, 1, 0}};
	u8 left = 2 * ARRAY_SIZE(want);

	if (!attr)
		return;
	emit(b, (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, SYS_perf_event_open, 0, left + 2));
	for (size_t i = 0; i < ARRAY_SIZE(want); i++, left -= 2) {
		load_arg(b, want[i].arg, want[i].word);
		emit(b, (struct sock_filter)BPF_JUMP(
				BPF_JMP | BPF_JEQ | BPF_K, want[i].value, 0, left - 1));
	}
	emit(b, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	emit(b, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
}

/* A linear list, but only walked for what the host has no bitmap bit for. */
static void build(struct builder *b)
{
	emit(b, (struct sock_filter)BPF_STMT(
			BPF_LD | BPF_W | BPF_ABS, (u32)offsetof(struct seccomp_data, arch)));
	emit(b, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0));
	emit(b, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
	emit(b, (struct sock_filter)BPF_STMT(
			BPF_LD | BPF_W | BPF_ABS, (u32)offsetof(struct seccomp_data, nr)));
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		allow_if(b, plain[i]);
	if (!strcmp(backend->name, "ptrace"))
		allow_if(b, SYS_ptrace);
	for (size_t i = 0; i < ARRAY_SIZE(checked); i++)
		allow_checked(b, &checked[i]);
	allow_breakpoints(b);
	/* libc falls back from clone3, whose arguments cannot be checked, to clone */
	emit(b, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1));
	emit(b, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS));
	emit(b, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
}

int isolation_calls(const struct run_options *o)
{
	static struct builder b;
	struct sock_fprog prog;
	long err;

	if (o->no_isolation)
		return 0;
	/* Not before: the first guest process shares our memory until it executes the stub, and one
	 * that is not dumpable cannot be traced. */
	if (!under_debugger())
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	build(&b);
	prog = (struct sock_fprog){b.n, b.f};
	err = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &prog);
	if (err && o->require_isolation) {
		fprintf(stderr, "skiff: this host cannot confine skiff's calls: %s\n",
			err < 0 ? strerror(errno) : "a thread is in the way");
		return -EPERM;
	}
	return 0;
}
