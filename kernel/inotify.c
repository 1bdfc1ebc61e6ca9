/*
 * inotify(7). A group (one per inotify descriptor) has watches; a watch is a mark on an inode, held
 * in both lists and with a reference to the inode. The file layer reports events through
 * fsnotify_hook, which is set only while marks exist. Events queue per group; equal neighbours
 * merge; beyond a limit one IN_Q_OVERFLOW stands for all that is lost.
 */
#include "kernel/inotify.h"

#include "fs/fdtable.h"
#include "fs/vfs.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

#include <stdio.h>

u32 inotify_max_queued = 16384, inotify_max_watches = 65536, inotify_max_instances = 1024;
#define ABI_FIONREAD 0x541b
#define USER_EVENTS (IN_ALL_EVENTS | IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED)
#define ADD_FLAGS \
	(IN_ALL_EVENTS | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK | IN_MASK_CREATE | \
		IN_MASK_ADD | IN_ONESHOT)

struct ino_event {
	struct list_head link;
	s32 wd;
	u32 mask, cookie, name_len; /* name_len: 0 or the length without NUL */
	char name[];
};

struct ino_group {
	struct list_head watches, events;
	unsigned nr_events;
	size_t bytes; /* all queued events, as read */
	s32 next_wd;
	bool overflow; /* the last event is IN_Q_OVERFLOW */
	struct waitq wait;
};

struct ino_watch {
	struct list_head link, mark; /* of the group, of inode->marks */
	struct ino_group *group;
	struct inode *inode;
	s32 wd;
	u32 mask; /* events and IN_ONESHOT, IN_EXCL_UNLINK */
};

static unsigned nr_watches, nr_instances;
static const struct file_ops inotify_ops;

/* ---- the event queue ---- */

static size_t name_space(u32 name_len)
{
	return name_len ? ALIGN_UP((size_t)name_len + 1, sizeof(struct inotify_event)) : 0;
}

static size_t event_size(const struct ino_event *e)
{
	return sizeof(struct inotify_event) + name_space(e->name_len);
}

static bool same_as_last(
	const struct ino_group *g, s32 wd, u32 mask, u32 cookie, const char *name, size_t len)
{
	const struct ino_event *e;

	if (list_empty(&g->events))
		return false;
	e = list_last(&g->events, struct ino_event, link);
	return e->wd == wd && e->mask == mask && e->cookie == cookie && e->name_len == len &&
	       !memcmp(e->name, name, len);
}

static void queue_event(struct ino_group *g, s32 wd, u32 mask, u32 cookie, const char *name)
{
	size_t len = name ? strnlen(name, NAME_MAX) : 0;
	struct ino_event *e;

	if (same_as_last(g, wd, mask, cookie, name ? name : "", len))
		return;
	if (g->nr_events >= inotify_max_queued) {
		if (g->overflow)
			return;
		g->overflow = true;
		wd = -1, mask = IN_Q_OVERFLOW, cookie = 0, len = 0;
	}
	e = malloc(sizeof(*e) + len + 1);
	if (!e)
		return;
	e->wd = wd;
	e->mask = mask;
	e->cookie = cookie;
	e->name_len = len;
	memcpy(e->name, name ? name : "", len);
	e->name[len] = 0;
	list_add_tail(&e->link, &g->events);
	g->nr_events++;
	g->bytes += event_size(e);
	waitq_wake(&g->wait, EPOLLIN | EPOLLRDNORM);
}

static void drop_event(struct ino_group *g, struct ino_event *e)
{
	g->nr_events--;
	g->bytes -= event_size(e);
	if (e->mask & IN_Q_OVERFLOW)
		g->overflow = false;
	list_del(&e->link);
	free(e);
}

/* ---- watches ---- */

static void notify(struct dentry *dir, struct inode *dir_inode, struct inode *inode,
	const char *name, u32 mask, u32 cookie);

static void watch_free(struct ino_watch *w)
{
	list_del(&w->link);
	list_del(&w->mark);
	inode_put(w->inode);
	free(w);
	if (--nr_watches == 0)
		fsnotify_hook = NULL;
}

static void watch_end(struct ino_watch *w)
{
	queue_event(w->group, w->wd, IN_IGNORED, 0, NULL);
	watch_free(w);
}

static void watch_event(struct ino_watch *w, u32 mask, u32 cookie, const char *name)
{
	if (!(mask & w->mask & USER_EVENTS))
		return;
	queue_event(w->group, w->wd, mask & (USER_EVENTS | IN_ISDIR), cookie, name);
	if (w->mask & IN_ONESHOT)
		watch_end(w);
}

