/*
 * Arguments that are values: names and flags of numbers. Each table is in the order in which
 * strace(1) writes the names.
 */
#include "kernel/abi_net.h"
#include "kernel/task.h"
#include "kernel/trace/arg.h"

#include <linux/close_range.h>
#include <linux/futex.h>
#include <linux/memfd.h>
#include <linux/mount.h>
#include <sys/mman.h>
#include <sys/prctl.h>

static const struct flag flags_access_mode[] = {
	FLAG(O_RDONLY), FLAG(O_WRONLY), FLAG(O_RDWR), FLAG(O_ACCMODE), FLAG_END};
const struct flag flags_open[] = {FLAG(O_CREAT), FLAG(O_EXCL), FLAG(O_NOCTTY), FLAG(O_TRUNC),
	FLAG(O_APPEND), FLAG(O_NONBLOCK), {04010000, "O_SYNC"}, FLAG(O_DSYNC), FLAG(O_ASYNC),
	FLAG(O_DIRECT), {0100000, "O_LARGEFILE"}, FLAG(O_NOFOLLOW), FLAG(O_NOATIME),
	FLAG(O_CLOEXEC), FLAG(O_PATH), {020200000, "O_TMPFILE"}, FLAG(O_DIRECTORY), FLAG_END};
static const struct flag flags_mode_access[] = {
	FLAG(F_OK), FLAG(R_OK), FLAG(W_OK), FLAG(X_OK), FLAG_END};
static const struct flag flags_at[] = {FLAG(AT_SYMLINK_NOFOLLOW), FLAG(AT_REMOVEDIR),
	FLAG(AT_SYMLINK_FOLLOW), FLAG(AT_NO_AUTOMOUNT), FLAG(AT_EMPTY_PATH), FLAG(AT_RECURSIVE),
	FLAG_END};
static const struct flag flags_faccessat[] = {
	FLAG(AT_SYMLINK_NOFOLLOW), FLAG(AT_EACCESS), FLAG(AT_EMPTY_PATH), FLAG_END};
static const struct flag flags_unlink[] = {FLAG(AT_REMOVEDIR), FLAG_END};
static const struct flag flags_statx_sync[] = {{0, "AT_STATX_SYNC_AS_STAT"},
	FLAG(AT_STATX_FORCE_SYNC), FLAG(AT_STATX_DONT_SYNC), FLAG_END};
static const struct flag flags_rename[] = {
	{1, "RENAME_NOREPLACE"}, {2, "RENAME_EXCHANGE"}, {4, "RENAME_WHITEOUT"}, FLAG_END};
static const struct flag flags_prot[] = {FLAG(PROT_NONE), FLAG(PROT_READ), FLAG(PROT_WRITE),
	FLAG(PROT_EXEC), FLAG(PROT_GROWSDOWN), FLAG(PROT_GROWSUP), FLAG_END};
static const struct flag flags_map[] = {FLAG(MAP_SHARED_VALIDATE), FLAG(MAP_SHARED),
	FLAG(MAP_PRIVATE), FLAG(MAP_FIXED), FLAG(MAP_ANONYMOUS), FLAG(MAP_32BIT),
	FLAG(MAP_GROWSDOWN), FLAG(MAP_DENYWRITE), FLAG(MAP_EXECUTABLE), FLAG(MAP_LOCKED),
	FLAG(MAP_NORESERVE), FLAG(MAP_POPULATE), FLAG(MAP_NONBLOCK), FLAG(MAP_STACK),
	FLAG(MAP_HUGETLB), FLAG(MAP_SYNC), FLAG(MAP_FIXED_NOREPLACE), FLAG_END};
static const struct flag flags_mremap[] = {
	FLAG(MREMAP_MAYMOVE), FLAG(MREMAP_FIXED), {4, "MREMAP_DONTUNMAP"}, FLAG_END};
static const struct flag flags_msync[] = {
	FLAG(MS_ASYNC), FLAG(MS_INVALIDATE), FLAG(MS_SYNC), FLAG_END};
