/* Arguments that point to something: strings, buffers, and the structs of files, time and waits. */
#include "kernel/guest.h"
#include "kernel/task.h"
#include "kernel/trace/arg.h"

#define VEC_MAX 16 /* array elements shown */

void arg_pointer(struct text *t, u64 v)
{
	text_put(t, v ? "%#llx" : "NULL", (unsigned long long)v);
}

bool arg_failed(const struct arg *a)
{
	return a->done && a->ret < 0 && a->ret >= -4095;
}

bool arg_fetch(struct arg *a, void *buf, size_t len)
{
	bool unfilled = a->kind && a->kind->out && arg_failed(a);

	if (a->v && !unfilled && guest_read(a->task, buf, a->v, len) == 0)
		return true;
	arg_pointer(a->text, a->v);
	return false;
}

void arg_path(struct arg *a)
{
	static char s[PATH_MAX]; /* nothing here sleeps */
	ssize_t n = a->v ? guest_read_some(a->task, s, a->v, sizeof(s)) : -EFAULT;
	size_t len;

	if (n < 0) {
		arg_pointer(a->text, a->v);
		return;
	}
	len = strnlen(s, (size_t)n);
	text_string(a->text, s, MIN(len, 1000ul), len > 1000 || len == (size_t)n);
}

void arg_buffer(struct arg *a, uaddr_t addr, u64 len)
{
	char s[ARG_STRING_MAX];

	if (!addr || (len && guest_read(a->task, s, addr, MIN(len, sizeof(s))) < 0))
		arg_pointer(a->text, addr);
	else
		text_string(a->text, s, MIN(len, sizeof(s)), len > sizeof(s));
}

/* Bytes the caller supplies: as many as the next argument says. */
static void print_in_buffer(struct arg *a)
{
	arg_buffer(a, a->v, a->args[a->index + 1]);
}

/* Bytes the call has produced: as many as it returns. */
static void print_out_buffer(struct arg *a)
{
	if (arg_failed(a))
		arg_pointer(a->text, a->v);
	else
		arg_buffer(a, a->v, MIN((u64)a->ret, a->args[a->index + 1]));
}

static void print_hex_buffer(struct arg *a)
{
	char s[ARG_STRING_MAX];
	u64 len = (u64)a->ret;

	if (arg_failed(a) || guest_read(a->task, s, a->v, MIN(len, sizeof(s))) < 0)
		arg_pointer(a->text, a->v);
	else
		text_hex_string(a->text, s, MIN(len, sizeof(s)), len > sizeof(s));
}

static void print_cwd(struct arg *a)
{
	if (arg_failed(a))
		arg_pointer(a->text, a->v);
	else
		arg_path(a);
}

static unsigned count_strings(struct arg *a)
{
	unsigned n = 0;
	u64 p;

	while (n < 100000 && guest_read(a->task, &p, a->v + n * 8ul, 8) == 0 && p)
		n++;
	return n;
}

static void print_argv(struct arg *a)
{
	struct arg s = *a;
	unsigned n = a->v ? count_strings(a) : 0;

	if (!a->v) {
		arg_pointer(a->text, 0);
		return;
	}
	text_put(a->text, "[");
	for (unsigned i = 0; i < MIN(n, 32u); i++) {
		text_put(a->text, i ? ", " : "");
		if (guest_read(a->task, &s.v, a->v + i * 8ul, 8) < 0)
			break;
		arg_path(&s);
	}
	text_put(a->text, n > 32 ? ", ...]" : "]");
}

static void print_envp(struct arg *a)
{
	arg_pointer(a->text, a->v);
	if (a->v) {
		unsigned n = count_strings(a);

		text_put(a->text, " /* %u var%s */", n, n == 1 ? "" : "s");
	}
}

void arg_iovec(struct arg *a, uaddr_t iov, u64 nr, u64 bytes)
{
	struct iovec v[VEC_MAX];
	u64 shown = MIN(nr, (u64)VEC_MAX);

	if (!iov || guest_read(a->task, v, iov, shown * sizeof(*v)) < 0) {
		arg_pointer(a->text, iov);
		return;
	}
	text_put(a->text, "[");
	for (u64 i = 0; i < shown; i++) {
		u64 n = MIN((u64)v[i].iov_len, bytes);

		text_put(a->text, i ? ", {iov_base=" : "{iov_base=");
		arg_buffer(a, (uaddr_t)v[i].iov_base, n);
		text_put(a->text, ", iov_len=%zu}", v[i].iov_len);
		bytes -= n;
	}
	text_put(a->text, nr > shown ? ", ...]" : "]");
}

