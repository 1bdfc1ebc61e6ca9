/*
 * Overlay inodes and names: one inode per object, whichever layer it is in, found again by its real
 * inodes, so that hard links share it and a copy-up changes it in place. Attributes are copies of
 * the real inode's, brought up to date by revalidate and getattr; a name that the upper layer
 * decides needs no check, since only the overlay writes there; any other costs the lower layer's
 * check.
 */
#include "fs/overlay/ovl.h"

#include "kernel/lib/log.h"

static u64 real_hash(const struct inode *real)
{
	return hash_u64((u64)(uintptr_t)real);
}

static int hash_real(struct ovl *o, struct hnode *n, bool *hashed, const struct dentry *real)
{
	int ret = htab_insert(&o->inodes, n, real_hash(real->inode));

	*hashed = ret == 0;
	return ret;
}

static struct ovl_inode *find_upper(struct ovl *o, const struct inode *real)
{
	struct hnode *n = htab_first(&o->inodes, real_hash(real));

	for (; n; n = htab_next(n)) {
		struct ovl_inode *oi = container_of(n, struct ovl_inode, upper_hash);

		if (real->sb == o->upper->sb && oi->upper_hashed && &oi->upper_hash == n &&
			oi->upper->inode == real)
			return oi;
	}
	return NULL;
}

static struct ovl_inode *find_lower(struct ovl *o, const struct inode *real)
{
	struct hnode *n = htab_first(&o->inodes, real_hash(real));

	for (; n; n = htab_next(n)) {
		struct ovl_inode *oi = container_of(n, struct ovl_inode, lower_hash);

		if (oi->lower_hashed && oi->lower && oi->lower->inode == real)
			return oi;
	}
	return NULL;
}

static void set_ops(struct inode *i)
{
	if (S_ISDIR(i->mode)) {
		i->ops = &ovl_dir_iops;
		i->fops = &ovl_dir_fops;
	} else if (S_ISLNK(i->mode)) {
		i->ops = &ovl_link_iops;
	} else {
		i->ops = &ovl_file_iops;
		i->fops = &ovl_fops;
	}
}

u64 ovl_stored_ino(struct dentry *upper)
{
	char text[24];
	ssize_t n = ovl_do_getxattr(upper, OVL_XATTR_INO, text, sizeof(text) - 1);

	if (n <= 0)
		return 0;
	text[n] = 0;
	return strtoull(text, NULL, 16);
}

/* st_ino: the lower file's, also after copy-up, when an attribute of the copy remembers it. */
static u64 pick_ino(const struct ovl_inode *oi)
{
	u64 ino;

	if (oi->lower)
		return oi->lower->inode->ino;
	ino = S_ISDIR(oi->upper->inode->mode) ? 0 : ovl_stored_ino(oi->upper);
	return ino ? ino : oi->upper->inode->ino | OVL_INO_UPPER;
}

void ovl_copyattr(struct inode *i)
{
	const struct ovl_inode *oi = ovl_i(i);
	const struct inode *r = ovl_real(i)->inode;

	i->mode = r->mode;
	i->uid = r->uid;
	i->gid = r->gid;
	i->rdev = r->rdev;
	i->size = r->size;
	i->blocks = r->blocks;
	i->attr_flags = r->attr_flags;
	i->atime = r->atime;
	i->mtime = r->mtime;
	i->ctime = r->ctime;
	i->btime = r->btime;
	if (S_ISDIR(i->mode)) /* of a merged directory nobody knows: 1, as Linux says */
		i->nlink = oi->lower && oi->upper && r->nlink ? 1 : r->nlink;
	else
		i->nlink = (u32)MAX((s64)r->nlink + oi->nlink_delta, 0l);
}

/* A lower file with several names remembers what became of them until the last is gone. */
void ovl_count_link(struct inode *i, s32 delta)
{
	struct ovl_inode *oi = ovl_i(i);

	oi->nlink_delta += delta;
	ovl_copyattr(i);
	ovl_index_update(i);
	if (oi->lower && oi->lower->inode->nlink > 1 && i->nlink && list_empty(&oi->kept)) {
		inode_get(i);
		list_add(&oi->kept, &ovl_of(i)->kept);
	} else if (!i->nlink && !list_empty(&oi->kept)) {
		list_del(&oi->kept);
		inode_put(i); /* not the last: the caller has one */
	}
}