static const struct flag names_madvise[] = {FLAG(MADV_NORMAL), FLAG(MADV_RANDOM),
	FLAG(MADV_SEQUENTIAL), FLAG(MADV_WILLNEED), FLAG(MADV_DONTNEED), FLAG(MADV_FREE),
	FLAG(MADV_REMOVE), FLAG(MADV_DONTFORK), FLAG(MADV_DOFORK), FLAG(MADV_MERGEABLE),
	FLAG(MADV_UNMERGEABLE), FLAG(MADV_HUGEPAGE), FLAG(MADV_NOHUGEPAGE), FLAG(MADV_DONTDUMP),
	FLAG(MADV_DODUMP), FLAG(MADV_WIPEONFORK), FLAG(MADV_KEEPONFORK), FLAG(MADV_COLD),
	FLAG(MADV_PAGEOUT), FLAG_END};
static const struct flag flags_mlockall[] = {
	FLAG(MCL_CURRENT), FLAG(MCL_FUTURE), FLAG(MCL_ONFAULT), FLAG_END};
static const struct flag names_whence[] = {
	FLAG(SEEK_SET), FLAG(SEEK_CUR), FLAG(SEEK_END), FLAG(SEEK_DATA), FLAG(SEEK_HOLE), FLAG_END};
static const struct flag names_clock[] = {FLAG(CLOCK_REALTIME), FLAG(CLOCK_MONOTONIC),
	FLAG(CLOCK_PROCESS_CPUTIME_ID), FLAG(CLOCK_THREAD_CPUTIME_ID), FLAG(CLOCK_MONOTONIC_RAW),
	FLAG(CLOCK_REALTIME_COARSE), FLAG(CLOCK_MONOTONIC_COARSE), FLAG(CLOCK_BOOTTIME),
	FLAG(CLOCK_REALTIME_ALARM), FLAG(CLOCK_BOOTTIME_ALARM), FLAG(CLOCK_TAI), FLAG_END};
static const struct flag flags_timer_abs[] = {{1, "TIMER_ABSTIME"}, FLAG_END};
static const struct flag flags_timerfd_set[] = {
	{1, "TFD_TIMER_ABSTIME"}, {2, "TFD_TIMER_CANCEL_ON_SET"}, FLAG_END};
static const struct flag flags_tfd[] = {
	{O_CLOEXEC, "TFD_CLOEXEC"}, {O_NONBLOCK, "TFD_NONBLOCK"}, FLAG_END};
static const struct flag flags_efd[] = {
	{1, "EFD_SEMAPHORE"}, {O_CLOEXEC, "EFD_CLOEXEC"}, {O_NONBLOCK, "EFD_NONBLOCK"}, FLAG_END};
static const struct flag flags_sfd[] = {
	{O_CLOEXEC, "SFD_CLOEXEC"}, {O_NONBLOCK, "SFD_NONBLOCK"}, FLAG_END};
static const struct flag flags_in_init[] = {
	{O_NONBLOCK, "IN_NONBLOCK"}, {O_CLOEXEC, "IN_CLOEXEC"}, FLAG_END};
static const struct flag flags_inotify[] = {FLAG(IN_ACCESS), FLAG(IN_MODIFY), FLAG(IN_ATTRIB),
	FLAG(IN_CLOSE_WRITE), FLAG(IN_CLOSE_NOWRITE), FLAG(IN_OPEN), FLAG(IN_MOVED_FROM),
	FLAG(IN_MOVED_TO), FLAG(IN_CREATE), FLAG(IN_DELETE), FLAG(IN_DELETE_SELF),
	FLAG(IN_MOVE_SELF), FLAG(IN_ONLYDIR), FLAG(IN_DONT_FOLLOW), FLAG(IN_EXCL_UNLINK),
	FLAG(IN_MASK_ADD), FLAG(IN_ONESHOT), FLAG_END};
static const struct flag flags_epoll_create[] = {FLAG(EPOLL_CLOEXEC), FLAG_END};
static const struct flag names_epoll_op[] = {
	FLAG(EPOLL_CTL_ADD), FLAG(EPOLL_CTL_DEL), FLAG(EPOLL_CTL_MOD), FLAG_END};
