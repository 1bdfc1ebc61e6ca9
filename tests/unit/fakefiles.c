/*
 * The fake host's files, behind the os_* functions of kernel/os.h. A descriptor of a directory, or
 * an O_PATH one, is a placeholder; one of a regular file is its memfd opened again, so data calls
 * need nothing here. A name that could leave its directory ends the test.
 */
#include "tests/unit/fakefiles.h"

#include <check.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define FDS 4096
#define XATTRS 16

struct fake_xattr {
	char name[64];
	char value[256];
	size_t len;
};

struct entry {
	char name[64];
	struct fnode *node; /* NULL: removed; the slot keeps the others' cookies valid */
};

struct fnode {
	struct fnode *all;
	u32 mode, uid, gid, nlink;
	u64 ino, rdev;
	struct timespec atime, mtime, ctime;
	int memfd;
	char target[256];
	struct entry *entries;
	size_t nr;
	struct fake_xattr xattrs[XATTRS];
};

unsigned fake_stats, fake_opens, fake_open_fds, fake_fd_limit;
void (*fake_before_open)(void);

static struct fnode *all, *root, *fd_node[FDS];
static size_t fd_pos[FDS];
static u64 next_ino;
static u32 own_uid, own_gid;

/* ---- nodes ---- */

static struct fnode *node_new(u32 mode)
{
	struct fnode *n = calloc(1, sizeof(*n));

	n->mode = mode;
	n->uid = own_uid;
	n->gid = own_gid;
	n->ino = next_ino++;
	n->memfd = S_ISREG(mode) ? memfd_create("fake", 0) : -1;
	n->mtime.tv_sec = n->ctime.tv_sec = n->atime.tv_sec = 1000 + (time_t)n->ino;
	n->all = all;
	return all = n;
}

static void check_name(const char *name)
{
	ck_assert_msg(!strchr(name, '/') && strcmp(name, ".."), "unsafe name %s", name);
}

static struct entry *find(struct fnode *dir, const char *name)
{
	for (size_t i = 0; i < dir->nr; i++)
		if (dir->entries[i].node && !strcmp(dir->entries[i].name, name))
			return &dir->entries[i];
	return NULL;
}

static void enter(struct fnode *dir, const char *name, struct fnode *n)
{
	struct entry *e = find(dir, name);

	if (e) {
		e->node->nlink--;
	} else {
		dir->entries = realloc(dir->entries, (dir->nr + 1) * sizeof(*e));
		e = &dir->entries[dir->nr++];
		snprintf(e->name, sizeof(e->name), "%s", name);
	}
	e->node = n;
	n->nlink++;
}

void fake_files_init(u32 uid, u32 gid)
{
	next_ino = 100;
	own_uid = uid;
	own_gid = gid;
	root = node_new(S_IFDIR | 0755);
	root->nlink = 1;
	fake_fd_limit = FDS;
	fake_stats = fake_opens = fake_open_fds = 0;
}

void fake_files_fini(void)
{
	while (all) {
		struct fnode *n = all;

		all = n->all;
		if (n->memfd >= 0)
			close(n->memfd);
		free(n->entries);
		free(n);
	}
}

/* ---- behind our back ---- */

static struct fnode *walk(const char *path, const char **last)
{
	struct fnode *n = root;
	char name[64];

	for (;;) {
		size_t len = strcspn(path, "/");

		if (!path[len]) {
			*last = path;
			return n;
		}
		snprintf(name, sizeof(name), "%.*s", (int)len, path);
		n = find(n, name)->node;
		path += len + 1;
	}
}

static struct fnode *lookup(const char *path)
{
	const char *name;
	struct fnode *dir = walk(path, &name);
	struct entry *e = find(dir, name);

	return e ? e->node : NULL;
}

static void host_enter(const char *path, struct fnode *n)
{
	const char *name;
	struct fnode *dir = walk(path, &name);

	enter(dir, name, n);
}

void fake_host_mkdir(const char *path)
{
	host_enter(path, node_new(S_IFDIR | 0755));
}

void fake_host_write(const char *path, const char *text)
{
	struct fnode *n = lookup(path);

	if (!n) {
		n = node_new(S_IFREG | 0644);
		host_enter(path, n);
	}
	ck_assert_int_eq(ftruncate(n->memfd, 0), 0);
	ck_assert_int_eq(pwrite(n->memfd, text, strlen(text), 0), (ssize_t)strlen(text));
}

void fake_host_symlink(const char *target, const char *path)
{
	struct fnode *n = node_new(S_IFLNK | 0777);

	snprintf(n->target, sizeof(n->target), "%s", target);
	host_enter(path, n);
}