void ovl_note_move(const struct inode *i, const struct inode *dir)
{
	if (!(i->ino & OVL_INO_UPPER) && !ovl_i(dir)->lower)
		ovl_of(i)->moved = true;
}

void ovl_drop_kept(struct ovl *o)
{
	while (!list_empty(&o->kept)) {
		struct ovl_inode *oi = list_first(&o->kept, struct ovl_inode, kept);

		list_del(&oi->kept);
		inode_put(oi->inode);
	}
}

static int new_inode(struct ovl *o, struct dentry *upper, struct dentry *lower, struct inode **out)
{
	struct ovl_inode *oi = calloc(1, sizeof(*oi));
	struct inode *i;
	int ret = 0;

	if (!oi)
		return -ENOMEM;
	i = inode_alloc(o->sb);
	if (!i) {
		free(oi);
		return -ENOMEM;
	}
	oi->inode = i;
	list_init(&oi->aliases);
	list_init(&oi->kept);
	i->priv = oi;
	oi->upper = upper ? d_get(upper) : NULL;
	oi->lower = lower ? d_get(lower) : NULL;
	if (upper)
		ret = hash_real(o, &oi->upper_hash, &oi->upper_hashed, upper);
	if (ret == 0 && lower)
		ret = hash_real(o, &oi->lower_hash, &oi->lower_hashed, lower);
	if (ret < 0) {
		inode_put(i);
		return ret;
	}
	i->ino = pick_ino(oi);
	ovl_copyattr(i);
	set_ops(i);
	*out = i;
	return 0;
}

/* The inode of a file that has an index entry. */
static int iget_indexed(
	struct ovl *o, struct dentry *index, struct dentry *lower, struct inode **out)
{
	struct ovl_inode *oi = find_upper(o, index->inode);
	int ret = 0;

	if (!oi) {
		ret = new_inode(o, index, lower, out);
		if (ret == 0)
			ovl_index_load(*out);
		return ret;
	}
	if (lower && !oi->lower) {
		ret = hash_real(o, &oi->lower_hash, &oi->lower_hashed, lower);
		if (ret < 0)
			return ret;
		oi->lower = d_get(lower);
	}
	*out = inode_get(oi->inode);
	return 0;
}

int ovl_iget(struct ovl *o, struct dentry *upper, struct dentry *lower, struct inode **out)
{
	struct ovl_inode *oi = upper ? find_upper(o, upper->inode) : find_lower(o, lower->inode);
	struct dentry *index;
	int ret;

	/* a directory is one and the same only if its layers are */
	if (oi && S_ISDIR(oi->inode->mode) && (!oi->lower != !lower || !oi->upper != !upper))
		oi = NULL;
	if (oi) {
		*out = inode_get(oi->inode);
		ovl_copyattr(*out);
		return 0;
	}
	index = ovl_index_of(o, upper, lower);
	ret = index ? iget_indexed(o, index, lower, out) : new_inode(o, upper, lower, out);
	d_put(index);
	return ret;
}

void ovl_evict(struct inode *i)
{
	struct ovl_inode *oi = ovl_i(i);
	struct ovl *o = ovl_of(i);

	if (!oi)
		return;
	BUG_ON(!list_empty(&oi->aliases));
	if (oi->upper_hashed)
		htab_remove(&o->inodes, &oi->upper_hash);
	if (oi->lower_hashed)
		htab_remove(&o->inodes, &oi->lower_hash);
	d_put(oi->upper);
	d_put(oi->lower);
	free(oi);
}

int ovl_set_upper(struct inode *i, struct dentry *upper)
{
	struct ovl_inode *oi = ovl_i(i);
	int ret = hash_real(ovl_of(i), &oi->upper_hash, &oi->upper_hashed, upper);

	if (ret < 0)
		return ret;
	oi->upper = upper;
	return 0;
}

/* ---- names ---- */

static void dentry_release(struct dentry *d)
{
	struct ovl_dentry *od = d->priv;

	list_del(&od->link);
	d_put(od->lower);
	free(od);
	d->priv = NULL;
}

