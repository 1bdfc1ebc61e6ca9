/*
 * Host file operations behind kernel/os.h. Every operation takes a directory descriptor and one
 * component that is never followed when it is a symbolic link, so no guest path, "..", link or
 * rename race leads anywhere the kernel did not ask for; names with a slash and ".." are refused
 * here once more. /proc/self/fd serves only what a descriptor cannot do by itself on the running
 * host: reopen, and link, chmod or xattr calls on O_PATH descriptors. Results are >= 0 or -errno.
 * openat(2), statx(2), symlink(7), proc(5).
 */
#include "kernel/os.h"
#include "kernel/sched.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_setxattrat
#define SYS_setxattrat 463
#define SYS_getxattrat 464
#define SYS_listxattrat 465
#define SYS_removexattrat 466
#endif

#define XATTR_AT_FLAGS (AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)
/* A FIFO or terminal that takes a file's place must neither block us nor become our terminal. */
#define OPEN_FLAGS (O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

struct xattr_args {
	u64 value;
	u32 size, flags;
};

static bool no_xattrat, no_fchmodat2; /* the host lacks these calls */

static long ret(long r)
{
	return r < 0 ? -errno : r;
}

static bool bad_name(const char *name)
{
	return strchr(name, '/') || (name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2])));
}

struct fd_path {
	char s[32 + NAME_MAX + 1];
};

/* A path that leads to name in dir, or to dir itself: /proc/self/fd/DIR[/NAME]. */
static int fd_path(struct fd_path *p, int dir, const char *name)
{
	int n = snprintf(p->s, sizeof(p->s), "/proc/self/fd/%d%s%s", dir, *name ? "/" : "", name);

	return (size_t)n < sizeof(p->s) ? 0 : -ENAMETOOLONG;
}

/* ---- opening ---- */

#define FD_RESERVE 64 /* descriptors no guest file may take: mappings, streams, new processes */

/* Takes fd back if it is one of the last: descriptors are given out lowest first. The last quarter
 * is for those that can be closed and opened again (hostfs: files open for reading, O_PATH), so
 * that one guest process cannot keep the others from opening files. */
static int keep_reserve(int fd, bool reclaimable)
{
	static int limit;
	struct rlimit rl;

	if (!limit)
		limit = getrlimit(RLIMIT_NOFILE, &rl) < 0 || rl.rlim_cur > INT_MAX
				? INT_MAX
				: (int)rl.rlim_cur;
	if (fd < limit - (reclaimable ? FD_RESERVE : MAX(limit / 4, FD_RESERVE)))
		return fd;
	close(fd);
	return -ENFILE;
}

static bool is_reclaimable(int flags)
{
	return flags & O_PATH || ((flags & O_ACCMODE) == O_RDONLY && !(flags & O_DIRECTORY));
}

int os_open_root(const char *path)
{
	umask(0); /* modes are the guest kernel's business */
	return ret(open(path, O_PATH | O_CLOEXEC));
}

int os_openat(int dir, const char *name, int flags, u32 mode)
{
	flags |= OPEN_FLAGS;
	if (!*name) {
		if (!(flags & O_DIRECTORY)) /* O_TMPFILE implies O_DIRECTORY */
			return os_reopen(dir, flags);
		return keep_reserve((int)ret(openat(dir, ".", flags, mode)), is_reclaimable(flags));
	}
	if (bad_name(name))
		return -EINVAL;
	return keep_reserve(
		(int)ret(openat(dir, name, flags | O_NOFOLLOW, mode)), is_reclaimable(flags));
}

int os_reopen(int hfd, int flags)
{
	struct fd_path p;

	fd_path(&p, hfd, "");
	return ret(open(p.s, flags | OPEN_FLAGS));
}

void os_close(int hfd)
{
	if (hfd >= 0)
		close(hfd);
}

int os_dup(int hfd)
{
	return ret(fcntl(hfd, F_DUPFD_CLOEXEC, 0));
}

int os_memfd(const char *name)
{
	return keep_reserve((int)ret(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)), false);
}

int os_memfd_seal_write(int hfd)
{
	return ret(fcntl(hfd, F_ADD_SEALS, F_SEAL_WRITE));
}

/* ---- looking ---- */

static struct timespec from_statx(const struct statx_timestamp *t)
{
	return (struct timespec){.tv_sec = t->tv_sec, .tv_nsec = t->tv_nsec};
}

int os_statat(int dir, const char *name, struct os_stat *st)
{
	struct statx sx;

	if (*name && bad_name(name))
		return -EINVAL;
	if (statx(dir, name, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT,
		    STATX_BASIC_STATS | STATX_BTIME, &sx) < 0)
		return -errno;
	*st = (struct os_stat){
		.dev = makedev(sx.stx_dev_major, sx.stx_dev_minor),
		.ino = sx.stx_ino,
		.size = sx.stx_size,
		.blocks = sx.stx_blocks,
		.mode = sx.stx_mode,
		.nlink = sx.stx_nlink,
		.uid = sx.stx_uid,
		.gid = sx.stx_gid,
		.blksize = sx.stx_blksize,
		.rdev = makedev(sx.stx_rdev_major, sx.stx_rdev_minor),
		.atime = from_statx(&sx.stx_atime),
		.mtime = from_statx(&sx.stx_mtime),
		.ctime = from_statx(&sx.stx_ctime),
	};
	if (sx.stx_mask & STATX_BTIME)
		st->btime = from_statx(&sx.stx_btime);
	return 0;
}