void fake_host_link(const char *from, const char *to)
{
	host_enter(to, lookup(from));
}

void fake_host_remove(const char *path)
{
	const char *name;
	struct fnode *dir = walk(path, &name);
	struct entry *e = find(dir, name);

	e->node->nlink--;
	e->node = NULL;
}

void fake_host_rename(const char *from, const char *to)
{
	struct fnode *n = lookup(from);

	n->nlink++;
	fake_host_remove(from);
	host_enter(to, n);
	n->nlink--;
}

const char *fake_host_read(const char *path)
{
	static char text[4096];
	struct fnode *n = lookup(path);
	ssize_t len = n ? pread(n->memfd, text, sizeof(text) - 1, 0) : -1;

	ck_assert_msg(len >= 0, "no host file %s", path);
	text[len] = 0;
	return text;
}

static void fill(const struct fnode *n, struct os_stat *st)
{
	struct stat s = {0};

	if (n->memfd >= 0)
		fstat(n->memfd, &s);
	*st = (struct os_stat){.dev = 7,
		.ino = n->ino,
		.size = (u64)s.st_size,
		.mode = n->mode,
		.nlink = n->nlink,
		.uid = n->uid,
		.gid = n->gid,
		.rdev = n->rdev,
		.atime = n->atime,
		.mtime = n->mtime,
		.ctime = n->ctime,
		.blocks = (u64)s.st_blocks};
	st->btime.tv_sec = (time_t)n->ino;
}

int fake_host_stat(const char *path, struct os_stat *st)
{
	struct fnode *n = lookup(path);

	if (!n)
		return -ENOENT;
	fill(n, st);
	return 0;
}

void fake_host_chown(const char *path, u32 uid, u32 gid, u32 mode)
{
	struct fnode *n = lookup(path);

	n->uid = uid;
	n->gid = gid;
	n->mode = (n->mode & S_IFMT) | mode;
}

/* ---- descriptors ---- */

static int fd_new(struct fnode *n, int fd)
{
	if (fd < 0)
		return -errno;
	ck_assert_int_lt(fd, FDS);
	fd_node[fd] = n;
	fd_pos[fd] = 0;
	fake_open_fds++;
	return fd;
}

static int open_node(struct fnode *n, int flags)
{
	char path[32];

	if (fake_open_fds >= fake_fd_limit)
		return -ENFILE;
	if (!(flags & O_PATH) && !(n->mode & 0777))
		return -EACCES;
	if (flags & O_PATH || S_ISDIR(n->mode))
		return fd_new(n, memfd_create("placeholder", 0));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", n->memfd);
	return fd_new(n, open(path, (flags & (O_ACCMODE | O_TRUNC)) | O_CLOEXEC));
}

static struct fnode *dir_of(int fd)
{
	ck_assert(fd >= 0 && fd < FDS && fd_node[fd]);
	return fd_node[fd];
}

static int at(int dir, const char *name, struct fnode **out)
{
	struct fnode *n = dir_of(dir);
	struct entry *e;

	*out = n;
	if (!*name)
		return 0;
	check_name(name);
	if (!S_ISDIR(n->mode))
		return -ENOTDIR;
	e = find(n, name);
	*out = e ? e->node : NULL;
	return e ? 0 : -ENOENT;
}

void os_close(int hfd)
{
	if (hfd < 0)
		return;
	if (hfd < FDS && fd_node[hfd]) {
		fd_node[hfd] = NULL;
		fake_open_fds--;
	}
	close(hfd);
}

int os_dup(int hfd)
{
	int fd = dup(hfd);

	return hfd < FDS && fd_node[hfd] ? fd_new(fd_node[hfd], fd) : fd < 0 ? -errno : fd;
}

int os_open_root(const char *path)
{
	struct fnode *n = *path ? lookup(path) : root;

	return n ? open_node(n, O_PATH) : -ENOENT;
}

int os_openat(int dir, const char *name, int flags, u32 mode)
{
	void (*hook)(void) = fake_before_open;
	struct fnode *n;
	int ret;

	fake_opens++;
	if (hook) {
		fake_before_open = NULL;
		hook();
	}
	if ((flags & O_TMPFILE) == O_TMPFILE)
		return open_node(node_new(S_IFREG | mode), O_RDWR);
	ret = at(dir, name, &n);
	if (ret == -ENOENT && flags & O_CREAT) {
		enter(dir_of(dir), name, n = node_new(S_IFREG | mode));
		return open_node(n, flags);
	}
	if (ret < 0)
		return ret;
	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return -EEXIST;
	if (S_ISLNK(n->mode) && !(flags & O_PATH))
		return -ELOOP;
	if (flags & O_DIRECTORY && !S_ISDIR(n->mode))
		return -ENOTDIR;
	return open_node(n, flags);
}