static const struct flag names_rlimit[] = {FLAG(RLIMIT_CPU), FLAG(RLIMIT_FSIZE), FLAG(RLIMIT_DATA),
	FLAG(RLIMIT_STACK), FLAG(RLIMIT_CORE), FLAG(RLIMIT_RSS), FLAG(RLIMIT_NPROC),
	FLAG(RLIMIT_NOFILE), FLAG(RLIMIT_MEMLOCK), FLAG(RLIMIT_AS), FLAG(RLIMIT_LOCKS),
	FLAG(RLIMIT_SIGPENDING), FLAG(RLIMIT_MSGQUEUE), FLAG(RLIMIT_NICE), FLAG(RLIMIT_RTPRIO),
	FLAG(RLIMIT_RTTIME), FLAG_END};
static const struct flag names_rusage[] = {
	{0, "RUSAGE_SELF"}, {(u32)-1, "RUSAGE_CHILDREN"}, {1, "RUSAGE_THREAD"}, FLAG_END};
static const struct flag names_itimer[] = {
	{0, "ITIMER_REAL"}, {1, "ITIMER_VIRTUAL"}, {2, "ITIMER_PROF"}, FLAG_END};
static const struct flag flags_wait[] = {FLAG(WNOHANG), {WUNTRACED, "WSTOPPED"}, FLAG(WEXITED),
	FLAG(WCONTINUED), FLAG(WNOWAIT), {__WNOTHREAD, "__WNOTHREAD"}, {__WCLONE, "__WCLONE"},
	{__WALL, "__WALL"}, FLAG_END};
static const struct flag flags_wait4[] = {FLAG(WNOHANG), FLAG(WUNTRACED), FLAG(WCONTINUED),
	{__WNOTHREAD, "__WNOTHREAD"}, {__WCLONE, "__WCLONE"}, {__WALL, "__WALL"}, FLAG_END};
static const struct flag names_idtype[] = {
	{0, "P_ALL"}, {1, "P_PID"}, {2, "P_PGID"}, {3, "P_PIDFD"}, FLAG_END};
static const struct flag names_how[] = {
	FLAG(SIG_BLOCK), FLAG(SIG_UNBLOCK), FLAG(SIG_SETMASK), FLAG_END};
static const struct flag names_fcntl[] = {FLAG(F_DUPFD), FLAG(F_GETFD), FLAG(F_SETFD),
	FLAG(F_GETFL), FLAG(F_SETFL), FLAG(F_GETLK), FLAG(F_SETLK), FLAG(F_SETLKW), FLAG(F_SETOWN),
	FLAG(F_GETOWN), FLAG(F_SETSIG), FLAG(F_GETSIG), FLAG(F_SETOWN_EX), FLAG(F_GETOWN_EX),
	FLAG(F_OFD_GETLK), FLAG(F_OFD_SETLK), FLAG(F_OFD_SETLKW), FLAG(F_SETLEASE),
	FLAG(F_GETLEASE), FLAG(F_NOTIFY), FLAG(F_DUPFD_CLOEXEC), FLAG(F_SETPIPE_SZ),
	FLAG(F_GETPIPE_SZ), FLAG(F_ADD_SEALS), FLAG(F_GET_SEALS), FLAG_END};
static const struct flag flags_seals[] = {
	FLAG(F_SEAL_SEAL), FLAG(F_SEAL_SHRINK), FLAG(F_SEAL_GROW), FLAG(F_SEAL_WRITE), FLAG_END};
static const struct flag flags_fd[] = {FLAG(FD_CLOEXEC), FLAG_END};
static const struct flag flags_flock[] = {
	{1, "LOCK_SH"}, {2, "LOCK_EX"}, {4, "LOCK_NB"}, {8, "LOCK_UN"}, FLAG_END};
static const struct flag names_ioctl[] = {FLAG(TCGETS), FLAG(TCSETS), FLAG(TCSETSW), FLAG(TCSETSF),
	FLAG(TCGETA), FLAG(TCSBRK), FLAG(TCXONC), FLAG(TCFLSH), FLAG(TIOCSCTTY), FLAG(TIOCGPGRP),
	FLAG(TIOCSPGRP), FLAG(TIOCGWINSZ), FLAG(TIOCSWINSZ), FLAG(FIONREAD), FLAG(FIONBIO),
	FLAG(TIOCNOTTY), FLAG(TIOCGSID), FLAG(TIOCGPTN), FLAG(TIOCSPTLCK), FLAG(TIOCGPTPEER),
	FLAG(FIOCLEX), FLAG(FIONCLEX), FLAG(FIOASYNC), {0x5460, "FIOQSIZE"},
	{0x802c542a, "TCGETS2"}, {0x402c542b, "TCSETS2"}, {0x402c542c, "TCSETSW2"},
	{0x402c542d, "TCSETSF2"}, FLAG(SIOCGIFCONF), FLAG(SIOCGIFFLAGS), FLAG(SIOCGIFADDR),
	{0x40049409, "BTRFS_IOC_CLONE or FICLONE"}, FLAG_END};
