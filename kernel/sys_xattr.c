/*
 * Extended attributes: names and rights are checked here, the filesystem stores them. The user
 * namespace is for regular files and directories and follows their mode; trusted is the
 * superuser's; security may be read by all and set by the superuser; system (ACLs) is not there.
 * xattr(7), setxattr(2), getxattr(2), listxattr(2), removexattr(2).
 */
#include "fs/fdtable.h"
#include "fs/fsnotify.h"
#include "kernel/cred.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

#define XATTR_NAME_MAX_LEN 255
#define XATTR_SIZE_MAX_LEN 65536ul
#define XATTR_LIST_MAX_LEN 65536ul

static int get_attr_name(char *name, uaddr_t src)
{
	ssize_t n = strncpy_from_user(name, src, XATTR_NAME_MAX_LEN + 1);

	if (n == -ENAMETOOLONG || n == 0)
		return -ERANGE;
	if (n < 0)
		return (int)n;
	return name[n - 1] == '.' && strchr(name, '.') == name + n - 1 ? -EINVAL : 0;
}

static bool in_namespace(const char *name, const char *ns)
{
	return !strncmp(name, ns, strlen(ns));
}

static int may_use(struct inode *i, const char *name, bool write)
{
	if (write && inode_is_fixed(i))
		return -EPERM;
	if (in_namespace(name, "trusted."))
		return capable(CAP_SYS_ADMIN) ? 0 : write ? -EPERM : -ENODATA;
	if (in_namespace(name, "security."))
		return !write || capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
	if (!in_namespace(name, "user."))
		return -EOPNOTSUPP;
	if (!S_ISREG(i->mode) && !S_ISDIR(i->mode))
		return write ? -EPERM : -ENODATA;
	if (write && S_ISDIR(i->mode) && (i->mode & S_ISVTX) && !inode_owner_or_capable(i))
		return -EPERM;
	return inode_permission(i, write ? MAY_WRITE : MAY_READ);
}

/* ---- on a path that has been found ---- */

static long set_on(const struct path *p, uaddr_t uname, uaddr_t value, size_t size, int flags)
{
	struct inode *i = p->dentry->inode;
	char name[XATTR_NAME_MAX_LEN + 1];
	void *buf;
	int ret;

	if (flags & ~3)
		return -EINVAL;
	ret = get_attr_name(name, uname);
	if (ret < 0)
		return ret;
	if (size > XATTR_SIZE_MAX_LEN)
		return -E2BIG;
	if (mount_readonly(p->mnt))
		return -EROFS;
	ret = may_use(i, name, true);
	if (ret < 0)
		return ret;
	if (!i->ops->setxattr)
		return -EOPNOTSUPP;
	buf = malloc(size ? size : 1);
	if (!buf)
		return -ENOMEM;
	ret = copy_from_user(buf, value, size);
	if (ret == 0)
		ret = i->ops->setxattr(i, name, buf, size, flags);
	if (ret == 0)
		fsnotify_dentry(p->dentry, FSN_ATTRIB);
	free(buf);
	return ret;
}

static long get_on(const struct path *p, uaddr_t uname, uaddr_t value, size_t size)
{
	struct inode *i = p->dentry->inode;
	char name[XATTR_NAME_MAX_LEN + 1];
	ssize_t n;
	void *buf;
	int ret = get_attr_name(name, uname);

	if (ret == 0)
		ret = may_use(i, name, false);
	if (ret < 0)
		return ret;
	if (!i->ops->getxattr)
		return -EOPNOTSUPP;
	size = MIN(size, XATTR_SIZE_MAX_LEN);
	buf = malloc(size ? size : 1);
	if (!buf)
		return -ENOMEM;
	n = i->ops->getxattr(i, name, buf, size);
	if (n > 0 && size && copy_to_user(value, buf, MIN((size_t)n, size)))
		n = -EFAULT;
	free(buf);
	return n;
}

/* Names the caller may not know are left out. */
static size_t drop_hidden(char *list, size_t len)
{
	bool all = capable(CAP_SYS_ADMIN);
	size_t to = 0;

	for (size_t at = 0; at < len;) {
		size_t n = strnlen(list + at, len - at) + 1;

		if (all || !in_namespace(list + at, "trusted.")) {
			memmove(list + to, list + at, n);
			to += n;
		}
		at += n;
	}
	return to;
}

