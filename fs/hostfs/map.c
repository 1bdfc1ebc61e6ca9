/*
 * What an unprivileged host user cannot give a file, kept in one attribute of it: user.skiff.stat =
 * "MODE UID GID RDEV" (octal mode with its type, decimal numbers). A file without the attribute
 * belongs to root and has the host's mode. The host file itself is always readable and writable for
 * its owner and never set-id. Types the host would refuse or that cannot carry user attributes are
 * empty regular files there: devices, FIFOs, sockets, and a symlink that belongs to somebody else
 * than root holds its target as content. xattr(7), inode(7).
 */
#include "fs/hostfs/node.h"
#include "kernel/task.h"

#include <stdio.h>

u32 hostfs_map_mode(u32 mode)
{
	return (mode & 0777) | (S_ISDIR(mode) ? 0700 : 0600);
}

/* Does the host file say it all? */
bool hostfs_map_trivial(const struct hostfs_owner *o)
{
	return !o->uid && !o->gid && (S_ISREG(o->mode) || S_ISDIR(o->mode)) &&
	       hostfs_map_mode(o->mode) == (o->mode & 07777);
}

int hostfs_map_get(const struct hostfs_at *at, struct hostfs_owner *o)
{
	struct hostfs_owner v = {0};
	unsigned long long rdev;
	char text[64];
	ssize_t n = os_getxattrat(at->dir, at->name, HOSTFS_STAT_XATTR, text, sizeof(text) - 1);

	if (n == -ENODATA || n == -EOPNOTSUPP || n == -ERANGE || n == -EPERM)
		return 0;
	if (n < 0)
		return (int)n;
	text[n] = 0;
	if (sscanf(text, "%o %u %u %llu", &v.mode, &v.uid, &v.gid, &rdev) != 4)
		return 0;
	v.rdev = rdev;
	v.mode &= S_IFMT | 07777;
	/* only a regular file may stand for something else */
	if ((v.mode & S_IFMT) != (o->mode & S_IFMT) && (!S_ISREG(o->mode) || S_ISDIR(v.mode)))
		return 0;
	*o = v;
	return 1;
}

int hostfs_map_put(const struct hostfs_at *at, const struct hostfs_owner *o, bool had)
{
	char text[64];
	int n, ret;

	ret = os_chmodat(at->dir, at->name, hostfs_map_mode(o->mode));
	if (ret < 0)
		return ret;
	if (hostfs_map_trivial(o)) {
		ret = had ? os_removexattrat(at->dir, at->name, HOSTFS_STAT_XATTR) : 0;
		return ret == -ENODATA ? 0 : ret;
	}
	n = snprintf(text, sizeof(text), "%o %u %u %llu", o->mode, o->uid, o->gid,
		(unsigned long long)o->rdev);
	return os_setxattrat(at->dir, at->name, HOSTFS_STAT_XATTR, text, (size_t)n, 0);
}

/* Who a new file in dir belongs to: the creator, or the group of a set-group-ID directory. */
void hostfs_owner_new(const struct inode *dir, u32 mode, struct hostfs_owner *o)
{
	const struct cred *c = current ? current->cred : NULL;

	*o = (struct hostfs_owner){.mode = mode};
	if (c) {
		o->uid = c->fsuid;
		o->gid = c->fsgid;
	}
	if (dir->mode & S_ISGID) {
		o->gid = dir->gid;
		if (S_ISDIR(mode))
			o->mode |= S_ISGID;
	}
}

/* A real symlink becomes a file with the target as content, put in its place at once. */
int hostfs_map_chown_link(struct inode *i, const struct hostfs_owner *o)
{
	struct hostfs_node *n = hostfs_node(i);
	struct hostfs_at at, new;
	struct os_stat st;
	char target[PATH_MAX], tmp[32];
	u64 unique;
	ssize_t len;
	int fd, ret = hostfs_locate(i, &at);

	if (ret < 0)
		return ret;
	if (!*at.name)
		return -EPERM; /* unlinked: nothing to replace */
	len = os_readlinkat(at.dir, at.name, target, sizeof(target));
	if (len < 0)
		return (int)len;
	os_random(&unique, sizeof(unique));
	snprintf(tmp, sizeof(tmp), ".skiff-%016llx", (unsigned long long)unique);
	fd = os_openat(at.dir, tmp, O_CREAT | O_EXCL | O_WRONLY, 0600);
	if (fd < 0)
		return fd;
	new = (struct hostfs_at){.dir = fd, .name = ""};
	ret = os_pwrite(fd, target, (size_t)len, 0) == len ? 0 : -ENOSPC;
	if (ret == 0)
		ret = hostfs_map_put(&new, o, false);
	if (ret == 0)
		ret = os_statat(fd, "", &st);
	if (ret == 0)
		ret = os_renameat(at.dir, tmp, at.dir, at.name, 0);
	if (ret < 0)
		os_unlinkat(at.dir, tmp, false);
	os_close(fd);
	if (ret == 0) { /* the node now stands for the new host file; its guest number stays */
		n->mapped = true;
		ret = hostfs_rekey(n, &st);
	}
	return ret;
}