static const struct flag flags_clone[] = {FLAG(CLONE_VM), FLAG(CLONE_FS), FLAG(CLONE_FILES),
	FLAG(CLONE_SIGHAND), {0x1000, "CLONE_PIDFD"}, FLAG(CLONE_PTRACE), FLAG(CLONE_VFORK),
	FLAG(CLONE_PARENT), FLAG(CLONE_THREAD), FLAG(CLONE_NEWNS), FLAG(CLONE_SYSVSEM),
	FLAG(CLONE_SETTLS), FLAG(CLONE_PARENT_SETTID), FLAG(CLONE_CHILD_CLEARTID),
	FLAG(CLONE_UNTRACED), FLAG(CLONE_CHILD_SETTID), FLAG(CLONE_NEWCGROUP), FLAG(CLONE_NEWUTS),
	FLAG(CLONE_NEWIPC), FLAG(CLONE_NEWUSER), FLAG(CLONE_NEWPID), FLAG(CLONE_NEWNET),
	FLAG(CLONE_IO), {1ull << 32, "CLONE_CLEAR_SIGHAND"}, {1ull << 33, "CLONE_INTO_CGROUP"},
	FLAG_END};
static const struct flag flags_grnd[] = {
	{1, "GRND_NONBLOCK"}, {2, "GRND_RANDOM"}, {4, "GRND_INSECURE"}, FLAG_END};
static const struct flag flags_memfd[] = {
	FLAG(MFD_CLOEXEC), FLAG(MFD_ALLOW_SEALING), FLAG(MFD_HUGETLB), FLAG_END};
static const struct flag flags_close_range[] = {
	FLAG(CLOSE_RANGE_UNSHARE), FLAG(CLOSE_RANGE_CLOEXEC), FLAG_END};
static const struct flag flags_splice[] = {{1, "SPLICE_F_MOVE"}, {2, "SPLICE_F_NONBLOCK"},
	{4, "SPLICE_F_MORE"}, {8, "SPLICE_F_GIFT"}, FLAG_END};
static const struct flag flags_falloc[] = {{1, "FALLOC_FL_KEEP_SIZE"}, {2, "FALLOC_FL_PUNCH_HOLE"},
	{8, "FALLOC_FL_COLLAPSE_RANGE"}, {16, "FALLOC_FL_ZERO_RANGE"},
	{32, "FALLOC_FL_INSERT_RANGE"}, FLAG_END};
static const struct flag flags_xattr[] = {{1, "XATTR_CREATE"}, {2, "XATTR_REPLACE"}, FLAG_END};
static const struct flag flags_mount[] = {FLAG(MS_RDONLY), FLAG(MS_NOSUID), FLAG(MS_NODEV),
	FLAG(MS_NOEXEC), FLAG(MS_SYNCHRONOUS), FLAG(MS_REMOUNT), FLAG(MS_DIRSYNC), FLAG(MS_NOATIME),
	FLAG(MS_NODIRATIME), FLAG(MS_BIND), FLAG(MS_MOVE), FLAG(MS_REC), FLAG(MS_SILENT),
	FLAG(MS_UNBINDABLE), FLAG(MS_PRIVATE), FLAG(MS_SLAVE), FLAG(MS_SHARED), FLAG(MS_RELATIME),
	FLAG(MS_STRICTATIME), FLAG(MS_LAZYTIME), FLAG_END};
static const struct flag flags_umount[] = {
	{1, "MNT_FORCE"}, {2, "MNT_DETACH"}, {4, "MNT_EXPIRE"}, {8, "UMOUNT_NOFOLLOW"}, FLAG_END};