int os_reopen(int hfd, int flags)
{
	char path[32];

	if (hfd < FDS && fd_node[hfd])
		return open_node(fd_node[hfd], flags);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", hfd);
	hfd = open(path, flags | O_CLOEXEC);
	return hfd < 0 ? -errno : hfd;
}

/* ---- looking ---- */

int os_statat(int dir, const char *name, struct os_stat *st)
{
	struct fnode *n;
	struct stat s;
	int ret;

	if (dir < 0 || dir >= FDS || !fd_node[dir]) { /* a memfd of tmpfs */
		if (fstat(dir, &s) < 0)
			return -errno;
		*st = (struct os_stat){.size = (u64)s.st_size,
			.blocks = (u64)s.st_blocks,
			.mode = s.st_mode,
			.ino = s.st_ino,
			.nlink = 1};
		return 0;
	}
	fake_stats++;
	ret = at(dir, name, &n);
	if (ret == 0)
		fill(n, st);
	return ret;
}

ssize_t os_readlinkat(int dir, const char *name, char *buf, size_t size)
{
	struct fnode *n;
	int ret = at(dir, name, &n);

	if (ret == 0 && !S_ISLNK(n->mode))
		ret = -EINVAL;
	if (ret < 0)
		return ret;
	size = MIN(size, strlen(n->target));
	memcpy(buf, n->target, size);
	return (ssize_t)size;
}

ssize_t os_getdents(int hfd, void *buf, size_t size)
{
	struct fnode *dir = dir_of(hfd);
	size_t done = 0;

	for (; fd_pos[hfd] < dir->nr; fd_pos[hfd]++) {
		struct entry *e = &dir->entries[fd_pos[hfd]];
		struct abi_dirent64 *d = (void *)((char *)buf + done);
		size_t len = ALIGN_UP(sizeof(*d) + strlen(e->name) + 1, 8);

		if (!e->node)
			continue;
		if (done + len >
			MIN(size, (size_t)256)) /* small, so that several calls are needed */
			break;
		d->ino = e->node->ino;
		d->off = (s64)fd_pos[hfd] + 1;
		d->reclen = (u16)len;
		d->type = (u8)(e->node->mode >> 12 & 15);
		strcpy(d->name, e->name);
		done += len;
	}
	return (ssize_t)done;
}

s64 os_lseek(int hfd, s64 pos, int whence)
{
	if (hfd >= 0 && hfd < FDS && fd_node[hfd] && S_ISDIR(fd_node[hfd]->mode)) {
		fd_pos[hfd] = (size_t)pos;
		return pos;
	}
	pos = lseek(hfd, pos, whence);
	return pos < 0 ? -errno : pos;
}

int os_accessat(int dir, const char *name, int mask)
{
	struct fnode *n;
	int ret = at(dir, name, &n);

	return ret < 0 ? ret : n->mode & 0777 ? 0 : -EACCES;
}

int os_fstatfs(int hfd, struct statfs *sf)
{
	memset(sf, 0, sizeof(*sf));
	return 0;
}

void os_ids(u32 *uid, u32 *gid)
{
	*uid = own_uid;
	*gid = own_gid;
}

/* ---- changing ---- */

static int make(int dir, const char *name, struct fnode *n)
{
	struct fnode *old;
	int ret = at(dir, name, &old);

	if (ret != -ENOENT)
		return ret < 0 ? ret : -EEXIST;
	enter(dir_of(dir), name, n);
	return 0;
}

int os_mkdirat(int dir, const char *name, u32 mode)
{
	return make(dir, name, node_new(S_IFDIR | mode));
}

int os_mknodat(int dir, const char *name, u32 mode, u64 rdev)
{
	struct fnode *n = node_new(mode);

	n->rdev = rdev;
	if ((S_ISCHR(mode) || S_ISBLK(mode)) && own_uid)
		return -EPERM;
	return make(dir, name, n);
}

int os_symlinkat(const char *target, int dir, const char *name)
{
	struct fnode *n = node_new(S_IFLNK | 0777);

	snprintf(n->target, sizeof(n->target), "%s", target);
	return make(dir, name, n);
}

int os_linkat(int from_dir, const char *from, int to_dir, const char *to)
{
	struct fnode *n;
	int ret = at(from_dir, from, &n);

	return ret < 0 ? ret : make(to_dir, to, n);
}

int os_unlinkat(int dir, const char *name, bool directory)
{
	struct fnode *n;
	int ret = at(dir, name, &n);

	if (ret < 0)
		return ret;
	if (directory != S_ISDIR(n->mode))
		return directory ? -ENOTDIR : -EISDIR;
	for (size_t i = 0; i < n->nr; i++)
		if (n->entries[i].node)
			return -ENOTEMPTY;
	find(dir_of(dir), name)->node = NULL;
	n->nlink--;
	return 0;
}

