/*
 * Filesystem types, super blocks and the mount tree. A mount in the tree holds one reference on
 * itself for being there, and a reference on its mountpoint and the mount below; open files and
 * working directories hold more, which is what makes umount say EBUSY. fs/mnt_ns.c
 * has the namespaces, fs/propagate.c what is shared between them. mount(2), umount2(2).
 */
#include "fs/mnt_ns.h"
#include "kernel/fanotify.h"
#include "kernel/inotify.h"
#include "kernel/lib/log.h"
#include "kernel/os.h"
#include "kernel/task.h"

#define MOUNTS_MAX 16384u

struct list_head all_mounts = LIST_HEAD_INIT(all_mounts);
struct list_head all_supers = LIST_HEAD_INIT(all_supers);
u64 mounts_changed;
struct waitq mounts_wait = WAITQ_INIT(mounts_wait);

static const struct fs_type *fs_types[32];
static unsigned nr_fs_types, nr_mounts;
static u32 next_dev = 20, next_mount_id = 20;

int fs_register(const struct fs_type *type)
{
	if (fs_find(type->name))
		return -EBUSY;
	if (nr_fs_types == ARRAY_SIZE(fs_types))
		return -ENOSPC;
	fs_types[nr_fs_types++] = type;
	return 0;
}

const struct fs_type *fs_find(const char *name)
{
	for (unsigned i = 0; i < nr_fs_types; i++)
		if (!strcmp(fs_types[i]->name, name))
			return fs_types[i];
	return NULL;
}

const struct fs_type *fs_type_at(unsigned i)
{
	return i < nr_fs_types ? fs_types[i] : NULL;
}

/* ---- super blocks ---- */

struct super *super_alloc(const struct fs_type *type, const struct super_ops *ops, void *priv)
{
	struct super *sb = calloc(1, sizeof(*sb));
	u32 dev;

	if (!sb)
		return NULL;
	dev = next_dev++;
	sb->type = type;
	sb->ops = ops;
	sb->priv = priv;
	sb->refs = 1;
	sb->dev = (dev & 0xff) | (u64)(dev & ~0xffu) << 12;
	sb->block_size = PAGE_SIZE;
	sb->next_ino = 1;
	list_init(&sb->dentries);
	list_add_tail(&sb->link, &all_supers);
	return sb;
}

void super_put(struct super *sb)
{
	if (--sb->refs)
		return;
	list_del(&sb->link);
	sb->refs = 1; /* what runs below may take and drop references */
	inotify_unmount(sb);
	fanotify_super_gone(sb);
	d_prune(sb);
	d_put(sb->root);
	sb->root = NULL;
	if (sb->ops && sb->ops->put_super)
		sb->ops->put_super(sb);
	free(sb);
}

static bool has_writers(const struct super *sb)
{
	const struct dentry *d;

	list_for_each_entry (d, &sb->dentries, sb_link)
		if (d->inode && d->inode->writers)
			return true;
	return false;
}

int super_set_readonly(struct super *sb, bool readonly)
{
	if (sb->readonly_for_good)
		return readonly ? 0 : -EROFS;
	if (readonly && !sb->readonly && has_writers(sb))
		return -EBUSY;
	sb->readonly = readonly;
	return 0;
}

int super_sync(struct super *sb)
{
	return sb->ops && sb->ops->sync ? sb->ops->sync(sb) : 0;
}

int vfs_statfs(const struct path *p, struct statfs *sf)
{
	struct super *sb = p->dentry->sb;
	u32 flags = p->mnt ? p->mnt->flags : 0;
	int ret = 0;

	memset(sf, 0, sizeof(*sf));
	sf->f_type = sb->magic;
	sf->f_bsize = sf->f_frsize = sb->block_size;
	sf->f_namelen = NAME_MAX;
	sf->f_fsid.__val[0] = (int)sb->dev;
	if (sb->ops && sb->ops->statfs)
		ret = sb->ops->statfs(sb, sf);
	sf->f_flags = 0x20; /* ST_VALID, then the ST_* bits */
	if ((flags & MNT_READONLY) || sb->readonly)
		sf->f_flags |= 1;
	sf->f_flags |= (flags & (MNT_NOSUID | MNT_NODEV | MNT_NOEXEC));
	if (flags & MNT_NOSYMFOLLOW)
		sf->f_flags |= 0x2000;
	if (flags & MNT_NOATIME)
		sf->f_flags |= 0x400;
	else if (!(flags & MNT_STRICTATIME))
		sf->f_flags |= 0x1000; /* relatime */
	if (flags & MNT_NODIRATIME)
		sf->f_flags |= 0x800;
	return ret;
}

