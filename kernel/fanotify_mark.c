/*
 * Marks of fanotify groups: on an object (kept by its dentry), a mount, or a file system. Each says
 * which events its group wants, and which it does not. fanotify_mark(2).
 */
#include "kernel/fanotify.h"

#include "fs/fdtable.h"
#include "fs/vfs.h"
#include "kernel/cred.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

#include <linux/fanotify.h>
#include <stdio.h>

#define OPEN_EVENTS \
	(FAN_ACCESS | FAN_MODIFY | FAN_CLOSE_WRITE | FAN_CLOSE_NOWRITE | FAN_OPEN | FAN_OPEN_EXEC)
#define PERM_EVENTS (FAN_OPEN_PERM | FAN_ACCESS_PERM | FAN_OPEN_EXEC_PERM)
#define MASK_FLAGS (FAN_ONDIR | FAN_EVENT_ON_CHILD)
#define MARK_TYPES (FAN_MARK_INODE | FAN_MARK_MOUNT | FAN_MARK_FILESYSTEM)
#define MARK_COMMANDS (FAN_MARK_ADD | FAN_MARK_REMOVE | FAN_MARK_FLUSH)
#define MARK_FLAGS \
	(MARK_COMMANDS | MARK_TYPES | FAN_MARK_DONT_FOLLOW | FAN_MARK_ONLYDIR | \
		FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY | FAN_MARK_EVICTABLE | \
		FAN_MARK_IGNORE)

struct fan_mark {
	struct list_head link; /* of the group */
	u32 type;	       /* FAN_MARK_INODE, _MOUNT, _FILESYSTEM */
	struct dentry *dentry; /* of an object, a reference */
	struct mount *mnt;     /* or borrowed: it is told when they go */
	struct super *sb;
	u64 mask, ignored;
	u32 flags; /* FAN_MARK_IGNORED_SURV_MODIFY, FAN_MARK_IGNORE: ignored has flags of its own */
};

u32 fanotify_max_marks = 8192;
static unsigned nr_marks;

static void mark_free(struct fan_mark *m)
{
	list_del(&m->link);
	if (m->dentry)
		d_put(m->dentry);
	free(m);
	if (!--nr_marks)
		fanotify_hook_on(false);
}

void fanotify_marks_end(struct fan_group *g)
{
	struct list_head *marks = fanotify_marks(g);

	while (!list_empty(marks))
		mark_free(list_first(marks, struct fan_mark, link));
}

static void drop_marks(bool (*about)(const struct fan_mark *m, const void *what), const void *what)
{
	struct list_head *groups = fanotify_groups();

	for (struct list_head *l = groups->next; l != groups; l = l->next) {
		struct list_head *marks = fanotify_marks((struct fan_group *)l);
		struct fan_mark *m, *tmp;

		list_for_each_entry_safe (m, tmp, marks, link)
			if (about(m, what))
				mark_free(m);
	}
}

static bool in_super(const struct fan_mark *m, const void *what)
{
	return m->sb == what || (m->dentry && m->dentry->sb == what);
}

static bool on_mount(const struct fan_mark *m, const void *what)
{
	return m->mnt == what;
}

void fanotify_super_gone(struct super *sb)
{
	drop_marks(in_super, sb);
}

void fanotify_mount_gone(struct mount *m)
{
	drop_marks(on_mount, m);
}

/* ---- matching ---- */

enum relation { NOT_ABOUT, ABOUT_PARENT, ABOUT_IT };

static enum relation relation(const struct fan_mark *m, const struct path *p)
{
	if (m->mnt)
		return m->mnt == p->mnt ? ABOUT_IT : NOT_ABOUT;
	if (m->sb)
		return m->sb == p->dentry->sb ? ABOUT_IT : NOT_ABOUT;
	if (m->dentry->inode == p->dentry->inode)
		return ABOUT_IT;
	return p->dentry->parent != p->dentry && m->dentry->inode == p->dentry->parent->inode
		       ? ABOUT_PARENT
		       : NOT_ABOUT;
}

static bool applies(u64 mask, enum relation r, bool dir)
{
	return (r != ABOUT_PARENT || (mask & FAN_EVENT_ON_CHILD)) && (!dir || (mask & FAN_ONDIR));
}