static void print_iovec(struct arg *a)
{
	arg_iovec(a, a->v, a->args[a->index + 1], UINT64_MAX);
}

static void print_out_iovec(struct arg *a)
{
	if (arg_failed(a))
		arg_pointer(a->text, a->v);
	else
		arg_iovec(a, a->v, a->args[a->index + 1], (u64)a->ret);
}

/* Of another process. */
static void print_remote_iovec(struct arg *a)
{
	u64 nr = a->args[a->index + 1], shown = MIN(nr, (u64)VEC_MAX);
	struct iovec v[VEC_MAX];

	if (!arg_fetch(a, v, shown * sizeof(v[0])))
		return;
	text_put(a->text, "[");
	for (u64 i = 0; i < shown; i++) {
		text_put(a->text, i ? ", {iov_base=" : "{iov_base=");
		arg_pointer(a->text, (u64)v[i].iov_base);
		text_put(a->text, ", iov_len=%zu}", v[i].iov_len);
	}
	text_put(a->text, nr > shown ? ", ...]" : "]");
}

/* ---- files ---- */

static void put_mode(struct arg *a, u64 mode)
{
	static const struct arg_kind *k;
	struct arg m = *a;

	k = k ? k : arg_kind_find("filemode", 8);
	m.v = mode;
	k->print(&m);
}

static void print_stat(struct arg *a)
{
	struct stat st;

	if (!arg_fetch(a, &st, sizeof(st)))
		return;
	text_put(a->text, "{st_mode=");
	put_mode(a, st.st_mode);
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		text_put(a->text, ", st_rdev=makedev(%#x, %#x), ...}",
			(unsigned)(st.st_rdev >> 8 & 0xfff),
			(unsigned)((st.st_rdev & 0xff) | (st.st_rdev >> 12 & ~0xffull)));
	else
		text_put(a->text, ", st_size=%lld, ...}", (long long)st.st_size);
}

static void print_statx(struct arg *a)
{
	static const struct arg_kind *mask;
	struct arg m = *a;
	struct statx sx;

	if (!arg_fetch(a, &sx, sizeof(sx)))
		return;
	mask = mask ? mask : arg_kind_find("statxmask", 9);
	m.v = sx.stx_mask;
	m.kind = mask;
	text_put(a->text, "{stx_mask=");
	mask->print(&m);
	text_put(a->text,
		", stx_attributes=%#llx, stx_mode=", (unsigned long long)sx.stx_attributes);
	put_mode(a, sx.stx_mode);
	text_put(a->text, ", stx_size=%llu, ...}", (unsigned long long)sx.stx_size);
}

static void print_statfs(struct arg *a)
{
	static const struct flag magics[] = {{0x01021994, "TMPFS_MAGIC"},
		{0xef53, "EXT2_SUPER_MAGIC"}, {0x9fa0, "PROC_SUPER_MAGIC"},
		{0x62656572, "SYSFS_MAGIC"}, {0x1cd1, "DEVPTS_SUPER_MAGIC"},
		{0x794c7630, "OVERLAYFS_SUPER_MAGIC"}, {0x58465342, "XFS_SUPER_MAGIC"},
		{0x9123683e, "BTRFS_SUPER_MAGIC"}, FLAG_END};
	struct statfs f;

	if (!arg_fetch(a, &f, sizeof(f)))
		return;
	text_put(a->text, "{f_type=");
	text_enum(a->text, magics, (u64)f.f_type, "???");
	text_put(a->text, ", f_bsize=%lu, f_blocks=%lu, f_bfree=%lu, f_bavail=%lu, f_files=%lu, ",
		(unsigned long)f.f_bsize, (unsigned long)f.f_blocks, (unsigned long)f.f_bfree,
		(unsigned long)f.f_bavail, (unsigned long)f.f_files);
	text_put(a->text, "f_ffree=%lu, f_namelen=%lu, f_frsize=%lu, ...}",
		(unsigned long)f.f_ffree, (unsigned long)f.f_namelen, (unsigned long)f.f_frsize);
}

static void print_dirents(struct arg *a)
{
	unsigned n = 0;

	arg_pointer(a->text, a->v);
	if (arg_failed(a))
		return;
	for (u64 at = 0; at + 19 <= (u64)a->ret; n++) {
		u16 len;

		if (guest_read(a->task, &len, a->v + at + 16, sizeof(len)) < 0 || len < 19)
			break;
		at += len;
	}
	text_put(a->text, " /* %u entr%s */", n, n == 1 ? "y" : "ies");
}

