/*
 * Inodes: their life, the default attribute change, and permission checks by current's filesystem
 * credentials. An inode is made by its filesystem, held by dentries, open files and whatever else
 * counts a reference, and evicted with the last one; its super outlives it. Without a current task
 * (start-up, kernel workers) every check passes. inode(7), path_resolution(7), capabilities(7).
 */
#include "fs/flock.h"
#include "fs/fsnotify.h"
#include "kernel/cred.h"
#include "kernel/os.h"
#include "kernel/task.h"
#include "kernel/user_ns.h"

static const struct inode_ops no_inode_ops;
static const struct file_ops no_file_ops;

void inode_now(struct timespec *ts)
{
	u64 ns = os_clock_ns(OS_CLOCK_REALTIME);

	ts->tv_sec = (time_t)(ns / NSEC_PER_SEC);
	ts->tv_nsec = (long)(ns % NSEC_PER_SEC);
}

struct inode *inode_alloc(struct super *sb)
{
	struct inode *i = calloc(1, sizeof(*i));

	if (!i)
		return NULL;
	i->refs = 1;
	i->sb = sb;
	i->ino = sb->next_ino++;
	i->nlink = 1;
	i->ops = &no_inode_ops;
	i->fops = &no_file_ops;
	list_init(&i->locks);
	list_init(&i->marks);
	inode_now(&i->mtime);
	i->atime = i->ctime = i->btime = i->mtime;
	return i;
}

struct inode *inode_get(struct inode *i)
{
	i->refs++;
	return i;
}

/* Nobody but its watches holds a file without a name any more: they are told, and end. */
static void check_watched_end(struct inode *i)
{
	const struct list_head *m;
	unsigned nr = 0;

	for (m = i->marks.next; m != &i->marks; m = m->next)
		nr++;
	if (i->refs != nr)
		return;
	i->refs++;
	fsnotify_self(i, FSN_DELETE_SELF);
	inode_put(i);
}

void inode_put(struct inode *i)
{
	if (!i)
		return;
	if (--i->refs) {
		if (!i->nlink && !list_empty(&i->marks))
			check_watched_end(i);
		return;
	}
	if (!list_empty(&i->locks))
		flock_inode_gone(i);
	if (i->sb->ops && i->sb->ops->evict_inode)
		i->sb->ops->evict_inode(i);
	free(i);
}

int inode_setattr(struct inode *i, const struct setattr *a)
{
	if (a->valid & ATTR_MODE)
		i->mode = (i->mode & S_IFMT) | (a->mode & 07777);
	if (a->valid & ATTR_UID)
		i->uid = a->uid;
	if (a->valid & ATTR_GID)
		i->gid = a->gid;
	if (a->valid & ATTR_SIZE)
		i->size = a->size;
	if (a->valid & ATTR_ATIME)
		i->atime = a->atime;
	if (a->valid & ATTR_MTIME)
		i->mtime = a->mtime;
	if (a->valid & ATTR_CTIME)
		i->ctime = a->ctime;
	if (a->valid & ATTR_FLAGS)
		i->attr_flags = a->attr_flags;
	return 0;
}

bool inode_capable(const struct inode *i, int cap)
{
	const struct user_ns *ns = current_user_ns();

	if (!capable_own((enum cap)cap))
		return false;
	return ns == &init_user_ns || (id_map_out(&ns->uids, i->uid) != ID_INVALID &&
					      id_map_out(&ns->gids, i->gid) != ID_INVALID);
}

/* The rwx bits that apply to c, owner, group or other. */
static int mode_class(const struct inode *i, const struct cred *c)
{
	if (c->fsuid == i->uid)
		return (int)(i->mode >> 6 & 7);
	if (((i->mode >> 3 ^ i->mode) & 7) && cred_in_group(c, i->gid))
		return (int)(i->mode >> 3 & 7);
	return (int)(i->mode & 7);
}

int inode_permission_by_mode(const struct inode *i, int mask)
{
	const struct cred *c = current->cred;

	mask &= MAY_READ | MAY_WRITE | MAY_EXEC;
	if (!(mask & ~mode_class(i, c)))
		return 0;
	if (S_ISDIR(i->mode)) {
		if (inode_capable(i, CAP_DAC_OVERRIDE))
			return 0;
		if (!(mask & MAY_WRITE) && inode_capable(i, CAP_DAC_READ_SEARCH))
			return 0;
		return -EACCES;
	}
	if (mask == MAY_READ && inode_capable(i, CAP_DAC_READ_SEARCH))
		return 0;
	if ((!(mask & MAY_EXEC) || (i->mode & 0111)) && inode_capable(i, CAP_DAC_OVERRIDE))
		return 0;
	return -EACCES;
}

int inode_permission(struct inode *i, int mask)
{
	mask &= MAY_READ | MAY_WRITE | MAY_EXEC;
	if (!current)
		return 0;
	if ((mask & MAY_WRITE) && (i->attr_flags & FS_IMMUTABLE_FL))
		return -EPERM;
	if (i->ops->permission)
		return i->ops->permission(i, mask);
	return inode_permission_by_mode(i, mask);
}

bool inode_owner_or_capable(const struct inode *i)
{
	return !current || current->cred->fsuid == i->uid || inode_capable(i, CAP_FOWNER);
}