int ovl_bind(struct dentry *d, struct inode *i, struct dentry *lower)
{
	struct ovl_dentry *od = d->priv;

	if (!od) {
		od = calloc(1, sizeof(*od));
		if (!od) {
			inode_put(i);
			return -ENOMEM;
		}
		list_init(&od->link);
		od->d = d;
		d->priv = od;
		d->release = dentry_release;
	}
	if (lower)
		d_get(lower);
	d_put(od->lower);
	od->lower = lower;
	list_del(&od->link);
	if (i)
		list_add(&od->link, &ovl_i(i)->aliases);
	d_instantiate(d, i);
	return 0;
}

void ovl_unbind(struct dentry *d)
{
	struct ovl_dentry *od = d->priv;

	if (od)
		list_del(&od->link);
}

void ovl_forget_lower(struct dentry *d)
{
	struct ovl_dentry *od = d->priv;

	if (!od)
		return;
	d_put(od->lower);
	od->lower = NULL;
}

/* What the layers have under d's name. *upper: NULL or a positive dentry; *lower: NULL if it does
 * not matter, else a dentry that may be negative. Both are new references. */
static int lookup_layers(
	struct ovl_inode *dir, struct dentry *d, struct dentry **upper, struct dentry **lower)
{
	bool hidden = false;
	int ret = 0;

	*upper = *lower = NULL;
	if (dir->upper) {
		ret = ovl_child(dir->upper, d->name, upper);
		if (ret < 0) {
			*upper = NULL;
			return ret;
		}
		hidden = (*upper)->inode &&
			 (!S_ISDIR((*upper)->inode->mode) || ovl_is_opaque(*upper));
		if (!(*upper)->inode || ovl_is_whiteout(*upper)) {
			d_put(*upper);
			*upper = NULL;
		}
	}
	if (*upper && !hidden)
		ret = ovl_get_redirect(ovl_of(dir->inode), *upper, lower);
	if (ret == 0 && dir->lower && !hidden)
		ret = ovl_child(dir->lower, d->name, lower);
	if (ret < 0) {
		*lower = NULL;
		d_put(*upper);
		*upper = NULL;
	}
	return MIN(ret, 0);
}

int ovl_lookup(struct inode *dir, struct dentry *d)
{
	struct dentry *upper, *lower, *use;
	struct inode *i = NULL;
	int ret;

	if (d->name_len > NAME_MAX)
		return -ENAMETOOLONG;
	ret = lookup_layers(ovl_i(dir), d, &upper, &lower);
	if (ret < 0)
		return ret;
	use = lower && lower->inode && (!upper || S_ISDIR(lower->inode->mode)) ? lower : NULL;
	if (upper || use)
		ret = ovl_iget(ovl_of(dir), upper, use, &i);
	if (ret == 0)
		ret = ovl_bind(d, i, lower);
	d_put(upper);
	d_put(lower);
	return ret;
}

int ovl_revalidate(struct inode *dir, struct dentry *d)
{
	struct ovl_dentry *od = d->priv;
	struct dentry *lower = od ? od->lower : NULL;
	struct inode *ldir;
	int ret = 1;

	if (!lower)
		return 1;
	ldir = lower->parent->inode;
	if (!lower->hashed)
		return 0;
	if (ldir->ops->revalidate)
		ret = ldir->ops->revalidate(ldir, lower);
	if (ret == 0 && !lower->mounts)
		d_drop(lower);
	if (ret > 0 && !d->inode)
		return !lower->inode;
	if (ret > 0 && !ovl_i(d->inode)->upper) {
		if (lower->inode != ovl_i(d->inode)->lower->inode)
			return 0;
		ovl_copyattr(d->inode);
	}
	return ret;
}

int ovl_getattr(struct inode *i)
{
	struct inode *real = ovl_real(i)->inode;
	int ret = inode_refresh(real);

	ovl_copyattr(i);
	return ret;
}

/* By the merged attributes; and what is only in the lower layer must be readable there. */
int ovl_permission(struct inode *i, int mask)
{
	struct inode *lower = ovl_i(i)->upper ? NULL : ovl_i(i)->lower->inode;
	int ret = inode_permission_by_mode(i, mask);

	if (ret < 0 || !lower || !lower->ops->permission)
		return ret;
	if ((mask & MAY_WRITE) && S_ISREG(i->mode) && !i->size)
		return 0; /* will be copied up, and there is nothing to read: lock files */
	mask &= MAY_READ | MAY_EXEC;
	return mask ? lower->ops->permission(lower, mask) : 0;
}