static void print_flock(struct arg *a)
{
	static const struct flag types[] = {
		{F_RDLCK, "F_RDLCK"}, {F_WRLCK, "F_WRLCK"}, {F_UNLCK, "F_UNLCK"}, FLAG_END};
	static const struct flag whence[] = {
		FLAG(SEEK_SET), FLAG(SEEK_CUR), FLAG(SEEK_END), FLAG_END};
	struct flock l;

	if (!arg_fetch(a, &l, sizeof(l)))
		return;
	text_put(a->text, "{l_type=");
	text_enum(a->text, types, (u64)l.l_type, "F_???");
	text_put(a->text, ", l_whence=");
	text_enum(a->text, whence, (u64)l.l_whence, "SEEK_???");
	text_put(a->text, ", l_start=%lld, l_len=%lld}", (long long)l.l_start, (long long)l.l_len);
}

static void print_fd_pair(struct arg *a)
{
	int fd[2];

	if (arg_fetch(a, fd, sizeof(fd)))
		text_put(a->text, "[%d, %d]", fd[0], fd[1]);
}

static void print_int(struct arg *a)
{
	int v;

	if (arg_fetch(a, &v, sizeof(v)))
		text_put(a->text, "[%d]", v);
}

static void print_u64(struct arg *a)
{
	u64 v;

	if (arg_fetch(a, &v, sizeof(v)))
		text_put(a->text, "[%llu]", (unsigned long long)v);
}

/* ---- time ---- */

static void put_timespec(struct text *t, const struct timespec *ts)
{
	if (ts->tv_nsec == UTIME_NOW)
		text_put(t, "UTIME_NOW");
	else if (ts->tv_nsec == UTIME_OMIT)
		text_put(t, "UTIME_OMIT");
	else
		text_put(t, "{tv_sec=%lld, tv_nsec=%ld}", (long long)ts->tv_sec, ts->tv_nsec);
}

static void print_timespec(struct arg *a)
{
	struct timespec ts;

	if (arg_fetch(a, &ts, sizeof(ts)))
		put_timespec(a->text, &ts);
}

/* What was left of a sleep: written only when a signal ended it. */
static void print_remaining(struct arg *a)
{
	if (a->ret == -EINTR || a->ret == -ERESTART_RESTARTBLOCK) {
		struct timespec ts;

		if (a->v && guest_read(a->task, &ts, a->v, sizeof(ts)) == 0) {
			put_timespec(a->text, &ts);
			return;
		}
	}
	arg_pointer(a->text, a->v);
}

static void print_timespec_pair(struct arg *a)
{
	struct timespec ts[2];

	if (!arg_fetch(a, ts, sizeof(ts)))
		return;
	text_put(a->text, "[");
	put_timespec(a->text, &ts[0]);
	text_put(a->text, ", ");
	put_timespec(a->text, &ts[1]);
	text_put(a->text, "]");
}

static void put_timeval(struct text *t, const struct timeval *tv)
{
	text_put(t, "{tv_sec=%lld, tv_usec=%lld}", (long long)tv->tv_sec, (long long)tv->tv_usec);
}

static void print_timeval(struct arg *a)
{
	struct timeval tv;

	if (arg_fetch(a, &tv, sizeof(tv)))
		put_timeval(a->text, &tv);
}

static void print_itimerval(struct arg *a)
{
	struct timeval v[2];

	if (!arg_fetch(a, v, sizeof(v)))
		return;
	text_put(a->text, "{it_interval=");
	put_timeval(a->text, &v[0]);
	text_put(a->text, ", it_value=");
	put_timeval(a->text, &v[1]);
	text_put(a->text, "}");
}

static void print_itimerspec(struct arg *a)
{
	struct timespec v[2];

	if (!arg_fetch(a, v, sizeof(v)))
		return;
	text_put(a->text, "{it_interval=");
	put_timespec(a->text, &v[0]);
	text_put(a->text, ", it_value=");
	put_timespec(a->text, &v[1]);
	text_put(a->text, "}");
}

/* ---- processes ---- */