/* The hook: inode's own marks get the event, dir_inode's get it with the name. */
static void notify(struct dentry *dir, struct inode *dir_inode, struct inode *inode,
	const char *name, u32 mask, u32 cookie)
{
	struct ino_watch *w, *tmp;
	/* Events about an entry of a directory are not events of the entry. */
	bool own = !(mask & (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO));
	bool to_dir = !(mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT));

	if (mask & (IN_DELETE_SELF | IN_MOVE_SELF))
		mask &= ~IN_ISDIR;
	if (dir_inode && to_dir && name) {
		list_for_each_entry_safe (w, tmp, &dir_inode->marks, mark)
			if (!(mask & w->mask & IN_EXCL_UNLINK))
				watch_event(w, mask, cookie, name);
	}
	if (inode && own) {
		list_for_each_entry_safe (w, tmp, &inode->marks, mark)
			watch_event(w, mask, cookie, NULL);
	}
	if (inode && mask & IN_DELETE_SELF)
		inotify_inode_gone(inode);
}

void inotify_inode_gone(struct inode *inode)
{
	inode_get(inode);
	while (!list_empty(&inode->marks))
		watch_end(list_first(&inode->marks, struct ino_watch, mark));
	inode_put(inode);
}

static struct list_head groups = LIST_HEAD_INIT(groups);

struct group_node { /* every group, for unmounting */
	struct ino_group g;
	struct list_head all_link;
};

void inotify_unmount(struct super *sb)
{
	struct group_node *n;
	struct ino_watch *w, *tmp;

	list_for_each_entry (n, &groups, all_link) {
		list_for_each_entry_safe (w, tmp, &n->g.watches, link) {
			if (w->inode->sb != sb)
				continue;
			queue_event(w->group, w->wd, IN_UNMOUNT, 0, NULL);
			watch_end(w);
		}
	}
}

static struct ino_watch *watch_of_inode(struct ino_group *g, struct inode *inode)
{
	struct ino_watch *w;

	list_for_each_entry (w, &inode->marks, mark) {
		if (w->group == g)
			return w;
	}
	return NULL;
}

static int watch_add(struct ino_group *g, struct inode *inode, u32 mask)
{
	struct ino_watch *w = watch_of_inode(g, inode);
	u32 keep = mask & (IN_ALL_EVENTS | IN_ONESHOT | IN_EXCL_UNLINK);

	if (w) {
		if (mask & IN_MASK_CREATE)
			return -EEXIST;
		w->mask = mask & IN_MASK_ADD ? w->mask | keep : keep;
		return w->wd;
	}
	if (nr_watches >= inotify_max_watches || g->next_wd == INT32_MAX)
		return -ENOSPC;
	w = malloc(sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->group = g;
	w->inode = inode_get(inode);
	w->wd = g->next_wd++;
	w->mask = keep;
	list_add_tail(&w->link, &g->watches);
	list_add_tail(&w->mark, &inode->marks);
	nr_watches++;
	fsnotify_hook = notify;
	return w->wd;
}

/* ---- the file ---- */

static ssize_t put_event(struct uio *to, const struct ino_event *e)
{
	struct inotify_event head = {
		.wd = e->wd, .mask = e->mask, .cookie = e->cookie, .len = name_space(e->name_len)};
	char name[ALIGN_UP(NAME_MAX + 2, sizeof(struct inotify_event)) +
		  sizeof(struct inotify_event)] = {0};
	ssize_t size = event_size(e);

	memcpy(name, &head, sizeof(head));
	memcpy(name + sizeof(head), e->name, MIN(e->name_len, (u32)NAME_MAX));
	return uio_put(to, name, size) == size ? size : -EFAULT;
}

static ssize_t inotify_read(struct file *f, struct uio *to, u64 *pos)
{
	struct ino_group *g = f->priv;
	ssize_t total = 0;

	if (list_empty(&g->events)) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event(&g->wait, !list_empty(&g->events)))
			return -ERESTARTSYS;
	}
	while (!list_empty(&g->events)) {
		struct ino_event *e = list_first(&g->events, struct ino_event, link);
		ssize_t n;

		if (event_size(e) > to->left)
			return total ? total : -EINVAL;
		n = put_event(to, e);
		if (n < 0)
			return total ? total : n;
		total += n;
		drop_event(g, e);
	}
	return total;
}

static u32 inotify_poll(struct file *f, struct poll_table *pt)
{
	struct ino_group *g = f->priv;

	poll_wait(pt, &g->wait);
	return list_empty(&g->events) ? 0 : EPOLLIN | EPOLLRDNORM;
}