static long list_on(const struct path *p, uaddr_t dst, size_t size)
{
	struct inode *i = p->dentry->inode;
	char *buf;
	ssize_t n;

	if (!i->ops->listxattr)
		return 0;
	buf = malloc(XATTR_LIST_MAX_LEN);
	if (!buf)
		return -ENOMEM;
	n = i->ops->listxattr(i, buf, XATTR_LIST_MAX_LEN);
	if (n == -ERANGE)
		n = -E2BIG;
	if (n == -EOPNOTSUPP)
		n = 0;
	if (n > 0)
		n = (ssize_t)drop_hidden(buf, (size_t)n);
	if (n > 0 && size && (size_t)n > size)
		n = -ERANGE;
	if (n > 0 && size && copy_to_user(dst, buf, (size_t)n))
		n = -EFAULT;
	free(buf);
	return n;
}

static long remove_on(const struct path *p, uaddr_t uname)
{
	struct inode *i = p->dentry->inode;
	char name[XATTR_NAME_MAX_LEN + 1];
	int ret = get_attr_name(name, uname);

	if (ret < 0)
		return ret;
	if (mount_readonly(p->mnt))
		return -EROFS;
	ret = may_use(i, name, true);
	if (ret < 0)
		return ret;
	if (!i->ops->removexattr)
		return -EOPNOTSUPP;
	ret = i->ops->removexattr(i, name);
	if (ret == 0)
		fsnotify_dentry(p->dentry, FSN_ATTRIB);
	return ret;
}

/* ---- the calls ---- */

static int path_of_fd(int fd, struct path *p)
{
	struct file *f = fd_file(fd);

	if (!f)
		return -EBADF;
	*p = f->path;
	path_get(p);
	file_put(f);
	return 0;
}

#define WITH_PATH(find, expr) \
	({ \
		struct path p; \
		long ret_ = (find); \
		if (ret_ == 0) { \
			ret_ = (expr); \
			path_put(&p); \
		} \
		ret_; \
	})
#define FOLLOWED path_lookup_user(AT_FDCWD, name, LOOKUP_FOLLOW, &p)
#define NOT_FOLLOWED path_lookup_user(AT_FDCWD, name, 0, &p)

SYSCALL_DEFINE5(setxattr, uaddr_t, name, uaddr_t, attr, uaddr_t, value, size_t, size, int, flags)
{
	return WITH_PATH(FOLLOWED, set_on(&p, attr, value, size, flags));
}

SYSCALL_DEFINE5(lsetxattr, uaddr_t, name, uaddr_t, attr, uaddr_t, value, size_t, size, int, flags)
{
	return WITH_PATH(NOT_FOLLOWED, set_on(&p, attr, value, size, flags));
}

SYSCALL_DEFINE5(fsetxattr, int, fd, uaddr_t, attr, uaddr_t, value, size_t, size, int, flags)
{
	return WITH_PATH(path_of_fd(fd, &p), set_on(&p, attr, value, size, flags));
}

SYSCALL_DEFINE4(getxattr, uaddr_t, name, uaddr_t, attr, uaddr_t, value, size_t, size)
{
	return WITH_PATH(FOLLOWED, get_on(&p, attr, value, size));
}

SYSCALL_DEFINE4(lgetxattr, uaddr_t, name, uaddr_t, attr, uaddr_t, value, size_t, size)
{
	return WITH_PATH(NOT_FOLLOWED, get_on(&p, attr, value, size));
}

SYSCALL_DEFINE4(fgetxattr, int, fd, uaddr_t, attr, uaddr_t, value, size_t, size)
{
	return WITH_PATH(path_of_fd(fd, &p), get_on(&p, attr, value, size));
}

SYSCALL_DEFINE3(listxattr, uaddr_t, name, uaddr_t, dst, size_t, size)
{
	return WITH_PATH(FOLLOWED, list_on(&p, dst, size));
}

SYSCALL_DEFINE3(llistxattr, uaddr_t, name, uaddr_t, dst, size_t, size)
{
	return WITH_PATH(NOT_FOLLOWED, list_on(&p, dst, size));
}

SYSCALL_DEFINE3(flistxattr, int, fd, uaddr_t, dst, size_t, size)
{
	return WITH_PATH(path_of_fd(fd, &p), list_on(&p, dst, size));
}

SYSCALL_DEFINE2(removexattr, uaddr_t, name, uaddr_t, attr)
{
	return WITH_PATH(FOLLOWED, remove_on(&p, attr));
}

SYSCALL_DEFINE2(lremovexattr, uaddr_t, name, uaddr_t, attr)
{
	return WITH_PATH(NOT_FOLLOWED, remove_on(&p, attr));
}

SYSCALL_DEFINE2(fremovexattr, int, fd, uaddr_t, attr)
{
	return WITH_PATH(path_of_fd(fd, &p), remove_on(&p, attr));
}