static void put_limit(struct text *t, u64 v, const char *infinity)
{
	if (v == RLIM_INFINITY)
		text_put(t, "%s", infinity);
	else if (v > 1024 && v % 1024 == 0)
		text_put(t, "%llu*1024", (unsigned long long)v / 1024);
	else
		text_put(t, "%llu", (unsigned long long)v);
}

static void print_rlimit(struct arg *a)
{
	struct rlimit r;
	const char *infinity = a->index >= 2 ? "RLIM64_INFINITY" : "RLIM_INFINITY"; /* prlimit64 */

	if (!arg_fetch(a, &r, sizeof(r)))
		return;
	text_put(a->text, "{rlim_cur=");
	put_limit(a->text, r.rlim_cur, infinity);
	text_put(a->text, ", rlim_max=");
	put_limit(a->text, r.rlim_max, infinity);
	text_put(a->text, "}");
}

static void print_rusage(struct arg *a)
{
	struct rusage r;

	if (!arg_fetch(a, &r, sizeof(r)))
		return;
	text_put(a->text, "{ru_utime=");
	put_timeval(a->text, &r.ru_utime);
	text_put(a->text, ", ru_stime=");
	put_timeval(a->text, &r.ru_stime);
	text_put(a->text, ", ...}");
}

void arg_wait_status(struct text *t, int status)
{
	if (WIFEXITED(status)) {
		text_put(t, "{WIFEXITED(s) && WEXITSTATUS(s) == %d}", WEXITSTATUS(status));
	} else if (WIFSTOPPED(status)) {
		text_put(t, "{WIFSTOPPED(s) && WSTOPSIG(s) == ");
		arg_signal_name(t, (u32)WSTOPSIG(status));
		text_put(t, "}");
	} else if (WIFCONTINUED(status)) {
		text_put(t, "{WIFCONTINUED(s)}");
	} else {
		text_put(t, "{WIFSIGNALED(s) && WTERMSIG(s) == ");
		arg_signal_name(t, (u32)WTERMSIG(status));
		text_put(t, WCOREDUMP(status) ? " && WCOREDUMP(s)}" : "}");
	}
}

static void print_wait_status(struct arg *a)
{
	int status;

	if (a->ret <= 0 || !a->v || guest_read(a->task, &status, a->v, sizeof(status)) < 0) {
		arg_pointer(a->text, a->v);
		return;
	}
	text_put(a->text, "[");
	arg_wait_status(a->text, status);
	text_put(a->text, "]");
}

static void print_uname(struct arg *a)
{
	struct utsname u;

	if (!arg_fetch(a, &u, sizeof(u)))
		return;
	text_put(a->text, "{sysname=");
	text_string(a->text, u.sysname, strnlen(u.sysname, sizeof(u.sysname)), false);
	text_put(a->text, ", nodename=");
	text_string(a->text, u.nodename, strnlen(u.nodename, sizeof(u.nodename)), false);
	text_put(a->text, ", ...}");
}

static void print_sysinfo(struct arg *a)
{
	struct sysinfo s;

	if (!arg_fetch(a, &s, sizeof(s)))
		return;
	text_put(a->text, "{uptime=%ld, loads=[%lu, %lu, %lu], totalram=%lu, freeram=%lu, ",
		s.uptime, s.loads[0], s.loads[1], s.loads[2], s.totalram, s.freeram);
	text_put(a->text, "sharedram=%lu, bufferram=%lu, totalswap=%lu, freeswap=%lu, procs=%u, ",
		s.sharedram, s.bufferram, s.totalswap, s.freeswap, s.procs);
	text_put(a->text, "totalhigh=%lu, freehigh=%lu, mem_unit=%u}", s.totalhigh, s.freehigh,
		s.mem_unit);
}

static void print_cpu_mask(struct arg *a)
{
	u64 len = a->kind->out ? (u64)a->ret : a->args[a->index - 1];
	const char *sep = "";
	u8 mask[128];

	len = MIN(len, sizeof(mask));
	if (arg_failed(a) || !a->v || guest_read(a->task, mask, a->v, len) < 0) {
		arg_pointer(a->text, a->v);
		return;
	}
	text_put(a->text, "[");
	for (unsigned i = 0; i < len * 8; i++) {
		if (!(mask[i / 8] >> i % 8 & 1))
			continue;
		text_put(a->text, "%s%u", sep, i);
		sep = " ";
	}
	text_put(a->text, "]");
}