/* ---- mounts ---- */

static struct mount *mount_alloc(struct super *sb, struct dentry *root, u32 flags)
{
	struct mount *m;

	if (nr_mounts >= MOUNTS_MAX)
		return NULL;
	m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	nr_mounts++;
	m->refs = 1;
	m->id = next_mount_id++;
	m->flags = flags;
	m->sb = sb;
	sb->refs++;
	m->root = d_get(root);
	list_init(&m->link);
	list_init(&m->children);
	list_init(&m->child_link);
	return m;
}

void mount_put(struct mount *m)
{
	if (!m || --m->refs)
		return;
	fanotify_mount_gone(m);
	d_put(m->root);
	super_put(m->sb);
	nr_mounts--;
	free(m);
}

void path_get(const struct path *p)
{
	p->mnt->refs++;
	d_get(p->dentry);
}

void path_put(struct path *p)
{
	if (p->dentry)
		d_put(p->dentry);
	mount_put(p->mnt);
	p->dentry = NULL;
	p->mnt = NULL;
}

static void tree_changed(void)
{
	mounts_changed++;
	waitq_wake(&mounts_wait, EPOLLERR | EPOLLPRI);
}

static void attach(struct mount *m, const struct path *at)
{
	path_get(at);
	mount_set_ns(m, at->mnt->ns);
	m->parent = at->mnt;
	m->mountpoint = at->dentry;
	at->dentry->mounts++;
	list_add_tail(&m->child_link, &at->mnt->children);
	list_add_tail(&m->link, &all_mounts);
	tree_changed();
}

/* Takes m out of the tree; the tree's reference passes to the caller. */
static void detach(struct mount *m)
{
	struct path at = {m->parent, m->mountpoint};

	list_del(&m->link);
	list_del(&m->child_link);
	m->parent = NULL;
	m->mountpoint = NULL;
	if (at.dentry) {
		at.dentry->mounts--;
		path_put(&at);
	}
	tree_changed();
}

void mount_set_ns(struct mount *top, struct mnt_ns *ns)
{
	for (struct mount *m = top; m; m = mount_next(m, top))
		m->ns = ns;
}

struct mount *mount_on(const struct path *p)
{
	struct mount *m;

	if (!p->dentry->mounts)
		return NULL;
	list_for_each_entry (m, &p->mnt->children, child_link)
		if (m->mountpoint == p->dentry)
			return m;
	return NULL;
}

void mount_follow(struct path *p)
{
	struct mount *m;

	while ((m = mount_on(p))) {
		m->refs++;
		d_get(m->root);
		path_put(p);
		p->mnt = m;
		p->dentry = m->root;
	}
}

bool mount_readonly(const struct mount *m)
{
	return (m->flags & MNT_READONLY) || m->sb->readonly;
}

int mount_internal(struct super *sb, struct mount **out)
{
	*out = mount_alloc(sb, sb->root, 0);
	return *out ? 0 : -ENOMEM;
}

int mount_root(struct super *sb, u32 flags, struct path *out)
{
	struct mount *m = mount_alloc(sb, sb->root, flags);

	if (!m)
		return -ENOMEM;
	list_add(&m->link, &all_mounts);
	m->ns = &init_mnt_ns;
	init_mnt_ns.root = m;
	out->mnt = m;
	out->dentry = m->root;
	path_get(out);
	return 0;
}

void mount_attach(struct mount *m, const struct path *at)
{
	struct path on = *at;

	path_get(&on);
	mount_follow(&on);
	attach(m, &on);
	path_put(&on);
}

void mount_attach_beneath(struct mount *m, const struct path *at)
{
	struct path on = {m, m->root};
	struct path place = *at;
	struct mount *top = mount_on(at);

	path_get(&place);
	if (top)
		detach(top);
	attach(m, &place);
	if (top)
		mount_attach(top, &on);
	path_put(&place);
}

void mount_slip_out(struct mount *m)
{
	struct path at = {m->parent, m->mountpoint}, on = {m, m->root};
	struct mount *top = mount_on(&on);

	path_get(&at);
	if (top)
		detach(top);
	mount_detach_tree(m);
	if (top)
		attach(top, &at);
	path_put(&at);
}

int mount_super(struct super *sb, struct dentry *root, const struct path *at, u32 flags)
{
	struct mount *m;

	if (!at->dentry->inode)
		return -ENOENT;
	if (S_ISDIR(root->inode->mode) != S_ISDIR(at->dentry->inode->mode))
		return -ENOTDIR;
	if (at->dentry->no_mount || (at->dentry->parent != at->dentry && !at->dentry->hashed))
		return -ENOENT;
	m = mount_alloc(sb, root, flags);
	if (!m)
		return -ENOMEM;
	mount_attach(m, at);
	propagate_attach(m);
	return 0;
}