ssize_t os_readlinkat(int dir, const char *name, char *buf, size_t size)
{
	return ret(readlinkat(dir, name, buf, size));
}

ssize_t os_getdents(int hfd, void *buf, size_t size)
{
	return ret(syscall(SYS_getdents64, hfd, buf, size));
}

int os_accessat(int dir, const char *name, int mask)
{
	return ret(faccessat(dir, name, mask, AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH));
}

int os_fstatfs(int hfd, struct statfs *sf)
{
	return ret(fstatfs(hfd, sf));
}

void os_ids(u32 *uid, u32 *gid)
{
	*uid = geteuid();
	*gid = getegid();
}

/* ---- changing directories ---- */

int os_mkdirat(int dir, const char *name, u32 mode)
{
	return bad_name(name) ? -EINVAL : ret(mkdirat(dir, name, mode));
}

int os_mknodat(int dir, const char *name, u32 mode, u64 rdev)
{
	return bad_name(name) ? -EINVAL : ret(mknodat(dir, name, mode, rdev));
}

int os_symlinkat(const char *target, int dir, const char *name)
{
	return bad_name(name) ? -EINVAL : ret(symlinkat(target, dir, name));
}

int os_linkat(int from_dir, const char *from, int to_dir, const char *to)
{
	struct fd_path p;

	if (bad_name(to) || bad_name(from))
		return -EINVAL;
	if (*from)
		return ret(linkat(from_dir, from, to_dir, to, 0));
	fd_path(&p, from_dir, "");
	return ret(linkat(AT_FDCWD, p.s, to_dir, to, AT_SYMLINK_FOLLOW));
}

int os_unlinkat(int dir, const char *name, bool directory)
{
	return bad_name(name) ? -EINVAL : ret(unlinkat(dir, name, directory ? AT_REMOVEDIR : 0));
}

int os_renameat(int from_dir, const char *from, int to_dir, const char *to, u32 flags)
{
	if (bad_name(from) || bad_name(to))
		return -EINVAL;
	return ret(renameat2(from_dir, from, to_dir, to, flags));
}

/* ---- changing attributes ---- */

/* Without fchmodat2 (Linux 6.6): by way of an O_PATH descriptor, so that no link is followed. */
static int chmod_by_path(int dir, const char *name, u32 mode)
{
	int fd = *name ? openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC) : dir;
	struct fd_path p;
	struct stat st;
	int r;

	if (fd < 0)
		return -errno;
	fd_path(&p, fd, "");
	if (fstat(fd, &st) < 0)
		r = -errno;
	else if (S_ISLNK(st.st_mode))
		r = -EOPNOTSUPP;
	else
		r = ret(chmod(p.s, mode));
	if (*name)
		close(fd);
	return r;
}

int os_chmodat(int dir, const char *name, u32 mode)
{
	if (*name && bad_name(name))
		return -EINVAL;
	if (!no_fchmodat2) {
		long r = ret(syscall(SYS_fchmodat2, dir, name, mode, XATTR_AT_FLAGS));

		if (r != -ENOSYS)
			return r;
		no_fchmodat2 = true;
	}
	return chmod_by_path(dir, name, mode);
}

int os_chownat(int dir, const char *name, u32 uid, u32 gid)
{
	return ret(fchownat(dir, name, uid, gid, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH));
}

int os_utimensat(int dir, const char *name, const struct timespec ts[2])
{
	return ret(utimensat(dir, name, ts, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH));
}

/* Is r the answer? The *xattrat calls (Linux 6.13) may be missing, and refuse O_PATH descriptors.
 */
static bool xattrat_done(const char *name, long r)
{
	if (r == -ENOSYS)
		no_xattrat = true;
	return r != -ENOSYS && (r != -EBADF || *name);
}

ssize_t os_getxattrat(int dir, const char *name, const char *attr, void *buf, size_t size)
{
	struct fd_path p;

	if (*name && !no_xattrat) { /* with an empty name it refuses O_PATH descriptors */
		struct xattr_args a = {.value = (u64)(uintptr_t)buf, .size = size};
		long r = ret(
			syscall(SYS_getxattrat, dir, name, XATTR_AT_FLAGS, attr, &a, sizeof(a)));

		if (xattrat_done(name, r))
			return r;
	}
	if (fd_path(&p, dir, name) < 0)
		return -ENAMETOOLONG;
	return ret(*name ? lgetxattr(p.s, attr, buf, size) : getxattr(p.s, attr, buf, size));
}