u64 fanotify_match(struct fan_group *g, const struct path *p, u64 mask)
{
	bool dir = S_ISDIR(p->dentry->inode->mode);
	u64 wanted = 0, ignored = 0;
	struct fan_mark *m;

	list_for_each_entry (m, fanotify_marks(g), link) {
		enum relation r = relation(m, p);

		if (r == NOT_ABOUT)
			continue;
		if ((mask & FAN_MODIFY) && r == ABOUT_IT &&
			!(m->flags & FAN_MARK_IGNORED_SURV_MODIFY))
			m->ignored = 0;
		if (applies(m->mask, r, dir))
			wanted |= m->mask;
		/* an old ignored mask has no flags: those of the mark go for children */
		if (m->flags & FAN_MARK_IGNORE ? applies(m->ignored, r, dir)
					       : r == ABOUT_IT || (m->mask & FAN_EVENT_ON_CHILD))
			ignored |= m->ignored;
	}
	return mask & wanted & ~ignored;
}

/* ---- fanotify_mark ---- */

static bool is_about(const struct fan_mark *m, u32 type, const struct path *p)
{
	return m->type == type &&
	       (type == FAN_MARK_MOUNT		     ? m->mnt == p->mnt
		       : type == FAN_MARK_FILESYSTEM ? m->sb == p->dentry->sb
						     : m->dentry->inode == p->dentry->inode);
}

static struct fan_mark *mark_find(struct fan_group *g, u32 type, const struct path *p)
{
	struct fan_mark *m;

	list_for_each_entry (m, fanotify_marks(g), link)
		if (is_about(m, type, p))
			return m;
	return NULL;
}

static struct fan_mark *mark_new(struct fan_group *g, u32 type, const struct path *p)
{
	struct fan_mark *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->type = type;
	if (type == FAN_MARK_MOUNT)
		m->mnt = p->mnt;
	else if (type == FAN_MARK_FILESYSTEM)
		m->sb = p->dentry->sb;
	else
		m->dentry = d_get(p->dentry);
	list_add_tail(&m->link, fanotify_marks(g));
	nr_marks++;
	fanotify_hook_on(true);
	return m;
}

static int check_ignore(const struct fan_mark *m, u32 flags)
{
	if ((flags & FAN_MARK_IGNORED_MASK) && m && (m->flags & FAN_MARK_IGNORE))
		return -EEXIST; /* the old way does not go with the new one */
	if ((flags & FAN_MARK_IGNORE) && m && (m->flags & FAN_MARK_IGNORED_SURV_MODIFY) &&
		!(flags & FAN_MARK_IGNORED_SURV_MODIFY))
		return -EEXIST;
	return 0;
}

static int mark_add(struct fan_group *g, u32 flags, u64 mask, const struct path *p)
{
	u32 type = flags & MARK_TYPES;
	struct fan_mark *m = mark_find(g, type, p);
	int ret = check_ignore(m, flags);

	if (ret < 0)
		return ret;
	if (!m && nr_marks >= fanotify_max_marks)
		return -ENOSPC;
	if (!m && !(m = mark_new(g, type, p)))
		return -ENOMEM;
	if (flags & (FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORE)) {
		m->ignored |= mask;
		m->flags |= flags & (FAN_MARK_IGNORED_SURV_MODIFY | FAN_MARK_IGNORE);
	} else {
		m->mask |= mask;
	}
	return 0;
}

static int mark_remove(struct fan_group *g, u32 flags, u64 mask, const struct path *p)
{
	struct fan_mark *m = mark_find(g, flags & MARK_TYPES, p);

	if (!m)
		return -ENOENT;
	if (flags & (FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORE))
		m->ignored &= ~mask;
	else
		m->mask &= ~mask;
	if (!(m->mask & ~(u64)MASK_FLAGS) && !(m->ignored & ~(u64)MASK_FLAGS))
		mark_free(m);
	return 0;
}

static int mark_flush(struct fan_group *g, u32 type)
{
	struct fan_mark *m, *tmp;

	list_for_each_entry_safe (m, tmp, fanotify_marks(g), link)
		if (m->type == type)
			mark_free(m);
	return 0;
}