static const struct flag names_futex[] = {FLAG(FUTEX_WAIT), FLAG(FUTEX_WAKE), FLAG(FUTEX_FD),
	FLAG(FUTEX_REQUEUE), FLAG(FUTEX_CMP_REQUEUE), FLAG(FUTEX_WAKE_OP), FLAG(FUTEX_LOCK_PI),
	FLAG(FUTEX_UNLOCK_PI), FLAG(FUTEX_TRYLOCK_PI), FLAG(FUTEX_WAIT_BITSET),
	FLAG(FUTEX_WAKE_BITSET), FLAG(FUTEX_WAIT_REQUEUE_PI), FLAG(FUTEX_CMP_REQUEUE_PI), FLAG_END};
static const struct flag names_arch_prctl[] = {{0x1001, "ARCH_SET_GS"}, {0x1002, "ARCH_SET_FS"},
	{0x1003, "ARCH_GET_FS"}, {0x1004, "ARCH_GET_GS"}, FLAG_END};
static const struct flag flags_membarrier[] = {{0, "MEMBARRIER_CMD_QUERY"},
	{1, "MEMBARRIER_CMD_GLOBAL"}, {2, "MEMBARRIER_CMD_GLOBAL_EXPEDITED"},
	{4, "MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED"}, {8, "MEMBARRIER_CMD_PRIVATE_EXPEDITED"},
	{16, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED"}, FLAG_END};
static const struct flag names_sched[] = {{0, "SCHED_OTHER"}, {1, "SCHED_FIFO"}, {2, "SCHED_RR"},
	{3, "SCHED_BATCH"}, {5, "SCHED_IDLE"}, {6, "SCHED_DEADLINE"}, FLAG_END};
static const struct flag names_prio[] = {
	{0, "PRIO_PROCESS"}, {1, "PRIO_PGRP"}, {2, "PRIO_USER"}, FLAG_END};
static const struct flag flags_statx_mask[] = {{0, "0"}, FLAG(STATX_ALL), FLAG(STATX_BASIC_STATS),
	FLAG(STATX_TYPE), FLAG(STATX_MODE), FLAG(STATX_NLINK), FLAG(STATX_UID), FLAG(STATX_GID),
	FLAG(STATX_ATIME), FLAG(STATX_MTIME), FLAG(STATX_CTIME), FLAG(STATX_INO), FLAG(STATX_SIZE),
	FLAG(STATX_BLOCKS), FLAG(STATX_BTIME), {0x1000, "STATX_MNT_ID"}, FLAG_END};

static void print_flags(struct arg *a)
{
	text_flags(a->text, a->kind->table, (u32)a->v, a->kind->other);
}

static void print_flags64(struct arg *a)
{
	text_flags(a->text, a->kind->table, a->v, a->kind->other);
}

static void print_enum(struct arg *a)
{
	text_enum(a->text, a->kind->table, (u32)a->v, a->kind->other);
}

static void put_open_flags(struct text *t, u32 v)
{
	text_put(t, "%s", text_flag_name(flags_access_mode, v & O_ACCMODE));
	if (v & ~(u32)O_ACCMODE) {
		text_put(t, "|");
		text_flags(t, flags_open, v & ~(u32)O_ACCMODE, "O_???");
	}
}

static void print_oflags(struct arg *a)
{
	put_open_flags(a->text, (u32)a->v);
}

/* open's mode: there only if it says something. */
static bool makes_file(u64 flags)
{
	return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;
}

static void print_omode(struct arg *a)
{
	if (makes_file(a->args[a->index - 1]))
		text_put(a->text, "%#03o", (unsigned)a->v);
	else
		a->text->len -= MIN(a->text->len, 2ul); /* the comma before it */
}

static void print_mode(struct arg *a)
{
	text_put(a->text, "%#03o", (unsigned)a->v);
}

static void print_file_mode(struct arg *a)
{
	static const struct flag types[] = {FLAG(S_IFSOCK), FLAG(S_IFLNK), FLAG(S_IFREG),
		FLAG(S_IFBLK), FLAG(S_IFDIR), FLAG(S_IFCHR), FLAG(S_IFIFO), FLAG_END};
	const char *type = text_flag_name(types, a->v & S_IFMT);

	if (type)
		text_put(a->text, "%s|", type);
	text_put(a->text, "%#03o", (unsigned)(type ? a->v & ~(u64)S_IFMT : a->v));
}

static void print_pipe_flags(struct arg *a)
{
	text_flags(a->text, flags_open, (u32)a->v, "O_???");
}

static void print_statx_flags(struct arg *a)
{
	u64 sync = a->v & 0x6000, rest = (u32)a->v & ~0x6000u;

	text_put(a->text, "%s",
		text_flag_name(flags_statx_sync, sync) ? text_flag_name(flags_statx_sync, sync)
						       : "AT_STATX_???");
	if (rest) {
		text_put(a->text, "|");
		text_flags(a->text, flags_at, rest, "AT_???");
	}
}

static void print_map_flags(struct arg *a)
{
	text_flags(a->text, flags_map, (u32)a->v, "MAP_???");
}

/* The sixth of mmap: hex. */
static void print_hex(struct arg *a)
{
	text_put(a->text, a->v ? "%#llx" : "0", (unsigned long long)a->v);
}

static void print_long(struct arg *a)
{
	text_put(a->text, "%lld", (long long)a->v);
}

/* All arguments of clone(2), in the order of libc's function. */
static void print_clone(struct arg *a)
{
	u64 sig = a->v & 0xff, flags = a->v & ~0xffull;
	int tid;

	text_put(a->text, "child_stack=");
	arg_pointer(a->text, a->args[1]);
	text_put(a->text, ", flags=");
	if (flags || !sig)
		text_flags(a->text, flags_clone, flags, "CLONE_???");
	if (sig) {
		text_put(a->text, flags ? "|" : "");
		arg_signal_name(a->text, sig);
	}
	if ((flags & CLONE_PARENT_SETTID) && !arg_failed(a) &&
		guest_read(a->task, &tid, a->args[2], sizeof(tid)) == 0)
		text_put(a->text, ", parent_tid=[%d]", tid);
	if (flags & CLONE_SETTLS)
		text_put(a->text, ", tls=%#llx", (unsigned long long)a->args[4]);
	if (flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) {
		text_put(a->text, ", child_tidptr=");
		arg_pointer(a->text, a->args[3]);
	}
}

static void print_unshare(struct arg *a)
{
	text_flags(a->text, flags_clone, a->v, "CLONE_???");
}

static void print_futex_op(struct arg *a)
{
	u32 op = (u32)a->v & ~(u32)(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);

	text_enum(a->text, names_futex, op, "FUTEX_???");
	if (a->v & FUTEX_PRIVATE_FLAG)
		text_put(a->text, "_PRIVATE");
	if (a->v & FUTEX_CLOCK_REALTIME)
		text_put(a->text, "|FUTEX_CLOCK_REALTIME");
}

/* What F_SETFD and friends take; the rest of fcntl's arguments are numbers or absent. */
static void print_fcntl_arg(struct arg *a)
{
	switch ((int)a->args[1]) {
	case F_SETFD:
		text_flags(a->text, flags_fd, a->v, "FD_???");
		break;
	case F_SETFL:
		put_open_flags(a->text, (u32)a->v);
		break;
	case F_ADD_SEALS:
		text_flags(a->text, flags_seals, a->v, "F_SEAL_???");
		break;
	case F_GETFD:
	case F_GETFL:
	case F_GETOWN:
	case F_GETSIG:
	case F_GETLEASE:
	case F_GETPIPE_SZ:
	case F_GET_SEALS:
		a->text->len -= MIN(a->text->len, 2ul);
		break;
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_GETLK:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
	case F_SETOWN_EX:
	case F_GETOWN_EX: {
		const struct arg_kind *k = arg_kind_find("flock", 5);

		if (k && a->args[1] != F_SETOWN_EX && a->args[1] != F_GETOWN_EX)
			k->print(a);
		else
			arg_pointer(a->text, a->v);
		break;
	}
	default:
		text_put(a->text, "%d", (int)a->v);
	}
}

static void print_dirfd(struct arg *a)
{
	text_put(a->text, (int)a->v == AT_FDCWD ? "AT_FDCWD" : "%d", (int)a->v);
}

static void print_signal(struct arg *a)
{
	arg_signal_name(a->text, (u32)a->v);
}

static void print_rdev(struct arg *a)
{
	text_put(a->text, "makedev(%#x, %#x)",
		(unsigned)((a->v >> 8 & 0xfff) | (a->v >> 32 & ~0xfffull)),
		(unsigned)((a->v & 0xff) | (a->v >> 12 & ~0xffull)));
}

static void print_mkdev(struct arg *a)
{
	u64 type = a->args[a->index - 1] & S_IFMT;

	if (type == S_IFCHR || type == S_IFBLK)
		print_rdev(a);
	else
		a->text->len -= MIN(a->text->len, 2ul);
}

#define FLAGS(n, table, other) \
	{ \
		n, print_flags, table, other, false \
	}
#define ENUM(n, table, other) \
	{ \
		n, print_enum, table, other, false \
	}
#define VALUE(n, fn) \
	{ \
		n, fn, NULL, NULL, false \
	}
const struct arg_kind arg_kinds_value[] = {VALUE("at", print_dirfd), VALUE("oflags", print_oflags),
	VALUE("omode", print_omode), VALUE("mode", print_mode), VALUE("filemode", print_file_mode),
	VALUE("dev", print_mkdev), VALUE("pipeflags", print_pipe_flags),
	VALUE("statxflags", print_statx_flags), VALUE("mapflags", print_map_flags),
	VALUE("hex", print_hex), VALUE("long", print_long),
	{">clone", print_clone, NULL, NULL, true}, VALUE("unshare", print_unshare),
	VALUE("futexop", print_futex_op), VALUE("fcntlarg", print_fcntl_arg),
	VALUE("signal", print_signal), FLAGS("access", flags_mode_access, "?_OK"),
	FLAGS("atflags", flags_at, "AT_???"), FLAGS("faccessflags", flags_faccessat, "AT_???"),
	FLAGS("unlinkflags", flags_unlink, "AT_???"),
	FLAGS("renameflags", flags_rename, "RENAME_???"), FLAGS("prot", flags_prot, "PROT_???"),
	FLAGS("mremap", flags_mremap, "MREMAP_???"), FLAGS("msync", flags_msync, "MS_???"),
	ENUM("madvise", names_madvise, "MADV_???"), FLAGS("mlockall", flags_mlockall, "MCL_???"),
	ENUM("whence", names_whence, "SEEK_???"), ENUM("clock", names_clock, "CLOCK_???"),
	FLAGS("abstime", flags_timer_abs, "TIMER_???"),
	FLAGS("tfdset", flags_timerfd_set, "TFD_???"), FLAGS("tfd", flags_tfd, "TFD_???"),
	FLAGS("efd", flags_efd, "EFD_???"), FLAGS("sfd", flags_sfd, "SFD_???"),
	FLAGS("ininit", flags_in_init, "IN_???"), FLAGS("inotify", flags_inotify, "IN_???"),
	FLAGS("epollcreate", flags_epoll_create, "EPOLL_???"),
	ENUM("epollop", names_epoll_op, "EPOLL_CTL_???"),
	ENUM("rlimit", names_rlimit, "RLIMIT_???"), ENUM("rusagewho", names_rusage, "RUSAGE_???"),
	ENUM("itimer", names_itimer, "ITIMER_???"), FLAGS("waitflags", flags_wait, "W???"),
	FLAGS("wait4flags", flags_wait4, "W???"), ENUM("idtype", names_idtype, "P_???"),
	ENUM("how", names_how, "SIG_???"), ENUM("fcntl", names_fcntl, "F_???"),
	FLAGS("flock_op", flags_flock, "LOCK_???"), ENUM("ioctl", names_ioctl, "ioctl"),
	FLAGS("grnd", flags_grnd, "GRND_???"), FLAGS("memfd", flags_memfd, "MFD_???"),
	FLAGS("closerange", flags_close_range, "CLOSE_RANGE_???"),
	FLAGS("splice", flags_splice, "SPLICE_F_???"),
	FLAGS("falloc", flags_falloc, "FALLOC_FL_???"),
	FLAGS("xattrflags", flags_xattr, "XATTR_???"),
	{"mountflags", print_flags64, flags_mount, "MS_???", false},
	FLAGS("umount", flags_umount, "MNT_???"), ENUM("archprctl", names_arch_prctl, "ARCH_???"),
	FLAGS("membarrier", flags_membarrier, "MEMBARRIER_CMD_???"),
	ENUM("sched", names_sched, "SCHED_???"), ENUM("prio", names_prio, "PRIO_???"),
	FLAGS("statxmask", flags_statx_mask, "STATX_???"), {NULL, NULL, NULL, NULL, false}};
