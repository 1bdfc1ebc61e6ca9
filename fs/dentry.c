/*
 * The dentry cache: names below their parents, found by a hash of (parent, name). A dentry lives
 * while it has users; an unused one that is still hashed stays cached on an LRU list of bounded
 * length. Being on that list says only that it was unused once: the shrinker skips the ones in
 * use, so that taking and dropping a reference on the path-walk fast path is a counter. A dentry
 * holds a reference on its parent and on its inode. d_path renders paths as current's root sees
 * them.
 */
#include "fs/fsnotify.h"
#include "fs/vfs.h"
#include "kernel/lib/log.h"
#include "kernel/task.h"

#define DCACHE_UNUSED_MAX 32768u

static struct htab dcache;
static struct list_head lru = LIST_HEAD_INIT(lru);
static unsigned nr_lru;

static u64 d_hash_of(const struct dentry *parent, const char *name, size_t len)
{
	return hash_bytes(name, len, (u64)(uintptr_t)parent);
}

struct dentry *d_alloc(struct super *sb, struct dentry *parent, const char *name, size_t len)
{
	struct dentry *d = calloc(1, sizeof(*d) + len + 1);

	if (!d)
		return NULL;
	d->refs = 1;
	d->sb = sb;
	d->parent = parent ? d_get(parent) : d;
	d->name = d->inline_name;
	d->name_len = (u32)len;
	memcpy(d->name, name, len);
	list_init(&d->children);
	list_init(&d->child_link);
	list_init(&d->lru);
	list_add_tail(&d->sb_link, &sb->dentries);
	if (parent)
		list_add_tail(&d->child_link, &parent->children);
	return d;
}

struct dentry *d_make_root(struct super *sb, struct inode *root)
{
	struct dentry *d = d_alloc(sb, NULL, "/", 1);

	if (!d) {
		inode_put(root);
		return NULL;
	}
	d->inode = root;
	return d;
}

struct dentry *d_get(struct dentry *d)
{
	d->refs++;
	return d;
}

static void lru_del(struct dentry *d)
{
	if (list_empty(&d->lru))
		return;
	list_del(&d->lru);
	nr_lru--;
}

void d_drop(struct dentry *d)
{
	if (!d->hashed)
		return;
	htab_remove(&dcache, &d->hash);
	d->hashed = false;
}

/* Frees an unused dentry; returns its parent, whose reference the caller now has to drop. */
static struct dentry *d_free(struct dentry *d)
{
	struct dentry *parent = d->parent == d ? NULL : d->parent;

	d_drop(d);
	lru_del(d);
	list_del(&d->child_link);
	list_del(&d->sb_link);
	if (d->release)
		d->release(d);
	if (d->inode && !d->inode->nlink) /* the last name and, with it, the last user */
		fsnotify_self(d->inode, FSN_DELETE_SELF);
	inode_put(d->inode);
	if (d->name != d->inline_name)
		free(d->name);
	free(d);
	return parent;
}

/* Freeing a dentry of a stacked filesystem drops one below, which comes here again: once is enough.
 */
static void lru_shrink(void)
{
	static bool shrinking;
	unsigned tries = 32;

	if (shrinking)
		return;
	shrinking = true;
	while (nr_lru > DCACHE_UNUSED_MAX && tries--) {
		struct dentry *d = list_first(&lru, struct dentry, lru);

		lru_del(d);
		if (!d->refs)
			d_put(d_free(d));
	}
	shrinking = false;
}

void d_put(struct dentry *d)
{
	while (d && !--d->refs) {
		if (d->hashed && !d->no_cache) {
			if (list_empty(&d->lru)) {
				list_add_tail(&d->lru, &lru);
				if (++nr_lru > DCACHE_UNUSED_MAX)
					lru_shrink();
			}
			return;
		}
		d = d_free(d);
	}
}

void d_instantiate(struct dentry *d, struct inode *inode)
{
	struct inode *old = d->inode;

	d->inode = inode;
	inode_put(old);
}

void d_hash(struct dentry *d)
{
	if (d->hashed || d->parent == d)
		return;
	if (htab_insert(&dcache, &d->hash, d_hash_of(d->parent, d->name, d->name_len)) == 0)
		d->hashed = true;
}

struct dentry *d_lookup_cached(struct dentry *parent, const char *name, size_t len)
{
	struct hnode *n = htab_first(&dcache, d_hash_of(parent, name, len));

	for (; n; n = htab_next(n)) {
		struct dentry *d = container_of(n, struct dentry, hash);

		if (d->parent == parent && d->name_len == len && !memcmp(d->name, name, len))
			return d_get(d);
	}
	return NULL;
}

/* A cached child that its filesystem still vouches for: 1 and *out, or 0, or an error. */
static int lookup_valid(struct dentry *parent, const char *name, size_t len, struct dentry **out)
{
	struct inode *dir = parent->inode;
	struct dentry *d = d_lookup_cached(parent, name, len);
	int ret = 1;

	if (!d)
		return 0;
	if (dir->ops->revalidate)
		ret = dir->ops->revalidate(dir, d);
	if (ret > 0 || (ret == 0 && d->mounts)) {
		*out = d;
		return 1;
	}
	if (ret == 0)
		d_drop(d);
	d_put(d);
	return ret;
}