int os_renameat(int from_dir, const char *from, int to_dir, const char *to, u32 flags)
{
	struct fnode *a, *b;
	int ret = at(from_dir, from, &a);

	if (ret == 0)
		ret = at(to_dir, to, &b);
	if (ret == 0 && flags & RENAME_EXCHANGE) {
		find(dir_of(from_dir), from)->node = b;
		find(dir_of(to_dir), to)->node = a;
		return 0;
	}
	if (ret < 0 && (ret != -ENOENT || !a))
		return ret;
	a->nlink++;
	find(dir_of(from_dir), from)->node = NULL;
	a->nlink--;
	enter(dir_of(to_dir), to, a);
	a->nlink--;
	return 0;
}

int os_chmodat(int dir, const char *name, u32 mode)
{
	struct fnode *n;
	int ret = at(dir, name, &n);

	if (ret == 0)
		n->mode = (n->mode & S_IFMT) | mode;
	return ret;
}

int os_chownat(int dir, const char *name, u32 uid, u32 gid)
{
	struct fnode *n;
	int ret = at(dir, name, &n);

	if (ret == 0 && own_uid && ((uid != -1u && uid != n->uid) || (gid != -1u && gid != n->gid)))
		return -EPERM;
	if (ret == 0 && uid != -1u)
		n->uid = uid;
	if (ret == 0 && gid != -1u)
		n->gid = gid;
	return ret;
}

int os_utimensat(int dir, const char *name, const struct timespec ts[2])
{
	struct fnode *n;
	int ret = at(dir, name, &n);

	if (ret == 0 && ts[0].tv_nsec != UTIME_OMIT)
		n->atime = ts[0];
	if (ret == 0 && ts[1].tv_nsec != UTIME_OMIT)
		n->mtime = ts[1];
	return ret;
}

/* ---- extended attributes: of regular files and directories, user.* unless skiff is root ---- */

static int xattr_at(
	int dir, const char *name, const char *attr, struct fnode **n, struct fake_xattr **out)
{
	int ret = at(dir, name, n);

	*out = NULL;
	if (ret < 0)
		return ret;
	if (!S_ISREG((*n)->mode) && !S_ISDIR((*n)->mode))
		return -EPERM;
	if (own_uid && strncmp(attr, "user.", 5))
		return -EPERM;
	for (size_t i = 0; i < XATTRS; i++)
		if (!strcmp((*n)->xattrs[i].name, attr))
			*out = &(*n)->xattrs[i];
	return *out ? 0 : -ENODATA;
}

ssize_t os_getxattrat(int dir, const char *name, const char *attr, void *buf, size_t size)
{
	struct fake_xattr *x;
	struct fnode *n;
	int ret = xattr_at(dir, name, attr, &n, &x);

	if (ret < 0)
		return ret;
	if (size && size < x->len)
		return -ERANGE;
	if (size)
		memcpy(buf, x->value, x->len);
	return (ssize_t)x->len;
}

int os_setxattrat(int dir, const char *name, const char *attr, const void *v, size_t len, int flags)
{
	struct fake_xattr *x;
	struct fnode *n;
	int ret = xattr_at(dir, name, attr, &n, &x);

	if (ret < 0 && ret != -ENODATA)
		return ret;
	for (size_t i = 0; i < XATTRS && !x; i++)
		if (!n->xattrs[i].name[0])
			x = &n->xattrs[i];
	if (!x || len > sizeof(x->value))
		return -ENOSPC;
	snprintf(x->name, sizeof(x->name), "%s", attr);
	memcpy(x->value, v, len);
	x->len = len;
	return 0;
}

ssize_t os_listxattrat(int dir, const char *name, char *buf, size_t size)
{
	struct fnode *n;
	size_t len = 0;
	int ret = at(dir, name, &n);

	for (size_t i = 0; ret == 0 && i < XATTRS; i++) {
		size_t l = strlen(n->xattrs[i].name) + 1;

		if (l == 1)
			continue;
		if (size && len + l > size)
			return -ERANGE;
		if (size)
			memcpy(buf + len, n->xattrs[i].name, l);
		len += l;
	}
	return ret < 0 ? ret : (ssize_t)len;
}

int os_removexattrat(int dir, const char *name, const char *attr)
{
	struct fake_xattr *x;
	struct fnode *n;
	int ret = xattr_at(dir, name, attr, &n, &x);

	if (ret == 0)
		x->name[0] = 0;
	return ret;
}