static int check_args(const struct fan_group *g, u32 flags, u64 mask)
{
	u32 command = flags & MARK_COMMANDS, type = flags & MARK_TYPES;
	u64 valid = OPEN_EVENTS | PERM_EVENTS | MASK_FLAGS;

	if (flags & ~(u32)MARK_FLAGS || type == (FAN_MARK_MOUNT | FAN_MARK_FILESYSTEM))
		return -EINVAL;
	if ((flags & FAN_MARK_IGNORED_MASK) && (flags & FAN_MARK_IGNORE))
		return -EINVAL;
	if (command == FAN_MARK_FLUSH)
		return flags & ~(u32)(MARK_TYPES | FAN_MARK_FLUSH) ? -EINVAL : 0;
	if (command != FAN_MARK_ADD && command != FAN_MARK_REMOVE)
		return -EINVAL;
	if (!mask || mask & ~valid)
		return -EINVAL;
	if ((flags & FAN_MARK_IGNORE) && (flags & FAN_MARK_ADD) && type != FAN_MARK_INODE &&
		!(flags & FAN_MARK_IGNORED_SURV_MODIFY))
		return -EINVAL;
	if ((mask & PERM_EVENTS) && !fanotify_wants_permission(g))
		return -EINVAL;
	return 0;
}

static int find_object(u32 flags, int dfd, uaddr_t name, struct path *out)
{
	u32 lookup = flags & FAN_MARK_DONT_FOLLOW ? 0 : LOOKUP_FOLLOW;
	struct file *f;
	int ret;

	if (flags & FAN_MARK_ONLYDIR)
		lookup |= LOOKUP_DIRECTORY;
	if (name)
		return path_lookup_user(dfd, name, lookup, out);
	if (dfd == AT_FDCWD) {
		*out = current->fs->cwd;
		path_get(out);
		return 0;
	}
	f = fd_file(dfd);
	if (!f)
		return -EBADF;
	ret = (flags & FAN_MARK_ONLYDIR) && !S_ISDIR(f->inode->mode) ? -ENOTDIR : 0;
	if (ret == 0) {
		*out = f->path;
		path_get(out);
	}
	file_put(f);
	return ret;
}

static long do_mark(struct fan_group *g, u32 flags, u64 mask, int dfd, uaddr_t name)
{
	struct path p;
	int ret = check_args(g, flags, mask);

	if (ret < 0)
		return ret;
	if (flags & FAN_MARK_FLUSH)
		return mark_flush(g, flags & MARK_TYPES);
	ret = find_object(flags, dfd, name, &p);
	if (ret < 0)
		return ret;
	ret = inode_permission(p.dentry->inode, MAY_READ);
	if (ret == 0 && (flags & FAN_MARK_IGNORE) && (flags & FAN_MARK_ADD) &&
		S_ISDIR(p.dentry->inode->mode) && !(flags & FAN_MARK_IGNORED_SURV_MODIFY))
		ret = -EISDIR;
	if (ret == 0)
		ret = flags & FAN_MARK_ADD ? mark_add(g, flags, mask, &p)
					   : mark_remove(g, flags, mask, &p);
	path_put(&p);
	return ret;
}

SYSCALL_DEFINE5(fanotify_mark, int, fd, u32, flags, u64, mask, int, dfd, uaddr_t, name)
{
	struct file *f = fd_file(fd);
	long ret = -EINVAL;

	if (mask >> 32)
		ret = -EINVAL;
	else if (f && fanotify_group(f))
		ret = do_mark(fanotify_group(f), flags, mask, dfd, name);
	if (!f)
		return -EBADF;
	file_put(f);
	return ret;
}

size_t fanotify_show_marks(struct fan_group *g, char *buf, size_t size)
{
	struct fan_mark *m;
	size_t len = 0;

	list_for_each_entry (m, fanotify_marks(g), link) {
		int n;

		if (m->mnt)
			n = snprintf(buf + len, size - len, "fanotify mnt_id:%x", m->mnt->id);
		else if (m->sb)
			n = snprintf(buf + len, size - len, "fanotify sdev:%llx",
				(unsigned long long)m->sb->dev);
		else
			n = snprintf(buf + len, size - len, "fanotify ino:%llx sdev:%llx",
				(unsigned long long)m->dentry->inode->ino,
				(unsigned long long)m->dentry->sb->dev);
		if (n < 0 || (size_t)n >= size - len)
			break;
		len += (size_t)n;
		n = snprintf(buf + len, size - len, " mflags:%x mask:%llx ignored_mask:%llx\n",
			m->flags, (unsigned long long)m->mask, (unsigned long long)m->ignored);
		if (n < 0 || (size_t)n >= size - len)
			break;
		len += (size_t)n;
	}
	return len;
}