/* struct clone_args of clone3(2), as much of it as the caller has. */
static void print_clone_args(struct arg *a)
{
	static const struct arg_kind *flags;
	struct {
		u64 flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	} c = {0};
	struct arg f = *a;

	if (!arg_fetch(a, &c, MIN(a->args[1], sizeof(c))))
		return;
	flags = flags ? flags : arg_kind_find("unshare", 7);
	f.v = c.flags;
	text_put(a->text, "{flags=");
	flags->print(&f);
	if (c.flags & CLONE_CHILD_CLEARTID || c.flags & CLONE_CHILD_SETTID)
		text_put(a->text, ", child_tid=%#llx", (unsigned long long)c.child_tid);
	if (c.flags & CLONE_PARENT_SETTID)
		text_put(a->text, ", parent_tid=%#llx", (unsigned long long)c.parent_tid);
	text_put(a->text, ", exit_signal=");
	if (c.exit_signal)
		arg_signal_name(a->text, c.exit_signal);
	else
		text_put(a->text, "0");
	text_put(a->text, ", stack=");
	arg_pointer(a->text, c.stack);
	text_put(a->text, c.stack_size ? ", stack_size=%#llx" : ", stack_size=0",
		(unsigned long long)c.stack_size);
	if (c.flags & CLONE_SETTLS)
		text_put(a->text, ", tls=%#llx", (unsigned long long)c.tls);
	text_put(a->text, "}");
}

static void print_tms(struct arg *a)
{
	long t[4];

	if (arg_fetch(a, t, sizeof(t)))
		text_put(a->text, "{tms_utime=%ld, tms_stime=%ld, tms_cutime=%ld, tms_cstime=%ld}",
			t[0], t[1], t[2], t[3]);
}

static void print_open_how(struct arg *a)
{
	static const struct flag resolve[] = {{1, "RESOLVE_NO_XDEV"}, {2, "RESOLVE_NO_MAGICLINKS"},
		{4, "RESOLVE_NO_SYMLINKS"}, {8, "RESOLVE_BENEATH"}, {16, "RESOLVE_IN_ROOT"},
		{32, "RESOLVE_CACHED"}, FLAG_END};
	struct {
		u64 flags, mode, resolve;
	} h;
	struct arg f = *a;

	if (!arg_fetch(a, &h, sizeof(h)))
		return;
	f.v = h.flags;
	text_put(a->text, "{flags=");
	arg_kind_find("oflags", 6)->print(&f);
	if (h.mode)
		text_put(a->text, ", mode=%#03llo", (unsigned long long)h.mode);
	text_put(a->text, ", resolve=");
	text_flags(a->text, resolve, h.resolve, "RESOLVE_???");
	text_put(a->text, "}");
}

#define IN(n, fn) \
	{ \
		n, fn, NULL, NULL, false \
	}
#define OUT(n, fn) \
	{ \
		n, fn, NULL, NULL, true \
	}
const struct arg_kind arg_kinds_struct[] = {IN("path", arg_path), IN("buf", print_in_buffer),
	OUT(">buf", print_out_buffer), OUT(">hexbuf", print_hex_buffer), OUT(">cwd", print_cwd),
	IN("argv", print_argv), IN("envp", print_envp), IN("iovec", print_iovec),
	OUT(">iovec", print_out_iovec), OUT(">stat", print_stat), OUT(">statx", print_statx),
	OUT(">statfs", print_statfs), OUT(">dirents", print_dirents), IN("flock", print_flock),
	OUT(">fdpair", print_fd_pair), IN("int", print_int), OUT(">int", print_int),
	IN("u64", print_u64), OUT(">u64", print_u64), IN("timespec", print_timespec),
	OUT(">timespec", print_timespec), OUT(">remaining", print_remaining),
	IN("timespecs", print_timespec_pair), IN("timeval", print_timeval),
	OUT(">timeval", print_timeval), IN("itimerval", print_itimerval),
	OUT(">itimerval", print_itimerval), IN("itimerspec", print_itimerspec),
	OUT(">itimerspec", print_itimerspec), IN("rlim", print_rlimit), OUT(">rlim", print_rlimit),
	OUT(">rusage", print_rusage), OUT(">wstatus", print_wait_status),
	OUT(">uname", print_uname), OUT(">sysinfo", print_sysinfo), IN("cpus", print_cpu_mask),
	OUT(">cpus", print_cpu_mask), IN("cloneargs", print_clone_args),
	IN("openhow", print_open_how), IN("remoteiov", print_remote_iovec), OUT(">tms", print_tms),
	{NULL, NULL, NULL, NULL, false}};
