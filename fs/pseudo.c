/*
 * Trees of generated files out of tables: inodes, lookup, listing, links. Inodes are made at lookup
 * and freed with their last user; nothing about a process is cached past its use, and a cached name
 * is believed only as long as pseudo_alive says so. Text files are in pseudo_file.c. proc(5).
 */
#include "fs/pseudo.h"

#include "fs/pseudo_file.h"
#include "kernel/ns.h"
#include "kernel/task.h"

#include <stdio.h>

#define CHILD_NAME 64
#define POS_ROWS 2u
#define POS_KEYS (1ull << 20) /* listing position of child number 0 */

static const struct inode_ops pseudo_strict_ops, pseudo_dir_ops, pseudo_file_inode_ops,
	pseudo_link_ops, pseudo_magic_ops;
static const struct file_ops pseudo_dir_fops;

void (*pseudo_owner_hook)(const struct pseudo_ctx *c, struct inode *inode);

const struct pseudo_ctx *pseudo_ctx(const struct inode *inode)
{
	return inode->priv;
}

bool pseudo_alive(const struct pseudo_ctx *c)
{
	struct task *t;

	if (!c->tg)
		return true;
	if (tgroup_find(c->tg->pid) != c->tg)
		return false;
	if (!c->tid)
		return true;
	t = task_find(c->tid);
	return t && t->tg == c->tg && t->start_ns == c->tid_start_ns;
}

static void refresh(struct inode *inode)
{
	const struct pseudo_ctx *c = inode->priv;

	if (c->tg && pseudo_owner_hook)
		pseudo_owner_hook(c, inode);
	if (c->row->refresh)
		c->row->refresh(c, inode);
}

static u64 child_ino(const struct inode *dir, const struct pseudo_row *row, u64 key)
{
	u64 h;

	if (row->ino)
		return row->ino;
	h = hash_u64(dir->ino + 1) ^ (row->name ? hash_bytes(row->name, strlen(row->name), 0) : 0);
	return (hash_u64(h + key * 2) & 0x7fffffff) | 0x80000000u;
}

/* Takes over the reference in c->tg on success. */
static int make_inode(struct super *sb, const struct pseudo_ctx *c, u64 ino, struct inode **out)
{
	struct inode *inode = inode_alloc(sb);
	struct pseudo_ctx *copy = malloc(sizeof(*copy));

	if (!inode || !copy) {
		free(copy);
		if (inode)
			inode_put(inode);
		return -ENOMEM;
	}
	*copy = *c;
	inode->priv = copy;
	inode->mode = c->row->mode;
	inode->nlink = 1;
	if (ino)
		inode->ino = ino;
	if (S_ISDIR(inode->mode)) {
		inode->nlink = 2;
		inode->ops = &pseudo_dir_ops;
		inode->fops = &pseudo_dir_fops;
	} else if (S_ISLNK(inode->mode)) {
		inode->ops = c->row->get_link ? &pseudo_magic_ops : &pseudo_link_ops;
	} else {
		inode->ops = c->row->strict ? &pseudo_strict_ops : &pseudo_file_inode_ops;
		inode->fops = c->row->fops ? c->row->fops : &pseudo_text_fops;
	}
	refresh(inode);
	*out = inode;
	return 0;
}

static u64 numbered_ino(const struct inode *dir, u64 key)
{
	const struct pseudo_ctx *c = dir->priv;
	const struct pseudo_dir *d = c->row->dir;

	return child_ino(dir, d->child, d->birth ? key ^ hash_u64(d->birth(c, key)) : key);
}

static bool row_present(const struct pseudo_row *row, const struct pseudo_ctx *c)
{
	return !row->present || row->present(c);
}

static const struct pseudo_row *find_row(const struct pseudo_ctx *c, const char *name, size_t len)
{
	const struct pseudo_dir *dir = c->row->dir;

	for (unsigned i = 0; i < dir->nr_rows; i++) {
		const struct pseudo_row *row = &dir->rows[i];

		if (!strncmp(row->name, name, len) && !row->name[len])
			return row_present(row, c) ? row : NULL;
	}
	return NULL;
}

/* "cpu12" or "12": canonical decimals only. */
static bool parse_key(const struct pseudo_ctx *dir, const char *name, size_t len, u64 *key)
{
	const struct pseudo_row *row = dir->row->dir->child;
	size_t skip = row->name ? strlen(row->name) : 0;

	if (dir->row->dir->key_of)
		return dir->row->dir->key_of(dir, name, len, key);
	if (len <= skip || len - skip > 10 || (skip && memcmp(name, row->name, skip)))
		return false;
	if (name[skip] == '0' && len > skip + 1)
		return false;
	*key = 0;
	for (; skip < len; skip++) {
		if (name[skip] < '0' || name[skip] > '9')
			return false;
		*key = *key * 10 + (u64)(name[skip] - '0');
	}
	return true;
}