struct mount *mount_detached(struct super *sb, u32 flags)
{
	struct mount *m = mount_alloc(sb, sb->root, flags);

	if (m)
		mount_set_detached(m);
	return m;
}

void mount_set_detached(struct mount *m)
{
	m->detached = true;
	list_add_tail(&m->link, &all_mounts);
}

int mount_fs(
	const char *type, const char *source, const struct path *at, u32 flags, const char *data)
{
	const struct fs_type *t = fs_find(type);
	struct super *sb;
	int ret;

	if (!t)
		return -ENODEV;
	ret = t->mount(t, source, data, &sb);
	if (ret < 0)
		return ret;
	if (source && !sb->source[0]) {
		strncpy(sb->source, source, sizeof(sb->source) - 1);
		sb->source[sizeof(sb->source) - 1] = 0;
	}
	if ((flags & MNT_READONLY) && sb->refs == 1)
		sb->readonly = true;
	if (t->needs_source && sb->readonly_for_good && !(flags & MNT_READONLY))
		ret = -EACCES; /* of a device that cannot be written to */
	else if (t->needs_source && at->mnt->sb == sb && at->dentry == sb->root)
		ret = -EBUSY; /* a second time on itself */
	else
		ret = mount_super(sb, sb->root, at, flags);
	trace(TRACE_VFS, "mount %s, type %s, on %s: %d", sb->source, type, at->dentry->name, ret);
	super_put(sb);
	return ret;
}

struct mount *mount_next(struct mount *m, const struct mount *top)
{
	if (!list_empty(&m->children))
		return list_first(&m->children, struct mount, child_link);
	for (; m != top; m = m->parent)
		if (m->child_link.next != &m->parent->children)
			return list_entry(m->child_link.next, struct mount, child_link);
	return NULL;
}

bool mount_is_below(const struct mount *m, const struct mount *top)
{
	for (; m; m = m->parent)
		if (m == top)
			return true;
	return false;
}

/* m and everything mounted on it, wherever: gone from the tree, freed with the last user. */
void mount_detach_tree(struct mount *top)
{
	struct mount *leaf = top, *next;

	do {
		while (!list_empty(&leaf->children))
			leaf = list_first(&leaf->children, struct mount, child_link);
		next = leaf == top ? NULL : leaf->parent;
		detach(leaf);
		propagate_leave(leaf);
		leaf->ns = NULL;
		mount_put(leaf);
		leaf = next;
	} while (leaf);
}

int mount_umount(const struct path *p, int flags)
{
	struct mount *m = p->mnt;

	if (p->dentry != m->root)
		return -EINVAL;
	trace(TRACE_VFS, "umount %s, flags %#x", m->sb->source, (unsigned)flags);
	if (!m->parent)
		return list_empty(&m->link) ? -EINVAL : -EBUSY;
	if (m->locked)
		return -EINVAL;
	if (flags & 2) { /* MNT_DETACH */
		propagate_detach(m);
		mount_detach_tree(m);
		return 0;
	}
	if (m->refs > 2 || !list_empty(&m->children)) /* the tree's and the caller's */
		return -EBUSY;
	super_sync(m->sb);
	if (m->refs > 2 || !list_empty(&m->children) || !m->parent)
		return -EBUSY;
	propagate_detach(m);
	mount_detach_tree(m);
	return 0;
}

bool mount_dentry_below(const struct dentry *d, const struct dentry *top)
{
	for (; d != top; d = d->parent)
		if (d->parent == d)
			return false;
	return true;
}

/* Clones the mounts below from into the tree whose root is from->mnt->clone. */
static int clone_submounts(const struct path *from)
{
	struct mount *m, *tmp;
	bool again = true;

	while (again) {
		again = false;
		list_for_each_entry_safe (m, tmp, &all_mounts, link) {
			struct path at;

			if (m->clone || !m->parent || !m->parent->clone)
				continue;
			if (m->unbindable || m->ns != from->mnt->ns)
				continue;
			if (m->parent == from->mnt &&
				!mount_dentry_below(m->mountpoint, from->dentry))
				continue;
			at = (struct path){m->parent->clone, m->mountpoint};
			m->clone = mount_alloc(m->sb, m->root, m->flags);
			if (!m->clone)
				return -ENOMEM;
			propagate_inherit(m->clone, m);
			attach(m->clone, &at);
			again = true;
		}
	}
	return 0;
}

struct mount *mount_clone_tree(const struct path *from, bool recursive)
{
	struct mount *m, *top = mount_alloc(from->mnt->sb, from->dentry, from->mnt->flags);
	int ret = 0;