int os_setxattrat(int dir, const char *name, const char *attr, const void *v, size_t n, int flags)
{
	struct fd_path p;

	if (*name && !no_xattrat) { /* with an empty name it refuses O_PATH descriptors */
		struct xattr_args a = {.value = (u64)(uintptr_t)v, .size = n, .flags = flags};
		long r = ret(
			syscall(SYS_setxattrat, dir, name, XATTR_AT_FLAGS, attr, &a, sizeof(a)));

		if (xattrat_done(name, r))
			return r;
	}
	if (fd_path(&p, dir, name) < 0)
		return -ENAMETOOLONG;
	return ret(*name ? lsetxattr(p.s, attr, v, n, flags) : setxattr(p.s, attr, v, n, flags));
}

ssize_t os_listxattrat(int dir, const char *name, char *buf, size_t size)
{
	struct fd_path p;

	if (*name && !no_xattrat) { /* with an empty name it refuses O_PATH descriptors */
		long r = ret(syscall(SYS_listxattrat, dir, name, XATTR_AT_FLAGS, buf, size));

		if (xattrat_done(name, r))
			return r;
	}
	if (fd_path(&p, dir, name) < 0)
		return -ENAMETOOLONG;
	return ret(*name ? llistxattr(p.s, buf, size) : listxattr(p.s, buf, size));
}

int os_removexattrat(int dir, const char *name, const char *attr)
{
	struct fd_path p;

	if (*name && !no_xattrat) { /* with an empty name it refuses O_PATH descriptors */
		long r = ret(syscall(SYS_removexattrat, dir, name, XATTR_AT_FLAGS, attr));

		if (xattrat_done(name, r))
			return r;
	}
	if (fd_path(&p, dir, name) < 0)
		return -ENAMETOOLONG;
	return ret(*name ? lremovexattr(p.s, attr) : removexattr(p.s, attr));
}

/* ---- data ---- */

ssize_t os_pread(int hfd, void *buf, size_t len, u64 pos)
{
	return ret(pread(hfd, buf, len, pos));
}

ssize_t os_pwrite(int hfd, const void *buf, size_t len, u64 pos)
{
	return ret(pwrite(hfd, buf, len, pos));
}

ssize_t os_read(int hfd, void *buf, size_t len)
{
	return ret(read(hfd, buf, len));
}

ssize_t os_write(int hfd, const void *buf, size_t len)
{
	return ret(write(hfd, buf, len));
}

int os_ftruncate(int hfd, u64 size)
{
	return ret(ftruncate(hfd, size));
}

int os_fallocate(int hfd, int mode, u64 pos, u64 len)
{
	return ret(fallocate(hfd, mode, pos, len));
}

s64 os_lseek(int hfd, s64 pos, int whence)
{
	return ret(lseek(hfd, pos, whence));
}

int os_fadvise(int hfd, u64 pos, u64 len, int advice)
{
	return -posix_fadvise(hfd, pos, len, advice);
}

ssize_t os_copy_range(int in, u64 in_pos, int out, u64 out_pos, size_t len)
{
	loff_t i = in_pos, o = out_pos;

	return ret(copy_file_range(in, &i, out, &o, len, 0));
}

/* ---- waiting for the disk ---- */

struct fsync_job {
	struct coro *co; /* who waits; NULL: nobody any more */
	int hfd;	 /* ours: the caller may close its own while we work */
	enum { FSYNC_FILE, FSYNC_DATA, FSYNC_FS } what;
	int result;
	bool done;
};

static int sync_now(const struct fsync_job *j)
{
	switch (j->what) {
	case FSYNC_DATA:
		return ret(fdatasync(j->hfd));
	case FSYNC_FS:
		return ret(syncfs(j->hfd));
	default:
		return ret(fsync(j->hfd));
	}
}

static void fsync_fn(void *arg)
{
	struct fsync_job *j = arg;

	j->result = sync_now(j);
}

static void fsync_free(struct fsync_job *j)
{
	os_close(j->hfd);
	free(j);
}

static void fsync_done(void *arg)
{
	struct fsync_job *j = arg;

	j->done = true;
	if (j->co)
		sched_wake(j->co);
	else
		fsync_free(j);
}

static int fsync_wait(struct fsync_job *j)
{
	int r;

	while (!j->done)
		if (sched_sleep(WAIT_KILLABLE, WAIT_FOREVER) == -EINTR && !j->done) {
			j->co = NULL; /* fsync_done frees it */
			return -EINTR;
		}
	r = j->result;
	fsync_free(j);
	return r;
}

static int do_sync(int hfd, int what)
{
	struct fsync_job now = {.hfd = hfd, .what = what}, *j;

	if (!os_coro_self())
		return sync_now(&now);
	j = malloc(sizeof(*j));
	if (!j)
		return -ENOMEM;
	*j = (struct fsync_job){.co = sched_self(), .hfd = os_dup(hfd), .what = what};
	if (j->hfd < 0 || os_work_submit(fsync_fn, fsync_done, j) < 0) {
		fsync_free(j);
		return sync_now(&now);
	}
	return fsync_wait(j);
}

int os_fsync(int hfd, bool data_only)
{
	return do_sync(hfd, data_only ? FSYNC_DATA : FSYNC_FILE);
}

int os_syncfs(int hfd)
{
	return do_sync(hfd, FSYNC_FS);
}