static bool key_name(const struct pseudo_ctx *dir, u64 key, char buf[CHILD_NAME])
{
	const struct pseudo_row *row = dir->row->dir->child;

	if (dir->row->dir->name_of)
		return dir->row->dir->name_of(dir, key, buf);
	snprintf(buf, CHILD_NAME, "%s%llu", row->name ? row->name : "", (unsigned long long)key);
	return true;
}

/* The context of numbered child `key`, with a reference to its process; -ENOENT. */
static int enter_child(const struct pseudo_ctx *dir, u64 key, struct pseudo_ctx *child)
{
	int ret;

	*child = *dir;
	child->row = dir->row->dir->child;
	child->outer_key = dir->key;
	child->key = key;
	if (child->tg)
		tgroup_get(child->tg);
	ret = dir->row->dir->enter(dir, child);
	if (ret < 0 && child->tg)
		tgroup_put(child->tg);
	return ret;
}

static int child_ctx(
	const struct pseudo_ctx *dir, const char *name, size_t len, struct pseudo_ctx *child)
{
	const struct pseudo_row *row;
	u64 key;

	if (!pseudo_alive(dir))
		return -ENOENT;
	row = find_row(dir, name, len);
	if (row) {
		*child = *dir;
		child->row = row;
		if (child->tg)
			tgroup_get(child->tg);
		return 0;
	}
	if (!dir->row->dir->child || !parse_key(dir, name, len, &key))
		return -ENOENT;
	return enter_child(dir, key, child);
}

static int pseudo_lookup(struct inode *dir, struct dentry *dentry)
{
	const struct pseudo_ctx *c = dir->priv;
	struct pseudo_ctx child;
	struct inode *inode;
	u64 ino;
	int ret;

	if (c->row->dir->open && (ret = c->row->dir->open(c)) < 0)
		return ret;
	dentry->no_cache = c->tg || c->row->dir->child;
	ret = child_ctx(c, dentry->name, dentry->name_len, &child);
	if (ret < 0)
		return ret; /* -ENOENT, not a negative dentry: then creating fails with it too */
	if (child.tg)
		dentry->no_cache = true;
	ino = child.row == c->row->dir->child ? numbered_ino(dir, child.key)
					      : child_ino(dir, child.row, 0);
	ret = make_inode(dir->sb, &child, ino, &inode);
	if (ret < 0) {
		if (child.tg)
			tgroup_put(child.tg);
		return ret;
	}
	dentry->no_mount = child.row->get_link && child.row == c->row->dir->child;
	d_instantiate(dentry, inode);
	return 0;
}

static int pseudo_revalidate(struct inode *dir, struct dentry *dentry)
{
	const struct pseudo_ctx *d = dir->priv, *c;
	struct pseudo_ctx now;
	bool same;

	if (!dentry->inode)
		return !d->tg && !d->row->dir->child;
	c = dentry->inode->priv;
	if (!pseudo_alive(c))
		return 0;
	if (c->row == d->row->dir->child) {
		u64 key;

		if (!parse_key(d, dentry->name, dentry->name_len, &key) || key != c->key ||
			enter_child(d, c->key, &now) < 0)
			return 0;
		same = now.tg == c->tg && now.tid == c->tid && now.tid_start_ns == c->tid_start_ns;
		if (now.tg)
			tgroup_put(now.tg);
		if (!same)
			return 0;
	} else if (!row_present(c->row, d)) {
		return 0;
	}
	refresh(dentry->inode);
	return 1;
}

static int pseudo_getattr(struct inode *inode)
{
	if (!pseudo_alive(inode->priv))
		return 0;
	refresh(inode);
	return 0;
}

static int pseudo_setattr(struct inode *inode, const struct setattr *a)
{
	struct setattr times = *a;

	if (a->valid & (ATTR_MODE | ATTR_UID | ATTR_GID))
		return -EPERM;
	times.valid &= ~ATTR_SIZE; /* O_TRUNC: every write is a whole new value anyway */
	return times.valid ? inode_setattr(inode, &times) : 0;
}

static int pseudo_readlink(struct inode *inode, char **target)
{
	const struct pseudo_ctx *c = inode->priv;
	struct seq s = {0};
	int ret;

	if (!pseudo_alive(c))
		return -ENOENT;
	ret = c->row->show(&s, c);
	seq_putc(&s, '\0');
	if (ret == 0 && s.failed)
		ret = -ENOMEM;
	if (ret < 0) {
		seq_fini(&s);
		return ret;
	}
	*target = s.buf;
	return 0;
}

static int pseudo_get_link(struct inode *inode, struct path *out)
{
	const struct pseudo_ctx *c = inode->priv;

	return pseudo_alive(c) ? c->row->get_link(c, out) : -ENOENT;
}

/* ---- listing ---- */
static u8 row_dtype(const struct pseudo_row *row)
{
	return (u8)(row->mode >> 12 & 15);
}