	if (!top)
		return NULL;
	propagate_inherit(top, from->mnt);
	top->locked_flags = from->mnt->locked_flags;
	from->mnt->clone = top;
	if (recursive)
		ret = clone_submounts(from);
	list_for_each_entry (m, &all_mounts, link)
		m->clone = NULL;
	from->mnt->clone = NULL;
	if (ret == 0)
		return top;
	list_add_tail(&top->link, &all_mounts);
	mount_detach_tree(top);
	return NULL;
}

bool mount_hides_locked(const struct path *from)
{
	struct mount *m;

	list_for_each_entry (m, &from->mnt->children, child_link)
		if (m->locked && mount_dentry_below(m->mountpoint, from->dentry))
			return true;
	return false;
}

int mount_bind(const struct path *from, const struct path *at, bool recursive)
{
	struct mount *top;

	if (!at->dentry->inode || !from->dentry->inode || at->dentry->no_mount)
		return -ENOENT;
	if (S_ISDIR(from->dentry->inode->mode) != S_ISDIR(at->dentry->inode->mode))
		return -ENOTDIR;
	if (from->mnt->unbindable || (!recursive && mount_hides_locked(from)))
		return -EINVAL;
	top = mount_clone_tree(from, recursive);
	if (!top)
		return -ENOMEM;
	mount_attach(top, at);
	propagate_attach(top);
	return 0;
}

int mount_remount(const struct path *p, u32 flags)
{
	if (p->dentry != p->mnt->root)
		return -EINVAL;
	if (p->mnt->locked_flags & ~flags)
		return -EPERM;
	p->mnt->flags = flags;
	tree_changed();
	return 0;
}

static int may_move(const struct path *from, const struct path *to)
{
	const struct mount *m = from->mnt;

	if (from->dentry != m->root || m->locked)
		return -EINVAL;
	if (m->parent ? m->parent->peer_group != 0 : !m->detached)
		return -EINVAL;
	if (S_ISDIR(m->root->inode->mode) != S_ISDIR(to->dentry->inode->mode))
		return -EINVAL;
	return mount_is_below(to->mnt, m) ? -ELOOP : 0;
}

static void take_out(struct mount *m)
{
	if (!m->detached) {
		detach(m);
		return;
	}
	list_del(&m->link);
	m->detached = false;
}

int mount_move(const struct path *from, const struct path *to)
{
	struct mount *m = from->mnt;

	int ret = may_move(from, to);

	if (ret < 0)
		return ret;
	take_out(m);
	mount_attach(m, to);
	propagate_attach(m);
	return 0;
}

int mount_move_beneath(const struct path *from, const struct path *to)
{
	struct mount *m = from->mnt, *top = to->mnt;
	struct path place = {top->parent, top->mountpoint}, on = {m, m->root};
	int ret = may_move(from, to);

	if (ret < 0)
		return ret;
	if (to->dentry != top->root || !place.mnt || place.mnt->peer_group || top->locked ||
		mount_on(&on))
		return -EINVAL;
	take_out(m);
	mount_attach_beneath(m, &place);
	return 0;
}

/* new_root's mount takes the place of the caller's root, which goes to put_old. */
static int swap_roots(struct mount *new, struct mount *old, const struct path *put_old)
{
	struct path place = {old->parent, old->mountpoint};
	struct mnt_ns *ns = old->ns;

	if (place.mnt)
		path_get(&place);
	detach(new);
	detach(old);
	mount_attach(old, put_old);
	if (place.mnt) {
		attach(new, &place);
		path_put(&place);
	} else {
		list_add(&new->link, &all_mounts);
		mount_set_ns(new, ns);
		ns->root = new;
		tree_changed();
	}
	return 0;
}

int mount_pivot(const struct path *new_root, const struct path *put_old)
{
	struct mount *new = new_root->mnt, *old = current->fs->root.mnt;
	struct path p = *put_old;

	if (new->locked || put_old->mnt->peer_group || (new->parent &&new->parent->peer_group) ||
		(old->parent && old->parent->peer_group))
		return -EINVAL;
	if (new == old || put_old->mnt == old)
		return -EBUSY;
	if (current->fs->root.dentry != old->root || new_root->dentry != new->root || !new->parent)
		return -EINVAL;
	while (p.mnt != new &&p.mnt->parent)
		p = (struct path){p.mnt->parent, p.mnt->mountpoint};
	if (p.mnt != new || !mount_dentry_below(p.dentry, new->root))
		return -EINVAL;
	if (!mount_is_below(new, old))
		return -EINVAL;
	return swap_roots(new, old, put_old);
}