int d_lookup(struct dentry *parent, const char *name, size_t len, struct dentry **out)
{
	struct inode *dir = parent->inode;
	struct dentry *d, *other;
	int ret = lookup_valid(parent, name, len, out);

	if (ret)
		return ret < 0 ? ret : 0;
	if (!dir || !dir->ops->lookup)
		return -ENOTDIR;
	if (len > NAME_MAX)
		return -ENAMETOOLONG;
	d = d_alloc(parent->sb, parent, name, len);
	if (!d)
		return -ENOMEM;
	ret = dir->ops->lookup(dir, d);
	if (ret < 0) {
		d_put(d);
		return ret;
	}
	/* lookup may have slept: someone else may have been faster */
	other = d->hashed ? NULL : d_lookup_cached(parent, name, len);
	if (other) {
		d_put(d);
		d = other;
	}
	d_hash(d);
	*out = d;
	return 0;
}

void d_prune(struct super *sb)
{
	bool again = true;

	while (again) {
		struct list_head *pos = sb->dentries.prev;

		again = false;
		while (pos != &sb->dentries) {
			struct dentry *d = list_entry(pos, struct dentry, sb_link);
			struct list_head *next = pos->prev;
			struct dentry *pin = next == &sb->dentries
						     ? NULL
						     : list_entry(next, struct dentry, sb_link);

			if (!d->refs && !d->mounts) {
				if (pin)
					pin->refs++;
				d_put(d_free(d));
				if (pin)
					pin->refs--; /* visited next: freed there if unused */
				again = true;
			}
			pos = next;
		}
	}
}

/* ---- renaming ---- */

static void set_parent(struct dentry *d, struct dentry *parent)
{
	d->parent = d_get(parent);
	list_del(&d->child_link);
	list_add_tail(&d->child_link, &parent->children);
}

static void take_name(struct dentry *d, char *name, u32 len)
{
	if (d->name != d->inline_name)
		free(d->name);
	d->name = name;
	d->name_len = len;
}

void d_move(struct dentry *d, struct dentry *target, bool exchange)
{
	char *name = strdup(target->name), *back = strdup(d->name);
	struct dentry *dp = d->parent, *tp = target->parent;
	u32 name_len = target->name_len, back_len = d->name_len;

	d_drop(d);
	d_drop(target);
	if (!name || !back) { /* both will be looked up afresh */
		free(name);
		free(back);
		return;
	}
	take_name(d, name, name_len);
	set_parent(d, tp);
	d_hash(d);
	if (exchange) {
		take_name(target, back, back_len);
		set_parent(target, dp);
		d_hash(target);
		d_put(tp);
	} else {
		free(back);
	}
	d_put(dp);
}

/* ---- paths as text ---- */

static bool prepend(char **at, char *buf, const char *text, size_t len)
{
	if ((size_t)(*at - buf) < len)
		return false;
	*at -= len;
	memcpy(*at, text, len);
	return true;
}

char *d_path_from(const struct path *p, const struct path *root, char *buf, size_t size)
{
	const struct dentry *d = p->dentry;
	const struct mount *m = p->mnt;
	char *at = buf + size, *end;

	if (!size)
		return NULL;
	*--at = 0;
	if (d->parent == d && (!m || m->root != d)) /* of no filesystem: the name is all */
		return prepend(&at, buf, d->name, d->name_len) ? at : NULL;
	if (d->parent != d && !d->hashed && !prepend(&at, buf, " (deleted)", 10))
		return NULL;
	end = at;
	for (;;) {
		if (root && m == root->mnt && d == root->dentry)
			break;
		if (m && d == m->root) {
			if (!m->parent)
				break;
			d = m->mountpoint;
			m = m->parent;
			continue;
		}
		if (d->parent == d)
			break;
		if (!prepend(&at, buf, d->name, d->name_len) || !prepend(&at, buf, "/", 1))
			return NULL;
		d = d->parent;
	}
	if (at == end && !prepend(&at, buf, "/", 1))
		return NULL;
	return at;
}

char *d_path(const struct path *p, char *buf, size_t size)
{
	return d_path_from(p, current && current->fs ? &current->fs->root : NULL, buf, size);
}

char *d_path_inner(const struct dentry *d, char *buf, size_t size)
{
	char *at = buf + size;

	if (!prepend(&at, buf, "", 1))
		return NULL;
	if (d == d->sb->root || d->parent == d)
		return prepend(&at, buf, "/", 1) ? at : NULL;
	for (; d != d->sb->root && d->parent != d; d = d->parent)
		if (!prepend(&at, buf, d->name, d->name_len) || !prepend(&at, buf, "/", 1))
			return NULL;
	return at;
}

bool path_is_below(struct path p, const struct path *root)
{
	/* Below the root of its namespace is every whole mount of it, however deep their pile. */
	if (!root->mnt->parent && root->dentry == root->mnt->root && root->mnt->ns &&
		p.mnt->ns == root->mnt->ns && p.dentry == p.mnt->root)
		return true;
	for (;;) {
		if (p.mnt == root->mnt && p.dentry == root->dentry)
			return true;
		if (p.dentry == p.mnt->root) {
			if (!p.mnt->parent)
				return false;
			p = (struct path){p.mnt->parent, p.mnt->mountpoint};
		} else if (p.dentry->parent == p.dentry) {
			return false;
		} else {
			p.dentry = p.dentry->parent;
		}
	}
}