static bool emit_rows(struct file *file, struct dir_sink *sink)
{
	const struct pseudo_ctx *c = file->inode->priv;
	const struct pseudo_dir *dir = c->row->dir;

	while (file->pos < POS_ROWS + dir->nr_rows) {
		const struct pseudo_row *row = &dir->rows[file->pos - POS_ROWS];

		if (row_present(row, c) &&
			!sink->emit(sink, row->name, strlen(row->name),
				child_ino(file->inode, row, 0), row_dtype(row), file->pos + 1))
			return false;
		file->pos++;
	}
	return true;
}

static int emit_keys(struct file *file, struct dir_sink *sink)
{
	const struct pseudo_ctx *c = file->inode->priv;
	const struct pseudo_row *row = c->row->dir->child;
	char name[CHILD_NAME];
	ssize_t nr;
	u64 *keys;

	if (file->pos < POS_KEYS)
		file->pos = POS_KEYS;
	nr = c->row->dir->keys(c, file->pos - POS_KEYS, &keys);
	if (nr <= 0)
		return (int)nr;
	for (ssize_t i = 0; i < nr; i++) {
		if (key_name(c, keys[i], name) &&
			!sink->emit(sink, name, strlen(name), numbered_ino(file->inode, keys[i]),
				row_dtype(row), POS_KEYS + keys[i] + 1)) {
			file->pos = POS_KEYS + keys[i];
			break;
		}
		file->pos = POS_KEYS + keys[i] + 1;
	}
	free(keys);
	return 0;
}

static int pseudo_iterate(struct file *file, struct dir_sink *sink)
{
	const struct pseudo_ctx *c = file->inode->priv;
	int ret;

	if (!pseudo_alive(c))
		return -ENOENT;
	if (c->row->dir->open && (ret = c->row->dir->open(c)) < 0)
		return ret;
	if (file->pos == 0) {
		if (!sink->emit(sink, ".", 1, file->inode->ino, S_IFDIR >> 12, 1))
			return 0;
		file->pos = 1;
	}
	if (file->pos == 1) {
		if (!sink->emit(
			    sink, "..", 2, file->path.dentry->parent->inode->ino, S_IFDIR >> 12, 2))
			return 0;
		file->pos = 2;
	}
	if (file->pos < POS_KEYS && !emit_rows(file, sink))
		return 0;
	return c->row->dir->child ? emit_keys(file, sink) : 0;
}

/* ---- super ---- */
static void pseudo_evict(struct inode *inode)
{
	struct pseudo_ctx *c = inode->priv;

	if (c && c->tg)
		tgroup_put(c->tg);
	free(c);
	inode->priv = NULL;
}

static void pseudo_put_super(struct super *sb)
{
	ns_put(sb->priv);
}

static int pseudo_statfs(struct super *sb, struct statfs *sf)
{
	memset(sf, 0, sizeof(*sf));
	sf->f_type = sb->magic;
	sf->f_bsize = sf->f_frsize = PAGE_SIZE;
	sf->f_namelen = NAME_MAX;
	return 0;
}

static const struct super_ops pseudo_super_ops = {
	.put_super = pseudo_put_super,
	.evict_inode = pseudo_evict,
	.statfs = pseudo_statfs,
};

int pseudo_mount(const struct fs_type *type, u32 magic, const struct pseudo_row *root,
	struct ns *ns, struct super **out)
{
	struct pseudo_ctx c = {.row = root, .ns = ns};
	struct super *sb = super_alloc(type, &pseudo_super_ops, ns ? ns_get(ns) : NULL);
	struct inode *inode;
	int ret;

	if (!sb)
		return -ENOMEM;
	sb->magic = magic;
	sb->block_size = PAGE_SIZE;
	ret = make_inode(sb, &c, 1, &inode);
	if (ret < 0)
		goto out_super;
	sb->root = d_make_root(sb, inode);
	if (!sb->root) {
		ret = -ENOMEM;
		goto out_super;
	}
	*out = sb;
	return 0;
out_super:
	super_put(sb);
	return ret;
}

static int strict_permission(struct inode *inode, int mask)
{
	if ((mask & MAY_WRITE) && !(inode->mode & 0222))
		return -EACCES;
	return inode_permission_by_mode(inode, mask);
}

static const struct inode_ops pseudo_dir_ops = {
	.lookup = pseudo_lookup,
	.revalidate = pseudo_revalidate,
	.getattr = pseudo_getattr,
	.setattr = pseudo_setattr,
};

static const struct inode_ops pseudo_file_inode_ops = {
	.getattr = pseudo_getattr,
	.setattr = pseudo_setattr,
};

static const struct inode_ops pseudo_strict_ops = {
	.getattr = pseudo_getattr,
	.setattr = pseudo_setattr,
	.permission = strict_permission,
};

static const struct inode_ops pseudo_link_ops = {
	.readlink = pseudo_readlink,
	.getattr = pseudo_getattr,
	.setattr = pseudo_setattr,
};

static const struct inode_ops pseudo_magic_ops = {
	.readlink = pseudo_readlink,
	.get_link = pseudo_get_link,
	.getattr = pseudo_getattr,
	.setattr = pseudo_setattr,
};

static const struct file_ops pseudo_dir_fops = {
	.iterate = pseudo_iterate,
};