static long inotify_ioctl(struct file *f, u32 cmd, uaddr_t arg)
{
	struct ino_group *g = f->priv;

	return cmd == ABI_FIONREAD ? put_user_u32(arg, MIN(g->bytes, (size_t)INT_MAX)) : -ENOTTY;
}

static void inotify_release(struct file *f)
{
	struct group_node *n = container_of(f->priv, struct group_node, g);

	while (!list_empty(&n->g.watches))
		watch_free(list_first(&n->g.watches, struct ino_watch, link));
	while (!list_empty(&n->g.events))
		drop_event(&n->g, list_first(&n->g.events, struct ino_event, link));
	list_del(&n->all_link);
	nr_instances--;
	free(n);
}

static int inotify_fdinfo(struct file *f, char *buf, size_t size)
{
	struct ino_group *g = f->priv;
	struct ino_watch *w;
	size_t len = 0;

	list_for_each_entry (w, &g->watches, link) {
		int n = snprintf(buf + len, size - len,
			"inotify wd:%x ino:%llx sdev:%llx mask:%x ignored_mask:0\n", w->wd,
			(unsigned long long)w->inode->ino, (unsigned long long)w->inode->sb->dev,
			w->mask & (IN_ALL_EVENTS | IN_ONESHOT | IN_EXCL_UNLINK));

		if (n < 0 || (size_t)n >= size - len)
			break;
		len += n;
	}
	return len;
}

static const struct file_ops inotify_ops = {
	.release = inotify_release,
	.read = inotify_read,
	.poll = inotify_poll,
	.ioctl = inotify_ioctl,
	.show_fdinfo = inotify_fdinfo,
	.stream = true,
	.poll_notify = true,
};

/* ---- system calls ---- */

static long do_init(u32 flags)
{
	struct group_node *n;
	struct file *f;
	int ret;

	if (flags & ~(u32)(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	if (nr_instances >= inotify_max_instances)
		return -EMFILE;
	n = calloc(1, sizeof(*n));
	if (!n)
		return -ENOMEM;
	list_init(&n->g.watches);
	list_init(&n->g.events);
	waitq_init(&n->g.wait);
	n->g.next_wd = 1;
	ret = file_anon("anon_inode:inotify", &inotify_ops, &n->g, O_RDONLY | (flags & O_NONBLOCK),
		0600, &f);
	if (ret) {
		free(n);
		return ret;
	}
	list_add_tail(&n->all_link, &groups);
	nr_instances++;
	ret = fd_install(f, 0, flags & O_CLOEXEC);
	if (ret < 0)
		file_put(f);
	return ret;
}

SYSCALL_DEFINE0(inotify_init)
{
	return do_init(0);
}

SYSCALL_DEFINE1(inotify_init1, u32, flags)
{
	return do_init(flags);
}

static long do_add_watch(struct ino_group *g, uaddr_t name, u32 mask)
{
	u32 lookup = mask & IN_DONT_FOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path p;
	long ret;

	if (mask & IN_ONLYDIR)
		lookup |= LOOKUP_DIRECTORY;
	ret = path_lookup_user(AT_FDCWD, name, lookup, &p);
	if (ret)
		return ret;
	ret = inode_permission(p.dentry->inode, MAY_READ);
	if (!ret)
		ret = watch_add(g, p.dentry->inode, mask);
	path_put(&p);
	return ret;
}

SYSCALL_DEFINE3(inotify_add_watch, int, fd, uaddr_t, name, u32, mask)
{
	struct file *f;
	long ret = -EINVAL;

	if (mask & ~(u32)ADD_FLAGS || !(mask & IN_ALL_EVENTS) ||
		(mask & IN_MASK_ADD && mask & IN_MASK_CREATE))
		return -EINVAL;
	f = fd_file(fd);
	if (!f)
		return -EBADF;
	if (f->ops == &inotify_ops)
		ret = do_add_watch(f->priv, name, mask);
	file_put(f);
	return ret;
}

SYSCALL_DEFINE2(inotify_rm_watch, int, fd, s32, wd)
{
	struct file *f = fd_file(fd);
	struct ino_group *g;
	struct ino_watch *w;
	long ret = -EINVAL;

	if (!f)
		return -EBADF;
	g = f->ops == &inotify_ops ? f->priv : NULL;
	if (g) {
		list_for_each_entry (w, &g->watches, link) {
			if (w->wd == wd) {
				watch_end(w);
				ret = 0;
				break;
			}
		}
	}
	file_put(f);
	return ret;
}
